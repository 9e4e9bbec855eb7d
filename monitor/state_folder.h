/* state_folder.h - where the command keeps what it remembers from one time to the next: history, progress [XDG Base Directory
 * Specification: XDG_STATE_HOME, else ~/.local/state]. */
#ifndef TRAPEZE_MONITOR_STATE_FOLDER_H
#define TRAPEZE_MONITOR_STATE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* The path of a file there. false: there is no such place, or the path is too long; then it is "". Nothing is made: a command
 * that only looks leaves no folder behind. */
bool state_path(const char *name, char *out, size_t size);
/* Makes the folders of a path, all that are missing; where that fails, writing the file tells. The path is the same afterwards. */
void state_make_folders(char *path);

#endif
