/* memory.h - the guest's translation composed with f, leaf by leaf.
 */
#ifndef TRAPEZE_CORE_VMM_MEMORY_H
#define TRAPEZE_CORE_VMM_MEMORY_H

#include "core/vmm/vcpu.h"

void memory_fault(struct vcpu *, struct trap *);          /* a host page fault: fill, access or reflect */
void memory_fence(struct vcpu *, const struct fence *);   /* the guest ordered its page tables */
void memory_written(struct vcpu *, gpa_t, size_t length); /* guest RAM changed other than by this vcpu's own direct stores */

#endif
