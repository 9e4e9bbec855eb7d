/* source.h - the text of source files: where it is looked for, and its lines.
 *
 * A path of a symbol file is tried as it is, then below each folder of `directory`, then below the folders this command comes with (its
 * source tree, or share/trapeze where it is installed); there with ever fewer of its leading folders.
 */
#ifndef TRAPEZE_MONITOR_DEBUG_SOURCE_H
#define TRAPEZE_MONITOR_DEBUG_SOURCE_H

#include "monitor/debug/debugger.h"

struct sources;

MUST_CHECK int sources_create(struct sources **);
void sources_destroy(struct sources *);
MUST_CHECK int sources_add_folder(struct sources *, const char *path); /* in front of the others; 0 or -ENOMEM */
void sources_clear_folders(struct sources *);
const char *sources_folder(const struct sources *, unsigned index); /* NULL at the end */

/* A line of a file, from 1, without its end; *length of it. NULL: there is no such line, or the file is not found. */
const char *sources_line(struct sources *, const char *file, unsigned line, size_t *length);
unsigned sources_lines(struct sources *, const char *file);    /* how many; 0: the file is not found */
const char *sources_found(struct sources *, const char *file); /* where; NULL: nowhere */

#endif
