/* spent [-n RUNS] COMMAND... - runs the command so many times (1), without input or output, and prints what it took, from starting the
 * process to its end: milliseconds of time, the median and the least; of processor time, the median; KiB of memory at the most, the
 * least of all runs. Its exit status is the command's.
 */
#define _GNU_SOURCE /* wait4 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 1000 };

struct run {
    double wall, cpu;
    long memory;
    int status;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double milliseconds(struct timeval t) { return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3; }

static struct run run_once(char **command)
{
    struct run r = {.wall = now(), .status = 127};
    struct rusage used;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDWR);
        for (int fd = 0; fd < 3; fd++)
            dup2(nothing, fd);
        execvp(command[0], command);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
        return r;
    r.wall = now() - r.wall;
    r.cpu = milliseconds(used.ru_utime) + milliseconds(used.ru_stime);
    r.memory = used.ru_maxrss;
    r.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return r;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static double wall[RUNS_MAX], cpu[RUNS_MAX];
    int runs = 1, at = 1;
    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        runs = atoi(argv[2]);
        at = 3;
    }
    if (at >= argc || runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: spent [-n RUNS] COMMAND...\n");
        return 2;
    }
    struct run r = {0};
    long least = 0;
    for (int n = 0; n < runs && r.status == 0; n++) {
        r = run_once(argv + at);
        wall[n] = r.wall;
        cpu[n] = r.cpu;
        least = n && least < r.memory ? least : r.memory;
    }
    qsort(wall, (size_t)runs, sizeof *wall, by_size);
    qsort(cpu, (size_t)runs, sizeof *cpu, by_size);
    printf("%.1f %.1f %.1f %ld\n", wall[runs / 2], wall[0], cpu[runs / 2], least);
    return r.status;
}
