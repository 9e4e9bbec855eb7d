/* fetch.h - from the PC to a record. */
#ifndef TRAPEZE_ISA_RISCV_FETCH_H
#define TRAPEZE_ISA_RISCV_FETCH_H

#include "isa/riscv/record.h"

MUST_CHECK bool hart_fetch_page(struct hart *); /* sets here, code_va, next, single from pc; false: h->trap holds the fault */
/* Without chaining the entries of the fetch TLB have a tag that RETURN_GO_TO never looks for, so each jump comes by the outer loop. */
static inline uint64_t hart_fetch_tag(const struct hart *h) { return (h->pc & PAGE_MASK) | h->options.no_chain; }
/* The same when the fetch TLB knows the page; false: it does not. */
static inline bool hart_fetch_known(struct hart *h)
{
    const struct tlb_entry *e = &h->fetch->fetch[tlb_fetch_slot(h->pc)];
    if (UNLIKELY(e->tag != hart_fetch_tag(h)))
        return false;
    hart_enter_page(h, (struct code_page *)e->addend, false);
    return true;
}

#endif
