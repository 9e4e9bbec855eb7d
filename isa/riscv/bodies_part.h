/* bodies_part.h - bodies as parts of fused ones (fused.c): functions that are always inlined and say how they ended. Register `dep` is
 * not read back from the register file: the part before has just produced it as `forward`. Included by bodies.h. */
#ifndef TRAPEZE_ISA_RISCV_BODIES_PART_H
#define TRAPEZE_ISA_RISCV_BODIES_PART_H

#include "isa/riscv/host_memory.h"

/* How a part ended. */
struct part {
    enum {
        PART_NEXT,  /* it goes on with the next instruction; value: what it wrote to rd */
        PART_TAKEN, /* by the immediate */
        PART_JUMP,  /* to the address `value` */
        PART_CAREFUL /* nothing has changed: the careful twin is to do it */
    } how;
    uint64_t value;
};

/* Which operand is the value of the part before. */
enum part_operand { FROM_NONE = 0, FROM_RS1 = 0x100, FROM_RS2 = 0x200 };
#undef RS1
#undef RS2
#define RS1 (0x100u | i->rs1)
#define RS2 (0x200u | i->rs2)

static inline __attribute__((always_inline)) uint64_t part_read(const struct hart *h, unsigned r, unsigned from, uint64_t forward)
{
    return from && (r & from) ? forward : h->x[r & 0xff];
}

#define PART_STATE(type) __attribute__((unused)) type
#define PART_ARGUMENT(type) __attribute__((unused)) const type
/* written: starts as 0, and is what the part has written to an integer register. */
#define BODY(name)                                                                                                                    \
    static inline __attribute__((always_inline, unused)) struct part part_##name(                                                     \
        PART_STATE(struct hart *) h, PART_STATE(const struct rv_insn *) i, PART_ARGUMENT(unsigned) length, PART_ARGUMENT(unsigned) from,                         \
        PART_ARGUMENT(uint64_t) forward, uint64_t written)

#define LEN length
#define PC hart_pc_of(h, i)
#define X(r) part_read(h, r, from, forward)
#define WX(r, v) ((void)(h->x[r] = written = (v)))

#define ENDS(how_, value_) return (struct part){.how = (how_), .value = (value_)}
#define NEXT ENDS(PART_NEXT, written)
#define CAREFULLY ENDS(PART_CAREFUL, written)
#define JUMP_BY_IMM ENDS(PART_TAKEN, written)
#define JUMP(target) ENDS(PART_JUMP, target)
#define BRANCH_IF(condition)                                                                                                          \
    do {                                                                                                                              \
        if (condition)                                                                                                                \
            JUMP_BY_IMM;                                                                                                              \
        NEXT;                                                                                                                         \
    } while (0)

#endif
