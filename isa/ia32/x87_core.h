/* x87_core.h - the unpacked number; private to x87_core.c and the files of arithmetic.
 *
 * A finite number other than zero is  (-1)^sign * sig / 2^63 * 2^exp,  its significand normalised: bit 63 of sig is set.
 */
#ifndef TRAPEZE_ISA_IA32_X87_CORE_H
#define TRAPEZE_ISA_IA32_X87_CORE_H

#include "isa/ia32/x87_float.h"

__extension__ typedef unsigned __int128 uint128_t;

#define X87_INTEGER_BIT (UINT64_C(1) << 63)
#define X87_QUIET_BIT (UINT64_C(1) << 62)
#define X87_BIAS 16383

enum x87_kind { X87_ZERO, X87_FINITE, X87_INFINITE, X87_QUIET, X87_SIGNALLING, X87_UNSUPPORTED };

struct x87_num {
    enum x87_kind kind;
    bool sign;
    bool denormal; /* X87_FINITE: the exponent field was 0 */
    int exp;       /* X87_FINITE only */
    uint64_t sig;  /* X87_FINITE only */
};

static inline struct x87_num x87_unpack(struct x87_ext a)
{
    struct x87_num n = {.kind = X87_FINITE, .sign = a.se >> 15};
    int biased = a.se & 0x7fff;
    if (biased == 0) {
        if (!a.sig) {
            n.kind = X87_ZERO;
            return n;
        }
        unsigned leading = (unsigned)__builtin_clzll(a.sig); /* 0: a pseudo-denormal */
        n.denormal = true;
        n.sig = a.sig << leading;
        n.exp = 1 - X87_BIAS - (int)leading;
    } else if (!(a.sig & X87_INTEGER_BIT)) {
        n.kind = X87_UNSUPPORTED;
    } else if (biased == 0x7fff) {
        n.kind = a.sig == X87_INTEGER_BIT ? X87_INFINITE : a.sig & X87_QUIET_BIT ? X87_QUIET : X87_SIGNALLING;
    } else {
        n.sig = a.sig;
        n.exp = biased - X87_BIAS;
    }
    return n;
}

static inline bool x87_no_number(const struct x87_num *a) { return a->kind >= X87_QUIET; }

static inline unsigned x87_rounding(const struct x87_op *op) { return op->control >> 10 & 3; }
/* Bits of the significand that the precision control leaves [SDM 1 8.1.5.2]; 01 is reserved, and is 64. */
static inline unsigned x87_precision(const struct x87_op *op)
{
    unsigned pc = op->control >> 8 & 3;
    return pc == 0 ? 24 : pc == 2 ? 53 : 64;
}

/* Raises exceptions; whether one of them is unmasked, so that the operation ends without a result. */
static inline bool x87_raise(struct x87_op *op, unsigned flags)
{
    op->raised |= flags;
    return flags & ~op->control;
}

/* IE, and the real indefinite. */
struct x87_ext x87_invalid(struct x87_op *);
/* If an operand is no number: raises IE where it must and gives the NaN that comes out [SDM 1 table 4-7]. */
bool x87_nan_of(struct x87_op *, struct x87_ext a, struct x87_ext b, struct x87_ext *result);
static inline bool x87_is_number(struct x87_ext a)
{
    const unsigned biased = a.se & 0x7fff;
    return biased == 0x7fff ? a.sig == X87_INTEGER_BIT : biased == 0 || a.sig >> 63;
}
static inline bool x87_nan(struct x87_op *op, struct x87_ext a, struct x87_ext b, struct x87_ext *result)
{
    return !(x87_is_number(a) && x87_is_number(b)) && x87_nan_of(op, a, b, result);
}
/* DE if an operand is a denormal (b may be null); whether that ends the operation. */
static inline bool x87_denormal(struct x87_op *op, const struct x87_num *a, const struct x87_num *b)
{
    return (a->denormal || (b && b->denormal) || op->denormal) && x87_raise(op, X87_DE);
}

/* Whether a magnitude must be rounded up, when `rest`, of which `half` is one half, is cut off an odd or even digit. */
static inline bool x87_rounds_up(unsigned rounding, bool sign, bool odd, uint128_t rest, uint128_t half)
{
    switch (rounding) {
    case X87_NEAREST: return rest > half || (rest == half && odd);
    case X87_DOWN: return sign && rest;
    case X87_UP: return !sign && rest;
    default: return false;
    }
}

/* Rounds  (-1)^sign * sig / 2^127 * 2^exp  to `precision` bits and packs it; sig need not be normalised but is not zero, and
 * its bit 0 may be sticky. Overflow, underflow, inexact and C1 are found here, for results that go into a register. */
struct x87_ext x87_pack(struct x87_op *, bool sign, int exp, uint128_t sig, unsigned precision);

static inline struct x87_ext x87_zero(bool sign) { return (struct x87_ext){0, (uint16_t)(sign << 15)}; }
static inline struct x87_ext x87_infinity(bool sign) { return (struct x87_ext){X87_INTEGER_BIT, (uint16_t)(sign << 15 | 0x7fff)}; }

static inline unsigned x87_leading_zeros(uint128_t v)
{
    uint64_t high = (uint64_t)(v >> 64);
    return high ? (unsigned)__builtin_clzll(high) : 64 + (unsigned)__builtin_clzll((uint64_t)v);
}

/* v >> n, with what falls out kept as a sticky bit 0. */
static inline uint128_t x87_shift_sticky(uint128_t v, unsigned n)
{
    if (n >= 128)
        return v != 0;
    return n ? v >> n | ((v << (128 - n)) != 0) : v;
}

#endif
