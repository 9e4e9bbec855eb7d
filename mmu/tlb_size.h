/* tlb_size.h - how many entries a software TLB has for reads, for writes and for fetches, and how many spaces. Powers of two. Apart, so
 * that proofs may have a smaller one.
 */
#ifndef TRAPEZE_MMU_TLB_SIZE_H
#define TRAPEZE_MMU_TLB_SIZE_H

enum { TLB_ENTRIES = 1024, TLB_FETCH_ENTRIES = 64, TLB_SPACES = 16 };

#endif
