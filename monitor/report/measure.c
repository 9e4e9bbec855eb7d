/* measure.c - the classifications that a report consists of, one after the other: each is made on every processor (theory/crew.h), and
 * takes over what it can from one that was made before (classify_options.base).
 *
 *    job[]            all of K     without pin 1    without pin 2        a row of pins + 1 jobs for each machine
 *    base machine     job 0        base: job 0      base: job 0
 *    variant 1        base: job 0  base: job 1      base: job 2          the same K, no variant
 *
 * Only exhaustive theories take anything over: what was sampled by one machine says nothing of the states that another would draw. Jobs
 * are carried out in their order, so what a job takes over from is there.
 */
#include "monitor/report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One classification that is to be made. `c` is owned until collect() has taken it. */
struct job {
    struct classify_options options;
    struct classification *c;
    const struct job *base; /* NULL, or what it takes over from: an earlier one */
};

static unsigned pin_count(const struct theory *t)
{
    unsigned n = 0;
    while (t->pins && t->pins[n].name)
        n++;
    return n;
}

static unsigned variant_count(const struct theory *t)
{
    unsigned n = 0;
    while (t->variants && t->variants[n])
        n++;
    return n;
}

/* All of K, then without each pin. first: the first machine's. */
static void plan(struct job *job, const struct job *first, const struct report *r, const char *variant, unsigned pins)
{
    for (unsigned n = 0; n <= pins; n++) {
        if (r->theory->exhaustive)
            job[n].base = job != first ? &first[n] : n ? first : NULL;
        job[n].options = (struct classify_options){.seed = r->seed,
                                                   .states = r->states,
                                                   .variant = *variant ? variant : NULL,
                                                   .without = n ? r->theory->pins[n - 1].name : NULL};
    }
}

/* Takes what the jobs have found.
 * Ownership goes from the jobs to the machine, each pointer cleared behind it: what is left when something fails is freed with the jobs. */
static int collect(struct report_machine *m, struct job *job, const struct theory *t, unsigned pins, struct error *e)
{
    m->effect = calloc(pins + 1, sizeof *m->effect);
    if (!m->effect)
        return error_set(e, ENOMEM, "out of memory");
    m->full = job[0].c;
    job[0].c = NULL;
    if (theorem_decide(m->full, &m->verdict))
        return error_set(e, ENOMEM, "out of memory");
    for (; m->effects < pins; m->effects++) {
        struct classification *c = job[m->effects + 1].c;
        job[m->effects + 1].c = NULL;
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
    for (unsigned n = 0; n < count && !error; n++) {
        job[n].options.base = job[n].base ? job[n].base->c : NULL;
        error = r->theory->classify(&job[n].options, &job[n].c, e);
    }
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
        const struct classify_options o = {.seed = r->seed, .states = r->states, .hart = r->theory->harts[n].name, .brief = true};
        error = r->theory->classify(&o, &r->hart[n], e);
    }
    return error;
}

/* One variant is asked for: it is the only machine, and takes over nothing from a base machine that nobody wants to see. */
int report_measure(struct report *r, const struct theory *t, const char *variant, uint64_t seed, unsigned states, struct error *e)
{
    const unsigned pins = pin_count(t);
    *r = (struct report){.theory = t, .variant = variant, .seed = seed, .states = states};
    r->count = variant ? 1 : 1 + variant_count(t);
    r->machine = calloc(r->count, sizeof *r->machine);
    const unsigned count = r->count * (pins + 1);
    struct job *job = calloc(count, sizeof *job);
    int error = r->machine && job ? 0 : error_set(e, ENOMEM, "out of memory");
    for (unsigned n = 0; n < r->count && !error; n++)
        r->machine[n].variant = variant ? variant : n ? t->variants[n - 1] : "";
    if (!error)
        error = measure_all(r, job, pins, e);
    if (!error)
        error = measure_harts(r, e);
    for (unsigned n = 0; job && n < count; n++)
        classification_destroy(job[n].c);
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
