/* test_epoch.c - which pages of a block were written, and since when: against a list kept by hand, at the borders of groups, and
 * with several who ask.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mmu/phys.h"

enum { PAGES = 1500 }; /* not whole groups */

static uint64_t page(uint64_t n) { return n << PAGE_SHIFT; }

static struct ram *block(void)
{
    struct ram *ram;
    assert_int_equal(ram_create(&ram, page(PAGES)), 0);
    return ram;
}

/* The pages found are those of which the list says so. */
static void compare(const struct ram *ram, const uint32_t *last, uint32_t epoch)
{
    for (uint64_t n = 0; n < PAGES; n++) {
        uint64_t expected = n;
        while (expected < PAGES && last[expected] < epoch)
            expected++;
        assert_int_equal(ram_next_written(ram, page(n), page(PAGES), epoch), page(expected));
    }
}

static void against_a_list(void **state)
{
    static uint32_t last[PAGES];
    struct ram *ram = block();
    uint32_t random = 1, epoch = ram_epoch(ram);
    (void)state;
    assert_int_equal(epoch, 1);
    for (unsigned round = 0; round < 12; round++) {
        for (unsigned n = 0; n < 20; n++) {
            random = random * 1664525 + 1013904223;
            uint64_t first = (random >> 8) % (round % 2 ? PAGES / 4 : PAGES) + (round % 4 == 1 ? PAGES / 2 : 0),
                     length = 1 + (random >> 20) % 3;
            if (first + length > PAGES || round % 4 == 3)
                continue;
            for (uint64_t p = first; p < first + length; p++)
                last[p] = epoch;
            if (length == 1)
                ram_expose(ram, page(first) + 5);
            else
                ram_written(ram, page(first) + 4095, (size_t)(page(length - 1) - 4094)); /* its last byte to the first of the last */
        }
        for (uint32_t since = 1; since <= epoch; since++)
            compare(ram, last, since);
        epoch = ram_epoch_begin(ram);
        assert_int_equal(epoch, ram_epoch(ram));
        compare(ram, last, epoch);
    }
    assert_int_equal(ram_next_written(ram, page(3), page(3), 1), page(3));
    ram_written(ram, page(7), 0); /* nothing */
    assert_int_equal(ram_next_written(ram, 0, page(PAGES), epoch), page(PAGES));
    ram_destroy(ram);
}

/* Clearing is writing, but for pages that were never written: they stay what they were. */
static void clearing(void **state)
{
    struct ram *ram = block();
    (void)state;
    ram_host(ram)[page(5)] = 1;
    ram_written(ram, page(5), 1);
    uint32_t epoch = ram_epoch_begin(ram);
    ram_clear(ram, 0, page(PAGES));
    assert_int_equal(ram_host(ram)[page(5)], 0);
    assert_int_equal(ram_next_written(ram, 0, page(PAGES), epoch), page(5));
    assert_int_equal(ram_next_written(ram, page(6), page(PAGES), 1), page(PAGES));
    ram_destroy(ram);
}

struct listener {
    struct ram_watcher watcher; /* first */
    unsigned epochs;
};

static void epoch_begins(struct ram_watcher *w) { ((struct listener *)(void *)w)->epochs++; }

/* Who keeps pointers is told that an epoch begins; when nobody has one, nobody is. */
static void telling(void **state)
{
    struct ram *ram = block();
    struct listener a = {.watcher = {.epoch = epoch_begins}}, deaf = {0}, b = a;
    (void)state;
    ram_watch(ram, &a.watcher);
    ram_watch(ram, &deaf.watcher);
    ram_watch(ram, &b.watcher);
    ram_epoch_begin(ram);
    ram_written(ram, 0, 1);
    ram_epoch_begin(ram);
    assert_int_equal(a.epochs + b.epochs, 0);
    ram_expose(ram, 0);
    ram_epoch_begin(ram);
    assert_true(a.epochs == 1 && b.epochs == 1);
    ram_epoch_begin(ram);
    assert_true(a.epochs == 1 && b.epochs == 1);
    ram_unwatch(ram, &a.watcher);
    ram_unwatch(ram, &deaf.watcher);
    ram_unwatch(ram, &b.watcher);
    ram_destroy(ram);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_a_list),
        cmocka_unit_test(clearing),
        cmocka_unit_test(telling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
