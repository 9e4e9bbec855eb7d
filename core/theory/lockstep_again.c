/* lockstep_again.c - see lockstep_again.h.
 */
#include "core/theory/lockstep_again.h"

enum {
    FAR = 1 << 22, /* instructions: less is run again sooner than it is kept */
    APPROACH = 64, /* so many before the place, or that part of what is far, both are kept: caches are warm again there */
};

static void forget(struct again *a)
{
    for (unsigned i = 0; i < LOCKSTEP_SIDES; i++) {
        checkpoints_destroy(a->side[i].store);
        a->side[i] = (struct again_side){0};
    }
    a->marked = false;
}

void again_close(struct again *a)
{
    forget(a);
    if (a->made)
        pair_unmake(&a->pair);
    a->made = false;
}

void again_unmark(struct again *a)
{
    again_close(a);
    a->unmarked = true;
}

static int keep_side(struct again *a, unsigned i, struct error *e)
{
    const struct pair_side *s = &a->pair.side[i];
    struct again_side *k = &a->side[i];
    int failed = checkpoints_create(&k->store, s->is.system, &(struct checkpoints_config){0}, e);

    if (failed == 0)
        failed = checkpoint_take(k->store, true, &k->kept, e);
    if (failed == 0)
        failed = a->maker->keep(a->maker->opaque, i);
    k->output = s->tap.output;
    k->input = s->tap.input;
    k->accesses = s->tap.accesses;
    k->trapped = s->trapped;
    k->events = s->events;
    k->waits = s->waits;
    return failed;
}

/* Where that fails, for want of memory, nothing is kept. */
static void mark(struct again *a)
{
    struct error e;
    int failed = 0;

    for (unsigned i = 0; i < LOCKSTEP_SIDES && failed == 0; i++)
        failed = keep_side(a, i, &e);
    if (failed) {
        forget(a);
        return;
    }
    a->at = pair_retired(&a->pair, LOCKSTEP_BARE);
    a->unexamined = a->pair.unexamined;
    a->disks_at = a->pair.disks_at;
    a->reboots = a->pair.reboots;
    a->marked = true;
}

static int back_side(struct again *a, unsigned i, struct error *e)
{
    struct pair_side *s = &a->pair.side[i];
    const struct again_side *k = &a->side[i];
    int failed;

    pair_unspy(&a->pair, i);
    failed = checkpoint_restore(k->store, k->kept, e);
    if (failed)
        return failed;
    a->maker->back(a->maker->opaque, i);
    s->tap.output = k->output;
    s->tap.input = k->input;
    s->tap.accesses = k->accesses;
    s->trapped = k->trapped;
    s->events = k->events;
    s->waits = k->waits;
    return 0;
}

static int go_back(struct again *a, bool often, struct error *e)
{
    int failed = 0;

    for (unsigned i = 0; i < LOCKSTEP_SIDES && failed == 0; i++)
        failed = back_side(a, i, e);
    a->pair.unexamined = a->unexamined;
    a->pair.disks_at = a->disks_at;
    a->pair.reboots = a->reboots;
    return failed ? failed : pair_renew_memory(&a->pair, often, e);
}

static int run_to(struct again *a, uint64_t retired, struct error *e)
{
    const uint64_t now = pair_retired(&a->pair, LOCKSTEP_BARE);

    return retired > now ? pair_run(&a->pair, retired - now, e) : 0;
}

static int make(struct again *a, uint64_t retired, bool often, struct error *e)
{
    const uint64_t far = a->far ? a->far : FAR, approach = far / APPROACH > APPROACH ? far / APPROACH : APPROACH;
    uint64_t at, first;
    int failed;

    again_close(a);
    failed = pair_make(&a->pair, a->maker, often, e);
    if (failed)
        return failed;
    a->made = true;
    first = pair_retired(&a->pair, LOCKSTEP_BARE);
    if (a->unmarked || !a->maker->keep || retired <= first + far)
        return run_to(a, retired, e);
    at = retired - first > approach ? retired - approach : first;
    failed = run_to(a, at, e);
    if (failed == 0 && pair_retired(&a->pair, LOCKSTEP_BARE) == at && pair_retired(&a->pair, LOCKSTEP_VIRTUAL) == at)
        mark(a);
    return failed ? failed : run_to(a, retired, e);
}

int again_at(struct again *a, uint64_t retired, bool often, struct pair **out, struct error *e)
{
    int failed;

    *out = &a->pair;
    if (!a->marked || retired < a->at)
        return make(a, retired, often, e);
    failed = go_back(a, often, e);
    if (failed) {
        again_unmark(a);
        return make(a, retired, often, e);
    }
    return run_to(a, retired, e);
}
