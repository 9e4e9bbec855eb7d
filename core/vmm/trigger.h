/* trigger.h - a vcpu's triggers (struct trigger), by those of its host.
 */
#ifndef TRAPEZE_CORE_VMM_TRIGGER_H
#define TRAPEZE_CORE_VMM_TRIGGER_H

#include "core/vmm/vcpu.h"

int vcpu_trigger(struct machine *, unsigned slot, const struct trigger *);
void vcpu_triggers_enter(struct vcpu *); /* it gets the host, or loses it: so do its triggers */
void vcpu_triggers_leave(struct vcpu *);
uint64_t vcpu_resume(const struct vcpu *); /* MACHINE_RESUME */
void vcpu_resume_set(struct vcpu *, uint64_t);
/* Does a trigger match what the VMM is about to do for the guest? *t then lacks row, length and bits. */
bool vcpu_trigger_match(struct vcpu *, const struct trigger_step *, gva_t, struct trap *t);
void vcpu_trigger_reflect(const struct vcpu *, struct trap *); /* the host's TRAP_TRIGGER, put in this machine's terms */

#endif
