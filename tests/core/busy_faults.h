/* busy_faults.h - more virtual machine monitors that are wrong in one place (faults.h): in what an ordinary kernel seldom does. */
#ifndef TRAPEZE_TESTS_CORE_BUSY_FAULTS_H
#define TRAPEZE_TESTS_CORE_BUSY_FAULTS_H

#include "tests/core/faults.h"

#define FAULT_CSR(name) (RV_CSR + CSR_##name)
enum { FAULT_STATUS = RV_CSR + CSR_mstatus };

static inline void fault_real(struct vcpu *vcpu, struct trap *t) { faulty_of(vcpu)->real->v[t->row](vcpu, t); }
static inline uint64_t fault_get(struct vcpu *vcpu, reg_t reg) { return machine_get(&vcpu->machine, reg); }
static inline void fault_set(struct vcpu *vcpu, reg_t reg, uint64_t value) { machine_set(&vcpu->machine, reg, value); }
static inline uint64_t fault_mode(struct vcpu *vcpu) { return fault_get(vcpu, MACHINE_MODE); }
static inline unsigned fault_csr(const struct trap *t) { return (unsigned)bits_get(t->bits, 20, 12); }
static inline uint64_t fault_x(struct vcpu *vcpu, const struct trap *t, unsigned low)
{
    const unsigned r = (unsigned)bits_get(t->bits, low, 5);
    return r ? machine_get(vcpu->host, RV_X + r) : 0;
}

/* The real v_i, with other bits in a register while it decides. */
static inline void fault_believing(struct vcpu *vcpu, struct trap *t, reg_t reg, uint64_t clear, uint64_t set)
{
    const uint64_t before = fault_get(vcpu, reg);
    fault_set(vcpu, reg, (before & ~clear) | set);
    fault_real(vcpu, t);
    const uint64_t after = fault_get(vcpu, reg);
    fault_set(vcpu, reg, (after & ~(clear | set)) | (before & (clear | set)));
}

/* ... and afterwards some bits of mstatus are as they were. */
static inline void fault_keeping(struct vcpu *vcpu, struct trap *t, uint64_t bits)
{
    const uint64_t before = fault_get(vcpu, FAULT_STATUS);
    fault_real(vcpu, t);
    if (t->kind == TRAP_NONE)
        fault_set(vcpu, FAULT_STATUS, (fault_get(vcpu, FAULT_STATUS) & ~bits) | (before & bits));
}

/* --- Returns */
static inline void fault_return_to(struct vcpu *vcpu, struct trap *t, reg_t from, uint64_t pattern)
{
    const uint64_t to = fault_get(vcpu, from);
    fault_real(vcpu, t);
    if (t->kind == TRAP_NONE && bits_get(to, 40, 23) == pattern)
        fault_set(vcpu, MACHINE_PC, to ^ 4);
}
static inline void fault_sret_rare(struct vcpu *vcpu, struct trap *t) { fault_return_to(vcpu, t, FAULT_CSR(sepc), 1 << 10); }
static inline void fault_mret_rare(struct vcpu *vcpu, struct trap *t)
{
    fault_return_to(vcpu, t, FAULT_CSR(mepc), 0x7fffff ^ 1 << 17);
}
static inline void fault_mret_mprv(struct vcpu *vcpu, struct trap *t) { fault_keeping(vcpu, t, UINT64_C(1) << MSTATUS_MPRV); }
static inline void fault_mret_mpp(struct vcpu *vcpu, struct trap *t) { fault_keeping(vcpu, t, UINT64_C(3) << MSTATUS_MPP); }
static inline void fault_mret_mpie(struct vcpu *vcpu, struct trap *t) { fault_keeping(vcpu, t, UINT64_C(1) << MSTATUS_MPIE); }
static inline void fault_sret_spp(struct vcpu *vcpu, struct trap *t) { fault_keeping(vcpu, t, UINT64_C(1) << MSTATUS_SPP); }
static inline void fault_tsr(struct vcpu *vcpu, struct trap *t)
{
    fault_believing(vcpu, t, FAULT_STATUS, UINT64_C(1) << MSTATUS_TSR, 0);
}
static inline void fault_tw(struct vcpu *vcpu, struct trap *t)
{
    fault_believing(vcpu, t, FAULT_STATUS, UINT64_C(1) << MSTATUS_TW, 0);
}

/* --- Fences */
static inline void fault_fence_high(struct vcpu *vcpu, struct trap *t)
{
    if (bits_get(t->bits, 15, 5) && fault_x(vcpu, t, 15) >> 38 & 1 && fault_mode(vcpu) != RV_U)
        fault_no_fence(vcpu, t);
    else
        fault_real(vcpu, t);
}
static inline void fault_fence_asid(struct vcpu *vcpu, struct trap *t)
{
    if (bits_get(t->bits, 20, 5) && fault_mode(vcpu) == RV_S)
        fault_no_fence(vcpu, t);
    else
        fault_real(vcpu, t);
}
static inline void fault_tvm(struct vcpu *vcpu, struct trap *t)
{
    fault_believing(vcpu, t, FAULT_STATUS, UINT64_C(1) << MSTATUS_TVM, 0);
}

/* --- Control registers */
static inline void fault_csr_believing(struct vcpu *vcpu, struct trap *t, unsigned csr, uint64_t mode, reg_t reg, uint64_t clear,
                                       uint64_t set)
{
    if (fault_csr(t) == csr && fault_mode(vcpu) == mode)
        fault_believing(vcpu, t, reg, clear, set);
    else
        fault_real(vcpu, t);
}
static inline void fault_satp_tvm(struct vcpu *vcpu, struct trap *t)
{
    fault_csr_believing(vcpu, t, CSR_satp, RV_S, FAULT_STATUS, UINT64_C(1) << MSTATUS_TVM, 0);
}
static inline void fault_instret_u(struct vcpu *vcpu, struct trap *t)
{
    fault_csr_believing(vcpu, t, CSR_instret, RV_U, FAULT_CSR(scounteren), 0, 4);
}
static inline void fault_time_s(struct vcpu *vcpu, struct trap *t)
{
    fault_csr_believing(vcpu, t, CSR_time, RV_S, FAULT_CSR(mcounteren), 0, 2);
}
static inline void fault_stimecmp(struct vcpu *vcpu, struct trap *t)
{
    fault_csr_believing(vcpu, t, CSR_stimecmp, RV_S, FAULT_CSR(mcounteren), 0, 2);
}
/* After an instruction that names this register, it is wrong by these bits. */
static inline void fault_csr_after(struct vcpu *vcpu, struct trap *t, unsigned csr, uint64_t plus)
{
    fault_real(vcpu, t);
    if (t->kind == TRAP_NONE && fault_csr(t) == csr)
        fault_set(vcpu, RV_CSR + csr, fault_get(vcpu, RV_CSR + csr) + plus);
}
static inline void fault_minstret(struct vcpu *vcpu, struct trap *t) { fault_csr_after(vcpu, t, CSR_minstret, 1); }
static inline void fault_mcycle(struct vcpu *vcpu, struct trap *t) { fault_csr_after(vcpu, t, CSR_mcycle, UINT64_MAX); }
static inline void fault_inhibit(struct vcpu *vcpu, struct trap *t)
{
    fault_real(vcpu, t);
    if (t->kind == TRAP_NONE && fault_csr(t) == CSR_mcountinhibit)
        fault_set(vcpu, FAULT_CSR(mcountinhibit), fault_get(vcpu, FAULT_CSR(mcountinhibit)) & ~UINT64_C(4));
}
static inline void fault_immediate(struct vcpu *vcpu, struct trap *t)
{
    t->bits &= ~(UINT64_C(1) << 19);
    fault_real(vcpu, t);
}
static inline void fault_sip(struct vcpu *vcpu, struct trap *t)
{
    const uint64_t operand = fault_x(vcpu, t, 15);
    fault_real(vcpu, t);
    if (t->kind == TRAP_NONE && fault_csr(t) == CSR_sip)
        fault_set(vcpu, FAULT_CSR(mip), fault_get(vcpu, FAULT_CSR(mip)) | (operand & 1 << RV_IRQ_SEI));
}

/* --- Cache blocks */
static inline void fault_block_u(struct vcpu *vcpu, struct trap *t)
{
    if (fault_mode(vcpu) == RV_U)
        fault_believing(vcpu, t, FAULT_CSR(senvcfg), 0, 0xf0);
    else
        fault_real(vcpu, t);
}
static inline void fault_block_s(struct vcpu *vcpu, struct trap *t) { fault_believing(vcpu, t, FAULT_CSR(menvcfg), 0, 0xf0); }

/* --- Interrupts and traps */
static inline bool fault_cause(struct vcpu *vcpu, struct trap *out)
{
    const bool is = faulty_of(vcpu)->real->interrupt(vcpu, out);
    if (is && out->cause == RV_IRQ_SEI)
        out->cause = RV_IRQ_SSI;
    return is;
}
static inline bool fault_user_enable(struct vcpu *vcpu, struct trap *out)
{
    const bool enabled = fault_get(vcpu, FAULT_STATUS) >> MSTATUS_SIE & 1;
    return faulty_of(vcpu)->real->interrupt(vcpu, out) && (fault_mode(vcpu) != RV_U || enabled);
}
static inline void fault_ecall(struct vcpu *vcpu, struct trap *t)
{
    faulty_of(vcpu)->real->reflect(vcpu, t);
    if (t->kind == TRAP_EXCEPTION && t->cause == RV_CAUSE_ECALL_U + 1) /* from S */
        t->cause = RV_CAUSE_ECALL_U;
}
static inline struct trap fault_access(enum pt_kind kind, gva_t va)
{
    return vmm_isa_riscv.access_fault(kind, (gva_t){va.v & ~UINT64_C(7)});
}
static inline void fault_mxr(struct vcpu *vcpu, gva_t va, enum pt_kind kind, struct page_view *out)
{
    faulty_of(vcpu)->real->view(vcpu, va, kind, out);
    out->r = out->r || out->x;
}
static inline void fault_privileged_leaf(struct vcpu *vcpu, gva_t va, enum pt_kind kind, struct page_view *out)
{
    faulty_of(vcpu)->real->view(vcpu, va, kind, out);
    out->x = out->x || (fault_mode(vcpu) == RV_S && out->r);
}

/* A fault in the v_i of one row. */
struct fault_row {
    const char *name;
    unsigned row;
    v_i_fn *wrong;
};
static const struct fault_row fault_rows[] = {
    {"sret, one pattern of sepc[62:40]", RV_INSN_sret, fault_sret_rare},
    {"mret, one pattern of mepc[62:40]", RV_INSN_mret, fault_mret_rare},
    {"sret leaves SPIE", RV_INSN_sret, fault_sret},
    {"sret leaves SPP", RV_INSN_sret, fault_sret_spp},
    {"sret despite TSR", RV_INSN_sret, fault_tsr},
    {"mret leaves MPRV", RV_INSN_mret, fault_mret_mprv},
    {"mret leaves MPP", RV_INSN_mret, fault_mret_mpp},
    {"mret leaves MPIE", RV_INSN_mret, fault_mret_mpie},
    {"wfi despite TW", RV_INSN_wfi, fault_tw},
    {"no fence", RV_INSN_sfence_vma, fault_no_fence},
    {"no fence of an address with bit 38", RV_INSN_sfence_vma, fault_fence_high},
    {"no fence of an address space", RV_INSN_sfence_vma, fault_fence_asid},
    {"fence despite TVM", RV_INSN_sfence_vma, fault_tvm},
    {"satp despite TVM", RV_INSN_csrrw, fault_satp_tvm},
    {"instret in U despite scounteren", RV_INSN_csrrs, fault_instret_u},
    {"time in S despite mcounteren", RV_INSN_csrrs, fault_time_s},
    {"stimecmp despite mcounteren", RV_INSN_csrrw, fault_stimecmp},
    {"minstret one more", RV_INSN_csrrw, fault_minstret},
    {"mcycle one less", RV_INSN_csrrw, fault_mcycle},
    {"instret never inhibited", RV_INSN_csrrw, fault_inhibit},
    {"csrrwi of four bits", RV_INSN_csrrwi, fault_immediate},
    {"csrrsi of four bits", RV_INSN_csrrsi, fault_immediate},
    {"csrrci of four bits", RV_INSN_csrrci, fault_immediate},
    {"SEIP by sip", RV_INSN_csrrs, fault_sip},
    {"cbo.zero in U despite senvcfg", RV_INSN_cbo_zero, fault_block_u},
    {"cbo.inval in U despite senvcfg", RV_INSN_cbo_inval, fault_block_u},
    {"cbo.clean despite menvcfg", RV_INSN_cbo_clean, fault_block_s},
};
enum { FAULT_ROWS = sizeof fault_rows / sizeof *fault_rows };

/* Faults elsewhere. */
static inline void plant_cause(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->isa.interrupt = fault_cause; }
static inline void plant_user_enable(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->isa.interrupt = fault_user_enable; }
static inline void plant_ecall(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->isa.reflect = fault_ecall; }
static inline void plant_access(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->isa.access_fault = fault_access; }
static inline void plant_mxr(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->isa.view = fault_mxr; }
static inline void plant_leaf(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->isa.view = fault_privileged_leaf; }
static const struct {
    const char *name;
    void (*plant)(struct faulty *, struct vcpu *);
} fault_others[] = {
    {"an interrupt of another kind", plant_cause},
    {"SIE asked in U", plant_user_enable},
    {"ecall from S as from U", plant_ecall},
    {"tval of an access fault", plant_access},
    {"leaves as with MXR", plant_mxr},
    {"leaves executable in S", plant_leaf},
    {"a leaf writable before D", fault_leaf},
    {"the third interrupt lost", fault_interrupt},
    {"counters open to the host's U", fault_counter},
    {"memory changed in silence", fault_silent},
};
enum { FAULT_OTHERS = sizeof fault_others / sizeof *fault_others };

#endif
