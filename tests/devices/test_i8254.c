/* test_i8254.c - the PC's timer: every mode against the waveforms of the data sheet, tick by tick; reading; port 61. */
#include "devices/i8254.h"
#include "tests/devices/rig.h"

enum { UNITS = 10 }; /* of the clock in a tick */

struct bench {
    struct rig rig;
    struct i8254 pit;
};

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    rig_open(&b->rig);
    i8254_init(&b->pit, &b->rig.clock, UINT64_C(10) * I8254_HZ, wire_line(&b->rig.wire));
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

static void out(struct bench *b, unsigned port, uint8_t value) { io_put(&i8254_io, &b->pit, port, 1, value); }
static uint8_t in(struct bench *b, unsigned port) { return (uint8_t)io_get(&i8254_io, &b->pit, port, 1); }
static void port61(struct bench *b, uint8_t value) { io_put(&i8254_port61_io, &b->pit, 0, 1, value); }
static uint8_t port61_in(struct bench *b) { return (uint8_t)io_get(&i8254_port61_io, &b->pit, 0, 1); }

static void program(struct bench *b, unsigned counter, unsigned mode, unsigned count)
{
    out(b, 3, (uint8_t)(counter << 6 | 0x30 | mode << 1));
    out(b, counter, (uint8_t)count);
    out(b, counter, (uint8_t)(count >> 8));
}

static unsigned count(struct bench *b, unsigned counter)
{
    out(b, 3, (uint8_t)(counter << 6));
    unsigned low = in(b, counter);
    return low | (unsigned)in(b, counter) << 8;
}

/* The output of a counter from now on, a character for each tick: as the wire has it and as the device says. */
static void wave(struct bench *b, unsigned counter, const char *expected)
{
    for (const char *c = expected; *c; c++) {
        if (*c != ' ') {
            assert_int_equal(i8254_output(&b->pit, counter), *c == '-');
            if (counter == 0)
                assert_int_equal(b->rig.wire.level, *c == '-');
            for (unsigned i = 0; i < UNITS; i++) /* unit by unit, so that every event comes at its own */
                rig_advance(&b->rig, b->rig.now + 1);
        }
    }
}

static void mode_0_rises_once(void **state)
{
    struct bench *b = *state;
    program(b, 0, 0, 4);
    wave(b, 0, "____ -----");
    assert_int_equal(count(b, 0), 0x10000 - 5); /* and goes on counting */
    assert_int_equal(clock_next(&b->rig.clock), UINT64_MAX);
    out(b, 3, 0x30);
    wave(b, 0, "___"); /* the control word alone */
    out(b, 0, 2);
    wave(b, 0, "___");
    out(b, 0, 0);
    wave(b, 0, "__ ---");
}

static void mode_2_divides(void **state)
{
    struct bench *b = *state;
    program(b, 0, 2, 4);
    wave(b, 0, "---_ ---_ -");
    out(b, 0, 2); /* taken at the end of the round */
    out(b, 0, 0);
    wave(b, 0, "--_ -_ -_ -_");
    assert_int_equal(b->rig.wire.rises, 1 + 2 + 4); /* of reset, 2 + 4 rounds */
}

static void mode_3_is_square(void **state)
{
    struct bench *b = *state;
    program(b, 0, 3, 6);
    wave(b, 0, "---___ ---___ ");
    program(b, 0, 3, 5);
    wave(b, 0, "---__ ---__ ");
    assert_int_equal(count(b, 0), 4);
}

static void mode_4_strobes_once(void **state)
{
    struct bench *b = *state;
    program(b, 0, 4, 3);
    wave(b, 0, "--- _ ------");
    assert_int_equal(clock_next(&b->rig.clock), UINT64_MAX);
}

static void modes_1_and_5_wait_for_the_gate(void **state)
{
    struct bench *b = *state;
    program(b, 2, 1, 3);
    wave(b, 2, "---");
    port61(b, 1);
    wave(b, 2, "_");
    port61(b, 0); /* which does not stop it */
    wave(b, 2, "__ --");
    port61(b, 1);
    wave(b, 2, "_");
    port61(b, 0);
    port61(b, 1); /* anew */
    wave(b, 2, "___ -");
    program(b, 2, 5, 2);
    wave(b, 2, "----");
    port61(b, 0);
    port61(b, 1);
    wave(b, 2, "-- _ ---");
}

static void a_low_gate_stops(void **state)
{
    struct bench *b = *state;
    program(b, 2, 0, 4);
    wave(b, 2, "_____");
    assert_int_equal(count(b, 2), 4);
    port61(b, 1);
    wave(b, 2, "__");
    port61(b, 0);
    assert_int_equal(count(b, 2), 2);
    wave(b, 2, "_____");
    port61(b, 1);
    wave(b, 2, "__ --");
    program(b, 2, 2, 4);
    wave(b, 2, "---_ --");
    port61(b, 0);
    wave(b, 2, "------");
    port61(b, 1);
    wave(b, 2, "---_");
}

static void counts_and_latches(void **state)
{
    struct bench *b = *state;
    program(b, 0, 2, 1000);
    rig_advance(&b->rig, 300 * UNITS);
    out(b, 3, 0x00);
    rig_advance(&b->rig, 500 * UNITS);
    out(b, 3, 0x00); /* is not heard: the first has not been read */
    assert_int_equal(in(b, 0), 700 & 0xff);
    assert_int_equal(in(b, 0), 700 >> 8);
    assert_int_equal(count(b, 0), 500);
    assert_int_equal(in(b, 0), 500 & 0xff); /* without a latch */
    assert_int_equal(in(b, 0), 500 >> 8);
    program(b, 0, 2, 0);
    assert_int_equal(count(b, 0), 0); /* 65536 */
    rig_advance(&b->rig, 501 * UNITS);
    assert_int_equal(count(b, 0), 0xffff);
    out(b, 3, 0x14); /* low byte only */
    out(b, 0, 200);
    assert_int_equal(in(b, 0), 200);
    assert_int_equal(in(b, 0), 200);
    out(b, 3, 0x24); /* high byte only */
    out(b, 0, 2);
    assert_int_equal(in(b, 0), 2);
    assert_int_equal(in(b, 3), 0xff);
}

static void bcd(void **state)
{
    struct bench *b = *state;
    out(b, 3, 0x31);
    out(b, 0, 0x00);
    out(b, 0, 0x10); /* 1000 */
    rig_advance(&b->rig, UNITS);
    assert_int_equal(count(b, 0), 0x999);
}

static void read_back(void **state)
{
    struct bench *b = *state;
    program(b, 0, 3, 10);
    out(b, 3, 0x38); /* mode 4, no count yet */
    program(b, 2, 2, 7);
    out(b, 3, 0xc2); /* both, of counter 0 */
    out(b, 3, 0xe8); /* status of counter 2 */
    assert_int_equal(in(b, 0), 0x80 | 0x40 | 0x38);
    in(b, 0);
    in(b, 0);
    assert_int_equal(in(b, 2), 0x80 | 0x40 | 0x34); /* its gate is low */
    port61(b, 1);
    out(b, 3, 0xe8);
    assert_int_equal(in(b, 2), 0x80 | 0x34);
}

static void port_61(void **state)
{
    struct bench *b = *state;
    port61(b, 0xff);
    assert_int_equal(port61_in(b) & 0xcf, 0x0f);
    program(b, 2, 0, 2);
    assert_int_equal(port61_in(b) & 0x20, 0);
    rig_advance(&b->rig, 2 * UNITS);
    assert_int_equal(port61_in(b) & 0x20, 0x20);
    assert_int_equal(port61_in(b) & 0x10, 0);
    rig_advance(&b->rig, 18 * UNITS);
    assert_int_equal(port61_in(b) & 0x10, 0x10);
}

/* 18.2 Hz for an hour, at a clock that is no multiple of it: the rounds do not drift. */
static void no_drift(void **state)
{
    struct bench *b = *state;
    i8254_init(&b->pit, &b->rig.clock, 100000000, wire_line(&b->rig.wire));
    program(b, 0, 2, 0);
    b->rig.wire.rises = 0;
    while (clock_next(&b->rig.clock) <= UINT64_C(360000000000))
        rig_advance(&b->rig, clock_next(&b->rig.clock));
    assert_int_equal(b->rig.wire.rises, UINT64_C(3600) * I8254_HZ / 65536);
}

static void state_comes_back(void **state)
{
    struct bench *b = *state;
    struct bench *other;
    open_bench((void **)&other);
    program(b, 0, 2, 4);
    wave(b, 0, "-");
    struct state save = state_save();
    i8254_state(&b->pit, &save);
    other->rig.now = b->rig.now;
    struct state from = state_restore(save.bytes, save.size);
    i8254_state(&other->pit, &from);
    assert_false(from.failed);
    wave(other, 0, "--_ ---_");
    save.bytes[0] = 6;
    from = state_restore(save.bytes, save.size);
    i8254_state(&other->pit, &from);
    assert_true(from.failed);
    state_free(&save);
    close_bench((void **)&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mode_0_rises_once),
        TEST(mode_2_divides),
        TEST(mode_3_is_square),
        TEST(mode_4_strobes_once),
        TEST(modes_1_and_5_wait_for_the_gate),
        TEST(a_low_gate_stops),
        TEST(counts_and_latches),
        TEST(bcd),
        TEST(read_back),
        TEST(port_61),
        TEST(no_drift),
        TEST(state_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
