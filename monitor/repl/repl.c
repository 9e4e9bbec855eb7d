/* repl.c - carries out lines: finds the command, runs it, says what failed, wraps it all in JSON when that is wanted.
 *
 *    a line -> is `commands N` collecting?  -> kept for the breakpoint
 *           -> a word of who opened the prompt (`own`: a lesson)?
 *           -> empty, or !!                 -> the last line that repeats, with args.again set
 *           -> '#' first                    -> a comment
 *           -> else                         -> carry_out(): as text, or as one JSON object on one line
 *
 * With --json each command is one object, whatever it printed and whether or not it failed:
 *
 *    {"schema": 1, "command": "p 1+1", "number": 1, "bits": "0x2", "value": "2"}      the command added members of its own
 *    {"schema": 1, "command": "echo hello\\n", "text": "hello\u000a"}                  it only printed
 *    {"schema": 1, "command": "bogus", "error": "there is no command 'bogus' (help lists them)"}
 */
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

/* In the order of enum tint. The table is of ANSI's SGR parameters [ECMA-48 8.3.117], which all terminals in use today understand. */
const char *tint(const struct debugger *d, enum tint t)
{
    static const char *const codes[] = {"\033[0m", "\033[34m", "\033[33m", "\033[1m", "\033[31m", "\033[31m", "\033[2m"};
    return d->color ? codes[t] : "";
}

/* --- words of arguments */

/* A word that is longer than the room is cut off, and *text still moves past all of it: so a word too long is an unknown word, and its
 * tail is not taken for the next one. */
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

/* The one place where a command is called, and where what all commands refuse alike is refused: a guest that runs, a machine that lacks
 * something, a /FORMAT that means nothing to it. The text is a copy: a line may come from a constant, and its end is cut here. */
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

/* Text goes to a screen that folds it, JSON straight to the stream. */
static void flush(struct repl *r)
{
    if (r->screen)
        screen_flush(r->screen);
    else
        fflush(r->d->out);
}

/* What failed is said on stderr, so that stdout holds what was asked for and a pipe reads only that. What the guest has printed comes
 * first, and so does what the command printed before it failed: a person reads both in the order in which they happened. A terminal is asked
 * for its width: it may just have become smaller. */
static void complain_text(struct repl *r, const struct error *e)
{
    FILE *f = r->complaints ? r->complaints : stderr;
    if (!r->d->running)
        repl_show_console(r);
    flush(r);
    fputs(tint(r->d, TINT_ERROR), f);
    if (r->screen && !r->screen->has_width && !r->complaints)
        r->d->width = screen_columns();
    fold_print(f, r->complaints || isatty(STDERR_FILENO) ? r->d->width : 0, e->text);
    fputs(tint(r->d, TINT_NONE), f);
}

/* One object for a line that no command carried out: it is written at once, as nothing of it is known but the sentence. */
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

/* The command's text is caught and becomes a member.
 *
 *        the command              run_json()
 *    d->out   ---> catcher  ---> member "text", if there was any
 *    d->json  ---> writer   ---> the object  ---> the real d->out, in one piece
 *
 * Two streams, since members and text come in any order, and the object must not be on stdout half when the guest prints a line of
 * its own. d->json is put back to what it was: a command may carry out others. */
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

/* Around the whole command, not around a write: the pager counts rows per command. The width is asked for each time, because a person
 * pulls at the window between two commands. */
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

/* *found is set even where the command fails, NULL only if there is none: who remembers the line for Enter looks at it. `source` gets no
 * object of its own, or the objects of its lines would lie inside a string of another one. */
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

/* A line for a breakpoint, or `end`. r->lines grows by one pointer a line and has room for the NULL that ends it; at `end` the breakpoint
 * takes it over as it is. It may be gone by then: behind the prompt the guest runs on, and may meet a temporary one. */
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

/* For Enter. A command that does not repeat leaves nothing behind: Enter after `delete` must not go on with an older `stepi`. */
static void remember(struct repl *r, const char *line)
{
    free(r->last);
    r->last = line ? strdup(line) : NULL;
}

/* The line is copied before it is carried out: where Enter repeats it, it is r->last itself, which remember() is about to free. */
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

/* The whole file is read first: its lines may change or delete it, and `data` has no end mark of its own. A file that reads itself is
 * stopped by its depth and not by its name, since it may do so under many names. Output of lines before the one that failed stays; the
 * number of that line is all that is added. */
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

/* Everything that the prompt has set up is set aside and put back: the one who asks reads plain text, whatever the prompt speaks. No line
 * is remembered, none is collected, and the failures of the prompt are not counted: a remote debugger's typing errors are not those of
 * the person at the prompt. */
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
