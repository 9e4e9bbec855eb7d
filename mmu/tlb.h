/* tlb.h - a CPU's software TLB: what yields a host pointer without a walk.
 *
 * One `struct tlb_space` caches one translation situation of the CPU (address space, mode, SUM, MXR ...), named by a key
 * that the CPU composes. Changing the mode or the address space only selects another space: nothing is flushed. Reads, writes and fetches
 * have entries of their own, so that a copy whose source and destination collide does not thrash.
 *
 *   tag = page number of va << 12, or TLB_EMPTY;  host address = va + addend (reads, writes)
 * tlb_lookup() compares (va & (PAGE_MASK | (size-1))) with tag: a misaligned access misses and takes the slow path.
 *
 * Entries are of 4 KiB, also within a superpage; but a fence that names one address orders the whole leaf it lies in
 * [priv 12.2.1]. So whoever fills an entry (read, write or fetch) from a larger leaf also calls tlb_note_superpage().
 */
#ifndef TRAPEZE_MMU_TLB_H
#define TRAPEZE_MMU_TLB_H

#include "mmu/base.h"
#include "mmu/tlb_size.h"

enum { TLB_HELD = 4, TLB_GROUP = TLB_ENTRIES / 64, TLB_ASIDS = 16 };
_Static_assert(TLB_FETCH_ENTRIES <= 64, "a bit for each in fetch_filled");
#define TLB_EMPTY UINT64_C(0x800) /* never equals a masked va: accesses are of 8 bytes at most */

struct tlb_entry {
    uint64_t tag;
    uintptr_t addend; /* for fetch entries: the CPU's own pointer to its decoded page */
};

struct tlb_space {
    struct tlb_entry read[TLB_ENTRIES], write[TLB_ENTRIES], fetch[TLB_FETCH_ENTRIES];
    uint64_t filled[2];    /* of read, of write: a bit per TLB_GROUP slots that tlb_fill() put something into */
    uint64_t fetch_filled; /* a bit per slot */
    uint64_t key[2];       /* composed by the CPU; compared only */
    uint64_t used;         /* the tlb's tick when it was last selected */
    uint32_t generation;   /* behind the tlb's: neither selected nor held since the last flush of all, hence empty */
    uint16_t asid;
    bool valid;
    va_t large_first, large_last; /* all superpages noted lie in here; first > last: none */
    uint64_t large_size;          /* bytes of the largest */
};

struct tlb {
    struct tlb_space space[TLB_SPACES];
    uint16_t with_asid[TLB_ASIDS]; /* by the low bits of an ASID: a bit for each space that may have it */
    uint64_t tick;                 /* selections so far */
    uint32_t generation;           /* flushes of all so far */
    uint64_t fills, flushes;       /* counters for `info tlb` */
};

static inline unsigned tlb_slot(va_t va) { return (unsigned)(va >> PAGE_SHIFT) & (TLB_ENTRIES - 1); }
static inline unsigned tlb_fetch_slot(va_t va) { return (unsigned)(va >> PAGE_SHIFT) & (TLB_FETCH_ENTRIES - 1); }

/* Host pointer for an aligned access of `size` bytes through a read or write table, or NULL: take the slow path. */
static inline uint8_t *tlb_lookup(const struct tlb_entry *table, va_t va, unsigned size)
{
    const struct tlb_entry *e = &table[tlb_slot(va)];
    return LIKELY((va & (PAGE_MASK | (size - 1))) == e->tag) ? (uint8_t *)(uintptr_t)(va + e->addend) : NULL;
}

/* The same for an access at any alignment. One that reaches into the next page misses: that page's slot is another. */
static inline uint8_t *tlb_lookup_unaligned(const struct tlb_entry *table, va_t va, unsigned size)
{
    const struct tlb_entry *e = &table[tlb_slot(va)];
    return LIKELY(((va + (size - 1)) & PAGE_MASK) == e->tag) ? (uint8_t *)(uintptr_t)(va + e->addend) : NULL;
}

void tlb_init(struct tlb *);
/* The space for this key: the one that has it, or the least recently selected one, emptied. Never NULL. A CPU that uses two
 * spaces at once selects both at every change of context: what it holds is among the last TLB_HELD selections. */
struct tlb_space *tlb_select(struct tlb *, uint64_t key0, uint64_t key1, uint16_t asid);
void tlb_fill(struct tlb *, struct tlb_space *, va_t, bool write, const uint8_t *host_page);
/* The CPU's decoded page. tag: its virtual address; lookups compare all of it, so that low bits may set entries apart. */
void tlb_fill_fetch(struct tlb_space *, uint64_t tag, const void *page);
/* The leaf of `size` bytes (a power of two above 4 KiB) that holds va has, or is about to have, entries in this space. */
void tlb_note_superpage(struct tlb_space *, va_t, uint64_t size);
/* Flushes empty spaces in place: a pointer the CPU holds stays good. They cost time only for spaces in use since the last
 * flush of all. */
void tlb_flush_all(struct tlb *);
void tlb_flush_asid(struct tlb *, uint16_t asid);
/* Takes all of the leaf that holds va, also when that is a superpage. */
void tlb_flush_page(struct tlb *, va_t, bool any_asid, uint16_t asid);
void tlb_flush_writes(struct tlb *);  /* a page of RAM became marked: no direct writes to it any more */
void tlb_flush_fetches(struct tlb *); /* decoded pages went away */

#endif
