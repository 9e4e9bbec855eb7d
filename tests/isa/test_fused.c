/* Fused pairs against the same instructions one at a time. For every pair of fused.def, in every mixture of lengths that its rows have,
 * random operands that make the body be used; then both ways from the same random state to the next trap, wherever jumps lead. Among
 * the registers are addresses of data, aligned and not, on both sides of a page's end, and ones where nothing is.
 */
#include "tests/isa/hart_bench.h"

#include <string.h>


enum { CASES = 24, ATTEMPTS = 4000, LIMIT = 3 * HART_SLICE, DATA_SIZE = 2 * PAGE_SIZE };
#define DATA (BENCH_RAM + 0x8000)
#define EBREAK UINT32_C(0x00100073)

static const struct pair {
    const char *name;
    uint16_t first, second;
    unsigned from;
} pairs[] = {
#define FROM_NONE 0
#define FROM_RS1 1
#define FROM_RS2 2
#define FUSE(first, second, from) {#first " " #second " " #from, RV_INSN_##first, RV_INSN_##second, from},
#include "isa/riscv/fused.def"
#undef FUSE
};

/* A random instruction of this length that is short for, or is, the base row; 0: there is none. */
static uint32_t random_of(unsigned base, unsigned length, uint64_t *seed)
{
    unsigned rows[RV_INSN_COUNT], count = 0, got;
    for (unsigned row = 0; row < RV_INSN_COUNT; row++)
        if (rv_rows[row].length == length && rv_base_row(row) == base)
            rows[count++] = row;
    for (unsigned attempt = 0; count && attempt < 100; attempt++) {
        uint64_t r = bench_random(seed);
        unsigned row = rows[r % count];
        uint32_t bits = (uint32_t)(rv_rows[row].match | (bench_random(seed) & ~rv_rows[row].mask));
        bits &= length == 2 ? 0xffff : UINT32_MAX;
        unsigned decoded = rv_decode_row(&riscv_config_default, bits, &got);
        if (decoded != INSN_NONE && rv_base_row(decoded) == base && got == length)
            return bits;
    }
    return 0;
}

/* Is this the pair's own body, and does the second really need the first's result, if that is what it is for? */
static bool is_the_pair(const struct pair *p, uint32_t a, unsigned la, uint32_t b, unsigned lb)
{
    struct rv_insn first, second;
    unsigned length;
    bool forwards;
    unsigned row_a = rv_decode_row(&riscv_config_default, a, &length), row_b = rv_decode_row(&riscv_config_default, b, &length);
    rv_decode_record(a, row_a, la, &first);
    rv_decode_record(b, row_b, lb, &second);
    if (p->from && (p->from == 1 ? second.rs1 : second.rs2) != first.rd)
        return false;
    return rv_fuse(row_a, &first, row_b, &second, &forwards) && forwards == (p->from != 0);
}

static uint64_t random_register(uint64_t *seed)
{
    uint64_t r = bench_random(seed);
    switch (r % 8) {
    case 0: return bench_random(seed);
    case 1: return r >> 60;
    case 2: return DATA + PAGE_SIZE - 8 + (r >> 32 & 15);
    case 3: return BENCH_CODE + (r >> 32 & 0xffe);
    case 4: return UINT64_MAX - (r >> 60);
    default: return DATA + (r >> 32) % DATA_SIZE / 8 * 8;
    }
}

static void prepare(struct bench *b, const uint8_t *code, size_t size, uint64_t seed)
{
    static const uint8_t nothing[PAGE_SIZE];
    uint64_t data[DATA_SIZE / 8];
    machine_reset(b->m);
    assert_int_equal(machine_store(b->m, BENCH_CODE, nothing, sizeof nothing), 0);
    assert_int_equal(machine_store(b->m, BENCH_CODE + 0x200, code, size), 0);
    for (unsigned i = 0; i < DATA_SIZE / 8; i++)
        data[i] = bench_random(&seed);
    assert_int_equal(machine_store(b->m, DATA, data, sizeof data), 0);
    for (unsigned r = 1; r < 32; r++)
        machine_set(b->m, RV_X + r, random_register(&seed));
    machine_set(b->m, MACHINE_PC, BENCH_CODE + 0x200);
}

/* To the first trap, at most LIMIT instructions; `slice` at a time. */
static struct trap go(struct bench *b, uint64_t slice, uint64_t *retired)
{
    struct trap t = {.kind = TRAP_BUDGET};
    *retired = 0;
    while (t.kind == TRAP_BUDGET && *retired < LIMIT)
        t = machine_run(b->m, slice, retired);
    return t;
}

static void compare(const struct bench *a, const struct bench *b, const char *name)
{
    uint8_t x[PAGE_SIZE], y[PAGE_SIZE];
    for (unsigned r = 0; r < 32; r++)
        if (machine_get(a->m, RV_X + r) != machine_get(b->m, RV_X + r))
            fail_msg("%s: x%u is %#llx, one at a time %#llx", name, r, (unsigned long long)machine_get(a->m, RV_X + r),
                     (unsigned long long)machine_get(b->m, RV_X + r));
    assert_int_equal(machine_get(a->m, MACHINE_PC), machine_get(b->m, MACHINE_PC));
    for (pa_t pa = BENCH_CODE; pa < DATA + DATA_SIZE; pa += PAGE_SIZE) {
        assert_int_equal(machine_load(a->m, pa, x, sizeof x), 0);
        assert_int_equal(machine_load(b->m, pa, y, sizeof y), 0);
        assert_memory_equal(x, y, sizeof x);
    }
}

static void one_case(struct bench *whole, struct bench *stepped, const char *name, uint32_t a, unsigned la, uint32_t b, unsigned lb,
                     uint64_t seed)
{
    uint8_t code[12];
    uint64_t retired[2];
    memcpy(code, &a, la);
    memcpy(code + la, &b, lb);
    memcpy(code + la + lb, &(uint32_t){EBREAK}, 4);
    prepare(whole, code, la + lb + 4, seed);
    prepare(stepped, code, la + lb + 4, seed);
    struct trap t = go(whole, LIMIT, &retired[0]), u = go(stepped, 1, &retired[1]);
    if (t.kind != u.kind || t.cause != u.cause || t.tval != u.tval || t.bits != u.bits || retired[0] != retired[1])
        fail_msg("%s, %#x %#x: kind %d cause %llu tval %#llx after %llu, one at a time kind %d cause %llu tval %#llx after %llu", name, a,
                 b, (int)t.kind, (unsigned long long)t.cause, (unsigned long long)t.tval, (unsigned long long)retired[0], (int)u.kind,
                 (unsigned long long)u.cause, (unsigned long long)u.tval, (unsigned long long)retired[1]);
    compare(whole, stepped, name);
}

static unsigned cases_of(struct bench *whole, struct bench *stepped, const struct pair *p, unsigned la, unsigned lb, uint64_t *seed)
{
    unsigned done = 0;
    for (unsigned attempt = 0; attempt < ATTEMPTS && done < CASES; attempt++) {
        uint32_t a = random_of(p->first, la, seed), b = random_of(p->second, lb, seed);
        if (!a || !b)
            return done;
        if (!is_the_pair(p, a, la, b, lb))
            continue;
        one_case(whole, stepped, p->name, a, la, b, lb, bench_random(seed));
        done++;
    }
    return done;
}

static void pairs_are_their_instructions(void **state)
{
    struct riscv_config c = bench_config();
    struct bench whole, stepped;
    uint64_t seed = 7;
    (void)state;
    bench_open(&whole, &c);
    bench_open(&stepped, &c);
    for (unsigned n = 0; n < sizeof pairs / sizeof *pairs; n++) {
        unsigned wide = cases_of(&whole, &stepped, &pairs[n], 4, 4, &seed);
        if (wide < CASES / 2)
            fail_msg("%s: only %u cases were found", pairs[n].name, wide);
        cases_of(&whole, &stepped, &pairs[n], 4, 2, &seed);
        cases_of(&whole, &stepped, &pairs[n], 2, 4, &seed);
        cases_of(&whole, &stepped, &pairs[n], 2, 2, &seed);
    }
    bench_close(&whole);
    bench_close(&stepped);
}

/* Writing to the second, or to the first, of a pair undoes it, whichever byte it is. */
static void a_write_undoes_a_pair(void **state)
{
    const uint32_t add = 0x00b50533 /* add a0,a0,a1 */, load = 0x00053583 /* ld a1,0(a0) */, other = 0x00150513 /* addi a0,a0,1 */;
    struct riscv_config c = bench_config();
    struct bench b;
    (void)state;
    bench_open(&b, &c);
    for (unsigned byte = 0; byte < 8; byte++)
        for (unsigned which = 0; which < 2; which++) {
            const uint32_t code[3] = {add, load, EBREAK};
            uint32_t changed[3] = {add, load, EBREAK};
            uint64_t retired = 0;
            changed[which] = other;
            prepare(&b, (const uint8_t *)code, sizeof code, 1);
            for (unsigned pass = 0; pass < 2; pass++) {
                machine_set(b.m, RV_X + 10, DATA);
                machine_set(b.m, RV_X + 11, 8);
                machine_set(b.m, MACHINE_PC, BENCH_CODE + 0x200);
                assert_int_equal(machine_run(b.m, LIMIT, &retired).kind, TRAP_EXCEPTION);
                if (pass == 0) /* the bytes that differ, each by a store of its own, this one last */
                    for (unsigned k = 1; k <= 8; k++) {
                        unsigned at = (byte + k) % 8;
                        assert_int_equal(machine_store(b.m, BENCH_CODE + 0x200 + at, (const uint8_t *)changed + at, 1), 0);
                    }
            }
            uint64_t sum = which == 0 ? DATA + 1 : DATA + 8 + 1;
            assert_int_equal(machine_get(b.m, RV_X + 10), sum);
        }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_their_instructions),
        cmocka_unit_test(a_write_undoes_a_pair),
    };
    return run_in_every_way(tests);
}
