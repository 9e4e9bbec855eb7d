/* variables.h - values that a person gave a name ($mine), and those that were printed ($1, $2, ...; $ is the last one). */
#ifndef TRAPEZE_MONITOR_DEBUG_VARIABLES_H
#define TRAPEZE_MONITOR_DEBUG_VARIABLES_H

#include "monitor/debug/expression.h"

/* Both live as long as the debugger and go neither back nor away with the guest: they are the person's. */
struct variables;

MUST_CHECK int variables_create(struct variables **);
void variables_destroy(struct variables *);
bool variables_get(const struct variables *, const char *name, struct value *);
MUST_CHECK int variables_set(struct variables *, const char *name, const struct value *); /* 0 or -ENOMEM */
const char *variables_name(const struct variables *, unsigned index, struct value *);     /* NULL at the end */
/* Keeps a printed value; returns its number, from 1. 0: there is no memory for it. */
unsigned variables_remember(struct variables *, const struct value *);
unsigned variables_remembered(const struct variables *); /* how many */
bool variables_recall(const struct variables *, unsigned number, struct value *);

#endif
