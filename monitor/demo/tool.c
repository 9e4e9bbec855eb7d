/* tool.c - the command runs itself: what a subcommand prints goes to its stdout, and here that is a pipe.
 *
 *    parent: fork() --> child: stdin /dev/null, stdout and stderr the pipe --> execv(/proc/self/exe, "trapeze", WORDS...)
 *            read_all(the pipe) until its last writer has gone --> wait_for(): the status
 *
 * By /proc/self/exe and not by a name on the PATH: the same version as this, wherever it was started from.
 */
#define _GNU_SOURCE /* pipe2 */
#include "monitor/demo/tool.h"

#include "monitor/demo/expect.h"
#include "monitor/demo/script.h"
#include "monitor/screen.h"
#include "monitor/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 64, FAILED_EXEC = 127 };

/* COLUMNS: so wide that nothing is folded, as lines are selected by patterns before they are folded for the screen. */
static _Noreturn void child(char **argv, int out)
{
    char columns[16];
    int null = open("/dev/null", O_RDONLY);
    snprintf(columns, sizeof columns, "%u", SCREEN_UNFOLDED);
    setenv("COLUMNS", columns, 1);
    setenv("NO_COLOR", "1", 1);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 && dup2(out, STDERR_FILENO) >= 0)
        execv("/proc/self/exe", argv);
    _exit(FAILED_EXEC);
}

/* A signal that asks for the end breaks off the reading; wait_for() then passes it on, and nobody is left behind. */
static char *read_all(int fd)
{
    char *text = NULL, part[4096];
    size_t size;
    FILE *f = open_memstream(&text, &size);
    ssize_t n = 1;
    while (f && n != 0) {
        n = read(fd, part, sizeof part);
        if (n < 0 && errno == EINTR && !terminal_signal())
            continue;
        if (n <= 0)
            break;
        fwrite(part, 1, (size_t)n, f);
    }
    if (f)
        fclose(f);
    return text;
}

/* 128 + N, as shells say it of an end by signal N. */
static int wait_for(pid_t pid)
{
    int s = 0;
    if (terminal_signal())
        kill(pid, SIGTERM);
    while (waitpid(pid, &s, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(s) ? 128 + WTERMSIG(s) : WEXITSTATUS(s);
}

int demo_tool(const char *words, char **text, int *status, struct error *e)
{
    static char name[] = "trapeze";
    char *copy = strdup(words), *rest = copy, *argv[WORDS + 2] = {name};
    int ends[2] = {-1, -1};
    for (unsigned n = 1; copy && n <= WORDS; n++)
        if (!(argv[n] = demo_word(&rest)))
            break;
    fflush(NULL);
    pid_t pid = copy && pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    if (pid == 0)
        child(argv, ends[1]);
    int why = errno;
    if (ends[1] >= 0)
        close(ends[1]);
    *text = pid > 0 ? demo_untab(read_all(ends[0])) : NULL;
    if (ends[0] >= 0)
        close(ends[0]);
    if (pid > 0)
        *status = wait_for(pid);
    free(copy);
    return *text ? 0 : error_set(e, why ? why : ENOMEM, "trapeze cannot be run: %s", strerror(why ? why : ENOMEM));
}
