/* The hybrid monitor on RISC-V, with an interpreter of its own and instruction by instruction: what a guest executes in virtual S and M is interpreted, its user mode runs directly, and nothing of it
 * can be told from a bare machine. (On the paper's machine, where the two monitors differ in what they can do: test_pg_vmm.c.) */
#include "tests/core/rig.h"

#include "core/inspect.h"

enum { ROUNDS = 60 };

static void rig_create_hybrid(struct rig *r, unsigned depth, enum shadow_policy policy, unsigned hybrid_levels, bool stepwise)
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
        c.stepwise = stepwise;
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
        for (unsigned way = 0; way < 4; way++) {
            struct rig r;
            rig_create_hybrid(&r, 1, way % 2 ? SHADOW_TRACE : SHADOW_FLUSH, 1 << 1, way / 2);
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
    for (unsigned levels = 0; levels < 16; levels += 2) {
        struct rig r;
        rig_create_hybrid(&r, 2, SHADOW_FLUSH, levels % 8, levels / 8);
        program_load(r.top, ROUNDS);
        const struct outcome o = drive(&r, r.top, UINT64_MAX);
        outcome_compare(&bare, &o);
        rig_destroy(&r);
    }
}

/* All registers of the table, by the two ways at once: the same after every instruction, and looking at the VMM's state, for which the
 * interpreter must give the guest's back, changes nothing. */
static void the_ways_agree_at_every_instruction(void **state)
{
    struct rig r[2];
    struct outcome o[2] = {{0}, {0}};
    bool more[2] = {true, true};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        rig_create_hybrid(&r[i], 1, SHADOW_FLUSH, 1 << 1, i);
        program_load(r[i].top, 6);
    }
    for (uint64_t n = 0; more[0] && more[1]; n++) {
        struct vm_shadow shadow;
        if (n % 3 == 0)
            assert_true(vm_shadow_look(r[0].top, &shadow));
        for (unsigned i = 0; i < 2; i++)
            more[i] = drive_once(r[i].top, 1, &o[i]);
        for (unsigned k = 0; k < isa_riscv.reg_count; k++) {
            const reg_t reg = isa_riscv.regs[k].reg;
            if (machine_get(r[0].top, reg) != machine_get(r[1].top, reg))
                fail_msg("after %llu instructions %s differs", (unsigned long long)o[0].retired, isa_riscv.regs[k].name);
        }
        assert_true(machine_get(r[0].top, MACHINE_CLOCK) == machine_get(r[1].top, MACHINE_CLOCK) &&
                    machine_get(r[0].top, MACHINE_WAKE) == machine_get(r[1].top, MACHINE_WAKE));
    }
    for (unsigned i = 0; i < 2; i++)
        outcome_finish(&o[i], &r[i], r[i].top);
    outcome_compare(&o[1], &o[0]);
    for (unsigned i = 0; i < 2; i++)
        rig_destroy(&r[i]);
}

/* What software may have written, whoever has the state when it is written and read: with inputs high, behind stimecmp, counters that
 * stand, PMP that is locked. */
static void all_state_changes_hands(void **state)
{
    static const struct {
        unsigned csr;
        uint64_t value;
    } write[] = {{CSR_mie, 0xaaa},
                 {CSR_mip, 0x222},
                 {CSR_mideleg, 0x222},
                 {CSR_medeleg, 0xb1ff},
                 {CSR_mscratch, 0x123},
                 {CSR_sscratch, 0x456},
                 {CSR_mcountinhibit, 5},
                 {CSR_mcycle, 77},
                 {CSR_minstret, 99},
                 {CSR_stimecmp, 5000},
                 {CSR_pmpaddr0, 0x3000},
                 {CSR_pmpaddr0 + 15, 0x77777},
                 {CSR_pmpcfg0, 0x9f},
                 {CSR_pmpcfg2, UINT64_C(0x1f) << 56},
                 {CSR_satp, UINT64_C(8) << 60 | 5},
                 {CSR_menvcfg, UINT64_C(1) << 63 | 1},
                 {CSR_fcsr, 0x25},
                 {CSR_mstatus, UINT64_C(0x80000000000e78aa)},
                 {CSR_mepc, 0x80000100},
                 {CSR_stvec, 0x80000201},
                 {CSR_mcounteren, 7},
                 {CSR_scounteren, 5}};
    static const unsigned line[] = {RV_IRQ_MSI, RV_IRQ_MTI, RV_IRQ_MEI, RV_IRQ_SEI};
    (void)state;
    for (unsigned lines = 0; lines < 2; lines++) {
        struct rig r;
        uint64_t before[512];
        assert_true(isa_riscv.reg_count <= 512);
        rig_create_hybrid(&r, 1, SHADOW_FLUSH, 1 << 1, false);
        for (unsigned n = 0; lines && n < sizeof line / sizeof *line; n++)
            machine_irq(r.top, line[n], true);
        for (unsigned n = 0; n < sizeof write / sizeof *write; n++)
            machine_set(r.top, RV_CSR + write[n].csr, write[n].value);
        for (unsigned n = 1; n < 32; n++) {
            machine_set(r.top, RV_X + n, n * 3);
            machine_set(r.top, RV_F + n, n * 5);
        }
        machine_set(r.top, RV_RESERVATION, PROGRAM_PAGE(9));
        machine_set(r.top, MACHINE_CLOCK, 1234);
        for (unsigned n = 0; n < isa_riscv.reg_count; n++)
            before[n] = machine_get(r.top, isa_riscv.regs[n].reg);
        for (unsigned turn = 0; turn < 3; turn++) {
            struct vm_shadow shadow;
            uint64_t retired = 0;
            (void)machine_run(r.top, 0, &retired).kind; /* the interpreter has it now */
            for (unsigned n = 0; n < isa_riscv.reg_count; n++)
                if (machine_get(r.top, isa_riscv.regs[n].reg) != before[n])
                    fail_msg("%s", isa_riscv.regs[n].name);
            assert_true(vm_shadow_look(r.top, &shadow)); /* and now the VMM */
            for (unsigned n = 0; n < isa_riscv.reg_count; n++)
                if (machine_get(r.top, isa_riscv.regs[n].reg) != before[n])
                    fail_msg("%s", isa_riscv.regs[n].name);
        }
        for (unsigned n = 0; n < sizeof line / sizeof *line; n++)
            machine_irq(r.top, line[n], false); /* what was written under them shows */
        machine_set(r.top, RV_CSR + CSR_menvcfg, 0);
        assert_int_equal(machine_get(r.top, RV_CSR + CSR_mip), 0x222);
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
    uint64_t flushes = 0;
    for (unsigned stepwise = 0; stepwise < 2; stepwise++) {
        rig_create_hybrid(&virtual, 1, SHADOW_FLUSH, 1 << 1, stepwise);
        program_load(virtual.top, ROUNDS);
        const struct outcome all = drive(&virtual, virtual.top, UINT64_MAX);
        vm_stats(virtual.top, &stats);
        assert_int_equal(all.retired, o.retired);
        assert_int_equal(stats.direct, user);
        assert_int_equal(stats.direct + stats.emulated + stats.interpreted, all.retired);
        assert_int_equal(stats.device_accesses, 2 * ROUNDS);
        assert_true(stats.hybrid && user > 10 * ROUNDS && stats.interpreted > 10 * ROUNDS);
        assert_true(stats.shadow_flushes > 0 && (!stepwise || stats.shadow_flushes == flushes)); /* it hears of every fence */
        flushes = stats.shadow_flushes;
        if (stepwise)
            assert_true(stats.v_i[RV_INSN_sret] > ROUNDS);
        else /* no v_i has anything to do with what the interpreter executes */
            assert_true(stats.emulated == 0 && stats.v_i[RV_INSN_sret] == 0);
        rig_destroy(&virtual);
    }
    rig_destroy(&bare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hybrid_equals_bare),
        cmocka_unit_test(any_mixture_equals_bare),
        cmocka_unit_test(the_ways_agree_at_every_instruction),
        cmocka_unit_test(all_state_changes_hands),
        cmocka_unit_test(only_user_code_runs_directly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
