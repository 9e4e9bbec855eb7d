/* system_fast.c - instructions that trap because of the mode, ecall, and the way back from a trap, without the detours of the careful
 * bodies: an operating system lives on them. They do what the bodies of execute_system.h do; whatever is unusual they leave to those.
 */
#define HART_SEALED
#include "isa/riscv/system_fast.h"

#include "isa/riscv/go.h"
#include "isa/riscv/miss.h"
#include "isa/riscv/translate.h"
#include "isa/riscv/trap.h"

/* The trap of the instruction of four bytes at `i`, which lie in its page; all of it known here, so that nothing is written to be read
 * again. */
static inline enum body_result raise_at(struct hart *h, const struct rv_insn *i, uint64_t left, enum trap_reason reason,
                                        uint64_t cause, bool tval_is_bits)
{
    const size_t record = (size_t)(i - code_of(h)->record);
    const uint32_t bits = (uint32_t)host_load_32((uintptr_t)code_of(h)->host + record * 2);
    h->pc = h->here_va + record * 2;
    h->left = left;
    hart_raise(h, code_of(h)->row[record], 4, bits, reason, cause, tval_is_bits ? bits : 0);
    return BODY_STOP;
}

/*T:430 A trap is made here. An instruction that the mode is too low for changes nothing and says why it trapped: for privilege. Whoever
 * owns the machine asks for exactly that. :*/
enum body_result rv_refuse(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    return raise_at(h, i, left, REASON_PRIVILEGE, RV_CAUSE_ILLEGAL, true);
}

enum body_result rv_undefined(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    return raise_at(h, i, left, REASON_UNDEFINED, RV_CAUSE_ILLEGAL, true);
}

static enum body_result fast_ecall(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    return raise_at(h, i, left, REASON_REQUESTED, RV_CAUSE_ECALL_U + hart_read(h, mode), false);
}

/* xRET sets the PC and chooses the TLB's space. An interrupt that the new mode lets through is the outer loop's. */
#define FAST_RETURN(name, lowest, trap_bit)                                                                                           \
    static enum body_result fast_##name(struct hart *h, const struct rv_insn *i, uint64_t left)                                       \
    {                                                                                                                                 \
        const uint64_t mode = hart_check(h, mode);                                                                                    \
        if (UNLIKELY(mode < (lowest)))                                                                                                \
            RETURN_CALL(rv_refuse(h, i, left));                                                                                       \
        if (UNLIKELY(mode == RV_S && bit_get(hart_check(h, mstatus), trap_bit)))                                                      \
            RETURN_CALL(rv_careful(h, i, left));                                                                                      \
        hart_##name(h);                                                                                                               \
        h->left = left - 1;                                                                                                           \
        if (UNLIKELY(hart_interrupt_due(h)))                                                                                          \
            return BODY_NEXT;                                                                                                         \
        h->attention = false;                                                                                                         \
        RETURN_GO_TO(h->pc);                                                                                                          \
    }
FAST_RETURN(sret, RV_S, MSTATUS_TSR)
FAST_RETURN(mret, RV_M, MSTATUS_TSR)

/* Open to some modes only, and rare there. */
static enum body_result fast_supervisor(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    if (hart_check(h, mode) == RV_U)
        RETURN_CALL(rv_refuse(h, i, left));
    RETURN_CALL(rv_careful(h, i, left));
}

void rv_system_quicken(const struct hart *h, unsigned row, struct rv_insn *r)
{
    if (h->config.user_yields && (row == RV_INSN_sret || row == RV_INSN_mret))
        return;
    switch (row) {
    case RV_INSN_ecall: r->body = fast_ecall; break;
    case RV_INSN_sret: r->body = fast_sret; break;
    case RV_INSN_mret: r->body = fast_mret; break;
    case RV_INSN_sfence_vma: r->body = fast_supervisor; break;
    default: break;
    }
}
