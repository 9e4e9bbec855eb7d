/* instruments.c - trace and clock of a run.
 *
 * Whoever watches is an observer of each virtual machine (struct vm_observer): it must go before the stack does, and before the memory
 * that it lies in. So both ends are here, the usual one (finish) and the other one (release).
 */
#include "monitor/instruments.h"

#include <errno.h>
#include <stdlib.h>

/* The clock is begun last: what the trace needs to set up is not the guest's time. */
int instruments_open(struct instruments *i, const struct run_options *o, const struct stack *stack, struct error *e)
{
    *i = (struct instruments){.options = o, .stack = stack};
    if (o->trace_file) {
        int r = trace_open(&i->trace, o->trace_file, o->trace_limit, stack, e);
        if (r)
            return r;
    }
    if (o->stats_time) {
        i->cost = malloc(sizeof *i->cost);
        if (!i->cost)
            return error_set(e, ENOMEM, "there is not enough memory to measure exits");
        exit_cost_start(i->cost, stack);
    }
    return 0;
}

/* What did not fit is said on stderr and is no failure: the file is whole, and shows the beginning of the run. */
int instruments_finish(struct instruments *i, uint64_t retired, struct error *e)
{
    uint64_t dropped = 0;
    int r = 0;
    if (i->cost)
        exit_cost_end(i->cost, i->stack);
    if (i->trace)
        r = trace_close(i->trace, retired, &dropped, e);
    i->trace = NULL;
    i->stack = NULL;
    if (r == 0 && dropped)
        fprintf(stderr, "trapeze: %s ends before the run does: %llu events more did not fit into %llu KiB (--trace-limit)\n",
                i->options->trace_file, (unsigned long long)dropped, (unsigned long long)(i->options->trace_limit >> 10));
    return r;
}

/* After a finish there is nothing left but memory; `stack` NULL says so. */
void instruments_release(struct instruments *i)
{
    if (i->stack && i->cost)
        exit_cost_end(i->cost, i->stack);
    trace_abandon(i->trace);
    free(i->cost);
    *i = (struct instruments){0};
}
