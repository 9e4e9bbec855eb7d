/* places.c - folders and files: what trapeze writes to, and what lies beside the command. */
#define _GNU_SOURCE /* asprintf */
#include "monitor/doctor/doctor.h"

#include "monitor/demo/catalog.h"
#include "monitor/demo/script.h"
#include "monitor/lab/folder.h"
#include "monitor/outfile.h"
#include "monitor/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- folders */

/* Begins a file there, and abandons it. What access() says of root is not so.
 * A file that is tried out tells of a full disk and of a file system that is read-only, too. The byte is what a full disk would refuse. */
static int try_folder(const char *folder)
{
    struct outfile f;
    struct error e;
    char *path;
    if (asprintf(&path, "%s/trapeze-doctor", folder) < 0)
        return -ENOMEM;
    int r = outfile_open(&f, path, &e);
    if (r == 0) {
        fputc('x', f.f);
        r = fflush(f.f) == 0 ? outfile_so_far(&f, &e) : -errno;
        outfile_abandon(&f);
    }
    free(path);
    return r;
}

/* The folder, or where it is not yet there the nearest above it, in which it would be made. `path` is written to.
 *
 *    /home/a/.local/state/trapeze      is not there
 *    /home/a/.local/state              is not there
 *    /home/a/.local                    is: a file is tried here
 *
 * Nothing is made: doctor only looks.
 */
static int try_path(char *path)
{
    struct stat st;
    while (stat(path, &st) != 0) {
        char *slash = strrchr(path, '/');
        if (errno != ENOENT || !slash)
            return -errno;
        slash[slash == path] = '\0';
        if (slash == path && stat("/", &st) != 0)
            return -errno;
    }
    return S_ISDIR(st.st_mode) ? try_folder(path) : -ENOTDIR;
}

static void folder(struct doctor *d, const char *name, const char *path, const char *keeps, const char *variable)
{
    char *copy = *path == '/' ? strdup(path) : NULL;
    int r = copy ? try_path(copy) : -ENOENT;
    if (*path != '/')
        doctor_say(d, DOCTOR_FAULT, name, NULL, "%s cannot be kept: neither %s nor HOME names a folder", keeps, variable);
    else if (r)
        doctor_say(d, DOCTOR_FAULT, name, NULL, "%s cannot be kept: %s cannot be written: %s", keeps, path, strerror(-r));
    else
        doctor_say(d, DOCTOR_OK, name, NULL, "%s: %s", path, keeps);
    free(copy);
}

/* state_path("") and demo_path("CACHE/") end in a slash, which is cut off. */
void doctor_look_at_folders(struct doctor *d)
{
    char state[4096];
    char *cache = demo_path("CACHE/");
    if (state_path("", state, sizeof state))
        state[strlen(state) - 1] = '\0';
    folder(d, "state folder", state, "history and progress", "XDG_STATE_HOME");
    if (cache)
        cache[strlen(cache) - 1] = '\0';
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    bool named = (xdg && *xdg) || (home && *home);
    folder(d, "cache folder", cache && named ? cache : "", "fetched packages", "XDG_CACHE_HOME");
    free(cache);
}

/* --- scripts */

/* Each script that is listed is read; what is wrong with the first that cannot be is the sentence. */
static void scripts(struct doctor *d, const struct demo_catalog *c, const char *name)
{
    for (unsigned i = 0; i < c->count; i++) {
        struct demo_script s;
        struct error e;
        char *path;
        if (asprintf(&path, "%s/%s/script", c->folder, c->name[i]) < 0)
            return;
        int r = demo_script_load(&s, path, &e);
        free(path);
        if (r) {
            doctor_say(d, DOCTOR_FAULT, name, NULL, "%s", e.text);
            return;
        }
        demo_script_free(&s);
    }
    if (c->count)
        doctor_say(d, DOCTOR_OK, name, NULL, "%u of them in %s", c->count, c->folder);
    else
        doctor_say(d, DOCTOR_FAULT, name, NULL, "not beside the command, in share/trapeze/examples/%s; install trapeze whole",
                   c->kind->folder);
}

/* --- assignments, and what plug-ins are built with */

/* Headers are a note: where they are installed elsewhere pkg-config knows, and a student's Makefile asks it. */
static void assignments(struct doctor *d)
{
    static const char name[] = "assignments";
    struct demo_catalog labs;
    char headers[LAB_PATH];
    if (demo_catalog_open(&labs, &catalog_labs) != 0)
        return;
    if (!labs.count)
        doctor_say(d, DOCTOR_FAULT, name, NULL, "not beside the command, in share/trapeze/examples/%s; install trapeze whole",
                   labs.kind->folder);
    else if (!lab_headers(headers))
        doctor_say(d, DOCTOR_NOTE, name, NULL,
                   "%u of them in %s; the headers are not beside the command: a plug-in's Makefile asks pkg-config for them",
                   labs.count, labs.folder);
    else
        doctor_say(d, DOCTOR_OK, name, NULL, "%u of them in %s, headers in %s", labs.count, labs.folder, headers);
    demo_catalog_close(&labs);
}

/* --- guests */

enum { PATIENCE_MS = 10000, LOOK_MS = 2 };

/* A guest that does not end is ended. Its exit status; -errno, or -ETIMEDOUT. */
static int wait_for(pid_t child)
{
    int status = 0;
    for (unsigned waited = 0; waitpid(child, &status, WNOHANG) == 0; waited += LOOK_MS) {
        if (waited >= PATIENCE_MS) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return -ETIMEDOUT;
        }
        poll(NULL, 0, LOOK_MS);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

/* Runs the command itself on a guest (NULL: the one that it carries), unseen.
 * The command itself, as a user would start it, in a process of its own: a guest that crashes it is then a line of the list and not the end
 * of it. --max-insns ends a guest that runs on. */
static int run_guest(char *machine, char *guest)
{
    char *argv[] = {"trapeze", "run", "-M", machine, "--max-insns", "100M", guest, NULL};
    posix_spawn_file_actions_t files;
    pid_t child;
    if (posix_spawn_file_actions_init(&files) != 0)
        return -ENOMEM;
    int r = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    for (int fd = 1; fd <= 2 && r == 0; fd++)
        r = posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    if (r == 0)
        r = posix_spawn(&child, "/proc/self/exe", &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return r ? -r : wait_for(child);
}

static void guest(struct doctor *d, const char *name, char *machine, char *path)
{
    int r = path && access(path, R_OK) != 0 ? -errno : run_guest(machine, path);
    if (r == 0)
        doctor_say(d, DOCTOR_OK, name, NULL, "runs in a virtual machine%s%s", path ? ": " : "", path ? path : "");
    else if (r < 0)
        doctor_say(d, DOCTOR_FAULT, name, NULL, "%s: %s", path ? path : "the guest that the command carries", strerror(-r));
    else
        doctor_say(d, DOCTOR_FAULT, name, NULL, "%s does not run: exit status %d, not 0",
                   path ? path : "the guest that the command carries", r);
}

/* One of each kind of thing that can go wrong with a build: the carried guest, ELF files beside it, and a program of the paper's machine.
 * */
static void guests(struct doctor *d, const char *examples)
{
    static const struct {
        const char *name, *file;
        char *machine;
    } known[] = {{"guest hello", "hello.elf", "virt"},
                 {"guest switch", "switch.elf", "virt"},
                 {"guest hypervisor", "hypervisor.elf", "virt"},
                 {"guest getmode.pg", "pg/getmode.pg", "pg"}};
    guest(d, "carried guest", "virt", NULL);
    for (unsigned i = 0; examples && i < sizeof known / sizeof known[0]; i++) {
        char *path;
        if (asprintf(&path, "%s/%s", examples, known[i].file) < 0)
            return;
        guest(d, known[i].name, known[i].machine, path);
        free(path);
    }
}

/* Guests lie beside the folder of demonstrations, or of lessons: whichever is there. Each part has its line even if others fail. */
void doctor_look_at_examples(struct doctor *d)
{
    struct demo_catalog demos, lessons;
    if (demo_catalog_open(&demos, &catalog_demos) != 0)
        return;
    if (demo_catalog_open(&lessons, &catalog_lessons) == 0) {
        scripts(d, &demos, "demonstrations");
        scripts(d, &lessons, "lessons");
        assignments(d);
        char *examples = demos.folder || lessons.folder ? strdup(demos.folder ? demos.folder : lessons.folder) : NULL;
        if (examples)
            *strrchr(examples, '/') = '\0';
        guests(d, examples);
        free(examples);
        demo_catalog_close(&lessons);
    }
    demo_catalog_close(&demos);
}
