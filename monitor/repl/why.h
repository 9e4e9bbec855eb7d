/* why.h - the parts of the command `why`. */
#ifndef TRAPEZE_MONITOR_REPL_WHY_H
#define TRAPEZE_MONITOR_REPL_WHY_H

#include "monitor/repl/traplog.h"
#include "monitor/repl/view.h"

MUST_CHECK int why_trap(struct debugger *, struct error *); /* the last one */

#endif
