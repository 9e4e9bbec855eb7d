/* plot.h - the results of a run as a picture. */
#ifndef TRAPEZE_TESTS_BENCH_PLOT_H
#define TRAPEZE_TESTS_BENCH_PLOT_H

#include "tests/bench/spread.h"

#include <stdbool.h>

/* How often as fast, in one run. */
struct result {
    const char *name, *group;
    struct spread bare, vm; /* to the peer; a median of 0: was not measured */
};

/* Writes an SVG: a bar for each workload and machine on a logarithmic scale, the range as a line. false: errno. */
bool plot(const char *file, const char *peer, const struct result *, unsigned count);

#endif
