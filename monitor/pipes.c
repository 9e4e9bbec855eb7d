/* pipes.c - a pipe's content goes into memory that has a name in /proc.
 *
 * A guest that comes through a pipe, as in `trapeze verify <(make-kernel)`:
 *
 *     /dev/fd/63 (a pipe) -- read once --> memfd --> "/proc/self/fd/5" stands in the options instead
 *
 * From there on it is a file like others, which can be read as often as one likes. What the person typed is kept beside, for
 * sentences.
 */
#define _GNU_SOURCE /* memfd_create */
#include "monitor/pipes.h"

#include "core/loader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_pipe(const char *path)
{
    struct stat s;
    return path && stat(path, &s) == 0 && S_ISFIFO(s.st_mode);
}

static int write_all(int fd, const uint8_t *bytes, size_t count)
{
    while (count) {
        ssize_t n = write(fd, bytes, count);
        if (n < 0 && errno != EINTR)
            return -errno;
        bytes += n > 0 ? n : 0;
        count -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* Other files are left alone: a kernel of a gigabyte need not be in memory twice. The memfd is closed with the options. */
int pipe_read(struct run_options *o, const char **path, struct error *e)
{
    uint8_t *data;
    size_t size;
    if (!is_pipe(*path))
        return 0;
    int r = load_file(*path, &data, &size, e);
    if (r)
        return r;
    int fd = memfd_create("pipe", MFD_CLOEXEC);
    r = fd < 0 ? -errno : write_all(fd, data, size);
    free(data);
    char *name = o->pipe_path[o->pipes] = r ? NULL : malloc(PIPE_PATH);
    if (r == 0 && name) {
        snprintf(name, PIPE_PATH, "/proc/self/fd/%d", fd);
        o->pipe_typed[o->pipes] = *path;
        o->pipe_fd[o->pipes++] = fd;
        *path = name;
        return 0;
    }
    if (fd >= 0)
        close(fd);
    r = r ? r : -ENOMEM;
    return error_set(e, -r, "%s: what comes through it cannot be kept: %s", *path, strerror(-r));
}

int pipes_read(struct run_options *o, struct error *e)
{
    const char **named[] = {&o->boot.kernel, &o->boot.bios, &o->boot.initrd, &o->boot.dtb, &o->script};
    int r = 0;
    for (size_t n = 0; n < sizeof named / sizeof named[0] && r == 0; n++)
        r = pipe_read(o, named[n], e);
    for (unsigned n = 0; n < o->images && r == 0; n++)
        r = pipe_read(o, &o->image[n].path, e);
    return r;
}

const char *pipes_typed(const struct run_options *o, const char *path)
{
    for (unsigned n = 0; path && n < o->pipes; n++)
        if (strcmp(o->pipe_path[n], path) == 0)
            return o->pipe_typed[n];
    return path;
}

/* /proc/self/fd/3 is no part of /proc/self/fd/33. */
static const char *find_path(const char *text, const char *path)
{
    size_t length = strlen(path);
    const char *at = strstr(text, path);
    while (at && at[length] >= '0' && at[length] <= '9')
        at = strstr(at + length, path);
    return at;
}

/* A sentence that was made further down names /proc/self/fd/5, which means nothing to a person: it gets the name that was typed. */
void pipes_tell(const struct run_options *o, struct error *e)
{
    for (unsigned n = 0; n < o->pipes; n++) {
        struct error old = *e;
        const char *at = find_path(old.text, o->pipe_path[n]);
        if (at)
            snprintf(e->text, sizeof e->text, "%.*s%s%s", (int)(at - old.text), old.text, o->pipe_typed[n],
                     at + strlen(o->pipe_path[n]));
    }
}
