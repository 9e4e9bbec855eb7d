/* narrow_pt.h - a page-table format of the tests' own, with what Sv39 and its like do not have: two levels of 1024 entries of four bytes,
 * addresses of 32 bits that nothing extends, an A bit in pointers too, rights that are the meet of both levels', large leaves that a
 * pointer cannot be told from but by its level, and switches that the format alone knows (pt_access.own).
 *
 *    31      22 21      12 11        0          31         12 11     8    7   6  5  4  3  2  1  0
 *   |  index 1 |  index 0 |  offset   |        | page number | ignored | L | D  A  -  -  U  W  P |
 */
#ifndef TRAPEZE_TESTS_MMU_NARROW_PT_H
#define TRAPEZE_TESTS_MMU_NARROW_PT_H

#include "mmu/pt.h"

#include <string.h>

enum { NARROW_P = 1, NARROW_W = 2, NARROW_U = 4, NARROW_A = 32, NARROW_D = 64, NARROW_L = 128 };
enum { NARROW_OWN_WP = 1 /* supervisors, too, obey W */, NARROW_OWN_LARGE = 2 /* L in an entry of level 1 makes it a leaf */ };

static inline pa_t narrow_address(uint64_t pte) { return pte & UINT64_C(0xfffff000); }
static inline bool narrow_is_table(uint64_t pte, unsigned level) { return level > 0 && (pte & (NARROW_P | NARROW_L)) == NARROW_P; }
static inline uint64_t narrow_table(pa_t pa) { return narrow_address(pa) | NARROW_P | NARROW_W | NARROW_U | NARROW_A; }
static inline uint64_t narrow_leaf(pa_t pa, bool r, bool w, bool x, bool user)
{
    if (!r && !x)
        return NARROW_L; /* not present, and not zero */
    return narrow_address(pa) | NARROW_P | NARROW_A | NARROW_D | (w ? NARROW_W : 0) | (user ? NARROW_U : 0);
}

static inline const char *narrow_why_not(uint64_t both, const struct pt_access *a)
{
    if (a->user && !(both & NARROW_U))
        return "a supervisor's page";
    if (a->kind == PT_WRITE && !(both & NARROW_W) && (a->user || (a->own & NARROW_OWN_WP)))
        return "not writable";
    return NULL;
}

static inline enum pt_result narrow_levels(pa_t root, va_t va, const struct pt_access *a, pt_read_fn *read, void *ctx,
                                           struct pt_walk *out)
{
    uint64_t both = UINT64_MAX;
    pa_t table = root;
    out->why = "beyond 32 bits";
    if (va >> 32)
        return PT_PAGE_FAULT;
    for (unsigned level = 2; level-- > 0;) {
        struct pt_step *s = &out->step[out->count++];
        *s = (struct pt_step){.level = level, .pte_pa = table + bits_get(va, 12 + 10 * level, 10) * 4};
        if (!read(ctx, s->pte_pa, &s->pte))
            return PT_ACCESS_FAULT;
        out->why = "not present";
        if (!(s->pte & NARROW_P))
            return PT_PAGE_FAULT;
        both &= s->pte;
        s->pte_new = s->pte | NARROW_A;
        table = narrow_address(s->pte);
        if (level > 0 && (s->pte & NARROW_L) && (a->own & NARROW_OWN_LARGE))
            break;
    }
    struct pt_step *leaf = &out->step[out->count - 1];
    out->size = leaf->level ? UINT64_C(1) << 22 : PAGE_SIZE;
    out->why = narrow_why_not(both, a);
    if (out->why)
        return PT_PAGE_FAULT;
    leaf->pte_new |= a->kind == PT_WRITE ? NARROW_D : 0;
    out->pte = leaf->pte;
    out->pte_new = leaf->pte_new;
    out->pte_pa = leaf->pte_pa;
    out->pa = align_down(table, out->size) | (va & (out->size - 1));
    return PT_OK;
}

static inline void narrow_walk(const struct pt_format *f, pa_t root, va_t va, const struct pt_access *a, pt_read_fn *read, void *ctx,
                               struct pt_walk *out)
{
    (void)f;
    memset(out, 0, sizeof *out);
    out->result = narrow_levels(root, va, a, read, ctx, out);
}

static const struct pt_format pt_narrow = {
    .name = "narrow",
    .levels = 2,
    .index_bits = 10,
    .pte_size = 4,
    .va_bits = 32,
    .va_unsigned = true,
    .walk = narrow_walk,
    .leaf = narrow_leaf,
    .table = narrow_table,
    .is_table = narrow_is_table,
    .address = narrow_address,
};

#endif
