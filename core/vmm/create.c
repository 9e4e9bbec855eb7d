/* create.c - how a virtual machine is made of another machine, and goes.
 *
 * What the host's memory is given to, first fit; a second VM takes what is behind the first:
 *
 *   its RAM begins                                                                                  and ends
 *   | host_reserved, if   | RAM of VM 1, a slice  | tables of its vcpu:        | RAM of VM 2 ...   | free   |
 *   | the machine has it  | at ram_align          | shadow_frames of the host  |                   |        |
 *
 * Destroyers take what is half made: of a part that is not there yet the pointer is NULL. So a failure on the way
 * is undone by one call. The last vcpu takes its VM along, and the last VM the VMM.
 */
#include "core/vmm/create.h"

#include "core/vmm/allocator.h"
#include "core/vmm/patch.h"
#include "core/vmm/translator.h"
#include "core/vmm/trigger.h"
#include "core/vmm/watch.h"
#include "mmu/phys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_FRAMES = 4096 };

/* --- The VMM, and the harts that carry it */

static struct host_hart *hart_join(struct machine *host, struct vmm *vmm)
{
    struct host_hart *hart = calloc(1, sizeof *hart);

    if (!hart)
        return NULL;
    *hart = (struct host_hart){.machine = host, .vmm = vmm, .next = vmm->harts};
    vmm->harts = hart;
    host->owner = hart;
    return hart;
}

/* Of a host that has no VMM yet it becomes one's first. NULL: no memory. */
static struct host_hart *hart_of(struct machine *host)
{
    struct vmm *vmm;
    struct host_hart *hart;

    if (host->owner)
        return host->owner;
    vmm = calloc(1, sizeof *vmm);
    if (!vmm)
        return NULL;
    vmm->phys = host->phys;
    hart = hart_join(host, vmm);
    if (!hart)
        free(vmm);
    return hart;
}

/* When the last VM has gone nobody owns the hosts. */
static void vmm_leave(struct vmm *vmm)
{
    if (vmm->vms)
        return;
    for (struct host_hart *hart = vmm->harts, *next; hart; hart = next) {
        next = hart->next;
        hart->machine->owner = NULL;
        free(hart);
    }
    free(vmm->taken);
    free(vmm);
}

/* --- A VM without vcpus */

static struct vm *vm_create(struct vmm *vmm, const struct vm_config *config)
{
    struct vm *vm = calloc(1, sizeof *vm);

    if (!vm)
        return NULL;
    *vm = (struct vm){.vmm = vmm, .config = *config, .next = vmm->vms};
    vmm->vms = vm;
    return vm;
}

/* The slice goes back to the allocator, and not to the system: the RAM is the host's all the time. */
static void vm_destroy(struct vm *vm)
{
    struct vm **link = &vm->vmm->vms;

    while (*link != vm)
        link = &(*link)->next;
    *link = vm->next;
    if (vm->ram_block)
        allocator_give(vm->vmm, vm->ram);
    phys_destroy(vm->phys);
    phys_destroy(vm->ports);
    vmm_leave(vm->vmm);
    free(vm);
}

/* --- Vcpus */

/* A vcpu is a machine of the same kind as its host, down to the configuration: what there is must not tell a
 * program which of the two it runs on. Only of triggers it has fewer: each level keeps some for the owner of the
 * machine below. */
static struct vcpu *vcpu_create(struct vm *vm, struct host_hart *on, const struct vmm_isa *isa)
{
    struct machine *host = on->machine;
    struct vcpu *vcpu = calloc(1, sizeof *vcpu);

    if (!vcpu)
        return NULL;
    vcpu->machine = (struct machine){
        .ops = &vcpu_ops, .isa = host->isa, .phys = vm->phys, .ports = vm->ports, .config = host->config, .engine = host->engine};
    if (host->trigger_slots > TRIGGER_SLOTS_KEPT)
        vcpu->machine.trigger_slots = host->trigger_slots - TRIGGER_SLOTS_KEPT;
    vcpu->vm = vm;
    vcpu->host = host;
    vcpu->on = on;
    vcpu_isa_set(vcpu, isa);
    vcpu->next = vm->vcpus;
    vm->vcpus = vcpu;
    return vcpu;
}

static void vcpu_unlink(struct vcpu *vcpu)
{
    struct vcpu **link = &vcpu->vm->vcpus;

    while (*link != vcpu)
        link = &(*link)->next;
    *link = vcpu->next;
    if (vcpu_on_host(vcpu))
        vcpu->on->current = NULL;
}

/* What stands in the host's registers goes first, as long as `current` says that it is this vcpu's. */
void vcpu_destroy(struct machine *m)
{
    struct vcpu *vcpu = vcpu_of(m);

    if (vcpu_on_host(vcpu)) {
        vcpu_triggers_leave(vcpu);
        patch_leave(vcpu);
        translator_off(vcpu);
    }
    ram_reserve(&vcpu->reservation, NULL, 0, 0, false);
    watch_end(vcpu);
    shadow_destroy(vcpu->shadow);
    translator_destroy(vcpu);
    if (vcpu->state)
        vcpu->isa->destroy(vcpu->state);
    if (vcpu->has_tables)
        allocator_give(vcpu->vm->vmm, vcpu->tables);
    machine_destroy(vcpu->interpreter);
    vcpu_unlink(vcpu);
    if (!vcpu->vm->vcpus)
        vm_destroy(vcpu->vm);
    free(vcpu->world);
    free(vcpu->v_i_runs);
    free(vcpu);
}

/* --- What a VM of a configuration takes */

static struct vm_config with_defaults(const struct vm_config *config)
{
    struct vm_config c = *config;

    if (!c.name)
        c.name = "vm";
    if (c.shadow_frames == 0)
        c.shadow_frames = DEFAULT_FRAMES;
    if (c.shadow_frames < ALLOCATOR_FRAMES_MIN)
        c.shadow_frames = ALLOCATOR_FRAMES_MIN;
    return c;
}

/* Each part counts as aligned: so it is enough where the host's RAM begins at such a place and no other VM has any
 * of it. */
static uint64_t host_bytes(const struct vmm_isa *isa, const struct vm_config *config)
{
    const struct vm_config c = with_defaults(config);
    uint64_t tables = isa->relocate ? 0 : align_up((uint64_t)c.shadow_frames << PAGE_SHIFT, isa->ram_align);

    if (c.monitor == VMM_TRANSLATE)
        tables += align_up(CODE_CACHE_BYTES, isa->ram_align);

    return align_up(isa->host_reserved, isa->ram_align) + align_up(c.ram_size, isa->ram_align) + tables;
}

uint64_t vmm_host_bytes(const struct isa *isa, const struct vm_config *config)
{
    const struct vmm_isa *known = vmm_isa_find(isa);

    return known ? host_bytes(known, config) : 0;
}

bool vmm_is_for(const struct isa *isa) { return vmm_isa_find(isa); }

/* --- Making one */

/* Memory at the bottom of the host that no guest gets, for the first VM to keep from all of them. */
static int reserve(struct vmm *vmm, const struct vmm_isa *isa)
{
    hpa_t bottom;

    if (!isa->host_reserved || vmm->taken_count)
        return 0;
    return allocator_take(vmm, align_up(isa->host_reserved, PAGE_SIZE), PAGE_SIZE, &bottom);
}

/* The guest's RAM is a slice of the host's, and starts out as a bare machine's does: zero, whatever was there before. */
static int take_ram(struct vm *vm, const struct machine *host, uint64_t align)
{
    const struct phys_range *r;
    const uint64_t size = align_up(vm->config.ram_size, PAGE_SIZE);
    int failed = allocator_take(vm->vmm, size, align, &vm->ram);
    uint8_t last;

    if (failed)
        return failed;
    r = phys_find(host->phys, vm->ram.v);
    vm->ram_block = r->ram;
    vm->ram_offset = r->ram_offset + (vm->ram.v - r->base);
    if (machine_load(host, vm->ram.v + vm->config.ram_size - 1, &last, 1) != 0)
        return -ENOMEM; /* the host's memory ends within its last page, and before this */
    ram_clear(vm->ram_block, vm->ram_offset, size);
    failed = phys_create(&vm->phys);
    if (!failed && host->ports)
        failed = phys_create(&vm->ports);
    return failed ? failed : phys_add_ram(vm->phys, "ram", vm->config.ram_base, size, vm->ram_block, vm->ram_offset);
}

static int take_tables(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    int failed = allocator_take(vm->vmm, (uint64_t)vm->config.shadow_frames << PAGE_SHIFT, PAGE_SIZE, &vcpu->tables);

    vcpu->has_tables = !failed;
    return failed ? failed : allocator_shadow_create(vcpu);
}

/* The reset comes last, when all that it sets is there. */
static int vcpu_build(struct vcpu *vcpu)
{
    const struct vm_config *config = &vcpu->vm->config;
    int failed = 0;

    vcpu->v_i_runs = calloc(vcpu->machine.isa->row_count, sizeof *vcpu->v_i_runs);
    vcpu->world = calloc(vcpu->isa->world_size, sizeof *vcpu->world);
    if (!vcpu->v_i_runs || !vcpu->world)
        return -ENOMEM;
    if (!vcpu->isa->relocate)
        failed = take_tables(vcpu);
    if (failed)
        return failed;
    if (config->monitor == VMM_TRANSLATE)
        failed = translator_create(vcpu);
    if (failed)
        return failed;
    if (vcpu->shadow)
        watch_begin(vcpu);
    vcpu->state = vcpu->isa->create(vcpu);
    if (!vcpu->state)
        return -ENOMEM;
    if (((config->monitor == VMM_HYBRID && !config->stepwise) || vcpu->isa->interprets) && vcpu->isa->interpreter_create)
        failed = vcpu->isa->interpreter_create(vcpu, &vcpu->interpreter);
    if (failed)
        return failed;
    machine_reset(&vcpu->machine);
    return 0;
}

/* The first vcpu of a VM, and with it the VM's memory. */
static int vm_build(struct vm *vm, struct host_hart *on, const struct vmm_isa *isa, struct machine **out)
{
    struct vcpu *vcpu;
    int failed = reserve(vm->vmm, isa);

    if (!failed)
        failed = take_ram(vm, on->machine, isa->ram_align);
    vcpu = failed ? NULL : vcpu_create(vm, on, isa);
    if (!vcpu) {
        vm_destroy(vm);
        return failed ? failed : -ENOMEM;
    }
    failed = vcpu_build(vcpu);
    if (failed)
        vcpu_destroy(&vcpu->machine);
    else
        *out = &vcpu->machine;
    return failed;
}

/* CPUs on one memory must have one VMM: two would give away the same frames. */
int vmm_join(struct machine *host, struct machine *other, struct error *error)
{
    const struct host_hart *carries = other->owner, *has = host->owner;

    if (!carries)
        return error_set(error, EINVAL, "there is no virtual machine monitor to join");
    if (has && has->vmm == carries->vmm)
        return 0;
    if (has)
        return error_set(error, EINVAL, "the host machine belongs to another virtual machine monitor");
    if (host->phys != carries->vmm->phys || host->isa != other->isa)
        return error_set(error, EINVAL, "the host machine is no CPU on the memory of those that carry the virtual machine monitor");
    return hart_join(host, carries->vmm) ? 0 : error_set(error, ENOMEM, "out of memory");
}

int vmm_add_vcpu(struct machine *m, struct machine *host, unsigned id, struct machine **out, struct error *error)
{
    const struct vcpu *first = vcpu_of(m);
    struct vm *vm = first->vm;
    struct vcpu *vcpu;
    int failed = vmm_join(host, first->host, error);

    if (failed)
        return failed;
    vcpu = vcpu_create(vm, host->owner, first->isa);
    if (!vcpu)
        return error_set(error, ENOMEM, "out of memory");
    vcpu->has_id = true;
    vcpu->id = id;
    failed = vcpu_build(vcpu);
    if (failed) {
        vcpu_destroy(&vcpu->machine);
        return error_set(error, -failed, "the host machine has no room for another CPU of the virtual machine \"%s\"",
                         vm->config.name);
    }
    *out = &vcpu->machine;
    return 0;
}

/* The configuration is checked before the host is touched: a mistake leaves a host that has no VMM as it was. */
int vmm_create_vm(struct machine *host, const struct vm_config *config, struct machine **out, struct error *error)
{
    const struct vmm_isa *isa = vmm_isa_find(host->isa);
    struct host_hart *on;
    struct vm *vm;
    int failed;

    if (!isa)
        return error_set(error, ENOTSUP, "there is no virtual machine monitor for the instruction set %s", host->isa->name);
    if (isa->on || config->ring)
        isa = isa->on ? isa->on(host, config) : NULL;
    if (!isa)
        return error_set(error, ENOTSUP,
                         "real ring %u for the guest's ring 0 is for the monitors trap and patch, on a machine with four rings and "
                         "write protection of supervisors, whose guest mode is not used",
                         config->ring);
    if (config->ram_size == 0 || ((config->ram_base | config->ram_size) & (isa->ram_unit - 1)))
        return error_set(error, EINVAL, "a virtual machine's memory must be whole units of %llu bytes",
                         (unsigned long long)isa->ram_unit);
    if (config->monitor == VMM_PATCH && !isa->next)
        return error_set(error, ENOTSUP,
                         "the monitor that inspects instructions (patch) needs a machine that reports them before they first run; "
                         "%s does not",
                         host->isa->name);
    if (config->monitor == VMM_TRANSLATE && !isa->translator)
        return error_set(error, ENOTSUP, "the monitor that translates code (translate) does not go together with %s%s",
                         host->isa->name, isa->in_user ? " in a guest mode" : "");
    const struct vm_config whole = with_defaults(config);
    on = hart_of(host);
    vm = on ? vm_create(on->vmm, &whole) : NULL;
    if (!vm) {
        if (on)
            vmm_leave(on->vmm);
        return error_set(error, ENOMEM, "out of memory");
    }
    failed = vm_build(vm, on, isa, out);
    if (failed)
        return error_set(error, -failed, "the host machine has no room for the virtual machine \"%s\" and its %llu KiB of memory",
                         whole.name, (unsigned long long)(config->ram_size >> 10));
    return 0;
}
