/* memory_pair.c - see memory_pair.h.
 *
 * Rare looks ask the block of RAM which pages were written since an epoch began: writers stamp a page once an epoch, and the CPU
 * is as fast as ever. Beginning an epoch costs the CPU its direct write pointers, so frequent looks do it differently: every page
 * is marked, whoever writes it is announced each time, and the page is put on a list.
 */
#define _GNU_SOURCE /* mincore */
#include "core/theory/memory_pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct side {
    struct ram_watcher watcher; /* first; used when `often` */
    struct memory_pair *pair;
    struct ram *ram;
    uint64_t offset; /* of the memory in ram */
    uint32_t epoch;  /* since the last look */
};

struct memory_pair {
    struct side side[2];
    uint64_t size, pages;
    bool often, watching[2];
    uint8_t *listed; /* owned; one for each page */
    uint32_t *list;  /* owned; pages written since the last look */
    uint64_t count;
    uint64_t compared;
};

/* --- Frequent looks */

static bool covers(const struct side *s, uint64_t offset) { return offset - s->offset < s->pair->pages << PAGE_SHIFT; }

static void written(struct ram_watcher *w, uint64_t offset, size_t length)
{
    struct side *s = (struct side *)(void *)w;
    struct memory_pair *p = s->pair;
    uint64_t page = (offset - s->offset) >> PAGE_SHIFT;

    (void)length; /* within one page */
    if (!covers(s, offset) || p->listed[page])
        return;
    p->listed[page] = 1;
    p->list[p->count++] = (uint32_t)page;
}

static bool depends(const struct ram_watcher *w, uint64_t offset) { return covers((const struct side *)(const void *)w, offset); }

static int watch(struct memory_pair *p)
{
    p->listed = calloc(p->pages, sizeof *p->listed);
    p->list = calloc(p->pages, sizeof *p->list);
    if (!p->listed || !p->list || p->pages > UINT32_MAX)
        return -ENOMEM;
    for (unsigned i = 0; i < 2; i++) {
        struct side *s = &p->side[i];
        s->watcher = (struct ram_watcher){.written = written, .depends = depends};
        ram_watch(s->ram, &s->watcher);
        p->watching[i] = true;
        for (uint64_t page = 0; page < p->pages; page++)
            ram_mark(s->ram, s->offset + (page << PAGE_SHIFT));
    }
    return 0;
}

/* --- Making and unmaking */

/* RAM is one block; a board may lie over parts of it. */
static int side_init(struct side *s, struct memory_pair *p, struct phys *phys, pa_t base)
{
    const struct phys_range *r = phys_find(phys, base);
    const uint64_t offset = r ? r->ram_offset + (base - r->base) : 0;

    if (!r || !r->ram || offset > ram_size(r->ram) || p->size > ram_size(r->ram) - offset || (offset & ~PAGE_MASK))
        return -EINVAL;
    *s = (struct side){.pair = p, .ram = r->ram, .offset = offset};
    if (!p->often)
        s->epoch = ram_epoch_begin(s->ram);
    return 0;
}

int memory_pair_create(struct memory_pair **out, struct phys *const phys[2], pa_t base, uint64_t size, bool often)
{
    struct memory_pair *p = calloc(1, sizeof *p);
    int r = p ? 0 : -ENOMEM;

    if (r)
        return r;
    p->size = size;
    p->pages = align_up(size, PAGE_SIZE) >> PAGE_SHIFT;
    p->often = often;
    for (unsigned i = 0; r == 0 && i < 2; i++)
        r = side_init(&p->side[i], p, phys[i], base);
    if (r == 0 && often)
        r = watch(p);
    if (r)
        memory_pair_destroy(p);
    else
        *out = p;
    return r;
}

void memory_pair_destroy(struct memory_pair *p)
{
    if (!p)
        return;
    for (unsigned i = 0; i < 2; i++) {
        struct side *s = &p->side[i];
        if (!p->watching[i])
            continue;
        ram_unwatch(s->ram, &s->watcher);
        for (uint64_t page = 0; page < p->pages; page++)
            ram_unmark(s->ram, s->offset + (page << PAGE_SHIFT));
    }
    free(p->listed);
    free(p->list);
    free(p);
}

/* --- Looking */

static const uint8_t *host(const struct memory_pair *p, unsigned side, uint64_t page)
{
    return ram_host(p->side[side].ram) + p->side[side].offset + (page << PAGE_SHIFT);
}

/* The memory may end within its last page. */
static size_t length_of(const struct memory_pair *p, uint64_t page)
{
    uint64_t left = p->size - (page << PAGE_SHIFT);
    return left < PAGE_SIZE ? (size_t)left : PAGE_SIZE;
}

static bool page_equal(struct memory_pair *p, uint64_t page)
{
    p->compared++;
    return memcmp(host(p, 0, page), host(p, 1, page), length_of(p, page)) == 0;
}

static bool look_at_list(struct memory_pair *p)
{
    bool equal = true;

    for (uint64_t i = 0; i < p->count; i++) {
        equal = page_equal(p, p->list[i]) && equal;
        p->listed[p->list[i]] = 0;
    }
    p->count = 0;
    return equal;
}

/* The first page from `page` on that this side wrote in its epoch, or p->pages. */
static uint64_t next_page(const struct memory_pair *p, unsigned side, uint64_t page)
{
    const struct side *s = &p->side[side];
    uint64_t end = s->offset + (p->pages << PAGE_SHIFT);

    return (ram_next_written(s->ram, s->offset + (page << PAGE_SHIFT), end, s->epoch) - s->offset) >> PAGE_SHIFT;
}

static bool look_at_epoch(struct memory_pair *p)
{
    uint64_t next[2] = {next_page(p, 0, 0), next_page(p, 1, 0)};
    bool equal = true;

    while (next[0] < p->pages || next[1] < p->pages) {
        uint64_t page = next[0] < next[1] ? next[0] : next[1];
        equal = page_equal(p, page) && equal;
        for (unsigned i = 0; i < 2; i++)
            if (next[i] == page)
                next[i] = next_page(p, i, page + 1);
    }
    for (unsigned i = 0; i < 2; i++)
        p->side[i].epoch = ram_epoch_begin(p->side[i].ram);
    return equal;
}

bool memory_pair_look(struct memory_pair *p) { return p->often ? look_at_list(p) : look_at_epoch(p); }

/* --- All of it: pages that the host never gave memory to are zero on both sides. */

enum { CHUNK = 1024 }; /* pages asked about at once */

static void present_in(const struct memory_pair *p, unsigned side, uint64_t first, uint64_t count, unsigned char *present)
{
    void *at = (void *)(uintptr_t)host(p, side, first);

    if (mincore(at, (size_t)count << PAGE_SHIFT, present) != 0)
        memset(present, 1, (size_t)count);
}

/* Calls visit for each page that has memory on a side, until it says false. */
static bool each_page(struct memory_pair *p, bool (*visit)(struct memory_pair *, uint64_t page, void *), void *ctx)
{
    unsigned char present[2][CHUNK];

    for (uint64_t first = 0; first < p->pages; first += CHUNK) {
        uint64_t count = p->pages - first < CHUNK ? p->pages - first : CHUNK;
        for (unsigned s = 0; s < 2; s++)
            present_in(p, s, first, count, present[s]);
        for (uint64_t i = 0; i < count; i++)
            if (((present[0][i] | present[1][i]) & 1) && !visit(p, first + i, ctx))
                return false;
    }
    return true;
}

static bool visit_equal(struct memory_pair *p, uint64_t page, void *ctx)
{
    (void)ctx;
    return page_equal(p, page);
}

bool memory_pair_look_at_all(struct memory_pair *p) { return each_page(p, visit_equal, NULL); }

uint64_t memory_pair_pages(const struct memory_pair *p) { return p->compared; }

struct collect {
    struct memory_difference *out;
    unsigned room;
    uint64_t count;
};

static bool visit_collect(struct memory_pair *p, uint64_t page, void *ctx)
{
    struct collect *c = ctx;
    size_t length = length_of(p, page);

    for (size_t at = 0; at < length; at += 8) {
        struct memory_difference d = {.offset = (page << PAGE_SHIFT) + at};
        size_t n = length - at < 8 ? length - at : 8;
        for (unsigned s = 0; s < 2; s++)
            memcpy(&d.value[s], host(p, s, page) + at, n);
        if (d.value[0] == d.value[1])
            continue;
        if (c->count++ < c->room)
            c->out[c->count - 1] = d;
    }
    return true;
}

uint64_t memory_pair_differences(struct memory_pair *p, struct memory_difference *out, unsigned room)
{
    struct collect c = {.out = out, .room = room};

    each_page(p, visit_collect, &c);
    return c.count;
}
