/* test_marks.c - who wants to know of writes to RAM hears of them: marks, watchers, reservations; and the cost of blocks. */
#include "tests/mmu/space.h"

#include <errno.h>
#include <string.h>

/* --- Marks */

struct diary {
    struct ram_watcher watcher; /* first */
    unsigned written, marked;
    uint64_t offset[8];
    size_t length[8];
    uint64_t keeps; /* page it depends on */
    struct ram *unmarks;
};

static void diary_written(struct ram_watcher *w, uint64_t offset, size_t length)
{
    struct diary *d = (struct diary *)w;
    d->offset[d->written % 8] = offset;
    d->length[d->written++ % 8] = length;
    if (d->unmarks)
        ram_unmark(d->unmarks, offset);
}

static void diary_marked(struct ram_watcher *w, uint64_t offset)
{
    struct diary *d = (struct diary *)w;
    d->marked++;
    d->offset[0] = offset;
}

static bool diary_depends(const struct ram_watcher *w, uint64_t offset) { return ((const struct diary *)w)->keeps == offset; }

#define DIARY                                                                                                                         \
    {                                                                                                                                 \
        .watcher = {.written = diary_written, .marked = diary_marked, .depends = diary_depends}, .keeps = UINT64_MAX                  \
    }

static void marks_are_announced_once(void **state)
{
    struct space *s = *state;
    struct diary a = DIARY, b = DIARY;
    ram_watch(s->ram, &a.watcher);
    ram_watch(s->ram, &b.watcher);
    assert_false(ram_is_marked(s->ram, 0x2abc));
    ram_mark(s->ram, 0x2abc);
    ram_mark(s->ram, 0x2000);
    assert_true(ram_is_marked(s->ram, 0x2fff));
    assert_false(ram_is_marked(s->ram, 0x1fff));
    assert_false(ram_is_marked(s->ram, 0x3000));
    assert_int_equal(a.marked, 1);
    assert_int_equal(b.marked, 1);
    assert_int_equal(a.offset[0], 0x2000);
    ram_unmark(s->ram, 0x2001);
    assert_false(ram_is_marked(s->ram, 0x2000));
    ram_unwatch(s->ram, &a.watcher);
    ram_mark(s->ram, 0x2000);
    assert_int_equal(a.marked, 1);
    assert_int_equal(b.marked, 2);
    ram_unwatch(s->ram, &b.watcher);
}

/* --- Reservations */

static void a_write_ends_a_reservation(void **state)
{
    struct space *s = *state;
    struct ram_reservation a = {0}, b = {0}, c = {0};
    uint64_t word = 0;
    phys_reserve(s->phys, &a, RAM0 + 0x105, false);
    assert_int_equal(phys_reserved(&a), RAM0 + 0x100);
    phys_reserve(s->phys, &b, RAM0 + 0x100, false);
    phys_reserve(s->phys, &c, RAM0 + 0x108, false);
    assert_int_equal(phys_write(s->phys, RAM0 + 0xf8, &word, 8), 0);
    assert_true(phys_reserved(&a) == RAM0 + 0x100 && phys_reserved(&b) == RAM0 + 0x100 && phys_reserved(&c) == RAM0 + 0x108);
    assert_true(phys_store(s->phys, RAM0 + 0x107, 1, 0));
    assert_true(phys_reserved(&a) == UINT64_MAX && phys_reserved(&b) == UINT64_MAX && phys_reserved(&c) == RAM0 + 0x108);
    phys_reserve(s->phys, &a, RAM0 + 0x108, false);
    phys_reserve(s->phys, &c, RAM0 + 0x200, false); /* it moves */
    phys_written(s->phys, RAM0, PAGE_SIZE / 16 + 9);
    assert_true(phys_reserved(&a) == UINT64_MAX && phys_reserved(&c) == RAM0 + 0x200);
    phys_reserve(s->phys, &b, RAM0 + 0x300, false);
    phys_reserve(s->phys, &c, UINT64_MAX, false);
    assert_true(phys_reserved(&b) == RAM0 + 0x300 && phys_reserved(&c) == UINT64_MAX);
    ram_clear(s->ram, RAM0_OFFSET, PAGE_SIZE);
    assert_int_equal(phys_reserved(&b), UINT64_MAX);
}

/* Where others write without a word, its page is marked for as long as it stands, whoever else needs the mark. */
static void a_reservation_marks_its_page(void **state)
{
    struct space *s = *state;
    struct ram_reservation a = {0}, b = {0};
    const uint64_t page = RAM0_OFFSET;

    assert_false(phys_is_shared(s->phys));
    phys_join(s->phys);
    assert_false(phys_is_shared(s->phys));
    phys_join(s->phys);
    assert_true(phys_is_shared(s->phys));
    phys_leave(s->phys);
    assert_false(phys_is_shared(s->phys));

    phys_reserve(s->phys, &a, RAM0 + 0x100, true);
    phys_reserve(s->phys, &b, RAM0 + 0x200, true);
    assert_true(ram_is_marked(s->ram, page));
    ram_unmark(s->ram, page); /* somebody else's mark was there, too */
    assert_true(ram_is_marked(s->ram, page));
    phys_reserve(s->phys, &a, UINT64_MAX, true);
    assert_true(ram_is_marked(s->ram, page));
    assert_true(phys_store(s->phys, RAM0 + 0x208, 8, 1)); /* beside it */
    assert_true(phys_reserved(&b) == RAM0 + 0x200 && ram_is_marked(s->ram, page));
    assert_true(phys_store(s->phys, RAM0 + 0x207, 1, 1));
    assert_true(phys_reserved(&b) == UINT64_MAX && !ram_is_marked(s->ram, page));
    phys_reserve(s->phys, &a, RAM0 + 0x100, false);
    assert_false(ram_is_marked(s->ram, page));
    phys_reserve(s->phys, &a, UINT64_MAX, false);
}

/* Expects that exactly this was announced since the last call. */
static void expect_written(struct diary *d, unsigned times, uint64_t offset, size_t length)
{
    assert_int_equal(d->written, times);
    if (times) {
        assert_int_equal(d->offset[times - 1], offset);
        assert_int_equal(d->length[times - 1], length);
    }
    d->written = 0;
}

static void writes_to_marked_pages_are_announced(void **state)
{
    struct space *s = *state;
    struct diary d = DIARY;
    static const uint8_t bytes[0x3000];
    ram_watch(s->ram, &d.watcher);
    assert_true(phys_store(s->phys, RAM1 + 0x1000, 8, 1));
    expect_written(&d, 0, 0, 0); /* no mark, no news */
    ram_mark(s->ram, 0x1000);
    ram_mark(s->ram, RAM0_OFFSET);
    assert_true(phys_store(s->phys, RAM1 + 0x1010, 4, 1));
    expect_written(&d, 1, 0x1010, 4);
    assert_true(phys_store(s->phys, RAM1 + 0xffe, 4, 1)); /* half in the page before */
    expect_written(&d, 1, 0x1000, 2);
    assert_true(phys_store(s->phys, RAM1 + 0xffc, 4, 1));
    assert_true(phys_store(s->phys, RAM1 + 0x2000, 8, 1));
    expect_written(&d, 0, 0, 0);
    assert_int_equal(phys_write(s->phys, RAM1 + 0x800, bytes, 0x3000), 0); /* the page in the middle */
    expect_written(&d, 1, 0x1000, 0x1000);
    assert_int_equal(phys_write(s->phys, RAM1 + 0x1ff0, bytes, 1), 0);
    expect_written(&d, 1, 0x1ff0, 1);
    phys_written(s->phys, RAM1 - 0x4000, 0x5010); /* RAM 0 whole, which is marked in its first page; and on into RAM 1's second */
    assert_int_equal(d.offset[0], RAM0_OFFSET);
    assert_int_equal(d.length[0], 0x1000);
    expect_written(&d, 2, 0x1000, 0x10);
    uint64_t v;
    assert_true(phys_load(s->phys, RAM1 + 0x1000, 8, &v));
    assert_int_equal(phys_write(s->phys, RAM1 + 0x1000, bytes, 0), 0);
    expect_written(&d, 0, 0, 0); /* reading is no news, nor is writing nothing */
    ram_unwatch(s->ram, &d.watcher);
}

static void a_watcher_may_unmark_what_it_hears_of(void **state)
{
    struct space *s = *state;
    struct diary a = DIARY, b = DIARY;
    a.unmarks = s->ram;
    ram_watch(s->ram, &b.watcher);
    ram_watch(s->ram, &a.watcher);
    ram_mark(s->ram, 0x1000);
    ram_mark(s->ram, 0x2000);
    ram_written(s->ram, 0x1800, 0x1000);
    expect_written(&a, 2, 0x2000, 0x800);
    expect_written(&b, 2, 0x2000, 0x800); /* told all the same */
    ram_written(s->ram, 0x1800, 0x1000);
    expect_written(&a, 0, 0, 0);
    ram_unwatch(s->ram, &a.watcher);
    ram_unwatch(s->ram, &b.watcher);
}

static void a_mark_stays_while_anyone_depends_on_it(void **state)
{
    struct space *s = *state;
    struct diary a = DIARY, b = DIARY;
    ram_watch(s->ram, &a.watcher);
    ram_watch(s->ram, &b.watcher);
    b.keeps = 0x1000;
    ram_mark(s->ram, 0x1000);
    ram_mark(s->ram, 0x2000);
    ram_unmark(s->ram, 0x1234); /* a has finished with it */
    ram_unmark(s->ram, 0x2234);
    assert_true(ram_is_marked(s->ram, 0x1000));
    assert_false(ram_is_marked(s->ram, 0x2000));
    ram_written(s->ram, 0x1004, 4);
    expect_written(&b, 1, 0x1004, 4);
    b.keeps = UINT64_MAX;
    ram_unmark(s->ram, 0x1000);
    assert_false(ram_is_marked(s->ram, 0x1000));
    ram_unwatch(s->ram, &a.watcher);
    ram_unwatch(s->ram, &b.watcher);
}

/* --- Blocks */

static void blocks_cost_what_is_touched(void **state)
{
    (void)state;
    struct ram *ram;
    const uint64_t size = UINT64_C(16) << 30;
    assert_int_equal(ram_create(&ram, size), 0);
    assert_int_equal(ram_size(ram), size);
    assert_int_equal(ram_resident(ram), 0);
    ram_host(ram)[size - 1] = 1;
    ram_host(ram)[size / 2] = 1;
    assert_in_range(ram_resident(ram), 2 * PAGE_SIZE, UINT64_C(64) << 20); /* the host may use large pages */
    ram_mark(ram, size - 1);
    assert_true(ram_is_marked(ram, size - PAGE_SIZE));
    ram_destroy(ram);
    ram_destroy(NULL);
}

static void block_sizes(void **state)
{
    (void)state;
    struct ram *ram = NULL;
    assert_int_equal(ram_create(&ram, 0), -EINVAL);
    assert_int_equal(ram_create(&ram, UINT64_MAX), -EINVAL);
    assert_int_equal(ram_create(&ram, INT64_MAX - PAGE_SIZE), -ENOMEM); /* no host has that */
    assert_null(ram);
    assert_int_equal(ram_create(&ram, 1), 0);
    assert_int_equal(ram_size(ram), PAGE_SIZE);
    ram_destroy(ram);
}

static void errors_are_sentences(void **state)
{
    (void)state;
    struct error e;
    memset(&e, 'x', sizeof e);
    assert_int_equal(error_set(&e, EINVAL, "%s: %d bytes", "disk.img", 7), -EINVAL);
    assert_string_equal(e.text, "disk.img: 7 bytes");
    char long_name[2000];
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    assert_int_equal(error_set(&e, ENOENT, "%s", long_name), -ENOENT);
    assert_int_equal(strlen(e.text), sizeof e.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SPACE(a_write_ends_a_reservation),
        IN_SPACE(a_reservation_marks_its_page),
        IN_SPACE(marks_are_announced_once),
        IN_SPACE(writes_to_marked_pages_are_announced),
        IN_SPACE(a_watcher_may_unmark_what_it_hears_of),
        IN_SPACE(a_mark_stays_while_anyone_depends_on_it),
        cmocka_unit_test(blocks_cost_what_is_touched),
        cmocka_unit_test(block_sizes),
        cmocka_unit_test(errors_are_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
