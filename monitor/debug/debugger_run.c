/* debugger_run.c - the guest runs until something stops it. At full speed where the machine's triggers and the traps tell of
 * everything that is waited for; else one instruction at a time, with a look before and after. */
#include "monitor/debug/debugger_private.h"

#include <stdio.h>

/* --- start and stop */

/* Who asked for a pause has it, or comes before there is anything to stop: it is not for the run that begins. */
static void forget_pause(struct debugger *d) { d->system->paused = false; }

/* As expressions have it. */
static reg_t pc_named(const struct debugger *d) { return MACHINE_PC | (about_is_far(debugger_isa(d)) ? EXPRESSION_PLACE : 0); }

void debugger_start(struct debugger *d, const struct plan *plan)
{
    struct error ignored;
    uint64_t at;
    debugger_forget_temporary(d);
    d->shown = d->hart;
    debugger_follow(d);
    d->plan = *plan;
    d->passes_port = d->stop.at_port;
    d->port_at = debugger_retired(d);
    d->frame = 0;
    d->steps_left = plan->steps;
    d->by_trigger = plan->condition && expression_demands(plan->condition, pc_named(d), &at) &&
                    debugger_break_internal(d, at, false, &ignored) == 0;
    bool by_mode = !plan->until_mode || debugger_break_mode(d, plan->mode, &ignored) == 0;
    d->stepped = (plan->condition && !d->by_trigger) || !by_mode || (!plan->quiet && breakpoints_stepped(d));
    forget_pause(d);
    d->accessing = d->trap_seen = d->interrupted = d->executed.known = false;
    d->first = d->running = true;
    d->stop = (struct stop){0};
    d->returning = breakpoints_want_step(d);
    for (struct breakpoint *b = d->breakpoints; b; b = b->next)
        if (b->watched)
            b->value = breakpoint_value(d, b);
    struct machine *m = debugger_guest(d);
    if (m->trigger_slots && !(plan->before && machine_get(m, MACHINE_RESUME) > RESUME_FETCH))
        machine_set(m, MACHINE_RESUME, RESUME_FETCH); /* where it stands it has stopped already */
}

static void stop(struct debugger *d, enum stop_reason why)
{
    debugger_follow(d);
    d->stop.reason = why;
    d->running = false;
    d->listed.end = d->frame = 0;
    if (why == STOP_INTERRUPT)
        forget_pause(d);
    breakpoints_forget_internal(d);
    uint64_t *swap = d->before;
    d->before = d->now;
    d->now = swap;
    d->has_before = d->shown == d->hart;
    debugger_refresh(d);
}

static void stop_at(struct debugger *d, struct breakpoint *b, enum stop_reason why)
{
    if (b->number) {
        d->stop.number = b->number;
        b->gone = b->temporary;
    }
    stop(d, b->number ? why : STOP_REACHED);
}

void debugger_forget_temporary(struct debugger *d)
{
    struct error ignored;
    for (struct breakpoint *b = d->breakpoints, *next; b; b = next) {
        next = b->next;
        if (b->gone)
            (void)!debugger_break_remove(d, b->number, &ignored);
    }
}

/* --- one stretch */

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

static struct system_result go(struct debugger *d, uint64_t limit)
{
    struct system_result r = checkpoints_run(d->past, limit);
    debugger_follow(d);
    if (!d->interrupted)
        d->system->paused = false; /* a pause that the limit came before */
    return r;
}

/* true: it has stopped. */
static bool on_execute(struct debugger *d)
{
    struct value v;
    struct error ignored;
    struct breakpoint *b = breakpoints_at(d, about_pc(debugger_guest(d)));
    if (b && !b->number && d->by_trigger) { /* the plan's: does the rest of the condition hold? */
        if (debugger_evaluate(d, d->plan.condition, &v, &ignored) == 0 && v.bits) {
            stop(d, STOP_CONDITION);
            return true;
        }
        b = NULL;
    }
    if (b)
        stop_at(d, b, STOP_BREAKPOINT);
    else
        machine_set(debugger_guest(d), MACHINE_RESUME, RESUME_ADDRESS);
    return b != NULL;
}

/* All that wait for kinds of instructions are asked at once. A mode is looked at behind the instruction. */
static bool on_opcode(struct debugger *d)
{
    struct breakpoint *b = d->plan.quiet ? NULL : breakpoints_of_instruction(d);
    if (b) {
        stop_at(d, b, STOP_BREAKPOINT);
        return true;
    }
    d->returning = breakpoints_want_step(d);
    machine_set(debugger_guest(d), MACHINE_RESUME, RESUME_FETCH);
    return false;
}

/* Once for each access: going on is not to stop for it again. */
static bool on_port(struct debugger *d, struct breakpoint *b)
{
    if ((d->passes_port && d->port_at == debugger_retired(d)) || !breakpoint_stops(d, b))
        return false;
    d->stop.at_port = true;
    stop_at(d, b, STOP_BREAKPOINT);
    return true;
}

static bool on_trigger(struct debugger *d, const struct trap *t)
{
    struct breakpoint *b = t->cause >> TRIGGER_BELOW_SHIFT ? NULL : breakpoints_of_slot(d, (unsigned)t->cause);
    if (!b || (d->plan.quiet && b->number))
        return false; /* the machine lets it pass */
    if (breakpoint_by_opcode(b))
        return on_opcode(d);
    if (b->kind == BREAK_EXECUTE)
        return on_execute(d);
    if (b->kind == BREAK_PORT)
        return on_port(d, b);
    if (d->plan.before) {
        bool stops = breakpoint_stops(d, b);
        d->stop.address = t->tval;
        if (stops)
            stop_at(d, b, STOP_WATCHPOINT);
        return stops;
    }
    b->pending = true;
    b->access = t->tval;
    b->value = breakpoint_value(d, b);
    d->accessing = true;
    return false;
}

/* A trap was delivered: the instruction at hand has done nothing. */
static bool on_trap(struct debugger *d)
{
    d->trap_seen = false;
    d->stop.trap = d->seen;
    d->stop.trap_pc = d->seen_pc;
    struct breakpoint *b = d->plan.quiet ? NULL : breakpoints_of_trap(d, &d->seen);
    if (b)
        stop_at(d, b, STOP_BREAKPOINT);
    else if (d->plan.until_trap)
        stop(d, STOP_REACHED);
    else if (d->steps_left && --d->steps_left == 0)
        stop(d, STOP_STEP);
    return !d->running;
}

/* D has decided about a trap, and nothing has run since. */
static bool on_exit_taken(struct debugger *d)
{
    struct breakpoint *b = d->plan.quiet ? NULL : breakpoints_of_exit(d, d->stop.exit_level, &d->stop.exit);
    if (d->trap_seen) { /* D gave it to the guest */
        d->stop.trap = d->seen;
        d->stop.trap_pc = d->seen_pc;
    }
    if (b)
        stop_at(d, b, STOP_BREAKPOINT);
    else if (d->plan.until_exit && exit_is_wanted(&d->plan.exit, d->stop.exit_level, &d->stop.exit))
        stop(d, STOP_REACHED);
    else
        d->stop.exit_level = 0;
    return !d->running;
}

static bool after_access(struct debugger *d)
{
    d->accessing = false;
    struct breakpoint *b = breakpoints_of_access(d, &d->stop);
    if (b)
        stop_at(d, b, STOP_WATCHPOINT);
    return b != NULL;
}

/* The mode has changed, by an instruction or a trap. */
static bool on_mode(struct debugger *d)
{
    uint64_t mode = machine_get(debugger_guest(d), MACHINE_MODE);
    struct breakpoint *b = d->plan.quiet ? NULL : breakpoints_of_mode(d, (unsigned)mode);
    if (b)
        stop_at(d, b, STOP_BREAKPOINT);
    else if (d->plan.until_mode && mode == d->plan.mode)
        stop(d, STOP_REACHED);
    return !d->running;
}

/* What is looked at after each instruction when the guest is stepped. */
static bool after_step(struct debugger *d)
{
    struct value v;
    struct breakpoint *b = d->plan.quiet ? NULL : breakpoints_of_expression(d, &d->stop);
    if (b) {
        stop_at(d, b, STOP_WATCHPOINT);
    } else if (d->plan.condition && !d->by_trigger) {
        struct error e;
        int r = debugger_evaluate(d, d->plan.condition, &v, &e);
        if (r || v.bits)
            stop(d, STOP_CONDITION);
        if (r)
            snprintf(d->stop.note, sizeof d->stop.note, "the condition cannot be evaluated: %.250s", e.text);
    }
    return !d->running;
}

/* Steps are done where the guest is; a breakpoint that lies there is met. */
static void after_steps(struct debugger *d)
{
    struct breakpoint *b = d->plan.quiet ? NULL : breakpoints_at(d, about_pc(debugger_guest(d)));
    if (b && b->number)
        stop_at(d, b, STOP_BREAKPOINT);
    else
        stop(d, STOP_STEP);
}

static bool ended(struct debugger *d, const struct system_result *r)
{
    struct error e;
    if (r->end == END_RUNNING || r->end == END_PAUSED || r->end == END_TRIGGER)
        return false;
    if (r->end == END_REBOOT && !d->options->no_reboot) {
        if (session_reboot(d->session, &e) == 0)
            return false;
        snprintf(d->stop.note, sizeof d->stop.note, "%.300s", e.text);
    }
    d->stop.result = *r;
    stop(d, STOP_ENDED);
    return true;
}

static uint64_t stretch(const struct debugger *d, uint64_t limit)
{
    uint64_t now = debugger_retired(d);
    limit = least(limit, d->options->max_insns - now);
    if (d->plan.has_target)
        limit = least(limit, d->plan.target > now ? d->plan.target - now : 1);
    if (d->steps_left) /* the last one alone: what it used is looked at */
        limit = least(limit, d->steps_left > 1 ? d->steps_left - 1 : 1);
    return d->stepped || d->accessing || d->returning ? least(limit, 1) : d->parts->stretch(d->tracing, limit);
}

/* Reasons not to go on at all. */
static bool before_stretch(struct debugger *d)
{
    uint64_t now = debugger_retired(d);
    if (d->interrupted)
        stop(d, STOP_INTERRUPT);
    else if (d->plan.has_target && now >= d->plan.target && debugger_traps_here(d) >= d->plan.target_traps)
        stop(d, STOP_REACHED);
    else if (now >= d->options->max_insns)
        stop(d, STOP_LIMIT);
    return !d->running;
}

/* What the last instruction of a step uses is looked at: a virtual machine may not have been asked about it. */
static struct system_result go_looking(struct debugger *d, uint64_t limit)
{
    struct executed_on on = {debugger_guest(d), NULL, debugger_machine_of(d, 0, d->hart), debugger_retired(d)};
    insn_t bits;
    if (d->steps_left != 1 || !d->stack->depth)
        return go(d, limit);
    on.host = debugger_machine_of(d, d->stack->depth - 1, d->hart);
    (void)debugger_fetch_guest(d, about_pc(on.guest), &bits); /* what cannot be fetched traps */
    executed_before(&d->executed, &on, bits);
    struct system_result r = go(d, limit);
    on.retired = debugger_retired(d);
    if (!d->trap_seen && on.guest == debugger_guest(d)) /* else it was another hart's instruction */
        executed_after(&d->executed, &on);
    return r;
}

static void modes(const struct debugger *d, uint64_t mode[BOARD_CPUS])
{
    for (unsigned n = 0; n < d->system->harts; n++)
        mode[n] = machine_get(system_hart(d->system, n), MACHINE_MODE);
}

static void advance(struct debugger *d, uint64_t limit)
{
    uint64_t before = debugger_retired(d), mode[BOARD_CPUS];
    if (before_stretch(d))
        return;
    modes(d, mode);
    d->first = d->seen_mode = false;
    d->stop.trap = (struct trap){0};
    if (d->parts->wants(d->tracing))
        d->parts->before(d->tracing);
    struct system_result r = go_looking(d, stretch(d, limit));
    d->parts->after(d->tracing, d->trap_seen ? &d->seen : NULL);
    uint64_t done = debugger_retired(d) - before;
    bool steps = d->steps_left != 0, one = d->stepped || d->returning;
    bool moved = d->seen_mode || (one && machine_get(debugger_guest(d), MACHINE_MODE) != mode[d->hart]);
    if (done || d->trap_seen)
        d->returning = false;
    d->steps_left -= least(done, d->steps_left);
    if (done && d->accessing && after_access(d)) {
        d->stop.exit_level = 0;
        return;
    }
    if (d->stop.exit_level && on_exit_taken(d))
        return;
    if (r.end == END_TRIGGER && on_trigger(d, &r.trap))
        return;
    if (d->trap_seen && on_trap(d))
        return;
    d->paused = r.end == END_PAUSED;
    if (ended(d, &r))
        return;
    if (d->stepped && r.end != END_TRIGGER && after_step(d))
        return;
    if (moved && on_mode(d))
        return;
    if (steps && !d->steps_left)
        after_steps(d);
}

/*T:700 The people's side. A guest runs until something that a person asked for: a place, an access, a trap, an exit to the VMM. All of
 * it at full speed, by the machine's own triggers. :*/
bool debugger_slice(struct debugger *d, uint64_t limit)
{
    uint64_t start = debugger_retired(d);
    while (d->running) {
        uint64_t done = debugger_retired(d) - start;
        if (done >= limit && !d->accessing)
            return false;
        advance(d, done < limit ? limit - done : 1);
        if (d->paused && !d->accessing && !d->interrupted && d->running) { /* somebody wants the host's side to be looked at */
            d->paused = false;
            return false;
        }
    }
    return true;
}

/* --- plans */

void debugger_run(struct debugger *d, const struct plan *plan)
{
    debugger_start(d, plan);
    while (!debugger_slice(d, UINT64_MAX))
        ;
}

void debugger_step(struct debugger *d, uint64_t count) { debugger_run(d, &(struct plan){.steps = count}); }
void debugger_continue(struct debugger *d) { debugger_run(d, &(struct plan){0}); }

int debugger_seek(struct debugger *d, uint64_t retired, struct error *e)
{
    d->plan = (struct plan){.quiet = true};
    d->shown = d->hart;
    d->steps_left = 0;
    d->stepped = d->accessing = d->returning = d->trap_seen = d->executed.known = false;
    d->stop = (struct stop){0};
    int r = checkpoints_seek(d->past, retired, e);
    stop(d, STOP_REACHED);
    return r;
}

static int go_back(struct debugger *d, uint64_t retired, struct error *e)
{
    forget_pause(d);
    return debugger_seek(d, retired, e);
}

/*T:710 Backwards is forwards from an earlier checkpoint. Since the course is the same each time, the last stop before now is found by
 * running the stretch once more. :*/
int debugger_goto(struct debugger *d, uint64_t retired, struct error *e)
{
    if (retired < debugger_retired(d))
        return go_back(d, retired, e);
    debugger_run(d, &(struct plan){.has_target = true, .target = retired, .quiet = true});
    return 0;
}
