/* progress.c - a line for each lesson: its name and a number.
 *
 *    $XDG_STATE_HOME/trapeze/tutorial:
 *    stepping 3
 *    breaking 2
 *
 * It is a person's own file: what cannot be read in it is passed over, and gone with the next lesson that is noted.
 */
#include "monitor/tutorial/progress.h"

#include "monitor/outfile.h"
#include "monitor/state_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOLVED_MOST = 1000 };

/* Of a lesson that is not there yet a new row. NULL: no room, or a name that is too long to be one of ours. */
static unsigned *row(struct progress *p, const char *lesson)
{
    for (unsigned i = 0; i < p->lessons; i++)
        if (strcmp(p->lesson[i].name, lesson) == 0)
            return &p->lesson[i].solved;
    if (p->lessons == PROGRESS_LESSONS || strlen(lesson) >= PROGRESS_NAME)
        return NULL;
    snprintf(p->lesson[p->lessons].name, PROGRESS_NAME, "%s", lesson);
    return &p->lesson[p->lessons++].solved;
}

/* "NAME NUMBER" */
static bool take_row(const char *line, char name[PROGRESS_NAME], unsigned *solved)
{
    size_t n = strcspn(line, " \n");
    char *end;
    if (!n || n >= PROGRESS_NAME || line[n] != ' ')
        return false;
    snprintf(name, PROGRESS_NAME, "%.*s", (int)n, line);
    unsigned long count = strtoul(line + n + 1, &end, 10);
    *solved = (unsigned)count;
    return end != line + n + 1 && *end == '\n' && count <= SOLVED_MOST;
}

void progress_load(struct progress *p)
{
    char line[256], name[PROGRESS_NAME];
    unsigned solved;
    *p = (struct progress){.lessons = 0};
    FILE *f = state_path("tutorial", p->path, sizeof p->path) ? fopen(p->path, "r") : NULL;
    if (!f)
        return;
    while (fgets(line, sizeof line, f))
        if (take_row(line, name, &solved)) {
            unsigned *known = row(p, name);
            if (known)
                *known = solved;
        }
    fclose(f);
}

unsigned progress_of(const struct progress *p, const char *lesson)
{
    for (unsigned i = 0; i < p->lessons; i++)
        if (strcmp(p->lesson[i].name, lesson) == 0)
            return p->lesson[i].solved;
    return 0;
}

static int write_rows(FILE *f, const void *what, struct error *e)
{
    const struct progress *p = what;
    (void)e;
    for (unsigned i = 0; i < p->lessons; i++)
        fprintf(f, "%s %u\n", p->lesson[i].name, p->lesson[i].solved);
    return 0;
}

/* The most that was solved stays: doing a lesson again, and leaving early, takes nothing away. */
int progress_note(struct progress *p, const char *lesson, unsigned solved, struct error *e)
{
    unsigned *known = row(p, lesson);
    if (!p->path[0])
        return error_set(e, ENOENT, "progress is not kept: neither XDG_STATE_HOME nor HOME names a folder");
    if (!known || *known >= solved)
        return 0;
    *known = solved;
    state_make_folders(p->path);
    return outfile_write(p->path, write_rows, p, e);
}
