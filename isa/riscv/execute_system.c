/* execute_system.c - what the system instructions do [priv 3.3, 12.2, unpriv 7]. They run as careful bodies only: rare, and most
 * of them end the straight line of code anyway. Why a mode may not execute one is a matter of privilege: a higher one may. */
#include "isa/riscv/bodies.h"

BODY(ecall) { RAISE(REASON_REQUESTED, RV_CAUSE_ECALL_U + h->mode, 0); }

BODY(ebreak) { RAISE(REASON_REQUESTED, RV_CAUSE_BREAKPOINT, PC); }

/* The xRET bodies: hart_mret() and hart_sret() have set the pc and asked for a fetch. */
#define RETURNED                                                                                                                       \
    do {                                                                                                                               \
        h->left = left - 1;                                                                                                            \
        return BODY_NEXT;                                                                                                              \
    } while (0)

BODY(mret)
{
    if (h->mode < RV_M)
        ILLEGAL(REASON_PRIVILEGE);
    hart_mret(h);
    RETURNED;
}

BODY(sret)
{
    if (h->mode < RV_S || (h->mode == RV_S && bit_get(h->mstatus, MSTATUS_TSR)))
        ILLEGAL(REASON_PRIVILEGE);
    hart_sret(h);
    RETURNED;
}

/* U-mode may never wait; S-mode not under TW, whose time limit here is zero [priv 3.1.6.6]. An interrupt that is enabled in mie ends the
 * wait whether or not it will be taken [priv 3.3.3]. */
BODY(wfi)
{
    if (h->mode < RV_S || (h->mode == RV_S && bit_get(h->mstatus, MSTATUS_TW)))
        ILLEGAL(REASON_PRIVILEGE);
    if (!(hart_mip(h) & h->mie))
        WAIT;
    NEXT;
}

/* The register's number, not its value, says whether an operand is there [priv 12.2.1]. */
BODY(sfence_vma)
{
    if (h->mode < RV_S || (h->mode == RV_S && bit_get(h->mstatus, MSTATUS_TVM)))
        ILLEGAL(REASON_PRIVILEGE);
    hart_fence(h, &(struct fence){.has_va = RS1 != 0, .has_asid = RS2 != 0, .va = X(RS1), .asid = X(RS2)});
    NEXT;
}

/* The csr number is the immediate; RS1 is a register, or for the immediate forms the operand itself. Setting or clearing with x0 or
 * 0 writes nothing, and so may be done to a read-only register [unpriv 7.1]. */
#define CSR_BODY(name, operation, source, writes)                                                                                      \
    BODY(name)                                                                                                                         \
    {                                                                                                                                  \
        uint64_t old = 0;                                                                                                              \
        struct csr_access access = {.csr = (unsigned)IMM & 0xfff, .write = (writes), .operand = (source), .op = (operation)};          \
        enum trap_reason refused = csr_access(h, &access, &old);                                                                       \
        if (refused != REASON_NONE)                                                                                                    \
            ILLEGAL(refused);                                                                                                          \
        WX(RD, old);                                                                                                                   \
        NEXT;                                                                                                                          \
    }

CSR_BODY(csrrw, CSR_OP_WRITE, X(RS1), true)
CSR_BODY(csrrs, CSR_OP_SET, X(RS1), RS1 != 0)
CSR_BODY(csrrc, CSR_OP_CLEAR, X(RS1), RS1 != 0)
CSR_BODY(csrrwi, CSR_OP_WRITE, RS1, true)
CSR_BODY(csrrsi, CSR_OP_SET, RS1, RS1 != 0)
CSR_BODY(csrrci, CSR_OP_CLEAR, RS1, RS1 != 0)
