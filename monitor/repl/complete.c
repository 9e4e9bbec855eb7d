/* complete.c - the words that may stand at a place of a line. */
#include "monitor/repl/repl.h"

#include "monitor/debug/trap_name.h"
#include "monitor/view/glossary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 2000 };

/* The words offered so far: those that begin with the prefix, each once, in the order in which they came. WORDS_MAX is where a list stops
 * to help; a kernel has some ten thousand symbols, and Readline would ask whether all of them are to be shown. */
struct words {
    const char *prefix;
    char **list; /* owned */
    unsigned count;
    bool failed;
};

/* Of names in a longer text: "situation" of "situation, root". Searched one by one for those that are there already, quick enough for
 * 2,000. For want of memory the list is merely shorter. */
static void offer_part(struct words *w, const char *word, size_t length)
{
    size_t n = strlen(w->prefix);
    if (length < n || strncmp(word, w->prefix, n) != 0 || w->count >= WORDS_MAX)
        return;
    for (unsigned i = 0; i < w->count; i++)
        if (strncmp(w->list[i], word, length) == 0 && w->list[i][length] == '\0')
            return;
    char **grown = realloc(w->list, (w->count + 2) * sizeof *grown);
    if (grown)
        w->list = grown;
    char *copy = grown ? strndup(word, length) : NULL;
    if (!copy)
        return;
    w->list[w->count++] = copy;
    w->list[w->count] = NULL;
}

static void offer(struct words *w, const char *word) { offer_part(w, word, strlen(word)); }

/* First words only: of "info registers" and its kin "info" is offered once. */
static void offer_commands(struct words *w)
{
    const struct repl_command *c;
    for (unsigned i = 0; (c = repl_command_at(i)); i++)
        offer_part(w, c->name, strcspn(c->name, " "));
}

static void offer_help(struct words *w)
{
    const struct about_word *t;
    offer_commands(w);
    for (unsigned i = 0; repl_group_word(i); i++)
        offer(w, repl_group_word(i));
    for (unsigned i = 0; (t = glossary_at(i)); i++) {
        const char *names = t->names, *word;
        for (size_t n; (n = glossary_name(&names, &word));)
            offer_part(w, word, n);
    }
    offer(w, "all");
    offer(w, "words");
}

/* `length` as well as the text: "info" must not fit a group "information". */
static void offer_second(struct words *w, const char *group, size_t length)
{
    const struct repl_command *c;
    for (unsigned i = 0; (c = repl_command_at(i)); i++)
        if (strncmp(c->name, group, length) == 0 && c->name[length] == ' ')
            offer(w, c->name + length + 1);
}

/* control_only: those that an instruction can name, for `break csr`. */
static void offer_registers(struct words *w, const struct debugger *d, bool control_only)
{
    const struct isa *isa = debugger_isa(d);
    for (unsigned i = 0; i < isa->reg_count; i++)
        if (!control_only || about_register(isa, &isa->regs[i]) & ABOUT_NAMED)
            offer(w, isa->regs[i].name);
}

/* Of all files, whatever mode they are bound to: who types a name may mean it for later. */
static void offer_symbols(struct words *w, const struct debugger *d)
{
    const struct symbol *s;
    for (unsigned i = 0; (s = symbols_every(d->symbols, i)); i++)
        offer(w, s->name);
}

static void offer_list(struct words *w, const char *const *list)
{
    for (; *list; list++)
        offer(w, *list);
}

static void offer_modes(struct words *w, const struct isa *isa)
{
    const struct about *a = about_of(isa);
    for (unsigned i = 0; i < a->mode_count; i++)
        if (a->modes[i])
            offer(w, a->modes[i]);
}

/* What may follow `break`, by the word before.
 *
 *    break <Tab>           trap csr mode class exit, port where there are some, and symbols
 *    break tr<Tab>         trap, and symbols such as trap_entry
 *    break trap <Tab>      the causes of the machine's traps
 *    break foo if x<Tab>   symbols: a condition is an expression
 */
static void offer_break(struct words *w, const struct debugger *d, const char *line, size_t start)
{
    static const char *const first[] = {"trap", "csr", "mode", "class", "exit", NULL}, *const classes[] = {"sensitive", "privileged",
                                                                                                           "critical", NULL};
    char before[16] = "";
    size_t end = start;
    while (end && line[end - 1] == ' ')
        end--;
    size_t begin = end;
    while (begin && line[begin - 1] != ' ')
        begin--;
    snprintf(before, sizeof before, "%.*s", (int)(end - begin < 15 ? end - begin : 15), line + begin);
    if (strcmp(before, "trap") == 0)
        for (unsigned i = 0; trap_word(debugger_isa(d), i); i++)
            offer(w, trap_word(debugger_isa(d), i));
    else if (strcmp(before, "csr") == 0)
        offer_registers(w, d, true);
    else if (strcmp(before, "mode") == 0)
        offer_modes(w, debugger_isa(d));
    else if (strcmp(before, "class") == 0)
        offer_list(w, classes);
    else {
        if (begin == 0)
            offer_list(w, first);
        if (begin == 0 && about_of(debugger_isa(d))->ports)
            offer(w, "port");
        offer_symbols(w, d);
    }
}

/* Behind a '$' only a register can stand, whatever the command: `$` belongs to the word breaks, so it is not in the word itself. */
static void offer_arguments(struct words *w, const struct debugger *d, const struct repl_command *c, const char *line, size_t start,
                            bool *files)
{
    if (start && line[start - 1] == '$') {
        offer_registers(w, d, false);
        return;
    }
    switch (c->complete) {
    case COMPLETE_SYMBOL: offer_symbols(w, d); break;
    case COMPLETE_REGISTER: offer_registers(w, d, false); break;
    case COMPLETE_COMMAND: offer_commands(w); break;
    case COMPLETE_HELP: offer_help(w); break;
    case COMPLETE_BREAK: offer_break(w, d, line, start); break;
    case COMPLETE_FILE: *files = true; break;
    case COMPLETE_NOTHING: break;
    }
}

/* Three places: in the first word, in the second word of a group, behind them. The second is tried before the third, as `info` alone is
 * no command; "i" stands for it, as when it is carried out. What is found with a misspelt command is nothing: repl_find() said no. */
char **repl_completions(struct debugger *d, const char *line, size_t start, const char *word, bool *files)
{
    struct words w = {.prefix = word};
    char slash[32], first[64];
    struct error ignored;
    const char *at = line + strspn(line, " \t");
    size_t n = strcspn(at, " \t/");
    *files = false;
    if (line + start <= at + n) {
        offer_commands(&w);
        return w.list;
    }
    snprintf(first, sizeof first, "%.*s", (int)(n < sizeof first ? n : sizeof first - 1), at);
    if (strcmp(first, "i") == 0)
        snprintf(first, sizeof first, "info");
    const char *second = at + n + strspn(at + n, " \t");
    if (line + start <= second)
        offer_second(&w, first, strlen(first));
    if (!w.list) {
        const char *text = line;
        const struct repl_command *c = repl_find(&text, slash, sizeof slash, &ignored);
        if (c)
            offer_arguments(&w, d, c, line, start, files);
    }
    return w.list;
}

/* In names dashes are letters, in expressions they are operators.
 * So "reverse-st<Tab>" is one word and in "p $sp-ma<Tab>" only "ma" is; "~/a-b" is one word of `source`. A trap's cause, "load-page", is
 * a name that stands where else an expression does. */
const char *repl_word_breaks(const char *line, size_t end)
{
    static const char in_names[] = " \t\n/", in_files[] = " \t\n", in_expressions[] = " \t\n+-*/%()[]{}<>=!&|^~,:$\"'";
    char slash[32];
    struct error ignored;
    const char *text = line;
    if (!memchr(line, ' ', end))
        return in_names;
    const struct repl_command *c = repl_find(&text, slash, sizeof slash, &ignored);
    bool trap = c && c->complete == COMPLETE_BREAK && strncmp(text, "trap ", 5) == 0;
    if (c && c->complete == COMPLETE_FILE)
        return in_files;
    return !c || c->complete == COMPLETE_COMMAND || c->complete == COMPLETE_HELP || trap ? in_names : in_expressions;
}
