/* debugged.h - the guest of `trapeze run` when a debugger may come: its session under a debugger, without a prompt. */
#ifndef TRAPEZE_MONITOR_GDB_DEBUGGED_H
#define TRAPEZE_MONITOR_GDB_DEBUGGED_H

#include "monitor/console.h"
#include "monitor/session.h"

struct debugged;

/* Before the session: it listens, and what the host's console says goes through it, on record (*console becomes its own). */
MUST_CHECK int debugged_create(struct debugged **out, const struct run_options *, struct chardev *console, struct error *);
/* Once the console is the system's. */
MUST_CHECK int debugged_attach(struct debugged *, struct session *, struct console *, struct error *);
/* To the guest's end, or till a debugger kills it. */
struct system_result debugged_run(struct debugged *);
void debugged_release(struct debugged *); /* before the session; also NULL */
void debugged_destroy(struct debugged *); /* after it; also NULL */

#endif
