/* bodies_stencil.h - bodies as stencils of machine code (mkstencils.c): what the translator copies, one behind the other, and fills in.
 * They are compiled apart and never linked. What is not known before there is an instruction has the address of a symbol that nobody
 * defines, a hole: the relocations of the object say where its bits are wanted. Where a body would leave there is a jump to another.
 *
 * A stencil finds its first integer operand in a register of the host and leaves its result in one, as arguments of a call: who emits it has
 * them loaded and stored (native_x86_64.c), and need not do either where a value is still there. The second is in the hart.
 *
 * What reaches memory leaves in two more registers which page that was, and where it is in the host. With STENCIL_AGAIN it looks there first,
 * and not in the TLB: several instructions in line often reach one page by one register. Others hand both on. Nor does it ask then whether FP
 * is as it is mostly, which one before it has asked: no stencil changes that. Included by bodies.h.
 */
#ifndef TRAPEZE_ISA_RISCV_BODIES_STENCIL_H
#define TRAPEZE_ISA_RISCV_BODIES_STENCIL_H

#include "isa/riscv/bodies_host.h"
#include "isa/riscv/record.h"

/* `one` is the first operand, and then what was written. */
#define STENCIL_RESULT enum body_result
#define STENCIL_STATE struct hart *h, const struct rv_insn *i, uint64_t left
#define STENCIL_VALUES uint64_t one, uint64_t page, uint64_t host
#define VALUES one, page, host
#ifdef STENCIL_AGAIN
#define BODY(name) STENCIL_RESULT stencil_again_##name(STENCIL_STATE, STENCIL_VALUES)
#else
#define BODY(name) STENCIL_RESULT stencil_##name(STENCIL_STATE, STENCIL_VALUES)
#endif
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) BODY(name);
#include "isa/riscv/insn.def"
#undef INSN
BODY(far); /* of no row: a jump to PC + immediate, in another page */

/* Where they leave to. What is cold the compiler puts apart, so that straight on is the way without a jump. */
STENCIL_RESULT go_next(STENCIL_STATE, STENCIL_VALUES); /* to the next instruction; of a jump by its immediate, to its target */
__attribute__((cold)) STENCIL_RESULT go_taken(STENCIL_STATE, STENCIL_VALUES); /* along the branch */
__attribute__((cold)) STENCIL_RESULT go_afresh(STENCIL_STATE, uint64_t one);  /* nothing has changed: it is another page */
__attribute__((cold)) STENCIL_RESULT go_careful(STENCIL_STATE);               /* nothing has changed: the careful twin is to do it */
__attribute__((cold)) STENCIL_RESULT go_alone(STENCIL_STATE);                 /* nothing has changed: the row's own fast body is to */
__attribute__((cold)) STENCIL_RESULT go_jump(STENCIL_STATE, uint64_t target); /* in a page that the fetch TLB does not know */

/* Bytes from the beginning of the hart's registers, of either kind; and numbers of one instruction. */
extern const char hole_rd[], hole_rs1[], hole_rs2[], hole_rs3[], hole_imm[], hole_pc[], hole_len[], hole_rm[], hole_frm[];
#define HOLE(name) ((uint64_t)(uintptr_t)hole_##name)
#define REGISTER_AT(file, hole) (*(uint64_t *)(void *)((char *)h + offsetof(struct hart, file) + HOLE(hole)))

#undef RD
#undef RS1
#undef RS2
#undef RS3
#undef IMM
enum stencil_operand { RD, RS1, RS2, RS3 };
#define IMM ((int64_t)HOLE(imm))
#define PC (h->here_va + HOLE(pc))
#define LEN HOLE(len)

#define X(r) ((r) == RS1 ? one : REGISTER_AT(x, rs2))
#define WX(r, v) ((void)(one = (v)))
#define RETURN_NEXT return go_next(h, i, left, VALUES)
#define RETURN_CAREFULLY return go_careful(h, i, left)
#define RETURN_ALONE return go_alone(h, i, left)
#define RETURN_JUMP_BY_IMM return go_next(h, i, left, VALUES) /* behind which it is known where that is */
#define RETURN_BRANCH_IF(condition)                                                                                                   \
    do {                                                                                                                              \
        if (condition)                                                                                                                \
            return go_taken(h, i, left, VALUES);                                                                                      \
        RETURN_NEXT;                                                                                                                  \
    } while (0)
/* As RETURN_GO_TO, with the link written first. */
#define RETURN_JUMP(target)                                                                                                           \
    do {                                                                                                                              \
        REGISTER_AT(x, rd) = one;                                                                                                     \
        one = (target);                                                                                                               \
        const struct tlb_entry *e_ = &h->fetch->fetch[tlb_fetch_slot(one)];                                                           \
        if (UNLIKELY(e_->tag != (one & PAGE_MASK) || left <= HART_SLICE))                                                             \
            return go_jump(h, i, left, one);                                                                                          \
        h->here = (void *)e_->addend;                                                                                                 \
        h->here_va = one & PAGE_MASK;                                                                                                 \
        i = &code_of(h)->record[(one & ~PAGE_MASK) / 2];                                                                              \
        return i->body(h, i, left - 1);                                                                                               \
    } while (0)

/* The pointers of all loads in line come from reads, of all stores from writes: who emits them does not mix them. */
#ifdef STENCIL_AGAIN
/* So that the compiler does not know the one to be the other afterwards: both would have to be moved. */
static inline bool differs(uint64_t a, uint64_t b)
{
    bool out;
    __asm__("cmp %2, %1" : "=@ccne"(out) : "r"(a), "r"(b));
    return out;
}
#undef LEAVE_UNLESS_FP_ON
#define LEAVE_UNLESS_FP_ON
#undef FP_IS_PLAIN
#define FP_IS_PLAIN true
#define FIND_OR_LEAVE(table, bytes, va)                                                                                               \
    if (UNLIKELY(differs(page, (va) & (PAGE_MASK | ((bytes)-1)))))                                                                    \
    return go_afresh(h, i, left, one)
#else
#define FIND_OR_LEAVE(table, bytes, va)                                                                                               \
    do {                                                                                                                              \
        const struct tlb_entry *e_ = &h->data->table[tlb_slot(va)];                                                                   \
        if (TLB_MISSES(e_, va, bytes))                                                                                                \
            RETURN_CAREFULLY;                                                                                                         \
        page = (va) & (PAGE_MASK | ((bytes)-1));                                                                                      \
        host = e_->addend;                                                                                                            \
    } while (0)
#endif
#undef LOAD_OR_LEAVE
#undef STORE_OR_LEAVE
#define LOAD_OR_LEAVE(bytes, va, v)                                                                                                   \
    const uint64_t v##_va = (va);                                                                                                     \
    FIND_OR_LEAVE(read, bytes, v##_va);                                                                                               \
    const uint64_t v = host_load((uintptr_t)v##_va + host, bytes)
#define STORE_OR_LEAVE(bytes, va, v)                                                                                                  \
    do {                                                                                                                              \
        const uint64_t va_ = (va);                                                                                                    \
        FIND_OR_LEAVE(write, bytes, va_);                                                                                             \
        host_store((uintptr_t)va_ + host, bytes, v);                                                                                  \
    } while (0)

#define F(r) (*((r) == RS1 ? &REGISTER_AT(f, rs1) : (r) == RS2 ? &REGISTER_AT(f, rs2) : &REGISTER_AT(f, rs3)))
#define WF(r, v) ((void)(REGISTER_AT(f, rd) = (v)))
/* One of the holes is 0: the mode is the instruction's own, or all of frm's bits are wanted. */
#define ROUNDING_OR_LEAVE(mode)                                                                                                       \
    const unsigned mode = (h->frm & (unsigned)HOLE(frm)) | (unsigned)HOLE(rm);                                                        \
    if (UNLIKELY(mode > 4))                                                                                                           \
    RETURN_CAREFULLY
#define ACCRUE_OR_LEAVE(flags)                                                                                                        \
    do {                                                                                                                              \
        if (UNLIKELY((flags) != 0))                                                                                                   \
            RETURN_ALONE;                                                                                                             \
    } while (0)

#endif
