/* csr.c - V-STEP of the CSR file: an access to this CSR by the hart, csr_access(), and what a v_i does with the virtual CSR file beside
 * it, refuse for the same reason or read the same, and leave the one f of the other again. That all six forms of instruction make just such
 * accesses, and do with the result what they should, is forms.c. Both together are V-STEP of the six rows, for the one says of any access, as
 * forms.c has it of any number, what it answers and leaves.
 *
 * prove_vstep_csr_NAME: on a hart that has all options; prove_vstep_bare_csr_NAME: on one that has none (which CSRs there are hangs on
 * them). With FIRST and LAST: any of the CSRs of the table from this number to that one, which of them stays open.
 */
#include "isa/riscv/csr.h"
#include "core/vmm/virtual_csr_riscv.h"
#include "tests/proofs/vstep/access.h"
#include "tests/proofs/vstep/state.h"

static struct csr_access access;
static struct {
    enum trap_reason reason;
    uint64_t old;
} by_hart, by_v;

/* What forms.c shows every v_i of an access to do. */
static enum trap_reason virtual_access(const struct csr_access *a, uint64_t *old)
{
    const struct virtual_plain *plain = virtual_plain_find(a->csr);
    if (plain && virtual_of(&vcpu)->mode >= bits_get(a->csr, 8, 2)) {
        uint64_t *field = virtual_plain_field(&vcpu, plain);
        *old = *field;
        if (a->write)
            *field = access_combine(a, *old) & plain->mask;
        return REASON_NONE;
    }
    const enum trap_reason reason = virtual_csr_open(&vcpu, a->csr, a->write, old);
    if (reason == REASON_NONE && a->write)
        virtual_csr_write(&vcpu, a->csr, access_combine(a, virtual_csr_modified(&vcpu, a->csr, *old)), 1);
    return reason;
}

static inline void both(unsigned csr)
{
    access.csr = csr; /* a number that the model checker knows */
    by_hart.reason = csr_access(&bare, &access, &by_hart.old);
    by_v.reason = virtual_access(&access, &by_v.old);
}

/* What no access changes: the rest of f of the one is compared. */
static struct {
    uint64_t pc, left, x;
    unsigned n;
} before;

static void keep(void)
{
    before.n = nondet_unsigned() % 32;
    before.pc = bare.pc;
    before.left = bare.left;
    before.x = bare.x[before.n];
}

static void begin(unsigned csr, enum state_make make)
{
    state_any(make);
    if (csr >= CSR_pmpcfg0 && csr < CSR_pmpaddr0 + 64)
        state_pmp_legal();
    access = (struct csr_access){.write = nondet_bool(), .operand = nondet_uint64_t()};
    const unsigned op = nondet_unsigned();
    access.op = op % 3 == 0 ? CSR_OP_WRITE : op % 3 == 1 ? CSR_OP_SET : CSR_OP_CLEAR;
    keep();
}

static void end(void)
{
    __CPROVER_assert(by_hart.reason == by_v.reason, "both refuse, for the same reason, or neither does");
    __CPROVER_assert(by_hart.reason != REASON_NONE || by_hart.old == by_v.old, "both read the same");
    __CPROVER_assert(bare.pc == before.pc && bare.left == before.left, "pc is left alone, and the count");
    __CPROVER_assert(bare.x[before.n] == before.x, "x is left alone");
    if (by_hart.reason == REASON_NONE)
        bare.left--; /* it retires */
    state_compare(by_hart.reason == REASON_NONE ? 1 : 0, false);
}

static inline void prove_one(unsigned csr, enum state_make make)
{
    begin(csr, make);
    both(csr);
    end();
}
#ifndef FIRST
#define CSR(name, address, ext, part, reads, writes, about)                                                                           \
    void prove_vstep_csr_##name(void) { prove_one(address, MAKE_ALL); }                                                               \
    void prove_vstep_bare_csr_##name(void) { prove_one(address, MAKE_NONE); }
#include "isa/riscv/csr.def"
#undef CSR
#else
static inline void prove_family(enum state_make make)
{
    const unsigned chosen = nondet_unsigned();
    bool is_one = false;
    begin(FIRST, make);
#define CSR(name, address, ext, part, reads, writes, about)                                                                           \
    if ((address) >= FIRST && (address) <= LAST && chosen == (address)) {                                                             \
        is_one = true;                                                                                                                \
        both(address);                                                                                                                \
    }
#include "isa/riscv/csr.def"
#undef CSR
    __CPROVER_assume(is_one);
    end();
}
void prove_vstep_family(void) { prove_family(MAKE_ALL); }
void prove_vstep_bare_family(void) { prove_family(MAKE_NONE); }
#endif
