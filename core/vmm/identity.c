/* identity.c - f on registers: the identity ones are the host's while the vcpu has the host, and vcpu->world keeps them while another has
 * it.
 */
#include "core/vmm/identity.h"

#include "mmu/phys.h"

/* Where the register is kept when the VM is not on the host; NULL: a register that does not survive that. */
static uint64_t *world_register(const struct vcpu *vcpu, reg_t reg)
{
    for (unsigned i = 0; i < vcpu->isa->world_size; i++)
        if (vcpu->isa->world[i] == reg)
            return &vcpu->world[i];
    return NULL;
}

/* The other vcpus of its VM may write there meanwhile. */
void vcpu_reserve_away(struct vcpu *vcpu, uint64_t at)
{
    phys_reserve(vcpu->host->phys, &vcpu->reservation, at, vcpu->vm->vcpus->next != NULL);
}

uint64_t vcpu_identity_get(const struct vcpu *vcpu, reg_t reg)
{
    if (LIKELY(vcpu_on_host(vcpu)))
        return machine_get(vcpu->host, reg);
    if (vcpu->isa->reservation && reg == vcpu->isa->reservation)
        return phys_reserved(&vcpu->reservation);
    const uint64_t *kept = world_register(vcpu, reg);
    return kept ? *kept : 0;
}

void vcpu_identity_set(struct vcpu *vcpu, reg_t reg, uint64_t value)
{
    if (LIKELY(vcpu_on_host(vcpu))) {
        machine_set(vcpu->host, reg, value);
        return;
    }
    if (vcpu->isa->reservation && reg == vcpu->isa->reservation)
        vcpu_reserve_away(vcpu, value);
    uint64_t *kept = world_register(vcpu, reg);
    if (kept)
        *kept = value;
    if (reg == MACHINE_PC) /* as on a host */
        *world_register(vcpu, MACHINE_RESUME) = 0;
}
