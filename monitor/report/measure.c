/* measure.c - the classifications that a report consists of. Each is made on every processor (theory/crew.h), one after the other; those of
 * an exhaustive theory take over what they can from others (classify_options), leave little to do, and so are made side by side.
 *
 *    job[]            all of K            without pin 1             without pin 2      a row of pins + 1 jobs for each machine
 *    base machine     job 0               whole: job 0              whole: job 0
 *    variant 1        base: job 0         base: the job above,      base: the job above,
 *                                         whole: the row's first    whole: the row's first
 *    round            0, below it 1       1, below it 2             1, below it 2
 *
 * Only exhaustive theories take anything over: what was sampled by one machine says nothing of the states that another would draw. A
 * job takes over from jobs of earlier rounds alone.
 */
#include "monitor/report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 3 };

/* One classification that is to be made. What it has found is owned until collect() has taken it. */
struct job {
    struct theory_job work;
    const struct job *base, *whole; /* NULL, or what it takes over from */
    unsigned round;
};

static unsigned pin_count(const struct theory *t)
{
    unsigned n = 0;
    while (t->pins && t->pins[n].name)
        n++;
    return n;
}

/* The variants, but those without such a ring: how many; out: NULL, or what gets their names. */
static unsigned variants_take(const struct theory *t, unsigned ring, struct report_machine *out)
{
    unsigned count = 0;
    for (const char *const *v = t->variants; v && *v; v++) {
        if (ring && t->without_ring1(*v))
            continue;
        if (out)
            out[count].variant = *v;
        count++;
    }
    return count;
}

/* All of K, then without each pin. first: the first machine's. */
static void plan(struct job *job, const struct job *first, const struct report *r, const char *variant, unsigned pins)
{
    for (unsigned n = 0; n <= pins; n++) {
        if (r->theory->exhaustive) {
            job[n].base = job != first ? &first[n] : NULL;
            job[n].whole = n ? &job[0] : NULL;
            job[n].round = (job != first ? 1u : 0u) + (n ? 1u : 0u);
        }
        job[n].work.options = (struct classify_options){.seed = r->seed,
                                                        .told = r->told,
                                                        .states = r->states,
                                                        .ring = r->ring,
                                                        .variant = *variant ? variant : NULL,
                                                        .without = n ? r->theory->pins[n - 1].name : NULL};
    }
}

/* What others wait for is there before they begin. */
static int round_do(const struct report *r, struct job *job, unsigned count, unsigned number, struct error *e)
{
    struct theory_job **work = calloc(count, sizeof *work);
    unsigned ready = 0;
    int error = 0;
    if (!work)
        return error_set(e, ENOMEM, "out of memory");
    for (unsigned n = 0; n < count; n++) {
        if (job[n].round != number)
            continue;
        work[ready++] = &job[n].work;
        job[n].work.options.base = job[n].base ? job[n].base->work.c : NULL;
        job[n].work.options.whole = job[n].whole ? job[n].whole->work.c : NULL;
    }
    theory_jobs_do(r->theory, work, ready, r->jobs);
    for (unsigned n = 0; n < ready && !error; n++)
        if ((error = work[n]->error) != 0)
            *e = work[n]->e;
    free(work);
    return error;
}

/* Takes what the jobs have found.
 * Ownership goes from the jobs to the machine, each pointer cleared behind it: what is left when something fails is freed with the jobs. */
static int collect(struct report_machine *m, struct job *job, const struct theory *t, unsigned pins, struct error *e)
{
    m->effect = calloc(pins + 1, sizeof *m->effect);
    if (!m->effect)
        return error_set(e, ENOMEM, "out of memory");
    m->full = job[0].work.c;
    job[0].work.c = NULL;
    if (theorem_decide(m->full, &m->verdict))
        return error_set(e, ENOMEM, "out of memory");
    for (; m->effects < pins; m->effects++) {
        struct classification *c = job[m->effects + 1].work.c;
        job[m->effects + 1].work.c = NULL;
        int r = pin_effect_compare(m->full, &t->pins[m->effects], c, &m->effect[m->effects], e);
        if (r)
            return r;
    }
    return 0;
}

static int measure_all(struct report *r, struct job *job, unsigned pins, struct error *e)
{
    const unsigned count = r->count * (pins + 1);
    int error = 0;
    for (unsigned n = 0; n < r->count; n++)
        plan(&job[n * (pins + 1)], job, r, r->machine[n].variant, pins);
    for (unsigned n = 0; n < ROUNDS && !error; n++)
        error = round_do(r, job, count, n, e);
    for (unsigned n = 0; n < r->count && !error; n++)
        error = collect(&r->machine[n], &job[n * (pins + 1)], r->theory, pins, e);
    return error;
}

static unsigned hart_count(const struct theory *t)
{
    unsigned n = 0;
    while (t->harts && t->harts[n].name)
        n++;
    return n;
}

/* Harts that have less than the usual one: verdicts alone, as their witnesses would be those of the usual one again. */
static int measure_harts(struct report *r, struct error *e)
{
    const unsigned count = hart_count(r->theory);
    int error = 0;
    r->hart = calloc(count + 1, sizeof *r->hart);
    if (!r->hart)
        return error_set(e, ENOMEM, "out of memory");
    for (unsigned n = 0; n < count && !error; n++) {
        const struct classify_options o = {.seed = r->seed,
                                           .states = r->states,
                                           .jobs = r->jobs,
                                           .told = r->told,
                                           .turn = n + 1,
                                           .turns = count,
                                           .hart = r->theory->harts[n].name,
                                           .brief = true};
        error = r->theory->classify(&o, &r->hart[n], e);
    }
    return error;
}

/* One variant is asked for: it is the only machine, and takes over nothing from a base machine that nobody wants to see. */
int report_measure(struct report *r, const struct theory *t, const struct classify_options *o, struct error *e)
{
    const unsigned pins = pin_count(t);
    const char *variant = o->variant;
    *r = (struct report){
        .theory = t, .variant = variant, .seed = o->seed, .states = o->states, .ring = o->ring, .jobs = o->jobs, .told = o->told};
    r->count = variant ? 1 : 1 + variants_take(t, r->ring, NULL);
    r->machine = calloc(r->count, sizeof *r->machine);
    const unsigned count = r->count * (pins + 1);
    struct job *job = calloc(count, sizeof *job);
    int error = r->machine && job ? 0 : error_set(e, ENOMEM, "out of memory");
    if (!error) {
        r->machine[0].variant = variant ? variant : "";
        if (!variant)
            variants_take(t, r->ring, &r->machine[1]);
    }
    if (!error)
        error = measure_all(r, job, pins, e);
    if (!error)
        error = measure_harts(r, e);
    for (unsigned n = 0; job && n < count; n++)
        classification_destroy(job[n].work.c);
    free(job);
    if (error)
        report_free(r);
    return error;
}

void report_free(struct report *r)
{
    for (unsigned n = 0; r->machine && n < r->count; n++) {
        struct report_machine *m = &r->machine[n];
        for (unsigned i = 0; i < m->effects; i++)
            pin_effect_free(&m->effect[i]);
        free(m->effect);
        verdict_free(&m->verdict);
        classification_destroy(m->full);
    }
    for (unsigned n = 0; r->hart && n < hart_count(r->theory); n++)
        classification_destroy(r->hart[n]);
    free(r->hart);
    free(r->machine);
    *r = (struct report){0};
}
