/* part.c - what fused bodies are made of. ROW as a part, alone in a body, with operands FROM earlier parts, equals its careful body; and it
 * keeps what fused.c, composing parts, counts on (fused.c here): `value` is what it wrote to rd, it writes no other register, it leaves
 * FS, frm and fflags as they are, and it ends as its row does. IS_SHORT: is there a compressed row that is short for it? */
#include "tests/proofs/equal/sides.h"

#include "tests/proofs/equal/floats.h"
#include "tests/proofs/fused/files.h"

#include "isa/riscv/fused.c" /* of the table no more than RECORD */

#define PASTE(a, b) PASTE_(a, b)
#define PASTE_(a, b) a##b
#define ROW_NUMBER PASTE(RV_INSN_, ROW)
#define STEP_BODY PASTE(rv_step_, ROW)
step_fn STEP_BODY;

static struct part given;

/* A fused body of one part. */
#define ALONE(length)                                                                                                                 \
    static enum body_result alone_##length(struct hart *h, const struct rv_insn *i, uint64_t left, uint64_t near, uint64_t far)       \
    {                                                                                                                                 \
        LEAVE_UNLESS_MET(PASTE(NEED_, ROW));                                                                                          \
        const struct part part = PASTE(part_, ROW)(h, i, length, FROM, near, far, 0);                                                 \
        given = part;                                                                                                                 \
        LEAVE_UNLESS_NEXT(part);                                                                                                      \
        i += (length) / 2;                                                                                                            \
        left -= 1;                                                                                                                    \
        RETURN_GO_ON(h, i, left);                                                                                                     \
    }
ALONE(4)
ALONE(2)

static uint64_t register_of(const struct hart *h, enum operand_file file, unsigned n) { return file == FILE_F ? h->f[n] : h->x[n]; }

/* A value that came from the part before, or the one before that: what the register holds. If it is no operand, anything. */
static uint64_t value_from(const struct hart *h, const struct rv_insn *i, unsigned is_rs1, unsigned is_rs2)
{
    const unsigned format = operand_format[ROW_NUMBER];
    const uint64_t one = register_of(h, file_of_rs1(format), i->rs1), two = register_of(h, file_of_rs2(format), i->rs2);
    __CPROVER_assume(!(is_rs1 && is_rs2) || one == two);
    return is_rs1 ? one : is_rs2 ? two : nondet_uint64_t();
}

static void ends_as_its_row(void)
{
    const unsigned does = operand_does[ROW_NUMBER];
    const bool jumps = does & (DOES_JUMP | DOES_JUMP_REG);
    if (does & DOES_BRANCH)
        __CPROVER_assert(given.how == PART_NEXT || given.how == PART_BRANCH, "a branch goes on or branches");
    else
        __CPROVER_assert(given.how == (!jumps ? PART_NEXT : does & DOES_JUMP ? PART_TAKEN : PART_JUMP), "it ends as its row does");
}

static void composes(const struct hart *after, const struct hart *as_before, const struct rv_insn *i)
{
    const enum operand_file file = file_of_rd(operand_format[ROW_NUMBER]);
    const unsigned x = nondet_unsigned() % RV_SINK, f = nondet_unsigned() % 32;
    ends_as_its_row();
    if (given.how == PART_NEXT && file != FILE_NONE)
        __CPROVER_assert(given.value == register_of(after, file, i->rd), "the value is what it wrote");
    __CPROVER_assert((file == FILE_X && x == i->rd) || after->x[x] == as_before->x[x], "no other x is written");
    __CPROVER_assert((file == FILE_F && f == i->rd) || after->f[f] == as_before->f[f], "no other f is written");
    __CPROVER_assert(fp_state(after) == fp_state(as_before), "FS, frm and fflags stay");
}

void prove(void)
{
    uint64_t left;
    const unsigned length = IS_SHORT && nondet_bool() ? 2 : 4;
    struct rv_insn *i = sides_begin(ROW_NUMBER, length, &left);
    struct hart *h = &fast.machine.hart;
    __CPROVER_assume(!(operand_does[ROW_NUMBER] & DOES_BRANCH) || i->aux); /* rv_fuse() takes no others */
    const uint64_t near = value_from(h, i, FROM & FROM_RS1, FROM & FROM_RS2), far = value_from(h, i, FROM & FAR_RS1, FROM & FAR_RS2);
    const enum body_result result = length == 2 ? alone_2(h, i, left, near, far) : alone_4(h, i, left, near, far);
    side_take(&careful);
    careful_begin(i, left, ROW_NUMBER, length);
    if (!left_undone) {
        composes(h, &before.machine.hart, i);
        careful_end(STEP_BODY(&careful.machine.hart, &i->operands));
    }
    sides_compare(result, false, operands_are_floats(ROW_NUMBER));
}
