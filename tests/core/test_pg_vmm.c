/* The VMM on the paper's machine. Virtual equals bare, at any depth, by both kinds of monitor, where a theorem says so; where none does
 * the difference is there to see. And vmm.pg, the same control program written in the machine's own code, equals both. */
#include "tests/core/pg_rig.h"

#include <errno.h>

enum { Q = PG_BENCH_CELLS };

/* --- Equivalence */

/* f(i(S)) = v_i(f(S)): one instruction, every row in turn, from any state; R reaches beyond the memory in many. */
static void one_instruction_from_any_state(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= 3; depth++)
        for (unsigned monitor = VMM_TRAP; monitor <= VMM_HYBRID; monitor++) {
            struct pg_rig bare, virtual;
            uint64_t seed = 100 * depth + monitor + 1;
            unsigned kinds[PG_TRAP_UNDEFINED + 1] = {0}, done = 0;
            pg_rig_create(&bare, Q, PG_BASE, 0, VMM_TRAP);
            pg_rig_create(&virtual, Q, PG_BASE, depth, (enum vmm_monitor)monitor);
            for (unsigned i = 0; i < 8000; i++) {
                struct pg_state s = {0}, after[2];
                uint64_t retired[2] = {0, 0};
                pg_state_random(&s, &seed, Q);
                if (s.l + s.p < Q && i % 8)
                    s.cell[s.l + s.p] = pg_encode(i % PG_INSN_COUNT, pg_random(&seed) % (Q + 2), pg_random(&seed) % (Q + 2));
                pg_state_set(&s, bare.top, Q);
                pg_state_set(&s, virtual.top, Q);
                struct trap t[2] = {machine_run(bare.top, 1, &retired[0]), machine_run(virtual.top, 1, &retired[1])};
                pg_trap_equal(&t[0], &t[1]);
                assert_int_equal(retired[0], retired[1]);
                pg_state_get(&after[0], bare.top, Q);
                pg_state_get(&after[1], virtual.top, Q);
                pg_state_equal(&after[0], &after[1]);
                if (t[0].kind == TRAP_EXCEPTION)
                    kinds[t[0].cause]++;
                else
                    done++;
            }
            assert_true(kinds[PG_TRAP_MEMORY] > 500 && kinds[PG_TRAP_PRIVILEGED] > 500 && kinds[PG_TRAP_SVC] > 100);
            assert_true(kinds[PG_TRAP_UNDEFINED] > 100 && done > 500);
            assert_string_equal(bare.text, virtual.text);
            assert_true(bare.printed > 20);
            pg_rig_destroy(&bare);
            pg_rig_destroy(&virtual);
        }
}

/* Registers that are set are what one reads, in the order one likes; the same ones as the bare machine's. */
static void registers_are_those_of_a_bare_machine(void **state)
{
    struct pg_rig r;
    (void)state;
    pg_rig_create(&r, Q, PG_BASE, 2, VMM_TRAP);
    assert_true(machine_get(r.top, MACHINE_MODE) == PG_S && machine_get(r.top, MACHINE_PC) == PG_RESET_P);
    assert_true(machine_get(r.top, PG_L) == 0 && machine_get(r.top, PG_B) == Q);
    for (unsigned i = 0; i < isa_pg.reg_count; i++) {
        const struct reg_desc *d = &isa_pg.regs[i];
        machine_set(r.top, d->reg, UINT64_MAX);
        assert_int_equal(machine_get(r.top, d->reg), (UINT64_C(1) << d->width) - 1);
        assert_true(machine_has(r.top, d->reg));
    }
    machine_set(r.top, MACHINE_CLOCK, 77);
    assert_int_equal(machine_get(r.top, MACHINE_CLOCK), 77);
    assert_int_equal(machine_get(r.top, MACHINE_WAKE), UINT64_MAX);
    machine_reset(r.top);
    assert_true(machine_get(r.top, MACHINE_MODE) == PG_S && machine_get(r.top, MACHINE_PC) == PG_RESET_P);
    assert_true(machine_get(r.top, PG_L) == 0 && machine_get(r.top, PG_B) == Q && machine_get(r.top, MACHINE_CLOCK) == 0);
    const struct pg_config *c = r.top->config;
    assert_int_equal(c->cells, Q); /* w, not the host's q */
    pg_rig_destroy(&r);
}

/* Whole programs, in slices of any length, with the owner delivering the traps; after each slice everything is compared. */
static void whole_programs(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= 3; depth++)
        for (unsigned monitor = VMM_TRAP; monitor <= VMM_HYBRID; monitor++) {
            struct pg_rig bare, virtual;
            uint64_t seed = 1000 * depth + monitor + 1, retired = 0, traps = 0;
            unsigned halted = 0;
            pg_rig_create(&bare, Q, PG_BASE, 0, VMM_TRAP);
            pg_rig_create(&virtual, Q, PG_BASE, depth, (enum vmm_monitor)monitor);
            for (unsigned i = 0; i < 250; i++) {
                struct pg_state s, after[2];
                pg_random_program(&s, &seed);
                struct pg_rig *side[] = {&bare, &virtual};
                struct system_result end[2] = {{.end = END_RUNNING}};
                for (unsigned k = 0; k < 2; k++)
                    pg_rig_start(side[k], &s);
                for (unsigned slices = 0; slices < 40 && end[0].end == END_RUNNING; slices++) {
                    uint64_t slice = 1 + pg_random(&seed) % 30;
                    for (unsigned k = 0; k < 2; k++) {
                        end[k] = system_run(side[k]->system, slice);
                        pg_state_get(&after[k], side[k]->top, Q);
                    }
                    assert_int_equal(end[0].end, end[1].end);
                    assert_string_equal(end[0].why, end[1].why);
                    pg_state_equal(&after[0], &after[1]);
                    assert_true(bare.system->retired == virtual.system->retired);
                    assert_true(bare.system->traps_delivered == virtual.system->traps_delivered);
                    assert_int_equal(machine_get(bare.top, MACHINE_CLOCK), machine_get(virtual.top, MACHINE_CLOCK));
                    if (monitor == VMM_TRAP)
                        assert_int_equal(machine_get(virtual.machine[0], MACHINE_MODE), PG_U);
                }
                retired += bare.system->retired;
                traps += bare.system->traps_delivered;
                halted += end[0].end == END_POWEROFF;
            }
            assert_true(retired > 250 * 40 && traps > 250 * 5 && halted > 100);
            assert_string_equal(bare.text, virtual.text);
            pg_rig_destroy(&bare);
            pg_rig_destroy(&virtual);
        }
}

/* An address is a number of cells: a memory of more than 4096 of them has no pages that one could lie across. */
static void cells_are_not_bytes(void **state)
{
    enum { CELLS = 5000 };
    (void)state;
    for (unsigned monitor = VMM_TRAP; monitor <= VMM_HYBRID; monitor++) {
        struct pg_rig r;
        pg_rig_create(&r, CELLS, PG_BASE, 2, (enum vmm_monitor)monitor);
        for (unsigned a = 4080; a < 4104; a++) {
            const uint64_t program[] = {pg_encode(PG_INSN_lit, a, a), pg_encode(PG_INSN_mov, 9, a), pg_encode(PG_INSN_halt, 0, 0)};
            const uint64_t where = a == 4080 ? 4090 : PG_RESET_P; /* a fetch, too */
            machine_reset(r.top);
            machine_set(r.top, MACHINE_PC, where);
            assert_int_equal(machine_store(r.top, where * PG_CELL, program, sizeof program), 0);
            uint64_t retired = 0;
            assert_int_equal(machine_run(r.top, 10, &retired).kind, TRAP_WAIT);
            assert_true(retired == 3 && pg_rig_cell(&r, 9) == a && pg_rig_cell(&r, a) == a);
        }
        pg_rig_destroy(&r);
    }
}

/* --- Efficiency and resource control */

/* What runs in virtual user mode runs directly by either monitor. By trap and emulate the rest does, too, but for what is privileged; by
 * the hybrid one none of it does. */
static void who_executes_what(void **state)
{
    (void)state;
    for (unsigned monitor = VMM_TRAP; monitor <= VMM_HYBRID; monitor++) {
        struct pg_rig bare, virtual;
        struct vm_stats stats;
        uint64_t user = 0, privileged = 0, all = 0;
        struct trap t = {.kind = TRAP_BUDGET};
        pg_rig_create(&bare, 512, PG_BASE, 0, VMM_TRAP);
        pg_rig_load(&bare, "traps", 0);
        while (t.kind != TRAP_WAIT) {
            bool in_user = machine_get(bare.top, MACHINE_MODE) == PG_U;
            uint64_t at = machine_get(bare.top, MACHINE_PC) + machine_get(bare.top, PG_L), before = all;
            uint64_t row = at < 512 ? (pg_rig_cell(&bare, (unsigned)at) >> 56) - 1 : 0;
            t = machine_run(bare.top, 1, &all);
            user += in_user && all > before;
            privileged += !in_user && all > before && row < PG_INSN_COUNT && isa_pg.rows[row].traps == TRAPS_PRIV;
            if (t.kind == TRAP_EXCEPTION)
                isa_pg.deliver(bare.top, &t);
        }
        pg_rig_create(&virtual, 512, PG_BASE, 1, (enum vmm_monitor)monitor);
        pg_rig_load(&virtual, "traps", 0);
        assert_int_equal(system_run(virtual.system, UINT64_MAX).end, END_POWEROFF);
        assert_string_equal(bare.text, virtual.text);
        vm_stats(virtual.top, &stats);
        assert_int_equal(stats.emulated, privileged);
        assert_int_equal(stats.direct, monitor == VMM_HYBRID ? user : all - privileged);
        assert_int_equal(stats.direct + stats.emulated + stats.interpreted, all);
        assert_true(user > 0 && privileged > 100 && !stats.pages && stats.hybrid == (monitor == VMM_HYBRID));
        assert_int_equal(stats.v_i[PG_INSN_halt], 1);
        assert_int_equal(stats.device_accesses, bare.printed);
        pg_rig_destroy(&bare);
        pg_rig_destroy(&virtual);
    }
}

/* Two guests on one host, turn about, a few instructions each: each is as if alone, and nothing else of the host's memory changes. On
 * all machines but the one whose user mode sets R. */
static void guests_have_their_cells_and_no_others(void **state)
{
    enum { HOST = 3 * 512, GUESTS = 2 }; /* a page for the cells of a trap, one for each guest */
    (void)state;
    for (enum pg_variant v = PG_BASE; v < PG_VARIANT_COUNT; v++) {
        struct pg_bench host;
        struct machine *guest[GUESTS];
        uint64_t seed = 11 + v, retired[GUESTS] = {0};
        pa_t k[GUESTS];
        struct error e;
        if (v == PG_SETR_USER)
            continue;
        pg_bench_create(&host, HOST, v);
        for (unsigned i = 0; i < HOST; i++)
            assert_int_equal(machine_store(host.m, i * PG_CELL, &(uint64_t){0xca11 + i}, PG_CELL), 0);
        for (unsigned g = 0; g < GUESTS; g++) {
            struct vm_config c = pg_rig_vm(Q, 0, VMM_TRAP);
            if (vmm_create_vm(host.m, &c, &guest[g], &e) != 0)
                fail_msg("%s", e.text);
            assert_true(vm_map_physical(guest[g], 0, &k[g]) && k[g] >= 2 * PG_CELL && k[g] % PAGE_SIZE == 0);
        }
        assert_true(k[0] != k[1]);
        for (unsigned i = 0; i < 300; i++) {
            struct pg_state s;
            for (unsigned g = 0; g < GUESTS; g++) {
                pg_random_program(&s, &seed);
                machine_reset(guest[g]);
                pg_state_set(&s, guest[g], Q);
            }
            for (unsigned turn = 0; turn < 60; turn++) {
                unsigned g = pg_random(&seed) % GUESTS;
                struct trap t = machine_run(guest[g], 1 + pg_random(&seed) % 9, &retired[g]);
                assert_int_equal(machine_get(host.m, MACHINE_MODE), PG_U);
                if (t.kind == TRAP_EXCEPTION)
                    isa_pg.deliver(guest[g], &t);
            }
        }
        assert_true(retired[0] > 300 && retired[1] > 300);
        for (unsigned i = 0; i < HOST; i++) {
            uint64_t word;
            bool given = i * PG_CELL - k[0] < PAGE_SIZE || i * PG_CELL - k[1] < PAGE_SIZE;
            assert_int_equal(machine_load(host.m, i * PG_CELL, &word, PG_CELL), 0);
            if (!given && word != 0xca11 + i)
                fail_msg("%s: the host's cell %u is %llx", pg_variants[v].name, i, (unsigned long long)word);
            if (given && i * PG_CELL % PAGE_SIZE >= Q * PG_CELL) /* the page goes on, the guest does not */
                assert_int_equal(word, 0);
        }
        machine_destroy(guest[0]);
        machine_destroy(guest[1]);
        pg_bench_destroy(&host);
    }
}

/* Turn about, so many instructions at a time, until both have halted; each as if alone. */
static void take_turns(struct machine *const guest[2], const struct pg_rig *alone, uint64_t *seed)
{
    uint64_t retired[2] = {0};
    bool halted[2] = {false};
    while (!halted[0] || !halted[1]) {
        unsigned g = pg_random(seed) & 1;
        if (halted[g])
            continue;
        struct trap t = machine_run(guest[g], 1 + pg_random(seed) % 3, &retired[g]);
        halted[g] = t.kind == TRAP_WAIT;
        if (t.kind == TRAP_EXCEPTION)
            isa_pg.deliver(guest[g], &t);
    }
    for (unsigned g = 0; g < 2; g++) {
        assert_int_equal(retired[g], alone->system->retired);
        for (unsigned i = 0; i < 512; i++) {
            uint64_t word;
            assert_int_equal(machine_load(guest[g], i * PG_CELL, &word, PG_CELL), 0);
            assert_int_equal(word, pg_rig_cell(alone, i));
        }
    }
}

/* Also where a guest's own instruction changed R and nobody was told (SHRINK). */
static void turns_do_not_show(void **state)
{
    struct pg_bench host;
    struct pg_rig alone;
    struct machine *guest[2];
    struct error e;
    (void)state;
    pg_rig_create(&alone, 512, PG_SHRINK, 0, VMM_TRAP);
    pg_rig_load(&alone, "shrink", 0);
    assert_int_equal(system_run(alone.system, UINT64_MAX).end, END_POWEROFF);
    for (uint64_t seed = 1; seed < 40; seed++) {
        uint64_t random = seed;
        pg_bench_create(&host, 4 * 512, PG_SHRINK);
        for (unsigned g = 0; g < 2; g++) {
            struct vm_config c = pg_rig_vm(512, 0, VMM_TRAP);
            struct pg_rig load = {0};
            if (vmm_create_vm(host.m, &c, &guest[g], &e) != 0)
                fail_msg("%s", e.text);
            load.top = guest[g];
            pg_rig_load(&load, "shrink", 0);
        }
        take_turns(guest, &alone, &random);
        machine_destroy(guest[0]);
        machine_destroy(guest[1]);
        pg_bench_destroy(&host);
    }
    pg_rig_destroy(&alone);
}

static void what_no_host_can_give(void **state)
{
    struct pg_bench host;
    struct machine *vm, *other;
    struct error e;
    uint64_t word;
    (void)state;
    pg_bench_create(&host, 2 * 512 + 100, PG_BASE);
    struct vm_config c = {.ram_size = 0};
    assert_int_equal(vmm_create_vm(host.m, &c, &vm, &e), -EINVAL);
    c.ram_size = 12;
    assert_int_equal(vmm_create_vm(host.m, &c, &vm, &e), -EINVAL);
    assert_string_equal(e.text, "a virtual machine's memory must be whole units of 8 bytes");
    c.ram_size = 613 * PG_CELL; /* pages for it there are; cells there are 612 */
    assert_int_equal(vmm_create_vm(host.m, &c, &vm, &e), -ENOMEM);
    assert_null(host.m->owner);
    c.ram_size = 612 * PG_CELL;
    assert_int_equal(vmm_create_vm(host.m, &c, &vm, &e), 0);
    assert_int_equal(machine_load(vm, 611 * PG_CELL, &word, sizeof word), 0);
    assert_int_equal(machine_load(vm, 612 * PG_CELL, &word, sizeof word), -EFAULT);
    assert_int_equal(machine_store(vm, 612 * PG_CELL - 4, &word, sizeof word), -EFAULT);
    c.ram_size = PG_CELL;
    assert_int_equal(vmm_create_vm(host.m, &c, &other, &e), -ENOMEM); /* cells 0 and 1 are the host owner's, and their page */
    assert_non_null(strstr(vm_k(vm), "mode = u"));
    machine_destroy(vm);
    pg_bench_destroy(&host);
}

/* --- Where a theorem says so, and where none does */

/* Each example on its variant: does it come out as on the bare machine? SHRINK does though no theorem promises it. */
static void examples_on_their_variants(void **state)
{
    static const struct {
        enum pg_variant variant;
        const char *name, *bare;
        bool trap, hybrid; /* as bare */
    } cases[] = {
        {PG_BASE, "hello", "Hello from <E, M, P, R>.\n", true, true},
        {PG_JRST1, "jrst1", "The kernel refused the user's OUT.\n", false, true},
        {PG_GETMODE, "getmode", "The kernel runs in supervisor mode.\n", false, true},
        {PG_SETR_NOP, "setr-nop", "The bound holds.\n", false, true},
        {PG_SETR_USER, "setr-user", "The user read its own machine's memory.\n", false, false},
        {PG_LRA, "lra", "The user lies where the kernel put it.\n", false, false},
        {PG_GETR, "getr", "The user has the R that the kernel gave it.\n", false, false},
        {PG_SHRINK, "shrink", "The user lowered its bound to 4.\n", true, true},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (unsigned depth = 0; depth <= 3; depth++)
            for (unsigned monitor = VMM_TRAP; monitor <= VMM_HYBRID; monitor++) {
                struct pg_rig r;
                pg_rig_create(&r, 512, cases[i].variant, depth, (enum vmm_monitor)monitor);
                pg_rig_load(&r, cases[i].name, 0);
                assert_int_equal(system_run(r.system, 100000).end, END_POWEROFF);
                bool same = strcmp(r.text, cases[i].bare) == 0;
                if (same != (depth == 0 || (monitor == VMM_TRAP ? cases[i].trap : cases[i].hybrid)))
                    fail_msg("%s, depth %u, %s: %s", cases[i].name, depth, monitor ? "hybrid" : "trap", r.text);
                pg_rig_destroy(&r);
            }
}

/* Programs of one's own, not only those: with the instruction of the variant in many a cell, virtual equals bare by the hybrid monitor
 * on machines of Theorem 3, and by neither monitor on the others. (Bounds within memory, for SHRINK: see v_pg.c.) */
static void programs_on_the_variants(void **state)
{
    static const struct {
        enum pg_variant variant;
        bool trap, hybrid;
    } cases[] = {
        {PG_BASE, true, true},        {PG_JRST1, false, true}, {PG_GETMODE, false, true}, {PG_SETR_NOP, false, true},
        {PG_SETR_USER, false, false}, {PG_LRA, false, false},  {PG_GETR, false, false},   {PG_HALT_USER, false, false},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (unsigned monitor = VMM_TRAP; monitor <= VMM_HYBRID; monitor++) {
            struct pg_rig bare, virtual;
            uint64_t seed = 77;
            unsigned differ = 0;
            const unsigned row = i ? pg_variants[cases[i].variant].row : (unsigned)PG_INSN_lit;
            pg_rig_create(&bare, Q, cases[i].variant, 0, VMM_TRAP);
            for (unsigned n = 0; n < 200; n++) {
                struct pg_state s, after[2];
                pg_random_program(&s, &seed);
                for (unsigned c = 4; c < Q; c += 5)
                    if (c >= PG_USER || (c < PG_HANDLER && n % 2))
                        s.cell[c] = pg_encode(row, pg_random(&seed) % 24, pg_random(&seed) % 24);
                pg_rig_create(&virtual, Q, cases[i].variant, 1, (enum vmm_monitor)monitor);
                struct pg_rig *side[] = {&bare, &virtual};
                struct system_result end[2];
                for (unsigned k = 0; k < 2; k++) {
                    pg_rig_start(side[k], &s);
                    end[k] = system_run(side[k]->system, 500);
                    pg_state_get(&after[k], side[k]->top, Q);
                }
                differ += end[0].end != end[1].end || memcmp(&after[0], &after[1], sizeof after[0]) != 0;
                pg_rig_destroy(&virtual);
            }
            bool equal = monitor == VMM_TRAP ? cases[i].trap : cases[i].hybrid;
            if ((differ == 0) != equal)
                fail_msg("%s, %s: %u of 200 programs differ", pg_variants[cases[i].variant].name, monitor ? "hybrid" : "trap", differ);
            pg_rig_destroy(&bare);
        }
}

/* An unprivileged HALT halts the real machine; the VMM says so. In the kernel's hands the hybrid monitor interprets it. */
static void halting_the_host(void **state)
{
    static const struct {
        const char *name;
        enum vmm_monitor monitor;
        enum system_end end;
    } cases[] = {
        {"halt-user", VMM_TRAP, END_STOPPED},
        {"halt-user", VMM_HYBRID, END_STOPPED},
        {"hello", VMM_TRAP, END_STOPPED},
        {"hello", VMM_HYBRID, END_POWEROFF},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (unsigned depth = 0; depth <= 2; depth++) {
            struct pg_rig r;
            pg_rig_create(&r, 512, PG_HALT_USER, depth, cases[i].monitor);
            pg_rig_load(&r, cases[i].name, 0);
            struct system_result end = system_run(r.system, 100000);
            assert_int_equal(end.end, depth ? cases[i].end : END_POWEROFF);
            assert_true(end.end == END_POWEROFF || strstr(end.why, "made the host machine itself wait or halt"));
            assert_true(r.printed > 20);
            pg_rig_destroy(&r);
        }
}

/* --- The driver */

static void a_trap_loop_is_an_end(void **state)
{
    (void)state;
    for (unsigned depth = 0; depth <= 2; depth++) {
        struct pg_rig r;
        pg_rig_create(&r, 16, PG_BASE, depth, VMM_TRAP); /* cells of zero: <u, 0, (0, 0)> has not even its first instruction */
        struct system_result end = system_run(r.system, UINT64_MAX);
        assert_int_equal(end.end, END_STUCK);
        assert_non_null(strstr(end.why, "trap loop at pc 0x0"));
        assert_int_equal(system_run(r.system, 5).end, END_STUCK);
        assert_int_equal(r.system->retired, 0);
        pg_rig_destroy(&r);
    }
}

static void a_limit_is_kept(void **state)
{
    struct pg_rig r;
    (void)state;
    pg_rig_create(&r, 512, PG_BASE, 1, VMM_HYBRID);
    pg_rig_load(&r, "hello", 0);
    assert_int_equal(system_run(r.system, 100).end, END_RUNNING);
    assert_int_equal(r.system->retired, 100);
    assert_int_equal(system_run(r.system, 0).end, END_RUNNING);
    assert_int_equal(system_run(r.system, UINT64_MAX).end, END_POWEROFF);
    assert_int_equal(system_run(r.system, 10).end, END_POWEROFF);
    assert_int_equal(r.system->retired, 128);
    system_destroy(r.system);
    r.system = NULL;
    assert_null(phys_find(r.top->phys, PG_CONSOLE));
    pg_rig_destroy(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_instruction_from_any_state),
        cmocka_unit_test(registers_are_those_of_a_bare_machine),
        cmocka_unit_test(whole_programs),
        cmocka_unit_test(cells_are_not_bytes),
        cmocka_unit_test(who_executes_what),
        cmocka_unit_test(guests_have_their_cells_and_no_others),
        cmocka_unit_test(turns_do_not_show),
        cmocka_unit_test(what_no_host_can_give),
        cmocka_unit_test(examples_on_their_variants),
        cmocka_unit_test(programs_on_the_variants),
        cmocka_unit_test(halting_the_host),
        cmocka_unit_test(a_trap_loop_is_an_end),
        cmocka_unit_test(a_limit_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
