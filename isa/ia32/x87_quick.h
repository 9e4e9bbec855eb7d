/* x87_quick.h - the plain cases of floating-point operations, short enough to be inlined: operands that are normal numbers or zero, a result
 * that is so, 64 or 53 bits of precision, to nearest, all exceptions masked. Each gives false for whatever else there is, and
 * x87_float.h has the rules. The results, with PE and C1, are the same.
 */
#ifndef TRAPEZE_ISA_IA32_X87_QUICK_H
#define TRAPEZE_ISA_IA32_X87_QUICK_H

#include "isa/ia32/x87_core.h"

#include <math.h>

/* The control word of that; X87_QUICK_64 says which precision.
 * 027Fh is what programs of 53 bits set, 037Fh what FNINIT leaves. */
enum { X87_QUICK_CONTROL = 0x27f, X87_QUICK_64 = 0x100 };
static inline bool x87_is_quick(unsigned control) { return (control & ~(unsigned)X87_QUICK_64) == X87_QUICK_CONTROL; }

static inline bool x87_is_zero(struct x87_ext a) { return !(a.se & 0x7fff) && !a.sig; }
static inline bool x87_is_normal(struct x87_ext a) { return a.sig >> 63 && (unsigned)(a.se & 0x7fff) - 1 < 0x7ffe; }

/* high and low are 128 digits, the first of them set; those behind the precision are rounded away.
 * Where the cut lies, with 53 bits of precision; with 64 it is between high and low:
 *
 *      high                              low
 *      63            11 10          0    63                   0
 *     | 53 digits      | eleven digits  | those below          |
 *                      ^ unit is bit 11; half of it is the first digit behind the cut
 *
 * A carry out of all ones leaves high at 0, and is a power of two one higher. An exponent that is out of range is
 * no plain case. */
static inline bool x87_quick_round(unsigned control, unsigned sign, int biased, uint64_t high, uint64_t low, struct x87_ext *out,
                                   unsigned *raised)
{
    const uint64_t unit = control & X87_QUICK_64 ? 1 : UINT64_C(1) << 11;
    const uint64_t rest = high << 53, half = X87_INTEGER_BIT; /* the eleven digits that 53 leave */
    const bool odd = high & unit;
    bool up, exact;
    if (unit == 1) {
        up = low > half || (low == half && odd);
        exact = !low;
    } else {
        up = rest > half || (rest == half && (low || odd));
        exact = !(rest | low);
        high &= ~(unit - 1);
    }
    *raised = exact ? 0 : up ? X87_PE | X87_C1 : X87_PE;
    high += up ? unit : 0;
    if (up && !high) {
        high = X87_INTEGER_BIT;
        biased++;
    }
    if ((unsigned)biased - 1 >= 0x7ffe)
        return false;
    *out = (struct x87_ext){high, (uint16_t)(sign | (unsigned)biased)};
    return true;
}

/* a + b; negate: 0x8000 for a - b.
 * The larger one first, so that the difference is not negative and the smaller one is shifted. What falls off is
 * kept in the last bit, from which rounding to nearest can tell a tie from more than a tie. */
static inline bool x87_quick_add(unsigned control, struct x87_ext a, struct x87_ext b, unsigned negate, struct x87_ext *out,
                                 unsigned *raised)
{
    b.se ^= (uint16_t)negate;
    if (!x87_is_normal(a) || !x87_is_normal(b)) {
        const struct x87_ext other = x87_is_zero(b) ? a : b;
        return (x87_is_zero(a) || x87_is_zero(b)) && x87_is_normal(other) &&
               x87_quick_round(control, other.se & 0x8000u, other.se & 0x7fff, other.sig, 0, out, raised);
    }
    if ((a.se & 0x7fff) < (b.se & 0x7fff) || ((a.se & 0x7fff) == (b.se & 0x7fff) && a.sig < b.sig)) {
        const struct x87_ext swap = a;
        a = b;
        b = swap;
    }
    const unsigned sign = a.se & 0x8000u, apart = (a.se & 0x7fffu) - (b.se & 0x7fffu);
    const uint128_t small = x87_shift_sticky((uint128_t)b.sig << 64, apart);
    int biased = a.se & 0x7fff;
    if (!((a.se ^ b.se) & 0x8000)) {
        const uint64_t high = a.sig + (uint64_t)(small >> 64), low = (uint64_t)small;
        if (high >= a.sig)
            return x87_quick_round(control, sign, biased, high, low, out, raised);
        return x87_quick_round(control, sign, biased + 1, high >> 1 | X87_INTEGER_BIT, high << 63 | low >> 1 | (low & 1), out, raised);
    }
    uint128_t rest = ((uint128_t)a.sig << 64) - small;
    *raised = 0;
    *out = x87_zero(false);
    if (!rest)
        return true;
    const unsigned leading = x87_leading_zeros(rest);
    rest <<= leading;
    return x87_quick_round(control, sign, biased - (int)leading, (uint64_t)(rest >> 64), (uint64_t)rest, out, raised);
}

/* The product of two significands has 127 or 128 digits: one shift makes the first of them set. */
static inline bool x87_quick_mul(unsigned control, struct x87_ext a, struct x87_ext b, struct x87_ext *out, unsigned *raised)
{
    const unsigned sign = (a.se ^ b.se) & 0x8000u;
    if (!x87_is_normal(a) || !x87_is_normal(b)) {
        *raised = 0;
        *out = x87_zero(sign);
        return (x87_is_zero(a) && (x87_is_normal(b) || x87_is_zero(b))) || (x87_is_normal(a) && x87_is_zero(b));
    }
    const uint128_t wide = (uint128_t)a.sig * b.sig;
    const unsigned shift = !(wide >> 127);
    const int biased = (a.se & 0x7fff) + (b.se & 0x7fff) - X87_BIAS + 1 - (int)shift;
    const uint128_t digits = wide << shift;
    return x87_quick_round(control, sign, biased, (uint64_t)(digits >> 64), (uint64_t)digits, out, raised);
}

/* The quotient's 64 digits, the first of them set, by one division of the host; what is left says whether more than half a digit follows. */
static inline bool x87_quick_div(unsigned control, struct x87_ext a, struct x87_ext b, struct x87_ext *out, unsigned *raised)
{
    const unsigned sign = (a.se ^ b.se) & 0x8000u;
    if (!x87_is_normal(a) || !x87_is_normal(b)) {
        *raised = 0;
        *out = x87_zero(sign);
        return x87_is_zero(a) && x87_is_normal(b);
    }
    const bool below_one = a.sig < b.sig;
    const uint128_t dividend = (uint128_t)a.sig << (below_one ? 64 : 63);
    const uint64_t digits = (uint64_t)(dividend / b.sig), left = (uint64_t)dividend - digits * b.sig;
    const uint64_t half = X87_INTEGER_BIT, twice = left << 1;
    const bool more = left >> 63 || twice > b.sig; /* twice what is left, against the divisor, which has 64 digits */
    const uint64_t low = !left ? 0 : more ? half | 1 : twice == b.sig ? half : 1;
    const int biased = (a.se & 0x7fff) - (b.se & 0x7fff) + X87_BIAS - below_one;
    return x87_quick_round(control, sign, biased, digits, low, out, raised);
}

/* The root of v, which has one of its upper two digits set, rounded down.
 * The host's square root has 53 digits; one step of Newton's doubles them, and may be one too large. Whatever the
 * host's is, the last two lines make it the root. */
static inline uint64_t x87_quick_integer_sqrt(uint128_t v)
{
    const double guess = sqrt((double)(uint64_t)(v >> 64)) * 4294967296.0;
    const uint64_t about = guess >= 18446744073709549568.0 ? UINT64_MAX : (uint64_t)guess;
    const uint128_t mean = ((uint128_t)about + v / about) >> 1;
    uint64_t root = mean >> 64 ? UINT64_MAX : (uint64_t)mean;
    while ((uint128_t)root * root > v)
        root--;
    while (root != UINT64_MAX && (uint128_t)(root + 1) * (root + 1) <= v)
        root++;
    return root;
}

static inline bool x87_quick_sqrt(unsigned control, struct x87_ext a, struct x87_ext *out, unsigned *raised)
{
    *raised = 0;
    *out = a;
    if (x87_is_zero(a))
        return true;
    if (!x87_is_normal(a) || a.se & 0x8000)
        return false;
    const int exponent = a.se - X87_BIAS, odd = exponent & 1;
    const uint128_t v = (uint128_t)a.sig << (63 + odd);
    const uint64_t root = x87_quick_integer_sqrt(v);
    const uint128_t left = v - (uint128_t)root * root; /* the true root is never half a digit away from this one */
    const uint64_t low = !left ? 0 : left > root ? X87_INTEGER_BIT | 1 : 1;
    return x87_quick_round(control, 0, (exponent - odd) / 2 + X87_BIAS, root, low, out, raised);
}

/* The condition codes of a comparison: C3 equal, C0 less.
 * Of two negative numbers the one with the larger magnitude is less. Zeros are equal whatever their signs. */
static inline bool x87_quick_compare(struct x87_ext a, struct x87_ext b, unsigned *codes)
{
    if (!(x87_is_normal(a) || x87_is_zero(a)) || !(x87_is_normal(b) || x87_is_zero(b)))
        return false;
    const bool zeros = x87_is_zero(a) && x87_is_zero(b), negative = a.se & 0x8000;
    const unsigned ea = a.se & 0x7fff, eb = b.se & 0x7fff;
    const bool smaller = ea != eb ? ea < eb : a.sig < b.sig, same = ea == eb && a.sig == b.sig;
    if (zeros || (same && a.se == b.se))
        *codes = X87_C3;
    else if ((a.se ^ b.se) & 0x8000)
        *codes = negative ? X87_C0 : 0;
    else
        *codes = smaller != negative ? X87_C0 : 0;
    return true;
}

/* From and to 64 and 32 bits of memory.
 * 1 sign, 11 exponent, 52 fraction; the integer bit, which memory leaves out, is put in. Denormal numbers raise DE,
 * and are left out. */
static inline bool x87_quick_from_m64(uint64_t bits, struct x87_ext *out)
{
    const unsigned biased = bits >> 52 & 0x7ff;
    const uint64_t fraction = bits << 11 & ~X87_INTEGER_BIT;
    const unsigned sign = (unsigned)(bits >> 63) << 15;
    *out = biased ? (struct x87_ext){X87_INTEGER_BIT | fraction, (uint16_t)(sign | (biased + X87_BIAS - 1023))} : x87_zero(sign);
    return biased ? biased != 0x7ff : !fraction;
}
static inline bool x87_quick_from_m32(uint32_t bits, struct x87_ext *out)
{
    const unsigned biased = bits >> 23 & 0xff;
    const uint64_t fraction = (uint64_t)bits << 40 & ~X87_INTEGER_BIT;
    const unsigned sign = bits >> 31 << 15;
    *out = biased ? (struct x87_ext){X87_INTEGER_BIT | fraction, (uint16_t)(sign | (biased + X87_BIAS - 127))} : x87_zero(sign);
    return biased ? biased != 0xff : !fraction;
}
/* frac_bits 52 or 23, exp_bits 11 or 8. */
static inline bool x87_quick_narrow(struct x87_ext a, unsigned frac_bits, unsigned exp_bits, uint64_t *bits, unsigned *raised)
{
    const unsigned drop = 63 - frac_bits, bias = (1u << (exp_bits - 1)) - 1, biased = (a.se & 0x7fffu) - X87_BIAS + bias;
    const uint64_t sign = (uint64_t)(a.se >> 15) << (frac_bits + exp_bits), half = UINT64_C(1) << (drop - 1);
    const uint64_t rest = a.sig & (2 * half - 1), digits = a.sig >> drop & ((UINT64_C(1) << frac_bits) - 1);
    const bool up = rest > half || (rest == half && digits & 1);
    *raised = rest ? up ? X87_PE | X87_C1 : X87_PE : 0;
    *bits = sign | ((x87_is_zero(a) ? 0 : ((uint64_t)biased << frac_bits | digits) + up));
    if (x87_is_zero(a))
        *raised = 0;
    return x87_is_zero(a) || (x87_is_normal(a) && biased - 1 < (1u << exp_bits) - 3);
}

#endif
