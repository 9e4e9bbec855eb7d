/* run_pg.h - `trapeze run -M pg`: programs of the paper's machine. */
#ifndef TRAPEZE_MONITOR_RUN_PG_H
#define TRAPEZE_MONITOR_RUN_PG_H

#include "monitor/run_options.h"

/* Puts the programs of the options into the machine's cells. -errno with the sentence. */
MUST_CHECK int run_pg_load(const struct run_options *, struct machine *, struct error *);
/* Returns the command's status. */
int run_pg(const struct run_options *);

#endif
