/* bodies_contract.h - bodies over the contract: any machine with these registers, and memory as the caller sees it. Included
 * by bodies.h; interpret.c runs them. Nothing is changed before everything that can fail has been done. */
#ifndef TRAPEZE_ISA_RISCV_BODIES_CONTRACT_H
#define TRAPEZE_ISA_RISCV_BODIES_CONTRACT_H

#include "isa/riscv/interpret.h"

/* The same texts as for the hart (execute_*.h), with other meanings of their words: registers are machine_get() and
 * machine_set(), memory is what the caller gives. `o` is the call (struct over), `i` the operands. */
#define BODY_NAME(name) rv_contract_##name
#define BODY(name) enum body_result BODY_NAME(name)(struct over * o, const struct rv_operands *i)
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) over_fn BODY_NAME(name);
#include "isa/riscv/insn.def"
#undef INSN

#define LEN ((uint64_t)o->length)
#define PC (o->pc)
#define X(r) over_x(o, r)
#define WX(r, v) over_set_x(o, r, v)

/* The PC is the last thing to be set: up to then a body may still stop. */
#define RETURN_JUMP(target)                                                                                                           \
    do {                                                                                                                              \
        (void)i;                                                                                                                      \
        machine_set(o->machine, MACHINE_PC, target);                                                                                  \
        return BODY_NEXT;                                                                                                             \
    } while (0)
#define RETURN_NEXT RETURN_JUMP(PC + LEN)
#define RETURN_JUMP_BY_IMM RETURN_JUMP(PC + (uint64_t)IMM)
#define RETURN_BRANCH_IF(condition) RETURN_JUMP(PC + ((condition) ? (uint64_t)IMM : LEN))

#define LOAD_OR_LEAVE(bytes, va, v)                                                                                                   \
    uint64_t v;                                                                                                                       \
    if (!o->memory->load(o->memory->ctx, va, bytes, &v, &o->trap))                                                                    \
    return BODY_STOP
#define STORE_OR_LEAVE(bytes, va, v)                                                                                                  \
    do {                                                                                                                              \
        if (!o->memory->store(o->memory->ctx, va, bytes, v, &o->trap))                                                                \
            return BODY_STOP;                                                                                                         \
    } while (0)
#define AMO_OR_LEAVE(bytes, va, combine, operand, old)                                                                                \
    uint64_t old;                                                                                                                     \
    if (!over_amo(o, va, bytes, combine, operand, &old))                                                                              \
    return BODY_STOP
#define LOAD_RESERVED_OR_LEAVE(bytes, va, v)                                                                                          \
    uint64_t v;                                                                                                                       \
    if (!over_load_reserved(o, va, bytes, &v))                                                                                        \
    return BODY_STOP
#define STORE_CONDITIONAL_OR_LEAVE(bytes, va, v, done)                                                                                \
    bool done;                                                                                                                        \
    if (!over_store_conditional(o, va, bytes, v, &done))                                                                              \
    return BODY_STOP

#define RETURN_ILLEGAL(reason) return over_illegal(o, reason)
#define LEAVE_UNLESS_FP_ON                                                                                                            \
    do {                                                                                                                              \
        if (!(machine_get(o->machine, RV_CSR + CSR_mstatus) & FS_MASK))                                                               \
            RETURN_ILLEGAL(REASON_RESOURCE);                                                                                          \
    } while (0)
#define F(r) machine_get(o->machine, RV_F + (r))
#define WF(r, v) over_set_f(o, r, v)
#define FFLAGS ((unsigned)machine_get(o->machine, RV_CSR + CSR_fflags))
#define FP_IS_PLAIN false
#define WF_PLAIN WF
#define ROUNDING_OR_LEAVE(rm)                                                                                                         \
    unsigned rm = RM == 7 ? (unsigned)machine_get(o->machine, RV_CSR + CSR_frm) : RM;                                                 \
    if (rm > 4)                                                                                                                       \
    RETURN_ILLEGAL(REASON_UNDEFINED)
#define ACCRUE_OR_LEAVE(flags) over_accrue(o, flags)

#endif
