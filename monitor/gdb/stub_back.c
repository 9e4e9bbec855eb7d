/* stub_back.c - bs and bc: backwards, by going to a checkpoint and forwards again (core/checkpoint.h).
 *
 * The last stop before now is looked for from the latest checkpoint on, then from the one before it, and so on. Which of the stops
 * on the way it is is a number, and so it is found again exactly. What stands at a checkpoint itself belongs to the stretch before.
 * A watchpoint stops it after the access, for GDB then takes the step back itself.
 */
#include "monitor/gdb/stub.h"

/* Nothing is kept from before: GDB says "No more reverse-execution history". */
static void at_the_beginning(struct gdb_stub *s)
{
    s->d->stop = (struct stop){.reason = STOP_REACHED};
    gdb_stop_reply(s, "replaylog:begin;");
}

static bool go_to(struct gdb_stub *s, uint64_t retired)
{
    struct error e;
    if (debugger_goto(s->d, retired, &e) == 0)
        return true;
    gdb_tell(s, e.text);
    gdb_tell(s, "\n");
    return false;
}

void gdb_step_back(struct gdb_stub *s, const char *text, size_t length)
{
    uint64_t now = debugger_retired(s->d);
    (void)text, (void)length;
    if (!s->d->past || now == 0 || !go_to(s, now - 1)) {
        at_the_beginning(s);
        return;
    }
    s->d->stop = (struct stop){.reason = STOP_STEP};
    gdb_stop_reply(s, "");
}

static bool is_stop(const struct debugger *d) { return d->stop.reason == STOP_BREAKPOINT || d->stop.reason == STOP_WATCHPOINT; }

/* Stops on the way from here until `end` instructions have retired: how many. */
static unsigned stops_until(struct debugger *d, uint64_t end)
{
    unsigned stops = 0;
    for (;; stops++) {
        debugger_run(d, &(struct plan){.has_target = true, .target = end});
        if (!is_stop(d))
            return stops;
    }
}

/* To the stop of this number, counted from 1. */
static bool go_to_stop(struct gdb_stub *s, uint64_t start, unsigned number, uint64_t end)
{
    if (!go_to(s, start))
        return false;
    while (number-- > 0)
        debugger_run(s->d, &(struct plan){.has_target = true, .target = end});
    return true;
}

void gdb_continue_back(struct gdb_stub *s, const char *text, size_t length)
{
    struct debugger *d = s->d;
    const struct checkpoint *c = NULL;
    uint64_t end = debugger_retired(d), start = end;
    (void)text, (void)length;
    while (d->past && start > 0 && (c = checkpoints_before(d->past, start - 1))) {
        start = checkpoint_retired(c);
        if (!go_to(s, start))
            break;
        unsigned stops = stops_until(d, end);
        if (stops && go_to_stop(s, start, stops, end)) {
            gdb_stop_reply(s, "");
            return;
        }
        end = start + 1;
    }
    if (c)
        (void)!go_to(s, start); /* a failure has been told */
    at_the_beginning(s);
}
