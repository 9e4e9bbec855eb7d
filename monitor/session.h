/* session.h - what the options of `trapeze run` describe, built: the machines, the board on the topmost, the guest in its memory.
 * Every command that has a guest begins here, of whatever instruction set.
 */
#ifndef TRAPEZE_MONITOR_SESSION_H
#define TRAPEZE_MONITOR_SESSION_H

#include "monitor/run_options.h"
#include "monitor/stack.h"

struct session {
    const struct run_options *options; /* borrowed */
    struct stack stack;
    struct system *system; /* owned */
    struct booted booted;
    unsigned reboots;
};

/* Without a kernel and with built-in firmware: the guest that the command carries. */
bool session_carries_guest(const struct run_options *);
const char *session_kernel_name(const struct session *);

/* Machines `depth` deep (0: bare), board and guest; the console is the board's. -errno with the sentence; then there is nothing to close.
 * The session stays where it is. */
MUST_CHECK int session_open(struct session *, const struct run_options *, unsigned depth, struct chardev console, struct error *);
/* The machine is reset and the guest loaded anew. -errno with the sentence, when its file is no longer what it was; then the run
 * is at its end. Counts of what was retired go on. */
MUST_CHECK int session_reboot(struct session *, struct error *);
void session_close(struct session *); /* also one that is all zeros */

#endif
