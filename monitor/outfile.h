/* outfile.h - a file that is written whole or not at all: it grows under another name beside the old one, and takes its place at
 * the end. "-" is stdout; what is no regular file (a pipe, a terminal) is written as it comes.
 */
#ifndef TRAPEZE_MONITOR_OUTFILE_H
#define TRAPEZE_MONITOR_OUTFILE_H

#include "mmu/base.h"

#include <stdio.h>

struct outfile {
    FILE *f;                /* to write to; borrowed from this */
    char *name, *temporary; /* owned; temporary: NULL where there is none */
    const char *shown;      /* borrowed: as the user spells it */
};

/* Says whether it could be opened, before the work that it is to hold is done. Nothing is changed. 0 or -errno with a sentence. */
MUST_CHECK int outfile_check(const char *path, struct error *);
MUST_CHECK int outfile_open(struct outfile *, const char *path, struct error *);
/* Puts it in its place. On failure what was there before is still there. Either way it is closed. */
MUST_CHECK int outfile_finish(struct outfile *, struct error *);
void outfile_abandon(struct outfile *);

#endif
