/* outfile.c - files written whole.
 *
 * Where the file system has files without a name (O_TMPFILE), the new file gets one only when it is complete: whatever ends the process
 * leaves nothing behind. Elsewhere it grows as NAME.PID-N.part.
 *
 * What becomes of a file that is there already, from open on:
 *
 *     open     NAME (old)    + a new file, without a name             killed here: NAME (old), and nothing else
 *     write    NAME (old)    + the new one grows
 *     finish   fsync(new)    link it as NAME.PID-N.part                the content is on the disk before it has a name
 *              rename(NAME.PID-N.part, NAME)                           at once: NAME is the old one or the new one
 *              fsync(folder)                                           and so it is after a loss of power
 */
#define _GNU_SOURCE /* O_TMPFILE, fopencookie */
#include "monitor/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdout(const char *path) { return strcmp(path, "-") == 0; }

static int refuse(const char *path, int code, struct error *e)
{
    return error_set(e, code, "%s cannot be written: %s", path, strerror(code));
}

/* The folder that the name at the end of the path lies in, malloc'd. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
}

/* Where the file really is: links are followed, so that the link stays one. A path that leads nowhere yet is a new file.
 * malloc'd; NULL with errno. */
static char *real_name(const char *path)
{
    char *name = realpath(path, NULL);
    return name || errno != ENOENT ? name : strdup(path);
}

/* It is the folder that changes, so its permission is needed. (That of the file is asked for besides: who may not write it does
 * not expect to replace it.) */
static int check_folder(const char *path, struct error *e)
{
    char *folder = folder_of(path);
    struct stat s;
    int r = 0;
    if (!folder)
        return error_set(e, ENOMEM, "out of memory");
    if (stat(folder, &s) || access(folder, W_OK | X_OK))
        r = error_set(e, errno, "%s cannot be written, because its folder %s cannot: %s", path, folder, strerror(errno));
    else if (!S_ISDIR(s.st_mode))
        r = error_set(e, ENOTDIR, "%s cannot be written: %s is no folder", path, folder);
    free(folder);
    return r;
}

int outfile_check(const char *path, struct error *e)
{
    struct stat s;
    if (is_stdout(path))
        return 0;
    if (!*path)
        return error_set(e, ENOENT, "the name of the file to write is empty");
    char *name = real_name(path);
    if (!name)
        return refuse(path, errno, e);
    bool exists = stat(name, &s) == 0;
    int r = 0;
    if (exists && S_ISDIR(s.st_mode))
        r = refuse(path, EISDIR, e);
    else if (exists && access(name, W_OK))
        r = refuse(path, errno, e);
    else if (!exists || S_ISREG(s.st_mode))
        r = check_folder(name, e);
    free(name);
    return r;
}

/* --- the stream: it remembers why writing failed, which errno has forgotten by the time anybody asks */

/* stdio tells only that writing failed: by the time fclose() says so, errno is that of something else. The cookie keeps the
 * first one. */
struct outfile_sink {
    int fd;
    int error; /* errno of the first failure, or 0 */
};

/* After a failure no more is tried: what follows a gap is no file. Fewer bytes than asked for make stdio set its error. */
static ssize_t sink_write(void *cookie, const char *bytes, size_t count)
{
    struct outfile_sink *s = cookie;
    size_t done = 0;
    while (done < count && !s->error) {
        ssize_t n = write(s->fd, bytes + done, count - done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            s->error = n == 0 ? EIO : errno;
    }
    return (ssize_t)done;
}

/* Takes the file descriptor over, whether or not it succeeds. */
static int sink_open(struct outfile *o, int fd)
{
    o->sink = malloc(sizeof *o->sink);
    o->f = o->sink ? fopencookie(o->sink, "w", (cookie_io_functions_t){.write = sink_write}) : NULL;
    if (o->sink)
        *o->sink = (struct outfile_sink){.fd = fd};
    if (o->f)
        return 0;
    if (!o->sink)
        close(fd);
    return -ENOMEM;
}

/* --- the file beside the old one */

enum { NAMES_MAX = 100 };

/* The n-th name for the new file, malloc'd. */
static char *name_beside(const char *name, unsigned n)
{
    const size_t size = strlen(name) + 40;
    char *beside = malloc(size);
    if (beside)
        snprintf(beside, size, "%s.%ld-%u.part", name, (long)getpid(), n);
    return beside;
}

/* Makes the file under a name that is free, or gives it one when fd has none yet. The file descriptor or -errno. The name has
 * the process in it, and a number for files of one process; O_EXCL and linkat() both fail where somebody has it. */
static int take_name(struct outfile *o, int nameless)
{
    char self[40];
    snprintf(self, sizeof self, "/proc/self/fd/%d", nameless);
    for (unsigned n = 0; n < NAMES_MAX; n++) {
        o->temporary = name_beside(o->name, n);
        if (!o->temporary)
            return -ENOMEM;
        int fd = nameless < 0 ? open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)
                 : linkat(AT_FDCWD, self, AT_FDCWD, o->temporary, AT_SYMLINK_FOLLOW) == 0 ? nameless
                                                                                          : -1;
        if (fd >= 0)
            return fd;
        int code = errno;
        free(o->temporary);
        o->temporary = NULL;
        if (code != EEXIST)
            return -code;
    }
    return -EEXIST;
}

/* -ENOTSUP: the file system has no such files, or /proc is not there to name one later. */
static int open_nameless(const struct outfile *o)
{
    char *folder = folder_of(o->name);
    if (!folder)
        return -ENOMEM;
    int fd = access("/proc/self/fd", X_OK) ? -1 : open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666), code = errno;
    free(folder);
    if (fd >= 0)
        return fd;
    return code == EISDIR || code == ENOENT || code == EINVAL || code == EOPNOTSUPP ? -ENOTSUP : -code;
}

/* The new file has the permissions of the old one, or those that any new file gets. */
static int open_beside(struct outfile *o)
{
    struct stat s;
    int fd = open_nameless(o);
    if (fd == -ENOTSUP)
        fd = take_name(o, -1);
    if (fd >= 0 && stat(o->name, &s) == 0 && fchmod(fd, s.st_mode & 07777)) {
        int code = errno;
        close(fd);
        return -code;
    }
    return fd;
}

/* What is no regular file is not replaced. The file descriptor or -errno. */
static int open_file(struct outfile *o, const char *path)
{
    struct stat s;
    o->name = real_name(path);
    if (!o->name)
        return -errno;
    if (stat(o->name, &s) != 0 || S_ISREG(s.st_mode))
        return open_beside(o);
    int fd = open(o->name, O_WRONLY | O_CLOEXEC), code = errno;
    free(o->name);
    o->name = NULL;
    return fd < 0 ? -code : fd;
}

/*T:750 What the command writes it writes whole, or not at all: a file has no name while it grows. :*/
int outfile_open(struct outfile *o, const char *path, struct error *e)
{
    int r = outfile_check(path, e);
    *o = (struct outfile){.shown = path};
    if (r)
        return r;
    if (is_stdout(path)) {
        o->f = stdout;
        return 0;
    }
    r = open_file(o, path);
    if (r >= 0)
        r = sink_open(o, r);
    if (r) {
        outfile_abandon(o);
        return refuse(path, -r, e);
    }
    return 0;
}

/* --- its place */

static int refuse_this(const struct outfile *o, int code, struct error *e)
{
    return refuse(is_stdout(o->shown) ? "stdout" : o->shown, code, e);
}

int outfile_so_far(const struct outfile *o, struct error *e)
{
    return ferror(o->f) ? refuse_this(o, o->sink && o->sink->error ? o->sink->error : EIO, e) : 0;
}

/* The names in a folder reach the disk by themselves. Some file systems do not let that be asked for, and some folders are not readable. */
static int sync_folder(const struct outfile *o, struct error *e)
{
    char *folder = folder_of(o->name);
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, code = 0;
    if (fd < 0)
        code = errno == EACCES ? 0 : errno;
    else if (fsync(fd) != 0 && errno != EINVAL)
        code = errno;
    if (fd >= 0)
        close(fd);
    free(folder);
    return code ? error_set(e, code, "%s is in its place, but may not outlast a loss of power: %s", o->shown, strerror(code)) : 0;
}

/* The content is on the disk before the name says that it is the file. */
static int place(struct outfile *o, struct error *e)
{
    if (fsync(o->sink->fd) != 0)
        return refuse_this(o, errno, e);
    int r = o->temporary ? 0 : take_name(o, o->sink->fd);
    if (r < 0)
        return refuse_this(o, -r, e);
    int closed = close(o->sink->fd);
    o->sink->fd = -1;
    if (closed != 0 || rename(o->temporary, o->name) != 0)
        return refuse_this(o, errno, e);
    free(o->temporary);
    o->temporary = NULL;
    return sync_folder(o, e);
}

static int finish(struct outfile *o, struct error *e)
{
    errno = 0;
    if (fflush(o->f) != 0 || ferror(o->f))
        return o->sink ? outfile_so_far(o, e) : refuse_this(o, errno ? errno : EIO, e);
    if (o->name)
        return place(o, e);
    int fd = o->sink ? o->sink->fd : -1;
    if (o->sink)
        o->sink->fd = -1;
    return fd >= 0 && close(fd) != 0 ? refuse_this(o, errno, e) : 0;
}

int outfile_finish(struct outfile *o, struct error *e)
{
    int r = finish(o, e);
    outfile_abandon(o);
    return r;
}

void outfile_abandon(struct outfile *o)
{
    if (o->sink && o->f)
        fclose(o->f);
    if (o->sink && o->sink->fd >= 0)
        close(o->sink->fd);
    if (o->temporary)
        unlink(o->temporary);
    free(o->sink);
    free(o->temporary);
    free(o->name);
    *o = (struct outfile){0};
}

int outfile_write(const char *path, int (*write)(FILE *, const void *what, struct error *), const void *what, struct error *e)
{
    struct outfile o;
    int r = outfile_open(&o, path, e);
    if (r)
        return r;
    r = write(o.f, what, e);
    if (r == 0)
        return outfile_finish(&o, e);
    outfile_abandon(&o);
    return r;
}
