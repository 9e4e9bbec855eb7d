/* ways.h - the inner loop's four ways, with and without pairs, with and without jumps that stay in it: no program can tell. Tests whose
 * harts are made through in_this_way() run in each of them by run_in_every_way(). Include after cmocka.h.
 */
#ifndef TRAPEZE_TESTS_WAYS_H
#define TRAPEZE_TESTS_WAYS_H

#include "isa/riscv.h"

enum { WAY_NO_FUSE = 1, WAY_NO_CHAIN = 2, INNER_WAYS = 4 };
static unsigned inner_way;

static inline struct riscv_config in_this_way(const struct riscv_config *like)
{
    struct riscv_config c = *like;
    c.no_fuse |= (inner_way & WAY_NO_FUSE) != 0;
    c.no_chain |= (inner_way & WAY_NO_CHAIN) != 0;
    return c;
}

static inline const char *way_name(void)
{
    static const char *const names[INNER_WAYS] = {"fused and chained", "not fused", "not chained", "neither fused nor chained"};
    return names[inner_way];
}

/* `tests` is an array; the number of those that failed. */
#define run_in_every_way(tests)                                                                                                       \
    __extension__({                                                                                                                   \
        int failed_ = 0;                                                                                                              \
        for (inner_way = 0; inner_way < INNER_WAYS; inner_way++)                                                                      \
            failed_ += cmocka_run_group_tests_name(way_name(), tests, NULL, NULL);                                                    \
        failed_;                                                                                                                      \
    })

#endif
