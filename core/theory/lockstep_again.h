/* lockstep_again.h - the two sides at a moment, again and again: what looks closer at a difference goes to the same
 * place many times.
 *
 * The first time both are made anew and run there. Where that is far, both are kept as checkpoints (core/checkpoint.h)
 * shortly before, and later times go on from these. A checkpoint is a cold fence, and knows nothing of what a VMM
 * keeps: a difference that hangs on either does not show again, and then everything is made anew each time
 * (again_unmark()).
 */
#ifndef TRAPEZE_CORE_THEORY_LOCKSTEP_AGAIN_H
#define TRAPEZE_CORE_THEORY_LOCKSTEP_AGAIN_H

#include "core/checkpoint.h"
#include "core/theory/lockstep_pair.h"

/* What a checkpoint does not have of a side. */
struct again_side {
    struct checkpoints *store; /* owned */
    struct checkpoint *kept;
    struct stream output, input, accesses, trapped;
    struct events events;
    bool waits;
};

struct again {
    const struct lockstep_maker *maker; /* set by whoever makes this; the rest zeros */
    uint64_t far;                       /* likewise; as struct lockstep_config has it */
    bool unmarked;                      /* nothing is kept */
    struct pair pair;
    bool made, marked;
    uint64_t at; /* marked: instructions retired there */
    struct again_side side[LOCKSTEP_SIDES];
    unsigned unexamined, reboots;
    uint64_t disks_at;
};

/* Both sides as they are after `retired` instructions, until the next call. often: as for pair_make(). */
MUST_CHECK int again_at(struct again *, uint64_t retired, bool often, struct pair **out, struct error *);
void again_unmark(struct again *); /* from now on nothing is kept */
void again_close(struct again *);  /* unmakes them */

#endif
