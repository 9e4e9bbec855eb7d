/* allocator.h - A of CP = <D, A, {v_i}>.
 */
#ifndef TRAPEZE_CORE_VMM_ALLOCATOR_H
#define TRAPEZE_CORE_VMM_ALLOCATOR_H

#include "core/vmm/vcpu.h"

/* Fewer would not do: the shadow's minimum and two roots, with some to spare. */
enum { ALLOCATOR_FRAMES_MIN = SHADOW_FRAMES_MIN + 4 };

void allocator_install(struct vcpu *);
void allocator_forget(struct vcpu *);                                                   /* a cold fence */
MUST_CHECK int allocator_take(struct vmm *, uint64_t size, uint64_t align, hpa_t *out); /* frames of the host; 0 or -ENOMEM */
void allocator_give(struct vmm *, hpa_t);                                               /* what one take got */
MUST_CHECK int allocator_shadow_create(struct vcpu *);

#endif
