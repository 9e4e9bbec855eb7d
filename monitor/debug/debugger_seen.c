/* debugger_seen.c - what the debugger is told of while the guest runs: traps that were delivered, exits to a VMM, a person. */
#include "monitor/debug/debugger_private.h"

#include "core/sbi.h"

static bool any_trap(const struct debugger *d)
{
    for (const struct breakpoint *b = d->breakpoints; b; b = b->next)
        if (b->kind == BREAK_TRAP && b->enabled)
            return true;
    return false;
}

/* Another number after each jump in time, and each change by hand. */
static uint64_t course(const struct debugger *d)
{
    struct checkpoints_stats s = checkpoints_stats(d->past);
    return s.taken + s.restored;
}

/* The count belongs to a place in a course. After a jump in time the same number of instructions may stand for another
 * history, so the count of then says nothing of now, and 0 is right: a jump lands before the traps of its place. */
unsigned debugger_traps_here(const struct debugger *d)
{
    return d->traps_at == debugger_retired(d) && d->traps_course == course(d) ? d->traps_here : 0;
}

static void count_trap(struct debugger *d)
{
    d->traps_here = debugger_traps_here(d) + 1;
    d->traps_at = debugger_retired(d);
    d->traps_course = course(d);
    d->traps++;
}

/* Firmware serves a trap without the guest's mode having changed. */
uint64_t debugger_mode_before(const struct debugger *d, const struct trap *t)
{
    const struct machine *m = debugger_guest(d);
    return d->system->firmware && firmware_serves(t) ? machine_get(m, MACHINE_MODE) : about_mode_before(m);
}

/* Called for each trap that is delivered, and there may be very many: it returns true, and so ends the stretch, only
 * when somebody waits for traps, or counts steps or places, of which a trap is one. */
bool debugger_saw_trap(void *opaque, const struct trap *t, va_t pc)
{
    struct debugger *d = opaque;
    debugger_follow(d);
    uint64_t mode = machine_get(debugger_guest(d), MACHINE_MODE);
    count_trap(d);
    d->parts->delivered(d->traplog, t, pc);
    d->seen_mode = breakpoints_want_mode(d, (unsigned)mode) && debugger_mode_before(d, t) != mode;
    if (!d->parts->wants(d->tracing) && !d->steps_left && !d->plan.until_trap && !d->plan.target_traps && !d->stepped &&
        !d->accessing && !d->returning && !d->seen_mode && (d->plan.quiet || !any_trap(d)))
        return false;
    d->trap_seen = true;
    d->seen = *t;
    d->seen_pc = pc;
    return true;
}

static bool any_exit(const struct debugger *d, unsigned level, const struct vm_event *e)
{
    if (d->plan.until_exit && exit_is_wanted(&d->plan.exit, level, e))
        return true;
    for (const struct breakpoint *b = d->breakpoints; b && !d->plan.quiet; b = b->next)
        if (b->kind == BREAK_EXIT && b->enabled && exit_is_wanted(&b->exit, level, e))
            return true;
    return false;
}

/* All machines from there up let go, and the driver. */
bool debugger_saw_exit(struct debugger *d, unsigned level, unsigned hart, const struct vm_event *e)
{
    if (!d->running || d->stop.exit_level || !any_exit(d, level, e))
        return false;
    d->stop.exit_level = level;
    d->stop.exit = *e;
    d->stop.exit_traps = debugger_traps_here(d);
    for (; level <= d->stack->depth; level++)
        vm_pause(debugger_machine_of(d, level, hart));
    system_pause(d->system);
    return true;
}

/* From a signal handler, too: a volatile flag and a call that sets another one, nothing else. */
void debugger_interrupt(struct debugger *d)
{
    d->interrupted = true;
    system_pause(d->system);
}
