/* engine.c - commands are started by the shell, which becomes them: their process is the one that is waited for and ended. */
#include "tests/bench/engine.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const kinds[] = {"peer", "bare", "vm", "way"};

static const struct engine_machine machines[] = {
    {"riscv",
     "qemu-system-riscv64",
     {"qemu-system-riscv64 -M virt -cpu rv64 -m 128M -display none -monitor none -serial stdio -bios none -kernel \"$GUEST\" "
      "-append \"$WORK\"",
      "\"$TRAPEZE\" run --bare -m 128M -bios none -kernel \"$GUEST\" -append \"$WORK\"",
      "\"$TRAPEZE\" run -m 128M -bios none -kernel \"$GUEST\" -append \"$WORK\"",
      "\"$TRAPEZE\" run $OPTIONS -m 128M -bios none -kernel \"$GUEST\" -append \"$WORK\""}},
    {"ia32",
     "qemu-system-i386",
     {"qemu-system-i386 -M pc -cpu qemu32 -m 128M -display none -monitor none -serial stdio -kernel \"$GUEST\" -append \"$WORK\"",
      "\"$TRAPEZE\" run -M ia32 --bare -m 128M -kernel \"$GUEST\" -append \"$WORK\"", NULL,
      "\"$TRAPEZE\" run -M ia32 $OPTIONS -m 128M -kernel \"$GUEST\" -append \"$WORK\""}},
};

const struct engine_machine *engine_machine_find(const char *name)
{
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        if (strcmp(machines[i].name, name) == 0)
            return &machines[i];
    return NULL;
}

/* --- the list */

static struct engine *add(struct engines *l, enum engine_kind kind, const char *command)
{
    if (l->count == ENGINES)
        return NULL;
    struct engine *e = &l->all[l->count++];
    *e = (struct engine){.kind = kind, .command = command};
    return e;
}

bool engine_add_peer(struct engines *l, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        return false;
    struct engine *e = add(l, ENGINE_PEER, equals + 1);
    if (e)
        snprintf(e->name, sizeof e->name, "%.*s", (int)(equals - text), text);
    return e != NULL;
}

void engine_add_qemu(struct engines *l)
{
    char command[80];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", l->machine->qemu);
    if (system(command) != 0)
        return;
    struct engine *e = add(l, ENGINE_PEER, l->machine->commands[ENGINE_PEER]);
    if (e)
        snprintf(e->name, sizeof e->name, "qemu");
}

bool engine_add_trapeze(struct engines *l, const char *text)
{
    size_t name = strcspn(text, "=/"); /* a path may have a = in it */
    bool named = text[name] == '=';
    const char *path = named ? text + name + 1 : text;
    for (enum engine_kind kind = ENGINE_BARE; kind <= ENGINE_VM; kind++) {
        struct engine *e = l->machine->commands[kind] ? add(l, kind, l->machine->commands[kind]) : NULL;
        if (!l->machine->commands[kind])
            continue;
        if (!e)
            return false;
        snprintf(e->name, sizeof e->name, "%.*s%s%s", named ? (int)name : 0, text, named ? "." : "", kinds[kind]);
        e->trapeze = path;
        e->build = l->builds;
        e->depth = kind == ENGINE_VM;
    }
    return l->builds++ > 0 || setenv("TRAPEZE", path, 1) == 0; /* peers' commands may use the first */
}

bool engine_add_way(struct engines *l, const char *text)
{
    const char *equals = strchr(text, '=');
    struct engine *e = equals && equals > text ? add(l, ENGINE_WAY, l->machine->commands[ENGINE_WAY]) : NULL;
    return e && snprintf(e->name, sizeof e->name, "%.*s", (int)(equals - text), text) < (int)sizeof e->name &&
           snprintf(e->options, sizeof e->options, "%s", equals + 1) < (int)sizeof e->options;
}

bool engine_add_depths(struct engines *l, unsigned deepest)
{
    char text[64];
    for (unsigned depth = 2; depth <= deepest; depth++) {
        snprintf(text, sizeof text, "depth%u=--depth %u", depth, depth);
        if (!engine_add_way(l, text))
            return false;
        l->all[l->count - 1].depth = depth;
    }
    return true;
}

static bool is_word(const char *word, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(word, name, length) == 0;
}

bool engine_keep(struct engines *l, const char *list)
{
    bool keep[ENGINES] = {false}, all = true;
    for (const char *word = list; *word;) {
        size_t length = strcspn(word, ",");
        bool found = false;
        for (unsigned i = 0; i < l->count; i++)
            if (is_word(word, length, l->all[i].name) || is_word(word, length, kinds[l->all[i].kind]))
                keep[i] = found = true;
        all = all && found;
        word += length + (word[length] == ',');
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < l->count; i++)
        if (keep[i])
            l->all[kept++] = l->all[i];
    l->count = kept;
    return all && kept > 0;
}

/* --- one run */

double engine_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double engine_processor(const struct engine_run *r)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(r->child, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void become(const struct engine *e, const char *guest, const char *work)
{
    char command[4096];
    int null = open("/dev/null", O_RDONLY);
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    if ((!e->trapeze || setenv("TRAPEZE", e->trapeze, 1) == 0) && setenv("GUEST", guest, 1) == 0 && setenv("WORK", work, 1) == 0 &&
        setenv("OPTIONS", e->options, 1) == 0 && snprintf(command, sizeof command, "exec %s", e->command) < (int)sizeof command)
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

static void time_is_up(int signal) { (void)signal; } /* a read returns */

bool engine_start(struct engine_run *r, const struct engine *e, const char *guest, const char *work, unsigned limit)
{
    int fd[2];
    if (pipe(fd))
        return false;
    r->begun = engine_seconds();
    r->child = fork();
    if (r->child == 0) {
        dup2(fd[1], STDOUT_FILENO);
        close(fd[0]);
        close(fd[1]);
        become(e, guest, work);
    }
    close(fd[1]);
    r->console = r->child > 0 ? fdopen(fd[0], "r") : NULL;
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = time_is_up}, NULL);
    alarm(limit);
    return r->console != NULL;
}

bool engine_end(struct engine_run *r, bool by_force)
{
    struct rusage used = {0};
    int status = -1;
    alarm(0);
    if (r->child > 0 && by_force)
        kill(r->child, SIGKILL);
    if (r->console)
        fclose(r->console);
    bool waited = r->child > 0 && wait4(r->child, &status, 0, &used) == r->child;
    r->processor =
        (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    return waited && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
