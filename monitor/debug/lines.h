/* lines.h - steps by source lines, forwards and backwards, as gdb's step, next, until, reverse-step and reverse-next. Traps of the guest
 * on the way, and system calls, run until they have returned. */
#ifndef TRAPEZE_MONITOR_DEBUG_LINES_H
#define TRAPEZE_MONITOR_DEBUG_LINES_H

#include "monitor/debug/debugger.h"

enum lines_step {
    LINES_INTO, /* into functions whose lines are known */
    LINES_OVER, /* functions run until they return */
    LINES_PAST, /* likewise, and a jump back is followed until the loop is left */
    LINES_BACK_INTO,
    LINES_BACK_OVER
};

/* Where it is not, the commands step by instructions, as a person would have to. */
bool lines_known(const struct debugger *); /* is the line known where the guest stands? */
/* `count` lines, unless something else stops the guest, and tells of the stop. -errno with the sentence. */
MUST_CHECK int lines_step(struct debugger *, enum lines_step, uint64_t count, struct error *);

#endif
