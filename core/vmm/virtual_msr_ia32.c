/* virtual_msr_ia32.c - {v_i} of model-specific registers, time and CPUID [SDM 2A CPUID; 2B RDMSR, RDPMC, RDTSC; 2D WRMSR; 4].
 */
#include "core/vmm/virtual_ia32.h"

enum { MSR_TSC = 0x10, MSR_APIC_BASE = 0x1b, MSR_PLATFORM_INFO = 0xce, MSR_MISC_FEATURES = 0x140 };
#define CPUID_CAN_FAULT (UINT32_C(1) << 31) /* of MSR_PLATFORM_INFO, which cannot be written */

static bool refused(struct trap *t) { return ia32_v_gp(t, REASON_PRIVILEGE, 0); }
static bool unknown(struct trap *t) { return ia32_v_gp(t, REASON_UNDEFINED, 0); }
static uint64_t tsc(const struct vcpu *vcpu) { return vcpu_clock(vcpu) + virtual_of_const(vcpu)->tsc_offset; }

static bool pair_set(struct vcpu *vcpu, uint64_t value)
{
    ia32_v_reg_set(vcpu, IA_EAX, 4, (uint32_t)value);
    ia32_v_reg_set(vcpu, IA_EDX, 4, (uint32_t)(value >> 32));
    return true;
}

/* The virtual registers, whatever the host's hold: under K those of variants make the guest's instructions trap. */
bool ia32_v_rdmsr(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const struct virtual_ia32 *v = virtual_of(vcpu);
    const bool cpuidf = v->config.variants & IA32_CPUIDF;

    (void)i;
    if (v->cpl != 0)
        return refused(t);
    switch (ia32_v_reg(vcpu, IA_ECX, 4)) {
    case MSR_TSC: return pair_set(vcpu, tsc(vcpu));
    case MSR_APIC_BASE: return pair_set(vcpu, v->apic_base);
    case MSR_PLATFORM_INFO: return cpuidf ? pair_set(vcpu, CPUID_CAN_FAULT) : unknown(t);
    case MSR_MISC_FEATURES: return cpuidf ? pair_set(vcpu, v->misc_features) : unknown(t);
    case IA_MSR_TRAPS: return ia32_traps_of(v->config.variants) ? pair_set(vcpu, v->traps) : unknown(t);
    default: return unknown(t);
    }
}

/* One of a variant: `known` are the bits that it has there; none: there is no such register. */
static bool bits_write(uint32_t *reg, uint64_t value, uint32_t known, struct trap *t)
{
    if (!known || (value & ~(uint64_t)known))
        return unknown(t);
    *reg = (uint32_t)value;
    return true;
}

bool ia32_v_wrmsr(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    struct virtual_ia32 *v = virtual_of(vcpu);
    const uint64_t value = (uint64_t)ia32_v_reg(vcpu, IA_EDX, 4) << 32 | ia32_v_reg(vcpu, IA_EAX, 4);

    (void)i;
    if (v->cpl != 0)
        return refused(t);
    switch (ia32_v_reg(vcpu, IA_ECX, 4)) {
    case MSR_TSC: v->tsc_offset = value - vcpu_clock(vcpu); return true;
    case MSR_APIC_BASE: v->apic_base = value; return true;
    case MSR_MISC_FEATURES: return bits_write(&v->misc_features, value, v->config.variants & IA32_CPUIDF ? 1 : 0, t);
    case IA_MSR_TRAPS: return bits_write(&v->traps, value, ia32_traps_of(v->config.variants), t);
    default: return unknown(t);
    }
}

bool ia32_v_rdtsc(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const struct virtual_ia32 *v = virtual_of(vcpu);

    (void)i;
    if ((v->cr4 & CR4_TSD) && v->cpl != 0)
        return refused(t);
    return pair_set(vcpu, tsc(vcpu));
}

/* There are no counters. */
bool ia32_v_rdpmc(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    (void)vcpu, (void)i;
    return unknown(t);
}

/* From the configuration alone, which is the host's: so a guest finds the CPU that it would find bare. */
bool ia32_v_cpuid(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    uint32_t out[4];

    (void)i, (void)t;
    ia32_cpuid(&virtual_of(vcpu)->config, ia32_v_reg(vcpu, IA_EAX, 4), ia32_v_reg(vcpu, IA_ECX, 4), out);
    ia32_v_reg_set(vcpu, IA_EAX, 4, out[0]);
    ia32_v_reg_set(vcpu, IA_EBX, 4, out[1]);
    ia32_v_reg_set(vcpu, IA_ECX, 4, out[2]);
    ia32_v_reg_set(vcpu, IA_EDX, 4, out[3]);
    return true;
}
