/* test_shadow_room.c - which root a key gets, and what goes when the frames of a shadow run out. */
#include "tests/mmu/shadow_rig.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_recycled_by_use),      cmocka_unit_test(frames_run_out),
        cmocka_unit_test(room_is_made_in_parts),          cmocka_unit_test(room_is_not_made_at_home),
        cmocka_unit_test(room_is_made_anew_after_a_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
