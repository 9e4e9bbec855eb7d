/* test_sweep_ia32.c - the sweep of IA-32: that each encoding of three bytes comes once in each size, that what it finds does not hang on what was
 * executed before, and that an encoding which does what it must not is named. */
#include "core/sweep_shard.h"
#include "core/theory/lab_ia32.h"
#include "core/theory/samples.h"
#include "core/theory/theory_ia32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct sweep_config quick = {.isa = &sweep_ia32, .quick = true, .seed = 1, .states = 2},
                                 whole = {.isa = &sweep_ia32, .seed = 1, .states = 1};
enum { ALL = 1 << 25, CHUNK_0F = 256 + 0x0f, MOV_R_CR = 0xc0200f | 1 << 24 };

static void encodings_come_once_each(void **state)
{
    uint8_t *seen = calloc(1, ALL / 8);
    uint32_t total = 0;
    (void)state;
    assert_non_null(seen);
    for (unsigned chunk = 0; chunk < sweep_chunks(&whole); chunk++)
        for (unsigned n = 0; n < sweep_chunk_size(&whole, chunk); n++, total++) {
            const uint32_t e = sweep_encoding(&whole, chunk, n);
            if (e >= ALL || (seen[e / 8] >> e % 8 & 1))
                fail_msg("chunk %u has %08x", chunk, e);
            seen[e / 8] = (uint8_t)(seen[e / 8] | 1 << e % 8);
        }
    assert_int_equal(total, ALL);
    free(seen);
}

/* Of the quick ones: every first two bytes, with every reg field, of memory and of a register. */
static void the_quick_ones_have_every_reg_field(void **state)
{
    static bool seen[1 << 16][16];
    unsigned total = 0;
    (void)state;
    for (unsigned chunk = 256; chunk < sweep_chunks(&quick); chunk++)
        for (unsigned n = 0; n < sweep_chunk_size(&quick, chunk); n++, total++) {
            const uint32_t e = sweep_encoding(&quick, chunk, n);
            bool *at = &seen[e & 0xffff][(e >> 19 & 7) | (e >> 22 & 3 ? 8 : 0)];
            assert_false(*at);
            *at = true;
        }
    assert_int_equal(total, 16 << 16);
}

/* --- what it finds. A CPU whose run() is wrapped; the tests run one after the other. */

static enum mutation { NONE, COMPLETES, CHANGES } mutation_now;
static struct mutant {
    struct machine_ops ops; /* first: a machine's ops are its mutant */
    const struct machine_ops *real;
} mutants[LAB_ROOM];

static void mutant_run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *out)
{
    const struct machine_ops *real = ((const struct mutant *)(const void *)m->ops)->real;
    const uint64_t pc = machine_get(m, MACHINE_PC);
    uint32_t bits = 0;
    bool here = pc >> 12 == BENCH_CODE_PAGE >> 12 && machine_get(m, MACHINE_MODE) == IA_RING3;
    if (here)
        assert_int_equal(machine_load(m, pc, &bits, 3), 0);
    here = here && bits == (MOV_R_CR & 0xffffff);
    real->run(m, budget, retired, out);
    if (here && mutation_now == COMPLETES)
        *out = (struct trap){.kind = TRAP_BUDGET};
    if (here && mutation_now == CHANGES)
        machine_set(m, IA_CR2, ~machine_get(m, IA_CR2));
}

static int mutant_create(struct machine **out, struct phys *phys, const void *config, unsigned index)
{
    const int error = lab_ia32_create(out, phys, config, index);
    if (error)
        return error;
    struct mutant *mutant = &mutants[index];
    mutant->real = (*out)->ops;
    mutant->ops = *mutant->real;
    mutant->ops.run = mutant_run;
    (*out)->ops = &mutant->ops;
    return 0;
}

static void chunk_of(const struct sweep_config *c, unsigned chunk, struct sweep_counts *out)
{
    struct sweep *s;
    memset(out, 0, sizeof *out);
    assert_int_equal(sweep_open(&s, c, mutant_create), 0);
    sweep_chunk(s, chunk, out);
    sweep_close(s);
}

static void what_an_encoding_must_not_do_is_found(void **state)
{
    static struct sweep_counts c;
    (void)state;
    mutation_now = NONE;
    chunk_of(&quick, CHUNK_0F, &c);
    assert_int_equal(c.faults, 0);
    assert_int_equal(c.encodings, 16 << 8);
    assert_int_equal(c.runs[IA_INSN_clts][OUTCOME_PRIVILEGE], 16 * quick.states);
    assert_int_equal(c.runs[IA_INSN_sgdt][OUTCOME_PRIVILEGE], 0);
    mutation_now = COMPLETES;
    chunk_of(&whole, CHUNK_0F, &c);
    assert_true(c.told >= 1 && c.fault[0].bits == MOV_R_CR && c.fault[0].kind == SWEEP_UNCLAIMED);
    mutation_now = CHANGES;
    chunk_of(&whole, CHUNK_0F, &c);
    assert_true(c.told >= 1 && c.fault[0].bits == MOV_R_CR && c.fault[0].kind == SWEEP_CHANGES && c.fault[0].reg == IA_CR2);
}

/* One sweep in this order, another in that: nothing is left over from encoding to encoding. */
static void a_chunk_comes_to_the_same_whenever_it_is_done(void **state)
{
    static const unsigned chunks[] = {0xf3, 256 + 0x9d, 256 + 0xa4, 0x8e};
    static struct sweep_counts forth, back;
    struct sweep *a, *b;
    (void)state;
    assert_int_equal(sweep_open(&a, &quick, NULL), 0);
    assert_int_equal(sweep_open(&b, &quick, NULL), 0);
    for (unsigned n = 0; n < 4; n++) {
        sweep_chunk(a, chunks[n], &forth);
        sweep_chunk(b, chunks[3 - n], &back);
    }
    assert_memory_equal(&forth, &back, sizeof forth);
    assert_int_equal(forth.faults, 0);
    sweep_close(a);
    sweep_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodings_come_once_each),
        cmocka_unit_test(the_quick_ones_have_every_reg_field),
        cmocka_unit_test(what_an_encoding_must_not_do_is_found),
        cmocka_unit_test(a_chunk_comes_to_the_same_whenever_it_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
