/* test_overlay.c - what lies over RAM: devices and ROM, seen from every side, put there and taken away in any order. */
#include "tests/mmu/space.h"

#include <errno.h>
#include <string.h>

enum { SIZE = 0x10000 };

struct under {
    struct ram *ram;
    struct phys *phys;
    struct probe probe;
};

static int setup(void **state)
{
    struct under *u = calloc(1, sizeof *u);
    *state = u;
    return ram_create(&u->ram, 2 * SIZE) || phys_create(&u->phys) || phys_add_ram(u->phys, "ram", 0, SIZE, u->ram, SIZE);
}

static int teardown(void **state)
{
    struct under *u = *state;
    phys_destroy(u->phys);
    ram_destroy(u->ram);
    free(u);
    return 0;
}

static void expect(const struct phys *p, unsigned n, pa_t base, uint64_t size, const char *name)
{
    const struct phys_range *r = phys_range(p, n);
    assert_int_equal(r->base, base);
    assert_int_equal(r->size, size);
    assert_string_equal(r->name, name);
}

static void a_device_cuts_ram_in_pieces(void **state)
{
    struct under *u = *state;
    uint8_t bytes[4] = {1, 2, 3, 4};
    assert_int_equal(phys_add_io_over(u->phys, "io", 0x4000, 0x2000, &probe_io, &u->probe), 0);
    assert_int_equal(phys_count(u->phys), 3);
    expect(u->phys, 0, 0, 0x4000, "ram");
    expect(u->phys, 1, 0x4000, 0x2000, "io");
    expect(u->phys, 2, 0x6000, SIZE - 0x6000, "ram");
    assert_ptr_equal(phys_host(u->phys, 0x6000, 1), ram_host(u->ram) + SIZE + 0x6000);
    assert_int_equal(phys_range(u->phys, 2)->ram_offset, SIZE + 0x6000);
    assert_null(phys_host(u->phys, 0x4000, 1));
    assert_null(phys_host(u->phys, 0x3ffe, 4)); /* of which one half is the device's */
    assert_int_equal(phys_write(u->phys, 0x3ffe, bytes, 4), -EFAULT);
    assert_true(phys_store(u->phys, 0x4008, 4, 0x1234));
    assert_int_equal(u->probe.offset, 8);
    assert_ptr_equal(phys_main_ram(u->phys), phys_range(u->phys, 2));
}

static void at_both_ends_and_over_all(void **state)
{
    struct under *u = *state;
    assert_int_equal(phys_add_io_over(u->phys, "first", 0, 0x1000, &probe_io, &u->probe), 0);
    assert_int_equal(phys_add_io_over(u->phys, "last", SIZE - 0x1000, 0x1000, &probe_io, &u->probe), 0);
    assert_int_equal(phys_count(u->phys), 3);
    expect(u->phys, 1, 0x1000, SIZE - 0x2000, "ram");
    phys_remove(u->phys, 0); /* the device, not the RAM below it */
    phys_remove(u->phys, SIZE - 0x1000);
    assert_int_equal(phys_count(u->phys), 1);
    expect(u->phys, 0, 0, SIZE, "ram");
    assert_int_equal(phys_add_io_over(u->phys, "all", 0, SIZE, &probe_io, &u->probe), 0);
    assert_int_equal(phys_count(u->phys), 1);
    expect(u->phys, 0, 0, SIZE, "all");
    assert_null(phys_main_ram(u->phys));
}

static void ram_may_come_later(void **state)
{
    struct under *u = *state;
    assert_int_equal(phys_add_io_over(u->phys, "io", SIZE + 0x1000, 0x1000, &probe_io, &u->probe), 0);
    assert_int_equal(phys_add_ram(u->phys, "more", SIZE, SIZE, u->ram, 0), 0);
    assert_int_equal(phys_count(u->phys), 4);
    expect(u->phys, 1, SIZE, 0x1000, "more");
    expect(u->phys, 3, SIZE + 0x2000, SIZE - 0x2000, "more");
}

static void two_that_meet_are_refused(void **state)
{
    struct under *u = *state;
    assert_int_equal(phys_add_io_over(u->phys, "io", 0x4000, 0x2000, &probe_io, &u->probe), 0);
    assert_int_equal(phys_add_io_over(u->phys, "io", 0x5000, 0x2000, &probe_io, &u->probe), -EEXIST);
    assert_int_equal(phys_add_rom(u->phys, "rom", 0x5000, 0x1000, u->ram, 0), -EEXIST);
    assert_int_equal(phys_add_io(u->phys, "io", 0x8000, 0x1000, &probe_io, &u->probe), -EEXIST); /* not one that may lie over RAM */
    assert_int_equal(phys_add_ram(u->phys, "ram", 0x8000, 0x1000, u->ram, 0), -EEXIST);
    assert_int_equal(phys_add_io_over(u->phys, "io", 0x8000, 0x800, &probe_io, &u->probe), -EEXIST); /* part of a page */
    assert_int_equal(phys_add_io(u->phys, "far", 0x100000, 0x10, &probe_io, &u->probe), 0);
    assert_int_equal(phys_add_io_over(u->phys, "io", 0x100000, 0x1000, &probe_io, &u->probe), -EEXIST); /* a device is not RAM */
    assert_int_equal(phys_count(u->phys), 4);
}

static void rom_is_read_and_not_written(void **state)
{
    struct under *u = *state;
    uint64_t value;
    const uint8_t content[4] = {0x78, 0x56, 0x34, 0x12};
    assert_int_equal(phys_add_rom(u->phys, "rom", 0xf000, 0x1000, u->ram, SIZE + 0xf000), 0);
    assert_int_equal(phys_add_rom(u->phys, "alias", 0xfffff000, 0x1000, u->ram, SIZE + 0xf000), 0);
    assert_true(phys_is_rom(phys_find(u->phys, 0xf000)));
    assert_false(phys_is_rom(phys_find(u->phys, 0xe000)));
    assert_int_equal(phys_write(u->phys, 0xf010, content, sizeof content), 0); /* its owner's */
    assert_true(phys_store(u->phys, 0xf010, 4, 0));                            /* a CPU's */
    assert_true(phys_load(u->phys, 0xfffff010, 4, &value));
    assert_int_equal(value, 0x12345678);
    phys_remove(u->phys, 0xf000);
    assert_true(phys_store(u->phys, 0xf010, 4, 5));
    assert_true(phys_load(u->phys, 0xfffff010, 4, &value));
    assert_int_equal(value, 5);
}

/* Random layers, against a map of pages kept beside. */
static void many_in_any_order(void **state)
{
    struct under *u = *state;
    enum { PAGES = SIZE / 0x1000 };
    unsigned seed = 1, over[PAGES] = {0}; /* 0: RAM; else 1 + the page where what lies over it begins */
    for (unsigned step = 0; step < 2000; step++) {
        seed = seed * 1103515245 + 12345;
        unsigned page = seed >> 16 & (PAGES - 1), count = 1 + (seed >> 24 & 3);
        bool free = page + count <= PAGES;
        for (unsigned i = page; free && i < page + count; i++)
            free = !over[i];
        if (over[page] == page + 1) {
            phys_remove(u->phys, (pa_t)page * 0x1000);
            for (unsigned i = 0; i < PAGES; i++)
                over[i] = over[i] == page + 1 ? 0 : over[i];
        } else if (free) {
            assert_int_equal(phys_add_io_over(u->phys, "io", (pa_t)page * 0x1000, count * 0x1000, &probe_io, &u->probe), 0);
            for (unsigned i = page; i < page + count; i++)
                over[i] = page + 1;
        }
        for (unsigned i = 0; i < PAGES; i++) {
            const struct phys_range *r = phys_find(u->phys, (pa_t)i * 0x1000);
            assert_true(r && (over[i] != 0) == (r->io != NULL));
            if (over[i])
                assert_int_equal(r->base, (over[i] - 1) * 0x1000);
            else
                assert_ptr_equal(phys_host(u->phys, (pa_t)i * 0x1000, 0x1000), ram_host(u->ram) + SIZE + i * 0x1000);
        }
    }
}

#define OVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER(a_device_cuts_ram_in_pieces), OVER(at_both_ends_and_over_all),   OVER(ram_may_come_later),
        OVER(two_that_meet_are_refused),   OVER(rom_is_read_and_not_written), OVER(many_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
