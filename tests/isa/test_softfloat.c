/* test_softfloat.c - the arithmetic against the standard: cases by hand, one a line (softfloat_cases.h); random operands against
 * an exact integer argument (exact.h); and the host's help (sf_fast.h) against the arithmetic.
 */
#include "isa/riscv/sf_fast.h"
#include "tests/isa/exact.h"
#include "tests/isa/softfloat_sample.h"

/* --- by hand */

static const struct hand {
    enum op op;
    unsigned width, rm;
    uint64_t a, b, c, result;
    unsigned flags;
} hand[] = {
#define CASE(op, width, rm, a, b, c, result, flags) {op, width, rm, UINT64_C(a), UINT64_C(b), UINT64_C(c), UINT64_C(result), flags},
#include "tests/isa/softfloat_cases.h"
#undef CASE
};

static void test_by_hand(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof hand / sizeof *hand; i++) {
        const struct hand *h = &hand[i];
        struct sf_result got = apply(h->op, h->width, h->a, h->b, h->c, h->rm);
        if (got.bits == h->result && got.flags == h->flags)
            continue;
        wrong++;
        print_error("case %zu: %s.%u rm=%u %#lx %#lx %#lx = %#lx flags %#x, expected %#lx flags %#x\n", i, op_name[h->op], h->width,
                    h->rm, h->a, h->b, h->c, got.bits, got.flags, h->result, h->flags);
    }
    assert_int_equal(wrong, 0);
}

static void test_boxing(void **state)
{
    (void)state;
    assert_int_equal(sf_box(0x3f800000), 0xffffffff3f800000);
    assert_int_equal(sf_unbox(0xffffffff3f800000), 0x3f800000);
    assert_int_equal(sf_unbox(0xffffffff7f800001), SNAN32); /* well boxed: as it is */
    assert_int_equal(sf_unbox(0xfffffffe3f800000), QNAN32);
    assert_int_equal(sf_unbox(0x3ff0000000000000), QNAN32);
    assert_int_equal(sf32_sgnj(SNAN32, MINUS32), 0xff800001);
    assert_int_equal(sf64_sgnj(MINUS64 | SNAN64, 0), SNAN64);
}

/* --- the exact argument */

static struct exact exact_of(unsigned width, uint64_t bits)
{
    unsigned frac_bits = width == 32 ? 23 : 52, exp_max = width == 32 ? 255 : 2047;
    uint64_t frac = bits & ((UINT64_C(1) << frac_bits) - 1);
    int exp = (int)(bits >> frac_bits & exp_max), least = 1 - (int)(exp_max / 2) - (int)frac_bits;
    struct exact x = {bits >> (width - 1), exp ? frac | UINT64_C(1) << frac_bits : frac, exp ? exp - 1 + least : least};
    return x;
}

/* The sign of |x| - y for y >= 0 and the true result x of the operation; `negative` is the sign of x. */
static int compare_magnitude(enum op op, unsigned width, const struct sample *v, bool negative, struct exact y)
{
    static const struct exact zero = {false, 0, 0}, one = {false, 1, 0};
    struct exact a = exact_of(width, v->a), b = exact_of(width, v->b), c = exact_of(width, v->c);
    bool minus = v->a >> 63;
    y.negative = negative;
    int sign = 0;
    switch (op) {
    case ADD: sign = exact_sign(a, one, b, y, one); break;
    case MUL: sign = exact_sign(a, b, zero, y, one); break;
    case FMA: sign = exact_sign(a, b, c, y, one); break;
    case DIV:
        a.negative = b.negative = y.negative = negative = false;
        sign = exact_sign(a, one, zero, y, b);
        break;
    case SQRT: sign = exact_sign(a, one, zero, y, y); break;
    case FROM_I64: sign = exact_sign((struct exact){minus, minus ? 0 - v->a : v->a, 0}, one, zero, y, one); break;
    case FROM_U64: sign = exact_sign((struct exact){false, v->a, 0}, one, zero, y, one); break;
    default: sign = exact_sign(a, one, zero, y, one); break; /* to the other format */
    }
    return negative ? -sign : sign;
}

/* Judges all five modes. toward zero: |r| <= |x| < the next magnitude; the others follow from r, x and the middle between. */
static void judge(enum op op, unsigned width, const struct sample *v)
{
    unsigned to = op != TO_OTHER ? width : 96 - width, frac_bits = to == 32 ? 23 : 52;
    uint64_t infinity = to == 32 ? INF32 : INF64, sign_bit = to == 32 ? MINUS32 : MINUS64;
    struct sf_result truncated = apply(op, width, v->a, v->b, v->c, RTZ);
    uint64_t low = truncated.bits & ~sign_bit, sign = truncated.bits & sign_bit;
    bool negative = sign;
    if (truncated.flags & (NV | DZ))
        return;
    if (op != FROM_I64 && op != FROM_U64 && !(is_finite(width, v->a) && is_finite(width, v->b) && is_finite(width, v->c)))
        return;
    struct exact below = exact_of(to, low), middle = {false, 2 * below.m + 1, below.e - 1};
    int above_low = compare_magnitude(op, width, v, negative, below);
    int above_middle = compare_magnitude(op, width, v, negative, middle);
    /* The smallest normal less half a unit of full precision: from there on nothing is tiny after rounding to nearest. */
    struct exact tiny = {false, (UINT64_C(4) << frac_bits) - 1, exact_of(to, 1).e - 2};
    bool is_tiny = compare_magnitude(op, width, v, negative, tiny) < 0;
    if (above_low < 0)
        fail_sample(op, width, RTZ, v, truncated, (struct sf_result){truncated.bits - 1, truncated.flags});
    uint64_t expected[5] = {
        [RNE] = low + (above_middle > 0 || (above_middle == 0 && (low & 1))),
        [RTZ] = low,
        [RDN] = low + (negative && above_low),
        [RUP] = low + (!negative && above_low),
        [RMM] = low + (above_middle >= 0),
    };
    for (unsigned rm = RNE; rm <= RMM; rm++) {
        struct sf_result got = apply(op, width, v->a, v->b, v->c, rm), want = {expected[rm] | sign, above_low ? NX : 0U};
        bool exact_zero = !low && !above_low; /* its sign is the mode's; by-hand cases cover it */
        want.bits = exact_zero ? got.bits : want.bits;
        want.flags |= expected[rm] == infinity ? OF : 0U;
        want.flags |= above_low && is_tiny ? UF : 0U;
        if (rm != RNE && rm != RMM) /* the others' tininess and overflow are the host's to check */
            want.flags = (want.flags & ~(unsigned)(UF | OF)) | (got.flags & (UF | OF));
        if (!same(got, want))
            fail_sample(op, width, rm, v, got, want);
    }
}

static void test_exact(void **state)
{
    (void)state;
    static const enum op ops[] = {ADD, MUL, FMA, DIV, SQRT, FROM_I64, FROM_U64, TO_OTHER};
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) {
        uint64_t seed = 1000 + k;
        for (unsigned i = 0; i < SAMPLES / 4; i++) {
            unsigned width = i & 1 ? 32 : 64;
            struct sample v = random_sample(&seed, width);
            if (ops[k] == FROM_I64 || ops[k] == FROM_U64) /* few significant digits now and then, for ties */
                v.a = i & 2 ? v.a : random_next(&seed) >> (i >> 3 & 63) & (0 - (UINT64_C(1) << (i >> 9 & 31)));
            judge(ops[k], width, &v);
        }
    }
}

/* To an integer, to the nearest with ties away: |a| is compared with the halves between. */
static void test_exact_to_integer(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (unsigned i = 0; i < 4 * SAMPLES; i++) {
        unsigned width = i & 1 ? 32 : 64;
        struct sample v = random_sample(&seed, width);
        struct exact a = exact_of(width, v.a);
        a.negative = false;
        uint64_t sign_bit = width == 32 ? MINUS32 : MINUS64;
        if ((v.a & ~sign_bit) >= (width == 32 ? INF32 : INF64))
            continue;
        struct sf_result toward_zero = apply(TO_U64, width, v.a & ~sign_bit, 0, 0, RTZ);
        struct sf_result away = apply(TO_U64, width, v.a & ~sign_bit, 0, 0, RMM);
        if (toward_zero.flags & NV) {
            assert_true(away.flags & NV);
            continue;
        }
        static const struct exact zero = {false, 0, 0}, one = {false, 1, 0}, minus_one = {true, 1, 0}, minus_half = {true, 1, -1};
        struct exact whole = {false, toward_zero.bits, 0};
        assert_true(exact_sign(a, one, zero, whole, one) >= 0); /* low <= a < low + 1 */
        assert_true(exact_sign(a, one, minus_one, whole, one) < 0);
        int above_half = exact_sign(a, one, minus_half, whole, one);
        struct sf_result want = {toward_zero.bits + (above_half >= 0), toward_zero.flags};
        if (!same(away, want))
            fail_sample(TO_U64, width, RMM, &v, away, want);
    }
}

/* --- the host's help: whenever it offers a result, that is the one, and no flag beyond NX is due */

static bool fast(enum op op, unsigned width, const struct sample *v, uint64_t *r)
{
    uint32_t r32 = 0, a = (uint32_t)v->a, b = (uint32_t)v->b, c = (uint32_t)v->c;
    bool ok = false;
    switch (op) {
    case ADD: ok = width == 32 ? sf32_fast_add(a, b, &r32) : sf64_fast_add(v->a, v->b, r); break;
    case SUB: ok = width == 32 ? sf32_fast_sub(a, b, &r32) : sf64_fast_sub(v->a, v->b, r); break;
    case MUL: ok = width == 32 ? sf32_fast_mul(a, b, &r32) : sf64_fast_mul(v->a, v->b, r); break;
    case DIV: ok = width == 32 ? sf32_fast_div(a, b, &r32) : sf64_fast_div(v->a, v->b, r); break;
    case SQRT: ok = width == 32 ? sf32_fast_sqrt(a, &r32) : sf64_fast_sqrt(v->a, r); break;
    default: ok = width == 32 ? sf32_fast_fma(a, b, c, &r32) : sf64_fast_fma(v->a, v->b, v->c, r); break;
    }
    if (!ok && op == MUL)
        ok = width == 32 ? sf32_exact_mul(a, b, &r32) : sf64_exact_mul(v->a, v->b, r);
    if (!ok && op == DIV)
        ok = width == 32 ? sf32_exact_div(a, b, &r32) : sf64_exact_div(v->a, v->b, r);
    if (width == 32)
        *r = r32;
    return ok;
}

static void test_fast(void **state)
{
    (void)state;
    uint64_t seed = 77;
    unsigned offered[OPS] = {0};
    for (unsigned i = 0; i < 12 * SAMPLES; i++) {
        enum op op = ADD + i % 6;
        unsigned width = i / 6 & 1 ? 32 : 64;
        struct sample v = random_sample(&seed, width);
        uint64_t r;
        struct sf_result exact = apply(op, width, v.a, v.b, v.c, RNE);
        if (!fast(op, width, &v, &r))
            continue;
        offered[op]++;
        if (r != exact.bits || (exact.flags & ~(unsigned)NX))
            fail_sample(op, width, RNE, &v, (struct sf_result){r, NX}, exact);
    }
    for (enum op op = ADD; op <= FMA; op++)
        assert_true(!SF_FAST || offered[op] > SAMPLES / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),          cmocka_unit_test(test_boxing), cmocka_unit_test(test_exact),
        cmocka_unit_test(test_exact_to_integer), cmocka_unit_test(test_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
