/* patch.h - the monitor that inspects every instruction before it first runs (VMM_PATCH).
 */
#ifndef TRAPEZE_CORE_VMM_PATCH_H
#define TRAPEZE_CORE_VMM_PATCH_H

#include "core/vmm/vcpu.h"

static inline bool patch_inspects(const struct vcpu *vcpu) { return vcpu->vm->config.monitor == VMM_PATCH; }

/* The trigger that reports instructions, on the host as long as the vcpu has it. */
void patch_enter(struct vcpu *);
void patch_leave(struct vcpu *);
/* The host's trap, if it is that trigger's report, becomes what the monitor makes of it: none, and true is returned, the instruction may
 * go on; or the trap that the machine should have taken there. */
bool patch_judges(struct vcpu *, struct trap *);
/* The owner has had the instruction at the PC go past triggers, this monitor's too: is it one that must not run? Then *t is the trap. */
bool patch_finds(struct vcpu *, struct trap *t);

#endif
