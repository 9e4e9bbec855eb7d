/* go.c - the ways from page to page that are too long for go.h. */
#include "isa/riscv/go.h"

/* To h->pc: at once when the fetch TLB knows its page, else by way of the outer loop. */
static enum body_result enter(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    const struct tlb_entry *e = &h->fetch->fetch[tlb_fetch_slot(h->pc)];
    if (e->tag != (h->pc & PAGE_MASK) || left < HART_SLICE) {
        h->left = left;
        hart_refetch(h);
        return BODY_NEXT;
    }
    h->here = (struct code_page *)e->addend;
    h->here_va = h->pc & PAGE_MASK;
    i = &code_of(h)->record[(h->pc & ~PAGE_MASK) / 2];
    RETURN_GO_ON(h, i, left);
}

enum body_result rv_body_page_end(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    h->pc = h->here_va + PAGE_SIZE;
    RETURN_CALL(enter(h, i, left));
}

enum body_result rv_jump_far(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    h->pc = hart_pc_of(h, i) + (uint64_t)(int64_t)i->imm;
    RETURN_CALL(enter(h, i, left - 1));
}
