/* execute_string.c - MOVS CMPS STOS LODS SCAS, an element at a time. Each is a unit of time; interrupts and traps fall between them.
 *
 * Where nothing can come between them, REP MOVS and REP STOS do several at once: as many as the budget allows, within a page.
 */
#include "isa/ia32/operand.h"

#include <string.h>

/* --- several at once */

/* Elements from `at` to the end of its page, or to its last whole one. */
IA_INLINE uint32_t in_page(uint32_t at, unsigned size) { return (PAGE_SIZE - (at & (PAGE_SIZE - 1))) / size; }
IA_INLINE uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* How many may be done at once, as far as the instruction and the destination say. Fewer than two: one by one.
 * Not with anything to attend to, such as single steps; not downwards; and no more than are left of the budget,
 * since each element counts as an instruction. What the ends of the two pages allow is the rest. */
IA_INLINE uint32_t at_once(const struct ia_cpu *c, const ia_insn *i, unsigned size)
{
    if (!i->rep || i->adsize == 2 || c->attention || c->flags.system & EFLAGS_DF)
        return 0;
    const uint32_t count = least(c->r[IA_ECX], in_page(c->r[IA_EDI], size));
    return c->left < count ? (uint32_t)c->left : count;
}

/* The run loop counts the one that this instruction is; the others are counted here. */
IA_INLINE bool done_at_once(struct ia_cpu *c, uint32_t count)
{
    c->r[IA_ECX] -= count;
    c->left -= count - 1;
    if (c->r[IA_ECX])
        c->next = c->eip;
    return true;
}

/* Upwards, one after the other: what is written may be read again.
 * MOVSB from 100h to 101h fills memory with the byte at 100h, as programs rely on: memmove() would not. Where the
 * destination lies behind the source by less than what is copied, it is done element by element. */
IA_INLINE void copy_up(uint8_t *to, const uint8_t *from, uint32_t count, unsigned size)
{
    if ((uintptr_t)to - (uintptr_t)from >= (uintptr_t)count * size) {
        memmove(to, from, (size_t)count * size);
        return;
    }
    for (uint32_t n = 0; n < count; n++)
        ia_host_put(to + n * size, size, ia_host_get(from + n * size, size));
}

IA_INLINE bool movs_at_once(struct ia_cpu *c, const ia_insn *i, unsigned size)
{
    const uint32_t count = least(at_once(c, i, size), in_page(c->r[IA_ESI], size));
    if (count < 2)
        return false;
    const uint8_t *from = ia_quick(c, i->seg, c->r[IA_ESI], 1, IA_QUICK_READ);
    uint8_t *to = ia_quick(c, IA_ES, c->r[IA_EDI], 1, IA_QUICK_WRITE);
    if (!from || !to)
        return false;
    copy_up(to, from, count, size);
    c->r[IA_ESI] += count * size;
    c->r[IA_EDI] += count * size;
    return done_at_once(c, count);
}

IA_INLINE bool stos_at_once(struct ia_cpu *c, const ia_insn *i, unsigned size)
{
    const uint32_t count = at_once(c, i, size), v = ia_reg(c, IA_EAX, size);
    uint8_t *to = count < 2 ? NULL : ia_quick(c, IA_ES, c->r[IA_EDI], 1, IA_QUICK_WRITE);
    if (!to)
        return false;
    for (uint32_t n = 0; n < count; n++)
        ia_host_put(to + n * size, size, v);
    c->r[IA_EDI] += count * size;
    return done_at_once(c, count);
}

/* --- */

SIZED_BODY(movs)
{
    struct ia_place to;
    uint32_t v;
    if (ia_string_none(c, i) || movs_at_once(c, i, size))
        return true;
    if (!ia_get_memory(c, i->seg, ia_pointer(c, i, IA_ESI), size, &v) ||
        !ia_reach_memory(c, IA_ES, ia_pointer(c, i, IA_EDI), size, false, &to))
        return false;
    ia_place_set(c, &to, size, v);
    ia_string_step(c, i, IA_ESI, size);
    ia_string_step(c, i, IA_EDI, size);
    ia_string_last(c, i);
    return true;
}

SIZED_BODY(stos)
{
    if (ia_string_none(c, i) || stos_at_once(c, i, size))
        return true;
    if (!ia_put_memory(c, IA_ES, ia_pointer(c, i, IA_EDI), size, ia_reg(c, IA_EAX, size)))
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
