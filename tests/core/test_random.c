/* test_random.c - the random guests (random_guest.h) themselves: the same from the same seed, and able to notice what is wrong: each fault of a
 * list, planted in the topmost VMM, within so many guests.
 */
#include "tests/core/random_run.h"

#include "tests/core/busy_faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { GUESTS = 200, FLOOR = 31 /* of the faults; some want a rare coincidence */ };

static char disk[64];
static const struct fault_row *fault_at;
static void plant_row(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->v[fault_at->row] = fault_at->wrong; }

static struct lockstep_report run_seed(uint64_t seed, unsigned depth, void (*plant)(struct faulty *, struct vcpu *))
{
    static struct random_guest g;
    struct random_stack stack = {.depth = depth};
    struct draw d = {.state = seed};
    random_guest_draw(&g, &d, GUEST_TURNS_MAX);
    const struct lockstep_report r = random_run(&g, &stack, disk, plant);
    assert_false(r.unfenced);
    return r;
}

static void the_same_seed_is_the_same_guest(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 4; seed++) {
        static struct random_guest g[3];
        for (unsigned i = 0; i < 3; i++) {
            struct draw d = {.state = seed + (i == 2)};
            random_guest_draw(&g[i], &d, GUEST_TURNS_MAX);
        }
        assert_memory_equal(g[0].image, g[1].image, sizeof g[0].image);
        assert_memory_not_equal(g[0].image, g[2].image, sizeof g[0].image);
    }
}

/* Bytes that a fuzzer chose come first; a guest of none at all ends, too. */
static void bytes_make_a_guest(void **state)
{
    static struct random_guest g;
    static const uint8_t bytes[600] = {0};
    struct random_stack stack = {.depth = 1};
    (void)state;
    for (size_t size = 0; size <= sizeof bytes; size += 200) {
        struct draw d = {.at = bytes, .end = bytes + size};
        random_guest_draw(&g, &d, 1);
        assert_int_equal(random_run(&g, &stack, disk, NULL).verdict, LOCKSTEP_EQUAL);
    }
}

static void smaller_guests_are_guests(void **state)
{
    static struct random_guest g;
    struct random_stack stack = {.depth = 1};
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        struct draw d = {.state = i};
        random_guest_draw(&g, &d, 20);
        random_guest_keep(&g, UINT64_C(0x3) << i);
        assert_int_equal(g.turns, 2);
        random_guest_blank(&g, 0, GUEST_BLOCKS * GUEST_BLOCK_WORDS);
        const struct lockstep_report r = random_run(&g, &stack, disk, NULL);
        assert_int_equal(r.verdict, LOCKSTEP_EQUAL);
        assert_int_equal(r.result[LOCKSTEP_BARE].end, END_POWEROFF);
    }
}

static bool noticed(const char *name, void (*plant)(struct faulty *, struct vcpu *))
{
    for (uint64_t seed = 0; seed < GUESTS; seed++)
        if (run_seed(seed, 1, plant).verdict == LOCKSTEP_DIVERGED)
            return true;
    print_message("  not noticed by %d guests: %s\n", GUESTS, name);
    return false;
}

/* Patterns that are one of millions are for proofs and for the busy guest. */
static bool is_rare(const char *name) { return strstr(name, "pattern") != NULL; }

static void faults_are_noticed(void **state)
{
    unsigned count = 0, wanted = 0;
    (void)state;
    for (fault_at = fault_rows; fault_at < fault_rows + FAULT_ROWS; fault_at++)
        if (!is_rare(fault_at->name)) {
            wanted++;
            count += noticed(fault_at->name, plant_row);
        }
    for (unsigned i = 0; i < FAULT_OTHERS; i++) {
        wanted++;
        count += noticed(fault_others[i].name, fault_others[i].plant);
    }
    print_message("  %u of %u noticed\n", count, wanted);
    assert_true(count >= FLOOR && count <= wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_is_the_same_guest),
        cmocka_unit_test(bytes_make_a_guest),
        cmocka_unit_test(smaller_guests_are_guests),
        cmocka_unit_test(faults_are_noticed),
    };
    random_disk_make(disk);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(disk);
    return failed;
}
