/* sweep_work.h - a shard of a sweep done by several threads, with a bar on the terminal, kept in a file as it goes. */
#ifndef TRAPEZE_MONITOR_SWEEP_WORK_H
#define TRAPEZE_MONITOR_SWEEP_WORK_H

#include "core/sweep_shard.h"

enum { SWEEP_JOBS_MAX = 64 };

/* Does the chunks that are left. out: NULL, or the file the shard is kept in, written at the beginning, now and then, and at the
 * end. jobs: 1 to SWEEP_JOBS_MAX; the caller's thread is one of them. 0 or -errno with a sentence; then the file has what was
 * done until its last writing. */
MUST_CHECK int sweep_work(struct sweep_shard *, unsigned jobs, const char *out, struct error *);

#endif
