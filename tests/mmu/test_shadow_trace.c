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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_take_what_they_touch),
        cmocka_unit_test(no_leaf_is_forgotten),
    };
    return cmocka_run_group_tests_name("shadow_trace", tests, NULL, NULL);
}
