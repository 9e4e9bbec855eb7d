/* sweep_text.h - the summary of a whole sweep, for people and as JSON. It is the same however the sweep was cut up.
 *
 * The JSON is one object: {"schema": 1, "isa": ..., "k": ..., "quick": ..., "seed": 1, "states": 4, "encodings": N,
 * "rows": [{"name": "ecall", "completes": 0, ..., "requested": 4, ...}, ..., {"name": null, ...}], "faults": 0, "lowest": []}. The
 * row without a name is that of encodings which are no instruction.
 */
#ifndef TRAPEZE_MONITOR_SWEEP_TEXT_H
#define TRAPEZE_MONITOR_SWEEP_TEXT_H

#include "core/sweep_shard.h"

/* The shard says what was swept, the counts what came of it: of one shard they are its own, after a merge the sum of all. */
void sweep_print(FILE *, const struct sweep_shard *, const struct sweep_counts *);
void sweep_json(FILE *, const struct sweep_shard *, const struct sweep_counts *);

#endif
