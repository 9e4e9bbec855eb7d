/* fast.h - the fast body of a record. */
#ifndef TRAPEZE_ISA_RISCV_FAST_H
#define TRAPEZE_ISA_RISCV_FAST_H

#include "isa/riscv/record.h"

/* Fills the record for `bits`: operands, and the fast body of its row. */
void rv_decode_record(uint32_t bits, unsigned row, unsigned length, struct rv_insn *out);
/* By the fast body of the record's row, whatever it has been fused to. */
body_fn rv_alone;

#endif
