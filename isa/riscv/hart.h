/* hart.h - a bare hart as a machine. */
#ifndef TRAPEZE_ISA_RISCV_HART_H
#define TRAPEZE_ISA_RISCV_HART_H

#include "isa/riscv/state.h"

bool hart_is(const struct machine *); /* a bare hart, not something that behaves like one */

#endif
