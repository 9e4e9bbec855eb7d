/* vm.h - the insides of a virtual machine; private to core/vmm/.
 *
 *   vm.c          the machine_ops of a VM, creation          dispatcher.c  D: whose trap is it
 *   allocator.c   A: host frames, host resource registers    v_riscv.c     {v_i}: one routine per privileged row
 *   vmmap.c       f and its inverse on states                memory.c      guest walk o host map: fills the shadow, or accesses
 *   schedule.c    several VMs on one host: world switches
 *   trigger.c     a VM's breakpoints and watchpoints, by the host's
 *   hybrid.c      Theorem 3: the guest's privileged modes interpreted       v_pg.c  all of it for a machine without pages
 *   hybrid_riscv.c  ... by a hart of the VMM's own: what changes hands
 *   observe.c     tells what D decides to whoever looks
 *   inspect.c     what the VMM has in store, for people to look at            counts.c      what it has done, likewise
 *   virtual_csr_riscv.c  the virtual CSR file, written from the manual apart from the hardware's
 *   virtual_sdtrig_riscv.c  the guest's own debug triggers
 *
 * Identity registers (x, f, pc, fcsr, FS) of a running VM are the host machine's; virtual ones (mode, control registers) are
 * kept here.
 */
#ifndef TRAPEZE_CORE_VMM_VM_H
#define TRAPEZE_CORE_VMM_VM_H

#include "core/vmm/vmm.h"
#include "isa/insn.h"
#include "isa/trigger.h"
#include "mmu/pt.h"
#include "mmu/shadow.h"

#include <assert.h>

/* Addresses are types: mixing them is the classic VMM bug. */
typedef struct {
    uint64_t v;
} gva_t; /* guest-virtual */
typedef struct {
    uint64_t v;
} gpa_t; /* guest-physical */
typedef struct {
    uint64_t v;
} hpa_t; /* host-physical */

struct vm;

/* The verdict on one page of the guest's address space: what the shadow leaf may express. */
struct page_view {
    gpa_t page;         /* guest-physical page */
    bool r, w, x;       /* rights as the hardware would grant them now, dirty bit considered (w only when D is set) */
    bool expressible;   /* false: accesses must be emulated one by one (PMP inside the page, MPRV, device) */
    uint64_t size;      /* bytes that the guest's leaf maps: one fence anywhere in it voids all of it; 4096 without translation */
    unsigned pte_count; /* guest PTEs that the verdict depends on, from the root: a change of one makes it stale */
    gpa_t pte[PT_MAX_LEVELS];
};

/* What the VMM needs to know of an instruction set: the {v_i} and the meaning of its virtual state. */
struct vmm_isa {
    const char *name;
    /* One routine per privileged row, by row; NULL for the others. It is given the host's trap, checks the instruction against the
     * *virtual* machine, and leaves in its place TRAP_NONE (emulated, PC advanced: it counts as retired), TRAP_WAIT, or the trap the
     * virtual machine itself takes. */
    void (*const *v)(struct vm *, struct trap *);
    void *(*create)(struct vm *); /* virtual state, after virtual reset; NULL: -ENOMEM */
    void (*destroy)(void *state);
    void (*reset)(struct vm *);
    /* Registers of the virtual state; identity registers never come here. *handled = false: pass on to the host machine. */
    uint64_t (*get)(const struct vm *, reg_t, bool *handled);
    void (*set)(struct vm *, reg_t, uint64_t, bool *handled);
    void (*enter)(struct vm *, const struct trap *); /* trap entry, for machine_ops.enter; NULL: nobody asks */
    void (*irq)(struct vm *, unsigned line, bool level);
    bool (*interrupt)(struct vm *, struct trap *out); /* the virtual interrupt to take now */
    uint64_t (*wake)(const struct vm *);              /* clock value of the next virtual timer event */
    void (*reflect)(struct vm *, struct trap *);      /* a host trap, put in the guest's terms (ecall cause by virtual mode ...) */
    void (*configure)(struct vm *);                   /* sets the host's K, once and after world switches */
    const char *k;                                    /* K, printable */
    /* What the host's memory looks like to guests: `ram_size` comes in units; a guest starts at a multiple of `ram_align` (of pages);
     * the bytes below `host_reserved` are the host owner's whatever happens. */
    uint64_t ram_unit, ram_align, host_reserved;
    /* Machines without pages: writes the host's relocation register for the virtual one, the guest's memory being at `base`. Only A
     * calls it. Where there is one there is no shadow, and the functions down to fault_kind are NULL. */
    void (*relocate)(struct vm *, hpa_t base);
    /* Which guest-visible permission situation the guest is in, for which a shadow root stands: space is the guest's root (satp with its
     * ASID, or 0 for bare), rights are mode, SUM, MXR, MPRV ..., as far as they matter. Compared only. */
    void (*situation)(const struct vm *, struct shadow_key *out);
    /* Writes the host's resource registers for shadow root `root` (a table in host memory) with this host ASID: only A calls it. */
    void (*install)(struct vm *, hpa_t root, unsigned asid);
    /* All rights on the page of va, for the shadow leaf. Only called after translate() granted the access at hand. */
    void (*view)(struct vm *, gva_t va, enum pt_kind kind, struct page_view *out);
    /* For people (inspect.c): would the access, which the guest grants, set A or D first? And a situation in words. */
    bool (*touches)(struct vm *, gva_t va, enum pt_kind kind);
    void (*situation_text)(const struct shadow_key *, char *out, size_t size);
    const struct pt_format *(*host_format)(const struct machine *host); /* of shadow tables on such a host */
    unsigned (*host_asid_bits)(const struct machine *host);             /* ASIDs that its resource register keeps apart */
    /* Is this trap of the host a page or access fault (then: of which kind), that is, the shadow MMU's business? Not: misaligned. */
    bool (*fault_kind)(const struct trap *, enum pt_kind *);
    /* The guest's translation of va for `kind` in the current virtual state, permissions and virtual PMP included. *t: the guest's own
     * fault. A/D bits of guest PTEs are updated when `touch`. */
    bool (*translate)(struct vm *, gva_t va, unsigned size, enum pt_kind kind, bool touch, gpa_t *pa, struct trap *t);
    unsigned mode_user;  /* the host mode in which every guest instruction runs */
    unsigned fetch_unit; /* bytes: instructions are so long, or a multiple; their length is known from the first */
    unsigned cell;       /* bytes that a virtual address names */
    /* The host's registers that hold a VM's state while it runs (identity registers, PC, fcsr, mstatus for FS): swapped on a world
     * switch (schedule.c), after which configure() is called. */
    const reg_t *world;
    unsigned world_size;
    reg_t reservation;       /* the register that names a reserved place of the host's memory, or UINT64_MAX; 0: there is none */
    unsigned identity_block; /* registers below this number are all identity */
    /* The guest's access fault at va; row, length and bits are the caller's to fill in. */
    struct trap (*access_fault)(enum pt_kind, gva_t va);
    /* Does a trigger that the guest itself has set fire on [va, va + size), which the VMM is about to execute or access for it (kinds:
     * TRIGGER_*)? Then it is noted there, and *t has the breakpoint, of which row, length and bits are the caller's to fill in. NULL:
     * guests have none. */
    bool (*breakpoint)(struct vm *, unsigned kinds, gva_t va, uint64_t size, struct trap *t);
    /* The hybrid monitor's interpreter (hybrid.c): a machine of the VMM's own on the VM's memory and devices, whose run() returns
     * TRAP_YIELD when it comes to mode_user. All NULL: there is none, and it goes instruction by instruction. The machine is made; takes
     * the VM's whole state; gives it back. 0 or -errno. */
    int (*interpreter_create)(struct vm *, struct machine **out);
    void (*interpreter_enter)(struct vm *);
    void (*interpreter_leave)(struct vm *);
    /* The trap of a row that claims TRAPS_REQUESTED (ecall, ebreak), met while interpreting: row, length and bits are in *at. In the
     * guest's terms. */
    struct trap (*requested)(struct vm *, const struct trap *at);
};

extern const struct vmm_isa vmm_isa_riscv, vmm_isa_pg;

/* Fewer would not do: the shadow's minimum and two roots, with some to spare. */
enum { VM_SHADOW_FRAMES_MIN = SHADOW_FRAMES_MIN + 4 };

/* A stretch of host-physical memory. */
struct extent {
    hpa_t base;
    uint64_t size;
};

/* One per host machine: who has its frames, and which VM's state is in its registers. */
struct vmm {
    struct machine *host; /* borrowed */
    struct vm *vms;       /* all on this host */
    struct vm *current;   /* NULL: none has run yet */
    struct extent *taken; /* owned */
    unsigned taken_count, taken_room;
};

/* Of vm->resource_changed: no virtual resource register changed, but what A installed is gone. The guest has no part in that. */
enum { VM_RESOURCE_COLD = 2 };

struct vm {
    struct machine machine; /* first */
    struct machine *host;   /* borrowed */
    struct vmm *vmm;        /* shared by the VMs of one host */
    const struct vmm_isa *isa;
    void *state; /* the ISA's virtual state; owned */
    struct vm_config config;
    hpa_t ram;                         /* of config.ram_base */
    struct ram *ram_block;             /* where that is: borrowed from the host's phys */
    uint64_t ram_offset;               /* of it in the block */
    hpa_t tables;                      /* shadow_frames frames of the host */
    bool has_tables;                   /* they are taken */
    struct shadow *shadow;             /* owned; NULL: a machine without pages */
    struct ram_watcher watcher;        /* sees what others write into traced pages of the guest's RAM */
    bool touching;                     /* the VMM itself is setting A or D in a guest PTE: no leaf says more than before */
    unsigned root;                     /* of the shadow: the one A installed */
    unsigned asid, asid_count;         /* host ASIDs of the shadow's roots: [asid, asid + asid_count) */
    bool asid_shared;                  /* the host has too few: all roots have ASID 0 */
    uint8_t resource_changed;          /* true, or VM_RESOURCE_COLD: A must act before the guest runs */
    const char *why_stopped;           /* sticky, first wins */
    uint64_t clock_base, retired_base; /* at the start of the current run() */
    uint64_t *running;                 /* the count run() is adding to, or NULL outside */
    uint64_t running_start;
    uint64_t *world;                    /* identity registers while another VM has the host; owned */
    struct ram_reservation reservation; /* likewise, in host-physical terms */
    struct machine *interpreter;        /* owned; of the hybrid monitor. NULL: none */
    bool interpreting;                  /* it has the VM's state now, all of it: identity and virtual */
    struct trigger_set triggers;
    struct vm_stats stats;
    uint64_t *v_i_runs;            /* owned */
    struct vm_observer *observers; /* borrowed; NULL: nobody looks */
    bool pausing;                  /* one of them asked D to return */
    struct vm_event *event;        /* what they will be told, while D decides; else NULL */
    struct vm *next;               /* VMs of the same host */
};

static inline struct vm *vm_of(struct machine *m) { return (struct vm *)(void *)m; }
static inline const struct vm *vm_of_const(const struct machine *m) { return (const struct vm *)(const void *)m; }

/* Is the row of this trap privileged, so that it has a v_i? */
static inline bool vm_has_v_i(const struct vm *vm, const struct trap *t)
{
    return t->row < vm->machine.isa->row_count && vm->isa->v[t->row];
}

/* A guest asked for what is unsupported: it stops, the host goes on. `reason` is a literal. */
void vm_stop(struct vm *, const char *reason);
/* Time: instructions since run() began, the virtual clock now, instructions since reset. */
static inline uint64_t vm_ran(const struct vm *vm) { return vm->running ? *vm->running - vm->running_start : 0; }
static inline uint64_t vm_clock(const struct vm *vm) { return vm->clock_base + vm_ran(vm); }
static inline uint64_t vm_retired(const struct vm *vm) { return vm->retired_base + vm_ran(vm); }
/* Identity registers, and the host's registers that stand for them (FS in the host's mstatus), wherever they are now: in the
 * host, or in vm->world while another VM has the host. */
uint64_t vm_identity_get(const struct vm *, reg_t);
void vm_identity_set(struct vm *, reg_t, uint64_t);

/* The VM's reservation, in the host's terms, before the VMM writes for it, and after: its own writes do not end it, whoever makes them. */
static inline uint64_t vm_reservation(const struct vm *vm)
{
    return vm->isa->reservation ? vm_identity_get(vm, vm->isa->reservation) : UINT64_MAX;
}
static inline void vm_reservation_keep(struct vm *vm, uint64_t before)
{
    if (before != UINT64_MAX)
        vm_identity_set(vm, vm->isa->reservation, before);
}

/* One instruction was completed by the VMM: it counts as retired, and in this statistic. */
static inline void vm_retire(struct vm *vm, uint64_t *statistic)
{
    assert(vm->running);
    ++*vm->running;
    ++*statistic;
}

/* dispatcher.c */
void vmm_dispatch(struct vm *, uint64_t budget, uint64_t *retired, struct trap *out);
void vm_uncount(struct vm *, enum trap_reason, uint64_t cause, unsigned row); /* a trap that a trigger put off: it will come again */
/* observe.c: for whoever looks at D */
void observe_begin(struct vm *, const struct trap *, struct vm_event *); /* the host trapped */
void observe_end(struct vm *, const struct trap *result);                /* D has decided */
void observe_own(struct vm *, const struct trap *result);                /* the virtual machine traps, and the host did not */
/* allocator.c */
void allocator_install(struct vm *);
void allocator_forget(struct vm *);                                                     /* a cold fence */
MUST_CHECK int allocator_take(struct vmm *, uint64_t size, uint64_t align, hpa_t *out); /* frames of the host; 0 or -ENOMEM */
void allocator_give(struct vmm *, hpa_t);                                               /* what one take got */
MUST_CHECK int allocator_shadow_create(struct vm *);
/* hybrid.c */
/* Interprets, if the VM is in a virtual privileged mode and has an interpreter; else false, and the state is the VMM's and the host's. */
bool hybrid_run(struct vm *, uint64_t end, uint64_t *retired, struct trap *);
void hybrid_settle(struct vm *);                          /* the interpreter gives the state back, if it has it */
static inline bool hybrid_interprets(const struct vm *vm) /* the next instruction is not to run directly */
{
    return vm->config.monitor == VMM_HYBRID && machine_get(&vm->machine, MACHINE_MODE) != vm->isa->mode_user;
}
struct trap hybrid_step(struct vm *); /* that instruction alone, over get and set */
/* schedule.c */
void schedule_switch(struct vm *); /* this VM's state into the host's registers */
/* memory.c */
void memory_fault(struct vm *, struct trap *);                  /* a host page fault: fill, access or reflect */
struct trap memory_interpret(struct vm *, const struct trap *); /* the instruction at PC, access by access */
void memory_fence(struct vm *, const struct fence *);           /* the guest ordered its page tables */
/* The aligned block of `size` bytes around va: zeroes it, or asks whether a load or a store may reach it. false: *t has the fault, of a
 * store, at va. */
bool memory_block(struct vm *, gva_t va, unsigned size, bool zero, struct trap *t);
void memory_written(struct vm *, gpa_t, size_t length); /* guest RAM changed other than by its own direct stores */
/* trigger.c */
int vm_trigger(struct machine *, unsigned slot, const struct trigger *);
void vm_triggers_enter(struct vm *); /* the VM gets the host, or loses it: so do its triggers */
void vm_triggers_leave(struct vm *);
uint64_t vm_resume(const struct vm *); /* MACHINE_RESUME */
void vm_resume_set(struct vm *, uint64_t);
/* Does a trigger match what the VMM is about to do for the guest? *t then lacks row, length and bits. */
bool vm_trigger_match(struct vm *, const struct trigger_step *, gva_t, struct trap *t);
void vm_trigger_reflect(const struct vm *, struct trap *); /* the host's TRAP_TRIGGER, put in this machine's terms */
/* vmmap.c */
bool vmmap_physical(const struct vm *, gpa_t, hpa_t *); /* f on addresses */
bool vmmap_physical_inverse(const struct vm *, hpa_t, gpa_t *);

#endif
