/* exit_cost.c - the host's time in D, exit by exit.
 *
 * What is measured of an exit, which is a part of what it costs:
 *
 *     guest -- trap -- out of the engine -- [taken ......... D decides ......... decided] -- into the engine -- guest
 *                                                 measured: sum and count by what D did
 */
#include "monitor/exit_cost.h"

#include <inttypes.h>
#include <time.h>

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Called when D has the trap, before it looks at it. */
static void taken(void *opaque)
{
    struct exit_cost_level *l = opaque;
    l->taken = now();
}

/* Without a trap of the host nothing was "taken", so there is no begin to subtract. */
static void decided(void *opaque, const struct vm_event *event)
{
    struct exit_cost_level *l = opaque;
    if (event->trap.kind == TRAP_NONE) /* the host did not trap */
        return;
    l->count[event->action]++;
    l->ns[event->action] += now() - l->taken;
}

void exit_cost_start(struct exit_cost *c, const struct stack *stack)
{
    *c = (struct exit_cost){0};
    for (unsigned i = 1; i <= stack->depth; i++) {
        c->level[i].observer = (struct vm_observer){.taken = taken, .trap = decided, .opaque = &c->level[i]};
        vm_observe(stack->level[i], &c->level[i].observer);
    }
    c->started = now();
}

void exit_cost_end(struct exit_cost *c, const struct stack *stack)
{
    c->ended = now();
    for (unsigned i = 1; i <= stack->depth; i++)
        vm_unobserve(stack->level[i], &c->level[i].observer);
}

double exit_cost_seconds(const struct exit_cost *c) { return (double)(c->ended - c->started) / 1e9; }

static double mean(const struct exit_cost_level *l, unsigned action) { return (double)l->ns[action] / (double)l->count[action]; }

/* From the guest down, as the account. "of it" is the share of the run: 12.34 % means an eighth of the time went into D. */
void exit_cost_text(FILE *f, const struct exit_cost *c, const struct stack *stack, uint64_t retired)
{
    double seconds = exit_cost_seconds(c);
    fprintf(f, "host time, which differs from run to run: %.3f s, %.1f million instructions a second\n", seconds,
            seconds > 0 ? (double)retired / seconds / 1e6 : 0);
    for (unsigned i = stack->depth; i > 0; i--) {
        const struct exit_cost_level *l = &c->level[i];
        uint64_t ns = 0;
        const char *separator = "";
        for (unsigned a = 0; a < EXIT_COST_ACTIONS; a++)
            ns += l->ns[a];
        fprintf(f, "  %-26s%16.2f %%  of it in D and what D calls; an exit takes ", stack->name[i],
                seconds > 0 ? (double)ns / 1e7 / seconds : 0);
        for (unsigned a = 0; a < EXIT_COST_ACTIONS; a++) {
            if (!l->count[a])
                continue;
            fprintf(f, "%s%.0f ns (%s)", separator, mean(l, a), vm_action_name((enum vm_action)a));
            separator = ", ";
        }
        fputc('\n', f);
    }
}

void exit_cost_json(struct json *j, const struct exit_cost *c, unsigned level)
{
    const struct exit_cost_level *l = &c->level[level];
    json_object(j, "exit_cost");
    for (unsigned a = 0; a < EXIT_COST_ACTIONS; a++) {
        if (!l->count[a])
            continue;
        json_object(j, vm_action_name((enum vm_action)a));
        json_uint(j, "count", l->count[a]);
        json_double(j, "mean_ns", mean(l, a), 1);
        json_end(j);
    }
    json_end(j);
}
