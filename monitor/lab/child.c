/* child.c - see child.h. The child has no terminal, no input, no core dump, and limits of memory, file size and processor time. It is no
 * sandbox: it may read what its user may.
 */
#define _GNU_SOURCE /* memfd_create */
#include "monitor/lab/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EVERY = 5 /* ms */, FILES = 1 << 20 /* bytes of one */, PROCESSOR = 10 };
#if defined(__SANITIZE_ADDRESS__) /* its shadow memory is counted, too */
#define MEMORY RLIM_INFINITY
#else
#define MEMORY ((rlim_t)4 << 30)
#endif

void *child_memory(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

void child_memory_free(void *at, size_t size)
{
    if (at)
        munmap(at, size);
}

/* Never above what the user has already: a limit that is lower stays. Soft and hard limit are the same, so the plug-in cannot raise it. */
static void limit(unsigned what, rlim_t most)
{
    struct rlimit r;
    if (getrlimit(what, &r) != 0)
        return;
    if (r.rlim_max == RLIM_INFINITY || r.rlim_max > most)
        r.rlim_max = most;
    r.rlim_cur = r.rlim_max;
    setrlimit(what, &r);
}

/* A process group of its own: what the plug-in starts goes with it, too. PR_SET_PDEATHSIG: if trapeze is killed nobody would end the child.
 * Signals are as a program has them by default, for trapeze has handlers for some; a crash is to be a crash. Limits come last, as
 * redirecting the streams needs none of them. */
static void be_child(const struct child_work *w, int said)
{
    static const int usual[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGINT, SIGTERM, SIGPIPE, SIGALRM};
    const int nothing = open("/dev/null", O_RDONLY);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    for (unsigned i = 0; i < sizeof usual / sizeof *usual; i++)
        signal(usual[i], SIG_DFL);
    dup2(nothing, STDIN_FILENO);
    dup2(said, STDOUT_FILENO);
    dup2(said, STDERR_FILENO);
    setvbuf(stdout, NULL, _IONBF, 0); /* what it prints before it crashes is there */
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, FILES);
    limit(RLIMIT_AS, MEMORY);
    limit(RLIMIT_CPU, (rlim_t)w->seconds * PROCESSOR);
    w->run(w->opaque);
    *w->done = true;
    _exit(0);
}

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* calls * 2 + inside changes when a call comes and when it returns: who computes outside of the student's functions gets on, and is bound
 * by processor time alone. The pid is not free for others before waitpid() has told of it, so the kill meets the right process; the group
 * is killed in any case, for what the plug-in has left running.
 * Waits for its end; kills it, and what it has started, when it stands still. */
static bool wait_for(const struct child_work *w, pid_t child, int *status)
{
    uint64_t calls = 0, since = now_ms();
    bool hung = false;
    while (waitpid(child, status, WNOHANG) == 0) {
        const uint64_t seen = w->progress->calls * 2 + (w->progress->inside != 0);
        if (seen != calls) {
            calls = seen;
            since = now_ms();
        }
        hung = hung || (w->progress->inside != 0 && now_ms() - since > w->seconds * UINT64_C(1000));
        if (hung)
            kill(child, SIGKILL);
        poll(NULL, 0, LOOK_EVERY);
    }
    kill(-child, SIGKILL);
    return hung;
}

/* The child wrote to a file in memory, from wherever: pread() from the beginning. */
static void read_said(int fd, char out[CHILD_SAID])
{
    const ssize_t n = pread(fd, out, CHILD_SAID - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    for (char *c = out; *c; c++) /* it goes to terminals */
        if ((unsigned char)*c < ' ' && *c != '\n' && *c != '\t')
            *c = '?';
}

/* SIGKILL is ours, or that of the limit of processor time where the system does not send SIGXCPU first. An end with status 0 before run()
 * has returned is an exit() by the plug-in: only *done tells it from a good end. */
static enum child_end how(const struct child_work *w, bool hung, int status)
{
    if (hung || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))
        return CHILD_HUNG;
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGKILL ? CHILD_HUNG : CHILD_SIGNALED;
    return *w->done ? CHILD_DONE : CHILD_EXITED;
}

int child_run(const struct child_work *w, struct child_result *out, struct error *e)
{
    int said = memfd_create("said", MFD_CLOEXEC), status = 0;
    if (said < 0)
        return error_set(e, errno, "what the plug-in prints cannot be kept: %s", strerror(errno));
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0)
        be_child(w, said);
    if (child < 0) {
        close(said);
        return error_set(e, errno, "there can be no process for the plug-in: %s", strerror(errno));
    }
    const bool hung = wait_for(w, child, &status);
    out->end = how(w, hung, status);
    out->number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    read_said(said, out->said);
    close(said);
    return 0;
}
