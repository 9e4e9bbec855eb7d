/* softfloat_sample.h - what the tests of softfloat share: operations by number, and operands that are likely to hurt. */
#ifndef TRAPEZE_TESTS_ISA_SOFTFLOAT_SAMPLE_H
#define TRAPEZE_TESTS_ISA_SOFTFLOAT_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "isa/riscv/softfloat.h"

#define INF32 0x7f800000
#define QNAN32 0x7fc00000
#define SNAN32 0x7f800001
#define INF64 0x7ff0000000000000
#define QNAN64 0x7ff8000000000000
#define SNAN64 0x7ff0000000000001
#define MINUS32 0x80000000
#define MINUS64 0x8000000000000000

/* clang-format off */
enum op {
    ADD, SUB, MUL, DIV, SQRT, FMA, MIN, MAX, EQ, LT, LE, CLASS,
    TO_I32, TO_U32, TO_I64, TO_U64, FROM_I32, FROM_U32, FROM_I64, FROM_U64, TO_OTHER, OPS
};
/* clang-format on */
/* Shorter names for the cases. */
enum { RNE = SF_RNE, RTZ = SF_RTZ, RDN = SF_RDN, RUP = SF_RUP, RMM = SF_RMM };
enum { NX = SF_NX, UF = SF_UF, OF = SF_OF, DZ = SF_DZ, NV = SF_NV };

static const char *const op_name[OPS] = {"add",    "sub",    "mul",      "div",      "sqrt",     "fma",      "min",
                                         "max",    "eq",     "lt",       "le",       "class",    "to_i32",   "to_u32",
                                         "to_i64", "to_u64", "from_i32", "from_u32", "from_i64", "from_u64", "to_other_format"};

static inline struct sf_result apply32(enum op op, uint32_t a, uint32_t b, uint32_t c, unsigned rm)
{
    switch (op) {
    case ADD: return sf32_add(a, b, rm);
    case SUB: return sf32_sub(a, b, rm);
    case MUL: return sf32_mul(a, b, rm);
    case DIV: return sf32_div(a, b, rm);
    case SQRT: return sf32_sqrt(a, rm);
    case FMA: return sf32_fma(a, b, c, rm);
    case MIN: return sf32_min(a, b);
    case MAX: return sf32_max(a, b);
    case EQ: return sf32_eq(a, b);
    case LT: return sf32_lt(a, b);
    case LE: return sf32_le(a, b);
    case CLASS: return (struct sf_result){sf32_classify(a), 0};
    case TO_I32: return sf32_to_i32(a, rm);
    case TO_U32: return sf32_to_u32(a, rm);
    case TO_I64: return sf32_to_i64(a, rm);
    case TO_U64: return sf32_to_u64(a, rm);
    default: return sf32_widen(a, rm);
    }
}

static inline struct sf_result apply64(enum op op, uint64_t a, uint64_t b, uint64_t c, unsigned rm)
{
    switch (op) {
    case ADD: return sf64_add(a, b, rm);
    case SUB: return sf64_sub(a, b, rm);
    case MUL: return sf64_mul(a, b, rm);
    case DIV: return sf64_div(a, b, rm);
    case SQRT: return sf64_sqrt(a, rm);
    case FMA: return sf64_fma(a, b, c, rm);
    case MIN: return sf64_min(a, b);
    case MAX: return sf64_max(a, b);
    case EQ: return sf64_eq(a, b);
    case LT: return sf64_lt(a, b);
    case LE: return sf64_le(a, b);
    case CLASS: return (struct sf_result){sf64_classify(a), 0};
    case TO_I32: return sf64_to_i32(a, rm);
    case TO_U32: return sf64_to_u32(a, rm);
    case TO_I64: return sf64_to_i64(a, rm);
    case TO_U64: return sf64_to_u64(a, rm);
    default: return sf64_narrow(a, rm);
    }
}

/* The operation in the format of `width` bits; FROM_* take an integer register. */
static inline struct sf_result apply(enum op op, unsigned width, uint64_t a, uint64_t b, uint64_t c, unsigned rm)
{
    switch (op) {
    case FROM_I32: return width == 32 ? sf32_from_i32(a, rm) : sf64_from_i32(a, rm);
    case FROM_U32: return width == 32 ? sf32_from_u32(a, rm) : sf64_from_u32(a, rm);
    case FROM_I64: return width == 32 ? sf32_from_i64(a, rm) : sf64_from_i64(a, rm);
    case FROM_U64: return width == 32 ? sf32_from_u64(a, rm) : sf64_from_u64(a, rm);
    default: return width == 32 ? apply32(op, (uint32_t)a, (uint32_t)b, (uint32_t)c, rm) : apply64(op, a, b, c, rm);
    }
}

/* --- random operands */

static inline uint64_t random_next(uint64_t *s)
{
    uint64_t z = (*s += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* A number of the format that is likely to hurt: special values and their neighbours, few digits (ties), an exponent close to
 * `near`'s (cancellation), or where a product with it comes out at the lower or upper end of the range. */
static inline uint64_t random_operand(uint64_t *s, unsigned width, uint64_t near)
{
    unsigned frac_bits = width == 32 ? 23 : 52, exp_max = width == 32 ? 255 : 2047;
    uint64_t r = random_next(s), frac_mask = (UINT64_C(1) << frac_bits) - 1, frac = random_next(s) & frac_mask;
    int exp = (int)(random_next(s) % (exp_max + 1)), near_exp = (int)(near >> frac_bits & exp_max), bias = (int)exp_max / 2;
    switch (r % 8) {
    case 0: exp = (const int[]){0, 0, 1, bias, (int)exp_max - 1, (int)exp_max, bias + 31, bias + 63}[r >> 8 & 7]; break;
    case 1: exp = near_exp + (int)(r >> 8 & 7) - 4; break;
    case 2: exp = near_exp + (int)(r >> 8 & 127) - 64; break;
    case 3: exp = bias - near_exp + (int)(r >> 8 & 63) - (int)frac_bits; break; /* a product around the smallest normal */
    case 4: exp = 3 * bias - near_exp + (int)(r >> 8 & 3) - 2; break;           /* ... around the largest */
    case 5: exp = bias + (int)(r >> 8 & 127) - 63; break;                       /* about the size of integers */
    default: break;
    }
    exp = exp < 0 ? 0 : exp > (int)exp_max ? (int)exp_max : exp;
    switch (r >> 16 & 7) {
    case 0: frac = 0; break;
    case 1: frac = frac_mask; break;
    case 2: frac &= frac << (frac_bits / 2); break;
    case 3: frac = (UINT64_C(1) << (r >> 24 & 63) % frac_bits); break;
    case 4: frac = frac_mask & (0 - (UINT64_C(1) << (r >> 24 & 63) % frac_bits)); break;
    case 5: frac = (near & frac_mask) ^ (r >> 24 & 1); break;
    default: break;
    }
    return (r >> 63) << (width - 1) | (uint64_t)exp << frac_bits | frac;
}

struct sample {
    uint64_t a, b, c;
};

static inline struct sample random_sample(uint64_t *s, unsigned width)
{
    struct sample v;
    v.a = random_operand(s, width, random_next(s));
    v.b = random_operand(s, width, v.a);
    v.c = random_operand(s, width, v.b);
    if (random_next(s) % 2) { /* c near the product, so that a fused multiply-add cancels */
        unsigned frac_bits = width == 32 ? 23 : 52, exp_max = width == 32 ? 255 : 2047;
        uint64_t exp = (v.a >> frac_bits & exp_max) + (v.b >> frac_bits & exp_max) - exp_max / 2 + random_next(s) % 4 - 2;
        if (exp < exp_max)
            v.c = (v.c & ~((uint64_t)exp_max << frac_bits)) | exp << frac_bits;
    }
    return v;
}

static inline bool is_nan_bits(unsigned width, uint64_t bits)
{
    return width == 32 ? (bits & 0x7fffffff) > INF32 : (bits & ~MINUS64) > INF64;
}

static inline bool is_finite(unsigned width, uint64_t bits)
{
    return width == 32 ? (bits & 0x7fffffff) < INF32 : (bits & ~MINUS64) < INF64;
}

static inline bool same(struct sf_result a, struct sf_result b) { return a.bits == b.bits && a.flags == b.flags; }

static inline void fail_sample(enum op op, unsigned width, unsigned rm, const struct sample *v, struct sf_result got,
                               struct sf_result expected)
{
    fail_msg("%s.%u rm=%u %#lx %#lx %#lx = %#lx flags %#x, expected %#lx flags %#x", op_name[op], width, rm, v->a, v->b, v->c,
             got.bits, got.flags, expected.bits, expected.flags);
}

enum { SAMPLES = 60000 };

#endif
