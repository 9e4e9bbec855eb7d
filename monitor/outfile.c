/* outfile.c - files written whole. */
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

/* Where the file really is: links are followed, so that the link stays one. malloc'd; NULL with errno. */
static char *real_name(const char *path)
{
    char *name = realpath(path, NULL);
    return name || errno != ENOENT ? name : strdup(path);
}

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

/* The new file has the permissions of the old one, or those that any new file gets. */
static int open_beside(struct outfile *o)
{
    struct stat s;
    const size_t size = strlen(o->name) + 32;
    o->temporary = malloc(size);
    if (!o->temporary)
        return -1;
    snprintf(o->temporary, size, "%s.%ld.part", o->name, (long)getpid());
    int fd = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 && stat(o->name, &s) == 0 && fchmod(fd, s.st_mode & 07777)) {
        close(fd);
        unlink(o->temporary);
        fd = -1;
    }
    if (fd < 0) {
        free(o->temporary);
        o->temporary = NULL;
    }
    return fd;
}

int outfile_open(struct outfile *o, const char *path, struct error *e)
{
    struct stat s;
    int r = outfile_check(path, e);
    *o = (struct outfile){.shown = path};
    if (r)
        return r;
    if (is_stdout(path)) {
        o->f = stdout;
        return 0;
    }
    o->name = real_name(path);
    bool as_it_comes = o->name && stat(o->name, &s) == 0 && !S_ISREG(s.st_mode);
    int fd = !o->name ? -1 : as_it_comes ? open(o->name, O_WRONLY | O_CLOEXEC) : open_beside(o);
    o->f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!o->f) {
        r = refuse(path, errno, e);
        if (fd >= 0)
            close(fd);
        outfile_abandon(o);
    }
    return r;
}

int outfile_finish(struct outfile *o, struct error *e)
{
    bool failed = fflush(o->f) != 0 || ferror(o->f);
    int code = errno;
    if (o->f != stdout && fclose(o->f) != 0 && !failed) {
        failed = true;
        code = errno;
    }
    o->f = NULL;
    if (!failed && o->temporary && rename(o->temporary, o->name)) {
        failed = true;
        code = errno;
    }
    int r = failed ? refuse(is_stdout(o->shown) ? "stdout" : o->shown, code ? code : EIO, e) : 0;
    if (!failed) {
        free(o->temporary);
        o->temporary = NULL;
    }
    outfile_abandon(o);
    return r;
}

void outfile_abandon(struct outfile *o)
{
    if (o->f && o->f != stdout)
        fclose(o->f);
    if (o->temporary)
        unlink(o->temporary);
    free(o->temporary);
    free(o->name);
    *o = (struct outfile){0};
}
