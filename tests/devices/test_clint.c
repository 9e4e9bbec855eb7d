/* test_clint.c - mtime, mtimecmp and msip after the FU540 manual and [priv 3.2.1]. */
#include "devices/clint.h"
#include "tests/devices/rig.h"

struct bench {
    struct rig rig;
    struct clint clint;
    struct wire software, timer;
};

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    rig_open(&b->rig);
    clint_init(&b->clint, &b->rig.clock, 1);
    clint_connect(&b->clint, 0, wire_line(&b->software), wire_line(&b->timer));
    *state = b;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;
    rig_close(&b->rig);
    free(b);
    return 0;
}

static uint64_t in(struct bench *b, unsigned offset, unsigned size) { return io_get(&clint_io, &b->clint, offset, size); }
static void out(struct bench *b, unsigned offset, unsigned size, uint64_t v) { io_put(&clint_io, &b->clint, offset, size, v); }

static void software_interrupt_is_bit_0(void **state)
{
    struct bench *b = *state;
    out(b, 0, 4, UINT32_MAX);
    assert_true(b->software.level);
    assert_int_equal(in(b, 0, 4), 1);
    out(b, 0, 4, 2);
    assert_false(b->software.level);
    out(b, 4, 4, 1); /* there is no hart 1 */
    assert_int_equal(in(b, 4, 4), 0);
    assert_false(b->software.level);
}

static void time_is_the_clocks(void **state)
{
    struct bench *b = *state;
    b->rig.now = UINT64_C(0x123456789a) * 100 + 99;
    assert_true(in(b, 0xbff8, 8) == UINT64_C(0x123456789a));
    assert_true(in(b, 0xbff8, 4) == 0x3456789a);
    assert_true(in(b, 0xbffc, 4) == 0x12);
    out(b, 0xbff8, 8, 0);
    assert_true(in(b, 0xbff8, 8) == UINT64_C(0x123456789a)); /* it cannot be set */
}

static void timer_is_a_level(void **state)
{
    struct bench *b = *state;
    assert_true(in(b, 0x4000, 8) == UINT64_MAX);
    out(b, 0x4000, 8, 7);
    assert_false(b->timer.level);
    assert_int_equal(clock_next(&b->rig.clock), 700);
    rig_advance(&b->rig, 699);
    assert_false(b->timer.level);
    rig_advance(&b->rig, 700);
    assert_true(b->timer.level);
    assert_true(clock_next(&b->rig.clock) == UINT64_MAX);
    out(b, 0x4000, 8, 9); /* moving it into the future lowers the wire */
    assert_false(b->timer.level);
    out(b, 0x4000, 8, 0); /* and into the past raises it at once */
    assert_true(b->timer.level);
}

static void halves_of_the_comparator(void **state)
{
    struct bench *b = *state;
    out(b, 0x4004, 4, 0);
    out(b, 0x4000, 4, 5);
    assert_int_equal(in(b, 0x4000, 8), 5);
    out(b, 0x4004, 4, 0xdeadbeef);
    assert_true(in(b, 0x4000, 8) == UINT64_C(0xdeadbeef00000005));
    assert_true(in(b, 0x4004, 4) == 0xdeadbeef);
    assert_true(clock_next(&b->rig.clock) == UINT64_MAX); /* beyond what the clock can count to */
}

static void sizes_and_gaps(void **state)
{
    struct bench *b = *state;
    uint64_t v;
    assert_false(clint_io.read(&b->clint, 0, 1, &v));
    assert_false(clint_io.write(&b->clint, 0x4000, 2, 0));
    assert_int_equal(in(b, 0x8000, 8), 0);
    out(b, 0xc000, 8, UINT64_MAX);
    out(b, 0, 8, 1);
    assert_int_equal(in(b, 0, 8), 1);
}

static void reset_is_calm(void **state)
{
    struct bench *b = *state;
    out(b, 0, 4, 1);
    out(b, 0x4000, 8, 0);
    assert_true(b->software.level && b->timer.level);
    clint_reset(&b->clint);
    assert_false(b->software.level || b->timer.level);
    assert_true(in(b, 0x4000, 8) == UINT64_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(software_interrupt_is_bit_0), TEST(time_is_the_clocks), TEST(timer_is_a_level),
        TEST(halves_of_the_comparator),    TEST(sizes_and_gaps),     TEST(reset_is_calm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
