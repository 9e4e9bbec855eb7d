/* unfitted.h - the second suite: eight programs as others write them, by which nothing is tuned. What the engines are fitted to is the first
 * suite (work.h); whether it holds elsewhere is what this one says. Therefore the rule: who tunes may look at the total of these eight, and
 * not into one of them. The runner prints the total and nothing else of them, unless `--each` asks, which is for finding a wrong result.
 *
 * Each program looks itself whether its result is right - by a value that the literature has, or by two ways that must agree - and returns
 * UNFITTED_WRONG if not. What it returns otherwise must be what the host comes to, compiled from the same source.
 */
#ifndef TRAPEZE_TESTS_BENCH_UNFITTED_H
#define TRAPEZE_TESTS_BENCH_UNFITTED_H

#include <stddef.h>
#include <stdint.h>

/* WORK(name, group, n, about), as in work.h. */
#define UNFITTED_WORKS                                                                                                                \
    WORK(hashing, unfitted, 240, "SipHash and Murmur hashes, a Bloom filter and a table with open addressing")                        \
    WORK(trees, unfitted, 120, "AVL trees: insertion, deletion, ranges")                                                              \
    WORK(bignum, unfitted, 100, "multiplication of large numbers, and modular powers")                                                \
    WORK(regex, unfitted, 220, "regular expressions, by backtracking and by an automaton")                                            \
    WORK(lz, unfitted, 40, "LZ compression, and decompression")                                                                       \
    WORK(json, unfitted, 200, "JSON parsed into a tree, and printed")                                                                 \
    WORK(regvm, unfitted, 50, "a virtual machine with registers")                                                                     \
    WORK(chess, unfitted, 24, "moves in chess, counted to a depth")

enum { UNFITTED_WRONG = 0 };

#endif
