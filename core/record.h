/* record.h - the host's input to a system, on record: what the console gave, when the board was told to look for it, how far a wait
 * went. It is all that the guest cannot foresee; with it a course is repeated exactly.
 *
 * A record stands between a system and its host: it has the host's chardev and hooks, and is itself the system's. At the end of
 * what it has it passes everything on and notes it. Taken back (core/checkpoint.h does it), it gives the same input at the same
 * clock again, keeps the host's to itself, and prints nothing twice; then live input goes on.
 *
 * Input must come as this says: bytes by the console's chardev, board_input() from within poll() and idle() alone.
 */
#ifndef TRAPEZE_CORE_RECORD_H
#define TRAPEZE_CORE_RECORD_H

#include "core/system.h"

struct record;

/* Where in its record a system is. */
struct record_mark {
    size_t entry;
    uint64_t output; /* bytes printed so far */
    uint64_t idle_clock;
    unsigned idle_reads;
};

MUST_CHECK int record_create(struct record **out, struct chardev host); /* 0 or -ENOMEM */
void record_destroy(struct record *);                                   /* after the system; also NULL */
struct chardev record_chardev(struct record *);                         /* for the board */
void record_attach(struct record *, struct system *); /* once the host's hooks are in system->host: takes their place */

bool record_replaying(const struct record *); /* the system has been here before */
struct record_mark record_mark(const struct record *);
void record_leave(struct record *); /* the system is about to be taken elsewhere: this is how far it was */
void record_return(struct record *, const struct record_mark *); /* it was taken to where this mark was made */
void record_cut(struct record *);                                /* forgets what comes later than now: input is live again */

#endif
