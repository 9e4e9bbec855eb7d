/* csr_model.h - all that the proofs of fast CSR accesses (csr.c) know of the CSR file, and what the CSR file is shown to be (answer.c). An access
 * to a number for which this hart has no CSR, or that writes what may only be read, is undefined, and changes nothing; in a mode below that of
 * the number it is refused for privilege, and notes that the mode was asked. Else
 *
 *   - of the eight CSRs that are mere storage, the word is read, and written when the access writes;
 *   - a read of any other is answered by the rest of the state, nobody says what: a reason to refuse, or a value; and what it asked to say so,
 *     and read, is noted. Writes are not in the model: fast bodies leave those to the careful ones.
 */
#ifndef TRAPEZE_TESTS_PROOFS_EQUAL_CSR_MODEL_H
#define TRAPEZE_TESTS_PROOFS_EQUAL_CSR_MODEL_H

#include "isa/riscv/csr.h"
#include "tests/proofs/vstep/access.h"

void __CPROVER_assert(_Bool, const char *);
void __CPROVER_assume(_Bool);

/* The list of csr_fast.c: name, and which bits are kept. */
#define CSR_STORED(WORD)                                                                                                              \
    WORD(sscratch, UINT64_MAX)                                                                                                        \
    WORD(sepc, ~UINT64_C(1))                                                                                                          \
    WORD(scause, UINT64_MAX)                                                                                                          \
    WORD(stval, UINT64_MAX)                                                                                                           \
    WORD(mscratch, UINT64_MAX)                                                                                                        \
    WORD(mepc, ~UINT64_C(1))                                                                                                          \
    WORD(mcause, UINT64_MAX)                                                                                                          \
    WORD(mtval, UINT64_MAX)

static inline bool csr_is_stored(unsigned csr)
{
#define WORD(name, bits) csr == CSR_##name ||
    return CSR_STORED(WORD) false;
#undef WORD
}

/* What an access to the CSR of this number is answered. */
struct csr_answer {
    unsigned csr;
    bool exists;
    enum trap_reason reason;
    uint64_t value;
    uint64_t checked[HART_TOUCHED_WORDS], read[HART_TOUCHED_WORDS];
};

static inline void stored_access(struct hart *h, const struct csr_access *a, uint64_t *old)
{
#define WORD(name, bits)                                                                                                              \
    if (a->csr == CSR_##name) {                                                                                                       \
        *old = h->name;                                                                                                               \
        hart_note(h->touched.read, HART_##name);                                                                                      \
        if (a->write) {                                                                                                               \
            h->name = access_combine(a, *old) & (bits);                                                                               \
            hart_note(h->touched.write, HART_##name);                                                                                 \
        }                                                                                                                             \
    }
    CSR_STORED(WORD)
#undef WORD
}

static inline enum trap_reason csr_refused(const struct csr_answer *is, struct hart *h, const struct csr_access *a)
{
    if (!is->exists || (a->write && bits_get(a->csr, 10, 2) == 3))
        return REASON_UNDEFINED;
    hart_note(h->touched.check, HART_mode);
    return h->mode < bits_get(a->csr, 8, 2) ? REASON_PRIVILEGE : REASON_NONE;
}

static inline enum trap_reason csr_model(const struct csr_answer *is, struct hart *h, const struct csr_access *a, uint64_t *old)
{
    __CPROVER_assert(a->csr == is->csr, "it is the CSR at hand");
    const enum trap_reason refused = csr_refused(is, h, a);
    if (refused != REASON_NONE)
        return refused;
    if (csr_is_stored(a->csr)) {
        stored_access(h, a, old);
        return REASON_NONE;
    }
    __CPROVER_assert(!a->write, "writes are left to the careful body");
    for (unsigned n = 0; n < HART_TOUCHED_WORDS; n++)
        h->touched.check[n] |= is->checked[n];
    if (is->reason != REASON_NONE)
        return is->reason;
    *old = is->value;
    for (unsigned n = 0; n < HART_TOUCHED_WORDS; n++)
        h->touched.read[n] |= is->read[n];
    return REASON_NONE;
}

#endif
