/* execute_control.c - control and debug registers, model-specific registers, the time-stamp counter, CPUID.
 *
 * What is reserved in CR0, CR3 and DR7 is ignored; what is reserved in CR4 is #GP(0) [SDM 3A 2.5].
 */
#include "isa/ia32/bodies.h"
#include "isa/ia32/system.h"

static bool may(struct ia_cpu *c) { return c->cpl == 0 || ia_gp(c, REASON_PRIVILEGE, 0); }
static bool illegal(struct ia_cpu *c) { return ia_gp(c, REASON_UNDEFINED, 0); }
static bool is_386(const struct ia_cpu *c) { return c->config.model == IA_MODEL_386; }
static bool has(const struct ia_cpu *c, uint32_t variants) { return c->config.variants & variants; }

/* --- Control registers [SDM 2B MOV to/from control registers] */

/* All entries go, global ones too: there are none. Fetches are translated anew as well, hence IA_ATTEND_CODE. */
static void translation_changed(struct ia_cpu *c)
{
    tlb_flush_all(&c->tlb);
    c->attention |= IA_ATTEND_CODE;
    ia_context_changed(c);
}

/*   31 30 29 ... 18 ... 16 ... 5  4  3  2  1  0
 *   PG CD NW     AM     WP     NE ET TS EM MP PE
 *
 * Paging without protection and NW without CD are #GP. ET reads as one. */
static bool cr0_write(struct ia_cpu *c, uint32_t v)
{
    const uint32_t i386 = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_PG;
    const uint32_t known = is_386(c) ? i386 : i386 | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD;
    const uint32_t old = c->cr0, weighty = CR0_PE | CR0_PG | CR0_WP;
    v = (v & known) | CR0_ET;
    if (((v & CR0_PG) && !(v & CR0_PE)) || ((v & CR0_NW) && !(v & CR0_CD)))
        return ia_gp(c, REASON_RESOURCE, 0);
    c->cr0 = v;
    if ((old ^ v) & weighty)
        translation_changed(c);
    else
        ia_context_changed(c);
    return true;
}

/* A write of the same value flushes just as well: kernels do that on purpose. */
static bool cr3_write(struct ia_cpu *c, uint32_t v)
{
    const uint32_t caching = is_386(c) ? 0 : 0x18; /* PWT, PCD */
    c->cr3 = v & ((uint32_t)PAGE_MASK | caching);
    translation_changed(c);
    return true;
}

static bool cr4_write(struct ia_cpu *c, uint32_t v)
{
    const uint32_t old = c->cr4;
    if (v & ~(CR4_TSD | CR4_PSE | (has(c, IA32_UMIP) ? CR4_UMIP : 0)))
        return illegal(c);
    c->cr4 = v;
    ia_armed_changed(c);
    if ((old ^ v) & CR4_PSE)
        translation_changed(c);
    return true;
}

static bool has_cr(const struct ia_cpu *c, unsigned n) { return n == 0 || n == 2 || n == 3 || (n == 4 && !is_386(c)); }

bool ia_body_mov_from_cr(struct ia_cpu *c, const ia_insn *i)
{
    if (!has_cr(c, i->reg))
        return ia_undefined(c);
    if (!may(c) || !ia_runs_here(c, IA_INTERCEPT_CR))
        return false;
    c->r[i->rm] = i->reg == 0 ? c->cr0 : i->reg == 2 ? c->cr2 : i->reg == 3 ? c->cr3 : c->cr4;
    return true;
}

bool ia_body_mov_to_cr(struct ia_cpu *c, const ia_insn *i)
{
    const uint32_t v = c->r[i->rm];
    if (!has_cr(c, i->reg))
        return ia_undefined(c);
    if (!may(c) || !ia_runs_here(c, IA_INTERCEPT_CR))
        return false;
    switch (i->reg) {
    case 0: return cr0_write(c, v);
    case 2: c->cr2 = v; return true;
    case 3: return cr3_write(c, v);
    default: return cr4_write(c, v);
    }
}

/* --- Debug registers [SDM 2B MOV to/from debug registers; 3B 17.2]. DR4 and DR5 are other names of DR6 and DR7. */

/* CR4.DE, which would make DR4 and DR5 undefined, is not among what this processor lets a program set. */
static unsigned dr_of(const ia_insn *i) { return i->reg == 4 || i->reg == 5 ? i->reg + 2u : i->reg; }

/* DR7.GD guards the debug registers, from ring 0 too: the #DB comes before the access, with BD in DR6. */
static bool may_debug(struct ia_cpu *c)
{
    if (!may(c) || !ia_runs_here(c, IA_INTERCEPT_DR))
        return false;
    return !(c->dr[7] & DR7_GD) || ia_raise(c, IA_DB, REASON_RESOURCE, false, 0, DR6_BD);
}

bool ia_body_mov_from_dr(struct ia_cpu *c, const ia_insn *i)
{
    if (!may_debug(c))
        return false;
    c->r[i->rm] = c->dr[dr_of(i)];
    return true;
}

bool ia_body_mov_to_dr(struct ia_cpu *c, const ia_insn *i)
{
    const unsigned n = dr_of(i);
    const uint32_t v = c->r[i->rm];
    if (!may_debug(c))
        return false;
    if (n == 6)
        c->dr[6] = (v & ~DR6_FIXED & ~UINT32_C(0x1000)) | DR6_FIXED;
    else
        c->dr[n] = n == 7 ? (v & UINT32_C(0xffff23ff)) | 0x400 : v;
    translation_changed(c); /* the TLB must not know pages with breakpoints */
    return true;
}

/* --- Model-specific registers [SDM 4] and the time-stamp counter [SDM 3B 17.17] */

enum { MSR_TSC = 0x10, MSR_APIC_BASE = 0x1b, MSR_PLATFORM_INFO = 0xce, MSR_MISC_FEATURES = 0x140 };
#define CPUID_CAN_FAULT (UINT64_C(1) << 31) /* of MSR_PLATFORM_INFO */

/* One count for each unit of the clock; a write of the MSR is kept as the distance from it. */
static uint64_t tsc(const struct ia_cpu *c) { return ia_clock(c) + c->tsc_offset; }

static void pair_set(struct ia_cpu *c, uint64_t v)
{
    c->r[IA_EAX] = (uint32_t)v;
    c->r[IA_EDX] = (uint32_t)(v >> 32);
}

/* Those of variants. MSR_PLATFORM_INFO cannot be written.
 * What a configuration has not is as if no such MSR existed: #GP, by which a kernel finds out. */
static bool variant_read(struct ia_cpu *c, uint32_t msr)
{
    if (msr == MSR_PLATFORM_INFO && has(c, IA32_CPUIDF))
        pair_set(c, CPUID_CAN_FAULT);
    else if (msr == MSR_MISC_FEATURES && has(c, IA32_CPUIDF))
        pair_set(c, c->msr.misc_features);
    else if (msr == IA_MSR_TRAPS && ia32_traps_of(c->config.variants))
        pair_set(c, c->msr.traps);
    else
        return illegal(c);
    return true;
}

static bool variant_write(struct ia_cpu *c, uint32_t msr, uint64_t v)
{
    const uint32_t traps = ia32_traps_of(c->config.variants);
    if (msr == MSR_MISC_FEATURES && has(c, IA32_CPUIDF) && v <= 1)
        c->msr.misc_features = (uint32_t)v;
    else if (msr == IA_MSR_TRAPS && traps && !(v & ~(uint64_t)traps))
        c->msr.traps = (uint32_t)v;
    else
        return illegal(c);
    ia_armed_changed(c);
    return true;
}

bool ia_body_rdmsr(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    if (!may(c) || !ia_runs_here(c, IA_INTERCEPT_MSR))
        return false;
    switch (c->r[IA_ECX]) {
    case MSR_TSC: pair_set(c, tsc(c)); return true;
    case MSR_APIC_BASE: pair_set(c, c->msr.apic_base); return true;
    default: return variant_read(c, c->r[IA_ECX]);
    }
}

bool ia_body_wrmsr(struct ia_cpu *c, const ia_insn *i)
{
    const uint64_t v = (uint64_t)c->r[IA_EDX] << 32 | c->r[IA_EAX];
    (void)i;
    if (!may(c) || !ia_runs_here(c, IA_INTERCEPT_MSR))
        return false;
    switch (c->r[IA_ECX]) {
    case MSR_TSC: c->tsc_offset = v - ia_clock(c); return true;
    case MSR_APIC_BASE: c->msr.apic_base = v; return true;
    default: return variant_write(c, c->r[IA_ECX], v);
    }
}

bool ia_body_rdtsc(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    if ((c->cr4 & CR4_TSD) && c->cpl != 0)
        return ia_gp(c, REASON_PRIVILEGE, 0);
    if (!ia_runs_here(c, IA_INTERCEPT_TSC))
        return false;
    pair_set(c, tsc(c));
    return true;
}

/* There are no counters. */
bool ia_body_rdpmc(struct ia_cpu *c, const ia_insn *i)
{
    (void)i;
    return illegal(c);
}

/* --- CPUID [SDM 2A CPUID]: what it says is in cpuid.c. */

bool ia_body_cpuid(struct ia_cpu *c, const ia_insn *i)
{
    uint32_t out[4];
    (void)i;
    if (ia_is_armed(c, IA_TRAPS_CPUID))
        return ia_gp(c, REASON_PRIVILEGE, 0);
    ia32_cpuid(&c->config, c->r[IA_EAX], c->r[IA_ECX], out);
    c->r[IA_EAX] = out[0];
    c->r[IA_EBX] = out[1];
    c->r[IA_ECX] = out[2];
    c->r[IA_EDX] = out[3];
    return true;
}
