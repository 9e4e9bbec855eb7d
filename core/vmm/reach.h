/* reach.h - where an access of the guest goes: its own translation, then its physical memory.
 */
#ifndef TRAPEZE_CORE_VMM_REACH_H
#define TRAPEZE_CORE_VMM_REACH_H

#include "core/vmm/identity.h"
#include "mmu/phys.h"

/* The range of guest-physical memory, and the address in it, by the guest's own translation, which sets A and D as hardware would. NULL:
 * *t is the guest's own fault, or an access fault, for nothing is there. A device is no place to fetch from. */
const struct phys_range *reach_range(struct vcpu *, gva_t, unsigned size, enum pt_kind, gpa_t *, struct trap *);

/* Sets A and D in the guest's PTEs like hardware. That changes PTEs that leaves were made of, but only so that they would say
 * more: nothing goes stale. Nor does it end the guest's own reservation, which few have. */
static inline bool reach_translate(struct vcpu *vcpu, gva_t va, unsigned size, enum pt_kind kind, gpa_t *pa, struct trap *t)
{
    const bool may_end = !vcpu->vm->ram_block || ram_is_reserved(vcpu->vm->ram_block);
    const uint64_t reserved = UNLIKELY(may_end) ? vcpu_reservation(vcpu) : UINT64_MAX;
    bool granted;

    vcpu->touching = true;
    granted = vcpu->isa->translate(vcpu, va, size, kind, true, pa, t);
    vcpu->touching = false;
    if (UNLIKELY(may_end))
        vcpu_reservation_keep(vcpu, reserved);
    return granted;
}

/* The same where what nobody answers may be no fault (vmm_isa.open_bus): then *out is NULL, or a device that is fetched from. false: *t.
 * Inline for the filling of the shadow, which a guest's every new page waits for. */
static inline bool reach_place(struct vcpu *vcpu, gva_t va, unsigned size, enum pt_kind kind, gpa_t *pa, const struct phys_range **out,
                               struct trap *t)
{
    if (!reach_translate(vcpu, va, size, kind, pa, t))
        return false;
    *out = phys_find(vcpu->machine.phys, pa->v);
    if (LIKELY(*out && ((*out)->ram || kind != PT_FETCH)) || vcpu->isa->open_bus)
        return true;
    *t = vcpu->isa->access_fault(kind, va);
    return false;
}

#endif
