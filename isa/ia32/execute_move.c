/* execute_move.c - MOV and its relatives, exchanges, flags by name. */
#include "isa/ia32/operand.h"

SIZED_BODY(mov_rm_r) { return ia_set_rm(c, i, size, ia_reg(c, i->reg, size)); }
SIZED_BODY(mov_rm_i) { return ia_set_rm(c, i, size, ia_imm(i, size)); }
SIZED_BODY(mov_r_rm)
{
    uint32_t v;
    if (!ia_get_rm(c, i, size, &v))
        return false;
    ia_reg_set(c, i->reg, size, v);
    return true;
}
SIZED_BODY(mov_r_i)
{
    ia_reg_set(c, i->rm, size, i->imm);
    return true;
}
bool ia_body_mov_r8_i(struct ia_cpu *c, const ia_insn *i)
{
    ia_reg1_set(c, i->rm, i->imm);
    return true;
}
/* The offset stands in the instruction, without ModRM. */
SIZED_BODY(mov_a_m)
{
    uint32_t v;
    if (!ia_get_memory(c, i->seg, (uint32_t)i->disp, size, &v))
        return false;
    ia_reg_set(c, IA_EAX, size, v);
    return true;
}
SIZED_BODY(mov_m_a) { return ia_store(c, i->seg, (uint32_t)i->disp, size, ia_reg(c, IA_EAX, size)); }

/* `from` bytes are read, whatever the operand size, which is that of the register. */
#define EXTENDED(name, from, how)                                                                                                     \
    SIZED_BODY(name)                                                                                                                  \
    {                                                                                                                                 \
        uint32_t v;                                                                                                                   \
        if (!ia_get_rm(c, i, from, &v))                                                                                               \
            return false;                                                                                                             \
        ia_reg_set(c, i->reg, size, how);                                                                                             \
        return true;                                                                                                                  \
    }
EXTENDED(movzx_b, 1, v)
EXTENDED(movzx_w, 2, v)
EXTENDED(movsx_b, 1, ia_extend(v, 1))
EXTENDED(movsx_w, 2, ia_extend(v, 2))

/* The address only: no segment, no access, no fault. */
SIZED_BODY(lea)
{
    ia_reg_set(c, i->reg, size, ia_offset(c, i));
    return true;
}

/* The operand is read, and may fault, whatever the condition [SDM 2A, CMOVcc]. */
SIZED_BODY(cmovcc)
{
    uint32_t v;
    if (!ia_get_rm(c, i, size, &v))
        return false;
    if (ia_condition(&c->flags, i->opcode & 15))
        ia_reg_set(c, i->reg, size, v);
    return true;
}

bool ia_body_xlat(struct ia_cpu *c, const ia_insn *i)
{
    uint32_t v;
    if (!ia_get_memory(c, i->seg, (c->r[IA_EBX] + (c->r[IA_EAX] & 0xff)) & ia_address_mask(i), 1, &v))
        return false;
    ia_reg1_set(c, IA_EAX, v);
    return true;
}

bool ia_body_nop(struct ia_cpu *c, const ia_insn *i)
{
    (void)c, (void)i;
    return true;
}

bool ia_body_ud(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return ia_undefined(c);
}

/* --- exchanges */

/* Of memory it locks the bus with or without LOCK [SDM 2D XCHG]; no body is interrupted, so that nothing is to be
 * done. */
SIZED_BODY(xchg_rm_r)
{
    struct ia_place p;
    uint32_t v;
    if (!ia_reach_rm(c, i, size, &p, &v))
        return false;
    ia_put_rm(c, i, size, &p, ia_reg(c, i->reg, size));
    ia_reg_set(c, i->reg, size, v);
    return true;
}
SIZED_BODY(xchg_r_a)
{
    const uint32_t v = ia_reg(c, i->rm, size);
    ia_reg_set(c, i->rm, size, ia_reg(c, IA_EAX, size));
    ia_reg_set(c, IA_EAX, size, v);
    return true;
}

/* In this order, so that XADD EAX, EAX leaves the sum. */
SIZED_BODY(xadd)
{
    const uint32_t b = ia_reg(c, i->reg, size);
    struct ia_place p;
    uint32_t a;
    if (!ia_reach_rm(c, i, size, &p, &a))
        return false;
    ia_flags_add(&c->flags, size, a, b, false);
    ia_reg_set(c, i->reg, size, a);
    ia_put_rm(c, i, size, &p, a + b);
    return true;
}

/* Where it differs, the destination is written all the same, with what it had [SDM 2A, CMPXCHG]. */
SIZED_BODY(cmpxchg)
{
    const uint32_t accumulator = ia_reg(c, IA_EAX, size);
    struct ia_place p;
    uint32_t a;
    if (!ia_reach_rm(c, i, size, &p, &a))
        return false;
    ia_flags_sub(&c->flags, size, accumulator, a, false);
    if (a == accumulator) {
        ia_put_rm(c, i, size, &p, ia_reg(c, i->reg, size));
    } else {
        ia_put_rm(c, i, size, &p, a);
        ia_reg_set(c, IA_EAX, size, a);
    }
    return true;
}

/* The place is written in both cases: a page that may only be read is a fault, whatever is there. */
bool ia_body_cmpxchg8b(struct ia_cpu *c, const ia_insn *i)
{
    struct ia_place p;
    if (!ia_reach_update(c, i->seg, ia_offset(c, i), 8, &p))
        return false;
    const uint64_t a = ia_place_get(c, &p);
    const bool same = a == ((uint64_t)c->r[IA_EDX] << 32 | c->r[IA_EAX]);
    ia_place_put(c, &p, same ? (uint64_t)c->r[IA_ECX] << 32 | c->r[IA_EBX] : a);
    if (!same) {
        c->r[IA_EAX] = (uint32_t)a;
        c->r[IA_EDX] = (uint32_t)(a >> 32);
    }
    ia_flags_status_change(&c->flags, same ? EFLAGS_ZF : 0, EFLAGS_ZF);
    return true;
}

/* --- flags */

/* AL is all of CF. Not in the manual's alphabet, but in all processors. */
bool ia_body_salc(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    ia_reg1_set(c, IA_EAX, ia_cf(&c->flags) ? 0xff : 0);
    return true;
}
/* SF ZF 0 AF 0 PF 1 CF, from bit 7 down. */
bool ia_body_lahf(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    ia_reg1_set(c, 4 /* AH */, ia_flags_status(&c->flags) | EFLAGS_ONE);
    return true;
}
bool ia_body_sahf(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    ia_flags_status_change(&c->flags, ia_reg1(c, 4), EFLAGS_STATUS & ~EFLAGS_OF);
    return true;
}
bool ia_body_clc(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    ia_cf_set(&c->flags, false);
    return true;
}
bool ia_body_stc(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    ia_cf_set(&c->flags, true);
    return true;
}
bool ia_body_cmc(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    ia_cf_set(&c->flags, !ia_cf(&c->flags));
    return true;
}
bool ia_body_cld(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    c->flags.system &= ~(uint32_t)EFLAGS_DF;
    return true;
}
bool ia_body_std(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    c->flags.system |= EFLAGS_DF;
    return true;
}
