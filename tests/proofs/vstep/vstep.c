/* vstep.c - V-STEP, f(i(S)) = v_i(f(S)): for every privileged row i, and every CSR by every form, in every state S. The bare hart executes
 * the row's careful body; beside it the v_i works on the virtual state that f makes of S. Afterwards the one is f of the other again, or
 * both have the same trap and nothing has changed.
 *
 * What is not looked into: memory (a cache block can be reached or not, nobody knows), the TLB and the shadow (both are told the same
 * fence, and A is called when the situation changes), the host (identity registers, which may be read and set).
 */
#include "core/vmm/interpret.h"
#include "core/vmm/memory.h"
#include "core/vmm/virtual_csr_riscv.h"

#include "isa/riscv/trap.h"

/* The number of the CSR, where the proof has one: the model checker would not see that the instruction's bits say this one number. */
static unsigned csr_at_hand;
static uint64_t field_get(uint64_t v, unsigned lo, unsigned n)
{
    const bool known = lo == 20 && n == 12;
    __CPROVER_assert(!known || bits_get(v, lo, n) == csr_at_hand, "the bits name the CSR");
    return known ? csr_at_hand : bits_get(v, lo, n);
}
#define bits_get field_get
#include "core/vmm/v_riscv.c"
#undef bits_get

#include "isa/riscv/csr.h"
#include "isa/riscv/engine.h"
#include "isa/riscv/pmp.h"
#include "isa/riscv/sdtrig.h"
#include "isa/riscv/step.h"
#include "isa/riscv/translate.h"
#include "tests/proofs/vstep/state.h"

#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) step_fn rv_step_##name;
#include "isa/riscv/insn.def"
#undef INSN

/* --- one instruction on both sides */

static struct trap given; /* what D gives to the v_i: the host's trap */
static struct rv_operands operands;

/* Any instruction of the row: these are the fields that it may have. The decoder makes RV_SINK of x0 as rd; `imm` is the CSR. */
static void instruction_any(unsigned row, uint32_t bits, int32_t imm)
{
    const unsigned rd = (unsigned)bits_get(bits, 7, 5);
    operands = (struct rv_operands){
        .imm = imm, .rd = (uint8_t)(rd ? rd : RV_SINK), .rs1 = (uint8_t)bits_get(bits, 15, 5), .rs2 = (uint8_t)bits_get(bits, 20, 5)};
    given = (struct trap){.kind = TRAP_EXCEPTION,
                          .reason = REASON_PRIVILEGE,
                          .row = (uint16_t)row,
                          .length = 4,
                          .cause = RV_CAUSE_ILLEGAL,
                          .tval = bits,
                          .bits = bits};
}

static void compare(unsigned row, enum body_result result, bool fences)
{
    if (result == STEP_STOP)
        hart_trap_at(&bare, row, 4, (uint32_t)given.bits);
    const bool trapped = result == STEP_STOP && bare_trap.kind != TRAP_WAIT;
    const enum trap_kind kind = result == STEP_STOP ? bare_trap.kind : TRAP_NONE;
    __CPROVER_assert(kind == given.kind, "both trap, wait, or go on");
    if (trapped) {
        __CPROVER_assert(bare_trap.reason == given.reason, "the same reason");
        __CPROVER_assert(bare_trap.cause == given.cause, "the same cause");
        __CPROVER_assert(bare_trap.tval == given.tval, "the same tval");
        __CPROVER_assert(bare_trap.row == given.row && bare_trap.length == given.length && bare_trap.bits == given.bits,
                         "the same instruction");
    }
    state_compare(trapped ? 0 : 1, fences && !trapped);
}

#define STEP(name)                                                                                                                    \
    do {                                                                                                                              \
        const enum body_result result = rv_step_##name(&bare, &operands);                                                             \
        v_##name(&vcpu, &given);                                                                                                      \
        compare(RV_INSN_##name, result, RV_INSN_##name == RV_INSN_sfence_vma);                                                        \
    } while (0)

/* --- rows that are no CSR accesses */

#define PROVE(name)                                                                                                                   \
    void prove_vstep_##name(void)                                                                                                     \
    {                                                                                                                                 \
        state_any(MAKE_ANY);                                                                                                          \
        instruction_any(RV_INSN_##name, nondet_uint32_t(), 0);                                                                        \
        STEP(name);                                                                                                                   \
    }
PROVE(mret)
PROVE(sret)
PROVE(wfi)
PROVE(sfence_vma)
PROVE(cbo_inval)
PROVE(cbo_clean)
PROVE(cbo_flush)
PROVE(cbo_zero)

/* --- CSRs: each by every form, on a hart that has all options and on one that has none (which CSRs there are hangs on them). */

#define FORM(number, name)                                                                                                            \
    case number:                                                                                                                      \
        row = RV_INSN_##name;                                                                                                         \
        instruction_any(row, bits, (int32_t)csr);                                                                                     \
        result = rv_step_##name(&bare, &operands);                                                                                    \
        v_##name(&vcpu, &given);                                                                                                      \
        break;
static inline void csr_forms(unsigned csr, enum state_make make)
{
    unsigned row = 0;
    enum body_result result = STEP_NEXT;
    uint32_t bits = nondet_uint32_t();
    bits = (bits & 0xfffff) | csr << 20;
    csr_at_hand = csr;
    state_any(make);
    if (csr >= CSR_pmpcfg0 && csr < CSR_pmpaddr0 + 64)
        state_pmp_legal();
    switch (nondet_unsigned() % 6) {
        FORM(0, csrrw)
        FORM(1, csrrs)
        FORM(2, csrrc)
        FORM(3, csrrwi)
        FORM(4, csrrsi)
        FORM(5, csrrci)
    }
    compare(row, result, false); /* all six at once: six times the questions would be six times the work */
}

#define CSR(name, address, ext, part, reads, writes, about)                                                                           \
    void prove_vstep_csr_##name(void) { csr_forms(address, MAKE_ALL); }                                                               \
    void prove_vstep_bare_csr_##name(void) { csr_forms(address, MAKE_NONE); }
#include "isa/riscv/csr.def"
#undef CSR
