/* listen.c - the hart as a listener to its RAM: marks and epochs take its write pointers away, and writes to marked pages are its engine's
 * business.
 */
#include "isa/riscv/listen.h"

#include "isa/riscv/engine.h"

static struct hart_listener *listener_of(struct ram_watcher *w) { return (struct hart_listener *)(void *)w; }

/* An LR's reservation is not ended here: blocks of RAM do that by themselves (mmu/phys.h). */
static void page_written(struct ram_watcher *w, uint64_t offset, size_t length)
{
    struct hart_listener *l = listener_of(w);
    l->hart->engine->code_changed(l->hart, l->ram, offset, length);
}

static void page_marked(struct ram_watcher *w, uint64_t offset)
{
    (void)offset;
    tlb_flush_writes(&listener_of(w)->hart->tlb);
}

static void epoch_begins(struct ram_watcher *w) { tlb_flush_writes(&listener_of(w)->hart->tlb); }

static bool page_depends(const struct ram_watcher *w, uint64_t offset)
{
    const struct hart_listener *l = (const struct hart_listener *)(const void *)w;
    return l->hart->engine->code_kept(l->hart, l->ram, offset);
}

/* The first block is the main RAM, which is asked about most. */
bool hart_watch(struct hart *h, struct ram *ram)
{
    struct hart_listener *unused = NULL;
    if (LIKELY(h->listener[0].ram == ram))
        return true;
    for (struct hart_listener *l = h->listener; l < h->listener + HART_BLOCKS; l++) {
        if (l->ram == ram)
            return true;
        if (!l->ram && !unused)
            unused = l;
    }
    if (!unused)
        return false;
    *unused = (struct hart_listener){
        .watcher = {.written = page_written, .marked = page_marked, .depends = page_depends, .epoch = epoch_begins},
        .hart = h,
        .ram = ram};
    ram_watch(ram, &unused->watcher);
    return true;
}

/* Whatever follows from RAM goes before the listening ends; else a write that nobody tells would leave it wrong. */
void hart_watch_none(struct hart *h)
{
    h->engine->context_changed(h, CHANGE_ALL);
    tlb_flush_fetches(&h->tlb);
    tlb_flush_writes(&h->tlb);
    hart_refetch(h);
    for (struct hart_listener *l = h->listener; l < h->listener + HART_BLOCKS; l++) {
        if (l->ram)
            ram_unwatch(l->ram, &l->watcher);
        l->ram = NULL;
    }
}
