/* sf_arith.c - add, subtract, multiply, divide, square root and fused multiply-add, each once for both formats.
 *
 * A sum and a fused multiply-add are one operation here: the exact product of two significands has at most 106 bits, so a
 * 128-bit significand holds it, or a plain operand, with at least 20 zero bits below. Aligning the smaller term with a sticky
 * bit then loses nothing that rounding could see: either no bit falls out, or the terms differ by more than 20 binades
 * and cancellation moves the result up by one place at most.
 */
#include "isa/riscv/sf_core.h"

/* (-1)^sign * sig / 2^126 * 2^exp, bit 126 of sig set: one bit of room for a carry. */
struct wide {
    bool sign;
    int exp;
    uint128_t sig;
};

static struct wide widen(const struct sf_num *a) { return (struct wide){a->sign, a->exp, (uint128_t)a->sig << 63}; }

static struct wide product(const struct sf_num *a, const struct sf_num *b)
{
    struct wide p = {a->sign != b->sign, a->exp + b->exp, (uint128_t)a->sig * b->sig};
    if (p.sig >> 127) { /* the low bits of the product are zero: nothing is lost */
        p.sig >>= 1;
        p.exp++;
    }
    return p;
}

static uint64_t pack_wide(const struct sf_format *f, struct wide v, struct sf_env *env)
{
    uint64_t high = (uint64_t)(v.sig >> 64);
    unsigned leading = high ? (unsigned)__builtin_clzll(high) : 64 + (unsigned)__builtin_clzll((uint64_t)v.sig);
    v.sig <<= leading;
    return sf_round_pack(f, v.sign, v.exp + 1 - (int)leading, (uint64_t)(v.sig >> 64) | ((uint64_t)v.sig != 0), env);
}

/* An exact zero sum of terms of opposite sign is +0, but -0 when rounding down [IEEE 754 6.3]. */
static uint64_t zero_sum(const struct sf_format *f, bool sign_a, bool sign_b, const struct sf_env *env)
{
    return sf_sign_bit(f, sign_a == sign_b ? sign_a : env->rm == SF_RDN);
}

static uint64_t sum(const struct sf_format *f, struct wide a, struct wide b, struct sf_env *env)
{
    if (a.exp < b.exp || (a.exp == b.exp && a.sig < b.sig)) {
        struct wide swap = a;
        a = b;
        b = swap;
    }
    b.sig = sf_shift_sticky_wide(b.sig, (unsigned)(a.exp - b.exp));
    a.sig = a.sign == b.sign ? a.sig + b.sig : a.sig - b.sig;
    return a.sig ? pack_wide(f, a, env) : zero_sum(f, a.sign, b.sign, env);
}

static uint64_t add(const struct sf_format *f, uint64_t a_bits, uint64_t b_bits, struct sf_env *env)
{
    struct sf_num a = sf_unpack(f, a_bits), b = sf_unpack(f, b_bits);
    if (sf_is_nan(&a) || sf_is_nan(&b))
        return sf_propagate(f, &a, &b, env);
    if (a.kind == SF_INFINITE)
        return b.kind == SF_INFINITE && a.sign != b.sign ? sf_invalid(f, env) : a_bits;
    if (b.kind == SF_INFINITE)
        return b_bits;
    if (a.kind == SF_ZERO)
        return b.kind == SF_ZERO ? zero_sum(f, a.sign, b.sign, env) : b_bits;
    return b.kind == SF_ZERO ? a_bits : sum(f, widen(&a), widen(&b), env);
}

static uint64_t mul(const struct sf_format *f, uint64_t a_bits, uint64_t b_bits, struct sf_env *env)
{
    struct sf_num a = sf_unpack(f, a_bits), b = sf_unpack(f, b_bits);
    uint64_t sign = sf_sign_bit(f, a.sign != b.sign);
    if (sf_is_nan(&a) || sf_is_nan(&b))
        return sf_propagate(f, &a, &b, env);
    if (a.kind == SF_INFINITE || b.kind == SF_INFINITE)
        return a.kind == SF_ZERO || b.kind == SF_ZERO ? sf_invalid(f, env) : sign | sf_infinity(f);
    if (a.kind == SF_ZERO || b.kind == SF_ZERO)
        return sign;
    return pack_wide(f, product(&a, &b), env);
}

/* One rounding: the product is not rounded before the sum. Infinity times zero is invalid whatever is added. */
static uint64_t multiply_add(const struct sf_format *f, uint64_t a_bits, uint64_t b_bits, uint64_t c_bits, struct sf_env *env)
{
    struct sf_num a = sf_unpack(f, a_bits), b = sf_unpack(f, b_bits), c = sf_unpack(f, c_bits);
    bool sign = a.sign != b.sign;
    bool infinite = a.kind == SF_INFINITE || b.kind == SF_INFINITE, zero = a.kind == SF_ZERO || b.kind == SF_ZERO;
    if (infinite && zero) /* invalid even when c is a quiet NaN [unpriv 20.6] */
        return sf_invalid(f, env);
    if (sf_is_nan(&a) || sf_is_nan(&b))
        return c.kind == SF_SIGNALLING ? sf_invalid(f, env) : sf_propagate(f, &a, &b, env);
    if (sf_is_nan(&c))
        return sf_propagate(f, &c, &c, env);
    if (infinite)
        return c.kind == SF_INFINITE && c.sign != sign ? sf_invalid(f, env) : sf_sign_bit(f, sign) | sf_infinity(f);
    if (c.kind == SF_INFINITE)
        return c_bits;
    if (zero)
        return c.kind == SF_ZERO ? zero_sum(f, sign, c.sign, env) : c_bits;
    struct wide p = product(&a, &b);
    return c.kind == SF_ZERO ? pack_wide(f, p, env) : sum(f, p, widen(&c), env);
}

static uint64_t divide(const struct sf_format *f, uint64_t a_bits, uint64_t b_bits, struct sf_env *env)
{
    struct sf_num a = sf_unpack(f, a_bits), b = sf_unpack(f, b_bits);
    bool sign = a.sign != b.sign;
    if (sf_is_nan(&a) || sf_is_nan(&b))
        return sf_propagate(f, &a, &b, env);
    if (a.kind == b.kind && a.kind != SF_FINITE) /* 0/0, inf/inf */
        return sf_invalid(f, env);
    if (a.kind == SF_ZERO || b.kind == SF_INFINITE)
        return sf_sign_bit(f, sign);
    if (b.kind == SF_ZERO && a.kind == SF_FINITE)
        env->flags |= SF_DZ;
    if (a.kind == SF_INFINITE || b.kind == SF_ZERO)
        return sf_sign_bit(f, sign) | sf_infinity(f);
    /* Shift the dividend so that the quotient has exactly 64 bits. */
    bool below_one = a.sig < b.sig;
    uint128_t dividend = (uint128_t)a.sig << (63 + below_one);
    uint64_t quotient = (uint64_t)(dividend / b.sig);
    bool sticky = dividend != (uint128_t)quotient * b.sig;
    return sf_round_pack(f, sign, a.exp - b.exp - below_one, quotient | sticky, env);
}

/* The largest r with r*r <= v, for v >= 2^126: 64 bits, found one after the other.
 * Bit by bit from the top: a bit stays if the square is not too large with it. */
static uint64_t integer_sqrt(uint128_t v)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 63; bit; bit >>= 1)
        if ((uint128_t)(root | bit) * (root | bit) <= v)
            root |= bit;
    return root;
}

static uint64_t square_root(const struct sf_format *f, uint64_t a_bits, struct sf_env *env)
{
    struct sf_num a = sf_unpack(f, a_bits);
    if (sf_is_nan(&a))
        return sf_propagate(f, &a, &a, env);
    if (a.kind == SF_ZERO)
        return a_bits; /* of -0 too */
    if (a.sign)
        return sf_invalid(f, env);
    if (a.kind == SF_INFINITE)
        return a_bits;
    bool odd = a.exp & 1;
    uint128_t v = (uint128_t)a.sig << (63 + odd); /* so that the exponent left is even, and the root has 64 bits */
    uint64_t root = integer_sqrt(v);
    bool sticky = (uint128_t)root * root != v;
    return sf_round_pack(f, false, (a.exp - odd) / 2, root | sticky, env);
}

/* Subtracting is adding the negative; a NaN's sign does not matter. */
static uint64_t sub(const struct sf_format *f, uint64_t a, uint64_t b, struct sf_env *env)
{
    return add(f, a, b ^ sf_sign_bit(f, true), env);
}

#define OPERATION(name, generic)                                                                                                      \
    struct sf_result sf32_##name(uint32_t a, uint32_t b, unsigned rm) { SF_RETURN(generic, rm, &sf_binary32, a, b); }                 \
    struct sf_result sf64_##name(uint64_t a, uint64_t b, unsigned rm) { SF_RETURN(generic, rm, &sf_binary64, a, b); }
OPERATION(add, add)
OPERATION(sub, sub)
OPERATION(mul, mul)
OPERATION(div, divide)
#undef OPERATION

struct sf_result sf32_sqrt(uint32_t a, unsigned rm) { SF_RETURN(square_root, rm, &sf_binary32, a); }
struct sf_result sf64_sqrt(uint64_t a, unsigned rm) { SF_RETURN(square_root, rm, &sf_binary64, a); }

struct sf_result sf32_fma(uint32_t a, uint32_t b, uint32_t c, unsigned rm) { SF_RETURN(multiply_add, rm, &sf_binary32, a, b, c); }
struct sf_result sf64_fma(uint64_t a, uint64_t b, uint64_t c, unsigned rm) { SF_RETURN(multiply_add, rm, &sf_binary64, a, b, c); }
