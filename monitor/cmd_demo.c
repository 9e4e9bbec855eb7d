/* cmd_demo.c - `trapeze demo`: demonstrations for a class, on machines that run.
 *
 * How a word becomes a demonstration:
 *
 *     trapeze demo order --> catalog: a name below share/trapeze/examples/demos, or a folder --> FOLDER/script
 *         parsed (2 if it is faulty) --> its monitor commands are known (2) --> chdir FOLDER (1) --> `needs` are there (else
 * skipped, 0)
 *         --> played: 0, or 1 if something was not as the script expects
 */
#define _GNU_SOURCE /* asprintf */
#include "monitor/command.h"

#include "monitor/demo/catalog.h"
#include "monitor/demo/keys.h"
#include "monitor/demo/player.h"
#include "monitor/fold.h"
#include "monitor/json.h"
#include "monitor/options.h"
#include "monitor/repl/repl.h"
#include "monitor/screen.h"
#include "monitor/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS_WANTED = 24 };

struct demo_options {
    const char *name; /* NULL: list them */
    bool batch, json, help;
    enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
};

/* --- options */

#define FLAG_SETTER(function, member)                                                                                                 \
    static int function(void *into, const char *value, struct error *e)                                                               \
    {                                                                                                                                 \
        (void)e, (void)value;                                                                                                         \
        ((struct demo_options *)into)->member = true;                                                                                 \
        return 0;                                                                                                                     \
    }
FLAG_SETTER(set_batch, batch)
FLAG_SETTER(set_json, json)
FLAG_SETTER(set_help, help)
#undef FLAG_SETTER

/* `--color` alone is "always", as with other programs; what is written without '=' behind it is a name. */
static int set_color(void *into, const char *value, struct error *e)
{
    struct demo_options *o = into;
    if (!value || strcmp(value, "always") == 0)
        o->color = COLOR_ALWAYS;
    else if (strcmp(value, "never") == 0)
        o->color = COLOR_NEVER;
    else if (strcmp(value, "auto") == 0)
        o->color = COLOR_AUTO;
    else
        return error_set(e, EINVAL, "the option --color is auto, always or never, not '%s'", value);
    return 0;
}

static int set_name(void *into, const char *word, struct error *e)
{
    struct demo_options *o = into;
    if (o->name)
        return error_set(e, EINVAL, "one demonstration at a time: '%s' or '%s'", o->name, word);
    o->name = word;
    return 0;
}

const struct option_desc cmd_demo_options[] = {
    {"batch", VALUE_NONE, NULL, set_batch, "print all of it, without a pause: for slides"},
    {"json", VALUE_NONE, NULL, set_json, "likewise, an object a line, with \"schema\": 1"},
    {"color", VALUE_OPTIONAL, "auto|always|never", set_color, "auto is the default, and obeys NO_COLOR"},
    {"help", VALUE_NONE, NULL, set_help, "this help"},
    {"h", VALUE_NONE, NULL, set_help, NULL},
    {0},
};

void cmd_demo_help(void)
{
    options_prose("usage: trapeze demo\n"
                  "       trapeze demo [OPTION...] NAME | FOLDER\n\n"
                  "Shows what makes a machine virtualizable: a few sentences, a question, and then the answer, read from\n"
                  "machines that run. Without a name it lists the demonstrations. A folder with a file 'script' is one, too.\n\n"
                  "Keys: Enter goes on, b back, by reverse execution; r reveals the rest of the page; m opens the monitor\n"
                  "right here, and its `quit` comes back; q leaves. Without a terminal it is as with --batch.\n\n");
    options_help(cmd_demo_options);
    options_prose("\nExit status: 0; 1 failure, or the run was not what the script expects; 2 bad usage or a faulty script;\n"
                  "128+N ended by signal N. The manual page trapeze-demo(1) has the format of scripts.\n");
}

/* --- listing */

/* The script is parsed for its title and minutes; one that is faulty is said so, and the list goes on. */
static int list_one(const struct demo_catalog *c, const char *name, bool json)
{
    struct demo_script s;
    struct error e;
    char *path;
    if (asprintf(&path, "%s/%s/script", c->folder, name) < 0)
        return complain(STATUS_FAILURE, "there is not enough memory");
    if (demo_script_load(&s, path, &e) != 0) {
        free(path);
        return complain(STATUS_USAGE, "%s", e.text);
    }
    if (json) {
        struct json j;
        json_open(&j, stdout);
        json_object(&j, NULL);
        json_uint(&j, "schema", DEMO_SCHEMA);
        json_string(&j, "demo", name);
        json_uint(&j, "minutes", s.minutes);
        json_string(&j, "title", s.title);
        json_end(&j);
    } else {
        printf("  %-12s %2u min  %s\n", name, s.minutes, s.title);
    }
    demo_script_free(&s);
    free(path);
    return STATUS_OK;
}

/* All are listed, also behind one that is faulty; the status is that of the last fault. */
static int list(const struct demo_catalog *c, bool json)
{
    int status = STATUS_OK;
    if (!c->count)
        return complain(STATUS_FAILURE,
                        "the demonstrations, which lie beside the command in share/trapeze/examples/demos, are not there");
    for (unsigned i = 0; i < c->count; i++) {
        int r = list_one(c, c->name[i], json);
        status = r ? r : status;
    }
    if (!json)
        printf("`trapeze demo NAME` runs one.\n");
    return status;
}

/* --- running */

/* The script's commands of the monitor are all known before anything runs. */
static int check_commands(const struct demo_script *s, struct error *e)
{
    struct error why;
    char slash[32];
    for (unsigned i = 0; i < s->steps; i++) {
        const char *text = s->step[i].text;
        if (s->step[i].kind == DEMO_COMMAND && !repl_find(&text, slash, sizeof slash, &why))
            return error_set(e, EINVAL, "%s:%u: %.300s", s->path, s->step[i].line, why.text);
    }
    return 0;
}

/* Paths in a script are meant from its folder on. */
static int enter_folder(const char *folder, const struct demo_script *s, const char **missing, struct error *e)
{
    *missing = NULL;
    if (chdir(folder) != 0)
        return error_set(e, errno, "%s: the folder cannot be entered: %s", folder, strerror(errno));
    for (unsigned i = 0; i < s->needs && !*missing; i++) {
        char *file = demo_path(s->need[i].path);
        if (!file || access(file, R_OK) != 0)
            *missing = s->need[i].sentence;
        free(file);
    }
    return 0;
}

/* NO_COLOR counts when it is there and not empty [no-color.org]; who writes --color=always means it, also into a pipe. */
static bool wants_color(const struct demo_options *o)
{
    const char *no = getenv("NO_COLOR");
    if (o->json || o->color == COLOR_NEVER)
        return false;
    return o->color == COLOR_ALWAYS || (!o->batch && !(no && *no) && isatty(STDOUT_FILENO));
}

/* A person is asked before what the rest of the screen has no room for, though a whole screen has; the last row is for the keys. */
static bool screen_full(void *opaque, unsigned rows)
{
    struct demo_player *p = opaque;
    if (p->key == DEMO_KEY_ON && p->height && rows < p->height && p->writer->rows + rows >= p->height)
        demo_pause(p);
    return p->key != DEMO_KEY_ON;
}

/* For sentences beside the pages: in the width of the terminal, however narrow. */
static void tell_folded(unsigned columns, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0)
        return;
    fold_print(stdout, columns, text);
    free(text);
}

/* A page is composed for 80 columns and 24 rows. A smaller terminal gets the same text folded, without clearing the screen
 * between pages: what has scrolled away can be scrolled back to. Without a person at both ends nothing waits for a key. */
static void suit_terminal(struct demo_player *p, const struct demo_options *o)
{
    unsigned columns = screen_columns(), rows = screen_rows();
    const char *term = getenv("TERM");
    p->interactive = !o->batch && !o->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    p->writer->width = DEMO_COLUMNS;
    p->writer->color = wants_color(o);
    if (!p->interactive)
        return;
    bool small = columns < DEMO_COLUMNS || rows < ROWS_WANTED;
    demo_measure(p);
    p->writer->full = screen_full;
    p->writer->opaque = p;
    p->writer->clears = !small && term && strcmp(term, "dumb") != 0;
    if (small)
        tell_folded(columns,
                    "This terminal has %u columns and %u rows. A page wants %d and %d: here one follows the other, as plain text.",
                    columns, rows, DEMO_COLUMNS, ROWS_WANTED);
}

/* What it needs is not here, which is no failure. */
static void skip(const struct demo_options *o, const char *missing)
{
    struct json j;
    if (!o->json) {
        tell_folded(screen_columns(), "skipped: %s", missing);
        return;
    }
    json_open(&j, stdout);
    json_object(&j, NULL);
    json_uint(&j, "schema", DEMO_SCHEMA);
    json_string(&j, "demo", o->name);
    json_string(&j, "skipped", missing);
    json_end(&j);
}

/* A failure of the machines is said in a sentence, and so is how many expectations were not met: a class has seen something else
 * than the script promised. */
static int play(const struct demo_options *o, const struct demo_script *s)
{
    struct demo_writer w = {.ops = o->json ? &demo_json : &demo_text, .out = stdout};
    struct demo_player *p = calloc(1, sizeof *p);
    struct error e;
    if (!p)
        return complain(STATUS_FAILURE, "there is not enough memory");
    *p = (struct demo_player){.script = s, .name = o->name, .writer = &w};
    suit_terminal(p, o);
    int r = demo_play(p, &e), status = r || p->failures ? STATUS_FAILURE : STATUS_OK;
    terminal_leave();
    fflush(stdout);
    if (r)
        (void)complain(STATUS_FAILURE, "%s", e.text);
    else if (p->failures)
        (void)complain(STATUS_FAILURE, "%s: %u of what the script expects %s not so", s->path, p->failures,
                       p->failures == 1 ? "was" : "were");
    free(p);
    return status;
}

/* Faults of the script are bad usage, whatever the person typed: it is the script's author who sees this. */
static int run(const struct demo_options *o, const char *folder)
{
    struct demo_script s;
    struct error e;
    const char *missing;
    char *path;
    if (asprintf(&path, "%s/script", folder) < 0)
        return complain(STATUS_FAILURE, "there is not enough memory");
    int status = STATUS_OK;
    if (demo_script_load(&s, path, &e) != 0) {
        status = complain(STATUS_USAGE, "%s", e.text);
        free(path);
        return status;
    }
    if (check_commands(&s, &e) != 0)
        status = complain(STATUS_USAGE, "%s", e.text);
    else if (enter_folder(folder, &s, &missing, &e) != 0)
        status = complain(STATUS_FAILURE, "%s", e.text);
    else if (missing)
        skip(o, missing);
    else
        status = play(o, &s);
    demo_script_free(&s);
    free(path);
    return status;
}

static int run_or_list(const struct demo_options *o)
{
    struct demo_catalog c;
    struct error e;
    if (demo_catalog_open(&c, &catalog_demos) != 0)
        return complain(STATUS_FAILURE, "there is not enough memory");
    int status;
    char *folder = o->name ? demo_catalog_find(&c, o->name, &e) : NULL;
    if (!o->name)
        status = list(&c, o->json);
    else if (!folder)
        status = complain(STATUS_USAGE, "%s", e.text);
    else
        status = run(o, folder);
    free(folder);
    demo_catalog_close(&c);
    return status;
}

/* A signal that ended it is died of at the very end, when the terminal is as before and all that was to be freed is. */
int cmd_demo(int argc, char **argv)
{
    struct demo_options o = {0};
    struct error e;
    int r = options_parse(cmd_demo_options, argc, argv, set_name, &o, &e);
    if (r)
        return complain_of_options(r, &e);
    if (o.help) {
        cmd_demo_help();
        return STATUS_OK;
    }
    int status = run_or_list(&o), signal_number = terminal_signal();
    if (signal_number)
        terminal_die(signal_number);
    return status;
}
