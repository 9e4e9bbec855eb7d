/* reach.c - where an access of the guest goes, for those who do not wait for it.
 */
#include "core/vmm/reach.h"

const struct phys_range *reach_range(struct vcpu *vcpu, gva_t va, unsigned size, enum pt_kind kind, gpa_t *pa, struct trap *t)
{
    const struct phys_range *r;

    return reach_place(vcpu, va, size, kind, pa, &r, t) ? r : NULL;
}
