/* instruments.h - what a run is watched with, because its options say so: a trace of the exits, a clock on them. */
#ifndef TRAPEZE_MONITOR_INSTRUMENTS_H
#define TRAPEZE_MONITOR_INSTRUMENTS_H

#include "monitor/exit_cost.h"
#include "monitor/run_options.h"
#include "monitor/trace.h"

/* open --> the run --> finish --> what was measured is read (cost) --> release; after a failure in between, release alone. */
struct instruments {
    const struct run_options *options; /* borrowed */
    const struct stack *stack;         /* borrowed; NULL: not open */
    struct trace *trace;               /* owned; NULL: none */
    struct exit_cost *cost;            /* owned; NULL: none */
};

/* Before the run. The stack outlives them. -errno with the sentence. */
MUST_CHECK int instruments_open(struct instruments *, const struct run_options *, const struct stack *, struct error *);
/* After it: the trace is written. What was measured stays until instruments_release(). */
MUST_CHECK int instruments_finish(struct instruments *, uint64_t retired, struct error *);
void instruments_release(struct instruments *); /* also one that is all zeros; before the stack */

#endif
