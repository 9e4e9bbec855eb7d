/* sv.h - what Sv39 and Sv48 have in common: the walk and the encodings of PTEs. Private to mmu/; users name a format of pt.h. */
#ifndef TRAPEZE_MMU_SV_H
#define TRAPEZE_MMU_SV_H

#include "mmu/pt.h"

void sv_walk(const struct pt_format *, pa_t root, va_t, const struct pt_access *, pt_read_fn *, void *ctx, struct pt_walk *out);
uint64_t sv_leaf(pa_t, bool r, bool w, bool x, bool user);
uint64_t sv_table(pa_t);
bool sv_is_table(uint64_t pte, unsigned level);
pa_t sv_address(uint64_t pte);

#endif
