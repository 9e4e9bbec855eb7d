/* faults_ia32.h - virtual machine monitors of IA-32 that are wrong in one place: lockstep has to find them, and at the right instruction. A
 * fault is planted by replacing routines of the VMM's own table for one virtual machine.
 */
#ifndef TRAPEZE_TESTS_CORE_FAULTS_IA32_H
#define TRAPEZE_TESTS_CORE_FAULTS_IA32_H

#include "core/vmm/vcpu.h"
#include "isa/ia32.h"

struct faulty_ia32 {
    struct vmm_isa isa; /* first: a VM's table is this */
    const struct vmm_isa *real;
    void (*v[IA_INSN_COUNT])(struct vcpu *, struct trap *);
};
typedef void plant_ia32(struct faulty_ia32 *);

static inline void really(struct vcpu *vcpu, struct trap *t)
{
    ((struct faulty_ia32 *)(uintptr_t)vcpu->isa)->real->v[t->row](vcpu, t);
}

/* IRET to another ring loses IF. */
static inline void v_iret_without_if(struct vcpu *vcpu, struct trap *t)
{
    const uint64_t before = machine_get(&vcpu->machine, MACHINE_MODE);
    really(vcpu, t);
    if (machine_get(&vcpu->machine, MACHINE_MODE) != before)
        machine_set(&vcpu->machine, IA_EFLAGS, machine_get(&vcpu->machine, IA_EFLAGS) & ~(uint64_t)EFLAGS_IF);
}
static inline void plant_lost_if(struct faulty_ia32 *f) { f->v[IA_INSN_iret] = v_iret_without_if; }

/* IRET to an outer ring stays in the inner one: the selector says 3, the privilege is 0. */
static inline void v_iret_in_ring(struct vcpu *vcpu, struct trap *t)
{
    const uint64_t before = machine_get(&vcpu->machine, MACHINE_MODE);
    really(vcpu, t);
    if (t->kind == TRAP_NONE)
        machine_set(&vcpu->machine, MACHINE_MODE, before);
}
static inline void plant_kept_ring(struct faulty_ia32 *f) { f->v[IA_INSN_iret] = v_iret_in_ring; }

/* A load of the selector that is in the register already is taken for nothing new: the descriptor may be another one by now. */
static inline void v_mov_stale(struct vcpu *vcpu, struct trap *t)
{
    const unsigned seg = t->bits >> 11 & 7; /* 8E /r, no prefix */
    const reg_t of = IA_SEG + 4 * seg;
    const uint64_t selector = machine_get(&vcpu->machine, of + IA_SELECTOR), limit = machine_get(&vcpu->machine, of + IA_LIMIT);
    really(vcpu, t);
    if (t->kind == TRAP_NONE && machine_get(&vcpu->machine, of + IA_SELECTOR) == selector)
        machine_set(&vcpu->machine, of + IA_LIMIT, limit);
}
static inline void plant_stale_cache(struct faulty_ia32 *f) { f->v[IA_INSN_mov_seg_rm] = v_mov_stale; }

/* The error code of a refused load names the next descriptor. */
static inline void v_mov_wrong_error(struct vcpu *vcpu, struct trap *t)
{
    really(vcpu, t);
    if (t->kind == TRAP_EXCEPTION)
        t->error += 8;
}
static inline void plant_wrong_error(struct faulty_ia32 *f) { f->v[IA_INSN_mov_seg_rm] = v_mov_wrong_error; }

/* The accessed bit of a descriptor is not set in the guest's table. */
static inline void v_mov_not_accessed(struct vcpu *vcpu, struct trap *t)
{
    uint64_t entry[8];
    const pa_t gdt = machine_get(&vcpu->machine, IA_GDTR_BASE);
    (void)!machine_load(&vcpu->machine, gdt, entry, sizeof entry);
    really(vcpu, t);
    (void)!machine_store(&vcpu->machine, gdt, entry, sizeof entry);
}
static inline void plant_not_accessed(struct faulty_ia32 *f) { f->v[IA_INSN_mov_seg_rm] = v_mov_not_accessed; }

/* Of a monitor that has the guest's ring 0 in real ring 1. The real CR0.WP is clear: that ring writes what it may only read. */
static inline void install_without_wp(struct vcpu *vcpu, hpa_t root, unsigned asid)
{
    ((struct faulty_ia32 *)(uintptr_t)vcpu->isa)->real->install(vcpu, root, asid);
    machine_set(vcpu->host, IA_CR0, machine_get(vcpu->host, IA_CR0) & ~(uint64_t)CR0_WP);
}
static inline void plant_no_wp(struct faulty_ia32 *f) { f->isa.install = install_without_wp; }

/* Of the same: IRET to ring 3 leaves the real ring at 1, so that the user program has the supervisor's pages. */
static inline void v_iret_as_supervisor(struct vcpu *vcpu, struct trap *t)
{
    really(vcpu, t);
    machine_set(vcpu->host, MACHINE_MODE, IA_RING1);
}
static inline void plant_supervisor(struct faulty_ia32 *f) { f->v[IA_INSN_iret] = v_iret_as_supervisor; }

static inline void faulty_plant(struct faulty_ia32 *f, struct vcpu *vcpu, plant_ia32 *plant)
{
    f->real = vcpu->isa;
    f->isa = *vcpu->isa;
    for (unsigned i = 0; i < IA_INSN_COUNT; i++)
        f->v[i] = vcpu->isa->v[i];
    f->isa.v = f->v;
    vcpu->isa = &f->isa;
    plant(f);
}

#endif
