/* deliver.c - interrupts and exceptions enter their handlers [SDM 3A 6; 2A INT n].
 *
 * One attempt is one call: either the handler's first instruction is next, or nothing changed and another trap stands in the place of this
 * one, to be delivered in turn. A trap that meets another is told of by `during`; from the two follows whether the second is delivered,
 * becomes a double fault, or ends it all [SDM 3A table 6-5].
 */
#include "isa/ia32/far.h"
#include "isa/ia32/frame.h"
#include "isa/ia32/gate.h"
#include "isa/ia32/system.h"
#include "isa/ia32/task.h"

/* --- What it is */

/* A trap that the program asked for has no error code; the #GP of a gate that is closed to it has one, and is a fault like others. */
static bool is_asked(const struct trap *t)
{
    return t->kind == TRAP_EXCEPTION && t->reason == REASON_REQUESTED && t->error == 0 && t->cause != IA_UD;
}

static bool is_fault(const struct trap *t)
{
    if (t->kind != TRAP_EXCEPTION || is_asked(t))
        return false;
    return t->cause == IA_DB ? t->tval & DR6_BD : t->cause != IA_DF; /* #DB is a trap but for GD and breakpoints on instructions */
}

static struct ia_event event_of(const struct ia_cpu *c, const struct trap *t)
{
    const bool asked = is_asked(t), icebp = asked && t->cause == IA_DB;
    return (struct ia_event){
        .vector = (uint8_t)t->cause,
        .asked = asked && !icebp,
        .has_error = t->kind == TRAP_EXCEPTION && !asked && ia_vector_has_error((unsigned)t->cause),
        .error = t->error,
        .ext = !asked || icebp,
        .eip = asked ? c->eip + t->length : c->eip,
        .flags = ia_flags_get(c) | (is_fault(t) ? EFLAGS_RF : 0),
    };
}

/* --- Real mode: four bytes of the vector table */

/* A frame of three words, as a PUSHF and a far CALL would leave it; there are no error codes in real mode. The
 * limit of the IDT is asked first: a vector outside of it is #GP, whose own vector may be outside, too, and so on
 * to shutdown, by which some kernels reset the machine. */
static bool enter_real(struct ia_cpu *c, const struct ia_event *e)
{
    struct ia_frame f;
    uint64_t vector;
    if (e->vector * 4u + 3 > c->idtr.limit)
        return ia_gp(c, REASON_RESOURCE, e->vector * 8u + 2 + e->ext);
    ia_frame_begin(c, &f, IA_FRAME_OF_EVENT, e->ext);
    if (!ia_load_linear(c, c->idtr.base + e->vector * 4u, 4, true, &vector) || !ia_frame_push(c, &f, 2, e->flags) ||
        !ia_frame_push(c, &f, 2, c->seg[IA_CS].selector) || !ia_frame_push(c, &f, 2, e->eip))
        return false;
    const struct ia_segment cs = ia_segment_real(c, IA_CS, (uint16_t)(vector >> 16));
    if ((vector & 0xffff) > cs.limit)
        return ia_gp(c, REASON_RESOURCE, e->ext);
    if (!ia_frame_reach(c, &f))
        return false;
    ia_frame_commit(c, &f);
    c->seg[IA_CS] = cs;
    c->eip = vector & 0xffff;
    ia_flags_set(c, 0, EFLAGS_IF | EFLAGS_TF | EFLAGS_RF | EFLAGS_AC);
    return true;
}

/* --- Task gates */

/* The error code goes on the stack of the new task, which is loaded by then: what is wrong there is a trap of the
 * new task. */
static bool enter_task(struct ia_cpu *c, const struct ia_event *e, const struct ia_descriptor *gate)
{
    struct ia_switch s = {
        .by = IA_BY_EVENT, .selector = (uint16_t)(gate->low >> 16), .resume = e->eip, .flags = e->flags, .ext = e->ext};
    struct ia_frame f;
    if (!ia_task_find(c, &s, false, IA_GP) || !ia_task_switch(c, &s))
        return false;
    if (e->has_error) {
        ia_frame_begin(c, &f, IA_FRAME_OF_EVENT, e->ext);
        if (!ia_frame_push(c, &f, c->tr.rights & IA_TYPE_32 ? 4 : 2, e->error) || !ia_frame_reach(c, &f))
            return false;
        ia_frame_commit(c, &f);
    }
    return ia_task_begins(c, &s);
}

/* --- Interrupt and trap gates */

struct target {
    uint16_t selector;
    uint32_t offset;
    struct ia_descriptor code;
    unsigned size; /* of what is pushed */
    unsigned cpl;  /* of the handler */
    bool closes;   /* an interrupt gate: IF goes */
};

/* The handler is in an inner ring or in this one; from V86 mode it is in ring 0. */
static bool read_target(struct ia_cpu *c, const struct ia_event *e, const struct ia_descriptor *gate, struct target *t)
{
    const bool wide = ia_type(gate) & IA_TYPE_32;
    *t = (struct target){.selector = (uint16_t)(gate->low >> 16),
                         .offset = (gate->low & 0xffff) | (wide ? gate->high & 0xffff0000 : 0),
                         .size = wide ? 4 : 2,
                         .closes = !(ia_type(gate) & 1)};
    if (ia_is_null(t->selector))
        return ia_gp(c, REASON_RESOURCE, e->ext);
    if (!ia_descriptor_read(c, t->selector, IA_GP, e->ext, &t->code))
        return false;
    const uint32_t error = ia_selector_error(t->selector) | e->ext;
    if (!ia_is_code(&t->code) || ia_dpl(&t->code) > c->cpl)
        return ia_gp(c, REASON_RESOURCE, error);
    if (!ia_is_present(&t->code))
        return ia_raise(c, IA_NP, REASON_RESOURCE, true, error, 0);
    t->cpl = ia_is_conforming(&t->code) ? c->cpl : ia_dpl(&t->code);
    return !ia_is_v86(c) || t->cpl == 0 || ia_gp(c, REASON_RESOURCE, error);
}

/* What a handler finds on its stack, items of 4 or of 2 bytes by the kind of the gate. Higher addresses are above,
 * ESP is at the last:
 *
 *    from V86 mode     from an outer ring    from the same ring
 *      GS
 *      FS
 *      DS
 *      ES
 *      SS                SS
 *      ESP               ESP
 *      EFLAGS            EFLAGS                EFLAGS
 *      CS                CS                    CS
 *      EIP               EIP                   EIP
 *      error code        error code            error code      of some exceptions
 *
 * The handler pops the error code itself: IRET does not know of it. */
static bool push_data_segments(struct ia_cpu *c, struct ia_frame *f, unsigned size)
{
    static const uint8_t order[] = {IA_GS, IA_FS, IA_DS, IA_ES};
    for (unsigned n = 0; n < sizeof order; n++)
        if (!ia_frame_push(c, f, size, c->seg[order[n]].selector))
            return false;
    return true;
}

static bool push_all(struct ia_cpu *c, const struct ia_event *e, const struct target *t, struct ia_frame *f)
{
    if (t->cpl == c->cpl)
        ia_frame_begin(c, f, IA_FRAME_OF_EVENT, e->ext);
    else if (!ia_frame_begin_inner(c, f, t->cpl, e->ext) || (ia_is_v86(c) && !push_data_segments(c, f, t->size)) ||
             !ia_frame_push(c, f, t->size, c->seg[IA_SS].selector) || !ia_frame_push(c, f, t->size, c->r[IA_ESP]))
        return false;
    return ia_frame_push(c, f, t->size, e->flags) && ia_frame_push(c, f, t->size, c->seg[IA_CS].selector) &&
           ia_frame_push(c, f, t->size, e->eip) && (!e->has_error || ia_frame_push(c, f, t->size, e->error));
}

/* A selector of V86 mode is a paragraph; as a selector of protected mode it would name any descriptor. So they are
 * null in the handler, and IRET loads those on the stack. */
static void drop_data_segments(struct ia_cpu *c)
{
    static const uint8_t data[] = {IA_ES, IA_DS, IA_FS, IA_GS};
    for (unsigned n = 0; n < sizeof data; n++)
        c->seg[data[n]] = ia_segment_null(0);
}

/* First all that can fail, then the frame, then the registers. EFLAGS are cleared last: they are of the old state
 * until then, and V86 is one of them. */
static bool enter_gate(struct ia_cpu *c, const struct ia_event *e, const struct ia_descriptor *gate)
{
    struct target t;
    struct ia_frame f;
    if (!read_target(c, e, gate, &t) || !push_all(c, e, &t, &f) || !ia_offset_check(c, &t.code, t.offset, e->ext) ||
        !ia_frame_reach(c, &f) || !ia_descriptor_access(c, &t.code))
        return false;
    ia_frame_commit(c, &f);
    if (ia_is_v86(c))
        drop_data_segments(c);
    ia_code_set(c, &t.code, t.selector, t.cpl);
    c->eip = t.offset;
    ia_flags_set(c, 0, EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | (t.closes ? EFLAGS_IF : 0));
    return true;
}

/* --- */

/* The DPL of the gate is asked of those who came on purpose: a program may call INT 80h if the gate allows it, and
 * cannot forge a page fault by INT 14. An event from outside and a fault ask nothing. */
static bool enter_protected(struct ia_cpu *c, const struct ia_event *e)
{
    const uint32_t error = e->vector * 8u + 2 + e->ext;
    struct ia_descriptor gate = {.at = c->idtr.base + e->vector * 8u};
    uint64_t entry;
    if (e->vector * 8u + 7 > c->idtr.limit)
        return ia_gp(c, REASON_RESOURCE, error);
    if (!ia_load_linear(c, gate.at, 8, true, &entry))
        return false;
    gate.low = (uint32_t)entry;
    gate.high = (uint32_t)(entry >> 32);
    const unsigned type = ia_type(&gate), narrow = type & ~(unsigned)IA_TYPE_32;
    const bool is_gate = type == IA_TYPE_TASK_GATE || narrow == IA_TYPE_INTERRUPT16 || narrow == IA_TYPE_TRAP16;
    if (ia_is_segment(&gate) || !is_gate || (e->asked && ia_dpl(&gate) < c->cpl))
        return ia_gp(c, REASON_RESOURCE, error);
    if (!ia_is_present(&gate))
        return ia_raise(c, IA_NP, REASON_RESOURCE, true, error, 0);
    return type == IA_TYPE_TASK_GATE ? enter_task(c, e, &gate) : enter_gate(c, e, &gate);
}

/* What the registers of debugging and paging tell the handler, be it that of a double fault [SDM 3A 6.15, #PF]. */
static void report(struct ia_cpu *c, const struct trap *t)
{
    if (t->kind != TRAP_EXCEPTION || is_asked(t))
        return;
    if (t->cause == IA_PF)
        c->cr2 = (uint32_t)t->tval;
    if (t->cause == IA_DB) {
        c->dr[6] |= (uint32_t)t->tval;
        c->dr[7] &= ~(uint32_t)DR7_GD;
    }
}

/* What becomes of a second exception, met while the first was being delivered [SDM 3A table 6-5]:
 *
 *    first              second: benign    contributory    page fault
 *    benign                     second    second          second
 *    contributory               second    double fault    second
 *    page fault                 second    double fault    double fault
 *    double fault               second    shutdown        shutdown
 *
 * A double fault tells nothing of either: its error code is 0. */
enum severity { BENIGN, CONTRIBUTORY, PAGE, DOUBLE };
static enum severity severity_of(unsigned vector)
{
    switch (vector) {
    case IA_DE:
    case IA_TS:
    case IA_NP:
    case IA_SS_FAULT:
    case IA_GP: return CONTRIBUTORY;
    case IA_PF: return PAGE;
    case IA_DF: return DOUBLE;
    default: return BENIGN;
    }
}

/* The second of two exceptions: is it still itself? false: shutdown. */
static bool combine(struct trap *t)
{
    const enum severity first = severity_of(t->during - 1u), second = severity_of((unsigned)t->cause);
    if (first == DOUBLE && second != BENIGN)
        return false;
    if ((first == CONTRIBUTORY && second == CONTRIBUTORY) || (first == PAGE && (second == CONTRIBUTORY || second == PAGE)))
        *t = (struct trap){
            .kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .row = t->row, .length = t->length, .cause = IA_DF, .error = 0};
    return true;
}

/* An interrupt, whatever its number, is no exception: nothing met in its delivery is a second one. */
static uint8_t during_of(const struct trap *t)
{
    return t->kind == TRAP_EXCEPTION && !is_asked(t) ? (uint8_t)(t->cause + 1) : IA_NMI + 1;
}

/* The shadow of STI and MOV SS ends with an event that came in spite of it, such as a fault. */
static void entered(struct ia_cpu *c, const struct trap *t)
{
    if (t->kind == TRAP_INTERRUPT && t->cause == IA_NMI)
        c->nmi_masked = true;
    c->shadow = false;
    c->resume = 0;
    c->attention |= IA_ATTEND_EVENT | IA_ATTEND_CODE;
}

static bool enter(struct ia_cpu *c, const struct ia_event *e)
{
    if (ia_gate_enter(c, e))
        return true;
    if (!(ia_is_protected(c) ? enter_protected(c, e) : enter_real(c, e)))
        return false;
    ia_context_changed(c);
    return true;
}

/* `during` is the vector of the first trap and one more, so that 0 can say that there was none. DELIVERY_TRAPPED
 * asks the caller to deliver what stands in *t now, in the same way. */
enum delivery ia_deliver(struct machine *m, struct trap *t)
{
    if (m->ops->deliver)
        return m->ops->deliver(m, t);
    struct ia_cpu *c = ia_cpu_of(m);
    if (t->kind == TRAP_EXCEPTION && t->cause == IA_EXIT) /* nothing in the machine takes it: it is for who set inner mode */
        return DELIVERY_SHUTDOWN;
    report(c, t);
    if (t->during && t->kind == TRAP_EXCEPTION && !combine(t))
        return DELIVERY_SHUTDOWN;
    const struct ia_event e = event_of(c, t);
    if (enter(c, &e)) {
        entered(c, t);
        return DELIVERED;
    }
    c->trap.during = during_of(t);
    *t = c->trap;
    return DELIVERY_TRAPPED;
}
