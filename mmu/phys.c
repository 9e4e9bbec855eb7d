/* phys.c - the map of a physical address space: a sorted array of ranges, and the accesses through it.
 *
 * The last address of a range is what is computed with, never its end: a range may reach the very top of the space.
 * The largest RAM range is where nearly every access goes; it is looked at first.
 */
#include "mmu/phys.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "RAM is read as the host's words: both are little-endian");

struct phys {
    struct phys_range *range; /* ascending; owned */
    unsigned count, room;
    unsigned main_ram; /* index of the largest RAM range; `count` when there is none */
    unsigned cpus;     /* that have joined */
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
    free(p->range);
    free(p);
}

/* --- The map */

static pa_t last_of(const struct phys_range *r) { return r->base + (r->size - 1); }
static bool contains(const struct phys_range *r, pa_t pa) { return pa - r->base < r->size; }

static void find_main_ram(struct phys *p)
{
    p->main_ram = p->count;
    for (unsigned i = 0; i < p->count; i++)
        if (p->range[i].ram && (p->main_ram == p->count || p->range[i].size > p->range[p->main_ram].size))
            p->main_ram = i;
}

static int add(struct phys *p, const struct phys_range *new)
{
    if (new->size == 0 || last_of(new) < new->base)
        return -EINVAL;
    unsigned at = 0;
    while (at < p->count && p->range[at].base < new->base)
        at++;
    if ((at > 0 && last_of(&p->range[at - 1]) >= new->base) || (at < p->count && p->range[at].base <= last_of(new)))
        return -EEXIST;
    if (p->count == p->room) {
        unsigned room = p->room ? 2 * p->room : 16;
        struct phys_range *grown = realloc(p->range, room * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        p->range = grown;
        p->room = room;
    }
    memmove(&p->range[at + 1], &p->range[at], (p->count - at) * sizeof *new);
    p->range[at] = *new;
    p->count++;
    find_main_ram(p);
    return 0;
}

int phys_add_ram(struct phys *p, const char *name, pa_t base, uint64_t size, struct ram *ram, uint64_t ram_offset)
{
    if ((base | size | ram_offset) & ~PAGE_MASK)
        return -EINVAL;
    if (ram_offset > ram_size(ram) || size > ram_size(ram) - ram_offset)
        return -EINVAL;
    return add(
        p, &(struct phys_range){
               .base = base, .size = size, .name = name, .ram = ram, .ram_offset = ram_offset, .host = ram_host(ram) + ram_offset});
}

int phys_add_io(struct phys *p, const char *name, pa_t base, uint64_t size, const struct phys_io *io, void *opaque)
{
    assert(io && io->read && io->write);
    return add(p, &(struct phys_range){.base = base, .size = size, .name = name, .io = io, .opaque = opaque});
}

void phys_remove(struct phys *p, pa_t base)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->range[i].base != base)
            continue;
        p->count--;
        memmove(&p->range[i], &p->range[i + 1], (p->count - i) * sizeof p->range[0]);
        find_main_ram(p);
        return;
    }
}

unsigned phys_count(const struct phys *p) { return p->count; }

const struct phys_range *phys_range(const struct phys *p, unsigned index)
{
    assert(index < p->count);
    return &p->range[index];
}

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
    bool ram = r && r->ram;
    ram_reserve(reservation, ram ? r->ram : NULL, ram ? offset_in_ram(r, at) : 0, at, marks);
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
        uint64_t offset = offset_in_ram(r, pa);
        memmove(host_at(r, pa), bytes, n);
        ram_written(r->ram, offset, n);
        bytes += n;
        pa += n;
        length -= n;
    }
    return 0;
}
