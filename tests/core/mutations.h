/* mutations.h - who survives a mutation that should be noticed. */
#ifndef TRAPEZE_TESTS_CORE_MUTATIONS_H
#define TRAPEZE_TESTS_CORE_MUTATIONS_H

#include "core/theory/theory_riscv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PARTS = PART_NONDET + 1, REASONS = REASON_UNDEFINED + 1 };

static const char *const part_name[PARTS] = {"identity", "relocated", "virtual", "hidden", "nondet"};
static const char *const reason_name[REASONS] = {"none", "privilege", "resource", "requested", "undefined"};

/* Everything is counted, and said at the end of a test. */
struct tally {
    unsigned mutants, survivors;
};

static inline void survived(struct tally *t, const char *what, const char *as)
{
    t->survivors++;
    print_error("survives: %s as %s\n", what, as);
}

static inline void all_killed(const struct tally *t)
{
    print_message("%u mutants\n", t->mutants);
    if (t->survivors)
        fail_msg("%u of %u mutants survive", t->survivors, t->mutants);
    assert_true(t->mutants > 0);
}

static inline void theory_open(struct riscv_theory *t, const struct riscv_inputs *in, unsigned without)
{
    const struct classify_options o = {.seed = 1};
    assert_int_equal(riscv_theory_open(t, in, without, &o), 0);
}

#endif
