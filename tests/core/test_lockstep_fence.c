/* test_lockstep_fence.c - a guest that omits its fence is told apart from a machine that is wrong. The guest is the supervisor program of
 * program.h, which maps a page anew in each round, with something else in place of its SFENCE.VMA.
 */
#include "tests/core/lockstep_rig.h"

#include <stdio.h>

enum { NOP = 0x13, ELSEWHERE = 16 /* a page whose translation has the same place in a TLB as WANDER's */ };

static uint32_t in_place; /* of the fence; 0: it stays */

static void boot(struct system *s)
{
    struct machine *m = s->machine;
    const uint32_t fence = UINT32_C(0x12000073) | S4 << 15;
    unsigned found = 0;

    program_load(m, ROUNDS);
    machine_set(m, S11, PROGRAM_PAGE(ELSEWHERE));
    for (pa_t at = PROGRAM_BASE; in_place && at < PROGRAM_PAGE(1); at += 4)
        if (word_at(m, at) == fence) {
            assert_int_equal(machine_store(m, at, &in_place, 4), 0);
            found++;
        }
    assert_true(!in_place || found == 1);
}

static struct lockstep_report with(uint32_t word, enum shadow_policy shadow, plant_fn *plant, uint64_t every)
{
    struct bench b = {.depth = 1, .shadow = shadow, .plant = plant, .boot = boot};
    in_place = word;
    return run(&b, every, UINT64_MAX);
}

static void no_fence(const struct lockstep_report *r, unsigned stale)
{
    assert_int_equal(r->verdict, LOCKSTEP_DIVERGED);
    assert_true(r->exact && r->unfenced);
    assert_true(r->stale[stale] && !r->stale[!stale]);
    assert_int_equal(r->unfenced_va >> PAGE_SHIFT, PROGRAM_WANDER >> PAGE_SHIFT);
    assert_true(r->unfenced_by <= r->retired && r->unfenced_by + 4 >= r->retired); /* the store, then this word, then the use */
    explains(r, NULL, "The guest did not fence: with instruction ");
    explains(r, NULL, stale == LOCKSTEP_BARE ? "the bare machine went by the old one" : "the virtual machine went by the old one");
}

/* The bare machine's TLB still has the old page; traced shadow tables have the new one. Whatever fences something else is no fence. */
static void the_guest_did_not_fence(void **state)
{
    static const uint32_t words[] = {
        NOP,
        UINT32_C(0x12000073) | S11 << 15,           /* another address, */
        UINT32_C(0x12000073) | T2 << 20,            /* another address space: 40, where its own is 0, */
        UINT32_C(0x12000073) | S4 << 15 | T2 << 20, /* the right address in that */
        0x0000100f,                                 /* FENCE.I */
    };
    (void)state;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        for (uint64_t every = 1; every < 2000; every += 999) {
            const struct lockstep_report r = with(words[i], SHADOW_TRACE, NULL, every);
            no_fence(&r, LOCKSTEP_BARE);
        }
}

/* The bare machine's TLB has lost the page to another one; shadow tables have kept it. */
static void the_other_way_round(void **state)
{
    const struct lockstep_report r = with(i_type(0x03, 3, ZERO, S11, 0), SHADOW_FLUSH, NULL, 1);
    (void)state;
    no_fence(&r, LOCKSTEP_VIRTUAL);
}

/* A fence of all, of the address, of the address space (A5 is its number, 0), of both. */
static void any_fence_will_do(void **state)
{
    static const uint32_t words[] = {0x12000073, UINT32_C(0x12000073) | S4 << 15, UINT32_C(0x12000073) | A5 << 20,
                                     UINT32_C(0x12000073) | S4 << 15 | A5 << 20};
    (void)state;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        for (unsigned shadow = SHADOW_FLUSH; shadow < SHADOW_POLICIES; shadow++)
            assert_int_equal(with(words[i], shadow, NULL, 1).verdict, LOCKSTEP_EQUAL);
}

/* The guest fences, and the VMM does not heed it: that is not put on the guest. */
static void a_wrong_vmm_is_blamed(void **state)
{
    for (uint64_t every = 1; every < 2000; every += 999) {
        const struct lockstep_report r = with(0, SHADOW_FLUSH, fault_fence, every);
        (void)state;
        assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
        assert_true(r.exact && !r.unfenced);
        assert_true(r.stale[LOCKSTEP_VIRTUAL] && !r.stale[LOCKSTEP_BARE]);
        explains(&r, NULL, "a stale or wrong shadow leaf");
    }
    const struct lockstep_report other = with(0, SHADOW_FLUSH, fault_side_effect, 1); /* nor what no fence has to do with */
    assert_int_equal(other.verdict, LOCKSTEP_DIVERGED);
    assert_true(!other.unfenced && !other.stale[0] && !other.stale[1]);
}

/* A wrong VMM below a guest that does not fence: what differs there first is still the VMM's. */
static void both_are_wrong(void **state)
{
    const struct lockstep_report r = with(NOP, SHADOW_TRACE, fault_side_effect, 1);
    (void)state;
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_false(r.unfenced && r.stale[LOCKSTEP_VIRTUAL]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guest_did_not_fence), cmocka_unit_test(the_other_way_round), cmocka_unit_test(any_fence_will_do),
        cmocka_unit_test(a_wrong_vmm_is_blamed),   cmocka_unit_test(both_are_wrong),
    };
    return run_in_every_way(tests);
}
