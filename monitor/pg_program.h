/* pg_program.h - the programs of `-M pg`, files of the command line. */
#ifndef TRAPEZE_MONITOR_PG_PROGRAM_H
#define TRAPEZE_MONITOR_PG_PROGRAM_H

#include "monitor/run_options.h"

/* Puts the programs of the options into the machine's cells. -errno with the sentence. */
MUST_CHECK int pg_program_load(const struct run_options *, struct machine *, struct error *);

#endif
