/* test_ia32_pt.c - the walk of 32-bit paging against an oracle written apart from it, from the tables of [SDM 3A 4.6, 4.7]. */
#include "mmu/ia32_pt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ROOT UINT64_C(0x0654b000)
#define TABLE UINT64_C(0x0f123000)
#define PAGE UINT64_C(0x9abcd000)
#define VA UINT64_C(0xc8fedcba) /* directory 0x323, table 0x3ed, offset 0xcba */
enum { DIRECTORY_INDEX = 0x323, TABLE_INDEX = 0x3ed };

struct memory {
    uint32_t directory, table; /* the two entries that a walk of VA reads */
    bool no_directory, no_table;
};

static bool memory_read(void *ctx, pa_t pa, uint64_t *pte)
{
    const struct memory *m = ctx;
    if (pa == ROOT + 4 * DIRECTORY_INDEX)
        return *pte = m->directory, !m->no_directory;
    if (pa == TABLE + 4 * TABLE_INDEX)
        return *pte = m->table, !m->no_table;
    fail_msg("an entry at %#llx was read", (unsigned long long)pa);
    return false;
}

static struct pt_walk walk(struct memory *m, va_t va, const struct pt_access *a)
{
    struct pt_walk w;
    memset(&w, 0x5a, sizeof w);
    pt_walk(&pt_ia32, ROOT, va, a, memory_read, m, &w);
    return w;
}

/* Is it a page, and a supervisor's, under user mode's hands? */
static bool is_other(uint32_t directory, uint32_t table, const struct pt_access *a)
{
    const bool large = (a->own & IA32_OWN_PSE) && bit_get(directory, 7);
    if (!a->user || !bit_get(directory, 0) || (large ? bits_get(directory, 13, 9) != 0 : !bit_get(table, 0)))
        return false;
    return !bit_get(directory, 2) || (!large && !bit_get(table, 2));
}

/* --- The oracle: error code of the access, or -1 where it goes through. Bits by number, as the manual draws them. */
static int oracle(uint32_t directory, uint32_t table, const struct pt_access *a)
{
    const bool pse = a->own & IA32_OWN_PSE, wp = a->own & IA32_OWN_WP, write = a->kind == PT_WRITE;
    const int base = write * 2 + a->user * 4;
    if (!bit_get(directory, 0))
        return base;
    bool writable = bit_get(directory, 1), user_page = bit_get(directory, 2);
    if (pse && bit_get(directory, 7)) {
        if (bits_get(directory, 13, 9))
            return base + 1 + 8;
    } else {
        if (!bit_get(table, 0))
            return base;
        writable = writable && bit_get(table, 1);
        user_page = user_page && bit_get(table, 2);
    }
    if (a->user ? user_page && (!write || writable) : !write || writable || !wp)
        return -1;
    return base + 1;
}

static struct pt_access access_of(unsigned n)
{
    return (struct pt_access){.kind = (enum pt_kind)(n % 3), .user = n / 3 & 1, .own = n / 6 & 3};
}
enum { ACCESSES = 24 };

static void check(uint32_t directory, uint32_t table, const struct pt_access *a)
{
    struct memory m = {.directory = directory, .table = table};
    const struct pt_walk w = walk(&m, VA, a);
    const int error = oracle(directory, table, a);
    const bool large = (a->own & IA32_OWN_PSE) && (directory & 0x80);
    if (error >= 0) {
        assert_int_equal(w.result, PT_PAGE_FAULT);
        assert_non_null(w.why);
        assert_int_equal(w.other, is_other(directory, table, a));
        assert_int_equal(ia32_pt_error(&w, a), error);
        unsigned at = 0;
        assert_null(pt_writes(&w, &at)); /* an access that faults marks nothing */
        return;
    }
    assert_int_equal(w.result, PT_OK);
    assert_null(w.why);
    assert_int_equal(w.count, large ? 1 : 2);
    assert_int_equal(w.size, large ? 0x400000 : 0x1000);
    assert_int_equal(w.pa, large ? (directory & 0xffc00000) | (VA & 0x3fffff) : (table & 0xfffff000) | (VA & 0xfff));
    assert_int_equal(w.pte, large ? directory : table);
    assert_int_equal(w.step[0].pte, directory);
    const uint32_t marks = 0x20 | (a->kind == PT_WRITE ? 0x40 : 0);
    assert_int_equal(w.step[0].pte_new, directory | (large ? marks : 0x20));
    assert_int_equal(w.pte_new, (large ? directory : table) | marks);
    assert_int_equal(w.step[w.count - 1].pte_new, w.pte_new);
}

/* P W U A D of both entries, PS of the directory's, and every access: user, WP, PSE, kind. */
static void every_right(void **state)
{
    (void)state;
    unsigned granted = 0;
    for (unsigned n = 0; n < ACCESSES; n++)
        for (unsigned d = 0; d < 256; d++)
            for (unsigned t = 0; t < 128; t++) {
                const struct pt_access a = access_of(n);
                check((uint32_t)TABLE | d, (uint32_t)PAGE | t, &a);
                granted += oracle((uint32_t)TABLE | d, (uint32_t)PAGE | t, &a) < 0;
            }
    assert_in_range(granted, ACCESSES * 256 * 128 / 20, ACCESSES * 256 * 128 / 2);
}

static void reserved_bits_of_large_leaves(void **state)
{
    (void)state;
    for (unsigned n = 0; n < ACCESSES; n++)
        for (unsigned bit = 8; bit < 32; bit++)
            for (unsigned low = 0; low < 256; low++) {
                const struct pt_access a = access_of(n);
                if ((a.own & IA32_OWN_PSE) && (low & 0x81) == 0x81)
                    check(UINT32_C(1) << bit | low, 0, &a);
            }
}

static void ignored_bits(void **state)
{
    (void)state;
    const struct pt_access a = {.kind = PT_WRITE, .user = true};
    for (unsigned ignored = 0; ignored < 8; ignored++) { /* 11:9, and G, PWT and PCD */
        const uint32_t bits = ignored << 9 | 0x100 | 0x18;
        check((uint32_t)TABLE | bits | 7, (uint32_t)PAGE | bits | 0x80 | 7, &a); /* bit 7 of a table's entry is PAT */
    }
}

static void unreadable_entries(void **state)
{
    (void)state;
    const struct pt_access a = {.kind = PT_READ};
    struct memory m = {.directory = TABLE | 7, .no_directory = true};
    assert_int_equal(walk(&m, VA, &a).result, PT_ACCESS_FAULT);
    m = (struct memory){.directory = TABLE | 7, .no_table = true};
    const struct pt_walk w = walk(&m, VA, &a);
    assert_int_equal(w.result, PT_ACCESS_FAULT);
    assert_int_equal(w.pte_pa, TABLE + 4 * TABLE_INDEX);
}

static void addresses_have_32_bits(void **state)
{
    (void)state;
    const struct pt_access a = {.kind = PT_READ};
    struct memory m = {.directory = TABLE | 7, .table = PAGE | 7};
    for (unsigned bit = 32; bit < 64; bit++)
        assert_int_equal(walk(&m, VA | UINT64_C(1) << bit, &a).result, PT_PAGE_FAULT);
    struct pt_walk w;
    pt_walk(&pt_ia32, ROOT | 0xfff, VA, &a, memory_read, &m, &w); /* CR3 has PCD and PWT and more down there */
    assert_int_equal(w.pa, PAGE | (VA & 0xfff));
}

/* What the format writes, its walk understands. */
static void encodings(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 16; n++) {
        const bool r = n & 1, w = n & 2, x = n & 4, user = n & 8;
        struct memory m = {.directory = (uint32_t)pt_ia32.table(TABLE), .table = (uint32_t)pt_ia32.leaf(PAGE, r, w, x, user)};
        assert_int_equal(pt_ia32.address(m.directory), TABLE);
        assert_true(pt_ia32.is_table(m.directory, 1));
        assert_false(pt_ia32.is_table(m.directory, 0));
        assert_false(pt_ia32.is_table(m.directory | 0x80, 1));
        assert_int_not_equal(m.table, 0);
        for (unsigned i = 0; i < ACCESSES; i++) {
            const struct pt_access a = access_of(i);
            const bool allowed = (r || x) && (!a.user || user) && (a.kind != PT_WRITE || w || (!a.user && !(a.own & IA32_OWN_WP)));
            const struct pt_walk found = walk(&m, VA, &a);
            assert_int_equal(found.result, allowed ? PT_OK : PT_PAGE_FAULT);
            unsigned at = 0;
            assert_null(pt_writes(&found, &at)); /* A and D are there */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_right),        cmocka_unit_test(reserved_bits_of_large_leaves), cmocka_unit_test(ignored_bits),
        cmocka_unit_test(unreadable_entries), cmocka_unit_test(addresses_have_32_bits),        cmocka_unit_test(encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
