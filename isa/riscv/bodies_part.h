/* bodies_part.h - bodies as parts of fused ones (fused.c): functions that are always inlined and say how they ended. Operands that an
 * earlier part has just produced are not read back from the register file: `near` is from the part before, `far` from the one before
 * that. FP parts stand behind a test that everything is plain (fp.h) and stays so: what would change that leaves. Included by bodies.h.
 */
#ifndef TRAPEZE_ISA_RISCV_BODIES_PART_H
#define TRAPEZE_ISA_RISCV_BODIES_PART_H

#include "isa/riscv/record.h"

/* How a part ended. */
struct part {
    enum {
        PART_NEXT,    /* it goes on with the next instruction; value: what it wrote to a register */
        PART_TAKEN,   /* by the immediate */
        PART_BRANCH,  /* the same, within the page */
        PART_JUMP,    /* to the address `value` */
        PART_CAREFUL, /* nothing has changed: the careful twin is to do it */
        PART_ALONE    /* nothing has changed: its own fast body is to do it */
    } how;
    uint64_t value;
};

/* Which operands are values of earlier parts, or-ed together. */
enum part_operand {
    FROM_NONE = 0,
    FROM_RS1 = 0x100,
    FROM_RS2 = 0x200,
    FAR_RS1 = 0x400,
    FAR_RS2 = 0x800,
    FAR_RS1_FROM_RS2 = FAR_RS1 | FROM_RS2,
    FROM_RS1_FAR_RS2 = FROM_RS1 | FAR_RS2
};
#undef RS1
#undef RS2
#define RS1 (0x100u | i->rs1)
#define RS2 (0x200u | i->rs2)

/* Register r; only the test for the operand's tag is left to be made when this is compiled. */
#define PART_READ(file, r) ((r)&from & 0x300 ? near : (r) << 2 & from & 0xc00 ? far : h->file[(r)&0xff])

#define PART_STATE(type) __attribute__((unused)) type
#define PART_ARGUMENT(type) __attribute__((unused)) const type
/* written: starts as 0, and is what the part has written to a register. */
#define BODY(name)                                                                                                                    \
    static inline __attribute__((always_inline, unused)) struct part part_##name(                                                     \
        PART_STATE(struct hart *) h, PART_STATE(const struct rv_insn *) i, PART_ARGUMENT(unsigned) length,                            \
        PART_ARGUMENT(unsigned) from, PART_ARGUMENT(uint64_t) near, PART_ARGUMENT(uint64_t) far, uint64_t written)

#define LEN length
#define PC hart_pc_of(h, i)
#define X(r) PART_READ(x, r)
#define WX(r, v) ((void)(h->x[r] = written = (v)))

#define LEAVE_UNLESS_FP_ON ((void)0)
#define F(r) PART_READ(f, r)
#define WF(r, v) ((void)(h->f[r] = written = (v)))
#define FP_IS_PLAIN true
#define WF_PLAIN WF
#define ROUNDING_OR_LEAVE(rm)                                                                                                         \
    const unsigned rm = RM == 7 ? h->frm : RM;                                                                                        \
    if (UNLIKELY(rm > 4))                                                                                                             \
    RETURN_ALONE
#define ACCRUE_OR_LEAVE(flags)                                                                                                        \
    do {                                                                                                                              \
        if (UNLIKELY((flags) != 0))                                                                                                   \
            RETURN_ALONE;                                                                                                             \
    } while (0)

#define RETURN_PART(how_, value_)                                                                                                     \
    return (struct part) { .how = (how_), .value = (value_) }
#define RETURN_NEXT RETURN_PART(PART_NEXT, written)
#define RETURN_CAREFULLY RETURN_PART(PART_CAREFUL, written)
#define RETURN_ALONE RETURN_PART(PART_ALONE, written)
#define RETURN_JUMP_BY_IMM RETURN_PART(PART_TAKEN, written)
#define RETURN_JUMP(target) RETURN_PART(PART_JUMP, target)
#define RETURN_BRANCH_IF(condition)                                                                                                   \
    do {                                                                                                                              \
        if (condition)                                                                                                                \
            RETURN_PART(PART_BRANCH, written);                                                                                        \
        RETURN_NEXT;                                                                                                                  \
    } while (0)

#endif
