/* evidence.c - the clauses of the definitions [PG74 pp.414-415], with the readings that a machine with traps of several kinds,
 * hidden state and counters needs.
 *
 *  - Only executions that complete are compared. A trap is judged by its class alone, and requested traps are no change of control:
 *    taken literally the paper makes every supervisor call sensitive.
 *  - Whether an instruction completes or traps is part of what it does: if that hangs on state that the VMM virtualizes, it is
 *    state-sensitive. Memory that refuses is set aside.
 *  - Control state is whatever the partition calls virtual or relocated. A counter changes by itself: to write one shows in its not
 *    being as an instruction that does nothing leaves it. To wait is to give the processor away.
 */
#include "core/theory/evidence.h"

static bool part_in(enum reg_partition part, unsigned set) { return set >> part & 1; }

/* Do two states differ in fields of these partitions? */
static bool fields_differ(const struct lab *l, const uint64_t *a, const uint64_t *b, unsigned partitions)
{
    for (unsigned n = 0; n < l->field_count; n++) {
        const struct lab_field *f = &l->field[n];
        if (part_in(f->part, partitions) && ((a[f->reg] ^ b[f->reg]) & f->mask))
            return true;
    }
    return false;
}

bool evidence_visible_differs(const struct lab *l, const struct lab_result *a, const struct lab_result *b)
{
    return a->data != b->data || fields_differ(l, a->reg, b->reg, 1u << PART_IDENTITY);
}

bool evidence_control_changed(const struct lab *l, const struct lab_state *s, const struct lab_result *r, const struct lab_result *nop)
{
    return r->outcome == OUTCOME_WAIT || fields_differ(l, s->reg, r->reg, 1u << PART_VIRTUAL | 1u << PART_RELOCATED) ||
           fields_differ(l, nop->reg, r->reg, 1u << PART_NONDET);
}

bool evidence_privileged(const struct lab_result *user, const struct lab_result *raised)
{
    return user->executed && user->outcome == OUTCOME_PRIVILEGE && lab_completed(raised);
}

bool evidence_control(const struct lab *l, const struct lab_state *s, const struct lab_result *r, const struct lab_result *nop)
{
    return lab_completed(r) && evidence_control_changed(l, s, r, nop);
}

bool evidence_behaviour(const struct lab *l, const struct lab_result *a, const struct lab_result *b)
{
    return lab_completed(a) && lab_completed(b) && (a->outcome != b->outcome || evidence_visible_differs(l, a, b));
}

bool evidence_state(const struct lab *l, const struct lab_result *a, const struct lab_result *b)
{
    if (!a->executed || !b->executed)
        return false;
    return a->outcome != b->outcome || (lab_completed(a) && evidence_visible_differs(l, a, b));
}

bool evidence_owned(const struct lab *l, const struct lab_result *r, const struct lab_result *q)
{
    return lab_completed(r) && (q->memory || (lab_completed(q) && evidence_visible_differs(l, r, q)));
}

bool evidence_silent(bool completed1, bool control1, bool completed2, bool control2)
{
    return completed1 && completed2 && control1 != control2;
}

const char *evidence_name(enum evidence kind)
{
    switch (kind) {
    case EVIDENCE_PRIV: return "traps in user mode";
    case EVIDENCE_CTRL: return "control-sensitive";
    case EVIDENCE_MODE: return "mode-sensitive";
    case EVIDENCE_LOC: return "location-sensitive";
    case EVIDENCE_STATE: return "state-sensitive";
    case EVIDENCE_SILENT: return "silent in one mode";
    case EVIDENCE_COUNT: break;
    }
    return "";
}

const char *evidence_clause(enum evidence kind, const char *user)
{
    if (user && kind == EVIDENCE_PRIV)
        return "only the ring differs: it traps in the one that guests run in, and not in ring 0 [PG74 p.415]";
    if (user && kind == EVIDENCE_SILENT)
        return "it completes in both rings, but changes control state in one only: a NOP in the other";
    switch (kind) {
    case EVIDENCE_PRIV: return "only the mode differs: it traps in user mode, and not in the privileged one [PG74 p.415]";
    case EVIDENCE_CTRL: return "it completes, and mode, resources or other control state are not as before [PG74 p.415]";
    case EVIDENCE_MODE: return "only the mode differs: it completes in both, and does different things [PG74 p.415]";
    case EVIDENCE_LOC: return "same memory, elsewhere: it completes in both, and does different things [PG74 p.415]";
    case EVIDENCE_STATE: return "only control state differs: it does different things [PG74 p.415, generalised]";
    case EVIDENCE_SILENT: return "it completes in both modes, but changes control state in one only: a user-mode NOP";
    case EVIDENCE_COUNT: break;
    }
    return "";
}

/* --- a whole trial */

static void nop_run(struct lab *l, const struct trial *t, const struct lab_state *s, struct lab_result *out)
{
    lab_insert(l, l->isa->nop, l->isa->nop_length);
    lab_run(l, s, false, t->cold, out, NULL);
    lab_insert(l, t->bits, t->length);
}

/* To have tables take effect, or to keep them from it, is to change the resource map, although no register tells. */
bool evidence_translation(struct lab *l, const struct lab_state *s, unsigned mode, uint64_t *probe, uint64_t *nop_probe)
{
    insn_t bits = l->bits;
    unsigned length = l->length;
    *probe = lab_probe(l, s, mode);
    lab_insert(l, l->isa->nop, l->isa->nop_length);
    *nop_probe = lab_probe(l, s, mode);
    lab_insert(l, bits, length);
    return *probe != *nop_probe;
}

static unsigned mode_of(const struct lab *l, const struct lab_state *s)
{
    unsigned mode = 0;
    while (mode < lab_top(l) && l->isa->modes[mode] != lab_mode(l, s))
        mode++;
    return mode;
}

static bool holds(struct lab *l, const struct trial *t, struct trial_result *r)
{
    if (t->translation) {
        lab_run(l, &t->s1, t->guarded, t->cold, &r->r1, NULL);
        nop_run(l, t, &t->s1, &r->nop1);
        return lab_completed(&r->r1) && evidence_translation(l, &t->s1, mode_of(l, &t->s1), &r->probe, &r->nop_probe);
    }
    bool control = t->kind == EVIDENCE_CTRL || t->kind == EVIDENCE_SILENT, pair = t->kind != EVIDENCE_CTRL;
    lab_run(l, &t->s1, t->guarded, t->cold, &r->r1, NULL);
    if (control)
        nop_run(l, t, &t->s1, &r->nop1);
    if (pair)
        lab_run(l, &t->s2, t->guarded, t->cold, &r->r2, NULL);
    if (pair && control)
        nop_run(l, t, &t->s2, &r->nop2);
    switch (t->kind) {
    case EVIDENCE_PRIV: return evidence_privileged(&r->r1, &r->r2);
    case EVIDENCE_CTRL: return evidence_control(l, &t->s1, &r->r1, &r->nop1);
    case EVIDENCE_MODE:
    case EVIDENCE_LOC: return evidence_behaviour(l, &r->r1, &r->r2);
    case EVIDENCE_STATE: return t->owned ? evidence_owned(l, &r->r1, &r->r2) : evidence_state(l, &r->r1, &r->r2);
    case EVIDENCE_SILENT:
        return evidence_silent(lab_completed(&r->r1), evidence_control_changed(l, &t->s1, &r->r1, &r->nop1), lab_completed(&r->r2),
                               evidence_control_changed(l, &t->s2, &r->r2, &r->nop2));
    case EVIDENCE_COUNT: break;
    }
    return false;
}

bool trial_holds(struct lab *l, const struct trial *t, struct trial_result *r)
{
    l->way = t->way;
    const bool is = holds(l, t, r);
    l->way = 0;
    return is;
}
