/* stats.h - the account after a run: who executed how many instructions, and why there were traps. */
#ifndef TRAPEZE_MONITOR_STATS_H
#define TRAPEZE_MONITOR_STATS_H

#include "core/system.h"
#include "monitor/stack.h"

#include <stdio.h>

enum { STATS_SCHEMA = 1 }; /* of the JSON object; grows when a key changes its meaning */

struct account {
    const struct system *system;
    const struct stack *stack;
    struct system_result result;
    int status; /* the command's exit status */
    unsigned reboots;
};

void account_text(FILE *, const struct account *);
void account_json(FILE *, const struct account *); /* one line */
const char *account_end_name(enum system_end);

#endif
