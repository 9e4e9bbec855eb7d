/* stats.h - the account after a run: who executed how many instructions, and why there were traps. */
#ifndef TRAPEZE_MONITOR_STATS_H
#define TRAPEZE_MONITOR_STATS_H

#include "core/system.h"
#include "monitor/exit_cost.h"
#include "monitor/stack.h"

#include <stdio.h>

enum stats_form { STATS_DEFAULT, STATS_TEXT, STATS_JSON, STATS_OFF };

enum { STATS_SCHEMA = 1 }; /* of the JSON object; grows when a key changes its meaning */

struct account {
    uint64_t retired, clock, traps_delivered, firmware_calls;
    bool firmware; /* there was some */
    const struct stack *stack;
    struct system_result result;
    int status; /* the command's exit status */
    unsigned reboots;
    bool course; /* of the guest's course only, not of what the host keeps to run it: the same whichever way one came */
    const struct exit_cost *cost; /* measured with the host's clock; NULL: it was not asked for */
};

struct account account_of(const struct system *, const struct stack *, const struct system_result *);
void account_text(FILE *, const struct account *);
void account_json(FILE *, const struct account *); /* one line */
const char *account_end_name(enum system_end);
const char *account_reason_name(enum trap_reason);
/* In this form (STATS_DEFAULT: none); JSON to the file, or to stderr when file is NULL. -errno with the sentence. */
MUST_CHECK int account_write(const struct account *, enum stats_form, const char *file, struct error *);

#endif
