/* inspect.c - see core/inspect.h. Only reads: the same questions that the shadow MMU asks when the host misses a leaf (memory.c), without
 * doing anything about the answers.
 */
#include "core/inspect.h"

#include "core/vmm/vm.h"
#include "mmu/phys.h"

/* The VMM's own state is what is looked at here, so that is where the guest's must be. That changes nothing that anybody could see. */
static const struct vm *settled(const struct machine *m)
{
    struct vm *vm = (struct vm *)(uintptr_t)m;

    hybrid_settle(vm);
    return vm;
}

void vm_place(const struct machine *m, struct vm_place *out)
{
    const struct vm *vm = vm_of_const(m);

    *out = (struct vm_place){
        .config = &vm->config,
        .ram = vm->ram.v,
        .tables = vm->tables.v,
        .frames = vm->config.shadow_frames,
        .has_tables = vm->has_tables,
        .on_host = !vm->vmm->current || vm->vmm->current == vm,
        .asid_shared = vm->asid_shared,
    };
    for (const struct vm *each = vm->vmm->vms; each; each = each->next)
        out->siblings++;
}

/* --- The shadow */

bool vm_shadow_look(const struct machine *m, struct vm_shadow *out)
{
    const struct vm *vm = settled(m);

    if (!vm->shadow)
        return false;
    struct shadow_key key;
    vm->isa->situation(vm, &key);
    const struct shadow_config *config = shadow_config_get(vm->shadow);
    const struct shadow_stats s = shadow_stats_get(vm->shadow);
    *out = (struct vm_shadow){
        .format = config->format,
        .roots = config->roots,
        .current = vm->root,
        .frames = config->frames - config->roots,
        .used = s.frames_used,
        .fenced = shadow_fenced(vm->shadow),
        .fills = s.fills,
        .flushes = s.flushes,
        .exhausted = s.exhausted,
        .evicted = s.evicted,
        .recycled = s.recycled,
        .traced = s.traced,
        .writes = s.writes,
        .released = s.released,
    };
    out->has_current = shadow_find(vm->shadow, &key, &out->present);
    return true;
}

bool vm_root_look(const struct machine *m, unsigned root, struct vm_root *out)
{
    const struct vm *vm = vm_of_const(m);
    struct shadow_look look;

    if (!vm->shadow || !shadow_root_look(vm->shadow, root, &look))
        return false;
    *out = (struct vm_root){
        .table = shadow_root(vm->shadow, root),
        .asid = shadow_asid(vm->shadow, root),
        .tables = look.tables,
        .leaves = look.leaves,
        .used = look.used,
        .space = look.key.space,
        .epoch = look.key.rights >> 8,
        .untranslated = look.key.untranslated,
    };
    vm->isa->situation_text(&look.key, out->situation, sizeof out->situation);
    return true;
}

/* Entries of the shadow as they stand in the host's memory. */
static bool read_entry(void *ctx, pa_t pa, uint64_t *pte) { return machine_load(ctx, pa, pte, sizeof *pte) == 0; }

bool vm_shadow_walk(const struct machine *m, va_t va, struct pt_walk *out, unsigned *root)
{
    /* Whatever is mapped, this access may read. */
    static const struct pt_access anything = {.kind = PT_READ, .user = true, .mxr = true, .update_ad = true};
    const struct vm *vm = vm_of_const(m);

    if (!vm->shadow)
        return false;
    struct shadow_key key;
    vm->isa->situation(vm, &key);
    if (!shadow_find(vm->shadow, &key, root))
        return false;
    pt_walk(shadow_config_get(vm->shadow)->format, shadow_root(vm->shadow, *root), va, &anything, read_entry, vm->host, out);
    return true;
}

bool vm_page_is_traced(const struct machine *m, pa_t guest)
{
    const struct vm *vm = vm_of_const(m);
    hpa_t host;

    return vm->shadow && vmmap_physical(vm, (gpa_t){guest}, &host) && shadow_is_traced(vm->shadow, host.v);
}

/* --- One access */

static bool tables_are_in_ram(const struct vm *vm, const struct page_view *view)
{
    hpa_t host;

    for (unsigned i = 0; i < view->pte_count; i++)
        if (!vmmap_physical(vm, view->pte[i], &host))
            return false;
    return true;
}

/* The guest grants it, and RAM is there. */
static enum vm_page_verdict leaf_verdict(struct vm *vm, gva_t va, enum pt_kind kind, hpa_t host)
{
    const struct pt_format *format = shadow_config_get(vm->shadow)->format;
    struct page_view view;

    if (vm->isa->touches(vm, va, kind))
        return VM_PAGE_TOUCH;
    vm->isa->view(vm, va, kind, &view);
    if (!view.expressible || !(kind == PT_READ ? view.r : kind == PT_WRITE ? view.w && view.r : view.x))
        return VM_PAGE_INEXPRESSIBLE;
    if ((va_t)sign_extend(va.v, format->va_bits) != va.v || !tables_are_in_ram(vm, &view))
        return VM_PAGE_BEYOND;
    return kind == PT_WRITE && shadow_is_traced(vm->shadow, host.v) ? VM_PAGE_TRACED : VM_PAGE_LEAF;
}

static enum vm_page_verdict verdict_of(struct vm *vm, gva_t va, enum pt_kind kind, struct vm_access *out)
{
    gpa_t pa;
    hpa_t host;

    if (!vm->isa->translate(vm, va, 1, kind, false, &pa, &out->fault))
        return VM_PAGE_GUEST;
    out->guest = pa.v;
    out->range = phys_find(vm->machine.phys, pa.v);
    out->has_host = vmmap_physical(vm, pa, &host);
    out->host = out->has_host ? host.v : 0;
    if (!out->range || (!out->range->ram && kind == PT_FETCH)) {
        out->fault = vm->isa->access_fault(kind, va);
        return VM_PAGE_NOWHERE;
    }
    if (!out->range->ram)
        return VM_PAGE_DEVICE;
    if (hybrid_interprets(vm))
        return VM_PAGE_HYBRID;
    return out->has_host ? leaf_verdict(vm, va, kind, host) : VM_PAGE_BEYOND;
}

void vm_access_look(struct machine *m, va_t va, enum pt_kind kind, struct vm_access *out)
{
    struct vm *vm = vm_of(m);

    hybrid_settle(vm);
    *out = (struct vm_access){.fault = {.kind = TRAP_NONE, .row = INSN_NONE}};
    if (vm->shadow)
        out->verdict = verdict_of(vm, (gva_t){va}, kind, out);
}
