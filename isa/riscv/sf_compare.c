/* sf_compare.c - comparisons, minimum, maximum, and what kind of number something is. Nothing here rounds. */
#include "isa/riscv/sf_core.h"

/* Numbers in their order as integers: negative ones mirrored. -0 and +0 both come out as 0.
 * The formats are made so that this works: behind the sign the exponent stands above the fraction, and infinity
 * above the largest number. */
static int64_t order(const struct sf_format *f, uint64_t bits)
{
    uint64_t magnitude = bits & ~sf_sign_bit(f, true);
    return magnitude == bits ? (int64_t)magnitude : -(int64_t)magnitude;
}

static bool is_nan(const struct sf_format *f, uint64_t bits) { return (bits & ~sf_sign_bit(f, true)) > sf_infinity(f); }

static bool is_signalling(const struct sf_format *f, uint64_t bits) { return is_nan(f, bits) && !(bits >> (f->frac_bits - 1) & 1); }

/* Whether a and b can be ordered. If not, raises NV: for any NaN where the comparison is signalling, else for signalling ones. */
static bool ordered(const struct sf_format *f, uint64_t a, uint64_t b, bool signalling, struct sf_env *env)
{
    if (!is_nan(f, a) && !is_nan(f, b))
        return true;
    if (signalling || is_signalling(f, a) || is_signalling(f, b))
        env->flags |= SF_NV;
    return false;
}

static uint64_t eq(const struct sf_format *f, uint64_t a, uint64_t b, struct sf_env *env)
{
    return ordered(f, a, b, false, env) && order(f, a) == order(f, b);
}

static uint64_t lt(const struct sf_format *f, uint64_t a, uint64_t b, struct sf_env *env)
{
    return ordered(f, a, b, true, env) && order(f, a) < order(f, b);
}

static uint64_t le(const struct sf_format *f, uint64_t a, uint64_t b, struct sf_env *env)
{
    return ordered(f, a, b, true, env) && order(f, a) <= order(f, b);
}

/* [unpriv 20.6] IEEE 754-2019 minimumNumber, and its mirror image. */
static uint64_t extreme(const struct sf_format *f, uint64_t a, uint64_t b, bool want_max, struct sf_env *env)
{
    if (!ordered(f, a, b, false, env)) {
        if (!is_nan(f, a))
            return a;
        return is_nan(f, b) ? sf_canonical_nan(f) : b;
    }
    int64_t x = order(f, a), y = order(f, b);
    bool a_is_less = x < y || (x == y && (a & sf_sign_bit(f, true))); /* so -0 < +0 */
    return a_is_less != want_max ? a : b;
}

/* [unpriv 20.9]
 * FCLASS answers one bit of ten, and raises no flag, not even for a signalling NaN:
 *
 *   bit   0     1         2            3    4    5            6         7     8     9
 *        -inf  -normal  -subnormal    -0   +0   +subnormal   +normal   +inf  sNaN  qNaN
 */
static unsigned classify(const struct sf_format *f, uint64_t bits)
{
    struct sf_num a = sf_unpack(f, bits);
    unsigned bit = 0; /* of a negative number; those of positive ones mirror it */
    switch (a.kind) {
    case SF_SIGNALLING: return 1U << 8;
    case SF_QUIET: return 1U << 9;
    case SF_INFINITE: bit = 0; break;
    case SF_FINITE: bit = a.exp >= 1 - sf_bias(f) ? 1 : 2; break;
    case SF_ZERO: bit = 3; break;
    }
    return 1U << (a.sign ? bit : 7 - bit);
}

static uint64_t minimum(const struct sf_format *f, uint64_t a, uint64_t b, struct sf_env *env) { return extreme(f, a, b, false, env); }
static uint64_t maximum(const struct sf_format *f, uint64_t a, uint64_t b, struct sf_env *env) { return extreme(f, a, b, true, env); }

#define OPERATION(name, generic)                                                                                                      \
    struct sf_result sf32_##name(uint32_t a, uint32_t b) { SF_RETURN(generic, SF_RNE, &sf_binary32, a, b); }                          \
    struct sf_result sf64_##name(uint64_t a, uint64_t b) { SF_RETURN(generic, SF_RNE, &sf_binary64, a, b); }
OPERATION(eq, eq)
OPERATION(lt, lt)
OPERATION(le, le)
OPERATION(min, minimum)
OPERATION(max, maximum)
#undef OPERATION

unsigned sf32_classify(uint32_t a) { return classify(&sf_binary32, a); }
unsigned sf64_classify(uint64_t a) { return classify(&sf_binary64, a); }
