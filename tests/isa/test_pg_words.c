/* The full word of the paper's machine. That its rows do the same in both modes and at every place is exhausted on words of a few bits;
 * here it is looked at where words have 64: every row that no machine lets trap, from all pairs of small numbers, and from pairs at
 * random, in u, in s, and elsewhere in memory. */
#include "tests/isa/pg_bench.h"

enum { CELLS = 16, SMALL = 1 << 9, RANDOM = 100000, WINDOW = 4 };
enum { AT_A = 1, AT_B = 2, AT_FAR = 3 }; /* operands a and b, and where ldx and stx may lead */

/* Where it is executed, and in which mode. */
struct place {
    uint64_t m, l;
};
static const struct place places[] = {{PG_S, 4}, {PG_U, 4}, {PG_S, 8}, {PG_U, 8}};

/* What becomes of the window. */
struct result {
    uint64_t cell[WINDOW], m, p, l, b;
    struct trap t;
};

static void run_at(const struct pg_bench *b, const struct place *at, const uint64_t *cell, struct result *out)
{
    uint64_t retired = 0, *e = (uint64_t *)(void *)ram_host(b->ram) + at->l;

    *out = (struct result){0};
    memcpy(e, cell, WINDOW * sizeof *cell);
    machine_set(b->m, MACHINE_MODE, at->m);
    machine_set(b->m, MACHINE_PC, 0);
    machine_set(b->m, PG_L, at->l);
    machine_set(b->m, PG_B, WINDOW);
    out->t = machine_run(b->m, 1, &retired);
    memcpy(out->cell, e, WINDOW * sizeof *cell);
    out->m = machine_get(b->m, MACHINE_MODE) ^ at->m;
    out->p = machine_get(b->m, MACHINE_PC);
    out->l = machine_get(b->m, PG_L) - at->l;
    out->b = machine_get(b->m, PG_B);
}

/* The instruction is in cell 0 and its operands lead to x and y: the same from all places. */
static void same_everywhere(const struct pg_bench *b, uint64_t bits, uint64_t x, uint64_t y)
{
    const uint64_t cell[WINDOW] = {bits, x, y, 77};
    struct result first, other;

    run_at(b, &places[0], cell, &first);
    for (unsigned n = 1; n < sizeof places / sizeof *places; n++) {
        run_at(b, &places[n], cell, &other);
        if (memcmp(first.cell, other.cell, sizeof first.cell) != 0 || first.m != other.m || first.p != other.p || first.l != other.l ||
            first.b != other.b || first.t.kind != other.t.kind || first.t.cause != other.t.cause)
            fail_msg("0x%llx with %llu and %llu: not the same in mode %llu at %llu", (unsigned long long)bits, (unsigned long long)x,
                     (unsigned long long)y, (unsigned long long)places[n].m, (unsigned long long)places[n].l);
    }
}

static void numbers_do_the_same_in_both_modes(void **state)
{
    uint64_t seed = 1;
    struct pg_bench b;
    (void)state;
    pg_bench_create(&b, CELLS, PG_BASE);
    for (unsigned row = 0; row < PG_INSN_COUNT; row++) {
        if (isa_pg.rows[row].traps != TRAPS_NEVER)
            continue;
        const uint64_t bits = pg_encode(row, AT_A, AT_B);
        for (uint64_t x = 0; x < SMALL; x++)
            for (uint64_t y = 0; y < SMALL; y++)
                same_everywhere(&b, bits, x, y);
        for (unsigned n = 0; n < RANDOM; n++)
            same_everywhere(&b, bits, pg_random_word(&seed, CELLS), pg_random_word(&seed, CELLS));
    }
    pg_bench_destroy(&b);
}

/* Operands are numbers, too: of those that b has bits for, the small ones and some of the others. */
static void operands_do_the_same_in_both_modes(void **state)
{
    uint64_t seed = 2;
    struct pg_bench b;
    (void)state;
    pg_bench_create(&b, CELLS, PG_BASE);
    for (unsigned row = 0; row < PG_INSN_COUNT; row++) {
        if (isa_pg.rows[row].traps != TRAPS_NEVER)
            continue;
        for (uint64_t n = 0; n < RANDOM; n++) {
            const uint64_t operand = n < RANDOM / 2 ? n : pg_random(&seed) & ((1 << 28) - 1);
            same_everywhere(&b, pg_encode(row, AT_FAR, operand), 5, 6);
        }
    }
    pg_bench_destroy(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_do_the_same_in_both_modes),
        cmocka_unit_test(operands_do_the_same_in_both_modes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
