/* shadow_trace.c - what makes a traced shadow exact: who maps a page, what was derived from it, and what a write to it voids.
 *
 * A table of the shadow and the table it was derived from have the same shape, so entry i of the one follows entry i of the
 * other. A page becomes traced when the first frame is derived from it: every leaf that maps it is dropped then, and comes
 * back without W. A page that is written again and again while nobody walks it is no longer a table, or one being filled:
 * tracing it is not worth the trouble, so what was derived from it is dropped and it is let go, until it is walked again.
 *
 * Where tracing is loose, the first write to a page that leaves alone came from makes it loose instead:
 *
 *            a frame derived          written                  a fence that names no address
 *      plain -----------------> traced ---------------------> loose ----------------------------> traced, all from it dropped
 *
 * What came from a loose page stays, and may be stale, as a TLB may. Tables of tables are always traced: one entry of theirs is worth
 * a whole table of the shadow.
 */
#include "mmu/shadow_private.h"

#include <assert.h>

enum { RELEASE_AFTER = 16 }; /* writes without a walk */
_Static_assert(RELEASE_AFTER < 1 << WRITES_BITS, "they can be counted");

static uint32_t page_of(const struct shadow *s, pa_t pa)
{
    uint64_t page = (pa - s->config.pages) >> PAGE_SHIFT;
    assert(page < s->config.page_count);
    return (uint32_t)page;
}

static pa_t page_address(const struct shadow *s, uint32_t page) { return s->config.pages + ((pa_t)page << PAGE_SHIFT); }

/* --- The leaves that map a page */

/* Leaves may lead elsewhere, too: to the owner's own memory, which no original table is in. */
static bool is_page(const struct shadow *s, pa_t pa) { return (pa - s->config.pages) >> PAGE_SHIFT < s->config.page_count; }

void shadow_leaf_link(struct shadow *s, uint32_t slot, pa_t pa)
{
    if (!s->config.trace || !is_page(s, pa))
        return;
    struct shadow_page *page = &s->page[page_of(s, pa)];
    uint32_t first = page->leaves ? page->leaves - 1 : SHADOW_NONE;
    s->link[slot] = (struct shadow_slot_link){.next = first, .prev = SHADOW_NONE};
    if (first != SHADOW_NONE)
        s->link[first].prev = slot;
    page->leaves = slot + 1;
}

void shadow_leaf_unlink(struct shadow *s, uint32_t slot, pa_t pa)
{
    if (!s->config.trace || !is_page(s, pa))
        return;
    const struct shadow_slot_link *l = &s->link[slot];
    if (l->prev != SHADOW_NONE)
        s->link[l->prev].next = l->next;
    else
        s->page[page_of(s, pa)].leaves = l->next == SHADOW_NONE ? 0 : l->next + 1;
    if (l->next != SHADOW_NONE)
        s->link[l->next].prev = l->prev;
}

static void leaves_drop(struct shadow *s, struct shadow_page *page)
{
    while (page->leaves) {
        uint32_t slot = page->leaves - 1;
        shadow_entry_drop(s, slot / s->entries, slot % s->entries);
    }
}

/* --- Pages out of sync */

bool shadow_is_loose(const struct shadow *s, uint32_t frame)
{
    return s->frame[frame].origin != SHADOW_NONE && s->page[s->frame[frame].origin].loose;
}

static void told(struct shadow *s, uint32_t page, bool on)
{
    if (on)
        s->stats.traced++;
    else
        s->stats.traced--;
    s->config.memory.traced(s->config.memory.ctx, page_address(s, page), on);
}

static void page_loosen(struct shadow *s, uint32_t at)
{
    struct shadow_page *page = &s->page[at];
    s->stats.loosened++;
    page->loose = true;
    if (!page->listed) {
        page->listed = s->loose ? s->loose : SHADOW_NONE;
        s->loose = at + 1;
    }
    told(s, at, false);
}

/* Into sync: nothing that came from it is left, and nobody writes it unseen. */
static void page_tighten(struct shadow *s, uint32_t at)
{
    struct shadow_page *page = &s->page[at];
    if (!page->loose)
        return;
    page->loose = false;
    for (uint32_t f = page->origins ? page->origins - 1 : SHADOW_NONE; f != SHADOW_NONE; f = s->frame[f].origin_next)
        shadow_frame_clear(s, f);
    leaves_drop(s, page);
    told(s, at, true);
}

static void all_tighten(struct shadow *s)
{
    while (s->loose) {
        const uint32_t at = s->loose - 1, next = s->page[at].listed;
        s->loose = next == SHADOW_NONE ? 0 : next;
        s->page[at].listed = 0;
        page_tighten(s, at);
    }
}

/* Leaves alone came from it: its frames are all last tables. */
static bool may_be_loose(const struct shadow *s, const struct shadow_page *page)
{
    for (uint32_t f = page->origins - 1; f != SHADOW_NONE; f = s->frame[f].origin_next)
        if (s->frame[f].level > 0)
            return false;
    return true;
}

void shadow_sync(struct shadow *s, const struct shadow_scope *scope)
{
    s->stats.flushes++;
    s->fenced = true;
    if (!s->loose)
        return;
    if (scope->has_va)
        shadow_drop_loose(s, scope);
    else
        all_tighten(s);
}

/* --- The frames derived from a page */

static void origin_attach(struct shadow *s, uint32_t frame, uint32_t at)
{
    struct shadow_frame *f = &s->frame[frame];
    struct shadow_page *page = &s->page[at];
    uint32_t first = page->origins ? page->origins - 1 : SHADOW_NONE;
    f->origin = at;
    f->origin_next = first;
    f->origin_prev = SHADOW_NONE;
    page->origins = frame + 1;
    if (first != SHADOW_NONE) {
        s->frame[first].origin_prev = frame;
        if (f->level > 0)
            page_tighten(s, at);
        return;
    }
    leaves_drop(s, page);
    told(s, at, true);
}

static void origin_detach(struct shadow *s, uint32_t frame)
{
    struct shadow_frame *f = &s->frame[frame];
    struct shadow_page *page = &s->page[f->origin];
    uint32_t was = f->origin;
    f->origin = SHADOW_NONE;
    if (f->origin_next != SHADOW_NONE)
        s->frame[f->origin_next].origin_prev = f->origin_prev;
    if (f->origin_prev != SHADOW_NONE) {
        s->frame[f->origin_prev].origin_next = f->origin_next;
        return;
    }
    page->origins = f->origin_next == SHADOW_NONE ? 0 : f->origin_next + 1;
    if (page->origins)
        return;
    if (!page->loose)
        told(s, was, false);
    page->loose = false;
}

void shadow_origin_set(struct shadow *s, uint32_t frame, pa_t origin)
{
    if (!s->config.trace)
        return;
    uint32_t at = origin == SHADOW_NO_ORIGIN ? SHADOW_NONE : page_of(s, origin);
    if (at != SHADOW_NONE)
        s->page[at].writes = 0;
    if (s->frame[frame].origin == at)
        return;
    shadow_frame_clear(s, frame); /* what it holds came from elsewhere */
    if (s->frame[frame].origin != SHADOW_NONE)
        origin_detach(s, frame);
    if (at != SHADOW_NONE)
        origin_attach(s, frame, at);
}

bool shadow_origin_is(const struct shadow *s, uint32_t frame, pa_t origin)
{
    const uint32_t at = s->frame[frame].origin;
    if (origin == SHADOW_NO_ORIGIN || at == SHADOW_NONE)
        return origin == SHADOW_NO_ORIGIN && at == SHADOW_NONE;
    if (at != page_of(s, origin))
        return false;
    s->page[at].writes = 0;
    return true;
}

void shadow_writes_forget(struct shadow *s)
{
    s->course = (s->course + 1) & (UINT32_MAX >> WRITES_BITS);
    if (s->course == 0) /* as often as there are numbers: once in a while the pages have to be looked at after all */
        for (uint64_t n = 0; s->config.trace && n < s->config.page_count; n++)
            s->page[n].writes = 0;
}

/* One more; how many that makes. */
static unsigned write_note(const struct shadow *s, struct shadow_page *page)
{
    if (page->writes >> WRITES_BITS != s->course)
        page->writes = s->course << WRITES_BITS;
    return ++page->writes & ((1u << WRITES_BITS) - 1);
}

bool shadow_is_traced(const struct shadow *s, pa_t pa)
{
    const struct shadow_page *page = s->config.trace && is_page(s, pa) ? &s->page[page_of(s, pa)] : NULL;
    return page && page->origins && !page->loose;
}

/* --- Writes */

/* Drops entry `index` of one frame derived from the page. That may take other frames off the list, so the caller begins anew.
 * false: nothing was left to drop. */
static bool drop_one(struct shadow *s, const struct shadow_page *page, unsigned index)
{
    for (uint32_t f = page->origins ? page->origins - 1 : SHADOW_NONE; f != SHADOW_NONE; f = s->frame[f].origin_next) {
        if (s->frame[f].count && shadow_entry_get(s, f, index)) {
            shadow_entry_drop(s, f, index);
            return true;
        }
    }
    return false;
}

static void page_release(struct shadow *s, struct shadow_page *page)
{
    s->stats.released++;
    while (page->origins) {
        uint32_t frame = page->origins - 1;
        const struct shadow_frame *f = &s->frame[frame];
        if (f->parent == frame)
            shadow_origin_set(s, frame, SHADOW_NO_ORIGIN);
        else
            shadow_entry_drop(s, f->parent, f->parent_index);
    }
}

static void page_written(struct shadow *s, uint32_t at, unsigned offset, unsigned length)
{
    struct shadow_page *page = &s->page[at];
    unsigned size = s->config.format->pte_size;
    s->stats.writes++;
    if (s->config.loosely && may_be_loose(s, page)) {
        page_loosen(s, at);
    } else if (write_note(s, page) >= RELEASE_AFTER) {
        page_release(s, page);
        return;
    }
    for (unsigned i = offset / size; i <= (offset + length - 1) / size; i++)
        while (drop_one(s, page, i))
            ;
}

void shadow_written(struct shadow *s, pa_t pa, size_t length)
{
    if (!s->config.trace)
        return;
    while (length > 0) {
        unsigned offset = (unsigned)(pa & (PAGE_SIZE - 1));
        unsigned part = length < PAGE_SIZE - offset ? (unsigned)length : PAGE_SIZE - offset;
        const uint32_t at = page_of(s, pa);
        if (s->page[at].origins && !s->page[at].loose)
            page_written(s, at, offset, part);
        pa += part;
        length -= part;
    }
}
