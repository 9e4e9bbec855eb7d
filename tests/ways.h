/* ways.h - the ways in which a bare hart may execute: the interpreter with and without pairs, with and without jumps that stay in its inner
 * loop, and the engine that does one instruction at a time. No program can tell. Tests whose harts are made by create_in_this_way() run in
 * each of them by run_in_every_way(). Include after cmocka.h.
 */
#ifndef TRAPEZE_TESTS_WAYS_H
#define TRAPEZE_TESTS_WAYS_H

#include "isa/riscv.h"

enum { WAY_NO_FUSE = 1, WAY_NO_CHAIN = 2, WAY_SIMPLE = 4, HART_WAYS = 5 };
static unsigned this_way;

static inline int create_in_this_way(struct machine **out, struct phys *phys, const struct riscv_config *config)
{
    const struct engine_options engine = {.kind = this_way == WAY_SIMPLE ? ENGINE_simple : ENGINE_interpreter,
                                          .no_fuse = (this_way & WAY_NO_FUSE) != 0,
                                          .no_chain = (this_way & WAY_NO_CHAIN) != 0};
    return riscv_create_with(out, phys, config, &engine);
}

/* Are there decoded pages to look at? */
static inline bool way_decodes(void) { return this_way != WAY_SIMPLE; }

static inline const char *way_name(void)
{
    static const char *const names[HART_WAYS] = {"fused and chained", "not fused", "not chained", "neither fused nor chained",
                                                 "one instruction at a time"};
    return names[this_way];
}

/* `tests` is an array; the number of those that failed. */
#define run_in_every_way(tests)                                                                                                       \
    __extension__({                                                                                                                   \
        int failed_ = 0;                                                                                                              \
        for (this_way = 0; this_way < HART_WAYS; this_way++)                                                                          \
            failed_ += cmocka_run_group_tests_name(way_name(), tests, NULL, NULL);                                                    \
        failed_;                                                                                                                      \
    })

#endif
