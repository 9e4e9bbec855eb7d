/* forms.c - V-STEP of the six rows that access CSRs, whatever the CSR file does: the hart's bodies and the v_i ask their CSR files for the
 * same access, to the CSR, by the operation and with the operand that the instruction says [unpriv 7.1], once; and do the same with what
 * comes of it: the same trap, or the value read in the same register, and the next instruction. csr.c shows what is supposed of the CSR
 * files here: that both answer alike, and come to related states. Which states, nobody says: any other of state.c may be what the access leads
 * to, so that nothing that was read before is of use afterwards.
 *
 * prove_vstep_forms: for every number, there be such a CSR or not, on a hart of any make.
 */
#include "core/vmm/interpret.h"
#include "core/vmm/memory.h"
#include "core/vmm/virtual_csr_riscv.h"

#include "tests/proofs/vstep/access.h"
#include "tests/proofs/vstep/state.h"

/* What the hart asked, and what both are answered. */
static struct csr_access asked;
static enum trap_reason reason;
static uint64_t old, modified; /* what CSRRS and CSRRC modify may be other than what is read */
static struct {
    unsigned hart, opened, modified, written, stored;
} count;

static bool is_of_asked(const struct vcpu *c, unsigned csr) { return c == &vcpu && csr == asked.csr; }

enum trap_reason csr_access(struct hart *h, const struct csr_access *a, uint64_t *to)
{
    __CPROVER_assert(h == &bare && a->csr < 4096, "the hart asks for a CSR of its own");
    asked = *a;
    count.hart++;
    if (reason == REASON_NONE)
        *to = old;
    state_other_hart();
    return reason;
}

/* --- the virtual one: by all that there is to ask of it */

static bool is_plain;
static struct virtual_plain plain;
static uint64_t storage; /* of the CSR, if it is that and nothing else */

static const struct virtual_plain *model_plain_find(unsigned csr)
{
    __CPROVER_assert(is_of_asked(&vcpu, csr), "the same CSR");
    return is_plain ? &plain : NULL;
}

static uint64_t *model_plain_field(struct vcpu *c, const struct virtual_plain *p)
{
    __CPROVER_assert(c == &vcpu && p == &plain, "the storage of that CSR");
    count.stored++;
    state_other_virtual();
    return &storage;
}

static enum trap_reason model_open(const struct vcpu *c, unsigned csr, bool write, uint64_t *value)
{
    __CPROVER_assert(is_of_asked(c, csr) && write == asked.write, "the same access");
    count.opened++;
    *value = old;
    if (reason != REASON_NONE || !write)
        state_other_virtual();
    return reason;
}

static uint64_t model_modified(const struct vcpu *c, unsigned csr, uint64_t read)
{
    __CPROVER_assert(is_of_asked(c, csr) && read == old, "what the same access modifies");
    count.modified++;
    return modified;
}

static void model_write(struct vcpu *c, unsigned csr, uint64_t value, unsigned delay)
{
    __CPROVER_assert(is_of_asked(c, csr) && delay == 1, "a write to the same CSR by an instruction");
    __CPROVER_assert(count.modified == 1 || asked.op == CSR_OP_WRITE, "what is modified was asked for");
    __CPROVER_assert(value == access_combine(&asked, modified), "the same value");
    count.written++;
    state_other_virtual();
}

#define virtual_plain_find model_plain_find
#define virtual_plain_field model_plain_field
#define virtual_csr_open model_open
#define virtual_csr_modified model_modified
#define virtual_csr_write model_write
#include "core/vmm/v_riscv.c"
#undef virtual_plain_find
#undef virtual_plain_field
#undef virtual_csr_open
#undef virtual_csr_modified
#undef virtual_csr_write

#include "tests/proofs/vstep/one.h"

static void asked_is_said(uint32_t bits, bool immediate)
{
    const unsigned source = (unsigned)bits_get(bits, 15, 5);
    __CPROVER_assert(count.hart == 1 && asked.csr == bits_get(bits, 20, 12), "the hart asks for the CSR that the instruction says");
    __CPROVER_assert(asked.write == (asked.op == CSR_OP_WRITE || source != 0), "to write, by the register's number");
    __CPROVER_assert(!immediate || asked.operand == source, "with the immediate");
}

/* csr.c: virtual_access(). `mode` is that of before. */
static void virtual_is_said(uint64_t mode)
{
    const bool stores = is_plain && mode >= bits_get(asked.csr, 8, 2), writes = asked.write && reason == REASON_NONE;
    __CPROVER_assert(count.stored == stores && count.opened == !stores,
                     "the virtual CSR file is asked once, in the one way or the other");
    __CPROVER_assert(count.written == (writes && !stores), "and written once, if so");
    __CPROVER_assert(!stores || storage == (asked.write ? access_combine(&asked, old) & plain.mask : old),
                     "the storage has the value");
}

#define FORM(number, name, immediate)                                                                                                 \
    case number:                                                                                                                      \
        row = RV_INSN_##name;                                                                                                         \
        instruction_any(row, bits, (int32_t)bits_get(bits, 20, 12));                                                                  \
        result = rv_step_##name(&bare, &operands);                                                                                    \
        asked_is_said(bits, immediate);                                                                                               \
        v_##name(&vcpu, &given);                                                                                                      \
        break;

void prove_vstep_forms(void)
{
    const uint32_t bits = nondet_uint32_t();
    const unsigned answer = nondet_unsigned() % 4;
    unsigned row = 0;
    enum body_result result = STEP_NEXT;
    state_other_any(MAKE_ANY);
    state_any(MAKE_ANY);
    const uint64_t mode = bare.mode;
    reason = answer == 0 ? REASON_NONE : answer == 1 ? REASON_UNDEFINED : answer == 2 ? REASON_PRIVILEGE : REASON_RESOURCE;
    is_plain = nondet_bool();
    plain.mask = nondet_uint64_t();
    storage = old = nondet_uint64_t();
    modified = nondet_uint64_t();
    __CPROVER_assume(!(is_plain && mode >= bits_get(bits, 28, 2)) || reason == REASON_NONE); /* then there is none (csr.c) */
    switch (nondet_unsigned() % 6) {
        FORM(0, csrrw, false)
        FORM(1, csrrs, false)
        FORM(2, csrrc, false)
        FORM(3, csrrwi, true)
        FORM(4, csrrsi, true)
        FORM(5, csrrci, true)
    default: __CPROVER_assume(false);
    }
    virtual_is_said(mode);
    compare(row, result, false);
}
