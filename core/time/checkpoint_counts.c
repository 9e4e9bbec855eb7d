/* checkpoint_counts.c - what was counted on the way is taken back with the course, and counted again when it is run through again.
 *
 * The system's own counts are state (system_state.c). Here are those that decide nothing: of each VMM below, and of whoever looks on.
 * All of them together always have the same size, so keeping them can fail only where a checkpoint is made. What the store does by
 * itself, saving state and fencing, is not the guest's doing and counts nothing.
 */
#include "core/time/checkpoint_private.h"

#include "core/inspect.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void counts_state(const struct checkpoints *s, struct state *state)
{
    for (unsigned n = 0; n < s->system->harts; n++)
        for (struct machine *m = system_hart(s->system, n); machine_is_vm(m); m = vm_host(m))
            vm_counts_state(m, state);
    if (s->watcher.state)
        s->watcher.state(s->watcher.opaque, state);
}

/* Into bytes that have room for just these. */
static void counts_save_to(const struct checkpoints *s, uint8_t *bytes)
{
    struct state state = {.bytes = bytes, .room = s->counts_size};
    counts_state(s, &state);
}

static void counts_restore_from(const struct checkpoints *s, const uint8_t *bytes)
{
    struct state state = state_restore(bytes, s->counts_size);
    counts_state(s, &state);
}

int counts_measure(struct checkpoints *s)
{
    struct state state = state_save();
    counts_state(s, &state);
    size_t size = state.size;
    uint8_t *grown = state.failed ? NULL : realloc(s->counts, size + 1);
    state_free(&state);
    if (!grown)
        return -ENOMEM;
    s->counts = grown;
    s->counts_size = size;
    return 0;
}

void counts_hold(struct checkpoints *s) { counts_save_to(s, s->counts); }
void counts_release(struct checkpoints *s) { counts_restore_from(s, s->counts); }

int counts_save(const struct checkpoints *s, struct checkpoint *c)
{
    c->counts = malloc(s->counts_size + 1);
    if (!c->counts)
        return -ENOMEM;
    memcpy(c->counts, s->counts, s->counts_size);
    return 0;
}

void counts_restore(const struct checkpoints *s, const struct checkpoint *c) { counts_restore_from(s, c->counts); }

/* Counts are taken over from a machine that was made of the same parts. */
void counts_kind(const struct checkpoints *s, char *out, size_t size)
{
    size_t at = 0;
    *out = '\0';
    for (struct machine *m = s->system->machine; machine_is_vm(m) && at < size; m = vm_host(m)) {
        struct vm_place place;
        vm_place(m, &place);
        at += (size_t)snprintf(out + at, size - at, "%s %s%s;", vmm_monitor_name(place.config->monitor),
                               vmm_shadow_name(place.config->shadow), place.config->ring ? " ring 1" : "");
    }
}

int checkpoints_watch(struct checkpoints *s, const struct checkpoints_watcher *w)
{
    const struct checkpoints_watcher before = s->watcher;
    assert(s->count == 0); /* what it says is part of each */
    s->watcher = *w;
    int failed = counts_measure(s);
    if (failed)
        s->watcher = before;
    return failed;
}

uint64_t checkpoints_counted_from(const struct checkpoints *s) { return s->counted_from; }
