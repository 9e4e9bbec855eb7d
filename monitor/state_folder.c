/* state_folder.c - see state_folder.h. */
#include "monitor/state_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A relative XDG_STATE_HOME is to be ignored [XDG Base Directory Specification, "Basics"]. */
bool state_path(const char *name, char *out, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = -1;
    if (state && state[0] == '/')
        n = snprintf(out, size, "%s/trapeze/%s", state, name);
    else if (home && *home)
        n = snprintf(out, size, "%s/.local/state/trapeze/%s", home, name);
    if (n < 0 || (size_t)n >= size)
        out[0] = '\0';
    return out[0] != '\0';
}

/* The path is written to and put back: a slash at a time becomes the end of a string. 0700: what a person typed is nobody
 * else's. */
void state_make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)!mkdir(path, 0700);
        *slash = '/';
    }
}
