/* pg_program.h - the programs of `-M pg`, files of the command line. */
#ifndef TRAPEZE_MONITOR_PG_PROGRAM_H
#define TRAPEZE_MONITOR_PG_PROGRAM_H

#include "isa/pg.h"
#include "monitor/run_options.h"

/* The one that the command carries, if the options name none. -errno with the sentence. */
MUST_CHECK int pg_program_carried(const struct run_options *, struct pg_image *, struct error *);
/* One of them: assembled, or the cells that it is. -errno with the sentence. The image is the caller's, to be freed with
 * pg_image_free(); after a failure there is nothing in it. */
MUST_CHECK int pg_program_read(const char *path, struct pg_image *, struct error *);
/* Puts the programs of the options into the machine's cells, of which it has so many. -errno with the sentence: -EFAULT where
 * they do not fit, which names the option that makes room. */
MUST_CHECK int pg_program_load(const struct run_options *, unsigned cells, struct machine *, struct error *);

#endif
