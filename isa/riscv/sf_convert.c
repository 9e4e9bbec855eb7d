/* sf_convert.c - between numbers and integers, and between the two formats. */
#include "isa/riscv/sf_core.h"

/* The magnitude of a finite number rounded to an integer: false when it has more than 64 bits. */
static bool round_to_integer(const struct sf_num *a, unsigned rm, uint64_t *magnitude, bool *inexact)
{
    if (a->exp > 63)
        return false;
    unsigned fraction = a->exp < -2 ? 65 : (unsigned)(63 - a->exp); /* bits of sig below the point; 65: all, and less than a half */
    uint64_t whole, rest; /* rest: what is below the point, in quarters: 0, 1, 2 (exactly a half), 3 */
    if (fraction == 0) {
        whole = a->sig;
        rest = 0;
    } else {
        uint128_t quarters = sf_shift_sticky_wide((uint128_t)a->sig << 2, fraction); /* with a sticky lowest bit */
        whole = (uint64_t)(quarters >> 2);
        rest = (uint64_t)quarters & 3;
    }
    bool up = sf_rounds_up(rm, a->sign, whole & 1, rest, 4);
    *inexact = rest != 0;
    *magnitude = whole + up;
    return !(up && *magnitude == 0);
}

/* What an integer type of `bits` bits can hold, as magnitudes on both sides of zero. */
struct range {
    uint64_t above, below;
};
static struct range range_of(unsigned bits, bool is_signed)
{
    uint64_t half = UINT64_C(1) << (bits - 1);
    return is_signed ? (struct range){half - 1, half} : (struct range){half - 1 + half, 0};
}

/* [unpriv 20.7]
 * What does not fit gives the nearest value that the type has, and a NaN of either sign the largest. So FCVT.WU.S
 * of -1.0 is 0 with NV, but of -0.25, rounded to the nearest, it is 0 with NX: rounded it fits. Results of 32 bits
 * are sign-extended, those of unsigned types, too: FCVT.WU.D of 2^31 gives 0xffffffff80000000. */
static uint64_t to_integer(const struct sf_format *f, uint64_t a_bits, unsigned bits, bool is_signed, struct sf_env *env)
{
    struct sf_num a = sf_unpack(f, a_bits);
    struct range range = range_of(bits, is_signed);
    bool negative = a.sign && !sf_is_nan(&a), inexact = false, fits = a.kind <= SF_FINITE;
    uint64_t magnitude = 0, limit = negative ? range.below : range.above;
    if (a.kind == SF_FINITE)
        fits = round_to_integer(&a, env->rm, &magnitude, &inexact) && magnitude <= limit;
    if (!fits) { /* NV alone: no result was rounded */
        env->flags |= SF_NV;
        magnitude = limit;
    } else if (inexact) {
        env->flags |= SF_NX;
    }
    uint64_t value = negative ? 0 - magnitude : magnitude;
    return bits == 32 ? (uint64_t)(int64_t)(int32_t)(uint32_t)value : value;
}

/* `a` as an integer of 64 bits, two's complement when it is signed.
 * Words of 32 bits come here widened as their type says, so that one function does for all four types. The
 * magnitude of the least negative number, 2^63, fits an unsigned one. */
static uint64_t from_integer(const struct sf_format *f, uint64_t a, bool is_signed, struct sf_env *env)
{
    bool sign = is_signed && a >> 63;
    uint64_t magnitude = sign ? 0 - a : a;
    if (!magnitude)
        return 0;
    int leading = __builtin_clzll(magnitude);
    return sf_round_pack(f, sign, 63 - leading, magnitude << leading, env);
}

static uint64_t to_format(const struct sf_format *from, const struct sf_format *to, uint64_t a_bits, struct sf_env *env)
{
    struct sf_num a = sf_unpack(from, a_bits);
    if (sf_is_nan(&a))
        return sf_propagate(to, &a, &a, env);
    if (a.kind == SF_FINITE)
        return sf_round_pack(to, a.sign, a.exp, a.sig, env);
    return sf_sign_bit(to, a.sign) | (a.kind == SF_INFINITE ? sf_infinity(to) : 0);
}

#define INTEGER(name, type, bits, is_signed)                                                                                          \
    struct sf_result sf32_to_##name(uint32_t a, unsigned rm) { SF_RETURN(to_integer, rm, &sf_binary32, a, bits, is_signed); }         \
    struct sf_result sf64_to_##name(uint64_t a, unsigned rm) { SF_RETURN(to_integer, rm, &sf_binary64, a, bits, is_signed); }         \
    struct sf_result sf32_from_##name(uint64_t a, unsigned rm)                                                                        \
    {                                                                                                                                 \
        SF_RETURN(from_integer, rm, &sf_binary32, (uint64_t)(type)a, is_signed);                                                      \
    }                                                                                                                                 \
    struct sf_result sf64_from_##name(uint64_t a, unsigned rm)                                                                        \
    {                                                                                                                                 \
        SF_RETURN(from_integer, rm, &sf_binary64, (uint64_t)(type)a, is_signed);                                                      \
    }
INTEGER(i32, int32_t, 32, true)
INTEGER(u32, uint32_t, 32, false)
INTEGER(i64, int64_t, 64, true)
INTEGER(u64, uint64_t, 64, false)
#undef INTEGER

struct sf_result sf32_widen(uint32_t a, unsigned rm) { SF_RETURN(to_format, rm, &sf_binary32, &sf_binary64, a); }
struct sf_result sf64_narrow(uint64_t a, unsigned rm) { SF_RETURN(to_format, rm, &sf_binary64, &sf_binary32, a); }
