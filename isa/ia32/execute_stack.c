/* execute_stack.c - PUSH and POP of general operands, PUSHA POPA, ENTER LEAVE. SS.B says whether the stack pointer is SP or ESP. */
#include "isa/ia32/operand.h"

IA_INLINE bool push(struct ia_cpu *c, unsigned size, uint32_t v)
{
    const uint32_t to = (c->r[IA_ESP] - size) & ia_stack_mask(c);
    if (!ia_put_memory(c, IA_SS, to, size, v))
        return false;
    ia_stack_set(c, to);
    return true;
}

bool ia_push(struct ia_cpu *c, unsigned size, uint32_t v) { return push(c, size, v); }

IA_INLINE bool pop(struct ia_cpu *c, unsigned size, uint32_t *v)
{
    const uint32_t from = c->r[IA_ESP] & ia_stack_mask(c);
    if (!ia_get_memory(c, IA_SS, from, size, v))
        return false;
    ia_stack_set(c, from + size);
    return true;
}
bool ia_pop(struct ia_cpu *c, unsigned size, uint32_t *v) { return pop(c, size, v); }

SIZED_BODY(push_r) { return push(c, size, ia_reg(c, i->rm, size)); } /* PUSH ESP: as it was before */
SIZED_BODY(push_i) { return push(c, size, ia_imm(i, size)); }
SIZED_BODY(push_rm)
{
    uint32_t v;
    return ia_get_rm(c, i, size, &v) && ia_push(c, size, v);
}
SIZED_BODY(pop_r)
{
    uint32_t v;
    if (!pop(c, size, &v))
        return false;
    ia_reg_set(c, i->rm, size, v); /* POP ESP: what was on the stack */
    return true;
}
/* An address by ESP is that behind the pop [SDM 2B, POP]. */
SIZED_BODY(pop_rm)
{
    const uint32_t esp = c->r[IA_ESP];
    uint32_t v;
    if (!ia_pop(c, size, &v))
        return false;
    if (ia_set_rm(c, i, size, v))
        return true;
    c->r[IA_ESP] = esp;
    return false;
}

/* EAX ECX EDX EBX ESP EBP ESI EDI, the first one at the highest address; ESP as it was before. All places are
 * reached before the first is written, as eight pushes may lie in two pages. */
SIZED_BODY(pusha)
{
    const uint32_t mask = ia_stack_mask(c);
    struct ia_place p[8];
    uint32_t to = c->r[IA_ESP];
    (void)i;
    for (unsigned reg = 0; reg < 8; reg++) {
        to = (to - size) & mask;
        if (!ia_reach(c, IA_SS, to, size, PT_WRITE, &p[reg]))
            return false;
    }
    for (unsigned reg = 0; reg < 8; reg++)
        ia_place_put(c, &p[reg], ia_reg(c, reg, size));
    ia_stack_set(c, to);
    return true;
}

/* ESP is popped, and thrown away. */
SIZED_BODY(popa)
{
    const uint32_t mask = ia_stack_mask(c);
    uint32_t from = c->r[IA_ESP] & mask, v[8];
    (void)i;
    for (unsigned reg = 8; reg-- > 0; from = (from + size) & mask)
        if (!ia_get_memory(c, IA_SS, from, size, &v[reg]))
            return false;
    for (unsigned reg = 0; reg < 8; reg++)
        if (reg != IA_ESP)
            ia_reg_set(c, reg, size, v[reg]);
    ia_stack_set(c, from);
    return true;
}

/* Would ENTER reach all it needs? The frame pointers of the levels outside it, those it pushes, and the end of the new frame.
 * Without it a fault in the middle would leave pushes behind, which the manual forbids: the instruction is done
 * again as a whole. */
IA_INLINE bool enter_probe(struct ia_cpu *c, const ia_insn *i, unsigned size, unsigned level)
{
    const uint32_t mask = ia_stack_mask(c), esp = c->r[IA_ESP], ebp = c->r[IA_EBP];
    for (unsigned n = 1; n <= level + 1; n++)
        if (!ia_probe(c, IA_SS, (esp - n * size) & mask, size, true))
            return false;
    for (unsigned n = 1; n < level; n++)
        if (!ia_probe(c, IA_SS, (ebp - n * size) & mask, size, false))
            return false;
    return ia_probe(c, IA_SS, (esp - (level + 1) * size - i->imm) & mask, size, true);
}

/* [SDM 2A, ENTER]. level + 1 pushes if there are levels, else one.
 * ENTER size, level for a procedure nested in `level` others; EBP leads to a display of their frames:
 *
 *     the caller's EBP           <- EBP afterwards
 *     frame of level 1           level - 1 copies, from below the caller's EBP
 *     ...
 *     this frame                 where level is not 0
 *     `size` bytes of locals     <- ESP afterwards
 */
SIZED_BODY(enter)
{
    const unsigned level = i->imm2 & 31;
    const uint32_t mask = ia_stack_mask(c), ebp = c->r[IA_EBP], esp = c->r[IA_ESP];
    uint32_t v;
    if (!enter_probe(c, i, size, level))
        return false;
    bool done = ia_push(c, size, ia_reg(c, IA_EBP, size));
    const uint32_t frame = c->r[IA_ESP];
    for (unsigned n = 1; done && n < level; n++)
        done = ia_get_memory(c, IA_SS, (ebp - n * size) & mask, size, &v) && ia_push(c, size, v);
    if (done && level)
        done = ia_push(c, size, frame & ia_mask(size));
    if (!done) { /* a trigger; what was pushed lies below the stack */
        c->r[IA_ESP] = esp;
        return false;
    }
    ia_reg_set(c, IA_EBP, size, frame);
    ia_stack_set(c, c->r[IA_ESP] - i->imm);
    return true;
}

SIZED_BODY(leave)
{
    const uint32_t from = c->r[IA_EBP] & ia_stack_mask(c);
    uint32_t v;
    (void)i;
    if (!ia_get_memory(c, IA_SS, from, size, &v))
        return false;
    ia_stack_set(c, from + size);
    ia_reg_set(c, IA_EBP, size, v);
    return true;
}
