/* system.h - what the proofs of fast bodies of system instructions have in common: the hart, the page that the instruction lies in, and one
 * instruction by both bodies. The row's fast body is what `quicken` gives its record, as the decoder asks it.
 */
#ifndef TRAPEZE_TESTS_PROOFS_EQUAL_SYSTEM_H
#define TRAPEZE_TESTS_PROOFS_EQUAL_SYSTEM_H

#include "tests/proofs/equal/sides.h"

#include "isa/riscv/system_fast.c"

#include "isa/riscv/engine.h"

#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) step_fn rv_step_##name;
#include "isa/riscv/insn.def"
#undef INSN

enum { SLOT = 300 }; /* of the instruction in its page, which may have any address */
static struct code_page page;

/* Which TLB space another mode has is not looked into (vstep/trap.c). */
void hart_context_choose(struct hart *h) { (void)h; }
void hart_context_changed(struct hart *h) { (void)h; }
void hart_fence(struct hart *h, const struct fence *f) { (void)f, hart_refetch(h); }
void tlb_flush_all(struct tlb *t) { (void)t; }
bool hart_block_reach(struct hart *h, va_t va) { return (void)h, (void)va, false; }
bool hart_block_zero(struct hart *h, va_t va) { return (void)h, (void)va, false; }
static void engine_changed(struct hart *h, enum engine_change change) { (void)h, (void)change; }
static const struct hart_engine engine = {.context_changed = engine_changed};

struct rv_operands nondet_operands(void);

static inline void hart_make(struct hart *h)
{
    any_state(h);
    __CPROVER_assume(!((h->sepc | h->mepc) & 1)); /* instructions lie at even addresses (csr.c: EPC_BITS) */
    h->engine = &engine;
    h->here = &page;
    for (unsigned n = 0; n < TLB_FETCH_ENTRIES; n++)
        __CPROVER_assume(h->fetch->fetch[n].addend == (uintptr_t)&elsewhere);
}

static inline struct rv_insn record_make(unsigned row)
{
    struct rv_operands o = nondet_operands();
    __CPROVER_assume(operands_are(operand_format[row], false, &o));
    return (struct rv_insn){.body = rv_careful, .operands = o};
}

typedef void quicken_fn(const struct hart *, unsigned row, struct rv_insn *);

/* The fast side's hart is made, and the record as it is before the decoder asks for a fast body. The careful body has its operands, or
 * those of the quick record: that is what it is given when a fast body leaves. */
static inline void one(unsigned row, step_fn *step, quicken_fn *quicken, const struct rv_insn *decoded)
{
    uint64_t left;
    struct rv_insn *i = &page.record[SLOT], made = *decoded;
    sides_alike(&left);
    quicken(&fast.machine.hart, row, &made);
    *i = made;
    page.row[SLOT] = (uint16_t)row;
    const enum body_result result = made.body(&fast.machine.hart, i, left);
    side_take(&careful);
    careful_begin(i, left, row, 4);
    enum body_result expected = STEP_NEXT;
    const struct rv_operands operands = nondet_bool() ? decoded->operands : i->operands;
    if (!left_undone)
        expected = step(&careful.machine.hart, &operands);
    if (expected == STEP_STOP)
        hart_trap_at(&careful.machine.hart, row, 4, hart_bits_of(&careful.machine.hart, i, 4));
    sides_compare(result, expected == STEP_STOP, false);
}

#endif
