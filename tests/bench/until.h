/* until.h - how long commands take to write a line: software that one waits for, an operating system's start. */
#ifndef TRAPEZE_TESTS_BENCH_UNTIL_H
#define TRAPEZE_TESTS_BENCH_UNTIL_H

#include "tests/bench/engine.h"

/* Rounds of all, each ended when it has written a line with that text; prints times and their ratios to the first's. 0, or a status. */
int bench_until(const struct engines *, const char *text, unsigned runs, unsigned limit);

#endif
