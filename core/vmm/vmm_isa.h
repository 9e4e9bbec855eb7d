/* vmm_isa.h - what the VMM needs to know of an instruction set: the {v_i} and the meaning of a virtual CPU's state.
 */
#ifndef TRAPEZE_CORE_VMM_VMM_ISA_H
#define TRAPEZE_CORE_VMM_VMM_ISA_H

#include "core/vmm/address.h"
#include "core/vmm/vmm.h"
#include "mmu/pt.h"
#include "mmu/shadow.h"

struct vcpu;
struct translator_isa; /* translator.h */

/* The verdict on one page of the guest's address space: what the shadow leaf may express. */
struct page_view {
    gpa_t page;         /* guest-physical page */
    bool r, w, x;       /* rights as the hardware would grant them now, dirty bit considered (w only when D is set) */
    bool supervisor;    /* only where the guest is no user: for a host on which the guest's user mode is the real one */
    bool expressible;   /* false: accesses must be emulated one by one (PMP inside the page, MPRV, device) */
    uint64_t size;      /* bytes that the guest's leaf maps: one fence anywhere in it voids all of it; 4096 without translation */
    unsigned pte_count; /* guest PTEs that the verdict depends on, from the root: a change of one makes it stale */
    gpa_t pte[PT_MAX_LEVELS];
};

struct vmm_isa {
    const char *name;
    /* One routine per privileged row, by row; NULL for the others. It is given the host's trap, checks the instruction against the
     * *virtual* machine, and leaves in its place TRAP_NONE (emulated, PC advanced: it counts as retired), TRAP_WAIT, TRAP_YIELD
     * (emulated, and a device was touched), or the trap the virtual machine itself takes. */
    void (*const *v)(struct vcpu *, struct trap *);
    /* Another table, for a host that has help for a VMM, which this monitor uses, or for another real ring. It returns NULL where such a ring
     * and the monitor do not go together. NULL: there is this one, and no choice of rings. */
    const struct vmm_isa *(*on)(const struct machine *host, const struct vm_config *);
    /* Where the host has a mode for guests: it is about to run, and has run. What the guest does to its own state there no trap tells, so that
     * the VMM's copy is put into the host and taken back; interrupts are taken there, too. NULL, both: the copy is what counts. */
    void (*entering)(struct vcpu *);
    void (*left)(struct vcpu *);
    enum vm_owner (*whose)(struct vcpu *, const struct trap *); /* of an exception, instead of D's own rule. NULL: by that */
    void *(*create)(struct vcpu *);                             /* virtual state, after virtual reset; NULL: -ENOMEM */
    void (*destroy)(void *state);
    void (*reset)(struct vcpu *);
    /* Registers of the virtual state; identity registers never come here. *handled = false: pass on to the host machine. */
    uint64_t (*get)(const struct vcpu *, reg_t, bool *handled);
    void (*set)(struct vcpu *, reg_t, uint64_t, bool *handled);
    void (*enter)(struct vcpu *, const struct trap *);      /* trap entry, for machine_ops.enter; NULL: nobody asks */
    enum delivery (*deliver)(struct vcpu *, struct trap *); /* likewise, for machine_ops.deliver */
    void (*irq)(struct vcpu *, unsigned line, bool level);
    bool (*interrupt)(struct vcpu *, struct trap *out); /* the virtual interrupt to take now */
    uint64_t (*wake)(const struct vcpu *);              /* clock value of the next virtual timer event */
    bool (*holds)(const struct vcpu *);            /* does it want to be asked again behind the next instruction? NULL: it does not */
    void (*reflect)(struct vcpu *, struct trap *); /* a host trap, put in the guest's terms (ecall cause by virtual mode ...) */
    void (*configure)(struct vcpu *);              /* sets the host's K, once and after world switches */
    const char *k;                                 /* K, printable */
    const struct vm_k_row *k_rows;                 /* register by register, up to a name of NULL. NULL: none are listed */
    /* What the host's memory looks like to guests: `ram_size` comes in units; a guest starts at a multiple of `ram_align` (of pages);
     * the bytes below `host_reserved` are the host owner's whatever happens. */
    uint64_t ram_unit, ram_align, host_reserved;
    /* Machines without pages: writes the host's relocation register for the virtual one, the guest's memory being at `base`. Only A
     * calls it. Where there is one there is no shadow, and the functions down to fault_kind are NULL. */
    void (*relocate)(struct vcpu *, hpa_t base);
    /* Which guest-visible permission situation the guest is in, for which a shadow root stands: space is the guest's root (the register
     * that names it, with its ASID, or 0 for none), rights are mode, SUM, MXR, MPRV ..., as far as they matter. Compared only. */
    void (*situation)(const struct vcpu *, struct shadow_key *out);
    /* Writes the host's resource registers for shadow root `root` (a table in host memory) with this host ASID: only A calls it. */
    void (*install)(struct vcpu *, hpa_t root, unsigned asid);
    /* All rights on the page of va, for the shadow leaf. Only called after translate() granted the access at hand. */
    void (*view)(struct vcpu *, gva_t va, enum pt_kind kind, struct page_view *out);
    /* For people (inspect.c): would the access, which the guest grants, set A or D first? And a situation in words. */
    bool (*touches)(struct vcpu *, gva_t va, enum pt_kind kind);
    void (*situation_text)(const struct shadow_key *, char *out, size_t size);
    const struct pt_format *(*host_format)(const struct machine *host); /* of shadow tables on such a host */
    unsigned (*host_asid_bits)(const struct machine *host);             /* ASIDs that its resource register keeps apart */
    /* Is this trap of the host a page or access fault (then: of which kind), that is, the shadow MMU's business? Not: misaligned. */
    bool (*fault_kind)(const struct trap *, enum pt_kind *);
    /* The access that the host's fault t is of is what the next calls of view() and translate() are about; NULL: those of the program. Where
     * not all are the program's. NULL, the function: they are. */
    void (*access_of)(struct vcpu *, const struct trap *t);
    /* The guest's translation of va for `kind` in the current virtual state, permissions and virtual PMP included. *t: the guest's own
     * fault. A/D bits of guest PTEs are updated when `touch`. */
    bool (*translate)(struct vcpu *, gva_t va, unsigned size, enum pt_kind kind, bool touch, gpa_t *pa, struct trap *t);
    unsigned mode_user; /* the host mode in which every guest instruction runs */
    /* Where that is not one mode: is this machine, the host or a virtual one, in user mode? NULL: MACHINE_MODE is mode_user. */
    bool (*in_user)(const struct machine *);
    unsigned fetch_unit; /* bytes: instructions are so long, or a multiple; how long is known when so many are there (struct isa) */
    unsigned cell;       /* bytes that a virtual address names */
    /* The host's registers that hold a VM's state while it runs (identity registers, the PC, and what says whether they may be used): swapped on a world
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
    bool (*breakpoint)(struct vcpu *, unsigned kinds, gva_t va, uint64_t size, struct trap *t);
    /* The hybrid monitor's interpreter (hybrid.c): a machine of the VMM's own on the VM's memory and devices, whose run() returns
     * TRAP_YIELD when it comes to mode_user. All NULL: there is none, and it goes instruction by instruction. The machine is made; takes
     * the VM's whole state; gives it back. 0 or -errno. */
    int (*interpreter_create)(struct vcpu *, struct machine **out);
    void (*interpreter_enter)(struct vcpu *);
    void (*interpreter_leave)(struct vcpu *);
    /* Where it is not the hybrid monitor's alone: is the mode that the vcpu is in one that is interpreted? Then every VM has an interpreter,
     * which also does what no leaf can express. NULL: the hybrid monitor has one, for all modes but the user's. */
    bool (*interprets)(const struct vcpu *);
    /* Where the host can report instructions before they first run (TRIGGER_FRESH): the cause under which one counts that the monitor
     * does not let through, and where the next one lies. NULL: there it cannot, and there is no VMM_PATCH. */
    unsigned inspected;
    gva_t (*next)(const struct vcpu *);
    /* What VMM_TRANSLATE needs, beside `inspected`. NULL: there it cannot, and there is none. */
    const struct translator_isa *translator;
    bool open_bus;     /* what nobody answers is no access fault */
    bool budget_first; /* at the end of a budget run() returns that, whatever interrupt is pending */
    /* The trap of a row that claims TRAPS_REQUESTED (ecall, ebreak), met while interpreting: row, length and bits are in *at. In the
     * guest's terms. */
    struct trap (*requested)(struct vcpu *, const struct trap *at);
};

#define VIRTUAL(id) extern const struct vmm_isa vmm_isa_##id;
#include "isa/isas.def"

const struct vmm_isa *vmm_isa_find(const struct isa *); /* NULL: there is none */

#endif
