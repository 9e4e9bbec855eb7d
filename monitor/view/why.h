/* why.h - the parts of the command `why`. */
#ifndef TRAPEZE_MONITOR_VIEW_WHY_H
#define TRAPEZE_MONITOR_VIEW_WHY_H

#include "monitor/debug/traplog.h"
#include "monitor/view/view.h"

/* A story is one paragraph, in the order in which things happened; the parts that have nothing to say are left out:
 *
 *     After 7 instructions, at 0x8020001c <_start+28>, vm2 in virtual S-mode, that is in real U-mode of vm1,       where
 *     came to 'sd zero, 0(t0)' (sd; innocuous, measured [...]).                                                     what
 *     The host, vm1, trapped: store page fault, tval 0x80202000; reason resource: what it needs is not there.       host
 *     D gave it to the shadow MMU. ... So the leaf of page 0x80202000 was written into root 0: ...                  D
 *     Cost: 1 exit of vm1 to the VMM, 1 of the machines below it; no instruction of a host was executed for it.     cost */
MUST_CHECK int why_trap(struct debugger *, struct error *); /* the last one */
/* The instruction just stepped over did not trap, though it is sensitive and what it used is another thing virtually. */
bool why_has_untrapped(const struct debugger *);
MUST_CHECK int why_untrapped(struct debugger *, struct error *);
/* Of an entry that is an interrupt: goes on a sentence that has named the machine. */
void why_interrupt(FILE *, const struct debugger *, const struct traplog_entry *);

#endif
