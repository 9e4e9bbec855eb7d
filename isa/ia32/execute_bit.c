/* execute_bit.c - BT BTS BTR BTC (on a 386, i386.c has them), BSF BSR, SETcc, BSWAP. */
#include "isa/ia32/operand.h"

enum bit_op { BIT_TEST, BIT_SET, BIT_RESET, BIT_COMPLEMENT };

IA_INLINE uint32_t bit_changed(enum bit_op what, uint32_t a, uint32_t bit)
{
    return what == BIT_SET ? a | bit : what == BIT_RESET ? a & ~bit : a ^ bit;
}

/* Bit n of a register, or of the memory at the offset. Only CF changes; of memory there may be any bit, by a signed number. */
IA_INLINE bool bit_at(struct ia_cpu *c, const ia_insn *i, enum bit_op what, unsigned size, uint32_t offset, uint32_t n)
{
    const uint32_t bit = UINT32_C(1) << (n & (8 * size - 1));
    struct ia_place p;
    uint32_t a;
    if (!i->rm_is_memory) {
        a = ia_reg(c, i->rm, size);
    } else if (what == BIT_TEST) {
        if (!ia_get_memory(c, i->seg, offset, size, &a))
            return false;
    } else {
        if (!ia_reach_memory(c, i->seg, offset, size, true, &p))
            return false;
        a = ia_place_value(c, &p, size);
    }
    ia_cf_set(&c->flags, a & bit);
    if (what != BIT_TEST)
        ia_put_rm(c, i, size, &p, bit_changed(what, a, bit));
    return true;
}

/* Of a register the number counts modulo the size. Of memory it reaches as far as it says: BT [EBX], EAX with EAX
 * -1 is bit 31 of the doubleword below EBX. For that the number is divided by the bits of an operand, rounding
 * down, and gives so many operands away. */
IA_INLINE bool bit_by_register(struct ia_cpu *c, const ia_insn *i, enum bit_op what, unsigned size)
{
    const uint32_t n = ia_reg(c, i->reg, size);
    const uint32_t away = (uint32_t)(sign_extend(n, 8 * size) >> (size == 2 ? 4 : 5)) * size;
    return bit_at(c, i, what, size, (ia_offset(c, i) + away) & ia_address_mask(i), n);
}

#define BITS(name, what)                                                                                                              \
    SIZED_BODY(name##_r) { return bit_by_register(c, i, what, size); }                                                                \
    SIZED_BODY(name##_i) { return bit_at(c, i, what, size, ia_offset(c, i), i->imm); }
BITS(bt, BIT_TEST)
BITS(bts, BIT_SET)
BITS(btr, BIT_RESET)
BITS(btc, BIT_COMPLEMENT)

/* Of zero, the destination stays, as it does on all processors though the manual leaves it undefined, and only ZF is set. */
IA_INLINE bool scan(struct ia_cpu *c, const ia_insn *i, unsigned size, bool reverse)
{
    uint32_t a;
    if (!ia_get_rm(c, i, size, &a))
        return false;
    if (!a) {
        ia_flags_status_change(&c->flags, EFLAGS_ZF, EFLAGS_ZF);
        return true;
    }
    const uint32_t n = reverse ? 31 - (uint32_t)__builtin_clz(a) : (uint32_t)__builtin_ctz(a);
    ia_flags_result(&c->flags, size, n);
    ia_flags_status_change(&c->flags, 0, EFLAGS_ZF);
    ia_reg_set(c, i->reg, size, n);
    return true;
}
SIZED_BODY(bsf) { return scan(c, i, size, false); }
SIZED_BODY(bsr) { return scan(c, i, size, true); }

bool ia_body_setcc(struct ia_cpu *c, const ia_insn *i) { return ia_set_rm(c, i, 1, ia_condition(&c->flags, i->opcode & 15)); }

/* Of a word, which the manual leaves undefined, the result is zero. */
SIZED_BODY(bswap)
{
    ia_reg_set(c, i->rm, size, size == 4 ? __builtin_bswap32(c->r[i->rm]) : 0);
    return true;
}
