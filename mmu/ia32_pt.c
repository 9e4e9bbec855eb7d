/* ia32_pt.c - the walk of 32-bit paging [SDM 3A 4.3, 4.6, 4.7, 4.8].
 *
 * Whether CR0.PG translates at all is the caller's to know. PCD, PWT and G are ignored: memory has no types here, and that a global
 * entry is forgotten is always allowed. A and D of the entries used are set by the access that goes through, never by one that faults.
 */
#include "mmu/ia32_pt.h"

#include <string.h>

enum { DIRECTORY = 1, LARGE_SHIFT = 22 };
#define ENTRY_ADDRESS UINT64_C(0xfffff000)
#define LARGE_ADDRESS UINT64_C(0xffc00000)
#define LARGE_RESERVED UINT64_C(0x003fe000) /* bits 21:13: no PSE-36, no PAT above bit 12 */

static pa_t address(uint64_t pte) { return pte & ENTRY_ADDRESS; }
static uint64_t table(pa_t pa) { return address(pa) | IA32_P | IA32_RW | IA32_US | IA32_A; }

static uint64_t leaf(pa_t pa, bool r, bool w, bool x, bool user)
{
    if (!r && !x) /* what is present can be read and executed */
        return IA32_D;
    return address(pa) | IA32_P | IA32_A | IA32_D | (w ? IA32_RW : 0) | (user ? IA32_US : 0);
}

static bool is_table(uint64_t pte, unsigned level) { return level == DIRECTORY && (pte & (IA32_P | IA32_PS)) == IA32_P; }

/* The first entry that ends the walk for what it is itself, or NULL. */
static const char *why_invalid(uint64_t pte, bool large)
{
    if (!(pte & IA32_P))
        return "4.7: P is 0";
    if (large && (pte & LARGE_RESERVED))
        return "4.3: a reserved bit of 21:13 is set in a 4 MiB entry";
    return NULL;
}

/* What both levels must grant [SDM 3A 4.6.1]. `rights` are the bits that all entries of the walk have. */
static const char *why_not_granted(uint64_t rights, const struct pt_access *a)
{
    if (a->user && !(rights & IA32_US))
        return "4.6.1: supervisor page from user mode";
    if (a->kind == PT_WRITE && !(rights & IA32_RW) && (a->user || (a->own & IA32_OWN_WP)))
        return a->user ? "4.6.1: write to a read-only page" : "4.6.1: supervisor write to a read-only page with CR0.WP";
    return NULL;
}

static enum pt_result fault(struct pt_walk *out, const char *why)
{
    out->why = why;
    return PT_PAGE_FAULT;
}

/* A and D as the access leaves them [SDM 3A 4.8]; D of a pointer is ignored. */
static void mark(struct pt_walk *out, const struct pt_access *a)
{
    for (unsigned i = 0; i < out->count; i++)
        out->step[i].pte_new = out->step[i].pte | IA32_A;
    struct pt_step *last = &out->step[out->count - 1];
    last->pte_new |= a->kind == PT_WRITE ? IA32_D : 0;
    out->pte = last->pte;
    out->pte_new = last->pte_new;
}

static enum pt_result walk(pa_t root, va_t va, const struct pt_access *a, pt_read_fn *read, void *ctx, struct pt_walk *out)
{
    uint64_t rights = IA32_US | IA32_RW, pte = 0;
    pa_t next = root & ENTRY_ADDRESS;
    bool large = false;
    if (!pt_is_canonical(&pt_ia32, va))
        return fault(out, "4.3: an address of more than 32 bits");
    for (unsigned level = pt_ia32.levels; level-- > 0 && !large;) {
        out->pte_pa = next + pt_index(&pt_ia32, va, level) * (pa_t)pt_ia32.pte_size;
        if (!read(ctx, out->pte_pa, &pte)) {
            out->why = "4.3: the entry may not be read";
            return PT_ACCESS_FAULT;
        }
        out->step[out->count++] = (struct pt_step){.level = level, .pte_pa = out->pte_pa, .pte = pte, .pte_new = pte};
        large = level == DIRECTORY && (a->own & IA32_OWN_PSE) && (pte & IA32_PS);
        const char *why = why_invalid(pte, large);
        if (why)
            return fault(out, why);
        rights &= pte;
        next = address(pte);
    }
    const char *why = why_not_granted(rights, a);
    out->other = a->user && !(rights & IA32_US);
    if (why)
        return fault(out, why);
    mark(out, a);
    out->size = large ? UINT64_C(1) << LARGE_SHIFT : PAGE_SIZE;
    out->pa = (large ? pte & LARGE_ADDRESS : address(pte)) | (va & (out->size - 1));
    return PT_OK;
}

static void ia32_walk(const struct pt_format *f, pa_t root, va_t va, const struct pt_access *a, pt_read_fn *read, void *ctx,
                      struct pt_walk *out)
{
    (void)f;
    memset(out, 0, offsetof(struct pt_walk, step));
    out->result = walk(root, va, a, read, ctx, out);
}

uint32_t ia32_pt_error(const struct pt_walk *w, const struct pt_access *a)
{
    const struct pt_step *last = w->count ? &w->step[w->count - 1] : NULL;
    const bool present = last && (last->pte & IA32_P);
    const bool large = present && last->level == DIRECTORY && (a->own & IA32_OWN_PSE) && (last->pte & IA32_PS);
    const bool reserved = large && (last->pte & LARGE_RESERVED);
    return (present ? IA32_PF_P : 0) | (a->kind == PT_WRITE ? IA32_PF_W : 0) | (a->user ? IA32_PF_U : 0) |
           (reserved ? IA32_PF_RSVD : 0);
}

const struct pt_format pt_ia32 = {
    .name = "ia32",
    .levels = 2,
    .index_bits = 10,
    .pte_size = 4,
    .va_bits = 32,
    .va_unsigned = true,
    .walk = ia32_walk,
    .leaf = leaf,
    .table = table,
    .is_table = is_table,
    .address = address,
};
