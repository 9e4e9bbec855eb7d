/* virtual_task_ia32.c - task switches of the virtual machine [SDM 3A 7.2, 7.3]: the old task's state into its task state segment, the new
 * one's out of its own. Up to there a fault is the old task's and nothing has changed; then the segments are loaded, and what is wrong with
 * them is a fault of the new task.
 */
#include "core/vmm/identity.h"
#include "core/vmm/virtual_table_ia32.h"

enum { TASK_DR6_BT = 1 << 15, TASK_DR7_LOCAL = 0x155, TASK_SEGS = 6 };

/* Where a task state has what: of 32 bits, of 16. Segments in the order of their encoding; those of 16 bits have no FS and GS. */
struct layout {
    uint8_t size, span, eip, segments, segment_count, segment_step, ldt;
};
static const struct layout layout32 = {
    .size = 4, .span = 0x68, .eip = 0x20, .segments = 0x48, .segment_count = 6, .segment_step = 4, .ldt = 0x60};
static const struct layout layout16 = {
    .size = 2, .span = 0x2c, .eip = 0x0e, .segments = 0x22, .segment_count = 4, .segment_step = 2, .ldt = 0x2a};
enum { TASK_CR3 = 0x1c, TASK_TRAP = 0x64, TASK_WORDS = 10 /* EIP, EFLAGS and the general registers lie in a row */ };
enum { TASK_PARTS = TASK_WORDS + TASK_SEGS + 3 };

static const struct layout *layout_of(uint32_t rights) { return rights & TABLE_WIDE ? &layout32 : &layout16; }

struct task {
    const struct far_op *op;
    const struct task_switch *s;
    const struct layout *old, *new;
    struct ia32_v_segment from, to;                           /* TR */
    struct ia32_v_place word[TASK_WORDS], segment[TASK_SEGS]; /* of the old one, to be written */
    struct ia32_v_place link, old_busy, new_busy;
    struct ia32_v_place place[TASK_PARTS]; /* of the new one's parts */
    uint32_t part[TASK_PARTS];
};

/* --- The old task */

static bool reach(const struct far_op *op, uint32_t linear, unsigned size, enum pt_kind kind, struct ia32_v_place *p)
{
    return ia32_v_reach(op->vcpu, linear, size, kind, IA32_BY_PROCESSOR, p, op->t);
}

static bool reach_old(struct task *k)
{
    const struct layout *l = k->old;

    for (unsigned n = 0; n < TASK_WORDS; n++)
        if (!reach(k->op, k->from.base + l->eip + n * l->size, l->size, PT_WRITE, &k->word[n]))
            return false;
    for (unsigned n = 0; n < l->segment_count; n++)
        if (!reach(k->op, k->from.base + l->segments + n * l->segment_step, 2, PT_WRITE, &k->segment[n]))
            return false;
    return true;
}

static void save_old(const struct task *k)
{
    struct vcpu *vcpu = k->op->vcpu;

    ia32_v_put(vcpu, &k->word[0], k->s->eip);
    ia32_v_put(vcpu, &k->word[1], k->s->eflags);
    for (unsigned n = 0; n < 8; n++)
        ia32_v_put(vcpu, &k->word[2 + n], ia32_v_reg(vcpu, n, 4));
    for (unsigned n = 0; n < k->old->segment_count; n++)
        ia32_v_put(vcpu, &k->segment[n], ia32_v_segment(vcpu, n).selector);
}

/* --- Which of the two are in use */

/* The busy bit of the two descriptors [SDM 3A, table 7-2]:
 *
 *   switch by        old        new
 *   JMP              cleared    set
 *   CALL, an event   stays set  set, and the link of its task state names the old one
 *   IRET             cleared    stays set
 */
static bool nests(const struct task *k) { return k->s->way == TASK_CALL || k->s->way == TASK_EVENT; }

static bool reach_busy(struct task *k)
{
    const struct virtual_ia32 *v = virtual_of(k->op->vcpu);
    const uint32_t old = v->gdtr.base + (k->from.selector & 0xfff8u) + 5;

    if (!nests(k) && !reach(k->op, old, 1, PT_WRITE, &k->old_busy))
        return false;
    return k->s->way == TASK_RETURN || reach(k->op, k->s->descriptor.at + 5, 1, PT_WRITE, &k->new_busy);
}

static void set_busy(const struct task *k)
{
    struct vcpu *vcpu = k->op->vcpu;

    if (!nests(k))
        ia32_v_put(vcpu, &k->old_busy, ia32_v_get(vcpu, &k->old_busy) & ~(uint64_t)TABLE_BUSY);
    if (k->s->way != TASK_RETURN)
        ia32_v_put(vcpu, &k->new_busy, ia32_v_get(vcpu, &k->new_busy) | TABLE_BUSY);
}

/* --- The new task */

/* What is read of it: EIP, EFLAGS, the general registers, selectors, that of the LDT; of 32 bits besides CR3 and the debug trap. */
enum { PART_EIP, PART_FLAGS, PART_GENERAL, PART_SEGMENTS = TASK_WORDS };

static unsigned part_ldt(const struct layout *l) { return PART_SEGMENTS + l->segment_count; }
static unsigned part_count(const struct layout *l) { return part_ldt(l) + (l->size == 4 ? 3 : 1); }

static bool reach_part(struct task *k, unsigned n)
{
    const struct layout *l = k->new;
    const unsigned ldt = part_ldt(l), size = n < PART_SEGMENTS || n == ldt + 1 ? l->size : 2;
    const unsigned at = n < PART_SEGMENTS ? l->eip + n * l->size
                        : n < ldt         ? l->segments + (n - PART_SEGMENTS) * l->segment_step
                        : n == ldt        ? l->ldt
                        : n == ldt + 1    ? TASK_CR3
                                          : TASK_TRAP;

    return reach(k->op, k->to.base + at, size, PT_READ, &k->place[n]);
}

/* Its places are reached before anything changes, and read when the old one has been saved: the two may be one. */
static bool reach_new(struct task *k)
{
    for (unsigned n = 0; n < part_count(k->new); n++)
        if (!reach_part(k, n))
            return false;
    return true;
}

static void read_new(struct task *k)
{
    for (unsigned n = 0; n < part_count(k->new); n++)
        k->part[n] = (uint32_t)ia32_v_get(k->op->vcpu, &k->place[n]);
}

static uint16_t selector_of(const struct task *k, unsigned seg)
{
    return seg < k->new->segment_count ? (uint16_t)k->part[PART_SEGMENTS + seg] : 0;
}

/* Registers and selectors; no segment can be used before its descriptor is loaded. */
static void load_new(struct task *k)
{
    struct vcpu *vcpu = k->op->vcpu;
    struct virtual_ia32 *v = virtual_of(vcpu);
    const bool wide = k->new->size == 4;
    const uint32_t high = wide ? 0 : 0xffff0000, cr3 = wide ? k->part[part_ldt(k->new) + 1] : 0;

    k->to.rights |= TABLE_BUSY;
    ia32_v_segment_set(vcpu, IA_TR, &k->to);
    ia32_v_cr_set(vcpu, 0, v->cr0 | CR0_TS);
    if (wide && v->cr0 & CR0_PG)
        ia32_v_cr_set(vcpu, 3, cr3);
    v->dr[7] &= ~(uint32_t)TASK_DR7_LOCAL;
    ia32_v_flags_set(vcpu, k->part[PART_FLAGS] | (nests(k) ? EFLAGS_NT : 0), ia32_v_flags_known(vcpu));
    for (unsigned n = 0; n < 8; n++)
        ia32_v_reg_set(vcpu, n, 4, k->part[PART_GENERAL + n] | high);
    v->rf_loaded = true;
    ia32_v_cpl_set(vcpu, ia32_v_flags(vcpu) & EFLAGS_VM ? 3 : selector_rpl(selector_of(k, IA_CS)));
    v->next = k->part[PART_EIP];
    vcpu_identity_set(vcpu, MACHINE_PC, v->next); /* a fault from here on is one of the new task */
    for (unsigned n = 0; n < IA_SEGS; n++) {
        const struct ia32_v_segment none = segment_null(selector_of(k, n));
        ia32_v_segment_set(vcpu, n, &none);
    }
}

static bool load_ldt(const struct task *k)
{
    const uint16_t selector = (uint16_t)k->part[part_ldt(k->new)];
    struct ia32_v_segment ldt = segment_null(selector);
    struct descriptor d;

    ia32_v_segment_set(k->op->vcpu, IA_LDTR, &ldt);
    if (selector_is_null(selector))
        return true;
    if (!table_find_global(k->op, selector, IA_TS, &d))
        return false;
    if (descriptor_type(&d) != TABLE_LDT || !descriptor_present(&d))
        return far_fault(k->op, IA_TS, selector);
    ldt = descriptor_segment(&d, selector);
    ia32_v_segment_set(k->op->vcpu, IA_LDTR, &ldt);
    return true;
}

static bool load_segment(const struct task *k, const struct descriptor *d, unsigned seg)
{
    struct ia32_v_segment s;

    if (!segment_of(k->op, d, selector_of(k, seg), &s))
        return false;
    ia32_v_segment_set(k->op->vcpu, seg, &s);
    return true;
}

static bool load_code(const struct task *k)
{
    const uint16_t selector = selector_of(k, IA_CS);
    const unsigned rpl = selector_rpl(selector);
    struct descriptor d;

    if (selector_is_null(selector))
        return far_fault(k->op, IA_TS, 0);
    if (!table_find(k->op, selector, IA_TS, &d))
        return false;
    if (!descriptor_is_code(&d) || (descriptor_is_conforming(&d) ? descriptor_dpl(&d) > rpl : descriptor_dpl(&d) != rpl))
        return far_fault(k->op, IA_TS, selector);
    if (!descriptor_present(&d))
        return far_fault(k->op, IA_NP, selector);
    return load_segment(k, &d, IA_CS);
}

static bool load_stack(const struct task *k)
{
    struct descriptor d;

    return stack_find(k->op, selector_of(k, IA_SS), virtual_of(k->op->vcpu)->cpl, IA_TS, &d) && load_segment(k, &d, IA_SS);
}

static bool load_data(const struct task *k, unsigned seg)
{
    const uint16_t selector = selector_of(k, seg);
    struct descriptor d;

    if (selector_is_null(selector))
        return true;
    if (!table_find(k->op, selector, IA_TS, &d))
        return false;
    const unsigned verdict = data_verdict(&d, selector, virtual_of(k->op->vcpu)->cpl, IA_TS);
    return verdict == FINE ? load_segment(k, &d, seg) : far_fault(k->op, verdict, selector);
}

static bool load_segments(const struct task *k)
{
    return load_code(k) && load_stack(k) && load_data(k, IA_DS) && load_data(k, IA_ES) && load_data(k, IA_FS) && load_data(k, IA_GS);
}

static void load_v86(const struct task *k)
{
    for (unsigned n = 0; n < IA_SEGS; n++) {
        const uint16_t selector = selector_of(k, n);
        const struct ia32_v_segment s = {.selector = selector, .base = (uint32_t)selector << 4, .limit = 0xffff, .rights = 0xf3};
        ia32_v_segment_set(k->op->vcpu, n, &s);
    }
}

bool task_switch(const struct far_op *op, struct task_switch *s)
{
    const struct virtual_ia32 *v = virtual_of(op->vcpu);
    struct task k = {.op = op, .s = s, .from = v->tr, .to = descriptor_segment(&s->descriptor, s->selector)};

    k.old = layout_of(k.from.rights);
    k.new = layout_of(k.to.rights);
    if (k.to.limit < k.new->span - 1u)
        return far_fault(op, IA_TS, s->selector);
    if ((k.from.rights & IA_RIGHTS_NULL) || k.from.limit < k.old->span - 1u)
        return far_fault(op, IA_TS, k.from.selector);
    if (!reach_new(&k) || !reach_old(&k))
        return false;
    if ((nests(&k) && !reach(op, k.to.base, 2, PT_WRITE, &k.link)) || !reach_busy(&k))
        return false;
    save_old(&k);
    set_busy(&k);
    if (nests(&k))
        ia32_v_put(op->vcpu, &k.link, k.from.selector);
    read_new(&k);
    s->debug_trap = k.new->size == 4 && k.part[part_ldt(k.new) + 2] & 1;
    load_new(&k);
    if (!load_ldt(&k))
        return false;
    if (!(ia32_v_flags(op->vcpu) & EFLAGS_VM))
        return load_segments(&k);
    load_v86(&k);
    return true;
}

bool task_begins(const struct far_op *op, const struct task_switch *s)
{
    if (virtual_of(op->vcpu)->next > ia32_v_segment(op->vcpu, IA_CS).limit)
        return far_fault(op, IA_GP, 0);
    if (s->debug_trap)
        ia32_v_debug_pend(op->vcpu, TASK_DR6_BT);
    return true;
}
