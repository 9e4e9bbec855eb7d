/* k_riscv.c - K, the configuration of the host under which RV64GC is classically virtualizable, and the host's resource registers.
 *
 * With K in force every sensitive instruction executed in real U-mode traps: CSRs of S and M, xRET, WFI and SFENCE.VMA because of the
 * mode, counters because counteren is clear, whatever is undefined because the hart traps it. What K leaves to run directly works on
 * identity state alone: x, f, pc, fcsr and FS.
 */
#include "core/vmm/identity.h"
#include "core/vmm/virtual_csr_riscv.h"

const char riscv_k[] = "mode = U: guest M, S and U modes all run in real U\n"
                       "medeleg = mideleg = 0: every trap comes to the VMM\n"
                       "mie = 0: real interrupts are the owner's of the host, not the guest's\n"
                       "mcounteren = scounteren = 0: cycle, time, instret trap\n"
                       "menvcfg = senvcfg = 0: no cache-block operations, no Sstc, A and D bits by the VMM\n"
                       "mstatus.MPRV = SUM = MXR = TVM = TW = TSR = 0: of no effect in U; mstatus.FS = virtual FS\n"
                       "pmp0 = all of memory, RWX: the shadow page tables alone protect\n"
                       "tdata1: the triggers that the guest has set, for the mode that it is in; else none\n"
                       "satp = shadow root, ASID per situation\n"
                       "U-mode WFI, undefined encodings and absent CSRs trap: pinned by the hart";

const struct vm_k_row riscv_k_rows[] = {
    {"mode", MACHINE_MODE, UINT64_MAX, RV_U, "U: guest M, S and U all run in real U"},
    {"medeleg", RV_CSR + CSR_medeleg, UINT64_MAX, 0, "every exception comes to the VMM"},
    {"mideleg", RV_CSR + CSR_mideleg, UINT64_MAX, 0, "likewise interrupts"},
    {"mie", RV_CSR + CSR_mie, UINT64_MAX, 0, "real interrupts are the host owner's"},
    {"mcounteren", RV_CSR + CSR_mcounteren, UINT64_MAX, 0, "cycle, time and instret trap"},
    {"scounteren", RV_CSR + CSR_scounteren, UINT64_MAX, 0, "likewise"},
    {"menvcfg", RV_CSR + CSR_menvcfg, UINT64_MAX, 0, "cache-block operations trap; A, D by the VMM"},
    {"senvcfg", RV_CSR + CSR_senvcfg, UINT64_MAX, 0, "likewise"},
    {"mstatus", RV_CSR + CSR_mstatus, 0x7e19aa, 0, "all 0 but FS, which is the guest's"},
    {"pmpcfg0", RV_CSR + CSR_pmpcfg0, 0xff, 0x1f, "rule 0: NAPOT, RWX: the tables alone protect"},
    {"pmpaddr0", RV_CSR + CSR_pmpaddr0, (UINT64_C(1) << 54) - 1, (UINT64_C(1) << 54) - 1, "over all of memory"},
    {"satp", RV_CSR + CSR_satp, 0, 0, "the shadow's root and ASID of the situation"},
    {0},
};

/*T:300 Before anything runs, the VMM chooses K: the configuration of the host under which every sensitive instruction traps in user
 * mode. Popek and Goldberg's condition is met by the machine together with K. :*/
void riscv_configure(struct vcpu *vcpu)
{
    const struct riscv_config *config = vcpu->host->config;
    uint64_t status = machine_get(vcpu->host, RV_CSR + CSR_mstatus);

#define K_CSR(csr, value, pin) machine_set(vcpu->host, RV_CSR + CSR_##csr, value);
#include "core/vmm/k_riscv.def"
#undef K_CSR
    machine_set(vcpu->host, RV_CSR + CSR_mstatus, status & (UINT64_C(3) << MSTATUS_FS));
    if (config->pmp_entries) {
        machine_set(vcpu->host, RV_CSR + CSR_pmpaddr0, UINT64_MAX);
        machine_set(vcpu->host, RV_CSR + CSR_pmpcfg0, 0x1f); /* NAPOT, RWX */
    }
    riscv_triggers_clear(vcpu);
    machine_set(vcpu->host, MACHINE_MODE, RV_U);
}

/* Sv48 where the host has it: a guest address space of either format, and any gpa below 2^47, fits in. */
const struct pt_format *riscv_host_format(const struct machine *host)
{
    const struct riscv_config *config = host->config;

    return config->sv48 ? &pt_sv48 : &pt_sv39;
}

unsigned riscv_host_asid_bits(const struct machine *host)
{
    const struct riscv_config *config = host->config;

    return config->asid_bits;
}

static inline void satp_install(struct vcpu *vcpu, hpa_t root, unsigned asid)
{
    uint64_t mode = riscv_host_format(vcpu->host)->mode;

    machine_set(vcpu->host, RV_CSR + CSR_satp, (mode << SATP_MODE) | ((uint64_t)asid << SATP_ASID) | (root.v >> PAGE_SHIFT));
}

static __attribute__((noinline)) void install_with_triggers(struct vcpu *vcpu, hpa_t root, unsigned asid)
{
    riscv_triggers_install(vcpu);
    satp_install(vcpu, root, asid);
}

/* Each change of the guest's mode comes here: without triggers it is one tail call. */
void riscv_install(struct vcpu *vcpu, hpa_t root, unsigned asid)
{
    if (UNLIKELY(virtual_of(vcpu)->triggers_set || virtual_of(vcpu)->triggers_down))
        install_with_triggers(vcpu, root, asid);
    else
        satp_install(vcpu, root, asid);
}

/* The host's registers that hold a VM's state while it runs. mstatus is last: writing floating-point registers makes FS dirty. */
#define X4(n) RV_X + (n), RV_X + (n) + 1, RV_X + (n) + 2, RV_X + (n) + 3
#define F4(n) RV_F + (n), RV_F + (n) + 1, RV_F + (n) + 2, RV_F + (n) + 3
const reg_t riscv_world[RISCV_WORLD_SIZE] = {
    RV_X + 1,
    RV_X + 2,
    RV_X + 3,
    X4(4),
    X4(8),
    X4(12),
    X4(16),
    X4(20),
    X4(24),
    X4(28),
    F4(0),
    F4(4),
    F4(8),
    F4(12),
    F4(16),
    F4(20),
    F4(24),
    F4(28),
    MACHINE_PC,
    MACHINE_RESUME,
    RV_CSR + CSR_fcsr,
    RV_CSR + CSR_mstatus,
};
#undef X4
#undef F4

void riscv_identity_reset(struct vcpu *vcpu)
{
    const struct riscv_config *config = vcpu->host->config;

    for (unsigned i = 1; i < 32; i++)
        vcpu_identity_set(vcpu, RV_X + i, 0);
    for (unsigned i = 0; i < 32; i++)
        vcpu_identity_set(vcpu, RV_F + i, 0);
    vcpu_identity_set(vcpu, RV_CSR + CSR_fcsr, 0);
    vcpu_identity_set(vcpu, RV_CSR + CSR_mstatus, bits_set(vcpu_identity_get(vcpu, RV_CSR + CSR_mstatus), MSTATUS_FS, 2, 0));
    vcpu_identity_set(vcpu, RV_RESERVATION, UINT64_MAX);
    vcpu_identity_set(vcpu, MACHINE_PC, config->reset_pc);
}
