/* phys.c - the map of a physical address space: a sorted array of ranges, and the accesses through it.
 *
 * What was added are layers; the ranges are what is seen of them: RAM that something lies over is there in pieces. Both arrays are in
 * ascending order, and the second is made anew from the first at every change, of which there are few. The last address of a range is
 * computed with, never its end: a range may reach the top of the space. Nearly every access goes to the largest RAM range: it comes first.
 */
#include "mmu/phys.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "RAM is read as the host's words: both are little-endian");

struct layer {
    struct phys_range is;
    bool over; /* it may lie over RAM */
};

struct phys {
    struct layer *layer; /* ascending; owned; of two with one base the one that lies over the other is second */
    unsigned layers, layer_room;
    struct phys_range *range; /* ascending; owned; has room for what is seen of one layer more than there are */
    unsigned count, room;
    unsigned main_ram; /* index of the largest RAM range; `count` when there is none */
    unsigned cpus;     /* that have joined */
    pa_t ram_end;      /* no RAM can be from there on; 0: not known */
};

int phys_create(struct phys **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? 0 : -ENOMEM;
}

void phys_destroy(struct phys *p)
{
    if (!p)
        return;
    free(p->layer);
    free(p->range);
    free(p);
}

/* --- The map */

static pa_t last_of(const struct phys_range *r) { return r->base + (r->size - 1); }
/* A range of ROM is one of RAM with the address of this in the place that RAM does not use. */
static const char rom = 0;
bool phys_is_rom(const struct phys_range *r) { return r->ram && r->opaque == &rom; }
static bool contains(const struct phys_range *r, pa_t pa) { return pa - r->base < r->size; }

static void find_main_ram(struct phys *p)
{
    p->main_ram = p->count;
    for (unsigned i = 0; i < p->count; i++)
        if (p->range[i].ram && (p->main_ram == p->count || p->range[i].size > p->range[p->main_ram].size))
            p->main_ram = i;
}

static bool meet(const struct phys_range *a, const struct phys_range *b) { return a->base <= last_of(b) && b->base <= last_of(a); }

/* One may lie over the other if that is RAM, and its pieces are pages then. */
static bool may_meet(const struct layer *a, const struct layer *b)
{
    const struct layer *over = a->over ? a : b, *under = a->over ? b : a;
    return a->over != b->over && under->is.ram && !((over->is.base | over->is.size) & ~PAGE_MASK);
}

/* The bytes from `first` to `last` of a range. */
static struct phys_range piece(const struct phys_range *r, pa_t first, pa_t last)
{
    struct phys_range out = *r;
    out.base = first;
    out.size = last - first + 1;
    out.ram_offset += r->ram ? first - r->base : 0;
    out.host = r->host ? r->host + (first - r->base) : NULL;
    return out;
}

static void see(struct phys *p, const struct phys_range *r)
{
    unsigned at = p->count++;
    for (; at > 0 && p->range[at - 1].base > r->base; at--)
        p->range[at] = p->range[at - 1];
    p->range[at] = *r;
}

/* What is seen of a layer that others may lie over: they come in ascending order. */
static void see_between(struct phys *p, const struct phys_range *r)
{
    pa_t at = r->base;
    for (unsigned i = 0; i < p->layers; i++) {
        const struct phys_range *over = &p->layer[i].is;
        if (!p->layer[i].over || !meet(over, r))
            continue;
        if (over->base > at) {
            const struct phys_range before = piece(r, at, over->base - 1);
            see(p, &before);
        }
        if (last_of(over) >= last_of(r))
            return;
        at = last_of(over) + 1;
    }
    const struct phys_range rest = piece(r, at, last_of(r));
    see(p, &rest);
}

static void look(struct phys *p)
{
    p->count = 0;
    for (unsigned i = 0; i < p->layers; i++) {
        if (p->layer[i].over)
            see(p, &p->layer[i].is);
        else
            see_between(p, &p->layer[i].is);
    }
    find_main_ram(p);
}

/* Each layer is at most one range, and cuts at most one in two. */
static int make_room(struct phys *p)
{
    if (p->layers == p->layer_room) {
        unsigned room = p->layer_room ? 2 * p->layer_room : 16;
        struct layer *grown = realloc(p->layer, room * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        p->layer = grown;
        p->layer_room = room;
    }
    if (p->room < 2 * p->layer_room) {
        struct phys_range *grown = realloc(p->range, 2 * p->layer_room * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        p->range = grown;
        p->room = 2 * p->layer_room;
    }
    return 0;
}

static int add(struct phys *p, const struct phys_range *new, bool over)
{
    const struct layer layer = {*new, over};
    if (new->size == 0 || last_of(new) < new->base)
        return -EINVAL;
    for (unsigned i = 0; i < p->layers; i++)
        if (meet(&p->layer[i].is, new) && !may_meet(&p->layer[i], &layer))
            return -EEXIST;
    if (make_room(p))
        return -ENOMEM;
    unsigned at = 0;
    while (at < p->layers && (p->layer[at].is.base < new->base || (over && p->layer[at].is.base == new->base)))
        at++;
    memmove(&p->layer[at + 1], &p->layer[at], (p->layers - at) * sizeof layer);
    p->layer[at] = layer;
    p->layers++;
    look(p);
    return 0;
}

static int add_ram(struct phys *p, const struct phys_range *new, bool over)
{
    if ((new->base | new->size | new->ram_offset) & ~PAGE_MASK)
        return -EINVAL;
    if (new->ram_offset > ram_size(new->ram) || new->size > ram_size(new->ram) - new->ram_offset)
        return -EINVAL;
    struct phys_range r = *new;
    r.host = ram_host(r.ram) + r.ram_offset;
    return add(p, &r, over);
}

int phys_add_ram(struct phys *p, const char *name, pa_t base, uint64_t size, struct ram *ram, uint64_t ram_offset)
{
    return add_ram(p, &(struct phys_range){.base = base, .size = size, .name = name, .ram = ram, .ram_offset = ram_offset}, false);
}

int phys_add_rom(struct phys *p, const char *name, pa_t base, uint64_t size, struct ram *ram, uint64_t ram_offset)
{
    void *const mark = (void *)(uintptr_t)&rom;
    const struct phys_range r = {.base = base, .size = size, .name = name, .ram = ram, .ram_offset = ram_offset, .opaque = mark};
    return add_ram(p, &r, true);
}

int phys_add_io(struct phys *p, const char *name, pa_t base, uint64_t size, const struct phys_io *io, void *opaque)
{
    assert(io && io->read && io->write);
    return add(p, &(struct phys_range){.base = base, .size = size, .name = name, .io = io, .opaque = opaque}, false);
}

int phys_add_io_over(struct phys *p, const char *name, pa_t base, uint64_t size, const struct phys_io *io, void *opaque)
{
    assert(io && io->read && io->write);
    return add(p, &(struct phys_range){.base = base, .size = size, .name = name, .io = io, .opaque = opaque}, true);
}

void phys_remove(struct phys *p, pa_t base)
{
    unsigned i = p->layers;
    while (i > 0 && p->layer[i - 1].is.base != base)
        i--;
    if (i == 0)
        return;
    memmove(&p->layer[i - 1], &p->layer[i], (p->layers-- - i) * sizeof p->layer[0]);
    look(p);
}

unsigned phys_count(const struct phys *p) { return p->count; }
const struct phys_range *phys_range(const struct phys *p, unsigned index)
{
    assert(index < p->count);
    return &p->range[index];
}

void phys_end_ram(struct phys *p, pa_t end) { p->ram_end = end; }
bool phys_never_ram(const struct phys *p, pa_t pa) { return p->ram_end && pa >= p->ram_end; }
const struct phys_range *phys_main_ram(const struct phys *p) { return p->main_ram < p->count ? &p->range[p->main_ram] : NULL; }

const struct phys_range *phys_find(const struct phys *p, pa_t pa)
{
    if (p->main_ram < p->count && contains(&p->range[p->main_ram], pa))
        return &p->range[p->main_ram];
    unsigned low = 0, high = p->count; /* ranges before `low` start at or below pa, those from `high` on above */
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (p->range[middle].base <= pa)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && contains(&p->range[low - 1], pa) ? &p->range[low - 1] : NULL;
}

/* --- Accesses */

/* The range that holds all of [pa, pa+length), or NULL. */
static const struct phys_range *find_whole(const struct phys *p, pa_t pa, size_t length)
{
    const struct phys_range *r = phys_find(p, pa);
    return r && length <= r->size - (pa - r->base) ? r : NULL;
}

static uint64_t offset_in_ram(const struct phys_range *r, pa_t pa) { return r->ram_offset + (pa - r->base); }
static uint8_t *host_at(const struct phys_range *r, pa_t pa) { return r->host + (pa - r->base); }

uint8_t *phys_host(const struct phys *p, pa_t pa, size_t length)
{
    const struct phys_range *r = find_whole(p, pa, length);
    return r && r->ram ? host_at(r, pa) : NULL;
}

/* Bytes of [pa, pa+length) that lie in r, which holds pa. */
static size_t part_in(const struct phys_range *r, pa_t pa, size_t length)
{
    uint64_t left = r->size - (pa - r->base);
    return left < length ? (size_t)left : length;
}

void phys_written(const struct phys *p, pa_t pa, size_t length)
{
    while (length > 0) {
        const struct phys_range *r = phys_find(p, pa);
        assert(r && r->ram); /* the caller had a host pointer to all of it */
        size_t n = part_in(r, pa, length);
        ram_written(r->ram, offset_in_ram(r, pa), n);
        pa += n;
        length -= n;
    }
}

void phys_join(struct phys *p) { p->cpus++; }
void phys_leave(struct phys *p) { p->cpus--; }
bool phys_is_shared(const struct phys *p) { return p->cpus > 1; }

void phys_reserve(const struct phys *p, struct ram_reservation *reservation, pa_t pa, bool marks)
{
    const pa_t at = pa & ~(pa_t)7;
    const struct phys_range *r = find_whole(p, at, 8);
    ram_reserve(reservation, r ? r->ram : NULL, r && r->ram ? offset_in_ram(r, at) : 0, at, marks);
}

static uint64_t low_bytes(uint64_t value, unsigned size) { return size == 8 ? value : bits_get(value, 0, 8 * size); }

/* Loads and stores of a word of 1, 2, 4 or 8 bytes at any alignment. Switching on the size lets the compiler see plain moves. */
static uint64_t word_get(const uint8_t *host, unsigned size)
{
    uint16_t half;
    uint32_t word;
    uint64_t value;
    switch (size) {
    case 1: return *host;
    case 2: memcpy(&half, host, sizeof half); return half;
    case 4: memcpy(&word, host, sizeof word); return word;
    default: memcpy(&value, host, sizeof value); return value;
    }
}

static void word_put(uint8_t *host, unsigned size, uint64_t value)
{
    switch (size) {
    case 1: *host = (uint8_t)value; break;
    case 2: memcpy(host, &value, 2); break;
    case 4: memcpy(host, &value, 4); break;
    default: memcpy(host, &value, 8); break;
    }
}

bool phys_load(const struct phys *p, pa_t pa, unsigned size, uint64_t *value)
{
    assert(size == 1 || size == 2 || size == 4 || size == 8);
    const struct phys_range *r = find_whole(p, pa, size);
    if (!r)
        return false;
    if (r->ram) {
        *value = word_get(host_at(r, pa), size);
        return true;
    }
    uint64_t word = 0;
    if ((pa & (size - 1)) || !r->io->read(r->opaque, pa - r->base, size, &word))
        return false;
    *value = low_bytes(word, size);
    return true;
}

bool phys_store(const struct phys *p, pa_t pa, unsigned size, uint64_t value)
{
    assert(size == 1 || size == 2 || size == 4 || size == 8);
    const struct phys_range *r = find_whole(p, pa, size);
    if (!r)
        return false;
    if (phys_is_rom(r))
        return true;
    if (r->ram) {
        uint64_t offset = offset_in_ram(r, pa);
        word_put(host_at(r, pa), size, value);
        ram_written(r->ram, offset, size);
        return true;
    }
    return !(pa & (size - 1)) && r->io->write(r->opaque, pa - r->base, size, low_bytes(value, size));
}

/* --- Copies. They may cross from one RAM range into the next. */

static bool all_ram(const struct phys *p, pa_t pa, size_t length)
{
    if (length > 0 && pa + (length - 1) < pa)
        return false;
    while (length > 0) {
        const struct phys_range *r = phys_find(p, pa);
        if (!r || !r->ram)
            return false;
        size_t n = part_in(r, pa, length);
        pa += n;
        length -= n;
    }
    return true;
}

int phys_read(const struct phys *p, pa_t pa, void *to, size_t length)
{
    const struct phys_range *whole = find_whole(p, pa, length);
    if (LIKELY(length == sizeof(uint64_t) && whole && whole->ram)) { /* a PTE */
        memcpy(to, host_at(whole, pa), sizeof(uint64_t));
        return 0;
    }
    if (!all_ram(p, pa, length))
        return -EFAULT;
    for (uint8_t *bytes = to; length > 0;) {
        const struct phys_range *r = phys_find(p, pa);
        size_t n = part_in(r, pa, length);
        memmove(bytes, host_at(r, pa), n);
        bytes += n;
        pa += n;
        length -= n;
    }
    return 0;
}

int phys_write(const struct phys *p, pa_t pa, const void *from, size_t length)
{
    const struct phys_range *whole = find_whole(p, pa, length);
    if (LIKELY(length == sizeof(uint64_t) && whole && whole->ram)) {
        memcpy(host_at(whole, pa), from, sizeof(uint64_t));
        ram_written(whole->ram, offset_in_ram(whole, pa), sizeof(uint64_t));
        return 0;
    }
    if (!all_ram(p, pa, length))
        return -EFAULT;
    for (const uint8_t *bytes = from; length > 0;) {
        const struct phys_range *r = phys_find(p, pa);
        size_t n = part_in(r, pa, length);
        memmove(host_at(r, pa), bytes, n);
        ram_written(r->ram, offset_in_ram(r, pa), n);
        bytes += n;
        pa += n;
        length -= n;
    }
    return 0;
}
