/* work.h - the workloads: the same source is compiled for the guest and for the host, and both must come to the same checksum.
 * Plain C without a library, deterministic; `n` is how often the unit of work is done, and time grows with it.
 */
#ifndef TRAPEZE_TESTS_BENCH_WORK_H
#define TRAPEZE_TESTS_BENCH_WORK_H

#include "tests/bench/unfitted.h"

#include <stddef.h>
#include <stdint.h>

/* WORK(name, group, n, about): n takes about a second in a fast interpreter. */
#define WORKS                                                                                                                         \
    WORK(sieve, integer, 300, "sieve of Eratosthenes, 100,000 numbers")                                                               \
    WORK(crc, integer, 250, "CRC-32 by table, 256 KiB")                                                                               \
    WORK(matrix, integer, 200, "product of 64-bit integer matrices, 96 x 96")                                                         \
    WORK(sort, integer, 60, "quicksort of 50,000 words")                                                                              \
    WORK(strings, integer, 300, "length, copy, compare and search in text")                                                           \
    WORK(bytecode, integer, 250, "an interpreter of a stack machine, by switch")                                                      \
    WORK(recursion, integer, 30, "Fibonacci and Ackermann by recursion")                                                              \
    WORK(chase, memory, 60, "a chain of pointers through 2 MiB in random order")                                                      \
    WORK(copy, memory, 120, "copies of 1 MiB from one place to another")                                                              \
    WORK(alias, memory, 120, "copies of 1 MiB whose places lie 4 KiB multiples apart, and overlap")                                   \
    WORK(bodies, double, 120, "five bodies under gravity, 2,000 steps")                                                               \
    WORK(dmatrix, double, 120, "product of double matrices, 96 x 96")                                                                 \
    WORK(fourier, double, 100, "Fourier transform of 4,096 points")                                                                   \
    WORK(escape, double, 60, "escape times of 128 x 128 points, up to 256 steps")                                                     \
    UNFITTED_WORKS

#define WORK(name, group, n, about) uint64_t work_##name(uint64_t n_);
WORKS
#undef WORK

enum { ARENA = 4 << 20 };
extern uint8_t arena[ARENA]; /* memory to work in */

static inline uint64_t mix(uint64_t h, uint64_t v)
{
    h ^= v;
    h *= UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static inline uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

#endif
