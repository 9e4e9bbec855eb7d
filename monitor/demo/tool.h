/* tool.h - another command of trapeze within a demonstration, as a process of its own. */
#ifndef TRAPEZE_MONITOR_DEMO_TOOL_H
#define TRAPEZE_MONITOR_DEMO_TOOL_H

#include "mmu/base.h"

/* Runs `trapeze WORDS`, without input. *text gets what it printed, to be freed, its lines not folded: whoever selects some of them has whole
 * sentences. *status gets its exit status, 128+N for an end by signal N. -errno with the sentence: it could not be run. */
MUST_CHECK int demo_tool(const char *words, char **text, int *status, struct error *);

#endif
