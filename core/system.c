/* system.c - what everybody may ask of a system, its parts too: to end, to pause, to look at the host, to name a moment. */
#include "core/system.h"

#include <stdio.h>

/* The first one to end it wins: a device may call this in the middle of an instruction, and the run ends behind it. */
void system_end(struct system *s, enum system_end end, int status, const char *why)
{
    if (s->ended)
        return;
    s->ended = true;
    s->result.end = end;
    s->result.status = status;
    snprintf(s->result.why, sizeof s->result.why, "%s", why ? why : "");
}

bool system_glance(struct system *s)
{
    if (s->host.glance && !s->ended)
        s->host.glance(s->host.opaque);
    return s->ended;
}

void system_pause(struct system *s) { s->paused = true; }

/* Within a round harts have their turns one after the other at the same clock, so that a clock alone does not name
 * a moment. */
struct system_moment system_now(const struct system *s)
{
    return (struct system_moment){.resets = s->resets, .round = s->round, .hart = s->at, .clock = clock_now(&s->clock)};
}

static int order(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

int system_moment_compare(const struct system_moment *a, const struct system_moment *b)
{
    if (a->resets != b->resets)
        return order(a->resets, b->resets);
    if (a->round != b->round)
        return order(a->round, b->round);
    return a->hart != b->hart ? order(a->hart, b->hart) : order(a->clock, b->clock);
}
