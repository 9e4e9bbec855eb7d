/* exact.h - an exact judge of rounding for tests: fixed-point numbers wide enough for any product of two binary64 numbers.
 *
 * exact_sign(p, q, r, s, t) is the sign of  p*q + r - s*t,  without any rounding at all. Every arithmetic operation's
 * true result x is compared with a number y by it, without knowing x: a+b against y is a*1 + b - y*1, a/b against y is
 * a*1 + 0 - y*b, sqrt(a) against y is a*1 + 0 - y*y.
 */
#ifndef TRAPEZE_TESTS_ISA_EXACT_H
#define TRAPEZE_TESTS_ISA_EXACT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* (-1)^negative * m * 2^e */
struct exact {
    bool negative;
    uint64_t m;
    int e;
};

enum { EXACT_LIMBS = 70, EXACT_SCALE = 2240 }; /* two's complement, in units of 2^-2240 */

struct exact_sum {
    uint64_t limb[EXACT_LIMBS];
};

static inline void exact_accumulate(struct exact_sum *sum, bool negative, uint64_t m0, uint64_t m1, int e)
{
    __extension__ unsigned __int128 product = (unsigned __int128)m0 * m1;
    if (!product)
        return;
    unsigned shift = (unsigned)(e + EXACT_SCALE), at = shift / 64;
    assert(e + EXACT_SCALE >= 0 && at + 3 < EXACT_LIMBS);
    unsigned k = shift % 64;
    uint64_t low = (uint64_t)product, high = (uint64_t)(product >> 64), term[EXACT_LIMBS] = {0};
    term[at] = low << k;
    term[at + 1] = high << k | (k ? low >> (64 - k) : 0);
    term[at + 2] = k ? high >> (64 - k) : 0;
    uint64_t carry = negative;
    for (unsigned i = 0; i < EXACT_LIMBS; i++) {
        __extension__ unsigned __int128 digit = (unsigned __int128)sum->limb[i] + (negative ? ~term[i] : term[i]) + carry;
        sum->limb[i] = (uint64_t)digit;
        carry = (uint64_t)(digit >> 64);
    }
}

static inline int exact_sign(struct exact p, struct exact q, struct exact r, struct exact s, struct exact t)
{
    struct exact_sum sum = {{0}};
    exact_accumulate(&sum, p.negative != q.negative, p.m, q.m, p.e + q.e);
    exact_accumulate(&sum, r.negative, r.m, 1, r.e);
    exact_accumulate(&sum, s.negative == t.negative, s.m, t.m, s.e + t.e);
    if (sum.limb[EXACT_LIMBS - 1] >> 63)
        return -1;
    for (unsigned i = 0; i < EXACT_LIMBS; i++)
        if (sum.limb[i])
            return 1;
    return 0;
}

#endif
