/* Shadow tables on their own: an owner with random page tables asks for leaves as his CPU would miss them, and a walk of the shadow
 * must then grant what a walk of his own tables grants, never more, however he changes them. */
#include "mmu/shadow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the above first */
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
    uint64_t fences;
    bool marked[PAGES];
    va_t last_fence;
    bool last_fence_all;
};

static uint64_t next(struct world *w)
{
    uint64_t z = (w->seed += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static uint64_t below(struct world *w, uint64_t n) { return next(w) % n; }

static void load(void *ctx, pa_t pa, void *to, size_t size)
{
    struct world *w = ctx;
    assert_true(pa >= SHADOW_AT && pa + size <= SHADOW_AT + (uint64_t)FRAMES * PAGE_SIZE);
    memcpy(to, w->memory + (pa - RAM), size);
}

static void store(void *ctx, pa_t pa, const void *from, size_t size)
{
    struct world *w = ctx;
    assert_true(pa >= SHADOW_AT && pa + size <= SHADOW_AT + (uint64_t)FRAMES * PAGE_SIZE);
    memcpy(w->memory + (pa - RAM), from, size);
}

static void fence(void *ctx, const va_t *va, unsigned asid)
{
    struct world *w = ctx;
    assert_in_range(asid, 1, ROOTS);
    w->fences++;
    w->last_fence_all = !va;
    w->last_fence = va ? *va : 0;
}

static void traced(void *ctx, pa_t page, bool on)
{
    struct world *w = ctx;
    assert_int_equal(w->marked[(page - RAM) >> PAGE_SHIFT], !on); /* told once */
    w->marked[(page - RAM) >> PAGE_SHIFT] = on;
}

static struct world *world_create(const struct pt_format *shadow, const struct pt_format *original, unsigned frames, bool trace,
                                  uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    w->memory = calloc(PAGES + FRAMES, PAGE_SIZE);
    w->format = original;
    w->seed = seed;
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
    };
    assert_int_equal(shadow_create(&w->shadow, &config), 0);
    return w;
}

static void world_destroy(struct world *w)
{
    shadow_destroy(w->shadow);
    free(w->memory);
    free(w);
}

/* --- The owner's tables: page `space` of memory is the root of that space; pages up to TABLES are tables of some level. */

static uint64_t *pte_at(struct world *w, pa_t pa) { return (uint64_t *)(void *)(w->memory + (pa - RAM)); }

static bool read_pte(void *ctx, pa_t pa, uint64_t *pte)
{
    struct world *w = ctx;
    if (pa < RAM || pa >= RAM + (uint64_t)(PAGES + FRAMES) * PAGE_SIZE)
        return false;
    *pte = *pte_at(w, pa);
    return true;
}

static pa_t space_root(unsigned space) { return RAM + (uint64_t)space * PAGE_SIZE; }

/* The few indices in use at every level; the last one makes addresses of the upper half. */
static unsigned index_of(unsigned i) { return i == INDEXES - 1 ? 511 : i * 3; }

static va_t random_va(struct world *w)
{
    va_t va = 0;
    for (unsigned level = 0; level < w->format->levels; level++)
        va |= (va_t)index_of((unsigned)below(w, INDEXES)) << (PAGE_SHIFT + 9 * level);
    return (va_t)sign_extend(va, w->format->va_bits) | below(w, PAGE_SIZE);
}

static uint64_t random_pte(struct world *w)
{
    uint64_t rights = next(w) & (SV_R | SV_W | SV_X | SV_U | SV_A | SV_D);
    switch (below(w, 8)) {
    case 0: return 0;
    case 1:
    case 2:
    case 3: /* a table: also one that is used at another level, or maps itself */
        return pt_sv39.table(RAM + (SPACES + below(w, TABLES - SPACES)) * PAGE_SIZE);
    case 4: /* fits a superpage, too */ return pt_sv39.table(RAM + (below(w, 2) << 21)) | SV_R | rights;
    case 5: /* a table is mapped */ return pt_sv39.table(RAM + below(w, TABLES) * PAGE_SIZE) | SV_R | SV_W | SV_A | SV_D | rights;
    default: return pt_sv39.table(RAM + below(w, PAGES) * PAGE_SIZE) | SV_R | rights;
    }
}

/* Most entries of the first tables point to the others, so that walks reach leaves. */
static void random_write(struct world *w, unsigned table, unsigned index)
{
    uint64_t pte = table < TABLES / 2 && below(w, 8) ? pt_sv39.table(RAM + (table + 1 + below(w, TABLES - table - 1)) * PAGE_SIZE)
                                                     : random_pte(w);
    pa_t pa = RAM + (pa_t)table * PAGE_SIZE + index_of(index) * 8;
    *pte_at(w, pa) = pte;
    if (w->marked[table])
        shadow_written(w->shadow, pa, 8);
}

static void random_tables(struct world *w)
{
    for (unsigned table = 0; table < TABLES; table++)
        for (unsigned i = 0; i < INDEXES; i++)
            random_write(w, table, i);
}

/* The permission situations of a CPU in its own terms. */
static struct pt_access situation_access(unsigned situation, enum pt_kind kind, bool update_ad)
{
    return (struct pt_access){
        .kind = kind, .user = situation % 3 == 0, .sum = situation % 3 == 2, .mxr = situation >= 3, .update_ad = update_ad};
}

static unsigned select_root(struct world *w, unsigned space, unsigned situation)
{
    const struct shadow_key key = {.space = space + 1, .rights = situation, .asid = space + 10};
    return shadow_select(w->shadow, &key);
}

static struct pt_walk original_walk(struct world *w, unsigned space, unsigned situation, va_t va, enum pt_kind kind, bool update_ad)
{
    const struct pt_access access = situation_access(situation, kind, update_ad);
    struct pt_walk walk;
    pt_walk(w->format, space_root(space), va, &access, read_pte, w, &walk);
    if (walk.result == PT_OK && (walk.pa < RAM || walk.pa >= SHADOW_AT))
        walk.result = PT_ACCESS_FAULT; /* nothing is there */
    return walk;
}

/* As the CPU walks the shadow: always as user. */
static struct pt_walk shadow_walk(struct world *w, const struct pt_format *format, unsigned root, va_t va, enum pt_kind kind)
{
    const struct pt_access access = {.kind = kind, .user = true};
    struct pt_walk walk;
    pt_walk(format, shadow_root(w->shadow, root), va, &access, read_pte, w, &walk);
    return walk;
}

static struct shadow_leaf leaf_of(struct world *w, unsigned space, unsigned situation, va_t va, const struct pt_walk *walk)
{
    struct shadow_leaf leaf = {.page = walk->pa & PAGE_MASK, .size = walk->size};
    leaf.r = original_walk(w, space, situation, va, PT_READ, false).result == PT_OK;
    leaf.w = original_walk(w, space, situation, va, PT_WRITE, false).result == PT_OK;
    leaf.x = original_walk(w, space, situation, va, PT_FETCH, false).result == PT_OK;
    for (unsigned i = 0; i < PT_MAX_LEVELS; i++)
        leaf.origin[i] = SHADOW_NO_ORIGIN;
    for (unsigned i = 0; i < walk->count; i++)
        leaf.origin[walk->step[i].level] = walk->step[i].pte_pa & PAGE_MASK;
    return leaf;
}

static const enum pt_kind kinds[] = {PT_READ, PT_WRITE, PT_FETCH};

/* One access that the CPU misses. It ends mapped exactly if the owner's tables grant it. */
static void access_once(struct world *w, const struct pt_format *format, unsigned space, unsigned situation, va_t va,
                        enum pt_kind kind)
{
    struct pt_walk walk = original_walk(w, space, situation, va, kind, true);
    unsigned root = select_root(w, space, situation);
    if (walk.result != PT_OK) {
        assert_int_not_equal(shadow_walk(w, format, root, va, kind).result, PT_OK);
        return;
    }
    *pte_at(w, walk.pte_pa) = walk.pte_new;
    struct shadow_leaf leaf = leaf_of(w, space, situation, va, &walk);
    assert_int_not_equal(shadow_map(w->shadow, root, va, &leaf), SHADOW_BEYOND);
    assert_int_equal(shadow_map(w->shadow, root, va, &leaf), SHADOW_SAME);
    struct pt_walk found = shadow_walk(w, format, root, va, kind);
    if (kind == PT_WRITE && shadow_is_traced(w->shadow, walk.pa)) {
        assert_int_not_equal(found.result, PT_OK);
        return;
    }
    assert_int_equal(found.result, PT_OK);
    assert_int_equal(found.pa, walk.pa);
}

/* Whatever the shadow grants now the owner's tables grant now, with the same address, A and D set. */
static void check_sound(struct world *w, const struct pt_format *format)
{
    for (unsigned n = 0; n < 400; n++) {
        unsigned space = (unsigned)below(w, SPACES), situation = (unsigned)below(w, SITUATIONS);
        unsigned root = select_root(w, space, situation);
        va_t va = random_va(w);
        for (unsigned k = 0; k < 3; k++) {
            struct pt_walk found = shadow_walk(w, format, root, va, kinds[k]);
            if (found.result != PT_OK)
                continue;
            struct pt_walk walk = original_walk(w, space, situation, va, kinds[k], false);
            assert_int_equal(walk.result, PT_OK);
            assert_int_equal(found.pa, walk.pa);
            if (kinds[k] == PT_WRITE)
                assert_false(shadow_is_traced(w->shadow, walk.pa));
        }
    }
}

/* What the tables in memory say of each frame: counts of used frames, every leaf inside the pages. */
static unsigned count_tables(struct world *w, const struct pt_format *format, pa_t table, unsigned level)
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

static void check_frames(struct world *w, const struct pt_format *format)
{
    unsigned count = 0;
    for (unsigned r = 0; r < ROOTS; r++)
        count += count_tables(w, format, shadow_root(w->shadow, r), format->levels - 1);
    assert_int_equal(count, shadow_stats_get(w->shadow).frames_used);
}

static void check_marks(struct world *w)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PAGES; i++) {
        assert_int_equal(w->marked[i], shadow_is_traced(w->shadow, RAM + (pa_t)i * PAGE_SIZE));
        count += w->marked[i];
    }
    assert_int_equal(count, shadow_stats_get(w->shadow).traced);
}

/* --- Tests */

static void random_accesses(struct world *w, const struct pt_format *format, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        access_once(w, format, (unsigned)below(w, SPACES), (unsigned)below(w, SITUATIONS), random_va(w), kinds[below(w, 3)]);
}

/* A traced shadow follows every write at once, without a fence, whatever table it hits. */
static void trace_run(const struct pt_format *format, const struct pt_format *original, unsigned frames, uint64_t seed)
{
    struct world *w = world_create(format, original, frames, true, seed);
    random_tables(w);
    for (unsigned round = 0; round < 60; round++) {
        random_accesses(w, format, 120);
        for (unsigned i = 0; i < 6; i++)
            random_write(w, (unsigned)below(w, TABLES), (unsigned)below(w, INDEXES));
        check_sound(w, format);
    }
    check_frames(w, format);
    check_marks(w);
    assert_true(shadow_stats_get(w->shadow).fills > 100);
    assert_true(shadow_stats_get(w->shadow).writes > 10);
    shadow_drop_all(w->shadow);
    assert_int_equal(shadow_stats_get(w->shadow).frames_used, 0);
    assert_int_equal(shadow_stats_get(w->shadow).traced, 0);
    check_marks(w);
    world_destroy(w);
}

static void trace_follows_writes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        trace_run(&pt_sv39, &pt_sv39, FRAMES, seed);
        trace_run(&pt_sv48, &pt_sv39, FRAMES, seed);
        trace_run(&pt_sv48, &pt_sv48, FRAMES, seed);
    }
}

static void trace_survives_few_frames(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++)
        trace_run(&pt_sv48, &pt_sv48, ROOTS + SHADOW_FRAMES_MIN, seed);
}

/* The shadow as a TLB: after a fence for all it grants nothing that the tables do not grant now. */
static void flush_follows_fences(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct world *w = world_create(&pt_sv48, &pt_sv39, seed % 2 ? FRAMES : ROOTS + SHADOW_FRAMES_MIN, false, seed);
        random_tables(w);
        for (unsigned round = 0; round < 40; round++) {
            random_accesses(w, &pt_sv48, 60);
            check_sound(w, &pt_sv48);
            for (unsigned i = 0; i < 6; i++)
                random_write(w, (unsigned)below(w, TABLES), (unsigned)below(w, INDEXES));
            shadow_drop(w->shadow, &(struct shadow_scope){0});
            assert_int_equal(shadow_stats_get(w->shadow).frames_used, 0);
            check_sound(w, &pt_sv48);
        }
        check_frames(w, &pt_sv48);
        world_destroy(w);
    }
}

/* A plain leaf for the cases below. */
static struct shadow_leaf plain(pa_t page, uint64_t size)
{
    struct shadow_leaf leaf = {.page = page, .r = true, .w = true, .x = true, .size = size};
    for (unsigned i = 0; i < PT_MAX_LEVELS; i++)
        leaf.origin[i] = SHADOW_NO_ORIGIN;
    return leaf;
}

static bool maps(struct world *w, unsigned root, va_t va) { return shadow_walk(w, &pt_sv39, root, va, PT_READ).result == PT_OK; }

static void map(struct world *w, unsigned root, va_t va, pa_t page, uint64_t size)
{
    struct shadow_leaf leaf = plain(page, size);
    assert_int_equal(shadow_map(w->shadow, root, va, &leaf), SHADOW_MAPPED);
    assert_true(maps(w, root, va));
}

/* A fence with an address takes that page and its like in other roots; with an ASID only roots of it. */
static void fences_take_what_they_name(void **state)
{
    (void)state;
    struct world *w = world_create(&pt_sv39, &pt_sv39, FRAMES, false, 1);
    unsigned a = select_root(w, 0, 0), b = select_root(w, 1, 0);
    unsigned bare = shadow_select(w->shadow, &(struct shadow_key){.rights = 99, .untranslated = true});
    for (unsigned i = 0; i < 3; i++) {
        map(w, a, i * PAGE_SIZE, RAM, PAGE_SIZE);
        map(w, b, i * PAGE_SIZE, RAM, PAGE_SIZE);
        map(w, bare, i * PAGE_SIZE, RAM, PAGE_SIZE);
    }
    shadow_drop(w->shadow, &(struct shadow_scope){.has_va = true, .va = 0x10});
    assert_false(maps(w, a, 0) || maps(w, b, 0));
    assert_true(maps(w, a, PAGE_SIZE) && maps(w, b, PAGE_SIZE) && maps(w, bare, 0));
    shadow_drop(w->shadow, &(struct shadow_scope){.has_va = true, .va = PAGE_SIZE, .has_asid = true, .asid = 10});
    assert_false(maps(w, a, PAGE_SIZE));
    assert_true(maps(w, b, PAGE_SIZE));
    shadow_drop(w->shadow, &(struct shadow_scope){.has_asid = true, .asid = 11});
    assert_false(maps(w, b, 2 * PAGE_SIZE));
    assert_true(maps(w, a, 2 * PAGE_SIZE));
    shadow_drop(w->shadow, &(struct shadow_scope){0});
    assert_false(maps(w, a, 2 * PAGE_SIZE));
    assert_true(maps(w, bare, 2 * PAGE_SIZE)); /* no fence is about it */
    shadow_drop_all(w->shadow);
    assert_false(maps(w, bare, 2 * PAGE_SIZE));
    world_destroy(w);
}

/* One address of a large page voids all of it, but not its neighbours. */
static void fence_takes_the_whole_superpage(void **state)
{
    (void)state;
    struct world *w = world_create(&pt_sv39, &pt_sv39, FRAMES, false, 1);
    unsigned a = select_root(w, 0, 0);
    const uint64_t mega = UINT64_C(1) << 21, giga = UINT64_C(1) << 30;
    map(w, a, mega, RAM, mega);
    map(w, a, mega + 5 * PAGE_SIZE, RAM, mega);
    map(w, a, 2 * mega, RAM, PAGE_SIZE);
    map(w, a, giga, RAM, giga);
    map(w, a, giga + 9 * mega, RAM, giga);
    shadow_drop(w->shadow, &(struct shadow_scope){.has_va = true, .va = mega + 77 * PAGE_SIZE});
    assert_false(maps(w, a, mega + 5 * PAGE_SIZE)); /* nothing is mapped at the very address: but it is the same large page */
    map(w, a, mega, RAM, mega);
    shadow_drop(w->shadow, &(struct shadow_scope){.has_va = true, .va = mega});
    assert_false(maps(w, a, mega));
    assert_true(maps(w, a, 2 * mega) && maps(w, a, giga));
    shadow_drop(w->shadow, &(struct shadow_scope){.has_va = true, .va = giga + 300 * mega});
    map(w, a, giga + 3 * mega, RAM, giga);
    shadow_drop(w->shadow, &(struct shadow_scope){.has_va = true, .va = giga + 3 * mega});
    assert_false(maps(w, a, giga) || maps(w, a, giga + 9 * mega));
    assert_true(maps(w, a, 2 * mega));
    world_destroy(w);
}

static void roots_are_recycled_by_use(void **state)
{
    (void)state;
    struct world *w = world_create(&pt_sv39, &pt_sv39, FRAMES, false, 1);
    unsigned root[ROOTS];
    for (unsigned i = 0; i < ROOTS; i++) {
        root[i] = shadow_select(w->shadow, &(struct shadow_key){.space = i});
        map(w, root[i], 0, RAM + (pa_t)i * PAGE_SIZE, PAGE_SIZE);
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(root[i], root[j]);
    }
    assert_int_equal(shadow_select(w->shadow, &(struct shadow_key){.space = 0}), root[0]);
    assert_true(maps(w, root[0], 0));
    uint64_t fences = w->fences;
    assert_int_equal(shadow_select(w->shadow, &(struct shadow_key){.space = 100}), root[1]);
    assert_false(maps(w, root[1], 0));
    assert_true(w->fences > fences && w->last_fence_all);
    assert_int_equal(shadow_stats_get(w->shadow).recycled, 1);
    world_destroy(w);
}

/* When the frames run out what was asked for is mapped all the same, also when there are no more than must be. */
static void frames_run_out(void **state)
{
    (void)state;
    for (unsigned trace = 0; trace < 2; trace++) {
        struct world *w = world_create(&pt_sv39, &pt_sv39, ROOTS + SHADOW_FRAMES_MIN, trace, 1);
        unsigned a = select_root(w, 0, 0), b = select_root(w, 1, 0);
        map(w, b, 0, RAM, PAGE_SIZE);
        for (unsigned i = 0; i < 4 * SHADOW_FRAMES_MIN; i++) {
            struct shadow_leaf leaf = plain(RAM + (pa_t)(100 + i) * PAGE_SIZE, PAGE_SIZE);
            leaf.origin[2] = RAM;
            leaf.origin[1] = RAM + PAGE_SIZE;
            leaf.origin[0] = RAM + (pa_t)(2 + i) * PAGE_SIZE;
            va_t va = (va_t)i << 21;
            assert_int_equal(shadow_map(w->shadow, a, va, &leaf), SHADOW_MAPPED);
            assert_int_equal(shadow_walk(w, &pt_sv39, a, va, PT_READ).pa, leaf.page);
            check_frames(w, &pt_sv39);
            check_marks(w);
        }
        assert_true(shadow_stats_get(w->shadow).exhausted >= 3);
        assert_false(maps(w, b, 0));
        world_destroy(w);
    }
}

/* A table for each of [first, end), which maps one page. */
static void map_tables(struct world *w, unsigned root, unsigned first, unsigned end, bool trace)
{
    for (unsigned i = first; i < end; i++) {
        struct shadow_leaf leaf = plain(RAM + (pa_t)(500 + i % 500) * PAGE_SIZE, PAGE_SIZE);
        leaf.origin[2] = trace ? RAM + (pa_t)root * PAGE_SIZE : SHADOW_NO_ORIGIN;
        leaf.origin[1] = trace ? RAM + (pa_t)(ROOTS + root) * PAGE_SIZE : SHADOW_NO_ORIGIN;
        leaf.origin[0] = trace ? RAM + (pa_t)(2 * ROOTS + i % 400) * PAGE_SIZE : SHADOW_NO_ORIGIN;
        assert_int_equal(shadow_map(w->shadow, root, (va_t)i << 21, &leaf), SHADOW_MAPPED);
        assert_true(maps(w, root, (va_t)i << 21));
    }
}

static unsigned count_mapped(struct world *w, unsigned root, unsigned end)
{
    unsigned count = 0;
    for (unsigned i = 0; i < end; i++)
        count += maps(w, root, (va_t)i << 21);
    return count;
}

/* What goes is a part of the tables of the root that was used least lately; of the root that is being mapped into only when no other has
 * any. The CPU is told. */
static void room_is_made_in_parts(void **state)
{
    enum { OTHERS = FRAMES - ROOTS, PART = SHADOW_FRAMES_MIN, EACH = 3 * PART, REST = OTHERS - 2 * (EACH + 1) - 1 };
    (void)state;
    for (unsigned trace = 0; trace < 2; trace++) {
        struct world *w = world_create(&pt_sv39, &pt_sv39, FRAMES, trace, 1);
        unsigned a = select_root(w, 0, 0), b = select_root(w, 1, 0), c = select_root(w, 0, 1);
        map_tables(w, b, 0, EACH, trace);
        map_tables(w, a, 0, EACH, trace);
        map_tables(w, c, 0, REST, trace);
        assert_int_equal(shadow_stats_get(w->shadow).frames_used, OTHERS);
        uint64_t fences = w->fences;
        map_tables(w, c, REST, REST + 1, trace);
        assert_true(w->fences > fences + 1);
        assert_int_equal(shadow_stats_get(w->shadow).exhausted, 1);
        assert_int_equal(shadow_stats_get(w->shadow).evicted, PART);
        assert_int_equal(count_mapped(w, a, EACH), EACH - PART);
        map_tables(w, c, REST + 1, REST + EACH + 1, trace);
        assert_int_equal(shadow_stats_get(w->shadow).exhausted, EACH / PART);
        assert_int_equal(shadow_stats_get(w->shadow).evicted, EACH + 1); /* and the table above them */
        assert_int_equal(count_mapped(w, a, EACH), 0);
        assert_int_equal(count_mapped(w, b, EACH), EACH);
        assert_int_equal(count_mapped(w, c, REST + EACH + 1), REST + EACH + 1);
        check_frames(w, &pt_sv39);
        check_marks(w);
        map_tables(w, c, REST + EACH + 1, 2 * OTHERS, trace);
        assert_int_equal(count_mapped(w, b, EACH), 0);
        assert_in_range(count_mapped(w, c, 2 * OTHERS), OTHERS - PART - 1, OTHERS - 1);
        check_frames(w, &pt_sv39);
        check_marks(w);
        world_destroy(w);
    }
}

/* Not even when it was used least lately does the root go that is being mapped into. */
static void room_is_not_made_at_home(void **state)
{
    enum { OTHERS = FRAMES - ROOTS, PART = SHADOW_FRAMES_MIN, EACH = 3 * PART };
    (void)state;
    struct world *w = world_create(&pt_sv39, &pt_sv39, FRAMES, false, 1);
    unsigned b = select_root(w, 1, 0), a = select_root(w, 0, 0);
    assert_int_equal(select_root(w, 1, 0), b);
    map_tables(w, b, 0, EACH, false);
    map_tables(w, a, 0, OTHERS - EACH, false);
    assert_int_equal(shadow_stats_get(w->shadow).exhausted, 1);
    assert_int_equal(count_mapped(w, a, OTHERS - EACH), OTHERS - EACH);
    assert_int_equal(count_mapped(w, b, EACH), EACH - PART);
    world_destroy(w);
}

/* Which tables go depends on nothing that was before everything was dropped. */
static void room_is_made_anew_after_a_drop(void **state)
{
    enum { TABLES_MAPPED = 3 * FRAMES };
    bool mapped[2][2][TABLES_MAPPED];
    (void)state;
    for (unsigned before = 0; before < 2; before++) {
        struct world *w = world_create(&pt_sv39, &pt_sv39, FRAMES, true, 1);
        unsigned a = select_root(w, 0, 0), b = select_root(w, 1, 0);
        map_tables(w, before ? b : a, 0, before ? 400 : 0, true);
        shadow_drop_all(w->shadow);
        struct shadow_look look;
        for (unsigned r = 0; r < ROOTS; r++)
            assert_false(shadow_root_look(w->shadow, r, &look));
        b = select_root(w, 1, 0);
        assert_int_equal(b, 0); /* as in the beginning */
        map_tables(w, b, 0, 100, true);
        a = select_root(w, 0, 0);
        for (unsigned i = 0; i < 20; i++) {
            map_tables(w, a, i * 5, i * 5 + 5, true);
            map_tables(w, b, 100 + i * 10, 100 + i * 10 + 10, true);
        }
        for (unsigned i = 0; i < TABLES_MAPPED; i++) {
            mapped[before][0][i] = maps(w, a, (va_t)i << 21);
            mapped[before][1][i] = maps(w, b, (va_t)i << 21);
        }
        assert_true(shadow_stats_get(w->shadow).evicted > 0);
        world_destroy(w);
    }
    assert_memory_equal(mapped[0], mapped[1], sizeof mapped[0]);
}

/* The CPU is told of every entry that changed. */
static void every_change_is_fenced(void **state)
{
    (void)state;
    struct world *w = world_create(&pt_sv39, &pt_sv39, FRAMES, false, 1);
    unsigned a = select_root(w, 0, 0);
    map(w, a, 0x5000, RAM, PAGE_SIZE);
    assert_true(w->fences == 1 && !w->last_fence_all && w->last_fence == 0x5000);
    struct shadow_leaf narrower = plain(RAM, PAGE_SIZE);
    narrower.w = false;
    assert_int_equal(shadow_map(w->shadow, a, 0x5000, &narrower), SHADOW_MAPPED);
    assert_int_equal(w->fences, 2);
    assert_int_not_equal(shadow_walk(w, &pt_sv39, a, 0x5000, PT_WRITE).result, PT_OK);
    shadow_drop(w->shadow, &(struct shadow_scope){.has_va = true, .va = 0x5000});
    assert_true(w->fences == 3 && w->last_fence == 0x5000);
    assert_int_equal(shadow_map(w->shadow, a, UINT64_C(1) << 38, &narrower), SHADOW_BEYOND);
    world_destroy(w);
}

/* A page that is only written is let go; walked again, it is traced again. */
static void much_written_pages_are_released(void **state)
{
    (void)state;
    struct world *w = world_create(&pt_sv39, &pt_sv39, FRAMES, true, 1);
    unsigned a = select_root(w, 0, 0);
    pa_t table = RAM + 7 * PAGE_SIZE;
    struct shadow_leaf leaf = plain(RAM + 9 * PAGE_SIZE, PAGE_SIZE);
    map(w, a, 0x200000, table, PAGE_SIZE); /* the table can be written here */
    assert_int_equal(shadow_walk(w, &pt_sv39, a, 0x200000, PT_WRITE).result, PT_OK);
    leaf.origin[0] = table;
    assert_int_equal(shadow_map(w->shadow, a, 0x3000, &leaf), SHADOW_MAPPED);
    assert_true(shadow_is_traced(w->shadow, table));
    assert_int_not_equal(shadow_walk(w, &pt_sv39, a, 0x200000, PT_WRITE).result, PT_OK);
    shadow_written(w->shadow, table + 8 * 4, 8); /* another entry */
    assert_true(maps(w, a, 0x3000));
    shadow_written(w->shadow, table + 8 * 3 + 7, 1);
    assert_false(maps(w, a, 0x3000));
    assert_true(shadow_is_traced(w->shadow, table));
    for (unsigned i = 0; i < 100; i++)
        shadow_written(w->shadow, table, 8);
    assert_false(shadow_is_traced(w->shadow, table));
    assert_int_equal(shadow_stats_get(w->shadow).released, 1);
    assert_int_equal(shadow_map(w->shadow, a, 0x3000, &leaf), SHADOW_MAPPED);
    assert_true(shadow_is_traced(w->shadow, table));
    for (unsigned i = 0; i < 100; i++) { /* in use: it stays */
        shadow_written(w->shadow, table + 8 * 3, 8);
        assert_int_equal(shadow_map(w->shadow, a, 0x3000, &leaf), SHADOW_MAPPED);
    }
    assert_int_equal(shadow_stats_get(w->shadow).released, 1);
    shadow_written(w->shadow, table - PAGE_SIZE, 3 * PAGE_SIZE); /* a copy over it, and more */
    assert_false(maps(w, a, 0x3000));
    check_marks(w);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trace_follows_writes),
        cmocka_unit_test(trace_survives_few_frames),
        cmocka_unit_test(flush_follows_fences),
        cmocka_unit_test(fences_take_what_they_name),
        cmocka_unit_test(fence_takes_the_whole_superpage),
        cmocka_unit_test(roots_are_recycled_by_use),
        cmocka_unit_test(frames_run_out),
        cmocka_unit_test(room_is_made_in_parts),
        cmocka_unit_test(room_is_not_made_at_home),
        cmocka_unit_test(room_is_made_anew_after_a_drop),
        cmocka_unit_test(every_change_is_fenced),
        cmocka_unit_test(much_written_pages_are_released),
    };
    return cmocka_run_group_tests_name("shadow", tests, NULL, NULL);
}
