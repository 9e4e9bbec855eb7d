/* execute_multiply.c - MUL IMUL DIV IDIV, and the sign extensions that go before a division. */
#include "isa/ia32/alu.h"

/* The double width register: AX, DX:AX, EDX:EAX. */
IA_INLINE uint64_t pair(const struct ia_cpu *c, unsigned size)
{
    if (size == 1)
        return c->r[IA_EAX] & 0xffff;
    return (uint64_t)ia_reg(c, IA_EDX, size) << 8 * size | ia_reg(c, IA_EAX, size);
}
/* Low and high half of it; of a byte: AL and AH. */
IA_INLINE void pair_set(struct ia_cpu *c, unsigned size, uint32_t low, uint32_t high)
{
    ia_reg_set(c, IA_EAX, size, low & ia_mask(size));
    ia_reg_set(c, size == 1 ? 4 /* AH */ : IA_EDX, size, high & ia_mask(size));
}

SIZED_BODY(mul_rm)
{
    uint32_t b;
    if (!ia_get_rm(c, i, size, &b))
        return false;
    const uint64_t product = (uint64_t)ia_reg(c, IA_EAX, size) * b;
    pair_set(c, size, (uint32_t)product, (uint32_t)(product >> 8 * size));
    ia_flags_product(&c->flags, size, (uint32_t)product, product >> 8 * size);
    return true;
}

SIZED_BODY(imul_rm)
{
    uint32_t b;
    if (!ia_get_rm(c, i, size, &b))
        return false;
    const uint64_t product = (uint64_t)ia_product_signed(&c->flags, size, ia_reg(c, IA_EAX, size), b);
    pair_set(c, size, (uint32_t)product, (uint32_t)(product >> 8 * size));
    return true;
}
SIZED_BODY(imul_r_rm)
{
    uint32_t b;
    if (!ia_get_rm(c, i, size, &b))
        return false;
    ia_reg_set(c, i->reg, size, (uint32_t)ia_product_signed(&c->flags, size, ia_reg(c, i->reg, size), b));
    return true;
}
SIZED_BODY(imul_r_rm_i)
{
    uint32_t b;
    if (!ia_get_rm(c, i, size, &b))
        return false;
    ia_reg_set(c, i->reg, size, (uint32_t)ia_product_signed(&c->flags, size, b, ia_imm(i, size)));
    return true;
}

static bool divide_error(struct ia_cpu *c) { return ia_raise(c, IA_DE, REASON_RESOURCE, false, 0, 0); }

/* Flags are undefined, and stay.
 * A quotient that does not fit is #DE, just as a divisor of zero: of bytes, 1000 / 3 has no place in AL. */
SIZED_BODY(div_rm)
{
    uint32_t b;
    if (!ia_get_rm(c, i, size, &b))
        return false;
    const uint64_t a = pair(c, size);
    if (!b || a / b > ia_mask(size))
        return divide_error(c);
    pair_set(c, size, (uint32_t)(a / b), (uint32_t)(a % b));
    return true;
}
/* The quotient is cut towards zero and the remainder has the sign of the dividend, as C has it. INT64_MIN / -1
 * would trap in the host. */
SIZED_BODY(idiv_rm)
{
    uint32_t b;
    if (!ia_get_rm(c, i, size, &b))
        return false;
    const int64_t a = sign_extend(pair(c, size), 16 * size), by = sign_extend(b, 8 * size);
    if (!by || (by == -1 && a == INT64_MIN))
        return divide_error(c);
    const int64_t quotient = a / by;
    if (quotient != sign_extend((uint64_t)quotient, 8 * size))
        return divide_error(c);
    pair_set(c, size, (uint32_t)quotient, (uint32_t)(a % by));
    return true;
}

/* CBW, CWDE */
SIZED_BODY(cbw)
{
    (void)i;
    ia_reg_set(c, IA_EAX, size, ia_extend(ia_reg(c, IA_EAX, size == 4 ? 2 : 1), size == 4 ? 2 : 1));
    return true;
}
/* CWD, CDQ */
SIZED_BODY(cwd)
{
    (void)i;
    ia_reg_set(c, IA_EDX, size, ia_reg(c, IA_EAX, size) & ia_sign(size) ? UINT32_MAX : 0);
    return true;
}
