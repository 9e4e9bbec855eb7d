/* fused.c - two instructions in one body. The record of the first does both and goes on behind the second; the record of the second stays
 * as it is, for whoever jumps there. What is saved is a dispatch, and where the second needs what the first has just written, the way
 * through the register file: a value in memory costs an interpreter five cycles, in a register none.
 *
 * Exact at traps and at the ends of budgets: a part that must be done carefully leaves the pair before it has changed anything, with all
 * that came before it done and counted. The outer loop's careful steps know single instructions only.
 */
#define RV_BODIES_PART
#include "isa/riscv/execute_i.c"
#undef OPERATION
#include "isa/riscv/execute_m.c"

#include "isa/riscv/go.h"

#undef NEXT

/* Leaves the pair unless the part goes on with the next instruction; all but that is known when this is compiled. */
#define LEAVE_UNLESS_NEXT(part)                                                                                                       \
    do {                                                                                                                              \
        if (UNLIKELY((part).how == PART_CAREFUL))                                                                                     \
            TAIL_CALL(rv_careful(h, i, left));                                                                                        \
        if ((part).how == PART_TAKEN)                                                                                                 \
            GO_BY_IMM;                                                                                                                \
        if ((part).how == PART_JUMP)                                                                                                  \
            GO_TO((part).value);                                                                                                      \
    } while (0)

#define FUSED(first, second, from, length1, length2)                                                                                  \
    static enum body_result fused_##first##_##second##_##from##_##length1##length2(struct hart *h, const struct rv_insn *i,           \
                                                                                   uint64_t left)                                     \
    {                                                                                                                                 \
        const struct part one = part_##first(h, i, length1, FROM_NONE, 0, 0);                                                         \
        LEAVE_UNLESS_NEXT(one);                                                                                                       \
        i += length1 / 2;                                                                                                             \
        left -= 1;                                                                                                                    \
        const struct part two = part_##second(h, i, length2, from, one.value, 0);                                                     \
        LEAVE_UNLESS_NEXT(two);                                                                                                       \
        i += length2 / 2;                                                                                                             \
        left -= 1;                                                                                                                    \
        GO_ON(h, i, left);                                                                                                            \
    }

#define FUSE(first, second, from)                                                                                                     \
    FUSED(first, second, from, 4, 4)                                                                                                  \
    FUSED(first, second, from, 4, 2)                                                                                                  \
    FUSED(first, second, from, 2, 4)                                                                                                  \
    FUSED(first, second, from, 2, 2)
#include "isa/riscv/fused.def"
#undef FUSE

/* --- which pairs there are */

enum pair_number {
    PAIR_NONE,
#define FUSE(first, second, from) PAIR_##first##_##second##_##from,
#include "isa/riscv/fused.def"
#undef FUSE
    PAIRS
};

static const struct pair {
    uint16_t first, second;
    uint16_t from;
    body_fn *body[4]; /* by length: 44 42 24 22 */
} pairs[PAIRS] = {
#define FUSE(first_, second_, from_)                                                                                                  \
    [PAIR_##first_##_##second_##_##from_] = {                                                                                         \
        .first = RV_INSN_##first_,                                                                                                    \
        .second = RV_INSN_##second_,                                                                                                  \
        .from = (from_),                                                                                                              \
        .body = {fused_##first_##_##second_##_##from_##_44, fused_##first_##_##second_##_##from_##_42,                                \
                 fused_##first_##_##second_##_##from_##_24, fused_##first_##_##second_##_##from_##_22},                               \
    },
#include "isa/riscv/fused.def"
#undef FUSE
};

static bool fits(const struct pair *p, const struct rv_insn *a, const struct rv_insn *b)
{
    return p->from == FROM_NONE || (p->from == FROM_RS1 ? b->rs1 : b->rs2) == a->rd;
}

body_fn *rv_fuse(unsigned first, const struct rv_insn *a, unsigned second, const struct rv_insn *b, bool *forwards)
{
    unsigned one = rv_base_row(first), two = rv_base_row(second), best = PAIR_NONE;
    for (unsigned n = 1; n < PAIRS; n++)
        if (pairs[n].first == one && pairs[n].second == two && fits(&pairs[n], a, b) && pairs[n].from >= pairs[best].from)
            best = n;
    *forwards = pairs[best].from != FROM_NONE;
    return pairs[best].body[(rv_rows[first].length == 2) * 2 + (rv_rows[second].length == 2)];
}
