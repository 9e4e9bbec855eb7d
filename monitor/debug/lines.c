/* lines.c - see lines.h. */
#include "monitor/debug/lines.h"

#include "monitor/debug/debugger_private.h"
#include "monitor/debug/inlined.h"
#include "monitor/repl/run.h"
#include "monitor/terminal.h"

#include <string.h>

enum { LOOK = 256 /* instructions between looks for Ctrl-C */ };

struct walk {
    struct debugger *d;
    enum lines_step kind;
    struct source_line line; /* that is being left */
    uint64_t from_pc, from_sp;
    uint64_t row, row_end; /* code of one line around the pc, known without looking */
    unsigned steps;
    bool entered;  /* the latest instruction called a function whose lines are known, and the guest is in it */
    bool detached; /* the guest runs on behind the prompt */
};

static uint64_t pc_of(const struct debugger *d) { return about_pc(debugger_guest(d)); }
static uint64_t sp_of(const struct debugger *d) { return about_stack(debugger_guest(d)); }

static bool line_here(const struct debugger *d, struct source_line *out)
{
    struct symbols_view view = debugger_view(d);
    return symbols_line(d->symbols, pc_of(d), &view, out);
}

bool lines_known(const struct debugger *d)
{
    struct source_line line;
    return about_calls(debugger_isa(d)) && line_here(d, &line);
}

static bool same_line(const struct source_line *a, const struct source_line *b)
{
    return a->line == b->line && strcmp(a->file, b->file) == 0;
}

/* --- running on the way. false: something has stopped the guest that is to be told. */

static bool arrived(const struct walk *w)
{
    enum stop_reason why = w->d->stop.reason;
    return (why == STOP_STEP || why == STOP_REACHED) && w->d->stop.number == 0;
}

static bool run_on(struct walk *w, const struct plan *plan)
{
    if (plan->steps == 0) { /* it may take long: the keyboard is the guest's */
        w->detached = !run_in_front(w->d, plan);
        return !w->detached && arrived(w);
    }
    debugger_run(w->d, plan);
    return arrived(w);
}

/* Until the guest is back where it was when it trapped or called. */
/* The guard is that of before the trap or the call, not of now: the guest is in the handler already. */
static bool run_back_to(struct walk *w, uint64_t pc, uint64_t mode, uint64_t sp, struct error *e, int *r)
{
    struct debugger *d = w->d;
    *r = debugger_break_internal(d, pc, true, e);
    if (*r)
        return false;
    d->internal->mode = (unsigned)mode;
    d->internal->guard_sp = sp;
    return run_on(w, &(struct plan){0});
}

/* One instruction, or a call as a whole. */
/* What one instruction of a step may turn out to be:
 *
 *     no call                     it is run
 *     trapped                     the handler runs, until the guest is back where it trapped
 *     call, next                  runs until it has returned
 *     call, step, lines known     it is in the function: on behind its prologue, where arguments are in their places
 *     call, step, no lines        runs until it has returned: nobody wants to step through what has no source
 *
 * A system call is always run until it has returned, for its source is the kernel's. */
static bool one(struct walk *w, struct error *e, int *r)
{
    struct debugger *d = w->d;
    struct machine *m = debugger_guest(d);
    uint64_t mode = machine_get(m, MACHINE_MODE), sp = sp_of(d), pc = pc_of(d);
    insn_t bits;
    struct plan plan = {.steps = 1};
    unsigned length = debugger_fetch(d, pc, &bits);
    bool call = length && debugger_is_call(m, bits);
    bool into = call && w->kind == LINES_INTO && about_flow(m, bits) != FLOW_SYSTEM_CALL;
    struct symbols_view view = debugger_view(d);
    struct source_line line;
    uint64_t body;
    if (call && !into)
        *r = debugger_plan_next(d, &plan, e);
    if (*r || !run_on(w, &plan))
        return false;
    if (d->stop.trap.kind != TRAP_NONE)
        return run_back_to(w, d->stop.trap_pc, mode, sp, e, r);
    if (!into)
        return true;
    if (!symbols_line(d->symbols, pc_of(d), &view, &line))
        return run_back_to(w, pc + length, mode, sp, e, r);
    w->entered = true;
    return !symbols_body(d->symbols, pc_of(d), &view, &body) || body == pc_of(d) || run_back_to(w, body, mode, 0, e, r);
}

/* --- where a step ends: at the first instruction of another line. In the middle of one it goes on to that one's end. */

/* A line may have code in several places, and one place code of several lines. A step ends at the first instruction of a
 * statement of another line. In the middle of one, as after a return, it goes on: the rest of that line is not what was
 * asked for.
 *
 *     until (LINES_PAST)     a jump back to before where it began is a loop's, and is followed
 *     next, until            lines of what was inlined here are a call's */
static bool ends_here(struct walk *w)
{
    struct debugger *d = w->d;
    struct source_line line;
    uint64_t pc = pc_of(d);
    if (pc >= w->row && pc < w->row_end && pc != w->row)
        return false;
    if (!line_here(d, &line)) {
        w->row = w->row_end = 0;
        return false;
    }
    w->row = line.start;
    w->row_end = line.end;
    if (w->entered)
        return true;
    bool back = w->kind == LINES_PAST && pc < w->from_pc && sp_of(d) <= w->from_sp;
    bool inside = w->kind != LINES_INTO && inlined_into(d, pc, w->from_pc); /* a call, too */
    if (same_line(&line, &w->line) || back || inside)
        return false;
    if (pc == line.start && line.begins)
        return true;
    w->line = line;
    return false;
}

static bool interrupted(struct walk *w)
{
    if (++w->steps % LOOK != 0 || !terminal_take_interrupt())
        return false;
    w->d->stop = (struct stop){.reason = STOP_INTERRUPT};
    return true;
}

/* true: the step is done; false: something else has happened, *r says what failed. */
static bool step_line(struct walk *w, struct error *e, int *r)
{
    struct debugger *d = w->d;
    if (!line_here(d, &w->line))
        return false;
    w->from_pc = pc_of(d);
    w->from_sp = sp_of(d);
    w->row = w->row_end = 0;
    for (;;) {
        w->entered = false;
        if (!one(w, e, r) || interrupted(w))
            return false;
        if (ends_here(w)) {
            d->stop = (struct stop){.reason = STOP_STEP};
            return true;
        }
    }
}

/* Backwards: at least one instruction, and on to the first one of the line that is there. */
/* The end of the line before is met first, going backwards, and its beginning is where a person expects to be. */
static bool step_back(struct walk *w, struct error *e, int *r)
{
    struct debugger *d = w->d;
    struct source_line line;
    for (;;) {
        *r = w->kind == LINES_BACK_OVER ? debugger_back_next(d, e) : debugger_back_step(d, 1, e);
        if (*r || d->stop.reason != STOP_STEP || *d->stop.note || interrupted(w))
            return false;
        if (line_here(d, &line) && pc_of(d) == line.start && line.begins)
            return true;
    }
}

int lines_step(struct debugger *d, enum lines_step kind, uint64_t count, struct error *e)
{
    struct walk w = {.d = d, .kind = kind};
    bool back = kind == LINES_BACK_INTO || kind == LINES_BACK_OVER;
    int r = 0;
    while (count-- > 0 && (back ? step_back(&w, e, &r) : step_line(&w, e, &r)))
        ;
    if (r || w.detached)
        return r;
    d->by_line = true;
    r = run_tell(d, NULL, false);
    d->by_line = false;
    return r;
}
