/* Formats and shadows are of any width: a format of the tests' own (narrow_pt.h) walked against the prose of its header, and shadow
 * tables in it, over all of 32 bits, against the walk of the tables that they come from. */
#include "mmu/shadow.h"
#include "tests/mmu/narrow_pt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PAGES = 512, TABLES = 16, FRAMES = 128, ROOTS = 4, SITUATIONS = 3, INDEXES = 4 };
#define RAM UINT64_C(0x10000000)
#define SHADOW_AT (RAM + (uint64_t)PAGES * PAGE_SIZE)

struct world {
    uint8_t *memory; /* PAGES of the owner's, then the shadow's frames */
    struct shadow *shadow;
    uint64_t seed;
    va_t last_fence;
};

static uint64_t below(struct world *w, uint64_t n)
{
    w->seed = w->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (w->seed >> 33) % n;
}

static uint8_t *at(struct world *w, pa_t pa)
{
    assert_true(pa >= RAM && pa < SHADOW_AT + (uint64_t)FRAMES * PAGE_SIZE);
    return w->memory + (pa - RAM);
}
static uint64_t get(struct world *w, pa_t pa)
{
    uint64_t pte = 0;
    memcpy(&pte, at(w, pa), 4);
    return pte;
}
static void put(struct world *w, pa_t pa, uint64_t pte)
{
    memcpy(at(w, pa), &pte, 4);
    if (pa < SHADOW_AT)
        shadow_written(w->shadow, pa, 4);
}

static void load(void *ctx, pa_t pa, void *to, size_t size) { memcpy(to, at(ctx, pa), size); }
static void store(void *ctx, pa_t pa, const void *from, size_t size)
{
    assert_true(pa >= SHADOW_AT);
    memcpy(at(ctx, pa), from, size);
}
static void fence(void *ctx, const va_t *va, unsigned asid)
{
    (void)asid;
    if (va)
        ((struct world *)ctx)->last_fence = *va;
}
static void traced(void *ctx, pa_t page, bool on) { (void)ctx, (void)page, (void)on; }

static bool read_pte(void *ctx, pa_t pa, uint64_t *pte)
{
    if (pa < RAM || pa >= SHADOW_AT + (uint64_t)FRAMES * PAGE_SIZE)
        return false;
    *pte = get(ctx, pa);
    return true;
}

static int create(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->memory = calloc(PAGES + FRAMES, PAGE_SIZE);
    w->seed = 1;
    const struct shadow_config config = {
        .format = &pt_narrow,
        .memory = {load, store, fence, traced, w},
        .tables = SHADOW_AT,
        .frames = FRAMES,
        .roots = ROOTS,
        .asid_shared = true,
        .pages = RAM,
        .page_count = PAGES,
        .trace = true,
    };
    assert_int_equal(shadow_create(&w->shadow, &config), 0);
    *state = w;
    return 0;
}

static int destroy(void **state)
{
    struct world *w = *state;
    shadow_destroy(w->shadow);
    free(w->memory);
    free(w);
    return 0;
}

/* --- The owner's tables: the first page is the root, the others up to TABLES are tables or are not. */

static unsigned index_of(unsigned i) { return (unsigned[INDEXES]){0, 5, 512, 1023}[i]; }

static va_t random_va(struct world *w)
{
    return (va_t)index_of((unsigned)below(w, INDEXES)) << 22 | (va_t)index_of((unsigned)below(w, INDEXES)) << 12 | below(w, PAGE_SIZE);
}

static void random_write(struct world *w)
{
    uint64_t pte = RAM + (below(w, 3) ? below(w, TABLES) : below(w, PAGES)) * PAGE_SIZE;
    pte |= (below(w, 8) ? NARROW_P : 0) | (below(w, 3) ? NARROW_W : 0) | (below(w, 3) ? NARROW_U : 0);
    pte |= (below(w, 2) ? NARROW_A : 0) | (below(w, 2) ? NARROW_D : 0) | (below(w, 8) ? 0 : NARROW_L);
    put(w, RAM + below(w, TABLES) * PAGE_SIZE + index_of((unsigned)below(w, INDEXES)) * 4, pte);
}

/* User; supervisor that obeys W; supervisor that does not. */
static struct pt_walk original(struct world *w, unsigned situation, va_t va, enum pt_kind kind)
{
    const struct pt_access a = {
        .kind = kind, .user = situation == 0, .own = NARROW_OWN_LARGE | (situation == 1 ? NARROW_OWN_WP : 0), .update_ad = true};
    struct pt_walk walk;
    pt_walk(&pt_narrow, RAM, va, &a, read_pte, w, &walk);
    if (walk.result == PT_OK && (walk.pa < RAM || walk.pa >= SHADOW_AT))
        walk.result = PT_ACCESS_FAULT;
    return walk;
}

static struct pt_walk shadowed(struct world *w, unsigned situation, va_t va, enum pt_kind kind)
{
    unsigned root = shadow_select(w->shadow, &(struct shadow_key){.space = 1, .rights = situation});
    struct pt_walk walk;
    pt_walk(&pt_narrow, shadow_root(w->shadow, root), va, &(struct pt_access){.kind = kind, .user = true}, read_pte, w, &walk);
    return walk;
}

static struct shadow_leaf leaf_of(struct world *w, unsigned situation, va_t va, const struct pt_walk *walk)
{
    const struct pt_walk write = original(w, situation, va, PT_WRITE);
    struct shadow_leaf leaf = {.page = walk->pa & PAGE_MASK, .r = true, .x = true, .size = walk->size};
    leaf.w = write.result == PT_OK && write.pte == write.pte_new; /* D is set */
    for (unsigned i = 0; i < PT_MAX_LEVELS; i++)
        leaf.origin[i] = SHADOW_NO_ORIGIN;
    for (unsigned i = 0; i < walk->count; i++)
        leaf.origin[walk->step[i].level] = walk->step[i].pte_pa & PAGE_MASK;
    return leaf;
}

static void access_once(struct world *w)
{
    const unsigned situation = (unsigned)below(w, SITUATIONS);
    const enum pt_kind kind = below(w, 2) ? PT_WRITE : PT_READ;
    const va_t va = random_va(w);
    struct pt_walk walk = original(w, situation, va, kind);
    if (walk.result != PT_OK) {
        assert_int_not_equal(shadowed(w, situation, va, kind).result, PT_OK);
        return;
    }
    unsigned i = 0;
    for (const struct pt_step *s; (s = pt_writes(&walk, &i));)
        memcpy(at(w, s->pte_pa), &s->pte_new, 4); /* no leaf says more than before */
    walk = original(w, situation, va, kind);      /* a table may be its own pointer: what is there now counts */
    if (walk.result != PT_OK)
        return;
    const struct shadow_leaf leaf = leaf_of(w, situation, va, &walk);
    unsigned root = shadow_select(w->shadow, &(struct shadow_key){.space = 1, .rights = situation});
    assert_int_not_equal(shadow_map(w->shadow, root, va, &leaf), SHADOW_BEYOND);
    struct pt_walk found = shadowed(w, situation, va, kind);
    assert_int_equal(found.result, kind == PT_WRITE && (shadow_is_traced(w->shadow, walk.pa) || !leaf.w) ? PT_PAGE_FAULT : PT_OK);
    assert_true(found.result != PT_OK || found.pa == walk.pa);
}

static unsigned check_sound(struct world *w)
{
    unsigned granted = 0;
    for (unsigned n = 0; n < 200; n++) {
        const unsigned situation = (unsigned)below(w, SITUATIONS);
        const enum pt_kind kind = below(w, 2) ? PT_WRITE : PT_READ;
        const va_t va = random_va(w);
        const struct pt_walk found = shadowed(w, situation, va, kind);
        if (found.result != PT_OK)
            continue;
        const struct pt_walk walk = original(w, situation, va, kind);
        assert_int_equal(walk.result, PT_OK);
        assert_int_equal(found.pa, walk.pa);
        granted += va >> 31 != 0;
    }
    return granted;
}

/* --- Tests */

/* Every state of both entries, every access. */
static void walk_is_as_drawn(void **state)
{
    struct world *w = *state;
    static const unsigned bit[] = {NARROW_P, NARROW_W, NARROW_U, NARROW_A, NARROW_D, NARROW_L};
    const va_t va = UINT64_C(0xffc05678);
    for (unsigned n = 0; n < 1u << 15; n++) {
        unsigned flags[2] = {0, 0};
        for (unsigned b = 0; b < 6; b++) {
            flags[0] |= n >> b & 1 ? bit[b] : 0;
            flags[1] |= n >> (6 + b) & 1 ? bit[b] : 0;
        }
        const struct pt_access a = {.kind = n >> 12 & 1 ? PT_WRITE : PT_READ, .user = n >> 13 & 1, .own = n >> 14 & 1};
        const uint64_t pde = (RAM + PAGE_SIZE) | flags[1], pte = (RAM + 7 * PAGE_SIZE) | flags[0];
        put(w, RAM + 1023 * 4, pde);
        put(w, RAM + PAGE_SIZE + 5 * 4, pte);
        struct pt_walk walk;
        pt_walk(&pt_narrow, RAM, va, &a, read_pte, w, &walk);
        const unsigned both = flags[0] & flags[1];
        const bool may =
            (both & NARROW_P) && (!a.user || (both & NARROW_U)) && (a.kind == PT_READ || (both & NARROW_W) || (!a.user && !a.own));
        assert_int_equal(walk.result, may ? PT_OK : PT_PAGE_FAULT);
        if (!may)
            continue;
        assert_int_equal(walk.pa, RAM + 7 * PAGE_SIZE + 0x678);
        assert_int_equal(walk.step[0].pte_new, pde | NARROW_A);
        assert_int_equal(walk.step[1].pte_new, pte | NARROW_A | (a.kind == PT_WRITE ? NARROW_D : 0));
    }
}

/* From 2^31 up is an address like any other; from 2^32 up there is none. */
static void addresses_are_all_of_32_bits(void **state)
{
    struct world *w = *state;
    static const va_t inside[] = {0, 0x7ffff000, 0x80000000, 0x80400000, 0xffffe000, 0xfffff000};
    static const va_t outside[] = {0x100000000, 0xffffffff80000000, 0xfffffffffffff000};
    struct shadow_leaf leaf = {.page = RAM + 9 * PAGE_SIZE, .r = true, .w = true, .x = true, .size = PAGE_SIZE};
    for (unsigned i = 0; i < PT_MAX_LEVELS; i++)
        leaf.origin[i] = SHADOW_NO_ORIGIN;
    unsigned root = shadow_select(w->shadow, &(struct shadow_key){.space = 1});
    for (unsigned i = 0; i < sizeof inside / sizeof *inside; i++) {
        assert_int_equal(shadow_map(w->shadow, root, inside[i], &leaf), SHADOW_MAPPED);
        assert_int_equal(shadowed(w, 0, inside[i] + 0x123, PT_WRITE).pa, leaf.page + 0x123);
        assert_int_equal(w->last_fence, inside[i]);
    }
    for (unsigned i = 0; i < sizeof outside / sizeof *outside; i++)
        assert_int_equal(shadow_map(w->shadow, root, outside[i], &leaf), SHADOW_BEYOND);
    shadow_drop(w->shadow, &(struct shadow_scope){.has_va = true, .va = 0x80000000});
    for (unsigned i = 0; i < sizeof inside / sizeof *inside; i++)
        assert_int_equal(shadowed(w, 0, inside[i], PT_READ).result == PT_OK, inside[i] != 0x80000000);
}

static void shadow_follows_its_tables(void **state)
{
    struct world *w = *state;
    unsigned granted = 0;
    for (unsigned round = 0; round < 400; round++) {
        for (unsigned n = 0; n < 6; n++)
            random_write(w);
        for (unsigned n = 0; n < 60; n++)
            access_once(w);
        granted += check_sound(w);
    }
    assert_true(granted > 1000 && shadow_stats_get(w->shadow).writes > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(walk_is_as_drawn, create, destroy),
        cmocka_unit_test_setup_teardown(addresses_are_all_of_32_bits, create, destroy),
        cmocka_unit_test_setup_teardown(shadow_follows_its_tables, create, destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
