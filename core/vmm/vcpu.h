/* vcpu.h - a virtual CPU ("vcpu"): what a CPU of the machine that the guest believes in consists of. It is a machine by the contract.
 *
 * Identity registers (x, f, pc, fcsr, FS) of a vcpu that runs are its host's; virtual ones (mode, control registers) are kept here. Each
 * has its own shadow: that stands for the TLB of this CPU, and is what this CPU's fences order.
 */
#ifndef TRAPEZE_CORE_VMM_VCPU_H
#define TRAPEZE_CORE_VMM_VCPU_H

#include "core/vmm/vm.h"
#include "core/vmm/vmm_isa.h"
#include "isa/insn.h"
#include "isa/trigger.h"

#include <assert.h>

/* Of vcpu->resource_changed: no virtual resource register changed, but what A installed is gone. The guest has no part in that. */
enum { VCPU_RESOURCE_COLD = 2 };

struct vcpu {
    struct machine machine; /* first */
    struct vm *vm;          /* shared by its vcpus; machine.phys is its phys */
    struct machine *host;   /* borrowed */
    struct host_hart *on;   /* the same, with whoever has it now */
    const struct vmm_isa *isa;
    bool plain;  /* trap and emulate, and the ISA hooks into none of D's steps: they are not asked (dispatcher.c) */
    void *state; /* the ISA's virtual state; owned */
    bool has_id; /* the guest reads `id` as this CPU's number; else it reads that of the host */
    unsigned id;
    hpa_t tables;                      /* shadow_frames frames of the host */
    bool has_tables;                   /* they are taken */
    struct shadow *shadow;             /* owned; NULL: a machine without pages */
    struct ram_watcher watcher;        /* sees what others write into traced pages of the guest's RAM */
    bool touching;                     /* the VMM itself is setting A or D in a guest PTE: no leaf says more than before */
    unsigned root;                     /* of the shadow: the one A installed */
    unsigned asid, asid_count;         /* host ASIDs of the shadow's roots: [asid, asid + asid_count) */
    bool asid_shared;                  /* the host has too few: all roots have ASID 0 */
    uint8_t resource_changed;          /* true, or VCPU_RESOURCE_COLD: A must act before the guest runs */
    const char *why_stopped;           /* sticky, first wins */
    uint64_t clock_base, retired_base; /* at the start of the current run() */
    uint64_t *running;                 /* the count run() is adding to, or NULL outside */
    uint64_t running_start;
    uint64_t *world;                    /* identity registers while another has the host; owned */
    struct ram_reservation reservation; /* likewise, in host-physical terms */
    struct machine *interpreter;        /* owned; of the hybrid monitor. NULL: none */
    struct translator *translator;      /* owned; of VMM_TRANSLATE. NULL: none */
    bool interpreting;                  /* it has the vcpu's state now, all of it: identity and virtual */
    struct trigger_set triggers;
    struct vm_stats stats;
    uint64_t *v_i_runs;            /* owned */
    struct vm_observer *observers; /* borrowed; NULL: nobody looks */
    bool pausing;                  /* one of them asked D to return */
    struct vm_event *event;        /* what they will be told, while D decides; else NULL */
    struct vcpu *next;             /* of the same VM */
};

extern const struct machine_ops vcpu_ops; /* operations.c */

static inline struct vcpu *vcpu_of(struct machine *m) { return (struct vcpu *)(void *)m; }
static inline const struct vcpu *vcpu_of_const(const struct machine *m) { return (const struct vcpu *)(const void *)m; }

/* From now on it goes by this table, which is complete. */
static inline void vcpu_isa_set(struct vcpu *vcpu, const struct vmm_isa *isa)
{
    vcpu->isa = isa;
    vcpu->plain = vcpu->vm->config.monitor == VMM_TRAP && !isa->interprets && !isa->holds && !isa->entering && !isa->left &&
                  !isa->whose && !isa->budget_first;
}

/* Is a machine of this instruction set, the host or a virtual one, in user mode? */
static inline bool vcpu_in_user(const struct vcpu *vcpu, const struct machine *m)
{
    return vcpu->isa->in_user ? vcpu->isa->in_user(m) : machine_get(m, MACHINE_MODE) == vcpu->isa->mode_user;
}

/* Its identity registers are in the host. */
static inline bool vcpu_on_host(const struct vcpu *vcpu) { return vcpu->on->current == vcpu; }

/* Is the row of this trap privileged, so that it has a v_i? */
static inline bool vcpu_has_v_i(const struct vcpu *vcpu, const struct trap *t)
{
    return t->row < vcpu->machine.isa->row_count && vcpu->isa->v[t->row];
}

/* A guest asked for what is unsupported: it stops, the host goes on. `reason` is a literal; the first wins. */
static inline void vcpu_stop(struct vcpu *vcpu, const char *reason)
{
    if (!vcpu->why_stopped)
        vcpu->why_stopped = reason;
}

/* Time: instructions since run() began, the virtual clock now, instructions since reset. */
static inline uint64_t vcpu_ran(const struct vcpu *vcpu) { return vcpu->running ? *vcpu->running - vcpu->running_start : 0; }
static inline uint64_t vcpu_clock(const struct vcpu *vcpu) { return vcpu->clock_base + vcpu_ran(vcpu); }
static inline uint64_t vcpu_retired(const struct vcpu *vcpu) { return vcpu->retired_base + vcpu_ran(vcpu); }

/* One instruction was completed by the VMM: it counts as retired, and in this statistic. */
static inline void vcpu_retire(struct vcpu *vcpu, uint64_t *statistic)
{
    assert(vcpu->running);
    ++*vcpu->running;
    ++*statistic;
}

#endif
