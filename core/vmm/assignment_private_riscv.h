/* assignment_private_riscv.h - what the two halves of RISC-V's seam share: D and the v_i, and the guest's memory.
 */
#ifndef TRAPEZE_CORE_VMM_ASSIGNMENT_PRIVATE_RISCV_H
#define TRAPEZE_CORE_VMM_ASSIGNMENT_PRIVATE_RISCV_H

#include "core/assignment_riscv.h"
#include "core/vmm/assignment_private.h"
#include "core/vmm/virtual_csr_riscv.h"

struct riscv_seam {
    struct lab_seam seam; /* first */
    struct lab_cpu cpu;   /* what the student's functions are given */
    void (*v[RV_INSN_COUNT])(struct vcpu *, struct trap *);
    bool touch;  /* a walk may set A and D */
    bool walked; /* these three: the last walk that ended well */
    struct lab_access access;
    struct lab_page page;
};

static inline struct riscv_seam *riscv_seam_of(const struct vcpu *vcpu) { return (struct riscv_seam *)(void *)seam_of(vcpu); }
static inline struct riscv_seam *seam_of_cpu(const struct lab_cpu *cpu)
{
    return (struct riscv_seam *)(uintptr_t)((const char *)cpu - offsetof(struct riscv_seam, cpu));
}

void seam_memory(struct riscv_seam *, unsigned uses); /* puts in the functions of the assignment "shadow" */
/* The instruction is illegal in the virtual machine; it is done, and the guest goes on behind it. */
void seam_illegal(struct trap *, enum trap_reason);
void seam_advance(struct vcpu *, struct trap *);
bool seam_pte_read(struct lab_cpu *, uint64_t pa, uint64_t *pte);
bool seam_pte_write(struct lab_cpu *, uint64_t pa, uint64_t pte);

#endif
