/* memory_file.h - bytes as a file that has a path and no folder. */
#ifndef TRAPEZE_TESTS_FUZZ_MEMORY_FILE_H
#define TRAPEZE_TESTS_FUZZ_MEMORY_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct memory_file {
    int fd;
    char path[40];
};

static inline void memory_file_make(struct memory_file *f, const void *bytes, size_t size)
{
    f->fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (f->fd < 0 || write(f->fd, bytes, size) != (ssize_t)size)
        abort();
    snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
}

static inline void memory_file_close(const struct memory_file *f) { close(f->fd); }

#endif
