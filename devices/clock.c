/* clock.c - the board's event queue: a list sorted by due time. Few events are ever pending (a timer, an alarm, the host's
 * poll), so a list is the fast structure. Two events due at the same unit fire in the order in which they were scheduled.
 */
#include "devices/clock.h"

void event_init(struct event *e, void (*fire)(void *), void *opaque)
{
    *e = (struct event){.when = UINT64_MAX, .fire = fire, .opaque = opaque};
}

void clock_cancel(struct clock *c, struct event *e)
{
    for (struct event **link = &c->first; *link; link = &(*link)->next) {
        if (*link == e) {
            *link = e->next;
            break;
        }
    }
    e->next = NULL;
    e->when = UINT64_MAX;
}

static bool is_before(const struct event *e, uint64_t when, uint64_t order)
{
    return e->when < when || (e->when == when && e->order < order);
}

/* The list, with the event that is due first in front; `when` may be equal, and `order` then decides:
 *
 *   clock.first -> {when 500, order 7} -> {when 500, order 9} -> {when 80000, order 2} -> NULL
 *
 * Cancelled and scheduled anew is the same as moved, so no caller has to ask whether it is in the list. */
void clock_schedule_again(struct clock *c, struct event *e, uint64_t when, uint64_t order)
{
    clock_cancel(c, e);
    if (when == UINT64_MAX)
        return;
    struct event **link = &c->first;
    while (*link && is_before(*link, when, order))
        link = &(*link)->next;
    e->when = when;
    e->order = order;
    e->next = *link;
    *link = e;
}

void clock_schedule(struct clock *c, struct event *e, uint64_t when) { clock_schedule_again(c, e, when, c->scheduled++); }

uint64_t clock_next(const struct clock *c) { return c->first ? c->first->when : UINT64_MAX; }

/* The time is read once: an event that schedules itself again must ask for a later unit than now, or this would not end. */
void clock_fire(struct clock *c)
{
    uint64_t now = clock_now(c);
    while (c->first && c->first->when <= now) {
        struct event *e = c->first;
        clock_cancel(c, e);
        e->fire(e->opaque);
    }
}

/* A tick that lies beyond what 64 bits count is one that is not to come: timers are set to all ones to switch them off. */
uint64_t clock_when(const struct clock *c, uint64_t ticks)
{
    uint64_t units;
    return __builtin_mul_overflow(ticks, (uint64_t)c->units_per_tick, &units) ? UINT64_MAX : units;
}
