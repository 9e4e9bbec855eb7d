/* assignment_private_riscv.h - what the two halves of the seam share: D and the v_i, and the guest's memory.
 */
#ifndef TRAPEZE_CORE_VMM_ASSIGNMENT_PRIVATE_RISCV_H
#define TRAPEZE_CORE_VMM_ASSIGNMENT_PRIVATE_RISCV_H

#include "core/assignment.h"
#include "core/assignment_riscv.h"
#include "core/vmm/virtual_csr_riscv.h"

struct lab_seam {
    struct vmm_isa isa; /* first: a VM's table is that of its seam */
    struct lab_cpu cpu; /* what the student's functions are given */
    const struct vmm_isa *real;
    struct vcpu *vcpu;
    const struct lab_plugin *plugin;
    struct lab_progress *progress;
    void (*v[RV_INSN_COUNT])(struct vcpu *, struct trap *);
    unsigned here; /* calls at the present instruction */
    bool touch;    /* a walk may set A and D */
    bool walked;   /* these three: the last walk that ended well */
    struct lab_access access;
    struct lab_page page;
};

static inline struct lab_seam *seam_of(const struct vcpu *vcpu) { return (struct lab_seam *)(uintptr_t)vcpu->isa; }
static inline struct lab_seam *seam_of_cpu(const struct lab_cpu *cpu)
{
    return (struct lab_seam *)(uintptr_t)((const char *)cpu - offsetof(struct lab_seam, cpu));
}

/* Around each call of a student's function. The VMM may call some at one instruction, but not for ever. */
enum { SEAM_CALLS = 10000 };
static inline void seam_call(struct lab_seam *s, enum lab_function f)
{
    const uint64_t retired = vcpu_retired(s->vcpu);
    s->here = retired == s->progress->retired ? s->here + 1 : 0;
    if (s->here > SEAM_CALLS)
        vcpu_stop(s->vcpu, "the plug-in's functions are called again and again at one instruction, and the guest does not get on");
    s->progress->retired = retired;
    s->progress->pc = machine_get(&s->vcpu->machine, MACHINE_PC);
    s->progress->calls++;
    s->progress->inside = 1 + (uint32_t)f;
}
static inline void seam_return(struct lab_seam *s) { s->progress->inside = 0; }

void seam_memory(struct lab_seam *, unsigned uses); /* puts in the functions of the assignment "shadow" */
/* The instruction is illegal in the virtual machine; it is done, and the guest goes on behind it. */
void seam_illegal(struct trap *, enum trap_reason);
void seam_advance(struct vcpu *, struct trap *);
bool seam_pte_read(struct lab_cpu *, uint64_t pa, uint64_t *pte);
bool seam_pte_write(struct lab_cpu *, uint64_t pa, uint64_t pte);

#endif
