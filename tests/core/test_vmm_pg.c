/* test_vmm_pg.c - vmm.pg, the paper's construction written in the machine's own code: its guests' cells lie from K on. */
#include "tests/core/pg_rig.h"

enum { Q = PG_BENCH_CELLS };

/* --- vmm.pg: the paper's construction, inside the machine. Its guests' cells lie from K on. */
enum { K = 512, CP_FACTOR = 500 /* instructions of it to one of its guest's, at the most */ };

static void compare_with_guest_of_vmm_pg(const struct pg_rig *bare, const struct pg_rig *cp, unsigned k)
{
    assert_string_equal(bare->text, cp->text);
    for (unsigned i = 0; i < bare->cells; i++)
        if (pg_rig_cell(bare, i) != pg_rig_cell(cp, k + i))
            fail_msg("cell %u is %llx bare and %llx under vmm.pg", i, (unsigned long long)pg_rig_cell(bare, i),
                     (unsigned long long)pg_rig_cell(cp, k + i));
}

/* Bare, in our virtual machine, in that of vmm.pg, and in that of vmm.pg under vmm.pg (Theorem 2); vmm.pg itself bare and virtual. */
static void examples_under_vmm_pg(void **state)
{
    static const char *const names[] = {"hello",     "traps", "jrst1", "getmode", "setr-nop",
                                        "setr-user", "lra",   "getr",  "shrink",  "halt-user"};
    enum { CELLS = 512 };
    (void)state;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct pg_rig bare, ours;
        pg_rig_create(&bare, CELLS, PG_BASE, 0, VMM_TRAP);
        pg_rig_create(&ours, CELLS, PG_BASE, 1, VMM_TRAP);
        pg_rig_load(&bare, names[i], 0);
        pg_rig_load(&ours, names[i], 0);
        assert_int_equal(system_run(bare.system, 100000).end, END_POWEROFF);
        assert_int_equal(system_run(ours.system, 100000).end, END_POWEROFF);
        compare_with_guest_of_vmm_pg(&bare, &ours, 0);
        for (unsigned nested = 1; nested <= 2; nested++)
            for (unsigned depth = 0; depth <= 1; depth++) {
                struct pg_rig cp;
                pg_rig_create(&cp, nested * K + CELLS, PG_BASE, depth, VMM_TRAP);
                for (unsigned n = 0; n < nested; n++)
                    pg_rig_load(&cp, "vmm", n * K);
                pg_rig_load(&cp, names[i], nested * K);
                assert_int_equal(system_run(cp.system, UINT64_C(100000) * CP_FACTOR).end, END_POWEROFF);
                compare_with_guest_of_vmm_pg(&bare, &cp, nested * K);
                pg_rig_destroy(&cp);
            }
        pg_rig_destroy(&bare);
        pg_rig_destroy(&ours);
    }
}

/* Programs that come to an end within reasonable time, at random. */
static void programs_under_vmm_pg(void **state)
{
    struct pg_rig bare, cp, fresh;
    uint64_t seed = 5;
    unsigned halted = 0;
    uint64_t traps = 0;
    (void)state;
    pg_rig_create(&bare, Q, PG_BASE, 0, VMM_TRAP);
    pg_rig_create(&fresh, K, PG_BASE, 0, VMM_TRAP);
    pg_rig_load(&fresh, "vmm", 0);
    for (unsigned i = 0; i < 600; i++) {
        struct pg_state s;
        pg_random_program(&s, &seed);
        pg_rig_start(&bare, &s);
        bare.printed = 0;
        memset(bare.text, 0, sizeof bare.text);
        if (system_run(bare.system, 2000).end != END_POWEROFF)
            continue;
        pg_rig_create(&cp, K + Q, PG_BASE, 0, VMM_TRAP);
        for (unsigned n = 0; n < K; n++)
            assert_int_equal(machine_store(cp.top, n * PG_CELL, &(uint64_t){pg_rig_cell(&fresh, n)}, PG_CELL), 0);
        assert_int_equal(machine_store(cp.top, K * PG_CELL, s.cell, Q * PG_CELL), 0);
        assert_int_equal(system_run(cp.system, 2000 * CP_FACTOR).end, END_POWEROFF);
        compare_with_guest_of_vmm_pg(&bare, &cp, K);
        halted++;
        traps += cp.system->traps_delivered;
        pg_rig_destroy(&cp);
    }
    assert_true(halted > 250 && traps > 20 * halted);
    pg_rig_destroy(&bare);
    pg_rig_destroy(&fresh);
}

/* R that reaches beyond the guest's memory, or lies there: cell 0, an instruction, must not be what is executed then. */
static void bounds_under_vmm_pg(void **state)
{
    static const uint64_t l[] = {0, 1, Q - 9, Q - 8, Q - 1, Q, Q + 1, K, PG_CELLS_MAX};
    (void)state;
    for (unsigned i = 0; i < sizeof l / sizeof l[0]; i++)
        for (uint64_t b = 0; b < 12; b++) {
            struct pg_rig bare, ours, cp;
            uint64_t cell[Q] = {0};
            for (unsigned n = 0; n < Q; n++)
                cell[n] = pg_encode(PG_INSN_lit, 8, 7 + n);
            cell[0] = pg_encode(PG_INSN_jmp, 3, 0);
            cell[1] = pg_psw_pack((struct pg_psw){.m = PG_S, .p = 5, .b = Q + 9});
            cell[2] = pg_encode(PG_INSN_lpsw, 6, 0);
            cell[5] = pg_encode(PG_INSN_halt, 0, 0);
            cell[6] = pg_psw_pack((struct pg_psw){.m = i & 1, .p = 0, .l = l[i], .b = b});
            pg_rig_create(&bare, Q, PG_BASE, 0, VMM_TRAP);
            pg_rig_create(&ours, Q, PG_BASE, 1, VMM_TRAP);
            pg_rig_create(&cp, K + Q, PG_BASE, 0, VMM_TRAP);
            pg_rig_load(&cp, "vmm", 0);
            assert_int_equal(machine_store(bare.top, 0, cell, sizeof cell), 0);
            assert_int_equal(machine_store(ours.top, 0, cell, sizeof cell), 0);
            assert_int_equal(machine_store(cp.top, K * PG_CELL, cell, sizeof cell), 0);
            struct pg_rig *side[] = {&bare, &ours, &cp};
            for (unsigned k = 0; k < 3; k++)
                assert_int_equal(system_run(side[k]->system, 100000).end, END_POWEROFF);
            compare_with_guest_of_vmm_pg(&bare, &ours, 0);
            compare_with_guest_of_vmm_pg(&bare, &cp, K);
            for (unsigned k = 0; k < 3; k++)
                pg_rig_destroy(side[k]);
        }
}

/* It is a VMM, not an interpreter: an instruction that is not privileged costs it nothing. */
static void vmm_pg_is_efficient(void **state)
{
    struct pg_rig r[2];
    uint64_t retired[2];
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const uint64_t program[] = {0,
                                    0,
                                    pg_encode(PG_INSN_lit, 8, 1000 + 4000 * i),
                                    pg_encode(PG_INSN_sub, 8, 7),
                                    pg_encode(PG_INSN_jz, 6, 8),
                                    pg_encode(PG_INSN_jmp, 3, 0),
                                    pg_encode(PG_INSN_halt, 0, 0),
                                    1,
                                    0};
        pg_rig_create(&r[i], K + 16, PG_BASE, 0, VMM_TRAP);
        pg_rig_load(&r[i], "vmm", 0);
        assert_int_equal(machine_store(r[i].top, K * PG_CELL, program, sizeof program), 0);
        assert_int_equal(system_run(r[i].system, UINT64_MAX).end, END_POWEROFF);
        retired[i] = r[i].system->retired;
        pg_rig_destroy(&r[i]);
    }
    assert_int_equal(retired[1] - retired[0], 3 * 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_under_vmm_pg),
        cmocka_unit_test(programs_under_vmm_pg),
        cmocka_unit_test(bounds_under_vmm_pg),
        cmocka_unit_test(vmm_pg_is_efficient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
