/* vmm.c - the assignment "dispatch": D, the v_i, and trap entry of a virtual machine monitor for RISC-V. README.md says what each function is to
 * do, and in which order; core/assignment_riscv.h in the folder that the Makefile names as INCLUDE says what you can call.
 */
#include "core/assignment_riscv.h"

/* Stage 1. The host, in user mode, trapped on an instruction of the guest. Whose trap is it? */
static enum lab_owner dispatch(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    (void)cpu, (void)trap;
    return LAB_REFLECT; /* TODO: not always */
}

/* Stage 1. The trap is the guest's own. On a machine of its own it would have been told something else in some cases: which? */
static void reflect(struct lab_cpu *cpu, struct lab_trap *trap) { (void)cpu, (void)trap; /* TODO */ }

/* Stage 2. csrrw, csrrs, csrrc, csrrwi, csrrsi, csrrci: decode trap->instruction. */
static enum lab_result csr(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    (void)cpu, (void)trap;
    return LAB_ILLEGAL; /* TODO */
}

/* Stage 3. */
static enum lab_result mret(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    (void)cpu, (void)trap;
    return LAB_ILLEGAL; /* TODO */
}

static enum lab_result sret(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    (void)cpu, (void)trap;
    return LAB_ILLEGAL; /* TODO */
}

/* Stage 4. The virtual CPU takes this trap, in M-mode or in S-mode: CSRs, mode, pc. lab_pc() is still that of the instruction. */
static void enter(struct lab_cpu *cpu, const struct lab_trap *trap) { (void)cpu, (void)trap; /* TODO */ }

/* Stage 5. Is an interrupt due now? Then trap->cause says which. */
static bool interrupt(struct lab_cpu *cpu, struct lab_trap *trap)
{
    (void)cpu, (void)trap;
    return false; /* TODO */
}

/* Stage 6. */
static enum lab_result wfi(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    (void)cpu, (void)trap;
    return LAB_ILLEGAL; /* TODO */
}

/* Stage 7. */
static enum lab_result sfence_vma(struct lab_cpu *cpu, const struct lab_trap *trap)
{
    (void)cpu, (void)trap;
    return LAB_ILLEGAL; /* TODO */
}

static const struct lab_dispatch functions = {dispatch, reflect, csr, mret, sret, enter, interrupt, wfi, sfence_vma};

const struct lab_plugin trapeze_lab_v1 = {.version = LAB_VERSION, .dispatch = &functions};
