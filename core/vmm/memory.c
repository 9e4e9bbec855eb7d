/* memory.c - the guest's memory: its own translation composed with f, leaf by leaf, when the host misses one.
 *
 * A page or access fault of the host is one of three things, and memory_fill() says which: the shadow lacked a leaf (filled now, the
 * guest never knows), the guest's own tables refuse (its fault, reflected), or no leaf can express the access: a device, a page
 * whose protection is not uniform, a page table under trace. Then the one instruction is interpreted (interpret.c).
 */
#include "core/vmm/memory.h"

#include "core/vmm/hybrid.h"
#include "core/vmm/interpret.h"
#include "core/vmm/reach.h"
#include "core/vmm/tally.h"
#include "core/vmm/translator.h"
#include "core/vmm/vmmap.h"
#include "mmu/phys.h"

#include <assert.h>

enum fill {
    FILL_DONE,    /* the host finds it now */
    FILL_REFLECT, /* the guest's own fault */
    FILL_ACCESS,  /* no leaf can say it */
};

/* --- Filling the shadow */

/* Which page each level of the shadow's tables is derived from: the guest's tables have the same levels, from that of its
 * leaf (0 for 4 KiB) up. false: a table that is not in the guest's RAM slice. */
static bool leaf_origins(const struct vcpu *vcpu, const struct page_view *view, struct shadow_leaf *leaf)
{
    const struct pt_format *format = vcpu->isa->host_format(vcpu->host);
    unsigned level = 0;
    hpa_t at;

    for (unsigned i = 0; i < PT_MAX_LEVELS; i++)
        leaf->origin[i] = SHADOW_NO_ORIGIN;
    for (uint64_t size = view->size; size > PAGE_SIZE; size >>= format->index_bits)
        level++;
    for (unsigned i = view->pte_count; i-- > 0; level++) {
        if (!vmmap_physical(vcpu->vm, view->pte[i], &at))
            return false;
        assert(level < format->levels);
        leaf->origin[level] = at.v & PAGE_MASK;
    }
    return true;
}

static bool view_grants(const struct page_view *view, enum pt_kind kind)
{
    return kind == PT_READ ? view->r : kind == PT_WRITE ? view->w && view->r : view->x;
}

/* Where a page of this range lies in the host. The board may show a part of the VM's RAM in another place, and blocks of its own, which are
 * not in the host. */
static bool page_host(const struct vcpu *vcpu, const struct phys_range *r, gpa_t page, hpa_t *host)
{
    const struct vm *vm = vcpu->vm;
    const uint64_t offset = r->ram_offset + (page.v - r->base) - vm->ram_offset;

    if (r->ram != vm->ram_block || page.v < r->base || page.v - r->base >= r->size || offset >= vm->config.ram_size)
        return false;
    host->v = vm->ram.v + offset;
    return true;
}

/* W is withheld from a page that is traced. */
static void tell_filled(struct vcpu *vcpu, gva_t va, const struct page_view *view, const struct shadow_leaf *leaf)
{
    vcpu->event->filled = true;
    vcpu->event->fill = (struct vm_fill){
        .va = va.v & PAGE_MASK,
        .guest = view->page.v,
        .host = leaf->page,
        .r = leaf->r,
        .w = leaf->w && leaf->r && !shadow_is_traced(vcpu->shadow, leaf->page),
        .x = leaf->x,
        .root = vcpu->root,
    };
}

/*T:340 The shadow MMU: the guest's own translation composed with f. A leaf is filled, or the guest's fault is its own, or the access is
 * one that no leaf can express. :*/
static enum fill memory_fill(struct vcpu *vcpu, gva_t va, enum pt_kind kind, struct trap *guest)
{
    struct page_view view;
    struct shadow_leaf leaf;
    gpa_t pa;
    hpa_t host;
    const struct phys_range *r;

    if (!reach_place(vcpu, va, 1, kind, &pa, &r, guest))
        return FILL_REFLECT;
    if (!r || !r->ram)
        return FILL_ACCESS;
    vcpu->isa->view(vcpu, va, kind, &view);
    if (!view.expressible || !view_grants(&view, kind) || !page_host(vcpu, r, view.page, &host))
        return FILL_ACCESS;
    if (UNLIKELY(phys_is_rom(r))) {
        view.w = false;
        if (kind == PT_WRITE)
            return FILL_ACCESS;
    }
    if (translator_protects(vcpu, host)) {
        view.w = false;
        if (kind == PT_WRITE)
            return FILL_ACCESS;
    }
    if (kind == PT_WRITE && shadow_is_traced(vcpu->shadow, host.v))
        return FILL_ACCESS;
    if (view.w)
        translator_granted(vcpu, host);
    leaf = (struct shadow_leaf){.page = host.v, .r = view.r, .w = view.w, .x = view.x, .size = view.size};
    leaf.supervisor = view.supervisor;
    if (!leaf_origins(vcpu, &view, &leaf))
        return FILL_ACCESS;
    /* Same as before: the host cannot be missing that, so filling again would not help it. */
    if (shadow_map(vcpu->shadow, vcpu->root, va.v, &leaf) != SHADOW_MAPPED)
        return FILL_ACCESS;
    if (UNLIKELY(vcpu->event))
        tell_filled(vcpu, va, &view, &leaf);
    return FILL_DONE;
}

/* The instruction that no leaf can express, done by itself. */
static struct trap access_one(struct vcpu *vcpu, const struct trap *t)
{
    return vcpu->interpreter ? hybrid_once(vcpu) : interpret_instruction(vcpu, t);
}

/* A host page or access fault. The guest's own fault was taken at the very instruction that the host stopped at. */
void memory_fault(struct vcpu *vcpu, struct trap *t)
{
    struct trap guest = {.kind = TRAP_NONE, .row = INSN_NONE};
    enum pt_kind kind;

    if (!vcpu->isa->fault_kind(t, &kind))
        return;
    if (UNLIKELY(vcpu->isa->access_of))
        vcpu->isa->access_of(vcpu, t);
    const enum fill fill = memory_fill(vcpu, (gva_t){t->tval}, kind, &guest);
    if (UNLIKELY(vcpu->isa->access_of))
        vcpu->isa->access_of(vcpu, NULL);
    switch (fill) {
    case FILL_DONE: t->kind = TRAP_NONE; break;
    case FILL_REFLECT:
        if (UNLIKELY(vcpu->event))
            vcpu->event->owner = VM_OWNER_GUEST;
        guest.row = t->row;
        guest.length = t->length;
        trap_insn_set(&guest, trap_insn(t));
        *t = guest;
        break;
    case FILL_ACCESS: {
        const uint64_t cause = t->cause;
        *t = access_one(vcpu, t);
        if (UNLIKELY(t->kind == TRAP_TRIGGER))
            tally_undo(vcpu, REASON_RESOURCE, cause, INSN_NONE);
        break;
    }
    }
}

/* --- Staleness */

/* Tracing keeps the shadow exact: then a fence has nothing to say, but of what is not traced for the time being. */
void memory_fence(struct vcpu *vcpu, const struct fence *f)
{
    const struct shadow_scope scope = {.has_va = f->has_va, .has_asid = f->has_asid, .va = f->va, .asid = f->asid};

    translator_fenced(vcpu, f);
    if (!vcpu->shadow)
        return;
    switch (vcpu->vm->config.shadow) {
    case SHADOW_FLUSH: shadow_drop(vcpu->shadow, &scope); break;
    case SHADOW_TRACE: break;
    case SHADOW_ADAPT: shadow_sync(vcpu->shadow, &scope); break;
    }
}

void memory_written(struct vcpu *vcpu, gpa_t pa, size_t length)
{
    hpa_t host;

    if (!vcpu->touching && length > 0 && vmmap_physical(vcpu->vm, pa, &host))
        shadow_written(vcpu->shadow, host.v, length);
}
