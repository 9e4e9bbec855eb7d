/* test_record.c - input that comes at times of the host's own is repeated at the same instruction, until it is live again; and a
 * change made by hand is part of the course from then on.
 */
#include "tests/core/course.h"

/* --- the input on record */

/* Input that comes at times of the host's own: each poll and each wait may bring some, as chance will have it. */
enum { LAST = 400 };
struct typist {
    struct course *course;
    uint64_t random;
    unsigned typed;
    char text[64];
};

static void typist_type(struct typist *t)
{
    if (t->typed == LAST || (t->course->input && *t->course->input) || roll(&t->random) % 3)
        return;
    snprintf(t->text, sizeof t->text, "%u;", t->typed++);
    t->course->input = t->text;
    board_input(t->course->system->board);
}

static void typist_poll(void *opaque) { typist_type(opaque); }

static uint64_t typist_idle(void *opaque, uint64_t now, uint64_t until)
{
    struct typist *t = opaque;
    unsigned typed = t->typed;
    typist_type(t);
    if (t->typed != typed || until - now < 100 || roll(&t->random) % 2)
        return until;
    return now + 40; /* for no reason but the host's own */
}

/* A program that echoes what it receives, waiting for interrupts in between and counting timer ticks meanwhile, in M-mode. */
static void echo_boot(struct course *c)
{
    struct machine *m = course_top(c);
    const uint32_t code[] = {
        /* 0 */ lbu(T1, S0, 5),  /* the line's state: */
        /* 4 */ andi(T1, T1, 1), /* a character? */
        /* 8 */ branch(BEQ, T1, 0, 16),
        /* c */ lbu(T2, S0, 0),
        /* 10 */ store(0, T2, S0),
        /* 14 */ jump(-0x14),
        /* 18 */ lw(T1, S2, 0), /* the PLIC's interrupt is claimed and completed */
        /* 1c */ store(2, T1, S2),
        /* 20 */ ld(T1, S1, 0), /* a timer 1000 ticks on: mtimecmp = time + 1000, from the CLINT */
        /* 24 */ addi(T1, T1, 1000),
        /* 28 */ store(3, T1, A0),
        /* 2c */ addi(A1, A1, 1),
        /* 30 */ WFI,
        /* 34 */ jump(-0x34),
    };
    load_program(c, COURSE_RAM, code, sizeof code);
    machine_set(m, MACHINE_PC, COURSE_RAM);
    machine_set(m, RV_X + S0, VIRT_UART);
    machine_set(m, RV_X + S1, VIRT_CLINT + 0xbff8);
    machine_set(m, RV_X + S2, VIRT_PLIC + 0x200004);
    machine_set(m, RV_X + A0, VIRT_CLINT + 0x4000);
    machine_set(m, RV_CSR + CSR_mie, 1 << RV_IRQ_MTI | 1 << RV_IRQ_MEI);
    poke(c, VIRT_UART + 2, 1, 1);
    poke(c, VIRT_UART + 1, 1, 1);
    poke(c, VIRT_PLIC + 4 * 10, 4, 1);
    poke(c, VIRT_PLIC + 0x2000, 4, 1 << 10);
}

static void typist_open(struct course *c, struct typist *t, const struct kind *k)
{
    course_machine(c, NULL, k->depth, k->policy);
    assert_int_equal(record_create(&c->record, c->board.console), 0);
    c->board.console = record_chardev(c->record);
    course_switch_on(c);
    echo_boot(c);
    *t = (struct typist){.course = c, .random = 99};
    c->system->host = (struct system_host){.poll = typist_poll, .idle = typist_idle, .opaque = t, .poll_every = 333};
    record_attach(c->record, c->system);
}

enum { TYPED = 6000 };

/* There and back again: same state, nothing printed twice, nothing taken from the typist. */
static void typing_is_repeated(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        static struct course c;
        struct typist t;
        uint64_t random = 3, digest[20], where[20];
        typist_open(&c, &t, &kinds[k]);
        struct checkpoints *s = store_of(&c, 0, 5000);
        for (unsigned n = 0; n < 20; n++) {
            checkpoints_run(s, TYPED / 20 + n);
            where[n] = c.system->retired;
            digest[n] = course_digest(&c);
        }
        assert_in_range(t.typed, 20, LAST - 1);
        const size_t printed = c.output_count;
        const unsigned typed = t.typed;
        c.input = "not yet";
        for (unsigned n = 0; n < 60; n++) {
            unsigned to = (unsigned)(roll(&random) % 20);
            seek(s, where[to]);
            assert_int_equal(course_digest(&c), digest[to]);
        }
        seek(s, where[19]);
        assert_string_equal(c.input, "not yet");
        c.input = "";
        assert_int_equal(c.output_count, printed);
        assert_int_equal(t.typed, typed);
        checkpoints_run(s, 4 * TYPED); /* and live again */
        assert_int_equal(t.typed, LAST);
        uint64_t end = c.system->retired, last = course_digest(&c);
        const size_t all = c.output_count;
        seek(s, 100);
        seek(s, end);
        assert_int_equal(course_digest(&c), last);
        assert_int_equal(c.output_count, all);
        assert_non_null(strstr(c.output, "0;1;2;3;4;5;6;7;8;9;"));
        assert_non_null(strstr(c.output, ";397;398;399;"));
        assert_null(strstr(c.output, "0;1;2;3;4;5;6;7;8;9;10;11;12;12"));
        checkpoints_destroy(s);
        course_close(&c);
    }
}

/* A register set by hand in the past makes another future, and that is the one there is from then on. */
static void an_edit_is_part_of_the_course(void **state)
{
    static struct course c;
    struct typist t;
    struct error e;
    (void)state;
    typist_open(&c, &t, &kinds[0]);
    struct checkpoints *s = store_of(&c, 0, 500);
    checkpoints_run(s, 3000);
    uint64_t unedited = course_digest(&c);
    seek(s, 1234);
    machine_set(course_top(&c), RV_X + A1, UINT64_C(1) << 40);
    assert_int_equal(checkpoints_edited(s, &e), 0);
    assert_int_equal(checkpoint_retired(checkpoints_at(s, checkpoints_count(s) - 1)), 1234);
    assert_false(record_replaying(c.record));
    checkpoints_run(s, 3000 - 1234);
    uint64_t edited = course_digest(&c);
    assert_int_not_equal(edited, unedited);
    assert_true(machine_get(course_top(&c), RV_X + A1) > UINT64_C(1) << 40);
    seek(s, 1000);
    assert_true(machine_get(course_top(&c), RV_X + A1) < 1000);
    seek(s, 3000);
    assert_int_equal(course_digest(&c), edited);
    seek(s, 600);
    checkpoints_run(s, 2400);
    assert_int_equal(course_digest(&c), edited);
    checkpoints_destroy(s);
    course_close(&c);
}

/* A guest that reboots, again and again: its clock begins anew, the course goes on. */
static void a_reboot_is_part_of_the_course(void **state)
{
    enum { BOOTS = 4 };
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        static struct course c;
        struct typist t;
        struct error e;
        uint64_t random = 17, where[2 * BOOTS], digest[2 * BOOTS];
        unsigned n = 0;
        typist_open(&c, &t, &kinds[k]);
        struct checkpoints *s = store_of(&c, 0, 300);
        for (unsigned boot = 0; boot < BOOTS; boot++) {
            assert_int_equal(checkpoints_run(s, 1111 + boot).end, END_RUNNING);
            where[n] = c.system->retired;
            digest[n++] = course_digest(&c);
            const uint32_t ends = store(2, T1, T0);
            load_program(&c, COURSE_RAM + 0x4000, &ends, sizeof ends);
            machine_set(course_top(&c), MACHINE_PC, COURSE_RAM + 0x4000);
            machine_set(course_top(&c), RV_X + T0, VIRT_FINISHER);
            machine_set(course_top(&c), RV_X + T1, 0x7777);
            c.system->waiting = false;
            assert_int_equal(checkpoints_edited(s, &e), 0);
            assert_int_equal(checkpoints_run(s, 1000).end, END_REBOOT);
            system_reset(c.system);
            echo_boot(&c);
            assert_int_equal(checkpoints_edited(s, &e), 0);
            checkpoints_run(s, 555);
            where[n] = c.system->retired;
            digest[n++] = course_digest(&c);
        }
        assert_int_equal(c.system->resets, BOOTS);
        const size_t printed = c.output_count;
        const unsigned typed = t.typed;
        for (unsigned times = 0; times < 40; times++) {
            unsigned to = (unsigned)(roll(&random) % (n / 2)) * 2 + 1;
            seek(s, where[to]);
            assert_int_equal(course_digest(&c), digest[to]);
        }
        seek(s, 10);
        for (uint64_t left; (left = where[n - 1] - c.system->retired) > 0;)
            checkpoints_run(s, left > 700 ? 1 + roll(&random) % 700 : left);
        seek(s, where[n - 1]);
        assert_int_equal(course_digest(&c), digest[n - 1]);
        assert_int_equal(c.output_count, printed);
        assert_int_equal(t.typed, typed);
        checkpoints_destroy(s);
        course_close(&c);
    }
}

/* --- at one clock, without a program: what a device would do */

static size_t ask(struct course *c, char *out)
{
    const struct chardev d = record_chardev(c->record);
    return d.read(d.opaque, (uint8_t *)out, 8);
}

/* Two reads at one clock: the first came too early, then and again. */
static void a_read_too_early_is_so_again(void **state)
{
    static struct course c;
    struct typist t;
    char text[9] = {0};
    (void)state;
    typist_open(&c, &t, &kinds[0]);
    struct record_mark mark = record_mark(c.record);
    c.input = "";
    assert_int_equal(ask(&c, text), 0);
    c.input = "abc";
    assert_int_equal(ask(&c, text), 3);
    machine_set(course_top(&c), MACHINE_CLOCK, 50);
    record_leave(c.record);
    record_return(c.record, &mark);
    machine_set(course_top(&c), MACHINE_CLOCK, 0);
    c.input = "xyz";
    assert_true(record_replaying(c.record));
    assert_int_equal(ask(&c, text), 0);
    assert_int_equal(ask(&c, text), 3);
    assert_string_equal(text, "abc");
    machine_set(course_top(&c), MACHINE_CLOCK, 20);
    assert_int_equal(ask(&c, text), 0); /* it found nothing here when it did not ask */
    machine_set(course_top(&c), MACHINE_CLOCK, 50);
    assert_false(record_replaying(c.record));
    assert_int_equal(ask(&c, text), 3);
    assert_string_equal(text, "xyz");
    course_close(&c);
}

/* A poll at the very clock at which the system was left has been made: it is not made again. */
static void a_poll_is_made_once(void **state)
{
    static struct course c;
    struct typist t;
    const uint32_t loop = jump(0);
    (void)state;
    typist_open(&c, &t, &kinds[0]);
    load_program(&c, COURSE_RAM, &loop, sizeof loop);
    t.typed = LAST; /* he is away */
    struct checkpoints *s = store_of(&c, 0, 100);
    checkpoints_run(s, 333);
    uint64_t digest = course_digest(&c);
    seek(s, 50);
    t.typed = 0;
    t.random = 1;
    for (uint64_t next = t.random; roll(&next) % 3;) /* until the next thing he does is to type */
        t.random = next;
    seek(s, 333);
    assert_int_equal(t.typed, 0);
    assert_int_equal(course_digest(&c), digest);
    checkpoints_run(s, 10 * 333);
    assert_true(t.typed > 0);
    checkpoints_destroy(s);
    course_close(&c);
}

/* Another course than the one on record: what is left of the record is not waited for. */
static void another_course_is_live(void **state)
{
    static struct course c;
    struct typist t;
    (void)state;
    typist_open(&c, &t, &kinds[0]);
    struct checkpoints *s = store_of(&c, 0, 5000);
    checkpoints_run(s, TYPED);
    const unsigned typed = t.typed;
    seek(s, 1000);
    machine_set(course_top(&c), MACHINE_CLOCK, clock_now(&c.system->clock) + UINT64_C(1000000000));
    system_run(c.system, TYPED);
    assert_false(record_replaying(c.record));
    assert_true(t.typed > typed);
    checkpoints_destroy(s);
    course_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typing_is_repeated),
        cmocka_unit_test(an_edit_is_part_of_the_course),
        cmocka_unit_test(a_reboot_is_part_of_the_course),
        cmocka_unit_test(a_read_too_early_is_so_again),
        cmocka_unit_test(a_poll_is_made_once),
        cmocka_unit_test(another_course_is_live),
    };
    return run_by_both_engines(tests);
}
