/* schedule.c - several virtual machines on one host: whose identity registers are in it.
 *
 * While a VM runs, its general registers, PC and floating-point state *are* the host's. When another VM runs next they change
 * places with what vcpu->world keeps. Nothing but running switches: looking at a VM that is not on the host reads its world, and
 * disturbs nobody.
 *
 * What a VM has reserved for a store-conditional goes with it, so that its course does not depend on who else had the host meanwhile.
 * The host holds the reservation of the VM that it runs and no other: no SC can succeed on another's, which is what the manual asks a
 * preemptive switch to see to [unpriv 13.2]. While the VM is away the block of RAM keeps it, for others may write there.
 */
#include "core/vmm/schedule.h"

#include "core/vmm/identity.h"
#include "core/vmm/patch.h"
#include "core/vmm/translator.h"
#include "core/vmm/trigger.h"
#include "mmu/phys.h"

static void world_save(struct vcpu *vcpu)
{
    for (unsigned i = 0; i < vcpu->isa->world_size; i++)
        vcpu->world[i] = machine_get(vcpu->host, vcpu->isa->world[i]);
    if (vcpu->isa->reservation)
        vcpu_reserve_away(vcpu, machine_get(vcpu->host, vcpu->isa->reservation));
}

static void world_load(struct vcpu *vcpu)
{
    for (unsigned i = 0; i < vcpu->isa->world_size; i++)
        machine_set(vcpu->host, vcpu->isa->world[i], vcpu->world[i]);
    if (vcpu->isa->reservation)
        machine_set(vcpu->host, vcpu->isa->reservation, phys_reserved(&vcpu->reservation));
    ram_reserve(&vcpu->reservation, NULL, 0, 0, false);
}

/*T:325 Several VMs on one host. Registers whose real value is the virtual one are in the host while a VM runs, and in its own memory
 * while another one does. :*/
void schedule_switch(struct vcpu *vcpu)
{
    struct host_hart *on = vcpu->on;

    if (on->current == vcpu)
        return;
    if (on->current) {
        world_save(on->current);
        vcpu_triggers_leave(on->current);
        patch_leave(on->current);
        translator_off(on->current);
    }
    world_load(vcpu);
    vcpu_triggers_enter(vcpu);
    patch_enter(vcpu);
    translator_on(vcpu);
    on->current = vcpu;
    vcpu->isa->configure(vcpu);
    if (!vcpu->resource_changed)
        vcpu->resource_changed = true;
}
