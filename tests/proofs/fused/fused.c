/* fused.c - RECORD, a line of fused.def, equals the careful bodies of its rows one after another: for all operands that the line admits
 * (rv_fusion() says so itself), in every mixture of lengths that there is, at any address. Where the fused body has left, the careful ones
 * do as many instructions as it has done, and stand where it stands. fused.c is as it is; the parts are those of the model, of which
 * no more is known than what part.c proves of each.
 *
 * ROWn, and SHORTn: a compressed row that is short for it, or INSN_NONE; fused.c asks by RV_SHORT_row if there is one.
 */
#include "tests/proofs/fused/model.h"

#include "isa/riscv/fast.h"
#include "isa/riscv/fp.h"
#include "isa/riscv/fused.h"
#include "isa/riscv/miss.h"

#ifndef ROW2
#define ROW2 INSN_NONE
#define SHORT2 INSN_NONE
#endif
#ifndef ROW3
#define ROW3 INSN_NONE
#define SHORT3 INSN_NONE
#endif
enum { PARTS = ROW2 == INSN_NONE ? 2 : ROW3 == INSN_NONE ? 3 : 4 };
static const uint16_t part_row[PARTS_MOST] = {ROW0, ROW1, ROW2, ROW3}, part_short[PARTS_MOST] = {SHORT0, SHORT1, SHORT2, SHORT3};

/* --- of the tables of rows what rv_fusion() asks for */

const struct insn_desc rv_rows[RV_INSN_COUNT] = {
#define RVC(name, base, ...) [RV_INSN_##name] = {.length = 2},
#include "isa/riscv/rvc.def"
#undef RVC
};
unsigned rv_base_row(unsigned row)
{
    for (unsigned n = 0; n < PARTS; n++)
        if (row == part_short[n])
            return part_row[n];
    return row;
}
const uint16_t rv_does[RV_INSN_COUNT];

/* --- the hart: of it the bodies move where it stands. The run's page may have any address, and so the run; where in the page it stands
 * makes no other difference than how far a branch reaches, and here it reaches as far as it may from anywhere. */

bool model_dirty, model_plain;
static struct hart hart, before;
static struct tlb_space fetch_space;
static struct code_page elsewhere; /* where jumps lead */
extern struct {
    char before[CODE_RECORDS * sizeof(struct rv_insn)];
    struct rv_insn record[2 * PARTS_MOST];
} code; /* what it is nobody says */

static const struct rv_insn *left_at; /* the body left the instruction there to another one; NULL: no */
static uint64_t left_count;
static enum body_result leave(const struct rv_insn *i, uint64_t left)
{
    left_at = i;
    left_count = left;
    return BODY_NEXT;
}
enum body_result rv_careful(struct hart *h, const struct rv_insn *i, uint64_t left) { return (void)h, leave(i, left); }
enum body_result rv_alone(struct hart *h, const struct rv_insn *i, uint64_t left) { return (void)h, leave(i, left); }

static void hart_any(void)
{
    hart.here = &code;
    hart.here_va = nondet_uint64_t();
    model_dirty = nondet_bool();
    model_plain = model_dirty && nondet_bool();
    hart.fetch = &fetch_space;
    __CPROVER_assume(!(hart.here_va & 1));
    for (unsigned n = 0; n < TLB_FETCH_ENTRIES; n++) {
        fetch_space.fetch[n].tag = nondet_uint64_t();
        fetch_space.fetch[n].addend = (uintptr_t)&elsewhere;
    }
}

/* A record that may be a part (rv_fuse): a branch stays within the page. */
static void part_any(const struct rv_insn *r, unsigned row)
{
    const struct rv_operands *o = &r->operands;
    __CPROVER_assume(operands_are(operand_format[row], operands_shift_words(row), o));
    if (operand_does[row] & (DOES_BRANCH | DOES_JUMP))
        __CPROVER_assume((o->aux == 1 && o->imm < PAGE_SIZE && o->imm > -PAGE_SIZE) ||
                         (o->aux == 0 && (operand_does[row] & DOES_JUMP)));
}

/* --- the proof */

static unsigned part_length(unsigned mixture, unsigned n) { return mixture >> n & 1 ? 2 : 4; }

/* The fused body stands at this record of the page, or at this address. */
static bool stands_at_record(const void *record) { return left_at ? left_at == record : hart.here == &code && hart.next == record; }
static bool stands_at(uint64_t pc)
{
    if (left_at)
        return false;
    return hart.here
               ? hart.here == &elsewhere && hart.here_va == (pc & PAGE_MASK) && hart.next == &elsewhere.record[(pc & ~PAGE_MASK) / 2]
               : hart.pc == pc;
}

/* Where the careful body of the n-th goes on: at the record behind it, at one that far away within the page, or at another address. */
static bool stands_behind(unsigned n)
{
    const struct rv_insn *i = model[n].record;
    if (!model[n].jumps)
        return stands_at_record(i + model[n].length / 2);
    if (operand_does[part_row[n]] & DOES_JUMP_REG)
        return stands_at(model[n].target);
    const int64_t imm = i->imm;
    return i->aux ? stands_at_record((const char *)i + imm * (int64_t)(sizeof *i / 2))
                  : stands_at(hart_pc_of(&before, i) + (uint64_t)imm);
}

/* The same instructions by their careful bodies, one after another, from the same state: are they as many, and is each but the last followed
 * by the next? */
static void carefully(uint64_t done)
{
    __CPROVER_assert(done <= PARTS && done == model_done, "as many have retired as were done");
    if (done == 0)
        __CPROVER_assert(stands_at_record(model[0].record), "the same pc");
    for (unsigned n = 0; n < PARTS; n++) {
        if (n + 1 < done)
            __CPROVER_assert(!model[n].jumps, "one comes after the other");
        if (n + 1 == done)
            __CPROVER_assert(stands_behind(n), "the same pc");
    }
}

static void part_begin(unsigned n, const struct rv_insn *record, unsigned length)
{
    const unsigned does = operand_does[part_row[n]];
    part_any(record, part_row[n]);
    model[n].record = record;
    model[n].row = part_row[n];
    model[n].length = length;
    model[n].value = nondet_uint64_t();
    model[n].target = nondet_uint64_t();
    model[n].jumps = does & (DOES_JUMP | DOES_JUMP_REG) || (does & DOES_BRANCH && nondet_bool());
}

static void one_mixture(unsigned mixture)
{
    const struct rv_insn *record[PARTS_MOST];
    uint16_t row[PARTS_MOST];
    unsigned records = 0;
    const uint64_t left = nondet_uint64_t();
    hart_any();
    for (unsigned n = 0; n < PARTS; n++) {
        const unsigned length = part_length(mixture, n);
        record[n] = &code.record[records];
        row[n] = length == 2 ? part_short[n] : part_row[n];
        part_begin(n, record[n], length);
        records += length / 2;
    }
    __CPROVER_assume(left > PARTS);
    before = hart;
    body_fn *const body = rv_fusion(0, row, record, PARTS);
    if (!body)
        return;
    const enum body_result result = body(&hart, record[0], left);
    __CPROVER_assert(left_at || result == BODY_NEXT, "it goes on");
    carefully(left - (left_at ? left_count : hart.left));
}

#define HAS_SHORT(n) (SHORT##n != INSN_NONE)
void prove(void)
{
    const unsigned all = HAS_SHORT(0) | HAS_SHORT(1) << 1 | HAS_SHORT(2) << 2 | HAS_SHORT(3) << 3, chosen = nondet_unsigned();
    for (unsigned mixture = 0; mixture < 1u << PARTS; mixture++)
        if (!(mixture & ~all) && chosen == mixture) {
            one_mixture(mixture);
            __CPROVER_assume(false); /* the others are apart from it */
        }
}
