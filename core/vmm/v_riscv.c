/* v_riscv.c - {v_i} of RISC-V: one routine per privileged row of the instruction table, and nothing else decides what they do.
 *
 * A v_i runs because the host trapped its instruction in real U-mode. It asks the *virtual* machine whether the instruction is
 * allowed there; then it does to the virtual state what the manual says the instruction does, or returns the trap that the
 * virtual machine takes. Written from the manual, apart from the hardware's bodies: f(i(S)) = v_i(f(S)) is a test.
 */
#include "core/vmm/identity.h"
#include "core/vmm/interpret.h"
#include "core/vmm/memory.h"
#include "core/vmm/virtual_csr_riscv.h"
#include "core/vmm/vmmap.h"

#include <stdlib.h>

#define BIT(n) (UINT64_C(1) << (n))

/* The instruction is illegal in the virtual machine, for this reason [priv 3.1.15, 3.1.16]. */
static void illegal(struct trap *t, enum trap_reason reason)
{
    t->reason = reason;
    t->cause = RV_CAUSE_ILLEGAL;
    t->tval = t->bits;
}

static uint64_t x_get(const struct vcpu *vcpu, unsigned r) { return r ? machine_get(vcpu->host, RV_X + r) : 0; }

static void jump(struct vcpu *vcpu, struct trap *t, uint64_t to)
{
    machine_set(vcpu->host, MACHINE_PC, to);
    t->kind = TRAP_NONE;
}

static void advance(struct vcpu *vcpu, struct trap *t) { jump(vcpu, t, machine_get(vcpu->host, MACHINE_PC) + t->length); }

/* --- Zicsr [unpriv 7.1].   csr 31:20   rs1 or uimm 19:15   funct3 14:12   rd 11:7   opcode 6:0 */
enum csr_op { CSR_WRITES, CSR_SETS, CSR_CLEARS };

static inline uint64_t combined(uint64_t old, enum csr_op op, uint64_t operand)
{
    return op == CSR_WRITES ? operand : op == CSR_SETS ? old | operand : old & ~operand;
}

static inline __attribute__((always_inline)) void v_csr(struct vcpu *vcpu, struct trap *t, enum csr_op op, bool immediate)
{
    unsigned csr = (unsigned)bits_get(t->bits, 20, 12), rs1 = (unsigned)bits_get(t->bits, 15, 5);
    unsigned rd = (unsigned)bits_get(t->bits, 7, 5);
    uint64_t operand = immediate ? rs1 : x_get(vcpu, rs1), old;
    bool write = op == CSR_WRITES || rs1 != 0; /* by the register's number, not its value */
    const struct virtual_plain *plain = virtual_plain_find(csr);

    if (plain && virtual_of(vcpu)->mode >= bits_get(csr, 8, 2)) { /* all that virtual_csr_open() would ask of such a one */
        uint64_t *field = virtual_plain_field(vcpu, plain);
        old = *field;
        if (write)
            *field = combined(old, op, operand) & plain->mask;
    } else {
        enum trap_reason refusal = virtual_csr_open(vcpu, csr, write, &old);
        if (refusal != REASON_NONE) {
            illegal(t, refusal);
            return;
        }
        if (write)
            virtual_csr_write(vcpu, csr, combined(virtual_csr_modified(vcpu, csr, old), op, operand), 1);
    }
    if (rd)
        machine_set(vcpu->host, RV_X + rd, old);
    advance(vcpu, t);
}

static void v_csrrw(struct vcpu *vcpu, struct trap *t) { v_csr(vcpu, t, CSR_WRITES, false); }
static void v_csrrs(struct vcpu *vcpu, struct trap *t) { v_csr(vcpu, t, CSR_SETS, false); }
static void v_csrrc(struct vcpu *vcpu, struct trap *t) { v_csr(vcpu, t, CSR_CLEARS, false); }
static void v_csrrwi(struct vcpu *vcpu, struct trap *t) { v_csr(vcpu, t, CSR_WRITES, true); }
static void v_csrrsi(struct vcpu *vcpu, struct trap *t) { v_csr(vcpu, t, CSR_SETS, true); }
static void v_csrrci(struct vcpu *vcpu, struct trap *t) { v_csr(vcpu, t, CSR_CLEARS, true); }

/* --- Trap return [priv 3.1.6.1, 3.3.2]: xIE = xPIE, xPIE = 1, mode = xPP, xPP = U; MPRV goes when the mode is not M. */
static void v_mret(struct vcpu *vcpu, struct trap *t)
{
    struct virtual_riscv *v = virtual_of(vcpu);
    uint64_t status = v->mstatus, mode = bits_get(status, MSTATUS_MPP, 2);

    if (v->mode != RV_M) {
        illegal(t, REASON_PRIVILEGE);
        return;
    }
    status = bits_set(status, MSTATUS_MIE, 1, bit_get(status, MSTATUS_MPIE));
    status = bits_set(status, MSTATUS_MPIE, 1, 1);
    status = bits_set(status, MSTATUS_MPP, 2, RV_U);
    if (mode != RV_M)
        status = bits_set(status, MSTATUS_MPRV, 1, 0);
    virtual_mstatus_set(vcpu, status);
    virtual_mode_set(vcpu, mode);
    jump(vcpu, t, v->mepc);
}

/*T:330 A v_i. sret was executed in real user mode and trapped. Whether the *virtual* machine lets it through is asked of virtual state,
 * and so is what it does. :*/
static void v_sret(struct vcpu *vcpu, struct trap *t)
{
    struct virtual_riscv *v = virtual_of(vcpu);
    uint64_t status = v->mstatus, mode = bits_get(status, MSTATUS_SPP, 1);

    if (v->mode == RV_U || (v->mode == RV_S && bit_get(status, MSTATUS_TSR))) { /* [priv 3.1.6.5] */
        illegal(t, REASON_PRIVILEGE);
        return;
    }
    status = bits_set(status, MSTATUS_SIE, 1, bit_get(status, MSTATUS_SPIE));
    status = bits_set(status, MSTATUS_SPIE, 1, 1);
    status = bits_set(status, MSTATUS_SPP, 1, RV_U);
    status = bits_set(status, MSTATUS_MPRV, 1, 0);
    virtual_mstatus_set(vcpu, status);
    virtual_mode_set(vcpu, mode);
    jump(vcpu, t, v->sepc);
}

/* Waits unless something is pending that mie lets through, whatever the global enables and delegation say [priv 3.3.3]. */
static void v_wfi(struct vcpu *vcpu, struct trap *t)
{
    const struct virtual_riscv *v = virtual_of(vcpu);

    if (v->mode == RV_U || (v->mode == RV_S && bit_get(v->mstatus, MSTATUS_TW))) {
        illegal(t, REASON_PRIVILEGE);
        return;
    }
    advance(vcpu, t);
    if (!(virtual_mip(vcpu) & v->mie))
        *t = (struct trap){.kind = TRAP_WAIT, .row = INSN_NONE};
}

/* [priv 12.2.1]. rs1 = x0: all addresses; rs2 = x0: all address spaces. */
static void v_sfence_vma(struct vcpu *vcpu, struct trap *t)
{
    const struct virtual_riscv *v = virtual_of(vcpu);
    unsigned rs1 = (unsigned)bits_get(t->bits, 15, 5), rs2 = (unsigned)bits_get(t->bits, 20, 5);
    struct fence fence = {.has_va = rs1 != 0, .has_asid = rs2 != 0, .va = x_get(vcpu, rs1)};

    if (v->mode == RV_U || (v->mode == RV_S && bit_get(v->mstatus, MSTATUS_TVM))) {
        illegal(t, REASON_PRIVILEGE);
        return;
    }
    fence.asid = x_get(vcpu, rs2) & (BIT(v->config->asid_bits) - 1);
    memory_fence(vcpu, &fence);
    advance(vcpu, t);
}

/* --- Cache-block operations [unpriv 19]: menvcfg opens them below M, senvcfg besides for U. The block must be one that loads or
 * stores reach; there is no cache to manage. Zeroing it is a store. */
static void v_block(struct vcpu *vcpu, struct trap *t, unsigned enable, unsigned width, bool zero)
{
    const struct virtual_riscv *v = virtual_of(vcpu);
    struct trap fault = *t;
    gva_t va = {x_get(vcpu, (unsigned)bits_get(t->bits, 15, 5))};
    bool open = v->mode == RV_M || (bits_get(v->menvcfg, enable, width) && (v->mode == RV_S || bits_get(v->senvcfg, enable, width)));

    if (!open) {
        illegal(t, REASON_PRIVILEGE);
    } else if (interpret_block(vcpu, va, 64, zero, &fault)) {
        advance(vcpu, t);
    } else {
        fault.row = t->row;
        fault.length = t->length;
        fault.bits = t->bits;
        *t = fault;
    }
}

static void v_cbo_inval(struct vcpu *vcpu, struct trap *t) { v_block(vcpu, t, ENVCFG_CBIE, 2, false); }
static void v_cbo_clean(struct vcpu *vcpu, struct trap *t) { v_block(vcpu, t, ENVCFG_CBCFE, 1, false); }
static void v_cbo_flush(struct vcpu *vcpu, struct trap *t) { v_block(vcpu, t, ENVCFG_CBCFE, 1, false); }
static void v_cbo_zero(struct vcpu *vcpu, struct trap *t) { v_block(vcpu, t, ENVCFG_CBZE, 1, true); }

/* --- {v_i} by row. A row that claims to trap because of the mode, always or under a condition, names its v_i here: one that is
 * not written does not compile. */
#define V_NEVER(name) NULL
#define V_REQUESTED(name) NULL
#define V_PRIV(name) v_##name
#define V_COND(name) v_##name
#define INSN(name, ext, encoding, format, traps, sensitive, manual) [RV_INSN_##name] = V_##traps(name),
static void (*const v_i[RV_INSN_COUNT])(struct vcpu *, struct trap *) = {
#include "isa/riscv/insn.def"
};
#undef INSN
#undef V_NEVER
#undef V_REQUESTED
#undef V_PRIV
#undef V_COND

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
 * xtvec says so [priv 3.1.7]. */
static void enter(struct vcpu *vcpu, const struct trap *t)
{
    struct virtual_riscv *v = virtual_of(vcpu);
    const bool interrupted = t->kind == TRAP_INTERRUPT;
    const bool delegated = v->mode != RV_M && bit_get(interrupted ? v->mideleg : v->medeleg, (unsigned)t->cause);
    const uint64_t pc = vcpu_identity_get(vcpu, MACHINE_PC), cause = t->cause | (uint64_t)interrupted << 63;
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

/* Of several the most important [priv 3.1.9]. */
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

/* A reservation is the host's, so it names host-physical memory. */
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

static void trigger_set(struct vcpu *vcpu, reg_t reg, uint64_t value)
{
    if (!virtual_of(vcpu)->config->sdtrig)
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

static void *create(struct vcpu *vcpu)
{
    struct virtual_riscv *v = calloc(1, sizeof *v);

    if (v) {
        v->config = vcpu->host->config;
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
    .v = v_i,
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
