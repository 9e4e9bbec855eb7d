/* test_classify_order.c - what is found of a subject does not depend on which others the same laboratory has had before it: measured from
 * the first to the last, and from the last to the first, everything is found alike, and by as many runs.
 */
#include "core/theory/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/core/mutations.h"

enum { ONE_IN = 3 }; /* subjects; and all accesses to the registers that others show, or hide, parts of */

static bool is_asked(const struct subject *s, unsigned n)
{
    static const char *const entangled[] = {"sie", "sip", "mie", "mip", "sstatus", "mstatus", "satp", "stimecmp", "menvcfg"};
    const char *dot = strchr(s->name, '.');
    for (unsigned k = 0; dot && s->csr >= 0 && k < sizeof entangled / sizeof *entangled; k++)
        if (strcmp(dot + 1, entangled[k]) == 0)
            return true;
    return n % ONE_IN == 0;
}

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static void compare(const struct finding *a, const struct finding *b)
{
    if (a->runs != b->runs)
        fail_msg("%s: %llu runs, and %llu after other subjects", a->subject, (unsigned long long)a->runs, (unsigned long long)b->runs);
    assert_int_equal(a->traps, b->traps);
    assert_int_equal(a->sensitive, b->sensitive);
    assert_int_equal(a->confidence, b->confidence);
    assert_int_equal(a->privileged, b->privileged);
    assert_int_equal(a->innocuous, b->innocuous);
    assert_true(same_text(a->condition, b->condition));
    assert_true(same_text(a->disagreement, b->disagreement));
}

static void order_does_not_show(void **state)
{
    static struct riscv_theory forth, back;
    const struct riscv_inputs in = riscv_inputs();
    (void)state;
    theory_open(&forth, &in, RISCV_PINS);
    theory_open(&back, &in, RISCV_PINS);
    const unsigned count = forth.subjects.count;
    struct finding *found = calloc(count, sizeof *found);
    unsigned asked = 0;
    assert_non_null(found);
    for (unsigned n = 0; n < count; n++) {
        const struct subject *s = &forth.subjects.list[n];
        if (s->count == 0 || !is_asked(s, n))
            continue;
        assert_int_equal(riscv_theory_measure(&forth, s, true, &found[n]), 0);
        asked++;
    }
    for (unsigned n = count; n-- > 0;) {
        struct finding f;
        if (!found[n].subject)
            continue;
        assert_int_equal(riscv_theory_measure(&back, &back.subjects.list[n], true, &f), 0);
        compare(&found[n], &f);
    }
    assert_true(asked > 300);
    free(found);
    riscv_theory_close(&forth);
    riscv_theory_close(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(order_does_not_show)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
