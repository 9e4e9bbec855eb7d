/* debugger_back_place.c - to a place in the course that the guest has been at, and to so many steps before one. */
#include "monitor/debug/debugger_back_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct place back_here(const struct debugger *d) { return (struct place){debugger_retired(d), debugger_traps_here(d)}; }

bool back_is_before(struct place a, struct place b) { return a.retired < b.retired || (a.retired == b.retired && a.traps < b.traps); }

uint64_t back_first_place(const struct debugger *d)
{
    return checkpoints_count(d->past) ? checkpoint_retired(checkpoints_at(d->past, 0)) : debugger_retired(d);
}

static void run_quietly(struct debugger *d, struct place to)
{
    debugger_run(d, &(struct plan){.has_target = true, .target = to.retired, .target_traps = to.traps, .quiet = true});
}

/* debugger_seek() goes to the first place with this count of instructions; traps that were taken there retire nothing
 * and come behind it. */
int back_go_to(struct debugger *d, struct place p, struct error *e)
{
    int r = debugger_seek(d, p.retired, e);
    if (r == 0 && debugger_traps_here(d) < p.traps)
        run_quietly(d, p);
    return r;
}

int debugger_return(struct debugger *d, uint64_t retired, unsigned traps, struct error *e)
{
    return back_go_to(d, (struct place){retired, traps}, e);
}

/* How many traps lie on the way is known only when it has been run. A step is an instruction or a trap, so `count`
 * instructions before is far enough, and with traps too far:
 *
 *     start                                     p
 *       |--insn--insn--trap--insn--trap--insn---|      count = 4, start = p - 4 instructions: 6 steps
 *                      ^ 6 - 4 = 2 steps on from the start: 4 before p */
int back_go_before(struct debugger *d, struct place p, uint64_t count, bool *all, struct error *e)
{
    *all = false;
    if (checkpoints_count(d->past) == 0) /* nothing has run yet */
        return 0;
    uint64_t first = back_first_place(d), start = p.retired - first > count ? p.retired - count : first;
    int r = p.retired < first ? error_set(e, ENOENT, "nothing is kept from before") : debugger_seek(d, start, e);
    if (r)
        return r;
    uint64_t traps = d->traps;
    run_quietly(d, p);
    uint64_t steps = p.retired - start + (d->traps - traps);
    *all = steps >= count;
    r = debugger_seek(d, start, e);
    if (r == 0 && steps > count)
        debugger_run(d, &(struct plan){.steps = steps - count, .quiet = true});
    return r;
}

/* For observers who have lost what they saw, as a ring of exits does on the way back. The stop and the registers of
 * before are put back: for the person nothing has happened. */
int debugger_relive(struct debugger *d, uint64_t from, struct error *e)
{
    const struct place now = back_here(d);
    const struct stop stop = d->stop;
    const bool has_before = d->has_before;
    size_t size = debugger_isa(d)->reg_count * sizeof *d->before;
    uint64_t *before = malloc(size);
    if (!before)
        return error_set(e, ENOMEM, "there is not enough memory to go back");
    memcpy(before, d->before, size);
    int r = debugger_seek(d, from, e);
    if (r == 0)
        run_quietly(d, now);
    memcpy(d->before, before, size);
    free(before);
    d->has_before = has_before;
    d->stop = stop;
    return r;
}
