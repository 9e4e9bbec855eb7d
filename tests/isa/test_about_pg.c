/* What the paper's machine tells people (isa/about.h), against what it does: a trap's mode, and which rows change the mode. */
#include "isa/about.h"
#include "tests/isa/pg_bench.h"

static void a_trap_came_from_the_mode_it_was_raised_in(void **state)
{
    struct pg_bench b;
    uint64_t seed = 1;
    (void)state;
    pg_bench_create(&b, PG_BENCH_CELLS, PG_BASE);
    for (unsigned i = 0; i < 2000; i++) {
        struct pg_state s;
        const struct trap t = {.kind = TRAP_EXCEPTION, .cause = PG_TRAP_SVC};
        pg_state_random(&s, &seed, PG_BENCH_CELLS);
        pg_state_set(&s, b.m, PG_BENCH_CELLS);
        (void)machine_deliver(b.m, &t);
        assert_int_equal(about_mode_before(b.m), s.m);
    }
    pg_bench_destroy(&b);
}

/* The row as the variant has it says which instructions are privileged. */
static void expect_claim(enum insn_traps claim, const struct trap *t)
{
    bool privileged = t->kind == TRAP_EXCEPTION && t->cause == PG_TRAP_PRIVILEGED;
    assert_true(claim != TRAPS_NEVER || !privileged);
    assert_true(claim != TRAPS_PRIV || privileged);
}

/* Of each variant: what changes the mode without a trap is said to. */
static void rows_that_change_the_mode_are_said_to(void **state)
{
    unsigned changed = 0;
    (void)state;
    for (unsigned variant = 0; variant < PG_VARIANT_COUNT; variant++) {
        struct pg_bench b;
        uint64_t seed = 2 + variant;
        pg_bench_create(&b, PG_BENCH_CELLS, (enum pg_variant)variant);
        for (unsigned i = 0; i < 20000; i++) {
            struct pg_state s;
            uint64_t retired = 0;
            pg_state_random(&s, &seed, PG_BENCH_CELLS);
            pg_state_set(&s, b.m, PG_BENCH_CELLS);
            uint64_t at = s.p + s.l;
            if (at >= PG_BENCH_CELLS || s.p >= s.b)
                continue;
            unsigned length, row = machine_decode(b.m, s.cell[at], &length);
            bool may = row != INSN_NONE && about_leads_to_mode(b.m, row, !s.m);
            struct trap t = machine_run(b.m, 1, &retired);
            bool did = t.kind != TRAP_EXCEPTION && machine_get(b.m, MACHINE_MODE) != s.m;
            assert_true(may || !did);
            if (row != INSN_NONE && s.m == PG_U)
                expect_claim(about_row(b.m, row).traps, &t);
            changed += did;
        }
        pg_bench_destroy(&b);
    }
    assert_true(changed > 100);
}

/* lit a, b: it is fetched and stores, or one of the two is refused. */
static void an_access_ends_where_the_machine_s_does(void **state)
{
    struct pg_bench b;
    uint64_t seed = 99;
    unsigned seen[3] = {0};
    (void)state;
    pg_bench_create(&b, PG_BENCH_CELLS, PG_BASE);
    for (unsigned i = 0; i < 20000; i++) {
        struct pg_state s;
        struct about_access fetch, store;
        struct pt_walk none;
        const uint64_t a = pg_random(&seed) % (PG_BENCH_CELLS + 8), value = pg_random(&seed) & 0xfffff;
        const uint64_t lit = pg_encode(PG_INSN_lit, a, value);
        uint64_t retired = 0, there = 0;
        insn_t bits = 0;
        pa_t pa;
        pg_state_random(&s, &seed, PG_BENCH_CELLS);
        if (s.p + s.l < PG_BENCH_CELLS)
            s.cell[s.p + s.l] = lit;
        pg_state_set(&s, b.m, PG_BENCH_CELLS);
        about_access(b.m, s.p, PG_CELL, PT_FETCH, &fetch);
        about_access(b.m, a, PG_CELL, PT_WRITE, &store);
        const bool fetched = fetch.refused == REFUSED_NOT;
        assert_int_equal(about_fetch(b.m, s.p, &bits), fetched ? PG_CELL : 0);
        assert_true(!fetched || bits == lit);
        const struct trap t = machine_run(b.m, 1, &retired);
        const struct about_access *x = fetched ? &store : &fetch;
        seen[fetched ? x->refused == REFUSED_NOT : 2]++;
        if (x->refused != REFUSED_NOT) {
            assert_true(t.kind == TRAP_EXCEPTION && t.cause == x->trap.cause && t.tval == x->trap.tval && t.reason == x->trap.reason);
            continue;
        }
        assert_int_equal(t.kind, TRAP_BUDGET);
        assert_true(about_find(b.m, a, &pa, &none) && pa == x->pa);
        assert_int_equal(machine_load(b.m, pa, &there, PG_CELL), 0);
        assert_int_equal(there, value);
    }
    for (unsigned n = 0; n < 3; n++)
        assert_true(seen[n] > 200);
    pg_bench_destroy(&b);
}

/* An instruction set that tells people nothing is asked all the same: it has no names, and nothing in the way of an access. */
static void what_nobody_says_means_the_same_for_all(void **state)
{
    struct pg_bench b;
    struct isa mute = isa_pg;
    struct about_access a;
    struct about_interrupt v;
    struct about_named named;
    struct about_part parts[ABOUT_PARTS];
    insn_t bits;
    uint64_t word = 0x1234;
    (void)state;
    pg_bench_create(&b, PG_BENCH_CELLS, PG_BASE);
    mute.about = NULL;
    b.m->isa = &mute;
    assert_string_equal(about_mode(&mute, PG_S), "?");
    assert_null(about_trap(&mute, false, PG_TRAP_SVC));
    assert_int_equal(about_register(&mute, &mute.regs[0]) & ABOUT_INTEGER, ABOUT_INTEGER);
    assert_int_equal(about_flow(b.m, pg_encode(PG_INSN_jmp, 0, 0)), FLOW_OTHER);
    assert_true(about_leads_to_mode(b.m, PG_INSN_lpsw, PG_U) && !about_leads_to_mode(b.m, PG_INSN_lit, PG_U));
    assert_int_equal(machine_store(b.m, 8, &word, 8), 0);
    about_access(b.m, 8, 1, PT_READ, &a);
    assert_true(a.refused == REFUSED_NOT && a.pa == 8 && a.range && a.range->ram && a.rule.granted);
    assert_true(about_fetch(b.m, 8, &bits) && (bits & 0xff) == 0x34); /* parcels of a byte, as nothing else is said */
    about_interrupt(b.m, 1, &v);
    assert_true(!v.taken && about_next_interrupt(b.m) == -1);
    assert_false(about_named(b.m, 0, &named) || about_parts(b.m, PG_L, parts) || about_stack(b.m));
    pg_bench_destroy(&b);
}

static void addresses_are_of_cells(void **state)
{
    (void)state;
    assert_int_equal(about_cell(&isa_pg), PG_CELL);
    assert_int_equal(about_parcel(&isa_pg), PG_CELL);
    assert_null(about_calls(&isa_pg));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trap_came_from_the_mode_it_was_raised_in),
        cmocka_unit_test(rows_that_change_the_mode_are_said_to),
        cmocka_unit_test(an_access_ends_where_the_machine_s_does),
        cmocka_unit_test(what_nobody_says_means_the_same_for_all),
        cmocka_unit_test(addresses_are_of_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
