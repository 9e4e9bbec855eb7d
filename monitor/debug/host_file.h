/* host_file.h - the files of the host that commands name. A person at the prompt may name any; a remote debugger none, or with
 * -gdb-files FOLDER those below that folder: no "..", and no symbolic link leads out of it. Every command that opens a file asks here. */
#ifndef TRAPEZE_MONITOR_DEBUG_HOST_FILE_H
#define TRAPEZE_MONITOR_DEBUG_HOST_FILE_H

#include "monitor/debug/debugger.h"

/* The path to open for what a command calls `name`, to be freed. -EPERM, -ENOENT, -ENOMEM with the sentence. */
MUST_CHECK int host_file(const struct debugger *, const char *name, char **path, struct error *);

#endif
