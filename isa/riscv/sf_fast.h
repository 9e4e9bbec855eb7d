/* sf_fast.h - the host's FPU, where it cannot be told from softfloat.c: the only place that uses it.
 *
 * When rounding is to nearest-even and NX has already accrued (bodies.h, FP_IS_PLAIN), an operation whose result is an ordinary number
 * raises nothing new, and any IEEE 754 host rounds it to the same bits. The result decides: infinite and NaN operands, overflow,
 * division by zero and invalid operations give no finite number (or, like 1/inf, a zero), and underflow a subnormal or the smallest
 * binade. So each function computes, looks at the exponent, and offers the result or declines (false). A sum that is tiny is exact,
 * and a square root is not tiny. Products and quotients that are exact zeros have functions of their own (sf*_exact_*), so that the
 * others need not keep their operands.
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

/* Any finite number; or exponents 2 .. max-1: above the binade in which a result may be tiny after rounding and come out normal. */
#define SF_FAST_OFFER(width, type, exponent, max)                                                                                     \
    static inline unsigned sf##width##_fast_exponent(type f, uint##width##_t *r)                                                      \
    {                                                                                                                                 \
        memcpy(r, &f, sizeof f);                                                                                                      \
        return (unsigned)((uint##width##_t)(*r << 1) >> (width - exponent));                                                          \
    }                                                                                                                                 \
    static inline bool sf##width##_fast_finite(type f, uint##width##_t *r)                                                            \
    {                                                                                                                                 \
        return SF_FAST && sf##width##_fast_exponent(f, r) != max;                                                                     \
    }                                                                                                                                 \
    static inline bool sf##width##_fast_normal(type f, uint##width##_t *r)                                                            \
    {                                                                                                                                 \
        return SF_FAST && sf##width##_fast_exponent(f, r) - 2 < max - 2;                                                              \
    }
SF_FAST_OFFER(32, float, 8, 0xffu)
SF_FAST_OFFER(64, double, 11, 0x7ffu)
#undef SF_FAST_OFFER

#define SF_FAST_BINARY(name, operator, offer)                                                                                         \
    static inline bool sf32_fast_##name(uint32_t a, uint32_t b, uint32_t *r)                                                          \
    {                                                                                                                                 \
        return sf32_fast_##offer(sf_fast_float(a) operator sf_fast_float(b), r);                                                      \
    }                                                                                                                                 \
    static inline bool sf64_fast_##name(uint64_t a, uint64_t b, uint64_t *r)                                                          \
    {                                                                                                                                 \
        return sf64_fast_##offer(sf_fast_double(a) operator sf_fast_double(b), r);                                                    \
    }
SF_FAST_BINARY(add, +, finite)
SF_FAST_BINARY(sub, -, finite)
SF_FAST_BINARY(mul, *, normal)
SF_FAST_BINARY(div, /, normal)
#undef SF_FAST_BINARY

static inline bool sf32_fast_sqrt(uint32_t a, uint32_t *r) { return sf32_fast_finite(sqrtf(sf_fast_float(a)), r); }
static inline bool sf64_fast_sqrt(uint64_t a, uint64_t *r) { return sf64_fast_finite(sqrt(sf_fast_double(a)), r); }

static inline bool sf32_fast_fma(uint32_t a, uint32_t b, uint32_t c, uint32_t *r)
{
    return sf32_fast_normal(fmaf(sf_fast_float(a), sf_fast_float(b), sf_fast_float(c)), r);
}
static inline bool sf64_fast_fma(uint64_t a, uint64_t b, uint64_t c, uint64_t *r)
{
    return sf64_fast_normal(fma(sf_fast_double(a), sf_fast_double(b), sf_fast_double(c)), r);
}

/* A product is an exact zero when a factor is zero, a quotient when the dividend is; unless it is a NaN. */
#define SF_EXACT_ZERO(name, operator, zero_operand)                                                                                   \
    static inline bool sf32_exact_##name(uint32_t a, uint32_t b, uint32_t *r)                                                         \
    {                                                                                                                                 \
        return sf32_fast_finite(sf_fast_float(a) operator sf_fast_float(b), r) && (uint32_t)(*r << 1) == 0 && (zero_operand);         \
    }                                                                                                                                 \
    static inline bool sf64_exact_##name(uint64_t a, uint64_t b, uint64_t *r)                                                         \
    {                                                                                                                                 \
        return sf64_fast_finite(sf_fast_double(a) operator sf_fast_double(b), r) && *r << 1 == 0 && (zero_operand);                   \
    }
SF_EXACT_ZERO(mul, *, a << 1 == 0 || b << 1 == 0)
SF_EXACT_ZERO(div, /, a << 1 == 0)
#undef SF_EXACT_ZERO

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
