/* test_phys.c - the map of ranges and its edges, accesses to RAM and devices. */
#include "tests/mmu/space.h"

#include <errno.h>
#include <string.h>

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
