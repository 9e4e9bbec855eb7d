/* translator.h - the monitor that translates (VMM_TRANSLATE): what the guest would execute in a virtual privileged mode is never executed
 * itself, but a translation of it, block by block, in a cache (code_cache.h); its user mode runs directly.
 *
 * Only while the host runs is the PC one of the cache. As soon as it has returned the guest's PC stands in its place: D, the {v_i}, the
 * shadow, debuggers and whoever compares find f as it is for trap and emulate, and nobody but this file knows of two PCs.
 */
#ifndef TRAPEZE_CORE_VMM_TRANSLATOR_H
#define TRAPEZE_CORE_VMM_TRANSLATOR_H

#include "core/vmm/code_cache.h"

/* Where a transfer goes, and the one register that it changes beside the PC. */
struct translator_transfer {
    va_t to;
    bool changes;
    reg_t reg;
    uint64_t value;
};

/* What an instruction set has for it. */
struct translator_isa {
    /* Is what comes next to be executed from the cache? It is asked when nothing is interpreted. */
    bool (*runs)(const struct vcpu *);
    /* A block that begins at pc. true: *plan, of at least one instruction. false: the trap that the guest takes there, or TRAP_NONE: what
     * lies there can only be interpreted. */
    bool (*plan)(struct vcpu *, va_t pc, struct code_plan *, struct trap *);
    /* All that stands in the guest's tables on the way to this address, in one value, where it can be read at once; 0: it cannot. Together
     * with the situation it says where the address leads, and which A bits are set. */
    uint64_t (*entries)(struct vcpu *, va_t);
    /* A transfer whose target the VMM is to look up, named by the trap: as a v_i. */
    void (*flow)(struct vcpu *, struct trap *);
    /* The same, where it is a matter of registers and a word that translator_peek() finds: what it would do, with nothing changed. false:
     * it is not. It is asked behind an instruction that the host completed. */
    bool (*quick)(struct vcpu *, const struct code_insn *, struct translator_transfer *);
    /* Does the v_i of this row change nothing but registers and the guest's memory, and lets no interrupt in? */
    bool (*quiet)(unsigned row);
    uint64_t exit; /* the cause of the trap of an exit instruction */
    /* Registers in which a program sees where it was executed, other than the PC: those that name the cache, [base, base + size), are put
     * right by translator_pc(). */
    void (*left)(struct vcpu *, va_t base, va_t size);
};

struct translator;

static inline bool translator_is(const struct vcpu *vcpu) { return vcpu->vm->config.monitor == VMM_TRANSLATE; }

MUST_CHECK int translator_create(struct vcpu *); /* 0 or -ENOMEM */
void translator_destroy(struct vcpu *);
/* The trigger that keeps the guest's data accesses out of the cache, on the host as long as the vcpu has it. */
void translator_on(struct vcpu *);
void translator_off(struct vcpu *);

/* What D has to do now. */
enum translator_says {
    TRANSLATOR_ON,       /* it goes on: the host is to run; it has run, and *t is D's to decide */
    TRANSLATOR_DONE,     /* *t is decided */
    TRANSLATOR_INTERPRET /* the instruction at the PC is to be interpreted */
};
/* Goes to the cache; of a vcpu in a mode that is translated. */
enum translator_says translator_enters(struct vcpu *, struct trap *t);
/* The host has run, in the cache or not, and returned *t: the guest's PC is back. */
enum translator_says translator_leaves(struct vcpu *, struct trap *t);
/* Having run in the cache, behind an instruction that it completed there, the host returned *t. */
enum translator_exit {
    TRANSLATOR_WENT,  /* a transfer whose target is at hand: it is done, and the host is to run on */
    TRANSLATOR_QUIET, /* a sensitive instruction that is `quiet`: to be emulated, as *t says, which is as of a trap; then again() */
    TRANSLATOR_OTHER  /* nothing was done: translator_leaves() */
};
enum translator_exit translator_quick(struct vcpu *, struct trap *t, uint64_t *retired);
/* Back to the cache. false: D is to look around first. */
bool translator_again(struct vcpu *);
/* The guest's word at this address, for `quick`. false: not so quickly. */
bool translator_peek(struct vcpu *, va_t at, uint32_t *value);
/* The word of the guest's RAM at this address of its bus, for `entries`. */
bool translator_table(struct vcpu *, gpa_t, uint32_t *value);
static inline bool translator_runs(const struct vcpu *vcpu) { return vcpu->isa->translator->runs(vcpu); }
/* The guest's PC of a place in the cache. */
va_t translator_pc(const struct vcpu *, va_t at);

/* --- What makes translations wrong. For every vcpu; without a translator nothing happens. */

void translator_forgets(struct vcpu *);                                 /* all of them */
void translator_fenced(struct vcpu *, const struct fence *);            /* the guest has changed its address space */
void translator_written(struct vcpu *, uint64_t offset, size_t length); /* bytes of its RAM, within a page */
bool translator_protects(const struct vcpu *, hpa_t page);              /* no shadow leaf may let anybody write there */
void translator_granted(struct vcpu *, hpa_t page);                     /* one does, as yet */
bool translator_depends(const struct vcpu *, uint64_t offset);          /* is the page marked for it? */
/* Code is about to be taken from this page of the guest's RAM, which lies at that page of its address space. */
void translator_takes(struct vcpu *, uint32_t page, va_t at);

#endif
