/* Fused instructions against the same instructions one at a time. For every entry of fused.def, in every mixture of lengths that its rows
 * have, random operands that make its body be used; then both ways from the same random state to the next trap, wherever jumps lead,
 * in user, supervisor and machine mode by turns.
 * Among the registers are addresses of data, aligned and not, on both sides of a page's end, and ones where nothing is; among the FP
 * registers numbers of every kind; and FP is plain, or not quite.
 */
#include "isa/riscv/fused.h"
#include "isa/riscv/miss.h"
#include "isa/riscv/table.h"
#include "tests/isa/hart_bench.h"

#include <string.h>

enum { CASES = 16, ATTEMPTS = 20000, LIMIT = 3 * HART_SLICE, DATA_SIZE = 2 * PAGE_SIZE, PARTS_MAX = 4 };
#define DATA (BENCH_RAM + 0x8000)
#define AT UINT64_C(0x200) /* where the instructions lie in BENCH_CODE */
#define EBREAK UINT32_C(0x00100073)

enum { FROM_NONE = 0, FROM_RS1 = 1, FROM_RS2 = 2, FAR_RS1 = 4, FAR_RS2 = 8, FAR_RS1_FROM_RS2 = 6, FROM_RS1_FAR_RS2 = 9 };

static const struct fused {
    const char *name;
    unsigned count;
    uint16_t row[PARTS_MAX], from[PARTS_MAX];
} entries[] = {
#define FIRST(row)
#define FUSE2(a, b, from_b) {#a " " #b " " #from_b, 2, {RV_INSN_##a, RV_INSN_##b}, {0, from_b}},
#define FUSE3(a, b, from_b, c, from_c)                                                                                                \
    {#a " " #b " " #from_b " " #c " " #from_c, 3, {RV_INSN_##a, RV_INSN_##b, RV_INSN_##c}, {0, from_b, from_c}},
#define FUSE4(a, b, from_b, c, from_c, d, from_d)                                                                                     \
    {#a " " #b " " #from_b " " #c " " #from_c " " #d " " #from_d,                                                                     \
     4,                                                                                                                               \
     {RV_INSN_##a, RV_INSN_##b, RV_INSN_##c, RV_INSN_##d},                                                                            \
     {0, from_b, from_c, from_d}},
#include "isa/riscv/fused.def"
};

/* Instructions that follow one another. */
struct code {
    unsigned count, length[PARTS_MAX], size;
    uint32_t bits[PARTS_MAX];
    uint16_t row[PARTS_MAX];
    struct rv_insn record[PARTS_MAX];
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

/* Gives the operands of part n the registers that earlier parts write, where the encoding has room: wide ones. */
static void bind(struct code *c, const struct fused *f, unsigned n)
{
    unsigned from = f->from[n];
    if (c->length[n] == 2 || !from)
        return;
    unsigned rs1 = from & FROM_RS1 ? c->record[n - 1].rd : from & FAR_RS1 ? c->record[n - 2].rd : 32;
    unsigned rs2 = from & FROM_RS2 ? c->record[n - 1].rd : from & FAR_RS2 ? c->record[n - 2].rd : 32;
    if (rs1 < 32)
        c->bits[n] = (c->bits[n] & ~(UINT32_C(31) << 15)) | rs1 << 15;
    if (rs2 < 32)
        c->bits[n] = (c->bits[n] & ~(UINT32_C(31) << 20)) | rs2 << 20;
}

/* Random instructions for the entry, in these lengths. false: a row has no such length. */
static bool random_code(const struct fused *f, unsigned lengths, struct code *c, uint64_t *seed)
{
    *c = (struct code){.count = f->count};
    for (unsigned n = 0; n < f->count; n++) {
        unsigned got;
        c->length[n] = lengths >> n & 1 ? 2 : 4;
        c->bits[n] = random_of(f->row[n], c->length[n], seed);
        if (!c->bits[n])
            return false;
        bind(c, f, n);
        c->row[n] = (uint16_t)rv_decode_row(&riscv_config_default, c->bits[n], &got);
        rv_decode_record(c->bits[n], c->row[n], c->length[n], &c->record[n]);
        c->size += c->length[n];
    }
    return true;
}

/* The body of entry `number` for the code; NULL: the operands are not as it wants them, or one rounds oddly. */
static body_fn *body_of(const struct code *c, unsigned number)
{
    const struct rv_insn *at[PARTS_MAX];
    for (unsigned n = 0; n < c->count; n++) {
        at[n] = &c->record[n];
        if (c->record[n].body == rv_careful)
            return NULL;
    }
    return rv_fusion(number, c->row, at, c->count);
}

/* The body that the hart uses for it. */
static body_fn *body_in_use(const struct bench *b)
{
    const struct interpreter *in = interpreter_of_const(b->h);
    for (unsigned n = 0; way_decodes() && n < in->pool_used; n++)
        if (in->pool[n].ram && in->pool[n].ram_offset == BENCH_CODE - BENCH_RAM)
            return in->pool[n].record[AT / 2].body;
    return NULL;
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

/* Numbers, large and small, zeros, subnormals, infinities, NaNs. */
static uint64_t random_double(uint64_t *seed)
{
    uint64_t r = bench_random(seed), sign = r & UINT64_C(1) << 63, fraction = r & ((UINT64_C(1) << 52) - 1);
    switch (r >> 52 & 15) {
    case 0: return sign;
    case 1: return sign | fraction;
    case 2: return sign | UINT64_C(0x7ff) << 52 | ((r >> 56 & 1) ? 0 : fraction);
    case 3: return bench_random(seed);
    case 4: return sign | (UINT64_C(1023) + (r >> 57 & 3)) << 52;
    default: return sign | (UINT64_C(1008) + (r >> 57 & 31)) << 52 | fraction;
    }
}

/* FS, frm and fflags: mostly plain. */
static void prepare_fp(struct bench *b, uint64_t *seed)
{
    for (unsigned r = 0; r < 32; r++)
        machine_set(b->m, RV_F + r, random_double(seed));
    uint64_t r = bench_random(seed), status = machine_get(b->m, RV_CSR + CSR_mstatus) | UINT64_C(3) << MSTATUS_FS;
    machine_set(b->m, RV_CSR + CSR_fflags, r % 8 == 1 ? r >> 8 & 31 : 1 | (r >> 8 & 31));
    machine_set(b->m, RV_CSR + CSR_frm, r % 8 == 2 ? r >> 16 & 7 : 0);
    machine_set(b->m, RV_CSR + CSR_mstatus, r % 8 == 3 ? bits_set(status, MSTATUS_FS, 2, r >> 24 & 3) : status);
}

static void prepare(struct bench *b, const uint8_t *code, size_t size, uint64_t seed)
{
    static const uint8_t nothing[PAGE_SIZE];
    static const uint64_t modes[] = {RV_U, RV_S, RV_M};
    uint64_t data[DATA_SIZE / 8];
    machine_reset(b->m);
    assert_int_equal(machine_store(b->m, BENCH_CODE, nothing, sizeof nothing), 0);
    assert_int_equal(machine_store(b->m, BENCH_CODE + AT, code, size), 0);
    for (unsigned i = 0; i < DATA_SIZE / 8; i++)
        data[i] = i % 4 ? bench_random(&seed) : random_double(&seed);
    assert_int_equal(machine_store(b->m, DATA, data, sizeof data), 0);
    for (unsigned r = 1; r < 32; r++)
        machine_set(b->m, RV_X + r, random_register(&seed));
    prepare_fp(b, &seed);
    machine_set(b->m, RV_CSR + CSR_pmpaddr0, UINT64_MAX); /* everything, everybody */
    machine_set(b->m, RV_CSR + CSR_pmpcfg0, 0x1f);
    machine_set(b->m, MACHINE_MODE, modes[bench_random(&seed) % 3]);
    machine_set(b->m, MACHINE_PC, BENCH_CODE + AT);
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
    for (unsigned r = 0; r < 32; r++)
        if (machine_get(a->m, RV_F + r) != machine_get(b->m, RV_F + r))
            fail_msg("%s: f%u is %#llx, one at a time %#llx", name, r, (unsigned long long)machine_get(a->m, RV_F + r),
                     (unsigned long long)machine_get(b->m, RV_F + r));
    assert_int_equal(machine_get(a->m, RV_CSR + CSR_fcsr), machine_get(b->m, RV_CSR + CSR_fcsr));
    assert_int_equal(machine_get(a->m, RV_CSR + CSR_mstatus), machine_get(b->m, RV_CSR + CSR_mstatus));
    assert_int_equal(machine_get(a->m, MACHINE_PC), machine_get(b->m, MACHINE_PC));
    assert_int_equal(machine_get(a->m, MACHINE_MODE), machine_get(b->m, MACHINE_MODE));
    for (pa_t pa = BENCH_CODE; pa < DATA + DATA_SIZE; pa += PAGE_SIZE) {
        assert_int_equal(machine_load(a->m, pa, x, sizeof x), 0);
        assert_int_equal(machine_load(b->m, pa, y, sizeof y), 0);
        assert_memory_equal(x, y, sizeof x);
    }
}

/* Was this body used? */
static bool one_case(struct bench *whole, struct bench *stepped, const char *name, const struct code *c, body_fn *body, uint64_t seed)
{
    uint8_t code[4 * PARTS_MAX + 4];
    uint64_t retired[2];
    unsigned size = 0;
    for (unsigned n = 0; n < c->count; size += c->length[n++])
        memcpy(code + size, &c->bits[n], c->length[n]);
    memcpy(code + size, &(uint32_t){EBREAK}, 4);
    prepare(whole, code, size + 4, seed);
    prepare(stepped, code, size + 4, seed);
    struct trap t = go(whole, LIMIT, &retired[0]), u = go(stepped, 1, &retired[1]);
    if (t.kind != u.kind || t.cause != u.cause || t.tval != u.tval || t.bits != u.bits || retired[0] != retired[1])
        fail_msg("%s, %#x %#x: kind %d cause %llu tval %#llx after %llu, one at a time kind %d cause %llu tval %#llx after %llu", name,
                 c->bits[0], c->bits[1], (int)t.kind, (unsigned long long)t.cause, (unsigned long long)t.tval,
                 (unsigned long long)retired[0], (int)u.kind, (unsigned long long)u.cause, (unsigned long long)u.tval,
                 (unsigned long long)retired[1]);
    compare(whole, stepped, name);
    return body_in_use(whole) == body; /* not another, that forwards more, and not the row's own because there is to be no fusing */
}

/* Without fusing no body is ever in use, nor where machine code is; without chaining none with a branch, which then always leaves. */
static bool is_fused_here(const struct fused *f)
{
    bool branches = false;
    for (unsigned n = 0; n < f->count; n++)
        branches |= f->row[n] >= RV_INSN_beq && f->row[n] <= RV_INSN_bgeu;
    return way_decodes() && this_way != WAY_NATIVE && !(this_way & WAY_NO_FUSE) && !(branches && this_way & WAY_NO_CHAIN);
}

static unsigned cases_of(struct bench *whole, struct bench *stepped, unsigned number, unsigned lengths, uint64_t *seed)
{
    unsigned done = 0;
    for (unsigned attempt = 0; attempt < ATTEMPTS && done < CASES; attempt++) {
        struct code c;
        if (!random_code(&entries[number], lengths, &c, seed))
            return done;
        body_fn *body = body_of(&c, number);
        if (body && (one_case(whole, stepped, entries[number].name, &c, body, bench_random(seed)) || !is_fused_here(&entries[number])))
            done++;
    }
    return done;
}

static void fused_are_their_instructions(void **state)
{
    struct riscv_config c = bench_config();
    struct bench whole, stepped;
    uint64_t seed = 7;
    (void)state;
    bench_open(&whole, &c);
    bench_open(&stepped, &c);
    for (unsigned n = 0; n < sizeof entries / sizeof *entries; n++)
        for (unsigned lengths = 0; lengths < 1u << entries[n].count; lengths++) {
            unsigned done = cases_of(&whole, &stepped, n, lengths, &seed);
            if (lengths == 0 && done < CASES / 2)
                fail_msg("%s: only %u cases were found", entries[n].name, done);
        }
    bench_close(&whole);
    bench_close(&stepped);
}

/* Where a part would take what the first has written, but the part between writes the same register: then it is that one's. */
static bool overwrite_far(struct code *c, const struct fused *f, unsigned n)
{
    unsigned got;
    const uint32_t was = c->bits[n - 1], rd = UINT32_C(31) << 7;
    if (!(f->from[n] & (FAR_RS1 | FAR_RS2)) || c->record[n - 2].rd >= RV_SINK)
        return false;
    c->bits[n - 1] = (was & ~rd) | (uint32_t)c->record[n - 2].rd << 7;
    rv_decode_record(c->bits[n - 1], c->row[n - 1], 4, &c->record[n - 1]);
    if (c->record[n - 1].rd != c->record[n - 2].rd)
        return false; /* it writes none */
    bind(c, f, n);
    rv_decode_record(c->bits[n], (unsigned)rv_decode_row(&riscv_config_default, c->bits[n], &got), 4, &c->record[n]);
    return true;
}

static void far_values_that_are_overwritten(void **state)
{
    struct riscv_config config = bench_config();
    struct bench whole, stepped;
    uint64_t seed = 9;
    unsigned done = 0;
    (void)state;
    bench_open(&whole, &config);
    bench_open(&stepped, &config);
    for (unsigned number = 0; number < sizeof entries / sizeof *entries; number++)
        for (unsigned n = 2; n < entries[number].count; n++)
            for (unsigned i = 0; i < CASES; i++) {
                struct code c;
                assert_true(random_code(&entries[number], 0, &c, &seed));
                if (!overwrite_far(&c, &entries[number], n))
                    continue;
                assert_null(rv_fusion(number, c.row,
                                      (const struct rv_insn *[]){&c.record[0], &c.record[1], &c.record[2], &c.record[3]}, c.count));
                one_case(&whole, &stepped, entries[number].name, &c, NULL, bench_random(&seed));
                done++;
            }
    assert_true(done > 10 * CASES);
    bench_close(&whole);
    bench_close(&stepped);
}

/* What is not fused: the fast bodies of F and D rows against the careful ones, in the same states. */
static void fast_fp_is_careful_fp(void **state)
{
    struct riscv_config config = bench_config();
    struct bench whole, stepped;
    uint64_t seed = 8;
    (void)state;
    bench_open(&whole, &config);
    bench_open(&stepped, &config);
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        const struct insn_desc *d = &rv_rows[row];
        for (unsigned n = 0; n < 200 && (!strcmp(d->ext, "F") || !strcmp(d->ext, "D")); n++) {
            struct code c = {.count = 1, .length = {4}, .size = 4, .bits = {random_of(row, 4, &seed)}};
            one_case(&whole, &stepped, d->name, &c, NULL, bench_random(&seed));
        }
    }
    bench_close(&whole);
    bench_close(&stepped);
}

/* addi a0+n,a0+n,1 */
static uint32_t increment(unsigned n) { return UINT32_C(0x00150513) + n * (UINT32_C(1) << 15 | UINT32_C(1) << 7); }

/* Decodes and runs from instruction `late` on, then from the first; then makes the one at `which` another, and runs all again. */
static void one_write(struct bench *b, unsigned late, unsigned which, unsigned byte)
{
    uint32_t code[PARTS_MAX + 1] = {increment(0), increment(1), increment(2), increment(3), EBREAK};
    const uint32_t other = increment(which + PARTS_MAX);
    uint64_t retired = 0;
    prepare(b, (const uint8_t *)code, sizeof code, 1);
    for (unsigned pass = 0; pass < 3; pass++) {
        if (pass < 2)
            for (unsigned n = 0; n < 2 * PARTS_MAX; n++)
                machine_set(b->m, RV_X + 10 + n, 0);
        machine_set(b->m, MACHINE_PC, BENCH_CODE + AT + (pass == 0 ? 4 * late : 0));
        assert_int_equal(machine_run(b->m, LIMIT, &retired).kind, TRAP_EXCEPTION);
        for (unsigned k = 1; k <= 4 && pass == 1; k++) { /* each byte by a store of its own, this one last */
            unsigned at = (byte + k) % 4;
            assert_int_equal(machine_store(b->m, BENCH_CODE + AT + 4 * which + at, (const uint8_t *)&other + at, 1), 0);
        }
    }
    for (unsigned n = 0; n < 2 * PARTS_MAX; n++)
        assert_int_equal(machine_get(b->m, RV_X + 10 + n), n == which || n == which + PARTS_MAX ? 1 : n < PARTS_MAX ? 2 : 0);
}

/* Writing to any of fused instructions undoes them, whichever byte it is and in whichever order they were decoded: four increments, of
 * which one becomes another. */
static void a_write_undoes_them(void **state)
{
    struct riscv_config c = bench_config();
    struct bench b;
    (void)state;
    bench_open(&b, &c);
    for (unsigned late = 0; late < PARTS_MAX; late++)
        for (unsigned which = 0; which < PARTS_MAX; which++)
            for (unsigned byte = 0; byte < 4; byte++)
                one_write(&b, late, which, byte);
    bench_close(&b);
}

/* What was decoded later is fused with what stands behind it already: the four are one, wherever decoding began. */
static void what_is_decoded_later_joins(void **state)
{
    const uint32_t code[PARTS_MAX + 1] = {increment(0), increment(1), increment(2), increment(3), EBREAK};
    struct riscv_config c = bench_config();
    struct bench b;
    body_fn *body[PARTS_MAX];
    uint64_t retired = 0;
    (void)state;
    bench_open(&b, &c);
    for (unsigned late = 0; late < PARTS_MAX; late++) {
        prepare(&b, (const uint8_t *)code, sizeof code, 1);
        machine_set(b.m, MACHINE_PC, BENCH_CODE + AT + 4 * late);
        assert_int_equal(machine_run(b.m, LIMIT, &retired).kind, TRAP_EXCEPTION);
        machine_set(b.m, MACHINE_PC, BENCH_CODE + AT);
        assert_int_equal(machine_run(b.m, LIMIT, &retired).kind, TRAP_EXCEPTION);
        body[late] = body_in_use(&b);
        if (this_way != WAY_NATIVE) /* there it is machine code, made anew each time */
            assert_ptr_equal(body[late], body[0]);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fused_are_their_instructions), cmocka_unit_test(far_values_that_are_overwritten),
        cmocka_unit_test(fast_fp_is_careful_fp),        cmocka_unit_test(a_write_undoes_them),
        cmocka_unit_test(what_is_decoded_later_joins),
    };
    return run_in_every_way(tests);
}
