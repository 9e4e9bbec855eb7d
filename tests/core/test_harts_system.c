/* test_harts_system.c - a system with two harts: they take turns by the board's clock, wait together, and are taken back to any moment; all
 * of that bare and as the virtual CPUs of one VM.
 */
#include "core/checkpoint.h"
#include "core/system.h"
#include "devices/finisher.h"
#include "devices/virt.h"
#include "tests/core/harts.h"

#include <errno.h>

static const struct virt_config board = {.ram_size = RIG_RAM, .harts = HARTS, .isa = "rv64imafdc"};
enum { NAP = 1000 /* ticks */ };

/* Both wait: hart 0 for its timer, then it switches off; hart 1 for what never comes. */
static void nap_and_power_off(struct program *p, unsigned hart)
{
    if (hart == 0) {
        csrrs(p, T0, CSR_time, ZERO);
        addi(p, T0, T0, NAP);
        csrrw(p, ZERO, CSR_stimecmp, T0);
        wfi(p);
        csrrs(p, T1, CSR_time, ZERO);
        sd(p, T1, S6, SHARED_WOKE);
        sd(p, T0, S6, SHARED_WOKE + 8);
        sw(p, S9, S5, 0);
    }
    const unsigned wait = here(p);
    wfi(p);
    beq(p, ZERO, ZERO, wait);
}

struct house {
    struct harts h;
    struct system *system;
};

static void house_open(struct house *house, const struct harts_kind *kind, uint64_t slice)
{
    struct error e;

    harts_create(&house->h, kind);
    if (system_create(&house->system, house->h.cpu[0], virt_create, &board, rig_config.units_per_tick, &e) ||
        system_add_hart(house->system, house->h.cpu[1], &e))
        fail_msg("%s", e.text);
    house->system->slice = slice;
    harts_load_ending(house->h.cpu, nap_and_power_off);
}

static void house_close(struct house *house)
{
    system_destroy(house->system);
    harts_destroy(&house->h);
}

/* What can be seen of it. */
struct sight {
    uint64_t now[4], retired, x[HARTS][32], pc[HARTS], clock[HARTS], memory;
    bool ended;
};

static void look(const struct house *house, struct sight *out)
{
    static uint8_t ram[RIG_RAM];

    memset(out, 0, sizeof *out);
    const struct system_moment now = system_now(house->system);
    memcpy(out->now, (const uint64_t[]){now.resets, now.round, now.hart, now.clock}, sizeof out->now);
    out->retired = house->system->retired;
    out->ended = house->system->ended;
    assert_int_equal(machine_load(house->h.cpu[0], PROGRAM_BASE, ram, sizeof ram), 0);
    for (size_t at = 0; at < sizeof ram; at += 8) {
        uint64_t word;
        memcpy(&word, ram + at, 8);
        out->memory = mix(out->memory, word);
    }
    for (unsigned n = 0; n < HARTS; n++) {
        machine_get_block(house->h.cpu[n], 0, 32, out->x[n]);
        out->pc[n] = machine_get(house->h.cpu[n], MACHINE_PC);
        out->clock[n] = machine_get(house->h.cpu[n], MACHINE_CLOCK);
    }
}

static uint64_t word_at(const struct house *house, unsigned offset)
{
    uint64_t word;
    assert_int_equal(machine_load(house->h.cpu[0], PROGRAM_PAGE(4) + offset, &word, 8), 0);
    return word;
}

static void to_the_end(struct house *house, struct sight *out)
{
    const struct system_result r = system_run(house->system, 1 << 23);

    if (r.end != END_POWEROFF || r.status != 0)
        fail_msg("end %u at instruction %llu: %s", r.end, (unsigned long long)house->system->retired, r.why);
    look(house, out);
    assert_int_equal(word_at(house, SHARED_COUNTER), 2 * HARTS_TURNS);
    assert_int_equal(word_at(house, SHARED_SUM), 3 * HARTS_TURNS);
    assert_int_equal(word_at(house, SHARED_WOKE), word_at(house, SHARED_WOKE + 8)); /* to the tick */
}

static void same(const struct sight *want, const struct sight *got, const char *what, uint64_t slice)
{
    if (memcmp(want, got, sizeof *want) != 0)
        fail_msg("%s, turns of %llu: retired %llu, bare %llu; clock %llu, bare %llu", what, (unsigned long long)slice,
                 (unsigned long long)got->retired, (unsigned long long)want->retired, (unsigned long long)got->now[3],
                 (unsigned long long)want->now[3]);
}

static void turns_are_the_same_bare_and_virtual(void **state)
{
    static const uint64_t slices[] = {1, 7, 64, 1000, SYSTEM_SLICE};

    (void)state;
    for (unsigned s = 0; s < sizeof slices / sizeof *slices; s++) {
        struct house house;
        struct sight want, got;
        house_open(&house, &bare, slices[s]);
        to_the_end(&house, &want);
        house_close(&house);
        for (unsigned k = 0; k < KINDS; k++) {
            house_open(&house, &kinds[k], slices[s]);
            to_the_end(&house, &got);
            house_close(&house);
            same(&want, &got, kinds[k].name, slices[s]);
        }
    }
}

/* However the course is cut into calls, turns and moments are the same; and moments are in order. */
static void moments_are_in_order(void **state)
{
    struct house house;
    struct sight whole, cut;
    struct system_moment before;

    (void)state;
    house_open(&house, &bare, 50);
    to_the_end(&house, &whole);
    house_close(&house);
    house_open(&house, &kinds[0], 50);
    before = system_now(house.system);
    while (!house.system->ended) {
        (void)system_run(house.system, 7);
        const struct system_moment now = system_now(house.system);
        assert_true(house.system->ended || system_moment_compare(&before, &now) < 0);
        assert_int_equal(system_moment_compare(&now, &now), 0);
        assert_true(house.system->ended || now.clock <= now.round + 50);
        before = now;
    }
    look(&house, &cut);
    house_close(&house);
    same(&whole, &cut, "in pieces", 50);
}

/* Between any two instructions, whoever's turn it is, the whole can be saved on one kind of machine and go on on another. */
static void saved_here_restored_there(void **state)
{
    static uint8_t ram[RIG_RAM];
    struct house from, to;
    struct sight want, got;
    struct state bytes;
    struct error e;

    (void)state;
    house_open(&from, &bare, 30);
    to_the_end(&from, &want);
    house_close(&from);
    for (uint64_t at = 1; at < want.retired; at += want.retired / 17) {
        house_open(&from, &kinds[at % KINDS], 30);
        house_open(&to, at % 2 ? &bare : &kinds[at / 2 % KINDS], 1);
        (void)system_run(from.system, at);
        assert_int_equal(system_save(from.system, &bytes), 0);
        assert_int_equal(machine_load(from.h.cpu[1], PROGRAM_BASE, ram, sizeof ram), 0);
        assert_int_equal(machine_store(to.h.cpu[0], PROGRAM_BASE, ram, sizeof ram), 0);
        if (system_restore(to.system, bytes.bytes, bytes.size, &e))
            fail_msg("%s", e.text);
        state_free(&bytes);
        to_the_end(&to, &got);
        house_close(&from);
        house_close(&to);
        same(&want, &got, "restored", 30);
    }
}

/* There and back again. */
static void taken_back_to_moments(void **state)
{
    enum { STOPS = 12 };
    static const struct checkpoints_config config = {.limit = 64 << 20, .every = 500};

    (void)state;
    for (unsigned k = 0; k <= KINDS; k += 3) {
        struct sight stop[STOPS], again;
        struct checkpoints *course;
        struct house house;
        house_open(&house, k < KINDS ? &kinds[k] : &bare, 40);
        struct error e;
        if (checkpoints_create(&course, house.system, &config, &e) || checkpoint_take(course, true, NULL, &e))
            fail_msg("%s", e.text);
        for (unsigned n = 0; n < STOPS; n++) {
            (void)checkpoints_run(course, 333);
            look(&house, &stop[n]);
        }
        for (unsigned n = STOPS; n-- > 0;) {
            if (checkpoints_seek(course, stop[n].retired, &e))
                fail_msg("%s", e.text);
            look(&house, &again);
            same(&stop[n], &again, "back", 40);
            const struct system_moment there = checkpoint_moment(checkpoints_before(course, stop[n].retired)),
                                       here = system_now(house.system);
            assert_true(system_moment_compare(&there, &here) <= 0);
        }
        checkpoints_destroy(course);
        house_close(&house);
    }
}

/* --- What of hart 1 no register shows, at each checkpoint */

/* A page is written by what the TLB still says of it, after A and D were taken out of its PTE without a fence; A0 becomes what is to be seen
 * there. */
static void without_fences(struct program *p)
{
    sd(p, S3, S2, 0);
    const unsigned loop = here(p);
    sd(p, A1, S4, 0);
    sd(p, S3, S2, 0);
    sd(p, A1, S4, 0);
    ld(p, T1, S2, 0);
    slli(p, A0, A0, 1);
    add(p, A0, A0, T1);
    addi(p, A1, A1, 1);
    beq(p, ZERO, ZERO, loop);
}

/* The reserved word is in a page that changes all the time, so that going back writes it, too; A0 becomes how often SC failed. */
static void with_reservations(struct program *p)
{
    const unsigned loop = here(p);
    lr_d(p, T0, S6);
    addi(p, T0, T0, 1);
    addi(p, A1, A1, 1);
    sc_d(p, T1, S6, T0);
    add(p, A0, A0, T1);
    beq(p, ZERO, ZERO, loop);
}

static void load_second(struct house *house, void (*emit_code)(struct program *))
{
    struct program code[HARTS] = {0};

    const unsigned loop = here(&code[0]);
    addi(&code[0], A0, A0, 1);
    beq(&code[0], ZERO, ZERO, loop);
    emit_code(&code[1]);
    for (unsigned n = 0; n < HARTS; n++)
        assert_int_equal(machine_store(house->h.cpu[n], PROGRAM_PAGE(n), code[n].word, code[n].count * 4), 0);
}

/* Whatever a checkpoint stands between, from there it goes on as it went on there. */
static void second_goes_on(const struct harts_kind *kind, void (*emit_code)(struct program *))
{
    enum { MARKS = 24, STEP = 7 };
    static const struct checkpoints_config config = {.limit = 64 << 20};
    struct sight seen[MARKS + 1], again;
    struct checkpoint *at[MARKS];
    struct checkpoints *course;
    struct house house;
    struct error e;

    house_open(&house, kind, 5);
    load_second(&house, emit_code);
    assert_int_equal(checkpoints_create(&course, house.system, &config, &e), 0);
    for (unsigned n = 0; n < MARKS; n++) {
        assert_int_equal(checkpoint_take(course, true, &at[n], &e), 0);
        look(&house, &seen[n]);
        (void)system_run(house.system, STEP);
    }
    look(&house, &seen[MARKS]);
    for (unsigned k = 0; k < MARKS; k++) {
        const unsigned n = k * 5 % MARKS;
        assert_int_equal(checkpoint_restore(course, at[n], &e), 0);
        look(&house, &again);
        same(&seen[n], &again, "restored", 5);
        (void)system_run(house.system, STEP);
        look(&house, &again);
        same(&seen[n + 1], &again, "from there on", 5);
    }
    checkpoints_destroy(course);
    house_close(&house);
}

static void caches_of_the_second_hart_are_cold(void **state)
{
    (void)state;
    for (unsigned k = 0; k <= KINDS; k++)
        second_goes_on(k < KINDS ? &kinds[k] : &bare, without_fences);
}

static void the_second_hart_has_its_reservation(void **state)
{
    (void)state;
    for (unsigned k = 0; k <= KINDS; k++)
        second_goes_on(k < KINDS ? &kinds[k] : &bare, with_reservations);
}

/* Hart 0 counts down and waits for good, or runs without end; hart 1 waits for a while. */
static void one_nap(const struct harts_kind *kind, uint64_t slice, bool endless, int ticks)
{
    struct program code[HARTS] = {0};
    struct house house;

    house_open(&house, kind, slice);
    addi(&code[0], A0, ZERO, 400);
    const unsigned loop = here(&code[0]);
    addi(&code[0], A0, A0, endless ? 0 : -1);
    bne(&code[0], A0, ZERO, loop);
    wfi(&code[0]);
    csrrs(&code[1], T0, CSR_time, ZERO);
    addi(&code[1], T0, T0, ticks);
    csrrw(&code[1], ZERO, CSR_stimecmp, T0);
    wfi(&code[1]);
    csrrs(&code[1], T1, CSR_time, ZERO);
    sw(&code[1], S9, S5, 0);
    for (unsigned n = 0; n < HARTS; n++)
        assert_int_equal(machine_store(house.h.cpu[n], PROGRAM_PAGE(n), code[n].word, code[n].count * 4), 0);
    assert_int_equal(system_run(house.system, 20000).end, END_POWEROFF);
    assert_true(machine_get(house.h.cpu[0], MACHINE_CLOCK) >= (endless ? slice : 800)); /* no clock goes back */
    assert_true(machine_get(house.h.cpu[1], T1) >= machine_get(house.h.cpu[1], T0));
    if (endless)
        assert_int_equal(machine_get(house.h.cpu[1], T1), machine_get(house.h.cpu[1], T0)); /* to the tick */
    house_close(&house);
}

static void waits_of_different_lengths(void **state)
{
    (void)state;
    for (unsigned k = 0; k <= KINDS; k++) {
        const struct harts_kind *kind = k < KINDS ? &kinds[k] : &bare;
        one_nap(kind, 5000, false, 40); /* hart 0 is further already */
        one_nap(kind, 5000, true, 40);  /* within the turn, while hart 0 has not finished */
        one_nap(kind, 500, false, 51);  /* in the next round, when hart 0 is further again */
    }
}

static void who_cannot_be_added(void **state)
{
    struct house house;
    struct error e;

    (void)state;
    house_open(&house, &kinds[0], 1);
    assert_int_equal(system_add_hart(house.system, house.h.cpu[1], &e), -EINVAL); /* the board has two places */
    assert_int_equal(system_use_firmware(house.system, PROGRAM_BASE, 0), -ENOTSUP);
    assert_int_equal(system_use_htif(house.system, PROGRAM_BASE, PROGRAM_BASE + 8), -ENOTSUP);
    struct system *alone;
    system_destroy(house.system);
    assert_int_equal(system_create(&alone, house.h.cpu[0], virt_create, &board, 10, &e), 0);
    assert_int_equal(system_add_hart(alone, house.h.machine[0][0], &e), -EINVAL); /* it has other memory */
    assert_int_equal(system_use_firmware(alone, PROGRAM_BASE, 0), 0);
    assert_int_equal(system_add_hart(alone, house.h.cpu[1], &e), -ENOTSUP);
    house.system = alone;
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_are_the_same_bare_and_virtual),
        cmocka_unit_test(moments_are_in_order),
        cmocka_unit_test(saved_here_restored_there),
        cmocka_unit_test(taken_back_to_moments),
        cmocka_unit_test(caches_of_the_second_hart_are_cold),
        cmocka_unit_test(the_second_hart_has_its_reservation),
        cmocka_unit_test(who_cannot_be_added),
        cmocka_unit_test(waits_of_different_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
