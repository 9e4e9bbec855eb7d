/* virtual_segment_ia32.c - v_i of what loads a segment register, LDTR or TR, and of what asks about descriptors, by the tables that the
 * guest's memory has.
 */
#include "core/vmm/virtual_table_ia32.h"

/* --- Loads */

/* By the rules of MOV [SDM 2B MOV].
 * A null selector makes the register unusable and is no fault but in SS. The rules are asked for the guest's ring;
 * whether ring 0 would be allowed says why it was refused. */
static bool check(const struct far_op *op, unsigned seg, uint16_t selector, struct ia32_v_segment *s)
{
    const unsigned cpl = virtual_of(op->vcpu)->cpl;
    struct descriptor d;

    if (selector_is_null(selector) && seg != IA_SS) {
        *s = segment_null(selector);
        return true;
    }
    if (selector_is_null(selector))
        return far_fault(op, IA_GP, 0);
    if (!table_find(op, selector, IA_GP, &d))
        return false;
    const unsigned verdict = seg == IA_SS ? stack_verdict(&d, selector, cpl, IA_GP) : data_verdict(&d, selector, cpl, IA_GP);
    const unsigned at_0 = seg == IA_SS ? stack_verdict(&d, selector, 0, IA_GP) : data_verdict(&d, selector, 0, IA_GP);
    return verdict == FINE ? segment_of(op, &d, selector, s) : far_refuse(op, verdict, selector, at_0);
}

static bool load(const struct far_op *op, unsigned seg, uint16_t selector)
{
    struct ia32_v_segment s;

    if (!check(op, seg, selector, &s))
        return false;
    ia32_v_segment_set(op->vcpu, seg, &s);
    return true;
}

/* Behind MOV and POP into SS interrupts and #DB wait for one instruction [SDM 3A 6.8.3]. */
static bool hold(struct vcpu *vcpu, unsigned seg)
{
    if (seg == IA_SS)
        virtual_of(vcpu)->shadow_new = virtual_of(vcpu)->shadow_of_ss = true;
    return true;
}

bool ia32_v_mov_to_seg(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const struct far_op op = {.vcpu = vcpu, .t = t};
    uint32_t selector;

    if (i->reg == IA_CS || i->reg > IA_GS)
        return ia32_v_undefined(t);
    return ia32_v_operand(vcpu, i, 2, &selector, t) && load(&op, i->reg, (uint16_t)selector) && hold(vcpu, i->reg);
}

/* The register is in bits 5:3 of the last byte of the opcode: 07 17 1F, 0F A1, 0F A9. Whatever the operand size, a word is read. ESP moves
 * by the operand size, and by the stack that it was popped from. */
bool ia32_v_pop_seg(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const struct far_op op = {.vcpu = vcpu, .t = t};
    const unsigned seg = i->opcode >> 3 & 7;
    struct ia32_v_segment s;
    uint32_t selector;

    if (!ia32_v_peek(vcpu, 0, 2, &selector, t) || !check(&op, seg, (uint16_t)selector, &s))
        return false;
    ia32_v_stack_set(vcpu, ia32_v_reg(vcpu, IA_ESP, 4) + i->opsize);
    ia32_v_segment_set(vcpu, seg, &s);
    return hold(vcpu, seg);
}

static unsigned loaded(const struct ia32_decoded *i)
{
    switch (i->row) {
    case IA_INSN_les: return IA_ES;
    case IA_INSN_lds: return IA_DS;
    case IA_INSN_lss: return IA_SS;
    case IA_INSN_lfs: return IA_FS;
    default: return IA_GS;
    }
}

/* LDS LES LFS LGS LSS: the segment register, and then the offset into the other. */
bool ia32_v_load_far(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const struct far_op op = {.vcpu = vcpu, .t = t};
    uint16_t selector;
    uint32_t offset;

    if (!far_pointer(&op, i, &selector, &offset) || !load(&op, loaded(i), selector))
        return false;
    ia32_v_reg_set(vcpu, i->reg, i->opsize, offset);
    return true;
}

/* --- LDTR and TR: descriptors of the GDT, by ring 0 alone [SDM 2A LLDT, LTR] */

static bool system_operand(const struct far_op *op, const struct ia32_decoded *i, uint16_t *selector)
{
    uint32_t value;

    if (virtual_of(op->vcpu)->cpl != 0)
        return far_refuse(op, IA_GP, 0, FINE);
    if (!ia32_v_operand(op->vcpu, i, 2, &value, op->t))
        return false;
    *selector = (uint16_t)value;
    return true;
}

/* The virtual LDTR is kept by the VMM; the host's stays null, so that selectors of the LDT trap there and come
 * here. */
bool ia32_v_lldt(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const struct far_op op = {.vcpu = vcpu, .t = t};
    struct ia32_v_segment ldt;
    struct descriptor d;
    uint16_t selector = 0;

    if (!system_operand(&op, i, &selector))
        return false;
    ldt = segment_null(selector);
    if (!selector_is_null(selector)) {
        if (!table_find_global(&op, selector, IA_GP, &d))
            return false;
        if (descriptor_type(&d) != TABLE_LDT)
            return far_fault(&op, IA_GP, selector);
        if (!descriptor_present(&d))
            return far_fault(&op, IA_NP, selector);
        ldt = descriptor_segment(&d, selector);
    }
    ia32_v_segment_set(vcpu, IA_LDTR, &ldt);
    return true;
}

/* Busy is set in the guest's table, and in the virtual TR. The host's TR stays null: no port is open to real ring
 * 3. */
bool ia32_v_ltr(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const struct far_op op = {.vcpu = vcpu, .t = t};
    struct ia32_v_segment tss;
    struct ia32_v_place busy;
    struct descriptor d;
    uint16_t selector = 0;

    if (!system_operand(&op, i, &selector))
        return false;
    if (selector_is_null(selector))
        return far_fault(&op, IA_GP, 0);
    if (!table_find_global(&op, selector, IA_GP, &d))
        return false;
    if (!descriptor_is_task(&d, false))
        return far_fault(&op, IA_GP, selector);
    if (!descriptor_present(&d))
        return far_fault(&op, IA_NP, selector);
    if (!ia32_v_reach(vcpu, d.at + 5, 1, PT_WRITE, IA32_BY_PROCESSOR, &busy, t))
        return false;
    ia32_v_put(vcpu, &busy, (d.high >> 8 & 0xff) | TABLE_BUSY);
    tss = descriptor_segment(&d, selector);
    tss.rights |= TABLE_BUSY;
    ia32_v_segment_set(vcpu, IA_TR, &tss);
    return true;
}

/* --- Questions: the answer is ZF, and no selector is a fault [SDM 2A LAR, LSL; 2C VERR/VERW] */

/* *seen: there is such a descriptor, and it may be seen from this ring with this RPL.
 * That the guest may not see a descriptor and that there is none are one answer, ZF clear. */
static bool look(const struct far_op *op, const struct ia32_decoded *i, struct descriptor *d, bool *seen)
{
    uint32_t operand;
    uint16_t selector = 0;

    *seen = false;
    if (!ia32_v_operand(op->vcpu, i, 2, &operand, op->t))
        return false;
    selector = (uint16_t)operand;
    if (selector_is_null(selector) || !table_has(op, selector))
        return true;
    if (!table_find(op, selector, IA_GP, d))
        return false;
    *seen =
        descriptor_is_conforming(d) || (virtual_of(op->vcpu)->cpl <= descriptor_dpl(d) && selector_rpl(selector) <= descriptor_dpl(d));
    return true;
}

static bool answer(struct vcpu *vcpu, bool yes)
{
    ia32_v_flags_set(vcpu, yes ? EFLAGS_ZF : 0, EFLAGS_ZF);
    return true;
}

/* Bits, by system type: those with rights that LAR tells, and those with a limit. */
enum {
    TABLE_HAS_LIMIT = 1 << TABLE_TSS16 | 1 << TABLE_LDT | 1 << TABLE_TSS16_BUSY | 1 << TABLE_TSS32 | 1 << TABLE_TSS32_BUSY,
    TABLE_HAS_RIGHTS = TABLE_HAS_LIMIT | 1 << TABLE_CALL16 | 1 << TABLE_TASK_GATE | 1 << TABLE_CALL32,
};
static bool among(const struct descriptor *d, unsigned types) { return descriptor_type(d) >= 16 || types >> descriptor_type(d) & 1; }

bool ia32_v_lar(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const struct far_op op = {.vcpu = vcpu, .t = t};
    struct descriptor d;
    bool seen;

    if (!look(&op, i, &d, &seen))
        return false;
    if (!seen || !among(&d, TABLE_HAS_RIGHTS))
        return answer(vcpu, false);
    ia32_v_reg_set(vcpu, i->reg, i->opsize, d.high & (i->opsize == 4 ? 0x00f0ff00 : 0xff00));
    return answer(vcpu, true);
}

bool ia32_v_lsl(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const struct far_op op = {.vcpu = vcpu, .t = t};
    struct descriptor d;
    bool seen;

    if (!look(&op, i, &d, &seen))
        return false;
    if (!seen || !among(&d, TABLE_HAS_LIMIT))
        return answer(vcpu, false);
    ia32_v_reg_set(vcpu, i->reg, i->opsize, descriptor_limit(&d));
    return answer(vcpu, true);
}

bool ia32_v_verr(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const struct far_op op = {.vcpu = vcpu, .t = t};
    struct descriptor d;
    bool seen;

    return look(&op, i, &d, &seen) && answer(vcpu, seen && descriptor_is_readable(&d));
}

bool ia32_v_verw(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const struct far_op op = {.vcpu = vcpu, .t = t};
    struct descriptor d;
    bool seen;

    return look(&op, i, &d, &seen) && answer(vcpu, seen && descriptor_is_writable(&d));
}
