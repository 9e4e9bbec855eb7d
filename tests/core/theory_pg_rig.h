/* theory_pg_rig.h - every variant of the paper's machine, proved before the first test. */
#ifndef TRAPEZE_TESTS_CORE_THEORY_PG_RIG_H
#define TRAPEZE_TESTS_CORE_THEORY_PG_RIG_H

#include "core/theory/theory_pg.h"
#include "tests/isa/pg_bench.h"

static struct classification *proved[PG_VARIANT_COUNT]; /* first the base machine: the others take over what they share with it */

enum { ROWS = PG_INSN_COUNT + 1 };

static inline struct classification *proof(enum pg_variant variant, const char *without, bool brief)
{
    const struct classify_options o = {
        .variant = pg_variants[variant].name, .without = without, .brief = brief, .base = proved[PG_BASE], .whole = proved[variant]};
    struct classification *c;
    struct error e;
    if (theory_pg.classify(&o, &c, &e))
        fail_msg("%s", e.text);
    return c;
}

static inline int prove_all(void **state)
{
    (void)state;
    for (enum pg_variant v = PG_BASE; v < PG_VARIANT_COUNT; v++)
        proved[v] = proof(v, NULL, false);
    return 0;
}

static inline int forget_all(void **state)
{
    (void)state;
    for (enum pg_variant v = PG_BASE; v < PG_VARIANT_COUNT; v++)
        classification_destroy(proved[v]);
    return 0;
}

#endif
