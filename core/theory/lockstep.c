/* lockstep.c - runs the two sides, and finds the instruction.
 *
 * A comparison that fails says only that something happened since the last one that did not. So both sides are made anew, go there
 * at full speed, and then on in smaller steps; at last by one instruction, with a spy on each machine who notes what it does. Each time
 * after the first they go on from checkpoints taken there (lockstep_again.h).
 */
#include "core/theory/lockstep_again.h"
#include "core/theory/lockstep_stale.h"
#include "core/vmm/vmm.h"
#include "isa/about.h"
#include "isa/insn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    OFTEN = 64,          /* steps shorter than this are frequent looks */
    TOLD_EVERY = 500000, /* instructions between calls of progress(), at least */
    DEEP_PARTS = 64,     /* of an interval, where every look is at all of memory */
    PARTS = 1024,        /* of an interval longer than SINGLE_STEPS */
    SINGLE_STEPS = 1 << 21,
    ROWS_MAX = 1024,
};

struct walk {
    const struct lockstep_config *config;
    enum depth depth;
    uint64_t step, end; /* go on by `step` until `end` instructions have retired */
    uint64_t start;     /* instructions retired in the first state */
    uint64_t good;      /* everything was equal then */
    uint64_t seen;      /* and not then, if it differs */
    bool differs, interrupted;
    bool cut; /* the sides stand where nothing can be said of them */
};

static bool has_ended(const struct pair *p) { return pair_result(p, LOCKSTEP_BARE) || p->side[LOCKSTEP_BARE].waits; }

static void note_ends(const struct pair *p, struct lockstep_report *r)
{
    for (unsigned i = 0; i < LOCKSTEP_SIDES; i++) {
        const struct system_result *end = pair_result(p, i);
        r->ended[i] = end != NULL;
        r->result[i] = end ? *end : (struct system_result){.end = END_RUNNING};
    }
}

static bool goes_on(struct walk *w, uint64_t now, uint64_t *told)
{
    if (!w->config->progress || now - *told < TOLD_EVERY)
        return true;
    *told = now;
    return w->config->progress(w->config->opaque, now);
}

/* After a run of both sides. */
static bool is_cut(struct walk *w)
{
    w->cut |= w->config->ends && w->config->ends(w->config->opaque);
    w->interrupted |= w->cut;
    return w->cut;
}

/* One step and a look. */
static int advance(struct pair *p, struct walk *w, struct error *e)
{
    uint64_t now = pair_retired(p, LOCKSTEP_BARE), left = w->end - now;
    bool full;
    int r = pair_run(p, left < w->step ? left : w->step, e);

    if (r || is_cut(w))
        return r;
    now = pair_retired(p, LOCKSTEP_BARE);
    w->differs = !pair_equal(p, w->depth, &full);
    if (w->differs)
        w->seen = now > w->good ? now : w->good + 1;
    else if (full)
        w->good = now;
    return 0;
}

static int walk(struct pair *p, struct walk *w, struct error *e)
{
    uint64_t told = pair_retired(p, LOCKSTEP_BARE);
    int r = 0;

    while (r == 0 && !w->differs && !w->cut && !has_ended(p) && pair_retired(p, LOCKSTEP_BARE) < w->end) {
        if (!goes_on(w, pair_retired(p, LOCKSTEP_BARE), &told)) {
            w->interrupted = true;
            break;
        }
        r = advance(p, w, e);
    }
    return r;
}

/* --- The whole run */

static void account(const struct pair *p, struct lockstep_report *r)
{
    const struct pair_side *s = &p->side[LOCKSTEP_BARE];

    note_ends(p, r);
    r->harts = p->harts;
    r->comparisons = p->comparisons;
    r->pages = memory_pair_pages(p->memory);
    r->traps = s->is.system->traps_delivered;
    r->output = s->tap.output.count;
    r->input = s->tap.input.count;
    r->accesses = s->tap.accesses.count / TAP_WORDS;
    r->reboots = p->reboots;
    r->waits = s->waits;
}

/* A last look, at all of memory: what nobody said that he wrote may have been written. */
static void look_deep(struct pair *p, struct walk *w)
{
    bool full;

    if (w->differs || w->cut || pair_equal(p, LOOK_DEEP, &full))
        return;
    w->differs = true;
    w->depth = LOOK_DEEP;
    w->seen = pair_retired(p, LOCKSTEP_BARE);
}

static int run_whole(struct walk *w, struct lockstep_report *r, struct error *e)
{
    struct pair p;
    int failed = pair_make(&p, &w->config->maker, w->step < OFTEN, e);

    if (failed)
        return failed;
    w->start = w->good = pair_retired(&p, LOCKSTEP_BARE);
    look_deep(&p, w);
    if (!w->differs)
        failed = walk(&p, w, e);
    if (failed == 0 && !w->differs && !w->cut) {
        look_deep(&p, w);
        w->good = w->differs ? w->start : pair_retired(&p, LOCKSTEP_BARE); /* memory may have differed all the time */
    }
    account(&p, r);
    pair_unmake(&p);
    return failed;
}

/* --- Down to one instruction */

static uint64_t smaller_step(const struct walk *w)
{
    uint64_t interval = w->seen - w->good;

    if (w->depth == LOOK_DEEP)
        return (interval + DEEP_PARTS - 1) / DEEP_PARTS;
    return interval > SINGLE_STEPS ? (interval + PARTS - 1) / PARTS : 1;
}

/* *exact: there is one instruction, from w->good to w->seen. */
static int narrow(struct walk *w, struct again *a, bool *exact, struct error *e)
{
    int failed = 0;

    if (w->depth < LOOK_FULL)
        w->depth = LOOK_FULL;
    *exact = true;
    while (failed == 0 && *exact && w->seen - w->good > 1) {
        struct pair *p;
        uint64_t good = w->good;
        w->step = smaller_step(w);
        w->end = w->seen;
        failed = again_at(a, w->good, w->step < OFTEN, &p, e);
        if (failed)
            break;
        w->differs = false;
        failed = is_cut(w) ? 0 : walk(p, w, e);
        *exact = w->differs || (a->marked && !w->interrupted);
        if (!w->differs)
            w->good = good;
        if (!w->differs && !w->interrupted && a->marked) /* it hangs on what a checkpoint does not have: once more, without */
            again_unmark(a);
    }
    return failed;
}

/* --- What happened there */

struct vmm_count {
    struct vm_stats stats;
    uint64_t v_i[ROWS_MAX];
};

static void vmm_count(const struct machine *m, struct vmm_count *c)
{
    vm_stats(m, &c->stats);
    for (unsigned i = 0; i < c->stats.row_count && i < ROWS_MAX; i++)
        c->v_i[i] = c->stats.v_i[i];
}

static void vmm_did(const struct vmm_count *before, const struct vmm_count *after, struct lockstep_doing *d)
{
    d->vm = true;
    d->direct = after->stats.direct - before->stats.direct;
    d->emulated = after->stats.emulated - before->stats.emulated;
    d->interpreted = after->stats.interpreted - before->stats.interpreted;
    d->vmm_traps = after->stats.traps - before->stats.traps;
    d->fills = after->stats.fills - before->stats.fills;
    for (unsigned i = 0; i < after->stats.row_count && i < ROWS_MAX; i++)
        if (after->v_i[i] != before->v_i[i])
            d->v_i = (uint16_t)i;
}

/* In ring compression the guest's own ring 0 is real ring 1. */
static const char *real_mode(const struct machine *vm)
{
    const uint64_t mode = machine_get(vm_host(vm), MACHINE_MODE);

    return mode == about_user_mode(vm->isa) ? NULL : about_long_mode(vm->isa, mode);
}

/* One step of both sides, with a spy on each and the books of this hart's VMM open. */
static int step_both(struct pair *p, unsigned hart, struct lockstep_report *r, struct error *e)
{
    const struct machine *m = p->side[LOCKSTEP_VIRTUAL].hart[hart];
    struct vmm_count *count = calloc(2, sizeof *count);
    int failed = count ? 0 : error_set(e, ENOMEM, "there is not enough memory to look at the divergence");

    for (unsigned i = 0; i < LOCKSTEP_SIDES; i++)
        pair_spy(p, i);
    if (failed == 0 && machine_is_vm(m))
        vmm_count(m, &count[0]);
    if (failed == 0)
        failed = pair_run(p, 1, e);
    for (unsigned i = 0; i < LOCKSTEP_SIDES; i++)
        r->doing[i] = p->side[i].doing[hart];
    if (failed == 0 && machine_is_vm(m)) {
        vmm_count(m, &count[1]);
        vmm_did(&count[0], &count[1], &r->doing[LOCKSTEP_VIRTUAL]);
        r->doing[LOCKSTEP_VIRTUAL].real = real_mode(m);
    }
    free(count);
    return failed;
}

/* The row that a trap or a v_i named. */
static uint16_t row_of(const struct lockstep_report *r)
{
    for (unsigned i = 0; i < LOCKSTEP_SIDES; i++) {
        const struct lockstep_doing *d = &r->doing[i];
        if (d->traps && d->trap[0].kind == TRAP_EXCEPTION && d->trap[0].row != INSN_NONE)
            return d->trap[0].row;
    }
    return r->doing[LOCKSTEP_VIRTUAL].v_i;
}

/* Which hart executes the next instruction? Of several the one whose turn it is may wait: only going there tells. */
static int whose_instruction(const struct walk *w, struct again *a, const struct lockstep_report *r, unsigned *hart, struct error *e)
{
    struct pair *p;
    int failed;

    *hart = 0;
    if (r->harts == 1 || !r->exact)
        return 0;
    failed = again_at(a, w->good, true, &p, e);
    if (failed)
        return failed;
    failed = pair_run(p, 1, e);
    *hart = p->side[LOCKSTEP_BARE].is.system->at;
    return failed;
}

static int examine(const struct walk *w, struct again *a, struct lockstep_report *r, struct error *e)
{
    struct pair *p;
    unsigned hart;
    int failed = whose_instruction(w, a, r, &hart, e);

    if (failed == 0)
        failed = again_at(a, r->exact ? w->good : w->seen, true, &p, e);
    if (failed)
        return failed;
    if (w->config->ends && w->config->ends(w->config->opaque)) {
        r->exact = false;
        return 0;
    }
    if (r->exact) {
        const struct machine *bare = p->side[LOCKSTEP_BARE].hart[hart];
        r->pc = about_pc(bare);
        r->mode = machine_get(bare, MACHINE_MODE);
        if (w->config->before)
            w->config->before(w->config->opaque, bare);
        failed = step_both(p, hart, r, e);
        r->row = row_of(r);
    }
    r->moment = system_now(p->side[LOCKSTEP_BARE].is.system);
    note_ends(p, r);
    pair_differences(p, r);
    return failed;
}

static int find(struct walk *w, struct lockstep_report *r, struct error *e)
{
    struct again *a = calloc(1, sizeof *a);
    int failed = a ? 0 : error_set(e, ENOMEM, "there is not enough memory to look at the divergence");

    r->verdict = LOCKSTEP_DIVERGED;
    if (failed)
        return failed;
    a->maker = &w->config->maker;
    a->far = w->config->far;
    if (w->seen > w->start) /* else not even the first states are the same */
        failed = narrow(w, a, &r->exact, e);
    r->retired = w->good;
    r->seen = w->seen;
    if (failed == 0 && !w->interrupted)
        failed = examine(w, a, r, e);
    if (failed == 0 && !w->interrupted && a->marked && !r->differences) { /* as in narrow() */
        again_unmark(a);
        failed = examine(w, a, r, e);
    }
    if (failed == 0 && r->exact && r->harts == 1)
        failed = lockstep_ask_fence(a, w->start, r, e);
    if (w->interrupted || (!r->exact && is_cut(w)))
        r->verdict = LOCKSTEP_INTERRUPTED;
    again_close(a);
    free(a);
    return failed;
}

/*T:620 Equivalence, the first property of a VMM, checked on a whole run: two machines in the same first state, compared at intervals,
 * and a difference brought down to one instruction by running anew. :*/
int lockstep_run(const struct lockstep_config *c, struct lockstep_report *r, struct error *e)
{
    struct walk w = {.config = c, .depth = c->every < OFTEN ? LOOK_QUICK : LOOK_FULL, .step = c->every, .end = c->max_insns};
    int failed;

    *r = (struct lockstep_report){.row = INSN_NONE};
    failed = run_whole(&w, r, e);
    if (failed)
        return failed;
    if (w.differs)
        return find(&w, r, e);
    r->verdict = w.interrupted ? LOCKSTEP_INTERRUPTED : r->ended[LOCKSTEP_BARE] ? LOCKSTEP_EQUAL : LOCKSTEP_LIMIT;
    r->retired = r->seen = w.good;
    return 0;
}
