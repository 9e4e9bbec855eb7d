/* watch.h - who writes the guest's memory behind a vcpu's back.
 */
#ifndef TRAPEZE_CORE_VMM_WATCH_H
#define TRAPEZE_CORE_VMM_WATCH_H

#include "core/vmm/vcpu.h"

void watch_begin(struct vcpu *);
void watch_end(struct vcpu *); /* if it was begun */

#endif
