/* ram.c - a block of host memory, mapped lazily, and the announcements about its marked pages.
 *
 * The host gives a page when it is first touched; so are the marks, a byte for each page: a 64 GiB block costs nothing
 * until used. A mark stays as long as any watcher depends on it, so that two watchers of one page do not disturb each other.
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
};

static uint8_t *map_lazily(uint64_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
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
    ram->mark = map_lazily(ram->size >> PAGE_SHIFT);
    if (!ram->host || !ram->mark) {
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
    assert(!ram->watchers); /* a watcher outlives its block */
    if (ram->host)
        munmap(ram->host, ram->size);
    if (ram->mark)
        munmap(ram->mark, ram->size >> PAGE_SHIFT);
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

void ram_unmark(struct ram *ram, uint64_t offset)
{
    if (!ram_is_marked(ram, offset))
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

void ram_written(struct ram *ram, uint64_t offset, size_t length)
{
    assert(offset <= ram->size && length <= ram->size - offset);
    uint64_t end = offset + length;
    while (ram->marked && offset < end) {
        uint64_t page_end = (offset & PAGE_MASK) + PAGE_SIZE;
        uint64_t stop = page_end < end ? page_end : end;
        if (ram_is_marked(ram, offset))
            announce(ram, offset, (size_t)(stop - offset));
        offset = stop;
    }
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
    ram_written(ram, offset, length);
}
