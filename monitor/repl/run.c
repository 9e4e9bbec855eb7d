/* run.c - see run.h. */
#include "monitor/repl/run.h"

#include "monitor/view/print.h"
#include "monitor/view/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- after a stop */

/* A copy, since the first of the lines may be `delete`, and the breakpoint with its list would go while it is carried out. What still
 * waited is of a stop that the person has left behind. */
static void keep_commands(struct repl *r, const struct breakpoint *b)
{
    unsigned n = 0;
    while (b->commands[n])
        n++;
    char **copy = calloc(n + 1, sizeof *copy);
    for (unsigned i = 0; copy && i < n; i++)
        copy[i] = strdup(b->commands[i]);
    for (char **old = r->pending; old && *old; old++)
        free(*old);
    free(r->pending);
    r->pending = copy;
}

/* One that cannot be evaluated here says so in its place, and the others are shown all the same. */
void run_displays(struct debugger *d)
{
    for (const struct display *x = d->displays; x; x = x->next)
        if (x->enabled)
            print_display(d, x);
}

/* In this order: the guest's own output ends its line, the stop is reported, the displays follow, as gdb has them. Of a guest that has
 * ended nothing is displayed: its last word is the report. Commands are only put aside here (repl.h says why). A temporary breakpoint
 * goes last, as the report still speaks of it. */
int run_tell(struct debugger *d, const struct effects *before, bool changes)
{
    const struct breakpoint *b = d->stop.number ? debugger_break_find(d, d->stop.number) : NULL;
    if (d->repl)
        repl_show_console(d->repl);
    report_stop(d, before, changes);
    if (d->stop.reason != STOP_ENDED)
        run_displays(d);
    if (d->repl && b && b->commands)
        keep_commands(d->repl, b);
    debugger_forget_temporary(d);
    return 0;
}

/* --- running */

/* Without a prompt there is no keyboard to hand over and nobody who could ask for a pause: one slice of any length. */
static bool in_front(struct debugger *d, const struct plan *plan, enum run_tells tells)
{
    debugger_start(d, plan);
    if (d->repl) {
        d->repl->changes = tells == RUN_CHANGES;
        return repl_foreground(d->repl);
    }
    while (!debugger_slice(d, UINT64_MAX))
        ;
    return true;
}

bool run_in_front(struct debugger *d, const struct plan *plan) { return in_front(d, plan, RUN_SHORT); }

/* What a step will do is worked out before it is done: from the state afterwards alone it could not be told which memory was written, or
 * what was there. That costs as much as many steps, so only one step alone is told so. */
int run_plan(struct debugger *d, const struct plan *plan, enum run_tells tells)
{
    struct effects before;
    bool one = tells == RUN_CHANGES && plan->steps == 1;
    if (one)
        effects_predict(d, &before);
    return in_front(d, plan, tells) ? run_tell(d, one ? &before : NULL, tells == RUN_CHANGES) : 0;
}

int run_plan_keeping(struct debugger *d, const struct plan *plan, struct expression *condition)
{
    expression_free(d->kept);
    d->kept = condition; /* the guest may run on with it behind the prompt */
    return run_plan(d, plan, RUN_SHORT);
}

/* The register that the convention of the instruction set returns numbers in. The type is not asked: of a function without a value it is
 * what happens to be there. */
void run_value_returned(const struct debugger *d)
{
    const struct about_calls *c = about_calls(debugger_isa(d));
    const struct reg_desc *r = c ? about_desc(debugger_isa(d), c->result) : NULL;
    if (!d->json && r)
        fprintf(d->out, "Value returned in %s: 0x%llx\n", r->name, (unsigned long long)machine_get(debugger_machine(d), r->reg));
}

/* --- jumps: the printer says where they lead, as it does for people
 *
 *    beq a0, zero, 0x80200024        behind the last comma
 *    j 0x8020002c                    behind the only blank
 *
 * The relative forms print their target as an address, worked out from the pc. What leads through a register prints none, and is no jump
 * here: `until` could not say whether it goes back. */

bool run_is_jump(const struct machine *m, insn_t bits, va_t pc, uint64_t *target)
{
    static const char *const relative[] = {"B", "J", "C_B", "C_J"};
    unsigned length, row = machine_decode(m, bits, &length);
    const uint64_t offset = about_offset(m, MACHINE_PC, pc);
    char text[96];
    for (unsigned i = 0; row != INSN_NONE && i < sizeof relative / sizeof relative[0]; i++) {
        if (strcmp(m->isa->rows[row].format, relative[i]) != 0)
            continue;
        machine_print(m, bits, offset, text, sizeof text);
        const char *last = strrchr(text, ',');
        last = last ? last + 1 : strchr(text, ' ');
        *target = last ? strtoull(last, NULL, 0) + (pc - offset) : 0;
        return last != NULL;
    }
    return false;
}
