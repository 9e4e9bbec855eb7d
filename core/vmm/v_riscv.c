/* v_riscv.c - {v_i} of RISC-V: one routine per privileged row of the instruction table, and nothing else decides what they do.
 *
 * A v_i runs because the host trapped its instruction in real U-mode. It asks the *virtual* machine whether the instruction is
 * allowed there; then it does to the virtual state what the manual says the instruction does, or returns the trap that the
 * virtual machine takes. Written from the manual, apart from the hardware's bodies: f(i(S)) = v_i(f(S)) is a test.
 */
#include "core/vmm/interpret.h"
#include "core/vmm/memory.h"
#include "core/vmm/virtual_csr_riscv.h"

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
    fence.asid = x_get(vcpu, rs2) & (BIT(v->config.asid_bits) - 1);
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
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) [RV_INSN_##name] = V_##traps(name),
void (*const riscv_v_i[RV_INSN_COUNT])(struct vcpu *, struct trap *) = {
#include "isa/riscv/insn.def"
};
#undef INSN
#undef V_NEVER
#undef V_REQUESTED
#undef V_PRIV
#undef V_COND
