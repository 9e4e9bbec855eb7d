/* assignment_riscv.c - a student's D, v_i and trap entry in the place of the VMM's own, for one virtual machine. The VMM knows nothing of it: it
 * finds other functions in its table (struct vmm_isa).
 */
#include "core/vmm/assignment_private_riscv.h"

#include "core/vmm/memory.h"

/* --- What a plug-in has. */

#define DISPATCH(f) (p->dispatch && p->dispatch->f)
#define SHADOW(f) (p->shadow && p->shadow->f)

/* Each function of a plug-in is optional, and so is each table of them. */
static bool there(const struct lab_plugin *p, unsigned function)
{
    switch (function) {
    case LAB_DISPATCH: return DISPATCH(dispatch);
    case LAB_REFLECTS: return DISPATCH(reflect);
    case LAB_CSR: return DISPATCH(csr);
    case LAB_MRET: return DISPATCH(mret);
    case LAB_SRET: return DISPATCH(sret);
    case LAB_ENTER: return DISPATCH(enter);
    case LAB_INTERRUPT: return DISPATCH(interrupt);
    case LAB_WFI: return DISPATCH(wfi);
    case LAB_SFENCE: return DISPATCH(sfence_vma);
    case LAB_WALK: return SHADOW(walk);
    case LAB_RIGHTS: return SHADOW(rights);
    case LAB_FENCE: return SHADOW(fence);
    default: return false;
    }
}

/* --- What it may call. */

/* A plug-in holds a struct lab_cpu, which is the first part of the seam: it can reach nothing but what the services
 * give it. */
static struct vcpu *vcpu_of_cpu(const struct lab_cpu *cpu) { return seam_of_cpu(cpu)->seam.vcpu; }

static uint64_t get(const struct lab_cpu *cpu, reg_t reg) { return machine_get(&vcpu_of_cpu(cpu)->machine, reg); }

static void set(struct lab_cpu *cpu, reg_t reg, uint64_t value) { machine_set(&vcpu_of_cpu(cpu)->machine, reg, value); }

static bool has(const struct lab_cpu *cpu, reg_t reg) { return machine_has(&vcpu_of_cpu(cpu)->machine, reg); }

static void fence(struct lab_cpu *cpu, const struct fence *f) { memory_fence(vcpu_of_cpu(cpu), f); }

static const struct lab_services services = {get, set, has, fence, seam_pte_read, seam_pte_write};

/* --- Traps, there and back. */

/* A copy in the plug-in's own terms: it cannot change the VMM's trap but by what it returns. */
static struct lab_trap shown(const struct trap *t)
{
    return (struct lab_trap){.interrupt = t->kind == TRAP_INTERRUPT,
                             .cause = (unsigned)t->cause,
                             .tval = t->tval,
                             .row = t->length ? t->row : INSN_NONE,
                             .instruction = (uint32_t)t->bits,
                             .length = t->length};
}

/* tval of an illegal instruction is its bits [priv 3.1.16]. */
void seam_illegal(struct trap *t, enum trap_reason reason)
{
    t->reason = reason;
    t->cause = RV_CAUSE_ILLEGAL;
    t->tval = t->bits;
}

void seam_advance(struct vcpu *vcpu, struct trap *t)
{
    machine_set(vcpu->host, MACHINE_PC, machine_get(vcpu->host, MACHINE_PC) + t->length);
    t->kind = TRAP_NONE;
}

/* What the student's v_i says has become of the instruction. */
static void became(struct vcpu *vcpu, struct trap *t, enum lab_result result)
{
    switch (result) {
    case LAB_NEXT: seam_advance(vcpu, t); break;
    case LAB_JUMPED: t->kind = TRAP_NONE; break;
    case LAB_WAIT:
        seam_advance(vcpu, t);
        *t = (struct trap){.kind = TRAP_WAIT, .row = INSN_NONE};
        break;
    case LAB_ILLEGAL: seam_illegal(t, REASON_PRIVILEGE); break;
    default: vcpu_stop(vcpu, "the plug-in's v_i returned what is no enum lab_result"); break;
    }
}

/* The way of one call, the same for all v_i:
 *
 *    D  ->  vcpu->isa->v[row]  =  v_csr            found in the seam's table instead of the VMM's
 *             shown()                              the trap in the plug-in's terms
 *             seam_call()                          who is at work, should it not come back
 *             plugin->dispatch->csr(cpu, trap)     the student's function; it calls get, set, fence
 *             seam_return()
 *             became()                             its answer as the VMM understands it: next, jumped, wait, illegal
 */
#define V_I(name, function, member)                                                                                                   \
    static void name(struct vcpu *vcpu, struct trap *t)                                                                               \
    {                                                                                                                                 \
        struct riscv_seam *s = riscv_seam_of(vcpu);                                                                                   \
        const struct lab_trap trap = shown(t);                                                                                        \
        seam_call(&s->seam, function);                                                                                                \
        const enum lab_result result = s->seam.plugin->dispatch->member(&s->cpu, &trap);                                              \
        seam_return(&s->seam);                                                                                                        \
        became(vcpu, t, result);                                                                                                      \
    }
V_I(v_csr, LAB_CSR, csr)
V_I(v_mret, LAB_MRET, mret)
V_I(v_sret, LAB_SRET, sret)
V_I(v_wfi, LAB_WFI, wfi)
V_I(v_sfence_vma, LAB_SFENCE, sfence_vma)
#undef V_I

/* A wrong answer stops the VM with a sentence and leaves the VMM whole: the plug-in is the student's, and may do
 * anything. */
static enum vm_owner whose(struct vcpu *vcpu, const struct trap *t)
{
    struct riscv_seam *s = riscv_seam_of(vcpu);
    const struct lab_trap trap = shown(t);

    seam_call(&s->seam, LAB_DISPATCH);
    const enum lab_owner owner = s->seam.plugin->dispatch->dispatch(&s->cpu, &trap);
    seam_return(&s->seam);
    switch (owner) {
    case LAB_EMULATE:
        if (t->cause == RV_CAUSE_ILLEGAL && vcpu_has_v_i(vcpu, t))
            return VM_OWNER_V_I;
        vcpu_stop(vcpu, "the plug-in's dispatcher wants emulated what has no v_i");
        break;
    case LAB_MEMORY: return VM_OWNER_SHADOW;
    case LAB_REFLECT: break;
    default: vcpu_stop(vcpu, "the plug-in's dispatcher returned what is no enum lab_owner"); break;
    }
    return VM_OWNER_GUEST;
}

static void reflect(struct vcpu *vcpu, struct trap *t)
{
    struct riscv_seam *s = riscv_seam_of(vcpu);
    struct lab_trap trap = shown(t);

    seam_call(&s->seam, LAB_REFLECTS);
    s->seam.plugin->dispatch->reflect(&s->cpu, &trap);
    seam_return(&s->seam);
    t->cause = trap.cause;
    t->tval = trap.tval;
}

static void enter(struct vcpu *vcpu, const struct trap *t)
{
    struct riscv_seam *s = riscv_seam_of(vcpu);
    const struct lab_trap trap = shown(t);

    seam_call(&s->seam, LAB_ENTER);
    s->seam.plugin->dispatch->enter(&s->cpu, &trap);
    seam_return(&s->seam);
}

/* The cause is taken modulo 64, as many as mideleg has bits. */
static bool interrupt(struct vcpu *vcpu, struct trap *out)
{
    struct riscv_seam *s = riscv_seam_of(vcpu);
    struct lab_trap trap = {.interrupt = true, .row = INSN_NONE};

    seam_call(&s->seam, LAB_INTERRUPT);
    const bool due = s->seam.plugin->dispatch->interrupt(&s->cpu, &trap);
    seam_return(&s->seam);
    if (due)
        *out = (struct trap){.kind = TRAP_INTERRUPT, .row = INSN_NONE, .cause = trap.cause % 64};
    return due;
}

/* --- Putting them in. */

static void seam_v_i(struct riscv_seam *s, unsigned uses)
{
    static const uint16_t csr_rows[] = {RV_INSN_csrrw, RV_INSN_csrrs, RV_INSN_csrrc, RV_INSN_csrrwi, RV_INSN_csrrsi, RV_INSN_csrrci};

    for (unsigned i = 0; i < RV_INSN_COUNT; i++)
        s->v[i] = s->seam.real->v[i];
    s->seam.isa.v = s->v;
    for (unsigned i = 0; uses & LAB_BIT(LAB_CSR) && i < sizeof csr_rows / sizeof *csr_rows; i++)
        s->v[csr_rows[i]] = v_csr;
    if (uses & LAB_BIT(LAB_MRET))
        s->v[RV_INSN_mret] = v_mret;
    if (uses & LAB_BIT(LAB_SRET))
        s->v[RV_INSN_sret] = v_sret;
    if (uses & LAB_BIT(LAB_WFI))
        s->v[RV_INSN_wfi] = v_wfi;
    if (uses & LAB_BIT(LAB_SFENCE))
        s->v[RV_INSN_sfence_vma] = v_sfence_vma;
}

static void fit(struct lab_seam *seam, unsigned uses)
{
    struct riscv_seam *s = (struct riscv_seam *)(void *)seam;

    s->cpu.services = &services;
    seam_v_i(s, uses);
    if (uses & LAB_BIT(LAB_DISPATCH))
        seam->isa.whose = whose;
    if (uses & LAB_BIT(LAB_REFLECTS))
        seam->isa.reflect = reflect;
    if (uses & LAB_BIT(LAB_ENTER))
        seam->isa.enter = enter;
    if (uses & LAB_BIT(LAB_INTERRUPT))
        seam->isa.interrupt = interrupt;
    seam_memory(s, uses);
}

const struct seam_kind seam_dispatch = {.size = sizeof(struct riscv_seam), .there = there, .fit = fit};
