/* touched.h - the record of what a run touched. */
#ifndef TRAPEZE_ISA_RISCV_TOUCHED_H
#define TRAPEZE_ISA_RISCV_TOUCHED_H

#include "isa/riscv/state.h"

void hart_note_csr(uint64_t *set, unsigned csr /* enum hart_register */, bool write); /* and the registers that it is a view of */
unsigned hart_touched(const struct machine *, struct machine_touch *out, unsigned room);

#endif
