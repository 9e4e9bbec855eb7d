/* test_sv_quick.c - the inlined walk against the walk itself, over random tables: what it is sure of must be so, and it must be sure where
 * there is nothing in its way. */
#include "mmu/sv_quick.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BASE UINT64_C(0x80000000)
enum { PAGES = 64, TABLES = 8, ROUNDS = 400, WALKS = 4000 };

struct world {
    struct ram *ram;
    struct phys *phys;
    uint64_t seed;
};

static uint64_t random_next(struct world *w)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return w->seed;
}

static bool one_in(struct world *w, unsigned n) { return (random_next(w) >> 11) % n == 0; }

/* Mostly what leads on: pointers to a table, and leaves with all rights; now and then anything else. */
static uint64_t random_pte(struct world *w)
{
    const uint64_t page = BASE / PAGE_SIZE + random_next(w) % (one_in(w, 20) ? 4 * PAGES : TABLES);
    uint64_t pte = page << 10 | SV_V;
    if (one_in(w, 3))
        pte |= SV_R | SV_W | SV_X | SV_A | SV_D | (random_next(w) & SV_U);
    if (one_in(w, 4))
        pte ^= UINT64_C(1) << random_next(w) % 8;
    if (one_in(w, 40))
        pte ^= UINT64_C(1) << (54 + random_next(w) % 10);
    if (one_in(w, 4)) /* aligned as a superpage */
        pte &= ~(UINT64_C(0x3ffff) << 10) | BASE >> 2;
    return one_in(w, 12) ? 0 : pte;
}

static bool read_pte(void *ctx, pa_t pa, uint64_t *pte)
{
    const uint8_t *host = phys_host(((struct world *)ctx)->phys, pa, 8);
    if (host)
        memcpy(pte, host, 8);
    return host;
}

static struct pt_access random_access(struct world *w)
{
    uint64_t r = random_next(w);
    return (struct pt_access){
        .kind = (enum pt_kind)(r % 3), .user = r >> 8 & 1, .sum = r >> 9 & 1, .mxr = r >> 10 & 1, .update_ad = r >> 11 & 1};
}

/* Returns whether it was a translation that it had to know. */
static bool compare(struct world *w, const struct pt_format *f)
{
    const struct pt_access a = random_access(w);
    const va_t va = (va_t)sign_extend(random_next(w), one_in(w, 20) ? 64 : f->va_bits);
    struct pt_walk walk;
    struct sv_leaf_found found = {.pa = 0};
    pt_walk(f, BASE, va, &a, read_pte, w, &walk);
    enum sv_quick quick = sv_quick_walk(phys_main_ram(w->phys), f->levels, BASE, va, &a, &found);
    const bool plain = walk.result == PT_OK && walk.pte_new == walk.pte && (walk.pte & (a.kind == PT_FETCH ? SV_X : SV_R));
    if (plain)
        assert_int_equal(quick, SV_QUICK_OK);
    if (quick == SV_QUICK_OK) {
        assert_true(plain);
        assert_int_equal(found.pa, walk.pa);
        assert_int_equal(found.size, walk.size);
        assert_int_equal(found.pte, walk.pte);
    }
    if (quick == SV_QUICK_FAULT)
        assert_int_equal(walk.result, PT_PAGE_FAULT);
    return plain;
}

static void it_says_what_the_walk_says(void **state)
{
    static const struct pt_format *const formats[] = {&pt_sv39, &pt_sv48};
    struct world w = {.seed = 1};
    unsigned known = 0;
    (void)state;
    assert_int_equal(ram_create(&w.ram, PAGES * PAGE_SIZE), 0);
    assert_int_equal(phys_create(&w.phys), 0);
    assert_int_equal(phys_add_ram(w.phys, "ram", BASE, PAGES * PAGE_SIZE, w.ram, 0), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t *table = (uint64_t *)(void *)ram_host(w.ram);
        for (unsigned n = 0; n < TABLES * PAGE_SIZE / 8; n++)
            table[n] = random_pte(&w);
        for (unsigned n = 0; n < WALKS; n++)
            known += compare(&w, formats[round % 2]);
    }
    assert_true(known > ROUNDS * WALKS / 50);
    phys_destroy(w.phys);
    ram_destroy(w.ram);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_says_what_the_walk_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
