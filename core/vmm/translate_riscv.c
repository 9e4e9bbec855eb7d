/* translate_riscv.c - the guest's memory as the guest believes it: its page tables, MPRV, and protection (virtual_pmp_riscv.c).
 *
 * riscv_translate() answers for one access, riscv_view() for a whole page: what a leaf of a shadow table may grant. A leaf can say
 * neither "half of this page" (a PMP region smaller than a page) nor "read as another mode than you run in" (MPRV): then the view is
 * not expressible and the VMM does the accesses one by one.
 */
#include "core/vmm/memory.h"
#include "core/vmm/virtual_csr_riscv.h"
#include "mmu/sv_quick.h"

#include <stdio.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "PTEs are copied as the guest's bytes lie");

/* --- The mode that an access counts as. */

/* MPRV makes M-mode's loads and stores count as MPP's; fetches never [priv 3.1.6.3]. xRET to a lower mode clears MPRV, so that it
 * says nothing in those. */
static bool mprv_active(const struct virtual_riscv *v)
{
    return v->mode == RV_M && bit_get(v->mstatus, MSTATUS_MPRV) && bits_get(v->mstatus, MSTATUS_MPP, 2) != RV_M;
}

static uint64_t effective_mode(const struct virtual_riscv *v, enum pt_kind kind)
{
    return kind != PT_FETCH && mprv_active(v) ? bits_get(v->mstatus, MSTATUS_MPP, 2) : v->mode;
}

static bool translated(const struct virtual_riscv *v, uint64_t mode)
{
    return mode != RV_M && bits_get(v->satp, SATP_MODE, SATP_MODE_BITS) != 0;
}

/* Shadow roots: one per situation that may grant differently, so that a change of mode, SUM or MXR flushes nothing. */
enum { RIGHTS_MACHINE, RIGHTS_BARE, RIGHTS_USER, RIGHTS_SUPERVISOR, RIGHTS_MPRV };
enum { RIGHTS_SUM = 8, RIGHTS_MXR = 16, RIGHTS_EPOCH_SHIFT = 8 };

/* The key of a shadow root, and why each part is in it:
 *
 *    space, asid   satp: another address space has other leaves
 *    rights 2:0    the kind: M or bare, bare under PMP, U, S, MPRV
 *    rights 3, 4   SUM, MXR: S may read U's pages; a page that may be executed may be read
 *    rights 8..    the epoch of PMP: its rules changed, and all leaves from before are void
 *
 * A return to a situation finds its root with all leaves still there. */
void riscv_situation(const struct vcpu *vcpu, struct shadow_key *out)
{
    const struct virtual_riscv *v = virtual_of_const(vcpu);
    uint64_t rights = v->pmp_epoch << RIGHTS_EPOCH_SHIFT;

    out->space = out->asid = 0;
    out->untranslated = true;
    if (mprv_active(v)) {
        rights |= RIGHTS_MPRV; /* grants fetches alone: M-mode's */
    } else if (!translated(v, v->mode)) {
        /* Without translation modes differ by what PMP lets them do. */
        rights |= v->mode != RV_M && v->config.pmp_entries ? RIGHTS_BARE : RIGHTS_MACHINE;
    } else {
        out->space = v->satp;
        out->asid = bits_get(v->satp, SATP_ASID, SATP_ASID_BITS);
        out->untranslated = false;
        rights |= v->mode == RV_U ? RIGHTS_USER : RIGHTS_SUPERVISOR;
        if (v->mode == RV_S && bit_get(v->mstatus, MSTATUS_SUM)) /* U-mode does not ask SUM */
            rights |= RIGHTS_SUM;
        if (bit_get(v->mstatus, MSTATUS_MXR))
            rights |= RIGHTS_MXR;
    }
    out->rights = rights;
}

void riscv_situation_text(const struct shadow_key *s, char *out, size_t size)
{
    static const char *const kinds[] = {[RIGHTS_MACHINE] = "untranslated, no PMP in the way",
                                        [RIGHTS_BARE] = "untranslated, PMP",
                                        [RIGHTS_USER] = "U",
                                        [RIGHTS_SUPERVISOR] = "S",
                                        [RIGHTS_MPRV] = "M with MPRV"};

    snprintf(out, size, "%s%s%s", kinds[s->rights & 7], s->rights & RIGHTS_SUM ? ", SUM" : "", s->rights & RIGHTS_MXR ? ", MXR" : "");
}

/* --- The walk. */

/* Implicit accesses to page tables count as S-mode's, also under PMP [priv 3.7.2]; tables lie in RAM.
 * NULL is an access fault of the walk: a table that PMP hides, or that lies where no RAM is. */
static uint8_t *pte_host(const struct vcpu *vcpu, pa_t pa, enum pt_kind kind)
{
    if (!virtual_pmp_permits(virtual_of_const(vcpu), pa, sizeof(uint64_t), kind, RV_S))
        return NULL;
    return phys_host(vcpu->machine.phys, pa, sizeof(uint64_t));
}

static bool pte_read(void *ctx, pa_t pa, uint64_t *pte)
{
    const uint8_t *host = pte_host(ctx, pa, PT_READ);

    if (host)
        memcpy(pte, host, sizeof *pte);
    return host;
}

static bool pte_write(struct vcpu *vcpu, pa_t pa, uint64_t pte)
{
    uint8_t *host = pte_host(vcpu, pa, PT_WRITE);

    if (!host)
        return false;
    memcpy(host, &pte, sizeof pte);
    phys_written(vcpu->machine.phys, pa, sizeof pte);
    memory_written(vcpu, (gpa_t){pa}, sizeof pte);
    return true;
}

static struct pt_access access_of(const struct virtual_riscv *v, enum pt_kind kind, bool update_ad)
{
    return (struct pt_access){
        .kind = kind,
        .user = effective_mode(v, kind) == RV_U,
        .sum = bit_get(v->mstatus, MSTATUS_SUM),
        .mxr = bit_get(v->mstatus, MSTATUS_MXR),
        .update_ad = update_ad,
    };
}

static const struct pt_format *format_of(const struct virtual_riscv *v)
{
    return bits_get(v->satp, SATP_MODE, SATP_MODE_BITS) == pt_sv48.mode ? &pt_sv48 : &pt_sv39;
}

static pa_t root_of(const struct virtual_riscv *v) { return bits_get(v->satp, 0, SATP_PPN_BITS) << PAGE_SHIFT; }

static void walk(struct vcpu *vcpu, gva_t va, enum pt_kind kind, bool update_ad, struct pt_walk *out)
{
    const struct virtual_riscv *v = virtual_of_const(vcpu);
    const struct pt_access access = access_of(v, kind, update_ad);

    pt_walk(format_of(v), root_of(v), va.v, &access, pte_read, vcpu, out);
}

/* The same by the short way, where that is open.
 * Open when there is one block of RAM and PMP is out of the way, which is nearly always: no callback for each
 * level. */
static enum sv_quick walk_quickly(const struct vcpu *vcpu, gva_t va, enum pt_kind kind, struct sv_leaf_found *out)
{
    const struct virtual_riscv *v = virtual_of_const(vcpu);
    const struct phys_range *ram = phys_main_ram(vcpu->machine.phys);
    const struct pt_access access = access_of(v, kind, false);

    if (UNLIKELY(!v->pmp_open || !ram))
        return SV_QUICK_UNSURE;
    return sv_quick_walk(ram, format_of(v)->levels, root_of(v), va.v, &access, out);
}

/* --- Faults: their causes by kind of access [priv table 15]. */
static const uint8_t access_cause[] = {
    [PT_READ] = RV_CAUSE_LOAD_ACCESS, [PT_WRITE] = RV_CAUSE_STORE_ACCESS, [PT_FETCH] = RV_CAUSE_FETCH_ACCESS};
static const uint8_t page_cause[] = {
    [PT_READ] = RV_CAUSE_LOAD_PAGE, [PT_WRITE] = RV_CAUSE_STORE_PAGE, [PT_FETCH] = RV_CAUSE_FETCH_PAGE};

static bool fault(struct trap *t, gva_t va, uint64_t cause)
{
    t->kind = TRAP_EXCEPTION;
    t->reason = REASON_RESOURCE;
    t->cause = cause;
    t->tval = va.v;
    return false;
}

struct trap riscv_access_fault(enum pt_kind kind, gva_t va)
{
    struct trap t = {.row = INSN_NONE};

    fault(&t, va, access_cause[kind]);
    return t;
}

bool riscv_fault_kind(const struct trap *t, enum pt_kind *kind)
{
    static const enum pt_kind kinds[] = {PT_READ, PT_WRITE, PT_FETCH};

    for (unsigned i = 0; t->kind == TRAP_EXCEPTION && i < 3; i++)
        if (t->cause == access_cause[kinds[i]] || t->cause == page_cause[kinds[i]]) {
            *kind = kinds[i];
            return true;
        }
    return false;
}

/* A walk with all that belongs to it; *pa: where it leads.
 * `touch` tells a look from an access: who only looks changes no A and no D. */
static __attribute__((noinline)) bool translate_walk(struct vcpu *vcpu, gva_t va, enum pt_kind kind, bool touch, uint64_t *pa,
                                                     struct trap *t)
{
    struct pt_walk w;

    walk(vcpu, va, kind, bit_get(virtual_of_const(vcpu)->menvcfg, MENVCFG_ADUE), &w);
    if (w.result != PT_OK)
        return fault(t, va, w.result == PT_PAGE_FAULT ? page_cause[kind] : access_cause[kind]);
    if (touch && w.pte_new != w.pte && !pte_write(vcpu, w.pte_pa, w.pte_new))
        return fault(t, va, access_cause[kind]);
    *pa = w.pa;
    return true;
}

bool riscv_translate(struct vcpu *vcpu, gva_t va, unsigned size, enum pt_kind kind, bool touch, gpa_t *pa, struct trap *t)
{
    const struct virtual_riscv *v = virtual_of_const(vcpu);
    uint64_t mode = effective_mode(v, kind);
    struct sv_leaf_found leaf = {.pa = va.v};

    if (translated(v, mode)) {
        enum sv_quick quick = walk_quickly(vcpu, va, kind, &leaf);
        if (quick == SV_QUICK_FAULT)
            return fault(t, va, page_cause[kind]);
        if (quick == SV_QUICK_UNSURE && !translate_walk(vcpu, va, kind, touch, &leaf.pa, t))
            return false;
    }
    if (!v->pmp_open && !virtual_pmp_permits(v, leaf.pa, size, kind, mode))
        return fault(t, va, access_cause[kind]);
    pa->v = leaf.pa;
    return true;
}

/* Would the access, which is granted, set A or D first? */
bool riscv_touches(struct vcpu *vcpu, gva_t va, enum pt_kind kind)
{
    const struct virtual_riscv *v = virtual_of_const(vcpu);
    struct pt_walk w;

    if (!translated(v, effective_mode(v, kind)))
        return false;
    walk(vcpu, va, kind, true, &w);
    return w.result == PT_OK && w.pte_new != w.pte;
}

/* --- The view of a page. */

/* What the leaf grants in the present mode [priv 12.3.2 steps 5-7]. A is set, or the walk would not have ended here; W waits for D.
 * W without D is left out of the leaf: the first store faults, D is set in the guest's table, and the leaf is
 * filled again with W. */
static void leaf_rights(const struct virtual_riscv *v, uint64_t pte, struct page_view *out)
{
    bool user_page = pte & SV_U, user = v->mode == RV_U;
    bool data = user ? user_page : !user_page || bit_get(v->mstatus, MSTATUS_SUM);

    out->r = data && ((pte & SV_R) || (bit_get(v->mstatus, MSTATUS_MXR) && (pte & SV_X)));
    out->w = data && (pte & SV_W) && (pte & SV_D);
    out->x = user == user_page && (pte & SV_X);
}

/* Which PTEs the verdict depends on is of interest to those who trace them. */
static bool view_leaf(struct vcpu *vcpu, gva_t va, enum pt_kind kind, struct page_view *out)
{
    struct sv_leaf_found leaf;
    struct pt_walk w;

    if (vcpu->vm->config.shadow == SHADOW_FLUSH && walk_quickly(vcpu, va, kind, &leaf) == SV_QUICK_OK) {
        out->page.v = align_down(leaf.pa, PAGE_SIZE);
        out->size = leaf.size;
        leaf_rights(virtual_of_const(vcpu), leaf.pte, out);
        return true;
    }
    walk(vcpu, va, kind, false, &w);
    for (unsigned i = 0; i < w.count; i++)
        out->pte[out->pte_count++] = (gpa_t){w.step[i].pte_pa};
    if (w.result != PT_OK)
        return false;
    out->page.v = align_down(w.pa, PAGE_SIZE);
    out->size = w.size;
    leaf_rights(virtual_of_const(vcpu), w.pte, out);
    return true;
}

/* From what would be without tables and PMP, all rights, down to what each of the two takes away. Under MPRV loads
 * and stores are another mode's, which no leaf for the present mode can say: only the fetch's right is left. */
void riscv_view(struct vcpu *vcpu, gva_t va, enum pt_kind kind, struct page_view *out)
{
    const struct virtual_riscv *v = virtual_of_const(vcpu);
    bool mprv = mprv_active(v), whole;
    unsigned pmp;

    *out = (struct page_view){
        .page.v = align_down(va.v, PAGE_SIZE),
        .size = PAGE_SIZE,
        .r = true,
        .w = true,
        .x = true,
    };
    if (mprv && kind != PT_FETCH)
        return;
    if (translated(v, v->mode) && !view_leaf(vcpu, va, kind, out))
        return;
    if (LIKELY(v->pmp_open)) {
        out->r = out->r && !mprv;
        out->w = out->w && !mprv;
        out->expressible = true;
        return;
    }
    pmp = virtual_pmp_range(v, out->page.v, out->page.v + (PAGE_SIZE - 1), v->mode, &whole);
    out->r = out->r && (pmp & PMP_R) && !mprv;
    out->w = out->w && (pmp & PMP_W) && !mprv;
    out->x = out->x && (pmp & PMP_X);
    out->expressible = whole;
}
