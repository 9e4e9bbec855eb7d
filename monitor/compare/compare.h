/* compare.h - the same guest on the bare machine and under each monitor that there is for it: what becomes of it, and what it costs.
 *
 * What is done, for each way:
 *
 *     compare_ways()   bare, each monitor (with each shadow policy, if the guest is short), each variant that mends the machine
 *     by itself        to its end or to the limit: does it end as on the bare machine, what did the monitor do, how long did it take
 *     in lock step     (verify_run.h) with the bare machine: where do they first differ, and why
 *
 * Each run has a bound. The bare machine ends by itself, or after COMPARE_LIMIT instructions (--max-insns), or when it has waited for a minute
 * of its own time since it last printed; another way, that or after an eighth more instructions and a million; each, when it has rebooted
 * COMPARE_REBOOTS times and asks for it again. In lock step it is over at the first difference, with the bare machine, or at the other's bound. So a guest that has gone astray costs
 * about as much as one that has not.
 */
#ifndef TRAPEZE_MONITOR_COMPARE_COMPARE_H
#define TRAPEZE_MONITOR_COMPARE_COMPARE_H

#include "monitor/run_options.h"
#include "monitor/verify_report.h"

#include <stdio.h>

enum { COMPARE_WAYS = 32, COMPARE_TOP = 6, COMPARE_SCHEMA = 1, COMPARE_REBOOTS = 16 };
#define COMPARE_LIMIT UINT64_C(4000000000) /* instructions, if the options have no limit */

/* One way to run it. */
struct compare_way {
    char machine[48]; /* as -M takes it */
    bool bare;
    enum vmm_monitor monitor; /* these two: if it is not bare */
    enum shadow_policy shadow;
    unsigned ring; /* as struct vm_config has it */
};

/* What the monitors of the innermost level did, all CPUs together. What the levels below do is not in it: that is work for this
 * level's monitors, not for the guest. */
struct compare_counts {
    uint64_t direct, translated, emulated, interpreted, inspected, exits, lookups, fills;
    struct {
        const char *row; /* borrowed from the instruction set */
        uint64_t runs;
    } top[COMPARE_TOP]; /* the v_i that ran most, most first */
    unsigned tops;
};

struct compare_result {
    struct compare_way way;
    char refused[512]; /* it could not be made: the sentence. "": it was */
    /* By itself, to its end or to the limit. */
    struct system_result end;
    uint64_t retired, printed, digest; /* instructions; bytes on the console, and a sum of them */
    bool survives;                     /* it ended as on the bare machine, and had printed the same */
    double seconds;                    /* of the host, running it */
    struct compare_counts counts;
    struct verify_outcome verify; /* in lock step with the bare machine; not of the bare one */
};

struct compare {
    const struct run_options *options; /* borrowed */
    bool time;                         /* the host's, which differs from run to run, is shown */
    struct compare_result *result;     /* owned; the first is bare */
    unsigned count;
    bool interrupted; /* by a signal: what is there is not all */
};

/* What the person restricts it to. */
struct compare_setup {
    const struct run_options *run; /* borrowed */
    uint64_t every;                /* of the lock step; 0: as verify */
    bool shadow_said, shadow_all;  /* one policy of shadow tables, or each; else each for a short guest, the default for another */
    bool time;                     /* `run` says itself whether a monitor was named */
};

/* The ways there are, the bare one first; at most COMPARE_WAYS. -errno with the sentence: none goes. */
unsigned compare_ways(const struct compare_setup *, struct compare_way out[COMPARE_WAYS]);
/* -errno with the sentence when the bare machine cannot be made or run; then there is nothing to free. */
MUST_CHECK int compare_measure(struct compare *, const struct compare_setup *, struct error *);
void compare_free(struct compare *);

const char *compare_way_name(const struct compare *, const struct compare_way *, char *out, size_t size); /* "pg trap" */
/* Does it end alike? "yes" or "no"; "waits" or "runs" if it came to its bound, and had not parted from the bare machine. */
const char *compare_word(const struct compare_result *);
const char *compare_end_text(const struct compare_result *, char *out, size_t size); /* "power-off with status 0" */
void compare_text(FILE *, const struct compare *);
void compare_json(FILE *, const struct compare *);                        /* one line */
void compare_fragment(FILE *, const struct compare *);                    /* tables for a page */
MUST_CHECK int compare_page(FILE *, const void *compare, struct error *); /* a page of its own */

#endif
