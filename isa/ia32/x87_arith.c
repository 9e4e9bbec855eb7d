/* x87_arith.c - add, subtract, multiply, divide and square root. The exact result, or enough of it with a sticky bit, goes
 * through x87_pack() in 128 bits.
 *
 * The order of the exceptions is the manual's [SDM 1 4.9.2]: operands that are no numbers, other invalid operations and the
 * division by zero, denormal operands, and then what comes of rounding.
 */
#include "isa/ia32/x87_core.h"

/* An exact zero sum of terms of opposite sign is +0, but -0 when rounding down. */
static struct x87_ext zero_sum(const struct x87_op *op, bool sign_a, bool sign_b)
{
    return x87_zero(sign_a == sign_b ? sign_a : x87_rounding(op) == X87_DOWN);
}

/* Of two finite numbers. With 63 zero bits below the digits, a sticky bit loses nothing that rounding could see: either no bit
 * falls out, or the terms are so far apart that cancellation moves the result by one place at most. */
static struct x87_ext sum(struct x87_op *op, const struct x87_num *a, const struct x87_num *b)
{
    if (a->exp < b->exp || (a->exp == b->exp && a->sig < b->sig)) {
        const struct x87_num *swap = a;
        a = b;
        b = swap;
    }
    uint128_t large = (uint128_t)a->sig << 63, small = x87_shift_sticky((uint128_t)b->sig << 63, (unsigned)(a->exp - b->exp));
    uint128_t sig = a->sign == b->sign ? large + small : large - small;
    return sig ? x87_pack(op, a->sign, a->exp + 1, sig, x87_precision(op)) : zero_sum(op, a->sign, b->sign);
}

/* An operand as the result: it is rounded to the precision too. */
static struct x87_ext alone(struct x87_op *op, const struct x87_num *a)
{
    return x87_pack(op, a->sign, a->exp, (uint128_t)a->sig << 64, x87_precision(op));
}

static struct x87_ext add_signed(struct x87_op *op, struct x87_ext a_bits, struct x87_ext b_bits, bool negate)
{
    struct x87_ext nan;
    if (x87_nan(op, a_bits, b_bits, &nan))
        return nan;
    struct x87_num a = x87_unpack(a_bits), b = x87_unpack(b_bits);
    b.sign ^= negate;
    if (a.kind == X87_INFINITE && b.kind == X87_INFINITE)
        return a.sign != b.sign ? x87_invalid(op) : a_bits;
    if (x87_denormal(op, &a, &b))
        return a_bits;
    if (a.kind == X87_INFINITE || b.kind == X87_INFINITE)
        return x87_infinity(a.kind == X87_INFINITE ? a.sign : b.sign);
    if (a.kind == X87_ZERO)
        return b.kind == X87_ZERO ? zero_sum(op, a.sign, b.sign) : alone(op, &b);
    return b.kind == X87_ZERO ? alone(op, &a) : sum(op, &a, &b);
}

struct x87_ext x87_add(struct x87_op *op, struct x87_ext a, struct x87_ext b) { return add_signed(op, a, b, false); }
struct x87_ext x87_sub(struct x87_op *op, struct x87_ext a, struct x87_ext b) { return add_signed(op, a, b, true); }
struct x87_ext x87_subr(struct x87_op *op, struct x87_ext a, struct x87_ext b) { return add_signed(op, b, a, true); }

struct x87_ext x87_mul(struct x87_op *op, struct x87_ext a_bits, struct x87_ext b_bits)
{
    struct x87_ext nan;
    if (x87_nan(op, a_bits, b_bits, &nan))
        return nan;
    struct x87_num a = x87_unpack(a_bits), b = x87_unpack(b_bits);
    bool sign = a.sign != b.sign, infinite = a.kind == X87_INFINITE || b.kind == X87_INFINITE;
    bool zero = a.kind == X87_ZERO || b.kind == X87_ZERO;
    if (infinite && zero)
        return x87_invalid(op);
    if (x87_denormal(op, &a, &b))
        return a_bits;
    if (infinite || zero)
        return infinite ? x87_infinity(sign) : x87_zero(sign);
    return x87_pack(op, sign, a.exp + b.exp + 1, (uint128_t)a.sig * b.sig, x87_precision(op));
}

/* a / b, 1/2 < a/b < 2: 128 bits, the last one sticky; *below_one says that the first of them has the weight 1/2. */
static uint128_t quotient(uint64_t a, uint64_t b, bool *below_one)
{
    *below_one = a < b;
    uint128_t dividend = (uint128_t)a << (63 + *below_one);
    uint64_t high = (uint64_t)(dividend / b);
    uint128_t rest = (uint128_t)(uint64_t)(dividend - (uint128_t)high * b) << 64;
    uint64_t low = (uint64_t)(rest / b);
    return (uint128_t)high << 64 | low | (rest != (uint128_t)low * b);
}

struct x87_ext x87_div(struct x87_op *op, struct x87_ext a_bits, struct x87_ext b_bits)
{
    struct x87_ext nan;
    if (x87_nan(op, a_bits, b_bits, &nan))
        return nan;
    struct x87_num a = x87_unpack(a_bits), b = x87_unpack(b_bits);
    bool sign = a.sign != b.sign, below_one;
    if (a.kind == b.kind && a.kind != X87_FINITE) /* 0/0, infinity/infinity */
        return x87_invalid(op);
    if (b.kind == X87_ZERO && a.kind == X87_FINITE) {
        x87_raise(op, X87_ZE);
        return x87_infinity(sign);
    }
    if (x87_denormal(op, &a, &b))
        return a_bits;
    if (a.kind == X87_INFINITE || b.kind == X87_ZERO)
        return x87_infinity(sign);
    if (a.kind == X87_ZERO || b.kind == X87_INFINITE)
        return x87_zero(sign);
    uint128_t digits = quotient(a.sig, b.sig, &below_one);
    return x87_pack(op, sign, a.exp - b.exp - below_one, digits, x87_precision(op));
}

struct x87_ext x87_divr(struct x87_op *op, struct x87_ext a, struct x87_ext b) { return x87_div(op, b, a); }

/* The largest r with r*r <= v, and what is left, for v of 8, 16, ... 128 bits, one of the upper two of them set. Half the digits come from
 * the upper half of v, the other half from a division of what that leaves, which may be too large by one. */
static uint128_t integer_sqrt(uint128_t v, unsigned bits, uint128_t *left)
{
    if (bits == 8) {
        uint64_t root = 8;
        for (uint64_t bit = 4; bit; bit >>= 1)
            root |= (root | bit) * (root | bit) <= v ? bit : 0;
        *left = v - root * root;
        return root;
    }
    const unsigned quarter = bits / 4;
    const uint128_t digit = ((uint128_t)1 << quarter) - 1, high = integer_sqrt(v >> 2 * quarter, 2 * quarter, left);
    const uint128_t dividend = *left << quarter | (v >> quarter & digit), divisor = 2 * high;
    const uint128_t low = dividend / divisor, rest = (dividend - low * divisor) << quarter | (v & digit);
    const uint128_t root = (high << quarter) + low, square = low * low;
    const bool over = rest < square;
    *left = (over ? rest + 2 * root - 1 : rest) - square;
    return root - over;
}

struct x87_ext x87_sqrt(struct x87_op *op, struct x87_ext a_bits)
{
    struct x87_ext nan;
    if (x87_nan(op, a_bits, a_bits, &nan))
        return nan;
    struct x87_num a = x87_unpack(a_bits);
    if (a.kind == X87_ZERO) /* of -0 too */
        return a_bits;
    if (a.sign)
        return x87_invalid(op);
    if (a.kind == X87_INFINITE || x87_denormal(op, &a, 0))
        return a_bits;
    bool odd = a.exp & 1;
    uint128_t v = (uint128_t)a.sig << (63 + odd); /* so that the exponent left is even, and the root has 64 bits */
    uint128_t left, root = integer_sqrt(v, 128, &left);
    /* What is left decides on which side of root + 1/2 the true root lies; it cannot lie on it. */
    uint64_t rest = !left ? 0 : left > root ? UINT64_C(3) << 62 : UINT64_C(1) << 62;
    return x87_pack(op, false, (a.exp - odd) / 2, root << 64 | rest, x87_precision(op));
}
