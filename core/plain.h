/* plain.h - a machine alone, switched on: no board, no interrupts, no input; a console to print on. Bare or virtual, no difference.
 */
#ifndef TRAPEZE_CORE_PLAIN_H
#define TRAPEZE_CORE_PLAIN_H

#include "core/system.h"

struct plain {
    struct machine *machine; /* borrowed */
    struct chardev console;  /* its write is used */
    bool ended;
    struct system_result result;
    uint64_t retired, traps_delivered;
    struct system_watch watch;
    volatile bool paused; /* a pause is asked for: set it, from a signal handler too */
    /* Private: deliveries since loop_retired without an instruction retiring. */
    uint64_t loop_retired;
    unsigned loop_count;
};

/* Plugs the console in at pa: a byte stored there is printed. -errno of phys_add_io(). `p` stays where it is until plain_finish(). */
MUST_CHECK int plain_init(struct plain *p, struct machine *, pa_t console, struct chardev);
void plain_finish(struct plain *, pa_t console); /* unplugs it */

/* Runs until the machine halts (END_POWEROFF: what waits has nothing to wait for), is stopped by the VMM below (END_STOPPED), or goes
 * from trap to trap for ever (END_STUCK); or until `limit` more instructions have retired, a pause is asked for
 * (END_PAUSED) or a trigger is met (END_TRIGGER). An end is final. */
struct system_result plain_run(struct plain *, uint64_t limit);

#endif
