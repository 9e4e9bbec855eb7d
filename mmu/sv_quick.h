/* sv_quick.h - the walk of sv.c where nothing is in its way, inlined: all tables lie in one stretch of RAM and may be read, every PTE is
 * valid, and the leaf grants what is asked with no A or D to be set. Of the faults it knows the commonest. Whatever else there is, is
 * pt_walk()'s to say; a test holds the two against each other.
 */
#ifndef TRAPEZE_MMU_SV_QUICK_H
#define TRAPEZE_MMU_SV_QUICK_H

#include "mmu/phys.h"
#include "mmu/pt.h"

#include <string.h>

enum sv_quick {
    SV_QUICK_OK,
    SV_QUICK_FAULT,  /* V is 0 somewhere: a page fault, whatever the access [priv 12.3.2 step 3] */
    SV_QUICK_UNSURE, /* walk */
};

/* The leaf bits that the access needs [priv 12.3.2 steps 6 to 9]; its bit U must be `user` where SUM does not say that it may be either. */
struct sv_need {
    uint64_t mask, bits;
};
static inline struct sv_need sv_need_of(const struct pt_access *a)
{
    static const uint64_t of_kind[] = {
        [PT_READ] = SV_V | SV_A | SV_R, [PT_WRITE] = SV_V | SV_A | SV_D | SV_R | SV_W, [PT_FETCH] = SV_V | SV_A | SV_X};
    const uint64_t either = !a->user && a->sum && a->kind != PT_FETCH ? 0 : SV_U;
    return (struct sv_need){of_kind[a->kind] | either, of_kind[a->kind] | (a->user ? either : 0)};
}

/* What is known on SV_QUICK_OK. */
struct sv_leaf_found {
    pa_t pa;
    uint64_t size; /* bytes that the leaf maps */
    uint64_t pte;
};

static inline __attribute__((always_inline)) enum sv_quick sv_quick_levels(const struct phys_range *ram, const unsigned levels,
                                                                           pa_t root, va_t va, const struct pt_access *a,
                                                                           struct sv_leaf_found *out)
{
    enum { INDEX_BITS = 9, HIGH = 54, PPN = 10 }; /* bits 63:54 are reserved */
    const struct sv_need need = sv_need_of(a);
    const uint64_t base = ram->base, last = ram->size - sizeof(uint64_t);
    const uint8_t *host = ram->host;
    pa_t table = root;
    if (UNLIKELY((va_t)sign_extend(va, PAGE_SHIFT + levels * INDEX_BITS) != va))
        return SV_QUICK_UNSURE;
#pragma GCC unroll 4
    for (unsigned shift = PAGE_SHIFT + levels * INDEX_BITS; shift > PAGE_SHIFT;) {
        shift -= INDEX_BITS;
        const uint64_t offset = table + bits_get(va, shift, INDEX_BITS) * 8 - base;
        uint64_t pte;
        if (UNLIKELY(offset > last))
            return SV_QUICK_UNSURE;
        memcpy(&pte, host + offset, sizeof pte);
        if (!(pte & SV_V))
            return SV_QUICK_FAULT;
        table = pte >> PPN << PAGE_SHIFT;
        if ((pte & (0xff & ~SV_G)) == SV_V && !(pte >> HIGH)) /* a pointer, with nothing that is reserved in one */
            continue;
        const uint64_t within = (UINT64_C(1) << shift) - 1;
        *out = (struct sv_leaf_found){.pa = table | (va & within), .size = within + 1, .pte = pte};
        const bool granted = (pte & need.mask) == need.bits && !(pte >> HIGH) && (pte & (SV_R | SV_W)) != SV_W;
        return LIKELY(granted && !(table & within)) ? SV_QUICK_OK : SV_QUICK_UNSURE;
    }
    return SV_QUICK_UNSURE;
}

/* `levels` as struct pt_format has them: 3 for Sv39, 4 for Sv48. */
static inline enum sv_quick sv_quick_walk(const struct phys_range *ram, unsigned levels, pa_t root, va_t va, const struct pt_access *a,
                                          struct sv_leaf_found *out)
{
    return levels == 3   ? sv_quick_levels(ram, 3, root, va, a, out)
           : levels == 4 ? sv_quick_levels(ram, 4, root, va, a, out)
                         : SV_QUICK_UNSURE;
}

#endif
