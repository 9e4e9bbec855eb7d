/* sf_fast.h - the host's FPU, where it cannot be told from softfloat.c: the only place that uses it.
 *
 * When rounding is to nearest-even and NX has already accrued (bodies.h, FP_IS_PLAIN), an operation whose result is an ordinary number
 * raises nothing new, and any IEEE 754 host rounds it to the same bits. The result decides: infinite and NaN operands, overflow,
 * division by zero and invalid operations give no normal number (or, like 1/inf, a zero), and underflow a subnormal or the smallest
 * binade. So each function computes, looks at the exponent, and offers the result or declines (false). Zeros are offered where they
 * are exact.
 *
 * Needs a host that evaluates in the operands' own precision, unfused and in the default mode; else it always declines.
 */
#ifndef TRAPEZE_ISA_RISCV_SF_FAST_H
#define TRAPEZE_ISA_RISCV_SF_FAST_H

#include <float.h>
#include <math.h>
#include <string.h>

#include "isa/riscv/softfloat.h"

#if FLT_EVAL_METHOD == 0 && FLT_MANT_DIG == 24 && DBL_MANT_DIG == 53 && !defined(__FAST_MATH__)
enum { SF_FAST = 1 };
#else
enum { SF_FAST = 0 };
#endif

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

static inline float sf_fast_float(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, 4);
    return f;
}
static inline double sf_fast_double(uint64_t bits)
{
    double f;
    memcpy(&f, &bits, 8);
    return f;
}

/* Exponents 2 .. max-1 pass: above the binade in which a result may be tiny after rounding and come out normal. */
static inline bool sf32_fast_offer(float f, uint32_t *r)
{
    memcpy(r, &f, 4);
    return SF_FAST && (*r >> 23 & 0xff) - 2 < 0xfd;
}
static inline bool sf64_fast_offer(double f, uint64_t *r)
{
    memcpy(r, &f, 8);
    return SF_FAST && (*r >> 52 & 0x7ff) - 2 < 0x7fd;
}

/* A sum or difference that is zero is exact, and so is a product or quotient that is zero because its first or second factor is. */
static inline bool sf32_is_zero(uint32_t a) { return a << 1 == 0; }
static inline bool sf64_is_zero(uint64_t a) { return a << 1 == 0; }
#define SF_FAST_BINARY(name, operator, exact_zero)                                                                                    \
    static inline bool sf32_fast_##name(uint32_t a, uint32_t b, uint32_t *r)                                                          \
    {                                                                                                                                 \
        return sf32_fast_offer(sf_fast_float(a) operator sf_fast_float(b), r) || (SF_FAST && sf32_is_zero(*r) && (exact_zero(sf32))); \
    }                                                                                                                                 \
    static inline bool sf64_fast_##name(uint64_t a, uint64_t b, uint64_t *r)                                                          \
    {                                                                                                                                 \
        return sf64_fast_offer(sf_fast_double(a) operator sf_fast_double(b), r) || (SF_FAST && sf64_is_zero(*r) && (exact_zero(sf64))); \
    }
#define SF_ZERO_ALWAYS(format) true
#define SF_ZERO_OF_FACTORS(format) format##_is_zero(a) || format##_is_zero(b)
#define SF_ZERO_OF_DIVIDEND(format) format##_is_zero(a)
SF_FAST_BINARY(add, +, SF_ZERO_ALWAYS)
SF_FAST_BINARY(sub, -, SF_ZERO_ALWAYS)
SF_FAST_BINARY(mul, *, SF_ZERO_OF_FACTORS)
SF_FAST_BINARY(div, /, SF_ZERO_OF_DIVIDEND)
#undef SF_FAST_BINARY

static inline bool sf32_fast_sqrt(uint32_t a, uint32_t *r) { return !(a & SF32_SIGN) && sf32_fast_offer(sqrtf(sf_fast_float(a)), r); }
static inline bool sf64_fast_sqrt(uint64_t a, uint64_t *r) { return !(a & SF64_SIGN) && sf64_fast_offer(sqrt(sf_fast_double(a)), r); }

static inline bool sf32_fast_fma(uint32_t a, uint32_t b, uint32_t c, uint32_t *r)
{
    return sf32_fast_offer(fmaf(sf_fast_float(a), sf_fast_float(b), sf_fast_float(c)), r);
}
static inline bool sf64_fast_fma(uint64_t a, uint64_t b, uint64_t c, uint64_t *r)
{
    return sf64_fast_offer(fma(sf_fast_double(a), sf_fast_double(b), sf_fast_double(c)), r);
}

/* Comparisons of what is ordered raise nothing. */
#define SF_FAST_COMPARISON(name, operator)                                                                                            \
    static inline bool sf32_fast_##name(uint32_t a, uint32_t b, uint64_t *r)                                                          \
    {                                                                                                                                 \
        float x = sf_fast_float(a), y = sf_fast_float(b);                                                                             \
        *r = x operator y;                                                                                                            \
        return SF_FAST && !isunordered(x, y);                                                                                         \
    }                                                                                                                                 \
    static inline bool sf64_fast_##name(uint64_t a, uint64_t b, uint64_t *r)                                                          \
    {                                                                                                                                 \
        double x = sf_fast_double(a), y = sf_fast_double(b);                                                                          \
        *r = x operator y;                                                                                                            \
        return SF_FAST && !isunordered(x, y);                                                                                         \
    }
SF_FAST_COMPARISON(eq, ==)
SF_FAST_COMPARISON(lt, <)
SF_FAST_COMPARISON(le, <=)
#undef SF_FAST_COMPARISON

#endif
