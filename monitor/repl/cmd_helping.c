/* cmd_helping.c - commands about the monitor itself. */
#include "monitor/repl/repl.h"

#include "monitor/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const group_titles[GROUPS] = {
    [GROUP_RUNNING] = "Running",   [GROUP_STOPPING] = "Stopping", [GROUP_LOOKING] = "Looking",
    [GROUP_CHANGING] = "Changing", [GROUP_VMM] = "The VMM",       [GROUP_MONITOR] = "The monitor",
};

static void list_one(const struct debugger *d, const struct repl_command *c) { fprintf(d->out, "  %-18s %s\n", c->name, c->summary); }

static void list_all(const struct debugger *d)
{
    const struct repl_command *c;
    for (unsigned g = 0; g < GROUPS; g++) {
        bool titled = false;
        for (unsigned i = 0; (c = repl_command_at(i)); i++) {
            if ((unsigned)c->group != g)
                continue;
            if (!titled)
                fprintf(d->out, "%s%s\n", g ? "\n" : "", group_titles[g]);
            titled = true;
            list_one(d, c);
        }
    }
    fprintf(d->out, "\nAny unique prefix of a name will do. At a terminal an empty line repeats a step or goes on with a dump.\n"
                    "'help COMMAND' says more, 'apropos WORD' searches. QEMU's and Bochs' words are known, too.\n");
}

static void explain(const struct debugger *d, const struct repl_command *c)
{
    fprintf(d->out, "%s%s%s\n%c%s.\n", c->name, *c->args ? " " : "", c->args, toupper((unsigned char)c->summary[0]), c->summary + 1);
    if (c->help)
        fprintf(d->out, "%s\n", c->help);
    if (c->aliases)
        fprintf(d->out, "Also: %s\n", c->aliases);
}

static bool list_group(const struct debugger *d, const char *word)
{
    const struct repl_command *c;
    size_t n = strlen(word);
    bool any = false;
    for (unsigned i = 0; (c = repl_command_at(i)); i++)
        if (strncmp(c->name, word, n) == 0 && strchr(c->name + n, ' ')) {
            list_one(d, c);
            any = true;
        }
    return any;
}

static int help(struct debugger *d, const struct repl_args *a, struct error *e)
{
    char slash[32], word[48];
    const char *text = a->text;
    const char *rest = text;
    if (!*text) {
        list_all(d);
        return 0;
    }
    bool alone = repl_word(&rest, word, sizeof word) && !*rest;
    if (strcmp(word, "i") == 0)
        snprintf(word, sizeof word, "info");
    if (alone && list_group(d, word))
        return 0;
    const struct repl_command *c = repl_find(&text, slash, sizeof slash, e);
    if (!c)
        return -ENOENT;
    explain(d, c);
    return 0;
}

static bool mentions(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; text && *text; text++)
        if (strncasecmp(text, word, n) == 0)
            return true;
    return false;
}

static int apropos(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const struct repl_command *c;
    bool any = false;
    if (!*a->text)
        return error_set(e, EINVAL, "what is to be searched for? apropos WORD");
    for (unsigned i = 0; (c = repl_command_at(i)); i++)
        if (mentions(c->name, a->text) || mentions(c->summary, a->text) || mentions(c->help, a->text) ||
            mentions(c->aliases, a->text)) {
            list_one(d, c);
            any = true;
        }
    return any ? 0 : error_set(e, ENOENT, "no command's help mentions '%s'", a->text);
}

static int source(struct debugger *d, const struct repl_args *a, struct error *e)
{
    if (!d->repl)
        return error_set(e, ENOTSUP, "files of commands are read at the monitor's own prompt");
    if (!*a->text)
        return error_set(e, EINVAL, "which file? source FILE");
    return repl_source(d->repl, a->text, e);
}

static int echo(struct debugger *d, const struct repl_args *a, struct error *e)
{
    (void)e;
    for (const char *at = a->text; *at; at++) {
        bool escape = at[0] == '\\' && at[1];
        at += escape;
        fputc(escape && *at == 'n' ? '\n' : escape && *at == 't' ? '\t' : *at, d->out);
    }
    if (d->repl)
        d->repl->open_line = *a->text && strcmp(a->text + strlen(a->text) - 1, "n") != 0;
    return 0;
}

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
    {"help", "?, h", "[COMMAND]", "list the commands, or explain one", NULL, GROUP_MONITOR, help, COMPLETE_COMMAND, false, 0},
    {"apropos", NULL, "WORD", "commands whose help mentions a word", NULL, GROUP_MONITOR, apropos, COMPLETE_NOTHING, false, 0},
    {"source", NULL, "FILE", "carry out the commands in a file", "The first one that fails ends it.", GROUP_MONITOR, source,
     COMPLETE_FILE, false, 0},
    {"echo", NULL, "TEXT", "print a text; \\n ends the line", NULL, GROUP_MONITOR, echo, COMPLETE_NOTHING, false, 0},
    {"complete", NULL, "TEXT", "what the Tab key would make of a text", NULL, GROUP_MONITOR, complete, COMPLETE_COMMAND, false, 0},
    {"quit", "q, exit", "[STATUS]", "leave", NULL, GROUP_MONITOR, quit, COMPLETE_NOTHING, false, 0},
    {0},
};
