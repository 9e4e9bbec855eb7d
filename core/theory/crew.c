/* crew.c - threads that take the next job that is left. */
#include "core/theory/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct crew {
    void (*work)(void *context, unsigned member, unsigned job);
    void *context;
    unsigned jobs;
    atomic_uint next;
};

struct member {
    struct crew *crew;
    unsigned number;
    pthread_t thread;
};

unsigned crew_size(unsigned jobs)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned size = processors < 1 ? 1 : processors > CREW_MAX ? CREW_MAX : (unsigned)processors;
    return jobs < size ? jobs + !jobs : size;
}

static void *member_work(void *opaque)
{
    const struct member *m = opaque;
    unsigned job;
    while ((job = atomic_fetch_add(&m->crew->next, 1)) < m->crew->jobs)
        m->crew->work(m->crew->context, m->number, job);
    return NULL;
}

void crew_run(unsigned members, unsigned jobs, void (*work)(void *context, unsigned member, unsigned job), void *context)
{
    struct crew crew = {.work = work, .context = context, .jobs = jobs};
    struct member member[CREW_MAX];
    unsigned started = 1;
    for (unsigned n = 0; n < CREW_MAX; n++)
        member[n] = (struct member){.crew = &crew, .number = n};
    while (started < members && started < CREW_MAX &&
           pthread_create(&member[started].thread, NULL, member_work, &member[started]) == 0)
        started++;
    member_work(&member[0]);
    while (started > 1)
        pthread_join(member[--started].thread, NULL);
}
