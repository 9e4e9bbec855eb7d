/* x87_trig.c - FSIN, FCOS, FPTAN: an argument below 2^63 is reduced by the true pi, so that the results are those of the true functions,
 * near their zeros too. (Intel's units reduce by a pi of 66 bits, and are off by more there [SDM 1 8.3.10].)
 *
 *   x = q pi/2 + r, |r| <= pi/4       sin r = r (1 - r^2/(2 3) (1 - r^2/(4 5) (...)))       cos r = 1 - r^2/(1 2) (1 - r^2/(3 4) (...))
 */
#include "isa/ia32/x87_wide.h"

struct angle {
    unsigned quadrant; /* q mod 4 */
    bool sign;         /* of r */
    struct x87_wide r;
};

/* x is below pi/4 in magnitude, or 2^63. The product of x and 2/pi has its point below word[5]. Two thirds of the 320 bits below it are
 * right: no number of 64 bits comes closer to a multiple of pi/2 than 2^-68, so that leaves r with 120 good ones. */
static struct angle reduce(const struct x87_num *x)
{
    static const uint64_t two_over_pi[4] = {UINT64_C(0xfe5163abdebbc561), UINT64_C(0xdb6295993c439041), UINT64_C(0xfc2757d1f534ddc0),
                                            UINT64_C(0xa2f9836e4e441529)};
    uint64_t word[6] = {0};
    if (x->exp < -1 || (x->exp == -1 && x->sig < UINT64_C(0xc90fdaa22168c235)))
        return (struct angle){0, false, x87_wide_of(x)};
    for (unsigned n = 0; n < 4; n++) {
        const uint128_t p = (uint128_t)two_over_pi[n] * x->sig + word[n];
        word[n] = (uint64_t)p;
        word[n + 1] = (uint64_t)(p >> 64);
    }
    const unsigned shift = (unsigned)(x->exp + 1); /* 0..63 */
    for (unsigned n = 5; shift && n > 0; n--)
        word[n] = word[n] << shift | word[n - 1] >> (64 - shift);
    const bool sign = word[4] >> 63; /* the fraction is nearer to the next quadrant */
    for (unsigned n = 1; sign && n < 5; n++)
        word[n] = ~word[n];
    unsigned top = 4;
    while (top > 2 && !word[top])
        top--;
    const unsigned leading = word[top] ? (unsigned)__builtin_clzll(word[top]) : 0;
    uint128_t sig = (uint128_t)word[top] << 64 | word[top - 1];
    if (leading)
        sig = sig << leading | word[top - 2] >> (64 - leading);
    const struct x87_wide fraction = {sig | X87_Q127_ONE, -1 - (int)(leading + 64 * (4 - top))};
    struct x87_wide half_pi = X87_WIDE_PI;
    half_pi.exp--;
    return (struct angle){(unsigned)(word[5] + sign) & 3, sign, x87_wide_mul(fraction, half_pi)};
}

/* The alternating series, with divisors first * (first + 1), (first + 2) * (first + 3), ... */
static uint128_t series(uint128_t z, unsigned first)
{
    uint128_t sum = X87_Q127_ONE;
    for (unsigned k = 17; k-- > 0;) {
        const unsigned n = first + 2 * k;
        sum = X87_Q127_ONE - x87_mul_high(z, sum) / (n * (n + 1));
    }
    return sum;
}

static struct x87_wide sine_of(struct x87_wide r)
{
    const uint128_t q = x87_q(r, 128);
    return x87_wide_mul(r, x87_wide_normal(series(x87_mul_high(q, q), 2), 0));
}

static struct x87_wide cosine_of(struct x87_wide r)
{
    const uint128_t q = x87_q(r, 128);
    return x87_wide_normal(series(x87_mul_high(q, q), 1), 0);
}

static struct x87_ext tangent(struct x87_op *op, const struct angle *a, bool sign)
{
    const struct x87_wide s = sine_of(a->r), c = cosine_of(a->r);
    const bool odd = a->quadrant & 1;
    return x87_wide_pack(op, sign ^ a->sign ^ odd, odd ? x87_wide_div(c, s) : x87_wide_div(s, c));
}

/* Of a sine or, a quadrant on, a cosine. */
static struct x87_ext circular(struct x87_op *op, const struct angle *a, unsigned quadrant)
{
    const bool cosine = quadrant & 1, negative = quadrant & 2;
    return x87_wide_pack_below(op, negative ^ (cosine ? false : a->sign), cosine ? cosine_of(a->r) : sine_of(a->r));
}

static void all(struct x87_ext value, struct x87_ext *sin, struct x87_ext *cos, struct x87_ext *tan)
{
    if (sin)
        *sin = value;
    if (cos)
        *cos = value;
    if (tan)
        *tan = value;
}

void x87_trigonometry(struct x87_op *op, struct x87_ext x_bits, struct x87_ext *sin, struct x87_ext *cos, struct x87_ext *tan)
{
    struct x87_ext other;
    struct x87_num x = x87_unpack(x_bits);
    if (x87_nan(op, x_bits, x_bits, &other)) {
        all(other, sin, cos, tan);
    } else if (x.kind == X87_INFINITE) {
        all(x87_invalid(op), sin, cos, tan);
    } else if (x.kind == X87_ZERO) {
        all(x_bits, sin, 0, tan);
        all((struct x87_ext){X87_INTEGER_BIT, X87_BIAS}, 0, cos, 0);
    } else if (!x87_denormal(op, &x, 0)) {
        if (x.exp >= 63) {
            op->raised |= X87_C2;
            return;
        }
        const struct angle a = reduce(&x);
        if (sin)
            *sin = circular(op, &a, a.quadrant + 2 * x.sign);
        if (cos)
            *cos = circular(op, &a, a.quadrant + 1);
        if (tan)
            *tan = tangent(op, &a, x.sign);
    }
}
