/* execute_decimal.c - DAA DAS AAA AAS AAM AAD. Of the undefined flags, OF is clear, and SF, ZF and PF are those of AL; on a 386 they are those
 * of the sum (i386.h).
 */
#include "isa/ia32/i386.h"

static uint32_t al(const struct ia_cpu *c) { return c->r[IA_EAX] & 0xff; }

/* AL, which was `old`, and to which `by` was added. */
static void al_done(struct ia_cpu *c, uint32_t result, uint32_t old, uint32_t by, bool carry, bool adjust)
{
    ia_reg1_set(c, IA_EAX, result);
    if (ia_is_386(c))
        ia_386_adjusted(&c->flags, old, by);
    else
        ia_flags_result(&c->flags, 1, result & 0xff);
    ia_flags_status_change(&c->flags, (carry ? EFLAGS_CF : 0u) | (adjust ? EFLAGS_AF : 0u), EFLAGS_CF | EFLAGS_AF);
}

static bool low_digit_is_high(const struct ia_cpu *c) { return (al(c) & 0xf) > 9 || ia_af(&c->flags); }

/* Two digits of four bits, after the sum of such bytes: 79h + 35h is AEh; the low digit E is above 9, so 6 is
 * added, B4h; AEh is above 99h, so 60h is added, 14h and a carry: 79 + 35 = 114. */
static bool decimal_adjust(struct ia_cpu *c, uint32_t low, uint32_t high)
{
    const uint32_t old = al(c);
    const bool adjust = low_digit_is_high(c), more = old > 0x99 || ia_cf(&c->flags);
    /* SDM 2A, DAS: a borrow of the low digit's correction is a carry, too. Of DAA it only comes with `more`. */
    const bool borrow = adjust && low == 0u - 6u && old < 6;
    const uint32_t by = (adjust ? low : 0) + (more ? high : 0);
    al_done(c, old + by, old, by, more || borrow, adjust);
    return true;
}
bool ia_body_daa(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return decimal_adjust(c, 6, 0x60);
}
bool ia_body_das(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return decimal_adjust(c, 0u - 6u, 0u - 0x60u);
}

/* One digit in AL, and its carry into AH: 6 for the digit, 100h for the carry, as one sum. */
static bool ascii_adjust(struct ia_cpu *c, uint32_t by)
{
    const bool adjust = low_digit_is_high(c);
    const uint32_t old = al(c);
    if (adjust)
        ia_reg_set(c, IA_EAX, 2, c->r[IA_EAX] + by);
    al_done(c, al(c) & 0xf, old, adjust ? by : 0, adjust, adjust);
    return true;
}
bool ia_body_aaa(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return ascii_adjust(c, 0x106);
}
bool ia_body_aas(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return ascii_adjust(c, 0u - 0x106u);
}

/* The base is an immediate, 10 as assemblers write it; of base 0 it is a division by zero. */
bool ia_body_aam(struct ia_cpu *c, const ia_insn *i)
{
    if (!i->imm)
        return ia_raise(c, IA_DE, REASON_RESOURCE, false, 0, 0);
    ia_reg1_set(c, 4 /* AH */, al(c) / i->imm);
    al_done(c, al(c) % i->imm, al(c) % i->imm, 0, false, false);
    return true;
}
bool ia_body_aad(struct ia_cpu *c, const ia_insn *i)
{
    const uint32_t old = al(c), by = ia_reg1(c, 4) * i->imm;
    ia_reg1_set(c, 4, 0);
    if (ia_is_386(c)) { /* CF and AF, too, are the sum's */
        ia_reg1_set(c, IA_EAX, old + by);
        ia_386_adjusted(&c->flags, old, by);
    } else {
        al_done(c, old + by, old, by, false, false);
    }
    return true;
}
