/* csr_known.h - csr_access() for a proof of one CSR: the model checker would not see that a record's bits say this one number, which is what
 * it is asked to prove first. */
#ifndef TRAPEZE_TESTS_PROOFS_EQUAL_CSR_KNOWN_H
#define TRAPEZE_TESTS_PROOFS_EQUAL_CSR_KNOWN_H

#include "isa/riscv/csr.h"

void __CPROVER_assert(_Bool, const char *);

extern unsigned csr_at_hand;
static inline enum trap_reason csr_access_known(struct hart *h, const struct csr_access *a, uint64_t *old)
{
    struct csr_access known = *a;
    __CPROVER_assert(a->csr == csr_at_hand, "it is the CSR at hand");
    known.csr = csr_at_hand;
    return csr_access(h, &known, old);
}
#define csr_access(h, access, old) csr_access_known(h, access, old)

#endif
