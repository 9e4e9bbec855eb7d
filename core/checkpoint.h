/* checkpoint.h - the whole state of a system, kept, and gone back to: registers, devices, firmware, memory, and what drives keep in
 * memory. Nothing here asks what the machine is made of: a checkpoint of a bare machine is restored on a virtual one, and back.
 *
 * A store holds the checkpoints of one system, within a bound of host memory. Pages are shared: a checkpoint costs what was written
 * since the one before it. To make room, checkpoints go first where they are many for their distance from now: close by they stay
 * dense, further off they become exponentially sparse.
 *
 * Taking a checkpoint is also a cold fence (isa/machine.h). The manual leaves it open when a stale translation is still used, and
 * when an A bit appears; caches that start empty at the checkpoint, the first time and whenever it is restored, make it the same
 * every time.
 *
 * A raw drive that writes go straight through to cannot be taken back: a restore across such a write is refused, in a sentence.
 */
#ifndef TRAPEZE_CORE_CHECKPOINT_H
#define TRAPEZE_CORE_CHECKPOINT_H

#include "core/system.h"

#include <stdio.h>

struct checkpoints; /* a store */
struct checkpoint;  /* in one; the pointer is good while it is kept */

struct checkpoints_config {
    uint64_t limit; /* bytes of host memory; 0: no bound */
    uint64_t every; /* checkpoints_run() takes one at each multiple of so many retired instructions; 0: it takes none */
};

/* Whoever looks on and counts: what he has counted is taken back with the course. One function saves and restores it (devices/state.h),
 * always in as many bytes. All zeros: he has counted nothing. */
struct checkpoints_watcher {
    void (*state)(void *opaque, struct state *); /* NULL: nobody */
    void *opaque;
};

MUST_CHECK int checkpoints_create(struct checkpoints **out, struct system * /* borrowed */, const struct checkpoints_config *,
                                  struct error *);
void checkpoints_destroy(struct checkpoints *); /* before the system; also NULL */

/* From now on: before the first checkpoint is taken. 0 or -ENOMEM. */
MUST_CHECK int checkpoints_watch(struct checkpoints *, const struct checkpoints_watcher *);

/* Keeps the present state, between two system_run(). keep: until it is dropped; else it may go to make room for later ones.
 * -ENOMEM, or -ENOSPC when the bound is too small even for this one; then nothing has changed. */
MUST_CHECK int checkpoint_take(struct checkpoints *, bool keep, struct checkpoint **out /* NULL: not wanted */, struct error *);
/* The system is as it was there. Later checkpoints stay. -errno with the sentence; then nothing has changed. */
MUST_CHECK int checkpoint_restore(struct checkpoints *, const struct checkpoint *, struct error *);
void checkpoint_drop(struct checkpoints *, struct checkpoint *);

uint64_t checkpoint_retired(const struct checkpoint *); /* instructions retired there, of all harts: as system->retired counts them */
struct system_moment checkpoint_moment(const struct checkpoint *);
/* In ascending order of retired; index < checkpoints_count(). */
unsigned checkpoints_count(const struct checkpoints *);
struct checkpoint *checkpoints_at(const struct checkpoints *, unsigned index);
struct checkpoint *checkpoints_before(const struct checkpoints *, uint64_t retired); /* the last with at most so many; NULL: none */

struct checkpoints_stats {
    uint64_t bytes, limit; /* of host memory */
    uint64_t pages;        /* pages kept, zero pages not among them */
    uint64_t taken, thinned, restored;
};
struct checkpoints_stats checkpoints_stats(const struct checkpoints *);

/* --- Going to and fro. The same course is taken each time: input comes from system->record where there is one (core/record.h). */

/* As system_run(), taking checkpoints every so often. One that cannot be taken is left out: checkpoints_trouble() says why. */
struct system_result checkpoints_run(struct checkpoints *, uint64_t limit);
const char *checkpoints_trouble(const struct checkpoints *); /* NULL: none so far */
/* Goes to where `retired` instructions have retired, forwards or backwards: the nearest checkpoint, and on from there. -ENOENT:
 * nothing is kept from before; -EIO: the system ends before. Else as checkpoint_restore(). */
MUST_CHECK int checkpoints_seek(struct checkpoints *, uint64_t retired, struct error *);
/* Somebody has changed the state by hand, or reset the system and loaded it anew: what was later than now is no future of it any
 * more, and is forgotten; the change is kept by a checkpoint, which running on from before passes through. */
MUST_CHECK int checkpoints_edited(struct checkpoints *, struct error *);
/* How many such changes lie in the course up to now. */
unsigned checkpoints_edits(const struct checkpoints *);
/* Takes back all of them but the first `kept`, as if they had never been made. The system stands at some place before the first that was
 * taken back. ENOENT: nothing is kept from before it; else what restoring a checkpoint fails with. */
MUST_CHECK int checkpoints_unedit(struct checkpoints *, unsigned kept, struct error *);

/* Counts are of the course up to now, since so many instructions had retired: 0, but after a checkpoint from a file that was written
 * on a machine made of other parts. */
uint64_t checkpoints_counted_from(const struct checkpoints *);

/* --- As a file. Format, program and machine must be the same ones; a drive's image must not have changed since. */

/* To a file that the caller has opened, and makes whole or takes away (a file half written is refused when it is read). `name` is
 * for the sentence, `program` the name and version of the program. -errno; the store is as before. */
MUST_CHECK int checkpoint_write(struct checkpoints *, const struct checkpoint *, FILE *to, const char *name, const char *program,
                                struct error *);
/* On success the store holds this one alone, and the system is there. On failure nothing has changed, and the sentence names the
 * file. `program` is the name and version of the program, as at checkpoint_write(). */
MUST_CHECK int checkpoint_read(struct checkpoints *, const char *path, const char *program, struct checkpoint **out, struct error *);

#endif
