/* test_rtc.c - the Goldfish clock: deterministic time, latching, setting, alarms; and the test finisher. */
#include "devices/finisher.h"
#include "devices/goldfish_rtc.h"
#include "tests/devices/rig.h"

struct bench {
    struct rig rig;
    struct goldfish_rtc rtc;
};

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    rig_open(&b->rig);
    goldfish_rtc_init(&b->rtc, &b->rig.clock, 100, wire_line(&b->rig.wire));
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

static uint32_t in(struct bench *b, unsigned offset) { return (uint32_t)io_get(&goldfish_rtc_io, &b->rtc, offset, 4); }
static void out(struct bench *b, unsigned offset, uint32_t v) { io_put(&goldfish_rtc_io, &b->rtc, offset, 4, v); }

static uint64_t now(struct bench *b)
{
    uint64_t low = in(b, 0);
    return low | (uint64_t)in(b, 4) << 32;
}

static void alarm_at(struct bench *b, uint64_t ns)
{
    out(b, 0x0c, (uint32_t)(ns >> 32));
    out(b, 0x08, (uint32_t)ns);
}

#define EPOCH (UINT64_C(1735689600) * 1000000000)

static void starts_in_2025_and_follows_the_clock(void **state)
{
    struct bench *b = *state;
    assert_true(now(b) == EPOCH);
    b->rig.now = UINT64_C(3000000000); /* 30 million ticks of 100 ns */
    assert_true(now(b) == EPOCH + UINT64_C(3000000000));
}

static void reading_low_latches_high(void **state)
{
    struct bench *b = *state;
    uint64_t wrap = (EPOCH | UINT32_MAX) + 1 - EPOCH;
    b->rig.now = (wrap - 1) / 100 * 100; /* the last tick before the low word wraps */
    uint32_t low = in(b, 0);
    b->rig.now += 100;
    assert_true((low | (uint64_t)in(b, 4) << 32) < EPOCH + wrap);
    in(b, 0);
    assert_int_equal(in(b, 4), (EPOCH + wrap) >> 32);
}

static void can_be_set(void **state)
{
    struct bench *b = *state;
    b->rig.now = 500;
    out(b, 4, 0x11);
    out(b, 0, 0x22);
    assert_true(now(b) == UINT64_C(0x1100000022));
    b->rig.now = 700;
    assert_true(now(b) == UINT64_C(0x1100000022) + 200);
    goldfish_rtc_reset(&b->rtc);
    assert_true(now(b) == UINT64_C(0x1100000022) + 200);
}

static void alarm_rings_when_due(void **state)
{
    struct bench *b = *state;
    out(b, 0x10, 1);
    alarm_at(b, EPOCH + 950);
    assert_int_equal(in(b, 0x18), 1);
    assert_false(b->rig.wire.level);
    assert_true(clock_next(&b->rig.clock) == 1000);
    rig_advance(&b->rig, 1000);
    assert_true(b->rig.wire.level);
    assert_int_equal(in(b, 0x18), 0);
    out(b, 0x1c, 1);
    assert_false(b->rig.wire.level);
    alarm_at(b, EPOCH); /* past: at once */
    assert_true(b->rig.wire.level);
}

static void alarm_can_be_cleared_masked_and_moved_by_the_time(void **state)
{
    struct bench *b = *state;
    alarm_at(b, EPOCH + 1000);
    out(b, 0x14, 1);
    assert_int_equal(in(b, 0x18), 0);
    assert_true(clock_next(&b->rig.clock) == UINT64_MAX);
    alarm_at(b, EPOCH + 1000);
    out(b, 4, (uint32_t)(EPOCH >> 32) + 1); /* setting the time past it */
    assert_false(b->rig.wire.level);        /* pending, but not enabled */
    out(b, 0x10, 1);
    assert_true(b->rig.wire.level);
    out(b, 0x10, 0);
    assert_false(b->rig.wire.level);
}

static void far_alarm_and_odd_accesses(void **state)
{
    struct bench *b = *state;
    uint64_t v;
    alarm_at(b, UINT64_MAX);
    assert_false(b->rig.wire.level);
    assert_int_equal(in(b, 0x18), 1);
    assert_int_equal(in(b, 0x0c), UINT32_MAX);
    assert_int_equal(in(b, 0x08), UINT32_MAX);
    for (unsigned offset = 0x20; offset < 0x1000; offset += 4) {
        out(b, offset, UINT32_MAX);
        assert_int_equal(in(b, offset), 0);
    }
    assert_false(goldfish_rtc_io.read(&b->rtc, 0, 8, &v));
    assert_false(goldfish_rtc_io.write(&b->rtc, 0, 1, 0));
}

struct ending {
    int offs, status, reboots;
};

static void off(void *opaque, int status)
{
    struct ending *e = opaque;
    e->offs++;
    e->status = status;
}

static void reboot(void *opaque) { ((struct ending *)opaque)->reboots++; }

static void finisher_words(void **state)
{
    static const struct {
        uint64_t offset, value;
        unsigned size;
        int offs, status, reboots;
    } cases[] = {
        {0, 0x5555, 4, 1, 0, 0},  {0, 0x5555, 2, 1, 0, 0},      {0, 0x2a3333, 4, 1, 42, 0}, {0, 0xffff3333, 4, 1, 65535, 0},
        {0, 0x3333, 4, 1, 1, 0},  {0, 0x3333, 2, 1, 1, 0},      {0, 0x7777, 4, 0, -1, 1},   {0, 0x1234, 4, 0, -1, 0},
        {4, 0x5555, 4, 0, -1, 0}, {0xffc, 0x7777, 4, 0, -1, 0}, {0, 0, 2, 0, -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ending e = {.status = -1};
        struct finisher f = {.off = off, .reboot = reboot, .opaque = &e};
        io_put(&finisher_io, &f, cases[i].offset, cases[i].size, cases[i].value);
        assert_int_equal(e.offs, cases[i].offs);
        assert_int_equal(e.status, cases[i].status);
        assert_int_equal(e.reboots, cases[i].reboots);
        assert_int_equal(io_get(&finisher_io, &f, cases[i].offset, cases[i].size), 0);
    }
}

static void finisher_refuses_bytes_and_double_words(void **state)
{
    struct finisher f = {0};
    uint64_t v;
    (void)state;
    assert_false(finisher_io.write(&f, 0, 1, 0x55));
    assert_false(finisher_io.write(&f, 0, 8, 0x5555));
    assert_false(finisher_io.read(&f, 0, 1, &v));
    io_put(&finisher_io, &f, 0, 4, 0x5555); /* nobody is listening */
    io_put(&finisher_io, &f, 0, 4, 0x7777);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(starts_in_2025_and_follows_the_clock),
        TEST(reading_low_latches_high),
        TEST(can_be_set),
        TEST(alarm_rings_when_due),
        TEST(alarm_can_be_cleared_masked_and_moved_by_the_time),
        TEST(far_alarm_and_odd_accesses),
        cmocka_unit_test(finisher_words),
        cmocka_unit_test(finisher_refuses_bytes_and_double_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
