/* why_access.c - `why VA`, `why irq`, `why stuck`, and the command `why` itself. */
#include "monitor/view/view_irq.h"
#include "monitor/view/why.h"

#include "monitor/debug/trap_name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- why VA: what each kind of access would meet, level by level */

/* The price of the access, before the reason for it: nothing, one exit once, one exit each time, or the guest's own
 * trap. */
static const char *fate(const struct debugger *d, const struct view_verdict *v, unsigned level, char *out, size_t size)
{
    char name[48];
    switch (v->fate) {
    case FATE_DIRECT: snprintf(out, size, level ? "done by %s directly" : "done%s", level ? view_level_name(d, level - 1) : ""); break;
    case FATE_FILL: snprintf(out, size, "one exit, a leaf is filled, then done"); break;
    case FATE_INTERPRETED: snprintf(out, size, "one exit, done by the VMM"); break;
    case FATE_FAULT: snprintf(out, size, "%s", trap_name(debugger_isa(d), &v->trap, name, sizeof name)); break;
    }
    return out;
}

/* Two lines for each access:
 *
 *       load   done by vm1 directly
 *              granted by the guest, and the page is RAM
 *       store  one exit, a leaf is filled, then done
 *              withheld: the guest's D is not set; the first store sets it */
static void access_row(const struct debugger *d, unsigned level, va_t va, enum pt_kind kind)
{
    struct view_verdict v;
    char what[64];
    view_judge(d, level, va, kind, &v);
    fate(d, &v, level, what, sizeof what);
    if (d->json) {
        json_object(d->json, NULL);
        json_uint(d->json, "level", level);
        json_string(d->json, "access", view_kind(kind));
        json_bool(d->json, "faults", v.fate == FATE_FAULT);
        json_string(d->json, "what", what);
        json_string(d->json, "why", v.why);
        json_end(d->json);
    } else {
        fprintf(d->out, "  %-5s  %s\n         %s\n", view_kind(kind), what, v.why);
    }
}

/* In the order of the paper: the end of the memory first, then b. */
static int bounds_access(const struct debugger *d, uint64_t a, const struct about_bounds *r)
{
    const uint64_t at = a + r->base;
    if (at >= r->memory)
        fprintf(d->out, "memory trap: %llu + l = %llu is not below %llu, the memory\n", (unsigned long long)a, (unsigned long long)at,
                (unsigned long long)r->memory);
    else if (a >= r->bound)
        fprintf(d->out, "memory trap: %llu is not below b = %llu\n", (unsigned long long)a, (unsigned long long)r->bound);
    else
        fprintf(d->out, "granted: cell %llu\n", (unsigned long long)at);
    return 0;
}

/* From the level that is looked at down to the bare machine, the same virtual address each time: each of them runs with
 * it. */
static int why_access(struct debugger *d, const char *text, struct error *e)
{
    uint64_t va;
    struct about_bounds bounds;
    int r = debugger_location(d, text, &va, e);
    if (r)
        return r;
    if (about_bounds(debugger_machine(d), &bounds))
        return bounds_access(d, va, &bounds);
    if (d->json)
        json_array(d->json, "accesses");
    for (unsigned level = d->level + 1; level-- > 0;) {
        const struct machine *m = view_machine(d, level);
        if (!d->json)
            fprintf(d->out, "0x%016llx, by %s in %s%s\n", (unsigned long long)va, view_level_name(d, level), level ? "virtual " : "",
                    debugger_said_mode(d, machine_get(m, MACHINE_MODE)));
        for (unsigned kind = 0; kind < 3; kind++)
            access_row(d, level, va, (enum pt_kind)kind);
    }
    if (d->json)
        json_end(d->json);
    return 0;
}

/* --- why irq */

/* enabled: of those that are pending only one that is enabled, too, counts. */
static bool any(const struct machine *m, bool enabled)
{
    struct about_interrupt v;
    const struct about_line *line;
    for (unsigned i = 0; (line = about_line(m->isa, i)); i++) {
        about_interrupt(m, line->line, &v);
        if (v.pending && (v.enabled || !enabled))
            return true;
    }
    return false;
}

static bool has_interrupts(const struct debugger *d) { return about_line(debugger_isa(d), 0); }

/* The first gate that is shut, from the inside out: an interrupt must be pending, enabled by its own bit, and let in by
 * the mode and the global enable. The table below has the reason of each line. */
static int why_irq(struct debugger *d, struct error *e)
{
    const struct machine *m = debugger_machine(d);
    if (!has_interrupts(d))
        return error_set(e, ENOTSUP, "the paper's machine has no interrupts");
    if (d->json) {
        irq_table(d);
        return 0;
    }
    if (about_next_interrupt(m) >= 0)
        fprintf(d->out, "An interrupt is taken before the next instruction (*).\n");
    else if (any(m, true))
        fprintf(d->out, "What is pending and enabled is kept out by the mode, or by the global enable.\n");
    else if (any(m, false))
        fprintf(d->out, "What is pending is not enabled in %s.\n", about_of(m->isa)->enable_register);
    else
        fprintf(d->out, "Nothing is pending.\n");
    irq_table(d);
    return 0;
}

/* --- why stuck */

/* How many a program ends, on machines without a power-off. */
static bool jumps_to_itself(const struct debugger *d)
{
    insn_t bits;
    return debugger_fetch(d, about_pc(debugger_machine(d)), &bits) && about_flow(debugger_machine(d), bits) == FLOW_HERE;
}

/* Asked in the order from hopeless to hopeful: nothing can wake it, only a person can, or time will. */
static void waiting_text(const struct debugger *d)
{
    const struct machine *m = debugger_guest(d);
    uint64_t next = clock_next(&d->system->clock), wake = machine_get(m, MACHINE_WAKE);
    fprintf(d->out, "The guest waits for an interrupt, since clock %llu.\n", (unsigned long long)clock_now(&d->system->clock));
    if (has_interrupts(d) && !m->isa->listens(m, UINT64_MAX))
        fprintf(d->out, "It has enabled none in %s: nothing can wake it.\n", about_of(m->isa)->enable_register);
    else if (next == UINT64_MAX && wake == UINT64_MAX)
        fprintf(d->out, "No device has an event to come and no timer is set: only input can wake it.\n");
    else
        fprintf(d->out, "The next thing to happen is at clock %llu.\n", (unsigned long long)(wake < next ? wake : next));
}

/* A handler that traps at its first instruction retires nothing. */
static bool in_a_loop(const struct debugger *d)
{
    const struct system *s = d->system;
    return s->loop_count > 1 && s->loop_retired == s->retired;
}

/* The ways to get nowhere, each with its own mark: the guest has ended; its trap handler traps at once, again and again;
 * it waits for an interrupt; it jumps to itself. A guest that does none of these may still spin in a longer loop, which
 * nobody can tell from work: then it is said how much it has done. */
static int why_stuck(struct debugger *d, struct error *e)
{
    if (d->stop.reason == STOP_ENDED && *d->stop.result.why)
        view_paragraph(d, 0, d->stop.result.why);
    if (d->stop.reason == STOP_ENDED && d->stop.result.end != END_STUCK) {
        fprintf(d->out, "It is not stuck: it has ended.\n");
        return 0;
    }
    if (in_a_loop(d)) {
        fprintf(d->out,
                "A trap loop: %u traps were delivered since an instruction retired, the last one to 0x%llx, where the handler\n"
                "cannot run. why, and why $pc, tell more.\n",
                d->system->loop_count, (unsigned long long)about_pc(debugger_guest(d)));
        return why_access(d, "$pc", e);
    }
    if (d->system->waiting) {
        waiting_text(d);
        return why_irq(d, e);
    }
    if (d->stop.reason == STOP_ENDED)
        return has_interrupts(d) ? why_irq(d, e) : 0;
    if (jumps_to_itself(d)) {
        fprintf(d->out, "The next instruction jumps to itself: only an interrupt gets the guest out of it.\n");
        return has_interrupts(d) ? why_irq(d, e) : 0;
    }
    fprintf(d->out, "It is not stuck: it does not wait, is in no trap loop, and %llu instructions have retired.\n",
            (unsigned long long)debugger_retired(d));
    return 0;
}

/* A word that is none of the three is an address, so a symbol called `irq` or `trap` wants a & before it. */
static int why(struct debugger *d, const struct repl_args *a, struct error *e)
{
    if (!*a->text && why_has_untrapped(d))
        return why_untrapped(d, e);
    if (!*a->text || strcmp(a->text, "trap") == 0)
        return why_trap(d, e);
    if (strcmp(a->text, "irq") == 0)
        return why_irq(d, e);
    if (strcmp(a->text, "stuck") == 0)
        return why_stuck(d, e);
    return why_access(d, a->text, e);
}

extern const struct repl_command repl_why[];
const struct repl_command repl_why[] = {
    {"why", NULL, "[trap | ADDRESS | irq | stuck]", "the last trap; what an access would meet; why no interrupt",
     "Nothing: of the instruction just stepped over, if it is sensitive, did not trap, and used what is not the\n"
     "same really and virtually, just that. Else, and for `why trap`, the last trap that the machine looked at\n"
     "took: instruction, class and rule, whose trap D found it to be, what was done, what it changed, its cost.\n"
     "ADDRESS: whether a load, a store, a fetch would fault now,\n"
     "who says so (page table, PMP, shadow, device), and what it would cost. irq: why no interrupt comes.\n"
     "stuck: why nothing goes on.",
     GROUP_VMM, why, COMPLETE_SYMBOL, false, 0},
    {0},
};
