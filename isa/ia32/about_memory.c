/* about_memory.c - IA-32's memory for people (isa/about.h): CR3, the walk, who refuses. Addresses are linear. From the manual, over the
 * contract. */
#include "isa/ia32/about.h"

#include "isa/ia32.h"
#include "mmu/ia32_pt.h"
#include "mmu/phys.h"

/* The two control bits that a walk depends on, beside CR3 and the ring. They are read anew each time: nothing here
 * is kept. */
static uint64_t own_of(const struct machine *m)
{
    return (machine_get(m, IA_CR0) & CR0_WP ? IA32_OWN_WP : 0u) | (machine_get(m, IA_CR4) & CR4_PSE ? IA32_OWN_PSE : 0u);
}

void ia32_about_space(const struct machine *m, struct about_space *out)
{
    const uint64_t cr3 = machine_get(m, IA_CR3);
    out->format = machine_get(m, IA_CR0) & CR0_PG ? &pt_ia32 : NULL;
    out->root = cr3 & PAGE_MASK;
    out->word = cr3;
    out->own = own_of(m);
}

/* What is present may be read and executed.
 * An entry's bits by the names that pages have in this house, which are those of another format: V R W X U G A D. */
unsigned ia32_about_pte_bits(uint64_t pte)
{
    return (pte & IA32_P ? SV_V | SV_R | SV_X : 0u) | (pte & IA32_RW ? SV_W : 0u) | (pte & IA32_US ? SV_U : 0u) |
           (pte & IA32_G ? SV_G : 0u) | (pte & IA32_A ? SV_A : 0u) | (pte & IA32_D ? SV_D : 0u);
}

bool ia32_about_translates(const struct machine *m, uint64_t mode)
{
    (void)mode;
    return machine_get(m, IA_CR0) & CR0_PG;
}

bool ia32_about_find(const struct machine *m, va_t va, pa_t *pa, struct pt_walk *walk)
{
    *pa = va & UINT32_MAX;
    if (!ia32_about_translates(m, machine_get(m, MACHINE_MODE)))
        return true;
    (void)about_walk(m, va & UINT32_MAX, walk);
    *pa = walk->pa;
    return walk->result == PT_OK;
}

/* Byte by byte, so that what crosses a page needs no case of its own; and as the processor reads its tables: rights
 * are not asked. */
bool ia32_about_read(const struct machine *m, uint32_t linear, unsigned size, uint64_t *out)
{
    *out = 0;
    for (unsigned i = 0; i < size; i++) {
        struct pt_walk walk = {0};
        uint8_t byte;
        pa_t pa;
        if (!ia32_about_find(m, linear + i, &pa, &walk) || machine_load(m, pa, &byte, 1) != 0)
            return false;
        *out |= (uint64_t)byte << 8 * i;
    }
    return true;
}

/* What nobody has reads as all ones.
 * An entry of all ones is present, and of the directory with PSE it is a large page with reserved bits set: the
 * walk says so. */
static bool read_entry(void *ctx, pa_t pa, uint64_t *entry)
{
    *entry = 0;
    if (machine_load(ctx, pa, entry, 4) != 0)
        *entry = UINT32_MAX;
    return true;
}

void ia32_about_access(const struct machine *m, va_t va, unsigned size, enum pt_kind kind, struct about_access *out)
{
    const struct pt_access as = {
        .kind = kind, .user = out->mode == IA_RING3 || out->mode == IA_V86, .update_ad = true, .own = own_of(m)};
    (void)size;
    out->translated = ia32_about_translates(m, out->mode);
    out->pa = va & UINT32_MAX;
    if (out->translated) {
        pt_walk(&pt_ia32, machine_get(m, IA_CR3), va & UINT32_MAX, &as, read_entry, (void *)(uintptr_t)(const void *)m, &out->walk);
        out->pa = out->walk.pa;
        if (out->walk.result != PT_OK) {
            out->refused = REFUSED_TABLES;
            out->trap.cause = IA_PF;
            out->trap.error = ia32_pt_error(&out->walk, &as);
            return;
        }
    }
    out->range = phys_find(m->phys, out->pa); /* NULL: reads are all ones, and nobody refuses */
}
