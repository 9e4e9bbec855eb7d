/* native_plan.c - which instructions of a page a stretch is made of: all that can be reached from its head by going on and by jumps within
 * the page, as far as there are stencils. What has none is left to the interpreter; the instruction behind it is a way back in, as is the
 * one behind a call.
 */
#include "isa/riscv/decode.h"
#include "isa/riscv/native.h"
#include "isa/riscv/slot.h"
#include "isa/riscv/straight.h"
#include "isa/riscv/table.h"

bool native_has(const struct code_page *p, unsigned slot)
{
    const unsigned row = p->row[slot];
    return row != INSN_NONE && rv_stencil[rv_base_row(row)].exists && !rv_rounds_oddly(row, &p->record[slot].operands);
}

/* Where a jump of the plan leads and nobody has been yet. */
struct walk {
    struct native_plan *plan;
    uint16_t todo[2 * NATIVE_STRETCH_MAX + 1];
    unsigned count;
};

static void walk_to(struct walk *w, unsigned slot, bool entry)
{
    if (slot >= CODE_RECORDS)
        return;
    slot_add(w->plan->label, slot);
    if (entry)
        slot_add(w->plan->entry, slot);
    if (!slot_in(w->plan->member, slot) && w->count < sizeof w->todo / sizeof *w->todo)
        w->todo[w->count++] = (uint16_t)slot;
}

/* One instruction is in the plan: where can it lead? The slot of the next one, or CODE_RECORDS: none follows. */
static unsigned walk_on(struct walk *w, const struct code_page *p, unsigned slot)
{
    const struct rv_insn *r = &p->record[slot];
    const unsigned does = rv_does[p->row[slot]], next = slot + rv_rows[p->row[slot]].length / 2;
    if ((does & (DOES_BRANCH | DOES_JUMP)) && r->aux)
        walk_to(w, (unsigned)((int64_t)slot + r->imm / 2), r->imm < 0);
    if (!(does & (DOES_JUMP | DOES_JUMP_REG)))
        return next;
    if (r->rd != RV_SINK) /* a call returns */
        walk_to(w, next, true);
    return CODE_RECORDS;
}

/* By the run, as the interpreter does, which says of each instruction how far it is to the next look. */
static void decode(struct hart *h, struct code_page *p, unsigned slot)
{
    const void *next = h->next;
    if (p->record[slot].body == rv_body_undecoded)
        (void)rv_body_undecoded(h, &p->record[slot], h->left);
    h->next = next;
}

/* From here straight on. */
static void walk_run(struct walk *w, struct hart *h, struct code_page *p, const struct native_page *known, unsigned slot)
{
    struct native_plan *plan = w->plan;
    while (slot < CODE_RECORDS && plan->count < NATIVE_STRETCH_MAX && known->at[slot] < NATIVE_LABELS) {
        if (slot_in(plan->member, slot)) {
            slot_add(plan->label, slot);
            return;
        }
        decode(h, p, slot);
        if (p->row[slot] == INSN_NONE)
            return;
        if (p->record[slot].body == rv_body_look)
            slot_add(plan->label, slot);
        if (!native_has(p, slot)) {
            walk_to(w, slot + rv_rows[p->row[slot]].length / 2, true);
            return;
        }
        slot_add(plan->member, slot);
        plan->count++;
        slot = walk_on(w, p, slot);
    }
}

void native_plan(struct hart *h, struct code_page *p, const struct native_page *known, unsigned slot, struct native_plan *plan)
{
    struct walk w = {.plan = plan};
    *plan = (struct native_plan){0};
    walk_to(&w, slot, true);
    while (w.count)
        walk_run(&w, h, p, known, w.todo[--w.count]);
}
