/* cmd_tutorial.c - `trapeze tutorial`: lessons for a student alone, at the monitor's prompt.
 *
 * Progress is a number for each lesson: tasks solved, at most as many as it has (monitor/tutorial/progress.h). A line of the list:
 *
 *       lesson 3  traps      10 min  2 of 4  Who takes the trap
 */
#define _GNU_SOURCE /* asprintf */
#include "monitor/command.h"

#include "monitor/demo/catalog.h"
#include "monitor/options.h"
#include "monitor/screen.h"
#include "monitor/terminal.h"
#include "monitor/tutorial/lesson.h"
#include "monitor/tutorial/progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tutorial_options {
    const char *name; /* NULL: list them */
    bool list, check, help;
};

#define FLAG_SETTER(function, member)                                                                                                 \
    static int function(void *into, const char *value, struct error *e)                                                               \
    {                                                                                                                                 \
        (void)e, (void)value;                                                                                                         \
        ((struct tutorial_options *)into)->member = true;                                                                             \
        return 0;                                                                                                                     \
    }
FLAG_SETTER(set_list, list)
FLAG_SETTER(set_check, check)
FLAG_SETTER(set_help, help)
#undef FLAG_SETTER

static int set_name(void *into, const char *word, struct error *e)
{
    struct tutorial_options *o = into;
    if (o->name)
        return error_set(e, EINVAL, "one lesson at a time: '%s' or '%s'", o->name, word);
    o->name = word;
    return 0;
}

const struct option_desc cmd_tutorial_options[] = {
    {"list", VALUE_NONE, NULL, set_list, "the lessons, and how far you are"},
    {"check", VALUE_NONE, NULL, set_check, "likewise, for a teacher: status 1 while a task is not solved"},
    {"help", VALUE_NONE, NULL, set_help, "this help"},
    {"h", VALUE_NONE, NULL, set_help, NULL},
    {0},
};

void cmd_tutorial_help(void)
{
    options_prose("usage: trapeze tutorial [--list | --check]\n"
                  "       trapeze tutorial LESSON | FOLDER\n\n"
                  "Lessons of ten minutes for a student alone. A lesson tells something, sets a task, and opens the monitor's\n"
                  "prompt; `check` there looks at the machine and says whether it is done. `hint` helps, `task` says it again,\n"
                  "`skip` goes on without, `quit` leaves. A folder with a script is a lesson, too.\n\n");
    options_help(cmd_tutorial_options);
    options_prose("\nExit status: 0; 1 failure, or with --check that a task is not solved; 2 bad usage or a faulty script;\n"
                  "128+N ended by signal N. The manual page trapeze-tutorial(1) has the format of lessons.\n");
}

/* --- a lesson's script */

/* A lesson's script is a demonstration's, with tasks; lesson_verify() refuses what only one of the two may have. *path goes with
 * the script, whose sentences name it. */
static int load(struct demo_script *s, const char *folder, char **path)
{
    struct error e;
    *s = (struct demo_script){0};
    if (asprintf(path, "%s/script", folder) < 0)
        return complain(STATUS_FAILURE, "there is not enough memory");
    int r = demo_script_load(s, *path, &e);
    if (r == 0 && (r = lesson_verify(s, &e)) != 0)
        demo_script_free(s);
    if (r == 0)
        return STATUS_OK;
    free(*path);
    *path = NULL;
    (void)complain(STATUS_USAGE, "%s", e.text);
    return STATUS_USAGE;
}

/* --- listing */

/* A lesson that has lost tasks since somebody solved them does not count more than it has. */
static int list_one(const struct demo_catalog *c, unsigned i, const struct progress *p, bool *all)
{
    struct demo_script s;
    char *folder, *path;
    if (asprintf(&folder, "%s/%s", c->folder, c->name[i]) < 0)
        return complain(STATUS_FAILURE, "there is not enough memory");
    int status = load(&s, folder, &path);
    free(folder);
    if (status)
        return status;
    unsigned solved = progress_of(p, c->name[i]), tasks = lesson_tasks(&s);
    *all &= solved >= tasks;
    printf("  lesson %u  %-10s %2u min  %u of %u  %s\n", i + 1, c->name[i], s.minutes, solved < tasks ? solved : tasks, tasks,
           s.title);
    demo_script_free(&s);
    free(path);
    return STATUS_OK;
}

/* --check is for a script of the teacher's: it prints the same, and the status says whether all tasks of all lessons are solved. */
static int list(const struct demo_catalog *c, const struct tutorial_options *o)
{
    struct progress *p = calloc(1, sizeof *p);
    bool all = true;
    int status = STATUS_OK;
    if (!p)
        return complain(STATUS_FAILURE, "there is not enough memory");
    if (!c->count)
        status =
            complain(STATUS_FAILURE, "the lessons, which lie beside the command in share/trapeze/examples/lessons, are not there");
    progress_load(p);
    for (unsigned i = 0; i < c->count; i++) {
        int r = list_one(c, i, p, &all);
        status = r ? r : status;
    }
    free(p);
    if (status == STATUS_OK && !o->check)
        printf("`trapeze tutorial 1` begins the first; what is counted are the tasks solved.\n");
    return status ? status : o->check && !all ? STATUS_FAILURE : STATUS_OK;
}

/* --- a lesson */

/* Only the better result is kept: who looks at a lesson again loses nothing. */
static int note(const char *name, unsigned solved)
{
    struct progress *p = calloc(1, sizeof *p);
    struct error e;
    if (!p)
        return complain(STATUS_FAILURE, "there is not enough memory");
    progress_load(p);
    int r = progress_note(p, name, solved, &e);
    free(p);
    return r ? complain(STATUS_FAILURE, "%s", e.text) : STATUS_OK;
}

/* What was solved is kept when the lesson ends in order, by `quit` too; a failure of the machine keeps nothing. */
static int teach(const struct demo_script *s, const char *name)
{
    unsigned columns = screen_columns();
    struct demo_writer w = {.ops = &demo_text, .out = stdout, .width = columns > 80 ? 80 : columns < 40 ? 40 : columns};
    struct lesson *l = calloc(1, sizeof *l);
    struct error e;
    if (!l)
        return complain(STATUS_FAILURE, "there is not enough memory");
    l->script = s;
    l->writer = &w;
    printf("Lesson %s: %s. About %u minutes, %u tasks.\n", name, s->title, s->minutes, lesson_tasks(s));
    int r = lesson_run(l, &e), status = r ? complain(STATUS_FAILURE, "%s", e.text) : STATUS_OK;
    terminal_leave();
    if (r == 0) {
        printf("\n%u of %u tasks solved%s\n", l->solved, l->tasks, l->solved == l->tasks ? ": the lesson is done." : ".");
        if (l->solved)
            status = note(name, l->solved);
    }
    free(l);
    return status;
}

/* The list has numbers, too. A digit alone is the number in the list; a lesson that is called so would not be found, and there
 * is none. */
static const char *by_number(const struct demo_catalog *c, const char *name)
{
    const unsigned n = name[0] >= '1' && name[0] <= '9' && !name[1] ? (unsigned)(name[0] - '0') : 0;
    return n && n <= c->count ? c->name[n - 1] : name;
}

/* Files in a lesson are meant from its folder on, as with a demonstration. */
static int take(const struct demo_catalog *c, const char *name)
{
    struct demo_script s;
    struct error e;
    char *path, *folder = demo_catalog_find(c, by_number(c, name), &e);
    if (!folder)
        return complain(STATUS_USAGE, "%s", e.text);
    int status = load(&s, folder, &path);
    if (status == STATUS_OK) {
        const char *slash = strrchr(folder, '/');
        if (chdir(folder) != 0)
            status = complain(STATUS_FAILURE, "%s: the folder cannot be entered: %s", folder, strerror(errno));
        else
            status = teach(&s, slash ? slash + 1 : folder);
        demo_script_free(&s);
        free(path);
    }
    free(folder);
    return status;
}

int cmd_tutorial(int argc, char **argv)
{
    struct tutorial_options o = {0};
    struct demo_catalog c;
    struct error e;
    int r = options_parse(cmd_tutorial_options, argc, argv, set_name, &o, &e);
    if (r)
        return complain_of_options(r, &e);
    if (o.help) {
        cmd_tutorial_help();
        return STATUS_OK;
    }
    if (o.name && (o.list || o.check))
        return complain(STATUS_USAGE, "--list and --check take no lesson");
    if (demo_catalog_open(&c, &catalog_lessons) != 0)
        return complain(STATUS_FAILURE, "there is not enough memory");
    int status = o.name ? take(&c, o.name) : list(&c, &o), signal_number = terminal_signal();
    demo_catalog_close(&c);
    if (signal_number)
        terminal_die(signal_number);
    return status;
}
