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
    if (vcpu->isa->interprets)
        return vcpu->isa->interprets(vcpu);
    return vcpu->vm->config.monitor == VMM_HYBRID && !vcpu_in_user(vcpu, &vcpu->machine);
}
/* Interprets the one instruction at the PC, which no leaf of the shadow can express, where the vcpu has an interpreter. */
struct trap hybrid_once(struct vcpu *);
struct trap hybrid_step(struct vcpu *); /* that instruction alone, over get and set */

#endif
