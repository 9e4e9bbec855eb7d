/* shadow_rig.h - a shadow in a memory of its own, with an owner who has page tables in it, and what one may demand of it. */
#ifndef TRAPEZE_TESTS_MMU_SHADOW_RIG_H
#define TRAPEZE_TESTS_MMU_SHADOW_RIG_H

#include "mmu/shadow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAGES = 1024, TABLES = 24, FRAMES = 256, ROOTS = 8, SPACES = 2, SITUATIONS = 6, INDEXES = 4 };
#define RAM UINT64_C(0x80000000)
#define SHADOW_AT (RAM + (uint64_t)PAGES * PAGE_SIZE)

/* The machine's memory: PAGES of the original owner, then the shadow's frames. */
struct world {
    uint8_t *memory;
    struct shadow *shadow;
    const struct pt_format *format; /* of the original tables */
    uint64_t seed;
    unsigned situations; /* that are in use */
    uint64_t fences;
    bool marked[PAGES];
    va_t last_fence;
    bool last_fence_all;
};

static inline void load(void *ctx, pa_t pa, void *to, size_t size)
{
    struct world *w = ctx;
    assert_true(pa >= SHADOW_AT && pa + size <= SHADOW_AT + (uint64_t)FRAMES * PAGE_SIZE);
    memcpy(to, w->memory + (pa - RAM), size);
}

static inline void store(void *ctx, pa_t pa, const void *from, size_t size)
{
    struct world *w = ctx;
    assert_true(pa >= SHADOW_AT && pa + size <= SHADOW_AT + (uint64_t)FRAMES * PAGE_SIZE);
    memcpy(w->memory + (pa - RAM), from, size);
}

static inline void fence(void *ctx, const va_t *va, unsigned asid)
{
    struct world *w = ctx;
    assert_in_range(asid, 1, ROOTS);
    w->fences++;
    w->last_fence_all = !va;
    w->last_fence = va ? *va : 0;
}

static inline void traced(void *ctx, pa_t page, bool on)
{
    struct world *w = ctx;
    assert_int_equal(w->marked[(page - RAM) >> PAGE_SHIFT], !on); /* told once */
    w->marked[(page - RAM) >> PAGE_SHIFT] = on;
}

static inline struct world *world_create_as(const struct pt_format *shadow, const struct pt_format *original, unsigned frames,
                                            bool trace, bool loosely, uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    w->memory = calloc(PAGES + FRAMES, PAGE_SIZE);
    w->format = original;
    w->seed = seed;
    w->situations = SITUATIONS;
    const struct shadow_config config = {
        .format = shadow,
        .memory = {load, store, fence, traced, w},
        .tables = SHADOW_AT,
        .frames = frames,
        .roots = ROOTS,
        .asid = 1,
        .pages = RAM,
        .page_count = PAGES,
        .trace = trace,
        .loosely = loosely,
    };
    assert_int_equal(shadow_create(&w->shadow, &config), 0);
    return w;
}

static inline struct world *world_create(const struct pt_format *shadow, const struct pt_format *original, unsigned frames, bool trace,
                                         uint64_t seed)
{
    return world_create_as(shadow, original, frames, trace, false, seed);
}

static inline void world_destroy(struct world *w)
{
    shadow_destroy(w->shadow);
    free(w->memory);
    free(w);
}

/* --- The owner's tables: page `space` of memory is the root of that space; pages up to TABLES are tables of some level. */

static inline uint64_t *pte_at(struct world *w, pa_t pa) { return (uint64_t *)(void *)(w->memory + (pa - RAM)); }

static inline bool read_pte(void *ctx, pa_t pa, uint64_t *pte)
{
    struct world *w = ctx;
    if (pa < RAM || pa >= RAM + (uint64_t)(PAGES + FRAMES) * PAGE_SIZE)
        return false;
    *pte = *pte_at(w, pa);
    return true;
}

static inline unsigned select_root(struct world *w, unsigned space, unsigned situation)
{
    const struct shadow_key key = {.space = space + 1, .rights = situation, .asid = space + 10};
    return shadow_select(w->shadow, &key);
}

/* As the CPU walks the shadow: always as user. */
static inline struct pt_walk shadow_walk(struct world *w, const struct pt_format *format, unsigned root, va_t va, enum pt_kind kind)
{
    const struct pt_access access = {.kind = kind, .user = true};
    struct pt_walk walk;
    pt_walk(format, shadow_root(w->shadow, root), va, &access, read_pte, w, &walk);
    return walk;
}

/* What the tables in memory say of each frame: counts of used frames, every leaf inside the pages. */
static inline unsigned count_tables(struct world *w, const struct pt_format *format, pa_t table, unsigned level)
{
    unsigned count = 0;
    for (unsigned i = 0; i < 512; i++) {
        uint64_t pte = *pte_at(w, table + i * 8);
        if (pte == 0)
            continue;
        pa_t at = format->address(pte);
        if (level == 0) {
            assert_false(format->is_table(pte, level));
            assert_true((pte & (SV_V | SV_U | SV_A | SV_D)) == (SV_V | SV_U | SV_A | SV_D));
            assert_true(at >= RAM && at < SHADOW_AT);
        } else {
            assert_true(format->is_table(pte, level) && at >= SHADOW_AT + ROOTS * PAGE_SIZE);
            count += 1 + count_tables(w, format, at, level - 1);
        }
    }
    return count;
}

static inline void check_frames(struct world *w, const struct pt_format *format)
{
    unsigned count = 0;
    for (unsigned r = 0; r < ROOTS; r++)
        count += count_tables(w, format, shadow_root(w->shadow, r), format->levels - 1);
    assert_int_equal(count, shadow_stats_get(w->shadow).frames_used);
}

static inline void check_marks(struct world *w)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PAGES; i++) {
        assert_int_equal(w->marked[i], shadow_is_traced(w->shadow, RAM + (pa_t)i * PAGE_SIZE));
        count += w->marked[i];
    }
    assert_int_equal(count, shadow_stats_get(w->shadow).traced);
}

/* A plain leaf for the cases below. */
static inline struct shadow_leaf plain(pa_t page, uint64_t size)
{
    struct shadow_leaf leaf = {.page = page, .r = true, .w = true, .x = true, .size = size};
    for (unsigned i = 0; i < PT_MAX_LEVELS; i++)
        leaf.origin[i] = SHADOW_NO_ORIGIN;
    return leaf;
}

static inline bool maps(struct world *w, unsigned root, va_t va)
{
    return shadow_walk(w, &pt_sv39, root, va, PT_READ).result == PT_OK;
}

static inline void map(struct world *w, unsigned root, va_t va, pa_t page, uint64_t size)
{
    struct shadow_leaf leaf = plain(page, size);
    assert_int_equal(shadow_map(w->shadow, root, va, &leaf), SHADOW_MAPPED);
    assert_true(maps(w, root, va));
}

#endif
