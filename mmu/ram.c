/* ram.c - a block of host memory, mapped lazily, the announcements about its marked pages, and when each page was written.
 *
 * The host gives memory when it is first touched, in pieces of 2 MiB where it can; likewise for the marks, a byte for each page, and
 * the stamps: a 64 GiB block costs nothing until used. A mark stays as long as any watcher depends on it, so that two watchers of one
 * page do not disturb each other.
 *
 * A stamp is the epoch in which a page was last written, 0 for never. Each group of 512 pages has the latest of their stamps, so
 * that looking for what was written passes quickly over what was not. Writers with a direct pointer stamp once an epoch, when they
 * get it.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE, mincore, madvise */
#include "mmu/phys.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct ram {
    uint8_t *host;
    uint8_t *mark; /* one for each page: 0 or 1 */
    uint64_t size;
    uint64_t marked; /* how many marks are set */
    struct ram_watcher *watchers;
    struct ram_reservation *reservations;
    uint32_t *stamp;       /* one for each page: the epoch of the last write */
    uint32_t *group_stamp; /* one for each group of pages: the latest of theirs */
    uint32_t epoch;
    bool exposed; /* somebody may keep a direct write pointer */
};

enum { GROUP_SHIFT = 9, RESERVED = 8 }; /* pages of a group; bytes of a reservation */

static uint64_t page_count(const struct ram *ram) { return ram->size >> PAGE_SHIFT; }
static uint64_t group_count(const struct ram *ram) { return (page_count(ram) >> GROUP_SHIFT) + 1; }

static void *map_lazily(uint64_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static void unmap(void *at, uint64_t size)
{
    if (at)
        munmap(at, size);
}

int ram_create(struct ram **out, uint64_t size)
{
    if (size == 0 || size > SIZE_MAX / 2)
        return -EINVAL;
    struct ram *ram = calloc(1, sizeof *ram);
    if (!ram)
        return -ENOMEM;
    ram->size = align_up(size, PAGE_SIZE);
    ram->host = map_lazily(ram->size);
    if (ram->host) /* where the host has large pages: fewer faults, and fewer misses of its TLB */
        (void)madvise(ram->host, ram->size, MADV_HUGEPAGE);
    ram->mark = map_lazily(page_count(ram));
    ram->stamp = map_lazily(page_count(ram) * sizeof *ram->stamp);
    ram->group_stamp = map_lazily(group_count(ram) * sizeof *ram->group_stamp);
    ram->epoch = 1;
    if (!ram->host || !ram->mark || !ram->stamp || !ram->group_stamp) {
        ram_destroy(ram);
        return -ENOMEM;
    }
    *out = ram;
    return 0;
}

void ram_destroy(struct ram *ram)
{
    if (!ram)
        return;
    assert(!ram->watchers && !ram->reservations); /* one of them outlives its block */
    unmap(ram->host, ram->size);
    unmap(ram->mark, page_count(ram));
    unmap(ram->stamp, page_count(ram) * sizeof *ram->stamp);
    unmap(ram->group_stamp, group_count(ram) * sizeof *ram->group_stamp);
    free(ram);
}

uint64_t ram_size(const struct ram *ram) { return ram->size; }
uint8_t *ram_host(const struct ram *ram) { return ram->host; }

void ram_watch(struct ram *ram, struct ram_watcher *w)
{
    w->next = ram->watchers;
    ram->watchers = w;
}

void ram_unwatch(struct ram *ram, struct ram_watcher *w)
{
    struct ram_watcher **link = &ram->watchers;
    while (*link && *link != w)
        link = &(*link)->next;
    assert(*link); /* it was never on this block */
    *link = w->next;
    w->next = NULL;
}

bool ram_is_marked(const struct ram *ram, uint64_t offset)
{
    assert(offset < ram->size);
    return ram->mark[offset >> PAGE_SHIFT];
}

void ram_mark(struct ram *ram, uint64_t offset)
{
    if (ram_is_marked(ram, offset))
        return;
    ram->mark[offset >> PAGE_SHIFT] = 1;
    ram->marked++;
    for (struct ram_watcher *w = ram->watchers, *next; w; w = next) {
        next = w->next;
        if (w->marked)
            w->marked(w, offset & PAGE_MASK);
    }
}

/* Some reservation in the page of offset needs its mark. */
static bool reservation_depends(const struct ram *ram, uint64_t offset)
{
    for (const struct ram_reservation *r = ram->reservations; r; r = r->next)
        if (r->marks && r->offset >> PAGE_SHIFT == offset >> PAGE_SHIFT)
            return true;
    return false;
}

void ram_unmark(struct ram *ram, uint64_t offset)
{
    if (!ram_is_marked(ram, offset) || reservation_depends(ram, offset))
        return;
    for (const struct ram_watcher *w = ram->watchers; w; w = w->next)
        if (w->depends && w->depends(w, offset & PAGE_MASK))
            return;
    ram->mark[offset >> PAGE_SHIFT] = 0;
    ram->marked--;
}

/* Tells the watchers about [offset, offset+length), which lies in one page. A watcher may take itself off the list, mark and
 * unmark. */
static void announce(struct ram *ram, uint64_t offset, size_t length)
{
    for (struct ram_watcher *w = ram->watchers, *next; w; w = next) {
        next = w->next;
        if (w->written)
            w->written(w, offset, length);
    }
}

/* --- Epochs */

static void stamp(struct ram *ram, uint64_t page)
{
    ram->stamp[page] = ram->epoch;
    ram->group_stamp[page >> GROUP_SHIFT] = ram->epoch;
}

uint32_t ram_epoch_begin(struct ram *ram)
{
    for (struct ram_watcher *w = ram->exposed ? ram->watchers : NULL, *next; w; w = next) {
        next = w->next;
        if (w->epoch)
            w->epoch(w);
    }
    ram->exposed = false;
    assert(ram->epoch < UINT32_MAX);
    return ++ram->epoch;
}

uint32_t ram_epoch(const struct ram *ram) { return ram->epoch; }

void ram_expose(struct ram *ram, uint64_t offset)
{
    assert(offset < ram->size);
    stamp(ram, offset >> PAGE_SHIFT);
    ram->exposed = true;
}

uint64_t ram_next_written(const struct ram *ram, uint64_t from, uint64_t end, uint32_t epoch)
{
    assert(!((from | end) & ~PAGE_MASK) && end <= ram->size);
    for (uint64_t page = from >> PAGE_SHIFT; page < end >> PAGE_SHIFT;) {
        if (ram->group_stamp[page >> GROUP_SHIFT] < epoch)
            page = ((page >> GROUP_SHIFT) + 1) << GROUP_SHIFT;
        else if (ram->stamp[page] >= epoch)
            return page << PAGE_SHIFT;
        else
            page++;
    }
    return end;
}

/* --- Reservations */

bool ram_is_reserved(const struct ram *ram) { return ram->reservations != NULL; }

static void unlink_reservation(struct ram_reservation *r)
{
    struct ram *ram = r->ram;
    struct ram_reservation **link = &ram->reservations;
    while (*link != r)
        link = &(*link)->next;
    *link = r->next;
    r->ram = NULL;
    if (r->marks)
        ram_unmark(ram, r->offset);
}

void ram_reserve(struct ram_reservation *r, struct ram *ram, uint64_t offset, pa_t at, bool marks)
{
    if (r->ram)
        unlink_reservation(r);
    if (!ram)
        return;
    assert(offset % RESERVED == 0 && offset < ram->size);
    *r = (struct ram_reservation){.ram = ram, .offset = offset, .at = at, .marks = marks, .next = ram->reservations};
    ram->reservations = r;
    if (marks)
        ram_mark(ram, offset);
}

static void reservations_end(struct ram *ram, uint64_t offset, uint64_t length)
{
    for (struct ram_reservation *r = ram->reservations, *next; r; r = next) {
        next = r->next;
        if (r->offset < offset + length && offset < r->offset + RESERVED)
            unlink_reservation(r);
    }
}

/* --- Writes */

static void announce_marked(struct ram *ram, uint64_t offset, size_t length)
{
    uint64_t end = offset + length;
    while (ram->marked && offset < end) {
        uint64_t page_end = (offset & PAGE_MASK) + PAGE_SIZE;
        uint64_t stop = page_end < end ? page_end : end;
        if (ram_is_marked(ram, offset))
            announce(ram, offset, (size_t)(stop - offset));
        offset = stop;
    }
}

/*T:460 Stores are announced where somebody depends on the page: decoded code, traced page tables, a reservation of another hart. Pages
 * that nobody watches cost nothing. :*/
void ram_written(struct ram *ram, uint64_t offset, size_t length)
{
    assert(offset <= ram->size && length <= ram->size - offset);
    if (length == 0)
        return;
    const uint64_t first = offset >> PAGE_SHIFT, last = (offset + (length - 1)) >> PAGE_SHIFT;
    for (uint64_t page = first; page <= last; page++)
        stamp(ram, page);
    if (UNLIKELY(ram->reservations))
        reservations_end(ram, offset, length);
    if (UNLIKELY(first != last))
        announce_marked(ram, offset, length);
    else if (ram->marked && ram_is_marked(ram, offset)) /* the shadow's own writes come here, one entry at a time */
        announce(ram, offset, length);
}

uint64_t ram_resident(const struct ram *ram)
{
    enum { CHUNK = 4096 }; /* pages asked about at once */
    unsigned char present[CHUNK];
    uint64_t pages = ram->size >> PAGE_SHIFT, count = 0;
    for (uint64_t first = 0; first < pages; first += CHUNK) {
        uint64_t n = pages - first < CHUNK ? pages - first : CHUNK;
        if (mincore(ram->host + (first << PAGE_SHIFT), (size_t)n << PAGE_SHIFT, present) < 0)
            continue;
        for (uint64_t i = 0; i < n; i++)
            count += present[i] & 1;
    }
    return count << PAGE_SHIFT;
}

void ram_clear(struct ram *ram, uint64_t offset, uint64_t length)
{
    assert(!((offset | length) & ~PAGE_MASK) && offset <= ram->size && length <= ram->size - offset);
    /* A private anonymous page that is given back reads as zero when next touched. */
    if (length > 0 && madvise(ram->host + offset, length, MADV_DONTNEED) < 0)
        memset(ram->host + offset, 0, length);
    /* What was never written is no different now. */
    for (uint64_t at = offset, end = offset + length; (at = ram_next_written(ram, at, end, 1)) < end; at += PAGE_SIZE)
        stamp(ram, at >> PAGE_SHIFT);
    reservations_end(ram, offset, length);
    announce_marked(ram, offset, length);
}
