/* fresh.h - TRIGGER_FRESH: instructions that the machine's owner lets through once. Each decoded page has a bit for each byte: the
 * instruction that begins there was let through as it is. Only such an instruction gets a record in which it runs by itself; a write to
 * one of its bytes takes the bit away (code.c). What is not whole in a page of RAM has no bit, and is reported each time.
 */
#ifndef TRAPEZE_ISA_IA32_FRESH_H
#define TRAPEZE_ISA_IA32_FRESH_H

#include "isa/ia32/fetch.h"

/* Is the instruction at EIP one to be reported, unless its owner has just let it through? page: NULL, it is in none. */
static inline bool ia_fresh_here(const struct ia_cpu *c, const struct ia_code_page *page)
{
    return UNLIKELY(c->triggers.kinds & TRIGGER_FRESH) && !(page && ia_code_passed(c, page, ia_linear_eip(c) & (PAGE_SIZE - 1)));
}
/* Reports it, which is so long; or notes that it was let through, and returns true. false: c->trap, without row, length and bits of a
 * report. */
MUST_CHECK bool ia_fresh_passes(struct ia_cpu *, struct ia_code_page *, unsigned length);

#endif
