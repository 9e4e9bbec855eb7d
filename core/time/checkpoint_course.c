/* checkpoint_course.c - going along the course of a system, both ways.
 *
 * A course is determined by its beginning, the record of input, and the places where checkpoints were taken, for each is a cold
 * fence: running over such a place again makes the fence again, whether or not the checkpoint is still there. What somebody changed
 * by hand is part of it, too, as a checkpoint that running on jumps to.
 */
#include "core/time/checkpoint_private.h"

#include <errno.h>
#include <string.h>

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* The first fence after `retired`; UINT64_MAX: none. */
static uint64_t next_fence(const struct checkpoints *s, uint64_t retired)
{
    size_t low = 0, high = s->fence_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->fence[middle] <= retired)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->fence_count ? s->fence[low] : UINT64_MAX;
}

/* The next place where a new one is due: beyond all that has been. */
static uint64_t next_due(const struct checkpoints *s, uint64_t retired)
{
    uint64_t every = s->config.every, from = retired > s->frontier ? retired : s->frontier;
    return every ? (from / every + 1) * every : UINT64_MAX;
}

/* NULL: none. */
static struct checkpoint *here(const struct checkpoints *s)
{
    struct checkpoint *c = checkpoints_before(s, s->system->retired);
    return c && c->retired == s->system->retired ? c : NULL;
}

/* At a place where a checkpoint is due, or was taken. After one that could not be taken no more are tried.
 * "Edited": somebody changed the machine by hand here, once. Running over the place makes the change again, by
 * going to what was kept. */
static void pass(struct checkpoints *s)
{
    struct checkpoint *c = here(s);
    struct error e;
    int failed = 0;
    if (c && c->edited)
        failed = checkpoint_restore(s, c, &e);
    else if (!c && s->config.every)
        failed = checkpoint_take(s, false, NULL, &e);
    if (failed) {
        s->trouble = e;
        s->config.every = 0;
    }
    if (next_fence(s, s->system->retired - 1) == s->system->retired)
        system_fence_cold(s);
    if (c)
        counts_restore(s, c);
}

/* The guest has ended, and somebody made it go on by hand: a reboot. */
static bool goes_on(const struct checkpoints *s, const struct system_result *r)
{
    const struct checkpoint *c = here(s);
    return r->end != END_PAUSED && r->end != END_TRIGGER && c && c->edited;
}

/* What everything else is reached from. */
static void take_first(struct checkpoints *s)
{
    if (s->count == 0 && s->config.every && !s->system->ended && checkpoint_take(s, false, NULL, &s->trouble) != 0)
        s->config.every = 0;
}

const char *checkpoints_trouble(const struct checkpoints *s) { return s->trouble.text[0] ? s->trouble.text : NULL; }

/* In stretches from mark to mark, a mark being a fence that was made once or a place where a checkpoint is due.
 * Whoever calls sees one run. */
struct system_result checkpoints_run(struct checkpoints *s, uint64_t limit)
{
    struct system *system = s->system;
    uint64_t end = limit < UINT64_MAX - system->retired ? system->retired + limit : UINT64_MAX;
    take_first(s);
    for (;;) {
        uint64_t mark = least(next_fence(s, system->retired), next_due(s, system->retired)), stop = least(mark, end);
        struct system_result r = system_run(system, stop - system->retired);
        bool arrived = system->retired == mark && (r.end == END_RUNNING || goes_on(s, &r));
        if (arrived)
            pass(s);
        if (s->frontier < system->retired)
            s->frontier = system->retired;
        if (!arrived || system->retired >= end)
            return r;
    }
}

/* Backwards is forwards from a checkpoint before: restore the nearest one, and run the rest. */
int checkpoints_seek(struct checkpoints *s, uint64_t retired, struct error *e)
{
    struct system *system = s->system;
    struct checkpoint *c = checkpoints_before(s, retired);
    bool onwards = system->retired < retired && (!c || c->retired <= system->retired);
    if (!onwards && !c)
        return error_set(e, ENOENT, "no checkpoint is from before instruction %llu", (unsigned long long)retired);
    int failed = onwards ? 0 : checkpoint_restore(s, c, e);
    while (!failed && system->retired < retired) {
        struct system_result r = checkpoints_run(s, retired - system->retired);
        if (r.end == END_PAUSED)
            return error_set(e, EINTR, "interrupted at instruction %llu", (unsigned long long)system->retired);
        if (r.end != END_RUNNING && r.end != END_TRIGGER)
            return error_set(e, EIO, "the guest ends at instruction %llu", (unsigned long long)system->retired);
    }
    return failed;
}

/* What is later than now is forgotten. */
static void cut(struct checkpoints *s)
{
    for (unsigned n = s->count; n-- > 0 && s->at[n]->retired > s->system->retired;)
        checkpoint_drop(s, s->at[n]);
    while (s->fence_count && s->fence[s->fence_count - 1] > s->system->retired)
        s->fence_count--;
    s->frontier = s->system->retired;
    if (s->system->record)
        record_cut(s->system->record);
}

int checkpoints_edited(struct checkpoints *s, struct error *e)
{
    struct checkpoint *c;
    cut(s);
    int failed = checkpoint_take(s, false, &c, e);
    if (!failed)
        c->edited = true;
    return failed;
}

unsigned checkpoints_edits(const struct checkpoints *s)
{
    unsigned edits = 0;
    for (unsigned n = 0; n < s->count; n++)
        edits += s->at[n]->edited && s->at[n]->retired <= s->system->retired;
    return edits;
}

int checkpoints_unedit(struct checkpoints *s, unsigned kept, struct error *e)
{
    unsigned n = 0, edits = 0;
    while (n < s->count && (edits += s->at[n]->edited) <= kept)
        n++;
    if (n == s->count)
        return 0;
    if (n == 0)
        return error_set(e, ENOENT, "nothing is kept from before the change");
    int failed = checkpoint_restore(s, s->at[n - 1], e);
    if (failed)
        return failed;
    for (unsigned i = s->count; i-- > n;)
        checkpoint_drop(s, s->at[i]);
    cut(s);
    return 0;
}
