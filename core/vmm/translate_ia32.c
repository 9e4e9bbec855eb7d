/* translate_ia32.c - the guest's memory as the guest believes it: paging by its own tables in its own memory, or none, and the A20 gate.
 *
 * On a host with a guest mode the rings are real, and where ring 0 is in real ring 1 the two that paging knows are told apart: one root
 * is for all then. Its leaves are the supervisor's or the user's as the guest's are.
 * Where the guest's ring 0 writes what its ring 3 only reads, CR0.WP being clear there and set in the host, they take turns.
 *
 * ia32_translate() answers for one access, ia32_view() for a whole page: what a leaf of a shadow table may grant. Rings 0 to 2 are
 * supervisors, ring 3 is the user; both run at real CPL 3 (but for a guest whose ring 0 is in real ring 1), so that each has roots of its own, in which all pages are the user's. What
 * CR0.WP and CR4.PSE change in the rules, changes the root, too.
 */
#include "core/vmm/translator.h"
#include "core/vmm/virtual_ia32.h"

#include "mmu/ia32_pt.h"
#include "mmu/phys.h"

#include <stdio.h>

/* --- Situations */

enum { RIGHTS_PAGING = 1, RIGHTS_USER = 2, RIGHTS_WP = 4, RIGHTS_PSE = 8, RIGHTS_A20 = 16, RIGHTS_TRANSLATED = 32, RIGHTS_APART = 64 };

static bool is_paged(const struct virtual_ia32 *v) { return v->cr0 & CR0_PG; }
static pa_t a20_mask(const struct virtual_ia32 *v) { return v->lines & 1u << IA_LINE_A20M ? ~(UINT64_C(1) << 20) : UINT64_MAX; }

void ia32_situation(const struct vcpu *vcpu, struct shadow_key *out)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);
    const uint64_t a20 = v->lines & 1u << IA_LINE_A20M ? RIGHTS_A20 : 0;
    const uint64_t translated = v->cpl < 3 && vcpu->translator ? RIGHTS_TRANSLATED : 0; /* the code cache is mapped there */

    *out = (struct shadow_key){.untranslated = true, .rights = a20 | translated};
    if (!is_paged(v))
        return;
    out->space = v->cr3 & PAGE_MASK;
    out->asid = v->cr3 >> PAGE_SHIFT;
    out->untranslated = false;
    out->rights |= RIGHTS_PAGING | (v->cpl == 3 && !ia32_rings_apart(v) ? RIGHTS_USER : 0) | (v->cr0 & CR0_WP ? RIGHTS_WP : 0) |
                   (v->cr4 & CR4_PSE ? RIGHTS_PSE : 0) | (ia32_rings_apart(v) ? RIGHTS_APART : 0);
}

void ia32_situation_text(const struct shadow_key *s, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s%s",
             !(s->rights & RIGHTS_PAGING) ? "no paging"
             : s->rights & RIGHTS_APART   ? "all rings"
             : s->rights & RIGHTS_USER    ? "ring 3"
                                          : "rings 0 to 2",
             s->rights & RIGHTS_WP ? ", WP" : "", s->rights & RIGHTS_PSE ? ", PSE" : "", s->rights & RIGHTS_A20 ? ", A20 low" : "");
}

/* --- The walk. Page tables are where the guest's bus has them; what nobody has reads as all ones. */

static bool entry_read(void *ctx, pa_t pa, uint64_t *entry)
{
    const struct vcpu *vcpu = ctx;

    if (!phys_load(vcpu->machine.phys, pa & a20_mask(virtual_of_const(vcpu)), sizeof(uint32_t), entry))
        *entry = UINT32_MAX;
    return true;
}

static bool is_user(const struct virtual_ia32 *v) { return v->cpl == 3 && !v->by_processor; }

static struct pt_access access_of(const struct virtual_ia32 *v, enum pt_kind kind, bool supervisor)
{
    return (struct pt_access){
        .kind = kind,
        .user = !supervisor && is_user(v),
        .update_ad = true,
        .own = (v->cr0 & CR0_WP ? IA32_OWN_WP : 0) | (v->cr4 & CR4_PSE ? IA32_OWN_PSE : 0),
    };
}

static void walk(const struct vcpu *vcpu, gva_t va, const struct pt_access *access, struct pt_walk *out)
{
    pt_walk(&pt_ia32, virtual_of_const(vcpu)->cr3, va.v, access, entry_read, (void *)(uintptr_t)vcpu, out);
}

/* A and D, as the guest's hardware sets them. */
static void entries_write(struct vcpu *vcpu, const struct pt_walk *w)
{
    const struct pt_step *s;

    for (unsigned at = 0; (s = pt_writes(w, &at));)
        if (!phys_store(vcpu->machine.phys, s->pte_pa & a20_mask(virtual_of_const(vcpu)), sizeof(uint32_t), s->pte_new))
            return; /* lost: nobody has it */
}

bool ia32_v_translate(struct vcpu *vcpu, gva_t va, enum pt_kind kind, bool supervisor, bool touch, gpa_t *pa, struct trap *t)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);
    const gva_t linear = {va.v & UINT32_MAX}; /* addresses wrap */

    pa->v = linear.v;
    if (is_paged(v)) {
        const struct pt_access access = access_of(v, kind, supervisor);
        struct pt_walk w;
        walk(vcpu, linear, &access, &w);
        if (w.result != PT_OK)
            return ia32_v_raise(t, IA_PF, REASON_RESOURCE, ia32_pt_error(&w, &access), linear.v);
        if (touch)
            entries_write(vcpu, &w);
        pa->v = w.pa;
    }
    pa->v &= a20_mask(v);
    return true;
}

bool ia32_translate(struct vcpu *vcpu, gva_t va, unsigned size, enum pt_kind kind, bool touch, gpa_t *pa, struct trap *t)
{
    (void)size; /* no rule of protection is finer than a page */
    return ia32_v_translate(vcpu, va, kind, false, touch, pa, t);
}

bool ia32_touches(struct vcpu *vcpu, gva_t va, enum pt_kind kind)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);
    const struct pt_access access = access_of(v, kind, false);
    struct pt_walk w;
    unsigned at = 0;

    if (!is_paged(v))
        return false;
    walk(vcpu, va, &access, &w);
    return w.result == PT_OK && pt_writes(&w, &at);
}

/* Of the directory below, of the table above; an entry of a table that is P is not 0. */
uint64_t ia32_entries(struct vcpu *vcpu, va_t at)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);
    uint32_t directory, table;

    if (!is_paged(v) || !translator_table(vcpu, (gpa_t){((v->cr3 & PAGE_MASK) + (at >> 22) * 4) & a20_mask(v)}, &directory) ||
        !(directory & IA32_P))
        return 0;
    if (directory & IA32_PS && v->cr4 & CR4_PSE)
        return directory;
    if (!translator_table(vcpu, (gpa_t){((directory & PAGE_MASK) + (at >> PAGE_SHIFT) % 1024 * 4) & a20_mask(v)}, &table) ||
        !(table & IA32_P))
        return 0;
    return (uint64_t)table << 32 | directory;
}

/* --- Faults */

/* The host's fetches have no bit of their own in the error code; but what was not fetched has no length. */
bool ia32_fault_kind(const struct trap *t, enum pt_kind *kind)
{
    if (t->kind != TRAP_EXCEPTION || t->cause != IA_PF)
        return false;
    *kind = t->error & IA32_PF_W ? PT_WRITE : t->length == 0 ? PT_FETCH : PT_READ;
    return true;
}

/* There are none: what nobody has reads as all ones. */
struct trap ia32_access_fault(enum pt_kind kind, gva_t va)
{
    struct trap t = {.row = INSN_NONE};

    ia32_v_raise(&t, IA_PF, REASON_RESOURCE, kind == PT_WRITE ? IA32_PF_W : 0, va.v);
    return t;
}

/* --- The view of a page. What may be read may be executed. A is set, or the walk would not have ended here; W waits for D. */

static void leaf_rights(const struct virtual_ia32 *v, const struct pt_walk *w, struct page_view *out)
{
    uint64_t rights = IA32_RW | IA32_US;

    for (unsigned i = 0; i < w->count; i++) {
        out->pte[out->pte_count++] = (gpa_t){w->step[i].pte_pa & a20_mask(v)};
        rights &= w->step[i].pte;
    }
    const bool user = is_user(v), writable = (rights & IA32_RW) || (!user && !(v->cr0 & CR0_WP));
    out->r = out->x = w->result == PT_OK;
    out->w = out->r && writable && (w->pte & IA32_D);
    out->supervisor = ia32_rings_apart(v) && (!(rights & IA32_US) || (out->w && !(rights & IA32_RW)));
}

void ia32_view(struct vcpu *vcpu, gva_t va, enum pt_kind kind, struct page_view *out)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);
    const struct pt_access access = access_of(v, kind == PT_WRITE ? PT_READ : kind, false);
    struct pt_walk w;

    *out = (struct page_view){
        .page.v = align_down(va.v & UINT32_MAX, PAGE_SIZE) & a20_mask(v), .size = PAGE_SIZE, .r = true, .w = true, .x = true};
    out->expressible = !ia32_guarded(vcpu, va);
    if (!is_paged(v))
        return;
    walk(vcpu, va, &access, &w);
    leaf_rights(v, &w, out);
    out->page.v = align_down(w.pa, PAGE_SIZE) & a20_mask(v);
    out->size = w.size;
    out->expressible &= w.result == PT_OK;
}
