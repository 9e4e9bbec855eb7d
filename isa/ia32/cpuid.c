/* cpuid.c - what CPUID says of a configuration [SDM 2A CPUID]. It depends on nothing else: a virtual CPU says the same. */
#include "isa/ia32.h"

#include <string.h>

static uint32_t word_at(const char *text, unsigned at)
{
    uint32_t v;
    memcpy(&v, text + at, 4);
    return v;
}

static void put(uint32_t out[4], uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
    out[0] = eax;
    out[1] = ebx;
    out[2] = ecx;
    out[3] = edx;
}

/* What variants add: leaf 7, which only they have, and that of IA_TRAPS. */

static bool has_selectors(const struct ia32_config *c) { return !(c->variants & (IA32_NOLEAK | IA32_TRAPS)); }
static bool has_leaf_7(const struct ia32_config *c) { return c->variants & IA32_UMIP || !has_selectors(c); }

static void of_variant(const struct ia32_config *c, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    enum { NO_SELECTORS = 1 << 13, UMIP = 1 << 2 };
    if (leaf == 7 && subleaf == 0)
        put(out, 0, has_selectors(c) ? 0 : NO_SELECTORS, c->variants & IA32_UMIP ? UMIP : 0, 0);
    else
        put(out, leaf == IA_MSR_TRAPS ? ia32_traps_of(c->variants) : 0, 0, 0, 0);
}

/* Leaves that there are:
 *
 *   0                     EAX the highest leaf, EBX EDX ECX the vendor (in this order), four letters each
 *   1                     EAX family 6 model 1 stepping 9: a Pentium Pro, EDX what it has
 *   7.0                   of variants: ECX bit 2 UMIP; EBX bit 13, FCS and FDS are not kept
 *   80000000h             EAX 80000004h
 *   80000002h .. 4h       the brand, 16 letters each, ended by zeros
 *   54520000h             EAX the bits that IA_TRAPS has
 *
 * Any other is zeros. PSE and TSC are what kernels look for; there is no APIC, no PAE and no global page, so that
 * they do without. */
void ia32_cpuid(const struct ia32_config *c, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    static const char vendor[] = "Trapeze IA32";
    static const char brand[48] = "Trapeze IA-32 processor";
    enum { FAMILY_6_MODEL_1_STEPPING_9 = 0x619, FPU = 1 << 0, PSE = 1 << 3, TSC = 1 << 4, MSR = 1 << 5, CX8 = 1 << 8, CMOV = 1 << 15 };
    const uint32_t first_brand = UINT32_C(0x80000002), part = 16 * (leaf - first_brand);
    if (leaf == 1)
        put(out, FAMILY_6_MODEL_1_STEPPING_9, 0, 0, FPU | PSE | TSC | MSR | CX8 | CMOV);
    else if (leaf == UINT32_C(0x80000000))
        put(out, UINT32_C(0x80000004), 0, 0, 0);
    else if (leaf - first_brand < 3)
        put(out, word_at(brand, part), word_at(brand, part + 4), word_at(brand, part + 8), word_at(brand, part + 12));
    else if (leaf == 0)
        put(out, has_leaf_7(c) ? 7 : 1, word_at(vendor, 0), word_at(vendor, 8), word_at(vendor, 4));
    else
        of_variant(c, leaf, subleaf, out);
}
