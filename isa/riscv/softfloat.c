/* softfloat.c - taking numbers apart and putting them together: the only place that knows what subnormals look like, and
 * the only place that rounds to a format. Everything between unpack and round_pack is arithmetic on normalised significands.
 */
#include "isa/riscv/sf_core.h"

/* Of 64 bits, 1.5 is 3ff8000000000000: sign 0, exponent 3ff, less the bias 0; sig is c000000000000000, its bit 63
 * the hidden one. */
struct sf_num sf_unpack(const struct sf_format *f, uint64_t bits)
{
    uint64_t frac = bits & sf_frac_mask(f), infinity = sf_infinity(f);
    int biased = (int)((bits & infinity) >> f->frac_bits);
    struct sf_num n = {.kind = SF_FINITE, .sign = (bits >> (f->frac_bits + f->exp_bits)) & 1};
    if ((bits & infinity) == infinity) {
        bool quiet = frac >> (f->frac_bits - 1);
        n.kind = !frac ? SF_INFINITE : quiet ? SF_QUIET : SF_SIGNALLING;
    } else if (biased) {
        n.exp = biased - sf_bias(f);
        n.sig = (UINT64_C(1) << 63) | frac << (63 - f->frac_bits);
    } else if (frac) { /* subnormal: no hidden one; normalise */
        unsigned leading = (unsigned)__builtin_clzll(frac);
        n.sig = frac << leading;
        n.exp = 1 - sf_bias(f) + 63 - (int)f->frac_bits - (int)leading;
    } else {
        n.kind = SF_ZERO;
    }
    return n;
}

bool sf_rounds_up(unsigned rm, bool sign, bool odd, uint64_t rest, uint64_t unit)
{
    uint64_t half = unit / 2;
    switch (rm) {
    case SF_RNE: return rest > half || (rest == half && odd);
    case SF_RDN: return sign && rest;
    case SF_RUP: return !sign && rest;
    case SF_RMM: return rest >= half;
    default: return false; /* SF_RTZ */
    }
}

/* Too large: infinity, or the largest finite number where the mode rounds towards zero [IEEE 754 7.4]. */
static uint64_t overflow(const struct sf_format *f, bool sign, struct sf_env *env)
{
    bool to_infinity = sf_rounds_up(env->rm, sign, true, 3, 4);
    env->flags |= SF_OF | SF_NX;
    return sf_sign_bit(f, sign) | (sf_infinity(f) - !to_infinity);
}

/* Tininess after rounding [IEEE 754 7.5 a]: rounded to the format's precision but with an unbounded exponent, the result is
 * below the smallest normal number. Only a number one binade below can still round up to it. */
static bool is_tiny(const struct sf_format *f, bool sign, int exp, uint64_t sig, unsigned rm)
{
    uint64_t unit = UINT64_C(1) << (63 - f->frac_bits);
    bool all_ones = sig >= -unit;
    return exp < -sf_bias(f) || !(all_ones && sf_rounds_up(rm, sign, true, sig & (unit - 1), unit));
}

uint64_t sf_round_pack(const struct sf_format *f, bool sign, int exp, uint64_t sig, struct sf_env *env)
{
    int min = 1 - sf_bias(f);
    uint64_t unit = UINT64_C(1) << (63 - f->frac_bits);
    bool tiny = false;
    if (exp > sf_bias(f))
        return overflow(f, sign, env);
    if (exp < min) {
        tiny = is_tiny(f, sign, exp, sig, env->rm);
        sig = sf_shift_sticky(sig, (unsigned)(min - exp));
        exp = min;
    }
    uint64_t rest = sig & (unit - 1), digits = sig / unit;
    digits += sf_rounds_up(env->rm, sign, digits & 1, rest, unit);
    if (rest)
        env->flags |= tiny ? SF_NX | SF_UF : SF_NX;
    /* The hidden one, if there is one, adds itself to the exponent; so does a carry out of the rounding. */
    uint64_t bits = ((uint64_t)(exp - min) << f->frac_bits) + digits;
    return bits >= sf_infinity(f) ? overflow(f, sign, env) : sf_sign_bit(f, sign) | bits;
}

uint64_t sf_invalid(const struct sf_format *f, struct sf_env *env)
{
    env->flags |= SF_NV;
    return sf_canonical_nan(f);
}

/* RISC-V passes on no payload: whatever the NaNs were, the canonical one comes out [unpriv 20.3]. */
uint64_t sf_propagate(const struct sf_format *f, const struct sf_num *a, const struct sf_num *b, struct sf_env *env)
{
    if (a->kind == SF_SIGNALLING || b->kind == SF_SIGNALLING)
        env->flags |= SF_NV;
    return sf_canonical_nan(f);
}
