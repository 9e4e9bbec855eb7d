/* hybrid_riscv.c - the hybrid monitor's interpreter for RISC-V: a hart of the VMM's own on the VM's physical memory, and what changes hands
 * between it and the VMM.
 *
 * That is every register of the instruction set's table that is not merely a view of another, so a register added there is not forgotten
 * here. Only what differs is written: a write may have consequences, such as shadow roots that are void. The shadow is not told what the
 * hart's SFENCE.VMAs order while it runs; it is told when the VMM has the state again, before any use of it.
 */
#include "core/vmm/memory.h"
#include "core/vmm/virtual_csr_riscv.h"

#include <assert.h>

enum { COUNTERS_HPM = 29 };

int riscv_interpreter_create(struct vcpu *vcpu, struct machine **out)
{
    struct riscv_config config = virtual_of(vcpu)->config;

    config.user_yields = true;
    return riscv_create_with(out, vcpu->machine.phys, &config, vcpu->host->engine);
}

/* Registers that others show, or that cannot be written; mip is a matter of its own. */
static bool changes_hands(reg_t reg)
{
    const unsigned csr = reg - RV_CSR;

    if (reg < RV_CSR || reg >= RV_CSR + 4096)
        return reg > RV_X + 31 && reg != MACHINE_PC && reg != MACHINE_MODE; /* x, pc and mode are not looked up */
    switch (csr) {
    case CSR_fflags:
    case CSR_frm:
    case CSR_sstatus:
    case CSR_sie:
    case CSR_sip:
    case CSR_mip:
    case CSR_tdata1: /* of one trigger; all of them are registers by themselves */
    case CSR_tdata2:
    case CSR_misa: return false;
    default: break;
    }
    const bool read_only = bits_get(csr, 10, 2) == 3;
    const bool counts_nothing = csr - CSR_mhpmcounter3 < COUNTERS_HPM || csr - CSR_mhpmevent3 < COUNTERS_HPM;
    return !read_only && !counts_nothing;
}

static void copy(const struct machine *from, struct machine *to, reg_t reg)
{
    const uint64_t value = machine_get(from, reg);

    if (machine_get(to, reg) != value)
        machine_set(to, reg, value);
}

/* From the end of the table back, as the most privileged software does it: PMP addresses before the locks on them, machine mode's before
 * what supervisor mode sees of them. mstatus at last once more, for the floating-point registers may make FS dirty. */
static void registers_copy(const struct machine *from, struct machine *to)
{
    const struct isa *isa = from->isa;

    for (unsigned n = isa->reg_count; n-- > 0;)
        if (changes_hands(isa->regs[n].reg) && machine_has(from, isa->regs[n].reg))
            copy(from, to, isa->regs[n].reg);
    for (reg_t x = RV_X + 1; x < RV_X + 32; x++)
        copy(from, to, x);
    copy(from, to, RV_CSR + CSR_mstatus);
    copy(from, to, MACHINE_MODE);
    machine_set(to, MACHINE_PC, machine_get(from, MACHINE_PC));
    machine_set(to, MACHINE_RESUME, machine_get(from, MACHINE_RESUME));
}

/* --- mip: what software wrote there shows where neither an input nor stimecmp covers it [priv 3.1.9; Sstc]. */

static void lines_set(struct machine *m, uint64_t lines, bool level)
{
    for (; lines; lines &= lines - 1)
        machine_irq(m, (unsigned)__builtin_ctzll(lines), level);
}

/* What software wrote into the mip of the interpreter; it becomes *set, if that is there. */
static uint64_t mip_written(struct vcpu *vcpu, const uint64_t *set)
{
    struct machine *m = vcpu->interpreter;
    const uint64_t lines = virtual_of(vcpu)->lines, menvcfg = machine_get(m, RV_CSR + CSR_menvcfg);
    const bool covered = bit_get(menvcfg, MENVCFG_STCE);
    uint64_t mip;

    lines_set(m, lines, false);
    if (covered)
        machine_set(m, RV_CSR + CSR_menvcfg, bits_set(menvcfg, MENVCFG_STCE, 1, 0));
    mip = machine_get(m, RV_CSR + CSR_mip);
    if (set && mip != *set)
        machine_set(m, RV_CSR + CSR_mip, *set);
    if (covered)
        machine_set(m, RV_CSR + CSR_menvcfg, menvcfg);
    lines_set(m, lines, true);
    return mip;
}

/* --- To and fro */

void riscv_interpreter_enter(struct vcpu *vcpu)
{
    machine_set(vcpu->interpreter, MACHINE_CLOCK, vcpu_clock(vcpu));
    machine_set(vcpu->interpreter, MACHINE_RETIRED, vcpu_retired(vcpu));
    registers_copy(&vcpu->machine, vcpu->interpreter);
    (void)mip_written(vcpu, &virtual_of(vcpu)->mip);
}

static void fences_pass_on(struct vcpu *vcpu)
{
    struct virtual_riscv *v = virtual_of(vcpu);
    struct fence fence[RISCV_FENCES_KEPT];
    const uint64_t count = riscv_fences(vcpu->interpreter, fence), fresh = count - v->fences_seen;

    v->fences_seen = count;
    if (fresh > RISCV_FENCES_KEPT) {
        memory_fence(vcpu, &(struct fence){0});
        return;
    }
    for (unsigned n = RISCV_FENCES_KEPT - (unsigned)fresh; n < RISCV_FENCES_KEPT; n++) {
        fence[n].asid &= (UINT64_C(1) << v->config.asid_bits) - 1;
        memory_fence(vcpu, &fence[n]);
    }
}

void riscv_interpreter_leave(struct vcpu *vcpu)
{
    fences_pass_on(vcpu);
    registers_copy(vcpu->interpreter, &vcpu->machine);
    virtual_of(vcpu)->mip = mip_written(vcpu, NULL);
}
