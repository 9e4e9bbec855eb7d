/* executed.h - the latest instruction, when it ran alone as the last of a step does, directly on the host, and nothing trapped: what it
 * used of the control state, by the machine's own record, and what that is really and virtually. For `why`.
 */
#ifndef TRAPEZE_MONITOR_DEBUG_EXECUTED_H
#define TRAPEZE_MONITOR_DEBUG_EXECUTED_H

#include "isa/machine.h"

enum { EXECUTED_USES = 16 };

/* A register that it read or wrote and whose bits in question are not the same really, in the bare machine, and virtually; after it. */
struct executed_use {
    reg_t reg;
    unsigned how; /* TOUCH_READ, TOUCH_WRITE */
    uint64_t real, virtual;
};

/* Of an instruction that is sensitive and does not trap, on a machine that lets it pass:
 *
 *     guest, virtual supervisor mode     reads the mode         virtual: s
 *     host, real user mode               reads the same bits    real: u       <-- what the instruction got
 *
 * `why` tells of it as of what Theorem 1 forbids. host_retired alone says little; with `retired` it says that exactly
 * this one instruction ran on the bare machine, and no VMM did it. */
struct executed {
    bool known;
    uint64_t retired, host_retired; /* before it: of the guest, and of the bare machine */
    va_t pc;
    insn_t bits;
    uint64_t virtual_mode, real_mode;
    struct executed_use use[EXECUTED_USES];
    unsigned uses;
};

/* The machines, and how many instructions of the guest have retired. */
struct executed_on {
    const struct machine *guest, *host, *bare; /* the guest's, the one that this runs on, and the lowest */
    uint64_t retired;
};
/* The guest's next instruction, `bits`, is about to run alone. */
void executed_before(struct executed *, const struct executed_on *, insn_t bits);
/* It may have, and nothing has trapped. */
void executed_after(struct executed *, const struct executed_on *);

#endif
