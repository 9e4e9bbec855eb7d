/* test_trigger_pg.c - triggers of virtual machines, as test_trigger_vm.c has them, on the paper's machine. */
#include "mmu/bounds.h"
#include "tests/core/pg_rig.h"
#include "tests/core/rig.h"
#include "tests/isa/oracle_guest.h"
#include "tests/isa/trigger_oracle.h"

static uint64_t below(uint64_t *seed, uint64_t n) { return pg_random(seed) % n; }

/* --- The paper's machine */

struct pg_place {
    unsigned kinds;
    uint64_t a;
};

static uint64_t pg_cell(const struct machine *m, uint64_t cell)
{
    uint64_t word = 0;
    assert_int_equal(machine_load(m, cell * PG_CELL, &word, sizeof word), 0);
    return word;
}

static bool pg_reach(const struct machine *m, uint64_t a, uint64_t *cell)
{
    const struct bounds r = {.l = machine_get(m, PG_L), .b = machine_get(m, PG_B)};
    return bounds_translate(r, PG_BENCH_CELLS, a, cell) == BOUNDS_OK;
}

/* Operand i of ldx and stx is where another cell says; unreachable ones end the list, for the instruction ends there. */
static unsigned pg_foresee(const struct machine *m, uint64_t word, struct pg_place place[3])
{
    const uint64_t a = bits_get(word, 28, 28), b = bits_get(word, 0, 28);
    uint64_t cell;

    switch ((word >> 56) - 1) {
    case PG_INSN_lit: place[0] = (struct pg_place){TRIGGER_STORE, a}; return 1;
    case PG_INSN_mov:
        place[0] = (struct pg_place){TRIGGER_LOAD, b};
        place[1] = (struct pg_place){TRIGGER_STORE, a};
        return 2;
    case PG_INSN_ldx:
        place[0] = (struct pg_place){TRIGGER_LOAD, b};
        place[1] = (struct pg_place){TRIGGER_LOAD, pg_reach(m, b, &cell) ? pg_cell(m, cell) : 0};
        place[2] = (struct pg_place){TRIGGER_STORE, a};
        return 3;
    case PG_INSN_stx:
        place[0] = (struct pg_place){TRIGGER_LOAD, a};
        place[1] = (struct pg_place){TRIGGER_LOAD, b};
        place[2] = (struct pg_place){TRIGGER_STORE, pg_reach(m, a, &cell) ? pg_cell(m, cell) : 0};
        return 3;
    case PG_INSN_add:
    case PG_INSN_sub:
    case PG_INSN_and:
    case PG_INSN_shr:
        place[0] = (struct pg_place){TRIGGER_LOAD, a};
        place[1] = (struct pg_place){TRIGGER_LOAD, b};
        place[2] = (struct pg_place){TRIGGER_STORE, a};
        return 3;
    case PG_INSN_jz:
    case PG_INSN_jn: place[0] = (struct pg_place){TRIGGER_LOAD, b}; return 1;
    case PG_INSN_lpsw:
    case PG_INSN_shrink:
    case PG_INSN_out: place[0] = (struct pg_place){TRIGGER_LOAD, a}; return 1;
    case PG_INSN_setr:
        place[0] = (struct pg_place){TRIGGER_LOAD, a};
        place[1] = (struct pg_place){TRIGGER_LOAD, a + 1};
        return 2;
    case PG_INSN_getr: /* it makes sure of the second first */
        place[0] = (struct pg_place){TRIGGER_STORE, a + 1};
        place[1] = (struct pg_place){TRIGGER_STORE, a};
        return 2;
    case PG_INSN_getmode:
    case PG_INSN_lra: place[0] = (struct pg_place){TRIGGER_STORE, a}; return 1;
    default: return 0;
    }
}

static void pg_expect_place(struct watch_log *log, const struct watch_set *s, const struct machine *m, uint64_t pc, uint64_t bits,
                            const struct pg_place *p)
{
    uint64_t cell;
    for (unsigned physical = 0; physical < 2; physical++) {
        if (physical && !pg_reach(m, p->a, &cell))
            return;
        for (unsigned n = 0; n < s->count; n++)
            if (watch_meets(&s->t[n], p->kinds, physical, physical ? cell * PG_CELL : p->a, physical ? PG_CELL : 1))
                watch_report(log, &(struct watch_report){.retired = log->retired,
                                                         .pc = pc,
                                                         .cause = s->slot[n],
                                                         .tval = p->a,
                                                         .bits = p->kinds == TRIGGER_EXECUTE ? 0 : bits});
    }
}

/* Up to the place that is out of reach, when there is one. An instruction refused for another reason accesses nothing. */
static void pg_expect(struct watch_log *log, const struct watch_set *s, struct machine *m)
{
    const struct pg_place fetch = {TRIGGER_EXECUTE, machine_get(m, MACHINE_PC)};
    const bool user = machine_get(m, MACHINE_MODE) == PG_U;
    struct pg_place place[3];
    uint64_t cell;

    if (!pg_reach(m, fetch.a, &cell)) {
        pg_expect_place(log, s, m, fetch.a, 0, &fetch);
        return;
    }
    const uint64_t word = pg_cell(m, cell), row = (word >> 56) - 1;
    pg_expect_place(log, s, m, fetch.a, 0, &fetch);
    watch_opcode(log, s, fetch.a, word);
    if (row >= PG_INSN_COUNT || (user && isa_pg.rows[row].traps == TRAPS_PRIV))
        return;
    const unsigned count = pg_foresee(m, word, place);
    for (unsigned n = 0; n < count; n++) {
        pg_expect_place(log, s, m, fetch.a, word, &place[n]);
        if (!pg_reach(m, place[n].a, &cell))
            return;
    }
}

enum { PG_MOST = 400 };

/* By steps, with the oracle, when `s` is not NULL; else the machine has triggers. */
static void pg_drive(struct machine *m, const struct watch_set *s, uint64_t slice, struct watch_log *log)
{
    unsigned traps = 0;

    memset(log, 0, sizeof *log);
    while (log->retired < PG_MOST && traps < 60) {
        const uint64_t left = PG_MOST - log->retired;
        if (s)
            pg_expect(log, s, m);
        struct trap t = machine_run(m, s ? 1 : slice < left ? slice : left, &log->retired);
        if (t.kind == TRAP_WAIT)
            return;
        if (t.kind == TRAP_EXCEPTION) {
            traps++;
            log->digest = watch_mix(watch_mix(log->digest, t.cause), t.tval);
            m->isa->deliver(m, &t);
        } else if (t.kind == TRAP_TRIGGER) {
            assert_false(s);
            watch_report(
                log, &(struct watch_report){
                         .retired = log->retired, .pc = machine_get(m, MACHINE_PC), .cause = t.cause, .tval = t.tval, .bits = t.bits});
        }
    }
}

static void pg_random_places(struct watch_set *s, uint64_t *seed)
{
    s->count = 0;
    for (unsigned n = 0; n < 8; n++) {
        struct trigger t = {.kinds = (unsigned)(1 + below(seed, 7)), .physical = below(seed, 2), .length = 1 + below(seed, 2)};
        t.at = below(seed, PG_BENCH_CELLS + 3);
        if (t.physical)
            t.at = t.at * PG_CELL + below(seed, PG_CELL);
        if (below(seed, 4) == 0)
            t = watch_row(&isa_pg.rows[below(seed, PG_INSN_COUNT)], 32);
        watch_add(s, n * 3 + (unsigned)below(seed, 3), t);
    }
}

static void pg_machines_agree_with_the_oracle(void **state)
{
    static struct watch_log expected, log;
    static const struct {
        unsigned depth;
        enum vmm_monitor monitor;
        uint64_t slice;
    } kinds[] = {{0, VMM_TRAP, UINT64_MAX}, {1, VMM_TRAP, UINT64_MAX}, {2, VMM_TRAP, 7}, {1, VMM_HYBRID, 3}, {0, VMM_TRAP, 1}};
    uint64_t seed = 1974, total = 0;
    (void)state;
    for (unsigned run = 0; run < 300; run++) {
        struct pg_state program, after, end;
        struct watch_set s;
        struct pg_rig r;
        pg_random_program(&program, &seed);
        pg_random_places(&s, &seed);
        pg_rig_create(&r, PG_BENCH_CELLS, PG_BASE, 0, VMM_TRAP);
        pg_rig_start(&r, &program);
        pg_drive(r.top, &s, 1, &expected);
        pg_state_get(&end, r.top, PG_BENCH_CELLS);
        pg_rig_destroy(&r);
        total += expected.count;
        for (unsigned n = 0; n < sizeof kinds / sizeof *kinds; n++) {
            pg_rig_create(&r, PG_BENCH_CELLS, PG_BASE, kinds[n].depth, kinds[n].monitor);
            pg_rig_start(&r, &program);
            watch_install(&s, r.top);
            pg_drive(r.top, NULL, kinds[n].slice, &log);
            watch_compare(&expected, &log);
            pg_state_get(&after, r.top, PG_BENCH_CELLS);
            pg_state_equal(&end, &after);
            pg_rig_destroy(&r);
        }
    }
    assert_true(total > 1000);
}

/* The second access's trigger has the lower slot. */
static void pg_accesses_in_their_order(void **state)
{
    static const unsigned rows[] = {PG_INSN_setr, PG_INSN_getr, PG_INSN_mov};
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++)
        for (unsigned n = 0; n < 3; n++) {
            struct pg_state s = {.m = PG_S, .p = 10, .b = PG_BENCH_CELLS};
            const unsigned first = rows[n] == PG_INSN_setr ? 20 : 21, second = 41 - first;
            const struct trigger early = {.kinds = TRIGGER_LOAD | TRIGGER_STORE, .at = first, .length = 1};
            const struct trigger late = {.kinds = TRIGGER_LOAD | TRIGGER_STORE, .at = second, .length = 1};
            uint64_t retired = 0;
            struct pg_rig r;
            s.cell[10] = pg_encode(rows[n], 20, 21);
            s.cell[11] = pg_encode(PG_INSN_svc, 0, 0);
            s.cell[20] = 0;
            s.cell[21] = PG_BENCH_CELLS;
            pg_rig_create(&r, PG_BENCH_CELLS, PG_BASE, kind > 0, kind > 1 ? VMM_HYBRID : VMM_TRAP);
            pg_rig_start(&r, &s);
            assert_int_equal(machine_trigger(r.top, 5, &early), 0);
            assert_int_equal(machine_trigger(r.top, 2, &late), 0);
            for (unsigned hit = 0; hit < 2; hit++) {
                const struct trap t = machine_run(r.top, 100, &retired);
                assert_true(t.kind == TRAP_TRIGGER && retired == 0);
                assert_int_equal(t.cause, hit ? 2 : 5);
            }
            assert_int_equal(machine_run(r.top, 100, &retired).kind, TRAP_EXCEPTION);
            assert_int_equal(retired, 1);
            pg_rig_destroy(&r);
        }
}

/* Two on one host, in turn. */
static void pg_neighbours(void **state)
{
    const struct vm_config c = {.ram_size = PG_BENCH_CELLS * PG_CELL};
    const struct trigger t = {.kinds = TRIGGER_EXECUTE, .at = 10, .length = 1};
    struct machine *host, *vm[2];
    struct phys *phys;
    struct ram *ram;
    struct error error;
    (void)state;
    assert_int_equal(ram_create(&ram, 16 * PAGE_SIZE), 0);
    assert_int_equal(phys_create(&phys), 0);
    assert_int_equal(phys_add_ram(phys, "ram", 0, 16 * PAGE_SIZE, ram, 0), 0);
    assert_int_equal(pg_create(&host, phys, &(struct pg_config){.cells = 16 * PAGE_SIZE / PG_CELL}), 0);
    for (unsigned n = 0; n < 2; n++) {
        struct pg_state s = {.m = PG_U, .p = 10, .b = PG_BENCH_CELLS};
        assert_int_equal(vmm_create_vm(host, &c, &vm[n], &error), 0);
        s.cell[10] = pg_encode(PG_INSN_jmp, 10, 0);
        pg_state_set(&s, vm[n], PG_BENCH_CELLS);
        assert_int_equal(machine_trigger(vm[n], n, &t), 0);
    }
    for (unsigned turn = 0; turn < 10; turn++) {
        uint64_t retired = 0;
        const struct trap hit = machine_run(vm[turn % 2], 100, &retired);
        assert_true(hit.kind == TRAP_TRIGGER && hit.cause == turn % 2);
        assert_int_equal(machine_get(vm[turn % 2], MACHINE_RETIRED), turn / 2);
    }
    machine_destroy(vm[0]);
    machine_destroy(vm[1]);
    machine_destroy(host);
    phys_destroy(phys);
    ram_destroy(ram);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pg_machines_agree_with_the_oracle),
        cmocka_unit_test(pg_accesses_in_their_order),
        cmocka_unit_test(pg_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
