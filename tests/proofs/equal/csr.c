/* csr.c - the fast bodies of csr_fast.c equal the careful ones: prove_csr_NAME, of this CSR by all six forms, for every rd, rs1 and
 * immediate, on a hart that has it; prove_csr_absent, of any number that this hart has no CSR for. */
#include "tests/proofs/equal/csr_known.h"

#include "isa/riscv/recorded.h"

/* The words of csr_fast.c's list by name: the model checker does not resolve a place in the record to a member, nor the number by which
 * it is noted. */
#define WORDS(WORD) WORD(sscratch) WORD(sepc) WORD(scause) WORD(stval) WORD(mscratch) WORD(mepc) WORD(mcause) WORD(mtval)
static uint64_t word_read(struct hart *h, unsigned reg, unsigned place)
{
#define WORD(name)                                                                                                                    \
    if (reg == HART_##name && place == offsetof(struct hart, name)) {                                                                 \
        hart_note(h->touched.read, HART_##name);                                                                                      \
        return h->name;                                                                                                               \
    }
    WORDS(WORD)
#undef WORD
    __CPROVER_assert(false, "it is a word of the list, by its number");
    return 0;
}
static void word_write(struct hart *h, unsigned reg, unsigned place, uint64_t v)
{
    bool is_word = false;
#define WORD(name)                                                                                                                    \
    if (reg == HART_##name && place == offsetof(struct hart, name)) {                                                                 \
        hart_note(h->touched.write, HART_##name);                                                                                     \
        h->name = v;                                                                                                                  \
        is_word = true;                                                                                                               \
    }
    WORDS(WORD)
#undef WORD
    __CPROVER_assert(is_word, "it is a word of the list, by its number");
}
#define hart_read_at word_read
#define hart_write_at word_write

#include "tests/proofs/equal/system.h"

#include "isa/riscv/csr_fast.c"

unsigned csr_at_hand;

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

static inline void every_form(bool known)
{
    const struct hart *h = &fast.machine.hart;
    struct rv_insn decoded = record_make(RV_INSN_csrrw); /* all six have the like */
    hart_make(&fast.machine.hart);
    if (known) {
        fast.machine.hart.extensions = UINT32_MAX; /* of a hart's extensions it is asked whether they have the CSR's own */
        decoded.imm = (int32_t)csr_at_hand;
    } else
        csr_at_hand = (unsigned)decoded.imm;
    row_at_hand = nondet_unsigned();
    __CPROVER_assume(csr_exists(h, csr_at_hand) == known);
    __CPROVER_assume(row_at_hand == RV_INSN_csrrw || row_at_hand == RV_INSN_csrrs || row_at_hand == RV_INSN_csrrc ||
                     row_at_hand == RV_INSN_csrrwi || row_at_hand == RV_INSN_csrrsi || row_at_hand == RV_INSN_csrrci);
    one(row_at_hand, step_at_hand, rv_csr_quicken, &decoded);
}

void prove_csr_absent(void) { every_form(false); }

#define CSR(name, address, ext, part, reads, writes, about)                                                                           \
    void prove_csr_##name(void)                                                                                                       \
    {                                                                                                                                 \
        csr_at_hand = (address);                                                                                                      \
        every_form(true);                                                                                                             \
    }
#include "isa/riscv/csr.def"
#undef CSR
