/* pg_program.h - the programs of `-M pg`, files of the command line. */
#ifndef TRAPEZE_MONITOR_PG_PROGRAM_H
#define TRAPEZE_MONITOR_PG_PROGRAM_H

#include "isa/pg.h"
#include "monitor/run_options.h"

/* The one that the command carries, if the options name none. -errno with the sentence. */
MUST_CHECK int pg_program_carried(const struct run_options *, struct pg_image *, struct error *);
/* One of them: assembled, or the cells that it is. -errno with the sentence. */
MUST_CHECK int pg_program_read(const char *path, struct pg_image *, struct error *);
/* Puts the programs of the options into the machine's cells, of which it has so many. -errno with the sentence. */
MUST_CHECK int pg_program_load(const struct run_options *, unsigned cells, struct machine *, struct error *);

#endif
