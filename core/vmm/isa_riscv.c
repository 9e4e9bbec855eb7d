/* isa_riscv.c - a virtual RISC-V machine, the {v_i} aside (v_riscv.c): its traps and interrupts, its registers by the contract, and the
 * table in which the VMM finds all of it.
 */
#include "core/vmm/identity.h"
#include "core/vmm/virtual_csr_riscv.h"
#include "core/vmm/vmmap.h"

#include <stdlib.h>

#define BIT(n) (UINT64_C(1) << (n))

/* --- Traps and interrupts in the virtual machine's terms. */

/* Every ecall of the guest is one from real U-mode; its cause tells the mode it is made in [priv 3.3.1]. A breakpoint that nobody
 * requested is one of its triggers. */
static void reflect(struct vcpu *vcpu, struct trap *t)
{
    if (t->cause == RV_CAUSE_ECALL_U)
        t->cause = RV_CAUSE_ECALL_U + virtual_of(vcpu)->mode;
    else if (t->cause == RV_CAUSE_BREAKPOINT && t->reason == REASON_RESOURCE)
        riscv_triggers_hit(vcpu);
}

/* The virtual machine takes a trap: in M-mode, or in S-mode if it came from below M and is delegated [priv 3.1.8]. xPIE = xIE, xIE = 0,
 * xPP = the mode it came from [priv 3.1.6.1]; interrupts are told by the highest bit of xcause [priv 3.1.15], and are vectored if
 * xtvec says so [priv 3.1.7].
 * Written a second time, from the manual: the hart's own way (isa/riscv/trap.c) is compared with it, and must not
 * be it. */
static void enter(struct vcpu *vcpu, const struct trap *t)
{
    struct virtual_riscv *v = virtual_of(vcpu);
    const bool interrupted = t->kind == TRAP_INTERRUPT;
    const bool delegated = v->mode != RV_M && bit_get(interrupted ? v->mideleg : v->medeleg, (unsigned)t->cause);
    const uint64_t pc = vcpu_identity_get(vcpu, MACHINE_PC), cause = t->cause | (uint64_t)interrupted << RV_CAUSE_INTERRUPT;
    const uint64_t tvec = delegated ? v->stvec : v->mtvec, base = tvec & ~UINT64_C(3);
    uint64_t status = v->mstatus;

    if (delegated) {
        status = bits_set(status, MSTATUS_SPIE, 1, bit_get(status, MSTATUS_SIE));
        status = bits_set(status, MSTATUS_SIE, 1, 0);
        status = bits_set(status, MSTATUS_SPP, 1, v->mode);
        v->sepc = pc;
        v->scause = cause;
        v->stval = t->tval;
    } else {
        status = bits_set(status, MSTATUS_MPIE, 1, bit_get(status, MSTATUS_MIE));
        status = bits_set(status, MSTATUS_MIE, 1, 0);
        status = bits_set(status, MSTATUS_MPP, 2, v->mode);
        v->mepc = pc;
        v->mcause = cause;
        v->mtval = t->tval;
    }
    virtual_mstatus_set(vcpu, status);
    virtual_mode_set(vcpu, delegated ? RV_S : RV_M);
    vcpu_identity_set(vcpu, MACHINE_PC, interrupted && (tvec & 1) ? base + 4 * t->cause : base);
}

/* ecall and ebreak when they are met outside the host, in a page that is interpreted. */
static struct trap requested(struct vcpu *vcpu, const struct trap *at)
{
    struct trap t = *at;
    bool call = at->row == RV_INSN_ecall;

    t.kind = TRAP_EXCEPTION;
    t.reason = REASON_REQUESTED;
    t.cause = call ? RV_CAUSE_ECALL_U : RV_CAUSE_BREAKPOINT;
    t.tval = call ? 0 : machine_get(vcpu->host, MACHINE_PC);
    reflect(vcpu, &t);
    return t;
}

/* Of several the most important [priv 3.1.9].
 * MEI MSI MTI SEI SSI STI; one of them is pending, so that the last needs no look. */
static uint64_t first_of(uint64_t pending)
{
    static const uint8_t order[] = {RV_IRQ_MEI, RV_IRQ_MSI, RV_IRQ_MTI, RV_IRQ_SEI, RV_IRQ_SSI, RV_IRQ_STI};
    unsigned i = 0;

    while (i + 1 < sizeof order && !bit_get(pending, order[i]))
        i++;
    return order[i];
}

/* Those not delegated interrupt M-mode under MIE and any lower mode always; the delegated ones likewise S-mode under SIE and U-mode,
 * never M-mode [priv 3.1.6.1, 3.1.9]. */
static bool interrupt(struct vcpu *vcpu, struct trap *out)
{
    const struct virtual_riscv *v = virtual_of(vcpu);
    uint64_t pending = virtual_mip(vcpu) & v->mie, machine, supervisor;

    if (LIKELY(!pending))
        return false;
    machine = v->mode < RV_M || bit_get(v->mstatus, MSTATUS_MIE) ? pending & ~v->mideleg : 0;
    supervisor = v->mode < RV_S || (v->mode == RV_S && bit_get(v->mstatus, MSTATUS_SIE)) ? pending & v->mideleg : 0;
    if (!machine && !supervisor)
        return false;
    *out = (struct trap){.kind = TRAP_INTERRUPT, .row = INSN_NONE, .cause = first_of(machine ? machine : supervisor)};
    return true;
}

/* An input for each interrupt; its level joins what software wrote. */
static void irq(struct vcpu *vcpu, unsigned line, bool level)
{
    const uint64_t inputs = BIT(RV_IRQ_SSI) | BIT(RV_IRQ_MSI) | BIT(RV_IRQ_STI) | BIT(RV_IRQ_MTI) | BIT(RV_IRQ_SEI) | BIT(RV_IRQ_MEI);

    if (line < 64 && bit_get(inputs, line))
        virtual_of(vcpu)->lines = bits_set(virtual_of(vcpu)->lines, line, 1, level);
}

static uint64_t wake(const struct vcpu *vcpu) { return virtual_of_const(vcpu)->wake; }

/* --- Registers of the contract. */

/* A reservation is the host's, so it names host-physical memory.
 * By f and back: a place that is not in the guest's memory is none, all ones. */
static uint64_t reservation_get(const struct vcpu *vcpu)
{
    gpa_t guest;

    return vmmap_physical_inverse(vcpu->vm, (hpa_t){vcpu_identity_get(vcpu, RV_RESERVATION)}, &guest) ? guest.v : UINT64_MAX;
}

static void reservation_set(struct vcpu *vcpu, uint64_t value)
{
    hpa_t host;

    vcpu_identity_set(vcpu, RV_RESERVATION, vmmap_physical(vcpu->vm, (gpa_t){value}, &host) ? host.v : UINT64_MAX);
}

static uint64_t get(const struct vcpu *vcpu, reg_t reg, bool *handled)
{
    uint64_t value = 0;

    *handled = true;
    if (reg >= RV_CSR && reg < RV_CSR + 4096) {
        if (!virtual_csr_read(vcpu, reg - RV_CSR, &value))
            return 0;
    } else if (reg == MACHINE_MODE) {
        value = virtual_of_const(vcpu)->mode;
    } else if (reg == RV_RESERVATION) {
        value = reservation_get(vcpu);
    } else if (reg - RV_TDATA1 < 2 * RV_TRIGGERS) {
        value = reg < RV_TDATA2 ? virtual_of_const(vcpu)->tdata1[reg - RV_TDATA1] : virtual_of_const(vcpu)->tdata2[reg - RV_TDATA2];
    } else {
        *handled = false;
    }
    return value;
}

/* Triggers of the guest are virtual state, and what they come to on the host is installed by A (k_riscv.c). */
static void trigger_set(struct vcpu *vcpu, reg_t reg, uint64_t value)
{
    if (!virtual_of(vcpu)->config.sdtrig)
        return;
    if (reg < RV_TDATA2)
        virtual_tdata1_set(vcpu, reg - RV_TDATA1, value);
    else
        virtual_tdata2_set(vcpu, reg - RV_TDATA2, value);
}

static void set(struct vcpu *vcpu, reg_t reg, uint64_t value, bool *handled)
{
    *handled = true;
    if (reg >= RV_CSR && reg < RV_CSR + 4096)
        virtual_csr_write(vcpu, reg - RV_CSR, value, 0);
    else if (reg == MACHINE_MODE)
        virtual_mode_set(vcpu, value);
    else if (reg == RV_RESERVATION)
        reservation_set(vcpu, value);
    else if (reg - RV_TDATA1 < 2 * RV_TRIGGERS)
        trigger_set(vcpu, reg, value);
    else
        *handled = false;
}

/* The configuration is copied, since a virtual CPU may have another number than its host. */
static void *create(struct vcpu *vcpu)
{
    struct virtual_riscv *v = calloc(1, sizeof *v);

    if (v) {
        v->config = *(const struct riscv_config *)vcpu->host->config;
        if (vcpu->has_id)
            v->config.hartid = vcpu->id;
        vcpu->machine.config = &v->config;
        virtual_csr_reset(v);
    }
    return v;
}

static void reset(struct vcpu *vcpu)
{
    struct fence fence[RISCV_FENCES_KEPT];

    virtual_csr_reset(virtual_of(vcpu));
    if (vcpu->interpreter) /* the shadow starts empty */
        virtual_of(vcpu)->fences_seen = riscv_fences(vcpu->interpreter, fence);
    riscv_identity_reset(vcpu);
    vcpu->resource_changed = true;
}

const struct vmm_isa vmm_isa_riscv = {
    .name = "riscv",
    .v = riscv_v_i,
    .create = create,
    .destroy = free,
    .reset = reset,
    .get = get,
    .set = set,
    .enter = enter,
    .irq = irq,
    .interrupt = interrupt,
    .wake = wake,
    .reflect = reflect,
    .configure = riscv_configure,
    .k = riscv_k,
    .k_rows = riscv_k_rows,
    .ram_unit = PAGE_SIZE,
    .ram_align = 2 << 20, /* so that large pages of the guest can be such of the host */
    .situation = riscv_situation,
    .install = riscv_install,
    .translate = riscv_translate,
    .view = riscv_view,
    .touches = riscv_touches,
    .situation_text = riscv_situation_text,
    .mode_user = RV_U,
    .fetch_unit = 2,
    .cell = 1,
    .host_format = riscv_host_format,
    .host_asid_bits = riscv_host_asid_bits,
    .world = riscv_world,
    .world_size = RISCV_WORLD_SIZE,
    .reservation = RV_RESERVATION,
    .identity_block = RV_RESERVATION,
    .fault_kind = riscv_fault_kind,
    .access_fault = riscv_access_fault,
    .breakpoint = riscv_breakpoint,
    .requested = requested,
    .interpreter_create = riscv_interpreter_create,
    .interpreter_enter = riscv_interpreter_enter,
    .interpreter_leave = riscv_interpreter_leave,
};
