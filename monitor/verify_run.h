/* verify_run.h - a guest in lock step, bare and in virtual machines: what `trapeze verify` and `trapeze compare` do with it. */
#ifndef TRAPEZE_MONITOR_VERIFY_RUN_H
#define TRAPEZE_MONITOR_VERIFY_RUN_H

#include "monitor/verify_report.h"

#define VERIFY_LIMIT UINT64_C(20000000000) /* instructions, if the options have no limit; a guest may never stop */

/* Zeros but for `run` are what `trapeze verify` does if nothing else is said. */
struct verify_setup {
    const struct run_options *run; /* borrowed, and by the outcome, too */
    uint64_t every;                /* compare after so many; 0: as the guest's length suggests */
    const char *from;              /* the checkpoint file that both sides begin at; NULL: reset */
    const char *told;              /* at a terminal before how far it is; NULL: nothing */
    unsigned reboots;              /* after so many the next is an end; 0: it never is */
    bool engines_said;             /* two: that of `run` below the bare machine, and below the virtual one this: */
    enum engine_kind virtual_engine;
};

/* The outcome says what the machines did. That they differ is no failure; its `status`, `reopen` and the class are the caller's to fill
 * in. -errno with the sentence when they cannot be made. */
MUST_CHECK int verify_guest(const struct verify_setup *, struct verify_outcome *, struct error *);

#endif
