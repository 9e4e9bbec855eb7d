/* faults.h - virtual machine monitors that are wrong in one place: lockstep has to find them, and at the right instruction. A
 * fault is planted by replacing functions of the VMM's own table (struct vmm_isa) for one virtual machine; the VMM itself knows
 * nothing of it.
 */
#ifndef TRAPEZE_TESTS_CORE_FAULTS_H
#define TRAPEZE_TESTS_CORE_FAULTS_H

#include "core/vmm/vcpu.h"
#include "isa/riscv.h"
#include "mmu/phys.h"

typedef void v_i_fn(struct vcpu *, struct trap *);

/* The table in force, the one it was made from, and how often something came by. */
struct faulty {
    struct vmm_isa isa; /* first: a VM's table is a struct faulty */
    const struct vmm_isa *real;
    v_i_fn *v[RV_INSN_COUNT];
    unsigned count;
    uint64_t when;
};

static inline struct faulty *faulty_of(const struct vcpu *vcpu) { return (struct faulty *)(uintptr_t)vcpu->isa; }

static inline struct faulty *faulty_begin(struct faulty *f, struct vcpu *vcpu)
{
    f->real = vcpu->isa;
    f->isa = *vcpu->isa;
    f->count = 0;
    f->when = UINT64_MAX;
    for (unsigned i = 0; i < RV_INSN_COUNT; i++)
        f->v[i] = vcpu->isa->v[i];
    f->isa.v = f->v;
    vcpu->isa = &f->isa;
    return f;
}

/* --- A side effect of a v_i is dropped: SRET leaves SPIE as it was; it has to be set [priv 3.3.2]. */
static inline void fault_sret(struct vcpu *vcpu, struct trap *t)
{
    struct machine *m = &vcpu->machine;
    uint64_t before = machine_get(m, RV_CSR + CSR_mstatus);
    faulty_of(vcpu)->real->v[t->row](vcpu, t);
    uint64_t status = machine_get(m, RV_CSR + CSR_mstatus);

    machine_set(m, RV_CSR + CSR_mstatus, bits_set(status, MSTATUS_SPIE, 1, bits_get(before, MSTATUS_SPIE, 1)));
}
static inline void fault_side_effect(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->v[RV_INSN_sret] = fault_sret; }

/* --- A shadow leaf has one right too many: W, before the guest's D is set. */
static inline void fault_view(struct vcpu *vcpu, gva_t va, enum pt_kind kind, struct page_view *out)
{
    faulty_of(vcpu)->real->view(vcpu, va, kind, out);
    out->w = out->w || out->r;
}
static inline void fault_leaf(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->isa.view = fault_view; }

/* --- An interrupt is lost: the third one is not seen at the instruction where it is due. */
enum { FAULT_INTERRUPT = 3 };
static inline bool fault_no_interrupt(struct vcpu *vcpu, struct trap *out)
{
    struct faulty *f = faulty_of(vcpu);

    if (!f->real->interrupt(vcpu, out))
        return false;
    if (f->when != vcpu_clock(vcpu) && ++f->count == FAULT_INTERRUPT)
        f->when = vcpu_clock(vcpu);
    return f->when != vcpu_clock(vcpu);
}
static inline void fault_interrupt(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->isa.interrupt = fault_no_interrupt; }

/* --- SFENCE.VMA leaves the shadow as it is (policy flush). */
static inline void fault_no_fence(struct vcpu *vcpu, struct trap *t)
{
    machine_set(&vcpu->machine, MACHINE_PC, machine_get(&vcpu->machine, MACHINE_PC) + t->length);
    t->kind = TRAP_NONE;
}
static inline void fault_fence(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->v[RV_INSN_sfence_vma] = fault_no_fence; }

/* --- K leaves the host's counters open to user mode. */
static inline void fault_configured(struct vcpu *vcpu)
{
    faulty_of(vcpu)->real->configure(vcpu);
    machine_set(vcpu->host, RV_CSR + CSR_mcounteren, 7);
    machine_set(vcpu->host, RV_CSR + CSR_scounteren, 7);
}
static inline void fault_counter(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->isa.configure = fault_configured; }

/* --- A v_i writes the guest's memory and tells nobody, where nobody ever looks: the third time. */
enum { FAULT_SILENT = 3, FAULT_SILENT_PAGE = 60 };
static inline void fault_scribble(struct vcpu *vcpu, struct trap *t)
{
    if (++faulty_of(vcpu)->count == FAULT_SILENT)
        phys_host(vcpu->machine.phys, vcpu->vm->config.ram_base + FAULT_SILENT_PAGE * PAGE_SIZE, 8)[5] ^= 1;
    faulty_of(vcpu)->real->v[t->row](vcpu, t);
}
static inline void fault_silent(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->v[RV_INSN_sret] = fault_scribble; }

/* --- The VMM looks at the virtual timer a moment late, if the guest runs that long at once. */
static inline uint64_t fault_late(const struct vcpu *vcpu)
{
    uint64_t wake = faulty_of(vcpu)->real->wake(vcpu);
    return wake < UINT64_MAX - 2 ? wake + 2 : wake;
}
static inline void fault_timer(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->isa.wake = fault_late; }

/* --- The VMM changes a virtual register for no reason at all: sscratch, at FAULT_WHIM on the clock. */
enum { FAULT_WHIM = 300 };
static inline bool fault_whimsical(struct vcpu *vcpu, struct trap *out)
{
    if (vcpu_clock(vcpu) >= FAULT_WHIM && faulty_of(vcpu)->count++ == 0)
        machine_set(&vcpu->machine, RV_CSR + CSR_sscratch, 0x777);
    return faulty_of(vcpu)->real->interrupt(vcpu, out);
}
static inline void fault_whim(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->isa.interrupt = fault_whimsical; }

/* --- The guest is refused, and the VMM stops it. */
static inline void fault_refused(struct vcpu *vcpu, struct trap *t)
{
    vcpu_stop(vcpu, "a fault was planted here");
    t->kind = TRAP_NONE;
}
static inline void fault_stop(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->v[RV_INSN_sret] = fault_refused; }

#endif
