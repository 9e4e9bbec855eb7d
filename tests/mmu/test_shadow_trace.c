/* test_shadow_trace.c - a traced shadow, case by case: what a write to a table takes, and that no leaf of a page is forgotten. */
#include "tests/mmu/shadow_rig.h"

enum { TABLE = 7, PAGE = 9 };
static const pa_t table = RAM + (pa_t)TABLE * PAGE_SIZE;

static bool may_write(struct world *w, unsigned root, va_t va) { return shadow_walk(w, &pt_sv39, root, va, PT_WRITE).result == PT_OK; }

/* Maps va by its entry of `table`, which so is traced. */
static void map_traced(struct world *w, unsigned root, va_t va)
{
    struct shadow_leaf leaf = plain(RAM + (pa_t)PAGE * PAGE_SIZE, PAGE_SIZE);
    leaf.origin[0] = table;
    assert_int_equal(shadow_map(w->shadow, root, va, &leaf), SHADOW_MAPPED);
    assert_true(maps(w, root, va) && shadow_is_traced(w->shadow, table));
}

/* A write takes the entries that it touches, the first and the last of them, too, and no others. */
static void writes_take_what_they_touch(void **state)
{
    (void)state;
    for (unsigned offset = 0; offset < 5 * 8; offset++)
        for (unsigned length = 1; length <= 4 * 8; length++) {
            struct world *w = world_create(&pt_sv39, &pt_sv39, FRAMES, true, 1);
            unsigned a = select_root(w, 0, 0);
            for (unsigned i = 0; i < 10; i++)
                map_traced(w, a, (va_t)i * PAGE_SIZE);
            shadow_written(w->shadow, table + offset, length);
            for (unsigned i = 0; i < 10; i++)
                assert_int_equal(maps(w, a, (va_t)i * PAGE_SIZE), i < offset / 8 || i > (offset + length - 1) / 8);
            check_frames(w, &pt_sv39);
            world_destroy(w);
        }
}

/* A page mapped at four addresses, of which two go, in any order; when it becomes a table none of the others may be written through. */
static void no_leaf_is_forgotten(void **state)
{
    enum { LEAVES = 4 };
    (void)state;
    for (unsigned first = 0; first < LEAVES; first++)
        for (unsigned second = 0; second < LEAVES; second++) {
            struct world *w = world_create(&pt_sv39, &pt_sv39, FRAMES, true, 1);
            unsigned a = select_root(w, 0, 0);
            for (unsigned i = 0; i < LEAVES; i++)
                map(w, a, (va_t)i * PAGE_SIZE, table, PAGE_SIZE);
            shadow_drop(w->shadow, &(struct shadow_scope){.has_va = true, .va = (va_t)first * PAGE_SIZE});
            shadow_drop(w->shadow, &(struct shadow_scope){.has_va = true, .va = (va_t)second * PAGE_SIZE});
            for (unsigned i = 0; i < LEAVES; i++)
                assert_int_equal(may_write(w, a, (va_t)i * PAGE_SIZE), i != first && i != second);
            map_traced(w, a, UINT64_C(1) << 21);
            for (unsigned i = 0; i < LEAVES; i++)
                assert_false(may_write(w, a, (va_t)i * PAGE_SIZE));
            check_marks(w);
            world_destroy(w);
        }
}

/* --- Loosely */

static unsigned loosened(const struct world *w) { return (unsigned)shadow_stats_get(w->shadow).loosened; }

/* The first write takes what it touches; from then on the table is written freely, and what came from it is a TLB. */
static void a_written_table_is_loose_until_a_fence(void **state)
{
    (void)state;
    struct world *w = world_create_as(&pt_sv39, &pt_sv39, FRAMES, true, true, 1);
    unsigned a = select_root(w, 0, 0);
    for (unsigned i = 0; i < 4; i++)
        map_traced(w, a, (va_t)i * PAGE_SIZE);
    shadow_sync(w->shadow, &(struct shadow_scope){0});
    assert_true(maps(w, a, 0) && maps(w, a, 3 * PAGE_SIZE)); /* nobody wrote it */
    shadow_written(w->shadow, table + 8, 8);
    assert_true(!maps(w, a, PAGE_SIZE) && maps(w, a, 0));
    assert_true(!shadow_is_traced(w->shadow, table) && !w->marked[TABLE] && loosened(w) == 1);
    map(w, a, UINT64_C(2) << 21, table, PAGE_SIZE);
    assert_true(may_write(w, a, UINT64_C(2) << 21));
    shadow_sync(w->shadow, &(struct shadow_scope){.has_va = true, .va = 2 * PAGE_SIZE});
    assert_true(!maps(w, a, 2 * PAGE_SIZE) && maps(w, a, 0) && maps(w, a, 3 * PAGE_SIZE));
    assert_true(may_write(w, a, UINT64_C(2) << 21)); /* it did not come from a table that is loose */
    shadow_sync(w->shadow, &(struct shadow_scope){.has_va = true, .va = UINT64_C(2) << 21});
    assert_true(may_write(w, a, UINT64_C(2) << 21));
    shadow_sync(w->shadow, &(struct shadow_scope){0});
    assert_true(!maps(w, a, 0) && !maps(w, a, 3 * PAGE_SIZE) && !may_write(w, a, UINT64_C(2) << 21));
    assert_true(shadow_is_traced(w->shadow, table) && w->marked[TABLE]);
    check_marks(w);
    check_frames(w, &pt_sv39);
    world_destroy(w);
}

/* A table of tables is traced whatever is written to it; and a loose table that becomes one is traced from then on. */
static void tables_of_tables_are_not_loose(void **state)
{
    (void)state;
    struct world *w = world_create_as(&pt_sv39, &pt_sv39, FRAMES, true, true, 1);
    unsigned a = select_root(w, 0, 0);
    struct shadow_leaf leaf = plain(RAM + (pa_t)PAGE * PAGE_SIZE, PAGE_SIZE);
    map_traced(w, a, 0);
    shadow_written(w->shadow, table + 8 * 100, 8);
    assert_false(shadow_is_traced(w->shadow, table));
    leaf.origin[1] = table;
    assert_int_equal(shadow_map(w->shadow, a, UINT64_C(1) << 30, &leaf), SHADOW_MAPPED);
    assert_true(shadow_is_traced(w->shadow, table) && !maps(w, a, 0) && maps(w, a, UINT64_C(1) << 30));
    shadow_written(w->shadow, table + 8 * 100, 8);
    assert_true(shadow_is_traced(w->shadow, table) && maps(w, a, UINT64_C(1) << 30) && loosened(w) == 1);
    shadow_written(w->shadow, table, 8);
    assert_false(maps(w, a, UINT64_C(1) << 30));
    check_marks(w);
    world_destroy(w);
}

/* What a fence for all of it finds loose, it empties, also when some of that went away or became traced in the meantime. */
static void the_list_of_loose_tables_survives_changes(void **state)
{
    (void)state;
    struct world *w = world_create_as(&pt_sv39, &pt_sv39, FRAMES, true, true, 1);
    unsigned a = select_root(w, 0, 0);
    for (unsigned i = 0; i < 6; i++) {
        struct shadow_leaf leaf = plain(RAM + (pa_t)PAGE * PAGE_SIZE, PAGE_SIZE);
        leaf.origin[0] = RAM + (pa_t)(10 + i) * PAGE_SIZE;
        assert_int_equal(shadow_map(w->shadow, a, (va_t)i << 21, &leaf), SHADOW_MAPPED);
        shadow_written(w->shadow, leaf.origin[0] + 8 * 100, 8);
    }
    assert_int_equal(loosened(w), 6);
    shadow_drop_all(w->shadow);
    a = select_root(w, 0, 0);
    for (unsigned i = 2; i < 4; i++) { /* listed already */
        struct shadow_leaf leaf = plain(RAM + (pa_t)PAGE * PAGE_SIZE, PAGE_SIZE);
        leaf.origin[0] = RAM + (pa_t)(10 + i) * PAGE_SIZE;
        assert_int_equal(shadow_map(w->shadow, a, (va_t)i << 21, &leaf), SHADOW_MAPPED);
        if (i == 3)
            shadow_written(w->shadow, leaf.origin[0] + 8 * 100, 8);
    }
    shadow_sync(w->shadow, &(struct shadow_scope){0});
    assert_true(maps(w, a, UINT64_C(2) << 21) && !maps(w, a, UINT64_C(3) << 21));
    check_marks(w);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_take_what_they_touch),
        cmocka_unit_test(no_leaf_is_forgotten),
        cmocka_unit_test(a_written_table_is_loose_until_a_fence),
        cmocka_unit_test(tables_of_tables_are_not_loose),
        cmocka_unit_test(the_list_of_loose_tables_survives_changes),
    };
    return cmocka_run_group_tests_name("shadow_trace", tests, NULL, NULL);
}
