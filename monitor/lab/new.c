/* new.c - `trapeze lab new`: a student's folder, from what comes with the assignment.
 *
 *    catalog/handout/  ---copy--->  FOLDER/vmm.c, README.md, golden/traps.log
 *    the table of assignments ---->  FOLDER/lab, student
 *    where this command is ------->  FOLDER/Makefile: TRAPEZE, INCLUDE
 *    the guests' maker ----------->  FOLDER/golden/guest.bin, the very guest that golden/traps.log is of
 */
#define _GNU_SOURCE /* asprintf, readlink */
#include "monitor/lab/folder.h"
#include "monitor/lab/job.h"
#include "monitor/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "core/assignment_turns.h"

/* --- where things are */

/* The folder of the command, and its name. */
static bool own_place(char folder[LAB_PATH])
{
    const ssize_t n = readlink("/proc/self/exe", folder, LAB_PATH - 1);
    if (n <= 0 || n >= LAB_PATH - 1)
        return false;
    folder[n] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return slash;
}

/* BUILD/trapeze finds the public headers by links in its build tree, PREFIX/bin/trapeze where they are installed. "": nowhere. */
static void find_headers(const char *place, char out[LAB_PATH])
{
    static const char *const beside[] = {"rooms/monitor", "../include/trapeze"};
    char path[LAB_PATH * 2];
    for (unsigned i = 0; i < sizeof beside / sizeof *beside; i++) {
        snprintf(path, sizeof path, "%s/%s/" HEADER, place, beside[i]);
        if (access(path, R_OK) == 0 && snprintf(out, LAB_PATH, "%s/%s", place, beside[i]) < LAB_PATH)
            return;
    }
    *out = '\0';
}

/* --- writing */

struct bytes {
    const char *from; /* a file to copy, or NULL: */
    const char *text;
};

static int write_bytes(FILE *f, const void *what, struct error *e)
{
    const struct bytes *b = what;
    char part[4096];
    size_t n;
    FILE *from = b->from ? fopen(b->from, "re") : NULL;
    if (b->from && !from)
        return error_set(e, errno, "%s cannot be read: %s", b->from, strerror(errno));
    if (!b->from)
        fputs(b->text, f);
    while (from && (n = fread(part, 1, sizeof part, from)) > 0)
        fwrite(part, 1, n, f);
    if (from)
        fclose(from);
    return 0;
}

static int put_file(const char *folder, const char *name, const struct bytes *b, struct error *e)
{
    char path[LAB_PATH * 2];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return outfile_write(path, write_bytes, b, e);
}

/* mkdir() and not "make if it is not there": the folder is new, so whatever is in it was put there by this command. */
static int put_folder(const char *path, struct error *e)
{
    return mkdir(path, 0777) == 0 ? 0 : error_set(e, errno, "the folder %s cannot be made: %s", path, strerror(errno));
}

/* All files of a folder, and those of the folders in it. */
static int copy_folder(const char *from, const char *to, struct error *e)
{
    struct dirent **entry;
    const int n = scandir(from, &entry, NULL, alphasort);
    int r = n < 0 ? error_set(e, errno, "%s cannot be read: %s", from, strerror(errno)) : 0;
    for (int i = 0; i < n; i++) {
        char source[LAB_PATH * 2], copy[LAB_PATH * 2];
        struct stat st;
        snprintf(source, sizeof source, "%s/%s", from, entry[i]->d_name);
        snprintf(copy, sizeof copy, "%s/%s", to, entry[i]->d_name);
        if (r == 0 && entry[i]->d_name[0] != '.' && stat(source, &st) == 0) {
            if (!S_ISDIR(st.st_mode))
                r = put_file(to, entry[i]->d_name, &(struct bytes){.from = source}, e);
            else if ((r = put_folder(copy, e)) == 0)
                r = copy_folder(source, copy, e);
        }
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    return r;
}

/* Of a folder that was begun a moment ago. unlink() first: what is a link is removed, and not what it leads to. */
static void remove_folder(const char *path)
{
    struct dirent **entry;
    const int n = scandir(path, &entry, NULL, NULL);
    for (int i = 0; i < n; i++) {
        char inner[LAB_PATH * 2];
        snprintf(inner, sizeof inner, "%s/%s", path, entry[i]->d_name);
        if (strcmp(entry[i]->d_name, ".") != 0 && strcmp(entry[i]->d_name, "..") != 0 && unlink(inner) != 0)
            remove_folder(inner);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    (void)rmdir(path);
}

/* A value in a Makefile, where a dollar and a hash mean something. */
static void make_value(const char *text, char *out, size_t size)
{
    size_t at = 0;
    for (; *text && at + 3 < size; text++) {
        if (*text == '$' || *text == '#')
            out[at++] = *text == '$' ? '$' : '\\';
        out[at++] = *text;
    }
    out[at] = '\0';
}

bool lab_headers(char out[LAB_PATH])
{
    char place[LAB_PATH];
    if (!own_place(place))
        return false;
    find_headers(place, out);
    return *out;
}

/* The paths are those of this build; a student on another machine changes two lines. -z defs: a function that is called and not there is
 * told by the linker, with its name, and not when the plug-in is loaded. */
static int put_makefile(const char *path, struct error *e)
{
    char place[LAB_PATH], headers[LAB_PATH], shown[2][LAB_PATH * 2], *text;
    if (!own_place(place))
        return error_set(e, ENOENT, "the command does not find itself");
    find_headers(place, headers);
    make_value(place, shown[0], sizeof shown[0]);
    make_value(headers, shown[1], sizeof shown[1]);
    if (asprintf(&text,
                 "# Written by `trapeze lab new`. `make` builds the plug-in, `make check` tries it.\n"
                 "# INCLUDE is where trapeze's headers are; `pkg-config --cflags trapeze` says it, too, where that is set up.\n"
                 "TRAPEZE = %s/trapeze\n"
                 "INCLUDE = %s\n"
                 "CFLAGS = -std=gnu17 -O1 -g -Wall -Wextra\n"
                 "ifeq ($(INCLUDE),)\n"
                 "  CPPFLAGS += $(shell pkg-config --cflags trapeze)\n"
                 "else\n"
                 "  CPPFLAGS += -I\"$(INCLUDE)\"\n"
                 "endif\n\n"
                 "vmm.so: vmm.c Makefile\n"
                 "\t$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -Wl,-z,defs -o $@ vmm.c\n\n"
                 "check: vmm.so\n"
                 "\t\"$(TRAPEZE)\" lab check .\n\n"
                 "clean:\n"
                 "\trm -rf vmm.so recordings\n\n"
                 ".PHONY: check clean\n",
                 shown[0], shown[1]) < 0)
        return error_set(e, ENOMEM, "there is not enough memory");
    const int r = put_file(path, "Makefile", &(struct bytes){.text = text}, e);
    free(text);
    return r;
}

static int put_line(const char *path, const char *name, const char *line, struct error *e)
{
    char text[LAB_NAME + 2];
    snprintf(text, sizeof text, "%s\n", line);
    return put_file(path, name, &(struct bytes){.text = text}, e);
}

/* The guest that the golden log is of. */
static int put_golden_guest(const char *path, const struct lab *lab, struct error *e)
{
    char name[LAB_PATH * 2];
    struct lab_code *code = malloc(sizeof *code);
    int r = code ? 0 : error_set(e, ENOMEM, "there is not enough memory");
    for (unsigned n = 0; r == 0 && n < lab->stages; n++) {
        const struct lab_job j = {.lab = lab, .stage = &lab->stage[n]};
        if (lab->stage[n].check != CHECK_LOG || !lab_job_guest(&j, 0, 0, code))
            continue;
        snprintf(name, sizeof name, "%s/golden/guest.bin", path);
        r = outfile_write(name, lab_write_guest, code, e);
    }
    free(code);
    return r;
}

/* All or nothing: a half folder would be taken for a whole one by `lab check`. lstat(): a link that leads nowhere is something, too. */
int lab_folder_make(const char *path, const char *catalog, const struct lab *lab, const char *student, struct error *e)
{
    char handout[LAB_PATH * 2];
    struct stat st;
    if (strlen(path) >= LAB_PATH - 64)
        return error_set(e, ENAMETOOLONG, "the folder's path is too long");
    if (lstat(path, &st) == 0)
        return error_set(e, EEXIST, "%s is there already; an assignment begins in a new folder", path);
    snprintf(handout, sizeof handout, "%s/handout", catalog);
    int r = put_folder(path, e);
    if (r)
        return r;
    r = copy_folder(handout, path, e);
    if (r == 0)
        r = put_line(path, "lab", lab->name, e);
    if (r == 0)
        r = put_line(path, "student", student, e);
    if (r == 0)
        r = put_makefile(path, e);
    if (r == 0)
        r = put_golden_guest(path, lab, e);
    if (r)
        remove_folder(path);
    return r;
}
