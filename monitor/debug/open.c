/* open.c - see open.h. */
#include "monitor/debug/open.h"

#include "monitor/debug/classes.h"
#include "monitor/debug/debugger_private.h"
#include "monitor/debug/insn_trace.h"
#include "monitor/debug/object.h"
#include "monitor/debug/source.h"
#include "monitor/debug/traplog.h"
#include "monitor/debug/variables.h"
#include "monitor/kind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAST_LIMIT = 512 << 20, PAST_EVERY = 20000000 }; /* bytes of checkpoints; instructions between two */

/* These include debugger.h, which therefore cannot include them: the table breaks the circle. */
static const struct debugger_parts parts = {
    .is_object = object_is_name,
    .object = object_value,
    .delivered = traplog_delivered,
    .wants = insn_trace_wants,
    .stretch = insn_trace_stretch,
    .before = insn_trace_before,
    .after = insn_trace_after,
};

/* The order counts: the log of traps observes machines that checkpoints save, so it is there before the first one is
 * taken, and the system's watch comes last, when all that it calls is made. */
int debugger_open(struct debugger *d, const struct run_options *options, struct session *session, struct console *console,
                  struct error *e)
{
    unsigned n = session->stack.level[0]->isa->reg_count;
    const char *const variant = options->kind->variant ? options->kind->variant(options) : NULL;
    *d = (struct debugger){.options = options,
                           .session = session,
                           .stack = &session->stack,
                           .system = session->system,
                           .parts = &parts,
                           .console = console,
                           .level = session->stack.depth,
                           .out = stdout,
                           .width = 80};
    d->before = calloc(n, sizeof *d->before);
    d->now = calloc(n, sizeof *d->now);
    if (!d->before || !d->now || symbols_create(&d->symbols) != 0 || variables_create(&d->variables) != 0 ||
        sources_create(&d->sources) != 0 || classes_create(&d->classes, variant) != 0 || traplog_create(&d->traplog, d) != 0 ||
        insn_trace_create(&d->tracing, d) != 0) {
        debugger_close(d);
        return error_set(e, ENOMEM, "there is not enough memory for the monitor");
    }
    const struct checkpoints_config config = {.limit = PAST_LIMIT, .every = PAST_EVERY};
    int r = checkpoints_create(&d->past, d->system, &config, e);
    if (r == 0 && checkpoints_watch(d->past, &(struct checkpoints_watcher){traplog_state, d->traplog}) != 0)
        r = error_set(e, ENOMEM, "there is not enough memory for the monitor");
    if (r == 0)
        r = options->kind->symbols ? options->kind->symbols(options, d->symbols, e) : 0;
    if (r) {
        debugger_close(d);
        return r;
    }
    d->system->watch = (struct system_watch){.trap = debugger_saw_trap, .opaque = d};
    debugger_refresh(d);
    return 0;
}

static void displays_free(struct display *x)
{
    while (x) {
        struct display *next = x->next;
        free(x->text);
        free(x);
        x = next;
    }
}

/* A debugger that failed while it was opened is closed in the same way: what it does not have yet is NULL. Breakpoints
 * go first, while the machines that have their triggers are still there. */
void debugger_close(struct debugger *d)
{
    if (d->stack)
        debugger_break_clear(d);
    if (d->system)
        d->system->watch = (struct system_watch){0};
    checkpoints_destroy(d->past);
    displays_free(d->displays);
    expression_free(d->kept);
    symbols_destroy(d->symbols);
    sources_destroy(d->sources);
    variables_destroy(d->variables);
    classes_destroy(d->classes);
    traplog_destroy(d->traplog);
    insn_trace_destroy(d->tracing);
    free(d->before);
    free(d->now);
    *d = (struct debugger){0};
}
