/* far_jump.c - JMP to another segment, through a call gate, or to another task [SDM 2A JMP]. */
#include "isa/ia32/bodies.h"
#include "isa/ia32/far.h"
#include "isa/ia32/task.h"

/* The ring stays: of a jump only conforming code may have a lower DPL, and it then runs at this CPL. */
static bool to_code(struct ia_cpu *c, struct ia_pointer at, struct ia_descriptor *d)
{
    if (!ia_code_check(c, at.selector, d) || !ia_offset_check(c, d, at.offset, 0) || !ia_descriptor_access(c, d))
        return false;
    ia_code_set(c, d, at.selector, c->cpl);
    ia_far_go(c, at.offset);
    return true;
}

/* A jump pushes nothing and changes no stack, so that a gate that leads inward is refused to it (ia_gate_read). */
static bool through_gate(struct ia_cpu *c, uint16_t selector, const struct ia_descriptor *gate)
{
    struct ia_gate_target t;
    if (!ia_gate_read(c, selector, gate, true, &t) || !ia_offset_check(c, &t.code, t.at.offset, 0) ||
        !ia_descriptor_access(c, &t.code))
        return false;
    ia_code_set(c, &t.code, t.at.selector, c->cpl);
    ia_far_go(c, t.at.offset);
    return true;
}

static bool jump_protected(struct ia_cpu *c, struct ia_pointer at)
{
    struct ia_descriptor d;
    if (ia_is_null(at.selector))
        return ia_gp(c, REASON_RESOURCE, 0);
    if (!ia_descriptor_read(c, at.selector, IA_GP, 0, &d))
        return false;
    if (ia_is_code(&d))
        return to_code(c, at, &d);
    if (ia_is_system(&d, IA_TYPE_CALL16) || ia_is_system(&d, IA_TYPE_CALL32))
        return through_gate(c, at.selector, &d);
    if (ia_is_system(&d, IA_TYPE_TASK_GATE) || ia_is_tss(&d, false) || ia_is_tss(&d, true))
        return ia_task_transfer(c, IA_BY_JUMP, at.selector, &d);
    return ia_gp(c, REASON_RESOURCE, ia_selector_error(at.selector));
}

/* This is how real mode is entered and left: the first jump behind a write of CR0.PE loads CS by the rules of the
 * new mode. */
static bool jump_paragraph(struct ia_cpu *c, struct ia_pointer at)
{
    const struct ia_segment cs = ia_is_v86(c) ? ia_segment_v86(at.selector) : ia_segment_real(c, IA_CS, at.selector);
    if (at.offset > cs.limit)
        return ia_gp(c, REASON_RESOURCE, 0);
    c->seg[IA_CS] = cs;
    ia_far_go(c, at.offset);
    return true;
}

static bool jump(struct ia_cpu *c, struct ia_pointer at)
{
    return ia_is_paragraphs(c) ? jump_paragraph(c, at) : jump_protected(c, at);
}

bool ia_body_jmp_far(struct ia_cpu *c, const ia_insn *i) { return jump(c, ia_pointer_of(i)); }

bool ia_body_jmp_far_m(struct ia_cpu *c, const ia_insn *i)
{
    struct ia_pointer at;
    return ia_pointer_read(c, i, &at) && jump(c, at);
}
