/* cmd_source.c - commands about source text: list, directory, info source. Forms and words as gdb has them.
 *
 *    d->listed      first      end                    `list` goes on at end, `list -` ends before first
 *       ------------|==========|------------ lines    0 after a stop: it begins around the selected frame
 *                   10 lines
 */
#include "monitor/debug/frames.h"
#include "monitor/debug/object.h"
#include "monitor/debug/source.h"
#include "monitor/repl/command.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 10, BEFORE = 5 }; /* lines that list shows; how many of them before the one asked for */

static int no_lines(struct error *e)
{
    return error_set(e, ENOTSUP, "this trapeze was built without libdw, which reads source lines");
}

/* --- list */

/* [first, end), less where the file ends before. What was shown is remembered only when it was; `file` may be d->listed.file itself, which
 * snprintf() must not copy onto itself. */
static int show(struct debugger *d, const char *file, unsigned first, unsigned end, struct error *e)
{
    unsigned all = sources_lines(d->sources, file);
    if (!all)
        return error_set(e, ENOENT, "%s: this file is not found; 'directory FOLDER' says where its folders are", file);
    if (first > all)
        return error_set(e, EINVAL, "Line number %u out of range; \"%s\" has %u lines.", first, file, all);
    if (d->json)
        json_string(d->json, "file", file);
    for (unsigned n = first; n < end && n <= all; n++) {
        size_t length = 0;
        const char *text = sources_line(d->sources, file, n, &length);
        fprintf(d->out, "%u\t%.*s\n", n, (int)length, text ? text : "");
    }
    if (d->listed.file != file)
        snprintf(d->listed.file, sizeof d->listed.file, "%s", file);
    d->listed.first = first;
    d->listed.end = end <= all ? end : all + 1;
    return 0;
}

/* Five lines before, the line itself, four behind; at the top of a file it begins with line 1. */
static int around(struct debugger *d, const struct source_line *at, struct error *e)
{
    unsigned first = at->line > BEFORE ? at->line - BEFORE : 1;
    return show(d, at->file, first, first + LINES, e);
}

/* Where `list` begins when nothing was listed since the stop: the selected frame. */
static bool here(struct debugger *d, struct source_line *out)
{
    struct frame f;
    frame_selected(d, &f);
    return frame_line(d, &f, out);
}

static bool is_decimal(const char *text) { return *text && !text[strspn(text, "0123456789")]; }

/* N of the file at hand, FILE:N, FUNCTION, FILE:FUNCTION, *ADDRESS.
 * The colon is looked for from the end: a path may have one. A function's line is where its source declares it, before the address of its
 * code is asked for, which lies some lines further on. A bare number is of the file listed last, or else of the one where the guest is. */
static int place(struct debugger *d, const char *text, struct source_line *out, struct error *e)
{
    struct symbols_view view = debugger_view(d);
    const char *colon = strrchr(text, ':');
    uint64_t at;
    if (is_decimal(text) || (colon && is_decimal(colon + 1))) {
        bool named = colon != NULL;
        if (named && !symbols_file_named(d->symbols, (int)(colon - text), text, out->file))
            return error_set(e, ENOENT, "No source file named %.*s.", (int)(colon - text), text);
        if (!named && d->listed.end)
            memcpy(out->file, d->listed.file, sizeof out->file);
        else if (!named && !here(d, out))
            return error_set(e, ENOENT, "no source line is known here: list FILE:N, or a function");
        out->line = (unsigned)strtoul(named ? colon + 1 : text, NULL, 10);
        return out->line ? 0 : error_set(e, EINVAL, "lines are counted from 1");
    }
    const char *name = colon ? colon + 1 : text;
    if (*name != '*' && symbols_function_line(d->symbols, &view, name, out))
        return 0;
    int r = debugger_location(d, name, &at, e);
    if (r == 0 && !symbols_line(d->symbols, at, &view, out))
        r = error_set(e, ENOENT, "no source line is known for '%.60s'", text);
    return r;
}

/* A,B or A, or ,B
 * From a copy each: the ends are parsed as words of their own, and place() takes all of a text. The first end sets the file for the second
 * one, so in "kernel.c:200,203" the 203 is of kernel.c, too. */
static int range(struct debugger *d, const char *text, const char *comma, struct error *e)
{
    char from[128], to[128];
    struct source_line a, b;
    snprintf(from, sizeof from, "%.*s", (int)(comma - text), text);
    snprintf(to, sizeof to, "%s", comma + 1 + strspn(comma + 1, " \t"));
    from[strcspn(from, " \t")] = '\0';
    if (!*from && !*to)
        return error_set(e, EINVAL, "list FIRST,LAST");
    int r = *from ? place(d, from, &a, e) : 0;
    if (r == 0 && *from)
        memcpy(d->listed.file, a.file, sizeof d->listed.file);
    if (r == 0 && *from && !d->listed.end)
        d->listed.end = a.line;
    if (r == 0 && *to)
        r = place(d, to, &b, e);
    if (r)
        return r;
    if (!*from) {
        a = b;
        a.line = b.line >= LINES ? b.line - LINES + 1 : 1;
    }
    unsigned end = *to ? b.line + 1 : a.line + LINES;
    return end > a.line ? show(d, a.file, a.line, end, e) : error_set(e, EINVAL, "the range ends before it begins");
}

/* Enter goes on (a->again), and does not list the same place once more. */
static int list(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct source_line at;
    const char *comma = strchr(a->text, ',');
    if (!symbols_have_lines())
        return no_lines(e);
    if (comma)
        return range(d, a->text, comma, e);
    if (*a->text && strcmp(a->text, "-") != 0 && !a->again) {
        int r = place(d, a->text, &at, e);
        return r ? r : around(d, &at, e);
    }
    if (!d->listed.end) {
        if (!here(d, &at))
            return error_set(e, ENOENT, "no source line is known here: list FILE:N, or a function");
        if (strcmp(a->text, "-") != 0)
            return around(d, &at, e);
        memcpy(d->listed.file, at.file, sizeof d->listed.file);
        d->listed.first = at.line > BEFORE ? at.line - BEFORE : 1;
    }
    if (strcmp(a->text, "-") != 0)
        return show(d, d->listed.file, d->listed.end, d->listed.end + LINES, e);
    if (d->listed.first <= 1)
        return error_set(e, EINVAL, "Already at the start of %s.", d->listed.file);
    unsigned first = d->listed.first > LINES ? d->listed.first - LINES : 1;
    return show(d, d->listed.file, first, d->listed.first, e);
}

/* --- where sources are */

/* A remote debugger may not: file names of this host, and by them what is in the files, are none of its business. */
static int directory(struct debugger *d, const struct repl_args *a, struct error *e)
{
    if (d->remote)
        return error_set(e, EPERM, "a remote debugger may not name folders of this host");
    if (!*a->text)
        sources_clear_folders(d->sources);
    else if (sources_add_folder(d->sources, a->text) != 0)
        return error_set(e, ENOMEM, "there is not enough memory");
    fprintf(d->out, "Source directories searched: ");
    const char *folder;
    for (unsigned i = 0; (folder = sources_folder(d->sources, i)); i++)
        fprintf(d->out, "%s:", folder);
    fprintf(d->out, "$cdir:$cwd\n");
    return 0;
}

/* Two names: the one the compiler wrote down, on the machine where it ran, and the one under which this host has the file. */
static int info_source(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct source_line at;
    int r = !symbols_have_lines() ? no_lines(e) : repl_no_more(a->text, e);
    if (r)
        return r;
    if (!here(d, &at))
        return error_set(e, ENOENT, "No current source file.");
    const char *found = sources_found(d->sources, at.file);
    if (d->json) {
        json_string(d->json, "file", at.file);
        json_uint(d->json, "line", at.line);
        json_string(d->json, "found", found);
        return 0;
    }
    fprintf(d->out, "Current source file is %s\n", at.file);
    if (found)
        fprintf(d->out, "Located in %s\nContains %u lines.\n", found, sources_lines(d->sources, at.file));
    else
        fprintf(d->out, "It is not found; 'directory FOLDER' says where its folders are.\n");
    return 0;
}

extern const struct repl_command repl_sourcing[];
const struct repl_command repl_sourcing[] = {
    {"list", "l", "[FUNCTION | N | FILE:N | *ADDRESS | FIRST,LAST | -]", "show source lines, ten of them",
     "Nothing: around where the guest stands, then the next ten, and so on. -: those before.\n"
     "N is a line of the file shown last.",
     GROUP_SOURCE, list, COMPLETE_SYMBOL, true, 0},
    {"directory", "dir", "[FOLDER]", "look for source files below a folder, too", NULL, GROUP_SOURCE, directory, COMPLETE_FILE, false,
     0},
    {"info source", NULL, "", "the selected frame's source file, and where it was found", NULL, GROUP_SOURCE, info_source,
     COMPLETE_NOTHING, false, 0},
    {0},
};
