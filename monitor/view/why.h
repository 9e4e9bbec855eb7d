/* why.h - the parts of the command `why`. */
#ifndef TRAPEZE_MONITOR_VIEW_WHY_H
#define TRAPEZE_MONITOR_VIEW_WHY_H

#include "monitor/debug/traplog.h"
#include "monitor/view/view.h"

MUST_CHECK int why_trap(struct debugger *, struct error *); /* the last one */
/* The instruction just stepped over did not trap, though it is sensitive and what it used is another thing virtually. */
bool why_has_untrapped(const struct debugger *);
MUST_CHECK int why_untrapped(struct debugger *, struct error *);
/* Of an entry that is an interrupt: goes on a sentence that has named the machine. */
void why_interrupt(FILE *, const struct debugger *, const struct traplog_entry *);

#endif
