/* schedule.h - whose identity registers are in a host hart.
 */
#ifndef TRAPEZE_CORE_VMM_SCHEDULE_H
#define TRAPEZE_CORE_VMM_SCHEDULE_H

#include "core/vmm/vcpu.h"

void schedule_switch(struct vcpu *); /* this vcpu's state into the registers of its host */

#endif
