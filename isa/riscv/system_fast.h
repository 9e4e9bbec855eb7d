/* system_fast.h - system instructions without detours. */
#ifndef TRAPEZE_ISA_RISCV_SYSTEM_FAST_H
#define TRAPEZE_ISA_RISCV_SYSTEM_FAST_H

#include "isa/riscv/record.h"

/* Gives the record of ecall, xRET, or what else may trap because of the mode, a body that does so without detours. */
void rv_system_quicken(const struct hart *, unsigned row, struct rv_insn *);
/* The instruction at `i`, of four bytes, traps: the mode is too low for it; no mode may do it. */
body_fn rv_refuse, rv_undefined;

#endif
