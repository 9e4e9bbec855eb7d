/* checkpoint_regions.c - the pages that a machine keeps its state in: RAM, and the overlays of drives. Which were written is known by
 * their stamps (mmu/phys.h), for both alike.
 */
#include "core/time/checkpoint_private.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static int region_add(struct checkpoints *c, struct region r, struct error *e)
{
    if (c->region_count == REGIONS_MAX)
        return error_set(e, ENOTSUP, "the machine has memory in too many places for checkpoints");
    r.epoch = 1;
    c->region[c->region_count++] = r;
    return 0;
}

/* Machines of words may have less memory than the pages it lies in: the last bytes that it can load say how much. */
static uint64_t held(const struct machine *m, const struct phys_range *r)
{
    uint64_t size = r->size;
    uint8_t byte;
    while (size > 0 && machine_load(m, r->base + size - 1, &byte, 1) != 0)
        size--;
    return size;
}

int regions_find(struct checkpoints *c, struct error *e)
{
    const struct phys *phys = c->system->machine->phys;
    int failed = 0;
    for (unsigned n = 0; n < phys_count(phys) && !failed; n++) {
        const struct phys_range *r = phys_range(phys, n);
        if (r->ram)
            failed = region_add(
                c,
                (struct region){
                    .ram = r->ram, .start = r->ram_offset, .size = r->size, .base = r->base, .held = held(c->system->machine, r)},
                e);
    }
    for (unsigned n = 0; n < BOARD_DRIVES && !failed; n++) {
        const struct drive *d = board_drive(c->system->board, n);
        if (d && d->overlay)
            failed = region_add(c, (struct region){.ram = d->overlay, .size = ram_size(d->overlay), .is_disk = true, .disk = n}, e);
    }
    return failed;
}

/* Blocks of RAM may be shown by more than one range: an epoch ends for all of them at once, and their numbers only grow. */
void epochs_begin(struct checkpoints *c)
{
    for (unsigned n = 0; n < c->region_count; n++)
        c->region[n].epoch = ram_epoch_begin(c->region[n].ram);
}

void epochs_forget(struct checkpoints *c)
{
    for (unsigned n = 0; n < c->region_count; n++)
        c->region[n].epoch = 1;
}

bool page_is_zero(const uint8_t *bytes)
{
    uint64_t any = 0, word[8];
    for (unsigned at = 0; at < PAGE_SIZE && !any; at += sizeof word) {
        memcpy(word, bytes + at, sizeof word);
        for (unsigned n = 0; n < 8; n++)
            any |= word[n];
    }
    return !any;
}

/* What the page holds now; NULL: what it held in the beginning.
 * A page of zeros is not kept: most of a guest's memory is such, and an overlay's absent block counts as one. */
const uint8_t *region_content(const struct checkpoints *c, page_key key)
{
    const struct region *r = &c->region[region_of(key)];
    if (r->is_disk)
        return drive_overlay_block(board_drive(c->system->board, r->disk), number_of(key));
    const uint8_t *bytes = ram_host(r->ram) + r->start + number_of(key) * PAGE_SIZE;
    return page_is_zero(bytes) ? NULL : bytes;
}

/* Only what differs is written: a write is announced, and decoded code and shadows that follow from the page would
 * go. */
void region_content_set(struct checkpoints *c, page_key key, const uint8_t *bytes)
{
    const struct region *r = &c->region[region_of(key)];
    const uint8_t *now = region_content(c, key);
    if (now == bytes || (now && bytes && memcmp(now, bytes, PAGE_SIZE) == 0))
        return;
    if (r->is_disk) {
        c->system->board->ops->drive_put(c->system->board, r->disk, number_of(key), bytes);
        return;
    }
    uint64_t at = number_of(key) * PAGE_SIZE, left = r->held - at;
    int failed =
        machine_store(c->system->machine, r->base + at, bytes ? bytes : zero_page, left < PAGE_SIZE ? (size_t)left : PAGE_SIZE);
    assert(!failed); /* it is RAM of the machine */
    (void)failed;
}

/* Of the pages written since the base the first at or after `number`; false: none. */
bool region_next_written(const struct region *r, uint64_t *number)
{
    uint64_t end = r->start + r->size, at = ram_next_written(r->ram, r->start + *number * PAGE_SIZE, end, r->epoch);
    *number = (at - r->start) / PAGE_SIZE;
    return at < end;
}
