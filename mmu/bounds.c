/* bounds.c - see bounds.h. */
#include "mmu/bounds.h"

enum bounds_verdict bounds_translate(struct bounds r, uint64_t q, uint64_t a, uint64_t *cell)
{
    if (r.l >= q || a >= q - r.l)
        return BOUNDS_BEYOND_MEMORY;
    if (a >= r.b)
        return BOUNDS_BEYOND_BOUND;
    *cell = a + r.l;
    return BOUNDS_OK;
}
