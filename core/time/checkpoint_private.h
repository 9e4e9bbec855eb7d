/* checkpoint_private.h - the insides of a store of checkpoints.
 *
 *   checkpoint.c         take, restore, drop, and which go to make room      checkpoint_pages.c   what of memory each one keeps
 *   checkpoint_course.c  running, seeking, changes by hand                   checkpoint_{file,write,read}.c  one as a file
 *   checkpoint_counts.c  what was counted on the way             checkpoint_regions.c where the pages are
 *
 * Checkpoints form a chain in which each was made from the one before it: it keeps, as they were then, the pages that were written
 * in between. What a page was at a checkpoint is found there or at the nearest one before; a page that none of them has was as in
 * the beginning. One link of the chain, the base, is what memory is equal to but for the pages written since.
 */
#ifndef TRAPEZE_CORE_TIME_CHECKPOINT_PRIVATE_H
#define TRAPEZE_CORE_TIME_CHECKPOINT_PRIVATE_H

#include "core/checkpoint.h"
#include "core/record.h"
#include "devices/drive.h"

/* A stretch of pages: RAM of the machine, or the overlay of a drive. */
struct region {
    struct ram *ram;      /* borrowed */
    uint64_t start, size; /* within it */
    bool is_disk;
    pa_t base;      /* of RAM: where the machine has it ... */
    uint64_t held;  /* ... and how much: a machine with words for pages may have but a part of the last page */
    unsigned disk;  /* of an overlay: the drive's number */
    uint32_t epoch; /* pages written since then differ from the base */
};

enum { REGIONS_MAX = 12, REGION_SHIFT = 48 };

/* region << REGION_SHIFT | number of the page in it */
typedef uint64_t page_key;
static inline page_key key_of(unsigned region, uint64_t number) { return (page_key)region << REGION_SHIFT | number; }
static inline unsigned region_of(page_key key) { return (unsigned)(key >> REGION_SHIFT); }
static inline uint64_t number_of(page_key key) { return key & ((UINT64_C(1) << REGION_SHIFT) - 1); }

struct page {
    uint32_t refs;
    uint8_t bytes[PAGE_SIZE];
};

struct entry {
    page_key key;
    struct page *page; /* counted; NULL: as in the beginning: zero, or not in the overlay */
};

/* Ascending by key, each at most once. */
struct delta {
    struct entry *entry; /* owned */
    size_t count;
};

struct checkpoint {
    struct checkpoint *prev, *next; /* of the chain */
    uint64_t retired;
    struct system_moment moment;
    bool keep;      /* the caller's */
    bool edited;    /* running on from before ends here, and goes on from what is kept */
    uint8_t *state; /* owned; system_save() */
    size_t state_size;
    uint8_t *counts;    /* owned; as many bytes as the store says */
    struct delta delta; /* against prev */
    struct record_mark mark;
    uint64_t file_writes[BOARD_DRIVES];
};

struct checkpoints {
    struct system *system; /* borrowed */
    struct checkpoints_config config;
    struct region region[REGIONS_MAX];
    unsigned region_count;
    struct checkpoint *head; /* of the chain */
    struct checkpoint *base; /* NULL: memory is what it was in the beginning, but for every page ever written */
    struct checkpoint **at;  /* owned; ascending by retired */
    unsigned count, room;
    uint64_t *fence; /* owned; ascending, in retired instructions: where checkpoints were taken, which is part of the course */
    size_t fence_count, fence_room;
    uint64_t frontier; /* the most instructions that have retired */
    struct checkpoints_watcher watcher;
    uint8_t *counts; /* owned: room for them */
    size_t counts_size;
    uint64_t counted_from; /* nothing was counted before so many instructions */
    struct checkpoints_stats stats;
    struct error trouble; /* text empty: none */
};

/* --- checkpoint_regions.c */
MUST_CHECK int regions_find(struct checkpoints *, struct error *);
void epochs_begin(struct checkpoints *);  /* from now on, written means since now */
void epochs_forget(struct checkpoints *); /* ... means ever */
bool page_is_zero(const uint8_t *);
const uint8_t *region_content(const struct checkpoints *, page_key); /* what the page holds now; NULL: what it held in the beginning */
void region_content_set(struct checkpoints *, page_key, const uint8_t *bytes); /* likewise */
/* Of the pages written since the base the first at or after `number`; false: none. */
bool region_next_written(const struct region *, uint64_t *number);

/* --- checkpoint_pages.c */

/* What is to be written to go from the base, or from wherever memory is, to a checkpoint. */
struct plan {
    struct entry *entry; /* owned; the pages are borrowed */
    size_t count;
};

MUST_CHECK int delta_collect(struct checkpoints *, struct delta *); /* what was written since the base, copied. 0 or -ENOMEM */
void delta_free(struct checkpoints *, struct delta *);
/* Puts c into the chain behind prev (NULL: at its head), whose successor gets what it then lacks. 0 or -ENOMEM: nothing has
 * changed. */
MUST_CHECK int chain_insert(struct checkpoints *, struct checkpoint *c, struct checkpoint *prev);
/* Takes it out; its successor gets what it then lacks. 0 or -ENOMEM: nothing has changed. */
MUST_CHECK int chain_remove(struct checkpoints *, struct checkpoint *);
MUST_CHECK int plan_make(struct checkpoints *, const struct checkpoint *base, const struct checkpoint *to, struct plan *);
void plan_apply(struct checkpoints *, const struct plan *);
void plan_free(struct plan *);
/* A page with these bytes; NULL: no memory. */
struct page *page_create(struct checkpoints *, const uint8_t *bytes);

/* --- checkpoint_counts.c */
MUST_CHECK int counts_measure(struct checkpoints *); /* how large they are. 0 or -ENOMEM */
void counts_hold(struct checkpoints *);              /* what happens from here to counts_release() counts nothing */
void counts_release(struct checkpoints *);
MUST_CHECK int counts_save(const struct checkpoints *, struct checkpoint *); /* those that are held. 0 or -ENOMEM */
void counts_restore(const struct checkpoints *, const struct checkpoint *);
void counts_kind(const struct checkpoints *, char *out, size_t); /* of what parts the machine is made, as far as they count */

/* --- checkpoint.c */
void checkpoint_free(struct checkpoints *, struct checkpoint *); /* not in the chain */
/* The system was put where c is, which is not in the store: the store forgets all it has, and has c. Room was reserved. */
void checkpoints_begin_anew(struct checkpoints *, struct checkpoint *c);
MUST_CHECK int order_reserve(struct checkpoints *); /* room for one more */
MUST_CHECK int fences_reserve(struct checkpoints *);
void system_fence_cold(struct checkpoints *);
/* A drive's file was written since: it cannot be taken back. 0 or -EBUSY and the sentence. */
MUST_CHECK int drives_unwritten(const struct checkpoints *, const struct checkpoint *, struct error *);

#endif
