/* x87_wide.h - numbers with 128 bits of significand, for what lies between the operands and the result of a transcendental.
 *
 * Two forms. A wide number is  sig / 2^127 * 2^exp,  bit 127 of sig set. A fixed one is an integer with a scale named where it stands:
 * Q128 for what is below one, Q127 for what is below two. Operations cut off, so each may be low by a unit of its last place; that is
 * 2^-63 units of the last place of a result, of which a transcendental adds up fewer than a thousand.
 */
#ifndef TRAPEZE_ISA_IA32_X87_WIDE_H
#define TRAPEZE_ISA_IA32_X87_WIDE_H

#include "isa/ia32/x87_core.h"

struct x87_wide {
    uint128_t sig;
    int exp;
};

#define X87_Q127_ONE ((uint128_t)1 << 127)
#define X87_WIDE(high, low, exponent) ((struct x87_wide){(uint128_t)UINT64_C(high) << 64 | UINT64_C(low), exponent})

/* The high half of a product. */
static inline uint128_t x87_mul_high(uint128_t a, uint128_t b)
{
    const uint64_t ah = (uint64_t)(a >> 64), al = (uint64_t)a, bh = (uint64_t)(b >> 64), bl = (uint64_t)b;
    const uint128_t low = (uint128_t)al * bl, m1 = (uint128_t)ah * bl + (uint64_t)(low >> 64), m2 = (uint128_t)al * bh + (uint64_t)m1;
    return (uint128_t)ah * bh + (m1 >> 64) + (m2 >> 64);
}

/* Of any sig but 0. */
static inline struct x87_wide x87_wide_normal(uint128_t sig, int exp)
{
    const unsigned leading = x87_leading_zeros(sig);
    return (struct x87_wide){sig << leading, exp - (int)leading};
}
static inline struct x87_wide x87_wide_of(const struct x87_num *a) { return (struct x87_wide){(uint128_t)a->sig << 64, a->exp}; }

static inline struct x87_wide x87_wide_mul(struct x87_wide a, struct x87_wide b)
{
    return x87_wide_normal(x87_mul_high(a.sig, b.sig), a.exp + b.exp + 1);
}
struct x87_wide x87_wide_div(struct x87_wide a, struct x87_wide b);

/* Fixed, of a number that is below one (Q128) or two (Q127). */
static inline uint128_t x87_q(struct x87_wide a, int scale)
{
    const int shift = 127 - a.exp - scale;
    return shift >= 128 ? 0 : a.sig >> shift;
}

/* The result of a transcendental, which is never exact: what the digits leave out is not zero. */
static inline struct x87_ext x87_wide_pack(struct x87_op *op, bool sign, struct x87_wide a)
{
    return x87_pack(op, sign, a.exp, a.sig | 1, 64);
}
/* ... of one that is certainly a little less than the number, even where the number has no digits beyond the 64th. */
static inline struct x87_ext x87_wide_pack_below(struct x87_op *op, bool sign, struct x87_wide a)
{
    return x87_pack(op, sign, a.exp, (a.sig - 1) | 1, 64);
}

#define X87_WIDE_PI X87_WIDE(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1, 1)
#define X87_WIDE_LN2 X87_WIDE(0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af, -1)
#define X87_WIDE_LOG2E X87_WIDE(0xb8aa3b295c17f0bb, 0xbe87fed0691d3e88, 0)

#endif
