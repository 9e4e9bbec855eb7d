/* privileged.c - {v_i}: what the privileged instructions mean, done to the virtual state. Each asks the *virtual* machine whether it
 * is allowed there: in virtual U-mode they are as illegal as on the hart. */
#include "hypervisor.h"

enum { SRET = 0x10200073, WFI = 0x10500073, SFENCE_VMA = 0x12000073 };
enum {
    CSR_SSTATUS = 0x100,
    CSR_SIE = 0x104,
    CSR_STVEC = 0x105,
    CSR_SCOUNTEREN = 0x106,
    CSR_SSCRATCH = 0x140,
    CSR_SEPC = 0x141,
    CSR_SCAUSE = 0x142,
    CSR_STVAL = 0x143,
    CSR_SIP = 0x144,
    CSR_SATP = 0x180,
    CSR_CYCLE = 0xc00,
    CSR_TIME = 0xc01,
    CSR_INSTRET = 0xc02,
};
enum { STATUS_WRITABLE = SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_SUM | SSTATUS_MXR };
enum { INTERRUPTS = INTERRUPT_SOFTWARE | INTERRUPT_TIMER | INTERRUPT_EXTERNAL };
#define SSTATUS_UXL (UINT64_C(2) << 32)
#define SATP_SV39 (UINT64_C(8) << 60)

/* What is pending: what the guest has set, and its timer. */
uint64_t virtual_sip(const struct vcpu *v) { return v->sip | (clock_due(v) ? INTERRUPT_TIMER : 0); }

/* [priv 12.1.1] and the sections after it. false: there is no such register, or not in this mode. */
static bool csr_get(const struct vcpu *v, unsigned csr, uint64_t *value)
{
    if (csr >= CSR_CYCLE && csr <= CSR_INSTRET) {
        *value = csr == CSR_TIME ? clock_time(v) : v->cycles;
        return v->mode == SUPERVISOR || v->scounteren >> (csr - CSR_CYCLE) & 1;
    }
    switch (csr) {
    case CSR_SSTATUS: *value = v->sstatus | SSTATUS_UXL; break;
    case CSR_SIE: *value = v->sie; break;
    case CSR_STVEC: *value = v->stvec; break;
    case CSR_SCOUNTEREN: *value = v->scounteren; break;
    case CSR_SSCRATCH: *value = v->sscratch; break;
    case CSR_SEPC: *value = v->sepc; break;
    case CSR_SCAUSE: *value = v->scause; break;
    case CSR_STVAL: *value = v->stval; break;
    case CSR_SIP: *value = virtual_sip(v); break;
    case CSR_SATP: *value = v->satp; break;
    default: return false;
    }
    return v->mode == SUPERVISOR;
}

/* A mode that there is not makes the write as if it had not been [priv 12.1.11]. */
static void satp_set(struct vcpu *v, uint64_t value)
{
    if (value >> 60 != 0 && value >> 60 != SATP_SV39 >> 60)
        return;
    v->satp = value >> 60 ? value : 0;
    allocator_empty();
}

static void csr_put(struct vcpu *v, unsigned csr, uint64_t value)
{
    switch (csr) {
    case CSR_SSTATUS: v->sstatus = value & STATUS_WRITABLE; break;
    case CSR_SIE: v->sie = value & INTERRUPTS; break;
    case CSR_STVEC: v->stvec = value & ~UINT64_C(2); break;
    case CSR_SCOUNTEREN: v->scounteren = value & 7; break;
    case CSR_SSCRATCH: v->sscratch = value; break;
    case CSR_SEPC: v->sepc = value & ~UINT64_C(1); break;
    case CSR_SCAUSE: v->scause = value; break;
    case CSR_STVAL: v->stval = value; break;
    case CSR_SIP: v->sip = value & INTERRUPT_SOFTWARE; break;
    case CSR_SATP: satp_set(v, value); break;
    }
}

/* csr 31:20   rs1 or uimm 19:15   immediate? 14   operation 13:12   rd 11:7 [unpriv 7.1] */
static bool v_csr(struct vcpu *v, uint32_t instruction)
{
    unsigned csr = instruction >> 20, rs1 = instruction >> 15 & 31, operation = instruction >> 12 & 3, rd = instruction >> 7 & 31;
    uint64_t operand = instruction >> 14 & 1 ? rs1 : rs1 ? v->x[rs1] : 0, old;
    bool write = operation == 1 || rs1 != 0;
    if (!csr_get(v, csr, &old) || (write && csr >> 10 == 3)) /* 11 in the top bits: read-only */
        return false;
    if (write)
        csr_put(v, csr, operation == 1 ? operand : operation == 2 ? old | operand : old & ~operand);
    if (rd)
        v->x[rd] = old;
    advance(v, 4);
    return true;
}

/* [priv 12.1.1.1] */
static bool v_sret(struct vcpu *v)
{
    advance(v, 0);
    v->mode = v->sstatus & SSTATUS_SPP ? SUPERVISOR : USER;
    v->sstatus = (v->sstatus & ~(uint64_t)(SSTATUS_SIE | SSTATUS_SPP)) | (v->sstatus & SSTATUS_SPIE ? SSTATUS_SIE : 0) | SSTATUS_SPIE;
    v->x[0] = v->sepc;
    return true;
}

/* Whatever is enabled ends the wait, even if SIE is clear. */
static bool v_wfi(struct vcpu *v)
{
    advance(v, 4);
    if (!(virtual_sip(v) & v->sie))
        clock_wait(v);
    return true;
}

/* The shadow is a TLB: the guest's fence empties it. That all of it goes, whatever address the fence names, is always right. */
static bool v_sfence_vma(struct vcpu *v)
{
    allocator_empty();
    advance(v, 4);
    return true;
}

bool v_i(struct vcpu *v, uint32_t instruction)
{
    if ((instruction & 0x7f) != 0x73) /* SYSTEM */
        return false;
    if (instruction >> 12 & 3)
        return v_csr(v, instruction);
    if (v->mode != SUPERVISOR)
        return false;
    if (instruction == SRET)
        return v_sret(v);
    if (instruction == WFI)
        return v_wfi(v);
    return (instruction & 0xfe007fff) == SFENCE_VMA && v_sfence_vma(v);
}
