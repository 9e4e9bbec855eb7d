/* print.h - instructions as assembly. */
#ifndef TRAPEZE_ISA_RISCV_PRINT_H
#define TRAPEZE_ISA_RISCV_PRINT_H

#include "isa/riscv/state.h"

void rv_print(const struct riscv_config *, uint32_t bits, va_t pc, char *out, size_t size);

#endif
