/* host_file.c - see host_file.h. */
#define _GNU_SOURCE /* asprintf */
#include "monitor/debug/host_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int no_memory(const char *name, struct error *e)
{
    return error_set(e, ENOMEM, "%s: there is not enough memory to open it", name);
}

/* As a whole part of the path: "a/../b" and "..", not "a..b". */
static bool has_parent_part(const char *name)
{
    for (const char *part = name; *part;) {
        size_t n = strcspn(part, "/");
        if (n == 2 && part[0] == '.' && part[1] == '.')
            return true;
        part += n;
        part += strspn(part, "/");
    }
    return false;
}

/* /srv/gdb is not below /srv/g: where the folder's name ends the path must end, too, or go on with a slash. */
static bool is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0' || (n && folder[n - 1] == '/'));
}

/* The folder of the file is followed to where it really lies; the file itself must be no link, and no device or pipe. */
static int inside(const char *name, const char *root, char *wanted, char **path, struct error *e)
{
    struct stat s;
    char *slash = strrchr(wanted, '/');
    *slash = '\0';
    char *folder = realpath(*wanted ? wanted : "/", NULL);
    if (!folder)
        return error_set(e, errno, "%s: its folder cannot be found: %s", name, strerror(errno));
    bool fits = is_below(folder, root) && slash[1] && strcmp(slash + 1, ".") != 0;
    int r = fits ? 0 : error_set(e, EPERM, "%s: this is not below the folder of -gdb-files", name);
    if (r == 0 && asprintf(path, "%s/%s", folder, slash + 1) < 0) {
        *path = NULL;
        r = no_memory(name, e);
    }
    if (r == 0 && lstat(*path, &s) == 0 && !S_ISREG(s.st_mode))
        r = error_set(e, EPERM, "%s: a remote debugger may name plain files only, no links, folders or devices", name);
    if (r) {
        free(*path);
        *path = NULL;
    }
    free(folder);
    return r;
}

/* A remote debugger may sit in a browser's tab on this host, or speak for somebody else; the files of the person who
 * runs trapeze are not its. What it names is taken below the folder, or may be absolute and lie there:
 *
 *     -gdb-files /srv/x     log.txt        /srv/x/log.txt
 *                           /srv/x/log     /srv/x/log
 *                           ../log, /etc/passwd, a link to anywhere: refused, with a sentence
 *
 * Between the check and the opening somebody with rights on this host could put a link there; who has these needs no
 * debugger. */
int host_file(const struct debugger *d, const char *name, char **path, struct error *e)
{
    const char *allowed = d->options->gdb_files;
    *path = d->remote ? NULL : strdup(name);
    if (!d->remote)
        return *path ? 0 : no_memory(name, e);
    if (!allowed)
        return error_set(e, EPERM, "%s: a remote debugger may not name files of this host; -gdb-files FOLDER allows those of a folder",
                         name);
    if (has_parent_part(name))
        return error_set(e, EPERM, "%s: a remote debugger's file names have no '..'", name);
    char *root = realpath(allowed, NULL), *wanted = NULL;
    int r = root ? 0 : error_set(e, errno, "-gdb-files %s: %s", allowed, strerror(errno));
    if (r == 0 && asprintf(&wanted, "%s%s%s", *name == '/' ? "" : root, *name == '/' ? "" : "/", name) < 0) {
        wanted = NULL;
        r = no_memory(name, e);
    }
    if (r == 0)
        r = inside(name, root, wanted, path, e);
    free(wanted);
    free(root);
    return r;
}
