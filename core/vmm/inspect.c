/* inspect.c - see core/inspect.h. Only reads: the same questions that the shadow MMU asks when the host misses a leaf (memory.c), without
 * doing anything about the answers.
 */
#include "core/inspect.h"

#include "core/vmm/hybrid.h"
#include "core/vmm/vmmap.h"
#include "mmu/phys.h"

/* The VMM's own state is what is looked at here, so that is where the guest's must be. That changes nothing that anybody could see. */
static const struct vcpu *settled(const struct machine *m)
{
    struct vcpu *vcpu = (struct vcpu *)(uintptr_t)m;

    hybrid_settle(vcpu);
    return vcpu;
}

enum vm_course vm_course(const struct machine *m)
{
    const struct vcpu *vcpu = settled(m);

    if (hybrid_interprets(vcpu))
        return VM_BY_VMM;
    return vcpu->translator && machine_get(m, MACHINE_MODE) != vcpu->isa->mode_user ? VM_TRANSLATED : VM_DIRECTLY;
}

void vm_place(const struct machine *m, struct vm_place *out)
{
    const struct vcpu *vcpu = vcpu_of_const(m);

    *out = (struct vm_place){
        .config = &vcpu->vm->config,
        .ram = vcpu->vm->ram.v,
        .tables = vcpu->tables.v,
        .frames = vcpu->vm->config.shadow_frames,
        .has_tables = vcpu->has_tables,
        .on_host = !vcpu->on->current || vcpu_on_host(vcpu),
        .asid_shared = vcpu->asid_shared,
    };
    for (const struct vm *each = vcpu->vm->vmm->vms; each; each = each->next)
        out->siblings++;
}

/* --- The shadow */

bool vm_shadow_look(const struct machine *m, struct vm_shadow *out)
{
    const struct vcpu *vcpu = settled(m);

    if (!vcpu->shadow)
        return false;
    struct shadow_key key;
    vcpu->isa->situation(vcpu, &key);
    const struct shadow_config *config = shadow_config_get(vcpu->shadow);
    const struct shadow_stats s = shadow_stats_get(vcpu->shadow);
    *out = (struct vm_shadow){
        .format = config->format,
        .roots = config->roots,
        .current = vcpu->root,
        .frames = config->frames - config->roots,
        .used = s.frames_used,
        .fenced = shadow_fenced(vcpu->shadow),
        .fills = s.fills,
        .flushes = s.flushes,
        .exhausted = s.exhausted,
        .evicted = s.evicted,
        .recycled = s.recycled,
        .traced = s.traced,
        .writes = s.writes,
        .released = s.released,
        .loosened = s.loosened,
    };
    out->has_current = shadow_find(vcpu->shadow, &key, &out->present);
    return true;
}

bool vm_root_look(const struct machine *m, unsigned root, struct vm_root *out)
{
    const struct vcpu *vcpu = vcpu_of_const(m);
    struct shadow_look look;

    if (!vcpu->shadow || !shadow_root_look(vcpu->shadow, root, &look))
        return false;
    *out = (struct vm_root){
        .table = shadow_root(vcpu->shadow, root),
        .asid = shadow_asid(vcpu->shadow, root),
        .tables = look.tables,
        .leaves = look.leaves,
        .used = look.used,
        .space = look.key.space,
        .epoch = look.key.rights >> 8,
        .untranslated = look.key.untranslated,
    };
    vcpu->isa->situation_text(&look.key, out->situation, sizeof out->situation);
    return true;
}

/* Entries of the shadow as they stand in the host's memory. */
static bool read_entry(void *ctx, pa_t pa, uint64_t *pte)
{
    const struct vcpu *vcpu = ctx;

    *pte = 0;
    return machine_load(vcpu->host, pa, pte, shadow_config_get(vcpu->shadow)->format->pte_size) == 0;
}

bool vm_shadow_walk(const struct machine *m, va_t va, struct pt_walk *out, unsigned *root)
{
    /* Whatever is mapped, this access may read. */
    static const struct pt_access anything = {.kind = PT_READ, .sum = true, .mxr = true, .update_ad = true};
    const struct vcpu *vcpu = vcpu_of_const(m);

    if (!vcpu->shadow)
        return false;
    struct shadow_key key;
    vcpu->isa->situation(vcpu, &key);
    if (!shadow_find(vcpu->shadow, &key, root))
        return false;
    pt_walk(shadow_config_get(vcpu->shadow)->format, shadow_root(vcpu->shadow, *root), va, &anything, read_entry,
            (void *)(uintptr_t)vcpu, out);
    return true;
}

/* --- One access */

static bool tables_are_in_ram(const struct vcpu *vcpu, const struct page_view *view)
{
    hpa_t host;

    for (unsigned i = 0; i < view->pte_count; i++)
        if (!vmmap_physical(vcpu->vm, view->pte[i], &host))
            return false;
    return true;
}

/* The guest grants it, and RAM is there. */
static enum vm_page_verdict leaf_verdict(struct vcpu *vcpu, gva_t va, enum pt_kind kind, hpa_t host)
{
    const struct pt_format *format = shadow_config_get(vcpu->shadow)->format;
    struct page_view view;

    if (vcpu->isa->touches(vcpu, va, kind))
        return VM_PAGE_TOUCH;
    vcpu->isa->view(vcpu, va, kind, &view);
    if (!view.expressible || !(kind == PT_READ ? view.r : kind == PT_WRITE ? view.w && view.r : view.x))
        return VM_PAGE_INEXPRESSIBLE;
    if (!pt_is_canonical(format, va.v) || !tables_are_in_ram(vcpu, &view))
        return VM_PAGE_BEYOND;
    return kind == PT_WRITE && shadow_is_traced(vcpu->shadow, host.v) ? VM_PAGE_TRACED : VM_PAGE_LEAF;
}

static enum vm_page_verdict verdict_of(struct vcpu *vcpu, gva_t va, enum pt_kind kind, struct vm_access *out)
{
    gpa_t pa;
    hpa_t host = {0};

    if (!vcpu->isa->translate(vcpu, va, 1, kind, false, &pa, &out->fault))
        return VM_PAGE_GUEST;
    out->guest = pa.v;
    out->range = phys_find(vcpu->machine.phys, pa.v);
    out->has_host = vmmap_physical(vcpu->vm, pa, &host);
    out->host = host.v;
    if (!out->range || (!out->range->ram && kind == PT_FETCH)) {
        out->fault = vcpu->isa->access_fault(kind, va);
        return VM_PAGE_NOWHERE;
    }
    if (!out->range->ram)
        return VM_PAGE_DEVICE;
    if (hybrid_interprets(vcpu))
        return VM_PAGE_HYBRID;
    return out->has_host ? leaf_verdict(vcpu, va, kind, host) : VM_PAGE_BEYOND;
}

void vm_access_look(struct machine *m, va_t va, enum pt_kind kind, struct vm_access *out)
{
    struct vcpu *vcpu = vcpu_of(m);

    hybrid_settle(vcpu);
    *out = (struct vm_access){.fault = {.kind = TRAP_NONE, .row = INSN_NONE}};
    if (vcpu->shadow)
        out->verdict = verdict_of(vcpu, (gva_t){va}, kind, out);
}
