/* i386.c - what the manual leaves undefined, as silicon of the 386 leaves it. */
#include "isa/ia32/i386.h"

#include "isa/ia32/shift.h"

/* --- an operand that is changed, reached without haste */

struct operand {
    uint32_t offset;
    struct ia_place place;
    uint64_t value;
};

static bool operand_load(struct ia_cpu *c, const ia_insn *i, bool update, struct operand *o)
{
    if (!i->rm_is_memory)
        o->value = ia_reg(c, i->rm, i->opsize);
    else if (!update)
        return ia_load(c, i->seg, o->offset, i->opsize, &o->value);
    else if (!ia_reach_update(c, i->seg, o->offset, i->opsize, &o->place))
        return false;
    else
        o->value = ia_place_get(c, &o->place);
    return true;
}

static void operand_store(struct ia_cpu *c, const ia_insn *i, const struct operand *o, uint32_t v)
{
    if (i->rm_is_memory)
        ia_place_put(c, &o->place, v & ia_mask(i->opsize));
    else
        ia_reg_set(c, i->rm, i->opsize, v);
}

/* --- shifts and rotates */

/* SHL by 16 has bit 0 behind the eighth place, as by 8, SHR bit 7. SAR has copies of its sign there anyway. */
static void carry_of_byte(struct ia_flags *f, enum ia_shift what, uint32_t a)
{
    if (what == SHIFT_SHL)
        ia_carry_overflow(f, a & 1, a & 1);
    if (what == SHIFT_SHR)
        ia_carry_overflow(f, a & 0x80, false);
}

/* What flags are behind it, where that is not what they are on a 686. */
static void shift_flags(struct ia_flags *f, enum ia_shift what, unsigned size, uint32_t a, unsigned count, uint32_t result)
{
    const bool sign = result & ia_sign(size), below = result & ia_sign(size) >> 1;
    if (what == SHIFT_RCL)
        ia_of_set(f, sign != ia_cf(f));
    if (what == SHIFT_RCR)
        ia_of_set(f, sign != below);
    if (what < SHIFT_SHL)
        return;
    if (size == 1 && (count == 16 || count == 24))
        carry_of_byte(f, what, a);
    ia_af_set(f, true);
}

static bool shift(struct ia_cpu *c, const ia_insn *i)
{
    static const uint8_t of_reg[8] = {SHIFT_ROL, SHIFT_ROR, SHIFT_RCL, SHIFT_RCR, SHIFT_SHL, SHIFT_SHR, SHIFT_SHL, SHIFT_SAR};
    const enum ia_shift what = of_reg[i->reg];
    const unsigned count = (i->opcode < 0xd0 ? i->imm : i->opcode < 0xd2 ? 1 : c->r[IA_ECX]) & 31; /* C0 C1, D0 D1, D2 D3 */
    struct operand o = {.offset = ia_offset(c, i)};
    if (!operand_load(c, i, true, &o))
        return false;
    if (!count)
        return true;
    const uint32_t result = ia_shifted(&c->flags, what, i->opsize, (uint32_t)o.value, count);
    shift_flags(&c->flags, what, i->opsize, (uint32_t)o.value, count, result);
    operand_store(c, i, &o, result);
    return true;
}

/* --- BT BTS BTR BTC: 0F A3, AB, B3, BB by a register, 0F BA /4 to /7 by a constant */

static bool bit_test(struct ia_cpu *c, const ia_insn *i)
{
    enum { TEST, SET, RESET };
    const bool constant = i->opcode == 0xba;
    const unsigned what = (constant ? i->reg : i->opcode >> 3) & 3, last = 8u * i->opsize - 1;
    const uint32_t n = constant ? i->imm : ia_reg(c, i->reg, i->opsize), bit = UINT32_C(1) << (n & last);
    const int64_t away = constant ? 0 : (sign_extend(n, last + 1) >> (i->opsize == 2 ? 4 : 5)) * i->opsize;
    struct operand o = {.offset = (ia_offset(c, i) + (uint32_t)away) & ia_address_mask(i)};
    if (!operand_load(c, i, what != TEST, &o))
        return false;
    const uint32_t a = (uint32_t)o.value;
    ia_carry_overflow(&c->flags, a & bit, (a >> ((n - 1) & last) ^ a >> ((n - 2) & last)) & 1);
    if (what != TEST)
        operand_store(c, i, &o, what == SET ? a | bit : what == RESET ? a & ~bit : a ^ bit);
    return true;
}

/* Rows stand in the order of insn.def: shifts from ROL to SAR, bit tests from BT to BTC. */
ia_body *ia_386_body(unsigned row)
{
    _Static_assert(IA_INSN_sar_rm_cl - IA_INSN_rol_rm_i == 23 && IA_INSN_btc_i - IA_INSN_bt_r == 7,
                   "insn.def: no other rows between these");
    if (row >= IA_INSN_rol_rm_i && row <= IA_INSN_sar_rm_cl)
        return shift;
    return row >= IA_INSN_bt_r && row <= IA_INSN_btc_i ? bit_test : NULL;
}
