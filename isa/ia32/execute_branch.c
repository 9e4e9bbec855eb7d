/* execute_branch.c - transfers within the code segment. A target outside its limit is a #GP of the instruction itself, which has then
 * changed nothing. With an operand size of 16, EIP is cut to 16 bits. */
#include "isa/ia32/operand.h"

IA_INLINE bool go(struct ia_cpu *c, uint32_t to)
{
    if (!ia_may_go(c, to))
        return false;
    c->next = to;
    return true;
}
/* From the next instruction on. Cut to 16 bits with operands of 16 bits, even in a segment of 32. */
IA_INLINE uint32_t relative(const struct ia_cpu *c, const ia_insn *i, unsigned size)
{
    return (c->eip + i->length + i->imm) & ia_mask(size);
}

SIZED_BODY(jcc) { return !ia_condition(&c->flags, i->opcode & 15) || go(c, relative(c, i, size)); }
SIZED_BODY(jmp_rel) { return go(c, relative(c, i, size)); }
SIZED_BODY(jmp_rm)
{
    uint32_t to;
    return ia_get_rm(c, i, size, &to) && go(c, to);
}

/* The target is checked before the push: a CALL that faults has pushed nothing. */
IA_INLINE bool call(struct ia_cpu *c, const ia_insn *i, unsigned size, uint32_t to)
{
    const uint32_t at = (c->r[IA_ESP] - size) & ia_stack_mask(c);
    if (!ia_may_go(c, to) || !ia_put_memory(c, IA_SS, at, size, (c->eip + i->length) & ia_mask(size)))
        return false;
    ia_stack_set(c, at);
    c->next = to;
    return true;
}
SIZED_BODY(call_rel) { return call(c, i, size, relative(c, i, size)); }
SIZED_BODY(call_rm)
{
    uint32_t to;
    return ia_get_rm(c, i, size, &to) && call(c, i, size, to);
}

/* ESP moves last, when the target is known to be good. RET n drops n bytes of parameters, which the caller had
 * pushed. */
IA_INLINE bool return_near(struct ia_cpu *c, unsigned size, uint32_t more)
{
    const uint32_t from = c->r[IA_ESP] & ia_stack_mask(c);
    uint32_t to;
    if (!ia_get_memory(c, IA_SS, from, size, &to) || !go(c, to))
        return false;
    ia_stack_set(c, from + size + more);
    return true;
}
SIZED_BODY(ret)
{
    (void)i;
    return return_near(c, size, 0);
}
SIZED_BODY(ret_i) { return return_near(c, size, i->imm); }

/* CX or ECX counts, by the address size; it stays where the jump faults. */
IA_INLINE bool loop_while(struct ia_cpu *c, const ia_insn *i, unsigned size, bool condition)
{
    const uint32_t left = (c->r[IA_ECX] - 1) & ia_address_mask(i);
    if (left && condition && !go(c, relative(c, i, size)))
        return false;
    ia_pointer_set(c, i, IA_ECX, left);
    return true;
}
SIZED_BODY(loop) { return loop_while(c, i, size, true); }
SIZED_BODY(loope) { return loop_while(c, i, size, ia_zf(&c->flags)); }
SIZED_BODY(loopne) { return loop_while(c, i, size, !ia_zf(&c->flags)); }
SIZED_BODY(jcxz) { return ia_pointer(c, i, IA_ECX) || go(c, relative(c, i, size)); }
