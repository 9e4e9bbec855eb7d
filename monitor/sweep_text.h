/* sweep_text.h - the summary of a whole sweep, for people and as JSON. It is the same however the sweep was cut up. */
#ifndef TRAPEZE_MONITOR_SWEEP_TEXT_H
#define TRAPEZE_MONITOR_SWEEP_TEXT_H

#include "core/sweep_shard.h"

/* The shard says what was swept, the counts what came of it: of one shard they are its own, after a merge the sum of all. */
void sweep_print(FILE *, const struct sweep_shard *, const struct sweep_counts *);
void sweep_json(FILE *, const struct sweep_shard *, const struct sweep_counts *);

#endif
