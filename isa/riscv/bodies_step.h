/* bodies_step.h - careful bodies: every case, by way of access.c; one record, then back to the outer loop. Entered through
 * rv_carefully() only, which has set h->pc, h->left and h->step_length. Included by bodies.h. */
#ifndef TRAPEZE_ISA_RISCV_BODIES_STEP_H
#define TRAPEZE_ISA_RISCV_BODIES_STEP_H

#include "isa/riscv/access.h"
#include "isa/riscv/csr.h"
#include "isa/riscv/step.h"
#include "isa/riscv/translate.h"
#include "isa/riscv/trap.h"

/* What is fast elsewhere asks here: each load and store by hart_load() and hart_store(), each result of floating
 * point by FS. So such a body is right in all cases, and the fast ones may leave to it whatever they do not want to
 * know. */
#define BODY_NAME(name) rv_step_##name
#define BODY(name) enum body_result BODY_NAME(name)(struct hart * h, __attribute__((unused)) const struct rv_operands *i)
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) step_fn BODY_NAME(name);
#include "isa/riscv/insn.def"
#undef INSN

#define LEN ((uint64_t)h->step_length)
#define PC (h->pc)
#define X(r) (h->x[r])
#define WX(r, v) ((void)(h->x[r] = (v)))

#define RETURN_NEXT                                                                                                                   \
    do {                                                                                                                              \
        h->pc += LEN;                                                                                                                 \
        h->left--;                                                                                                                    \
        return STEP_NEXT;                                                                                                             \
    } while (0)
#define RETURN_JUMP(target)                                                                                                           \
    do {                                                                                                                              \
        h->pc = (target);                                                                                                             \
        hart_refetch(h);                                                                                                              \
        h->left--;                                                                                                                    \
        return STEP_NEXT;                                                                                                             \
    } while (0)
#define RETURN_JUMP_BY_IMM RETURN_JUMP(PC + (uint64_t)IMM)
#define RETURN_BRANCH_IF(condition)                                                                                                   \
    do {                                                                                                                              \
        if (condition)                                                                                                                \
            RETURN_JUMP_BY_IMM;                                                                                                       \
        RETURN_NEXT;                                                                                                                  \
    } while (0)

#define LOAD_OR_LEAVE(bytes, va, v)                                                                                                   \
    uint64_t v;                                                                                                                       \
    if (!hart_load(h, va, bytes, &v))                                                                                                 \
    return STEP_STOP
#define STORE_OR_LEAVE(bytes, va, v)                                                                                                  \
    do {                                                                                                                              \
        if (!hart_store(h, va, bytes, v))                                                                                             \
            return STEP_STOP;                                                                                                         \
    } while (0)
#define AMO_OR_LEAVE(bytes, va, combine, operand, old)                                                                                \
    uint64_t old;                                                                                                                     \
    if (!hart_amo(h, va, bytes, combine, operand, &old))                                                                              \
    return STEP_STOP
/* LR and SC: the load and the reservation, or whether the store took place [unpriv 14.2]. */
#define LOAD_RESERVED_OR_LEAVE(bytes, va, v)                                                                                          \
    uint64_t v;                                                                                                                       \
    if (!hart_load_reserved(h, va, bytes, &v))                                                                                        \
    return STEP_STOP
#define STORE_CONDITIONAL_OR_LEAVE(bytes, va, v, done)                                                                                \
    bool done;                                                                                                                        \
    if (!hart_store_conditional(h, va, bytes, v, &done))                                                                              \
    return STEP_STOP

#define RETURN_RAISED(reason, cause, tval)                                                                                            \
    do {                                                                                                                              \
        hart_except(h, reason, cause, tval);                                                                                          \
        return STEP_STOP;                                                                                                             \
    } while (0)
#define RETURN_ILLEGAL(reason) RETURN_RAISED(reason, RV_CAUSE_ILLEGAL, 0) /* tval is the instruction: hart_trap_at() */
#define RETURN_WAITING                                                                                                                \
    do {                                                                                                                              \
        h->pc += LEN;                                                                                                                 \
        h->left--;                                                                                                                    \
        *h->trap = (struct trap){.kind = TRAP_WAIT, .row = INSN_NONE};                                                                \
        return STEP_STOP;                                                                                                             \
    } while (0)

#define LEAVE_UNLESS_FP_ON                                                                                                            \
    do {                                                                                                                              \
        if (!hart_fs_check(h))                                                                                                        \
            RETURN_ILLEGAL(REASON_RESOURCE);                                                                                          \
    } while (0)
#define F(r) (h->f[r])
#define WF(r, v)                                                                                                                      \
    do {                                                                                                                              \
        h->f[r] = (v);                                                                                                                \
        hart_fs_dirty(h);                                                                                                             \
    } while (0)
#define FP_IS_PLAIN false
#define WF_PLAIN WF
#define ROUNDING_OR_LEAVE(rm)                                                                                                         \
    unsigned rm = RM == 7 ? hart_read(h, frm) : RM;                                                                                   \
    if (rm > 4)                                                                                                                       \
    RETURN_ILLEGAL(REASON_UNDEFINED)
#define FFLAGS (h->fflags)
#define ACCRUE_OR_LEAVE(flags)                                                                                                        \
    do {                                                                                                                              \
        unsigned raised_ = (flags);                                                                                                   \
        if (raised_) {                                                                                                                \
            hart_write(h, fflags, (uint8_t)(h->fflags | raised_));                                                                    \
            hart_fs_dirty(h);                                                                                                         \
        }                                                                                                                             \
    } while (0)

#endif
