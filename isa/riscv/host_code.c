/* host_code.c - a file in memory, mapped twice: no page may be written and executed by the same address. Where the system refuses the one
 * or the other (a seccomp filter, SELinux's execmem, no memfd), it says so, and whoever asked has to do without.
 */
#define _GNU_SOURCE /* memfd_create */
#include "isa/riscv/host_code.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* Memory files count as files: one that is longer than the process may make files would end it by SIGXFSZ [setrlimit(2)]. */
static bool is_allowed(size_t size)
{
    struct rlimit longest;
    return getrlimit(RLIMIT_FSIZE, &longest) != 0 || longest.rlim_cur == RLIM_INFINITY || longest.rlim_cur >= size;
}

int host_code_create(struct host_code *c, size_t size)
{
    *c = (struct host_code){.size = size};
    if (!is_allowed(size))
        return -EFBIG;
    const int fd = memfd_create("trapeze-code", MFD_CLOEXEC);
    if (fd < 0)
        return errno == ENOSYS ? -ENOTSUP : -errno; /* ENOSYS is said of a translator that there is not */
    int error = 0;
    void *write = MAP_FAILED, *execute = MAP_FAILED;
    if (ftruncate(fd, (off_t)size) == 0) {
        write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        execute = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    }
    if (write == MAP_FAILED || execute == MAP_FAILED) {
        error = -errno;
        if (write != MAP_FAILED)
            munmap(write, size);
        if (execute != MAP_FAILED)
            munmap(execute, size);
    } else {
        c->write = write;
        c->execute = execute;
    }
    close(fd);
    return error;
}

void host_code_destroy(struct host_code *c)
{
    if (!c->write)
        return;
    munmap(c->write, c->size);
    munmap((void *)(uintptr_t)c->execute, c->size);
    c->write = NULL;
}

/* A processor that has executed old bytes and sees new ones through another address has to be told: CPUID serializes
 * [Intel SDM 3A 11.6]. New code at an address never executed needs nothing. */
void host_code_rewritten(const struct host_code *c)
{
    (void)c;
#if defined(__x86_64__)
    unsigned a = 0, b, cx = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(cx), "=d"(d)::"memory");
#endif
}
