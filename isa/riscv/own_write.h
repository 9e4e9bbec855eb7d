/* own_write.h - phys_store() and phys_written() for writes of the hart itself, which leave its reservation alone. */
#ifndef TRAPEZE_ISA_RISCV_OWN_WRITE_H
#define TRAPEZE_ISA_RISCV_OWN_WRITE_H

#include "isa/riscv/state.h"

MUST_CHECK bool hart_phys_store(struct hart *, pa_t, unsigned size, uint64_t value);
void hart_phys_written(struct hart *, pa_t, size_t length);

#endif
