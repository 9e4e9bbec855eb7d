/* schedule.c - several virtual machines on one host: whose identity registers are in it.
 *
 * While a VM runs, its general registers, PC and floating-point state *are* the host's. When another VM runs next they change
 * places with what vm->world keeps. Nothing but running switches: looking at a VM that is not on the host reads its world, and
 * disturbs nobody.
 *
 * What a VM has reserved for a store-conditional goes with it, so that its course does not depend on who else had the host meanwhile.
 * The host holds the reservation of the VM that it runs and no other: no SC can succeed on another's, which is what the manual asks a
 * preemptive switch to see to [unpriv 13.2]. While the VM is away the block of RAM keeps it, for others may write there.
 */
#include "core/vmm/vm.h"

#include <assert.h>

static void world_save(struct vm *vm)
{
    for (unsigned i = 0; i < vm->isa->world_size; i++)
        vm->world[i] = machine_get(vm->host, vm->isa->world[i]);
    if (vm->isa->reservation)
        phys_reserve(vm->host->phys, &vm->reservation, machine_get(vm->host, vm->isa->reservation));
}

static void world_load(struct vm *vm)
{
    for (unsigned i = 0; i < vm->isa->world_size; i++)
        machine_set(vm->host, vm->isa->world[i], vm->world[i]);
    if (vm->isa->reservation)
        machine_set(vm->host, vm->isa->reservation, phys_reserved(&vm->reservation));
    ram_reserve(&vm->reservation, NULL, 0, 0);
}

void schedule_switch(struct vm *vm)
{
    struct vmm *vmm = vm->vmm;

    if (vmm->current == vm)
        return;
    if (vmm->current) {
        world_save(vmm->current);
        vm_triggers_leave(vmm->current);
    }
    world_load(vm);
    vm_triggers_enter(vm);
    vmm->current = vm;
    vm->isa->configure(vm);
    if (!vm->resource_changed)
        vm->resource_changed = true;
}

/* Where the register is kept when the VM is not on the host; NULL: a register that does not survive that. */
static uint64_t *world_register(const struct vm *vm, reg_t reg)
{
    for (unsigned i = 0; i < vm->isa->world_size; i++)
        if (vm->isa->world[i] == reg)
            return &vm->world[i];
    return NULL;
}

uint64_t vm_identity_get(const struct vm *vm, reg_t reg)
{
    if (LIKELY(vm->vmm->current == vm))
        return machine_get(vm->host, reg);
    if (vm->isa->reservation && reg == vm->isa->reservation)
        return phys_reserved(&vm->reservation);
    const uint64_t *kept = world_register(vm, reg);
    return kept ? *kept : 0;
}

void vm_identity_set(struct vm *vm, reg_t reg, uint64_t value)
{
    if (LIKELY(vm->vmm->current == vm)) {
        machine_set(vm->host, reg, value);
        return;
    }
    if (vm->isa->reservation && reg == vm->isa->reservation)
        phys_reserve(vm->host->phys, &vm->reservation, value);
    uint64_t *kept = world_register(vm, reg);
    if (kept)
        *kept = value;
    if (reg == MACHINE_PC) /* as on a host */
        *world_register(vm, MACHINE_RESUME) = 0;
}
