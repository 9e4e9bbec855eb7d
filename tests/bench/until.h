/* until.h - how long commands take to write a line: software that one waits for, an operating system's start. */
#ifndef TRAPEZE_TESTS_BENCH_UNTIL_H
#define TRAPEZE_TESTS_BENCH_UNTIL_H

#include "tests/bench/engine.h"

struct until {
    const char *since, *text; /* since: NULL: the start of the process */
    unsigned runs, limit;     /* limit: seconds, of one run */
};

/* Rounds of all, each ended when it has written a line with `text`; prints the times from the line with `since` on, and their ratios to the
 * first's. 0, or a status. */
int bench_until(const struct engines *, const struct until *);

#endif
