/* test_fpu_error.c - the error of a PC's floating-point unit: what is on its two wires, step by step as an error's handler goes. */
#include "devices/fpu_error.h"
#include "tests/devices/rig.h"

struct bench {
    struct wire irq, ignne;
    struct fpu_error f;
};

static struct bench opened(void) { return (struct bench){.f = {.ferr = false}}; }

static void ferr(struct bench *b, unsigned level)
{
    uint64_t v;
    assert_true(fpu_error_ferr_io.write(&b->f, 0, 1, level));
    assert_true(fpu_error_ferr_io.read(&b->f, 0, 1, &v));
    assert_int_equal(v, level);
}

static void test_handler(void **state)
{
    (void)state;
    struct bench b = opened();
    fpu_error_init(&b.f, wire_line(&b.irq), wire_line(&b.ignne));
    for (unsigned n = 1; n < 3; n++) {
        ferr(&b, 1);
        ferr(&b, 1); /* the same error, seen again */
        assert_int_equal(b.irq.rises, n);
        assert_int_equal(b.irq.assertions, n);
        assert_false(b.ignne.level);
        assert_true(fpu_error_io.write(&b.f, 0, 1, 0)); /* the handler: out f0 */
        assert_false(b.irq.level);
        assert_true(b.ignne.level);
        ferr(&b, 0); /* and FNCLEX */
        assert_false(b.ignne.level);
        assert_false(b.irq.level);
    }
}

/* An error that ends before anybody looked keeps its interrupt; a write without an error ignores nothing. */
static void test_order(void **state)
{
    (void)state;
    struct bench b = opened();
    fpu_error_init(&b.f, wire_line(&b.irq), wire_line(&b.ignne));
    ferr(&b, 1);
    ferr(&b, 0);
    assert_true(b.irq.level);
    assert_true(fpu_error_io.write(&b.f, 0, 1, 0));
    assert_false(b.irq.level);
    assert_int_equal(b.ignne.assertions, 0);
    ferr(&b, 1);
    fpu_error_reset(&b.f);
    assert_false(b.irq.level);
    ferr(&b, 0);
}

static void test_sizes(void **state)
{
    (void)state;
    struct bench b = opened();
    uint64_t v;
    fpu_error_init(&b.f, wire_line(&b.irq), wire_line(&b.ignne));
    assert_false(fpu_error_ferr_io.write(&b.f, 0, 2, 1));
    assert_false(fpu_error_io.write(&b.f, 0, 4, 1));
    assert_false(fpu_error_io.read(&b.f, 0, 1, &v));
    assert_false(fpu_error_ferr_io.read(&b.f, 0, 4, &v));
    assert_int_equal(b.irq.assertions, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_handler), cmocka_unit_test(test_order), cmocka_unit_test(test_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
