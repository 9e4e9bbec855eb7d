/* tlb_size.h - a TLB of one entry each, for proofs of composition: how jumps find theirs is looked into with each row (part.c). */
#ifndef TRAPEZE_MMU_TLB_SIZE_H
#define TRAPEZE_MMU_TLB_SIZE_H

enum { TLB_ENTRIES = 1, TLB_FETCH_ENTRIES = 1, TLB_SPACES = 1 };

#endif
