/* hybrid.h - Theorem 3: virtual privileged modes are interpreted.
 */
#ifndef TRAPEZE_CORE_VMM_HYBRID_H
#define TRAPEZE_CORE_VMM_HYBRID_H

#include "core/vmm/vcpu.h"

/* Interprets, if the vcpu is in a virtual privileged mode and has an interpreter; else false, and the state is the VMM's and the host's. */
bool hybrid_run(struct vcpu *, uint64_t end, uint64_t *retired, struct trap *);
void hybrid_settle(struct vcpu *);                            /* the interpreter gives the state back, if it has it */
static inline bool hybrid_interprets(const struct vcpu *vcpu) /* the next instruction is not to run directly */
{
    return vcpu->vm->config.monitor == VMM_HYBRID && !vcpu_in_user(vcpu, &vcpu->machine);
}
struct trap hybrid_step(struct vcpu *); /* that instruction alone, over get and set */

#endif
