/* test_busy.c - the guests that `trapeze verify` runs if it is told none: in lock step with each of many wrong VMMs, the two together notice
 * every fault. */
#include "tests/core/busy_faults.h"
#include "tests/core/lockstep_rig.h"

#include "core/boot.h"
#include "guests.h"

#include <stdio.h>

static const struct fault_row *fault_at; /* of this run */

static void plant_row(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->v[fault_at->row] = fault_at->wrong; }

static void boot(struct system *s, const char *bios, const unsigned char *data, size_t size)
{
    struct boot_config c = {.bios = bios, .kernel = "guest", .kernel_data = data, .kernel_size = size};
    struct booted booted;
    struct error e;

    if (boot_system(s, &c, &booted, &e) != 0)
        fail_msg("%s", e.text);
}
static void boot_hello(struct system *s) { boot(s, "builtin", trapeze_guest_hello, trapeze_guest_hello_size); }
static void boot_busy(struct system *s) { boot(s, "none", trapeze_guest_busy, trapeze_guest_busy_size); }

enum { PAGES_NEEDED = 1024 };

static bool notices(plant_fn *plant, void (*guest)(struct system *))
{
    struct riscv_config hart = riscv_config_default;

    hart.zicbom = hart.zicboz = true; /* what the board of the command has not */
    struct bench b = {.depth = 1, .plant = plant, .boot = guest, .pages = PAGES_NEEDED, .hart = &hart};
    const struct lockstep_report r = run(&b, 1, UINT64_MAX);

    if (!plant) {
        assert_int_equal(r.verdict, LOCKSTEP_EQUAL);
        assert_int_equal(r.result[LOCKSTEP_BARE].end, END_POWEROFF);
    }
    assert_false(r.unfenced); /* it is the VMM that is wrong */
    return r.verdict == LOCKSTEP_DIVERGED;
}

/* The ordinary one is asked where the busy one sees nothing. */
static bool by_either(const char *name, plant_fn *plant)
{
    const bool noticed = notices(plant, boot_busy) || notices(plant, boot_hello);

    if (!noticed)
        print_message("  nobody notices: %s\n", name);
    return noticed;
}

/* Without a fault there is nothing to notice. */
static void both_are_equivalent(void **state)
{
    (void)state;
    assert_false(notices(NULL, boot_hello));
    assert_false(notices(NULL, boot_busy));
}

static void every_fault_is_noticed(void **state)
{
    unsigned noticed = 0;

    (void)state;
    for (fault_at = fault_rows; fault_at < fault_rows + FAULT_ROWS; fault_at++)
        noticed += by_either(fault_at->name, plant_row);
    for (unsigned i = 0; i < FAULT_OTHERS; i++)
        noticed += by_either(fault_others[i].name, fault_others[i].plant);
    print_message("  %u of %u noticed\n", noticed, FAULT_ROWS + FAULT_OTHERS);
    assert_int_equal(noticed, FAULT_ROWS + FAULT_OTHERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_are_equivalent), cmocka_unit_test(every_fault_is_noticed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
