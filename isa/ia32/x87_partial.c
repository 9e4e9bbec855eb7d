/* x87_partial.c - the operations on parts of a number: round to an integer, scale by a power of two, extract the exponent, and
 * the two remainders. Precision control does not concern them.
 */
#include "isa/ia32/x87_core.h"

struct x87_ext x87_round_integer(struct x87_op *op, struct x87_ext a_bits)
{
    struct x87_ext nan;
    if (x87_nan(op, a_bits, a_bits, &nan))
        return nan;
    struct x87_num a = x87_unpack(a_bits);
    if (a.kind != X87_FINITE || x87_denormal(op, &a, 0) || a.exp >= 63)
        return a_bits;
    uint128_t fixed = a.exp < -1 ? 1 : (uint128_t)a.sig << 63 >> (62 - a.exp); /* 64 bits of fraction, the last one sticky */
    uint64_t fraction = (uint64_t)fixed, digits = (uint64_t)(fixed >> 64);
    bool up = x87_rounds_up(x87_rounding(op), a.sign, digits & 1, fraction, UINT64_C(1) << 63);
    if (fraction)
        x87_raise(op, up ? X87_PE | X87_C1 : X87_PE);
    digits += up; /* at most 2^63 */
    struct x87_op exact = {.control = 0x37f};
    return digits ? x87_pack(&exact, a.sign, 127, digits, 64) : x87_zero(a.sign);
}

/* A number chopped to an integer, when it is large to one that takes every number out of range. */
static int chopped(const struct x87_num *b)
{
    int magnitude = b->kind == X87_ZERO || b->exp < 0 ? 0 : b->exp > 15 ? 0x10000 : (int)(b->sig >> (63 - b->exp));
    return b->sign ? -magnitude : magnitude;
}

/* b is an infinity: 0 times infinity has no value. */
static struct x87_ext scale_by_infinity(struct x87_op *op, const struct x87_num *a, bool down)
{
    if (a->kind == (down ? X87_INFINITE : X87_ZERO))
        return x87_invalid(op);
    x87_denormal(op, a, 0);
    return down ? x87_zero(a->sign) : x87_infinity(a->sign);
}

struct x87_ext x87_scale(struct x87_op *op, struct x87_ext a_bits, struct x87_ext b_bits)
{
    struct x87_ext nan;
    if (x87_nan(op, a_bits, b_bits, &nan))
        return nan;
    struct x87_num a = x87_unpack(a_bits), b = x87_unpack(b_bits);
    if (b.kind == X87_INFINITE)
        return scale_by_infinity(op, &a, b.sign);
    if (x87_denormal(op, &a, &b) || a.kind != X87_FINITE)
        return a_bits;
    return x87_pack(op, a.sign, a.exp + chopped(&b), (uint128_t)a.sig << 64, 64);
}

struct x87_ext x87_extract(struct x87_op *op, struct x87_ext a_bits, struct x87_ext *significand)
{
    *significand = a_bits;
    struct x87_ext nan;
    if (x87_nan(op, a_bits, a_bits, &nan))
        return *significand = nan;
    struct x87_num a = x87_unpack(a_bits);
    if (a.kind == X87_INFINITE)
        return x87_infinity(false);
    if (a.kind == X87_ZERO) {
        x87_raise(op, X87_ZE);
        return x87_infinity(true);
    }
    x87_denormal(op, &a, 0);
    *significand = (struct x87_ext){a.sig, (uint16_t)(a.sign << 15 | X87_BIAS)};
    return x87_from_integer(a.exp);
}

/* The low bits of a quotient as the remainders report them. */
static void report_quotient(struct x87_op *op, uint64_t q)
{
    op->raised |= (q & 1 ? X87_C1 : 0) | (q & 2 ? X87_C3 : 0) | (q & 4 ? X87_C0 : 0);
}

/* An exact result; it may be a denormal, which underflows only unmasked. */
static struct x87_ext remainder_is(struct x87_op *op, bool sign, int exp, uint128_t sig)
{
    if (!sig)
        return x87_zero(sign);
    unsigned quotient = op->raised & X87_C1;
    struct x87_ext r = x87_pack(op, sign, exp + 127, sig, 64);
    op->raised |= quotient;
    return r;
}

/* Of finite numbers whose exponents differ by 64 or more: a step that takes off 32 to 63 binades [SDM 2 FPREM].
 * A program that wants the remainder repeats FPREM while C2 is set. What a step takes off is the divisor times a
 * multiple of 2^32: the three bits of the quotient that the last step reports are those of the whole. */
static struct x87_ext reduce(struct x87_op *op, const struct x87_num *a, const struct x87_num *b, int difference)
{
    int step = 32 | (difference & 31);
    op->raised |= X87_C2;
    return remainder_is(op, a->sign, b->exp - 63 + difference - step, ((uint128_t)a->sig << step) % b->sig);
}

/* A quotient to be rounded to the nearest: one more, and the remainder on the other side of zero? `half` is the divisor times
 * two to the power that makes the remainder r an integer. */
static struct x87_ext nearest(struct x87_op *op, bool sign, int exp, uint64_t r, uint128_t divisor, uint64_t q)
{
    uint128_t twice = (uint128_t)r * 2;
    bool up = twice > divisor || (twice == divisor && (q & 1));
    report_quotient(op, q + up);
    return remainder_is(op, sign ^ up, exp, up ? divisor - r : r);
}

static struct x87_ext partial_remainder(struct x87_op *op, struct x87_ext a_bits, struct x87_ext b_bits, bool to_nearest)
{
    struct x87_ext nan;
    if (x87_nan(op, a_bits, b_bits, &nan))
        return nan;
    struct x87_num a = x87_unpack(a_bits), b = x87_unpack(b_bits);
    if (a.kind == X87_INFINITE || b.kind == X87_ZERO)
        return x87_invalid(op);
    if (x87_denormal(op, &a, &b) || a.kind == X87_ZERO)
        return a_bits;
    int difference = a.exp - b.exp;
    if (b.kind == X87_INFINITE || difference < -1)
        return remainder_is(op, a.sign, a.exp - 63, a.sig);
    if (difference >= 64)
        return reduce(op, &a, &b, difference);
    if (difference < 0)
        return to_nearest ? nearest(op, a.sign, a.exp - 63, a.sig, (uint128_t)b.sig * 2, 0)
                          : remainder_is(op, a.sign, a.exp - 63, a.sig);
    uint128_t dividend = (uint128_t)a.sig << difference;
    uint64_t q = (uint64_t)(dividend / b.sig), r = (uint64_t)(dividend % b.sig);
    if (to_nearest)
        return nearest(op, a.sign, b.exp - 63, r, b.sig, q);
    report_quotient(op, q);
    return remainder_is(op, a.sign, b.exp - 63, r);
}

struct x87_ext x87_prem(struct x87_op *op, struct x87_ext a, struct x87_ext b) { return partial_remainder(op, a, b, false); }
struct x87_ext x87_prem1(struct x87_op *op, struct x87_ext a, struct x87_ext b) { return partial_remainder(op, a, b, true); }
