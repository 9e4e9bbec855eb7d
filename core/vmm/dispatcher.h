/* dispatcher.h - D of CP = <D, A, {v_i}>.
 */
#ifndef TRAPEZE_CORE_VMM_DISPATCHER_H
#define TRAPEZE_CORE_VMM_DISPATCHER_H

#include "core/vmm/vcpu.h"

/* Runs the vcpu until a trap that its owner decides, or until `budget` more instructions have retired; as machine_ops.run. */
void vmm_dispatch(struct vcpu *, uint64_t budget, uint64_t *retired, struct trap *out);

#endif
