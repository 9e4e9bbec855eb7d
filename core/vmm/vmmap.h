/* vmmap.h - f, the VM map, on addresses; its inverse.
 */
#ifndef TRAPEZE_CORE_VMM_VMMAP_H
#define TRAPEZE_CORE_VMM_VMMAP_H

#include "core/vmm/vm.h"

/* Where guest memory is in the host, and back. false: nowhere. */
bool vmmap_physical(const struct vm *, gpa_t, hpa_t *);
bool vmmap_physical_inverse(const struct vm *, hpa_t, gpa_t *);

#endif
