/* outfile.h - a file that is written whole or not at all: it grows without a name, or under another one beside the old file, is brought
 * to the disk, and takes the old file's place at the end. "-" is stdout; what is no regular file (a pipe, a terminal) is written as it
 * comes. Every file that the command writes is written through here.
 */
#ifndef TRAPEZE_MONITOR_OUTFILE_H
#define TRAPEZE_MONITOR_OUTFILE_H

#include "mmu/base.h"

#include <stdio.h>

struct outfile_sink;

/* open --> writes to f --> finish, or abandon; both close it. Zeros are one that is not open, which may be abandoned. */
struct outfile {
    FILE *f;                   /* to write to; borrowed from this. NULL: not open */
    struct outfile_sink *sink; /* owned: what f writes to; NULL for stdout */
    char *name;                /* owned: where links lead to; NULL: as it comes */
    char *temporary;           /* owned: the name until then; NULL: none yet */
    const char *shown;         /* borrowed: as the user spells it */
};

/* Says whether it could be opened, before the work that it is to hold is done. Nothing is changed. 0 or -errno with a sentence. */
MUST_CHECK int outfile_check(const char *path, struct error *);
MUST_CHECK int outfile_open(struct outfile *, const char *path, struct error *);
/* Whether everything could be written so far, as far as it has left the buffer: for what is written over a long time. */
MUST_CHECK int outfile_so_far(const struct outfile *, struct error *);
/* Puts it in its place. On failure what was there before is still there. Either way it is closed. */
MUST_CHECK int outfile_finish(struct outfile *, struct error *);
void outfile_abandon(struct outfile *);

/* All of that at once. `write` says 0, or -errno with its own sentence, which leaves the old file as it is. */
MUST_CHECK int outfile_write(const char *path, int (*write)(FILE *, const void *what, struct error *), const void *what,
                             struct error *);

#endif
