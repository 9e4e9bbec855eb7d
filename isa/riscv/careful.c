/* careful.c - one record at a time, by the body that does everything. */
#include "isa/riscv/careful.h"

#include "isa/riscv/step.h"
#include "isa/riscv/table.h"

enum body_result hart_step(struct hart *h, const struct rv_insn *i, uint64_t left, unsigned row)
{
    h->left = left;
    h->step_row = (uint16_t)row;
    h->step_length = rv_rows[row].length;
    return rv_step_body[row](h, &i->operands);
}

__attribute__((noinline)) enum body_result rv_carefully(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    unsigned row = code_of(h)->row[i - code_of(h)->record];
    h->pc = hart_pc_of(h, i);
    return row == INSN_NONE ? i->body(h, i, left) : hart_step(h, i, left, row);
}
