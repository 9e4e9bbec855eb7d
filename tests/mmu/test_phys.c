/* test_phys.c - the map of ranges and its edges, accesses to RAM and devices, marks and their watchers. */
#include "mmu/phys.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- A device that remembers what it was asked */

struct probe {
    unsigned reads, writes;
    uint64_t offset, value;
    unsigned size;
    bool refuses;
};

static bool probe_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct probe *p = opaque;
    p->reads++;
    p->offset = offset;
    p->size = size;
    *value = UINT64_C(0xf1e2d3c4b5a69788);
    return !p->refuses;
}

static bool probe_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct probe *p = opaque;
    p->writes++;
    p->offset = offset;
    p->size = size;
    p->value = value;
    return !p->refuses;
}

static const struct phys_io probe_io = {.read = probe_read, .write = probe_write};

/* --- The space of most tests:
 *
 *   0x1000..0x10ff device   0x10000..0x13fff RAM 0   0x14000..0x17fff RAM 1   0xfff...f000.. device up to the very top
 *
 * RAM 0 is the block's third and following pages, RAM 1 its first four: neighbours in the space, apart in the block. */
enum { RAM0 = 0x10000, RAM1 = 0x14000, RAM_END = 0x18000, PART = 0x4000, RAM0_OFFSET = 0x8000, BLOCK = 0x10000 };
#define TOP UINT64_C(0xfffffffffffff000)

struct space {
    struct phys *phys;
    struct ram *ram;
    struct probe low, top;
};

static int space_setup(void **state)
{
    struct space *s = calloc(1, sizeof *s);
    *state = s;
    return ram_create(&s->ram, BLOCK) || phys_create(&s->phys) || phys_add_io(s->phys, "low", 0x1000, 0x100, &probe_io, &s->low) ||
           phys_add_ram(s->phys, "ram1", RAM1, PART, s->ram, 0) || phys_add_ram(s->phys, "ram0", RAM0, PART, s->ram, RAM0_OFFSET) ||
           phys_add_io(s->phys, "top", TOP, 0x1000, &probe_io, &s->top);
}

static int space_teardown(void **state)
{
    struct space *s = *state;
    phys_destroy(s->phys);
    ram_destroy(s->ram);
    free(s);
    return 0;
}

/* --- The map */

static void ranges_stand_in_order(void **state)
{
    struct space *s = *state;
    static const char *const names[] = {"low", "ram0", "ram1", "top"};
    assert_int_equal(phys_count(s->phys), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_string_equal(phys_range(s->phys, i)->name, names[i]);
}

static void find_at_every_edge(void **state)
{
    struct space *s = *state;
    static const struct {
        pa_t pa;
        const char *name;
    } cases[] = {
        {0, NULL},        {0xfff, NULL},   {0x1000, "low"},    {0x10ff, "low"},     {0x1100, NULL},
        {RAM0 - 1, NULL}, {RAM0, "ram0"},  {RAM1 - 1, "ram0"}, {RAM1, "ram1"},      {RAM_END - 1, "ram1"},
        {RAM_END, NULL},  {TOP - 1, NULL}, {TOP, "top"},       {UINT64_MAX, "top"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct phys_range *r = phys_find(s->phys, cases[i].pa);
        if (cases[i].name) {
            assert_non_null(r);
            assert_string_equal(r->name, cases[i].name);
        } else {
            assert_null(r);
        }
    }
}

static void find_among_many(void **state)
{
    (void)state;
    struct phys *p;
    assert_int_equal(phys_create(&p), 0);
    assert_null(phys_find(p, 0));
    struct probe probe = {0};
    for (unsigned i = 0; i < 100; i++) /* in a scrambled order: 37 and 100 have no common factor */
        assert_int_equal(phys_add_io(p, "io", (i * 37 % 100) * 0x100, 0x80, &probe_io, &probe), 0);
    assert_int_equal(phys_count(p), 100);
    for (pa_t pa = 0; pa < 100 * 0x100; pa += 0x20) {
        const struct phys_range *r = phys_find(p, pa);
        assert_true((r != NULL) == ((pa & 0x80) == 0));
        if (r)
            assert_int_equal(r->base, pa & ~UINT64_C(0xff));
    }
    phys_destroy(p);
}

static void bad_ranges_are_refused(void **state)
{
    struct space *s = *state;
    static const struct {
        pa_t base;
        uint64_t size;
        int expect;
    } cases[] = {
        {0x5000, 0, -EINVAL}, /* no bytes */
        {0, 0, -EINVAL},
        {TOP, 0x1001, -EINVAL},         /* wraps */
        {UINT64_MAX, 2, -EINVAL},       /* wraps */
        {0x1000, 0x100, -EEXIST},       /* the same */
        {0xff0, 0x11, -EEXIST},         /* last byte */
        {0x10ff, 1, -EEXIST},           /* inside */
        {0xf00, 0x1000, -EEXIST},       /* around */
        {RAM_END - 1, 0x1000, -EEXIST}, /* first byte */
        {0, UINT64_MAX, -EEXIST},       /* everything */
        {UINT64_MAX, 1, -EEXIST},       /* the very last byte is taken */
        {0xff0, 0x10, 0},               /* right before */
        {0x1100, 1, 0},                 /* right after */
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        if (phys_add_io(s->phys, "new", cases[i].base, cases[i].size, &probe_io, &s->low) != cases[i].expect)
            fail_msg("case %u", i);
    assert_int_equal(phys_count(s->phys), 6);
}

static void ram_ranges_are_pages_of_their_block(void **state)
{
    struct space *s = *state;
    assert_int_equal(phys_add_ram(s->phys, "r", 0x20800, 0x1000, s->ram, 0), -EINVAL);
    assert_int_equal(phys_add_ram(s->phys, "r", 0x20000, 0x1800, s->ram, 0), -EINVAL);
    assert_int_equal(phys_add_ram(s->phys, "r", 0x20000, 0x1000, s->ram, 0x800), -EINVAL);
    assert_int_equal(phys_add_ram(s->phys, "r", 0x20000, 0, s->ram, 0), -EINVAL);
    assert_int_equal(phys_add_ram(s->phys, "r", 0x20000, BLOCK + 0x1000, s->ram, 0), -EINVAL);
    assert_int_equal(phys_add_ram(s->phys, "r", 0x20000, 0x2000, s->ram, BLOCK - 0x1000), -EINVAL);
    assert_int_equal(phys_add_ram(s->phys, "r", 0x20000, 0x1000, s->ram, TOP), -EINVAL);
    assert_int_equal(phys_add_ram(s->phys, "r", RAM0, 0x1000, s->ram, 0), -EEXIST);
    assert_int_equal(phys_add_ram(s->phys, "r", 0x20000, 0x1000, s->ram, BLOCK - 0x1000), 0);
}

/* --- Accesses */

static void ram_words_of_every_size_and_alignment(void **state)
{
    struct space *s = *state;
    const uint64_t word = UINT64_C(0x8877665544332211);
    for (unsigned size = 1; size <= 8; size *= 2)
        for (pa_t pa = RAM0; pa < RAM0 + 16; pa++) {
            uint64_t expect = size == 8 ? word : word & ((UINT64_C(1) << (8 * size)) - 1), got = 0;
            uint8_t *host = phys_host(s->phys, RAM0, 32);
            memset(host, 0xee, 32);
            assert_true(phys_store(s->phys, pa, size, word));
            for (unsigned i = 0; i < 32; i++) /* little-endian, and nothing else changed */
                assert_int_equal(host[i], i >= pa - RAM0 && i < pa - RAM0 + size ? 0x11 * (i - (pa - RAM0) + 1) : 0xee);
            assert_true(phys_load(s->phys, pa, size, &got));
            assert_int_equal(got, expect);
        }
}

static void accesses_stay_in_their_range(void **state)
{
    struct space *s = *state;
    uint64_t v = 42;
    static const pa_t across[] = {RAM0 - 1, RAM1 - 7, RAM_END - 4, RAM_END, 0x5000, 0x10fc, UINT64_MAX - 6};
    for (unsigned i = 0; i < sizeof across / sizeof *across; i++) {
        assert_false(phys_load(s->phys, across[i], 8, &v));
        assert_false(phys_store(s->phys, across[i], 8, 1));
    }
    assert_int_equal(v, 42);
    assert_int_equal(s->low.reads + s->low.writes + s->top.reads + s->top.writes, 0);
    assert_true(phys_load(s->phys, RAM_END - 8, 8, &v));
    assert_int_equal(v, 0);
}

static void devices_see_offset_size_and_value(void **state)
{
    struct space *s = *state;
    for (unsigned size = 1; size <= 8; size *= 2) {
        uint64_t mask = size == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * size)) - 1, v;
        assert_true(phys_load(s->phys, 0x1000 + 3 * size, size, &v));
        assert_int_equal(v, UINT64_C(0xf1e2d3c4b5a69788) & mask);
        assert_int_equal(s->low.offset, 3 * size);
        assert_int_equal(s->low.size, size);
        assert_true(phys_store(s->phys, TOP + 0x1000 - size, size, UINT64_C(0xa1b2c3d4e5f60718)));
        assert_int_equal(s->top.value, UINT64_C(0xa1b2c3d4e5f60718) & mask);
        assert_int_equal(s->top.offset, 0x1000 - size);
        assert_int_equal(s->top.size, size);
    }
    assert_int_equal(s->low.reads, 4);
    assert_int_equal(s->top.writes, 4);
}

static void devices_want_natural_alignment_and_may_refuse(void **state)
{
    struct space *s = *state;
    uint64_t v = 42;
    for (unsigned size = 2; size <= 8; size *= 2)
        for (unsigned off = 1; off < size; off++) {
            assert_false(phys_load(s->phys, 0x1010 + off, size, &v));
            assert_false(phys_store(s->phys, 0x1010 + off, size, 0));
        }
    assert_int_equal(s->low.reads + s->low.writes, 0);
    s->low.refuses = true;
    assert_false(phys_load(s->phys, 0x1010, 4, &v));
    assert_false(phys_store(s->phys, 0x1010, 4, 0));
    assert_int_equal(v, 42);
    assert_int_equal(s->low.reads + s->low.writes, 2);
}

static void host_pointers_are_for_ram_of_one_range(void **state)
{
    struct space *s = *state;
    assert_ptr_equal(phys_host(s->phys, RAM0, PART), ram_host(s->ram) + RAM0_OFFSET);
    assert_ptr_equal(phys_host(s->phys, RAM1 + 5, PART - 5), ram_host(s->ram) + 5);
    assert_null(phys_host(s->phys, RAM0, PART + 1));
    assert_null(phys_host(s->phys, RAM0 - 1, 2));
    assert_null(phys_host(s->phys, RAM0 + 1, SIZE_MAX));
    assert_null(phys_host(s->phys, 0x1000, 4));
    assert_null(phys_host(s->phys, 0x5000, 4));
}

static void copies_cross_ranges_or_do_nothing(void **state)
{
    struct space *s = *state;
    uint8_t out[2 * PART], in[2 * PART + 1];
    for (unsigned i = 0; i < sizeof out; i++)
        out[i] = (uint8_t)(i * 7 + i / 256);
    assert_int_equal(phys_write(s->phys, RAM0, out, sizeof out), 0);
    assert_memory_equal(ram_host(s->ram) + RAM0_OFFSET, out, PART);
    assert_memory_equal(ram_host(s->ram), out + PART, PART);
    assert_int_equal(phys_read(s->phys, RAM0, in, sizeof out), 0);
    assert_memory_equal(in, out, sizeof out);

    uint8_t zeros[2 * PART + 1] = {0};
    assert_int_equal(phys_write(s->phys, RAM0, zeros, sizeof zeros), -EFAULT);
    assert_int_equal(phys_write(s->phys, RAM0 - 1, zeros, 2), -EFAULT);
    assert_int_equal(phys_write(s->phys, 0x1000, zeros, 4), -EFAULT);
    assert_memory_equal(ram_host(s->ram) + RAM0_OFFSET, out, PART);
    in[0] = 0x77;
    assert_int_equal(phys_read(s->phys, RAM0, in, sizeof in), -EFAULT);
    assert_int_equal(in[0], 0x77);
    assert_int_equal(phys_read(s->phys, 0x5000, in, 0), 0); /* no byte, none that is not RAM */
}

static void copies_do_not_wrap(void **state)
{
    struct space *s = *state;
    struct phys *p;
    uint8_t bytes[16] = {0};
    assert_int_equal(phys_create(&p), 0);
    assert_int_equal(phys_add_ram(p, "bottom", 0, PAGE_SIZE, s->ram, 0), 0);
    assert_int_equal(phys_add_ram(p, "top", TOP, PAGE_SIZE, s->ram, PAGE_SIZE), 0);
    assert_int_equal(phys_write(p, UINT64_MAX - 7, bytes, 8), 0);
    assert_int_equal(phys_write(p, UINT64_MAX - 7, bytes, 9), -EFAULT);
    assert_int_equal(phys_read(p, UINT64_MAX - 7, bytes, 9), -EFAULT);
    phys_destroy(p);
}

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
    phys_reserve(s->phys, &a, RAM0 + 0x105);
    assert_int_equal(phys_reserved(&a), RAM0 + 0x100);
    phys_reserve(s->phys, &b, RAM0 + 0x100);
    phys_reserve(s->phys, &c, RAM0 + 0x108);
    assert_int_equal(phys_write(s->phys, RAM0 + 0xf8, &word, 8), 0);
    assert_true(phys_reserved(&a) == RAM0 + 0x100 && phys_reserved(&b) == RAM0 + 0x100 && phys_reserved(&c) == RAM0 + 0x108);
    assert_true(phys_store(s->phys, RAM0 + 0x107, 1, 0));
    assert_true(phys_reserved(&a) == UINT64_MAX && phys_reserved(&b) == UINT64_MAX && phys_reserved(&c) == RAM0 + 0x108);
    phys_reserve(s->phys, &a, RAM0 + 0x108);
    phys_reserve(s->phys, &c, RAM0 + 0x200); /* it moves */
    phys_written(s->phys, RAM0, PAGE_SIZE / 16 + 9);
    assert_true(phys_reserved(&a) == UINT64_MAX && phys_reserved(&c) == RAM0 + 0x200);
    phys_reserve(s->phys, &b, RAM0 + 0x300);
    phys_reserve(s->phys, &c, UINT64_MAX);
    assert_true(phys_reserved(&b) == RAM0 + 0x300 && phys_reserved(&c) == UINT64_MAX);
    ram_clear(s->ram, RAM0_OFFSET, PAGE_SIZE);
    assert_int_equal(phys_reserved(&b), UINT64_MAX);
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

#define IN_SPACE(test) cmocka_unit_test_setup_teardown(test, space_setup, space_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SPACE(ranges_stand_in_order),
        IN_SPACE(find_at_every_edge),
        cmocka_unit_test(find_among_many),
        IN_SPACE(bad_ranges_are_refused),
        IN_SPACE(ram_ranges_are_pages_of_their_block),
        IN_SPACE(ram_words_of_every_size_and_alignment),
        IN_SPACE(accesses_stay_in_their_range),
        IN_SPACE(devices_see_offset_size_and_value),
        IN_SPACE(devices_want_natural_alignment_and_may_refuse),
        IN_SPACE(host_pointers_are_for_ram_of_one_range),
        IN_SPACE(copies_cross_ranges_or_do_nothing),
        IN_SPACE(copies_do_not_wrap),
        IN_SPACE(a_write_ends_a_reservation),
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
