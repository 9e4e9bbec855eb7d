/* far_call.c - CALL to another segment, through a call gate, inward or not, or to another task [SDM 2A CALL].
 *
 * Everything is checked, the frame included, before the frame is written and CS:EIP moves.
 */
#include "isa/ia32/bodies.h"
#include "isa/ia32/far.h"
#include "isa/ia32/frame.h"
#include "isa/ia32/task.h"

static bool push_return(struct ia_cpu *c, struct ia_frame *f, unsigned size)
{
    return ia_frame_push(c, f, size, c->seg[IA_CS].selector) && ia_frame_push(c, f, size, c->next);
}

static bool to_code(struct ia_cpu *c, unsigned size, struct ia_pointer at, struct ia_descriptor *d)
{
    struct ia_frame f;
    if (!ia_code_check(c, at.selector, d))
        return false;
    ia_frame_begin(c, &f, IA_FRAME_OF_CALL, 0);
    if (!push_return(c, &f, size) || !ia_offset_check(c, d, at.offset, 0) || !ia_frame_reach(c, &f) || !ia_descriptor_access(c, d))
        return false;
    ia_frame_commit(c, &f);
    ia_code_set(c, d, at.selector, c->cpl);
    ia_far_go(c, at.offset);
    return true;
}

/* The new stack gets the old one's place, the parameters from there, and the way back. That there is room for all comes first; the
 * parameters are read when their places are known to be wanted.
 * What a call inward leaves, of two parameters; addresses grow upwards:
 *
 *      outer stack             inner stack, as the TSS names it
 *     | parameter 1 |          | SS, outer    |
 *     | parameter 2 | <- ESP   | ESP, outer   |
 *                              | parameter 1  |
 *                              | parameter 2  |
 *                              | CS           |
 *                              | EIP          | <- ESP
 */
static bool push_inner(struct ia_cpu *c, struct ia_frame *f, const struct ia_gate_target *t)
{
    if (!ia_frame_push(c, f, t->size, c->seg[IA_SS].selector) || !ia_frame_push(c, f, t->size, c->r[IA_ESP]))
        return false;
    for (unsigned n = 0; n < t->parameters; n++)
        if (!ia_frame_push(c, f, t->size, 0))
            return false;
    return push_return(c, f, t->size);
}

static bool read_parameters(struct ia_cpu *c, struct ia_frame *f, const struct ia_gate_target *t)
{
    enum { BEHIND_STACK = 2 };
    for (unsigned n = 0; n < t->parameters; n++)
        if (!ia_stack_peek(c, (t->parameters - 1 - n) * t->size, t->size, &f->item[BEHIND_STACK + n].value))
            return false;
    return true;
}

static bool inward(struct ia_cpu *c, struct ia_gate_target *t)
{
    const unsigned cpl = ia_dpl(&t->code);
    struct ia_frame f;
    if (!ia_frame_begin_inner(c, &f, cpl, 0) || !push_inner(c, &f, t) || !ia_offset_check(c, &t->code, t->at.offset, 0) ||
        !read_parameters(c, &f, t) || !ia_frame_reach(c, &f) || !ia_descriptor_access(c, &t->code))
        return false;
    ia_frame_commit(c, &f);
    ia_code_set(c, &t->code, t->at.selector, cpl);
    ia_far_go(c, t->at.offset);
    return true;
}

/* A gate to conforming code, or to this ring, does not change the stack: the frame has the size that the gate says,
 * not the instruction. */
static bool through_gate(struct ia_cpu *c, uint16_t selector, const struct ia_descriptor *gate)
{
    struct ia_gate_target t;
    struct ia_frame f;
    if (!ia_gate_read(c, selector, gate, false, &t))
        return false;
    if (!ia_is_conforming(&t.code) && ia_dpl(&t.code) < c->cpl)
        return inward(c, &t);
    ia_frame_begin(c, &f, IA_FRAME_OF_CALL, 0);
    if (!push_return(c, &f, t.size) || !ia_offset_check(c, &t.code, t.at.offset, 0) || !ia_frame_reach(c, &f) ||
        !ia_descriptor_access(c, &t.code))
        return false;
    ia_frame_commit(c, &f);
    ia_code_set(c, &t.code, t.at.selector, c->cpl);
    ia_far_go(c, t.at.offset);
    return true;
}

/* The selector's descriptor says what kind of call this is; the offset of the instruction counts for code alone. */
static bool call_protected(struct ia_cpu *c, unsigned size, struct ia_pointer at)
{
    struct ia_descriptor d;
    if (ia_is_null(at.selector))
        return ia_gp(c, REASON_RESOURCE, 0);
    if (!ia_descriptor_read(c, at.selector, IA_GP, 0, &d))
        return false;
    if (ia_is_code(&d))
        return to_code(c, size, at, &d);
    if (ia_is_system(&d, IA_TYPE_CALL16) || ia_is_system(&d, IA_TYPE_CALL32))
        return through_gate(c, at.selector, &d);
    if (ia_is_system(&d, IA_TYPE_TASK_GATE) || ia_is_tss(&d, false) || ia_is_tss(&d, true))
        return ia_task_transfer(c, IA_BY_CALL, at.selector, &d);
    return ia_gp(c, REASON_RESOURCE, ia_selector_error(at.selector));
}

/* No descriptor, no privilege: but the frame must fit, and the offset be within the limit that the segment has. */
static bool call_paragraph(struct ia_cpu *c, unsigned size, struct ia_pointer at)
{
    const struct ia_segment cs = ia_is_v86(c) ? ia_segment_v86(at.selector) : ia_segment_real(c, IA_CS, at.selector);
    struct ia_frame f;
    ia_frame_begin(c, &f, IA_FRAME_OF_CALL, 0);
    if (!push_return(c, &f, size))
        return false;
    if (at.offset > cs.limit)
        return ia_gp(c, REASON_RESOURCE, 0);
    if (!ia_frame_reach(c, &f))
        return false;
    ia_frame_commit(c, &f);
    c->seg[IA_CS] = cs;
    ia_far_go(c, at.offset);
    return true;
}

static bool call(struct ia_cpu *c, unsigned size, struct ia_pointer at)
{
    return ia_is_paragraphs(c) ? call_paragraph(c, size, at) : call_protected(c, size, at);
}

bool ia_body_call_far(struct ia_cpu *c, const ia_insn *i) { return call(c, i->opsize, ia_pointer_of(i)); }

bool ia_body_call_far_m(struct ia_cpu *c, const ia_insn *i)
{
    struct ia_pointer at;
    return ia_pointer_read(c, i, &at) && call(c, i->opsize, at);
}
