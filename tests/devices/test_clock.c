/* test_clock.c - the event queue: order, ties, moving, cancelling, "never". */
#include "tests/devices/rig.h"

struct tale {
    char text[32];
    size_t used;
};
struct teller {
    struct event event;
    struct tale *tale;
    char letter;
    struct clock *again; /* schedule once more */
};

static void tell(void *opaque)
{
    struct teller *t = opaque;
    t->tale->text[t->tale->used++] = t->letter;
    if (t->again)
        clock_schedule(t->again, &t->event, clock_now(t->again) + 10);
    t->again = NULL;
}

static void tellers_open(struct teller t[4], struct tale *tale)
{
    memset(tale, 0, sizeof *tale);
    for (unsigned i = 0; i < 4; i++) {
        t[i] = (struct teller){.tale = tale, .letter = (char)('a' + i)};
        event_init(&t[i].event, tell, &t[i]);
    }
}

static void fires_in_order_of_time(void **state)
{
    struct rig r = {.now = 0};
    struct teller t[4];
    struct tale tale;
    (void)state;
    r.clock = (struct clock){.now = rig_now, .opaque = &r, .units_per_tick = 100};
    tellers_open(t, &tale);
    assert_true(clock_next(&r.clock) == UINT64_MAX);
    clock_schedule(&r.clock, &t[0].event, 30);
    clock_schedule(&r.clock, &t[1].event, 10);
    clock_schedule(&r.clock, &t[2].event, 20);
    assert_int_equal(clock_next(&r.clock), 10);
    rig_advance(&r, 9);
    assert_string_equal(tale.text, "");
    rig_advance(&r, 20);
    assert_string_equal(tale.text, "bc");
    assert_int_equal(clock_next(&r.clock), 30);
    rig_advance(&r, 1000);
    assert_string_equal(tale.text, "bca");
    assert_true(clock_next(&r.clock) == UINT64_MAX);
}

static void same_time_is_first_come_first_served(void **state)
{
    struct rig r = {.now = 0};
    struct teller t[4];
    struct tale tale;
    (void)state;
    r.clock = (struct clock){.now = rig_now, .opaque = &r, .units_per_tick = 100};
    tellers_open(t, &tale);
    for (unsigned i = 0; i < 4; i++)
        clock_schedule(&r.clock, &t[3 - i].event, 5);
    clock_schedule(&r.clock, &t[2].event, 5); /* moved: now the last */
    rig_advance(&r, 5);
    assert_string_equal(tale.text, "dbac");
}

static void moving_cancelling_and_again(void **state)
{
    struct rig r = {.now = 0};
    struct teller t[4];
    struct tale tale;
    (void)state;
    r.clock = (struct clock){.now = rig_now, .opaque = &r, .units_per_tick = 100};
    tellers_open(t, &tale);
    clock_schedule(&r.clock, &t[0].event, 5);
    clock_schedule(&r.clock, &t[0].event, 50);
    clock_schedule(&r.clock, &t[1].event, 6);
    clock_cancel(&r.clock, &t[1].event);
    clock_cancel(&r.clock, &t[1].event);
    clock_schedule(&r.clock, &t[2].event, 7);
    clock_schedule(&r.clock, &t[2].event, UINT64_MAX);
    assert_true(t[1].event.when == UINT64_MAX && t[2].event.when == UINT64_MAX);
    t[3].again = &r.clock;
    clock_schedule(&r.clock, &t[3].event, 8);
    rig_advance(&r, 20);
    assert_string_equal(tale.text, "d");
    assert_int_equal(clock_next(&r.clock), 30);
    rig_advance(&r, 50);
    assert_string_equal(tale.text, "dda");
}

static void ticks_and_units(void **state)
{
    struct rig r = {.now = 250};
    (void)state;
    r.clock = (struct clock){.now = rig_now, .opaque = &r, .units_per_tick = 100};
    assert_int_equal(clock_ticks(&r.clock), 2);
    assert_int_equal(clock_when(&r.clock, 3), 300);
    assert_true(clock_when(&r.clock, UINT64_MAX / 50) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_in_order_of_time),
        cmocka_unit_test(same_time_is_first_come_first_served),
        cmocka_unit_test(moving_cancelling_and_again),
        cmocka_unit_test(ticks_and_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
