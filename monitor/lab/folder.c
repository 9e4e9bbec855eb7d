/* folder.c - see folder.h: reading one, and building what is in it. */
#define _GNU_SOURCE /* memfd_create */
#include "monitor/lab/folder.h"

#include "monitor/lab/child.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- reading */

/* The first line of a file there, without what a terminal should not see. */
static int first_line(const struct lab_folder *f, const char *name, char out[LAB_NAME], struct error *e)
{
    char path[LAB_PATH + 16];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return error_set(e, errno, "%s has no file '%s', so it is no folder of an assignment; `trapeze lab new` makes one", f->path,
                         name);
    const bool is_there = fgets(out, LAB_NAME, file) != NULL;
    fclose(file);
    if (!is_there)
        *out = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    for (char *c = out; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    return *out ? 0 : error_set(e, EINVAL, "%s: its first line is empty", path);
}

int lab_folder_open(struct lab_folder *f, const char *path, struct error *e)
{
    struct stat st;
    *f = (struct lab_folder){.path = ""};
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return error_set(e, ENOTDIR, "there is no folder '%.400s'", path);
    if (snprintf(f->path, sizeof f->path, "%s", path) >= (int)sizeof f->path)
        return error_set(e, ENAMETOOLONG, "the folder's path is too long");
    snprintf(f->plugin, sizeof f->plugin, "%s%s/vmm.so", *path == '/' ? "" : "./", path);
    const int r = first_line(f, "lab", f->lab, e);
    return r ? r : first_line(f, "student", f->student, e);
}

/* --- building */

static bool has(const struct lab_folder *f, const char *name)
{
    char path[LAB_PATH + 16];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    return access(path, R_OK) == 0;
}

/* Asked only to say the right sentence: which package is missing, instead of what a shell would say.
 * Is there such a program on the PATH? */
static bool on_path(const char *program)
{
    const char *path = getenv("PATH");
    if (strchr(program, '/'))
        return access(program, X_OK) == 0;
    while (path && *path) {
        const int n = (int)strcspn(path, ":");
        char file[LAB_PATH * 2];
        snprintf(file, sizeof file, "%.*s/%s", n, path, program);
        if (access(file, X_OK) == 0)
            return true;
        path += n + (path[n] == ':');
    }
    return false;
}

/* What make said is kept and shown only when it failed: a build that works needs no lines. */
static void pass_on(int said)
{
    char bytes[4096];
    ssize_t n;
    (void)lseek(said, 0, SEEK_SET);
    while ((n = read(said, bytes, sizeof bytes)) > 0)
        fwrite(bytes, 1, (size_t)n, stderr);
}

/* The streams are flushed before fork(), or the child would have a copy of what is in their buffers, and print it again.
 * The status of make; -errno. */
static int run_make(const struct lab_folder *f)
{
    int said = memfd_create("make", MFD_CLOEXEC), status = 0;
    if (said < 0)
        return -errno;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        dup2(said, STDOUT_FILENO);
        dup2(said, STDERR_FILENO);
        execlp("make", "make", "-s", "-C", f->path, "vmm.so", (char *)NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        status = -errno;
    else
        status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    if (status > 0)
        pass_on(said);
    close(said);
    return status;
}

/* A folder without a Makefile may have a plug-in that was built elsewhere. With one, make decides whether anything is to be done. Whether
 * there is a compiler is asked only after a failure: make may use one that is called otherwise. */
int lab_folder_build(const struct lab_folder *f, struct error *e)
{
    const char *compiler = getenv("CC");
    if (!compiler || !*compiler || strchr(compiler, ' '))
        compiler = "cc";
    if (!has(f, "Makefile"))
        return has(f, "vmm.so") ? 0 : error_set(e, ENOENT, "%s has neither a Makefile nor the plug-in vmm.so", f->path);
    if (!on_path("make"))
        return error_set(e, ENOENT, "the plug-in cannot be built: there is no 'make' on the PATH (package make)");
    const int status = run_make(f);
    if (status == 0)
        return has(f, "vmm.so") ? 0 : error_set(e, ENOENT, "%s: make has built no vmm.so", f->path);
    if (status > 0 && !on_path(compiler))
        return error_set(e, ENOENT, "the plug-in cannot be built: there is no C compiler '%s' on the PATH (package gcc)", compiler);
    return error_set(e, EINVAL, "the plug-in in %s cannot be built: make says why above", f->path);
}
