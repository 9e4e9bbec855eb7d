/* vmm.h - a virtual machine is a machine: vmm_create_vm() takes one and returns one. Theorem 2 as a function signature.
 */
#ifndef TRAPEZE_CORE_VMM_VMM_H
#define TRAPEZE_CORE_VMM_VMM_H

#include "isa/machine.h"
#include "mmu/phys.h"

enum shadow_policy {
    SHADOW_FLUSH, /* the shadow is a TLB: the guest's fence empties it */
    SHADOW_TRACE, /* guest page tables are write-protected: fences and switches cost nothing */
    SHADOW_ADAPT, /* the same, but a table of leaves that is written is flushed at fences instead, until one that empties it */
};
#define SHADOW_POLICIES (SHADOW_ADAPT + 1)
const char *vmm_shadow_name(enum shadow_policy); /* as options have it: "flush" */

/* Which kind of monitor [PG74]. */
enum vmm_monitor {
    VMM_TRAP,   /* trap and emulate: all of the guest runs directly, until it traps (Theorem 1) */
    VMM_HYBRID, /* what the guest executes in a virtual privileged mode is interpreted; its user mode runs directly (Theorem 3) */
    VMM_PATCH,  /* trap and emulate, and what should trap and does not is found by inspecting each instruction before it first runs */
    VMM_TRANSLATE, /* of what the guest executes in a virtual privileged mode a translation runs, out of a cache; its user mode directly */
};

const char *vmm_monitor_name(enum vmm_monitor); /* as options have it: "trap" */
const char *vmm_monitor_text(enum vmm_monitor); /* in words: "trap and emulate" */

struct vm_config {
    const char *name;  /* for people; NULL: "vm" */
    pa_t ram_base;     /* guest-physical */
    uint64_t ram_size; /* page multiple; for a machine without pages a multiple of its word */
    enum vmm_monitor monitor;
    unsigned
        ring; /* the real ring that the guest's ring 0 is in, of machines that have more than two: 1, or 0: as the monitor has it */
    bool stepwise; /* VMM_HYBRID interprets instruction by instruction, as it does on a machine it has no interpreter for */
    enum shadow_policy shadow; /* these two: of machines that have pages */
    unsigned shadow_frames;    /* 4 KiB frames of the host for shadow tables; 0: the default */
};

bool vmm_is_for(const struct isa *); /* is there one for machines of this instruction set? */
/* The kinds of monitors that there are for them, in the order in which people are told of them. isa NULL: all. false: at the end. */
bool vmm_monitor_at(const struct isa *, unsigned index, enum vmm_monitor *out);
/* Bytes of host RAM that a VM of this configuration takes, tables included; 0: there is no VMM for this instruction set. */
uint64_t vmm_host_bytes(const struct isa *, const struct vm_config *);

/* Takes over `host` (several VMs may share one) and makes a virtual machine on it. Its RAM is a slice of the host's RAM; its
 * ->phys has that RAM and nothing else: the caller plugs in a board. -ENOMEM (host RAM too small), -ENOTSUP (no VMM for this ISA). */
MUST_CHECK int vmm_create_vm(struct machine *host, const struct vm_config *, struct machine **out, struct error *);

/* Several CPUs. A VM is made with one virtual CPU ("vcpu"): the machine that vmm_create_vm() returns. Here it gets another, on the same
 * memory and the same ->phys, with a shadow of its own: so many frames of the host more. `vm` is any vcpu of it; `host` is the CPU that is
 * to carry the new one: one that carries vcpus of this VMM already, or one on the same physical memory as those, which now joins them. `id`
 * is what the vcpu reads as its own number (RISC-V: mhartid); the first one reads its host's.
 *
 * Who runs when is the owner's affair: each vcpu is a machine. Their clocks and counts are each their own. The VM goes with the last of
 * them. -ENOMEM (host RAM too small); -EINVAL: `host` has another owner, or other memory. */
MUST_CHECK int vmm_add_vcpu(struct machine *vm, struct machine *host, unsigned id, struct machine **out, struct error *);
/* `host` joins the CPUs that carry the VMM of `other`, as in vmm_add_vcpu(), so that VMs can be made on it as well: frames that are given on
 * one are not given on another. It leaves when the last VM has gone. */
MUST_CHECK int vmm_join(struct machine *host, struct machine *other, struct error *);

/* What the VMM did, for people: counts since creation, or of the course that a checkpoint restored. */
struct vm_stats {
    uint64_t direct;       /* instructions retired by the host in user mode */
    uint64_t emulated;     /* by v_i */
    uint64_t interpreted;  /* memory accesses done one by one: devices, what a leaf cannot express */
    uint64_t traps;        /* host traps taken by D */
    uint64_t by_reason[5]; /* of those, by enum trap_reason */
    uint64_t by_cause[16]; /* exceptions by cause */
    uint64_t reflected;    /* given to the guest */
    uint64_t fills;        /* shadow leaves written */
    uint64_t shadow_flushes, device_accesses, allocator_runs;
    unsigned row_count;
    const uint64_t *v_i;          /* [row_count]: runs of each v_i; borrowed */
    uint64_t inspected;           /* instructions that VMM_PATCH has looked at before they ran */
    uint64_t translated;          /* these five of VMM_TRANSLATE: instructions retired in the cache, or looked up for it; */
    uint64_t blocks, block_insns; /* blocks made, and instructions of the guest in them; */
    uint64_t lookups;             /* exits that ask where a transfer leads; */
    uint64_t translations_gone;   /* writes to the guest's memory that made some wrong */
    bool pages, hybrid;           /* what kind of VM it is: it has a shadow; its privileged modes are interpreted */
    enum vmm_monitor monitor;
    unsigned ring; /* as in the configuration: the real ring of the guest's ring 0, where that is not user mode's; or 0 */
};
void vm_stats(const struct machine *vm, struct vm_stats *out); /* vm must be a VM */
/* Saves them, or takes up those that were saved of a VM of the same configuration: whoever takes a machine back to an earlier moment. */
struct state; /* devices/state.h */
void vm_counts_state(struct machine *vm, struct state *);
bool machine_is_vm(const struct machine *); /* made by vmm_create_vm: the owner may ask, the guest cannot */
struct machine *vm_host(const struct machine *vm);

/* The configuration K, a sentence per line, for people. */
const char *vm_k(const struct machine *vm);

/* A register of the host as K has it. */
struct vm_k_row {
    const char *name;
    reg_t reg;
    uint64_t mask, wanted; /* of the masked bits; mask 0: the VMM varies it */
    const char *why;
};
const struct vm_k_row *vm_k_row(const struct machine *vm, unsigned index); /* NULL at the end. Those that the host has are meant */

/* f on states, for the monitor and tests. Where guest-physical pa lives in the host; false: nowhere. */
bool vm_map_physical(const struct machine *vm, pa_t guest, pa_t *host);

/* --- Watching D at work: one event for each trap it decides, in every VM that somebody observes. */

enum vm_owner {
    VM_OWNER_NOBODY, /* nothing to decide; such returns of the host make no event */
    VM_OWNER_V_I,    /* sensitive in real user mode: its v_i */
    VM_OWNER_SHADOW, /* the shadow MMU: a leaf was missing, or cannot express the access */
    VM_OWNER_DEVICE, /* likewise, and the access was to a device */
    VM_OWNER_GUEST,  /* the guest's own */
};

enum vm_action {
    VM_EMULATED,    /* the v_i did what the instruction means in the virtual machine */
    VM_FILLED,      /* a shadow leaf was written: the instruction is tried again */
    VM_INTERPRETED, /* the instruction was done access by access */
    VM_REFLECTED,   /* the virtual machine traps: `result` */
    VM_INTERRUPTED, /* no trap of the host: a virtual interrupt is due: `result` */
    VM_STOPPED,     /* machine_stopped() says why */
};

/* A leaf of the shadow tables. */
struct vm_fill {
    va_t va;    /* of the page, in the guest */
    pa_t guest; /* its page there */
    pa_t host;  /* its page in the host: f(guest) */
    bool r, w, x;
    unsigned root; /* number of the shadow root, one for each situation */
};

struct vm_event {
    struct machine *vm;               /* whose D decided */
    uint64_t retired;                 /* instructions before the trap, in the count that run() adds to: the same at every level */
    uint64_t clock;                   /* of this VM */
    va_t pc;                          /* of the instruction, as about_pc() has it: a base of the code segment is in it */
    uint64_t virtual_mode, real_mode; /* in which it was executed; real_mode is of the host, which for a nested VM is one, too */
    struct trap trap;                 /* the host's; row, length and bits of the instruction as soon as anybody has fetched it */
    enum vm_owner owner;
    enum vm_action action;
    struct trap result; /* what D made of it: TRAP_NONE, _YIELD and _WAIT: the instruction is done, or tried again */
    bool filled;        /* `fill` holds; when action is VM_FILLED */
    struct vm_fill fill;
};

/* Told of each event after D has decided it, before anybody delivers the result; of nested VMs the innermost host's first. It may look
 * at the machine, not run or change it. With the hybrid monitor what is interpreted makes an event only when it traps. */
struct vm_observer {
    void (*taken)(void *opaque); /* the host trapped, and D begins to decide. NULL: nothing to do then */
    void (*trap)(void *opaque, const struct vm_event *);
    void *opaque;
    struct vm_observer *next; /* private */
};
void vm_observe(struct machine *vm, struct vm_observer * /* borrowed until vm_unobserve */);
/* For an observer: once the event is told D returns to the VM's owner, as after an access to a device (TRAP_YIELD), instead of going on. A
 * VM on this one goes on for its part, unless it is told as well. */
void vm_pause(struct machine *vm);
void vm_unobserve(struct machine *vm, struct vm_observer *);
const char *vm_owner_name(enum vm_owner);   /* "v_i", "shadow", "device", "guest" */
const char *vm_action_name(enum vm_action); /* "emulated", "filled", ... */

#endif
