/* execute_system.h - what the system instructions do [priv 3.3, 12.2, unpriv 7]. These are careful bodies only; what is frequent of them
 * has fast ones in system_fast.c and csr_fast.c. Why a mode may not execute one is a matter of privilege: a higher one may. */
#include "isa/riscv/bodies.h"

BODY(ecall) { RETURN_RAISED(REASON_REQUESTED, RV_CAUSE_ECALL_U + hart_read(h, mode), 0); }

BODY(ebreak) { RETURN_RAISED(REASON_REQUESTED, RV_CAUSE_BREAKPOINT, PC); }

/* The xRET bodies: hart_mret() and hart_sret() have set the pc and asked for a fetch. */
#define RETURN_FROM_TRAP                                                                                                              \
    do {                                                                                                                              \
        h->left--;                                                                                                                    \
        h->yield |= h->config.user_yields && hart_check(h, mode) == RV_U;                                                             \
        return STEP_NEXT;                                                                                                             \
    } while (0)

BODY(mret)
{
    if (hart_check(h, mode) < RV_M)
        RETURN_ILLEGAL(REASON_PRIVILEGE);
    hart_mret(h);
    RETURN_FROM_TRAP;
}

/* Closed to U-mode, and to S-mode by this bit of mstatus [priv 3.1.6.6]. */
static bool closed_below_m(struct hart *h, unsigned trap_bit)
{
    uint64_t mode = hart_check(h, mode);
    return mode < RV_S || (mode == RV_S && bit_get(hart_check(h, mstatus), trap_bit));
}

BODY(sret)
{
    if (closed_below_m(h, MSTATUS_TSR))
        RETURN_ILLEGAL(REASON_PRIVILEGE);
    hart_sret(h);
    RETURN_FROM_TRAP;
}

/* U-mode may never wait: it traps or, where the hart is made so, goes on; S-mode may not under TW, whose time limit here is zero
 * [priv 3.1.6.6]. An interrupt that is enabled in mie ends the wait whether or not it will be taken [priv 3.3.3]. */
BODY(wfi)
{
    if (hart_check(h, mode) == RV_U && h->config.wfi_in_user)
        RETURN_NEXT;
    if (closed_below_m(h, MSTATUS_TW))
        RETURN_ILLEGAL(REASON_PRIVILEGE);
    if (!(hart_read_pending(h) & hart_read(h, mie)))
        RETURN_WAITING;
    RETURN_NEXT;
}

/* The register's number, not its value, says whether an operand is there [priv 12.2.1]. */
BODY(sfence_vma)
{
    if (closed_below_m(h, MSTATUS_TVM))
        RETURN_ILLEGAL(REASON_PRIVILEGE);
    hart_note(h->touched.write, HART_satp); /* the translations that it stands for */
    const struct fence fence = {.has_va = RS1 != 0, .has_asid = RS2 != 0, .va = X(RS1), .asid = X(RS2)};
    h->fences[h->fence_count++ % RISCV_FENCES_KEPT] = fence;
    hart_fence(h, &fence);
    RETURN_NEXT;
}

/* The csr number is the immediate; RS1 is a register, or for the immediate forms the operand itself. Setting or clearing with x0 or
 * 0 writes nothing, and so may be done to a read-only register [unpriv 7.1]. */
#define CSR_BODY(name, operation, source, writes)                                                                                     \
    BODY(name)                                                                                                                        \
    {                                                                                                                                 \
        uint64_t old = 0;                                                                                                             \
        struct csr_access access = {.csr = (unsigned)IMM & 0xfff, .write = (writes), .operand = (source), .op = (operation)};         \
        enum trap_reason refused = csr_access(h, &access, &old);                                                                      \
        if (refused != REASON_NONE)                                                                                                   \
            RETURN_ILLEGAL(refused);                                                                                                  \
        WX(RD, old);                                                                                                                  \
        RETURN_NEXT;                                                                                                                  \
    }

CSR_BODY(csrrw, CSR_OP_WRITE, X(RS1), true)
CSR_BODY(csrrs, CSR_OP_SET, X(RS1), RS1 != 0)
CSR_BODY(csrrc, CSR_OP_CLEAR, X(RS1), RS1 != 0)
CSR_BODY(csrrwi, CSR_OP_WRITE, RS1, true)
CSR_BODY(csrrsi, CSR_OP_SET, RS1, RS1 != 0)
CSR_BODY(csrrci, CSR_OP_CLEAR, RS1, RS1 != 0)

/* Cache-block operations [unpriv 19]: menvcfg opens them below M, and senvcfg besides for U [priv 3.1.18, 12.1.10]. To invalidate
 * without writing back (CBIE = 3) is no different where there is no cache. */
static bool block_closed(struct hart *h, unsigned enable, unsigned width)
{
    uint64_t mode = hart_check(h, mode);
    if (mode < RV_M && !bits_get(hart_check(h, menvcfg), enable, width))
        return true;
    return mode == RV_U && !bits_get(hart_check(h, senvcfg), enable, width);
}

#define BLOCK_BODY(name, enable, width, operation)                                                                                    \
    BODY(name)                                                                                                                        \
    {                                                                                                                                 \
        if (block_closed(h, enable, width))                                                                                           \
            RETURN_ILLEGAL(REASON_PRIVILEGE);                                                                                         \
        if (!operation(h, X(RS1)))                                                                                                    \
            return STEP_STOP;                                                                                                         \
        RETURN_NEXT;                                                                                                                  \
    }

BLOCK_BODY(cbo_inval, ENVCFG_CBIE, 2, hart_block_reach)
BLOCK_BODY(cbo_clean, ENVCFG_CBCFE, 1, hart_block_reach)
BLOCK_BODY(cbo_flush, ENVCFG_CBCFE, 1, hart_block_reach)
BLOCK_BODY(cbo_zero, ENVCFG_CBZE, 1, hart_block_zero)
