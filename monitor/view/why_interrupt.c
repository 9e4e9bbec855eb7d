/* why_interrupt.c - `why` at an interrupt: which line, where it is enabled, who takes it, why now, and before which others.
 *
 * Of a virtual machine the registers are those of just before; of the bare machine those of just after, where xIE has become xPIE.
 */
#include "monitor/view/why.h"

#include "devices/plic.h"
#include "monitor/debug/trap_name.h"
#include "monitor/view/view_irq.h"

#include <inttypes.h>
#include <stdio.h>

/* A machine that has the registers of that moment, to be read. */
/* An instruction set answers questions about a machine, and the interrupt was taken by a machine that has gone on since.
 * So one is made up that has the registers of then, and nothing but get():
 *
 *     why_interrupt()                isa/about.h                          struct taken
 *       about_interrupt(m, line)  -->  machine_get(m, pending register)  -->  get(): from the entry of the log
 *
 * A register that the log does not keep (ABOUT_STATE) reads 0. */
struct taken {
    struct machine machine; /* first */
    FILE *f;
    const struct debugger *d;
    const struct traplog_entry *entry;
    unsigned line;
};

static uint64_t get(const struct machine *m, reg_t r)
{
    const struct taken *t = (const struct taken *)(const void *)m;
    const uint64_t *values = t->entry->before ? t->entry->before : t->entry->after;
    const struct reg_desc *kept;
    for (unsigned i = 0; (kept = traplog_register(t->d->traplog, i)); i++)
        if (kept->reg == r)
            return values[i];
    return 0;
}

static const struct machine_ops ops = {.get = get};

/* --- the sentences */

/* A timer that has been reached earlier was kept out meanwhile. */
static void tell_timer(const struct taken *t, const char *time, const char *compare, uint64_t due)
{
    const struct clock *c = &t->d->system->clock;
    uint64_t now = t->entry->event.clock;
    fprintf(t->f, "Why now: %s 0x%" PRIx64 " has reached %s 0x%" PRIx64, time, now / c->units_per_tick, compare, due);
    fprintf(t->f, now > clock_when(c, due) ? "; it was kept out until the guest's mode, or an enable, let it in. " : ", just now. ");
}

/* The board's state has no history. If the guest has run on since, the board can only say what the line is wired to in
 * general. */
static void tell_board(const struct taken *t)
{
    char text[256];
    bool now = debugger_retired(t->d) == t->entry->event.retired;
    board_raised(t->d->system->board, t->d->hart, t->line, now, text, sizeof text);
    fprintf(t->f, "Why now: %s. ", text);
}

static void tell_source(const struct taken *t)
{
    struct about_source s;
    about_interrupt_source(&t->machine, t->line, &s);
    switch (s.kind) {
    case SOURCE_SAID: fprintf(t->f, "Why now: %s. ", s.text); break;
    case SOURCE_TIMER: tell_timer(t, s.time, s.compare, s.due); break;
    case SOURCE_BOARD: tell_board(t); break;
    }
}

/* Of those that were pending and enabled as well, wherever they stand in the list: it was taken, so it goes before them. */
static void tell_priority(const struct taken *t)
{
    const struct isa *isa = t->machine.isa;
    const struct about_line *line;
    struct about_interrupt v;
    unsigned others = 0;
    for (unsigned i = 0; (line = about_line(isa, i)); i++) {
        about_interrupt(&t->machine, line->line, &v);
        if (line->line != t->line && v.pending && v.enabled)
            fprintf(t->f, "%s%s", others++ ? ", " : "It goes before ", line->name);
    }
    if (others)
        fprintf(t->f, ": %s. ", about_of(isa)->line_order);
    else
        fprintf(t->f, "No other was pending and enabled. ");
}

/* A copy of the guest's machine, for its configuration and instruction set, with operations of its own in place of the
 * real ones. Of those only get() is there: what asks for more would be a mistake, and ends at a null pointer instead of
 * changing the guest. */
void why_interrupt(FILE *f, const struct debugger *d, const struct traplog_entry *entry)
{
    char name[48], way[256];
    const struct trap *trap = &entry->event.result;
    struct taken t = {.machine = *debugger_guest(d), .f = f, .d = d, .entry = entry, .line = (unsigned)trap->cause};
    const struct about_line *line = about_line_find(debugger_isa(d), t.line);
    t.machine.ops = &ops;
    fprintf(f, "took an interrupt between two instructions: %s, %s. ", trap_name(debugger_isa(d), trap, name, sizeof name),
            line ? line->name : "?");
    about_interrupt_way(&t.machine, t.line, entry->event.virtual_mode, way, sizeof way);
    fputs(way, f);
    tell_source(&t);
    tell_priority(&t);
}
