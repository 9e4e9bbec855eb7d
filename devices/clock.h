/* clock.h - time as the board knows it, and what is to happen when. The unit is the machine's clock unit: a retired
 * instruction, or a unit skipped while waiting. Nothing here reads the host's clock.
 */
#ifndef TRAPEZE_DEVICES_CLOCK_H
#define TRAPEZE_DEVICES_CLOCK_H

#include "mmu/base.h"

struct event {
    uint64_t when; /* clock units; UINT64_MAX: not scheduled */
    void (*fire)(void *opaque);
    void *opaque;
    uint64_t order;     /* private: of those due at the same unit, the lower one was scheduled first */
    struct event *next; /* private: sorted list */
};

/* What every board's ticks are: 100 ns of the guest's time. */
enum { CLOCK_TICK_HZ = 10000000 };

struct clock {
    uint64_t (*now)(void *opaque); /* set by the system: of whose turn it is */
    void *opaque;
    uint32_t units_per_tick; /* clock units in a tick */
    struct event *first;     /* private */
    uint64_t scheduled;      /* private: events so far */
};

static inline uint64_t clock_now(const struct clock *c) { return c->now(c->opaque); }
static inline uint64_t clock_ticks(const struct clock *c) { return clock_now(c) / c->units_per_tick; }
void event_init(struct event *, void (*fire)(void *), void *opaque);
/* Moves it when scheduled already; same time: first come, first served. From within fire: later than now. */
void clock_schedule(struct clock *, struct event *, uint64_t when);
void clock_schedule_again(struct clock *, struct event *, uint64_t when, uint64_t order); /* as it was, beside others that are */
void clock_cancel(struct clock *, struct event *);
uint64_t clock_next(const struct clock *);                 /* when the first event is due; UINT64_MAX: none */
void clock_fire(struct clock *);                           /* fires all events due by now, in order */
uint64_t clock_when(const struct clock *, uint64_t ticks); /* the unit at which that tick begins; UINT64_MAX: never */

#endif
