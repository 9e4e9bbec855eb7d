/* reach.c - where an access of the guest goes: its own translation, then its physical memory.
 */
#include "core/vmm/reach.h"

#include "core/vmm/identity.h"
#include "mmu/phys.h"

/* Sets A and D in the guest's PTEs like hardware. That changes PTEs that leaves were made of, but only so that they would say
 * more: nothing goes stale. */
static bool translate(struct vcpu *vcpu, gva_t va, unsigned size, enum pt_kind kind, gpa_t *pa, struct trap *t)
{
    const bool may_end = !vcpu->vm->ram_block || ram_is_reserved(vcpu->vm->ram_block);
    const uint64_t reserved = UNLIKELY(may_end) ? vcpu_reservation(vcpu) : UINT64_MAX;
    bool granted;

    vcpu->touching = true;
    granted = vcpu->isa->translate(vcpu, va, size, kind, true, pa, t);
    vcpu->touching = false;
    vcpu_reservation_keep(vcpu, reserved);
    return granted;
}

/* Some range of the guest's physical memory, or an access fault. A device is no place to fetch from. */
bool reach_place(struct vcpu *vcpu, gva_t va, unsigned size, enum pt_kind kind, gpa_t *pa, const struct phys_range **out,
                 struct trap *t)
{
    if (!translate(vcpu, va, size, kind, pa, t))
        return false;
    *out = phys_find(vcpu->machine.phys, pa->v);
    if (vcpu->isa->open_bus || (*out && ((*out)->ram || kind != PT_FETCH)))
        return true;
    *t = vcpu->isa->access_fault(kind, va);
    return false;
}

const struct phys_range *reach_range(struct vcpu *vcpu, gva_t va, unsigned size, enum pt_kind kind, gpa_t *pa, struct trap *t)
{
    const struct phys_range *r;

    return reach_place(vcpu, va, size, kind, pa, &r, t) ? r : NULL;
}
