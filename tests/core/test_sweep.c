/* The sweep: that no encoding is left out or taken twice, that the sums do not depend on what was done when, that an encoding which
 * does what it must not is named, and that a shard file is what it was or is refused. */
#include "core/sweep_shard.h"
#include "core/theory/lab_riscv.h"
#include "core/theory/samples.h"
#include "core/theory/theory_riscv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct sweep_config quick = {.isa = &sweep_riscv, .quick = true, .seed = 1, .states = 2},
                                 whole = {.isa = &sweep_riscv, .seed = 1, .states = 1};

/* --- which encodings */

static void short_encodings_come_once_each(void **state)
{
    static bool seen[1 << 16];
    (void)state;
    memset(seen, 0, sizeof seen);
    assert_int_equal(sweep_chunk_size(&whole, 0), 3 << 14);
    for (unsigned n = 0; n < sweep_chunk_size(&whole, 0); n++) {
        const uint32_t bits = sweep_encoding(&whole, 0, n);
        assert_true(bits < 1 << 16 && (bits & 3) != 3 && !seen[bits]);
        seen[bits] = true;
    }
}

/* A bit for each of the 2^25 encodings of an opcode. */
static void opcode_is_covered(const struct sweep_config *c, unsigned first, unsigned count, unsigned opcode)
{
    uint8_t *seen = calloc(1, (1 << 25) / 8);
    uint32_t total = 0;
    assert_non_null(seen);
    for (unsigned chunk = first; chunk < first + count; chunk++)
        for (unsigned n = 0; n < sweep_chunk_size(&whole, chunk); n++, total++) {
            const uint32_t bits = sweep_encoding(c, chunk, n), at = bits >> 7;
            if ((bits & 0x7f) != opcode || (seen[at / 8] >> at % 8 & 1))
                fail_msg("chunk %u has %08x", chunk, bits);
            seen[at / 8] = (uint8_t)(seen[at / 8] | 1 << at % 8);
        }
    assert_int_equal(total, 1 << 25);
    free(seen);
}

static void long_encodings_come_once_each(void **state)
{
    (void)state;
    assert_int_equal(sweep_chunks(&quick), 33);
    assert_int_equal(sweep_chunks(&whole), 1025);
    opcode_is_covered(&quick, 1, 32, 0x73);
    for (unsigned opcode = 0; opcode < 32; opcode++) {
        if (opcode % 11 == 5)
            opcode_is_covered(&whole, 1 + opcode * 32, 32, opcode << 2 | 3);
        for (unsigned chunk = 0; chunk < 32; chunk++) {
            const unsigned n = 1 + opcode * 32 + chunk;
            assert_int_equal(sweep_encoding(&whole, n, 0) & 0x7f, opcode << 2 | 3);
            assert_int_equal(sweep_encoding(&whole, n, sweep_chunk_size(&whole, n) - 1) & 0x7f, opcode << 2 | 3);
        }
    }
}

/* --- sums */

static struct sweep *open_sweep(const struct sweep_config *c, int (*create)(struct machine **, struct phys *, const void *, unsigned))
{
    struct sweep *s;
    assert_int_equal(sweep_open(&s, c, create), 0);
    return s;
}

static struct sweep_counts *counts_new(void)
{
    struct sweep_counts *c = calloc(1, sizeof *c);
    assert_non_null(c);
    return c;
}

static uint64_t row_runs(const struct sweep_counts *c, unsigned row)
{
    uint64_t sum = 0;
    for (unsigned o = 0; o < SWEEP_OUTCOMES; o++)
        sum += c->runs[row][o];
    return sum;
}

/* Every encoding counts for the row that it is one of, once for each state. */
static void rows_have_their_encodings(void **state)
{
    struct sweep *s = open_sweep(&quick, NULL);
    struct sweep_counts *c = counts_new();
    uint64_t expected[SWEEP_ROWS] = {0};
    unsigned length;
    (void)state;
    sweep_chunk(s, 0, c);
    for (unsigned n = 0; n < sweep_chunk_size(&whole, 0); n++) {
        const unsigned row = isa_riscv.decode(&riscv_config_default, 0, sweep_encoding(&quick, 0, n), &length);
        expected[row == INSN_NONE ? RV_INSN_COUNT : row] += quick.states;
    }
    for (unsigned row = 0; row < SWEEP_ROWS; row++)
        assert_int_equal(row_runs(c, row), expected[row]);
    assert_int_equal(c->encodings, sweep_chunk_size(&whole, 0));
    assert_int_equal(c->runs[RV_INSN_COUNT][OUTCOME_UNDEFINED], expected[RV_INSN_COUNT]);
    assert_int_equal(c->runs[RV_INSN_c_ebreak][OUTCOME_REQUESTED], quick.states);
    assert_true(c->runs[RV_INSN_c_ldsp][OUTCOME_OK] > 0 && c->runs[RV_INSN_c_ldsp][OUTCOME_RESOURCE] > 0);
    assert_int_equal(c->faults, 0);
    free(c);
    sweep_close(s);
}

/* SYSTEM with funct3 = 0: four instructions of one encoding, and fences. */
static void the_system_opcode_is_as_the_manual_has_it(void **state)
{
    struct sweep *s = open_sweep(&quick, NULL);
    struct sweep_counts *c = counts_new();
    static const unsigned once[] = {RV_INSN_sret, RV_INSN_mret, RV_INSN_wfi};
    (void)state;
    for (unsigned chunk = 1; chunk <= 4; chunk++)
        sweep_chunk(s, chunk, c);
    for (unsigned n = 0; n < 3; n++)
        assert_int_equal(c->runs[once[n]][OUTCOME_PRIVILEGE], quick.states);
    assert_int_equal(c->runs[RV_INSN_ecall][OUTCOME_REQUESTED], quick.states);
    assert_int_equal(c->runs[RV_INSN_ebreak][OUTCOME_REQUESTED], quick.states);
    assert_int_equal(c->runs[RV_INSN_sfence_vma][OUTCOME_PRIVILEGE], 32 * 32 * quick.states);
    assert_int_equal(c->runs[RV_INSN_COUNT][OUTCOME_UNDEFINED], ((1u << 22) - 5 - 32 * 32) * quick.states);
    assert_true(c->faults == 0 && c->encodings == 1u << 22);
    free(c);
    sweep_close(s);
}

static void a_chunk_comes_to_the_same_whenever_it_is_done(void **state)
{
    const unsigned chunks[] = {0, 7, 30};
    struct sweep *one = open_sweep(&quick, NULL), *other = open_sweep(&quick, NULL);
    struct sweep_counts *forth = counts_new(), *back = counts_new();
    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        sweep_chunk(one, chunks[n], forth);
        sweep_chunk(other, chunks[2 - n], back);
    }
    assert_memory_equal(forth, back, sizeof *forth);
    free(forth);
    free(back);
    sweep_close(one);
    sweep_close(other);
}

/* Loads, stores, arithmetic and jumps on any registers, and whatever else comes; and rounding modes, set and used. */
static uint32_t random_encoding(uint64_t *seed, unsigned n)
{
    static const uint32_t opcodes[] = {0x03, 0x07, 0x13, 0x23, 0x27, 0x2f, 0x33, 0x3b, 0x53, 0x63, 0x67, 0x73};
    const uint32_t bits = (uint32_t)lab_next(seed);
    switch (n % 8) {
    case 0: return bits & 0xffff;
    case 1: return bits;
    case 2: return (bits & 0xf8000) | 0x00201073; /* csrw frm, rs1 */
    case 3: return (bits & 0x1ff8f80) | 0x7053;   /* fadd.s, dynamic */
    default: return (bits & ~0x7fu) | opcodes[lab_next(seed) % (sizeof opcodes / sizeof *opcodes)];
    }
}

/* The laboratory makes every state anew for every encoding, and comes to the same. */
static void nothing_is_left_over_from_encoding_to_encoding(void **state)
{
    const struct sweep_config all = {.isa = &sweep_riscv, .seed = 3, .states = SWEEP_STATES_MAX};
    const struct riscv_inputs in = riscv_inputs();
    struct riscv_theory t;
    struct sweep *s = open_sweep(&all, NULL);
    struct sweep_counts *c = counts_new(), *expected = counts_new();
    uint32_t code[SWEEP_PAGE];
    uint64_t seed = 11;
    unsigned length;
    (void)state;
    assert_int_equal(riscv_theory_open(&t, &in, RISCV_PINS, &(struct classify_options){.seed = 3, .states = SWEEP_STATES_MAX}), 0);
    for (unsigned page = 0; page < 4; page++) {
        for (unsigned n = 0; n < SWEEP_PAGE; n++)
            code[n] = random_encoding(&seed, n);
        sweep_page(s, code, page, c);
        for (unsigned n = 0; n < SWEEP_PAGE; n++) {
            const unsigned row = isa_riscv.decode(&t.k.config, 0, code[n], &length);
            lab_insert(t.lab, code[n], 4);
            for (unsigned k = 0; k < SWEEP_STATES_MAX; k++) {
                struct lab_state from = t.classifier->sample[k].guarded;
                struct lab_result r;
                lab_put(t.lab, &from, USER, PLACE_BARE);
                lab_run(t.lab, &from, true, false, &r, NULL);
                expected->runs[row == INSN_NONE ? RV_INSN_COUNT : row][r.outcome]++;
            }
        }
    }
    assert_memory_equal(c->runs, expected->runs, sizeof c->runs);
    assert_int_equal(c->faults, 0);
    riscv_theory_close(&t);
    free(c);
    free(expected);
    sweep_close(s);
}

/* --- encodings that do what they must not. A hart whose run() is wrapped; the tests run one after the other. */

static enum mutation { COMPLETES, COMPLETES_FAST, TOUCHES_RECORDED, CHANGES_IN_SILENCE, CHANGES_MODE } mutation_now;
static uint32_t mutated; /* the encoding */
static struct mutant {
    struct machine_ops ops; /* first: a machine's ops are its mutant */
    const struct machine_ops *real;
} mutants[LAB_ROOM];
static bool pretend_touched;

static const struct machine_ops *real_ops(const struct machine *m) { return ((const struct mutant *)(const void *)m->ops)->real; }

static void mutant_run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *out)
{
    uint32_t bits = 0;
    const uint64_t pc = machine_get(m, MACHINE_PC);
    const bool user = machine_get(m, MACHINE_MODE) == RV_U;
    assert_int_equal(machine_load(m, pc, &bits, sizeof bits), 0);
    const bool here = user && bits == mutated;
    pretend_touched = here && mutation_now == TOUCHES_RECORDED;
    if (here && (mutation_now == COMPLETES || (mutation_now == COMPLETES_FAST && budget > 1))) {
        machine_set(m, MACHINE_PC, pc + 4);
        ++*retired;
        *out = (struct trap){.kind = TRAP_BUDGET};
        return;
    }
    real_ops(m)->run(m, budget, retired, out);
    if (here && mutation_now == CHANGES_IN_SILENCE)
        machine_set(m, RV_CSR + CSR_mscratch, ~machine_get(m, RV_CSR + CSR_mscratch));
    if (here && mutation_now == CHANGES_MODE)
        machine_set(m, MACHINE_MODE, RV_S);
}

static unsigned mutant_touched(const struct machine *m, struct machine_touch *out, unsigned room)
{
    unsigned count = real_ops(m)->touched(m, out, room);
    if (pretend_touched && count < room)
        out[count++] = (struct machine_touch){.reg = RV_CSR + CSR_satp, .bits = UINT64_MAX, .how = TOUCH_READ};
    return count;
}

static int mutant_create(struct machine **out, struct phys *phys, const void *config, unsigned index)
{
    int error = lab_riscv_create(out, phys, config, index);
    if (error)
        return error;
    struct mutant *mutant = &mutants[index];
    mutant->real = (*out)->ops;
    mutant->ops = *mutant->real;
    mutant->ops.run = mutant_run;
    mutant->ops.touched = mutant_touched;
    (*out)->ops = &mutant->ops;
    return 0;
}

/* The chunk of `bits`, and in it this one fault; if by the fast body alone, then that it is so, too. */
static void fault_is_named(enum mutation mutation, uint32_t bits, enum sweep_fault_kind kind, enum outcome outcome, reg_t reg)
{
    const bool fast = mutation == COMPLETES_FAST;
    struct sweep_config one = {.isa = &sweep_riscv, .seed = 1, .states = 1};
    mutation_now = mutation;
    mutated = bits;
    unsigned chunk = 1 + (bits >> 2 & 31) * 32 + (bits >> 12 & 7) * 4 + (bits >> 30);
    struct sweep *s = open_sweep(&one, mutant_create);
    struct sweep_counts *c = counts_new();
    sweep_chunk(s, chunk, c);
    assert_int_equal(c->told, 1 + fast);
    assert_true(!fast || (c->fault[1].bits == bits && c->fault[1].kind == SWEEP_WAYS_DIFFER));
    assert_int_equal(c->fault[0].bits, bits);
    assert_int_equal(c->fault[0].kind, kind);
    assert_int_equal(c->fault[0].outcome, outcome);
    assert_int_equal(c->fault[0].reg, reg);
    assert_true(c->faults >= 1);
    free(c);
    sweep_close(s);
}

static void what_an_encoding_must_not_do_is_found(void **state)
{
    (void)state;
    fault_is_named(COMPLETES, 0x0000000b, SWEEP_UNDEFINED_COMPLETES, OUTCOME_OK, 0); /* custom-0 */
    fault_is_named(COMPLETES, 0x7b200073, SWEEP_UNDEFINED_COMPLETES, OUTCOME_OK, 0); /* dret */
    /* The tables claim otherwise: sfence.vma x31, x31; csrrs x27, sscratch, x5; csrrs x27, sscratch, x0; wfi. */
    fault_is_named(COMPLETES, 0x13ff8073, SWEEP_UNCLAIMED, OUTCOME_OK, 0);
    fault_is_named(COMPLETES, 0x1402adf3, SWEEP_UNCLAIMED, OUTCOME_OK, 0);
    fault_is_named(COMPLETES, 0x14002df3, SWEEP_UNCLAIMED, OUTCOME_OK, 0);
    fault_is_named(COMPLETES, 0x10500073, SWEEP_UNCLAIMED, OUTCOME_OK, 0);
    fault_is_named(COMPLETES_FAST, 0x0000000b, SWEEP_UNDEFINED_COMPLETES, OUTCOME_OK, 0);
    fault_is_named(COMPLETES_FAST, 0x1402adf3, SWEEP_UNCLAIMED, OUTCOME_OK, 0);
    fault_is_named(TOUCHES_RECORDED, 0x00c58533, SWEEP_TOUCHES, OUTCOME_OK, RV_CSR + CSR_satp);
    fault_is_named(CHANGES_IN_SILENCE, 0x00c58533, SWEEP_CHANGES, OUTCOME_OK, RV_CSR + CSR_mscratch);
    fault_is_named(CHANGES_MODE, 0x00c58533, SWEEP_CHANGES, OUTCOME_OK, MACHINE_MODE);
}

/* --- shards */

static void shard_example(struct sweep_shard *s)
{
    sweep_shard_init(s, &quick, 2, 5, "1.2.3", "a, b");
    for (unsigned n = 0; n < sweep_shard_chunks(s); n++)
        s->done[n] = n % 3 != 1;
    s->counts.encodings = 123456789012345;
    s->counts.runs[RV_INSN_addi][OUTCOME_OK] = UINT64_MAX;
    s->counts.runs[RV_INSN_COUNT][OUTCOME_UNDEFINED] = 7;
    s->counts.faults = 99;
    s->counts.fault[s->counts.told++] = (struct sweep_fault){0x73, SWEEP_UNDEFINED_COMPLETES, OUTCOME_WAIT, 0};
    s->counts.fault[s->counts.told++] = (struct sweep_fault){0x10500073, SWEEP_UNCLAIMED, OUTCOME_OK, 0};
    s->counts.fault[s->counts.told++] = (struct sweep_fault){0xffffffff, SWEEP_CHANGES, OUTCOME_OK, MACHINE_MODE};
}

static const char file_name[] = "/tmp/trapeze-sweep-XXXXXX";

static void file_make(char *name, const char *text, size_t size)
{
    strcpy(name, file_name);
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), (ssize_t)size);
    close(fd);
}

static int read_back(const char *text, size_t size, struct sweep_shard *out, struct error *e)
{
    char name[sizeof file_name];
    file_make(name, text, size);
    *e = (struct error){""};
    int r = sweep_shard_read(out, name, e);
    if (r)
        assert_non_null(strstr(e->text, name)); /* it is named */
    unlink(name);
    return r;
}

static char *shard_text(const struct sweep_shard *s, size_t *size)
{
    char *text;
    FILE *f = open_memstream(&text, size);
    assert_non_null(f);
    assert_int_equal(sweep_shard_write(s, f), 0);
    fclose(f);
    return text;
}

static void a_shard_file_is_what_it_was(void **state)
{
    struct sweep_shard *s = calloc(2, sizeof *s);
    struct error e;
    size_t size;
    (void)state;
    assert_non_null(s);
    shard_example(&s[0]);
    char *text = shard_text(&s[0], &size);
    assert_int_equal(read_back(text, size, &s[1], &e), 0);
    assert_memory_equal(&s[0].counts, &s[1].counts, sizeof s->counts);
    assert_memory_equal(s[0].done, s[1].done, sizeof s->done);
    assert_true(s[1].shard == 2 && s[1].shards == 5 && s[1].tables == s[0].tables);
    char why[160];
    assert_null(sweep_shard_differs(&s[0], &s[1], why, sizeof why));
    free(text);
    free(s);
}

/* Whatever is missing at its end, whatever byte is another. */
static void a_damaged_shard_file_is_refused(void **state)
{
    struct sweep_shard *s = calloc(2, sizeof *s);
    struct error e;
    size_t size;
    (void)state;
    assert_non_null(s);
    shard_example(&s[0]);
    char *text = shard_text(&s[0], &size);
    for (size_t n = 0; n < size; n++) {
        assert_int_equal(read_back(text, n, &s[1], &e), -EINVAL);
        text[n] ^= 1;
        assert_int_equal(read_back(text, size, &s[1], &e), -EINVAL);
        text[n] ^= 1;
    }
    assert_int_equal(read_back("", 0, &s[1], &e), -EINVAL);
    assert_true(sweep_shard_read(&s[1], "/nowhere/shard", &e) == -ENOENT && strstr(e.text, "/nowhere/shard"));
    free(text);
    free(s);
}

static void shards_of_other_sweeps_are_told_apart(void **state)
{
    struct sweep_shard *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
    char why[160];
    (void)state;
    assert_true(a && b);
    for (unsigned what = 0; what < 9; what++) {
        shard_example(a);
        shard_example(b);
        switch (what) {
        case 0: strcpy(b->version, "1.2.4"); break;
        case 1: b->tables++; break;
        case 2: strcpy(b->k, "a"); break;
        case 3: b->config.quick = false; break;
        case 4: b->config.seed++; break;
        case 5: b->config.states++; break;
        case 6: b->shards++; break;
        case 7: b->shard++; break; /* these two are parts of the same */
        case 8: b->done[1] = true; break;
        }
        assert_int_equal(sweep_shard_differs(a, b, why, sizeof why) != NULL, what < 7);
    }
    free(a);
    free(b);
}

/* All chunks are some shard's, and no chunk is two's. */
static void shards_have_all_chunks_between_them(void **state)
{
    struct sweep_shard *s = calloc(1, sizeof *s);
    const unsigned counts[] = {1, 2, 3, 8, 33, 64, SWEEP_SHARDS_MAX};
    (void)state;
    assert_non_null(s);
    for (unsigned n = 0; n < 2 * sizeof counts / sizeof *counts; n++) {
        const struct sweep_config *config = n % 2 ? &quick : &whole;
        bool seen[SWEEP_CHUNKS_MAX] = {false};
        unsigned total = 0;
        for (unsigned shard = 1; shard <= counts[n / 2]; shard++) {
            sweep_shard_init(s, config, shard, counts[n / 2], "", "");
            for (unsigned i = 0; i < sweep_shard_chunks(s); i++, total++) {
                const unsigned chunk = sweep_shard_chunk(s, i);
                assert_true(chunk < sweep_chunks(config) && !seen[chunk]);
                seen[chunk] = true;
            }
        }
        assert_int_equal(total, sweep_chunks(config));
    }
    free(s);
}

/* Of more faults than are kept the lowest stay, in whatever order they come. */
static void the_lowest_faults_are_kept(void **state)
{
    struct sweep_counts *part = calloc(3, sizeof *part), *a = counts_new(), *b = counts_new();
    uint64_t seed = 5;
    (void)state;
    assert_non_null(part);
    for (unsigned n = 0; n < 3; n++) {
        struct sweep_counts *one = counts_new();
        for (unsigned i = 0; i < 200; i++) {
            *one = (struct sweep_counts){.faults = 1, .told = 1, .fault[0] = {.bits = (uint32_t)(lab_next(&seed) % 500)}};
            sweep_add(&part[n], one);
        }
        assert_int_equal(part[n].told, SWEEP_FAULTS);
        free(one);
    }
    for (unsigned n = 0; n < 3; n++) {
        sweep_add(a, &part[n]);
        sweep_add(b, &part[2 - n]);
    }
    assert_memory_equal(a, b, sizeof *a);
    assert_int_equal(a->faults, 600);
    for (unsigned n = 1; n < SWEEP_FAULTS; n++)
        assert_true(a->fault[n - 1].bits < a->fault[n].bits);
    assert_true(a->fault[SWEEP_FAULTS - 1].bits < 150); /* of about 350 different ones */
    free(part);
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_encodings_come_once_each),
        cmocka_unit_test(long_encodings_come_once_each),
        cmocka_unit_test(rows_have_their_encodings),
        cmocka_unit_test(the_system_opcode_is_as_the_manual_has_it),
        cmocka_unit_test(a_chunk_comes_to_the_same_whenever_it_is_done),
        cmocka_unit_test(nothing_is_left_over_from_encoding_to_encoding),
        cmocka_unit_test(what_an_encoding_must_not_do_is_found),
        cmocka_unit_test(a_shard_file_is_what_it_was),
        cmocka_unit_test(a_damaged_shard_file_is_refused),
        cmocka_unit_test(shards_of_other_sweeps_are_told_apart),
        cmocka_unit_test(shards_have_all_chunks_between_them),
        cmocka_unit_test(the_lowest_faults_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
