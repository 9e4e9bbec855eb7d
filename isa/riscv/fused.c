/* fused.c - two to four instructions in one body. The record of the first does them all and goes on behind the last; the records of the
 * others stay as they are, for whoever jumps there. What is saved is dispatches, and where one needs what another has just written, the
 * way through the register file: a value in memory costs an interpreter five cycles, a floating-point one fourteen, in a register none.
 *
 * Exact at traps and at the ends of budgets: a part that must be done carefully leaves before it has changed anything, with all that
 * came before it done and counted. The outer loop's careful steps know single instructions only. Where FP is not plain, or a result is
 * not, the instruction at hand is done alone, by the body it would have without this file.
 */
#define HART_SEALED
#define RV_BODIES_PART
#include "isa/riscv/execute_i.h"
#undef OPERATION
#include "isa/riscv/execute_m.h"

#include "isa/riscv/execute_d.h"

#include "isa/riscv/decode.h"
#include "isa/riscv/fast.h"
#include "isa/riscv/fp.h"
#include "isa/riscv/fused.h"
#include "isa/riscv/go.h"
#include "isa/riscv/miss.h"
#include "isa/riscv/straight.h"
#include "isa/riscv/table.h"
#include "riscv_decode.h"

#undef RETURN_NEXT

/* What must hold of FP before the first part: a constant for each row, NEED_x, by its format.
 * Asked once for all parts, before the first one: so a body has one way through, and what it is compiled for is
 * plain arithmetic. */
enum needs {
    NEEDS_NOTHING,
    NEEDS_DIRTY,
    NEEDS_PLAIN,
#define FORM(name, pattern, decoded, needs) NEEDS_OF_##name = NEEDS_##needs,
#include "isa/riscv/format.def"
#undef FORM
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) NEED_##name = NEEDS_OF_##format,
#include "isa/riscv/insn.def"
#undef INSN
};

#define NEED(row) NEED_##row
#define MOST(a, b) ((a) > (b) ? (a) : (b))
#define LEAVE_UNLESS_MET(needs)                                                                                                       \
    do {                                                                                                                              \
        if ((needs) == NEEDS_PLAIN ? UNLIKELY(!fp_is_plain(h)) : (needs) == NEEDS_DIRTY && UNLIKELY(!fp_is_dirty(h)))                 \
            RETURN_CALL(rv_alone(h, i, left));                                                                                        \
    } while (0)

/* Leaves unless the part goes on with the next instruction; all but that is known when this is compiled. */
#define LEAVE_UNLESS_NEXT(part)                                                                                                       \
    do {                                                                                                                              \
        if (UNLIKELY((part).how == PART_CAREFUL))                                                                                     \
            RETURN_CALL(rv_careful(h, i, left));                                                                                      \
        if (UNLIKELY((part).how == PART_ALONE))                                                                                       \
            RETURN_CALL(rv_alone(h, i, left));                                                                                        \
        if ((part).how == PART_TAKEN)                                                                                                 \
            RETURN_GO_BY_IMM;                                                                                                         \
        if ((part).how == PART_BRANCH)                                                                                                \
            RETURN_GO_NEAR;                                                                                                           \
        if ((part).how == PART_JUMP)                                                                                                  \
            RETURN_GO_TO((part).value);                                                                                               \
    } while (0)

/* The pieces of a body of two, ADDI and LD by its result, of 4 and 2 bytes:
 *
 *     part one   addi: value computed, written to its register, kept as one.value
 *                i += 2 records, left -= 1
 *     part two   c.ld: its rs1 is one.value, from the host's register; may leave at i, with one instruction done
 *                i += 1 record, left -= 1
 *     go on      with the record behind both
 */
#define PART_OR_LEAVE(which, row, length, from, near, far)                                                                            \
    const struct part which = part_##row(h, i, length, from, near, far, 0);                                                           \
    LEAVE_UNLESS_NEXT(which);                                                                                                         \
    i += (length) / 2;                                                                                                                \
    left -= 1

/* Called by the line of fused.def that they stand in. */
#define NAME(line, lengths) NAME_(line, lengths)
#define NAME_(line, lengths) fused_##line##_##lengths
#define FUSED(line, lengths) static enum body_result NAME(line, lengths)(struct hart * h, const struct rv_insn *i, uint64_t left)
#define FUSED2(la, lb, a, b, from_b)                                                                                                  \
    FUSED(__LINE__, la##lb)                                                                                                           \
    {                                                                                                                                 \
        LEAVE_UNLESS_MET(MOST(NEED(a), NEED(b)));                                                                                     \
        PART_OR_LEAVE(one, a, la, FROM_NONE, 0, 0);                                                                                   \
        PART_OR_LEAVE(two, b, lb, from_b, one.value, 0);                                                                              \
        RETURN_GO_ON(h, i, left);                                                                                                     \
    }
#define FUSED3(la, lb, lc, a, b, from_b, c, from_c)                                                                                   \
    FUSED(__LINE__, la##lb##lc)                                                                                                       \
    {                                                                                                                                 \
        LEAVE_UNLESS_MET(MOST(MOST(NEED(a), NEED(b)), NEED(c)));                                                                      \
        PART_OR_LEAVE(one, a, la, FROM_NONE, 0, 0);                                                                                   \
        PART_OR_LEAVE(two, b, lb, from_b, one.value, 0);                                                                              \
        PART_OR_LEAVE(three, c, lc, from_c, two.value, one.value);                                                                    \
        RETURN_GO_ON(h, i, left);                                                                                                     \
    }
#define FUSED4(la, lb, lc, ld, a, b, from_b, c, from_c, d, from_d)                                                                    \
    FUSED(__LINE__, la##lb##lc##ld)                                                                                                   \
    {                                                                                                                                 \
        LEAVE_UNLESS_MET(MOST(MOST(NEED(a), NEED(b)), MOST(NEED(c), NEED(d))));                                                       \
        PART_OR_LEAVE(one, a, la, FROM_NONE, 0, 0);                                                                                   \
        PART_OR_LEAVE(two, b, lb, from_b, one.value, 0);                                                                              \
        PART_OR_LEAVE(three, c, lc, from_c, two.value, one.value);                                                                    \
        PART_OR_LEAVE(four, d, ld, from_d, three.value, two.value);                                                                   \
        RETURN_GO_ON(h, i, left);                                                                                                     \
    }

/* In every mixture of lengths, in the order of the numbers that the lengths make (rv_fusion); those that the rows do not have are used
 * nowhere and so left out. */
#define FUSE2(...) FUSED2(4, 4, __VA_ARGS__) FUSED2(4, 2, __VA_ARGS__) FUSED2(2, 4, __VA_ARGS__) FUSED2(2, 2, __VA_ARGS__)
#define FUSED3_FIRST(la, ...)                                                                                                         \
    FUSED3(la, 4, 4, __VA_ARGS__) FUSED3(la, 4, 2, __VA_ARGS__) FUSED3(la, 2, 4, __VA_ARGS__) FUSED3(la, 2, 2, __VA_ARGS__)
#define FUSE3(...) FUSED3_FIRST(4, __VA_ARGS__) FUSED3_FIRST(2, __VA_ARGS__)
#define FUSED4_FIRST(la, lb, ...)                                                                                                     \
    FUSED4(la, lb, 4, 4, __VA_ARGS__)                                                                                                 \
    FUSED4(la, lb, 4, 2, __VA_ARGS__)                                                                                                 \
    FUSED4(la, lb, 2, 4, __VA_ARGS__)                                                                                                 \
    FUSED4(la, lb, 2, 2, __VA_ARGS__)
#define FUSE4(...)                                                                                                                    \
    FUSED4_FIRST(4, 4, __VA_ARGS__)                                                                                                   \
    FUSED4_FIRST(4, 2, __VA_ARGS__)                                                                                                   \
    FUSED4_FIRST(2, 4, __VA_ARGS__)                                                                                                   \
    FUSED4_FIRST(2, 2, __VA_ARGS__)
#define FIRST(row)
#include "isa/riscv/fused.def"
#undef FIRST
#undef FUSE2
#undef FUSE3
#undef FUSE4

/* --- which there are */

/* Numbers in the table's order; BEGIN_x is that of the first that begins with row x. */
#define NUMBER(line) NUMBER_(line)
#define NUMBER_(line) FUSION_##line
/* Rows of fused.def stand in the order of their first instruction, which makes the numbers of those that begin
 * alike neighbours. */
enum fusion_number {
#define FIRST(row) BEGIN_##row, BEFORE_##row = BEGIN_##row - 1,
#define FUSE2(...) NUMBER(__LINE__),
#define FUSE3 FUSE2
#define FUSE4 FUSE2
#include "isa/riscv/fused.def"
#undef FIRST
#undef FUSE2
#undef FUSE3
#undef FUSE4
    FUSIONS
};

#define SHORT(row, length) ((length) == 4 || RV_SHORT_##row)
#define IF2(la, lb, a, b, ...) SHORT(a, la) && SHORT(b, lb) ? NAME(__LINE__, la##lb) : NULL
#define IF3(la, lb, lc, a, b, from_b, c, ...) SHORT(a, la) && SHORT(b, lb) && SHORT(c, lc) ? NAME(__LINE__, la##lb##lc) : NULL
#define IF4(la, lb, lc, ld, a, b, from_b, c, from_c, d, ...)                                                                          \
    SHORT(a, la) && SHORT(b, lb) && SHORT(c, lc) && SHORT(d, ld) ? NAME(__LINE__, la##lb##lc##ld) : NULL
#define BODIES2(...) IF2(4, 4, __VA_ARGS__), IF2(4, 2, __VA_ARGS__), IF2(2, 4, __VA_ARGS__), IF2(2, 2, __VA_ARGS__)
#define BODIES3_FIRST(la, ...)                                                                                                        \
    IF3(la, 4, 4, __VA_ARGS__), IF3(la, 4, 2, __VA_ARGS__), IF3(la, 2, 4, __VA_ARGS__), IF3(la, 2, 2, __VA_ARGS__)
#define BODIES3(...) BODIES3_FIRST(4, __VA_ARGS__), BODIES3_FIRST(2, __VA_ARGS__)
#define BODIES4_FIRST(la, lb, ...)                                                                                                    \
    IF4(la, lb, 4, 4, __VA_ARGS__), IF4(la, lb, 4, 2, __VA_ARGS__), IF4(la, lb, 2, 4, __VA_ARGS__), IF4(la, lb, 2, 2, __VA_ARGS__)
#define BODIES4(...)                                                                                                                  \
    BODIES4_FIRST(4, 4, __VA_ARGS__), BODIES4_FIRST(4, 2, __VA_ARGS__), BODIES4_FIRST(2, 4, __VA_ARGS__),                             \
        BODIES4_FIRST(2, 2, __VA_ARGS__)

enum { PARTS_MAX = 4 };
static const struct fusion {
    uint16_t row[PARTS_MAX], from[PARTS_MAX];
    unsigned count;
    body_fn *const *body; /* by the lengths of the parts, a bit each, set where it is short; the first part's is the highest */
} fusions[FUSIONS] = {
#define FIRST(row)
#define FUSE2(a, b, from_b) {{RV_INSN_##a, RV_INSN_##b}, {0, from_b}, 2, (body_fn *const[]){BODIES2(a, b, from_b)}},
#define FUSE3(a, b, from_b, c, from_c)                                                                                                \
    {{RV_INSN_##a, RV_INSN_##b, RV_INSN_##c}, {0, from_b, from_c}, 3, (body_fn *const[]){BODIES3(a, b, from_b, c, from_c)}},
#define FUSE4(a, b, from_b, c, from_c, d, from_d)                                                                                     \
    {{RV_INSN_##a, RV_INSN_##b, RV_INSN_##c, RV_INSN_##d},                                                                            \
     {0, from_b, from_c, from_d},                                                                                                     \
     4,                                                                                                                               \
     (body_fn *const[]){BODIES4(a, b, from_b, c, from_c, d, from_d)}},
#include "isa/riscv/fused.def"
#undef FIRST
#undef FUSE2
#undef FUSE3
#undef FUSE4
};

static const uint16_t fusion_begin[RV_INSN_COUNT] = {
#define FIRST(row) [RV_INSN_##row] = BEGIN_##row,
#define FUSE2(...)
#define FUSE3(...)
#define FUSE4(...)
#include "isa/riscv/fused.def"
#undef FIRST
#undef FUSE2
#undef FUSE3
#undef FUSE4
};

/* Does part n take from earlier parts what the fusion says? A far value must not have been overwritten by the part between. */
static bool operands_fit(unsigned from, const struct rv_insn *const *record, unsigned n)
{
    const struct rv_insn *r = record[n];
    if ((from & FROM_RS1 && r->rs1 != record[n - 1]->rd) || (from & FROM_RS2 && r->rs2 != record[n - 1]->rd))
        return false;
    if (from & FAR_RS1 && (r->rs1 != record[n - 2]->rd || r->rs1 == record[n - 1]->rd))
        return false;
    return !(from & FAR_RS2) || (r->rs2 == record[n - 2]->rd && r->rs2 != record[n - 1]->rd);
}

/* How many values go from part to part without the register file: of two fusions that fit, the one with more is
 * worth more. */
unsigned rv_fusion_forwards(unsigned number)
{
    unsigned forwards = 0;
    for (unsigned n = 1; n < fusions[number].count; n++)
        forwards += (unsigned)__builtin_popcount(fusions[number].from[n]);
    return forwards;
}

/* Compressed or not makes another body of the same fusion, as the lengths are constants in it. NULL: it does not
 * fit here. */
body_fn *rv_fusion(unsigned number, const uint16_t *row, const struct rv_insn *const *record, unsigned count)
{
    const struct fusion *f = &fusions[number];
    unsigned lengths = 0;
    if (f->count > count)
        return NULL;
    for (unsigned n = 0; n < f->count; n++) {
        if (f->row[n] != rv_base_row(row[n]) || (n && !operands_fit(f->from[n], record, n)))
            return NULL;
        lengths = lengths << 1 | (rv_rows[row[n]].length == 2);
    }
    return f->body[lengths];
}

/* The way to the end of the run shall cost least, from each of its instructions. */
void rv_fuse(struct code_page *p, const uint16_t *slot, unsigned count, unsigned fresh)
{
    enum { DISPATCH = 4, PART_MORE = 2 }; /* about what they cost; a forwarded operand gains 1 */
    const struct rv_insn *record[RV_RUN_MAX];
    uint16_t row[RV_RUN_MAX];
    unsigned cost[RV_RUN_MAX + 1], usable = 0; /* instructions from the next on that may be parts: no branch to another page */
    cost[count] = 0;
    for (unsigned n = count; n-- > 0;) {
        const struct rv_insn *r = &p->record[slot[n]];
        body_fn **own = rv_body_of(p, slot[n]);
        record[n] = r;
        row[n] = p->row[slot[n]];
        cost[n] = DISPATCH + cost[n + 1];
        unsigned base = rv_base_row(row[n]);
        usable = *own == rv_careful || ((rv_does[row[n]] & DOES_BRANCH) && !r->aux) ? 0 : usable + 1;
        for (unsigned number = fusion_begin[base]; number < FUSIONS && fusions[number].row[0] == base; number++) {
            body_fn *body = rv_fusion(number, row + n, record + n, usable);
            if (!body)
                continue;
            unsigned parts = fusions[number].count;
            unsigned through = DISPATCH + (parts - 1) * PART_MORE - rv_fusion_forwards(number) + cost[n + parts];
            if (through < cost[n]) {
                cost[n] = through;
                if (n < fresh)
                    *own = body;
            }
        }
        if (own != &p->record[slot[n]].body) /* a record that looks is not to be gone over */
            usable = 0;
    }
}
