/* crew.c - threads that take job after job, until there are none. */
#include "core/theory/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct crew {
    void (*work)(void *context, unsigned member, unsigned job);
    void *context;
    const struct classify_options *o;
    unsigned jobs;
    atomic_uint next;
};

struct member {
    struct crew *crew;
    unsigned number;
    pthread_t thread;
};

unsigned crew_size(unsigned wanted, unsigned jobs)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned size = wanted ? wanted : processors < 1 ? 1 : processors > CREW_MAX ? CREW_MAX : (unsigned)processors;
    size = size > CREW_MAX ? CREW_MAX : size;
    return jobs < size ? jobs + !jobs : size;
}

static void tell(const struct crew *c, unsigned done)
{
    if (c->o && c->o->told)
        c->o->told(c->o, done, c->jobs);
}

/* Who is free has the next one: jobs take anything from a millisecond to a second, and shares that are dealt out before leave some
 * members waiting for the others. */
static void *member_work(void *opaque)
{
    const struct member *m = opaque;
    for (unsigned job; (job = atomic_fetch_add(&m->crew->next, 1)) < m->crew->jobs;) {
        if (m->number == 0)
            tell(m->crew, job);
        m->crew->work(m->crew->context, m->number, job);
    }
    return NULL;
}

/* The caller is member 0. A thread that cannot be made is no failure: the others do its jobs. */
void crew_run(unsigned members, unsigned jobs, void (*work)(void *context, unsigned member, unsigned job), void *context,
              const struct classify_options *o)
{
    members = members > CREW_MAX ? CREW_MAX : members + !members;
    struct crew crew = {.work = work, .context = context, .o = o, .jobs = jobs};
    struct member member[CREW_MAX];
    unsigned started = 1;
    for (unsigned n = 0; n < CREW_MAX; n++)
        member[n] = (struct member){.crew = &crew, .number = n};
    while (started < members && pthread_create(&member[started].thread, NULL, member_work, &member[started]) == 0)
        started++;
    member_work(&member[0]);
    while (started > 1)
        pthread_join(member[--started].thread, NULL);
    tell(&crew, jobs);
}
