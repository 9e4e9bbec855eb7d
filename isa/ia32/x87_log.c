/* x87_log.c - F2XM1, FYL2X and FYL2XP1: powers and logarithms to the base 2.
 *
 *   2^x - 1 = y (1 + y/2 (1 + y/3 (...)))                        y = x ln 2
 *   log2 m  = 2 log2(e) t (1 + t^2/3 + t^4/5 + ...)               t = (m - 1) / (m + 1), |t| < 0.172
 *
 * Both give small results to their full relative precision. Precision control does not concern them.
 */
#include "isa/ia32/x87_wide.h"

/* --- 2^x - 1 */

/* Of 0 < |x| < 1. */
static struct x87_ext power(struct x87_op *op, const struct x87_num *x)
{
    const struct x87_wide y = x87_wide_mul(x87_wide_of(x), X87_WIDE_LN2);
    const uint128_t q = x87_q(y, 128);
    uint128_t sum = X87_Q127_ONE;
    for (unsigned n = 34; n >= 2; n--) {
        const uint128_t term = x87_mul_high(q, sum) / n;
        sum = x->sign ? X87_Q127_ONE - term : X87_Q127_ONE + term;
    }
    return x87_wide_pack(op, x->sign, x87_wide_mul(y, x87_wide_normal(sum, 0)));
}

struct x87_ext x87_f2xm1(struct x87_op *op, struct x87_ext x_bits)
{
    struct x87_ext nan;
    if (x87_nan(op, x_bits, x_bits, &nan))
        return nan;
    struct x87_num x = x87_unpack(x_bits);
    if (x87_denormal(op, &x, 0) || x.kind == X87_ZERO)
        return x_bits;
    if (x.kind == X87_INFINITE)
        return x.sign ? (struct x87_ext){X87_INTEGER_BIT, 0x8000 | X87_BIAS} : x_bits;
    if (x.exp < 0)
        return power(op, &x);
    x87_raise(op, X87_PE); /* of 1 and -1 too, as the units do it */
    if (x.exp == 0 && x.sig == X87_INTEGER_BIT && x.sign)
        return (struct x87_ext){X87_INTEGER_BIT, 0x8000 | (X87_BIAS - 1)};
    return x_bits; /* of 1; for what is larger, the result is not defined [SDM 2A, F2XM1] */
}

/* --- log2 */

/* 2 log2(e) atanh(t) for |t| < 0.172. */
static struct x87_wide log2_of_ratio(struct x87_wide t)
{
    const uint128_t q = x87_q(t, 128), z = x87_mul_high(q, q);
    uint128_t sum = 0;
    for (unsigned n = 26; n-- > 0;)
        sum = x87_mul_high(z, sum) + X87_Q127_ONE / (2 * n + 1);
    t.exp++;
    return x87_wide_mul(x87_wide_mul(t, x87_wide_normal(sum, 0)), X87_WIDE_LOG2E);
}

struct logarithm {
    bool sign, exact; /* exact: value.sig is an integer, 0 too, and the exponent nothing */
    struct x87_wide value;
};

static struct logarithm log2_of(struct x87_wide x)
{
    /* x = m 2^e, with m between the roots of 1/2 and 2 */
    static const uint64_t root2 = UINT64_C(0xb504f333f9de6484);
    const bool high = (uint64_t)(x.sig >> 64) >= root2;
    const int e = x.exp + high;
    const uint128_t distance = high ? -x.sig : x.sig - X87_Q127_ONE; /* |m - 1|, Q128 or Q127 */
    const unsigned magnitude = (unsigned)(e < 0 ? -e : e);
    if (!distance)
        return (struct logarithm){e < 0, true, {magnitude, 0}};
    const struct x87_wide above =
        high ? x87_wide_normal((x.sig >> 1) + X87_Q127_ONE, 0) : x87_wide_normal((x.sig >> 1) + X87_Q127_ONE / 2, 1);
    struct x87_wide w = log2_of_ratio(x87_wide_div(x87_wide_normal(distance, high ? -1 : 0), above));
    if (e == 0)
        return (struct logarithm){high, false, w};
    enum { SCALE = 112 }; /* e has 15 bits */
    const uint128_t whole = (uint128_t)magnitude << SCALE, part = x87_q(w, SCALE);
    const uint128_t sum = (e < 0) == high ? whole + part : whole - part;
    return (struct logarithm){e < 0, false, x87_wide_normal(sum, 127 - SCALE)};
}

/* y times a logarithm, for a finite y other than 0. */
static struct x87_ext times(struct x87_op *op, const struct x87_num *y, struct logarithm l)
{
    const bool sign = y->sign != l.sign;
    if (!l.exact)
        return x87_wide_pack(op, sign, x87_wide_mul(x87_wide_of(y), l.value));
    if (!l.value.sig)
        return x87_zero(y->sign);
    const struct x87_ext r = x87_pack(op, sign, y->exp + 64, (uint128_t)y->sig * (uint64_t)l.value.sig, 64);
    x87_raise(op, r.se & 0x7fff ? X87_PE : X87_PE | X87_UE); /* exact or not: as the units do it */
    return r;
}

/* y times an infinity of that sign, of a logarithm whose argument was no power of 2 to any finite exponent. */
static struct x87_ext times_infinity(struct x87_op *op, const struct x87_num *y, bool sign, bool from_zero)
{
    if (y->kind == X87_ZERO)
        return x87_invalid(op);
    if (from_zero && y->kind == X87_FINITE)
        x87_raise(op, X87_ZE);
    else
        x87_denormal(op, y, 0);
    return x87_infinity(y->sign != sign);
}

/* y is 0 or infinite: only the sign of the logarithm matters, or that there is none. */
static struct x87_ext times_sign(struct x87_op *op, const struct x87_num *x, const struct x87_num *y, bool sign, bool is_zero)
{
    if (y->kind == X87_INFINITE && is_zero)
        return x87_invalid(op);
    x87_denormal(op, x, 0);
    sign = y->sign != (sign && !is_zero);
    return y->kind == X87_INFINITE ? x87_infinity(sign) : x87_zero(sign);
}

struct x87_ext x87_fyl2x(struct x87_op *op, struct x87_ext x_bits, struct x87_ext y_bits)
{
    struct x87_ext nan;
    if (x87_nan(op, x_bits, y_bits, &nan))
        return nan;
    struct x87_num x = x87_unpack(x_bits), y = x87_unpack(y_bits);
    if (x.sign && x.kind != X87_ZERO)
        return x87_invalid(op);
    if (x.kind != X87_FINITE)
        return times_infinity(op, &y, x.kind == X87_ZERO, x.kind == X87_ZERO);
    if (y.kind != X87_FINITE)
        return times_sign(op, &x, &y, x.exp < 0, x.exp == 0 && x.sig == X87_INTEGER_BIT);
    if (x87_denormal(op, &x, &y))
        return x_bits;
    return times(op, &y, log2_of(x87_wide_of(&x)));
}

/* log2(1 + x) for -1 < x, x not 0. */
static struct logarithm log2_of_one_and(const struct x87_num *x)
{
    const struct x87_wide wide = x87_wide_of(x);
    if (x->exp < -2 || (x->exp == -2 && x->sig < UINT64_C(0x95f6199800000000))) {                    /* |x| < 0.2929 */
        const uint128_t q = x87_q(wide, 126), above = x->sign ? X87_Q127_ONE - q : X87_Q127_ONE + q; /* 2 + x, Q126 */
        return (struct logarithm){x->sign, false, log2_of_ratio(x87_wide_div(wide, x87_wide_normal(above, 1)))};
    }
    if (x->exp > 100)
        return log2_of(wide);
    const int scale = x->exp < 0 ? 0 : x->exp + 1; /* the sum is below 2^scale */
    const uint128_t one = scale ? X87_Q127_ONE >> scale : X87_Q127_ONE, q = x87_q(wide, 127 - scale);
    return log2_of(x87_wide_normal(x->sign ? one - q : one + q, scale));
}

struct x87_ext x87_fyl2xp1(struct x87_op *op, struct x87_ext x_bits, struct x87_ext y_bits)
{
    struct x87_ext nan;
    if (x87_nan(op, x_bits, y_bits, &nan))
        return nan;
    struct x87_num x = x87_unpack(x_bits), y = x87_unpack(y_bits);
    if (x.sign && x.kind == X87_INFINITE)
        return x87_invalid(op);
    if (x.kind == X87_INFINITE)
        return times_infinity(op, &y, false, false);
    if (x.kind == X87_ZERO || y.kind != X87_FINITE) {
        if (x.kind == X87_ZERO && y.kind == X87_INFINITE)
            return x87_invalid(op);
        if (x87_denormal(op, &x, &y))
            return x_bits;
        return y.kind == X87_INFINITE ? x87_infinity(x.sign != y.sign) : x87_zero(x.sign != y.sign);
    }
    if (x87_denormal(op, &x, &y))
        return x_bits;
    if (x.sign && x.exp >= 0) { /* not defined; the units leave the argument */
        x87_raise(op, X87_PE);
        return x_bits;
    }
    return times(op, &y, log2_of_one_and(&x));
}
