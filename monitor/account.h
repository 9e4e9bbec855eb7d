/* account.h - the account of a run: what happened, and on which machines. */
#ifndef TRAPEZE_MONITOR_ACCOUNT_H
#define TRAPEZE_MONITOR_ACCOUNT_H

#include "core/system.h"
#include "monitor/exit_cost.h"
#include "monitor/stack.h"

/* Filled in by account_of() when the run has ended and before the machines are taken apart: system and stack are read while it
 * is printed.
 *
 *   account_of() --> the command adds status, reboots, cost --> account_write() or account_text(), account_json()
 */
struct account {
    uint64_t retired, clock, traps_delivered, firmware_calls;
    bool firmware;               /* there was some */
    const struct system *system; /* borrowed; its harts, and what is below each, have their lines */
    const struct stack *stack;
    struct system_result result;
    int status; /* the command's exit status */
    unsigned reboots;
    bool course; /* of the guest's course only, not of what the host keeps to run it: the same whichever way one came */
    const struct exit_cost *cost; /* measured with the host's clock; NULL: it was not asked for */
};

const char *account_reason_name(enum trap_reason);

#endif
