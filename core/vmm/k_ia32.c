/* k_ia32.c - K, the configuration of the host while an IA-32 guest runs, and the host's resource registers.
 *
 * All rings of the guest are in real ring 3. The real tables are empty: a load of a segment register, a far transfer and IRET find nothing
 * there and trap, and the routine of the row looks into the guest's own. That is not enough on every IA-32: what looks at privileged state
 * and does not trap is left (PUSHF, SGDT and their like), and a guest that executes it finds out. A variant of the CPU closes that.
 */
#include "core/vmm/identity.h"
#include "core/vmm/virtual_ia32.h"
#include "mmu/ia32_pt.h"

const char ia32_k[] = "mode = 3: guest rings 0 to 3 all run in real ring 3\n"
                      "gdtr.limit = 0, ldtr and tr null: loads of segment registers, far transfers and IRET trap; no port is open\n"
                      "idtr.limit = 0: nothing is ever vectored, a trap comes to the VMM\n"
                      "eflags.IF = 1, IOPL = 0, VM = VIF = VIP = 0: CLI, STI, IN, OUT trap\n"
                      "cr0: PE PG WP; MP, EM, TS and NE as the guest has them; AM only in its ring 3\n"
                      "cr4.TSD = 1, all else 0: RDTSC traps; tables have no large pages\n"
                      "cr3 = shadow root of the situation\n"
                      "segment registers: the guest's, but the DPL of all, and the RPL of CS and SS, is 3\n"
                      "dr0 to dr3, dr7: breakpoints that the guest has set\n"
                      "FERR# and IGNNE#: led to the guest's board and from it\n"
                      "what a variant of the CPU can make trap does: CR4.UMIP, MSR 140h, IA_TRAPS\n"
                      "what is sensitive and does not trap under all this runs unseen: PUSHF, SGDT and their like, on the plain CPU";

const reg_t ia32_world[IA32_WORLD_SIZE] = {
    IA_EAX,         IA_ECX,         IA_EDX,         IA_EBX,         IA_ESP,         IA_EBP,         IA_ESI,     IA_EDI,     IA_EFLAGS,
#define SEGMENT(n) IA_SEG + 4 * (n), IA_SEG + 4 * (n) + 1, IA_SEG + 4 * (n) + 2, IA_SEG + 4 * (n) + 3
    SEGMENT(IA_ES), SEGMENT(IA_CS), SEGMENT(IA_SS), SEGMENT(IA_DS), SEGMENT(IA_FS), SEGMENT(IA_GS),
#undef SEGMENT
#define X87(n) IA_X87 + 2 * (n), IA_X87 + 2 * (n) + 1
    X87(0),         X87(1),         X87(2),         X87(3),         X87(4),         X87(5),         X87(6),     X87(7),
#undef X87
    IA_X87_CONTROL, IA_X87_STATUS,  IA_X87_TAG,     IA_X87_FIP,     IA_X87_FCS,     IA_X87_FOP,     IA_X87_FDP, IA_X87_FDS, IA_SHADOW,
    IA_PENDING,     MACHINE_PC,     MACHINE_RESUME,
};

/* A write of CR0 empties the host's TLB. */
static void host_set(struct vcpu *vcpu, reg_t reg, uint64_t value)
{
    if (machine_get(vcpu->host, reg) != value)
        machine_set(vcpu->host, reg, value);
}

void ia32_host_cr0(struct vcpu *vcpu)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);
    const uint32_t identity = CR0_MP | CR0_EM | CR0_TS | CR0_NE;

    const bool checks = v->cpl == 3 || ia32_rings_apart(v); /* there ring 3 is real ring 3 alone */

    if (vcpu_on_host(vcpu))
        host_set(vcpu, IA_CR0, CR0_PE | CR0_ET | CR0_PG | CR0_WP | (v->cr0 & identity) | (checks ? v->cr0 & CR0_AM : 0));
}

/* Linear addresses are the guest's own, so that the host's breakpoints are. */
void ia32_host_dr(struct vcpu *vcpu)
{
    enum { DR7_ENABLES = 0xff, DR7_GD = 1 << 13, DR7_ONE = 0x400 };
    const struct virtual_ia32 *v = virtual_of_const(vcpu);
    const bool armed = v->dr[7] & DR7_ENABLES;

    if (!vcpu_on_host(vcpu))
        return;
    for (unsigned n = 0; n < 4; n++)
        host_set(vcpu, IA_DR0 + n, armed ? v->dr[n] : 0);
    host_set(vcpu, IA_DR7, armed ? v->dr[7] & ~(uint32_t)DR7_GD : DR7_ONE);
}

/* Where the host takes the guest's interrupts INTR is. */
void ia32_host_lines(struct vcpu *vcpu)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);

    if (!vcpu_on_host(vcpu))
        return;
    machine_irq(vcpu->host, IA_LINE_INTR, v->in_guest_mode && v->lines & 1u << IA_LINE_INTR);
    machine_irq(vcpu->host, IA_LINE_IGNNE, v->lines & 1u << IA_LINE_IGNNE);
}

const struct vm_k_row ia32_k_rows[] = {
    {"mode", MACHINE_MODE, UINT64_MAX, IA_RING3, "3: guest rings 0 to 3 all run in real ring 3"},
#define K_REG(name, reg, mask, value, pin, about)                                                                                     \
    {name, reg, (mask) == CR4_UMIP ? 0 : (mask), (mask) == CR4_UMIP ? 0 : (value), about}, /* not every CPU has that */
#include "core/vmm/k_ia32.def"
#undef K_REG
    {"cr3", IA_CR3, 0, 0, "the shadow's root of the situation"},
    {0},
};

static void table_forget(struct vcpu *vcpu, unsigned n)
{
    const reg_t r = IA_SEG + 4 * n;

    machine_set(vcpu->host, r + IA_SELECTOR, 0);
    machine_set(vcpu->host, r + IA_BASE, 0);
    machine_set(vcpu->host, r + IA_RIGHTS, IA_RIGHTS_NULL);
}

/* Before anything runs, the VMM chooses K. On IA-32 no K makes every sensitive instruction trap: what this one does not reach is left
 * to run, and tells the guest where it is. */
void ia32_configure(struct vcpu *vcpu)
{
    struct machine *host = vcpu->host;

    machine_set(host, MACHINE_MODE, ia32_real_ring(virtual_of(vcpu), virtual_of(vcpu)->cpl));
    machine_set(host, IA_INNER, 0); /* of a host that has such a mode, for other monitors */
    ia32_host_lines(vcpu);
    table_forget(vcpu, IA_LDTR);
    table_forget(vcpu, IA_TR);
    machine_set(host, IA_GDTR_BASE, 0);
    machine_set(host, IA_IDTR_BASE, 0);
    machine_set(host, IA_NMI_MASKED, 0);
#define K_REG(name, reg, mask, value, pin, about)                                                                                     \
    if (machine_has(host, reg))                                                                                                       \
        machine_set(host, reg, (machine_get(host, reg) & ~(uint64_t)(mask)) | (value));
#include "core/vmm/k_ia32.def"
#undef K_REG
    ia32_host_cr0(vcpu);
    ia32_host_dr(vcpu);
}

const struct pt_format *ia32_host_format(const struct machine *host)
{
    (void)host;
    return &pt_ia32;
}

/* The hardware has no number by which it keeps address spaces apart. */
unsigned ia32_host_asid_bits(const struct machine *host)
{
    (void)host;
    return 0;
}

void ia32_install(struct vcpu *vcpu, hpa_t root, unsigned asid)
{
    (void)asid;
    ia32_host_cr0(vcpu);
    machine_set(vcpu->host, IA_CR3, root.v);
}
