/* execute_alu.c - ADD OR ADC SBB AND SUB XOR CMP in their six forms, TEST, INC, DEC, NOT, NEG. */
#include "isa/ia32/alu.h"

/* Destination E. CMP and TEST ask for no right to write; the others reach the place for both, so that between
 * reading and writing nothing can fault. ia_alu() has changed the flags by the time of the put, which cannot fail. */
IA_INLINE bool alu_rm(struct ia_cpu *c, const ia_insn *i, enum ia_alu what, unsigned size, uint32_t b)
{
    struct ia_place p;
    uint32_t a;
    if (!ia_alu_writes(what)) {
        if (!ia_get_rm(c, i, size, &a))
            return false;
        ia_alu(&c->flags, what, size, a, b);
        return true;
    }
    if (!ia_reach_rm(c, i, size, &p, &a))
        return false;
    ia_put_rm(c, i, size, &p, ia_alu(&c->flags, what, size, a, b));
    return true;
}

IA_INLINE bool alu_reg(struct ia_cpu *c, enum ia_alu what, unsigned size, unsigned reg, uint32_t b)
{
    const uint32_t result = ia_alu(&c->flags, what, size, ia_reg(c, reg, size), b);
    if (ia_alu_writes(what))
        ia_reg_set(c, reg, size, result);
    return true;
}

IA_INLINE bool alu_reg_rm(struct ia_cpu *c, const ia_insn *i, enum ia_alu what, unsigned size)
{
    uint32_t b;
    return ia_get_rm(c, i, size, &b) && alu_reg(c, what, size, i->reg, b);
}

/* Six rows of the table share four bodies: 80 and 81, 82 and 83 differ in the size of the immediate alone, which the
 * decoder has extended. */
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

SIZED_BODY(test_rm_r) { return alu_rm(c, i, ALU_TEST, size, ia_reg(c, i->reg, size)); }
SIZED_BODY(test_rm_i) { return alu_rm(c, i, ALU_TEST, size, ia_imm(i, size)); }
SIZED_BODY(test_a_i) { return alu_reg(c, ALU_TEST, size, IA_EAX, ia_imm(i, size)); }

IA_INLINE bool count_rm(struct ia_cpu *c, const ia_insn *i, unsigned size, bool down)
{
    struct ia_place p;
    uint32_t a;
    if (!ia_reach_rm(c, i, size, &p, &a))
        return false;
    ia_put_rm(c, i, size, &p, ia_count(&c->flags, size, a, down));
    return true;
}
IA_INLINE bool count_r(struct ia_cpu *c, const ia_insn *i, unsigned size, bool down)
{
    ia_reg_set(c, i->rm, size, ia_count(&c->flags, size, ia_reg(c, i->rm, size), down));
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

/* 0 - a: CF is set unless a is zero, as the manual has it. */
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
