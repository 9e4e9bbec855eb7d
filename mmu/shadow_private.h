/* shadow_private.h - the insides of a shadow; private to shadow.c (frames and entries), shadow_root.c (roots), shadow_create.c
 * and shadow_trace.c (pages).
 *
 * A frame is one page of shadow table; a slot is one entry of it, numbered frame * entries + index. Beside the tables stand, for
 * tracing only:
 *   page.leaves  the slots whose leaf maps this page, so that W can be taken from them  (slot_link: a doubly linked list)
 *   page.origins the frames derived from the table in this page, whose entries follow its entries (frame.origin_*: likewise)
 */
#ifndef TRAPEZE_MMU_SHADOW_PRIVATE_H
#define TRAPEZE_MMU_SHADOW_PRIVATE_H

#include "mmu/shadow.h"

#define SHADOW_NONE UINT32_MAX
enum { SHADOW_RECENT = 64 };

struct shadow_frame {
    va_t base;       /* first address it translates */
    uint32_t next;   /* in the list of frames given back */
    uint32_t parent; /* frame; a root is its own */
    uint32_t parent_index;
    uint32_t root;                     /* SHADOW_NONE: the frame is free */
    uint32_t count;                    /* entries that are not zero */
    uint32_t origin;                   /* page, or SHADOW_NONE */
    uint32_t origin_next, origin_prev; /* frames of the same origin */
    uint8_t level;
    uint8_t coarse;     /* log2 of the largest original page that leaves below come from */
    bool clean;         /* outside [low, high) all entries are zero; not so before it was first taken */
    uint16_t low, high; /* entries written since it was emptied lie in here */
};

struct shadow_slot_link {
    uint32_t next, prev; /* slots that map the same page */
};

enum { WRITES_BITS = 8 };

struct shadow_page {
    uint32_t leaves;  /* first slot + 1; 0: none */
    uint32_t origins; /* first frame + 1; 0: the page is not traced */
    uint32_t writes;  /* since it was last walked: course << WRITES_BITS | how many; of another course than the present one: none */
    uint32_t listed;  /* the page listed before it + 1, or SHADOW_NONE; 0: it is in no list of loose pages */
    bool loose;       /* out of sync. A page that is no longer stays listed until the list is next gone through */
};

struct shadow_root {
    struct shadow_key key;
    uint64_t used; /* for replacement; 0: never */
    uint32_t near; /* the table of leaves last mapped into: a hint */
};

struct shadow {
    struct shadow_config config;
    unsigned entries;              /* of a table */
    struct shadow_frame *frame;    /* owned; the first `roots` are the roots */
    struct shadow_root *root;      /* owned */
    struct shadow_slot_link *link; /* owned; NULL unless tracing */
    struct shadow_page *page;      /* owned; NULL unless tracing */
    uint8_t recent[SHADOW_RECENT]; /* by a hash of the key: the root last selected; only a hint */
    uint32_t free;                 /* first of the frames given back */
    uint32_t fresh;                /* frames from here on were not handed out since everything was dropped */
    uint32_t hand;                 /* where to look next for a table that may go, roots not counted */
    uint64_t tick;
    uint32_t course; /* another one each time that writes are forgotten: no need to look at every page of the guest */
    uint32_t loose;  /* the page listed last + 1; 0: none is out of sync */
    bool fenced;     /* by its owner, since everything was dropped */
    uint8_t *table;  /* owned; a page for each level, to read whole tables into */
    struct shadow_stats stats;
};

static inline bool shadow_key_equal(const struct shadow_key *a, const struct shadow_key *b)
{
    return a->space == b->space && a->rights == b->rights && a->asid == b->asid && a->untranslated == b->untranslated;
}

/* shadow.c */
pa_t shadow_frame_address(const struct shadow *, uint32_t frame);
uint64_t shadow_entry_get(const struct shadow *, uint32_t frame, unsigned index);
void shadow_entry_set(struct shadow *, uint32_t frame, unsigned index, uint64_t pte);
void shadow_entry_drop(struct shadow *, uint32_t frame, unsigned index); /* with all below; tells the CPU */
void shadow_frame_clear(struct shadow *, uint32_t frame);                /* likewise all its entries */
void shadow_frame_zero(struct shadow *, uint32_t frame);                 /* what was written there; nothing hangs on it */
void shadow_fence(struct shadow *, uint32_t root, const va_t *va);
void shadow_drop_loose(struct shadow *, const struct shadow_scope *); /* of one address, what came from pages out of sync */

/* shadow_root.c */
void shadow_root_empty(struct shadow *, unsigned root);

/* shadow_trace.c; all of it does nothing unless tracing */
void shadow_leaf_link(struct shadow *, uint32_t slot, pa_t page);
void shadow_leaf_unlink(struct shadow *, uint32_t slot, pa_t page);
void shadow_origin_set(struct shadow *, uint32_t frame, pa_t origin);      /* SHADOW_NO_ORIGIN: it has none */
bool shadow_origin_is(const struct shadow *, uint32_t frame, pa_t origin); /* it is walked: counts as such */
void shadow_writes_forget(struct shadow *);                                /* how often each page was written: as if never */
bool shadow_is_loose(const struct shadow *, uint32_t frame);               /* what it came from is out of sync */

#endif
