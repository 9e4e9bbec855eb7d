/* bounds.h - translation by a relocation-bounds register R = (l, b): the third generation's whole memory management, as one pure
 * function [PG74]. It works alike for every access in every mode. */
#ifndef TRAPEZE_MMU_BOUNDS_H
#define TRAPEZE_MMU_BOUNDS_H

#include "mmu/base.h"

struct bounds {
    uint64_t l, b; /* where virtual cell 0 lies; how many cells there are */
};

enum bounds_verdict {
    BOUNDS_OK,
    BOUNDS_BEYOND_MEMORY, /* a + l >= q: no such cell. Tested first */
    BOUNDS_BEYOND_BOUND,  /* a >= b */
};

/* Virtual address a, seen through r, in a memory of q cells. *cell is written when the verdict is BOUNDS_OK. Sums are not taken
 * modulo anything: no a is so large that it comes back in. */
MUST_CHECK enum bounds_verdict bounds_translate(struct bounds r, uint64_t q, uint64_t a, uint64_t *cell);

#endif
