/* spread.c - median and range. */
#include "tests/bench/spread.h"

#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct spread spread_of(const double *v, unsigned count)
{
    double sorted[ROUNDS] = {0};
    memcpy(sorted, v, count * sizeof *v);
    qsort(sorted, count, sizeof *sorted, by_value);
    double median = count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
    return (struct spread){sorted[0], median, sorted[count - 1]};
}

struct spread spread_of_ratios(const double *v, const double *by, unsigned count)
{
    double ratio[ROUNDS] = {0};
    for (unsigned r = 0; r < count; r++)
        ratio[r] = v[r] / by[r];
    return spread_of(ratio, count);
}
