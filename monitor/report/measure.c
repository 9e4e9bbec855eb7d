/* measure.c - the classifications that a report consists of. They depend on at most one that is made before (classify_options.base), so
 * each processor takes the next one of a wave that is left; what comes out does not depend on who took it.
 */
#include "monitor/report/report.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct job {
    struct classify_options options;
    struct classification *c;
    struct error error;
    int status;
    unsigned wave;
    const struct job *base; /* NULL, or what it takes over from: of an earlier wave */
};

struct work {
    const struct theory *theory;
    struct job *job;
    unsigned count, wave;
    atomic_uint next;
};

enum { THREADS_MAX = 64, WAVES = 3 };

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

static void *worker(void *opaque)
{
    struct work *w = opaque;
    unsigned n;
    while ((n = atomic_fetch_add(&w->next, 1)) < w->count) {
        struct job *j = &w->job[n];
        if (j->wave != w->wave)
            continue;
        j->options.base = j->base ? j->base->c : NULL;
        j->status = w->theory->classify(&j->options, &j->c, &j->error);
    }
    return NULL;
}

/* The caller works, too, so that it is done also where no thread can be had. */
static void work_all(struct work *w)
{
    pthread_t thread[THREADS_MAX];
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = 0;
    while (threads < THREADS_MAX && (long)threads + 1 < processors && threads + 1 < w->count &&
           pthread_create(&thread[threads], NULL, worker, w) == 0)
        threads++;
    worker(w);
    while (threads > 0)
        pthread_join(thread[--threads], NULL);
}

/* All of K, then without each pin. first: the first machine's. */
static void plan(struct job *job, const struct job *first, const struct report *r, const char *variant, unsigned pins)
{
    for (unsigned n = 0; n <= pins; n++) {
        if (r->theory->exhaustive) {
            job[n].base = job != first ? &first[n] : n ? first : NULL;
            job[n].wave = (job != first ? 1u : 0u) + (n > 0 ? 1u : 0u);
        }
        job[n].options = (struct classify_options){.seed = r->seed,
                                                   .states = r->states,
                                                   .variant = *variant ? variant : NULL,
                                                   .without = n ? r->theory->pins[n - 1].name : NULL};
    }
}

/* Takes what the jobs have found. */
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

static int measure_all(struct report *r, struct work *w, unsigned pins, struct error *e)
{
    for (unsigned n = 0; n < r->count; n++)
        plan(&w->job[n * (pins + 1)], w->job, r, r->machine[n].variant, pins);
    for (w->wave = 0; w->wave < WAVES; w->wave++) {
        atomic_store(&w->next, 0);
        work_all(w);
    }
    for (unsigned n = 0; n < w->count; n++)
        if (w->job[n].status) {
            *e = w->job[n].error;
            return w->job[n].status;
        }
    int error = 0;
    for (unsigned n = 0; n < r->count && !error; n++)
        error = collect(&r->machine[n], &w->job[n * (pins + 1)], r->theory, pins, e);
    return error;
}

int report_measure(struct report *r, const struct theory *t, const char *variant, uint64_t seed, unsigned states, struct error *e)
{
    const unsigned pins = pin_count(t);
    *r = (struct report){.theory = t, .variant = variant, .seed = seed, .states = states};
    r->count = variant ? 1 : 1 + variant_count(t);
    r->machine = calloc(r->count, sizeof *r->machine);
    struct work w = {.theory = t, .count = r->count * (pins + 1)};
    w.job = calloc(w.count, sizeof *w.job);
    int error = r->machine && w.job ? 0 : error_set(e, ENOMEM, "out of memory");
    for (unsigned n = 0; n < r->count && !error; n++)
        r->machine[n].variant = variant ? variant : n ? t->variants[n - 1] : "";
    if (!error)
        error = measure_all(r, &w, pins, e);
    for (unsigned n = 0; w.job && n < w.count; n++)
        classification_destroy(w.job[n].c);
    free(w.job);
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
    free(r->machine);
    *r = (struct report){0};
}
