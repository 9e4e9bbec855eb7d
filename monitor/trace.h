/* trace.h - the exits of a run as Chrome trace events, for Perfetto (ui.perfetto.dev) or chrome://tracing.
 *
 * A track for each virtual machine shows its exits: what was emulated or interpreted as a slice that lasts the one instruction it is,
 * the others as instants. One more track shows the mode that the guest believes to be in. Time is retired instructions, one to a
 * nanosecond of the trace, which at 100 instructions a tick is the guest's own time; so the file is the same in every run.
 *
 * On the screen of such a viewer, for one virtual machine:
 *
 *     the guest's mode               |   S    |  U        |  S  |  U       |
 *     exits of vm1 to its VMM         | |.  . || .  .   .  || |  .             | a slice of one instruction, . an instant
 *     time, retired instructions     0        7 ...
 */
#ifndef TRAPEZE_MONITOR_TRACE_H
#define TRAPEZE_MONITOR_TRACE_H

#include "monitor/stack.h"

struct trace;

#define TRACE_LIMIT_DEFAULT (UINT64_C(64) << 20)
#define TRACE_LIMIT_LEAST (UINT64_C(64) << 10)

/* Observes every VM of the stack, which must outlive the trace. The file has at most `limit` bytes: what comes later is counted.
 * -errno with the sentence. */
MUST_CHECK int trace_open(struct trace **out, const char *path, uint64_t limit, const struct stack *, struct error *);
/* `retired`: when the run ended. *dropped: events that did not fit. On failure there is no file. Either way it is closed. */
MUST_CHECK int trace_close(struct trace *, uint64_t retired, uint64_t *dropped, struct error *);
void trace_abandon(struct trace *); /* no file; NULL too */

#endif
