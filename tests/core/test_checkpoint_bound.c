/* test_checkpoint_bound.c - what checkpoints cost, which of them go to stay within a bound, and what is taken back with memory. */
#include "devices/drive.h"
#include "tests/core/course.h"

#include <errno.h>

/* --- the bound */

static void far_off_they_are_sparse(void **state)
{
    static struct course c;
    (void)state;
    enum { LIMIT = 3 << 20 };
    course_open(&c, 0, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, LIMIT, 1000);
    while (checkpoints_run(s, 20000).end == END_RUNNING)
        assert_true(checkpoints_stats(s).bytes <= LIMIT);
    assert_null(checkpoints_trouble(s));
    struct checkpoints_stats stats = checkpoints_stats(s);
    assert_int_equal(stats.taken, 1 + c.system->retired / 1000);
    assert_int_equal(stats.taken, stats.thinned + checkpoints_count(s));
    assert_true(stats.thinned > 100 && checkpoints_count(s) > 20);
    assert_int_equal(checkpoint_retired(checkpoints_at(s, 0)), 0);
    uint64_t end = c.system->retired, digest = course_digest(&c);
    unsigned near = 0, far = 0;
    for (unsigned n = 0; n < checkpoints_count(s); n++) {
        near += checkpoint_retired(checkpoints_at(s, n)) > end - end / 8;
        far += checkpoint_retired(checkpoints_at(s, n)) < end / 8;
    }
    assert_true(near > 2 * far);
    for (uint64_t from = end; from > 20000; from /= 2) /* some are left at every distance */
        assert_true(checkpoint_retired(checkpoints_before(s, end - from / 2)) >= (from == end ? 1 : end - from));
    for (uint64_t to = 0; to <= end; to += end / 3)
        seek(s, to);
    seek(s, 5);
    seek(s, end);
    checkpoints_run(s, UINT64_MAX); /* the end itself retires nothing */
    assert_int_equal(course_digest(&c), digest);
    checkpoints_destroy(s);
    course_close(&c);
}

/* Too small for the guest's memory: a sentence, once, and the guest goes on. */
static void a_bound_too_small(void **state)
{
    static struct course c;
    struct error e;
    (void)state;
    course_open(&c, 0, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, 16 << 10, 1000);
    assert_int_equal(checkpoints_run(s, 5000).end, END_RUNNING);
    assert_int_equal(c.system->retired, 5000);
    assert_non_null(strstr(checkpoints_trouble(s), "no more than 16 KiB"));
    assert_int_equal(checkpoint_take(s, true, NULL, &e), -ENOSPC);
    assert_int_equal(checkpoints_count(s), 0);
    assert_int_equal(checkpoints_seek(s, 100, &e), -ENOENT);
    assert_non_null(strstr(e.text, "instruction 100"));
    checkpoints_destroy(s);
    s = store_of(&c, 0, 1000); /* and memory was not disturbed */
    struct checkpoint *here = take(s);
    uint64_t digest = course_digest(&c);
    system_run(c.system, 100000);
    restore(s, here);
    assert_int_equal(course_digest(&c), digest);
    system_run(c.system, UINT64_MAX);
    assert_int_equal(checkpoints_seek(s, UINT64_MAX / 2, &e), -EIO);
    checkpoints_destroy(s);
    course_close(&c);
}

/* The end is part of the state: before it the guest runs, after it it does not. */
static void the_end_is_taken_back(void **state)
{
    static struct course c;
    (void)state;
    course_open(&c, 1, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, 0, 0);
    system_run(c.system, 1000000);
    struct checkpoint *before = take(s);
    struct system_result end = system_run(c.system, UINT64_MAX);
    struct checkpoint *after = take(s);
    assert_int_equal(end.end, END_POWEROFF);
    for (int n = 0; n < 3; n++) {
        restore(s, before);
        assert_false(c.system->ended);
        assert_int_equal(system_run(c.system, 10).end, END_RUNNING);
        system_end(c.system, END_STUCK, n + 1, "another end");
        restore(s, after);
        assert_true(c.system->ended);
        assert_int_equal(system_run(c.system, 10).end, END_POWEROFF);
        assert_int_equal(c.system->result.status, end.status);
        assert_string_equal(c.system->result.why, end.why);
    }
    checkpoints_destroy(s);
    course_close(&c);
}

/* The price is what was written since, not what there is. */
static void a_checkpoint_costs_what_was_written(void **state)
{
    static struct course c;
    (void)state;
    course_open(&c, 1, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, 0, 0);
    system_run(c.system, 600000);
    take(s);
    uint64_t first = checkpoints_stats(s).pages;
    take(s);
    assert_int_equal(checkpoints_stats(s).pages, first);
    put64(&c, COURSE_RAM + 0x800000, 1);
    take(s);
    assert_int_equal(checkpoints_stats(s).pages, first + 1);
    put64(&c, COURSE_RAM + 0x800000, 0); /* a page of zeros costs nothing */
    take(s);
    assert_int_equal(checkpoints_stats(s).pages, first + 1);
    checkpoints_destroy(s);
    course_close(&c);
}

/* What the caller keeps stays, and so does a change by hand. */
static void what_is_kept_stays(void **state)
{
    static struct course c;
    struct error e;
    (void)state;
    course_open(&c, 0, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, 4 << 20, 1000);
    checkpoints_run(s, 100500);
    struct checkpoint *kept = take(s);
    uint64_t digest = course_digest(&c);
    checkpoints_run(s, 100000);
    assert_int_equal(checkpoints_edited(s, &e), 0);
    while (checkpoints_run(s, 100000).end == END_RUNNING)
        ;
    assert_true(checkpoints_stats(s).thinned > 100);
    assert_int_equal(checkpoint_retired(checkpoints_before(s, 100999)), 100500);
    assert_int_equal(checkpoint_retired(checkpoints_before(s, 200999)), 200500);
    restore(s, kept);
    assert_int_equal(course_digest(&c), digest);
    checkpoints_destroy(s);
    course_close(&c);
}

/* Decoded code that slept through a checkpoint is decoded anew where it was written meanwhile. */
static void code_changes_in_its_sleep(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        static struct course c;
        const uint32_t loop[] = {addi(12, 12, 1), jump(-4)}, other[] = {addi(12, 12, 16)};
        course_machine(&c, NULL, kinds[k].depth, kinds[k].policy);
        course_switch_on(&c);
        load_program(&c, COURSE_RAM, loop, sizeof loop);
        machine_set(course_top(&c), MACHINE_PC, COURSE_RAM);
        struct checkpoints *s = store_of(&c, 0, 0);
        system_run(c.system, 1000);
        assert_int_equal(machine_get(course_top(&c), RV_X + 12), 500);
        struct checkpoint *here = take(s);
        load_program(&c, COURSE_RAM, other, sizeof other);
        system_run(c.system, 10);
        assert_int_equal(machine_get(course_top(&c), RV_X + 12), 500 + 5 * 16);
        restore(s, here);
        system_run(c.system, 10);
        assert_int_equal(machine_get(course_top(&c), RV_X + 12), 505);
        checkpoints_destroy(s);
        course_close(&c);
    }
}

/* A cold fence empties a virtual machine's shadow, whatever its policy, and even where no tables of the guest are involved. */
static void a_shadow_goes_cold(void **state)
{
    (void)state;
    for (unsigned k = 1; k < KINDS; k++) {
        static struct course c;
        struct vm_stats before, after;
        const uint32_t loop[] = {ld(12, S0, 0), jump(-4)};
        course_machine(&c, NULL, kinds[k].depth, kinds[k].policy);
        course_switch_on(&c);
        load_program(&c, COURSE_RAM, loop, sizeof loop);
        machine_set(course_top(&c), MACHINE_PC, COURSE_RAM);
        machine_set(course_top(&c), RV_X + S0, COURSE_RAM + 0x10000);
        system_run(c.system, 1000);
        vm_stats(course_top(&c), &before);
        system_run(c.system, 1000);
        vm_stats(course_top(&c), &after);
        assert_int_equal(after.fills, before.fills);
        machine_fence(course_top(&c), &(struct fence){.cold = true});
        system_run(c.system, 1000);
        vm_stats(course_top(&c), &after);
        assert_int_equal(after.fills, before.fills + 2); /* of the code and of the word */
        course_close(&c);
    }
}

/* Every store is seen in the epoch it is made in, also the hundredth to one page through the pointer the CPU keeps. */
static void stores_are_seen_in_their_epoch(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        static struct course c;
        const uint32_t loop[] = {store(3, 12, S0), addi(12, 12, 1), jump(-8)};
        course_machine(&c, NULL, kinds[k].depth, kinds[k].policy);
        course_switch_on(&c);
        load_program(&c, COURSE_RAM, loop, sizeof loop);
        machine_set(course_top(&c), MACHINE_PC, COURSE_RAM);
        machine_set(course_top(&c), RV_X + S0, COURSE_RAM + 0x10ff8);
        const struct phys_range *r = phys_find(course_top(&c)->phys, COURSE_RAM);
        for (unsigned n = 0; n < 20; n++) {
            uint32_t epoch = ram_epoch_begin(r->ram);
            const uint64_t end = r->ram_offset + r->size;
            assert_int_equal(ram_next_written(r->ram, r->ram_offset, end, epoch), end);
            system_run(c.system, 300);
            uint64_t at = ram_next_written(r->ram, r->ram_offset, end, epoch);
            assert_int_equal(at, r->ram_offset + 0x10000);
            assert_int_equal(ram_next_written(r->ram, at + PAGE_SIZE, end, epoch), end);
        }
        course_close(&c);
    }
}

/* The CPU comes to keep a pointer to a page without writing there: the store lies across two pages, and the second refuses. The
 * next store to the first one is seen all the same. */
static void a_store_that_faults_half_way(void **state)
{
    static struct course c;
    const uint32_t code[] = {store(3, 12, S0), store(3, 12, S1), jump(0)};
    uint64_t retired = 0;
    (void)state;
    course_machine(&c, NULL, 0, SHADOW_FLUSH);
    struct machine *m = course_top(&c);
    load_program(&c, COURSE_RAM, code, sizeof code);
    machine_set(m, RV_X + S0, COURSE_RAM + COURSE_RAM_SIZE - 4); /* beyond it there is nothing */
    machine_set(m, RV_X + S1, COURSE_RAM + COURSE_RAM_SIZE - 64);
    machine_set(m, MACHINE_PC, COURSE_RAM);
    uint32_t epoch = ram_epoch_begin(c.ram);
    assert_int_equal(machine_run(m, 1, &retired).kind, TRAP_EXCEPTION);
    machine_set(m, MACHINE_PC, COURSE_RAM + 4);
    assert_int_equal(machine_run(m, 1, &retired).kind, TRAP_BUDGET);
    assert_int_equal(retired, 1);
    assert_int_equal(ram_next_written(c.ram, 0, COURSE_RAM_SIZE, epoch), COURSE_RAM_SIZE - PAGE_SIZE);
    course_close(&c);
}

/* Writes that bring memory back are no part of the course: what was reserved then is so again, whatever became of it. */
static void a_reservation_is_taken_back(void **state)
{
    static struct course c;
    (void)state;
    for (unsigned depth = 0; depth <= 1; depth++) {
        course_open(&c, depth, SHADOW_FLUSH);
        struct checkpoints *s = store_of(&c, 0, 0);
        struct machine *m = course_top(&c);
        const pa_t at = COURSE_RAM + COURSE_RAM_SIZE / 2;
        const uint64_t word = 5;
        machine_set(m, RV_RESERVATION, at);
        struct checkpoint *then = take(s);
        assert_int_equal(machine_store(m, at, &word, sizeof word), 0);
        assert_int_equal(machine_get(m, RV_RESERVATION), UINT64_MAX);
        restore(s, then);
        assert_int_equal(machine_get(m, RV_RESERVATION), at);
        checkpoints_destroy(s);
        course_close(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_off_they_are_sparse),     cmocka_unit_test(a_bound_too_small),
        cmocka_unit_test(the_end_is_taken_back),       cmocka_unit_test(a_checkpoint_costs_what_was_written),
        cmocka_unit_test(what_is_kept_stays),          cmocka_unit_test(code_changes_in_its_sleep),
        cmocka_unit_test(a_shadow_goes_cold),          cmocka_unit_test(stores_are_seen_in_their_epoch),
        cmocka_unit_test(a_reservation_is_taken_back), cmocka_unit_test(a_store_that_faults_half_way),
    };
    return run_by_both_engines(tests);
}
