/* fused.h - several instructions in one body. */
#ifndef TRAPEZE_ISA_RISCV_FUSED_H
#define TRAPEZE_ISA_RISCV_FUSED_H

#include "isa/riscv/record.h"

/* Of the instructions that follow one another in these slots the first `fresh` get bodies that do several at once. */
enum { RV_RUN_MAX = 256, RV_RUN_BEHIND = 8 /* that are looked at behind the fresh ones */ };
void rv_fuse(struct code_page *, const uint16_t *slot, unsigned count, unsigned fresh);
/* The body that is fused.def's number-th for the first of these instructions, or NULL; and how many operands it forwards. */
body_fn *rv_fusion(unsigned number, const uint16_t *row, const struct rv_insn *const *record, unsigned count);
unsigned rv_fusion_forwards(unsigned number);

#endif
