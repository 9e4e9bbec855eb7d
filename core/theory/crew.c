/* crew.c - threads, each with every so-manieth job: who does which is always the same. */
#include "core/theory/crew.h"

#include <pthread.h>
#include <unistd.h>

struct crew {
    void (*work)(void *context, unsigned member, unsigned job);
    void *context;
    unsigned jobs, members;
};

struct member {
    const struct crew *crew;
    unsigned number;
    pthread_t thread;
};

unsigned crew_size(unsigned jobs)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned size = processors < 1 ? 1 : processors > CREW_MAX ? CREW_MAX : (unsigned)processors;
    return jobs < size ? jobs + !jobs : size;
}

/* The jobs of member `number`, by member `by`.
 * Member n has jobs n, n + members, n + 2 members ...: which one does which does not depend on who is fast, and
 * neither do the results. */
static void share(const struct crew *crew, unsigned number, unsigned by)
{
    for (unsigned job = number; job < crew->jobs; job += crew->members)
        crew->work(crew->context, by, job);
}

static void *member_work(void *opaque)
{
    const struct member *m = opaque;
    share(m->crew, m->number, m->number);
    return NULL;
}

/* The caller is member 0. A thread that cannot be made is no failure: its jobs are done by the caller in the end. */
void crew_run(unsigned members, unsigned jobs, void (*work)(void *context, unsigned member, unsigned job), void *context)
{
    members = members > CREW_MAX ? CREW_MAX : members + !members;
    const struct crew crew = {.work = work, .context = context, .jobs = jobs, .members = members};
    struct member member[CREW_MAX];
    unsigned started = 1;
    for (unsigned n = 0; n < CREW_MAX; n++)
        member[n] = (struct member){.crew = &crew, .number = n};
    while (started < members && pthread_create(&member[started].thread, NULL, member_work, &member[started]) == 0)
        started++;
    member_work(&member[0]);
    for (unsigned n = started; n < members; n++)
        share(&crew, n, 0);
    while (started > 1)
        pthread_join(member[--started].thread, NULL);
}
