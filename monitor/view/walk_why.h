/* walk_why.h - why a walk of page tables found nothing, or not for this access: plain words first, then the manual's step. */
#ifndef TRAPEZE_MONITOR_VIEW_WALK_WHY_H
#define TRAPEZE_MONITOR_VIEW_WALK_WHY_H

#include "mmu/pt.h"

enum { WALK_WHY = 128 }; /* bytes of room that suffice */

/* "V is 0 in the PTE at L2 [priv 12.3.2, step 3]". */
const char *walk_why(const struct pt_walk *, char *out, size_t size);

#endif
