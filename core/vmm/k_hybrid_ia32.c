/* k_hybrid_ia32.c - K of a monitor that runs nothing of an IA-32 guest directly but its ring 3: the hybrid one, and the translator. Real and
 * virtual ring are the same then, and K can promise two things more:
 *
 *     flags-kept       the real IF is the guest's, and so are IOPL, VIF and VIP, being clear: PUSHF is right, and POPF changes what it should.
 *                      (With one of these set, which few kernels do, the guest's ring 3 is interpreted, too: ia32_interprets().)
 *     tables-guarded   GDTR and LDTR are not empty. They name the last 64 KiB of the address space, where no shadow table has a leaf:
 *                      whoever looks for a descriptor meets a page fault. LAR, LSL, VERR and VERW, which an empty table answers
 *                      with "no", trap by that, and their v_i look into the guest's tables. What the guest itself has in those
 *                      pages is reached by interpretation.
 *
 * What is left are SGDT, SIDT, SLDT, STR and SMSW, which show where the real tables are; they trap where the host has UMIP, and Theorem 3 holds.
 */
#include "core/vmm/virtual_ia32.h"
#include "mmu/ia32_pt.h"

const char ia32_hybrid_k[] = "mode = 3: the guest's ring 3 alone runs directly\n"
                             "gdtr and ldtr: the last 64 KiB, where no page is: whoever asks for a descriptor traps\n"
                             "tr null: no port is open, no task is returned to\n"
                             "idtr.limit = 0: nothing is ever vectored, a trap comes to the VMM\n"
                             "eflags: IF as the guest has it in ring 3, where no interrupt comes while it is clear; IOPL = 0, VM = "
                             "VIF = VIP = 0, as the guest has them there\n"
                             "cr0: PE PG WP; MP, EM, TS and NE as the guest has them; AM only in its ring 3\n"
                             "cr4.TSD = 1, all else 0: RDTSC traps; tables have no large pages\n"
                             "cr3 = shadow root of the situation\n"
                             "segment registers: the guest's, but the DPL of all is 3\n"
                             "dr0 to dr3, dr7: breakpoints that the guest has set\n"
                             "FERR# and IGNNE#: led to the guest's board and from it\n"
                             "what a variant of the CPU can make trap does: CR4.UMIP, MSR 140h, IA_TRAPS\n"
                             "SGDT, SIDT, SLDT, STR and SMSW run unseen where the CPU has no UMIP";

const struct vm_k_row ia32_hybrid_k_rows[] = {
    {"mode", MACHINE_MODE, UINT64_MAX, IA_RING3, "3: of the guest, ring 3 alone runs directly"},
#define K_REG(name, reg, mask, value, pin, about)                                                                                     \
    {name, reg, (mask) == CR4_UMIP ? 0 : (mask), (mask) == CR4_UMIP ? 0 : (value), about}, /* not every CPU has that */
#include "core/vmm/k_hybrid_ia32.def"
#undef K_REG
    {"cr3", IA_CR3, 0, 0, "the shadow's root of the situation"},
    {0},
};

void ia32_hybrid_configure(struct vcpu *vcpu)
{
    struct machine *host = vcpu->host;

    ia32_configure(vcpu);
#define K_REG(name, reg, mask, value, pin, about)                                                                                     \
    if (machine_has(host, reg))                                                                                                       \
        machine_set(host, reg, (machine_get(host, reg) & ~(uint64_t)(mask)) | (value));
#include "core/vmm/k_hybrid_ia32.def"
#undef K_REG
    ia32_v_flags_set(vcpu, ia32_v_flags(vcpu), UINT32_MAX); /* the real IF as well */
}

bool ia32_runs_ring3_alone(const struct vcpu *vcpu) { return vcpu->isa->k == ia32_hybrid_k; }

/* In tables that serve ring 3; without paging the others' are the same. */
bool ia32_guarded(const struct vcpu *vcpu, gva_t va)
{
    const struct virtual_ia32 *v = virtual_of_const(vcpu);

    return ia32_runs_ring3_alone(vcpu) && (v->cpl == 3 || !(v->cr0 & CR0_PG)) && (va.v & UINT32_MAX) >= IA32_GUARDED;
}
