/* sf_core.h - the unpacked number that both formats share; private to softfloat.c and sf_*.c.
 *
 * A finite number other than zero is  (-1)^sign * sig / 2^63 * 2^exp,  its significand normalised: bit 63 of sig is set.
 * binary64 leaves 11 low bits for rounding, binary32 leaves 40; bit 0 may be sticky ("something below is not zero").
 *
 *   binary32  s eeeeeeee    fff...f  23       binary64  s eeeeeeeeeee fff...f  52
 */
#ifndef TRAPEZE_ISA_RISCV_SF_CORE_H
#define TRAPEZE_ISA_RISCV_SF_CORE_H

#include "isa/riscv/softfloat.h"

__extension__ typedef unsigned __int128 uint128_t;

/* How to round, and what has been raised: goes through an operation from end to end. */
struct sf_env {
    unsigned rm, flags;
};

/* The body of a public function: `generic` for the given format and further arguments. */
#define SF_RETURN(generic, rounding, ...)                                                                                             \
    struct sf_env env = {rounding, 0};                                                                                                \
    uint64_t bits = generic(__VA_ARGS__, &env);                                                                                       \
    return (struct sf_result) { bits, env.flags }

struct sf_format {
    unsigned frac_bits, exp_bits;
};
static const struct sf_format sf_binary32 = {23, 8}, sf_binary64 = {52, 11};

static inline int sf_bias(const struct sf_format *f) { return (1 << (f->exp_bits - 1)) - 1; }
static inline uint64_t sf_frac_mask(const struct sf_format *f) { return (UINT64_C(1) << f->frac_bits) - 1; }
static inline uint64_t sf_infinity(const struct sf_format *f) { return ((UINT64_C(1) << f->exp_bits) - 1) << f->frac_bits; }
static inline uint64_t sf_canonical_nan(const struct sf_format *f) { return sf_infinity(f) | UINT64_C(1) << (f->frac_bits - 1); }
static inline uint64_t sf_sign_bit(const struct sf_format *f, bool sign) { return (uint64_t)sign << (f->frac_bits + f->exp_bits); }

enum sf_kind { SF_ZERO, SF_FINITE, SF_INFINITE, SF_QUIET, SF_SIGNALLING };

struct sf_num {
    enum sf_kind kind;
    bool sign;
    int exp;      /* SF_FINITE only */
    uint64_t sig; /* SF_FINITE only */
};

static inline bool sf_is_nan(const struct sf_num *n) { return n->kind >= SF_QUIET; }

struct sf_num sf_unpack(const struct sf_format *, uint64_t bits);

/* Whether a magnitude must be rounded up, when `rest` of `unit` (a power of two) is to be cut off below an odd or even digit. */
bool sf_rounds_up(unsigned rm, bool sign, bool odd, uint64_t rest, uint64_t unit);

/* Rounds to the format and packs; overflow, underflow and inexact are detected here and nowhere else. */
uint64_t sf_round_pack(const struct sf_format *, bool sign, int exp, uint64_t sig, struct sf_env *);

/* An operation without a numeric result: raises NV, gives the NaN. */
uint64_t sf_invalid(const struct sf_format *, struct sf_env *);
/* The result when a or b is a NaN: the canonical one; NV if either signals. */
uint64_t sf_propagate(const struct sf_format *, const struct sf_num *a, const struct sf_num *b, struct sf_env *);

/* v >> n, with what falls out kept as a sticky bit 0. */
static inline uint64_t sf_shift_sticky(uint64_t v, unsigned n)
{
    if (n >= 64)
        return v != 0;
    return n ? v >> n | ((v << (64 - n)) != 0) : v;
}
static inline uint128_t sf_shift_sticky_wide(uint128_t v, unsigned n)
{
    if (n >= 128)
        return v != 0;
    return n ? v >> n | ((v << (128 - n)) != 0) : v;
}

#endif
