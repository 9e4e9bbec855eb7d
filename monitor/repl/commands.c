/* commands.c - all commands, and how a person's words find one: its name, an alias, or a prefix that no other has.
 *
 * How the words of a line are looked up; what fits first, counts:
 *
 *    first word    a name as it stands               "step", though "stepi" begins with it
 *                  an alias as it stands             "s" is step, though "set" begins with it; "r" is info registers
 *                  the beginning of one name         "undis" is undisplay; of several: refused, with their names
 *    second word   of a group such as info: likewise, but that the beginning of one name goes before an alias of one word
 *
 * Nothing is remembered between lines: some hundred rows are compared for each, which nobody at a keyboard can notice.
 */
#include "monitor/options.h"
#include "monitor/repl/repl.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The tables are declared here and not in a header, as nobody else has anything to do with one of them alone. Their order is that of
 * `help` within each group, and that of the names in "may be ...". */
extern const struct repl_command repl_checkpointing[];
extern const struct repl_command repl_running[], repl_breaking[], repl_breakpoints[], repl_looking[], repl_memory[], repl_changing[],
    repl_helping[], repl_viewing_walk[], repl_viewing_memory[], repl_viewing_machines[], repl_viewing_devices[], repl_viewing_screen[],
    repl_viewing_harts[], repl_viewing_engine[], repl_viewing_tables[], repl_why[], repl_logging[], repl_reversing[], repl_sourcing[],
    repl_framing[], repl_exits[], repl_tracing[], repl_screening[];

const struct repl_command *const repl_commands[] = {
    repl_checkpointing,
    repl_running,
    repl_breaking,
    repl_breakpoints,
    repl_looking,
    repl_memory,
    repl_changing,
    repl_viewing_walk,
    repl_viewing_memory,
    repl_viewing_machines,
    repl_viewing_devices,
    repl_viewing_screen,
    repl_viewing_harts,
    repl_viewing_engine,
    repl_viewing_tables,
    repl_why,
    repl_logging,
    repl_reversing,
    repl_sourcing,
    repl_framing,
    repl_exits,
    repl_tracing,
    repl_screening,
    repl_helping,
    NULL,
};

enum { WORD = 48 };

/* A flat view of all tables, for loops: for (i = 0; (c = repl_command_at(i)); i++). */
const struct repl_command *repl_command_at(unsigned index)
{
    for (unsigned table = 0; repl_commands[table]; table++)
        for (const struct repl_command *c = repl_commands[table]; c->name; c++)
            if (index-- == 0)
                return c;
    return NULL;
}

/* The alias as a whole, which may have two words: "info r" of "r, info r, info reg". */
bool repl_alias(const struct repl_command *c, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = c->aliases; at && *at;) {
        at += strspn(at, ", ");
        size_t length = strcspn(at, ",");
        if (length == n && strncmp(at, word, n) == 0)
            return true;
        at += length;
    }
    return false;
}

/* --- words */

/* '/' is not in it: x/8xw is the word x. '?' is `help`, "!!" repeats, and '|' is what some debuggers put between a name and its twin. */
static bool in_word(char c) { return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '?' || c == '!' || c == '|'; }

static size_t take_word(const char *text, char word[WORD])
{
    size_t n = 0;
    while (in_word(text[n]) && n + 1 < WORD) {
        word[n] = text[n];
        n++;
    }
    word[n] = '\0';
    return n;
}

/* NULL: the command's name is one word. */
static const char *second(const struct repl_command *c)
{
    const char *blank = strchr(c->name, ' ');
    return blank ? blank + 1 : NULL;
}

static size_t first_length(const struct repl_command *c) { return strcspn(c->name, " "); }

static bool starts(const char *name, size_t length, const char *word)
{
    size_t n = strlen(word);
    return n <= length && strncmp(name, word, n) == 0;
}

/* --- the first word: a command, or a group such as `info` */

struct found {
    const struct repl_command *command; /* NULL: none */
    const struct repl_command *group;   /* the first of it; NULL: it is no group */
    unsigned count;                     /* how many different first words fit */
    char names[160];                    /* them */
};

/* May both be of one group? For `info locals` and `info args` the first word is the same, so "inf" is not ambiguous. */
static bool same_first(const struct repl_command *a, const struct repl_command *b)
{
    return a && b && first_length(a) == first_length(b) && strncmp(a->name, b->name, first_length(a)) == 0;
}

/* Counts different first words. Commands of a group lie in several tables, not side by side, so the latest of its kind is
 * compared. That suffices while no two groups begin with the same letters: with two, each change from one to the other would count. */
static void note(struct found *f, const struct repl_command *c)
{
    if (second(c) ? same_first(f->group, c) : same_first(f->command, c))
        return;
    f->count++;
    if (second(c))
        f->group = c;
    else
        f->command = c;
    size_t n = strlen(f->names);
    snprintf(f->names + n, sizeof f->names - n, "%s%.*s", n ? ", " : "", (int)first_length(c), c->name);
}

/* Also one word for a command of two: "r" for "info registers". */
static const struct repl_command *by_alias(const char *word)
{
    const struct repl_command *c;
    for (unsigned i = 0; (c = repl_command_at(i)); i++)
        if (repl_alias(c, word))
            return c;
    return NULL;
}

/* "i" means info, as gdb has it, before any prefix is looked at: else each new command that begins with an i would make it ambiguous. */
static void find_first(const char *word, struct found *f)
{
    *f = (struct found){0};
    const struct repl_command *c;
    if (strcmp(word, "i") == 0)
        word = "info";
    for (unsigned i = 0; (c = repl_command_at(i)); i++) {
        if (starts(c->name, first_length(c), word) && strlen(word) == first_length(c)) {
            *f = (struct found){.count = 1};
            *(second(c) ? &f->group : &f->command) = c;
            return;
        }
    }
    c = by_alias(word);
    if (c) {
        *f = (struct found){.count = 1, .command = c};
        return;
    }
    for (unsigned i = 0; (c = repl_command_at(i)); i++)
        if (starts(c->name, first_length(c), word))
            note(f, c);
}

/* What a misspelt word is compared with: `info`, which has no row of its own, and then all names. */
static const char *first_name(const void *list, unsigned i)
{
    static const char *const groups[] = {"info"};
    const struct repl_command *c = NULL;
    (void)list;
    if (i < sizeof groups / sizeof groups[0])
        return groups[i];
    c = repl_command_at(i - (unsigned)(sizeof groups / sizeof groups[0]));
    return c ? c->name : NULL;
}

static const struct repl_command *refuse(const char *word, struct error *e)
{
    const char *near = near_word(word, first_name, NULL);
    error_set(e, ENOENT, "there is no command '%s'%s%s%s", word, near ? "; is '" : " (help lists them)", near ? near : "",
              near ? "' meant?" : "");
    return NULL;
}

/* --- the second word, of a group */

struct group {
    const struct repl_command *any;
};

static const char *second_name(const void *list, unsigned i)
{
    const struct group *g = list;
    const struct repl_command *c;
    for (unsigned at = 0; (c = repl_command_at(at)); at++)
        if (same_first(c, g->any) && second(c) && i-- == 0)
            return second(c);
    return NULL;
}

/* An alias counts where the prefix does not decide. Behind a group a person may also write the alias alone ("info creg" has "creg"). */
static const struct repl_command *find_second(const struct repl_command *group, const char *word, struct error *e)
{
    const struct repl_command *c, *best = NULL;
    char names[160] = "", both[2 * WORD];
    unsigned count = 0;
    for (unsigned i = 0; (c = repl_command_at(i)); i++) {
        if (!same_first(c, group) || !second(c) || !starts(second(c), strlen(second(c)), word))
            continue;
        if (strcmp(second(c), word) == 0)
            return c;
        best = c;
        count++;
        size_t n = strlen(names);
        snprintf(names + n, sizeof names - n, "%s%s", n ? ", " : "", second(c));
    }
    snprintf(both, sizeof both, "%.*s %s", (int)first_length(group), group->name, word);
    for (unsigned i = 0; (c = repl_command_at(i)); i++)
        if (same_first(c, group) && (repl_alias(c, both) || (count != 1 && repl_alias(c, word))))
            return c;
    if (count == 1)
        return best;
    const struct group g = {group};
    const char *near = near_word(word, second_name, &g);
    if (count)
        error_set(e, EINVAL, "'%.*s %s' may be %s", (int)first_length(group), group->name, word, names);
    else
        error_set(e, ENOENT, "there is no '%.*s %s'%s%s%s", (int)first_length(group), group->name, word, near ? "; is '" : "",
                  near ? near : "", near ? "' meant?" : "");
    return NULL;
}

/* *text moves behind the second word, as repl_find() needs it for the arguments. */
static const struct repl_command *group_of(const struct repl_command *group, const char **text, struct error *e)
{
    char word[WORD];
    const char *at = *text + strspn(*text, " \t");
    size_t n = take_word(at, word);
    *text = at + n;
    return find_second(group, word, e);
}

/* "/8xw" behind the word; QEMU has a blank before it.
 *
 *    x/8xw $sp      the slash follows at once: always a format, and a command that takes none is refused with it
 *    x /8xw $sp     a blank between: a format only for commands that take one; else it begins the argument, as in `echo /etc`
 */
static const char *take_slash(const struct repl_command *c, const char *at, char *slash, size_t size)
{
    const char *next = at + strspn(at, " \t");
    *slash = '\0';
    if (*next == '/' && (next == at || strncmp(c->args, "[/", 2) == 0)) {
        size_t n = strcspn(++next, " \t");
        snprintf(slash, size, "%.*s", (int)(n < size ? n : size - 1), next);
        next += n;
    }
    return next + strspn(next, " \t");
}

/* *text is moved only when a command was found: the sentence of whoever complains can still quote the line. */
const struct repl_command *repl_find(const char **text, char *slash, size_t size, struct error *e)
{
    char word[WORD];
    struct found f;
    const char *at = *text + strspn(*text, " \t");
    size_t n = take_word(at, word);
    *slash = '\0';
    if (n == 0) {
        error_set(e, EINVAL, "a line begins with a command, not with '%.20s'", at);
        return NULL;
    }
    find_first(word, &f);
    at += n;
    if (f.count == 0)
        return refuse(word, e);
    if (f.count > 1) {
        error_set(e, EINVAL, "'%s' may be %s", word, f.names);
        return NULL;
    }
    bool alone = !f.command && !at[strspn(at, " \t")];
    if (alone) /* a group: what is in it */
        return by_alias("?");
    const struct repl_command *c = f.command ? f.command : group_of(f.group, &at, e);
    if (c)
        *text = take_slash(c, at, slash, size);
    return c;
}
