/* test_classes_riscv.c - claimed = measured, a named test for every row of insn.def and every access to every row of csr.def:
 * "riscv.sret", "riscv.csrrw.sstatus". What only exists with a pin of K out is measured there as well: "riscv-cbo-off.cbo.zero".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "core/theory/theory_riscv.h"

static void claimed_is_measured(void **state)
{
    const struct finding *f = *state;
    if (!f->agrees)
        fail_msg("%s: %s", f->subject, f->disagreement ? f->disagreement : "differs");
}

static void partition_is_sound(void **state)
{
    const struct classification *c = *state;
    if (c->unsound)
        fail_msg("%s", c->unsound);
}

/* The subjects are those of the tables, counted here from the tables themselves. */
static void nothing_is_left_out(void **state)
{
    const struct classification *c = *state;
    const struct riscv_inputs in = riscv_inputs();
    unsigned rows = 0, accesses = 0;
    for (unsigned n = 0; n < c->count; n++) {
        rows += c->findings[n].csr < 0 && c->findings[n].row != INSN_NONE;
        accesses += c->findings[n].csr >= 0;
        assert_true(c->findings[n].runs > 0 || c->findings[n].sum);
    }
    assert_int_equal(rows, RV_INSN_COUNT);
    assert_int_equal(accesses, RISCV_ACCESSES * in.csr_count);
    assert_int_equal(c->count, rows + accesses + 2);
}

struct list {
    struct CMUnitTest *test;
    size_t count;
};

static void add(struct list *l, const char *prefix, const char *name, CMUnitTestFunction run, const void *state)
{
    char text[96];
    snprintf(text, sizeof text, "%s.%s", prefix, name);
    l->test[l->count++] = (struct CMUnitTest){.name = strdup(text), .test_func = run, .initial_state = (void *)(uintptr_t)state};
}

static void add_all(struct list *l, const struct classification *c)
{
    add(l, "riscv", "partition", partition_is_sound, c);
    add(l, "riscv", "all", nothing_is_left_out, c);
    for (unsigned n = 0; n < c->count; n++)
        add(l, "riscv", c->findings[n].subject, claimed_is_measured, &c->findings[n]);
}

/* Without the pin these exist, and their claims can be seen. */
static void add_guarded(struct list *l, const struct classification *c, const char *const *subject)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, "riscv-%s", c->without);
    for (; *subject; subject++)
        for (unsigned n = 0; n < c->count; n++)
            if (strcmp(c->findings[n].subject, *subject) == 0)
                add(l, prefix, *subject, claimed_is_measured, &c->findings[n]);
}

static struct classification *classify(const char *without)
{
    const struct classify_options o = {.seed = 1, .without = without, .brief = true};
    struct classification *c;
    struct error e;
    if (theory_riscv.classify(&o, &c, &e) == 0)
        return c;
    fprintf(stderr, "%s\n", e.text);
    exit(1);
}

int main(void)
{
    static const char *const cbo[] = {"cbo.inval", "cbo.clean", "cbo.flush", "cbo.zero", NULL};
    static const char *const custom[] = {"csrr.ustate", "csrw.ustate", "csrrw.ustate", "csrrs.ustate", "csrrc.ustate", NULL};
    struct classification *k = classify(NULL), *with_cbo = classify("cbo-off"), *with_custom = classify("reserved-traps");
    struct list l = {.test = calloc(k->count + 16, sizeof *l.test)};
    add_all(&l, k);
    add_guarded(&l, with_cbo, cbo);
    add_guarded(&l, with_custom, custom);
    int failed = _cmocka_run_group_tests("classes_riscv", l.test, l.count, NULL, NULL);
    for (size_t n = 0; n < l.count; n++)
        free((void *)(uintptr_t)l.test[n].name);
    free(l.test);
    classification_destroy(k);
    classification_destroy(with_cbo);
    classification_destroy(with_custom);
    return failed;
}
