/* shadow.c - frames and entries of shadow tables.
 *
 * Frames [0, roots) are the roots for life, so that a root's address and number never change under the CPU that has it
 * loaded; the others are handed out and taken back. An entry is only ever written here, and every entry taken away or
 * narrowed is followed by a fence: the CPU may have kept it.
 *
 * When the frames run out a part of them is taken back, so that nothing stops to fill everything anew: from the root that was not used
 * for longest; from the one that is being mapped into only when no other has any. A hand goes around the frames. The part is as much as
 * the widest instruction needs, so that all of its pages are mapped before the next part goes. What goes when depends on nothing before
 * the last shadow_drop_all(): a program can tell, by A bits, or when it forgot a fence.
 */
#include "mmu/shadow.h"
#include "mmu/shadow_private.h"

#include <assert.h>
#include <string.h>

/* --- The tables in memory */

pa_t shadow_frame_address(const struct shadow *s, uint32_t frame) { return s->config.tables + ((pa_t)frame << PAGE_SHIFT); }

static uint32_t frame_at(const struct shadow *s, pa_t pa)
{
    uint64_t frame = (pa - s->config.tables) >> PAGE_SHIFT;
    assert(frame < s->config.frames); /* the tables hold what was written here */
    return (uint32_t)frame;
}

static pa_t entry_address(const struct shadow *s, uint32_t frame, unsigned index)
{
    return shadow_frame_address(s, frame) + (pa_t)index * s->config.format->pte_size;
}

uint64_t shadow_entry_get(const struct shadow *s, uint32_t frame, unsigned index)
{
    uint64_t pte = 0;
    s->config.memory.load(s->config.memory.ctx, entry_address(s, frame, index), &pte, s->config.format->pte_size);
    return pte;
}

void shadow_entry_set(struct shadow *s, uint32_t frame, unsigned index, uint64_t pte)
{
    struct shadow_frame *f = &s->frame[frame];
    if (f->low > index)
        f->low = (uint16_t)index;
    if (f->high <= index)
        f->high = (uint16_t)(index + 1);
    s->config.memory.store(s->config.memory.ctx, entry_address(s, frame, index), &pte, s->config.format->pte_size);
}

/* Zeroes what was written. */
void shadow_frame_zero(struct shadow *s, uint32_t frame)
{
    struct shadow_frame *f = &s->frame[frame];
    unsigned first = f->clean ? f->low : 0, end = f->clean ? f->high : s->entries;
    if (first < end)
        s->config.memory.store(s->config.memory.ctx, entry_address(s, frame, first), zero_page,
                               (size_t)(end - first) * s->config.format->pte_size);
    f->clean = true;
    f->low = (uint16_t)s->entries;
    f->high = 0;
}

void shadow_fence(struct shadow *s, uint32_t root, const va_t *va)
{
    s->config.memory.fence(s->config.memory.ctx, va, shadow_asid(s, root));
}

/* --- Frames. log2 of what one entry of a table of this level maps: */
static unsigned entry_shift(const struct shadow *s, unsigned level) { return PAGE_SHIFT + level * s->config.format->index_bits; }

static uint32_t slot_of(const struct shadow *s, uint32_t frame, unsigned index) { return frame * s->entries + index; }

/* A frame for entry `index` of `parent`, empty; SHADOW_NONE when they are used up. */
static uint32_t frame_take(struct shadow *s, uint32_t parent, unsigned index, va_t va)
{
    uint32_t taken = s->free;
    if (taken != SHADOW_NONE)
        s->free = s->frame[taken].next;
    else if (s->fresh < s->config.frames)
        taken = s->fresh++;
    else
        return SHADOW_NONE;
    const struct shadow_frame *p = &s->frame[parent];
    shadow_frame_zero(s, taken);
    s->frame[taken] = (struct shadow_frame){
        .base = align_down(va, UINT64_C(1) << entry_shift(s, p->level)),
        .parent = parent,
        .parent_index = index,
        .root = p->root,
        .origin = SHADOW_NONE,
        .level = (uint8_t)(p->level - 1u),
        .coarse = PAGE_SHIFT,
        .clean = true,
        .low = (uint16_t)s->entries,
    };
    s->stats.frames_used++;
    return taken;
}

static void frame_give_back(struct shadow *, uint32_t frame);

/* What hangs on an entry that is about to go. */
static void entry_release(struct shadow *s, uint32_t frame, unsigned index, uint64_t pte)
{
    const pa_t to = s->config.format->address(pte);
    if (s->frame[frame].level > 0) /* leaves are in the last tables only, so no format need tell the two apart */
        frame_give_back(s, frame_at(s, to));
    else
        shadow_leaf_unlink(s, slot_of(s, frame, index), to);
}

/* What hangs on all entries of a frame; the frame itself stays as it is. Tables of leaves need no look unless tracing. */
static void entries_release(struct shadow *s, uint32_t frame)
{
    const struct shadow_frame *f = &s->frame[frame];
    uint8_t *table = s->table + (size_t)f->level * PAGE_SIZE;
    unsigned size = s->config.format->pte_size, left = f->count;
    if (left == 0 || (f->level == 0 && !s->config.trace))
        return;
    s->config.memory.load(s->config.memory.ctx, entry_address(s, frame, f->low), table, (size_t)(f->high - f->low) * size);
    for (unsigned i = f->low; i < f->high && left > 0; i++) {
        uint64_t pte = 0;
        memcpy(&pte, table + (size_t)(i - f->low) * size, size);
        if (pte == 0)
            continue;
        entry_release(s, frame, i, pte);
        left--;
    }
}

static void frame_give_back(struct shadow *s, uint32_t frame)
{
    entries_release(s, frame);
    s->frame[frame].count = 0;
    shadow_origin_set(s, frame, SHADOW_NO_ORIGIN);
    s->frame[frame].root = SHADOW_NONE;
    s->frame[frame].next = s->free;
    s->free = frame;
    s->stats.frames_used--;
}

void shadow_frame_clear(struct shadow *s, uint32_t frame)
{
    struct shadow_frame *f = &s->frame[frame];
    if (f->count == 0)
        return;
    entries_release(s, frame);
    shadow_frame_zero(s, frame);
    f->count = 0;
    f->coarse = PAGE_SHIFT;
    shadow_fence(s, f->root, NULL);
}

/* The CPU is not told yet. false: there was nothing. */
static bool entry_take_away(struct shadow *s, uint32_t frame, unsigned index)
{
    uint64_t pte = shadow_entry_get(s, frame, index);
    if (pte == 0)
        return false;
    entry_release(s, frame, index, pte);
    shadow_entry_set(s, frame, index, 0);
    s->frame[frame].count--;
    return true;
}

void shadow_entry_drop(struct shadow *s, uint32_t frame, unsigned index)
{
    const struct shadow_frame *f = &s->frame[frame];
    if (!entry_take_away(s, frame, index))
        return;
    va_t va = f->base + ((va_t)index << PAGE_SHIFT);
    shadow_fence(s, f->root, f->level == 0 ? &va : NULL);
}

/* --- Room */

/* The root to take from: not `root`, unless no other has tables. */
static unsigned oldest_with_tables(const struct shadow *s, unsigned root)
{
    unsigned oldest = root;
    for (unsigned r = 0; r < s->config.roots; r++)
        if (r != root && s->frame[r].count && (oldest == root || s->root[r].used < s->root[oldest].used))
            oldest = r;
    return oldest;
}

/* A table, and those above it that lead to nothing else. */
static void table_take_away(struct shadow *s, uint32_t frame)
{
    uint32_t parent;
    do {
        parent = s->frame[frame].parent;
        entry_take_away(s, parent, s->frame[frame].parent_index);
        frame = parent;
    } while (s->frame[frame].count == 0 && s->frame[frame].parent != frame);
}

/* Tables of this root, those of leaves and those that are empty, until no more than `most` frames are used. */
static void tables_take_away(struct shadow *s, unsigned root, unsigned most)
{
    unsigned others = s->config.frames - s->config.roots, before = s->stats.frames_used;
    for (unsigned n = 0; n < others && s->stats.frames_used > most; n++) {
        uint32_t frame = s->config.roots + s->hand;
        s->hand = (s->hand + 1) % others;
        if (s->frame[frame].root == root && (s->frame[frame].level == 0 || s->frame[frame].count == 0))
            table_take_away(s, frame);
    }
    s->stats.evicted += before - s->stats.frames_used;
    shadow_fence(s, root, NULL);
}

static void make_room(struct shadow *s, unsigned root)
{
    unsigned others = s->config.frames - s->config.roots, part = others / 32, oldest;
    if (part < SHADOW_FRAMES_MIN)
        part = SHADOW_FRAMES_MIN;
    s->stats.exhausted++;
    do {
        oldest = oldest_with_tables(s, root);
        tables_take_away(s, oldest, others - part);
    } while (s->stats.frames_used > others - part && oldest != root);
}

/* --- Mapping */

/* The table of level 0 that was mapped into last, if it is that for va and nothing is to be noted on the way to it. Under trace it would
 * be gone if a table above it had come to lead elsewhere. */
static bool table_near(const struct shadow *s, unsigned root, va_t va, const struct shadow_leaf *leaf)
{
    const struct shadow_frame *f = &s->frame[s->root[root].near];
    return f->root == root && f->level == 0 && f->base == align_down(va, UINT64_C(1) << entry_shift(s, 1)) &&
           leaf->size <= UINT64_C(1) << f->coarse && (!s->config.trace || shadow_origin_is(s, s->root[root].near, leaf->origin[0]));
}

/* The table of level 0 for va, grown where needed; SHADOW_NONE when the frames do not suffice. */
static uint32_t tables_for(struct shadow *s, unsigned root, va_t va, const struct shadow_leaf *leaf)
{
    const struct pt_format *format = s->config.format;
    uint8_t coarse = (uint8_t)__builtin_ctzll(leaf->size);
    uint32_t at = root;
    if (LIKELY(table_near(s, root, va, leaf)))
        return s->root[root].near;
    for (unsigned level = format->levels - 1;; level--) {
        if (leaf->origin[level] != SHADOW_ANY_ORIGIN)
            shadow_origin_set(s, at, leaf->origin[level]);
        if (s->frame[at].coarse < coarse)
            s->frame[at].coarse = coarse;
        if (level == 0)
            return s->root[root].near = at;
        unsigned index = pt_index(format, va, level);
        uint64_t pte = shadow_entry_get(s, at, index);
        if (pte == 0) {
            uint32_t below = frame_take(s, at, index, va);
            if (below == SHADOW_NONE)
                return SHADOW_NONE;
            pte = format->table(shadow_frame_address(s, below));
            shadow_entry_set(s, at, index, pte);
            s->frame[at].count++;
        }
        at = frame_at(s, format->address(pte));
    }
}

/*T:342 A leaf of the shadow: a real page table of the host, in its memory, that unmodified hardware walks. Rights that the guest's page
 * does not have are not there; W is withheld until the guest's own D bit is set. :*/
enum shadow_result shadow_map(struct shadow *s, unsigned root, va_t va, const struct shadow_leaf *leaf)
{
    const struct pt_format *format = s->config.format;
    if (!pt_is_canonical(format, va))
        return SHADOW_BEYOND;
    uint32_t table = tables_for(s, root, va, leaf);
    if (table == SHADOW_NONE) {
        make_room(s, root);
        table = tables_for(s, root, va, leaf);
        assert(table != SHADOW_NONE); /* SHADOW_FRAMES_MIN */
    }
    unsigned index = pt_index(format, va, 0);
    bool w = leaf->w && leaf->r && !shadow_is_traced(s, leaf->page);
    uint64_t old = shadow_entry_get(s, table, index), pte = format->leaf(leaf->page, leaf->r, w, leaf->x, !leaf->supervisor);
    if (old == pte)
        return SHADOW_SAME;
    if (old)
        shadow_leaf_unlink(s, slot_of(s, table, index), format->address(old));
    else
        s->frame[table].count++;
    shadow_entry_set(s, table, index, pte);
    shadow_leaf_link(s, slot_of(s, table, index), leaf->page);
    shadow_fence(s, root, &va); /* a CPU may keep that there was nothing, too */
    s->stats.fills++;
    return SHADOW_MAPPED;
}

/* --- Dropping */

/* A fence names one address, but the original page around it may be larger: all that came from it must go. A table whose
 * leaves came from pages as large as all it translates came from one such page. Loose: nothing goes but what came from a page out of sync,
 * which are leaves of 4 KiB. */
static void drop_address(struct shadow *s, unsigned root, va_t va, bool loose)
{
    const struct pt_format *format = s->config.format;
    uint32_t at = root;
    for (unsigned level = format->levels - 1;; level--) {
        unsigned index = pt_index(format, va, level);
        uint64_t pte = shadow_entry_get(s, at, index);
        if (pte == 0)
            return;
        if (level == 0) {
            if (!loose || shadow_is_loose(s, at))
                shadow_entry_drop(s, at, index);
            return;
        }
        uint32_t below = frame_at(s, format->address(pte));
        if (!loose && s->frame[below].coarse >= entry_shift(s, level)) {
            shadow_entry_drop(s, at, index);
            return;
        }
        at = below;
    }
}

static bool concerns(const struct shadow *s, unsigned root, const struct shadow_scope *scope)
{
    const struct shadow_key *key = &s->root[root].key;
    return s->frame[root].count && !key->untranslated && (!scope->has_asid || key->asid == scope->asid);
}

void shadow_drop(struct shadow *s, const struct shadow_scope *scope)
{
    s->stats.flushes++;
    s->fenced = true;
    for (unsigned r = 0; r < s->config.roots; r++) {
        if (!concerns(s, r, scope))
            continue;
        if (scope->has_va)
            drop_address(s, r, scope->va, false);
        else
            shadow_root_empty(s, r);
    }
}

void shadow_drop_loose(struct shadow *s, const struct shadow_scope *scope)
{
    for (unsigned r = 0; r < s->config.roots; r++)
        if (concerns(s, r, scope))
            drop_address(s, r, scope->va, true);
}
