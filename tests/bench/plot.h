/* plot.h - the results of a run as a picture. */
#ifndef TRAPEZE_TESTS_BENCH_PLOT_H
#define TRAPEZE_TESTS_BENCH_PLOT_H

#include <stdbool.h>

struct spread {
    double low, median, high;
};

/* How often as fast, in one run. */
struct result {
    const char *name, *group;
    bool peer; /* `bare` and `vm` are known */
    struct spread bare, vm /* to the peer */, vm_to_bare;
};

/* Writes an SVG: a bar for each workload and machine on a logarithmic scale, the range as a line. false: errno. */
bool plot(const char *file, const struct result *, unsigned count);

#endif
