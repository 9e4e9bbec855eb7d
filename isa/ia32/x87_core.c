/* x87_core.c - taking extended numbers apart and putting them together: the only place that knows their encodings, the only
 * place that rounds a result for a register, and the rules of NaNs.
 */
#include "isa/ia32/x87_core.h"

/* What is added to or taken from the exponent of a result that underflows or overflows unmasked [SDM 1 8.5.4]. */
#define X87_WRAP 24576

struct x87_ext x87_invalid(struct x87_op *op)
{
    x87_raise(op, X87_IE);
    return X87_INDEFINITE;
}

bool x87_nan_of(struct x87_op *op, struct x87_ext a, struct x87_ext b, struct x87_ext *result)
{
    enum x87_kind ka = x87_unpack(a).kind, kb = x87_unpack(b).kind;
    if (ka == X87_UNSUPPORTED || kb == X87_UNSUPPORTED) {
        *result = x87_invalid(op);
        return true;
    }
    if (ka == X87_SIGNALLING || kb == X87_SIGNALLING)
        x87_raise(op, X87_IE);
    /* A NaN before a number, a quiet one before a signalling one, then the larger significand, then the positive one. */
    bool take_a = ka >= X87_QUIET && kb >= X87_QUIET ? (ka != kb         ? ka == X87_QUIET
                                                        : a.sig != b.sig ? a.sig > b.sig
                                                                         : a.se <= b.se)
                                                     : ka >= X87_QUIET;
    *result = take_a ? a : b;
    result->sig |= X87_QUIET_BIT;
    return true;
}

/* Rounds to `precision` bits. *exp grows by one when all the digits were ones. The digits come back left-aligned in 64 bits. */
static uint64_t round_digits(struct x87_op *op, bool sign, int *exp, uint128_t sig, unsigned precision)
{
    unsigned drop = 128 - precision;
    uint128_t rest = sig & (((uint128_t)1 << drop) - 1), digits = sig >> drop;
    bool up = x87_rounds_up(x87_rounding(op), sign, digits & 1, rest, (uint128_t)1 << (drop - 1));
    if (rest)
        op->raised |= up ? X87_PE | X87_C1 : X87_PE;
    digits += up;
    if (digits >> precision) {
        digits >>= 1;
        ++*exp;
    }
    return (uint64_t)(digits << (64 - precision));
}

/* Too large, and masked: infinity, or the largest number of the precision where the mode rounds towards zero. */
static struct x87_ext overflow(struct x87_op *op, bool sign, unsigned precision)
{
    bool to_infinity = x87_rounds_up(x87_rounding(op), sign, true, 3, 2);
    op->raised = (op->raised & ~(unsigned)X87_C1) | X87_OE | X87_PE | (to_infinity ? X87_C1 : 0);
    if (to_infinity)
        return x87_infinity(sign);
    return (struct x87_ext){~UINT64_C(0) << (64 - precision), (uint16_t)(sign << 15 | 0x7ffe)};
}

/* Tininess after rounding: rounded with an unbounded exponent, the result is below the smallest normal number. Only a number
 * one binade below can still round up to it. */
static bool is_tiny(const struct x87_op *op, bool sign, int biased, uint128_t sig, unsigned precision)
{
    uint128_t unit = (uint128_t)1 << (128 - precision);
    bool all_ones = sig >= -unit;
    return biased < 0 || !(all_ones && x87_rounds_up(x87_rounding(op), sign, true, sig & (unit - 1), unit / 2));
}

/* A tiny result, masked: a denormal of the precision; UE only where it is inexact too. */
static struct x87_ext denormalise(struct x87_op *op, bool sign, int biased, uint128_t sig, unsigned precision, bool tiny)
{
    int exp = 0;
    uint128_t shifted = x87_shift_sticky(sig, (unsigned)(1 - biased));
    uint64_t digits = round_digits(op, sign, &exp, shifted, precision);
    if (tiny && (op->raised & X87_PE))
        op->raised |= X87_UE;
    /* A carry into the integer bit makes it the smallest normal number. */
    return (struct x87_ext){digits, (uint16_t)((unsigned)sign << 15 | (unsigned)(digits >> 63))};
}

struct x87_ext x87_pack(struct x87_op *op, bool sign, int exp, uint128_t sig, unsigned precision)
{
    unsigned leading = x87_leading_zeros(sig);
    int biased = exp - (int)leading + X87_BIAS;
    sig <<= leading;
    if (biased <= 0) {
        bool tiny = is_tiny(op, sign, biased, sig, precision);
        if (!tiny || op->control & X87_UE)
            return denormalise(op, sign, biased, sig, precision, tiny);
        x87_raise(op, X87_UE);
        biased += X87_WRAP;
        if (biased <= 0) /* FSCALE alone gets as far as this */
            return x87_raise(op, X87_PE), x87_zero(sign);
    }
    uint64_t digits = round_digits(op, sign, &biased, sig, precision);
    if (biased >= 0x7fff) {
        if (op->control & X87_OE)
            return overflow(op, sign, precision);
        x87_raise(op, X87_OE);
        biased -= X87_WRAP;
        if (biased >= 0x7fff)
            return x87_raise(op, X87_PE | X87_C1), x87_infinity(sign);
    }
    return (struct x87_ext){digits, (uint16_t)(sign << 15 | biased)};
}
