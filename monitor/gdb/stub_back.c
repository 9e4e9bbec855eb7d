/* stub_back.c - bs and bc: backwards, as the debugger goes (debug/debugger_back.c). Where GDB expects watchpoints to stop the machine before
 * the access it takes the last step back itself, and so stops behind it.
 */
#include "monitor/gdb/stub.h"

/* The guest has gone back, or says why it has not. At the beginning of what is kept GDB says "No more reverse-execution history". */
static void reply(struct gdb_stub *s, int failed, const struct error *e)
{
    if (failed) {
        gdb_tell(s, e->text);
        gdb_tell(s, "\n");
    }
    bool beginning = failed || s->d->stop.reason == STOP_REACHED;
    if (failed)
        s->d->stop = (struct stop){.reason = STOP_REACHED};
    gdb_stop_reply(s, beginning ? "replaylog:begin;" : "");
}

/* A breakpoint on the way of one step is where the step ends anyway: GDB asked for a step, and is told of one. */
void gdb_step_back(struct gdb_stub *s, const char *text, size_t length)
{
    struct error e;
    (void)text, (void)length;
    int failed = debugger_back_step(s->d, 1, &e);
    if (!failed && s->d->stop.reason != STOP_REACHED)
        s->d->stop = (struct stop){.reason = STOP_STEP};
    reply(s, failed, &e);
}

void gdb_continue_back(struct gdb_stub *s, const char *text, size_t length)
{
    struct error e;
    (void)text, (void)length;
    reply(s, debugger_back_continue(s->d, !about_of(debugger_isa(s->d))->gdb_behind, &e), &e);
}
