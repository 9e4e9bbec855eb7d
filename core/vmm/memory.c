/* memory.c - the guest's memory: its own translation composed with f, leaf by leaf, when the host misses one.
 *
 * A page or access fault of the host is one of three things, and memory_fill() says which: the shadow lacked a leaf (filled now, the
 * guest never knows), the guest's own tables refuse (its fault, reflected), or no leaf can express the access: a device, a page
 * whose protection is not uniform, a page table under trace. Then the one instruction is interpreted, access by access, with
 * the bodies the CPU itself uses, over the virtual machine's registers and its physical address space.
 */
#include "core/vmm/vm.h"

#include "mmu/phys.h"

#include <assert.h>
#include <string.h>

enum fill {
    FILL_DONE,    /* the host finds it now */
    FILL_REFLECT, /* the guest's own fault */
    FILL_ACCESS,  /* no leaf can say it */
};

/* --- The guest's translation */

/* Sets A and D in the guest's PTEs like hardware. That changes PTEs that leaves were made of, but only so that they would say
 * more: nothing goes stale. */
static bool translate(struct vm *vm, gva_t va, unsigned size, enum pt_kind kind, gpa_t *pa, struct trap *t)
{
    const uint64_t reserved = vm_reservation(vm);
    bool granted;

    vm->touching = true;
    granted = vm->isa->translate(vm, va, size, kind, true, pa, t);
    vm->touching = false;
    vm_reservation_keep(vm, reserved);
    return granted;
}

/* Where the access goes: some range of the guest's physical memory, or an access fault. A device is no place to fetch from. */
static const struct phys_range *reach(struct vm *vm, gva_t va, unsigned size, enum pt_kind kind, gpa_t *pa, struct trap *t)
{
    const struct phys_range *r;

    if (!translate(vm, va, size, kind, pa, t))
        return NULL;
    r = phys_find(vm->machine.phys, pa->v);
    if (r && (r->ram || kind != PT_FETCH))
        return r;
    *t = vm->isa->access_fault(kind, va);
    return NULL;
}

/* --- Filling the shadow */

/* Which page each level of the shadow's tables is derived from: the guest's tables have the same levels, from that of its
 * leaf (0 for 4 KiB) up. false: a table that is not in the guest's RAM slice. */
static bool leaf_origins(const struct vm *vm, const struct page_view *view, struct shadow_leaf *leaf)
{
    const struct pt_format *format = vm->isa->host_format(vm->host);
    unsigned level = 0;
    hpa_t at;

    for (unsigned i = 0; i < PT_MAX_LEVELS; i++)
        leaf->origin[i] = SHADOW_NO_ORIGIN;
    for (uint64_t size = view->size; size > PAGE_SIZE; size >>= format->index_bits)
        level++;
    for (unsigned i = view->pte_count; i-- > 0; level++) {
        if (!vmmap_physical(vm, view->pte[i], &at))
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

/* W is withheld from a page that is traced. */
static void tell_filled(struct vm *vm, gva_t va, const struct page_view *view, const struct shadow_leaf *leaf)
{
    vm->event->filled = true;
    vm->event->fill = (struct vm_fill){
        .va = va.v & PAGE_MASK,
        .guest = view->page.v,
        .host = leaf->page,
        .r = leaf->r,
        .w = leaf->w && leaf->r && !shadow_is_traced(vm->shadow, leaf->page),
        .x = leaf->x,
        .root = vm->root,
    };
}

/*T:340 The shadow MMU: the guest's own translation composed with f. A leaf is filled, or the guest's fault is its own, or the access is
 * one that no leaf can express. :*/
static enum fill memory_fill(struct vm *vm, gva_t va, enum pt_kind kind, struct trap *guest)
{
    struct page_view view;
    struct shadow_leaf leaf;
    gpa_t pa;
    hpa_t host;
    const struct phys_range *r = reach(vm, va, 1, kind, &pa, guest);

    if (!r)
        return FILL_REFLECT;
    if (!r->ram)
        return FILL_ACCESS;
    vm->isa->view(vm, va, kind, &view);
    if (!view.expressible || !view_grants(&view, kind) || !vmmap_physical(vm, view.page, &host))
        return FILL_ACCESS;
    if (kind == PT_WRITE && shadow_is_traced(vm->shadow, host.v))
        return FILL_ACCESS;
    leaf = (struct shadow_leaf){.page = host.v, .r = view.r, .w = view.w, .x = view.x, .size = view.size};
    if (!leaf_origins(vm, &view, &leaf))
        return FILL_ACCESS;
    /* Same as before: the host cannot be missing that, so filling again would not help it. */
    if (shadow_map(vm->shadow, vm->root, va.v, &leaf) != SHADOW_MAPPED)
        return FILL_ACCESS;
    if (UNLIKELY(vm->event))
        tell_filled(vm, va, &view, &leaf);
    return FILL_DONE;
}

/* A host page or access fault. The guest's own fault was taken at the very instruction that the host stopped at. */
void memory_fault(struct vm *vm, struct trap *t)
{
    struct trap guest = {.kind = TRAP_NONE, .row = INSN_NONE};
    enum pt_kind kind;

    if (!vm->isa->fault_kind(t, &kind))
        return;
    switch (memory_fill(vm, (gva_t){t->tval}, kind, &guest)) {
    case FILL_DONE: t->kind = TRAP_NONE; break;
    case FILL_REFLECT:
        if (UNLIKELY(vm->event))
            vm->event->owner = VM_OWNER_GUEST;
        guest.row = t->row;
        guest.length = t->length;
        guest.bits = t->bits;
        *t = guest;
        break;
    case FILL_ACCESS: {
        const uint64_t cause = t->cause;
        *t = memory_interpret(vm, t);
        if (UNLIKELY(t->kind == TRAP_TRIGGER))
            vm_uncount(vm, REASON_RESOURCE, cause, INSN_NONE);
        break;
    }
    }
}

/* --- Interpreting one instruction */

/* What its accesses are made through. */
struct access {
    struct vm *vm;
    bool device;   /* it touched one */
    unsigned done; /* accesses before this one, as triggers count them */
};

/* An access in at most two parts, one on each page. Without pages there is one part. */
struct part {
    gva_t va;
    gpa_t pa;
    unsigned size;
    const struct phys_range *range;
};

static unsigned split(const struct access *a, gva_t va, unsigned size, struct part part[2])
{
    unsigned room = (unsigned)(PAGE_SIZE - (va.v & (PAGE_SIZE - 1)));
    unsigned first = size < room || !a->vm->shadow ? size : room;

    part[0] = (struct part){.va = va, .size = first};
    part[1] = (struct part){.va = {va.v + first}, .size = size - first};
    return size > first ? 2 : 1;
}

/* A trigger of the guest's own, which comes before translation, and after its owner's. */
static bool breakpoint(struct vm *vm, unsigned kinds, gva_t va, unsigned size, struct trap *t)
{
    return vm->isa->breakpoint && vm->isa->breakpoint(vm, kinds, va, size, t);
}

/* Does a trigger want to see this access first? By virtual address: before translation. */
static bool watched(struct access *a, unsigned kinds, gva_t va, unsigned size, struct trap *t)
{
    const struct trigger_step step = {.kinds = kinds, .step = a->done + 1, .at = va.v, .size = size / a->vm->isa->cell};

    return vm_trigger_match(a->vm, &step, va, t) || breakpoint(a->vm, kinds, va, size, t);
}

/* Of an atomic access that is not aligned, which is refused otherwise. */
static bool access_before(void *ctx, va_t va, unsigned size, unsigned kinds, struct trap *t)
{
    const struct access *a = ctx;

    return !breakpoint(a->vm, kinds, (gva_t){va}, size, t);
}

/* By physical address, which is known now. */
static bool parts_watched(struct access *a, unsigned kinds, const struct part *part, unsigned count, struct trap *t)
{
    struct trigger_step step = {.kinds = kinds, .step = a->done + 1, .physical = true, .at = part->pa.v, .size = part->size};

    if (count > 1) {
        step.rest = part[1].pa.v;
        step.rest_size = part[1].size;
    }
    return vm_trigger_match(a->vm, &step, part->va, t);
}

/* All parts are checked before any is accessed. A device answers aligned accesses only, and whole ones. */
static bool parts_reach(struct access *a, struct part *part, unsigned count, unsigned kinds, struct trap *t)
{
    const enum pt_kind kind = kinds & TRIGGER_STORE ? PT_WRITE : PT_READ;

    for (unsigned i = 0; i < count; i++) {
        struct part *p = &part[i];
        p->range = reach(a->vm, p->va, p->size, kind, &p->pa, t);
        if (!p->range || (count == 1 && parts_watched(a, kinds, part, 1, t)))
            return false;
        if ((p->range->io && count > 1) || p->range->size - (p->pa.v - p->range->base) < p->size) {
            *t = a->vm->isa->access_fault(kind, p->va);
            return false;
        }
    }
    return count == 1 || !parts_watched(a, kinds, part, count, t);
}

static bool part_load(struct access *a, const struct part *p, uint64_t *value, struct trap *t)
{
    *value = 0;
    if (p->range->ram) {
        memcpy(value, ram_host(p->range->ram) + p->range->ram_offset + (p->pa.v - p->range->base), p->size);
        return true;
    }
    if (phys_load(a->vm->machine.phys, p->pa.v, p->size, value)) {
        a->device = true;
        return true;
    }
    *t = a->vm->isa->access_fault(PT_READ, p->va);
    return false;
}

static bool part_store(struct access *a, const struct part *p, uint64_t value, struct trap *t)
{
    if (p->range->ram) {
        uint64_t offset = p->range->ram_offset + (p->pa.v - p->range->base);
        const uint64_t reserved = vm_reservation(a->vm);
        memcpy(ram_host(p->range->ram) + offset, &value, p->size);
        ram_written(p->range->ram, offset, p->size);
        vm_reservation_keep(a->vm, reserved);
        return true;
    }
    if (phys_store(a->vm->machine.phys, p->pa.v, p->size, value)) {
        a->device = true;
        return true;
    }
    *t = a->vm->isa->access_fault(PT_WRITE, p->va);
    return false;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are copied as the guest's bytes lie");

static bool access_load(void *ctx, va_t va, unsigned size, uint64_t *value, struct trap *t)
{
    struct access *a = ctx;
    struct part part[2];
    unsigned count = split(a, (gva_t){va}, size, part);
    uint64_t low, high = 0;

    if (watched(a, TRIGGER_LOAD, part[0].va, size, t) || !parts_reach(a, part, count, TRIGGER_LOAD, t))
        return false;
    if (!part_load(a, &part[0], &low, t) || (count > 1 && !part_load(a, &part[1], &high, t)))
        return false;
    a->done++;
    *value = count > 1 ? low | high << (8 * part[0].size) : low;
    return true;
}

static bool access_store(void *ctx, va_t va, unsigned size, uint64_t value, struct trap *t)
{
    struct access *a = ctx;
    struct part part[2];
    unsigned count = split(a, (gva_t){va}, size, part);

    if (watched(a, TRIGGER_STORE, part[0].va, size, t) || !parts_reach(a, part, count, TRIGGER_STORE, t))
        return false;
    if (!part_store(a, &part[0], value, t))
        return false;
    a->done++;
    return count == 1 || part_store(a, &part[1], value >> (8 * part[0].size), t);
}

/* Atomics are for RAM: no device here promises more than plain reads and writes. */
static bool atomic_reach(struct access *a, gva_t va, unsigned size, unsigned kinds, pa_t *pa, struct trap *t)
{
    struct part part = {.va = va, .size = size};

    if (watched(a, kinds, va, size, t) || !parts_reach(a, &part, 1, kinds, t))
        return false;
    if (part.range->io) {
        *t = a->vm->isa->access_fault(kinds & TRIGGER_STORE ? PT_WRITE : PT_READ, va);
        return false;
    }
    *pa = part.pa.v;
    return true;
}

static bool access_physical(void *ctx, va_t va, unsigned size, bool write, pa_t *pa, struct trap *t)
{
    return atomic_reach(ctx, (gva_t){va}, size, write ? TRIGGER_STORE : TRIGGER_LOAD, pa, t);
}

static bool access_amo(void *ctx, va_t va, unsigned size, uint64_t (*combine)(uint64_t old, uint64_t operand, unsigned size),
                       uint64_t operand, uint64_t *old, struct trap *t)
{
    struct access *a = ctx;
    pa_t pa;

    if (!atomic_reach(a, (gva_t){va}, size, TRIGGER_LOAD | TRIGGER_STORE, &pa, t))
        return false;
    const uint64_t reserved = vm_reservation(a->vm);
    bool done =
        phys_load(a->vm->machine.phys, pa, size, old) && phys_store(a->vm->machine.phys, pa, size, combine(*old, operand, size));
    vm_reservation_keep(a->vm, reserved);
    return done;
}

/* The instruction at pc in its units: what follows the first is fetched only if there is more of it, for it may lie in another
 * page, or in none. */
static bool fetch(struct vm *vm, gva_t pc, uint64_t *bits, unsigned *length, struct trap *t)
{
    const unsigned unit = vm->isa->fetch_unit;
    const struct phys_range *r;
    gpa_t pa;

    *bits = 0;
    for (unsigned done = 0;; done += unit) {
        uint64_t part;
        if (done > 0)
            (void)vm->machine.isa->decode(vm->machine.config, *bits, length);
        if (done > 0 && done >= *length)
            return true;
        gva_t va = {pc.v + done};
        r = reach(vm, va, unit, PT_FETCH, &pa, t);
        if (!r)
            return false;
        if (!phys_load(vm->machine.phys, pa.v, unit, &part)) {
            *t = vm->isa->access_fault(PT_FETCH, va);
            return false;
        }
        *bits |= part << (8 * done);
    }
}

/* The fetch of the instruction at pc. That the host does not fetch what it cannot reach says nothing about physical addresses. */
static bool fetch_watched(struct vm *vm, gva_t pc, struct trap *t)
{
    struct trigger_step step = {.kinds = TRIGGER_EXECUTE, .at = pc.v, .size = 1};
    struct trap fault;
    gpa_t pa;

    if (vm_trigger_match(vm, &step, pc, t) || breakpoint(vm, TRIGGER_EXECUTE, pc, 1, t))
        return true;
    if (LIKELY(!vm->triggers.count))
        return false;
    if (!reach(vm, pc, vm->isa->fetch_unit, PT_FETCH, &pa, &fault)) /* that will show */
        return false;
    step.physical = true;
    step.at = pa.v;
    step.size = vm->isa->cell;
    return vm_trigger_match(vm, &step, pc, t);
}

/* `at` names the instruction. A privileged row has its v_i here as everywhere. */
static struct trap interpret(struct vm *vm, const struct trap *at, struct access *a)
{
    const struct interpret_memory memory = {
        .load = access_load, .store = access_store, .amo = access_amo, .physical = access_physical, .before = access_before, .ctx = a};
    const struct isa *isa = vm->machine.isa;

    if (vm_has_v_i(vm, at)) {
        struct trap t = *at;
        vm->isa->v[at->row](vm, &t);
        vm->v_i_runs[at->row] += t.kind != TRAP_TRIGGER;
        return t;
    }
    if (at->row < isa->row_count && isa->rows[at->row].traps == TRAPS_REQUESTED)
        return vm->isa->requested(vm, at);
    return isa->interpret(&vm->machine, at->bits, &memory);
}

static void tell_interpreted(struct vm *vm, const struct trap *at, bool device)
{
    struct vm_event *event = vm->event;

    event->owner = vm_has_v_i(vm, at) ? VM_OWNER_V_I : device ? VM_OWNER_DEVICE : VM_OWNER_SHADOW;
    event->trap.row = at->row;
    event->trap.length = at->length;
    event->trap.bits = at->bits;
}

struct trap memory_interpret(struct vm *vm, const struct trap *t)
{
    struct trap at = {.kind = TRAP_EXCEPTION, .reason = REASON_PRIVILEGE, .row = t->row, .length = t->length, .bits = t->bits};
    struct access a = {.vm = vm};
    struct trap out = {.row = INSN_NONE};

    if (at.length == 0) { /* the host could not fetch it */
        unsigned length;
        gva_t pc = {machine_get(&vm->machine, MACHINE_PC)};
        if (fetch_watched(vm, pc, &out) || !fetch(vm, pc, &at.bits, &length, &out))
            return out;
        at.row = (uint16_t)vm->machine.isa->decode(vm->machine.config, at.bits, &length);
        at.length = (uint8_t)length;
        if (vm_trigger_match(vm, &(struct trigger_step){.kinds = TRIGGER_OPCODE, .at = at.bits}, pc, &out))
            return out;
    }
    out = interpret(vm, &at, &a);
    vm->stats.device_accesses += a.device;
    if (UNLIKELY(vm->event))
        tell_interpreted(vm, &at, a.device);
    if (out.kind == TRAP_EXCEPTION || out.kind == TRAP_TRIGGER) {
        out.row = at.row;
        out.length = at.length;
        out.bits = at.bits;
    } else {
        vm_retire(vm, vm_has_v_i(vm, &at) ? &vm->stats.emulated : &vm->stats.interpreted);
    }
    if (out.kind == TRAP_NONE && a.device)
        out = (struct trap){.kind = TRAP_YIELD, .row = INSN_NONE};
    return out;
}

bool memory_block(struct vm *vm, gva_t va, unsigned size, bool zero, struct trap *t)
{
    struct access a = {.vm = vm};
    struct part part = {.va = {va.v & ~(uint64_t)(size - 1)}, .size = size};
    bool reached;

    if (zero)
        reached = !watched(&a, TRIGGER_STORE, part.va, size, t) && parts_reach(&a, &part, 1, TRIGGER_STORE, t);
    else
        reached = !breakpoint(vm, TRIGGER_STORE, part.va, size, t) &&
                  (reach(vm, part.va, size, PT_READ, &part.pa, t) || reach(vm, part.va, size, PT_WRITE, &part.pa, t));

    if (reached && zero && part.range->io) {
        *t = vm->isa->access_fault(PT_WRITE, va);
        return false;
    }
    for (unsigned done = 0; reached && zero && done < size; done += 8) {
        const struct part word = {.va = part.va, .pa = {part.pa.v + done}, .size = 8, .range = part.range};
        reached = part_store(&a, &word, 0, t);
    }
    if (!reached)
        t->tval = va.v;
    return reached;
}

/* --- Staleness */

/* Tracing keeps the shadow exact: then a fence has nothing to say. */
void memory_fence(struct vm *vm, const struct fence *f)
{
    if (!vm->shadow || vm->config.shadow == SHADOW_TRACE)
        return;
    shadow_drop(vm->shadow, &(struct shadow_scope){.has_va = f->has_va, .has_asid = f->has_asid, .va = f->va, .asid = f->asid});
}

void memory_written(struct vm *vm, gpa_t pa, size_t length)
{
    hpa_t host;

    if (!vm->touching && length > 0 && vmmap_physical(vm, pa, &host))
        shadow_written(vm->shadow, host.v, length);
}
