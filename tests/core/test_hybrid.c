/* The hybrid monitor on RISC-V: what a guest executes in virtual S and M is interpreted, its user mode runs directly, and nothing of it
 * can be told from a bare machine. (On the paper's machine, where the two monitors differ in what they can do: test_pg_vmm.c.) */
#include "tests/core/rig.h"

enum { ROUNDS = 60 };

static void rig_create_hybrid(struct rig *r, unsigned depth, enum shadow_policy policy, unsigned hybrid_levels)
{
    const struct vm_config whole = rig_vm_config(depth, policy, 512);
    struct error error;

    memset(r, 0, sizeof *r);
    r->depth = depth;
    assert_int_equal(ram_create(&r->ram, whole.ram_size), 0);
    assert_int_equal(phys_create(&r->phys), 0);
    assert_int_equal(phys_add_ram(r->phys, "ram", PROGRAM_BASE, whole.ram_size, r->ram, 0), 0);
    assert_int_equal(riscv_create(&r->machine[0], r->phys, &rig_config), 0);
    for (unsigned i = 1; i <= depth; i++) {
        struct vm_config c = rig_vm_config(depth - i, policy, 512);
        c.monitor = hybrid_levels >> i & 1 ? VMM_HYBRID : VMM_TRAP;
        if (vmm_create_vm(r->machine[i - 1], &c, &r->machine[i], &error))
            fail_msg("%s", error.text);
    }
    r->top = r->machine[depth];
    assert_int_equal(phys_add_io(r->top->phys, "device", PROGRAM_DEVICE, PAGE_SIZE, &rig_io, r), 0);
}

static struct outcome run_bare(void)
{
    struct rig r;
    rig_create(&r, &rig_config, 0, SHADOW_FLUSH, 0);
    program_load(r.top, ROUNDS);
    struct outcome o = drive(&r, r.top, UINT64_MAX);
    rig_destroy(&r);
    return o;
}

static void hybrid_equals_bare(void **state)
{
    (void)state;
    const struct outcome bare = run_bare();
    static const uint64_t slices[] = {UINT64_MAX, 1, 7, 1000};
    for (unsigned i = 0; i < sizeof slices / sizeof *slices; i++)
        for (unsigned policy = SHADOW_FLUSH; policy <= SHADOW_TRACE; policy++) {
            struct rig r;
            rig_create_hybrid(&r, 1, (enum shadow_policy)policy, 1 << 1);
            program_load(r.top, ROUNDS);
            const struct outcome o = drive(&r, r.top, slices[i]);
            outcome_compare(&bare, &o);
            rig_destroy(&r);
        }
}

/* Which levels are hybrid does not show, either. */
static void any_mixture_equals_bare(void **state)
{
    (void)state;
    const struct outcome bare = run_bare();
    for (unsigned levels = 0; levels < 8; levels += 2) {
        struct rig r;
        rig_create_hybrid(&r, 2, SHADOW_FLUSH, levels);
        program_load(r.top, ROUNDS);
        const struct outcome o = drive(&r, r.top, UINT64_MAX);
        outcome_compare(&bare, &o);
        rig_destroy(&r);
    }
}

/* Just the instructions that retire in U-mode are the host's. */
static void only_user_code_runs_directly(void **state)
{
    struct rig bare, virtual;
    struct outcome o = {0};
    struct vm_stats stats;
    uint64_t user = 0;
    bool more = true;
    (void)state;
    rig_create(&bare, &rig_config, 0, SHADOW_FLUSH, 0);
    program_load(bare.top, ROUNDS);
    while (more) {
        const bool in_user = machine_get(bare.top, MACHINE_MODE) == RV_U;
        const uint64_t before = o.retired;
        more = drive_once(bare.top, 1, &o);
        user += in_user ? o.retired - before : 0;
    }
    rig_create_hybrid(&virtual, 1, SHADOW_FLUSH, 1 << 1);
    program_load(virtual.top, ROUNDS);
    const struct outcome all = drive(&virtual, virtual.top, UINT64_MAX);
    vm_stats(virtual.top, &stats);
    assert_int_equal(all.retired, o.retired);
    assert_int_equal(stats.direct, user);
    assert_int_equal(stats.direct + stats.emulated + stats.interpreted, all.retired);
    assert_true(stats.hybrid && user > 10 * ROUNDS && stats.interpreted > 10 * ROUNDS && stats.v_i[RV_INSN_sret] > ROUNDS);
    rig_destroy(&bare);
    rig_destroy(&virtual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hybrid_equals_bare),
        cmocka_unit_test(any_mixture_equals_bare),
        cmocka_unit_test(only_user_code_runs_directly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
