/* system.c - the fast bodies of system_fast.c, which the decoder gives to ecall, sret, mret and sfence.vma, equal the careful ones:
 * prove_ROW. A way back from a trap that is not left to the careful body says so in `attention` where no interrupt is pending. */
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

static void hart_make(struct hart *h)
{
    any_state(h);
    __CPROVER_assume(!((h->sepc | h->mepc) & 1)); /* instructions lie at even addresses (csr.c: EPC_BITS) */
    h->engine = &engine;
    h->here = &page;
    for (unsigned n = 0; n < TLB_FETCH_ENTRIES; n++)
        __CPROVER_assume(h->fetch->fetch[n].addend == (uintptr_t)&elsewhere);
}

static struct rv_insn record_make(unsigned row)
{
    struct rv_operands o = nondet_operands();
    __CPROVER_assume(operands_are(operand_format[row], false, &o));
    return (struct rv_insn){.body = rv_careful, .operands = o};
}

static void one(unsigned row, step_fn *step)
{
    uint64_t left;
    struct rv_insn *i = &page.record[SLOT], made = record_make(row);
    hart_make(&fast.machine.hart);
    sides_alike(&left);
    rv_system_quicken(&fast.machine.hart, row, &made);
    *i = made;
    page.row[SLOT] = (uint16_t)row;
    const enum body_result result = made.body(&fast.machine.hart, i, left);
    side_take(&careful);
    careful_begin(i, left, row, 4);
    enum body_result expected = STEP_NEXT;
    if (!left_undone)
        expected = step(&careful.machine.hart, &i->operands);
    if (expected == STEP_STOP)
        hart_trap_at(&careful.machine.hart, row, 4, hart_bits_of(&careful.machine.hart, i, 4));
    sides_compare(result, expected == STEP_STOP, false);
}

#define PROVE(name)                                                                                                                   \
    void prove_##name(void) { one(RV_INSN_##name, rv_step_##name); }
PROVE(ecall)
PROVE(sret)
PROVE(mret)
PROVE(sfence_vma)
