/* why.h - the parts of the command `why`. */
#ifndef TRAPEZE_MONITOR_VIEW_WHY_H
#define TRAPEZE_MONITOR_VIEW_WHY_H

#include "monitor/debug/traplog.h"
#include "monitor/view/view.h"

MUST_CHECK int why_trap(struct debugger *, struct error *); /* the last one */
/* Of an entry that is an interrupt: goes on a sentence that has named the machine. */
void why_interrupt(FILE *, const struct debugger *, const struct traplog_entry *);

#endif
