/* virtual_return_ia32.c - v_i of RET to another segment and of IRET: to the same ring, to an outer one, to another task, to
 * virtual-8086 mode [SDM 2B RET, 2A IRET].
 */
#include "core/vmm/virtual_table_ia32.h"

/* All of `count` items of this size, from `above` bytes over the stack's top on, are in its segment. Else #SS(0). */
static bool stacked(const struct far_op *op, uint32_t above, unsigned size, unsigned count)
{
    const struct ia32_v_segment ss = ia32_v_segment(op->vcpu, IA_SS);
    const uint32_t esp = ia32_v_reg(op->vcpu, IA_ESP, 4), mask = ia32_v_stack_mask(op->vcpu);

    for (unsigned n = 0; n < count; n++)
        if (!ia32_v_within(&ss, (esp + above + n * size) & mask, size, PT_READ))
            return far_fault(op, IA_SS_FAULT, 0);
    return true;
}

static bool peek(const struct far_op *op, uint32_t above, unsigned size, unsigned count, uint32_t *out)
{
    if (!stacked(op, above, size, count))
        return false;
    for (unsigned n = 0; n < count; n++)
        if (!ia32_v_peek(op->vcpu, above + n * size, size, &out[n], op->t))
            return false;
    return true;
}

/* The code segment that is returned to: the ring is its RPL, and never an inner one. */
static unsigned code_verdict(const struct descriptor *d, uint16_t selector, unsigned cpl)
{
    const unsigned rpl = selector_rpl(selector), dpl = descriptor_dpl(d);

    if (!descriptor_is_code(d) || rpl < cpl || (descriptor_is_conforming(d) ? dpl > rpl : dpl != rpl))
        return IA_GP;
    return descriptor_present(d) ? FINE : IA_NP;
}

static bool code_find(const struct far_op *op, uint16_t selector, struct descriptor *d)
{
    if (selector_is_null(selector))
        return far_fault(op, IA_GP, 0);
    if (!table_find(op, selector, IA_GP, d))
        return false;
    const unsigned verdict = code_verdict(d, selector, virtual_of(op->vcpu)->cpl);
    return verdict == FINE || far_refuse(op, verdict, selector, code_verdict(d, selector, 0));
}

/* What the ring that is returned to may not use is gone from the data segments. */
static void hide(const struct far_op *op, unsigned cpl)
{
    static const uint8_t data[] = {IA_ES, IA_DS, IA_FS, IA_GS};

    for (unsigned n = 0; n < sizeof data; n++) {
        const struct ia32_v_segment s = ia32_v_segment(op->vcpu, data[n]), none = segment_null(0);
        const bool conforming = (s.rights & 0x1c) == 0x1c;
        if (s.rights & IA_RIGHTS_NULL || (!conforming && (s.rights & IA_RIGHTS_DPL) >> 5 < cpl))
            ia32_v_segment_set(op->vcpu, data[n], &none);
    }
}

/* Where a RET or IRET goes to: CS and EIP from the stack; SS and ESP behind them if to an outer ring. */
struct returning {
    struct far_op op;
    unsigned size;    /* of the items */
    uint32_t above;   /* bytes of what both rings pop, so that SS and ESP are behind */
    uint32_t release; /* bytes that both stacks give up besides */
    uint32_t eip;
    struct ia32_v_segment cs, ss;
    uint32_t esp;
    bool outer;
};

static bool target_check(struct returning *r, uint16_t selector)
{
    const struct far_op *op = &r->op;
    struct descriptor code, stack;
    uint32_t item[2] = {0};

    if (!code_find(op, selector, &code))
        return false;
    r->outer = selector_rpl(selector) > virtual_of(op->vcpu)->cpl;
    if (r->outer && (!peek(op, r->above + r->release, r->size, 2, item) ||
                     !stack_find(op, (uint16_t)item[1], selector_rpl(selector), IA_GP, &stack)))
        return false;
    r->esp = item[0];
    return code_within(op, &code, r->eip) && segment_of(op, &code, selector, &r->cs) &&
           (!r->outer || segment_of(op, &stack, (uint16_t)item[1], &r->ss));
}

static void target_commit(const struct returning *r)
{
    const struct far_op *op = &r->op;
    struct vcpu *vcpu = op->vcpu;
    const unsigned ring = selector_rpl(r->cs.selector);

    if (r->outer) {
        ia32_v_cpl_set(vcpu, ring);
        ia32_v_segment_set(vcpu, IA_SS, &r->ss);
        ia32_v_stack_set(vcpu, r->esp + r->release);
    } else {
        ia32_v_stack_set(vcpu, ia32_v_reg(vcpu, IA_ESP, 4) + r->above + r->release);
    }
    ia32_v_segment_set(vcpu, IA_CS, &r->cs);
    if (r->outer)
        hide(op, ring);
    virtual_of(vcpu)->next = r->eip;
}

bool ia32_v_ret_far(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    struct returning r = {.op = {.vcpu = vcpu, .t = t}, .size = i->opsize, .above = 2u * i->opsize};
    uint32_t item[2];

    r.release = i->row == IA_INSN_retf_i ? i->imm & 0xffff : 0;
    if (!peek(&r.op, 0, r.size, 2, item))
        return false;
    r.eip = item[0];
    if (!target_check(&r, (uint16_t)item[1]))
        return false;
    target_commit(&r);
    return true;
}

/* --- IRET */

/* Which flags it loads, by the ring that executes it. */
static uint32_t flags_loaded(struct vcpu *vcpu, unsigned size)
{
    const unsigned cpl = virtual_of(vcpu)->cpl;
    uint32_t mask = EFLAGS_STATUS | EFLAGS_TF | EFLAGS_DF | EFLAGS_NT;

    if (size == 4)
        mask |= EFLAGS_RF | EFLAGS_AC | EFLAGS_ID;
    if (cpl <= ia32_v_iopl(vcpu))
        mask |= EFLAGS_IF;
    if (cpl == 0)
        mask |= EFLAGS_IOPL | (size == 4 ? EFLAGS_VIF | EFLAGS_VIP : 0);
    return mask & ia32_v_flags_known(vcpu);
}

/* To the task that the current one was called from, whose task state is still busy. */
static bool to_calling_task(const struct far_op *op)
{
    struct vcpu *vcpu = op->vcpu;
    struct task_switch s = {.way = TASK_RETURN, .eip = virtual_of(vcpu)->next, .eflags = ia32_v_flags(vcpu) & ~(uint32_t)EFLAGS_NT};
    uint64_t link;

    if (!ia32_v_load(vcpu, virtual_of(vcpu)->tr.base, 2, IA32_BY_PROCESSOR, &link, op->t))
        return false;
    s.selector = (uint16_t)link;
    return task_find(op, s.selector, true, IA_TS, &s.descriptor) && task_switch(op, &s) && task_begins(op, &s);
}

/* A segment of virtual-8086 mode: the paragraph, 64 KiB, for ring 3. */
static void load_v86(struct vcpu *vcpu, unsigned seg, uint32_t selector)
{
    const struct ia32_v_segment s = {.selector = (uint16_t)selector,
                                     .base = (selector & 0xffff) << 4,
                                     .limit = 0xffff,
                                     .rights = 0xf3 /* P, DPL 3, data, accessed */};
    ia32_v_segment_set(vcpu, seg, &s);
}

static bool to_v86(const struct far_op *op, const uint32_t first[3])
{
    struct vcpu *vcpu = op->vcpu;
    uint32_t item[6]; /* ESP SS ES DS FS GS */

    if (!peek(op, 12, 4, 6, item))
        return false;
    if (first[0] > 0xffff)
        return far_fault(op, IA_GP, 0);
    ia32_v_flags_set(vcpu, first[2], ia32_v_flags_known(vcpu));
    ia32_v_cpl_set(vcpu, 3);
    load_v86(vcpu, IA_CS, first[1]);
    load_v86(vcpu, IA_SS, item[1]);
    load_v86(vcpu, IA_ES, item[2]);
    load_v86(vcpu, IA_DS, item[3]);
    load_v86(vcpu, IA_FS, item[4]);
    load_v86(vcpu, IA_GS, item[5]);
    ia32_v_reg_set(vcpu, IA_ESP, 4, item[0]);
    virtual_of(vcpu)->next = first[0];
    return true;
}

static bool iret(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    struct returning r = {.op = {.vcpu = vcpu, .t = t}, .size = i->opsize, .above = 3u * i->opsize};
    const uint32_t mask = flags_loaded(vcpu, i->opsize);
    uint32_t item[3];

    if (ia32_v_flags(vcpu) & EFLAGS_NT)
        return to_calling_task(&r.op);
    if (!peek(&r.op, 0, r.size, 3, item))
        return false;
    if (r.size == 4 && item[2] & EFLAGS_VM && virtual_of(vcpu)->cpl == 0) {
        if (!to_v86(&r.op, item))
            return false;
    } else {
        r.eip = item[0];
        if (!target_check(&r, (uint16_t)item[1]))
            return false;
        target_commit(&r);
        ia32_v_flags_set(vcpu, item[2], mask);
    }
    virtual_of(vcpu)->rf_loaded = true; /* RF is for the next instruction, which it came with or not [SDM 3B 17.3.1.1] */
    return true;
}

/* NMIs come again behind it [SDM 3A 6.7.1]. */
bool ia32_v_iret(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    if (!iret(vcpu, i, t))
        return false;
    virtual_of(vcpu)->nmi_masked = false;
    return true;
}
