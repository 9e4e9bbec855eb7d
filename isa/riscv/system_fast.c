/* system_fast.c - instructions that trap because of the mode, ecall, and the way back from a trap, without the detours of the careful
 * bodies: an operating system lives on them. They do what the bodies of execute_system.c do; whatever is unusual they leave to those.
 */
#include "isa/riscv/go.h"

/* The instruction at hand, as hart_illegal() and hart_raise() want to know it. */
static inline void at(struct hart *h, const struct rv_insn *i, unsigned row)
{
    h->pc = hart_pc_of(h, i);
    h->step_row = (uint16_t)row;
    h->step_length = 4;
}

enum body_result rv_refuse(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    at(h, i, h->code->row[i - h->code->record]);
    hart_note(h->touched.check, HART_mode);
    return hart_illegal(h, i, left, REASON_PRIVILEGE);
}

enum body_result rv_undefined(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    at(h, i, h->code->row[i - h->code->record]);
    return hart_illegal(h, i, left, REASON_UNDEFINED);
}

static enum body_result fast_ecall(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    at(h, i, RV_INSN_ecall);
    return hart_raise(h, i, left, REASON_REQUESTED, RV_CAUSE_ECALL_U + hart_read(h, mode), 0);
}

/* xRET sets the PC and chooses the TLB's space. An interrupt that the new mode lets through is the outer loop's. */
#define FAST_RETURN(name, lowest, trap_bit)                                                                                           \
    static enum body_result fast_##name(struct hart *h, const struct rv_insn *i, uint64_t left)                                       \
    {                                                                                                                                 \
        if (UNLIKELY(h->mode < (lowest)))                                                                                             \
            TAIL_CALL(rv_refuse(h, i, left));                                                                                         \
        if (UNLIKELY(h->mode == RV_S && bit_get(h->mstatus, trap_bit)))                                                               \
            TAIL_CALL(rv_careful(h, i, left));                                                                                        \
        hart_note(h->touched.check, HART_mode);                                                                                       \
        hart_##name(h);                                                                                                               \
        h->left = left - 1;                                                                                                           \
        if (UNLIKELY(hart_mip(h) & h->mie))                                                                                           \
            return BODY_NEXT;                                                                                                         \
        h->attention = false;                                                                                                         \
        GO_TO(h->pc);                                                                                                                 \
    }
FAST_RETURN(sret, RV_S, MSTATUS_TSR)
FAST_RETURN(mret, RV_M, MSTATUS_TSR)

/* Open to some modes only, and rare there. */
static enum body_result fast_supervisor(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    if (h->mode == RV_U)
        TAIL_CALL(rv_refuse(h, i, left));
    TAIL_CALL(rv_careful(h, i, left));
}

void rv_system_quicken(unsigned row, struct rv_insn *r)
{
    switch (row) {
    case RV_INSN_ecall: r->body = fast_ecall; break;
    case RV_INSN_sret: r->body = fast_sret; break;
    case RV_INSN_mret: r->body = fast_mret; break;
    case RV_INSN_sfence_vma: r->body = fast_supervisor; break;
    default: break;
    }
}
