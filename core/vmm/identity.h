/* identity.h - f on registers: those of a vcpu that are its host's, wherever they are now: in the host, or in vcpu->world while another
 * vcpu has the host.
 */
#ifndef TRAPEZE_CORE_VMM_IDENTITY_H
#define TRAPEZE_CORE_VMM_IDENTITY_H

#include "core/vmm/vcpu.h"

/* Identity registers, and the host's registers that stand for them (whether they may be used). */
uint64_t vcpu_identity_get(const struct vcpu *, reg_t);
void vcpu_identity_set(struct vcpu *, reg_t, uint64_t);

/* What the vcpu has reserved, in the host's terms, is kept so while another has the host. */
void vcpu_reserve_away(struct vcpu *, uint64_t at);

/* The vcpu's reservation, in the host's terms, before the VMM writes for it, and after: its own writes do not end it, whoever makes them. */
static inline uint64_t vcpu_reservation(const struct vcpu *vcpu)
{
    return vcpu->isa->reservation ? vcpu_identity_get(vcpu, vcpu->isa->reservation) : UINT64_MAX;
}
static inline void vcpu_reservation_keep(struct vcpu *vcpu, uint64_t before)
{
    if (before != UINT64_MAX)
        vcpu_identity_set(vcpu, vcpu->isa->reservation, before);
}

#endif
