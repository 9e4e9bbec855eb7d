/* spread.h - what is reported of several rounds. */
#ifndef TRAPEZE_TESTS_BENCH_SPREAD_H
#define TRAPEZE_TESTS_BENCH_SPREAD_H

enum { ROUNDS = 32 }; /* at most */

struct spread {
    double low, median, high;
};

struct spread spread_of(const double *v, unsigned count);
/* Of v[r] / by[r], round by round: times of different rounds are not compared. */
struct spread spread_of_ratios(const double *v, const double *by, unsigned count);

#endif
