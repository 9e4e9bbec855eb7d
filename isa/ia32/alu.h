/* alu.h - what arithmetic instructions make of their operands, and of the flags: one text for all their forms. `size` is 1, 2 or 4. */
#ifndef TRAPEZE_ISA_IA32_ALU_H
#define TRAPEZE_ISA_IA32_ALU_H

#include "isa/ia32/operand.h"

enum ia_alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP, ALU_TEST, ALU_OPERATIONS };

IA_INLINE bool ia_alu_writes(enum ia_alu what) { return what != ALU_CMP && what != ALU_TEST; }

/* CF and OF are clear behind them; SF, ZF and PF follow from the result. */
IA_INLINE uint32_t ia_logic(struct ia_flags *f, unsigned size, uint32_t result)
{
    ia_flags_result(f, size, result);
    return result;
}

/* The result; bits above the size are of no account.
 * `what` and `size` are constants where it is called, so that of the switch one case is left in each body. The
 * flags are not computed here: what they follow from is put down (flags.h). */
IA_INLINE uint32_t ia_alu(struct ia_flags *f, enum ia_alu what, unsigned size, uint32_t a, uint32_t b)
{
    const bool carry = (what == ALU_ADC || what == ALU_SBB) && ia_cf(f);
    switch (what) {
    case ALU_OR: return ia_logic(f, size, a | b);
    case ALU_TEST:
    case ALU_AND: return ia_logic(f, size, a & b);
    case ALU_XOR: return ia_logic(f, size, a ^ b);
    case ALU_ADD:
    case ALU_ADC: ia_flags_add(f, size, a, b, carry); return a + b + carry;
    default: ia_flags_sub(f, size, a, b, carry); return a - b - carry;
    }
}

/* By one, and CF stays.
 * So loops can count with INC and DEC between an ADD and the ADC that goes on with its carry. */
IA_INLINE uint32_t ia_count(struct ia_flags *f, unsigned size, uint32_t a, bool down)
{
    const bool carry = ia_cf(f);
    if (down)
        ia_flags_sub(f, size, a, 1, false);
    else
        ia_flags_add(f, size, a, 1, false);
    ia_cf_set(f, carry);
    return down ? a - 1 : a + 1;
}

/* CF and OF: the product does not fit. The others, which are undefined, are those of its low half.
 * Example, of bytes: 16 * 16 is 256, AX is 0100h, AL is 0; both flags are set. 16 * 15 is 240 and fits: both are
 * clear. */
IA_INLINE void ia_flags_product(struct ia_flags *f, unsigned size, uint32_t low, bool more)
{
    ia_flags_result(f, size, low & ia_mask(size));
    ia_cf_set(f, more);
    ia_of_set(f, more);
}

IA_INLINE int64_t ia_product_signed(struct ia_flags *f, unsigned size, uint32_t a, uint32_t b)
{
    const int64_t product = sign_extend(a, 8 * size) * sign_extend(b, 8 * size);
    ia_flags_product(f, size, (uint32_t)product, product != sign_extend((uint64_t)product, 8 * size));
    return product;
}

#endif
