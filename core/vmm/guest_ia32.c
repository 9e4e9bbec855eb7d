/* guest_ia32.c - a virtual IA-32 CPU on a host that has a mode for guests: inner mode (isa/ia32.h, IA_INNER).
 *
 * f is the identity there for nearly all: the guest's rings are the real ones, and so are EFLAGS, the segment registers and GDTR, IDTR, LDTR and
 * TR, which lead to the guest's own tables by way of the shadow. What a plain CPU lets run unseen, PUSHF or SGDT, is right by itself, and does
 * not come here. What is not the guest's own exits: control, debug and model-specific registers, ports, HLT, INVLPG, task switches. The
 * same {v_i} do these. Time is given: the real time-stamp counter has an offset by which RDTSC tells the guest's. Page faults are the shadow's
 * business as ever.
 *
 * So the VMM's copy of that state (struct virtual_ia32) is out of date while the guest runs: it is put into the host before, and taken out
 * of it behind. The INTR input of the host is the guest's, for only the processor sees when the guest lets interrupts in.
 *
 * The virtual machine has such a mode, too. When its owner has set it, what the owner wants to exit is the owner's, and all else is as before.
 */
#include "core/vmm/virtual_ia32.h"

#include "mmu/ia32_pt.h"

/* Where ring 3 alone runs directly there is no ring 0 to find a place for, and in guest mode it has its own. Real ring 1 keeps to R/W
 * by CR0.WP alone, which the 386 has not. */
const struct vmm_isa *ia32_on(const struct machine *host, const struct vm_config *how)
{
    const struct ia32_config *config = host->config;
    const enum vmm_monitor monitor = how->monitor;
    const bool guest = config->variants & IA32_VT && monitor == VMM_TRAP;

    if (how->ring == 1)
        return (monitor == VMM_TRAP || monitor == VMM_PATCH) && !guest && config->model != IA_MODEL_386 ? &vmm_isa_ia32_ring1 : NULL;
    if (monitor == VMM_HYBRID || monitor == VMM_TRANSLATE)
        return &vmm_isa_ia32_hybrid;
    return guest ? &vmm_isa_ia32_guest : &vmm_isa_ia32;
}

bool ia32_guest_in_user(const struct machine *m) { return machine_get(m, IA_INNER); }

/* --- K */

const char ia32_guest_k[] = "inner = 1: guest mode; its rings 0 to 3 are the real ones\n"
                            "intercept: MOV to and from CR and DR, LMSW, SMSW, CLTS, RDMSR, WRMSR, IN, OUT,\n"
                            "HLT, INVLPG and task switches exit\n"
                            "tsc_offset: RDTSC tells the guest's time\n"
                            "eflags, segment registers, gdtr, idtr, ldtr, tr: the guest's own\n"
                            "cr0: PE PG WP; MP, EM, TS, NE and AM as the guest has them\n"
                            "cr4: TSD as the guest has it, else 0: tables have no large pages\n"
                            "cr3 = shadow root of the situation, for all rings\n"
                            "dr0 to dr3, dr7: breakpoints that the guest has set\n"
                            "INTR is the guest's: the processor sees when it may be taken; so are FERR# and IGNNE#";

const struct vm_k_row ia32_guest_k_rows[] = {
    {"inner", IA_INNER, 1, 1, "guest mode: its rings are the real ones"},
#define K_REG(name, reg, mask, value, pin, about) {name, reg, mask, value, about},
#include "core/vmm/k_guest_ia32.def"
#undef K_REG
    {"tsc_offset", IA_TSC_OFFSET, 0, 0, "the guest's time less the host's"},
    {"cr3", IA_CR3, 0, 0, "the shadow's root of the situation"},
    {0},
};

void ia32_guest_configure(struct vcpu *vcpu)
{
    struct machine *host = vcpu->host;

    machine_set(host, IA_INNER, 1);
#define K_REG(name, reg, mask, value, pin, about) machine_set(host, reg, (machine_get(host, reg) & ~(uint64_t)(mask)) | (value));
#include "core/vmm/k_guest_ia32.def"
#undef K_REG
    ia32_host_lines(vcpu);
    ia32_host_cr0(vcpu);
    ia32_host_dr(vcpu);
}

/* --- There and back */

static void put(struct machine *host, reg_t reg, uint64_t value)
{
    if (machine_get(host, reg) != value)
        machine_set(host, reg, value);
}

static void put_segment(struct machine *host, unsigned n, const struct ia32_v_segment *s)
{
    const reg_t first = IA_SEG + 4 * n;

    put(host, first + IA_SELECTOR, s->selector);
    put(host, first + IA_BASE, s->base);
    put(host, first + IA_LIMIT, s->limit);
    put(host, first + IA_RIGHTS, s->rights);
}

static void take_segment(const struct machine *host, unsigned n, struct ia32_v_segment *s)
{
    const reg_t first = IA_SEG + 4 * n;

    s->selector = (uint16_t)machine_get(host, first + IA_SELECTOR);
    s->base = (uint32_t)machine_get(host, first + IA_BASE);
    s->limit = (uint32_t)machine_get(host, first + IA_LIMIT);
    s->rights = (uint32_t)machine_get(host, first + IA_RIGHTS);
}

/* Both clocks go on together while the guest runs. Whoever has this machine may want RDTSC to exit of its guest mode. */
static void put_time(const struct vcpu *vcpu)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);
    struct machine *host = vcpu->host;
    const uint64_t exits = machine_get(host, IA_INTERCEPT) & ~(uint64_t)IA_INTERCEPT_TSC;

    put(host, IA_TSC_OFFSET, v->tsc_offset + vcpu_clock(vcpu) - machine_get(host, MACHINE_CLOCK));
    put(host, IA_INTERCEPT, exits | (v->guest ? v->intercept & IA_INTERCEPT_TSC : 0));
}

/* The mode first, for VM is in EFLAGS, too. Bits by which variants make instructions trap are real as well: the ring is. */
void ia32_guest_entering(struct vcpu *vcpu)
{
    const struct virtual_ia32 *v = virtual_of(vcpu);
    struct machine *host = vcpu->host;

    put(host, MACHINE_MODE, ia32_v_mode(vcpu));
    put(host, IA_EFLAGS, ia32_v_flags(vcpu));
    put(host, IA_NMI_MASKED, (v->nmi_masked ? 1u : 0u) | (v->nmi_latched ? 2u : 0u));
    put_segment(host, IA_LDTR, &v->ldtr);
    put_segment(host, IA_TR, &v->tr);
    put(host, IA_GDTR_BASE, v->gdtr.base);
    put(host, IA_GDTR_LIMIT, v->gdtr.limit);
    put(host, IA_IDTR_BASE, v->idtr.base);
    put(host, IA_IDTR_LIMIT, v->idtr.limit);
    put(host, IA_CR4, v->cr4 & (CR4_TSD | CR4_UMIP));
    put(host, IA_MISC_FEATURES, v->misc_features);
    put(host, IA_TRAPS, v->traps);
    put_time(vcpu);
}

void ia32_guest_left(struct vcpu *vcpu)
{
    struct virtual_ia32 *v = virtual_of(vcpu);
    const struct machine *host = vcpu->host;
    const uint64_t mode = machine_get(host, MACHINE_MODE), nmi = machine_get(host, IA_NMI_MASKED);

    v->cpl = (uint8_t)(mode <= IA_RING3 ? mode : 3);
    v->flags = (uint32_t)machine_get(host, IA_EFLAGS) & VIRTUAL_IA32_FLAGS;
    v->nmi_masked = nmi & 1;
    v->nmi_latched = nmi & 2;
    take_segment(host, IA_LDTR, &v->ldtr);
    take_segment(host, IA_TR, &v->tr);
    v->gdtr.base = (uint32_t)machine_get(host, IA_GDTR_BASE);
    v->gdtr.limit = (uint16_t)machine_get(host, IA_GDTR_LIMIT);
    v->idtr.base = (uint32_t)machine_get(host, IA_IDTR_BASE);
    v->idtr.limit = (uint16_t)machine_get(host, IA_IDTR_LIMIT);
}

/* --- Traps */

/* Whatever the guest is refused by its own ring and tables is its own. */
enum vm_owner ia32_guest_whose(struct vcpu *vcpu, const struct trap *t)
{
    const struct virtual_ia32 *v = virtual_of(vcpu);

    if (t->cause == IA_EXIT)
        return v->guest && v->intercept & t->tval ? VM_OWNER_GUEST : VM_OWNER_V_I;
    return t->cause == IA_PF && t->reason == REASON_RESOURCE ? VM_OWNER_SHADOW : VM_OWNER_GUEST;
}

/* The processor reads tables and task states as ring 0, whatever the ring is. */
void ia32_guest_access_of(struct vcpu *vcpu, const struct trap *t) { virtual_of(vcpu)->by_processor = t && !(t->error & IA32_PF_U); }

/* They are in the guest's terms. */
void ia32_guest_reflect(struct vcpu *vcpu, struct trap *t) { (void)vcpu, (void)t; }
