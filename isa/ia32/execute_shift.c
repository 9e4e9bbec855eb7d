/* execute_shift.c - shifts and rotates, single and double.
 *
 * The count is taken modulo 32; of zero, nothing changes. What the manual leaves undefined: OF of counts above one is as if it were
 * one, AF is clear, and a shift by more than the width gives what single steps give. Those of single operands i386.c does on a 386.
 */
#include "isa/ia32/shift.h"

/* The operand is reached even for a count of zero: a page that may not be written is a fault all the same. */
IA_INLINE bool shift_rm(struct ia_cpu *c, const ia_insn *i, enum ia_shift what, unsigned size, unsigned count)
{
    struct ia_place p;
    uint32_t a;
    if (!ia_reach_rm(c, i, size, &p, &a))
        return false;
    if (!(count &= 31))
        return true;
    a = ia_shifted(&c->flags, what, size, a, count);
    ia_put_rm(c, i, size, &p, a);
    return true;
}

#define SHIFT(name, what)                                                                                                             \
    SIZED_BODY(name##_rm_i) { return shift_rm(c, i, what, size, i->imm); }                                                            \
    SIZED_BODY(name##_rm_1) { return shift_rm(c, i, what, size, 1); }                                                                 \
    SIZED_BODY(name##_rm_cl) { return shift_rm(c, i, what, size, c->r[IA_ECX]); }
SHIFT(rol, SHIFT_ROL)
SHIFT(ror, SHIFT_ROR)
SHIFT(rcl, SHIFT_RCL)
SHIFT(rcr, SHIFT_RCR)
SHIFT(shl, SHIFT_SHL)
SHIFT(shr, SHIFT_SHR)
SHIFT(sar, SHIFT_SAR)

/* --- double. Of words, by more than 16, a P6 shifts in the first operand behind the second; a 386 the second once more. */

IA_INLINE uint32_t third_word(const struct ia_cpu *c, uint32_t a, uint32_t b) { return c->config.model == IA_MODEL_386 ? b : a; }

/* The bits to be shifted, side by side, so that one shift of 64 bits does it:
 *
 *    doublewords      63      a      32 31      b       0
 *    words            47  a  32 31  b  16 15  third   0        n may be up to 31, and then the third word comes in
 */
IA_INLINE uint32_t shift_double_left(struct ia_cpu *c, unsigned size, uint32_t a, uint32_t b, unsigned n)
{
    const uint64_t wide = size == 2 ? (uint64_t)a << 32 | b << 16 | third_word(c, a, b) : (uint64_t)a << 32 | b;
    const uint32_t result = (uint32_t)(wide >> (32 - n)) & ia_mask(size);
    const bool carry = bit_get(wide, (size == 2 ? 48 : 64) - n);
    ia_flags_result(&c->flags, size, result);
    ia_carry_overflow(&c->flags, carry, carry != ((result & ia_sign(size)) != 0));
    return result;
}

IA_INLINE uint32_t shift_double_right(struct ia_cpu *c, unsigned size, uint32_t a, uint32_t b, unsigned n)
{
    const uint64_t wide = size == 2 ? (uint64_t)third_word(c, a, b) << 32 | b << 16 | a : (uint64_t)b << 32 | a;
    const uint32_t result = (uint32_t)(wide >> n) & ia_mask(size);
    const bool sign = result & ia_sign(size), below = result & ia_sign(size) >> 1;
    ia_flags_result(&c->flags, size, result);
    ia_carry_overflow(&c->flags, bit_get(wide, n - 1), sign != below);
    return result;
}

IA_INLINE bool shift_double(struct ia_cpu *c, const ia_insn *i, unsigned size, unsigned count, bool left)
{
    const uint32_t b = ia_reg(c, i->reg, size);
    struct ia_place p;
    uint32_t a;
    if (!ia_reach_rm(c, i, size, &p, &a))
        return false;
    if (!(count &= 31))
        return true;
    ia_put_rm(c, i, size, &p, left ? shift_double_left(c, size, a, b, count) : shift_double_right(c, size, a, b, count));
    return true;
}
SIZED_BODY(shld_i) { return shift_double(c, i, size, i->imm, true); }
SIZED_BODY(shld_cl) { return shift_double(c, i, size, c->r[IA_ECX], true); }
SIZED_BODY(shrd_i) { return shift_double(c, i, size, i->imm, false); }
SIZED_BODY(shrd_cl) { return shift_double(c, i, size, c->r[IA_ECX], false); }
