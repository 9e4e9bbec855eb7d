/* cmd_changing.c - commands that change the guest, or what is known of it.
 *
 * `set` means five things, tried in this order, so that gdb's words work as they are typed:
 *
 *    set color on                      a setting of the monitor's own
 *    set confirm off                   one that gdb's scripts begin with: taken, and nothing changes
 *    set var x = 5, set variable ...   the rest is an expression, even where x is called like a setting
 *    set height 40                     a setting of the screen
 *    set $a0 = 5, set {int}p = 1       an expression, which must assign
 */
#include "monitor/repl/repl.h"

#include "monitor/debug/host_file.h"
#include "monitor/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- set */

static int set_color(struct debugger *d, const char *value, struct error *e)
{
    bool on;
    int r = option_on_off("set color", value, &on, e);
    if (r == 0)
        d->color = on;
    return r;
}

/* A number of rows or columns; 0 or "unlimited": as many as there are. */
static int set_bound(const char *what, const char *value, unsigned *out, bool *has, struct error *e)
{
    char *end;
    unsigned long n = strtoul(value, &end, 10);
    bool unlimited = strcmp(value, "unlimited") == 0;
    if (!unlimited && (*value < '0' || *value > '9' || *end || n > 10000))
        return error_set(e, EINVAL, "set %s takes a number up to 10000, or unlimited, not '%.40s'", what, value);
    *out = unlimited ? 0 : (unsigned)n;
    *has = true;
    return 0;
}

/* Of the full screen, which looks at it before it waits for keys. Checked where there is none, too, as what is below. */
static int set_mouse(struct debugger *d, const char *value, struct error *e)
{
    bool nowhere;
    return option_on_off("set mouse", value, d->repl ? &d->repl->mouse : &nowhere, e);
}

/* Where commands print [gdb, "Screen Size"]. *known: it is such a setting.
 * Without a screen, as for a remote debugger, the value goes nowhere and is checked all the same: a script that sets a width works in
 * both places, and a misspelt one fails in both. */
static int set_screen(struct debugger *d, const char *word, const char *value, bool *known, struct error *e)
{
    struct screen nowhere = {0}, *s = d->repl && d->repl->screen ? d->repl->screen : &nowhere;
    *known = true;
    if (strcmp(word, "pager") == 0 || strcmp(word, "pagination") == 0)
        return option_on_off("set pager", value, &s->pager, e);
    if (strcmp(word, "height") == 0)
        return set_bound(word, value, &s->height, &s->has_height, e);
    if (strcmp(word, "width") == 0)
        return set_bound(word, value, &s->width, &s->has_width, e);
    *known = false;
    return 0;
}

/* Settings of gdb that its scripts often begin with, and that nothing here has. */
static bool is_for_gdb(const char *word)
{
    static const char *const words[] = {"confirm", "verbose", "architecture", "disassemble-next-line"};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* The names are the instruction set's; where it has one syntax alone there is nothing to choose, and that is said rather than ignored. */
static int set_syntax(struct debugger *d, const char *name, struct error *e)
{
    char known[64] = "";
    if (about_syntax_find(debugger_isa(d), name, &d->syntax))
        return 0;
    const char *const *s = about_of(debugger_isa(d))->syntaxes;
    for (unsigned n = 0; s && s[n]; n++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", n ? " or " : "", s[n]);
    return s ? error_set(e, EINVAL, "set disassembly-flavor takes %s, not '%.40s'", known, name)
             : error_set(e, ENOTSUP, "the assembly of %s is written in one way", debugger_isa(d)->name);
}

/* An expression that assigns nothing is refused: "set $a0 == 5" is nearly always a slip, and would change nothing in silence. */
static int set(struct debugger *d, const struct repl_args *a, struct error *e)
{
    char word[32];
    const char *rest = a->text, *text = a->text;
    struct expression *x;
    struct value v;
    bool any = repl_word(&rest, word, sizeof word), is_screen = false;
    if (!any)
        return error_set(e, EINVAL, "what is to be set? set $REGISTER = VALUE, set {int}ADDRESS = VALUE");
    if (strcmp(word, "color") == 0)
        return set_color(d, rest, e);
    if (strcmp(word, "mouse") == 0)
        return set_mouse(d, rest, e);
    if (strcmp(word, "disassembly-flavor") == 0)
        return set_syntax(d, rest, e);
    if (is_for_gdb(word))
        return 0;
    if (strcmp(word, "var") == 0 || strcmp(word, "variable") == 0)
        text = rest;
    int r = set_screen(d, word, rest, &is_screen, e);
    if (is_screen)
        return r;
    r = debugger_parse(d, text, NULL, &x, e);
    if (r)
        return r;
    r = expression_assigns(x) ? debugger_evaluate(d, x, &v, e) : error_set(e, EINVAL, "'%s' sets nothing: set %s = VALUE", text, text);
    expression_free(x);
    return r;
}

/* --- symbol files */

/* Which machine states a file's symbols count in. The kernel and a program may both have a symbol at one virtual address; the mode, or the
 * number of the address space, tells which is meant. */
static int binding_option(const struct debugger *d, const char *name, const char *value, struct symbols_binding *b, struct error *e)
{
    char *end;
    if (strcmp(name, "-mode") == 0) {
        for (b->mode = 0; b->mode < 4; b->mode++)
            if (strcasecmp(debugger_mode_name(d, b->mode), value) == 0) {
                b->has_mode = true;
                return 0;
            }
        return error_set(e, EINVAL, "there is no mode '%s'; there are M, S and U", value);
    }
    unsigned long long n = strtoull(value, &end, 0);
    if (!*value || *end)
        return error_set(e, EINVAL, "%s wants a number, not '%s'", name, value);
    if (strcmp(name, "-asid") == 0) {
        b->has_asid = true;
        b->asid = n;
    } else {
        b->offset = n;
    }
    return 0;
}

/* FILE first, then any order of options and at most one address, as gdb has it. The file is named as the person named it, and opened by
 * the path that host_file() allows: a remote debugger may not look at any file of this host. */
static int add_symbol_file(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct symbols_binding b = {0};
    char path[1024], word[64], value[64], *end, *file = NULL;
    const char *rest = a->text;
    unsigned count;
    int r =
        repl_word(&rest, path, sizeof path) ? 0 : error_set(e, EINVAL, "which file? add-symbol-file FILE [TEXT-ADDRESS] [-o OFFSET]");
    while (r == 0 && repl_word(&rest, word, sizeof word)) {
        bool option = strcmp(word, "-mode") == 0 || strcmp(word, "-asid") == 0 || strcmp(word, "-o") == 0;
        if (option && !repl_word(&rest, value, sizeof value))
            r = error_set(e, EINVAL, "%s needs a value", word);
        else if (option)
            r = binding_option(d, word, value, &b, e);
        else if (word[0] == '-')
            r = error_set(e, EINVAL, "add-symbol-file knows -o OFFSET, -mode M|S|U and -asid N, not '%s'", word);
        else {
            b.text = strtoull(word, &end, 0);
            b.has_text = true;
            r = *end ? error_set(e, EINVAL, "'%s' is not an address for .text", word) : 0;
        }
    }
    if (r == 0)
        r = host_file(d, path, &file, e);
    if (r == 0)
        r = symbols_add_file(d->symbols, file, file, &b, &count, e);
    free(file);
    if (r == 0 && d->json)
        json_uint(d->json, "symbols", count);
    else if (r == 0)
        fprintf(d->out, "Reading symbols from %s: %u.\n", path, count);
    return r;
}

extern const struct repl_command repl_changing[];
const struct repl_command repl_changing[] = {
    {"set", NULL, "$REGISTER = VALUE | {TYPE}ADDRESS = VALUE | $NAME = VALUE | SETTING",
     "set a register, memory, a variable; color, pager, mouse",
     "  set $a0 = 5                   set $pc = kernel_main\n"
     "  set {int}0x80000000 = -1      set $mine = $sp + 8\n"
     "  set color on|off              set pager on|off\n"
     "  set height ROWS               set width COLUMNS\n"
     "  set mouse on|off              set disassembly-flavor intel|att (IA-32)\n"
     "Registers take what is legal for them. The pager stops a long output when the terminal is full; height\n"
     "and width are the terminal's own unless they are set, and 0 is without bounds. The mouse is the full\n"
     "screen's (help tui), and off until it is set. Other settings that gdb's scripts begin with (confirm,\n"
     "verbose, architecture) are taken and change nothing.",
     GROUP_CHANGING, set, COMPLETE_SYMBOL, false, 0},
    {"add-symbol-file", "symbol-file, file", "FILE [TEXT-ADDRESS] [-o OFFSET] [-mode M|S|U] [-asid N]",
     "read symbols from one more file",
     "An ELF file, or a list of symbols (System.map). TEXT-ADDRESS: where its .text lies in memory; OFFSET:\n"
     "how far all of it is moved. -mode and -asid: its symbols count only in that mode, in that address space.",
     GROUP_CHANGING, add_symbol_file, COMPLETE_FILE, false, 0},
    {0},
};
