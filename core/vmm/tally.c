/* tally.c - what D counted is taken back, on all levels.
 */
#include "core/vmm/tally.h"

/* On a host that is a VM, that one's D has passed the trap on. */
void tally_undo(struct vcpu *vcpu, enum trap_reason reason, uint64_t cause, unsigned row)
{
    for (;; vcpu = vcpu_of(vcpu->host), vcpu->stats.reflected--) {
        vcpu->stats.by_reason[reason]--;
        if (cause < sizeof vcpu->stats.by_cause / sizeof *vcpu->stats.by_cause)
            vcpu->stats.by_cause[cause]--;
        if (reason == REASON_PRIVILEGE)
            vcpu->v_i_runs[row]--;
        if (!machine_is_vm(vcpu->host))
            return;
    }
}
