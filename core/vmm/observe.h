/* observe.h - for whoever looks at D.
 */
#ifndef TRAPEZE_CORE_VMM_OBSERVE_H
#define TRAPEZE_CORE_VMM_OBSERVE_H

#include "core/vmm/vcpu.h"

void observe_begin(struct vcpu *, const struct trap *, struct vm_event *); /* the host trapped */
void observe_end(struct vcpu *, const struct trap *result);                /* D has decided */
void observe_own(struct vcpu *, const struct trap *result);                /* the virtual machine traps, and the host did not */

#endif
