/* solution.c - a solution of the assignment "dispatch". Sections are those of the manual that isa/riscv.h names. */
#include "core/assignment_riscv.h"

#define BIT(n) (UINT64_C(1) << (n))

static bool is_privileged(unsigned row)
{
    switch (row) {
    case RV_INSN_csrrw:
    case RV_INSN_csrrs:
    case RV_INSN_csrrc:
    case RV_INSN_csrrwi:
    case RV_INSN_csrrsi:
    case RV_INSN_csrrci:
    case RV_INSN_mret:
    case RV_INSN_sret:
    case RV_INSN_wfi:
    case RV_INSN_sfence_vma: return true;
    default: return false;
    }
}

static enum lab_owner dispatch(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    (void)cpu;
    switch (trap->cause) {
    case RV_CAUSE_ILLEGAL: return is_privileged(trap->row) ? LAB_EMULATE : LAB_REFLECT;
    case RV_CAUSE_FETCH_ACCESS:
    case RV_CAUSE_LOAD_ACCESS:
    case RV_CAUSE_STORE_ACCESS:
    case RV_CAUSE_FETCH_PAGE:
    case RV_CAUSE_LOAD_PAGE:
    case RV_CAUSE_STORE_PAGE: return LAB_MEMORY;
    default: return LAB_REFLECT;
    }
}

/* An ECALL of the guest is one from U-mode to the host [priv 3.3.1]. */
static void reflect(struct lab_cpu *cpu, struct lab_trap *trap)
{
    if (trap->cause == RV_CAUSE_ECALL_U)
        trap->cause = RV_CAUSE_ECALL_U + lab_mode(cpu);
}

/* --- CSRs [unpriv 7.1; priv 2.1]. */

/* Does M-mode, and for U-mode S-mode besides, let this counter through [priv 3.1.11, 12.1.5]? */
static bool counter_open(const struct lab_cpu *cpu, unsigned bit)
{
    if (lab_mode(cpu) == RV_M)
        return true;
    return bit_get(lab_csr(cpu, CSR_mcounteren), bit) && (lab_mode(cpu) == RV_S || bit_get(lab_csr(cpu, CSR_scounteren), bit));
}

static bool csr_open(const struct lab_cpu *cpu, unsigned csr, bool write)
{
    const uint64_t mstatus = lab_csr(cpu, CSR_mstatus);

    if (!lab_csr_exists(cpu, csr) || (write && bits_get(csr, 10, 2) == 3) || bits_get(csr, 8, 2) > lab_mode(cpu))
        return false;
    if (csr == CSR_satp)
        return lab_mode(cpu) == RV_M || !bit_get(mstatus, MSTATUS_TVM);
    if (csr == CSR_stimecmp)
        return lab_mode(cpu) == RV_M || (bit_get(lab_csr(cpu, CSR_mcounteren), 1) && bit_get(lab_csr(cpu, CSR_menvcfg), MENVCFG_STCE));
    if (csr >= CSR_cycle && csr < CSR_cycle + 32)
        return counter_open(cpu, csr - CSR_cycle);
    if (csr == CSR_fflags || csr == CSR_frm || csr == CSR_fcsr)
        return bits_get(mstatus, MSTATUS_FS, 2) != 0;
    return true;
}

static enum lab_result csr(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    const unsigned number = trap->instruction >> 20, rs1 = trap->instruction >> 15 & 31, rd = trap->instruction >> 7 & 31;
    const unsigned op = trap->instruction >> 12 & 3;                                 /* 1 writes, 2 sets, 3 clears */
    const bool immediate = trap->instruction >> 14 & 1, write = op == 1 || rs1 != 0; /* by its number, not its value */
    const uint64_t operand = immediate ? rs1 : lab_x(cpu, rs1);

    if (!csr_open(cpu, number, write))
        return LAB_ILLEGAL;
    const uint64_t old = lab_csr(cpu, number);
    if (write)
        lab_csr_set(cpu, number, op == 1 ? operand : op == 2 ? old | operand : old & ~operand);
    lab_x_set(cpu, rd, old);
    return LAB_NEXT;
}

/* --- Trap return [priv 3.1.6.1, 3.3.2]. */

static enum lab_result mret(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    uint64_t status = lab_csr(cpu, CSR_mstatus);
    const unsigned mode = (unsigned)bits_get(status, MSTATUS_MPP, 2);

    (void)trap;
    if (lab_mode(cpu) != RV_M)
        return LAB_ILLEGAL;
    status = bits_set(status, MSTATUS_MIE, 1, bit_get(status, MSTATUS_MPIE));
    status = bits_set(status, MSTATUS_MPIE, 1, 1);
    status = bits_set(status, MSTATUS_MPP, 2, RV_U);
    if (mode != RV_M)
        status = bits_set(status, MSTATUS_MPRV, 1, 0);
    lab_csr_set(cpu, CSR_mstatus, status);
    lab_mode_set(cpu, mode);
    lab_pc_set(cpu, lab_csr(cpu, CSR_mepc));
    return LAB_JUMPED;
}

static enum lab_result sret(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    uint64_t status = lab_csr(cpu, CSR_mstatus);
    const unsigned mode = bit_get(status, MSTATUS_SPP) ? RV_S : RV_U;

    (void)trap;
    if (lab_mode(cpu) == RV_U || (lab_mode(cpu) == RV_S && bit_get(status, MSTATUS_TSR)))
        return LAB_ILLEGAL;
    status = bits_set(status, MSTATUS_SIE, 1, bit_get(status, MSTATUS_SPIE));
    status = bits_set(status, MSTATUS_SPIE, 1, 1);
    status = bits_set(status, MSTATUS_SPP, 1, 0);
    status = bits_set(status, MSTATUS_MPRV, 1, 0);
    lab_csr_set(cpu, CSR_mstatus, status);
    lab_mode_set(cpu, mode);
    lab_pc_set(cpu, lab_csr(cpu, CSR_sepc));
    return LAB_JUMPED;
}

/* --- Trap entry [priv 3.1.6.1, 3.1.7, 3.1.8, 3.1.15]. */

static uint64_t vector(uint64_t tvec, const struct lab_trap *trap)
{
    return (tvec & ~UINT64_C(3)) + (trap->interrupt && (tvec & 1) ? 4 * (uint64_t)trap->cause : 0);
}

static void enter(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    const unsigned mode = lab_mode(cpu);
    const uint64_t delegation = lab_csr(cpu, trap->interrupt ? CSR_mideleg : CSR_medeleg);
    const uint64_t cause = trap->cause | (uint64_t)trap->interrupt << 63;
    uint64_t status = lab_csr(cpu, CSR_mstatus);

    if (mode != RV_M && bit_get(delegation, trap->cause)) {
        lab_csr_set(cpu, CSR_sepc, lab_pc(cpu));
        lab_csr_set(cpu, CSR_scause, cause);
        lab_csr_set(cpu, CSR_stval, trap->tval);
        status = bits_set(status, MSTATUS_SPIE, 1, bit_get(status, MSTATUS_SIE));
        status = bits_set(status, MSTATUS_SIE, 1, 0);
        status = bits_set(status, MSTATUS_SPP, 1, mode);
        lab_csr_set(cpu, CSR_mstatus, status);
        lab_mode_set(cpu, RV_S);
        lab_pc_set(cpu, vector(lab_csr(cpu, CSR_stvec), trap));
    } else {
        lab_csr_set(cpu, CSR_mepc, lab_pc(cpu));
        lab_csr_set(cpu, CSR_mcause, cause);
        lab_csr_set(cpu, CSR_mtval, trap->tval);
        status = bits_set(status, MSTATUS_MPIE, 1, bit_get(status, MSTATUS_MIE));
        status = bits_set(status, MSTATUS_MIE, 1, 0);
        status = bits_set(status, MSTATUS_MPP, 2, mode);
        lab_csr_set(cpu, CSR_mstatus, status);
        lab_mode_set(cpu, RV_M);
        lab_pc_set(cpu, vector(lab_csr(cpu, CSR_mtvec), trap));
    }
}

/* --- Interrupts [priv 3.1.6.1, 3.1.9]. */

static bool interrupt(struct lab_cpu *cpu, struct lab_trap *trap)
{
    static const unsigned order[] = {RV_IRQ_MEI, RV_IRQ_MSI, RV_IRQ_MTI, RV_IRQ_SEI, RV_IRQ_SSI, RV_IRQ_STI};
    const unsigned mode = lab_mode(cpu);
    const uint64_t pending = lab_csr(cpu, CSR_mip) & lab_csr(cpu, CSR_mie), delegated = lab_csr(cpu, CSR_mideleg);
    const uint64_t status = lab_csr(cpu, CSR_mstatus);
    uint64_t due = 0;

    if (mode < RV_S || (mode == RV_S && bit_get(status, MSTATUS_SIE)))
        due = pending & delegated;
    if ((mode < RV_M || bit_get(status, MSTATUS_MIE)) && (pending & ~delegated))
        due = pending & ~delegated; /* M-mode's come first */
    for (unsigned i = 0; i < sizeof order / sizeof *order; i++)
        if (bit_get(due, order[i])) {
            trap->cause = order[i];
            return true;
        }
    return false;
}

/* [priv 3.3.3]: something that is pending and that mie lets through ends the wait, whatever mstatus and delegation say. */
static enum lab_result wfi(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    (void)trap;
    if (lab_mode(cpu) == RV_U || (lab_mode(cpu) == RV_S && bit_get(lab_csr(cpu, CSR_mstatus), MSTATUS_TW)))
        return LAB_ILLEGAL;
    return lab_csr(cpu, CSR_mip) & lab_csr(cpu, CSR_mie) ? LAB_NEXT : LAB_WAIT;
}

/* [priv 12.2.1]. */
static enum lab_result sfence_vma(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    const unsigned rs1 = trap->instruction >> 15 & 31, rs2 = trap->instruction >> 20 & 31;
    const struct fence f = {
        .has_va = rs1 != 0, .has_asid = rs2 != 0, .va = lab_x(cpu, rs1), .asid = lab_x(cpu, rs2) & (BIT(SATP_ASID_BITS) - 1)};

    if (lab_mode(cpu) == RV_U || (lab_mode(cpu) == RV_S && bit_get(lab_csr(cpu, CSR_mstatus), MSTATUS_TVM)))
        return LAB_ILLEGAL;
    lab_fence(cpu, &f);
    return LAB_NEXT;
}

static const struct lab_dispatch functions = {dispatch, reflect, csr, mret, sret, enter, interrupt, wfi, sfence_vma};

const struct lab_plugin trapeze_lab_v1 = {.version = LAB_VERSION, .dispatch = &functions};
