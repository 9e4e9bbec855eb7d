/* system_run.c - the driver of a machine on its board: runs it, fires what is due, and decides about its traps.
 *
 * Time is the board's clock: instructions retired plus units skipped while waiting, of the hart whose turn it is. Nothing here reads the
 * host's clock and nothing depends on how a machine is made, so the same program with the same input takes the same course on
 * every machine: events fire between the same two instructions, whoever executes them.
 */
#include "core/htif.h"
#include "core/sbi.h"
#include "core/system.h"
#include "isa/about.h"
#include "isa/wait.h"

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
    if (s->harts > 1)
        until = least(until, s->round + s->slice);
    uint64_t budget = until > now && !s->htif_stores ? until - now : 1;
    return least(budget, limit - s->retired);
}

/* --- turns */

/* What holds an instruction may have gone by other ways than an interrupt. To try it once more costs no time. */
static void held_ask_again(struct system *s)
{
    s->waiting = s->waiting && !s->held;
    s->held = false;
}

/* Harts by turns, two of them, in rounds of one slice; all begin a round at the same time:
 *
 *      clock      round            round + slice      round + 2 slices
 *      hart 0     |---- turn 1 --->|---- turn 3 ----->|
 *      hart 1     |---- turn 2 --->|---- turn 4 ----->|
 *
 * `at` is whose turn it is. A hart that waits passes its turn on, unless something is due within it (wait_in_turn). */
static void turn_begin(struct system *s, unsigned n)
{
    held_ask_again(s);
    s->hart[s->at].waiting = s->waiting;
    s->at = n;
    s->machine = s->hart[n].machine;
    s->waiting = s->hart[n].waiting;
}

/* A new round: all harts go on from this time. */
static void round_begin(struct system *s, uint64_t clock)
{
    s->round = clock;
    for (unsigned n = 0; n < s->harts; n++)
        machine_set(s->hart[n].machine, MACHINE_CLOCK, clock);
    turn_begin(s, 0);
}

static void turn_end(struct system *s)
{
    if (s->at + 1 < s->harts)
        turn_begin(s, s->at + 1);
    else
        round_begin(s, s->round + s->slice);
}

/* One hart has no turns: its slice would end runs for nothing. */
static bool turn_is_over(const struct system *s) { return s->harts > 1 && clock_now(&s->clock) >= s->round + s->slice; }

/* Does no other hart have anything to do? */
static bool others_wait(const struct system *s)
{
    for (unsigned n = 0; n < s->harts; n++)
        if (n != s->at && (!s->hart[n].waiting || s->machine->isa->wakes(s->hart[n].machine)))
            return false;
    return true;
}

/* When the timer of the hart's own is due; UINT64_MAX: it is not to come.
 * A time that has passed is no time to wake at: that timer is pending already, and the hart does not want to hear
 * of it. */
static uint64_t wake_of(const struct machine *m)
{
    uint64_t wake = machine_get(m, MACHINE_WAKE);
    return wake > machine_get(m, MACHINE_CLOCK) ? wake : UINT64_MAX;
}

/* When the first of the harts' own timers is due. */
static uint64_t next_wake(const struct system *s)
{
    uint64_t first = UINT64_MAX;
    for (unsigned n = 0; n < s->harts; n++)
        first = least(first, wake_of(system_hart(s, n)));
    return first;
}

/* While others run, a hart that waits goes on within its turn to what is due then; else its turn is over. */
static void wait_in_turn(struct system *s)
{
    uint64_t until = least(clock_next(&s->clock), wake_of(s->machine));
    if (until < s->round + s->slice)
        machine_set(s->machine, MACHINE_CLOCK, until);
    else
        turn_end(s);
}

static bool input_wakes(const struct system *s)
{
    bool any = false;
    for (unsigned n = 0; n < s->harts && !any; n++)
        any = s->machine->isa->listens(system_hart(s, n), board_input_lines(s->board, n));
    return any;
}

/* All wait: time goes on for all, and back for none. */
static void go_on_to(struct system *s, uint64_t clock)
{
    if (s->harts == 1) {
        machine_set(s->machine, MACHINE_CLOCK, clock);
        return;
    }
    for (unsigned n = 0; n < s->harts; n++) {
        const uint64_t reached = machine_get(s->hart[n].machine, MACHINE_CLOCK);
        clock = reached > clock ? reached : clock;
    }
    round_begin(s, clock);
}

/* --- waiting */

static void end_asleep(struct system *s)
{
    const struct machine *m = s->machine;
    char why[sizeof s->result.why], state[96];
    m->isa->waiting(m, state, sizeof state);
    snprintf(why, sizeof why, "the guest %s pc 0x%llx and %s (%s, mode %llu)",
             s->held ? "is held up, until an interrupt comes, by the instruction at" : "waits for an interrupt before",
             (unsigned long long)about_pc(m),
             m->isa->listens(m, UINT64_MAX) ? "nothing that it has enabled can come" : "has enabled none", state,
             (unsigned long long)machine_get(m, MACHINE_MODE));
    system_end(s, END_STUCK, 0, why);
}

/* Of some machines that is how they are switched off: all harts wait, and hear nothing that the board could tell them. */
static bool waits_for_ever(const struct system *s)
{
    const uint64_t lines = s->board->ops->wait_lines;
    bool hears = !lines;
    for (unsigned n = 0; n < s->harts && !hears; n++)
        hears = s->machine->isa->listens(system_hart(s, n), lines);
    return !hears;
}

/* What is held up has not halted: nobody wanted that. */
static void end_for_ever(struct system *s)
{
    if (s->held)
        end_asleep(s);
    else
        system_end(s, END_POWEROFF, 0, NULL);
}

/* A guest that waits for what does not come may do so for ever, without an instruction: a timer goes on, and nobody hears it. */
static bool is_too_late(const struct system *s, uint64_t to) { return s->waits_to && to != UINT64_MAX && to > s->waits_to; }

/* One step of a wait: time goes on to the next thing that is due, or input arrives, or it is clear that neither will happen. false: it would
 * go on too far. */
static bool system_wait(struct system *s)
{
    const struct isa *isa = s->machine->isa;
    if (!isa->wakes) { /* where nothing can end a wait it is a halt */
        system_end(s, END_POWEROFF, 0, NULL);
        return true;
    }
    if (isa->wakes(s->machine)) {
        s->waiting = s->held = false;
        return true;
    }
    if (s->htif)
        htif_poll(s->htif);
    if (s->ended)
        return true;
    if (!others_wait(s)) {
        wait_in_turn(s);
        return true;
    }
    if (waits_for_ever(s)) {
        end_for_ever(s);
        return true;
    }
    uint64_t now = clock_now(&s->clock), until = least(clock_next(&s->clock), next_wake(s));
    if (s->harts > 1 && until <= now) { /* another hart's, which was not so far in its turn */
        go_on_to(s, now);
        return true;
    }
    /* The guest does not run, so what is enabled stays so, and only input can change anything. */
    bool hopeless = until == UINT64_MAX && !input_wakes(s);
    uint64_t to = s->host.idle && !hopeless ? s->host.idle(s->host.opaque, now, until) : until;
    if (s->ended || isa->wakes(s->machine))
        return true;
    if (to == UINT64_MAX)
        end_asleep(s);
    else if (is_too_late(s, to))
        return false;
    else if (to > now)
        go_on_to(s, to);
    return true;
}

/* --- deciding about traps */

static void end_in_loop(struct system *s, const struct trap *t)
{
    char why[sizeof s->result.why], value[ABOUT_TRAP_VALUE];
    snprintf(why, sizeof why, "the guest is in a trap loop at pc 0x%llx: %s %llu (%s) again and again, and its handler cannot run",
             (unsigned long long)about_pc(s->machine), t->kind == TRAP_INTERRUPT ? "interrupt" : "exception",
             (unsigned long long)t->cause, about_trap_value(s->machine->isa, t, value));
    system_end(s, END_STUCK, 0, why);
}

/* t: the last trap that was met; first: the one that was to be delivered. */
static void end_shut_down(struct system *s, const struct trap *first, const struct trap *t)
{
    char why[sizeof s->result.why], value[ABOUT_TRAP_VALUE];
    int n = snprintf(why, sizeof why, "the machine has shut down at pc 0x%llx: exception %llu (%s) could not be delivered",
                     (unsigned long long)about_pc(s->machine), (unsigned long long)first->cause,
                     about_trap_value(s->machine->isa, first, value));
    if (first->cause != t->cause && n > 0 && (size_t)n < sizeof why)
        snprintf(why + n, sizeof why - (size_t)n, ": its delivery met exception %llu (%s)", (unsigned long long)t->cause,
                 about_trap_value(s->machine->isa, t, value));
    system_end(s, END_STUCK, 0, why);
}

/* So often without one instruction retired? Then it has ended. */
static bool delivers_in_a_loop(struct system *s, const struct trap *t)
{
    if (s->loop_retired != s->retired) {
        s->loop_retired = s->retired;
        s->loop_count = 0;
    }
    if (LIKELY(++s->loop_count <= LOOP_DELIVERIES))
        return false;
    end_in_loop(s, t);
    return true;
}

/* Delivery of `first` met another trap, or the architecture's end. */
static void __attribute__((noinline, cold)) delivery_met(struct system *s, const struct trap *first, struct trap *t, enum delivery d)
{
    while (d == DELIVERY_TRAPPED && !delivers_in_a_loop(s, t))
        d = s->machine->isa->deliver(s->machine, t);
    if (d == DELIVERY_SHUTDOWN)
        end_shut_down(s, first, t);
}

static void system_deliver(struct system *s, struct trap *t)
{
    if (delivers_in_a_loop(s, t))
        return;
    s->traps_delivered++;
    const struct trap first = *t;
    const enum delivery d = s->machine->isa->deliver(s->machine, t);
    if (UNLIKELY(d != DELIVERED))
        delivery_met(s, &first, t, d);
}

/* The bus says which interrupt it is, where there is one to ask. */
static void system_acknowledge(struct system *s, struct trap *t)
{
    if (s->board->ops->acknowledge)
        t->cause = s->board->ops->acknowledge(s->board, s->at, t->cause);
}

/* Has the guest taken the trap itself? Then nothing has changed that the driver looks at between runs.
 * The eight ways in which run() returns, and what the driver does about them. "Taken" means that the loop in
 * system_stretch() may go on without a look at anything else. */
static bool system_decide(struct system *s, struct trap *t)
{
    switch (t->kind) {
    case TRAP_EXCEPTION:
        if (s->firmware && firmware_call(s->firmware, t))
            return false;
        system_deliver(s, t);
        return !s->ended;
    case TRAP_INTERRUPT:
        system_acknowledge(s, t);
        system_deliver(s, t);
        return !s->ended;
    case TRAP_WAIT:
        s->waiting = true;
        s->held = t->cause == WAIT_HELD;
        break;
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
static bool system_decide_watched(struct system *s, struct trap *t)
{
    va_t pc = about_pc(s->machine);
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
    held_ask_again(s);
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
        if (turn_is_over(s)) {
            turn_end(s);
            continue;
        }
        if (s->waiting) {
            if (!system_wait(s))
                return (struct system_result){.end = END_WAITING};
            continue;
        }
        struct trap t;
        system_stretch(s, end, &t);
        if (t.kind == TRAP_TRIGGER && !htif_announced(s, &t))
            return (struct system_result){.end = END_TRIGGER, .trap = t};
    }
    if (s->ended && s->met)
        s->met(s);
    return s->result;
}
