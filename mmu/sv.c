/* sv.c - the address translation of RISC-V, for every number of levels [priv 12.3.2]; steps are numbered as there.
 *
 * Step 1, whether translation is active at all, is the caller's: it has satp and the effective mode. Step 7 belongs to shadow
 * stacks, which this hardware does not have. G is ignored: not to share an entry between address spaces is always allowed.
 * Svnapot and Svpbmt are absent, so N and PBMT are reserved bits like those between them and the PPN.
 */
#include "mmu/sv.h"

#include <string.h>

enum { SV_PPN = 10, SV_PPN_BITS = 44, SV_HIGH = SV_PPN + SV_PPN_BITS }; /* where the PPN stands, and the bits above it */

pa_t sv_address(uint64_t pte) { return bits_get(pte, SV_PPN, SV_PPN_BITS) << PAGE_SHIFT; }

static bool is_pointer(uint64_t pte) { return (pte & (SV_V | SV_R | SV_W | SV_X)) == SV_V; }

bool sv_is_table(uint64_t pte, unsigned level)
{
    (void)level; /* V without R, W and X is a pointer wherever it stands */
    return is_pointer(pte);
}

uint64_t sv_table(pa_t pa) { return bits_set(SV_V, SV_PPN, SV_PPN_BITS, pa >> PAGE_SHIFT); }

uint64_t sv_leaf(pa_t pa, bool r, bool w, bool x, bool user)
{
    return sv_table(pa) | SV_A | SV_D | (r ? SV_R : 0) | (w ? SV_W : 0) | (x ? SV_X : 0) | (user ? SV_U : 0);
}

/* Step 3, and its like for pointers: what is reserved for future standard use must be zero [priv 12.3.1]. NULL: the PTE is valid. */
static const char *why_invalid(uint64_t pte)
{
    if (!(pte & SV_V))
        return "step 3: V is 0";
    if ((pte & SV_W) && !(pte & SV_R))
        return "step 3: W without R is reserved";
    if (pte >> SV_HIGH)
        return "step 3: a reserved bit of 63:54 is set";
    if (is_pointer(pte) && (pte & (SV_U | SV_A | SV_D)))
        return "step 3: U, A and D are reserved in a pointer";
    return NULL;
}

/* Step 6: may this mode use the page at all? S never fetches from a U page, whatever SUM says [priv 12.1.1.2]. */
static const char *why_not_mode(uint64_t pte, const struct pt_access *a)
{
    if (a->user)
        return pte & SV_U ? NULL : "step 6: S page from U";
    if (!(pte & SV_U))
        return NULL;
    if (a->kind == PT_FETCH)
        return "step 6: fetch by S from a U page";
    return a->sum ? NULL : "step 6: U page from S without SUM";
}

/* Step 8: the kind of access. */
static const char *why_not_kind(uint64_t pte, const struct pt_access *a)
{
    switch (a->kind) {
    case PT_READ:
        if (pte & SV_R)
            return NULL;
        return a->mxr ? NULL : "step 8: load from an execute-only page without MXR"; /* a leaf without R has X */
    case PT_WRITE: return pte & SV_W ? NULL : "step 8: store to a page without W";
    default: return pte & SV_X ? NULL : "step 8: fetch from a page without X";
    }
}

static enum pt_result fault(struct pt_walk *out, enum pt_result result, const char *why)
{
    out->why = why;
    return result;
}

/* Steps 5 to 10. `pte` is a valid leaf of `level`. */
static enum pt_result finish(unsigned level, unsigned index_bits, uint64_t pte, va_t va, const struct pt_access *a,
                             struct pt_walk *out)
{
    uint64_t size = (uint64_t)PAGE_SIZE << (level * index_bits);
    if (sv_address(pte) & (size - 1))
        return fault(out, PT_PAGE_FAULT, "step 5: misaligned superpage");
    const char *why = why_not_mode(pte, a);
    out->other = why;
    if (!why)
        why = why_not_kind(pte, a);
    if (why)
        return fault(out, PT_PAGE_FAULT, why);
    uint64_t needed = a->kind == PT_WRITE ? SV_A | SV_D : SV_A; /* step 9 */
    if ((pte & needed) != needed && !a->update_ad)
        return fault(out, PT_PAGE_FAULT, pte & SV_A ? "step 9: D is 0 (Svade)" : "step 9: A is 0 (Svade)");
    out->pte = pte;
    out->pte_new = out->step[out->count - 1].pte_new = pte | needed;
    out->size = size;
    out->pa = sv_address(pte) | (va & (size - 1)); /* step 10 */
    return PT_OK;
}

static enum pt_result walk(const struct pt_format *f, pa_t root, va_t va, const struct pt_access *a, pt_read_fn *read, void *ctx,
                           struct pt_walk *out)
{
    /* Bits above the translated ones must all equal the highest of them [priv 12.4.1, 12.5.1]. */
    if (!pt_is_canonical(f, va))
        return fault(out, PT_PAGE_FAULT, "before step 1: the address is not a sign-extended one");
    pa_t table = root;
    for (unsigned level = f->levels; level-- > 0;) {
        uint64_t pte;
        out->pte_pa = table + pt_index(f, va, level) * (pa_t)f->pte_size;
        if (!read(ctx, out->pte_pa, &pte)) /* step 2 */
            return fault(out, PT_ACCESS_FAULT, "step 2: the PTE may not be read");
        out->step[out->count++] = (struct pt_step){.level = level, .pte_pa = out->pte_pa, .pte = pte, .pte_new = pte};
        const char *why = why_invalid(pte);
        if (why)
            return fault(out, PT_PAGE_FAULT, why);
        if (!is_pointer(pte)) /* step 4 */
            return finish(level, f->index_bits, pte, va, a, out);
        table = sv_address(pte);
    }
    return fault(out, PT_PAGE_FAULT, "step 4: a pointer where the last leaf must be");
}

/*T:450 The walk of a page table, step by step as the manual has it. The CPU uses it, and so does everybody who has to know what the
 * CPU would find: whoever writes such tables, and whoever shows them to people. :*/
void sv_walk(const struct pt_format *f, pa_t root, va_t va, const struct pt_access *a, pt_read_fn *read, void *ctx,
             struct pt_walk *out)
{
    memset(out, 0, offsetof(struct pt_walk, step));
    out->result = walk(f, root, va, a, read, ctx, out);
}
