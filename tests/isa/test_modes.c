/* What an instruction makes of its operands has nothing to do with the mode: every row that never traps and neither jumps nor goes to
 * memory, with all combinations of its register fields, in U and in M, by its fast body and by the careful one. The same registers
 * must come out. Values are of those that arithmetic has trouble with, and at random. And every row that goes to memory, at all places
 * around the end of a page: the same registers, the same memory, and what is stored is what was in the register. */
#include "isa/riscv/table.h"
#include "tests/isa/hart_bench.h"

#include <stdio.h>
#include <string.h>

enum {
    FIELDS = 1 << 15,            /* of rd, rs1 and rs2 */
    STEP = 6,                    /* bytes: the instruction, and C.EBREAK */
    PER_PAGE = PAGE_SIZE / STEP, /* none lies across */
    LONG = 1000000,              /* a budget for which fast bodies run */
    WAYS = 3,
};

struct outcome {
    uint64_t x[32], f[32], pc, fcsr;
    enum trap_kind kind;
};

static uint64_t value(uint64_t *seed)
{
    static const uint64_t odd[] = {0, 1, 2, 31, 32, 63, INT32_MAX, INT64_MAX};
    const uint64_t r = bench_random(seed), v = odd[r >> 8 & 7];
    switch (r & 7) {
    case 0: return v;
    case 1: return ~v;
    case 2: return (uint64_t)(int64_t)(int32_t)bench_random(seed);
    case 3: return UINT64_C(0xffffffff00000000) | bench_random(seed); /* a single in its box */
    default: return bench_random(seed);
    }
}

/* The rest of the encoding is at random. */
static uint32_t encoding(const struct insn_desc *r, uint32_t fields, uint64_t *seed)
{
    const uint32_t operands = (fields & 31) << 7 | (fields >> 5 & 31) << 15 | (fields >> 10 & 31) << 20;
    const uint32_t registers = UINT32_C(31) << 7 | UINT32_C(31) << 15 | UINT32_C(31) << 20;
    const uint32_t bits = operands | ((uint32_t)bench_random(seed) & ~registers);
    return (uint32_t)r->match | (bits & ~(uint32_t)r->mask);
}

static bool is_plain(const struct bench *b, unsigned row)
{
    const struct insn_desc *r = &rv_rows[row];
    unsigned length;
    return r->length == 4 && r->traps == TRAPS_NEVER && rv_does[row] == DOES_NONE &&
           rv_decode_row(b->m->config, (uint32_t)r->match | 0x00108080, &length) != INSN_NONE;
}

/* Way 0: fast, in M. 1: fast, in U. 2: carefully, in U. */
static void run_in(struct bench *b, unsigned way, pa_t at, const struct outcome *before, struct outcome *out)
{
    uint64_t retired = 0;
    memcpy(b->h->x, before->x, sizeof before->x);
    memcpy(b->h->f, before->f, sizeof before->f);
    bench_set(b, CSR_fcsr, before->fcsr);
    bench_mode(b, way == 0 ? RV_M : RV_U);
    machine_set(b->m, MACHINE_PC, at);
    out->kind = machine_run(b->m, way == 2 ? 1 : LONG, &retired).kind;
    memcpy(out->x, b->h->x, sizeof out->x);
    memcpy(out->f, b->h->f, sizeof out->f);
    out->pc = machine_get(b->m, MACHINE_PC);
    if (way != 2 && out->pc == at + 4 && out->kind == TRAP_EXCEPTION) /* of C.EBREAK: the instruction is done */
        out->kind = TRAP_BUDGET;
    out->fcsr = bench_get(b, CSR_fcsr);
}

static void page(struct bench *b, const struct insn_desc *r, uint32_t first, uint64_t *seed)
{
    uint8_t code[PAGE_SIZE] = {0};
    uint32_t bits[PER_PAGE];
    struct outcome before = {.fcsr = bench_random(seed) % 5 << 5}, out[WAYS];
    for (unsigned n = 1; n < 32; n++)
        before.x[n] = value(seed);
    for (unsigned n = 0; n < 32; n++)
        before.f[n] = value(seed);
    for (unsigned n = 0; n < PER_PAGE; n++) {
        bits[n] = encoding(r, first + n, seed);
        memcpy(code + n * STEP, &bits[n], 4);
        memcpy(code + n * STEP + 4, &(uint16_t){INSN_C_EBREAK}, 2);
    }
    assert_int_equal(machine_store(b->m, BENCH_CODE, code, sizeof code), 0);
    for (unsigned n = 0; n < PER_PAGE && first + n < FIELDS; n++) {
        for (unsigned way = 0; way < WAYS; way++)
            run_in(b, way, BENCH_CODE + n * STEP, &before, &out[way]);
        for (unsigned way = 1; way < WAYS; way++)
            if (memcmp(&out[0], &out[way], offsetof(struct outcome, kind)) != 0 || out[0].kind != out[way].kind)
                fail_msg("%s, 0x%08x: what %s does in U is not what it does in M", r->name, bits[n],
                         way == 1 ? "the fast body" : "the careful body");
    }
}

static void rows_know_no_mode(void **state)
{
    const struct riscv_config config = bench_config();
    uint64_t seed = 1;
    unsigned rows = 0;
    struct bench b;
    (void)state;
    bench_open(&b, &config);
    bench_open_pmp(&b);
    bench_set(&b, CSR_mstatus, 3 << MSTATUS_FS);
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        if (!is_plain(&b, row))
            continue;
        rows++;
        for (uint32_t first = 0; first < FIELDS; first += PER_PAGE)
            page(&b, &rv_rows[row], first, &seed);
    }
    assert_true(rows > 90);
    printf("%u rows, %d encodings of each\n", rows, FIELDS);
    bench_close(&b);
}

/* Whoever writes a floating-point register makes FS Dirty, whichever it is [priv 3.1.6.6]. */
static void dirty_after(struct bench *b, const struct insn_desc *r, unsigned rd)
{
    const uint64_t clean = UINT64_C(2) << MSTATUS_FS;
    const uint32_t bits = (uint32_t)r->match | rd << 7;
    uint64_t retired = 0;
    bench_mode(b, RV_M);
    bench_set(b, CSR_mstatus, clean);
    assert_int_equal(machine_store(b->m, BENCH_CODE, &bits, 4), 0);
    machine_set(b->m, MACHINE_PC, BENCH_CODE);
    assert_int_equal(machine_run(b->m, 1, &retired).kind, TRAP_BUDGET);
    if (bits_get(bench_get(b, CSR_mstatus), MSTATUS_FS, 2) != 3)
        fail_msg("%s to f%u leaves FS as it was", r->name, rd);
}

static void results_make_fs_dirty(void **state)
{
    const struct riscv_config config = bench_config();
    unsigned rows = 0;
    struct bench b;
    (void)state;
    bench_open(&b, &config);
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        const struct insn_desc *r = &rv_rows[row];
        const bool to_f = strncmp(r->format, "F", 1) == 0 || strcmp(r->format, "R4") == 0;
        if (!is_plain(&b, row) || !to_f || strcmp(r->format, "FENCE") == 0)
            continue;
        rows++;
        for (unsigned rd = 0; rd < 32; rd++)
            dirty_after(&b, r, rd);
    }
    assert_true(rows > 30);
    bench_close(&b);
}

/* --- memory */

enum { DATA_REGISTER = 9, ADDRESS_REGISTER = 10, REACH = 16 };
#define PAGES_MEET (BENCH_RAM + 0x4000)

struct reached {
    struct outcome registers;
    uint8_t memory[2 * REACH]; /* around the place where two pages meet */
};

/* No immediate; one register for the address, another for all else. */
static uint32_t access_encoding(const struct insn_desc *r)
{
    const uint32_t bits = DATA_REGISTER << 7 | ADDRESS_REGISTER << 15 | DATA_REGISTER << 20;
    const bool stores_by_s = strchr(r->encoding, 't') && !strchr(r->encoding, 'd'); /* there bits 11:7 are of the immediate */
    const bool has_rs2 = strchr(r->encoding, 't');
    uint32_t mask = (uint32_t)r->mask;
    if (stores_by_s)
        mask |= 31u << 7;
    if (!has_rs2)
        mask |= 31u << 20;
    return (uint32_t)r->match | (bits & ~mask);
}

static void access_in(struct bench *b, unsigned way, uint32_t bits, const struct outcome *before, struct reached *out)
{
    uint8_t memory[2 * REACH];
    const uint32_t code[2] = {bits, INSN_C_EBREAK};
    for (unsigned n = 0; n < sizeof memory; n++)
        memory[n] = (uint8_t)(0x81 + n * 7);
    assert_int_equal(machine_store(b->m, PAGES_MEET - REACH, memory, sizeof memory), 0);
    assert_int_equal(machine_store(b->m, BENCH_CODE, code, sizeof code), 0);
    if (way == 2)
        machine_fence(b->m, &(struct fence){0}); /* that no fast body finds its page */
    run_in(b, way, BENCH_CODE, before, &out->registers);
    assert_int_equal(machine_load(b->m, PAGES_MEET - REACH, out->memory, sizeof out->memory), 0);
}

static void stored(const struct insn_desc *r, const struct outcome *before, const struct reached *out, unsigned size)
{
    const uint64_t *from = r->ext[0] == 'I' ? before->x : before->f;
    const unsigned at = (unsigned)(before->x[ADDRESS_REGISTER] - (PAGES_MEET - REACH));
    if (memcmp(out->memory + at, &from[DATA_REGISTER], size) != 0)
        fail_msg("%s: at %d of the page's end something else was stored", r->name, (int)at - REACH);
}

static void access_at(struct bench *b, unsigned row, int offset, uint64_t *seed)
{
    const struct insn_desc *r = &rv_rows[row];
    const bool plain_store = (rv_does[row] & DOES_WRITE) && !strchr(r->encoding, 'd');
    struct outcome before = {.fcsr = 0};
    struct reached out[WAYS];
    for (unsigned n = 1; n < 32; n++) {
        before.x[n] = value(seed);
        before.f[n] = value(seed);
    }
    before.x[ADDRESS_REGISTER] = PAGES_MEET + (uint64_t)(int64_t)offset;
    for (unsigned way = 0; way < WAYS; way++)
        access_in(b, way, access_encoding(r), &before, &out[way]);
    for (unsigned way = 1; way < WAYS; way++)
        if (memcmp(&out[0].registers, &out[way].registers, offsetof(struct outcome, kind)) != 0 ||
            out[0].registers.kind != out[way].registers.kind || memcmp(out[0].memory, out[way].memory, sizeof out[0].memory) != 0)
            fail_msg("%s at %d of a page's end: what %s does in U is not what it does in M", r->name, offset,
                     way == 1 ? "the fast body" : "the careful body");
    if (plain_store)
        stored(r, &before, &out[0], rv_does[row] & DOES_SIZE);
}

static void accesses_know_no_mode(void **state)
{
    const struct riscv_config config = bench_config();
    uint64_t seed = 3;
    unsigned rows = 0;
    struct bench b;
    (void)state;
    bench_open(&b, &config);
    bench_open_pmp(&b);
    bench_set(&b, CSR_mstatus, 3 << MSTATUS_FS);
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        if (rv_rows[row].length != 4 || rv_rows[row].traps != TRAPS_NEVER || !(rv_does[row] & DOES_SIZE))
            continue;
        rows++;
        for (unsigned times = 0; times < 8; times++)
            for (int offset = -REACH / 2; offset <= REACH / 2; offset++)
                access_at(&b, row, offset, &seed);
    }
    assert_true(rows > 35);
    printf("%u rows\n", rows);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_know_no_mode), cmocka_unit_test(results_make_fs_dirty),
                                       cmocka_unit_test(accesses_know_no_mode)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
