/* The paper's machine: what each instruction does, when it traps and what a trap is; that a variant differs in its one
 * instruction. */
#include "mmu/bounds.h"
#include "tests/isa/pg_bench.h"

#include <errno.h>

enum { Q = PG_BENCH_CELLS, STATES = 400 };

/* --- R */

/* By the definition, in numbers that do not overflow. */
static enum bounds_verdict by_definition(struct bounds r, uint64_t q, uint64_t a)
{
    uint64_t sum;
    if (__builtin_add_overflow(a, r.l, &sum) || sum >= q)
        return BOUNDS_BEYOND_MEMORY;
    return a >= r.b ? BOUNDS_BEYOND_BOUND : BOUNDS_OK;
}

static void addresses_are_tested_twice(void **state)
{
    static const uint64_t far[] = {UINT64_MAX, UINT64_MAX - 3, UINT64_C(1) << 63, 1 << 28};
    (void)state;
    for (uint64_t q = 1; q < 7; q++)
        for (struct bounds r = {0}; r.l < 9; r.l++)
            for (r.b = 0; r.b < 9; r.b++)
                for (uint64_t i = 0; i < 9 + 4; i++) {
                    const uint64_t a = i < 9 ? i : far[i - 9];
                    uint64_t cell = 77;
                    enum bounds_verdict v = bounds_translate(r, q, a, &cell);
                    assert_int_equal(v, by_definition(r, q, a));
                    assert_int_equal(cell, v == BOUNDS_OK ? a + r.l : 77);
                }
    uint64_t cell;
    assert_int_equal(bounds_translate((struct bounds){.l = 3, .b = 0}, 4, 1, &cell), BOUNDS_BEYOND_MEMORY); /* both: memory is first */
}

/* The machine translates so in both modes: a load from every address through every R. */
static void r_is_active_in_both_modes(void **state)
{
    enum { CELLS = 8 };
    struct pg_bench b;
    (void)state;
    pg_bench_create(&b, CELLS, PG_BASE);
    for (uint64_t l = 0; l <= CELLS; l++)
        for (uint64_t bound = 0; bound <= CELLS + 1; bound++)
            for (uint64_t a = 0; a <= CELLS + 1; a++)
                for (uint64_t mode = PG_U; mode <= PG_S; mode++) {
                    struct pg_state s = {.m = mode, .l = l, .b = bound, .p = 0}, after;
                    uint64_t retired = 0;
                    for (unsigned i = 0; i < CELLS; i++)
                        s.cell[i] = 100 + i;
                    if (l < CELLS)
                        s.cell[l] = pg_encode(PG_INSN_jz, 0, a); /* not zero: P = 1 */
                    pg_state_set(&s, b.m, CELLS);
                    struct trap t = machine_run(b.m, 1, &retired);
                    pg_state_get(&after, b.m, CELLS);
                    bool fetched = by_definition((struct bounds){l, bound}, CELLS, 0) == BOUNDS_OK;
                    bool loaded = fetched && by_definition((struct bounds){l, bound}, CELLS, a) == BOUNDS_OK;
                    assert_int_equal(t.kind, loaded ? TRAP_BUDGET : TRAP_EXCEPTION);
                    assert_int_equal(retired, loaded);
                    s.p = loaded;
                    pg_state_equal(&after, &s);
                    if (loaded)
                        continue;
                    assert_true(t.cause == PG_TRAP_MEMORY && t.reason == REASON_RESOURCE && t.tval == (fetched ? a : 0));
                    assert_int_equal(t.row, fetched ? PG_INSN_jz : INSN_NONE);
                    assert_int_equal(t.length, fetched ? PG_CELL : 0);
                }
    pg_bench_destroy(&b);
}

/* --- Instructions, one line each. Before: supervisor mode, P = 4, R = (2, 40); E[a] below is the cell seen through R. */
struct line {
    unsigned row;
    uint64_t a, b;
    uint64_t before[2], after[2]; /* of cells 10 and 11 */
    uint64_t m, p, l, bound;      /* after */
};

#define SAME PG_S, 5, 2, 40
static const struct line lines[] = {
    {PG_INSN_lit, 10, 0xfffffff, {1, 2}, {0xfffffff, 2}, SAME},
    {PG_INSN_mov, 10, 11, {1, UINT64_MAX}, {UINT64_MAX, UINT64_MAX}, SAME},
    {PG_INSN_ldx, 10, 11, {1, 10}, {1, 10}, SAME},
    {PG_INSN_ldx, 10, 11, {1, 11}, {11, 11}, SAME},
    {PG_INSN_stx, 10, 11, {11, 7}, {11, 7}, SAME},
    {PG_INSN_stx, 10, 11, {10, 7}, {7, 7}, SAME},
    {PG_INSN_add, 10, 11, {3, 4}, {7, 4}, SAME},
    {PG_INSN_add, 10, 11, {UINT64_MAX, 2}, {1, 2}, SAME},
    {PG_INSN_add, 10, 10, {3, 4}, {6, 4}, SAME},
    {PG_INSN_sub, 10, 11, {3, 4}, {UINT64_MAX, 4}, SAME},
    {PG_INSN_and, 10, 11, {12, 10}, {8, 10}, SAME},
    {PG_INSN_shr, 10, 11, {UINT64_C(5) << 60, 60}, {5, 60}, SAME},
    {PG_INSN_shr, 10, 11, {6, 65}, {3, 65}, SAME},
    {PG_INSN_jmp, 17, 0, {1, 2}, {1, 2}, PG_S, 17, 2, 40},
    {PG_INSN_jz, 17, 10, {0, 2}, {0, 2}, PG_S, 17, 2, 40},
    {PG_INSN_jz, 17, 10, {UINT64_C(1) << 63, 2}, {UINT64_C(1) << 63, 2}, SAME},
    {PG_INSN_jn, 17, 10, {UINT64_C(1) << 63, 2}, {UINT64_C(1) << 63, 2}, PG_S, 17, 2, 40},
    {PG_INSN_jn, 17, 10, {INT64_MAX, 2}, {INT64_MAX, 2}, SAME},
    {PG_INSN_lpsw, 10, 0, {(UINT64_C(9) << 42) | (3 << 21) | 30, 2}, {(UINT64_C(9) << 42) | (3 << 21) | 30, 2}, PG_U, 9, 3, 30},
    {PG_INSN_lpsw, 10, 0, {UINT64_MAX, 2}, {UINT64_MAX, 2}, PG_S, 0x1fffff, 0x1fffff, 0x1fffff},
    {PG_INSN_setr, 10, 0, {3, 30}, {3, 30}, PG_S, 5, 3, 30},
    {PG_INSN_setr, 10, 0, {UINT64_MAX, (1 << 21) + 1}, {UINT64_MAX, (1 << 21) + 1}, PG_S, 5, 0x1fffff, 1},
    {PG_INSN_getr, 10, 0, {9, 9}, {2, 40}, SAME},
    {PG_INSN_getmode, 10, 0, {9, 9}, {1, 9}, SAME},
    {PG_INSN_lra, 10, 0xffffff0, {9, 9}, {0xffffff2, 9}, SAME}, /* no test: an address is all it gives */
    {PG_INSN_rtu, 20, 0, {1, 2}, {1, 2}, PG_U, 20, 2, 40},
    {PG_INSN_shrink, 10, 0, {30, 2}, {30, 2}, PG_S, 5, 2, 30},
    {PG_INSN_shrink, 10, 0, {UINT64_MAX, 2}, {UINT64_MAX, 2}, SAME},
    {PG_INSN_halt, 0, 0, {1, 2}, {1, 2}, SAME},
    {PG_INSN_out, 10, 0, {0x141, 2}, {0x141, 2}, SAME},
};

static void each_instruction_does_what_it_says(void **state)
{
    bool seen[PG_INSN_COUNT] = {false};
    struct pg_bench b;
    (void)state;
    pg_bench_create(&b, Q, PG_BASE);
    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct line *c = &lines[i];
        struct pg_state s = {.m = PG_S, .p = 4, .l = 2, .b = 40}, wanted, after;
        uint64_t retired = 0;
        for (unsigned n = 0; n < Q; n++)
            s.cell[n] = 1000 + n;
        s.cell[2 + 4] = pg_encode(c->row, c->a, c->b);
        memcpy(&s.cell[2 + 10], c->before, sizeof c->before);
        wanted = s;
        memcpy(&wanted.cell[2 + 10], c->after, sizeof c->after);
        wanted.m = c->m, wanted.p = c->p, wanted.l = c->l, wanted.b = c->bound;
        pg_state_set(&s, b.m, Q);
        b.printed = 0;
        struct trap t = machine_run(b.m, 1, &retired);
        pg_state_get(&after, b.m, Q);
        pg_state_equal(&after, &wanted);
        assert_int_equal(t.kind, c->row == PG_INSN_halt ? TRAP_WAIT : TRAP_BUDGET);
        assert_int_equal(retired, 1);
        assert_true(b.printed == (c->row == PG_INSN_out) && (!b.printed || b.last == 0x41));
        seen[c->row] = true;
    }
    seen[PG_INSN_svc] = true; /* it traps: below */
    for (unsigned row = 0; row < PG_INSN_COUNT; row++)
        if (!seen[row])
            fail_msg("no line tries %s", isa_pg.rows[row].name);
    pg_bench_destroy(&b);
}

static void out_without_a_console_loses_the_byte(void **state)
{
    struct pg_bench b;
    const uint64_t program[] = {0, 0, pg_encode(PG_INSN_out, 0, 0)};
    uint64_t retired = 0;
    (void)state;
    pg_bench_create(&b, 3, PG_BASE);
    phys_remove(b.phys, PG_CONSOLE);
    assert_int_equal(machine_store(b.m, 0, program, sizeof program), 0);
    assert_int_equal(machine_run(b.m, 1, &retired).kind, TRAP_BUDGET);
    assert_true(retired == 1 && machine_get(b.m, MACHINE_PC) == 3);
    pg_bench_destroy(&b);
}

/* --- Traps */

/* Which trap an instruction takes whose operands are within R: by the table's claim, which says nothing of memory. */
static void rows_trap_as_they_claim(void **state)
{
    struct pg_bench b;
    (void)state;
    for (enum pg_variant v = PG_BASE; v < PG_VARIANT_COUNT; v++) {
        pg_bench_create(&b, Q, v);
        for (unsigned row = 0; row < PG_INSN_COUNT; row++)
            for (uint64_t mode = PG_U; mode <= PG_S; mode++) {
                const struct insn_desc desc = pg_row_of(v, row);
                struct pg_state s = {.m = mode, .p = 2, .b = Q}, after;
                uint64_t retired = 0;
                s.cell[2] = pg_encode(row, 20, 21);
                pg_state_set(&s, b.m, Q);
                struct trap t = machine_run(b.m, 1, &retired);
                bool requested = desc.traps == TRAPS_REQUESTED, refused = desc.traps == TRAPS_PRIV && mode == PG_U;
                assert_int_equal(t.kind == TRAP_EXCEPTION, requested || refused);
                if (t.kind != TRAP_EXCEPTION)
                    continue;
                assert_true(t.cause == (requested ? PG_TRAP_SVC : PG_TRAP_PRIVILEGED));
                assert_true(t.reason == (requested ? REASON_REQUESTED : REASON_PRIVILEGE));
                assert_true(t.row == row && t.bits == s.cell[2] && t.tval == s.cell[2] && t.length == PG_CELL && retired == 0);
                pg_state_get(&after, b.m, Q);
                pg_state_equal(&after, &s); /* P is its own: also SVC's */
            }
        pg_bench_destroy(&b);
    }
}

static void what_is_no_instruction_traps_in_both_modes(void **state)
{
    struct pg_bench b;
    (void)state;
    pg_bench_create(&b, Q, PG_BASE);
    for (uint64_t opcode = 0; opcode < 256; opcode++) {
        unsigned length, row = isa_pg.decode(b.m->config, 0, opcode << 56, &length);
        assert_int_equal(row, opcode >= 1 && opcode <= PG_INSN_COUNT ? opcode - 1 : INSN_NONE);
        assert_int_equal(length, PG_CELL);
        if (row != INSN_NONE) {
            assert_true(isa_pg.rows[row].match == opcode << 56 && isa_pg.rows[row].mask == UINT64_C(0xff) << 56);
            continue;
        }
        for (uint64_t mode = PG_U; mode <= PG_S; mode++) {
            struct pg_state s = {.m = mode, .b = Q}, after;
            uint64_t retired = 0;
            s.cell[0] = opcode << 56 | 5;
            pg_state_set(&s, b.m, Q);
            struct trap t = machine_run(b.m, 9, &retired);
            pg_state_get(&after, b.m, Q);
            pg_state_equal(&after, &s);
            assert_true(t.kind == TRAP_EXCEPTION && t.cause == PG_TRAP_UNDEFINED && t.reason == REASON_UNDEFINED);
            assert_true(t.row == INSN_NONE && t.bits == s.cell[0] && t.length == PG_CELL && retired == 0);
        }
    }
    pg_bench_destroy(&b);
}

/* From any state: what traps has changed nothing, and what does not trap has retired. */
static void an_instruction_that_traps_changes_nothing(void **state)
{
    struct pg_bench b;
    uint64_t seed = 1, trapped = 0;
    (void)state;
    pg_bench_create(&b, 16, PG_BASE);
    for (unsigned i = 0; i < 100 * STATES; i++) {
        struct pg_state s = {0}, after;
        uint64_t retired = 0;
        pg_state_random(&s, &seed, 16);
        pg_state_set(&s, b.m, 16);
        struct trap t = machine_run(b.m, 1, &retired);
        assert_int_equal(retired, t.kind != TRAP_EXCEPTION);
        if (t.kind != TRAP_EXCEPTION)
            continue;
        trapped++;
        pg_state_get(&after, b.m, 16);
        pg_state_equal(&after, &s);
    }
    assert_true(trapped > STATES && trapped < 99 * STATES);
    pg_bench_destroy(&b);
}

/* E2[0] = (M1, P1, R1), (M2, P2, R2) = E1[1], the rest as it was; whatever R is, these are cells 0 and 1 of E. */
static void a_trap_swaps_the_psw(void **state)
{
    struct pg_bench b;
    uint64_t seed = 2;
    (void)state;
    pg_bench_create(&b, Q, PG_BASE);
    for (unsigned i = 0; i < STATES; i++) {
        struct pg_state s = {0}, after;
        pg_state_random(&s, &seed, Q);
        s.l = pg_random(&seed) & 0x1fffff;
        s.p = pg_random(&seed) & 0x1fffff;
        pg_state_set(&s, b.m, Q);
        isa_pg.deliver(b.m, &(struct trap){.kind = TRAP_EXCEPTION});
        pg_state_get(&after, b.m, Q);
        s.cell[0] = s.m << 63 | s.p << 42 | s.l << 21 | s.b;
        s.m = s.cell[1] >> 63, s.p = s.cell[1] >> 42 & 0x1fffff, s.l = s.cell[1] >> 21 & 0x1fffff, s.b = s.cell[1] & 0x1fffff;
        pg_state_equal(&after, &s);
    }
    pg_bench_destroy(&b);
}

/* --- Variants */

/* Base machine and variant from the same state: any difference is the variant's instruction in user mode, and there is one. */
static void a_variant_changes_its_instruction_only(void **state)
{
    (void)state;
    for (enum pg_variant v = PG_BASE; v < PG_VARIANT_COUNT; v++) {
        struct pg_bench b[2];
        uint64_t seed = 3;
        unsigned differ = 0;
        pg_bench_create(&b[0], Q, PG_BASE);
        pg_bench_create(&b[1], Q, v);
        for (unsigned i = 0; i < 20 * STATES; i++) {
            struct pg_state s = {0}, after[2];
            struct trap t[2];
            uint64_t retired = 0;
            unsigned row = i % PG_INSN_COUNT;
            pg_state_random(&s, &seed, Q);
            s.p = pg_random(&seed) % 32;
            s.cell[(s.l + s.p) % Q] = pg_encode(row, pg_random(&seed) % Q, pg_random(&seed) % Q);
            for (unsigned k = 0; k < 2; k++) {
                pg_state_set(&s, b[k].m, Q);
                t[k] = machine_run(b[k].m, 1, &retired);
                pg_state_get(&after[k], b[k].m, Q);
            }
            if (s.m == PG_U && row == pg_variants[v].row) {
                differ += t[0].kind != t[1].kind;
            } else {
                pg_trap_equal(&t[0], &t[1]);
                pg_state_equal(&after[0], &after[1]);
            }
        }
        assert_int_equal(differ > 0, v != PG_BASE);
        pg_bench_destroy(&b[0]);
        pg_bench_destroy(&b[1]);
    }
}

/* What user mode gets from the variant's instruction. The operand cells hold 1 and 9; P = 2, R = (0, 64). */
static void what_the_variants_do_in_user_mode(void **state)
{
    static const struct {
        enum pg_variant variant;
        uint64_t cell[2], p, l, b; /* after */
        enum trap_kind kind;
    } cases[] = {
        {PG_JRST1, {1, 9}, 20, 0, Q, TRAP_BUDGET},   {PG_GETMODE, {0, 9}, 3, 0, Q, TRAP_BUDGET},
        {PG_LRA, {5, 9}, 3, 0, Q, TRAP_BUDGET},      {PG_GETR, {0, Q}, 3, 0, Q, TRAP_BUDGET},
        {PG_SETR_NOP, {1, 9}, 3, 0, Q, TRAP_BUDGET}, {PG_SETR_USER, {1, 9}, 3, 1, 9, TRAP_BUDGET},
        {PG_SHRINK, {1, 9}, 3, 0, 1, TRAP_BUDGET},   {PG_HALT_USER, {1, 9}, 3, 0, Q, TRAP_WAIT},
    };
    (void)state;
    assert_int_equal(sizeof cases / sizeof cases[0], PG_VARIANT_COUNT - 1);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pg_bench b;
        struct pg_state s = {.m = PG_U, .p = 2, .b = Q}, after;
        uint64_t retired = 0;
        pg_bench_create(&b, Q, cases[i].variant);
        s.cell[2] = pg_encode(pg_variants[cases[i].variant].row, 20, 5);
        s.cell[20] = 1;
        s.cell[21] = 9;
        pg_state_set(&s, b.m, Q);
        assert_int_equal(machine_run(b.m, 1, &retired).kind, cases[i].kind);
        memcpy(&s.cell[20], cases[i].cell, sizeof cases[i].cell);
        s.p = cases[i].p, s.l = cases[i].l, s.b = cases[i].b;
        pg_state_get(&after, b.m, Q);
        pg_state_equal(&after, &s);
        pg_bench_destroy(&b);
    }
}

static void variants_have_names(void **state)
{
    (void)state;
    assert_int_equal(pg_variant_find(""), PG_BASE);
    assert_int_equal(pg_variant_find("SETR-NOP"), PG_SETR_NOP);
    assert_int_equal(pg_variant_find("jrst1"), PG_JRST1);
    assert_int_equal(pg_variant_find("JRST"), PG_VARIANT_COUNT);
    for (enum pg_variant v = PG_BASE; v < PG_VARIANT_COUNT; v++) {
        assert_int_equal(pg_variant_find(pg_variants[v].name), v);
        for (unsigned row = 0; row < PG_INSN_COUNT; row++) {
            const struct insn_desc is = pg_row_of(v, row), *base = &isa_pg.rows[row];
            const bool changed = row == pg_variants[v].row;
            assert_int_equal(is.traps, changed ? pg_variants[v].traps : base->traps);
            assert_int_equal(is.sensitive, changed ? pg_variants[v].sensitive : base->sensitive);
            assert_true(!changed || is.traps != base->traps);
            assert_ptr_equal(is.name, base->name);
        }
    }
}

/* --- The contract */

struct over {
    struct machine *m;
    unsigned cells;
};

static bool over_reach(const struct over *o, va_t a, uint64_t *cell, struct trap *t)
{
    const struct bounds r = {.l = machine_get(o->m, PG_L), .b = machine_get(o->m, PG_B)};
    if (bounds_translate(r, o->cells, a, cell) == BOUNDS_OK)
        return true;
    *t = (struct trap){.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .cause = PG_TRAP_MEMORY, .tval = a};
    return false;
}

static bool over_load(void *ctx, va_t a, unsigned size, uint64_t *value, struct trap *t)
{
    struct over *o = ctx;
    uint64_t cell;
    assert_int_equal(size, PG_CELL);
    return over_reach(o, a, &cell, t) && machine_load(o->m, cell * PG_CELL, value, PG_CELL) == 0;
}

static bool over_store(void *ctx, va_t a, unsigned size, uint64_t value, struct trap *t)
{
    struct over *o = ctx;
    uint64_t cell;
    assert_int_equal(size, PG_CELL);
    return over_reach(o, a, &cell, t) && machine_store(o->m, cell * PG_CELL, &value, PG_CELL) == 0;
}

/* An instruction over get and set does what it does in the machine, on every variant, in both modes. */
static void interpreting_is_executing(void **state)
{
    (void)state;
    for (enum pg_variant v = PG_BASE; v < PG_VARIANT_COUNT; v++) {
        struct pg_bench b[2];
        uint64_t seed = 5 + v;
        pg_bench_create(&b[0], Q, v);
        pg_bench_create(&b[1], Q, v);
        struct over o = {.m = b[1].m, .cells = Q};
        const struct interpret_memory memory = {.load = over_load, .store = over_store, .ctx = &o};
        for (unsigned i = 0; i < 10 * STATES; i++) {
            struct pg_state s = {0}, after[2];
            uint64_t retired = 0;
            pg_state_random(&s, &seed, Q);
            s.p = pg_random(&seed) % 32;
            s.b = Q - pg_random(&seed) % 20;
            s.cell[s.l + s.p] = pg_encode(i % PG_INSN_COUNT, pg_random(&seed) % Q, pg_random(&seed) % Q);
            if (i % 23 == 0)
                s.cell[s.l + s.p] = pg_random(&seed) >> 8 | UINT64_C(77) << 56; /* none */
            pg_state_set(&s, b[0].m, Q);
            pg_state_set(&s, b[1].m, Q);
            struct trap t[2] = {machine_run(b[0].m, 1, &retired), isa_pg.interpret(b[1].m, s.cell[s.l + s.p], &memory)};
            if (t[0].kind == TRAP_BUDGET)
                t[0].kind = TRAP_NONE;
            pg_trap_equal(&t[0], &t[1]);
            pg_state_get(&after[0], b[0].m, Q);
            pg_state_get(&after[1], b[1].m, Q);
            pg_state_equal(&after[0], &after[1]);
            assert_true(b[0].printed == b[1].printed && b[0].last == b[1].last);
        }
        assert_true(b[0].printed > 0);
        pg_bench_destroy(&b[0]);
        pg_bench_destroy(&b[1]);
    }
}

static void registers_and_reset(void **state)
{
    struct pg_bench b;
    uint64_t retired = 0, word;
    (void)state;
    pg_bench_create(&b, Q, PG_BASE);
    const uint64_t program[] = {0, 0, pg_encode(PG_INSN_lit, 40, 1), pg_encode(PG_INSN_jmp, 2, 0)};
    assert_int_equal(machine_store(b.m, 0, program, sizeof program), 0);
    assert_true(machine_get(b.m, MACHINE_MODE) == PG_S && machine_get(b.m, MACHINE_PC) == 2);
    assert_true(machine_get(b.m, PG_L) == 0 && machine_get(b.m, PG_B) == Q);
    machine_set(b.m, MACHINE_CLOCK, 1000);
    assert_int_equal(machine_run(b.m, 77, &retired).kind, TRAP_BUDGET);
    assert_true(retired == 77 && machine_get(b.m, MACHINE_RETIRED) == 77 && machine_get(b.m, MACHINE_CLOCK) == 1077);
    assert_int_equal(machine_run(b.m, 0, &retired).kind, TRAP_BUDGET);
    assert_int_equal(retired, 77);
    assert_true(machine_get(b.m, MACHINE_WAKE) == UINT64_MAX && machine_stopped(b.m) == NULL);
    for (unsigned i = 0; i < isa_pg.reg_count; i++) {
        const struct reg_desc *r = &isa_pg.regs[i];
        assert_true(machine_has(b.m, r->reg));
        machine_set(b.m, r->reg, UINT64_MAX);
        assert_int_equal(machine_get(b.m, r->reg), (UINT64_C(1) << r->width) - 1);
    }
    assert_false(machine_has(b.m, 2));
    machine_reset(b.m);
    assert_true(machine_get(b.m, MACHINE_PC) == 2 && machine_get(b.m, PG_B) == Q && machine_get(b.m, MACHINE_RETIRED) == 0);
    assert_int_equal(machine_load(b.m, 40 * PG_CELL, &word, sizeof word), 0);
    assert_int_equal(word, 1); /* memory stays */
    assert_int_equal(machine_load(b.m, (Q - 1) * PG_CELL, &word, sizeof word), 0);
    assert_int_equal(machine_load(b.m, (Q - 1) * PG_CELL + 1, &word, sizeof word), -EFAULT); /* the page goes on, E does not */
    assert_int_equal(machine_store(b.m, Q * PG_CELL, &word, sizeof word), -EFAULT);
    pg_bench_destroy(&b);
}

static void what_cannot_be_made(void **state)
{
    struct pg_bench b;
    struct machine *m;
    struct phys *empty;
    (void)state;
    pg_bench_create(&b, Q, PG_BASE);
    assert_int_equal(phys_create(&empty), 0);
    assert_int_equal(pg_create(&m, b.phys, &(struct pg_config){.cells = PG_CELLS_MIN - 1}), -EINVAL);
    assert_int_equal(pg_create(&m, b.phys, &(struct pg_config){.cells = 513}), -EINVAL); /* the page has 512 */
    assert_int_equal(pg_create(&m, b.phys, &(struct pg_config){.cells = PG_CELLS_MAX + 1}), -EINVAL);
    assert_int_equal(pg_create(&m, b.phys, &(struct pg_config){.cells = Q, .variant = PG_VARIANT_COUNT}), -EINVAL);
    assert_int_equal(pg_create(&m, empty, &(struct pg_config){.cells = Q}), -EINVAL);
    phys_destroy(empty);
    pg_bench_destroy(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_tested_twice),
        cmocka_unit_test(r_is_active_in_both_modes),
        cmocka_unit_test(each_instruction_does_what_it_says),
        cmocka_unit_test(out_without_a_console_loses_the_byte),
        cmocka_unit_test(rows_trap_as_they_claim),
        cmocka_unit_test(what_is_no_instruction_traps_in_both_modes),
        cmocka_unit_test(an_instruction_that_traps_changes_nothing),
        cmocka_unit_test(a_trap_swaps_the_psw),
        cmocka_unit_test(a_variant_changes_its_instruction_only),
        cmocka_unit_test(what_the_variants_do_in_user_mode),
        cmocka_unit_test(variants_have_names),
        cmocka_unit_test(interpreting_is_executing),
        cmocka_unit_test(registers_and_reset),
        cmocka_unit_test(what_cannot_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
