/* crew.h - jobs that do not depend on each other, done on every processor. Who does which is not known beforehand, and must not show: a
 * job's result depends on the job alone, and what is put together of them is put together in the order of the jobs. */
#ifndef TRAPEZE_CORE_THEORY_CREW_H
#define TRAPEZE_CORE_THEORY_CREW_H

#include "core/theory/theory.h"

enum { CREW_MAX = 16 };

/* How many members a crew for so many jobs has: `wanted`, or for 0 as many as processors; CREW_MAX at most, and no more than jobs; 1 or
 * more. */
unsigned crew_size(unsigned wanted, unsigned jobs);
/* Calls work(context, member, job) once for each job below `jobs`. A member does one at a time, so what it has for itself needs no lock.
 * The caller is member 0; where no thread can be had, it does everything. o: NULL, or whose told() hears of it, in the caller's thread. */
void crew_run(unsigned members, unsigned jobs, void (*work)(void *context, unsigned member, unsigned job), void *context,
              const struct classify_options *o);

#endif
