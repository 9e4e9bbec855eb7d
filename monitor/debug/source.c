/* source.c - see source.h. */
#define _GNU_SOURCE /* asprintf, readlink */
#include "monitor/debug/source.h"

#include "core/loader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 20, OWN_FOLDERS = 2 };

/* A file is looked for and read once, also one that is not found. start[] has one entry more than there are lines, so
 * that line n is text[start[n - 1]] up to text[start[n]], its end included. */
struct source_file {
    char *name, *found; /* owned: as asked for; where it is, or NULL */
    char *text;         /* owned */
    size_t size;
    size_t *start; /* owned: of each line; [lines] is the end */
    unsigned lines;
    struct source_file *next;
};

struct folder {
    char *path; /* owned */
    struct folder *next;
};

struct sources {
    struct source_file *files;
    struct folder *folders;
    char *own[OWN_FOLDERS]; /* owned */
};

/* Beside the command: DIR/../.. is the source tree of build/PRESET/trapeze, DIR/../share/trapeze where it is installed. */
static void find_own(struct sources *s)
{
    static const char *const beside[OWN_FOLDERS] = {"../..", "../share/trapeze"};
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    for (unsigned i = 0; i < OWN_FOLDERS; i++)
        if (asprintf(&s->own[i], "%s/%s", path, beside[i]) < 0)
            s->own[i] = NULL;
}

int sources_create(struct sources **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return -ENOMEM;
    find_own(*out);
    return 0;
}

static void forget_files(struct sources *s)
{
    while (s->files) {
        struct source_file *f = s->files;
        s->files = f->next;
        free(f->name);
        free(f->found);
        free(f->text);
        free(f->start);
        free(f);
    }
}

void sources_clear_folders(struct sources *s)
{
    forget_files(s);
    while (s->folders) {
        struct folder *f = s->folders;
        s->folders = f->next;
        free(f->path);
        free(f);
    }
}

void sources_destroy(struct sources *s)
{
    if (!s)
        return;
    sources_clear_folders(s);
    for (unsigned i = 0; i < OWN_FOLDERS; i++)
        free(s->own[i]);
    free(s);
}

int sources_add_folder(struct sources *s, const char *path)
{
    struct folder *f = calloc(1, sizeof *f);
    if (!f || !(f->path = strdup(path))) {
        free(f);
        return -ENOMEM;
    }
    forget_files(s); /* what was not found may be there */
    f->next = s->folders;
    s->folders = f;
    return 0;
}

const char *sources_folder(const struct sources *s, unsigned index)
{
    const struct folder *f = s->folders;
    while (f && index--)
        f = f->next;
    return f ? f->path : NULL;
}

/* --- finding */

static bool is_file(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISREG(s.st_mode) && s.st_size <= FILE_MAX;
}

/* `least`: so many folders of the path stay before its name. */
/* /build/ci/trapeze/examples/lab/kernel.c, below /src, is tried as
 *
 *     /src/build/ci/trapeze/examples/lab/kernel.c, /src/ci/trapeze/..., ... /src/lab/kernel.c, /src/kernel.c
 *
 * until one is there. For the folders that come with the command the name alone does not do (least 1): some kernel.c is
 * in any tree. ".." would lead out of the folder. */
static char *below(const char *folder, const char *path, unsigned least)
{
    for (const char *rest = path; rest; rest = strchr(rest, '/')) {
        char *whole;
        unsigned folders = 0;
        rest += strspn(rest, "/");
        for (const char *c = rest; *c; c++)
            folders += *c == '/';
        if (folders < least || strstr(rest, "..") || asprintf(&whole, "%s/%s", folder, rest) < 0)
            continue;
        if (is_file(whole))
            return whole;
        free(whole);
    }
    return NULL;
}

static char *find(const struct sources *s, const char *path)
{
    char *found = is_file(path) ? strdup(path) : NULL;
    for (const struct folder *f = s->folders; f && !found; f = f->next)
        found = below(f->path, path, 0);
    for (unsigned i = 0; i < OWN_FOLDERS && !found; i++)
        found = s->own[i] ? below(s->own[i], path, 1) : NULL;
    return found;
}

/* --- reading */

static void split(struct source_file *f)
{
    unsigned lines = 0;
    for (size_t i = 0; i < f->size; i++)
        lines += f->text[i] == '\n' || i + 1 == f->size;
    f->start = calloc((size_t)lines + 1, sizeof *f->start);
    if (!f->start)
        return;
    for (size_t i = 0; i < f->size; i++)
        if (f->text[i] == '\n' || i + 1 == f->size)
            f->start[++f->lines] = i + 1;
}

static struct source_file *file_of(struct sources *s, const char *name)
{
    struct source_file *f = s->files;
    struct error ignored;
    uint8_t *data;
    while (f && strcmp(f->name, name) != 0)
        f = f->next;
    if (f)
        return f;
    f = calloc(1, sizeof *f);
    if (!f || !(f->name = strdup(name))) {
        free(f);
        return NULL;
    }
    f->found = find(s, name);
    char *real = f->found ? realpath(f->found, NULL) : NULL;
    if (real) {
        free(f->found);
        f->found = real;
    }
    if (f->found && load_file(f->found, &data, &f->size, &ignored) == 0) {
        f->text = (char *)data;
        split(f);
    }
    f->next = s->files;
    s->files = f;
    return f;
}

unsigned sources_lines(struct sources *s, const char *file)
{
    const struct source_file *f = file_of(s, file);
    return f ? f->lines : 0;
}

const char *sources_found(struct sources *s, const char *file)
{
    const struct source_file *f = file_of(s, file);
    return f && f->lines ? f->found : NULL;
}

const char *sources_line(struct sources *s, const char *file, unsigned line, size_t *length)
{
    const struct source_file *f = file_of(s, file);
    if (!f || line == 0 || line > f->lines)
        return NULL;
    const char *start = f->text + f->start[line - 1], *end = f->text + f->start[line];
    while (end > start && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    *length = (size_t)(end - start);
    return start;
}
