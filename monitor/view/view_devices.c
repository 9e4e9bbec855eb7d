/* view_devices.c - `info devices`, `info irq`, `why irq`, `info traps`: lines and levels, and which interrupt is taken or why not. */
#include "monitor/view/view_irq.h"

#include "mmu/phys.h"
#include "monitor/debug/trap_name.h"
#include "monitor/debug/traplog.h"
#include "monitor/stats.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- interrupts of the CPU, most important first */

/* One line, as `info irq` has it; the star stands at the one that is taken before the next instruction:
 *
 *            mip mie deleg
 *       MEI  0   0   0    external          not pending
 *     * SSI  1   1   1    software          taken next: ...
 *       STI  1   1   1    timer (stimecmp)  taken after the one before it
 *
 * about_interrupt() judges each line as if it were alone, so several may be "taken": the order among them is the list's. */
static void irq_row(const struct debugger *d, const struct about_line *line, int next)
{
    struct about_interrupt v;
    about_interrupt(debugger_machine(d), line->line, &v);
    if (v.taken && (int)line->line != next)
        snprintf(v.why, sizeof v.why, "taken after the one before it");
    if (d->json) {
        json_object(d->json, NULL);
        json_string(d->json, "interrupt", line->name);
        json_bool(d->json, "pending", v.pending);
        json_bool(d->json, "enabled", v.enabled);
        json_bool(d->json, "delegated", v.delegated);
        json_bool(d->json, "taken", v.taken);
        json_string(d->json, "why", v.why);
        json_end(d->json);
    } else {
        fprintf(d->out, "%c %-4s %d   %d   ", (int)line->line == next ? '*' : ' ', line->name, v.pending, v.enabled);
        if (about_of(debugger_isa(d))->pending_register)
            fprintf(d->out, "%d    ", v.delegated);
        fprintf(d->out, "%-16s  %s\n", line->from, v.why);
    }
}

/* The heading has the instruction set's own names for the two registers, so that a reader finds them in the manual. One that has no such
 * registers delegates nothing either. */
void irq_table(const struct debugger *d)
{
    const struct isa *isa = debugger_isa(d);
    const struct about_line *line;
    int next = about_next_interrupt(debugger_machine(d));
    if (d->json)
        json_array(d->json, "interrupts");
    else if (about_of(isa)->pending_register)
        fprintf(d->out, "       %s %s deleg\n", about_of(isa)->pending_register, about_of(isa)->enable_register);
    else
        fprintf(d->out, "       asked on\n");
    for (unsigned i = 0; (line = about_line(isa, i)); i++)
        irq_row(d, line, next);
    if (d->json)
        json_end(d->json);
}

/* --- the board's: it is plugged into the guest's machine */

/* Two alarms can end a wait: an event of a device, and the CPU's own timer, which no device knows of. UINT64_MAX is
 * "never" for both. */
static void time_text(const struct debugger *d)
{
    const char *timer = about_of(debugger_isa(d))->timer_register;
    const struct machine *m = debugger_guest(d);
    uint64_t now = clock_now(&d->system->clock), next = clock_next(&d->system->clock), wake = machine_get(m, MACHINE_WAKE);
    fprintf(d->out, "clock %llu; the next event of a device: ", (unsigned long long)now);
    fprintf(d->out, next == UINT64_MAX ? "none" : "%llu", (unsigned long long)next);
    fprintf(d->out, wake == UINT64_MAX ? "; %s: never\n" : "; %s: clock %llu\n", timer ? timer : "its timer",
            (unsigned long long)wake);
}

/* The board's controllers follow only when the guest's machine is looked at: they are plugged into that one. In JSON the
 * lines are all: what a board has to say is text. */
static int info_irq(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r)
        return r;
    irq_table(d);
    if (d->json || d->level != d->stack->depth)
        return 0;
    board_describe(d->system->board, BOARD_INTERRUPTS, d->out);
    time_text(d);
    return 0;
}

/* Of memory, or of the second address space. */
static unsigned places(const struct debugger *d, const struct phys *p, const char *what)
{
    unsigned devices = 0;
    for (unsigned i = 0; p && i < phys_count(p); i++) {
        const struct phys_range *range = phys_range(p, i);
        if (range->ram)
            continue;
        fprintf(d->out, "%-10s %s0x%010llx, 0x%llx bytes\n", range->name, what, (unsigned long long)range->base,
                (unsigned long long)range->size);
        devices++;
    }
    return devices;
}

/* A host below the guest has RAM and nothing else, which surprises: so it is said where the board is, and how to look
 * there. */
static int info_devices(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r)
        return r;
    const struct machine *m = debugger_machine(d);
    bool guests = d->level == d->stack->depth;
    if (places(d, m->phys, "") + places(d, m->ports, "port ") == 0 && !guests)
        fprintf(d->out, "%s has none: the board is plugged into %s, where the guest runs (vm %u)\n", view_level_name(d, d->level),
                view_level_name(d, d->stack->depth), d->stack->depth);
    if (guests)
        board_describe(d->system->board, BOARD_DEVICES, d->out);
    return 0;
}

/* --- info traps */

static void delivered_row(const struct debugger *d, bool is_interrupt, unsigned cause, uint64_t count)
{
    const struct trap t = {.kind = is_interrupt ? TRAP_INTERRUPT : TRAP_EXCEPTION, .cause = cause};
    char name[48];
    if (!count)
        return;
    if (d->json) {
        json_object(d->json, NULL);
        json_string(d->json, "trap", trap_name(debugger_isa(d), &t, name, sizeof name));
        json_uint(d->json, "count", count);
        json_end(d->json);
    } else {
        fprintf(d->out, "  %10llu  %s\n", (unsigned long long)count, trap_name(debugger_isa(d), &t, name, sizeof name));
    }
}

/* Causes 0 to 15 are counted one by one (struct traplog_counts); what has a higher number, and few machines have any, is
 * in `log traps`. */
static void delivered(const struct debugger *d)
{
    const struct traplog_counts *c = traplog_counts(d->traplog);
    if (d->json)
        json_array(d->json, "delivered");
    else
        fprintf(d->out, "the guest's own traps%s\n", c->served ? " (those that firmware serves too)" : "");
    for (unsigned i = 0; i < 16; i++)
        delivered_row(d, false, i, c->exception[i]);
    for (unsigned i = 0; i < 16; i++)
        delivered_row(d, true, i, c->interrupt[i]);
    if (d->json)
        json_end(d->json);
}

/* Three accounts of the same traps: by reason, exceptions also by cause, and of those that went to a v_i, to which.
 *
 *     traps of vm1 while vm2 ran on it: 3, 0 reflected
 *              3  reason resource
 *              1  instruction page fault
 *              2  store page fault */
static void exits_text(const struct debugger *d, unsigned level)
{
    const struct machine *m = view_machine(d, level);
    struct vm_stats s;
    vm_stats(m, &s);
    fprintf(d->out, "traps of %s while %s ran on it: %llu, %llu reflected\n",
            level > 1 ? view_level_name(d, level - 1) : "the bare machine", view_level_name(d, level), (unsigned long long)s.traps,
            (unsigned long long)s.reflected);
    for (unsigned i = REASON_PRIVILEGE; i < sizeof s.by_reason / sizeof s.by_reason[0]; i++)
        if (s.by_reason[i])
            fprintf(d->out, "  %10llu  reason %s\n", (unsigned long long)s.by_reason[i], account_reason_name((enum trap_reason)i));
    for (unsigned i = 0; i < sizeof s.by_cause / sizeof s.by_cause[0]; i++)
        delivered_row(d, false, i, s.by_cause[i]);
    for (unsigned i = 0; i < s.row_count; i++)
        if (s.v_i[i])
            fprintf(d->out, "  %10llu  v_%s\n", (unsigned long long)s.v_i[i], m->isa->rows[i].name);
}

static void exits_json(const struct debugger *d, unsigned level)
{
    struct vm_stats s;
    vm_stats(view_machine(d, level), &s);
    json_object(d->json, NULL);
    json_string(d->json, "vm", view_level_name(d, level));
    json_uint(d->json, "traps", s.traps);
    json_uint(d->json, "reflected", s.reflected);
    json_object(d->json, "v_i");
    for (unsigned i = 0; i < s.row_count; i++)
        if (s.v_i[i])
            json_uint(d->json, debugger_isa(d)->rows[i].name, s.v_i[i]);
    json_end(d->json);
    json_end(d->json);
}

static int info_traps(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r)
        return r;
    delivered(d);
    view_counted_from(d);
    if (d->json)
        json_array(d->json, "machines");
    for (unsigned level = d->stack->depth; level > 0; level--)
        if (d->json)
            exits_json(d, level);
        else
            exits_text(d, level);
    if (d->json)
        json_end(d->json);
    return 0;
}

extern const struct repl_command repl_viewing_devices[];
const struct repl_command repl_viewing_devices[] = {
    {"info irq", "info pic", "", "interrupts: which is taken or not, and why; the PLIC",
     "For each line: is it pending, enabled, delegated? The first table is of the machine looked at. The devices belong to the "
     "machine that the guest runs on.",
     GROUP_VMM, info_irq, COMPLETE_NOTHING, false, NEEDS_LINES},
    {"info devices", "info device, info qtree", "", "the devices of the machine looked at", NULL, GROUP_VMM, info_devices,
     COMPLETE_NOTHING, false, 0},
    {"info traps", NULL, "", "how many traps there were, the guest's own and every host's",
     "Those of a host by reason, cause and v_i.", GROUP_VMM, info_traps, COMPLETE_NOTHING, false, 0},
    {0},
};
