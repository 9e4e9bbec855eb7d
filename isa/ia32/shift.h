/* shift.h - shifts and rotates: one text for all their forms.
 *
 * The count is taken modulo 32; of zero, nothing changes. What the manual leaves undefined: OF of counts above one is as if it were
 * one, AF is clear, and a shift by more than the width gives what single steps give.
 */
#ifndef TRAPEZE_ISA_IA32_SHIFT_H
#define TRAPEZE_ISA_IA32_SHIFT_H

#include "isa/ia32/operand.h"

enum ia_shift { SHIFT_ROL, SHIFT_ROR, SHIFT_RCL, SHIFT_RCR, SHIFT_SHL, SHIFT_SHR, SHIFT_SAR, SHIFT_OPERATIONS };

IA_INLINE void ia_carry_overflow(struct ia_flags *f, bool carry, bool overflow)
{
    ia_cf_set(f, carry);
    ia_of_set(f, overflow);
}

/* Of a rotation to the left, OF is the new sign against CF; to the right, the new sign against the bit below. */
IA_INLINE uint32_t ia_rotate(struct ia_flags *f, enum ia_shift what, unsigned size, uint32_t a, unsigned count)
{
    const unsigned bits = 8 * size, n = count % bits, left = what == SHIFT_ROL ? n : (bits - n) % bits;
    const uint32_t result = left ? (a << left | a >> (bits - left)) & ia_mask(size) : a;
    const bool sign = result & ia_sign(size), below = result & ia_sign(size) >> 1;
    const bool carry = what == SHIFT_ROL ? result & 1 : sign;
    ia_carry_overflow(f, carry, what == SHIFT_ROL ? sign != carry : sign != below);
    return result;
}

/* Through CF, which is one bit more. */
IA_INLINE uint32_t ia_rotate_carry(struct ia_flags *f, enum ia_shift what, unsigned size, uint32_t a, unsigned count)
{
    const unsigned bits = 8 * size + 1, n = count % bits, left = what == SHIFT_RCL ? n : (bits - n) % bits;
    const uint64_t wide = (uint64_t)ia_cf(f) << (bits - 1) | a;
    if (!left)
        return a;
    const uint64_t turned = wide << left | wide >> (bits - left);
    const uint32_t result = (uint32_t)turned & ia_mask(size);
    const bool sign = result & ia_sign(size), below = result & ia_sign(size) >> 1, carry = bit_get(turned, bits - 1);
    ia_carry_overflow(f, carry, what == SHIFT_RCL ? sign != carry : sign != below);
    return result;
}

IA_INLINE uint32_t ia_shift(struct ia_flags *f, enum ia_shift what, unsigned size, uint32_t a, unsigned count)
{
    const uint64_t wide = what == SHIFT_SHL   ? (uint64_t)a << count
                          : what == SHIFT_SHR ? (uint64_t)a << 1 >> count
                                              : (uint64_t)sign_extend(a, 8 * size) << 1 >> (count & 63);
    uint32_t result, carry, overflow; /* of the latter two the lowest bit */
    if (what == SHIFT_SHL) {
        result = (uint32_t)wide & ia_mask(size);
        carry = (uint32_t)(wide >> 8 * size);
        overflow = carry ^ result >> (8 * size - 1);
    } else {
        result = (uint32_t)(what == SHIFT_SAR ? (uint64_t)(sign_extend(a, 8 * size) >> count) : wide >> 1) & ia_mask(size);
        carry = (uint32_t)wide;
        overflow = what == SHIFT_SHR ? result >> (8 * size - 2) : 0; /* the old sign, of a count of one */
    }
    ia_flags_shifted(f, size, result, carry, overflow);
    return result;
}

/* By 1 to 31. */
IA_INLINE uint32_t ia_shifted(struct ia_flags *f, enum ia_shift what, unsigned size, uint32_t a, unsigned count)
{
    if (what == SHIFT_ROL || what == SHIFT_ROR)
        return ia_rotate(f, what, size, a, count);
    if (what == SHIFT_RCL || what == SHIFT_RCR)
        return ia_rotate_carry(f, what, size, a, count);
    return ia_shift(f, what, size, a, count);
}

#endif
