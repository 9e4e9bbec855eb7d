/* catalog.c - the demonstrations lie beside the command: in the build tree, and where it is installed.
 *
 *    examples/demos/order            names, one a line, in the order of a lecture
 *    examples/demos/trap/script      the sign of a demonstration (struct catalog_kind); an assignment's is its folder `handout`
 *
 * The folder is found from where the command itself lies, so a build tree and an installation need no setting.
 */
#define _GNU_SOURCE /* asprintf, readlink */
#include "monitor/demo/catalog.h"

#include "monitor/options.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_MAX = 200 };

static bool is_there(const char *folder, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return false;
    bool there = access(path, R_OK) == 0;
    free(path);
    return there;
}

const struct catalog_kind catalog_demos = {"demos", "demonstration", "demo", "script"},
                          catalog_lessons = {"lessons", "lesson", "tutorial", "script"},
                          catalog_labs = {"labs", "assignment", "lab --list", "handout"};

/* BUILD/trapeze has BUILD/examples/demos; PREFIX/bin/trapeze has PREFIX/share/trapeze/examples/demos. */
static char *own_folder(const char *name)
{
    static const char *const beside[] = {"examples", "../share/trapeze/examples"};
    char exe[4096], *folder;
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(exe, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    for (unsigned i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        if (asprintf(&folder, "%s/%s/%s", exe, beside[i], name) < 0)
            return NULL;
        if (is_there(folder, "order"))
            return folder;
        free(folder);
    }
    return NULL;
}

/* A folder without it is none of them: something that an editor left, or a half copy. */
static bool has_sign(const struct demo_catalog *c, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", c->folder, name) < 0)
        return false;
    bool has = is_there(path, c->kind->sign);
    free(path);
    return has;
}

static bool is_listed(const struct demo_catalog *c, const char *name)
{
    for (unsigned i = 0; i < c->count; i++)
        if (strcmp(c->name[i], name) == 0)
            return true;
    return false;
}

/* Names from `order` come first and are then found again in the folder: is_listed() keeps them from coming twice. */
static void add(struct demo_catalog *c, const char *name)
{
    if (c->count < NAMES_MAX && *name != '.' && !is_listed(c, name) && has_sign(c, name) && (c->name[c->count] = strdup(name)))
        c->count++;
}

/* A lecture has an order; what is not in it comes behind it. */
static void add_ordered(struct demo_catalog *c)
{
    char *path, line[80];
    FILE *f = asprintf(&path, "%s/order", c->folder) < 0 ? NULL : fopen(path, "r");
    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, " \t\n#")] = '\0';
        add(c, line);
    }
    fclose(f);
    free(path);
}

static void add_others(struct demo_catalog *c)
{
    struct dirent **entry;
    int n = scandir(c->folder, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        add(c, entry[i]->d_name);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
}

int demo_catalog_open(struct demo_catalog *c, const struct catalog_kind *kind)
{
    *c = (struct demo_catalog){.kind = kind, .folder = own_folder(kind->folder), .name = calloc(NAMES_MAX, sizeof *c->name)};
    if (!c->name)
        return -ENOMEM;
    if (c->folder) {
        add_ordered(c);
        add_others(c);
    }
    return 0;
}

void demo_catalog_close(struct demo_catalog *c)
{
    for (unsigned i = 0; i < c->count; i++)
        free(c->name[i]);
    free(c->name);
    free(c->folder);
    *c = (struct demo_catalog){0};
}

static const char *name_at(const void *list, unsigned i)
{
    const struct demo_catalog *c = list;
    return i < c->count ? c->name[i] : NULL;
}

/* A name of the catalogue goes before a folder of the same name here; "./trap" means the folder. realpath(): the command goes to that
 * folder later, and a relative path would then lead elsewhere. */
char *demo_catalog_find(const struct demo_catalog *c, const char *name, struct error *e)
{
    char *path;
    struct stat st;
    if (is_listed(c, name)) {
        if (asprintf(&path, "%s/%s", c->folder, name) >= 0)
            return path;
        error_set(e, ENOMEM, "there is not enough memory");
        return NULL;
    }
    if (stat(name, &st) == 0 && S_ISDIR(st.st_mode)) {
        if (is_there(name, c->kind->sign) && (path = realpath(name, NULL)))
            return path;
        error_set(e, ENOENT, "the folder '%s' has no file '%s', so it is no %s", name, c->kind->sign, c->kind->one);
        return NULL;
    }
    const char *near = nearest_word(name, name_at, c);
    if (near)
        error_set(e, ENOENT, "there is no %s or folder '%s'; is '%s' meant?", c->kind->one, name, near);
    else
        error_set(e, ENOENT, "there is no %s or folder '%s'; `trapeze %s` lists them", c->kind->one, name, c->kind->command);
    return NULL;
}

char *demo_path(const char *word)
{
    static const char prefix[] = "CACHE/";
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    bool own = !cache || !*cache;
    char *path;
    if (strncmp(word, prefix, sizeof prefix - 1) != 0)
        return strdup(word);
    int n = asprintf(&path, "%s%s/trapeze/%s", own ? (home ? home : "") : cache, own ? "/.cache" : "", word + sizeof prefix - 1);
    return n < 0 ? NULL : path;
}
