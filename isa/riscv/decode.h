/* decode.h - bits to row to operands. */
#ifndef TRAPEZE_ISA_RISCV_DECODE_H
#define TRAPEZE_ISA_RISCV_DECODE_H

#include "isa/riscv/operands.h"
#include "isa/riscv/state.h"

unsigned rv_decode_row(const struct riscv_config *, uint32_t bits, unsigned *length);           /* INSN_NONE: undefined */
void rv_decode_operands(uint32_t bits, unsigned row, unsigned length, struct rv_operands *out); /* by the row's format */
unsigned rv_base_row(unsigned row); /* what a compressed row is short for; any other row itself */
/* The fast bodies of arithmetic round by frm, or to nearest; what names another mode itself is seldom, and done carefully. */
bool rv_rounds_oddly(unsigned row, const struct rv_operands *);

#endif
