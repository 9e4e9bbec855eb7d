/* test_cmos.c - the PC's clock: the calendar, setting it, the forms of its registers, alarm, periodic and update interrupts. */
#include "devices/cmos.h"
#include "tests/devices/rig.h"

#include <time.h>

enum { HZ = 1000000, B_24 = 2, B_BINARY = 4, B_SET = 0x80 };

struct bench {
    struct rig rig;
    struct cmos cmos;
};

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    rig_open(&b->rig);
    cmos_init(&b->cmos, &b->rig.clock, HZ, wire_line(&b->rig.wire));
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

static uint8_t in(struct bench *b, uint8_t index)
{
    io_put(&cmos_io, &b->cmos, 0, 1, index);
    return (uint8_t)io_get(&cmos_io, &b->cmos, 1, 1);
}

static void out(struct bench *b, uint8_t index, uint8_t value)
{
    io_put(&cmos_io, &b->cmos, 0, 1, index);
    io_put(&cmos_io, &b->cmos, 1, 1, value);
}

static void expect_time(struct bench *b, const char *text)
{
    char now[32];
    snprintf(now, sizeof now, "%02x%02x-%02x-%02x %02x:%02x:%02x", in(b, 0x32), in(b, 9), in(b, 8), in(b, 7), in(b, 4), in(b, 2),
             in(b, 0));
    assert_string_equal(now, text);
}

static void begins_in_2025(void **state)
{
    struct bench *b = *state;
    expect_time(b, "2025-01-01 00:00:00");
    assert_int_equal(in(b, 6), 4); /* a Wednesday; Sunday is 1 */
    b->rig.now = UINT64_C(86399) * HZ;
    expect_time(b, "2025-01-01 23:59:59");
    b->rig.now += HZ;
    expect_time(b, "2025-01-02 00:00:00");
    assert_int_equal(in(b, 13), 0x80);
}

/* Against the C library's calendar, at days strewn over 75 years. */
static void the_calendar_is_the_librarys(void **state)
{
    struct bench *b = *state;
    char text[32];
    for (unsigned n = 0; n < 3000; n++) {
        const time_t t = (time_t)1735689600 + (time_t)n * 791234;
        struct tm tm;
        gmtime_r(&t, &tm);
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
        b->rig.now = (uint64_t)n * 791234 * HZ;
        expect_time(b, text);
        assert_int_equal(in(b, 6), tm.tm_wday + 1);
    }
}

static void is_set_as_a_whole(void **state)
{
    struct bench *b = *state;
    static const uint8_t values[][2] = {{0, 0x58}, {2, 0x59}, {4, 0x23}, {7, 0x28}, {8, 0x02}, {9, 0x28}, {0x32, 0x20}};
    out(b, 11, B_24 | B_SET);
    for (unsigned i = 0; i < 7; i++)
        out(b, values[i][0], values[i][1]);
    b->rig.now += 5 * HZ;
    expect_time(b, "2028-02-28 23:59:58"); /* it stands */
    out(b, 11, B_24);
    expect_time(b, "2028-02-28 23:59:58");
    b->rig.now += 2 * HZ;
    expect_time(b, "2028-02-29 00:00:00");
    out(b, 4, 0x12); /* at once */
    expect_time(b, "2028-02-29 12:00:00");
    cmos_reset(&b->cmos);
    expect_time(b, "2028-02-29 12:00:00");
}

static void forms(void **state)
{
    struct bench *b = *state;
    b->rig.now = (UINT64_C(13) * 3600 + 45 * 60) * HZ;
    out(b, 11, B_24 | B_BINARY);
    assert_int_equal(in(b, 4), 13);
    assert_int_equal(in(b, 2), 45);
    out(b, 11, B_BINARY);
    assert_int_equal(in(b, 4), 0x81);
    out(b, 11, 0);
    assert_int_equal(in(b, 4), 0x81);
    out(b, 4, 0x12); /* midnight */
    out(b, 11, B_24);
    assert_int_equal(in(b, 4), 0);
    out(b, 11, 0);
    out(b, 4, 0x92); /* noon */
    out(b, 11, B_24);
    assert_int_equal(in(b, 4), 0x12);
}

static void update_in_progress(void **state)
{
    struct bench *b = *state;
    assert_int_equal(in(b, 10), 0x26);
    b->rig.now = HZ - 2228;
    assert_int_equal(in(b, 10), 0xa6);
    b->rig.now = HZ - 2229;
    assert_int_equal(in(b, 10), 0x26);
    b->rig.now = HZ;
    assert_int_equal(in(b, 10), 0x26);
}

static void updates_interrupt(void **state)
{
    struct bench *b = *state;
    assert_true(clock_next(&b->rig.clock) == UINT64_MAX);
    out(b, 11, B_24 | 0x10);
    rig_advance(&b->rig, HZ - 1);
    assert_false(b->rig.wire.level);
    rig_advance(&b->rig, HZ);
    assert_true(b->rig.wire.level);
    assert_int_equal(in(b, 12) & ~0x40, 0x90);
    assert_false(b->rig.wire.level);
    assert_int_equal(in(b, 12), 0);
    rig_advance(&b->rig, 2 * HZ);
    assert_true(b->rig.wire.level);
}

static void flags_without_interrupts(void **state)
{
    struct bench *b = *state;
    in(b, 12);
    out(b, 1, 0x30);
    out(b, 3, 0xff);
    out(b, 5, 0xff);
    b->rig.now = 29 * HZ;
    assert_int_equal(in(b, 12) & 0xf0, 0x50); /* update, and the usual 1024 Hz */
    b->rig.now = 30 * HZ;
    assert_int_equal(in(b, 12) & 0xf0, 0x70);
    assert_int_equal(in(b, 12), 0);
    b->rig.now = UINT64_C(86400) * 400 * HZ;
    assert_int_equal(in(b, 12) & 0xf0, 0x70);
}

static void an_alarm_rings_once_a_day(void **state)
{
    struct bench *b = *state;
    out(b, 1, 0x00);
    out(b, 3, 0x30);
    out(b, 5, 0x06);
    out(b, 11, B_24 | 0x20);
    unsigned rings = 0;
    while (clock_next(&b->rig.clock) < UINT64_C(2) * 86400 * HZ) {
        rig_advance(&b->rig, clock_next(&b->rig.clock));
        if (b->rig.wire.level) {
            rings++;
            assert_int_equal(in(b, 12) & 0xa0, 0xa0);
            assert_int_equal(b->rig.now / HZ % 86400, 6 * 3600 + 30 * 60);
        }
    }
    assert_int_equal(rings, 2);
}

static void periods(void **state)
{
    struct bench *b = *state;
    out(b, 10, 0x26); /* 1024 Hz */
    out(b, 11, B_24 | 0x40);
    unsigned rings = 0;
    while (clock_next(&b->rig.clock) <= HZ) {
        rig_advance(&b->rig, clock_next(&b->rig.clock));
        rings += b->rig.wire.level;
        in(b, 12);
    }
    assert_int_equal(rings, 1024);
    out(b, 10, 0x2f); /* 2 Hz */
    assert_true(clock_next(&b->rig.clock) == HZ + HZ / 2);
    out(b, 10, 0x20);
    assert_true(clock_next(&b->rig.clock) == UINT64_MAX);
}

static void memory_is_kept(void **state)
{
    struct bench *b = *state;
    cmos_describe(&b->cmos, 64 << 20, 1);
    out(b, 0x40, 0x5a);
    cmos_reset(&b->cmos);
    assert_int_equal(in(b, 0x40), 0x5a);
    assert_int_equal(in(b, 0x17) | in(b, 0x18) << 8, 63 << 10);
    assert_int_equal(in(b, 0x34) | in(b, 0x35) << 8, 48 << 4);
    unsigned sum = 0;
    for (uint8_t i = 0x10; i < 0x2e; i++)
        sum += in(b, i);
    assert_int_equal(in(b, 0x2e) << 8 | in(b, 0x2f), sum);
}

static void state_comes_back(void **state)
{
    struct bench *b = *state, *other;
    open_bench((void **)&other);
    out(b, 11, B_24 | 0x10);
    out(b, 9, 0x31);
    struct state save = state_save();
    cmos_state(&b->cmos, &save);
    struct state from = state_restore(save.bytes, save.size);
    cmos_state(&other->cmos, &from);
    assert_false(from.failed);
    expect_time(other, "2031-01-01 00:00:00");
    rig_advance(&other->rig, HZ);
    assert_true(other->rig.wire.level);
    save.bytes[0] = 200;
    from = state_restore(save.bytes, save.size);
    cmos_state(&other->cmos, &from);
    assert_true(from.failed);
    state_free(&save);
    close_bench((void **)&other);
}

static void nonsense_is_survived(void **state)
{
    struct bench *b = *state;
    for (unsigned v = 0; v < 256; v++) {
        out(b, 11, B_SET | (v & 6));
        for (uint8_t i = 0; i < 10; i++)
            out(b, i, (uint8_t)(v * (i + 7)));
        out(b, 0x32, (uint8_t)v);
        out(b, 11, v & 0x76);
        for (uint8_t i = 0; i < 14; i++)
            in(b, i);
        b->rig.now += 12345;
        clock_fire(&b->rig.clock);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(begins_in_2025),
        TEST(the_calendar_is_the_librarys),
        TEST(is_set_as_a_whole),
        TEST(forms),
        TEST(update_in_progress),
        TEST(updates_interrupt),
        TEST(flags_without_interrupts),
        TEST(an_alarm_rings_once_a_day),
        TEST(periods),
        TEST(memory_is_kept),
        TEST(state_comes_back),
        TEST(nonsense_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
