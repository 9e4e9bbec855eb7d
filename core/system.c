/* system.c - what everybody may ask of a system, its parts too: to end, to pause, to look at the host. */
#include "core/system.h"

#include <stdio.h>

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
