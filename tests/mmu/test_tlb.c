/* test_tlb.c - spaces by key, what a lookup finds, and that no flush leaves behind what it should take. */
#include "mmu/tlb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static uint8_t host[4][PAGE_SIZE];

static int tlb_setup(void **state)
{
    struct tlb *t = malloc(sizeof *t);
    *state = t;
    tlb_init(t);
    return 0;
}

static int tlb_teardown(void **state)
{
    free(*state);
    return 0;
}

#define VA UINT64_C(0xffffffc012345000)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/* A fetch entry, as the CPU makes it. */
static void fill_fetch(struct tlb_space *s, va_t va, const void *decoded) { tlb_fill_fetch(s, va & PAGE_MASK, decoded); }

static void fill(struct tlb *t, struct tlb_space *s, va_t va)
{
    tlb_fill(t, s, va, false, host[0]);
    tlb_fill(t, s, va, true, host[0]);
    fill_fetch(s, va, host[0]);
}

/* Bits: 1 read, 2 write, 4 fetch. */
static unsigned present(const struct tlb_space *s, va_t va)
{
    unsigned bits = 0;
    bits |= tlb_lookup(s->read, va, 1) ? 1 : 0;
    bits |= tlb_lookup(s->write, va, 1) ? 2 : 0;
    bits |= s->fetch[tlb_fetch_slot(va)].tag == (va & PAGE_MASK) ? 4 : 0;
    return bits;
}

static void lookups_yield_host_pointers(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *s = tlb_select(t, 1, 2, 3);
    assert_null(tlb_lookup(s->read, VA, 1));
    assert_null(tlb_lookup(s->read, 0, 1)); /* an empty entry is not page 0 */
    tlb_fill(t, s, VA + 0x123, false, host[1]);
    assert_ptr_equal(tlb_lookup(s->read, VA + 0x123, 1), host[1] + 0x123);
    assert_ptr_equal(tlb_lookup(s->read, VA + 0xff8, 8), host[1] + 0xff8);
    assert_null(tlb_lookup(s->write, VA, 1));
    tlb_fill(t, s, VA, true, host[2]);
    assert_ptr_equal(tlb_lookup(s->write, VA, 8), host[2]);
    assert_ptr_equal(tlb_lookup(s->read, VA, 8), host[1]);
    assert_null(tlb_lookup(s->read, VA + PAGE_SIZE, 1));
    assert_null(tlb_lookup(s->read, VA + TLB_ENTRIES * PAGE_SIZE, 1)); /* same slot, other page */
    assert_int_equal(t->fills, 2);
}

static void misaligned_accesses_miss(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *s = tlb_select(t, 0, 0, 0);
    tlb_fill(t, s, VA, false, host[0]);
    for (unsigned size = 1; size <= 8; size *= 2)
        for (unsigned offset = 0; offset < 16; offset++)
            assert_true((tlb_lookup(s->read, VA + offset, size) != NULL) == (offset % size == 0));
}

/* The other lookup takes every access that lies in its page, and none that leaves it; not even where the address space ends. */
static void unaligned_lookups_stay_in_their_page(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *s = tlb_select(t, 0, 0, 0);
    static const va_t pages[] = {VA, 0, UINT64_C(0xfffff000), PAGE_MASK};
    for (unsigned i = 0; i < sizeof pages / sizeof *pages; i++) {
        assert_null(tlb_lookup_unaligned(s->read, pages[i], 4)); /* an empty entry is no page */
        tlb_fill(t, s, pages[i], false, host[0]);
        tlb_fill(t, s, pages[i] + PAGE_SIZE, false, host[1]);
        for (unsigned size = 1; size <= 8; size++)
            for (unsigned offset = 0; offset < PAGE_SIZE; offset++) {
                uint8_t *inside = offset + size <= PAGE_SIZE ? host[0] + offset : NULL;
                assert_ptr_equal(tlb_lookup_unaligned(s->read, pages[i] + offset, size), inside);
            }
        assert_null(tlb_lookup_unaligned(s->write, pages[i], 1));
        tlb_flush_all(t);
    }
}

static void keys_name_spaces(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *a = tlb_select(t, 1, 2, 3), *b = tlb_select(t, 1, 3, 3), *c = tlb_select(t, 2, 2, 3);
    assert_ptr_not_equal(a, b);
    assert_ptr_not_equal(a, c);
    assert_ptr_not_equal(b, c);
    fill(t, a, VA);
    assert_ptr_equal(tlb_select(t, 1, 2, 3), a);
    assert_int_equal(present(a, VA), 7);
    assert_int_equal(present(b, VA), 0);
    assert_ptr_not_equal(tlb_select(t, 0, 0, 0), a); /* the key of an unused space is no key */
}

static void the_least_recently_selected_space_gives_way(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *s[TLB_SPACES];
    for (unsigned i = 0; i < TLB_SPACES; i++) {
        s[i] = tlb_select(t, i, 0, 0);
        for (unsigned j = 0; j < i; j++)
            assert_ptr_not_equal(s[i], s[j]);
        fill(t, s[i], VA);
        tlb_note_superpage(s[i], VA, MIB(2));
    }
    assert_ptr_equal(tlb_select(t, 0, 0, 0), s[0]); /* now 1 is the oldest */
    assert_int_equal(present(s[0], VA), 7);
    struct tlb_space *new = tlb_select(t, 100, 0, 0);
    assert_ptr_equal(new, s[1]);
    assert_int_equal(present(new, VA), 0);
    assert_ptr_equal(tlb_select(t, 2, 0, 0), s[2]);
    assert_int_equal(present(s[2], VA), 7);
    assert_ptr_equal(tlb_select(t, 1, 0, 0), s[3]); /* 1 is gone: it takes the place of the next oldest, empty */
    assert_int_equal(present(s[3], VA), 0);
    fill(t, new, VA);
    fill(t, new, VA + PAGE_SIZE);
    tlb_flush_page(t, VA, true, 0); /* the superpage went with its space */
    assert_int_equal(present(new, VA + PAGE_SIZE), 7);
}

static void flush_all_empties_in_place(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *data = tlb_select(t, 1, 0, 1), *fetch = tlb_select(t, 2, 0, 2);
    for (unsigned round = 0; round < 5; round++) { /* the CPU keeps its pointers and selects nothing */
        fill(t, data, VA);
        fill(t, fetch, VA);
        tlb_flush_all(t);
        assert_int_equal(present(data, VA), 0);
        assert_int_equal(present(fetch, VA), 0);
    }
    assert_int_equal(t->flushes, 5);
}

/* A space that was held over a flush and filled after it, then left: the next flush must still find it. */
static void flush_all_finds_what_came_in_between(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *held = tlb_select(t, 1, 0, 1);
    tlb_flush_all(t);
    fill(t, held, VA);
    for (unsigned i = 0; i < TLB_SPACES - 1; i++)
        (void)tlb_select(t, 10 + i, 0, 0);
    tlb_flush_all(t);
    assert_ptr_equal(tlb_select(t, 1, 0, 1), held);
    assert_int_equal(present(held, VA), 0);
}

static void flush_all_reaches_idle_spaces(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *s[TLB_SPACES];
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < TLB_SPACES; i++) {
            s[i] = tlb_select(t, i, 0, 0);
            assert_int_equal(present(s[i], VA), 0);
            fill(t, s[i], VA);
        }
        tlb_flush_all(t);
    }
    for (unsigned i = 0; i < TLB_SPACES; i++)
        assert_ptr_equal(tlb_select(t, i, 0, 0), s[i]);
}

static void flush_by_asid(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *a = tlb_select(t, 1, 0, 7), *b = tlb_select(t, 2, 0, 8), *c = tlb_select(t, 3, 0, 7);
    fill(t, a, VA);
    fill(t, b, VA);
    fill(t, c, VA);
    tlb_flush_asid(t, 7);
    assert_int_equal(present(a, VA), 0);
    assert_int_equal(present(b, VA), 7);
    assert_int_equal(present(c, VA), 0);
}

/* ASIDs have sixteen bits; spaces are found by the low ones. */
static void flush_by_asid_alike(void **state)
{
    static const uint16_t asids[] = {7, 0x107, 0x8007, 0xff07};
    enum { ASIDS = sizeof asids / sizeof *asids };
    struct tlb *t = *state;
    struct tlb_space *s[ASIDS];
    for (unsigned flushed = 0; flushed < ASIDS; flushed++) {
        for (unsigned n = 0; n < ASIDS; n++) {
            s[n] = tlb_select(t, 1 + n, 0, asids[n]);
            fill(t, s[n], VA);
        }
        if (flushed % 2)
            tlb_flush_page(t, VA, false, asids[flushed]);
        else
            tlb_flush_asid(t, asids[flushed]);
        for (unsigned n = 0; n < ASIDS; n++)
            assert_int_equal(present(s[n], VA), n == flushed ? 0 : 7);
    }
}

static void flush_by_page(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *a = tlb_select(t, 1, 0, 7), *b = tlb_select(t, 2, 0, 8);
    const va_t other = VA + PAGE_SIZE;
    fill(t, a, VA);
    fill(t, a, other);
    fill(t, b, VA);
    tlb_flush_page(t, VA + 0x765, false, 7);
    assert_int_equal(present(a, VA), 0);
    assert_int_equal(present(a, other), 7);
    assert_int_equal(present(b, VA), 7);
    tlb_flush_page(t, VA + (va_t)TLB_ENTRIES * PAGE_SIZE, true, 0); /* same slot, other page */
    assert_int_equal(present(b, VA), 7);
    tlb_flush_page(t, VA, true, 0);
    assert_int_equal(present(b, VA), 0);
    assert_int_equal(present(a, other), 7);
}

/* One address names the whole leaf, whichever part of it is cached [priv 12.2.1]. */
static void flush_by_page_takes_whole_superpages(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *s = tlb_select(t, 1, 0, 7);
    const va_t mega = UINT64_C(0xffffffd000000000), giga = mega + GIB(4), small = UINT64_C(0x10000);
    tlb_note_superpage(s, mega + MIB(2) + 0x3456, MIB(2));
    fill(t, s, mega + MIB(2));
    fill(t, s, mega + MIB(4) - PAGE_SIZE);
    fill(t, s, small);
    tlb_flush_page(t, mega + MIB(3), false, 7);
    assert_int_equal(present(s, mega + MIB(2)), 0);
    assert_int_equal(present(s, mega + MIB(4) - PAGE_SIZE), 0);
    assert_int_equal(present(s, small), 7); /* elsewhere: untouched */

    tlb_note_superpage(s, giga, GIB(1));
    fill(t, s, giga + MIB(700));
    fill(t, s, mega);
    tlb_flush_page(t, giga, true, 0);
    assert_int_equal(present(s, giga + MIB(700)), 0);
    assert_int_equal(present(s, mega), 7);
    fill(t, s, small + PAGE_SIZE);
    tlb_flush_page(t, small, true, 0);
    assert_int_equal(present(s, small), 0);
    assert_int_equal(present(s, small + PAGE_SIZE), 7);

    tlb_flush_all(t); /* forgets the superpages too */
    fill(t, s, mega);
    fill(t, s, mega + PAGE_SIZE);
    tlb_flush_page(t, mega, true, 0);
    assert_int_equal(present(s, mega), 0);
    assert_int_equal(present(s, mega + PAGE_SIZE), 7);
}

static void superpage_at_the_top_of_the_address_space(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *s = tlb_select(t, 1, 0, 7);
    tlb_note_superpage(s, UINT64_MAX, GIB(1));
    fill(t, s, UINT64_MAX);
    tlb_flush_page(t, UINT64_C(0xffffffffc0000000), true, 0);
    assert_int_equal(present(s, UINT64_MAX), 0);
}

static void flush_by_kind(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *a = tlb_select(t, 1, 0, 7), *b = tlb_select(t, 2, 0, 8);
    fill(t, a, VA);
    fill(t, b, VA);
    tlb_flush_writes(t);
    assert_int_equal(present(a, VA), 1 | 4);
    assert_int_equal(present(b, VA), 1 | 4);
    tlb_flush_fetches(t);
    assert_int_equal(present(a, VA), 1);
    assert_int_equal(present(b, VA), 1);
}

/* The same for spaces that are held over a flush of all without being selected again. */
static void flush_by_kind_after_flush_all(void **state)
{
    struct tlb *t = *state;
    struct tlb_space *s = tlb_select(t, 1, 0, 7);
    tlb_flush_all(t);
    fill(t, s, VA);
    tlb_flush_writes(t);
    assert_int_equal(present(s, VA), 1 | 4);
    tlb_flush_asid(t, 7);
    assert_int_equal(present(s, VA), 0);
}

#define WITH_TLB(test) cmocka_unit_test_setup_teardown(test, tlb_setup, tlb_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TLB(lookups_yield_host_pointers),
        WITH_TLB(misaligned_accesses_miss),
        WITH_TLB(unaligned_lookups_stay_in_their_page),
        WITH_TLB(keys_name_spaces),
        WITH_TLB(the_least_recently_selected_space_gives_way),
        WITH_TLB(flush_all_empties_in_place),
        WITH_TLB(flush_all_finds_what_came_in_between),
        WITH_TLB(flush_all_reaches_idle_spaces),
        WITH_TLB(flush_by_asid),
        WITH_TLB(flush_by_asid_alike),
        WITH_TLB(flush_by_page),
        WITH_TLB(flush_by_page_takes_whole_superpages),
        WITH_TLB(superpage_at_the_top_of_the_address_space),
        WITH_TLB(flush_by_kind),
        WITH_TLB(flush_by_kind_after_flush_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
