/* test_lockstep_harts.c - systems of two harts in lock step: equal as bare harts and as virtual CPUs, and where one virtual CPU is wrong it
 * is that hart, at the instruction that an observer of the bare harts alone says it must be.
 */
#include "core/lockstep.h"
#include "devices/virt.h"
#include "tests/core/faults.h"
#include "tests/core/harts.h"

#include <errno.h>

enum { MRET = 0x30200073, EVENT = 3, NAP = 1000 /* ticks */ };

/* What goes wrong: a v_i of this hart, when it emulates this instruction for the n-th time, counts S1 up, or refuses to do anything. */
struct wrong {
    unsigned hart;
    uint32_t word;
    unsigned n;
    bool refuses;
};

struct house {
    struct harts h;
    struct system *system;
    struct faulty faulty;
};

struct bench {
    struct house house[LOCKSTEP_SIDES];
    const struct harts_kind *kind; /* of the virtual side */
    uint64_t slice;
    const struct wrong *wrong; /* on the virtual side; NULL: nothing */
    bool first;                /* hart 1's S1 is another from the beginning there */
    bool was_reset;            /* likewise: the board was reset once more */
    bool alone;                /* likewise: hart 1 is missing */
    bool other_slice;          /* likewise: turns have another length */
    const struct machine *before;
};

/* Hart 0 sleeps, says what time it is and switches off; hart 1 sleeps for good. */
static void nap_and_power_off(struct program *p, unsigned hart)
{
    if (hart == 0) {
        csrrs(p, T0, CSR_time, ZERO);
        addi(p, T0, T0, NAP);
        csrrw(p, ZERO, CSR_stimecmp, T0);
        wfi(p);
        csrrs(p, T1, CSR_time, ZERO);
        sw(p, S9, S5, 0);
    }
    const unsigned wait = here(p);
    wfi(p);
    beq(p, ZERO, ZERO, wait);
}

static uint32_t word_of_waking(void)
{
    struct program p = {0};

    csrrs(&p, T1, CSR_time, ZERO);
    return p.word[0];
}

/* The n-th time of struct wrong; there is one at a time. */
static const struct wrong *planted(const struct faulty *f) { return (const struct wrong *)(uintptr_t)f->when; }

static void count_up(struct vcpu *vcpu, struct trap *t)
{
    struct faulty *f = faulty_of(vcpu);
    struct machine *m = &vcpu->machine;

    if (t->bits == planted(f)->word && ++f->count == planted(f)->n) {
        if (planted(f)->refuses) {
            t->kind = TRAP_EXCEPTION;
            t->cause = RV_CAUSE_ILLEGAL;
            return;
        }
        machine_set(m, RV_X + S1, machine_get(m, RV_X + S1) + 1);
    }
    f->real->v[t->row](vcpu, t);
}

static void plant(struct faulty *f, struct vcpu *vcpu, const struct wrong *wrong)
{
    faulty_begin(f, vcpu)->when = (uintptr_t)wrong;
    f->v[RV_INSN_mret] = f->v[RV_INSN_csrrs] = count_up;
}

static void house_open(struct house *house, const struct harts_kind *kind, struct chardev console, bool alone)
{
    const struct virt_config board = {.ram_size = RIG_RAM, .harts = HARTS, .isa = "rv64imafdc", .console = console};
    struct error e;

    harts_create(&house->h, kind);
    if (system_create(&house->system, house->h.cpu[0], virt_create, &board, rig_config.units_per_tick, &e) ||
        (!alone && system_add_hart(house->system, house->h.cpu[1], &e)))
        fail_msg("%s", e.text);
    harts_load_ending(house->h.cpu, nap_and_power_off);
}

static void house_close(struct house *house)
{
    system_destroy(house->system);
    harts_destroy(&house->h);
}

/* --- The maker */

static int make(void *opaque, unsigned side, struct lockstep_tap *tap, struct lockstep_side *out, struct error *e)
{
    struct bench *b = opaque;
    struct house *house = &b->house[side];
    const bool other = side == LOCKSTEP_VIRTUAL;

    (void)e;
    house_open(house, other ? b->kind : &bare, lockstep_console(tap, (struct chardev){0}), other && b->alone);
    house->system->slice = b->slice + (other && b->other_slice);
    if (other && b->wrong)
        plant(&house->faulty, vcpu_of(house->h.cpu[b->wrong->hart]), b->wrong);
    if (other && b->first)
        machine_set(house->h.cpu[1], RV_X + S1, 99);
    house->system->resets += other && b->was_reset;
    *out = (struct lockstep_side){.system = house->system, .ram_base = PROGRAM_BASE, .ram_size = RIG_RAM};
    return 0;
}

static void unmake(void *opaque, unsigned side) { house_close(&((struct bench *)opaque)->house[side]); }

static void before(void *opaque, const struct machine *m) { ((struct bench *)opaque)->before = m; }

/* Nothing is outside of the systems. */
static int keep(void *opaque, unsigned side)
{
    (void)opaque, (void)side;
    return 0;
}
static void back(void *opaque, unsigned side) { (void)opaque, (void)side; }

static int compare(struct bench *b, uint64_t every, struct lockstep_report *r, struct error *e)
{
    const struct lockstep_config c = {.maker = {.make = make, .unmake = unmake, .keep = keep, .back = back, .opaque = b},
                                      .far = every % 2 ? 8 : 0,
                                      .every = every,
                                      .max_insns = 1 << 23,
                                      .before = before,
                                      .opaque = b};
    return lockstep_run(&c, r, e);
}

static struct lockstep_report run(struct bench *b, uint64_t every)
{
    struct lockstep_report r;
    struct error e;

    if (compare(b, every, &r, &e))
        fail_msg("%s", e.text);
    assert_int_equal(r.harts, HARTS);
    return r;
}

/* --- The observer of the bare harts alone: after how many instructions, and at which moment, does it happen? */

static uint32_t next_word(const struct machine *m)
{
    const va_t pc = machine_get(m, MACHINE_PC);
    uint32_t word = 0;

    (void)!machine_load(m, pc, &word, sizeof word); /* code lies at its physical address */
    return word;
}

struct when {
    uint64_t retired;
    struct system_moment moment;
    va_t pc;
};

static struct when observe(const struct wrong *wrong, uint64_t slice)
{
    struct when when = {.retired = UINT64_MAX};
    struct house house;
    unsigned left = wrong->n;

    house_open(&house, &bare, (struct chardev){0}, false);
    house.system->slice = slice;
    while (left && !house.system->ended) {
        const struct machine *m = house.h.cpu[wrong->hart];
        const uint64_t retired = house.system->retired, own = machine_get(m, MACHINE_RETIRED);
        const uint32_t word = next_word(m);
        when.pc = machine_get(m, MACHINE_PC);
        (void)system_run(house.system, 1);
        if (word != wrong->word || machine_get(m, MACHINE_RETIRED) == own || --left)
            continue;
        when.retired = retired;
        when.moment = system_now(house.system);
    }
    house_close(&house);
    assert_int_equal(left, 0);
    return when;
}

/* --- */

static void equal_bare_and_virtual(void **state)
{
    static const uint64_t every[] = {1, 63, 1000000}, slices[] = {1, 50, SYSTEM_SLICE};

    (void)state;
    for (unsigned k = 0; k < KINDS; k++)
        for (unsigned i = 0; i < sizeof every / sizeof *every; i++) {
            struct bench b = {.kind = &kinds[k], .slice = slices[(k + i) % 3]};
            const struct lockstep_report r = run(&b, every[i]);
            if (r.verdict != LOCKSTEP_EQUAL)
                fail_msg("%s, every %llu: %s", kinds[k].name, (unsigned long long)every[i], r.difference[0].name);
            assert_int_equal(r.result[LOCKSTEP_BARE].end, END_POWEROFF);
            assert_int_equal(r.result[LOCKSTEP_VIRTUAL].end, END_POWEROFF);
            assert_true(r.traps >= 2 * HARTS_ROUNDS);
        }
}

static void is_found(const struct harts_kind *kind, const struct wrong *wrong, uint64_t every, uint64_t slice)
{
    const struct when when = observe(wrong, slice);
    struct bench b = {.kind = kind, .slice = slice, .wrong = wrong};
    const struct lockstep_report r = run(&b, every);
    char name[sizeof r.difference->name], why[512], start[16];

    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_true(r.exact);
    assert_int_equal(r.retired, when.retired);
    assert_int_equal(r.moment.hart, wrong->hart);
    assert_int_equal(system_moment_compare(&r.moment, &when.moment), 0);
    assert_int_equal(r.pc, when.pc);
    assert_int_equal(r.row, r.doing[LOCKSTEP_VIRTUAL].v_i);
    assert_int_equal(r.doing[LOCKSTEP_VIRTUAL].emulated, 1);
    assert_true(b.before == b.house[LOCKSTEP_BARE].h.cpu[wrong->hart]);
    assert_int_equal(r.differences, 1);
    assert_int_equal(r.difference[0].hart, wrong->hart);
    assert_int_equal(r.difference[0].value[LOCKSTEP_VIRTUAL], r.difference[0].value[LOCKSTEP_BARE] + 1);
    snprintf(name, sizeof name, "hart %u: s1", wrong->hart);
    assert_string_equal(r.difference[0].name, name);
    lockstep_explain(&r, r.row == INSN_NONE ? NULL : &isa_riscv.rows[r.row], why, sizeof why);
    snprintf(start, sizeof start, "Hart %u: ", wrong->hart);
    if (strncmp(why, start, strlen(start)) != 0 || !strstr(why, "its v_i emulated it"))
        fail_msg("%s", why);
}

/* In either hart; in the midst of its turn, and when another had the turn before, and waits. */
static void the_wrong_hart_is_named(void **state)
{
    static const unsigned some[] = {0, 3, 7};
    static const uint64_t every[] = {1, 7, 1000000}, slices[] = {1, 50, SYSTEM_SLICE};
    const struct wrong wrongs[] = {{1, MRET, EVENT, false}, {0, MRET, EVENT, false}, {0, word_of_waking(), 1, false}};

    (void)state;
    for (unsigned k = 0; k < sizeof some / sizeof *some; k++)
        for (unsigned i = 0; i < sizeof every / sizeof *every; i++)
            for (unsigned w = 0; w < 3; w++)
                is_found(&kinds[some[k]], &wrongs[w], every[i], slices[(k + i + w) % 3]);
}

/* What each hart was told is kept apart. */
static void the_trap_is_that_of_the_hart(void **state)
{
    static const struct wrong wrong = {1, MRET, EVENT, true};
    struct bench b = {.kind = &kinds[0], .slice = 50, .wrong = &wrong};
    const struct lockstep_report r = run(&b, 1000);
    char why[512];

    (void)state;
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_true(r.exact);
    assert_int_equal(r.moment.hart, 1);
    assert_int_equal(r.doing[LOCKSTEP_BARE].traps, 0);
    assert_int_equal(r.doing[LOCKSTEP_VIRTUAL].traps, 1);
    lockstep_explain(&r, NULL, why, sizeof why);
    if (!strstr(why, "Hart 1: The virtual machine took exception 2"))
        fail_msg("%s", why);
}

static void the_first_states_differ_in_one_hart(void **state)
{
    struct bench b = {.kind = &kinds[0], .slice = 50, .first = true};
    const struct lockstep_report r = run(&b, 1000);

    (void)state;
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_false(r.exact);
    assert_int_equal(r.differences, 1);
    assert_int_equal(r.difference[0].hart, 1);
    assert_string_equal(r.difference[0].name, "hart 1: s1");
}

static void the_boards_differ_in_the_moment(void **state)
{
    struct bench b = {.kind = &kinds[0], .slice = 50, .was_reset = true};
    const struct lockstep_report r = run(&b, 1000);

    (void)state;
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_false(r.exact);
    assert_int_equal(r.differences, 1);
    assert_string_equal(r.difference[0].name, "resets of the board");
}

static bool names(const struct lockstep_report *r, const char *name)
{
    for (unsigned i = 0; i < r->differences && i < LOCKSTEP_DIFFERENCES; i++)
        if (strcmp(r->difference[i].name, name) == 0)
            return true;
    return false;
}

/* A turn that is one unit longer: seen at the first instruction that is another hart's. */
static void the_turns_differ(void **state)
{
    struct bench b = {.kind = &kinds[3], .slice = 5, .other_slice = true};
    const struct lockstep_report r = run(&b, 1000);

    (void)state;
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_true(r.exact);
    assert_int_equal(r.retired, 5);
    assert_int_equal(r.moment.hart, 1);
    assert_true(names(&r, "hart whose turn it is"));
    assert_true(names(&r, "hart 0: pc") && names(&r, "hart 1: pc"));
}

static void a_hart_is_missing(void **state)
{
    struct bench b = {.kind = &kinds[0], .slice = 5, .alone = true};
    struct lockstep_report r;
    struct error e;

    (void)state;
    assert_int_equal(compare(&b, 1, &r, &e), -EINVAL);
    assert_non_null(strstr(e.text, "2 harts and the other 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_bare_and_virtual),
        cmocka_unit_test(the_wrong_hart_is_named),
        cmocka_unit_test(the_first_states_differ_in_one_hart),
        cmocka_unit_test(the_turns_differ),
        cmocka_unit_test(the_trap_is_that_of_the_hart),
        cmocka_unit_test(the_boards_differ_in_the_moment),
        cmocka_unit_test(a_hart_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
