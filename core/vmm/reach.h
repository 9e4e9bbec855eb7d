/* reach.h - where an access of the guest goes.
 */
#ifndef TRAPEZE_CORE_VMM_REACH_H
#define TRAPEZE_CORE_VMM_REACH_H

#include "core/vmm/vcpu.h"

/* The range of guest-physical memory, and the address in it, by the guest's own translation, which sets A and D as hardware would. NULL:
 * *t is the guest's own fault, or an access fault, for nothing is there. A device is no place to fetch from. */
const struct phys_range *reach_range(struct vcpu *, gva_t, unsigned size, enum pt_kind, gpa_t *, struct trap *);
/* The same where what nobody answers may be no fault (vmm_isa.open_bus): then *out is NULL, or a device that is fetched from. false: *t. */
bool reach_place(struct vcpu *, gva_t, unsigned size, enum pt_kind, gpa_t *, const struct phys_range **out, struct trap *);

#endif
