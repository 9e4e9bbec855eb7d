/* x87_sample.h - operands that find faults in floating point: every class of number, all encodings, and bits in the places where
 * rounding decides.
 */
#ifndef TRAPEZE_TESTS_ISA_IA32_X87_SAMPLE_H
#define TRAPEZE_TESTS_ISA_IA32_X87_SAMPLE_H

#include "isa/ia32/x87_float.h"

static inline uint64_t sample_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Few ones, few zeros, long runs, ones next to where 24 and 53 bits end, or anything. */
static inline uint64_t sample_digits(uint64_t *state)
{
    uint64_t r = sample_next(state), any = sample_next(state);
    unsigned place = r >> 8 & 63;
    switch (r & 7) {
    case 0: return UINT64_C(1) << 63 | UINT64_C(1) << place;
    case 1: return ~(UINT64_C(1) << place);
    case 2: return ~UINT64_C(0) << place;
    case 3: return ~UINT64_C(0) << 63 | any >> place;
    case 4: return (any & (~UINT64_C(0) << 40)) | UINT64_C(1) << 39 | (r >> 20 & 1 ? 0 : r >> 21 & 1);
    case 5: return (any & (~UINT64_C(0) << 11)) | UINT64_C(1) << 10 | (r >> 20 & 1 ? 0 : r >> 21 & 1);
    default: return any;
    }
}

static inline struct x87_ext sample_ext(uint64_t *state)
{
    uint64_t r = sample_next(state);
    struct x87_ext a = {sample_digits(state), (uint16_t)(r >> 48 & 0x8000)};
    switch (r & 31) {
    case 0: return (struct x87_ext){0, a.se};
    case 1: return (struct x87_ext){UINT64_C(1) << 63, (uint16_t)(a.se | 0x7fff)};
    case 2: return (struct x87_ext){a.sig | UINT64_C(1) << 63, (uint16_t)(a.se | 0x7fff)};
    case 3: return (struct x87_ext){(a.sig | UINT64_C(1) << 63) & ~(UINT64_C(1) << 62), (uint16_t)(a.se | 0x7fff)};
    case 4: return (struct x87_ext){a.sig >> (1 + (r >> 8 & 31)), a.se};          /* denormals */
    case 5: return (struct x87_ext){a.sig | UINT64_C(1) << 63, a.se};             /* pseudo-denormals */
    case 6: return (struct x87_ext){a.sig, (uint16_t)(a.se | (r >> 8 & 0x7fff))}; /* unnormals, half of them */
    case 7: return (struct x87_ext){a.sig & ~(UINT64_C(1) << 63), (uint16_t)(a.se | 0x7fff)};
    default: break;
    }
    a.sig |= UINT64_C(1) << 63;
    unsigned exp = r >> 8 & 0x7fff;
    switch (r >> 24 & 7) {
    case 0: exp = exp % 70 + 1; break;                 /* near underflow */
    case 1: exp = 0x7ffe - exp % 70; break;            /* near overflow */
    case 2: exp = exp % 0x7ffe + 1; break;             /* anywhere */
    case 3: exp = 16383 - 1074 + exp % 80 - 10; break; /* near the denormals of 64 bits */
    case 4: exp = 16383 + 1023 + exp % 8 - 4; break;
    case 5: exp = exp & 1 ? 16383 - 149 + exp % 40 - 4 : 16383 + 127 + exp % 8 - 4; break;
    default: exp = 16383 + exp % 140 - 70; break; /* near one another, and integers */
    }
    a.se |= (uint16_t)exp;
    return a;
}

/* Control words: all of precision, rounding, and mostly masked exceptions. */
static inline uint16_t sample_control(uint64_t *state)
{
    uint64_t r = sample_next(state);
    unsigned masks = (r & 3) ? 0x3f : r >> 8 & 0x3f;
    return (uint16_t)(masks | 0x40 | (r >> 16 & 0xf00));
}

#endif
