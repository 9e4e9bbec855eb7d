/* open.h - making a debugger, with all that belongs to one. */
#ifndef TRAPEZE_MONITOR_DEBUG_OPEN_H
#define TRAPEZE_MONITOR_DEBUG_OPEN_H

#include "monitor/debug/debugger.h"

/* The struct is the caller's, and its address is given to the system, to observers and to checkpoints: it must not move
 * or be copied over while the debugger is open. The session goes after it. */
/* Symbols of the kernel are read. -errno with the sentence: there is none then. The debugger stays where it is. */
MUST_CHECK int debugger_open(struct debugger *, const struct run_options *, struct session *, struct console * /* NULL: none */,
                             struct error *);
void debugger_close(struct debugger *);

#endif
