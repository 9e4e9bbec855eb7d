/* test_pt.c - the walk over Sv39 and Sv48 tables against an oracle written apart from it, from the prose of [priv 12.3.1]. */
#include "mmu/pt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct pt_format *const formats[] = {&pt_sv39, &pt_sv48};
enum { FORMATS = sizeof formats / sizeof *formats };

/* A memory of a few PTEs; what is not in it may not be read. */
struct memory {
    struct {
        pa_t pa;
        uint64_t pte;
    } word[8];
    unsigned count;
};

static bool memory_read(void *ctx, pa_t pa, uint64_t *pte)
{
    const struct memory *m = ctx;
    for (unsigned i = 0; i < m->count; i++)
        if (m->word[i].pa == pa) {
            *pte = m->word[i].pte;
            return true;
        }
    return false;
}

static void put(struct memory *m, pa_t pa, uint64_t pte)
{
    m->word[m->count].pa = pa;
    m->word[m->count++].pte = pte;
}

#define ROOT UINT64_C(0x00fedcba98765000)
/* An address whose index differs at every level: 0x01b, 0x155, 0x0aa, 0x0a1 from the top, offset 0xabc. */
#define VA_SV48 UINT64_C(0x00000dd5554a1abc)

static va_t va_for(const struct pt_format *f) { return VA_SV48 & ((UINT64_C(1) << (f->va_bits - 1)) - 1); }
static pa_t table_at(unsigned level) { return UINT64_C(0x00123456780000) + ((pa_t)level << 12); }

/* Pointers from the root down to the table that holds the PTE of `level`, and that PTE. */
static struct memory chain(const struct pt_format *f, va_t va, unsigned level, uint64_t pte)
{
    struct memory m = {.count = 0};
    pa_t table = ROOT;
    for (unsigned l = f->levels - 1; l > level; l--) {
        put(&m, table + 8 * ((va >> (12 + 9 * l)) & 0x1ff), (table_at(l) >> 12) << 10 | 1);
        table = table_at(l);
    }
    put(&m, table + 8 * ((va >> (12 + 9 * level)) & 0x1ff), pte);
    return m;
}

static struct pt_walk walk(const struct pt_format *f, struct memory *m, va_t va, const struct pt_access *a)
{
    struct pt_walk w;
    memset(&w, 0x5a, sizeof w);
    pt_walk(f, ROOT, va, a, memory_read, m, &w);
    return w;
}

/* --- The oracle */

/* Rights that the table of R/W/X encodings gives, by the value of bits XWR; NULL: pointer or reserved. */
static const char *const rights[8] = {NULL, "r", NULL, "rw", "x", "rx", NULL, "rwx"};

/* What the prose says of a page whose PTE has these low eight bits. */
static bool oracle_grants(unsigned flags, const struct pt_access *a)
{
    bool valid = flags & 1, user_page = flags & 16, accessed = flags & 64, dirty = flags & 128;
    const char *r = rights[(flags >> 1) & 7];
    if (!valid || !r)
        return false;
    bool may_touch = a->user ? user_page : !user_page || (a->sum && a->kind != PT_FETCH);
    bool granted = false;
    if (a->kind == PT_READ)
        granted = strchr(r, 'r') || (a->mxr && strchr(r, 'x'));
    if (a->kind == PT_WRITE)
        granted = strchr(r, 'w');
    if (a->kind == PT_FETCH)
        granted = strchr(r, 'x');
    bool software_must_mark = !a->update_ad && (!accessed || (a->kind == PT_WRITE && !dirty));
    return may_touch && granted && !software_must_mark;
}

static struct pt_access access_of(unsigned n)
{
    return (struct pt_access){
        .kind = (enum pt_kind)(n % 3), .user = n / 3 & 1, .sum = n / 6 & 1, .mxr = n / 12 & 1, .update_ad = n / 24 & 1};
}
enum { ACCESSES = 48 };

/* --- The tests */

static void check_one(const struct pt_format *f, unsigned level, unsigned flags, const struct pt_access *a)
{
    va_t va = va_for(f);
    uint64_t size = UINT64_C(4096) << (9 * level);
    pa_t page = UINT64_C(0x00a5c00000000000) & ~(size - 1);
    uint64_t pte = page >> 2 | flags;
    struct memory m = chain(f, va, level, pte);
    bool pointer = (flags & 0xf) == 1;
    if (pointer && level > 0)
        return; /* goes on: another test */
    struct pt_walk w = walk(f, &m, va, a);
    if (!oracle_grants(flags, a)) {
        assert_int_equal(w.result, PT_PAGE_FAULT);
        assert_non_null(w.why);
        return;
    }
    uint64_t left = pte | 0x40 | (a->kind == PT_WRITE ? 0x80 : 0);
    assert_int_equal(w.result, PT_OK);
    assert_null(w.why);
    assert_int_equal(w.size, size);
    assert_int_equal(w.pa, page + (va & (size - 1)));
    assert_int_equal(w.pte, pte);
    assert_int_equal(w.pte_new, left);
    assert_int_equal(w.step[w.count - 1].pte_new, left);
    unsigned at = 0;
    const struct pt_step *written = pt_writes(&w, &at);
    assert_true(left == pte ? !written : written->pte_pa == w.pte_pa && !pt_writes(&w, &at));
    assert_int_equal(w.count, f->levels - level);
    assert_int_equal(w.pte_pa, m.word[m.count - 1].pa);
}

static void every_permission_situation(void **state)
{
    (void)state;
    unsigned granted = 0;
    for (unsigned i = 0; i < FORMATS; i++)
        for (unsigned level = 0; level < formats[i]->levels; level++)
            for (unsigned n = 0; n < ACCESSES; n++)
                for (unsigned flags = 0; flags < 256; flags++) {
                    struct pt_access a = access_of(n);
                    check_one(formats[i], level, flags, &a);
                    granted += oracle_grants(flags, &a);
                }
    assert_true(granted > 1000); /* the oracle says yes to some */
}

static const struct pt_access supervisor_load = {.kind = PT_READ, .update_ad = false};
enum { GOOD = SV_V | SV_R | SV_W | SV_X | SV_A | SV_D };

static void superpages_must_be_aligned(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FORMATS; i++)
        for (unsigned level = 0; level < formats[i]->levels; level++)
            for (unsigned bit = 0; bit < 44; bit++) {
                va_t va = va_for(formats[i]);
                struct memory m = chain(formats[i], va, level, UINT64_C(1) << (10 + bit) | GOOD);
                struct pt_walk w = walk(formats[i], &m, va, &supervisor_load);
                assert_int_equal(w.result, bit < 9 * level ? PT_PAGE_FAULT : PT_OK);
                if (bit >= 9 * level)
                    assert_int_equal(w.pa, (UINT64_C(1) << (12 + bit)) + (va & ((UINT64_C(4096) << (9 * level)) - 1)));
            }
}

static void addresses_must_be_sign_extended(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FORMATS; i++) {
        const struct pt_format *f = formats[i];
        va_t low = va_for(f), high = low | ~((UINT64_C(1) << (f->va_bits - 1)) - 1);
        struct memory m = chain(f, low, 0, GOOD), n = chain(f, high, 0, GOOD);
        assert_int_equal(walk(f, &m, low, &supervisor_load).result, PT_OK);
        assert_int_equal(walk(f, &n, high, &supervisor_load).result, PT_OK);
        for (unsigned bit = f->va_bits; bit < 64; bit++) {
            struct pt_walk w = walk(f, &m, low ^ UINT64_C(1) << bit, &supervisor_load);
            assert_int_equal(w.result, PT_PAGE_FAULT);
            assert_int_equal(w.count, 0); /* nothing was read */
            assert_int_equal(walk(f, &n, high ^ UINT64_C(1) << bit, &supervisor_load).result, PT_PAGE_FAULT);
        }
        assert_int_equal(walk(f, &m, low ^ UINT64_C(1) << (f->va_bits - 1), &supervisor_load).result, PT_PAGE_FAULT);
    }
}

/* `bits` set in a leaf of level 0, and in the pointer above it. */
static void expect_of_bits(const struct pt_format *f, uint64_t bits, enum pt_result in_leaf, enum pt_result in_pointer)
{
    va_t va = va_for(f);
    struct memory m = chain(f, va, 0, GOOD | bits);
    assert_int_equal(walk(f, &m, va, &supervisor_load).result, in_leaf);
    m = chain(f, va, 0, GOOD);
    m.word[m.count - 2].pte |= bits;
    assert_int_equal(walk(f, &m, va, &supervisor_load).result, in_pointer);
}

static void reserved_and_ignored_bits(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FORMATS; i++) {
        for (unsigned bit = 54; bit < 64; bit++) /* reserved, PBMT, N */
            expect_of_bits(formats[i], UINT64_C(1) << bit, PT_PAGE_FAULT, PT_PAGE_FAULT);
        expect_of_bits(formats[i], SV_G, PT_OK, PT_OK);
        expect_of_bits(formats[i], 1 << 8, PT_OK, PT_OK); /* RSW */
        expect_of_bits(formats[i], 1 << 9, PT_OK, PT_OK);
        expect_of_bits(formats[i], SV_A, PT_OK, PT_PAGE_FAULT);
        expect_of_bits(formats[i], SV_D, PT_OK, PT_PAGE_FAULT);
        expect_of_bits(formats[i], SV_U, PT_PAGE_FAULT /* no SUM */, PT_PAGE_FAULT);
    }
}

static void steps_tell_the_way(void **state)
{
    (void)state;
    /* VPNs of VA_SV48, worked out by hand. */
    static const uint64_t vpn[4] = {0x0a1, 0x0aa, 0x155, 0x01b};
    for (unsigned i = 0; i < FORMATS; i++) {
        const struct pt_format *f = formats[i];
        va_t va = va_for(f);
        struct memory m = chain(f, va, 0, GOOD | UINT64_C(0x3ffffffffff) << 10);
        struct pt_walk w = walk(f, &m, va, &supervisor_load);
        assert_int_equal(w.result, PT_OK);
        assert_int_equal(w.count, f->levels);
        for (unsigned n = 0; n < w.count; n++) {
            unsigned level = f->levels - 1 - n;
            pa_t table = n == 0 ? ROOT : table_at(level + 1);
            uint64_t index = level == 2 && f == &pt_sv39 ? vpn[2] & 0xff : vpn[level]; /* va_for() cleared the sign bit */
            assert_int_equal(w.step[n].level, level);
            assert_int_equal(w.step[n].pte_pa, table + 8 * index);
            assert_int_equal(w.step[n].pte, m.word[n].pte);
            assert_int_equal(pt_index(f, va, level), index);
        }
    }
}

static void unreadable_tables_are_access_faults(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FORMATS; i++)
        for (unsigned missing = 0; missing < formats[i]->levels; missing++) {
            va_t va = va_for(formats[i]);
            struct memory m = chain(formats[i], va, 0, GOOD);
            pa_t where = m.word[missing].pa;
            m.word[missing].pa = 4; /* nobody asks there */
            struct pt_walk w = walk(formats[i], &m, va, &supervisor_load);
            assert_int_equal(w.result, PT_ACCESS_FAULT);
            assert_int_equal(w.count, missing);
            assert_int_equal(w.pte_pa, where);
        }
}

static void faults_name_their_step(void **state)
{
    (void)state;
    static const struct {
        uint64_t pte;
        struct pt_access access;
        const char *why;
    } cases[] = {
        {0, {.kind = PT_READ}, "step 3: V"},
        {SV_V | SV_W, {.kind = PT_READ}, "step 3: W without R"},
        {SV_V, {.kind = PT_READ}, "step 4"},
        {GOOD | UINT64_C(1) << 63, {.kind = PT_READ}, "step 3: a reserved"},
        {GOOD, {.kind = PT_READ, .user = true, .sum = true}, "step 6: S page"},
        {GOOD | SV_U, {.kind = PT_WRITE}, "step 6: U page from S without SUM"},
        {GOOD | SV_U, {.kind = PT_FETCH, .sum = true}, "step 6: fetch"},
        {SV_V | SV_X | SV_A, {.kind = PT_READ}, "step 8: load"},
        {SV_V | SV_R | SV_A | SV_D, {.kind = PT_WRITE}, "step 8: store"},
        {SV_V | SV_R | SV_W, {.kind = PT_FETCH, .update_ad = true}, "step 8: fetch"},
        {SV_V | SV_R | SV_W | SV_D, {.kind = PT_WRITE}, "step 9: A"},
        {SV_V | SV_R | SV_W | SV_A, {.kind = PT_WRITE}, "step 9: D"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct memory m = chain(&pt_sv39, va_for(&pt_sv39), 0, cases[i].pte);
        struct pt_walk w = walk(&pt_sv39, &m, va_for(&pt_sv39), &cases[i].access);
        assert_int_equal(w.result, PT_PAGE_FAULT);
        if (strncmp(w.why, cases[i].why, strlen(cases[i].why)) != 0)
            fail_msg("case %u: expected \"%s\", got \"%s\"", i, cases[i].why, w.why);
        assert_int_equal(w.other, strncmp(w.why, "step 6", 6) == 0);
    }
}

static void encodings_read_back(void **state)
{
    (void)state;
    const pa_t pa = UINT64_C(0x00fffffffffff000);
    for (unsigned i = 0; i < FORMATS; i++) {
        const struct pt_format *f = formats[i];
        assert_int_equal(f->table(pa), UINT64_C(0x003ffffffffffc01));
        assert_int_equal(f->leaf(pa, true, true, true, true), UINT64_C(0x003ffffffffffcdf));
        assert_int_equal(f->leaf(0x80001000, true, false, false, false), 0x200004c3);
        assert_int_equal(f->leaf(0x80001000, false, false, true, true), 0x200004d9);
        assert_int_equal(f->address(UINT64_C(0xffffffffffffffff)), pa);
        assert_true(f->is_table(f->table(pa), 1));
        assert_false(f->is_table(f->leaf(pa, true, false, false, false), 1));
        assert_false(f->is_table(f->leaf(pa, false, false, true, false), 1));
        assert_false(f->is_table(f->table(pa) & ~UINT64_C(1), 1));
    }
    assert_int_equal(pt_sv39.mode, 8);
    assert_int_equal(pt_sv48.mode, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_permission_situation),
        cmocka_unit_test(superpages_must_be_aligned),
        cmocka_unit_test(addresses_must_be_sign_extended),
        cmocka_unit_test(reserved_and_ignored_bits),
        cmocka_unit_test(steps_tell_the_way),
        cmocka_unit_test(unreadable_tables_are_access_faults),
        cmocka_unit_test(faults_name_their_step),
        cmocka_unit_test(encodings_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
