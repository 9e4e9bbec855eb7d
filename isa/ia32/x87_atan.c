/* x87_atan.c - FPATAN: the angle of the point (x, y).
 *
 * The smaller coordinate divided by the larger is a ratio t; the angle is atan t, put together with multiples of pi/2. A ratio above 1/16
 * is taken apart once more, with k the nearest integer to 8t:  atan t = atan k/8 + atan u,  u = (t - k/8) / (1 + t k/8), |u| <= 1/16, and
 *
 *   atan u = u (1 - u^2/3 + u^4/5 - ...)
 */
#include "isa/ia32/x87_wide.h"

static struct x87_wide atan_small(struct x87_wide u)
{
    const uint128_t q = x87_q(u, 128), z = x87_mul_high(q, q);
    uint128_t sum = 0;
    for (unsigned n = 17; n-- > 0;)
        sum = X87_Q127_ONE / (2 * n + 1) - x87_mul_high(z, sum);
    return x87_wide_mul(u, x87_wide_normal(sum, 0));
}

/* atan k/8, Q127. */
static const struct {
    uint64_t high, low;
} atan_eighths[9] = {
    {0, 0},
    {UINT64_C(0x0feadd4d5617b6e3), UINT64_C(0x2c897989f3e888ef)},
    {UINT64_C(0x1f5b75f92c80dd62), UINT64_C(0xadb8f3debef442fc)},
    {UINT64_C(0x2dec3283c9bde11c), UINT64_C(0xe2a8c848b73f9120)},
    {UINT64_C(0x3b58ce0ac3769ed1), UINT64_C(0x5bf9117b2f0ea340)},
    {UINT64_C(0x47802eaf7bfacfcd), UINT64_C(0xae41af0b32e21ba3)},
    {UINT64_C(0x525e3e8c9a7b8492), UINT64_C(0x0cd43f9522bed64f)},
    {UINT64_C(0x5c029f15e118cf39), UINT64_C(0xe596d2a90852221e)},
    {UINT64_C(0x6487ed5110b4611a), UINT64_C(0x62633145c06e0e68)},
};

/* atan of a/b, a <= b, both finite. */
static struct x87_wide atan_ratio(const struct x87_num *a, const struct x87_num *b)
{
    const struct x87_wide t = x87_wide_div(x87_wide_of(a), x87_wide_of(b));
    if (t.exp < -4)
        return atan_small(t);
    /* Both as integers of the same scale: exact. */
    const uint128_t small = a->sig, large = (uint128_t)b->sig << (b->exp - a->exp);
    const unsigned k = (unsigned)((16 * small + large) / (2 * large));
    const uint128_t eighths = 8 * small, nearest = k * large, below = 8 * large + k * small;
    const uint128_t distance = eighths < nearest ? nearest - eighths : eighths - nearest;
    uint128_t sum = (uint128_t)atan_eighths[k].high << 64 | atan_eighths[k].low;
    if (distance) {
        const uint128_t rest = x87_q(atan_small(x87_wide_div(x87_wide_normal(distance, 0), x87_wide_normal(below, 0))), 127);
        sum = eighths < nearest ? sum - rest : sum + rest;
    }
    return x87_wide_normal(sum, 0);
}

/* n pi/4 less or, where `more`, plus an angle that is below pi/4. */
static struct x87_wide from_quarters(unsigned n, bool more, const struct x87_wide *angle)
{
    const struct x87_wide pi = X87_WIDE_PI;
    const uint128_t quarters = (pi.sig >> 3) * n, part = angle ? x87_q(*angle, 125) : 0; /* Q125 */
    return x87_wide_normal(more ? quarters + part : quarters - part, 2);
}

static struct x87_ext special(struct x87_op *op, const struct x87_num *x, const struct x87_num *y)
{
    unsigned quarters;
    if (x87_denormal(op, x, y))
        return x87_zero(y->sign);
    if (y->kind == X87_INFINITE)
        quarters = x->kind != X87_INFINITE ? 2 : x->sign ? 3 : 1;
    else if (y->kind == X87_ZERO || x->kind == X87_INFINITE)
        quarters = x->sign ? 4 : 0;
    else
        quarters = 2; /* x is zero */
    return quarters ? x87_wide_pack(op, y->sign, from_quarters(quarters, false, 0)) : x87_zero(y->sign);
}

struct x87_ext x87_fpatan(struct x87_op *op, struct x87_ext x_bits, struct x87_ext y_bits)
{
    struct x87_ext nan;
    if (x87_nan(op, x_bits, y_bits, &nan))
        return nan;
    struct x87_num x = x87_unpack(x_bits), y = x87_unpack(y_bits);
    if (x.kind != X87_FINITE || y.kind != X87_FINITE)
        return special(op, &x, &y);
    if (x87_denormal(op, &x, &y))
        return x_bits;
    const bool steep = y.exp > x.exp || (y.exp == x.exp && y.sig > x.sig);
    const struct x87_wide angle = steep ? atan_ratio(&x, &y) : atan_ratio(&y, &x);
    if (steep)
        return x87_wide_pack(op, y.sign, from_quarters(2, x.sign, &angle));
    if (x.sign)
        return x87_wide_pack(op, y.sign, from_quarters(4, false, &angle));
    return x87_wide_pack_below(op, y.sign, angle);
}
