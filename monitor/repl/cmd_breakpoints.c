/* cmd_breakpoints.c - commands that change and list the breakpoints that there are.
 *
 *    break/watch ---> enabled ---- met, ignore > 0 ----> hits + 1, ignore - 1, the guest goes on
 *                     |  ^   |
 *             disable |  |   +---- met ----> hits + 1, the guest stops, `commands` wait to be carried out
 *                     v  | enable            temporary: it goes when the stop has been told
 *                     disabled (keeps its number, hits and commands; the machine's triggers are free for others)
 *
 * Numbers are not used again: after `delete 2` the next one is as high as it would have been.
 */
#include "monitor/view/report.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 160 };

/* --- changing them */

/* The bound keeps the number in an unsigned; strtoul() alone would take "-1" for a very large one, hence the digit that comes first. */
static int number_of(const char **text, unsigned *number, struct error *e)
{
    char word[32], *end;
    *number = 0;
    if (!repl_word(text, word, sizeof word))
        return error_set(e, EINVAL, "which breakpoint? It has a number (info breakpoints)");
    unsigned long n = strtoul(word, &end, 10);
    if (*end || !isdigit((unsigned char)word[0]) || n > 1000000000)
        return error_set(e, EINVAL, "'%s' is not the number of a breakpoint", word);
    *number = (unsigned)n;
    return 0;
}

/* Every number of the list, or without one every breakpoint. All must be there before any is changed. */
static int each(struct debugger *d, const char *text, int (*act)(struct debugger *, unsigned, struct error *), struct error *e)
{
    unsigned number;
    int r = 0;
    for (const char *at = text; *at && r == 0;) {
        r = number_of(&at, &number, e);
        if (r == 0 && !debugger_break_find(d, number))
            r = error_set(e, ENOENT, "there is no breakpoint number %u", number);
    }
    for (const char *at = text; *at && r == 0;) {
        r = number_of(&at, &number, e);
        if (r == 0 && debugger_break_find(d, number)) /* named twice: the first time counts */
            r = act(d, number, e);
    }
    for (number = 1; !*text && r == 0 && number <= d->last_number; number++)
        if (debugger_break_find(d, number))
            r = act(d, number, e);
    return r;
}

static int act_enable(struct debugger *d, unsigned n, struct error *e) { return debugger_break_enable(d, n, true, e); }
static int act_disable(struct debugger *d, unsigned n, struct error *e) { return debugger_break_enable(d, n, false, e); }

/* "enable display 2": the second word may be one, as gdb has it, since displays are enabled and disabled by the same commands. */
static bool is_display(const char **text)
{
    const char *rest = *text;
    char word[16];
    bool is = repl_word(&rest, word, sizeof word) && strcmp(word, "display") == 0;
    if (is)
        *text = rest;
    return is;
}

/* Of all where no number is given, 0: numbers begin at 1. One that is not there is no mistake: then nothing was to be done. */
static int set_displays(struct debugger *d, const char *text, bool on, struct error *e)
{
    unsigned number = 0;
    int r = *text ? number_of(&text, &number, e) : 0;
    for (struct display *x = d->displays; x && r == 0; x = x->next)
        if (!number || x->number == number)
            x->enabled = on;
    return r;
}

static int enable(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const char *text = a->text;
    return is_display(&text) ? set_displays(d, text, true, e) : each(d, text, act_enable, e);
}

static int disable(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const char *text = a->text;
    return is_display(&text) ? set_displays(d, text, false, e) : each(d, text, act_disable, e);
}

static int delete_(struct debugger *d, const struct repl_args *a, struct error *e)
{
    return each(d, a->text, debugger_break_remove, e);
}

/* The breakpoint keeps hits and number: a person narrows down what he is looking for, and does not begin anew. */
static int condition(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const char *text = a->text;
    unsigned number = 0;
    int r = number_of(&text, &number, e);
    if (r == 0)
        r = debugger_break_condition(d, number, *text ? text : NULL, e);
    if (r == 0 && !*text && !d->json)
        fprintf(d->out, "Breakpoint %u now unconditional.\n", number);
    return r;
}

/* Counts from now: what was to be ignored before is replaced. */
static int ignore(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const char *text = a->text;
    uint64_t count;
    unsigned number = 0;
    int r = number_of(&text, &number, e);
    struct breakpoint *b = r == 0 ? debugger_break_find(d, number) : NULL;
    if (r == 0 && !b)
        r = error_set(e, ENOENT, "there is no breakpoint number %u", number);
    if (r == 0)
        r = *text ? debugger_count(d, text, &count, e) : error_set(e, EINVAL, "how often? ignore NUMBER COUNT");
    if (r)
        return r;
    b->ignore = count;
    if (!d->json)
        fprintf(d->out, "Will ignore next %llu crossings of breakpoint %u.\n", (unsigned long long)count, number);
    return 0;
}

/* Only opens the list. The lines come one by one through repl_line(), which gives them to collect() in repl.c until one is `end`. No
 * number: the latest, as a script sets a breakpoint and goes on with `commands`. */
static int commands(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const char *text = a->text;
    unsigned number = d->last_number;
    int r = *text ? number_of(&text, &number, e) : 0;
    if (r == 0 && !debugger_break_find(d, number))
        r = error_set(e, ENOENT, "there is no breakpoint number %u", number);
    if (r == 0 && !d->repl)
        r = error_set(e, ENOTSUP, "commands are typed at the monitor's own prompt");
    if (r)
        return r;
    d->repl->collecting = true;
    d->repl->collecting_for = number;
    if (d->repl->interactive)
        fprintf(d->out, "Type commands for breakpoint %u, one per line. End with a line saying just 'end'.\n", number);
    return 0;
}

/* --- listing */

/* In the order of enum breakpoint_kind. */
static const char *type_name(const struct breakpoint *b)
{
    static const char *const names[] = {"breakpoint", "watchpoint", "read watchpoint", "acc watchpoint", "trap",
                                        "csr",        "mode",       "class",           "exit",           "port"};
    return names[b->kind];
}

static void list_json(const struct debugger *d)
{
    char text[TEXT];
    json_array(d->json, "breakpoints");
    for (const struct breakpoint *b = d->breakpoints; b; b = b->next) {
        json_object(d->json, NULL);
        json_uint(d->json, "number", b->number);
        json_string(d->json, "type", type_name(b));
        json_bool(d->json, "enabled", b->enabled);
        json_bool(d->json, "temporary", b->temporary);
        json_string(d->json, "where", b->watched ? b->text : report_breakpoint(d, b, text, sizeof text));
        json_bool(d->json, "full_speed", !b->watched);
        json_string(d->json, "condition", b->condition_text);
        json_uint(d->json, "ignore", b->ignore);
        json_uint(d->json, "hits", b->hits);
        json_end(d->json);
    }
    json_end(d->json);
}

/*
 *    Num  Type             Disp Enb Where
 *    2    breakpoint       keep y   0x0000000080200004 <_start+4>
 *            stop only if $a0 > 5
 *            already hit 3 times
 *            print $a0                          a line of its commands
 *
 * The columns are gdb's, which scripts of others read. Of a watchpoint the text is shown as it was asked for: of the address that it has
 * become nobody would know which variable it was. */
static int info_breakpoints(struct debugger *d, const struct repl_args *a, struct error *e)
{
    char text[TEXT];
    int r = repl_no_more(a->text, e);
    if (r == 0 && d->json)
        list_json(d);
    if (r || d->json)
        return r;
    fprintf(d->out, d->breakpoints ? "Num  Type             Disp Enb Where\n" : "No breakpoints or watchpoints.\n");
    for (const struct breakpoint *b = d->breakpoints; b; b = b->next) {
        bool watches = b->kind == BREAK_WRITE || b->kind == BREAK_READ || b->kind == BREAK_ACCESS;
        fprintf(d->out, "%-4u %-16s %-4s %-3s %s\n", b->number, type_name(b), b->temporary ? "del" : "keep", b->enabled ? "y" : "n",
                watches ? b->text : report_breakpoint(d, b, text, sizeof text));
        if (b->condition_text)
            fprintf(d->out, "\tstop only if %s\n", b->condition_text);
        if (b->hits)
            fprintf(d->out, "\talready hit %llu time%s\n", (unsigned long long)b->hits, b->hits == 1 ? "" : "s");
        if (b->ignore)
            fprintf(d->out, "\tignore next %llu hits\n", (unsigned long long)b->ignore);
        for (char **line = b->commands; line && *line; line++)
            fprintf(d->out, "        %s\n", *line);
    }
    return 0;
}

extern const struct repl_command repl_breakpoints[];
const struct repl_command repl_breakpoints[] = {
    {"delete", "d, del, bpd", "[NUMBER...]", "delete breakpoints, or all of them", NULL, GROUP_STOPPING, delete_, COMPLETE_NOTHING,
     false, 0},
    {"enable", "bpe", "[NUMBER...] | display [NUMBER]", "enable breakpoints or displays", NULL, GROUP_STOPPING, enable,
     COMPLETE_NOTHING, false, 0},
    {"disable", NULL, "[NUMBER...] | display [NUMBER]", "disable them", NULL, GROUP_STOPPING, disable, COMPLETE_NOTHING, false, 0},
    {"condition", NULL, "NUMBER [CONDITION]", "stop at a breakpoint only if the condition holds", "Without a condition: always.",
     GROUP_STOPPING, condition, COMPLETE_SYMBOL, false, 0},
    {"ignore", NULL, "NUMBER COUNT", "pass a breakpoint COUNT times", NULL, GROUP_STOPPING, ignore, COMPLETE_NOTHING, false, 0},
    {"commands", NULL, "[NUMBER]", "lines to carry out when a breakpoint is met, up to 'end'",
     "Without a number: for the latest breakpoint. No lines before 'end': none.", GROUP_STOPPING, commands, COMPLETE_NOTHING, false,
     0},
    {"info breakpoints", "info b, blist", "", "the breakpoints and watchpoints", NULL, GROUP_STOPPING, info_breakpoints,
     COMPLETE_NOTHING, false, 0},
    {0},
};
