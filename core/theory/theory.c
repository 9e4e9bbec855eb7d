/* theory.c - what belongs to each theory. */
#include "core/theory/theory.h"

#include <stdlib.h>

#include "core/theory/arena.h"
#include "core/theory/crew.h"

void classification_destroy(struct classification *c)
{
    if (c)
        arena_destroy(c->arena); /* c itself lies in it */
}

void replay_free(struct replay *r)
{
    for (unsigned n = 0; n < sizeof r->part / sizeof *r->part; n++)
        free(r->part[n].bytes);
    free(r->text);
    free(r->left_out);
    *r = (struct replay){.states = 0};
}

_Static_assert((int)THEORY_JOBS_MAX == (int)CREW_MAX, "as many as there can be");

struct jobs {
    const struct theory *theory;
    struct theory_job *const *job;
};

static void job_do(void *context, unsigned member, unsigned number)
{
    const struct jobs *all = context;
    struct theory_job *j = all->job[number];
    (void)member;
    j->error = all->theory->classify(&j->options, &j->c, &j->e);
}

/* Where there is one alone, or they are large, a job's own crew has the threads. */
void theory_jobs_do(const struct theory *t, struct theory_job *const *job, unsigned count, unsigned threads)
{
    struct jobs all = {.theory = t, .job = job};
    const unsigned members = t->exhaustive ? crew_size(threads, count) : 1;
    for (unsigned n = 0; n < count; n++)
        job[n]->options.jobs = members > 1 ? 1 : threads;
    crew_run(members, count, job_do, &all);
}
