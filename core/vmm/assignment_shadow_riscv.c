/* assignment_shadow_riscv.c - a student's walk of the guest's tables, the rights of a shadow leaf, and what a fence drops, in the place of the
 * VMM's own. Translation by Sv39 is meant; where it is off, and under Sv48, the VMM does it by itself, and protection always.
 */
#include "core/vmm/assignment_private_riscv.h"

#include "core/vmm/memory.h"
#include "mmu/phys.h"

#include <string.h>

/* Page-table entries are aligned and in RAM; what else the walk asks for is an access fault of its own, which it
 * has to report. */
bool seam_pte_read(struct lab_cpu *cpu, uint64_t pa, uint64_t *pte)
{
    const uint8_t *host = pa % sizeof *pte ? NULL : phys_host(seam_of_cpu(cpu)->seam.vcpu->machine.phys, pa, sizeof *pte);

    if (host)
        memcpy(pte, host, sizeof *pte);
    return host;
}

/* What only looks, at what a trigger waits for, writes nothing. */
bool seam_pte_write(struct lab_cpu *cpu, uint64_t pa, uint64_t pte)
{
    struct riscv_seam *s = seam_of_cpu(cpu);
    uint8_t *host = pa % sizeof pte ? NULL : phys_host(s->seam.vcpu->machine.phys, pa, sizeof pte);

    if (!host || !s->touch)
        return host;
    memcpy(host, &pte, sizeof pte);
    phys_written(s->seam.vcpu->machine.phys, pa, sizeof pte);
    memory_written(s->seam.vcpu, (gpa_t){pa}, sizeof pte);
    return true;
}

/* --- The walk. */

/* The mode that it counts as: MPRV makes M-mode's loads and stores count as MPP's [priv 3.1.6.3]. */
static unsigned mode_of(const struct virtual_riscv *v, enum pt_kind kind)
{
    if (kind != PT_FETCH && v->mode == RV_M && bit_get(v->mstatus, MSTATUS_MPRV))
        return (unsigned)bits_get(v->mstatus, MSTATUS_MPP, 2);
    return (unsigned)v->mode;
}

/* false: it is not the student's. */
static bool access_of(const struct vcpu *vcpu, gva_t va, enum pt_kind kind, struct lab_access *out)
{
    const struct virtual_riscv *v = virtual_of_const(vcpu);

    out->va = va.v;
    out->kind = kind;
    out->mode = mode_of(v, kind);
    out->sum = bit_get(v->mstatus, MSTATUS_SUM);
    out->mxr = bit_get(v->mstatus, MSTATUS_MXR);
    out->update = bit_get(v->menvcfg, MENVCFG_ADUE);
    out->satp = v->satp;
    return out->mode != RV_M && bits_get(v->satp, SATP_MODE, SATP_MODE_BITS) == SATP_SV39;
}

/* The rights are asked of the walk that was just made; if that was of another access, it is made again. */
static bool same(const struct lab_access *a, const struct lab_access *b)
{
    return a->va == b->va && a->kind == b->kind && a->mode == b->mode && a->sum == b->sum && a->mxr == b->mxr &&
           a->update == b->update && a->satp == b->satp;
}

/* What the student's walk found is kept in the seam for view(), which is asked next. Its answers are checked as far
 * as the VMM relies on them. */
static enum lab_walk walk(struct riscv_seam *s, const struct lab_access *a, bool touch)
{
    s->touch = touch;
    s->access = *a;
    s->page = (struct lab_page){.size = PAGE_SIZE};
    seam_call(&s->seam, LAB_WALK);
    const enum lab_walk w = s->seam.plugin->shadow->walk(&s->cpu, a, &s->page);
    seam_return(&s->seam);
    s->touch = false;
    s->walked = w == LAB_WALKED;
    if (w != LAB_WALKED && w != LAB_PAGE_FAULT && w != LAB_ACCESS_FAULT)
        vcpu_stop(s->seam.vcpu, "the plug-in's walk returned what is no enum lab_walk");
    else if (s->walked && s->page.size != PAGE_SIZE && s->page.size != 2 << 20 && s->page.size != 1 << 30)
        vcpu_stop(s->seam.vcpu, "the plug-in's walk ended at a page of a size that Sv39 does not have");
    s->walked = s->walked && !s->seam.vcpu->why_stopped;
    return w;
}

static bool translate(struct vcpu *vcpu, gva_t va, unsigned size, enum pt_kind kind, bool touch, gpa_t *pa, struct trap *t)
{
    static const uint8_t page_cause[] = {
        [PT_READ] = RV_CAUSE_LOAD_PAGE, [PT_WRITE] = RV_CAUSE_STORE_PAGE, [PT_FETCH] = RV_CAUSE_FETCH_PAGE};
    struct riscv_seam *s = riscv_seam_of(vcpu);
    const struct virtual_riscv *v = virtual_of_const(vcpu);
    struct lab_access a;

    if (!access_of(vcpu, va, kind, &a))
        return s->seam.real->translate(vcpu, va, size, kind, touch, pa, t);
    const enum lab_walk w = walk(s, &a, touch);
    if (!s->walked || (!v->pmp_open && !virtual_pmp_permits(v, s->page.pa, size, kind, a.mode))) {
        *t = riscv_access_fault(kind, va);
        if (w == LAB_PAGE_FAULT)
            t->cause = page_cause[kind];
        return false;
    }
    pa->v = s->page.pa;
    return true;
}

/* --- The leaf: after translate() has granted the access.
 * From the VMM's own view come the PTEs that it traces; the rights are the student's, less what PMP takes away. */
static void view(struct vcpu *vcpu, gva_t va, enum pt_kind kind, struct page_view *out)
{
    struct riscv_seam *s = riscv_seam_of(vcpu);
    const struct virtual_riscv *v = virtual_of_const(vcpu);
    struct lab_access a;
    struct lab_rights r = {false, false, false};
    bool whole = true;
    unsigned pmp = PMP_R | PMP_W | PMP_X;

    s->seam.real->view(vcpu, va, kind, out);
    if (!access_of(vcpu, va, kind, &a) || a.mode != v->mode)
        return;
    if (!s->walked || !same(&s->access, &a))
        (void)walk(s, &a, false);
    out->expressible = s->walked;
    if (!s->walked)
        return;
    seam_call(&s->seam, LAB_RIGHTS);
    s->seam.plugin->shadow->rights(&s->cpu, &a, &s->page, &r);
    seam_return(&s->seam);
    out->page.v = align_down(s->page.pa, PAGE_SIZE);
    out->size = s->page.size;
    if (!v->pmp_open)
        pmp = virtual_pmp_range(v, out->page.v, out->page.v + (PAGE_SIZE - 1), v->mode, &whole);
    out->r = r.r && (pmp & PMP_R);
    out->w = r.w && (pmp & PMP_W);
    out->x = r.x && (pmp & PMP_X);
    out->expressible = whole;
}

/* --- The fence [priv 12.2.1]: whether the guest may is decided here. */
static void v_sfence_vma(struct vcpu *vcpu, struct trap *t)
{
    struct riscv_seam *s = riscv_seam_of(vcpu);
    const struct virtual_riscv *v = virtual_of_const(vcpu);
    const unsigned rs1 = (unsigned)bits_get(t->bits, 15, 5), rs2 = (unsigned)bits_get(t->bits, 20, 5);
    struct fence f = {.has_va = rs1 != 0, .has_asid = rs2 != 0};

    if (v->mode == RV_U || (v->mode == RV_S && bit_get(v->mstatus, MSTATUS_TVM))) {
        seam_illegal(t, REASON_PRIVILEGE);
        return;
    }
    f.va = rs1 ? machine_get(vcpu->host, RV_X + rs1) : 0;
    f.asid = (rs2 ? machine_get(vcpu->host, RV_X + rs2) : 0) & ((UINT64_C(1) << v->config.asid_bits) - 1);
    seam_call(&s->seam, LAB_FENCE);
    s->seam.plugin->shadow->fence(&s->cpu, &f);
    seam_return(&s->seam);
    seam_advance(vcpu, t);
}

void seam_memory(struct riscv_seam *s, unsigned uses)
{
    if (uses & LAB_BIT(LAB_WALK))
        s->seam.isa.translate = translate;
    if (uses & LAB_BIT(LAB_RIGHTS)) /* they belong to the student's walk */
        s->seam.isa.view = view;
    if (uses & LAB_BIT(LAB_FENCE))
        s->v[RV_INSN_sfence_vma] = v_sfence_vma;
}
