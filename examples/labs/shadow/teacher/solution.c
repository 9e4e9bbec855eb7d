/* solution.c - a solution of the assignment "shadow". Sections are those of the manual that isa/riscv.h names. */
#include "core/assignment_riscv.h"

enum { LEVELS = 3, INDEX_BITS = 9 };

/* Steps 5 to 7 of the algorithm: may this mode do that with such a page [priv 12.3.2]? */
static bool permits(const struct lab_access *a, uint64_t pte)
{
    const bool user_page = pte & SV_U;

    if (a->mode == RV_U ? !user_page : user_page && (a->kind == PT_FETCH || !a->sum))
        return false;
    switch (a->kind) {
    case PT_FETCH: return pte & SV_X;
    case PT_WRITE: return pte & SV_W;
    default: return pte & SV_R || (a->mxr && pte & SV_X);
    }
}

/* Step 9: A, and of a store D. false: software is to set them. */
static enum lab_walk touch(struct lab_cpu *cpu, const struct lab_access *a, uint64_t at, uint64_t *pte)
{
    const uint64_t wanted = *pte | SV_A | (a->kind == PT_WRITE ? SV_D : 0);

    if (wanted == *pte)
        return LAB_WALKED;
    if (!a->update)
        return LAB_PAGE_FAULT;
    *pte = wanted;
    return lab_pte_write(cpu, at, wanted) ? LAB_WALKED : LAB_ACCESS_FAULT;
}

static enum lab_walk walk(struct lab_cpu *cpu, const struct lab_access *a, struct lab_page *out)
{
    uint64_t table = bits_get(a->satp, 0, SATP_PPN_BITS) << PAGE_SHIFT, at, pte;

    if ((uint64_t)sign_extend(a->va, 39) != a->va)
        return LAB_PAGE_FAULT;
    for (unsigned level = LEVELS; level-- > 0; table = bits_get(pte, 10, 44) << PAGE_SHIFT) {
        const unsigned shift = PAGE_SHIFT + level * INDEX_BITS;
        const uint64_t size = UINT64_C(1) << shift;

        at = table + 8 * bits_get(a->va, shift, INDEX_BITS);
        if (!lab_pte_read(cpu, at, &pte))
            return LAB_ACCESS_FAULT;
        if (!(pte & SV_V) || (!(pte & SV_R) && pte & SV_W) || pte >> 54) /* the highest bits belong to extensions that are absent */
            return LAB_PAGE_FAULT;
        if (!(pte & (SV_R | SV_X))) {
            if (pte & (SV_A | SV_D | SV_U)) /* reserved in a pointer */
                return LAB_PAGE_FAULT;
            continue;
        }
        const uint64_t page = bits_get(pte, 10, 44) << PAGE_SHIFT;
        if (!permits(a, pte) || page % size) /* a large page lies at a multiple of its size */
            return LAB_PAGE_FAULT;
        const enum lab_walk touched = touch(cpu, a, at, &pte);
        *out = (struct lab_page){.pa = page | (a->va & (size - 1)), .size = size, .pte = pte};
        return touched;
    }
    return LAB_PAGE_FAULT;
}

/* All that the page grants in this situation, not only what is asked for now; but no store before D is set, for who else would set it? */
static void rights(struct lab_cpu *cpu, const struct lab_access *a, const struct lab_page *page, struct lab_rights *out)
{
    struct lab_access as = *a;

    (void)cpu;
    as.kind = PT_READ;
    out->r = permits(&as, page->pte);
    as.kind = PT_WRITE;
    out->w = permits(&as, page->pte) && page->pte & SV_D;
    as.kind = PT_FETCH;
    out->x = permits(&as, page->pte);
}

/* What the guest's fence names is what is stale: no less, and more need not go. */
static void fence(struct lab_cpu *cpu, const struct fence *f) { lab_fence(cpu, f); }

static const struct lab_shadow functions = {walk, rights, fence};

const struct lab_plugin trapeze_lab_v1 = {.version = LAB_VERSION, .shadow = &functions};
