/* lab_way.c - the ways to execute one instruction: which bodies a machine runs hangs on how much it is let run.
 *
 * A fast way lets it run on, as any driver does, and holds it by the triggers that a machine has for its owner: they wait for execution
 * everywhere but at the instruction, which so is what it is without them. What follows is met by a trigger before it has done anything.
 */
#include "core/theory/lab.h"

#include <errno.h>

/* More than an engine keeps in hand for the end of a budget. */
enum { FAST_BUDGET = 1 << 12 };

/* An instruction begins nowhere else, or in no other page. */
static int triggers_set(const struct lab *l, struct machine *m, bool own_page)
{
    const va_t first = own_page ? l->code_va & PAGE_MASK : l->code_va, last = own_page ? first + PAGE_SIZE - 1 : first;
    const struct trigger before = {.kinds = TRIGGER_EXECUTE, .at = 0, .length = first};
    const struct trigger behind = {.kinds = TRIGGER_EXECUTE, .at = last + 1, .length = UINT64_MAX - last};
    int error = machine_trigger(m, 0, &before);
    return error ? error : machine_trigger(m, 1, &behind);
}

int lab_ways_open(struct lab *l)
{
    unsigned kinds = 1;
    int error = 0;
    for (unsigned w = 0; w < lab_ways(l) && l->isa->ways; w++)
        kinds = l->isa->ways[w].kind < kinds ? kinds : l->isa->ways[w].kind + 1;
    for (unsigned n = 0; n < kinds * LAB_MACHINES && !error; n++) {
        error = l->create(&l->machine[n], l->phys, l->config, n);
        l->machine_count += !error;
    }
    for (unsigned w = 0; w < lab_ways(l) && l->isa->ways; w++)
        for (unsigned n = 0; n < LAB_MACHINES && l->isa->ways[w].fast && !error; n++)
            error = triggers_set(l, l->machine[l->isa->ways[w].kind * LAB_MACHINES + n], l->isa->ways[w].own_page);
    return error;
}

/* A trap behind the instruction, which has retired, is one of what follows it, and as good as a trigger there: machines return traps, and
 * nothing comes of them before they are delivered. */
bool lab_once(const struct lab *l, struct machine *m, struct trap *t)
{
    const struct lab_way *way = l->isa->ways ? &l->isa->ways[l->way] : NULL;
    uint64_t retired = 0;
    machine_run_to(m, way && way->fast ? FAST_BUDGET : 1, &retired, t);
    if (way && way->own_page && retired == 1 && t->kind == TRAP_EXCEPTION)
        *t = (struct trap){.kind = TRAP_TRIGGER, .row = INSN_NONE};
    return retired <= 1;
}

/* Has the one way done something else than the other? Where something came before the instruction, no. */
static bool differs(const struct lab *l, const struct lab_result *a, const struct lab_result *b)
{
    const unsigned told = 1u << PART_VIRTUAL | 1u << PART_RELOCATED | 1u << PART_NONDET;
    if (!(a->executed || a->memory) || !(b->executed || b->memory))
        return false;
    if (a->outcome != b->outcome || a->lost != b->lost || a->memory != b->memory || a->reason != b->reason || a->cause != b->cause ||
        a->tval != b->tval || a->data != b->data)
        return true;
    for (unsigned r = 0; r < l->reg_count; r++)
        if (a->reg[r] != b->reg[r])
            return true;
    return lab_completed(a) && ((a->touches ^ b->touches) & told);
}

bool lab_way_next(const struct lab *l, unsigned turn, bool others, unsigned *way)
{
    unsigned turns = 0, at = 0;
    if (l->one_way)
        return false;
    for (unsigned w = 1; w < lab_ways(l); w++)
        turns += !l->isa->ways[w].always;
    for (unsigned w = 1; w < lab_ways(l); w++) {
        const bool due = l->isa->ways[w].always || (at++ == turn % turns && others);
        if (w > *way && due) {
            *way = w;
            return true;
        }
    }
    return false;
}

bool lab_run_otherwise(struct lab *l, unsigned way, const struct lab_state *s, bool guarded, bool cold, const struct lab_result *first,
                       struct lab_result *out)
{
    l->way = way;
    if (l->isa->ways[way].own_page && first->data) /* a store: the page may have become known only by it */
        lab_run(l, s, guarded, cold, out, NULL);
    lab_run(l, s, guarded, cold && !first->data, out, NULL);
    l->way = 0;
    return differs(l, first, out);
}
