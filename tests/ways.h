/* ways.h - the ways in which a bare hart may execute: the interpreter with and without pairs, with and without jumps that stay in its inner
 * loop, machine code from the first time on, and the engine that does one instruction at a time. No program can tell. Tests whose harts are made by create_in_this_way() run in
 * each of them by run_in_every_way(). Include after cmocka.h.
 */
#ifndef TRAPEZE_TESTS_WAYS_H
#define TRAPEZE_TESTS_WAYS_H

#include "isa/riscv.h"

enum { WAY_NO_FUSE = 1, WAY_NO_CHAIN = 2, WAY_SIMPLE = 4, WAY_NATIVE = 8, HART_WAYS = 6 };
static unsigned this_way;

static inline int create_in_this_way(struct machine **out, struct phys *phys, const struct riscv_config *config)
{
    const struct engine_options engine = {.kind = this_way == WAY_SIMPLE   ? ENGINE_simple
                                                  : this_way == WAY_NATIVE ? ENGINE_native
                                                                           : ENGINE_interpreter,
                                          .hot = 1,
                                          .no_fuse = (this_way & WAY_NO_FUSE) != 0,
                                          .no_chain = (this_way & WAY_NO_CHAIN) != 0};
    return riscv_create_with(out, phys, config, &engine);
}

/* Are there decoded pages to look at? */
static inline bool way_decodes(void) { return this_way != WAY_SIMPLE; }

static const struct hart_way {
    unsigned way;
    const char *name;
} hart_ways[HART_WAYS] = {{0, "fused and chained"},        {WAY_NO_FUSE, "not fused"},
                          {WAY_NO_CHAIN, "not chained"},   {WAY_NO_FUSE | WAY_NO_CHAIN, "neither fused nor chained"},
                          {WAY_NATIVE, "as machine code"}, {WAY_SIMPLE, "one instruction at a time"}};

static inline const char *way_name(void)
{
    const struct hart_way *w = hart_ways;
    while (w->way != this_way)
        w++;
    return w->name;
}

/* `tests` is an array; the number of those that failed. */
#define run_in_every_way(tests)                                                                                                       \
    __extension__({                                                                                                                   \
        int failed_ = 0;                                                                                                              \
        for (const struct hart_way *w_ = hart_ways; w_ < hart_ways + HART_WAYS; w_++) {                                               \
            this_way = w_->way;                                                                                                       \
            failed_ += cmocka_run_group_tests_name(w_->name, tests, NULL, NULL);                                                      \
        }                                                                                                                             \
        failed_;                                                                                                                      \
    })

#endif
