/* far.h - what far calls, jumps and returns have in common: the target, checked, and what becomes of CS. */
#ifndef TRAPEZE_ISA_IA32_FAR_H
#define TRAPEZE_ISA_IA32_FAR_H

#include "isa/ia32/segment.h"

/* A far pointer of an instruction: an immediate, or in memory, the offset first. */
struct ia_pointer {
    uint16_t selector;
    uint32_t offset; /* of the operand's size, zero-extended */
};
struct ia_pointer ia_pointer_of(const ia_insn *);
MUST_CHECK bool ia_pointer_read(struct ia_cpu *, const ia_insn *, struct ia_pointer *);

/* The code that a call gate leads to. */
struct ia_gate_target {
    struct ia_pointer at;
    struct ia_descriptor code;
    unsigned size; /* of what is pushed: 2 or 4, by the type of the gate */
    unsigned parameters;
};
/* Checks the gate and the segment it names, for a jump (`jump`) or a call. false: #GP, #NP. */
MUST_CHECK bool ia_gate_read(struct ia_cpu *, uint16_t selector, const struct ia_descriptor *gate, bool jump, struct ia_gate_target *);

/* Checks a segment that is named directly, then that the offset lies in it. false: #GP, #NP. */
MUST_CHECK bool ia_code_check(struct ia_cpu *, uint16_t selector, const struct ia_descriptor *);
MUST_CHECK bool ia_offset_check(struct ia_cpu *, const struct ia_descriptor *, uint32_t offset, uint32_t error);

/* Goes on at the offset; the segment registers are set already. */
static inline void ia_far_go(struct ia_cpu *c, uint32_t offset)
{
    c->next = offset;
    ia_context_changed(c);
}

#endif
