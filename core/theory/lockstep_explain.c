/* lockstep_explain.c - what to make of a divergence. The trap is the VMM's only way to know of an instruction, so the question is
 * always: who trapped, and who should have?
 */
#include "core/lockstep.h"
#include "isa/insn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct trap *first(const struct lockstep_doing *d) { return d->traps ? &d->trap[0] : NULL; }

static bool same(const struct trap *a, const struct trap *b)
{
    if (!a || !b)
        return a == b;
    return a->kind == b->kind && a->cause == b->cause && (a->kind != TRAP_EXCEPTION || a->tval == b->tval);
}

/* tval is part of what an exception is: two page faults at different addresses are not the same. */
static const char *words(const struct trap *t, char *out, size_t size)
{
    if (!t)
        snprintf(out, size, "no trap");
    else if (t->kind == TRAP_INTERRUPT)
        snprintf(out, size, "interrupt %" PRIu64, t->cause);
    else if (t->kind == TRAP_EXCEPTION)
        snprintf(out, size, "exception %" PRIu64 " (tval 0x%" PRIx64 ")", t->cause, t->tval);
    else
        snprintf(out, size, "%s", t->kind == TRAP_WAIT ? "a wait" : "a stop");
    return out;
}

static bool is_interrupt(const struct trap *t) { return t && t->kind == TRAP_INTERRUPT; }

/* The first traps that are not the same on both sides. */
static bool unlike(const struct lockstep_report *r, const struct trap **bare, const struct trap **virtual)
{
    const struct lockstep_doing *a = &r->doing[LOCKSTEP_BARE], *b = &r->doing[LOCKSTEP_VIRTUAL];

    for (unsigned i = 0; i < LOCKSTEP_TRAPS; i++) {
        *bare = i < a->traps ? &a->trap[i] : NULL;
        *virtual = i < b->traps ? &b->trap[i] : NULL;
        if (!same(*bare, *virtual))
            return true;
    }
    return false;
}

/* Who trapped, and what that says of the VMM:
 *
 *                       bare trapped                       bare did not
 *    virtual trapped    another trap: told as it is        the VMM or a v_i refuses too much
 *    virtual did not    too little is refused, or a        (explain_row: what the instruction did differs)
 *                       sensitive instruction ran unseen
 */
static void explain_traps(const struct trap *bare, const struct trap *virtual, char *out, size_t size)
{
    char a[64], b[64];

    words(bare, a, sizeof a);
    words(virtual, b, sizeof b);
    if (is_interrupt(bare) || is_interrupt(virtual))
        snprintf(out, size, "The bare machine took %s here, the virtual one %s: what is pending or enabled is not the same.", a, b);
    else if (bare && !virtual)
        snprintf(out, size, "The bare machine took %s, and so should the virtual one, which took none: %s.", a,
                 bare->reason == REASON_RESOURCE ? "the shadow grants what the guest's own tables or protection refuse"
                                                 : "the instruction did not trap to the VMM, or a v_i let it pass");
    else if (virtual && !bare)
        snprintf(out, size, "The virtual machine took %s where the bare one took none: %s.", b,
                 virtual->reason == REASON_RESOURCE ? "the VMM refuses what the guest's own tables and protection grant"
                                                    : "a v_i refuses what the machine allows");
    else
        snprintf(out, size, "The bare machine took %s, the virtual one %s.", a, b);
}

/* Nobody trapped, or both alike: then it was the v_i, the interpreter or the host itself that did it, in this order
 * of what is known. */
static void explain_row(const struct lockstep_report *r, const struct insn_desc *row, char *out, size_t size)
{
    const struct lockstep_doing *v = &r->doing[LOCKSTEP_VIRTUAL];
    const char *name = row ? row->name : "the instruction";
    bool sensitive = row && (row->sensitive || row->traps == TRAPS_PRIV || row->traps == TRAPS_COND);

    if (v->v_i != INSN_NONE)
        snprintf(out, size, "%s trapped to the VMM, as it should, and its v_i emulated it: not as the machine does it.", name);
    else if (v->interpreted)
        snprintf(out, size, "The VMM interpreted %s, a memory access that no shadow leaf can express: not as the machine does it.",
                 name);
    else if (sensitive)
        snprintf(out, size,
                 "%s is sensitive and did not trap: it ran directly, in real %s, and the VMM never saw it. It should have trapped.",
                 name, v->real ? v->real : "user mode");
    else
        snprintf(out, size,
                 "%s ran directly, and nothing should have trapped: what it met was not the same. A stale or wrong shadow leaf, or "
                 "state that an earlier trap left wrong.",
                 name);
}

/* Of several harts: which one it was. Returns the room taken. */
static size_t explain_hart(const struct lockstep_report *r, char *out, size_t size)
{
    const int length = r->exact && r->harts > 1 ? snprintf(out, size, "Hart %u: ", r->moment.hart) : 0;

    return (size_t)length < size ? (size_t)length : 0;
}

static void explain_unfenced(const struct lockstep_report *r, char *out, size_t size)
{
    const bool virtual = r->stale[LOCKSTEP_VIRTUAL];

    snprintf(out, size,
             "The guest did not fence: with instruction %" PRIu64 " it had changed how 0x%" PRIx64
             " is translated, and no fence since "
             "orders that. A machine may then go by the old translation or by the new one; the %s machine went by the old one, and "
             "with its caches emptied just before the instruction both do the same.",
             r->unfenced_by, r->unfenced_va, virtual ? "virtual" : "bare");
}

static void explain_stale(const struct lockstep_report *r, char *out, size_t size)
{
    snprintf(out, size,
             "The %s machine went by what it had kept of its tables: %s. With its caches emptied just before the instruction both do "
             "the same, and the guest has fenced what it changed.",
             r->stale[LOCKSTEP_VIRTUAL] ? "virtual" : "bare",
             r->stale[LOCKSTEP_VIRTUAL] ? "a stale or wrong shadow leaf" : "its TLB is stale");
}

/* From what explains most to what explains least: a missing fence is the guest's own doing, a stale leaf is the
 * VMM's, and only then is it asked who trapped. */
void lockstep_explain(const struct lockstep_report *r, const struct insn_desc *row, char *out, size_t size)
{
    const struct trap *bare, *virtual;
    const size_t taken = explain_hart(r, out, size);

    out += taken;
    size -= taken;
    if (r->unfenced)
        explain_unfenced(r, out, size);
    else if (r->stale[LOCKSTEP_BARE] != r->stale[LOCKSTEP_VIRTUAL])
        explain_stale(r, out, size);
    else if (r->ended[LOCKSTEP_VIRTUAL] && r->result[LOCKSTEP_VIRTUAL].end == END_STOPPED)
        snprintf(out, size, "The VMM stopped the guest: %s.", r->result[LOCKSTEP_VIRTUAL].why);
    else if (!r->exact && r->seen == r->retired)
        snprintf(out, size, "The machines differ before the first instruction.");
    else if (!r->exact)
        snprintf(out, size, "Executed anew in smaller steps the machines do not differ: the difference depends on how they are run.");
    else if (unlike(r, &bare, &virtual))
        explain_traps(bare, virtual, out, size);
    else if (first(&r->doing[LOCKSTEP_BARE]) && first(&r->doing[LOCKSTEP_BARE])->kind != TRAP_WAIT)
        snprintf(out, size, "Both took the same trap, and its entry left different states.");
    else
        explain_row(r, row, out, size);
}
