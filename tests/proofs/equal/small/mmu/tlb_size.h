/* tlb_size.h - a small TLB, for proofs: what a body does with an entry does not hang on how many there are. */
#ifndef TRAPEZE_MMU_TLB_SIZE_H
#define TRAPEZE_MMU_TLB_SIZE_H

enum { TLB_ENTRIES = 4, TLB_FETCH_ENTRIES = 4, TLB_SPACES = 4 };

#endif
