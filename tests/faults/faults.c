/* faults.c - linked into the command in place of what it asks of the host (the linker's --wrap): the n-th request fails, as if memory
 * were out or the disk broken. Only requests of ours are counted, not those that libraries make for themselves.
 *
 *   TRAPEZE_FAULT=N       the N-th request fails, those after it do not
 *   TRAPEZE_FAULT=N+      nor does any after it succeed
 *   TRAPEZE_FAULT_LOG=F   what failed is written there: its name, and from where it was called, as addr2line takes it
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern const char __executable_start[];

static atomic_ulong requests;

static void tell(const char *what, const void *from)
{
    const char *path = getenv("TRAPEZE_FAULT_LOG");
    char line[96];
    int n = snprintf(line, sizeof line, "%s 0x%zx\n", what, (size_t)((const char *)from - __executable_start));
    long fd = path ? syscall(SYS_open, path, O_WRONLY | O_CREAT | O_APPEND, 0666) : -1;
    if (fd >= 0) {
        syscall(SYS_write, fd, line, n);
        syscall(SYS_close, fd);
    }
}

/* Whether this request fails. */
static bool fails(const char *what, const void *from)
{
    const char *wish = getenv("TRAPEZE_FAULT");
    char *end;
    if (!wish)
        return false;
    const unsigned long now = atomic_fetch_add(&requests, 1) + 1, at = strtoul(wish, &end, 10);
    if (*end == '+' ? now < at : now != at)
        return false;
    tell(what, from);
    return true;
}

/* WRAP(result, errno, what it returns when it fails, name, parameters, arguments) */
#define WRAP(type, code, failed, name, parameters, arguments)                                                                         \
    type __real_##name parameters;                                                                                                    \
    type __wrap_##name parameters;                                                                                                    \
    type __wrap_##name parameters                                                                                                     \
    {                                                                                                                                 \
        if (!fails(#name, __builtin_return_address(0)))                                                                               \
            return __real_##name arguments;                                                                                           \
        errno = code;                                                                                                                 \
        return failed;                                                                                                                \
    }

/* --- memory */
WRAP(void *, ENOMEM, NULL, malloc, (size_t size), (size))
WRAP(void *, ENOMEM, NULL, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, ENOMEM, NULL, realloc, (void *old, size_t size), (old, size))
WRAP(char *, ENOMEM, NULL, strdup, (const char *text), (text))
WRAP(char *, ENOMEM, NULL, strndup, (const char *text, size_t size), (text, size))
WRAP(FILE *, ENOMEM, NULL, open_memstream, (char **text, size_t *size), (text, size))
WRAP(FILE *, ENOMEM, NULL, fopencookie, (void *cookie, const char *mode, cookie_io_functions_t f), (cookie, mode, f))
WRAP(char *, ENOMEM, NULL, realpath, (const char *path, char *out), (path, out))
WRAP(void *, ENOMEM, MAP_FAILED, mmap, (void *at, size_t size, int prot, int flags, int fd, off_t offset),
     (at, size, prot, flags, fd, offset))
WRAP(int, ENOMEM, -1, madvise, (void *at, size_t size, int advice), (at, size, advice))
WRAP(int, ENOMEM, -1, memfd_create, (const char *name, unsigned flags), (name, flags))
WRAP(int, EAGAIN, EAGAIN, pthread_create, (pthread_t * t, const pthread_attr_t *a, void *(*f)(void *), void *x), (t, a, f, x))

int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list args;
    if (fails("asprintf", __builtin_return_address(0))) {
        errno = ENOMEM;
        return -1;
    }
    va_start(args, format);
    int n = vasprintf(out, format, args);
    va_end(args);
    return n;
}

/* --- files */
WRAP(FILE *, EIO, NULL, fopen, (const char *path, const char *mode), (path, mode))
WRAP(size_t, EIO, 0, fread, (void *to, size_t size, size_t count, FILE *f), (to, size, count, f))
WRAP(int, EIO, -1, fseek, (FILE * f, long offset, int whence), (f, offset, whence))
WRAP(ssize_t, EIO, -1, read, (int fd, void *to, size_t count), (fd, to, count))
WRAP(ssize_t, EIO, -1, pread, (int fd, void *to, size_t count, off_t at), (fd, to, count, at))
WRAP(ssize_t, ENOSPC, -1, write, (int fd, const void *from, size_t count), (fd, from, count))
WRAP(ssize_t, ENOSPC, -1, pwrite, (int fd, const void *from, size_t count, off_t at), (fd, from, count, at))
WRAP(off_t, EIO, -1, lseek, (int fd, off_t offset, int whence), (fd, offset, whence))
WRAP(int, EIO, -1, stat, (const char *path, struct stat *s), (path, s))
WRAP(int, EIO, -1, lstat, (const char *path, struct stat *s), (path, s))
WRAP(int, EIO, -1, fstat, (int fd, struct stat *s), (fd, s))
WRAP(int, EIO, -1, access, (const char *path, int mode), (path, mode))
WRAP(int, EIO, -1, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, EIO, -1, fsync, (int fd), (fd))
WRAP(int, EIO, -1, fdatasync, (int fd), (fd))
WRAP(int, ENOSPC, -1, linkat, (int from, const char *a, int to, const char *b, int flags), (from, a, to, b, flags))
WRAP(int, EIO, -1, rename, (const char *from, const char *to), (from, to))
WRAP(int, ENOSPC, -1, mkdir, (const char *path, mode_t mode), (path, mode))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    if (fails("open", __builtin_return_address(0))) {
        errno = EMFILE;
        return -1;
    }
    va_start(args, flags);
    const unsigned mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, unsigned) : 0;
    va_end(args);
    return __real_open(path, flags, mode);
}

/* The descriptor is gone all the same [close(2)]. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    const bool fail = fails("close", __builtin_return_address(0));
    int r = __real_close(fd);
    if (fail)
        errno = EIO;
    return fail ? -1 : r;
}

int __real_fclose(FILE *f);
int __wrap_fclose(FILE *f);
int __wrap_fclose(FILE *f)
{
    const bool fail = fails("fclose", __builtin_return_address(0));
    int r = __real_fclose(f);
    if (fail)
        errno = EIO;
    return fail ? EOF : r;
}
