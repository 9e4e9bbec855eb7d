/* test_softfloat_host.c - the arithmetic against the host's FPU in the four rounding modes that it has: bits and flags. Hosts that
 * detect tininess before rounding would differ in UF; x86-64 and RISC-V detect it after.
 */
#include <fenv.h>
#include <math.h>
#include <string.h>

#include "tests/isa/softfloat_sample.h"

static float float_of(uint64_t bits)
{
    float f;
    uint32_t low = (uint32_t)bits;
    memcpy(&f, &low, 4);
    return f;
}
static double double_of(uint64_t bits)
{
    double f;
    memcpy(&f, &bits, 8);
    return f;
}
static uint64_t bits_of_float(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, 4);
    return isnan(f) ? QNAN32 : bits;
}
static uint64_t bits_of_double(double f)
{
    uint64_t bits;
    memcpy(&bits, &f, 8);
    return isnan(f) ? QNAN64 : bits;
}

/* The host's operation; operands and result are volatile so that it happens at run time, in the mode that is set. */
static uint64_t host32(enum op op, const struct sample *v)
{
    volatile float a = float_of(v->a), b = float_of(v->b), c = float_of(v->c), r = 0;
    switch (op) {
    case ADD: r = a + b; break;
    case SUB: r = a - b; break;
    case MUL: r = a * b; break;
    case DIV: r = a / b; break;
    case SQRT: r = sqrtf(a); break;
    case FMA: r = fmaf(a, b, c); break;
    default: {
        volatile double wide = (double)a;
        return bits_of_double(wide);
    }
    }
    return bits_of_float(r);
}

static uint64_t host64(enum op op, const struct sample *v)
{
    volatile double a = double_of(v->a), b = double_of(v->b), c = double_of(v->c), r = 0;
    switch (op) {
    case ADD: r = a + b; break;
    case SUB: r = a - b; break;
    case MUL: r = a * b; break;
    case DIV: r = a / b; break;
    case SQRT: r = sqrt(a); break;
    case FMA: r = fma(a, b, c); break;
    default: {
        volatile float narrow = (float)a;
        return bits_of_float(narrow);
    }
    }
    return bits_of_double(r);
}

static unsigned host_flags(void)
{
    int e = fetestexcept(FE_ALL_EXCEPT);
    return (e & FE_INEXACT ? NX : 0U) | (e & FE_UNDERFLOW ? UF : 0U) | (e & FE_OVERFLOW ? OF : 0U) | (e & FE_DIVBYZERO ? DZ : 0U) |
           (e & FE_INVALID ? NV : 0U);
}

static const int host_mode[4] = {[RNE] = FE_TONEAREST, [RTZ] = FE_TOWARDZERO, [RDN] = FE_DOWNWARD, [RUP] = FE_UPWARD};

/* inf * 0 + quiet NaN: the standard leaves NV to the implementation, RISC-V raises it. By-hand cases cover it. */
static bool left_open(enum op op, unsigned width, const struct sample *v) { return op == FMA && is_nan_bits(width, v->c); }

static void cross_check(enum op op, unsigned width)
{
    uint64_t seed = 1 + (uint64_t)op * 2 + (width == 32);
    for (unsigned rm = RNE; rm <= RUP; rm++) {
        for (unsigned i = 0; i < SAMPLES; i++) {
            struct sample v = random_sample(&seed, width);
            if (left_open(op, width, &v))
                continue;
            fesetround(host_mode[rm]);
            feclearexcept(FE_ALL_EXCEPT);
            struct sf_result expected = {width == 32 ? host32(op, &v) : host64(op, &v), 0};
            expected.flags = host_flags();
            fesetround(FE_TONEAREST);
            struct sf_result got = apply(op, width, v.a, v.b, v.c, rm);
            if (!same(got, expected))
                fail_sample(op, width, rm, &v, got, expected);
        }
    }
}

static void test_host_arithmetic(void **state)
{
    (void)state;
    for (enum op op = ADD; op <= FMA; op++) {
        cross_check(op, 32);
        cross_check(op, 64);
    }
    cross_check(TO_OTHER, 32);
    cross_check(TO_OTHER, 64);
}

/* What to_<integer> gives for a, through the host's rint(), which rounds by the mode and says whether it was inexact. */
static uint64_t host_to_integer(enum op op, double operand, unsigned *flags)
{
    static const struct {
        double low, high;
        uint64_t at_low, at_high;
    } range[] = {
        /* the first integral values outside, and what is given there */
        [TO_I32] = {-2147483649.0, 2147483648.0, 0xffffffff80000000, 0x7fffffff},
        [TO_U32] = {-1.0, 4294967296.0, 0, UINT64_MAX},
        [TO_I64] = {-9223372036854777856.0, 9223372036854775808.0, 0x8000000000000000, INT64_MAX},
        [TO_U64] = {-1.0, 18446744073709551616.0, 0, UINT64_MAX},
    };
    double (*volatile round_by_mode)(double) = rint; /* the library's: what compilers put in its place knows one mode only */
    volatile double a = operand, rounded = round_by_mode(a);
    *flags = host_flags();
    if (isnan(a) || rounded >= range[op].high || rounded <= range[op].low) {
        *flags = NV;
        return !isnan(a) && a < 0 ? range[op].at_low : range[op].at_high;
    }
    uint64_t value = rounded < 0 ? (uint64_t)(int64_t)rounded : (uint64_t)rounded;
    return op == TO_U32 ? (uint64_t)(int32_t)(uint32_t)value : value;
}

static void test_host_to_integer(void **state)
{
    (void)state;
    uint64_t seed = 99;
    for (unsigned i = 0; i < 8 * SAMPLES; i++) {
        enum op op = TO_I32 + i % 4;
        unsigned width = i & 4 ? 32 : 64, rm = i >> 3 & 3;
        struct sample v = random_sample(&seed, width);
        struct sf_result expected;
        fesetround(host_mode[rm]);
        double a = width == 32 ? (double)float_of(v.a) : double_of(v.a);
        feclearexcept(FE_ALL_EXCEPT);
        expected.bits = host_to_integer(op, a, &expected.flags);
        fesetround(FE_TONEAREST);
        struct sf_result got = apply(op, width, v.a, 0, 0, rm);
        if (!same(got, expected))
            fail_sample(op, width, rm, &v, got, expected);
    }
}

/* Comparison's values are the host's; its flags follow from which operands are NaN, and which of those signal. */
static void test_host_compare(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (unsigned i = 0; i < 4 * SAMPLES; i++) {
        unsigned width = i & 1 ? 32 : 64;
        uint64_t quiet_bit = width == 32 ? 0x400000 : 0x8000000000000;
        struct sample v = random_sample(&seed, width);
        bool nan_a = is_nan_bits(width, v.a), nan_b = is_nan_bits(width, v.b);
        bool signalling = (nan_a && !(v.a & quiet_bit)) || (nan_b && !(v.b & quiet_bit));
        double a = width == 32 ? (double)float_of(v.a) : double_of(v.a), b = width == 32 ? (double)float_of(v.b) : double_of(v.b);
        const bool expected[] = {a == b, a < b, a <= b};
        for (enum op op = EQ; op <= LE; op++) {
            struct sf_result want = {expected[op - EQ], signalling || (op != EQ && (nan_a || nan_b)) ? NV : 0};
            struct sf_result got = apply(op, width, v.a, v.b, 0, RNE);
            if (!same(got, want))
                fail_sample(op, width, RNE, &v, got, want);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_arithmetic),
        cmocka_unit_test(test_host_to_integer),
        cmocka_unit_test(test_host_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
