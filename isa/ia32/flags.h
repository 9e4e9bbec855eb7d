/* flags.h - the arithmetic flags in two words, from which each is one formula, whatever the operation and its width.
 *
 *   s = 32 - width; operands a, b and the carry in c are shifted left by s; then
 *   ADD  w = a + b + c                    SUB  w = a - b - c                         x = (a ^ b) | s << 40
 *   logic  w = x = result (x without the carry; so AF = OF = CF = 0)                  | s << 40
 *
 *   CF w.32   ZF w[31:0] == 0   SF w.31   PF parity of the byte w >> s   AF (x ^ w).(4 + s)   OF (x ^ w).31 ^ w.32
 *
 * What w has above bit 32 nobody looks at. CF and OF are set at will by x.31 and w.32, which nothing else reads, AF
 * by its bit of x. What no result gives is
 * explicit: x.63 is set, and w holds the bits of EFLAGS. The others of EFLAGS are in `system`, as they stand there.
 *
 * Example: of bytes, 80h + 90h. s is 24, w is 110h << 24: w.32 is set, CF; w[31:0] is 10h << 24, no ZF, no SF. x.31 is clear (a ^ b is
 * 10h) and so is w.31, so that OF is w.32: two negative numbers came to a positive one.
 */
#ifndef TRAPEZE_ISA_IA32_FLAGS_H
#define TRAPEZE_ISA_IA32_FLAGS_H

#include "isa/ia32.h"

struct ia_flags {
    uint64_t w, x;
    uint32_t system; /* DF TF IF IOPL NT RF VM AC VIF VIP ID */
};

#define IA_FLAGS_EXPLICIT (UINT64_C(1) << 63)
enum { IA_FLAGS_SHIFT = 40 };

static inline unsigned ia_flags_shift(const struct ia_flags *f) { return (unsigned)(f->x >> IA_FLAGS_SHIFT) & 31; }
static inline bool ia_flags_explicit(const struct ia_flags *f) { return (int64_t)f->x < 0; }

static inline bool ia_cf(const struct ia_flags *f) { return ia_flags_explicit(f) ? f->w & EFLAGS_CF : bit_get(f->w, 32); }
static inline bool ia_zf(const struct ia_flags *f) { return ia_flags_explicit(f) ? (f->w & EFLAGS_ZF) != 0 : (uint32_t)f->w == 0; }
static inline bool ia_sf(const struct ia_flags *f) { return ia_flags_explicit(f) ? (f->w & EFLAGS_SF) != 0 : bit_get(f->w, 31); }
static inline bool ia_of(const struct ia_flags *f)
{
    return ia_flags_explicit(f) ? (f->w & EFLAGS_OF) != 0 : bit_get(f->x ^ f->w, 31) ^ bit_get(f->w, 32);
}
static inline bool ia_af(const struct ia_flags *f)
{
    return ia_flags_explicit(f) ? (f->w & EFLAGS_AF) != 0 : bit_get(f->x ^ f->w, 4 + ia_flags_shift(f));
}
static inline bool ia_pf(const struct ia_flags *f)
{
    if (ia_flags_explicit(f))
        return (f->w & EFLAGS_PF) != 0;
    return !__builtin_parity((unsigned)(f->w >> ia_flags_shift(f)) & 0xff);
}

/* The six of them, as they stand in EFLAGS. */
static inline uint32_t ia_flags_status(const struct ia_flags *f)
{
    if (ia_flags_explicit(f))
        return (uint32_t)f->w & EFLAGS_STATUS;
    return (ia_cf(f) ? EFLAGS_CF : 0u) | (ia_pf(f) ? EFLAGS_PF : 0u) | (ia_af(f) ? EFLAGS_AF : 0u) | (ia_zf(f) ? EFLAGS_ZF : 0u) |
           (ia_sf(f) ? EFLAGS_SF : 0u) | (ia_of(f) ? EFLAGS_OF : 0u);
}

static inline void ia_flags_status_set(struct ia_flags *f, uint32_t status)
{
    f->w = status & EFLAGS_STATUS;
    f->x = IA_FLAGS_EXPLICIT;
}

/* --- By an operation on operands of 8 * size bits, which have nothing above these. */

static inline void ia_flags_add(struct ia_flags *f, unsigned size, uint32_t a, uint32_t b, bool c)
{
    const unsigned s = 32 - 8 * size;
    f->w = ((uint64_t)a + b + c) << s;
    f->x = (uint64_t)((a ^ b) << s) | (uint64_t)s << IA_FLAGS_SHIFT;
}

static inline void ia_flags_sub(struct ia_flags *f, unsigned size, uint32_t a, uint32_t b, bool c)
{
    const unsigned s = 32 - 8 * size;
    f->w = ((uint64_t)a - b - c) << s;
    f->x = (uint64_t)((a ^ b) << s) | (uint64_t)s << IA_FLAGS_SHIFT;
}

/* SF, ZF and PF by the result; the others clear. */
static inline void ia_flags_result(struct ia_flags *f, unsigned size, uint32_t result)
{
    const unsigned s = 32 - 8 * size;
    f->w = (uint64_t)(uint32_t)(result << s);
    f->x = f->w | (uint64_t)s << IA_FLAGS_SHIFT;
}

/* The same with CF and OF as the lowest bits of c and o have them: what setting them one by one would come to, in fewer steps. */
static inline void ia_flags_shifted(struct ia_flags *f, unsigned size, uint32_t result, uint32_t c, uint32_t o)
{
    ia_flags_result(f, size, result);
    f->x ^= (uint32_t)((c ^ o) << 31);
    f->w |= (uint64_t)c << 32;
}

static inline void ia_cf_set(struct ia_flags *f, bool c)
{
    if (ia_flags_explicit(f)) {
        f->w = (f->w & ~(uint64_t)EFLAGS_CF) | c;
        return;
    }
    f->x ^= (uint64_t)(bit_get(f->w, 32) ^ c) << 31;
    f->w = (f->w & ~(UINT64_C(1) << 32)) | (uint64_t)c << 32;
}

static inline void ia_of_set(struct ia_flags *f, bool o)
{
    if (ia_flags_explicit(f))
        f->w = (f->w & ~(uint64_t)EFLAGS_OF) | (o ? EFLAGS_OF : 0);
    else
        f->x ^= (uint64_t)(ia_of(f) ^ o) << 31;
}

static inline void ia_af_set(struct ia_flags *f, bool a)
{
    if (ia_flags_explicit(f))
        f->w = (f->w & ~(uint64_t)EFLAGS_AF) | (a ? EFLAGS_AF : 0);
    else
        f->x ^= (uint64_t)(ia_af(f) ^ a) << (4 + ia_flags_shift(f));
}

/* Sets some of the six, by their places in EFLAGS; the others stay. */
static inline void ia_flags_status_change(struct ia_flags *f, uint32_t value, uint32_t mask)
{
    ia_flags_status_set(f, (ia_flags_status(f) & ~mask) | (value & mask));
}

/* The condition that the low four bits of an opcode name [SDM 1 table B-1]. */
static inline bool ia_condition(const struct ia_flags *f, unsigned cc)
{
    bool is;
    switch (cc >> 1) {
    case 0: is = ia_of(f); break;
    case 1: is = ia_cf(f); break;
    case 2: is = ia_zf(f); break;
    case 3: is = ia_cf(f) || ia_zf(f); break;
    case 4: is = ia_sf(f); break;
    case 5: is = ia_pf(f); break;
    case 6: is = ia_sf(f) != ia_of(f); break;
    default: is = ia_zf(f) || ia_sf(f) != ia_of(f); break;
    }
    return is ^ (cc & 1);
}

#endif
