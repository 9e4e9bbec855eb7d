/* tally.h - what D counts.
 */
#ifndef TRAPEZE_CORE_VMM_TALLY_H
#define TRAPEZE_CORE_VMM_TALLY_H

#include "core/vmm/vcpu.h"

static inline void tally_trap(struct vcpu *vcpu, const struct trap *t) /* the host's: by reason and by cause */
{
    vcpu->stats.by_reason[t->reason]++;
    if (LIKELY(t->cause < sizeof vcpu->stats.by_cause / sizeof *vcpu->stats.by_cause))
        vcpu->stats.by_cause[t->cause]++;
}
/* A trap that a trigger put off: it will come again. */
void tally_undo(struct vcpu *, enum trap_reason, uint64_t cause, unsigned row);

#endif
