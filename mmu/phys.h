/* phys.h - a physical address space: RAM ranges and I/O ranges.
 *
 * `struct ram` is a block of host memory, mapped lazily: a page costs nothing until it is touched. Several address spaces
 * may show slices of one block: a virtual machine's RAM *is* a slice of its host machine's RAM, so a byte has one home at
 * any nesting depth. Whoever caches something derived from RAM (decoded instructions, shadow tables) marks the pages it
 * depends on; every write to a marked page is announced to all watchers of the block, whoever writes it: a CPU, a device,
 * a VMM. A CPU must not keep a direct write pointer to a marked page.
 */
#ifndef TRAPEZE_MMU_PHYS_H
#define TRAPEZE_MMU_PHYS_H

#include "mmu/base.h"

struct ram;
struct phys;

/* Announcements about a block of RAM. Offsets are bytes from the start of the block. */
struct ram_watcher {
    /* A marked page was written; told after the write. */
    void (*written)(struct ram_watcher *, uint64_t offset, size_t length);
    /* This page is marked from now on: drop direct write pointers. */
    void (*marked)(struct ram_watcher *, uint64_t offset);
    /* Asked by ram_unmark(): does this watcher still depend on the mark of this page? It changes nothing. NULL: no. */
    bool (*depends)(const struct ram_watcher *, uint64_t offset);
    /* An epoch begins: drop direct write pointers to every page. */
    void (*epoch)(struct ram_watcher *);
    struct ram_watcher *next; /* private to ram.c */
};

/* A place of eight aligned bytes that its holder wants to keep for as long as nobody else writes it (LR/SC). Every write that is announced
 * there ends it; who makes it tells by himself which writes are his own, and reserves again. Where other CPUs may write without a word its
 * page is marked as long as it stands, so that they do not. All zero: nothing is reserved. */
struct ram_reservation {
    struct ram *ram;              /* NULL: nothing is reserved */
    uint64_t offset;              /* in the block */
    pa_t at;                      /* as its holder calls the place */
    bool marks;                   /* its page is marked for it */
    struct ram_reservation *next; /* private to ram.c */
};

/* A block of `size` bytes (rounded up to pages), zero-filled, mapped lazily. 0, -EINVAL (no bytes, or absurdly many) or -ENOMEM. */
MUST_CHECK int ram_create(struct ram **out, uint64_t size);
void ram_destroy(struct ram *);
uint64_t ram_size(const struct ram *);
uint8_t *ram_host(const struct ram *); /* host address of offset 0; stable for life */
void ram_watch(struct ram *, struct ram_watcher * /* borrowed until ram_unwatch */);
void ram_unwatch(struct ram *, struct ram_watcher *);
/* Marks the page of offset; idempotent; announces `marked` once. */
void ram_mark(struct ram *, uint64_t offset);
/* Takes the mark away, unless some watcher depends on it: a page has one mark, however many watchers. */
void ram_unmark(struct ram *, uint64_t offset);
bool ram_is_marked(const struct ram *, uint64_t offset);
/* Does any reservation stand in that block? */
bool ram_is_reserved(const struct ram *);
/* Moves the reservation there; ram NULL: ends it. `marks`: other CPUs may keep direct write pointers to that memory. */
void ram_reserve(struct ram_reservation * /* borrowed until it ends */, struct ram *, uint64_t offset, pa_t at, bool marks);
/* Announces that [offset, offset+length) was written through a host pointer. Cheap when no page is marked. */
void ram_written(struct ram *, uint64_t offset, size_t length);
/* Bytes of host memory in use. */
uint64_t ram_resident(const struct ram *);
/* Zeroes whole pages, giving the host's memory back; announces it. */
void ram_clear(struct ram *, uint64_t offset, uint64_t length);

/* Which pages were written, and since when. The life of a block is cut into epochs, numbered from 1; a page remembers the last one
 * in which it was written, or in which somebody came to keep a direct write pointer to it. Whoever wants to know what is written
 * from now on begins an epoch; several may do so independently. */
uint32_t ram_epoch_begin(struct ram *);         /* its number; all direct write pointers are gone */
uint32_t ram_epoch(const struct ram *);         /* of now */
void ram_expose(struct ram *, uint64_t offset); /* somebody keeps a direct write pointer to this page, until the next epoch */
/* The first page in [from, end), page addresses, that was written in `epoch` or later; `end`: none. Of epoch 1: pages that were
 * ever written; the others are zero. Quick where little was written. */
uint64_t ram_next_written(const struct ram *, uint64_t from, uint64_t end, uint32_t epoch);

/* A device's registers. Offsets are from the range's base; size is 1, 2, 4 or 8; values are little-endian words.
 * false: the device does not answer this access; the CPU takes an access fault and the device has not changed. */
struct phys_io {
    bool (*read)(void *opaque, uint64_t offset, unsigned size, uint64_t *value);
    bool (*write)(void *opaque, uint64_t offset, unsigned size, uint64_t value);
};

struct phys_range {
    pa_t base;
    uint64_t size;
    const char *name;         /* borrowed; for `info mtree` */
    struct ram *ram;          /* borrowed; NULL for I/O */
    uint64_t ram_offset;      /* of base, in ram */
    uint8_t *host;            /* of base, in the host's memory; NULL for I/O */
    const struct phys_io *io; /* borrowed; NULL for RAM */
    void *opaque;             /* borrowed; for io */
};

MUST_CHECK int phys_create(struct phys **out);
void phys_destroy(struct phys *); /* ranges go; RAM blocks and devices are their owners' */
/* base and size are page multiples for RAM. -EINVAL (misaligned, wraps), -EEXIST (overlaps a range), -ENOMEM. */
MUST_CHECK int phys_add_ram(struct phys *, const char *name, pa_t base, uint64_t size, struct ram *, uint64_t ram_offset);
MUST_CHECK int phys_add_io(struct phys *, const char *name, pa_t base, uint64_t size, const struct phys_io *, void *opaque);
/* What lies over RAM, if there is RAM: as long as it does, that is not seen there. It may be added before or after. Over RAM all are page
 * multiples. ROM is RAM that CPUs do not write; its owner does, by phys_write(). Errors as above. */
MUST_CHECK int phys_add_io_over(struct phys *, const char *name, pa_t base, uint64_t size, const struct phys_io *, void *opaque);
MUST_CHECK int phys_add_rom(struct phys *, const char *name, pa_t base, uint64_t size, struct ram *, uint64_t ram_offset);
bool phys_is_rom(const struct phys_range *); /* CPUs cannot write it: their stores are lost */
/* Takes out what was added at base, if there is something; of two that the one is over the other, that one. */
void phys_remove(struct phys *, pa_t base);
/* Ranges in ascending order of base; index < phys_count(). A pointer to a range is good until the next range is added or
 * removed. */
unsigned phys_count(const struct phys *);
const struct phys_range *phys_range(const struct phys *, unsigned index);
const struct phys_range *phys_find(const struct phys *, pa_t); /* NULL: nothing is there */
const struct phys_range *phys_main_ram(const struct phys *);   /* the largest RAM range; NULL: there is none */
/* Where RAM of such a machine ends at most, however much it is given: for sentences. Nothing is refused by it. */
void phys_end_ram(struct phys *, pa_t);
bool phys_never_ram(const struct phys *, pa_t); /* it is known, and this is beyond */

/* Host pointer to [pa, pa+length) when all of it is RAM of one range, else NULL. A writer calls phys_written() afterwards; one who
 * writes for a CPU asks phys_is_rom() before. */
uint8_t *phys_host(const struct phys *, pa_t, size_t length);
void phys_written(const struct phys *, pa_t, size_t length);

/* CPUs come and go. Of several each must reckon with what the others write. */
void phys_join(struct phys *);
void phys_leave(struct phys *);
bool phys_is_shared(const struct phys *);

/* Reserves the eight aligned bytes around pa, if they are RAM; else ends the reservation. `marks`: as for ram_reserve(). */
void phys_reserve(const struct phys *, struct ram_reservation *, pa_t, bool marks);
/* Where it is; UINT64_MAX: nothing is reserved. */
static inline pa_t phys_reserved(const struct ram_reservation *r) { return r->ram ? r->at : UINT64_MAX; }

/* One CPU access of 1, 2, 4 or 8 bytes. RAM may be misaligned within the range; I/O must be naturally aligned.
 * false: access fault, nothing changed. `value` is zero-extended. A store to ROM is true, and changes nothing. */
MUST_CHECK bool phys_load(const struct phys *, pa_t, unsigned size, uint64_t *value);
MUST_CHECK bool phys_store(const struct phys *, pa_t, unsigned size, uint64_t value);

/* Copies RAM (loaders, DMA, snapshots). 0, or -EFAULT when any byte is not RAM: then nothing was copied. */
MUST_CHECK int phys_read(const struct phys *, pa_t, void *to, size_t length);
MUST_CHECK int phys_write(const struct phys *, pa_t, const void *from, size_t length);

#endif
