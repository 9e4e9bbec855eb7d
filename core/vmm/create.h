/* create.h - VMs and virtual CPUs come and go.
 */
#ifndef TRAPEZE_CORE_VMM_CREATE_H
#define TRAPEZE_CORE_VMM_CREATE_H

#include "core/vmm/vcpu.h"

void vcpu_destroy(struct machine *); /* the VM goes with its last vcpu */

#endif
