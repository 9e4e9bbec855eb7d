/* far.c - far pointers, and what lies behind a call gate [SDM 3A 5.8]. */
#include "isa/ia32/far.h"

struct ia_pointer ia_pointer_of(const ia_insn *i)
{
    return (struct ia_pointer){.selector = i->imm2, .offset = i->opsize == 2 ? i->imm & 0xffff : i->imm};
}

/* Offset, then selector: with operands of 32 bits six bytes. With addresses of 16 bits the second part may go round
 * to the beginning of the segment. */
bool ia_pointer_read(struct ia_cpu *c, const ia_insn *i, struct ia_pointer *p)
{
    const uint32_t at = ia_address(c, i), above = at + i->opsize;
    uint64_t offset, selector;
    if (!ia_load(c, i->seg, at, i->opsize, &offset) || !ia_load(c, i->seg, i->adsize == 2 ? above & 0xffff : above, 2, &selector))
        return false;
    *p = (struct ia_pointer){.selector = (uint16_t)selector, .offset = (uint32_t)offset};
    return true;
}

/* The same question at CPL 0 gives the reason: what ring 0 would be refused, too, is no matter of privilege. */
bool ia_code_check(struct ia_cpu *c, uint16_t selector, const struct ia_descriptor *d)
{
    const struct ia_verdict v = ia_code_verdict(d, selector, c->cpl);
    return !v.vector || ia_verdict_raise(c, v, ia_reason(ia_code_verdict(d, selector, 0)));
}

bool ia_offset_check(struct ia_cpu *c, const struct ia_descriptor *d, uint32_t offset, uint32_t error)
{
    return offset <= ia_descriptor_limit(d) || ia_gp(c, REASON_RESOURCE, error);
}

/* A gate may lead inward with a call, never outward; a jump stays in its ring. */
static struct ia_verdict target_verdict(const struct ia_descriptor *d, uint16_t selector, unsigned cpl, bool jump)
{
    const bool fits = ia_is_conforming(d) || !jump ? ia_dpl(d) <= cpl : ia_dpl(d) == cpl;
    if (!ia_is_code(d) || !fits)
        return (struct ia_verdict){IA_GP, ia_selector_error(selector)};
    return ia_is_present(d) ? IA_FINE : (struct ia_verdict){IA_NP, ia_selector_error(selector)};
}

/* Two rights are needed: the gate's DPL says who may use it, the code's where it leads. The offset that the
 * instruction has is not looked at. */
bool ia_gate_read(struct ia_cpu *c, uint16_t selector, const struct ia_descriptor *gate, bool jump, struct ia_gate_target *t)
{
    struct ia_verdict v = ia_gate_verdict(gate, selector, c->cpl);
    if (v.vector)
        return ia_verdict_raise(c, v, ia_reason(ia_gate_verdict(gate, selector, 0)));
    const bool wide = ia_type(gate) & IA_TYPE_32;
    t->size = wide ? 4 : 2;
    t->parameters = gate->high & 31;
    t->at.selector = (uint16_t)(gate->low >> 16);
    t->at.offset = (gate->low & 0xffff) | (wide ? gate->high & 0xffff0000 : 0);
    if (ia_is_null(t->at.selector))
        return ia_gp(c, REASON_RESOURCE, 0);
    if (!ia_descriptor_read(c, t->at.selector, IA_GP, 0, &t->code))
        return false;
    v = target_verdict(&t->code, t->at.selector, c->cpl, jump);
    return !v.vector || ia_verdict_raise(c, v, ia_reason(target_verdict(&t->code, t->at.selector, 0, jump)));
}
