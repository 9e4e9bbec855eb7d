/* vm.c - a virtual machine is a machine: its operations, and how one is made of another machine.
 *
 * Every operation asks the virtual state first (isa->get, isa->set) and hands on what is identity. Time is kept here: instructions that
 * ran on the host, that a v_i emulated and that were interpreted are one count, and `retired` is passed down, so that machines below
 * machines share it.
 */
#include "core/vmm/vm.h"

#include "mmu/phys.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_FRAMES = 4096 };

/* --- Operations */

static void run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *out)
{
    struct vm *vm = vm_of(m);

    vm->running = retired;
    vm->running_start = *retired;
    vmm_dispatch(vm, budget, retired, out);
    vm->clock_base += vm_ran(vm);
    vm->retired_base += vm_ran(vm);
    vm->running = NULL;
}

static uint64_t get(const struct machine *m, reg_t reg)
{
    const struct vm *vm = vm_of_const(m);
    bool handled;
    uint64_t value;

    if (vm->interpreting)
        return machine_get(vm->interpreter, reg);
    switch (reg) {
    case MACHINE_CLOCK: return vm_clock(vm);
    case MACHINE_RETIRED: return vm_retired(vm);
    case MACHINE_WAKE: return vm->isa->wake(vm);
    case MACHINE_RESUME: return vm_resume(vm);
    default: break;
    }
    value = vm->isa->get(vm, reg, &handled);
    return handled ? value : vm_identity_get(vm, reg);
}

static void get_block(const struct machine *m, reg_t first, unsigned count, uint64_t *out)
{
    const struct vm *vm = vm_of_const(m);

    if (vm->interpreting) {
        machine_get_block(vm->interpreter, first, count, out);
        return;
    }
    if (vm->vmm->current == vm && first < vm->isa->identity_block && count <= vm->isa->identity_block - first) {
        machine_get_block(vm->host, first, count, out);
        return;
    }
    for (unsigned i = 0; i < count; i++)
        out[i] = get(m, first + i);
}

static void set(struct machine *m, reg_t reg, uint64_t value)
{
    struct vm *vm = vm_of(m);
    bool handled;

    if (reg == MACHINE_CLOCK)
        vm->clock_base = value - vm_ran(vm);
    else if (reg == MACHINE_RETIRED)
        vm->retired_base = value - vm_ran(vm);
    if (vm->interpreting) {
        machine_set(vm->interpreter, reg, value);
        return;
    }
    switch (reg) {
    case MACHINE_CLOCK:
    case MACHINE_RETIRED:
    case MACHINE_WAKE: return;
    case MACHINE_RESUME: vm_resume_set(vm, value); return;
    default:
        vm->isa->set(vm, reg, value, &handled);
        if (!handled)
            vm_identity_set(vm, reg, value);
    }
}

static bool has(const struct machine *m, reg_t reg) { return machine_has(vm_of_const(m)->host, reg); }

/* RAM comes in pages; the guest's may end within its last one, and does so for its owner, too. */
static bool beyond_end(const struct machine *m, pa_t pa, size_t size)
{
    const struct vm_config *c = &vm_of_const(m)->config;
    uint64_t offset = pa - c->ram_base;

    return offset < align_up(c->ram_size, PAGE_SIZE) && (offset > c->ram_size || size > c->ram_size - offset);
}

static int load(const struct machine *m, pa_t pa, void *to, size_t size)
{
    return beyond_end(m, pa, size) ? -EFAULT : phys_read(m->phys, pa, to, size);
}

static int store(struct machine *m, pa_t pa, const void *from, size_t size)
{
    return beyond_end(m, pa, size) ? -EFAULT : phys_write(m->phys, pa, from, size);
}

static void fence(struct machine *m, const struct fence *f)
{
    struct vm *vm = vm_of(m);

    if (vm->interpreter)
        machine_fence(vm->interpreter, f);
    if (f->cold)
        allocator_forget(vm);
    else
        memory_fence(vm, f);
}

static void enter(struct machine *m, const struct trap *t)
{
    struct vm *vm = vm_of(m);

    if (vm->interpreting)
        m->isa->deliver(vm->interpreter, t);
    else
        vm->isa->enter(vm, t);
}

/* The wires go to both, whoever has the state. */
static void irq(struct machine *m, unsigned line, bool level)
{
    struct vm *vm = vm_of(m);

    if (vm->interpreter)
        machine_irq(vm->interpreter, line, level);
    vm->isa->irq(vm, line, level);
}

static const char *stopped(const struct machine *m)
{
    const struct vm *vm = vm_of_const(m);

    return vm->why_stopped ? vm->why_stopped : machine_stopped(vm->host);
}

void vm_stop(struct vm *vm, const char *reason)
{
    if (!vm->why_stopped)
        vm->why_stopped = reason;
}

static void reset(struct machine *m)
{
    struct vm *vm = vm_of(m);

    vm->interpreting = false;
    if (vm->interpreter)
        machine_reset(vm->interpreter);
    vm->isa->reset(vm);
    vm->resource_changed = true;
    vm->why_stopped = NULL;
    vm->retired_base = 0;
    vm->clock_base = 0;
    if (vm->shadow)
        shadow_drop_all(vm->shadow);
}

/* --- Who writes the guest's RAM behind its back: its devices, its owner */

static struct vm *watcher_vm(struct ram_watcher *w) { return (struct vm *)(void *)((char *)w - offsetof(struct vm, watcher)); }

static void watch_written(struct ram_watcher *w, uint64_t offset, size_t length)
{
    struct vm *vm = watcher_vm(w);

    if (offset - vm->ram_offset < vm->config.ram_size) /* announcements stay within a page, so it is all ours or not at all */
        memory_written(vm, (gpa_t){vm->config.ram_base + (offset - vm->ram_offset)}, length);
}

static bool watch_depends(const struct ram_watcher *w, uint64_t offset)
{
    const struct vm *vm = (const struct vm *)(const void *)((const char *)w - offsetof(struct vm, watcher));

    return offset - vm->ram_offset < vm->config.ram_size && shadow_is_traced(vm->shadow, vm->ram.v + (offset - vm->ram_offset));
}

/* --- Creation and its reverse */

static struct vmm *vmm_of(struct machine *host)
{
    struct vmm *vmm = host->owner;

    if (!vmm) {
        vmm = calloc(1, sizeof *vmm);
        if (vmm)
            vmm->host = host;
        host->owner = vmm;
    }
    return vmm;
}

/* Memory at the bottom of the host that no guest gets, for the first VM to keep from all of them. */
static int reserve(struct vm *vm)
{
    hpa_t bottom;

    if (!vm->isa->host_reserved || vm->vmm->taken_count)
        return 0;
    return allocator_take(vm->vmm, align_up(vm->isa->host_reserved, PAGE_SIZE), PAGE_SIZE, &bottom);
}

static void vmm_leave(struct vm *vm)
{
    struct vmm *vmm = vm->vmm;
    struct vm **link = &vmm->vms;

    while (*link && *link != vm)
        link = &(*link)->next;
    if (*link)
        *link = vm->next;
    if (vmm->current == vm)
        vmm->current = NULL;
    if (vmm->vms)
        return;
    vmm->host->owner = NULL;
    free(vmm->taken);
    free(vmm);
}

static void destroy(struct machine *m)
{
    struct vm *vm = vm_of(m);

    if (vm->vmm->current == vm)
        vm_triggers_leave(vm);
    ram_reserve(&vm->reservation, NULL, 0, 0);
    if (vm->watcher.written)
        ram_unwatch(vm->ram_block, &vm->watcher);
    shadow_destroy(vm->shadow);
    if (vm->state)
        vm->isa->destroy(vm->state);
    if (vm->ram_block)
        allocator_give(vm->vmm, vm->ram);
    if (vm->has_tables)
        allocator_give(vm->vmm, vm->tables);
    vmm_leave(vm);
    machine_destroy(vm->interpreter);
    phys_destroy(vm->machine.phys);
    free(vm->world);
    free(vm->v_i_runs);
    free(vm);
}

static const struct machine_ops vm_ops = {
    .run = run,
    .get = get,
    .set = set,
    .has = has,
    .enter = enter,
    .get_block = get_block,
    .load = load,
    .store = store,
    .fence = fence,
    .irq = irq,
    .stopped = stopped,
    .reset = reset,
    .trigger = vm_trigger,
    .destroy = destroy,
};

static struct vm_config with_defaults(const struct vm_config *config)
{
    struct vm_config c = *config;

    if (!c.name)
        c.name = "vm";
    if (c.shadow_frames == 0)
        c.shadow_frames = DEFAULT_FRAMES;
    if (c.shadow_frames < VM_SHADOW_FRAMES_MIN)
        c.shadow_frames = VM_SHADOW_FRAMES_MIN;
    return c;
}

/* The VMM for an instruction set; NULL: there is none. */
static const struct vmm_isa *isa_find(const struct isa *isa)
{
    static const struct vmm_isa *const known[] = {&vmm_isa_riscv, &vmm_isa_pg};

    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i]->name, isa->name) == 0)
            return known[i];
    return NULL;
}

static uint64_t host_bytes(const struct vmm_isa *isa, const struct vm_config *config)
{
    const struct vm_config c = with_defaults(config);
    uint64_t tables = isa->relocate ? 0 : align_up((uint64_t)c.shadow_frames << PAGE_SHIFT, isa->ram_align);

    return align_up(isa->host_reserved, isa->ram_align) + align_up(c.ram_size, isa->ram_align) + tables;
}

uint64_t vmm_host_bytes(const struct vm_config *config) { return host_bytes(&vmm_isa_riscv, config); }

uint64_t vmm_host_bytes_on(const struct isa *isa, const struct vm_config *config)
{
    const struct vmm_isa *known = isa_find(isa);

    return known ? host_bytes(known, config) : 0;
}

/* The guest's RAM is a slice of the host's, and starts out as a bare machine's does: zero, whatever was there before. */
static int take_ram(struct vm *vm)
{
    const struct phys_range *r;
    const uint64_t size = align_up(vm->config.ram_size, PAGE_SIZE);
    int failed = allocator_take(vm->vmm, size, vm->isa->ram_align, &vm->ram);
    uint8_t last;

    if (failed)
        return failed;
    r = phys_find(vm->host->phys, vm->ram.v);
    vm->ram_block = r->ram;
    vm->ram_offset = r->ram_offset + (vm->ram.v - r->base);
    if (machine_load(vm->host, vm->ram.v + vm->config.ram_size - 1, &last, 1) != 0)
        return -ENOMEM; /* the host's memory ends within its last page, and before this */
    ram_clear(vm->ram_block, vm->ram_offset, size);
    failed = phys_create(&vm->machine.phys);
    if (failed)
        return failed;
    return phys_add_ram(vm->machine.phys, "ram", vm->config.ram_base, size, vm->ram_block, vm->ram_offset);
}

static int take_tables(struct vm *vm)
{
    int failed = allocator_take(vm->vmm, (uint64_t)vm->config.shadow_frames << PAGE_SHIFT, PAGE_SIZE, &vm->tables);

    vm->has_tables = !failed;
    return failed ? failed : allocator_shadow_create(vm);
}

static int build(struct vm *vm)
{
    int failed;

    vm->v_i_runs = calloc(vm->machine.isa->row_count, sizeof *vm->v_i_runs);
    vm->world = calloc(vm->isa->world_size, sizeof *vm->world);
    if (!vm->v_i_runs || !vm->world)
        return -ENOMEM;
    failed = reserve(vm);
    if (!failed)
        failed = take_ram(vm);
    if (!failed && !vm->isa->relocate)
        failed = take_tables(vm);
    if (failed)
        return failed;
    if (vm->shadow) {
        vm->watcher = (struct ram_watcher){.written = watch_written, .depends = watch_depends};
        ram_watch(vm->ram_block, &vm->watcher);
    }
    vm->state = vm->isa->create(vm);
    if (!vm->state)
        return -ENOMEM;
    if (vm->config.monitor == VMM_HYBRID && !vm->config.stepwise && vm->isa->interpreter_create)
        failed = vm->isa->interpreter_create(vm, &vm->interpreter);
    if (failed)
        return failed;
    machine_reset(&vm->machine);
    return 0;
}

int vmm_create_vm(struct machine *host, const struct vm_config *config, struct machine **out, struct error *error)
{
    const struct vmm_isa *isa = isa_find(host->isa);
    struct vm *vm;
    int failed;

    if (!isa)
        return error_set(error, ENOTSUP, "there is no virtual machine monitor for the instruction set %s", host->isa->name);
    if (config->ram_size == 0 || ((config->ram_base | config->ram_size) & (isa->ram_unit - 1)))
        return error_set(error, EINVAL, "a virtual machine's memory must be whole units of %llu bytes",
                         (unsigned long long)isa->ram_unit);
    vm = calloc(1, sizeof *vm);
    if (!vm || !vmm_of(host)) {
        free(vm);
        return error_set(error, ENOMEM, "out of memory");
    }
    vm->machine = (struct machine){.ops = &vm_ops, .isa = host->isa, .config = host->config};
    if (host->trigger_slots > TRIGGER_SLOTS_KEPT)
        vm->machine.trigger_slots = host->trigger_slots - TRIGGER_SLOTS_KEPT;
    vm->host = host;
    vm->vmm = host->owner;
    vm->isa = isa;
    vm->config = with_defaults(config);
    vm->next = vm->vmm->vms;
    vm->vmm->vms = vm;
    failed = build(vm);
    if (failed) {
        const char *name = vm->config.name;
        destroy(&vm->machine);
        return error_set(error, -failed, "the host machine has no room for the virtual machine \"%s\" and its %llu KiB of memory",
                         name, (unsigned long long)(config->ram_size >> 10));
    }
    *out = &vm->machine;
    return 0;
}

/* --- For the owner */

bool machine_is_vm(const struct machine *m) { return m->ops == &vm_ops; }
struct machine *vm_host(const struct machine *m) { return vm_of_const(m)->host; }
const char *vm_k(const struct machine *m) { return vm_of_const(m)->isa->k; }
