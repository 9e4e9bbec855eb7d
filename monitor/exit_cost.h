/* exit_cost.h - what an exit costs: the host's time from the trap that D takes to its decision, summed by what D did, for each level.
 *
 * It is measured by looking at the host's clock twice an exit, so only when somebody asks, and it differs from run to run. What a
 * nested VM asks of the VM below it counts as the nested one's; leaving the guest and going back into it are in neither.
 */
#ifndef TRAPEZE_MONITOR_EXIT_COST_H
#define TRAPEZE_MONITOR_EXIT_COST_H

#include "core/vmm/vmm.h"
#include "monitor/json.h"
#include "monitor/stack.h"

enum { EXIT_COST_ACTIONS = VM_STOPPED + 1 };

/* Each level is observed by itself, and its `observer` lies in it: the address is what the VMM keeps, so this struct does not
 * move. */
struct exit_cost_level {
    struct vm_observer observer;
    uint64_t taken; /* ns: when the present exit began; 0: none */
    uint64_t count[EXIT_COST_ACTIONS], ns[EXIT_COST_ACTIONS];
};

struct exit_cost {
    struct exit_cost_level level[STACK_DEPTH_MAX + 1];
    uint64_t started, ended; /* ns */
};

void exit_cost_start(struct exit_cost *, const struct stack *); /* stays where it is until exit_cost_end() */
void exit_cost_end(struct exit_cost *, const struct stack *);
double exit_cost_seconds(const struct exit_cost *);
/* "  vm1    5.58 %  of it in D and what D calls; an exit takes 84 ns (emulated), 279 ns (filled)", a line for each level. */
void exit_cost_text(FILE *, const struct exit_cost *, const struct stack *, uint64_t retired);
void exit_cost_json(struct json *, const struct exit_cost *, unsigned level); /* a member "exit_cost" */

#endif
