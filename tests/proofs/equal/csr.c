/* csr.c - the fast bodies of csr_fast.c equal the careful ones by all six forms, for every rd, rs1 and immediate, whatever number the
 * instruction says, be there such a CSR or not: prove_csr_NAME of each that is mere storage, prove_csr_any of all others. The CSR file
 * is that of csr_model.h; that the real one is such a one is answer.c.
 */
#include "tests/proofs/equal/csr_model.h"

#include "isa/riscv/recorded.h"

/* The words of csr_fast.c's list by name: the model checker does not resolve a place in the record to a member, nor the number by which
 * it is noted. */
static uint64_t word_read(struct hart *h, unsigned reg, unsigned place)
{
#define WORD(name, bits)                                                                                                              \
    if (reg == HART_##name && place == offsetof(struct hart, name)) {                                                                 \
        hart_note(h->touched.read, HART_##name);                                                                                      \
        return h->name;                                                                                                               \
    }
    CSR_STORED(WORD)
#undef WORD
    __CPROVER_assert(false, "it is a word of the list, by its number");
    return 0;
}
static void word_write(struct hart *h, unsigned reg, unsigned place, uint64_t v)
{
    bool is_word = false;
#define WORD(name, bits)                                                                                                              \
    if (reg == HART_##name && place == offsetof(struct hart, name)) {                                                                 \
        hart_note(h->touched.write, HART_##name);                                                                                     \
        h->name = v;                                                                                                                  \
        is_word = true;                                                                                                               \
    }
    CSR_STORED(WORD)
#undef WORD
    __CPROVER_assert(is_word, "it is a word of the list, by its number");
}
#define hart_read_at word_read
#define hart_write_at word_write

#include "tests/proofs/equal/system.h"

#include "isa/riscv/csr_fast.c"

static struct csr_answer answer;
struct csr_answer nondet_answer(void);

bool csr_exists(const struct hart *h, unsigned csr)
{
    (void)h;
    __CPROVER_assert(csr == answer.csr, "it is the CSR at hand");
    return answer.exists;
}

enum trap_reason csr_access(struct hart *h, const struct csr_access *a, uint64_t *old)
{
    __CPROVER_assert(!a->write || h == &careful.machine.hart, "a fast body asks for no write");
    return csr_model(&answer, h, a, old);
}

/* Which of the six it is. */
static unsigned row_at_hand;
static enum body_result step_at_hand(struct hart *h, const struct rv_operands *i)
{
    switch (row_at_hand) {
    case RV_INSN_csrrw: return rv_step_csrrw(h, i);
    case RV_INSN_csrrs: return rv_step_csrrs(h, i);
    case RV_INSN_csrrc: return rv_step_csrrc(h, i);
    case RV_INSN_csrrwi: return rv_step_csrrwi(h, i);
    case RV_INSN_csrrsi: return rv_step_csrrsi(h, i);
    default: return rv_step_csrrci(h, i);
    }
}

static inline void every_form(struct rv_insn decoded)
{
    hart_make(&fast.machine.hart);
    answer.exists = nondet_bool();
    row_at_hand = nondet_unsigned();
    __CPROVER_assume(row_at_hand == RV_INSN_csrrw || row_at_hand == RV_INSN_csrrs || row_at_hand == RV_INSN_csrrc ||
                     row_at_hand == RV_INSN_csrrwi || row_at_hand == RV_INSN_csrrsi || row_at_hand == RV_INSN_csrrci);
    one(row_at_hand, step_at_hand, rv_csr_quicken, &decoded);
}

void prove_csr_any(void)
{
    const struct rv_insn decoded = record_make(RV_INSN_csrrw); /* all six have the like */
    answer = nondet_answer();
    answer.csr = (unsigned)decoded.imm;
    __CPROVER_assume(!csr_is_stored(answer.csr));
    every_form(decoded);
}

#define WORD(name, bits)                                                                                                              \
    void prove_csr_##name(void)                                                                                                       \
    {                                                                                                                                 \
        struct rv_insn decoded = record_make(RV_INSN_csrrw);                                                                          \
        decoded.imm = CSR_##name;                                                                                                     \
        answer.csr = CSR_##name;                                                                                                      \
        every_form(decoded);                                                                                                          \
    }
CSR_STORED(WORD)
#undef WORD
