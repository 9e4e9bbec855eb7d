/* system_run.c - the driver of a machine on its board: runs it, fires what is due, and decides about its traps.
 *
 * Time is the machine's own clock: instructions retired plus units skipped while it waited. Nothing here reads the host's
 * clock and nothing depends on how the machine is made, so the same program with the same input takes the same course on
 * every machine: events fire between the same two instructions, whoever executes them.
 */
#include "core/htif.h"
#include "core/sbi.h"
#include "core/system.h"

#include <stdio.h>

enum {
    LOOP_DELIVERIES = 64, /* traps delivered without one instruction retired: the trap handler itself traps */
};

/* --- what is due */

/* The first multiple of `every` after now. */
static uint64_t next_multiple(uint64_t now, uint64_t every) { return (now / every + 1) * every; }

static void system_poll(struct system *s)
{
    uint64_t now = clock_now(&s->clock);
    bool input = !s->host.poll, stored = s->htif_stores && s->retired != s->htif_retired;
    if (s->host.poll && now >= s->next_poll) {
        s->next_poll = next_multiple(now, s->host.poll_every);
        s->host.poll(s->host.opaque);
        input = true;
    }
    if (stored)
        s->htif_stores = false;
    if (s->htif && (stored || input))
        htif_poll(s->htif);
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* How many instructions may retire before somebody wants to look. Clock and count advance together while the machine runs. */
static uint64_t system_budget(const struct system *s, uint64_t limit)
{
    uint64_t now = clock_now(&s->clock), until = clock_next(&s->clock);
    if (s->host.poll)
        until = least(until, s->next_poll);
    uint64_t budget = until > now && !s->htif_stores ? until - now : 1;
    return least(budget, limit - s->retired);
}

/* --- waiting */

static void end_asleep(struct system *s)
{
    const struct machine *m = s->machine;
    char why[sizeof s->result.why], state[96];
    m->isa->waiting(m, state, sizeof state);
    snprintf(why, sizeof why, "the guest waits for an interrupt before pc 0x%llx and %s (%s, mode %llu)",
             (unsigned long long)machine_get(m, MACHINE_PC),
             m->isa->listens(m, UINT64_MAX) ? "nothing that it has enabled can come" : "has enabled none", state,
             (unsigned long long)machine_get(m, MACHINE_MODE));
    system_end(s, END_STUCK, 0, why);
}

/* One step of a wait: time goes on to the next thing that is due, or input arrives, or it is clear that neither will happen. */
static void system_wait(struct system *s)
{
    const struct isa *isa = s->machine->isa;
    if (!isa->wakes) { /* where nothing can end a wait it is a halt */
        system_end(s, END_POWEROFF, 0, NULL);
        return;
    }
    if (isa->wakes(s->machine)) {
        s->waiting = false;
        return;
    }
    if (s->htif)
        htif_poll(s->htif);
    if (s->ended)
        return;
    uint64_t now = clock_now(&s->clock), until = clock_next(&s->clock), wake = machine_get(s->machine, MACHINE_WAKE);
    if (wake > now)
        until = least(until, wake);
    /* The guest does not run, so what is enabled stays so, and only input can change anything. */
    bool hopeless = until == UINT64_MAX && !isa->listens(s->machine, board_input_lines(s->board, 0));
    uint64_t to = s->host.idle && !hopeless ? s->host.idle(s->host.opaque, now, until) : until;
    if (s->ended || isa->wakes(s->machine))
        return;
    if (to == UINT64_MAX)
        end_asleep(s);
    else if (to > now)
        machine_set(s->machine, MACHINE_CLOCK, to);
}

/* --- deciding about traps */

static void end_in_loop(struct system *s, const struct trap *t)
{
    char why[sizeof s->result.why];
    snprintf(why, sizeof why,
             "the guest is in a trap loop at pc 0x%llx: %s %llu (tval 0x%llx) again and again, and its handler cannot run",
             (unsigned long long)machine_get(s->machine, MACHINE_PC), t->kind == TRAP_INTERRUPT ? "interrupt" : "exception",
             (unsigned long long)t->cause, (unsigned long long)t->tval);
    system_end(s, END_STUCK, 0, why);
}

static void system_deliver(struct system *s, const struct trap *t)
{
    if (s->loop_retired != s->retired) {
        s->loop_retired = s->retired;
        s->loop_count = 0;
    }
    if (++s->loop_count > LOOP_DELIVERIES) {
        end_in_loop(s, t);
        return;
    }
    s->traps_delivered++;
    s->machine->isa->deliver(s->machine, t);
}

/* Has the guest taken the trap itself? Then nothing has changed that the driver looks at between runs. */
static bool system_decide(struct system *s, const struct trap *t)
{
    switch (t->kind) {
    case TRAP_EXCEPTION:
        if (s->firmware && firmware_call(s->firmware, t))
            return false;
        system_deliver(s, t);
        return !s->ended;
    case TRAP_INTERRUPT: system_deliver(s, t); return !s->ended;
    case TRAP_WAIT: s->waiting = true; break;
    case TRAP_STOP: {
        const char *why = machine_stopped(s->machine);
        system_end(s, END_STOPPED, 0, why ? why : "the machine cannot go on");
        break;
    }
    case TRAP_NONE:
    case TRAP_BUDGET:
    case TRAP_TRIGGER:      /* its owner's, who set it */
    case TRAP_YIELD: break; /* events and input are looked at before it runs on */
    }
    return false;
}

/* Somebody looks on. */
static bool system_decide_watched(struct system *s, const struct trap *t)
{
    va_t pc = machine_get(s->machine, MACHINE_PC);
    bool taken = system_decide(s, t);
    if ((t->kind == TRAP_EXCEPTION || t->kind == TRAP_INTERRUPT) && s->watch.trap(s->watch.opaque, t, pc))
        s->paused = true;
    return taken && !s->ended;
}

/* Runs until somebody wants to look: what the guest's own traps do is known to it alone. */
static void system_stretch(struct system *s, uint64_t limit, struct trap *t)
{
    uint64_t until = s->retired + system_budget(s, limit);
    bool taken;
    do {
        machine_run_to(s->machine, until - s->retired, &s->retired, t);
        taken = LIKELY(!s->watch.trap) ? system_decide(s, t) : system_decide_watched(s, t);
    } while (taken && s->retired < until && !s->paused);
}

/* The next instruction stores to one of HTIF's words: it is executed alone, and then they are looked at. An interrupt may come first. */
static bool htif_announced(struct system *s, const struct trap *t)
{
    if (!s->htif || !htif_is_trigger(s->htif, t))
        return false;
    s->htif_stores = true;
    s->htif_retired = s->retired;
    return true;
}

/*T:200 What one switches on. The machine runs until something has to be decided, and the trap it returns is delivered to it as the
 * architecture says: by the same call whether the machine is bare or virtual. :*/
struct system_result system_run(struct system *s, uint64_t limit)
{
    uint64_t end = limit < UINT64_MAX - s->retired ? s->retired + limit : UINT64_MAX;
    if (s->htif && !s->ended && htif_is_due(s->htif))
        htif_poll(s->htif);
    while (!s->ended) {
        clock_fire(&s->clock);
        system_poll(s);
        if (s->ended || s->retired >= end)
            break;
        if (s->paused) {
            s->paused = false;
            return (struct system_result){.end = END_PAUSED};
        }
        if (s->waiting) {
            system_wait(s);
            continue;
        }
        struct trap t;
        system_stretch(s, end, &t);
        if (t.kind == TRAP_TRIGGER && !htif_announced(s, &t))
            return (struct system_result){.end = END_TRIGGER, .trap = t};
    }
    return s->result;
}
