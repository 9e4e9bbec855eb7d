/* lockstep.h - equivalence, run and read: one guest on the bare machine and in a virtual machine, advanced by the same number of
 * instructions, and compared through the VM map f: registers, control registers, privilege, time, memory, traps, consoles, every
 * access to a device, disks. Of a system with several harts all are compared, each with its like, at the same moment of both boards.
 *
 * Who wants to know makes the two sides, and can make them again in the same first state: a difference found after many
 * instructions is brought down to the one that made it by executing anew, which is exact because machines are.
 */
#ifndef TRAPEZE_CORE_LOCKSTEP_H
#define TRAPEZE_CORE_LOCKSTEP_H

#include "core/system.h"

enum { LOCKSTEP_BARE, LOCKSTEP_VIRTUAL, LOCKSTEP_SIDES };

struct lockstep_tap; /* sees what passes between a side's console and the outside */

/* A side: a machine on its board. */
struct lockstep_side {
    struct system *system; /* borrowed from the maker */
    pa_t ram_base;         /* the memory to compare */
    uint64_t ram_size;
};

struct lockstep_maker {
    /* Makes a side, loaded and ready to run, in the same state every time. Its console is to be lockstep_console() of the maker's
     * own. -errno with the sentence; then there is nothing to unmake. */
    int (*make)(void *opaque, unsigned side, struct lockstep_tap *, struct lockstep_side *out, struct error *);
    /* The guest asked for a reboot: machine reset, everything loaded anew. NULL, or more than 0: a reboot is an end. */
    int (*reboot)(void *opaque, unsigned side, struct error *);
    void (*unmake)(void *opaque, unsigned side);
    /* What of a side is no part of its system, as how far a script is: noted, and as it was when it was noted last. A difference that comes
     * late is then looked at from checkpoints. NULL, both: it is run to from the beginning each time. -errno: it cannot be noted. */
    int (*keep)(void *opaque, unsigned side);
    void (*back)(void *opaque, unsigned side);
    void *opaque;
};

/* The same console, listened to. `inner` is what the bytes really come from and go to; its functions may be NULL. */
struct chardev lockstep_console(struct lockstep_tap *, struct chardev inner);

struct lockstep_config {
    struct lockstep_maker maker;
    uint64_t every;     /* compare after so many instructions; at least 1 */
    uint64_t max_insns; /* then it is enough: instructions retired since reset */
    uint64_t far;       /* a difference after more than so many is looked at from checkpoints, if the maker lets it; 0: 4M */
    /* Told now and then; false: stop. NULL: nobody is interested. */
    bool (*progress)(void *opaque, uint64_t retired);
    /* Asked whenever a side has run. true: somebody has ended the sides in the midst of something; nothing is compared any more, and that is
     * the end. NULL: nobody does. */
    bool (*ends)(void *opaque);
    /* Both sides are about to execute the instruction that makes them differ. NULL: nobody is interested. */
    void (*before)(void *opaque, const struct machine *bare);
    void *opaque;
};

enum lockstep_verdict {
    LOCKSTEP_EQUAL, /* both came to the same end */
    LOCKSTEP_LIMIT, /* equal up to max_insns, or until both wait for what does not come */
    LOCKSTEP_INTERRUPTED, /* progress() or ends() said to stop: equal until then, or, where seen > retired, before the instruction was found */
    LOCKSTEP_DIVERGED,
};

enum lockstep_kind { DIFFERS_REGISTER, DIFFERS_MEMORY, DIFFERS_COUNT, DIFFERS_END };

/* A field and its value on both sides. */
struct lockstep_difference {
    enum lockstep_kind kind;
    unsigned hart; /* whose register it is */
    char name[40]; /* "a0", a field, "memory at 0x80001000", "console output, bytes"; of several harts "hart 1: a0" */
    uint64_t value[LOCKSTEP_SIDES];
};

/* What a side did in the step that made the difference. */
enum { LOCKSTEP_TRAPS = 4 };
struct lockstep_doing {
    struct trap trap[LOCKSTEP_TRAPS]; /* that its owner saw, in order: exceptions, interrupts, a wait, a stop */
    unsigned traps;                   /* how many there were, LOCKSTEP_TRAPS or more */
    bool vm;                          /* for the rest: the top machine is virtual */
    uint64_t direct, emulated, interpreted, vmm_traps, fills;
    uint16_t v_i;     /* row whose v_i ran, or INSN_NONE */
    const char *real; /* the name of the real mode that it ran in, where that is not user mode; else NULL */
};

enum { LOCKSTEP_DIFFERENCES = 24 };
struct lockstep_report {
    enum lockstep_verdict verdict;
    uint64_t retired; /* instructions, of all harts, after which both were still equal */
    unsigned harts;   /* of each side */
    struct system_result result[LOCKSTEP_SIDES];
    bool ended[LOCKSTEP_SIDES];
    uint64_t comparisons;             /* of everything that can differ then */
    uint64_t pages;                   /* of memory compared, all told */
    uint64_t traps;                   /* delivered to the guest */
    uint64_t output, input, accesses; /* bytes of console, accesses to devices */
    unsigned reboots;
    bool waits; /* LIMIT: the bare machine has waited, for ten minutes of its time and without an instruction, and would go on */
    /* DIVERGED; INTERRUPTED, the first: */
    uint64_t seen;               /* instructions after which the difference was seen: retired + 1 when it was brought down to one */
    struct system_moment moment; /* the bare board's, when it was seen; `exact`: .hart executed that instruction */
    bool exact;                  /* it was, and what follows is about that instruction */
    va_t pc;
    uint64_t mode;
    bool stale[LOCKSTEP_SIDES]; /* `exact`, one hart: with this side's caches emptied just before it, the machines do not differ */
    bool unfenced;              /* and the guest did not fence: */
    va_t unfenced_va;           /* it had changed the way to this address, which the instruction uses, ... */
    uint64_t unfenced_by;       /* ... when so many instructions had retired */
    uint16_t row;               /* of the instruction at pc, as a trap or v_i named it, or INSN_NONE when nothing did */
    struct lockstep_doing doing[LOCKSTEP_SIDES];
    struct lockstep_difference difference[LOCKSTEP_DIFFERENCES];
    unsigned differences; /* all there were; the first LOCKSTEP_DIFFERENCES are above */
};

/* Makes the sides, runs them, compares, finds the instruction, unmakes them. -errno with the sentence when they cannot be made. */
MUST_CHECK int lockstep_run(const struct lockstep_config *, struct lockstep_report *, struct error *);

/* What to make of a divergence, in a sentence: what should have trapped, or where the fault must be. `row` is the instruction's,
 * as the machine's table has it; NULL: not known. */
void lockstep_explain(const struct lockstep_report *, const struct insn_desc *row, char *out, size_t size);

#endif
