/* Shadow tables on their own: an owner with random page tables asks for leaves as his CPU would miss them, and a walk of the shadow
 * must then grant what a walk of his own tables grants, never more, however he changes them. */
#include "tests/mmu/shadow_rig.h"

static uint64_t next(struct world *w)
{
    uint64_t z = (w->seed += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static uint64_t below(struct world *w, uint64_t n) { return next(w) % n; }

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

static struct pt_walk original_walk(struct world *w, unsigned space, unsigned situation, va_t va, enum pt_kind kind, bool update_ad)
{
    const struct pt_access access = situation_access(situation, kind, update_ad);
    struct pt_walk walk;
    pt_walk(w->format, space_root(space), va, &access, read_pte, w, &walk);
    if (walk.result == PT_OK && (walk.pa < RAM || walk.pa >= SHADOW_AT))
        walk.result = PT_ACCESS_FAULT; /* nothing is there */
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
        if (!shadow_config_get(w->shadow)->loosely) /* else only a fence takes it */
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
        unsigned space = (unsigned)below(w, SPACES), situation = (unsigned)below(w, w->situations);
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

/* --- Tests */

static void random_accesses(struct world *w, const struct pt_format *format, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        access_once(w, format, (unsigned)below(w, SPACES), (unsigned)below(w, w->situations), random_va(w), kinds[below(w, 3)]);
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

/* Three levels of tables, each in its place: of the spaces, of tables, and of leaves. */
static void ordered_write(struct world *w)
{
    const unsigned middle = SPACES + (TABLES - SPACES) / 2, table = (unsigned)below(w, TABLES);
    const pa_t pa = RAM + (pa_t)table * PAGE_SIZE + index_of((unsigned)below(w, INDEXES)) * 8;
    if (table >= middle)
        *pte_at(w, pa) = below(w, 4) ? pt_sv39.table(RAM + below(w, PAGES) * PAGE_SIZE) | SV_R | (next(w) & (SV_W | SV_U | SV_X)) : 0;
    else if (table >= SPACES)
        *pte_at(w, pa) = pt_sv39.table(RAM + (middle + below(w, TABLES - middle)) * PAGE_SIZE);
    else
        *pte_at(w, pa) = pt_sv39.table(RAM + (SPACES + below(w, middle - SPACES)) * PAGE_SIZE);
    if (w->marked[table])
        shadow_written(w->shadow, pa, 8);
}

/* Traced loosely: between fences it may grant what the tables granted before, after a fence for all nothing but what they grant now. The
 * fence leaves what came from tables that nobody wrote. */
static uint64_t loose_run(const struct pt_format *format, const struct pt_format *original, unsigned frames, uint64_t seed)
{
    struct world *w = world_create_as(format, original, frames, true, true, seed);
    uint64_t kept = 0;
    w->situations = ROOTS / SPACES; /* each keeps its root */
    for (unsigned i = 0; i < 20 * TABLES; i++)
        ordered_write(w);
    for (unsigned round = 0; round < 60; round++) {
        random_accesses(w, format, 60);
        for (unsigned i = 0; i < 30; i++) {
            ordered_write(w);
            random_accesses(w, format, 10);
            check_marks(w);
        }
        shadow_sync(w->shadow, &(struct shadow_scope){.has_asid = round % 2, .asid = 10});
        kept += shadow_stats_get(w->shadow).frames_used > 0;
        check_sound(w, format);
        check_marks(w);
    }
    check_frames(w, format);
    assert_true(kept > 30);
    const uint64_t loosened = shadow_stats_get(w->shadow).loosened;
    shadow_drop_all(w->shadow);
    assert_int_equal(shadow_stats_get(w->shadow).traced, 0);
    check_marks(w);
    world_destroy(w);
    return loosened;
}

static void loose_tracing_follows_fences(void **state)
{
    uint64_t loosened = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        loosened += loose_run(&pt_sv39, &pt_sv39, FRAMES, seed);
        loosened += loose_run(&pt_sv48, &pt_sv39, FRAMES, seed);
        loosened += loose_run(&pt_sv39, &pt_sv39, ROOTS + SHADOW_FRAMES_MIN, seed);
    }
    assert_true(loosened > 36 * 60);
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

/* The table that was mapped into last is remembered: it serves its own addresses, and none that differ from them in a bit further up. */
static void near_tables_are_not_taken_for_others(void **state)
{
    (void)state;
    struct world *w = world_create(&pt_sv48, &pt_sv48, FRAMES, false, 1);
    unsigned a = select_root(w, 0, 0);
    for (unsigned bit = PAGE_SHIFT + 9; bit < 48; bit++) {
        const va_t near = 0x5000, far = (va_t)sign_extend((UINT64_C(1) << bit) | 0x6000, 48);
        const struct shadow_leaf leaf = plain(RAM, PAGE_SIZE), other = plain(RAM + PAGE_SIZE, PAGE_SIZE);
        assert_int_equal(shadow_map(w->shadow, a, near, &leaf), SHADOW_MAPPED);
        assert_int_equal(shadow_map(w->shadow, a, far, &other), SHADOW_MAPPED);
        assert_int_equal(shadow_walk(w, &pt_sv48, a, near, PT_READ).pa, RAM);
        assert_int_equal(shadow_walk(w, &pt_sv48, a, far, PT_READ).pa, RAM + PAGE_SIZE);
        assert_int_not_equal(shadow_walk(w, &pt_sv48, a, near + PAGE_SIZE, PT_READ).result, PT_OK);
        shadow_drop(w->shadow, &(struct shadow_scope){0});
    }
    world_destroy(w);
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
        cmocka_unit_test(loose_tracing_follows_fences),
        cmocka_unit_test(fences_take_what_they_name),
        cmocka_unit_test(fence_takes_the_whole_superpage),
        cmocka_unit_test(near_tables_are_not_taken_for_others),
        cmocka_unit_test(every_change_is_fenced),
        cmocka_unit_test(much_written_pages_are_released),
    };
    return cmocka_run_group_tests_name("shadow", tests, NULL, NULL);
}
