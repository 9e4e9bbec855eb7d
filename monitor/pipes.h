/* pipes.h - files that can be read once. A guest may be read more often: at each reboot, and by `verify` for each side and each time
 * it looks closer. */
#ifndef TRAPEZE_MONITOR_PIPES_H
#define TRAPEZE_MONITOR_PIPES_H

#include "monitor/run_options.h"

/* Reads every pipe that the options name, and lets them name files without a folder that hold the same. -errno with the sentence. */
MUST_CHECK int pipes_read(struct run_options *, struct error *);
/* The same for one file that is not among the options of a run. NULL: none. */
MUST_CHECK int pipe_read(struct run_options *, const char **path, struct error *);

/* What a person has called the file: for sentences that name it. `path` itself where it came through no pipe, and NULL for NULL. */
const char *pipes_typed(const struct run_options *, const char *path);
/* The same in a sentence: "/proc/self/fd/5: ..." becomes "/dev/fd/63: ...". */
void pipes_tell(const struct run_options *, struct error *);

#endif
