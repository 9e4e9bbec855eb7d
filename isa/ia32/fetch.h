/* fetch.h - from EIP to a decoded instruction. */
#ifndef TRAPEZE_ISA_IA32_FETCH_H
#define TRAPEZE_ISA_IA32_FETCH_H

#include "isa/ia32/code.h"
#include "isa/ia32/decode.h"

/* An instruction that is not kept: it lies across two pages, or not in RAM. */
struct ia_fetched {
    ia_insn insn;
    uint8_t bytes[IA_LENGTH_MAX + 1];
};

static inline uint32_t ia_linear_eip(const struct ia_cpu *c) { return c->seg[IA_CS].base + c->eip; }

/* The decoded page that the instruction at EIP begins in, by the fetch TLB. NULL: it does not know. */
static inline struct ia_code_page *ia_fetch_known(const struct ia_cpu *c)
{
    const uint32_t linear = ia_linear_eip(c);
    const struct tlb_entry *e = &c->space->fetch[tlb_fetch_slot(linear)];
    return LIKELY(e->tag == ((linear & PAGE_MASK) | c->context)) ? (struct ia_code_page *)e->addend : NULL;
}

enum ia_fetched_page {
    IA_PAGE_FAULT,   /* c->trap */
    IA_PAGE_FOUND,   /* *page, which is NULL where there is no RAM */
    IA_PAGE_WATCHED, /* the same, and a trigger waits for an instruction in it: each has to be looked at */
};
/* The same by a walk of the page tables. */
enum ia_fetched_page ia_fetch_page(struct ia_cpu *, struct ia_code_page **page);
/* Decodes the instruction at EIP, which begins in `page` or, without one, anywhere. What is whole in it is kept there; else it is in
 * *own. NULL: a fault of the fetch. What cannot be executed is an instruction whose body raises the trap. */
const ia_insn *ia_fetch(struct ia_cpu *, struct ia_code_page *page, struct ia_fetched *own);
/* Likewise, and nothing is kept of it. */
const ia_insn *ia_fetch_copy(struct ia_cpu *, const struct ia_code_page *page, struct ia_fetched *own);

#endif
