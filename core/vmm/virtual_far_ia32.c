/* virtual_far_ia32.c - v_i of CALL and JMP to other segments: code, call gates, task gates and task states [SDM 2A CALL, JMP; 3A 5.8].
 */
#include "core/vmm/virtual_table_ia32.h"

/* A CALL or JMP on its way. */
struct transfer {
    struct far_op op;
    bool call;
    uint32_t back;     /* where it returns to */
    uint16_t selector; /* that the instruction names */
    struct descriptor descriptor;
};

/* CS gets the code segment with this CPL; EIP follows. The checks are done, but for the accessed bit. */
static bool enter(const struct transfer *x, const struct descriptor *code, uint16_t selector, unsigned cpl, struct frame *f,
                  uint32_t eip)
{
    const struct far_op *op = &x->op;
    struct ia32_v_segment cs;

    if (!frame_reach(op, f) || !segment_of(op, code, (uint16_t)((selector & ~3u) | cpl), &cs))
        return false;
    ia32_v_cpl_set(op->vcpu, cpl);
    frame_commit(op, f);
    ia32_v_segment_set(op->vcpu, IA_CS, &cs);
    virtual_of(op->vcpu)->next = eip;
    return true;
}

static void push_return(const struct transfer *x, struct frame *f, unsigned size)
{
    frame_push(f, size, ia32_v_segment(x->op.vcpu, IA_CS).selector);
    frame_push(f, size, x->back);
}

static bool same_ring(const struct transfer *x, const struct descriptor *code, uint16_t selector, unsigned size, uint32_t eip)
{
    const struct far_op *op = &x->op;
    struct frame f;

    frame_begin(op, FRAME_OF_CALL, &f);
    if (x->call)
        push_return(x, &f, size);
    return frame_room(op, &f) && code_within(op, code, eip) && enter(x, code, selector, virtual_of(op->vcpu)->cpl, &f, eip);
}

/* --- Code segments */

static unsigned code_verdict(const struct descriptor *d, uint16_t selector, unsigned cpl)
{
    const unsigned dpl = descriptor_dpl(d);

    if (descriptor_is_conforming(d) ? dpl > cpl : selector_rpl(selector) > cpl || dpl != cpl)
        return IA_GP;
    return descriptor_present(d) ? FINE : IA_NP;
}

static bool to_code(const struct transfer *x, unsigned size, uint32_t eip)
{
    const struct descriptor *d = &x->descriptor;
    const unsigned verdict = code_verdict(d, x->selector, virtual_of(x->op.vcpu)->cpl);

    if (verdict != FINE)
        return far_refuse(&x->op, verdict, x->selector, code_verdict(d, x->selector, 0));
    return same_ring(x, d, x->selector, size, eip);
}

/* --- Call gates */

/* A more privileged ring: its stack gets the place of the old one, the parameters from there, and the way back [SDM 3A 5.8.5]. */
static bool to_inner_ring(const struct transfer *x, const struct descriptor *gate, const struct descriptor *code)
{
    const struct far_op *op = &x->op;
    const unsigned ring = descriptor_dpl(code), size = gate_size(gate), parameters = gate->high & 0x1f;
    struct frame f;

    if (!frame_inner(op, ring, &f))
        return false;
    frame_push(&f, size, ia32_v_segment(op->vcpu, IA_SS).selector);
    frame_push(&f, size, ia32_v_reg(op->vcpu, IA_ESP, 4));
    for (unsigned n = 0; n < parameters; n++)
        frame_push(&f, size, 0);
    push_return(x, &f, size);
    if (!frame_room(op, &f) || !code_within(op, code, gate_offset(gate)))
        return false;
    for (unsigned n = 0; n < parameters; n++)
        if (!ia32_v_peek(op->vcpu, (parameters - 1 - n) * size, size, &f.item[2 + n].value, op->t))
            return false;
    return enter(x, code, gate_selector(gate), ring, &f, gate_offset(gate));
}

/* A JMP stays in its ring; a CALL goes to any that is not less privileged. */
static unsigned target_verdict(const struct descriptor *code, unsigned cpl, bool call)
{
    const unsigned dpl = descriptor_dpl(code);

    if (!descriptor_is_code(code) || (call || descriptor_is_conforming(code) ? dpl > cpl : dpl != cpl))
        return IA_GP;
    return descriptor_present(code) ? FINE : IA_NP;
}

static bool by_call_gate(const struct transfer *x)
{
    const struct descriptor *gate = &x->descriptor;
    const uint16_t selector = gate_selector(gate);
    const unsigned cpl = virtual_of(x->op.vcpu)->cpl;
    struct descriptor code;

    if (selector_is_null(selector))
        return far_fault(&x->op, IA_GP, 0);
    if (!table_find(&x->op, selector, IA_GP, &code))
        return false;
    const unsigned verdict = target_verdict(&code, cpl, x->call);
    if (verdict != FINE)
        return far_refuse(&x->op, verdict, selector, target_verdict(&code, 0, x->call));
    if (x->call && !descriptor_is_conforming(&code) && descriptor_dpl(&code) < cpl)
        return to_inner_ring(x, gate, &code);
    return same_ring(x, &code, selector, gate_size(gate), gate_offset(gate));
}

/* --- Task gates and task states */

bool task_find(const struct far_op *op, uint16_t selector, bool busy, unsigned vector, struct descriptor *tss)
{
    if (selector_is_null(selector))
        return far_fault(op, vector, 0);
    if (!table_find_global(op, selector, vector, tss))
        return false;
    if (!descriptor_is_task(tss, busy))
        return far_fault(op, vector, selector);
    return descriptor_present(tss) || far_fault(op, IA_NP, selector);
}

/* `selector`: the instruction's, or that of a task gate. */
static bool to_task(const struct transfer *x, uint16_t selector)
{
    struct task_switch s = {.way = x->call ? TASK_CALL : TASK_JUMP, .selector = selector, .eip = x->back};

    s.eflags = ia32_v_flags(x->op.vcpu);
    return task_find(&x->op, selector, false, IA_GP, &s.descriptor) && task_switch(&x->op, &s) && task_begins(&x->op, &s);
}

/* --- The instructions */

/* Gates and task states are open to the rings up to their DPL, RPL included. Whether a task state is present is looked at later. */
static unsigned gate_verdict(const struct descriptor *d, uint16_t selector, unsigned cpl)
{
    const unsigned dpl = descriptor_dpl(d);

    if (dpl < cpl || dpl < selector_rpl(selector))
        return IA_GP;
    return descriptor_is_task(d, false) || descriptor_is_task(d, true) || descriptor_present(d) ? FINE : IA_NP;
}

static bool to_system(const struct transfer *x)
{
    const struct descriptor *d = &x->descriptor;
    const unsigned type = descriptor_type(d), verdict = gate_verdict(d, x->selector, virtual_of(x->op.vcpu)->cpl);
    const bool call_gate = type == TABLE_CALL16 || type == TABLE_CALL32,
               task = descriptor_is_task(d, false) || descriptor_is_task(d, true);

    if (!call_gate && !task && type != TABLE_TASK_GATE)
        return far_fault(&x->op, IA_GP, x->selector);
    if (verdict != FINE)
        return far_refuse(&x->op, verdict, x->selector, gate_verdict(d, x->selector, 0));
    if (call_gate)
        return by_call_gate(x);
    return to_task(x, task ? x->selector : gate_selector(d));
}

static bool transfer(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t, bool call)
{
    struct transfer x = {.op = {.vcpu = vcpu, .t = t}, .call = call, .back = virtual_of(vcpu)->next};
    uint32_t offset = i->imm;

    x.selector = i->selector;
    if (i->rm_is_memory && !far_pointer(&x.op, i, &x.selector, &offset))
        return false;
    if (selector_is_null(x.selector))
        return far_fault(&x.op, IA_GP, 0);
    if (!table_find(&x.op, x.selector, IA_GP, &x.descriptor))
        return false;
    if (descriptor_is_code(&x.descriptor))
        return to_code(&x, i->opsize, i->opsize == 4 ? offset : offset & 0xffff);
    return to_system(&x);
}

bool ia32_v_call_far(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t) { return transfer(vcpu, i, t, true); }
bool ia32_v_jmp_far(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t) { return transfer(vcpu, i, t, false); }
