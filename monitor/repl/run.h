/* run.h - running the guest for a command: in front, with the terminal its own, and telling of the stop. */
#ifndef TRAPEZE_MONITOR_REPL_RUN_H
#define TRAPEZE_MONITOR_REPL_RUN_H

#include "monitor/debug/effects.h"

/* What is said of a stop: where the guest stands and why; with RUN_CHANGES also the registers and memory that changed, old -> new, as
 * steps have it. After a long run the latter would be most of the registers, and say nothing. */
enum run_tells { RUN_SHORT, RUN_CHANGES };

/* Runs by the plan and tells of the stop, unless the person went back to the prompt meanwhile. Always 0. */
int run_plan(struct debugger *, const struct plan *, enum run_tells);
/* Runs by the plan and tells nothing. false: the person went back to the prompt meanwhile, and the guest runs on. */
bool run_in_front(struct debugger *, const struct plan *);
/* Likewise; the condition is freed when the plan is done. */
int run_plan_keeping(struct debugger *, const struct plan *, struct expression *condition);
/* Tells of a stop, shows the displays, and has the breakpoint's commands run. Always 0. */
int run_tell(struct debugger *, const struct effects *before, bool changes);
void run_displays(struct debugger *);
void run_value_returned(const struct debugger *); /* what finish found in a0 */
/* Is it a jump or branch, and where does it lead? */
bool run_is_jump(const struct machine *, insn_t bits, va_t pc, uint64_t *target);

#endif
