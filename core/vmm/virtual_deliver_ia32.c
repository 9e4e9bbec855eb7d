/* virtual_deliver_ia32.c - trap entry of the virtual machine: its IDT, its gates, the stack of the handler's ring, its task states; out of
 * virtual-8086 mode, too, and in real mode [SDM 3A 6.11 to 6.15; 2A INT n].
 *
 * What is met on the way stands in the trap's place, and says in `during` of what: the next attempt decides what the two make of each other.
 */
#include "core/vmm/identity.h"
#include "core/vmm/virtual_table_ia32.h"

enum { DELIVER_DR7_GD = 1 << 13, DELIVER_DR6_BD = 1 << 13 };

/* --- Two exceptions [SDM 3A tables 6-4, 6-5] */

enum severity { BENIGN, CONTRIBUTORY, PAGE_FAULT, DOUBLE_FAULT };

static enum severity severity(unsigned vector)
{
    switch (vector) {
    case IA_DE:
    case IA_TS:
    case IA_NP:
    case IA_SS_FAULT:
    case IA_GP: return CONTRIBUTORY;
    case IA_PF: return PAGE_FAULT;
    case IA_DF: return DOUBLE_FAULT;
    default: return BENIGN;
    }
}

/* What is to be delivered of an exception that was met delivering another. false: nothing, the processor shuts down. */
static bool combine(struct trap *t)
{
    const enum severity first = severity(t->during - 1u), second = severity((unsigned)t->cause);

    if (second == BENIGN || first == BENIGN || (first == CONTRIBUTORY && second != CONTRIBUTORY) ||
        (first == PAGE_FAULT && second == DOUBLE_FAULT))
        return true;
    if (first == DOUBLE_FAULT)
        return false;
    *t = (struct trap){.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .row = t->row, .length = t->length, .cause = IA_DF};
    return true;
}

/* --- The event */

struct event {
    struct far_op op;
    unsigned vector;
    bool asked; /* by INT n, INT3 or INTO */
    bool has_error;
    uint32_t error;
    uint32_t eip, eflags; /* that the handler finds saved */
};

static bool vector_has_error(unsigned vector) { return vector == IA_DF || (vector >= IA_TS && vector <= IA_PF) || vector == IA_AC; }

/* INT n, INT3, INTO and INT1; the #GP of a gate that is closed to them has an error code. */
static bool is_asked(const struct trap *t)
{
    return t->kind == TRAP_EXCEPTION && t->reason == REASON_REQUESTED && t->error == 0 && t->cause != IA_UD;
}

/* Of class fault: the instruction comes again, without its breakpoint [SDM 3B 17.3.1.1]. */
static bool is_fault(const struct trap *t)
{
    if (t->kind != TRAP_EXCEPTION || is_asked(t))
        return false;
    return t->cause == IA_DB ? t->tval & DELIVER_DR6_BD : t->cause != IA_DF;
}

/* INT1 comes like an event that nobody asked for: no gate is closed to it, and EXT is set [SDM 2A INT n]. */
static struct event event_of(struct vcpu *vcpu, const struct trap *t)
{
    const bool program = is_asked(t), asked = program && t->cause != IA_DB;
    struct event e = {.op = {.vcpu = vcpu, .ext = !asked}, .vector = t->cause & 0xff, .asked = asked, .error = t->error};

    e.has_error = t->kind == TRAP_EXCEPTION && !program && vector_has_error(e.vector);
    e.eip = (uint32_t)vcpu_identity_get(vcpu, MACHINE_PC) + (program ? t->length : 0u);
    e.eflags = ia32_v_flags(vcpu) | (is_fault(t) ? EFLAGS_RF : 0u);
    return e;
}

/* A fault that names the IDT. */
static bool gate_fault(const struct event *e, unsigned vector)
{
    return ia32_v_raise(e->op.t, vector, REASON_RESOURCE, e->vector * 8 + 2 + e->op.ext, 0);
}

/* --- Handlers that are procedures */

/* An interrupt gate closes IF, a trap gate does not. */
static void flags_of_handler(const struct event *e, const struct descriptor *gate)
{
    const bool closes = (descriptor_type(gate) & ~(unsigned)TABLE_WIDE) == TABLE_INTERRUPT16;

    ia32_v_flags_set(e->op.vcpu, 0, EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | (closes ? EFLAGS_IF : 0u));
}

static bool is_v86(const struct event *e) { return ia32_v_flags(e->op.vcpu) & EFLAGS_VM; }

/* From virtual-8086 mode a handler is in ring 0. */
static bool code_check(const struct event *e, uint16_t selector, struct descriptor *code)
{
    if (selector_is_null(selector))
        return far_fault(&e->op, IA_GP, 0);
    if (!table_find(&e->op, selector, IA_GP, code))
        return false;
    if (!descriptor_is_code(code) || descriptor_dpl(code) > virtual_of(e->op.vcpu)->cpl)
        return far_fault(&e->op, IA_GP, selector);
    if (!descriptor_present(code))
        return far_fault(&e->op, IA_NP, selector);
    if (is_v86(e) && (descriptor_is_conforming(code) || descriptor_dpl(code) != 0))
        return far_fault(&e->op, IA_GP, selector);
    return true;
}

static const uint8_t data_segments[] = {IA_GS, IA_FS, IA_DS, IA_ES};

/* From virtual-8086 mode they are saved on the stack, and no segments then. */
static void push_data_segments(const struct event *e, struct frame *f, unsigned size)
{
    for (unsigned n = 0; n < sizeof data_segments && is_v86(e); n++)
        frame_push(f, size, ia32_v_segment(e->op.vcpu, data_segments[n]).selector);
}
static void drop_data_segments(const struct event *e)
{
    const struct ia32_v_segment none = segment_null(0);

    for (unsigned n = 0; n < sizeof data_segments; n++)
        ia32_v_segment_set(e->op.vcpu, data_segments[n], &none);
}

static bool by_gate(const struct event *e, const struct descriptor *gate)
{
    const struct far_op *op = &e->op;
    struct vcpu *vcpu = op->vcpu;
    const unsigned cpl = virtual_of(vcpu)->cpl, size = gate_size(gate);
    const uint16_t selector = gate_selector(gate);
    struct ia32_v_segment cs;
    struct descriptor code;
    struct frame f;

    if (!code_check(e, selector, &code))
        return false;
    const bool inner = !descriptor_is_conforming(&code) && descriptor_dpl(&code) < cpl;
    const unsigned ring = inner ? descriptor_dpl(&code) : cpl;
    if (inner) {
        if (!frame_inner(op, ring, &f))
            return false;
        push_data_segments(e, &f, size);
        frame_push(&f, size, ia32_v_segment(vcpu, IA_SS).selector);
        frame_push(&f, size, ia32_v_reg(vcpu, IA_ESP, 4));
    } else {
        frame_begin(op, FRAME_OF_EVENT, &f);
    }
    frame_push(&f, size, e->eflags);
    frame_push(&f, size, ia32_v_segment(vcpu, IA_CS).selector);
    frame_push(&f, size, e->eip);
    if (e->has_error)
        frame_push(&f, size, e->error);
    if (!frame_room(op, &f) || !code_within(op, &code, gate_offset(gate)) || !frame_reach(op, &f) ||
        !segment_of(op, &code, (uint16_t)((selector & ~3u) | ring), &cs))
        return false;
    const bool v86 = is_v86(e);
    flags_of_handler(e, gate);
    ia32_v_cpl_set(vcpu, ring);
    frame_commit(op, &f);
    if (v86)
        drop_data_segments(e);
    ia32_v_segment_set(vcpu, IA_CS, &cs);
    virtual_of(vcpu)->next = gate_offset(gate);
    return true;
}

/* --- Handlers that are tasks */

/* The error code goes on the new task's stack, in units of its size. */
static bool push_error(const struct event *e)
{
    struct frame f;

    if (!e->has_error)
        return true;
    frame_begin(&e->op, FRAME_OF_EVENT, &f);
    frame_push(&f, virtual_of(e->op.vcpu)->tr.rights & TABLE_WIDE ? 4 : 2, e->error);
    if (!frame_room(&e->op, &f) || !frame_reach(&e->op, &f))
        return false;
    frame_commit(&e->op, &f);
    return true;
}

static bool by_task_gate(const struct event *e, const struct descriptor *gate)
{
    struct task_switch s = {.way = TASK_EVENT, .selector = gate_selector(gate), .eip = e->eip, .eflags = e->eflags};

    return task_find(&e->op, s.selector, false, IA_GP, &s.descriptor) && task_switch(&e->op, &s) && push_error(e) &&
           task_begins(&e->op, &s);
}

/* --- Real mode: four bytes of the vector table. Of CS the base alone changes [SDM 3A 20.1.4]. */

static bool enter_real(const struct event *e)
{
    const struct far_op *op = &e->op;
    const struct virtual_ia32 *v = virtual_of(op->vcpu);
    struct ia32_v_segment cs = ia32_v_segment(op->vcpu, IA_CS);
    uint64_t vector;
    struct frame f;

    if (e->vector * 4 + 3 > v->idtr.limit)
        return gate_fault(e, IA_GP);
    if (!ia32_v_load(op->vcpu, v->idtr.base + e->vector * 4, 4, IA32_BY_PROCESSOR, &vector, op->t))
        return false;
    frame_begin(op, FRAME_OF_EVENT, &f);
    frame_push(&f, 2, e->eflags);
    frame_push(&f, 2, cs.selector);
    frame_push(&f, 2, e->eip);
    if (!frame_room(op, &f))
        return false;
    if ((vector & 0xffff) > cs.limit)
        return far_fault(op, IA_GP, 0);
    if (!frame_reach(op, &f))
        return false;
    frame_commit(op, &f);
    cs.selector = (uint16_t)(vector >> 16);
    cs.base = (uint32_t)cs.selector << 4;
    ia32_v_segment_set(op->vcpu, IA_CS, &cs);
    ia32_v_flags_set(op->vcpu, 0, EFLAGS_IF | EFLAGS_TF | EFLAGS_RF | EFLAGS_AC);
    virtual_of(op->vcpu)->next = vector & 0xffff;
    return true;
}

/* --- */

static bool enter(const struct event *e)
{
    const struct virtual_ia32 *v = virtual_of(e->op.vcpu);
    struct descriptor gate;
    uint64_t bits;

    if (!(v->cr0 & CR0_PE))
        return enter_real(e);
    if (e->vector * 8 + 7 > v->idtr.limit)
        return gate_fault(e, IA_GP);
    if (!ia32_v_load(e->op.vcpu, v->idtr.base + e->vector * 8, 8, IA32_BY_PROCESSOR, &bits, e->op.t))
        return false;
    gate = (struct descriptor){.low = (uint32_t)bits, .high = (uint32_t)(bits >> 32)};
    switch (descriptor_type(&gate)) {
    case TABLE_TASK_GATE:
    case TABLE_INTERRUPT16:
    case TABLE_TRAP16:
    case TABLE_INTERRUPT32:
    case TABLE_TRAP32: break;
    default: return gate_fault(e, IA_GP);
    }
    if (e->asked && descriptor_dpl(&gate) < v->cpl)
        return gate_fault(e, IA_GP);
    if (!descriptor_present(&gate))
        return gate_fault(e, IA_NP);
    return descriptor_type(&gate) == TABLE_TASK_GATE ? by_task_gate(e, &gate) : by_gate(e, &gate);
}

/* What the processor notes of an exception whatever becomes of it, a double fault or the end [SDM 3A 6.15, #PF]. */
static void note(struct virtual_ia32 *v, const struct trap *t)
{
    if (t->kind != TRAP_EXCEPTION || is_asked(t))
        return;
    if (t->cause == IA_PF) {
        v->cr2 = (uint32_t)t->tval;
    } else if (t->cause == IA_DB) {
        v->dr[6] |= (uint32_t)t->tval;
        v->dr[7] &= ~(uint32_t)DELIVER_DR7_GD;
    }
}

enum delivery ia32_v_deliver(struct vcpu *vcpu, struct trap *t)
{
    struct virtual_ia32 *v = virtual_of(vcpu);
    struct trap met = {.kind = TRAP_EXCEPTION, .row = INSN_NONE};

    note(v, t);
    if (t->kind == TRAP_EXCEPTION && t->during && !combine(t))
        return DELIVERY_SHUTDOWN;
    struct event e = event_of(vcpu, t);
    e.op.t = &met;
    v->next = (uint32_t)vcpu_identity_get(vcpu, MACHINE_PC);
    if (!enter(&e)) {
        met.during = (uint8_t)(1 + (t->kind == TRAP_EXCEPTION && !is_asked(t) ? e.vector : (unsigned)IA_NMI));
        *t = met;
        return DELIVERY_TRAPPED;
    }
    if (t->kind == TRAP_INTERRUPT && t->cause == IA_NMI)
        v->nmi_masked = true;
    vcpu_identity_set(vcpu, IA_SHADOW, 0);
    vcpu_identity_set(vcpu, MACHINE_PC, v->next);
    return DELIVERED;
}
