/* repl.c - carries out lines: finds the command, runs it, says what failed, wraps it all in JSON when that is wanted. */
#include "monitor/repl/repl.h"

#include "core/loader.h"
#include "monitor/command.h"
#include "monitor/fold.h"
#include "monitor/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What `commands N` has taken so far, and will not end: the next list begins empty. */
static void drop_collected(struct repl *r)
{
    for (unsigned i = 0; i < r->line_count; i++)
        free(r->lines[i]);
    free(r->lines);
    r->lines = NULL;
    r->line_count = 0;
    r->collecting = false;
}

void repl_release(struct repl *r)
{
    free(r->last);
    drop_collected(r);
    for (char **line = r->pending; line && *line; line++)
        free(*line);
    free(r->pending);
    r->pending = NULL;
    r->last = NULL;
}

const char *repl_prompt(const struct repl *r)
{
    return r->collecting ? "> " : r->d->running ? "(trapeze, guest running) " : "(trapeze) ";
}

const char *tint(const struct debugger *d, enum tint t)
{
    static const char *const codes[] = {"\033[0m", "\033[34m", "\033[33m", "\033[1m", "\033[31m", "\033[31m", "\033[2m"};
    return d->color ? codes[t] : "";
}

/* --- words of arguments */

bool repl_word(const char **text, char *word, size_t size)
{
    const char *at = *text + strspn(*text, " \t");
    size_t n = strcspn(at, " \t");
    snprintf(word, size, "%.*s", (int)(n < size ? n : size - 1), at);
    *text = at + n + strspn(at + n, " \t");
    return n > 0;
}

int repl_no_more(const char *text, struct error *e)
{
    text += strspn(text, " \t");
    return *text ? error_set(e, EINVAL, "the command takes nothing more: '%.60s'", text) : 0;
}

/* --- one command */

/* What of all it needs the machine has not; NULL: it has it. */
static const char *lacking(const struct debugger *d, unsigned needs)
{
    const struct isa *isa = debugger_isa(d);
    if ((needs & NEEDS_CALLS) && !about_calls(isa))
        return "calls and returns that debugging information speaks of";
    if ((needs & NEEDS_LINES) && !about_line(isa, 0))
        return "interrupt lines";
    if ((needs & NEEDS_PAGES) && !*about_space_register(isa))
        return "page tables";
    if ((needs & NEEDS_CONSOLE) && !d->system->board->ops->input)
        return "a console to type at";
    if ((needs & NEEDS_TABLES) && !about_of(isa)->tables)
        return "segments or descriptors";
    return NULL;
}

static int run(struct debugger *d, const struct repl_command *c, const char *text, const char *slash, bool again, struct error *e)
{
    char *copy = strdup(text);
    if (!copy)
        return error_set(e, ENOMEM, "there is not enough memory");
    for (size_t n = strlen(copy); n && isspace((unsigned char)copy[n - 1]); n--)
        copy[n - 1] = '\0';
    const char *lacks;
    const struct repl_args args = {.text = copy, .slash = slash, .again = again};
    int r = 0;
    if (d->running && (c->needs & NEEDS_STOPPED))
        r = error_set(e, EBUSY, "the guest is running; 'stop' or Ctrl-C stops it");
    else if ((lacks = lacking(d, c->needs)))
        r = error_set(e, ENOTSUP, "'%s' needs %s, and the machine %s has none", c->name, lacks, debugger_isa(d)->name);
    else if (*slash && strncmp(c->args, "[/", 2) != 0)
        r = error_set(e, EINVAL, "'%s' takes no /%s", c->name, slash);
    else
        r = c->run(d, &args, e);
    free(copy);
    return r;
}

static void flush(struct repl *r)
{
    if (r->screen)
        screen_flush(r->screen);
    else
        fflush(r->d->out);
}

static void complain_text(struct repl *r, const struct error *e)
{
    FILE *f = r->complaints ? r->complaints : stderr;
    if (!r->d->running)
        repl_show_console(r);
    flush(r);
    fputs(tint(r->d, TINT_ERROR), f);
    fold_print(f, r->complaints || isatty(STDERR_FILENO) ? r->d->width : 0, e->text);
    fputs(tint(r->d, TINT_NONE), f);
}

static void refuse_json(struct repl *r, const char *line, const struct error *e)
{
    struct json j;
    json_open(&j, r->d->out);
    json_object(&j, NULL);
    json_uint(&j, "schema", REPL_SCHEMA);
    json_string(&j, "command", line);
    json_string(&j, "error", e->text);
    json_end(&j);
    fflush(r->d->out);
}

/* The command's text is caught and becomes a member. */
static int run_json(struct repl *r, const struct repl_command *c, const char *line, const char *text, const char *slash, bool again,
                    struct error *e)
{
    struct debugger *d = r->d;
    FILE *out = d->out;
    struct json j, *outer = d->json;
    char *caught = NULL, *object = NULL;
    size_t caught_size = 0, object_size = 0;
    FILE *catcher = open_memstream(&caught, &caught_size), *writer = open_memstream(&object, &object_size);
    if (!catcher || !writer) {
        if (catcher)
            fclose(catcher);
        free(caught);
        const int without = error_set(e, ENOMEM, "there is not enough memory");
        refuse_json(r, line, e);
        return without;
    }
    json_open(&j, writer);
    json_object(&j, NULL);
    json_uint(&j, "schema", REPL_SCHEMA);
    json_string(&j, "command", line);
    d->out = catcher;
    d->json = &j;
    int result = run(d, c, text, slash, again, e);
    d->json = outer;
    d->out = out;
    fclose(catcher);
    if (caught_size)
        json_string(&j, "text", caught);
    if (result)
        json_string(&j, "error", e->text);
    json_end(&j);
    fclose(writer);
    fwrite(object, 1, object_size, out);
    fflush(out);
    free(caught);
    free(object);
    return result;
}

void repl_complain(struct repl *r, const struct error *e)
{
    if (!r) {
        (void)complain(STATUS_FAILURE, "%s", e->text);
        return;
    }
    complain_text(r, e);
    r->failures++;
}

static void begin(struct repl *r)
{
    enum { UNBOUNDED = 10000 };
    if (!r->screen)
        return;
    screen_begin(r->screen);
    r->d->width = r->screen->width ? r->screen->width : UNBOUNDED;
}

/* Who has had enough of what a command prints has had enough of those that follow it, too. */
static int end(struct repl *r, int result, struct error *e)
{
    if (!r->screen || screen_end(r->screen) || result)
        return result;
    return error_set(e, ECANCELED, "Quit");
}

static int carry_out(struct repl *r, const char *line, bool again, const struct repl_command **found)
{
    char slash[32];
    struct error e;
    const char *text = line;
    const struct repl_command *c = repl_find(&text, slash, sizeof slash, &e);
    int result = -ENOENT;
    *found = c;
    bool speaks_itself = c && strcmp(c->name, "source") == 0; /* its lines are objects of their own */
    begin(r);
    if (c && r->json && !speaks_itself)
        result = run_json(r, c, line, text, slash, again, &e);
    else if (c)
        result = run(r->d, c, text, slash, again, &e);
    result = end(r, result, &e);
    if (r->json && (!c || (speaks_itself && result)))
        refuse_json(r, line, &e);
    if (result && !r->json)
        complain_text(r, &e);
    r->failures += result != 0;
    flush(r);
    return result;
}

/* --- lines */

static int no_memory(struct repl *r)
{
    struct error e;
    int result = error_set(&e, ENOMEM, "there is not enough memory for the command");
    repl_complain(r, &e);
    return result;
}

static int collect(struct repl *r, const char *line)
{
    struct breakpoint *b = debugger_break_find(r->d, r->collecting_for);
    char **grown = realloc(r->lines, (r->line_count + 2) * sizeof *grown), *copy = NULL;
    if (grown)
        r->lines = grown;
    bool ends = strcmp(line, "end") == 0;
    if (!grown || (!ends && !(copy = strdup(line))))
        return no_memory(r);
    r->lines[r->line_count] = copy;
    r->lines[r->line_count + 1] = NULL;
    r->line_count += !ends;
    if (!ends)
        return 0;
    r->collecting = false;
    if (!b) {
        drop_collected(r);
        return 0;
    }
    for (char **old = b->commands; old && *old; old++)
        free(*old);
    free(b->commands);
    b->commands = r->lines;
    r->lines = NULL;
    r->line_count = 0;
    return 0;
}

static void remember(struct repl *r, const char *line)
{
    free(r->last);
    r->last = line ? strdup(line) : NULL;
}

int repl_line(struct repl *r, const char *line, bool may_repeat)
{
    const struct repl_command *c;
    line += strspn(line, " \t");
    if (r->collecting)
        return collect(r, line);
    if (r->own && r->own(r, line)) {
        remember(r, NULL); /* an empty line does not repeat what was typed before */
        return 0;
    }
    bool again = (!*line && may_repeat) || strcmp(line, "!!") == 0;
    if (!again && (!*line || *line == '#'))
        return 0;
    if (again && !r->last)
        return 0;
    char *copy = strdup(again ? r->last : line);
    if (!copy)
        return no_memory(r);
    int result = carry_out(r, copy, again, &c);
    if (!again)
        remember(r, result == 0 && c->repeats ? copy : NULL);
    free(copy);
    return result;
}

int repl_source(struct repl *r, const char *path, struct error *e)
{
    uint8_t *data;
    size_t size;
    if (r->sources >= REPL_SOURCE_DEPTH)
        return error_set(e, ELOOP, "%s: files of commands read each other %d deep", path, REPL_SOURCE_DEPTH);
    int result = load_file(path, &data, &size, e);
    if (result)
        return result;
    char *text = realloc(data, size + 1);
    if (!text) {
        free(data);
        return error_set(e, ENOMEM, "%s: there is not enough memory to read it", path);
    }
    text[size] = '\0';
    r->sources++;
    unsigned number = 1;
    for (char *line = text, *end; line && result == 0 && !r->quit; line = end ? end + 1 : NULL, number++) {
        end = strchr(line, '\n');
        if (end)
            *end = '\0';
        result = repl_line(r, line, false);
        repl_run_pending(r);
    }
    r->sources--;
    if (r->collecting)
        drop_collected(r);
    free(text);
    return result ? error_set(e, EINVAL, "%s:%u: this command failed, and ended the file", path, number - 1) : 0;
}

/* --- for other programs */

int repl_execute(struct debugger *d, const char *line, FILE *out)
{
    char slash[32];
    struct error e;
    FILE *before = d->out;
    struct json *json = d->json;
    bool color = d->color;
    const char *text = line;
    d->out = out;
    d->json = NULL;
    d->color = false;
    const struct repl_command *c = repl_find(&text, slash, sizeof slash, &e);
    int result = c ? run(d, c, text, slash, false, &e) : -ENOENT;
    if (result)
        fprintf(out, "%s\n", e.text);
    d->out = before;
    d->json = json;
    d->color = color;
    return result;
}
