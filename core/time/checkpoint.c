/* checkpoint.c - taking checkpoints, going back to them, and choosing which go to make room.
 *
 * Nothing of a take or a restore is done before all of it is certain to succeed: memory is had, the state is accepted, no drive
 * stands in the way.
 */
#include "core/time/checkpoint_private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- the store */

int checkpoints_create(struct checkpoints **out, struct system *system, const struct checkpoints_config *config, struct error *e)
{
    struct checkpoints *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(e, ENOMEM, "there is no memory for checkpoints");
    s->system = system;
    s->config = *config;
    s->frontier = system->retired;
    int failed = regions_find(s, e);
    if (!failed && counts_measure(s) != 0)
        failed = error_set(e, ENOMEM, "there is no memory for checkpoints");
    if (failed) {
        free(s);
        return failed;
    }
    *out = s;
    return 0;
}

void checkpoint_free(struct checkpoints *s, struct checkpoint *c)
{
    if (!c)
        return;
    delta_free(s, &c->delta);
    free(c->state);
    free(c->counts);
    free(c);
}

void checkpoints_destroy(struct checkpoints *s)
{
    if (!s)
        return;
    for (unsigned n = 0; n < s->count; n++)
        checkpoint_free(s, s->at[n]);
    free(s->at);
    free(s->fence);
    free(s->counts);
    free(s);
}

/* --- their order in time; of two at the same instruction the later made is the later */

int order_reserve(struct checkpoints *s)
{
    if (s->count < s->room)
        return 0;
    unsigned room = s->room ? 2 * s->room : 64;
    struct checkpoint **grown = realloc(s->at, room * sizeof(struct checkpoint *));
    if (!grown)
        return -ENOMEM;
    s->at = grown;
    s->room = room;
    return 0;
}

/* Mostly at the end: checkpoints are taken as the guest goes on. After a way back one may come in between. */
static void order_insert(struct checkpoints *s, struct checkpoint *c)
{
    unsigned at = s->count++;
    assert(s->count <= s->room);
    for (; at > 0 && s->at[at - 1]->retired > c->retired; at--)
        s->at[at] = s->at[at - 1];
    s->at[at] = c;
}

static void order_remove(struct checkpoints *s, const struct checkpoint *c)
{
    unsigned at = 0;
    while (s->at[at] != c)
        at++;
    for (s->count--; at < s->count; at++)
        s->at[at] = s->at[at + 1];
}

unsigned checkpoints_count(const struct checkpoints *s) { return s->count; }

struct checkpoint *checkpoints_at(const struct checkpoints *s, unsigned index)
{
    assert(index < s->count);
    return s->at[index];
}

/* A search by halves: debuggers that go backwards step by step ask this all the time. */
struct checkpoint *checkpoints_before(const struct checkpoints *s, uint64_t retired)
{
    unsigned low = 0, high = s->count; /* those before `low` are, those from `high` on are later */
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (s->at[middle]->retired <= retired)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? s->at[low - 1] : NULL;
}

uint64_t checkpoint_retired(const struct checkpoint *c) { return c->retired; }
struct system_moment checkpoint_moment(const struct checkpoint *c) { return c->moment; }

struct checkpoints_stats checkpoints_stats(const struct checkpoints *s)
{
    struct checkpoints_stats stats = s->stats;
    stats.limit = s->config.limit;
    stats.bytes += s->room * sizeof(struct checkpoint *) + s->fence_room * sizeof *s->fence;
    return stats;
}

/* --- cold fences */

static void fence_cold(struct checkpoints *s)
{
    for (unsigned n = 0; n < s->system->harts; n++)
        machine_fence(system_hart(s->system, n), &(struct fence){.cold = true});
}

/* What the fence makes the machine count is not the guest's doing, so that it is taken back. */
void system_fence_cold(struct checkpoints *s)
{
    counts_hold(s);
    fence_cold(s);
    counts_release(s);
}

int fences_reserve(struct checkpoints *s)
{
    if (s->fence_count < s->fence_room)
        return 0;
    size_t room = s->fence_room ? 2 * s->fence_room : 256;
    uint64_t *grown = realloc(s->fence, room * sizeof *grown);
    if (!grown)
        return -ENOMEM;
    s->fence = grown;
    s->fence_room = room;
    return 0;
}

/* A course that is run again makes its fences again, and notes none of them twice. */
static void fences_note(struct checkpoints *s, uint64_t retired)
{
    size_t at = s->fence_count;
    while (at > 0 && s->fence[at - 1] >= retired)
        at--;
    if (at < s->fence_count && s->fence[at] == retired)
        return;
    assert(s->fence_count < s->fence_room);
    memmove(&s->fence[at + 1], &s->fence[at], (s->fence_count - at) * sizeof *s->fence);
    s->fence[at] = retired;
    s->fence_count++;
}

/* --- dropping, and making room */

static int forget(struct checkpoints *s, struct checkpoint *c)
{
    int failed = chain_remove(s, c);
    if (failed)
        return failed;
    order_remove(s, c);
    checkpoint_free(s, c);
    return 0;
}

void checkpoint_drop(struct checkpoints *s, struct checkpoint *c)
{
    if (forget(s, c) != 0)
        c->keep = false; /* there is no memory to take it out now: it goes when room is made */
}

static uint64_t distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

/* How little is lost with the one at index n: the gap that it would leave, relative to its distance from now.
 * Example: now is 1,000, checkpoints at 0, 400, 500, 900. Without 400 there is a gap of 500, 600 away: 0.83;
 * without 500 one of 500, 500 away: 1.0; without 900 one of 400, 100 away: 3.97. So 400 goes first: what is near
 * stays close together, what is far gets thin. */
static double loss(const struct checkpoints *s, unsigned n)
{
    uint64_t before = n ? s->at[n - 1]->retired : 0, after = n + 1 < s->count ? s->at[n + 1]->retired : s->at[n]->retired;
    return (double)(after - before + 1) / (double)(distance(s->at[n]->retired, s->system->retired) + 1);
}

/* The first is what everything else can be reached from, so it is the last to go. */
static struct checkpoint *dispensable(const struct checkpoints *s)
{
    struct checkpoint *found = NULL;
    double least = 0;
    for (unsigned n = s->count; n-- > 0;) {
        struct checkpoint *c = s->at[n];
        if (c->keep || c->edited || c == s->base || (n == 0 && found))
            continue;
        double l = loss(s, n);
        if (!found || l < least) {
            found = c;
            least = l;
        }
    }
    return found;
}

static bool is_over(const struct checkpoints *s) { return s->config.limit && checkpoints_stats(s).bytes > s->config.limit; }

static void make_room(struct checkpoints *s)
{
    struct checkpoint *c;
    while (is_over(s) && (c = dispensable(s)) && forget(s, c) == 0)
        s->stats.thinned++;
}

/* --- taking */

static void drives_note(const struct checkpoints *s, struct checkpoint *c)
{
    for (unsigned n = 0; n < BOARD_DRIVES; n++) {
        const struct drive *d = board_drive(s->system->board, n);
        c->file_writes[n] = d ? d->file_writes : 0;
    }
}

/* One of the present state, not in the store. NULL: no memory. */
static struct checkpoint *make(struct checkpoints *s, bool keep)
{
    struct checkpoint *c = calloc(1, sizeof *c);
    struct state state;
    if (!c)
        return NULL;
    if (system_save(s->system, &state) != 0) {
        free(c);
        return NULL;
    }
    c->state = state.bytes;
    c->state_size = state.size;
    c->keep = keep;
    c->retired = s->system->retired;
    c->moment = system_now(s->system);
    if (s->system->record)
        c->mark = record_mark(s->system->record);
    drives_note(s, c);
    if (counts_save(s, c) != 0 || delta_collect(s, &c->delta) != 0) {
        checkpoint_free(s, c);
        return NULL;
    }
    return c;
}

static int too_small(struct checkpoints *s, struct checkpoint *c, struct error *e)
{
    unsigned long long need = checkpoints_stats(s).bytes >> 10, limit = s->config.limit >> 10;
    checkpoint_drop(s, c);
    return error_set(e, ENOSPC, "a checkpoint would take %llu KiB, and there are to be no more than %llu KiB of them", need + 1,
                     limit);
}

/* All room is made before anything changes; then the checkpoint is the base, and an epoch begins in which its
 * successor's pages are noted. The cold fence makes the course independent of what was derived before it, which a
 * restore could not bring back. */
static int take(struct checkpoints *s, bool keep, struct checkpoint **out, struct error *e)
{
    struct checkpoint *c = NULL;
    if (order_reserve(s) == 0 && fences_reserve(s) == 0)
        c = make(s, keep);
    if (!c || chain_insert(s, c, s->base) != 0) {
        checkpoint_free(s, c);
        return error_set(e, ENOMEM, "there is no memory for a checkpoint");
    }
    order_insert(s, c);
    s->base = c;
    epochs_begin(s);
    make_room(s);
    if (is_over(s))
        return too_small(s, c, e);
    fence_cold(s);
    fences_note(s, c->retired);
    if (s->frontier < c->retired)
        s->frontier = c->retired;
    s->stats.taken++;
    if (out)
        *out = c;
    return 0;
}

/*T:600 Everything that decides the course from here on. A state is asked for through the contract alone, so that a checkpoint of the
 * bare machine goes on in a virtual one, and back. :*/
int checkpoint_take(struct checkpoints *s, bool keep, struct checkpoint **out, struct error *e)
{
    counts_hold(s);
    int failed = take(s, keep, out, e);
    counts_release(s);
    return failed;
}

/* --- going back */

int drives_unwritten(const struct checkpoints *s, const struct checkpoint *c, struct error *e)
{
    for (unsigned n = 0; n < BOARD_DRIVES; n++) {
        const struct drive *d = board_drive(s->system->board, n);
        if (d && d->file_writes != c->file_writes[n])
            return error_set(
                e, EBUSY,
                "drive %u has been written to since, and its file '%s' is not taken back (snapshot=on would keep writes apart)", n,
                s->system->board->ops->drive_path(s->system->board, n));
    }
    return 0;
}

/* The order: what may fail first (a drive's file, memory, the state itself), then memory, which cannot. */
int checkpoint_restore(struct checkpoints *s, const struct checkpoint *c, struct error *e)
{
    struct plan plan;
    int failed = drives_unwritten(s, c, e);
    if (failed)
        return failed;
    if (plan_make(s, s->base, c, &plan) != 0)
        return error_set(e, ENOMEM, "there is no memory to go to a checkpoint");
    if (s->frontier < s->system->retired)
        s->frontier = s->system->retired;
    if (s->system->record)
        record_leave(s->system->record);
    failed = system_restore(s->system, c->state, c->state_size, e);
    if (!failed) {
        plan_apply(s, &plan);
        s->base = (struct checkpoint *)(uintptr_t)c; /* it is the store's own */
        epochs_begin(s);
        fence_cold(s);
        counts_restore(s, c);
        if (s->system->record)
            record_return(s->system->record, &c->mark);
        s->stats.restored++;
    }
    plan_free(&plan);
    return failed;
}

void checkpoints_begin_anew(struct checkpoints *s, struct checkpoint *c)
{
    for (unsigned n = 0; n < s->count; n++) {
        s->stats.bytes -= sizeof *c + s->at[n]->state_size + s->counts_size + s->at[n]->delta.count * sizeof(struct entry);
        checkpoint_free(s, s->at[n]);
    }
    s->count = 0;
    s->fence_count = 0;
    s->head = s->base = NULL;
    int failed = chain_insert(s, c, NULL);
    assert(!failed); /* it has no successor */
    (void)failed;
    order_insert(s, c);
    fences_note(s, c->retired);
    drives_note(s, c);
    s->base = c;
    s->frontier = c->retired;
    epochs_begin(s);
    fence_cold(s);
    counts_restore(s, c);
    if (s->system->record) {
        record_cut(s->system->record);
        c->mark = record_mark(s->system->record);
    }
}
