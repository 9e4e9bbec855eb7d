/* bench.h - a run of the benchmark: what was asked for, what takes part, what came out. */
#ifndef TRAPEZE_TESTS_BENCH_BENCH_H
#define TRAPEZE_TESTS_BENCH_BENCH_H

#include "tests/bench/engine.h"
#include "tests/bench/ia32/system.h"
#include "tests/bench/spread.h"
#include "tests/bench/system.h"
#include "tests/bench/work.h"

enum { WORKLOADS = 48 /* at most, of one machine */, COMPARISONS = 2 * ENGINES };

struct workload {
    const char *name, *group, *about;
    uint64_t n;
    uint64_t (*expected)(uint64_t n);
};

/* What one machine is measured with; a row without a name ends it. */
extern const struct workload workloads_riscv[], workloads_ia32[];

struct options {
    const char *guest, *svg, *markdown, *csv, *until, *since, *engine, *machine;
    unsigned long runs, limit;
    bool tenth, check, help, each, processor;
    const char *peers[ENGINES], *trapezes[ENGINES], *ways[ENGINES];
    unsigned peer_count, trapeze_count, way_count, depths;
    char **names;
    int name_count;
};

/* `of` is compared to `to`: how often as fast. */
struct comparison {
    unsigned of, to;
};

struct bench {
    struct options o;
    const struct workload *workloads; /* of the machine asked for */
    struct engines engines;
    struct comparison comparisons[COMPARISONS];
    unsigned comparison_count;
    struct {
        const struct workload *work;
        struct spread ratio[COMPARISONS];
        double time[ENGINES][ROUNDS];
    } results[WORKLOADS];
    unsigned result_count;
    FILE *csv;
};

/* Is nothing said of it but what it adds to its group's total? (unfitted.h) */
bool report_hides(const struct bench *, const struct workload *);
/* On stdout: the geometric means of the groups, but of those whose workloads are hidden; their total times; and where there are machines in
 * machines, the totals by depth. */
void report_groups(const struct bench *);
/* Files. false: errno. */
bool report_markdown(const struct bench *);
bool report_svg(const struct bench *); /* the first build's two machines beside the first peer */

#endif
