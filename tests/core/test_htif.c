/* test_htif.c - HTIF: commands are taken and answers filled in at the instruction that stores them, on a bare machine and a virtual one. */
#include "tests/core/system_rig.h"

/* --- HTIF */

static void htif_start(struct bench *r, uint64_t tohost)
{
    assert_int_equal(system_use_htif(r->system, TOHOST, FROMHOST), 0);
    set_x(r, T0, TOHOST);
    set_x(r, T1, tohost);
    PROGRAM(r, CODE, i_sd(T1, T0), I_LOOP);
}

static void htif_exit(void **state)
{
    struct bench *r = *state;
    htif_start(r, 7 << 1 | 1);
    struct system_result result = run(r, 100000);
    assert_int_equal(result.end, END_POWEROFF);
    assert_int_equal(result.status, 7);
    assert_int_equal(r->system->retired, 1); /* the store, and nothing after it */
}

/* A program that stops with wfi after its exit code is not stuck. */
static void htif_exit_before_wait(void **state)
{
    struct bench *r = *state;
    htif_start(r, 1);
    PROGRAM(r, CODE, i_sd(T1, T0), I_WFI, I_LOOP);
    struct system_result result = run(r, 100000);
    assert_int_equal(result.end, END_POWEROFF);
    assert_int_equal(result.status, 0);
}

static void htif_console(void **state)
{
    struct bench *r = *state;
    htif_start(r, UINT64_C(0x0101) << 48 | 'k');
    run(r, 5000);
    assert_string_equal(r->output, "k");
    assert_int_equal(get64(r, TOHOST), 0);
    assert_int_equal(get64(r, FROMHOST), 0);
    /* A character that is not there yet is given when it comes. */
    put64(r, TOHOST, UINT64_C(0x0100) << 48);
    run(r, 5000);
    assert_int_equal(get64(r, TOHOST), 0);
    assert_int_equal(get64(r, FROMHOST), 0);
    r->input = "q";
    run(r, 5000);
    const uint64_t answer = UINT64_C(0x0100) << 48 | 0x100;
    assert_int_equal(get64(r, FROMHOST), answer | 'q');
    /* One command, one character. The next answer waits until this one is taken. */
    r->input = "rs";
    put64(r, FROMHOST, 0);
    run(r, 5000);
    assert_int_equal(get64(r, FROMHOST), 0);
    put64(r, FROMHOST, 4711);
    put64(r, TOHOST, UINT64_C(0x0100) << 48);
    run(r, 5000);
    assert_int_equal(get64(r, FROMHOST), 4711);
    put64(r, FROMHOST, 0);
    run(r, 5000);
    assert_int_equal(get64(r, FROMHOST), answer | 'r');
}

/* In single steps, and with a trigger of somebody else's at the same word: each is told once, and the command is still taken at once. */
static void htif_beside_other_triggers(void **state)
{
    struct bench *r = *state;
    const struct trigger t = {.kinds = TRIGGER_STORE, .physical = true, .at = TOHOST, .length = 8};
    htif_start(r, UINT64_C(0x0101) << 48 | 'k');
    PROGRAM(r, CODE, I_NOP, i_sd(T1, T0), i_ld(T2, T0, 0), I_LOOP);
    assert_int_equal(machine_trigger(r->machine, 3, &t), 0);
    assert_int_equal(run(r, 1).end, END_RUNNING);
    struct system_result result = run(r, 1);
    assert_int_equal(result.end, END_TRIGGER);
    assert_int_equal(result.trap.cause, 3);
    assert_string_equal(r->output, "");
    assert_int_equal(run(r, 1).end, END_RUNNING);
    assert_int_equal(r->system->retired, 2);
    assert_string_equal(r->output, "k");
    set_x(r, T2, 1);
    assert_int_equal(run(r, 1).end, END_RUNNING);
    assert_int_equal(x(r, T2), 0); /* the next instruction finds it taken */
    assert_int_equal(machine_trigger(r->machine, 3, NULL), 0);
}

static void htif_write(void **state)
{
    struct bench *r = *state;
    put(r, BLOCK + 64, "some words", 10);
    put64(r, BLOCK, 64);
    put64(r, BLOCK + 8, 1);
    put64(r, BLOCK + 16, BLOCK + 64);
    put64(r, BLOCK + 24, 10);
    htif_start(r, BLOCK);
    run(r, 5000);
    assert_string_equal(r->output, "some words");
    assert_int_equal(get64(r, BLOCK), 10);
    assert_int_equal(get64(r, FROMHOST), 1);
    /* Bad descriptors, addresses and calls are answered, and harm nobody. */
    const struct {
        uint64_t number, fd, at, length;
        int64_t answer;
    } bad[] = {
        {64, 5, BLOCK + 64, 10, -9},
        {64, 1, 0x1000, 10, -14},
        {9999, 0, 0, 0, -38},
    };
    for (unsigned i = 0; i < 3; i++) {
        put64(r, FROMHOST, 0);
        put64(r, BLOCK, bad[i].number);
        put64(r, BLOCK + 8, bad[i].fd);
        put64(r, BLOCK + 16, bad[i].at);
        put64(r, BLOCK + 24, bad[i].length);
        put64(r, TOHOST, BLOCK);
        run(r, 5000);
        assert_int_equal((int64_t)get64(r, BLOCK), bad[i].answer);
        assert_int_equal(get64(r, FROMHOST), 1);
    }
    put64(r, TOHOST, 0x10); /* a block where there is no memory; a device that does not exist */
    run(r, 5000);
    put64(r, TOHOST, UINT64_C(0x77) << 56);
    assert_int_equal(run(r, 5000).end, END_RUNNING);
    put64(r, BLOCK, 93);
    put64(r, BLOCK + 8, 300);
    put64(r, TOHOST, BLOCK);
    struct system_result result = run(r, 5000);
    assert_int_equal(result.end, END_POWEROFF);
    assert_int_equal(result.status, 300 & 0xff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(htif_exit),  ON_BOTH(htif_exit_before_wait), ON_BOTH(htif_console), ON_BOTH(htif_beside_other_triggers),
        ON_BOTH(htif_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
