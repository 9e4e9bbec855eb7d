/* bench.c - runs the workloads on trapeze, bare and in a virtual machine, and on every peer found on PATH: the same guest, alternating,
 * in one run. Time is what passes between the guest's two lines, so that starting up does not count. Machines are noisy: what is
 * reported are ratios of the same round, their median and their range.
 *
 *   bench [--runs N] [--tenth] [--svg FILE] --trapeze PATH --guest ELF [NAME...]
 *   bench --check --trapeze PATH --guest ELF       a tenth of it, once, without peers: only the checksums matter
 */
#include "tests/bench/plot.h"
#include "tests/bench/system.h"
#include "tests/bench/work.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint8_t arena[ARENA]; /* the host's, for the checksums */

enum { ROUNDS = 32, ENGINE_ARGUMENTS = 24 };

/* --- what is run */

static uint64_t linear(uint64_t n) { return n; }
static uint64_t sixteen_pages(uint64_t n) { return 16 * ((n + 1) / 2 + n / 2 * 2); }

static const struct workload {
    const char *name, *group, *about;
    uint64_t n;
    uint64_t (*expected)(uint64_t n);
} workloads[] = {
#define WORK(name, group, n, about) {#name, #group, about, n, work_##name},
#define SYSTEM(name, n, about) {#name, "system", about, n, NULL},
    WORKS SYSTEMS
#undef WORK
#undef SYSTEM
};
enum { WORKLOADS = sizeof workloads / sizeof *workloads };

static uint64_t expected(const struct workload *w, uint64_t n)
{
    if (w->expected)
        return w->expected(n);
    return strcmp(w->name, "satp") == 0 || strcmp(w->name, "asid") == 0 ? sixteen_pages(n) : linear(n);
}

struct options {
    const char *trapeze, *guest, *svg;
    unsigned runs;
    bool tenth, check;
    char **names;
    int name_count;
};

static struct engine {
    const char *name;
    bool there;
    const char *const words[12]; /* the command; GUEST and WORK stand for those */
} engines[] = {
    {"qemu", false, {"qemu-system-riscv64", "-M", "virt", "-cpu", "rv64", "-m", "128M", "-display", "none", "-monitor", "none"}},
    {"bare", true, {NULL, "run", "--bare", "-m", "128M"}},
    {"vm", true, {NULL, "run", "-m", "128M"}},
};
enum { QEMU, BARE, VM, ENGINES };

static bool on_path(const char *program)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    return system(command) == 0;
}

/* --- one run */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void become(const struct options *o, const struct engine *e, const char *append)
{
    const char *argv[ENGINE_ARGUMENTS];
    unsigned n = 0;
    for (; e->words[n] || n == 0; n++)
        argv[n] = e->words[n] ? e->words[n] : o->trapeze;
    const char *const rest[] = {"-bios", "none", "-kernel", o->guest, "-append", append};
    for (unsigned i = 0; i < sizeof rest / sizeof *rest; i++)
        argv[n++] = rest[i];
    if (e == &engines[QEMU]) {
        argv[n++] = "-serial";
        argv[n++] = "stdio";
    }
    argv[n] = NULL;
    int null = open("/dev/null", O_RDONLY);
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* Reads the guest's lines. true: the checksum, and the time between them. */
static bool listen_to(int fd, uint64_t *checksum, double *time)
{
    FILE *f = fdopen(fd, "r");
    char line[256];
    double begun = 0;
    bool done = false;
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "begin", 5) == 0)
            begun = seconds();
        else if (sscanf(line, "end %" SCNx64, checksum) == 1)
            done = true, *time = seconds() - begun;
        else
            fprintf(stderr, "bench: the guest says: %s", line);
    }
    if (f)
        fclose(f);
    return done && begun > 0;
}

static bool run_once(const struct options *o, const struct engine *e, const struct workload *w, uint64_t n, double *time)
{
    char append[64];
    int fd[2], status;
    uint64_t checksum = 0;
    snprintf(append, sizeof append, "%s %" PRIu64, w->name, n);
    if (pipe(fd))
        return false;
    pid_t child = fork();
    if (child == 0) {
        dup2(fd[1], STDOUT_FILENO);
        close(fd[0]);
        close(fd[1]);
        become(o, e, append);
    }
    close(fd[1]);
    bool done = child > 0 && listen_to(fd[0], &checksum, time);
    if (child > 0 && (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0))
        done = false;
    if (!done) {
        fprintf(stderr, "bench: %s on %s did not come to its end\n", w->name, e->name);
        return false;
    }
    if (checksum != expected(w, n)) {
        fprintf(stderr, "bench: %s on %s: checksum %016" PRIx64 ", not %016" PRIx64 "\n", w->name, e->name, checksum, expected(w, n));
        return false;
    }
    return true;
}

/* --- rounds and their ratios */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct spread spread_of(const double *v, unsigned count)
{
    double sorted[ROUNDS];
    memcpy(sorted, v, count * sizeof *v);
    qsort(sorted, count, sizeof *sorted, by_value);
    return (struct spread){sorted[0], sorted[count / 2], sorted[count - 1]};
}

/* How often faster `a` is than `b`, round by round. */
static struct spread faster(const double *a, const double *b, unsigned count)
{
    double ratio[ROUNDS];
    for (unsigned r = 0; r < count; r++)
        ratio[r] = b[r] / a[r];
    return spread_of(ratio, count);
}

static void print_spread(struct spread s) { printf("  %6.2f [%5.2f %6.2f]", s.median, s.low, s.high); }

static bool measure(const struct options *o, const struct workload *w, struct result *result)
{
    double time[ENGINES][ROUNDS];
    uint64_t n = o->tenth ? w->n / 10 + 1 : w->n;
    for (unsigned r = 0; r < o->runs; r++)
        for (unsigned e = 0; e < ENGINES; e++)
            if (engines[e].there && !run_once(o, &engines[e], w, n, &time[e][r]))
                return false;
    *result = (struct result){.name = w->name, .group = w->group, .peer = engines[QEMU].there};
    printf("%-10s", w->name);
    for (unsigned e = 0; e < ENGINES; e++)
        if (engines[e].there)
            printf("  %11.1f", spread_of(time[e], o->runs).median * 1e9 / (double)n);
    if (engines[QEMU].there) {
        print_spread(result->bare = faster(time[BARE], time[QEMU], o->runs));
        print_spread(result->vm = faster(time[VM], time[QEMU], o->runs));
    }
    print_spread(result->vm_to_bare = faster(time[VM], time[BARE], o->runs));
    printf("\n");
    fflush(stdout);
    return true;
}

static bool wanted(const struct options *o, const struct workload *w)
{
    for (int i = 0; i < o->name_count; i++)
        if (strcmp(o->names[i], w->name) == 0 || strcmp(o->names[i], w->group) == 0)
            return true;
    return o->name_count == 0;
}

static void print_means(const struct result *all, unsigned count)
{
    static const char *const groups[] = {"integer", "memory", "double", "system"};
    for (unsigned g = 0; g < sizeof groups / sizeof *groups; g++) {
        double bare = 0, vm = 0, vm_to_bare = 0;
        unsigned n = 0;
        for (unsigned i = 0; i < count; i++)
            if (strcmp(all[i].group, groups[g]) == 0) {
                bare += log(all[i].bare.median);
                vm += log(all[i].vm.median);
                vm_to_bare += log(all[i].vm_to_bare.median);
                n++;
            }
        if (n == 0)
            continue;
        printf("%-10s geometric mean of %u:", groups[g], n);
        if (all[0].peer)
            printf("  bare to qemu %.3f, vm to qemu %.3f,", exp(bare / n), exp(vm / n));
        printf("  vm to bare %.3f\n", exp(vm_to_bare / n));
    }
}

static int check(const struct options *o)
{
    double time;
    for (unsigned i = 0; i < WORKLOADS; i++)
        for (unsigned e = BARE; e <= VM; e++)
            if (wanted(o, &workloads[i]) && !run_once(o, &engines[e], &workloads[i], workloads[i].n / 10 + 1, &time))
                return 1;
    printf("every checksum is the host's\n");
    return 0;
}

static int bench(const struct options *o)
{
    static struct result all[WORKLOADS];
    unsigned count = 0;
    engines[QEMU].there = on_path(engines[QEMU].words[0]);
    printf("nanoseconds a unit, medians of %u; then how often as fast: median [least, most] of the rounds\n%-10s", o->runs, "");
    for (unsigned e = 0; e < ENGINES; e++)
        if (engines[e].there)
            printf("  %11s", engines[e].name);
    printf("  %s\n", engines[QEMU].there ? "         bare to qemu           vm to qemu           vm to bare" : "           vm to bare");
    for (unsigned i = 0; i < WORKLOADS; i++)
        if (wanted(o, &workloads[i]) && !measure(o, &workloads[i], &all[count++]))
            return 1;
    if (count == 0) {
        fprintf(stderr, "bench: no workload or group has such a name\n");
        return 2;
    }
    print_means(all, count);
    if (o->svg && !plot(o->svg, all, count)) {
        fprintf(stderr, "bench: %s: cannot be written: %s\n", o->svg, strerror(errno));
        return 1;
    }
    return 0;
}

static bool read_options(struct options *o, int argc, char **argv)
{
    *o = (struct options){.runs = 5, .names = argv};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        bool takes = true;
        if (strcmp(argv[i], "--trapeze") == 0)
            o->trapeze = value;
        else if (strcmp(argv[i], "--guest") == 0)
            o->guest = value;
        else if (strcmp(argv[i], "--svg") == 0)
            o->svg = value;
        else if (strcmp(argv[i], "--runs") == 0)
            o->runs = (unsigned)strtoul(value, NULL, 10);
        else
            takes = false;
        if (strcmp(argv[i], "--tenth") == 0)
            o->tenth = true;
        else if (strcmp(argv[i], "--check") == 0)
            o->check = true;
        else if (!takes && argv[i][0] == '-')
            return false;
        else if (!takes)
            o->names[o->name_count++] = argv[i];
        i += takes;
    }
    return o->trapeze && o->guest && o->runs > 0 && o->runs <= ROUNDS;
}

int main(int argc, char **argv)
{
    struct options o;
    signal(SIGPIPE, SIG_IGN);
    if (!read_options(&o, argc, argv)) {
        fprintf(stderr, "usage: bench [--check] [--runs 1..%d] [--tenth] [--svg FILE] --trapeze PATH --guest ELF [NAME|GROUP...]\n", ROUNDS);
        return 2;
    }
    return o.check ? check(&o) : bench(&o);
}
