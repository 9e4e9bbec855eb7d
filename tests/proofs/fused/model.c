/* model.c - the parts of a fused body: all that is said here of what a part does is proved of each row by part.c; all that is asked there of
 * operands from other parts is demanded here. */
#include "tests/proofs/fused/model.h"

#include "isa/riscv/bodies_part.h"
#include "isa/riscv/fp.h"

const uint8_t operand_format[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) [RV_INSN_##name] = OPERANDS_##format,
#include "isa/riscv/insn.def"
#undef INSN
};
const uint16_t operand_does[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) [RV_INSN_##name] = DOES_##does,
#include "isa/riscv/insn.def"
#undef INSN
};
enum needs { NEEDS_NOTHING, NEEDS_DIRTY, NEEDS_PLAIN };
static const uint8_t needs_of[] = {
#define FORM(name, pattern, decoded, needs) [OPERANDS_##name] = NEEDS_##needs,
#include "isa/riscv/format.def"
#undef FORM
};

struct model_part model[PARTS_MOST];
unsigned model_done;

static bool writes(unsigned n, enum operand_file file, unsigned r)
{
    return file_of_rd(operand_format[model[n].row]) == file && model[n].record->rd == r;
}
/* Register r, an operand of the n-th part, is what the part before wrote, or the one before that: it was not overwritten since. */
static bool is_near(unsigned n, enum operand_file file, unsigned r, uint64_t value)
{
    return n >= 1 && writes(n - 1, file, r) && model[n - 1].value == value;
}
static bool is_far(unsigned n, enum operand_file file, unsigned r, uint64_t value)
{
    return n >= 2 && writes(n - 2, file, r) && !writes(n - 1, file, r) && model[n - 2].value == value;
}

/* Which part it is. */
static unsigned number_of(const struct rv_insn *i)
{
    for (unsigned n = 0; n < PARTS_MOST; n++)
        if (model[n].record == i)
            return n;
    __CPROVER_assert(false, "it is one of the instructions");
    return 0;
}

static void needs_are_met(const struct hart *h, unsigned format)
{
    __CPROVER_assert(needs_of[format] != NEEDS_DIRTY || fp_is_dirty(h), "FS is Dirty");
    __CPROVER_assert(needs_of[format] != NEEDS_PLAIN || fp_is_plain(h), "FP is plain");
}

struct part part_model(const struct hart *h, const struct rv_insn *i, unsigned row, unsigned length, unsigned from, uint64_t near,
                       uint64_t far)
{
    const unsigned format = operand_format[row], does = operand_does[row], n = number_of(i);
    const enum operand_file one = file_of_rs1(format), two = file_of_rs2(format);
    struct model_part *m = &model[n];
    struct part p = {.how = PART_NEXT, .value = m->value};
    __CPROVER_assert(n == model_done, "one comes after the other");
    __CPROVER_assert(row == m->row && length == m->length, "it is this instruction");
    __CPROVER_assert(!(does & DOES_BRANCH) || i->aux, "a branch stays within the page");
    __CPROVER_assert(!(from & FROM_RS1) || is_near(n, one, i->rs1, near), "rs1 is what the part before wrote");
    __CPROVER_assert(!(from & FROM_RS2) || is_near(n, two, i->rs2, near), "rs2 is what the part before wrote");
    __CPROVER_assert(!(from & FAR_RS1) || is_far(n, one, i->rs1, far), "rs1 is what the far part wrote");
    __CPROVER_assert(!(from & FAR_RS2) || is_far(n, two, i->rs2, far), "rs2 is what the far part wrote");
    needs_are_met(h, format);
    if (nondet_bool()) { /* and has changed nothing */
        p.how = nondet_bool() ? PART_CAREFUL : PART_ALONE;
        return p;
    }
    model_done++;
    if (m->jumps)
        p.how = does & DOES_BRANCH ? PART_BRANCH : does & DOES_JUMP ? PART_TAKEN : PART_JUMP;
    if (m->jumps && does & DOES_JUMP_REG)
        p.value = m->target;
    return p;
}
