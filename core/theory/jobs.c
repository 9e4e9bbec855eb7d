/* jobs.c - classifications that do not depend on each other, made side by side where that pays. */
#include "core/theory/crew.h"

_Static_assert((int)THEORY_JOBS_MAX == (int)CREW_MAX, "as many as there can be");

struct jobs {
    const struct theory *theory;
    struct theory_job *const *job;
};

static void job_do(void *context, unsigned member, unsigned number)
{
    const struct jobs *all = context;
    struct theory_job *j = all->job[number];
    if (member) /* told() is called in one thread */
        j->options.told = NULL;
    j->error = all->theory->classify(&j->options, &j->c, &j->e);
}

/* Where there is one alone, or they are large, a job's own crew has the threads. */
void theory_jobs_do(const struct theory *t, struct theory_job *const *job, unsigned count, unsigned threads)
{
    struct jobs all = {.theory = t, .job = job};
    const unsigned members = t->exhaustive ? crew_size(threads, count) : 1;
    for (unsigned n = 0; n < count; n++) {
        struct classify_options *o = &job[n]->options;
        o->jobs = members > 1 ? 1 : threads;
        o->turn = n + 1;
        o->turns = count;
    }
    crew_run(members, count, job_do, &all, NULL);
}
