/* lockstep_pair.h - the two sides of a lockstep run while they stand side by side, and how far they are compared.
 */
#ifndef TRAPEZE_CORE_THEORY_LOCKSTEP_PAIR_H
#define TRAPEZE_CORE_THEORY_LOCKSTEP_PAIR_H

#include "core/theory/memory_pair.h"
#include "core/theory/tap.h"

/* What else passes a side by, as it stood when control registers were compared last. */
struct events {
    uint64_t delivered, firmware, accesses, input, vmm;
};

struct pair_side {
    struct lockstep_side is;
    struct machine *hart[BOARD_CPUS]; /* those of the system, which may have spies in their place */
    struct lockstep_tap tap;
    unsigned general;      /* as struct pair has it */
    struct stream trapped; /* the guest's own traps, and general registers as each left them */
    struct events events;
    bool made;
    bool waits; /* for what does not come: it is waited for no longer */
    struct spy spy[BOARD_CPUS];
    struct lockstep_doing doing[BOARD_CPUS]; /* what the spies saw */
};

enum { GENERAL_MAX = 128 };

struct pair {
    const struct lockstep_maker *maker;
    struct pair_side side[LOCKSTEP_SIDES];
    struct memory_pair *memory;
    const struct isa *isa;
    unsigned harts;   /* of each side */
    unsigned general; /* registers [0, general) */
    reg_t *control;   /* owned; the others that the table names and the machine has */
    unsigned controls;
    unsigned unexamined; /* comparisons since control registers were compared */
    uint64_t disks_at;   /* accesses when disks were compared */
    uint64_t comparisons;
    unsigned reboots;
};

/* How far to look.
 * QUICK: general registers, PC, mode, time, written memory, what passed to and from the outside; control registers when this
 * instruction        may have changed some, and every CONTROL_EVERY instructions.
 * FULL:  control registers always. DEEP: memory whether or not it is known to be written. */
enum depth { LOOK_QUICK, LOOK_FULL, LOOK_DEEP };
enum { CONTROL_EVERY = 64 };

/* often: it is to be compared every few instructions. */
MUST_CHECK int pair_make(struct pair *, const struct lockstep_maker *, bool often, struct error *);
void pair_unmake(struct pair *);

uint64_t pair_retired(const struct pair *, unsigned side);
const struct system_result *pair_result(const struct pair *, unsigned side); /* NULL: it has not ended */
/* Both sides go on until `limit` more instructions have retired, or an end, or they wait for nothing. A reboot, if the maker can make one, is
 * no end. */
MUST_CHECK int pair_run(struct pair *, uint64_t limit, struct error *);
/* One side alone. */
MUST_CHECK int pair_run_side(struct pair *, unsigned side, uint64_t limit, struct error *);
/* Of sides that are equal: from now on what is written is compared, as often as that. */
MUST_CHECK int pair_renew_memory(struct pair *, bool often, struct error *);
/* From now on the traps of every hart are noted, each in its own `doing`; or no more. */
void pair_spy(struct pair *, unsigned side);
void pair_unspy(struct pair *, unsigned side);

/* Equal, as far as looked? *full: control registers were compared, too. */
bool pair_equal(struct pair *, enum depth, bool *full);
/* Every difference, into the report. */
void pair_differences(struct pair *, struct lockstep_report *);

#endif
