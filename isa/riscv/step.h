/* step.h - the careful bodies, by row: each does all of an instruction at h->pc, whatever it meets. */
#ifndef TRAPEZE_ISA_RISCV_STEP_H
#define TRAPEZE_ISA_RISCV_STEP_H

#include "isa/riscv/operands.h"
#include "isa/riscv/state.h"

/* STEP_NEXT: done, h->pc is the next instruction's, and h->left is one less. STEP_STOP: h->trap, which hart_trap_at() completes; only a
 * wait has retired. */
typedef enum body_result step_fn(struct hart *, const struct rv_operands *);
extern step_fn *const rv_step_body[]; /* by insn.def row. h->left and h->step_length are set */

#endif
