/* answer.c - the CSR file is such a one as csr_model.h says, on any hart in any state:
 *
 *   prove_answer_find      whether there is a CSR of a number hangs on that number and the hart's extensions alone; and what is found for a
 *                          number is its row
 *   prove_answer_refused   where the model refuses an access to a number, whatever is found for it, so does csr_access(), for the same
 *                          reason, and asks nothing of the row
 *   prove_answer           an access to one of the CSRs of the table from FIRST to LAST, its row being found: a read, or of mere storage any.
 *                          What a read is answered is the same in two states that differ in what fast and careful bodies leave different:
 *                          pc, the row and length at hand, where traps are put, and what was noted before
 */
#include "tests/proofs/equal/csr_model.h"

#include "isa/riscv/operands.h"
#include "tests/proofs/pair.h"

/* csr_find() for csr.c: where it is called the argument is a name, where it is defined a type. */
struct csr_row;
static const struct csr_row *known_row(unsigned csr);
#define found(hart, csr) known_row(csr)
#define csr_find(hart, csr) csr_find_##hart, csr)
#define csr_find_const csr_find_as_it_is(const
#define csr_find_h found(h
#include "isa/riscv/csr.c"
#undef csr_find

static uint64_t unasked_get(const struct hart *h, unsigned csr) { return (void)h, csr; }
static void unasked_set(struct hart *h, unsigned csr, uint64_t v) { (void)h, (void)csr, (void)v; }
static enum trap_reason unasked_gate(struct hart *h, unsigned csr)
{
    (void)h, (void)csr;
    __CPROVER_assert(false, "nothing is asked of the row");
    __CPROVER_assume(false);
    return REASON_NONE;
}
static const struct csr_row unasked = {unasked_get, unasked_set, unasked_gate, RV_EXT_COUNT};

static bool is_row;
static struct csr_answer answer;
static const struct csr_row *known_row(unsigned csr) { return is_row ? &csr_rows[csr_index[csr]] : answer.exists ? &unasked : NULL; }

unsigned nondet_unsigned(void);

void prove_answer_find(void)
{
    const unsigned csr = nondet_unsigned();
    hart_any(&first, &first_trap);
    hart_any(&second, &second_trap);
    __CPROVER_assume(!(first.extensions >> RV_EXT_COUNT)); /* there are no more */
    second.extensions = first.extensions;
    const struct csr_row *row = csr_find_as_it_is(&first, csr);
    __CPROVER_assert(row == csr_find_as_it_is(&second, csr), "it hangs on the extensions alone");
    __CPROVER_assert(!row || (csr < 4096 && csr_index[csr] != ABSENT && row == &csr_rows[csr_index[csr]]), "it is the number's row");
}

/* `second` is as `first`; both are asked, the one by csr_access(), the other by the model. */
static struct csr_access access;
static struct {
    enum trap_reason reason;
    uint64_t old;
} real, model;

static struct csr_access access_any(void)
{
    struct csr_access a = {.csr = nondet_unsigned(), .write = nondet_bool(), .operand = nondet_64()};
    const unsigned op = nondet_unsigned();
    a.op = op % 3 == 0 ? CSR_OP_WRITE : op % 3 == 1 ? CSR_OP_SET : CSR_OP_CLEAR;
    return a;
}

static void compare(void)
{
    const struct hart *a = &first, *b = &second;
    const unsigned reg = index_any(HART_REGISTERS), word = reg / 64, bit = reg % 64;
    __CPROVER_assert(real.reason == model.reason, "the model refuses for the same reason, or not");
    __CPROVER_assert(real.reason != REASON_NONE || real.old == model.old, "the model answers the same");
    assert_shown_alike(a, b);
    assert_kept(a, b);
#define SAME(member) __CPROVER_assert(a->member == b->member, #member " is the same")
    SAME(left), SAME(here), SAME(here_va), SAME(next), SAME(idle_trap.kind), SAME(trap->kind), SAME(trap->reason);
    SAME(reservation.ram), SAME(reservation.offset), SAME(reservation.at), SAME(config.sdtrig), SAME(config.hartid);
#undef SAME
    __CPROVER_assert(bit_get(a->touched.check[word], bit) == bit_get(b->touched.check[word], bit), "the same registers checked");
    __CPROVER_assert(bit_get(a->touched.read[word], bit) == bit_get(b->touched.read[word], bit), "the same registers read");
    __CPROVER_assert(bit_get(a->touched.write[word], bit) == bit_get(b->touched.write[word], bit), "the same registers written");
}

static inline void refused(bool exists)
{
    answer.exists = exists;
    model.reason = csr_refused(&answer, &second, &access);
    __CPROVER_assume(model.reason != REASON_NONE);
    real.reason = csr_access(&first, &access, &real.old);
}

void prove_answer_refused(void)
{
    hart_any(&first, &first_trap);
    second = first;
    access = access_any();
    __CPROVER_assume(access.csr < 4096);
    is_row = false;
    if (nondet_bool()) /* either is a value that the model checker knows */
        refused(true);
    else
        refused(false);
    compare();
}

#ifdef FIRST
static struct hart before;
struct touched_any {
    __typeof__(first.touched) v;
} nondet_touched(void);

/* The state in which the answer is taken, and the one in which it is compared. */
static void begin(void)
{
    hart_any(&before, &second_trap);
    __CPROVER_assume(before.tselect < RV_TRIGGERS); /* no write sets more (csr.c) */
    first = before;
    first.pc = nondet_64();
    first.step_row = (uint16_t)nondet_32();
    first.step_length = nondet_8();
    first.touched = nondet_touched().v;
    first.trap = &first_trap;
    second = first;
    for (unsigned n = 0; n < HART_TOUCHED_WORDS; n++)
        before.touched.check[n] = before.touched.read[n] = 0;
    access = access_any();
    answer.exists = is_row = true;
}

static void ask(unsigned csr)
{
    const struct csr_access plain = {.csr = csr};
    access.csr = answer.csr = csr; /* a number that the model checker knows */
    if (!csr_is_stored(csr)) {
        access.write = false;
        answer.reason = csr_access(&before, &plain, &answer.value);
    }
    real.reason = csr_access(&first, &access, &real.old);
}

void prove_answer(void)
{
    const unsigned chosen = nondet_unsigned();
    bool is_one = false;
    begin();
#define CSR(name, address, ext, part, reads, writes, about)                                                                           \
    if ((address) >= FIRST && (address) <= LAST && chosen == (address)) {                                                             \
        is_one = true;                                                                                                                \
        ask(address);                                                                                                                 \
    }
#include "isa/riscv/csr.def"
#undef CSR
    __CPROVER_assume(is_one);
    for (unsigned n = 0; n < HART_TOUCHED_WORDS; n++) {
        answer.checked[n] = before.touched.check[n];
        answer.read[n] = before.touched.read[n];
    }
    model.reason = csr_model(&answer, &second, &access, &model.old);
    compare();
}
#endif
