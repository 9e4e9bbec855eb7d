/* execute_alu.c - ADD OR ADC SBB AND SUB XOR CMP in their six forms, TEST, INC, DEC, NOT, NEG. */
#include "isa/ia32/operand.h"

enum alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

/* The result; bits above the size are of no account. */
IA_INLINE uint32_t logic(struct ia_flags *f, unsigned size, uint32_t result)
{
    ia_flags_result(f, size, result);
    return result;
}

IA_INLINE uint32_t alu(struct ia_flags *f, enum alu what, unsigned size, uint32_t a, uint32_t b)
{
    const bool carry = (what == ALU_ADC || what == ALU_SBB) && ia_cf(f);
    switch (what) {
    case ALU_OR: return logic(f, size, a | b);
    case ALU_AND: return logic(f, size, a & b);
    case ALU_XOR: return logic(f, size, a ^ b);
    case ALU_ADD:
    case ALU_ADC: ia_flags_add(f, size, a, b, carry); return a + b + carry;
    default: ia_flags_sub(f, size, a, b, carry); return a - b - carry;
    }
}

IA_INLINE bool alu_rm(struct ia_cpu *c, const ia_insn *i, enum alu what, unsigned size, uint32_t b)
{
    struct ia_place p;
    uint32_t a;
    if (what == ALU_CMP) {
        if (!ia_get_rm(c, i, size, &a))
            return false;
        alu(&c->flags, what, size, a, b);
        return true;
    }
    if (!ia_reach_rm(c, i, size, &p, &a))
        return false;
    ia_put_rm(c, i, size, &p, alu(&c->flags, what, size, a, b));
    return true;
}

IA_INLINE bool alu_reg(struct ia_cpu *c, enum alu what, unsigned size, unsigned reg, uint32_t b)
{
    const uint32_t result = alu(&c->flags, what, size, ia_reg(c, reg, size), b);
    if (what != ALU_CMP)
        ia_reg_set(c, reg, size, result);
    return true;
}

IA_INLINE bool alu_reg_rm(struct ia_cpu *c, const ia_insn *i, enum alu what, unsigned size)
{
    uint32_t b;
    return ia_get_rm(c, i, size, &b) && alu_reg(c, what, size, i->reg, b);
}

#define ALU(name, what)                                                                                                               \
    SIZED_BODY(name##_rm_r) { return alu_rm(c, i, what, size, ia_reg(c, i->reg, size)); }                                             \
    SIZED_BODY(name##_r_rm) { return alu_reg_rm(c, i, what, size); }                                                                  \
    SIZED_BODY(name##_a_i) { return alu_reg(c, what, size, IA_EAX, ia_imm(i, size)); }                                                \
    SIZED_BODY(name##_rm_i) { return alu_rm(c, i, what, size, ia_imm(i, size)); }
ALU(add, ALU_ADD)
ALU(or, ALU_OR)
ALU(adc, ALU_ADC)
ALU(sbb, ALU_SBB)
ALU(and, ALU_AND)
ALU(sub, ALU_SUB)
ALU(xor, ALU_XOR)
ALU(cmp, ALU_CMP)

IA_INLINE bool test(struct ia_cpu *c, const ia_insn *i, unsigned size, uint32_t b)
{
    uint32_t a;
    if (!ia_get_rm(c, i, size, &a))
        return false;
    ia_flags_result(&c->flags, size, a & b);
    return true;
}
SIZED_BODY(test_rm_r) { return test(c, i, size, ia_reg(c, i->reg, size)); }
SIZED_BODY(test_rm_i) { return test(c, i, size, ia_imm(i, size)); }
SIZED_BODY(test_a_i)
{
    ia_flags_result(&c->flags, size, ia_reg(c, IA_EAX, size) & ia_imm(i, size));
    return true;
}

/* By one, and CF stays. */
IA_INLINE uint32_t count(struct ia_flags *f, unsigned size, uint32_t a, bool down)
{
    const bool carry = ia_cf(f);
    if (down)
        ia_flags_sub(f, size, a, 1, false);
    else
        ia_flags_add(f, size, a, 1, false);
    ia_cf_set(f, carry);
    return down ? a - 1 : a + 1;
}
IA_INLINE bool count_rm(struct ia_cpu *c, const ia_insn *i, unsigned size, bool down)
{
    struct ia_place p;
    uint32_t a;
    if (!ia_reach_rm(c, i, size, &p, &a))
        return false;
    ia_put_rm(c, i, size, &p, count(&c->flags, size, a, down));
    return true;
}
IA_INLINE bool count_r(struct ia_cpu *c, const ia_insn *i, unsigned size, bool down)
{
    ia_reg_set(c, i->rm, size, count(&c->flags, size, ia_reg(c, i->rm, size), down));
    return true;
}
SIZED_BODY(inc_rm) { return count_rm(c, i, size, false); }
SIZED_BODY(dec_rm) { return count_rm(c, i, size, true); }
SIZED_BODY(inc_r) { return count_r(c, i, size, false); }
SIZED_BODY(dec_r) { return count_r(c, i, size, true); }

SIZED_BODY(not_rm)
{
    struct ia_place p;
    uint32_t a;
    if (!ia_reach_rm(c, i, size, &p, &a))
        return false;
    ia_put_rm(c, i, size, &p, ~a);
    return true;
}

SIZED_BODY(neg_rm)
{
    struct ia_place p;
    uint32_t a;
    if (!ia_reach_rm(c, i, size, &p, &a))
        return false;
    ia_flags_sub(&c->flags, size, 0, a, false);
    ia_put_rm(c, i, size, &p, 0 - a);
    return true;
}
