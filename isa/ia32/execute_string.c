/* execute_string.c - MOVS CMPS STOS LODS SCAS, an element at a time. Each is a unit of time; interrupts and traps fall between them. */
#include "isa/ia32/operand.h"

SIZED_BODY(movs)
{
    struct ia_place to;
    uint32_t v;
    if (ia_string_none(c, i))
        return true;
    if (!ia_get_memory(c, i->seg, ia_pointer(c, i, IA_ESI), size, &v) ||
        !ia_reach(c, IA_ES, ia_pointer(c, i, IA_EDI), size, PT_WRITE, &to))
        return false;
    ia_place_put(c, &to, v);
    ia_string_step(c, i, IA_ESI, size);
    ia_string_step(c, i, IA_EDI, size);
    ia_string_last(c, i);
    return true;
}

SIZED_BODY(stos)
{
    if (ia_string_none(c, i))
        return true;
    if (!ia_store(c, IA_ES, ia_pointer(c, i, IA_EDI), size, ia_reg(c, IA_EAX, size)))
        return false;
    ia_string_step(c, i, IA_EDI, size);
    ia_string_last(c, i);
    return true;
}

SIZED_BODY(lods)
{
    uint32_t v;
    if (ia_string_none(c, i))
        return true;
    if (!ia_get_memory(c, i->seg, ia_pointer(c, i, IA_ESI), size, &v))
        return false;
    ia_reg_set(c, IA_EAX, size, v);
    ia_string_step(c, i, IA_ESI, size);
    ia_string_last(c, i);
    return true;
}

/* REPE goes on while they are equal, REPNE while they are not. */
IA_INLINE void string_compared(struct ia_cpu *c, const ia_insn *i, unsigned size, uint32_t a, uint32_t b)
{
    ia_flags_sub(&c->flags, size, a, b, false);
    if (!ia_string_last(c, i) && (a == b) != (i->rep == IA_REP))
        c->next = c->eip + i->length;
}

SIZED_BODY(cmps)
{
    uint32_t a, b;
    if (ia_string_none(c, i))
        return true;
    if (!ia_get_memory(c, i->seg, ia_pointer(c, i, IA_ESI), size, &a) || !ia_get_memory(c, IA_ES, ia_pointer(c, i, IA_EDI), size, &b))
        return false;
    ia_string_step(c, i, IA_ESI, size);
    ia_string_step(c, i, IA_EDI, size);
    string_compared(c, i, size, a, b);
    return true;
}

SIZED_BODY(scas)
{
    uint32_t b;
    if (ia_string_none(c, i))
        return true;
    if (!ia_get_memory(c, IA_ES, ia_pointer(c, i, IA_EDI), size, &b))
        return false;
    ia_string_step(c, i, IA_EDI, size);
    string_compared(c, i, size, ia_reg(c, IA_EAX, size), b);
    return true;
}
