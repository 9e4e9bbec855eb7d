/* cmd_helping.c - commands about the monitor itself.
 *
 * What `help TEXT` shows, the first that fits:
 *
 *    nothing            the groups, each with the names of its commands
 *    words              all terms of the glossary
 *    all, a group       a line for each command; so does the first word of a group, "info"
 *    a command's name or alias that is a term, too      both, one after the other
 *    a term             its definition: a prefix of a command would else hide most terms
 *    a command          all about it, by name, alias or prefix
 */
#include "monitor/repl/repl.h"

#include "monitor/view/glossary.h"
#include "monitor/view/view.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- groups. Their words, and those that gdb has for such a group. */

/* word: as `help` lists them; also: gdb's word; about: the title where all groups are listed. One entry for each GROUP_*. */
static const struct {
    const char *word, *also, *about;
} groups[GROUPS] = {
    [GROUP_RUNNING] = {"running", NULL, "let the guest run"},
    [GROUP_REVERSING] = {"reversing", "reverse", "take it back"},
    [GROUP_STOPPING] = {"stopping", "breakpoints", "say where it stops"},
    [GROUP_LOOKING] = {"looking", "data", "registers, memory, code"},
    [GROUP_SOURCE] = {"source-level", "stack", "symbols, lines, frames"},
    [GROUP_CHANGING] = {"changing", "files", "change it, or what is known of it"},
    [GROUP_VMM] = {"vmm", "status", "what the VMM sees and does"},
    [GROUP_MONITOR] = {"general", "support", "the monitor itself"},
};
enum { NAME_COLUMN = 18 };

const char *repl_group_word(unsigned index) { return index < GROUPS ? groups[index].word : NULL; }

static void list_one(const struct debugger *d, const struct repl_command *c)
{
    fprintf(d->out, "  %-*s %s\n", NAME_COLUMN, c->name, c->summary);
}

/* The groups, with the names of their commands.
 * Names only, to fit one screen. Of the many commands that begin with info the row has one word, "info ...". */
static void list_all(const struct debugger *d)
{
    const struct repl_command *c;
    for (unsigned g = 0; g < GROUPS; g++) {
        const char *separator = "";
        bool info = false;
        fprintf(d->out, "%-14s", groups[g].word);
        for (unsigned i = 0; (c = repl_command_at(i)); i++) {
            bool is_info = strncmp(c->name, "info ", 5) == 0;
            if ((unsigned)c->group != g)
                continue;
            info |= is_info;
            if (!is_info) {
                fprintf(d->out, "%s%s", separator, c->name);
                separator = ", ";
            }
        }
        fprintf(d->out, "%s%s\n", info ? separator : "", info ? "info ..." : "");
    }
    fprintf(d->out, "\n"
                    "help GROUP     its commands, a line each (help vmm); 'help all': every group's\n"
                    "help COMMAND   all about one; any unique prefix of its name will do\n"
                    "help WORD      of the output: situation, shadow, K; 'help words' lists them\n"
                    "apropos TEXT   where help mentions a text\n"
                    "QEMU's and Bochs' words are known, too. An empty line repeats a step.\n");
}

static void list_group(const struct debugger *d, unsigned group)
{
    const struct repl_command *c;
    for (unsigned i = 0; (c = repl_command_at(i)); i++)
        if ((unsigned)c->group == group)
            list_one(d, c);
}

static void list_every_group(const struct debugger *d)
{
    for (unsigned g = 0; g < GROUPS; g++) {
        fprintf(d->out, "%s%s: %s\n", g ? "\n" : "", groups[g].word, groups[g].about);
        list_group(d, g);
    }
}

/* A word of `help` that stands for many.
 * The last loop is for the first words of names that have two: `help info` lists what may follow. false: the word stands for one command
 * at most. */
static bool list_by_word(const struct debugger *d, const char *word)
{
    const struct repl_command *c;
    size_t n = strlen(word);
    bool any = strcmp(word, "all") == 0;
    if (any)
        list_every_group(d);
    for (unsigned g = 0; g < GROUPS && !any; g++)
        if (strcmp(groups[g].word, word) == 0 || (groups[g].also && strcmp(groups[g].also, word) == 0)) {
            list_group(d, g);
            return true;
        }
    for (unsigned i = 0; (c = repl_command_at(i)) && strcmp(word, "all") != 0; i++)
        if (strncmp(c->name, word, n) == 0 && c->name[n] == ' ') {
            list_one(d, c);
            any = true;
        }
    return any;
}

/* --- commands */

/* Lines that begin with a blank as they are, the others filled.
 * The paragraph gathers lines until one is to be kept as it stands, or the text ends; then it is folded to the width of the terminal. It
 * cannot be longer than the text, with one blank for the last newline. For want of memory the help is left out. */
static void fill(const struct debugger *d, const char *text)
{
    char *paragraph = calloc(1, strlen(text) + 2);
    for (const char *at = text; paragraph && *at;) {
        size_t n = strcspn(at, "\n");
        bool verbatim = *at == ' ';
        if (verbatim)
            fprintf(d->out, "%.*s\n", (int)n, at);
        else
            strcat(strncat(paragraph, at, n), " ");
        at += n + (at[n] == '\n');
        if (*paragraph && (!*at || *at == ' ')) {
            view_paragraph(d, 0, paragraph);
            *paragraph = '\0';
        }
    }
    free(paragraph);
}

/* The summary is a line of a list, so it begins with a small letter and has no full stop; here it is a sentence. */
static void explain(const struct debugger *d, const struct repl_command *c)
{
    fprintf(d->out, "%s%s%s\n%c%s.\n", c->name, *c->args ? " " : "", c->args, toupper((unsigned char)c->summary[0]), c->summary + 1);
    if (c->help)
        fill(d, c->help);
    if (c->aliases)
        fprintf(d->out, "Also: %s\n", c->aliases);
}

/* --- words */

static void define(const struct debugger *d, const struct about_word *t)
{
    fprintf(d->out, "%s\n", t->names);
    view_paragraph(d, 2, t->text);
    if (*t->see)
        fprintf(d->out, "  See: %s\n", t->see);
}

static void list_words(const struct debugger *d)
{
    const struct about_word *t;
    for (unsigned i = 0; (t = glossary_at(i)); i++)
        fprintf(d->out, "%s%s", i ? "; " : "", t->names);
    fputc('\n', d->out);
}

/* Not by a prefix: a word of the glossary goes before what only might be meant. */
static bool is_command(const struct repl_command *c, const char *text) { return strcmp(c->name, text) == 0 || repl_alias(c, text); }

static int help(struct debugger *d, const struct repl_args *a, struct error *e)
{
    char slash[32];
    const char *text = a->text, *word = strcmp(text, "i") == 0 ? "info" : text;
    if (!*text) {
        list_all(d);
        return 0;
    }
    if (strcmp(text, "words") == 0) {
        list_words(d);
        return 0;
    }
    if (list_by_word(d, word))
        return 0;
    const struct about_word *t = glossary_find(word, 0);
    const struct repl_command *c = repl_find(&text, slash, sizeof slash, e);
    bool both = t && c && is_command(c, word);
    if (!c && !t)
        return -ENOENT;
    if (both) /* one after the other, and which is which */
        fprintf(d->out, "'%s' is a command%s%s, and a word.\n\n", word, strcmp(c->name, word) ? ", another name of " : "",
                strcmp(c->name, word) ? c->name : "");
    if (c && (!t || both))
        explain(d, c);
    if (both)
        fprintf(d->out, "\nThe word:\n");
    for (unsigned nth = 0; (t = glossary_find(word, nth)); nth++)
        define(d, t);
    return 0;
}

/* In upper or lower case: who searches for "csr" also wants what is about CSRs. A NULL text mentions nothing. */
static bool mentions(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; text && *text; text++)
        if (strncasecmp(text, word, n) == 0)
            return true;
    return false;
}

/* Its first sentence; the first of a list below a title. */
static void list_term(const struct debugger *d, const struct about_word *t, const char *gap, bool first)
{
    const char *names = t->names, *word, *end = strstr(t->text, ". ");
    size_t n = glossary_name(&names, &word), all = strlen(t->text);
    if (first)
        fprintf(d->out, "%sWords (help WORD)\n", gap);
    fprintf(d->out, "  %-*.*s %.*s\n", NAME_COLUMN, (int)n, word, (int)(end ? (size_t)(end - t->text) + 1 : all), t->text);
}

static int apropos(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const struct repl_command *c;
    const struct about_word *t;
    bool any = false, words = false;
    if (!*a->text)
        return error_set(e, EINVAL, "what is to be searched for? apropos TEXT");
    for (unsigned i = 0; (c = repl_command_at(i)); i++)
        if (mentions(c->name, a->text) || mentions(c->summary, a->text) || mentions(c->help, a->text) ||
            mentions(c->aliases, a->text)) {
            list_one(d, c);
            any = true;
        }
    for (unsigned i = 0; (t = glossary_at(i)); i++)
        if (mentions(t->names, a->text) || mentions(t->text, a->text)) {
            list_term(d, t, any ? "\n" : "", !words);
            any = words = true;
        }
    return any ? 0 : error_set(e, ENOENT, "no help mentions '%s'", a->text);
}

/* --- the rest */

/* In the middle of another file, too (repl_source() says how deep). Relative paths are the process's, not the other file's. */
static int source(struct debugger *d, const struct repl_args *a, struct error *e)
{
    if (!d->repl)
        return error_set(e, ENOTSUP, "files of commands are read at the monitor's own prompt");
    if (!*a->text)
        return error_set(e, EINVAL, "which file? source FILE");
    return repl_source(d->repl, a->text, e);
}

/* An escape that is not known stands for its letter, as in "\$". The prompt is told when the row was not ended, and ends it; in JSON
 * the text is a member, and no row. */
static int echo(struct debugger *d, const struct repl_args *a, struct error *e)
{
    char last = '\n';
    (void)e;
    for (const char *at = a->text; *at; at++) {
        bool escape = at[0] == '\\' && at[1];
        at += escape;
        last = (char)(escape && *at == 'n' ? '\n' : escape && *at == 't' ? '\t' : *at);
        fputc(last, d->out);
    }
    if (d->repl && !d->json)
        d->repl->open_line = last != '\n';
    return 0;
}

/* For programs on top, and for tests: the Tab key without a keyboard. The word that is completed begins behind the last character that ends
 * words there, as Readline is told by the same function, and the lines printed are whole lines to carry out. */
static int complete(struct debugger *d, const struct repl_args *a, struct error *e)
{
    size_t start = strlen(a->text);
    bool files;
    (void)e;
    const char *breaks = repl_word_breaks(a->text, start);
    while (start && !strchr(breaks, a->text[start - 1]))
        start--;
    char **words = repl_completions(d, a->text, start, a->text + start, &files);
    for (char **word = words; word && *word; word++) {
        fprintf(d->out, "%.*s%s\n", (int)start, a->text, *word);
        free(*word);
    }
    free(words);
    return 0;
}

/* The loop ends, not the process: files that are open are made whole, and the terminal is put back, on the way out. */
static int quit(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct value v = {0};
    int r = *a->text ? debugger_value(d, a->text, &v, e) : 0;
    if (r == 0 && v.bits > 255)
        r = error_set(e, EINVAL, "an exit status is 0 to 255, not %llu", (unsigned long long)v.bits);
    if (r == 0 && !d->repl)
        r = error_set(e, ENOTSUP, "the monitor is left at its own prompt");
    if (r)
        return r;
    d->repl->quit = true;
    d->repl->status = (int)v.bits;
    d->repl->has_status = *a->text != '\0';
    return 0;
}

extern const struct repl_command repl_helping[];
const struct repl_command repl_helping[] = {
    {"help", "?, h", "[GROUP | COMMAND | WORD]", "the commands by groups; one group, one command, or a word",
     "A word is one that the output uses, as in 'help situation'; 'help words' lists them. 'help all' lists all\n"
     "commands.",
     GROUP_MONITOR, help, COMPLETE_HELP, false, 0},
    {"apropos", NULL, "TEXT", "commands and words whose help mentions a text", NULL, GROUP_MONITOR, apropos, COMPLETE_NOTHING, false,
     0},
    {"source", NULL, "FILE", "carry out the commands in a file", "The first one that fails ends it.", GROUP_MONITOR, source,
     COMPLETE_FILE, false, 0},
    {"echo", NULL, "TEXT", "print a text; \\n ends the line", NULL, GROUP_MONITOR, echo, COMPLETE_NOTHING, false, 0},
    {"complete", NULL, "TEXT", "what the Tab key would make of a text", NULL, GROUP_MONITOR, complete, COMPLETE_COMMAND, false, 0},
    {"quit", "q, exit", "[STATUS]", "leave", NULL, GROUP_MONITOR, quit, COMPLETE_NOTHING, false, 0},
    {0},
};
