/* complete.c - see complete.h.
 *
 * What a shell asks, and what it is told (a tab between word and about):
 *
 *     trapeze run --st<TAB>          complete-words run --st            --stats  account after the run, on stderr; ...
 *     trapeze run --shadow=t<TAB>    complete-words run --shadow=t      --shadow=trace
 *     trapeze classify pg:G<TAB>     complete-words classify pg:G       pg:GETMODE  variant
 *                                                                       pg:GETR     variant
 *     trapeze tutorial <TAB>         complete-words tutorial ""         stepping    lesson, and ":folders"
 *
 * A failure offers nothing and says nothing: a person is in the middle of a line.
 */
#include "monitor/complete.h"

#include "core/theory/theory.h"
#include "monitor/demo/catalog.h"
#include "monitor/kind.h"
#include "monitor/options.h"
#include "monitor/run_options.h"

#include <stdio.h>
#include <string.h>

/* `typed` and `before` part the last word: of "--shadow=t" the candidates must begin with "t", and each is printed behind
 * "--shadow=". */
struct completion {
    const char *typed;  /* of the word, what a candidate must begin with */
    const char *before; /* of the word, what each candidate gets put before it: "--stats=", "" */
    int before_size;
    const struct command *commands;
};

static void offer(const struct completion *c, const char *word, const char *about)
{
    if (strncmp(word, c->typed, strlen(c->typed)) == 0)
        printf("%.*s%s\t%s\n", c->before_size, c->before, word, about);
}

/* --- words of tables */

static void offer_commands(const struct completion *c)
{
    for (const struct command *k = c->commands; k->name; k++)
        if (k->about)
            offer(c, k->name, k->about);
}

/* What lies in a folder beside the command: demonstrations, lessons, assignments. */
static void offer_catalog(const struct completion *c, const struct catalog_kind *kind)
{
    struct demo_catalog catalog;
    if (demo_catalog_open(&catalog, kind) != 0)
        return;
    for (unsigned i = 0; i < catalog.count; i++)
        offer(c, catalog.name[i], kind->one);
    demo_catalog_close(&catalog);
}

/* `name`, and each variant behind a colon. */
static void offer_variants(const struct completion *c, const char *name, const struct theory *t, const char *about)
{
    offer(c, name, about);
    for (const char *const *v = t ? t->variants : NULL; v && *v; v++) {
        char word[96];
        snprintf(word, sizeof word, "%s:%s", name, *v);
        if (**v)
            offer(c, word, "variant");
    }
}

static void offer_isas(const struct completion *c)
{
    const struct theory *t;
    for (unsigned i = 0; (t = theory_at(i)); i++)
        offer_variants(c, t->isa, t, "instruction set");
}

/* Those whose encodings can all be executed. */
static void offer_swept(const struct completion *c)
{
    const struct theory *t;
    for (unsigned i = 0; (t = theory_at(i)); i++)
        if (t->sweep)
            offer(c, t->isa, "instruction set");
}

static void offer_machines(const struct completion *c)
{
    const struct kind *k;
    for (unsigned i = 0; (k = kind_at(i)); i++)
        offer_variants(c, k->machine, k->separator == ':' ? theory_find(k->isa->name) : NULL, "machine");
}

/* Of "pg" and of "pg:LRA". */
static const struct theory *theory_of(const char *word)
{
    size_t length = strcspn(word, ":");
    const struct theory *t;
    for (unsigned i = 0; (t = theory_at(i)); i++)
        if (strlen(t->isa) == length && strncmp(t->isa, word, length) == 0)
            return t;
    return NULL;
}

/* The theory lists its subjects one by one; where it has no list, there is nothing to offer. */
static void offer_subjects(const struct completion *c, const char *isa)
{
    const struct theory *t = theory_of(isa);
    char name[64];
    for (unsigned i = 0; t && t->subject && t->subject(i, name, sizeof name); i++)
        offer(c, name, "instruction");
}

/* The pins of the theory that is named; of each, when none is yet. */
static void offer_pins(const struct completion *c, const char *isa)
{
    const struct theory *t, *only = isa ? theory_of(isa) : NULL;
    for (unsigned i = 0; (t = theory_at(i)); i++)
        for (const struct k_pin *p = only && t != only ? NULL : t->pins; p && p->name; p++)
            offer(c, p->name, p->about);
}

/* --- options */

/* Of so many letters, since the name may end in "=". NULL is a table without rows. */
static const struct option_desc *find_option(const struct option_desc *table, const char *name, size_t length)
{
    for (; table && table->name; table++)
        if (strlen(table->name) == length && strncmp(table->name, name, length) == 0)
            return table;
    return NULL;
}

/* Spelled with as many dashes as the person did. */
static void offer_options(const struct completion *c, const struct option_desc *table, const struct option_desc *but)
{
    const char *dash = strncmp(c->typed, "--", 2) == 0 ? "--" : "-";
    for (const struct option_desc *o = table; o && o->name; o++) {
        char word[64];
        snprintf(word, sizeof word, "%s%s", dash, o->name);
        if (o->help && !find_option(but, o->name, strlen(o->name)))
            offer(c, word, o->help);
    }
}

/* Each of "flush|trace". */
static void offer_each(const struct completion *c, const char *words)
{
    for (size_t length; *words; words += length + (words[length] == '|')) {
        char word[64];
        length = strcspn(words, "|");
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        offer(c, word, "");
    }
}

/* The monitors that there are for the machine that the words ask for. */
static void offer_monitors(const struct completion *c, const struct isa *set)
{
    enum vmm_monitor m;
    for (unsigned i = 0; vmm_monitor_at(set, i, &m); i++)
        offer(c, vmm_monitor_name(m), vmm_monitor_text(m));
}

/* What follows an option, after what its help calls it. */
static void offer_value(const struct completion *c, const struct option_desc *o, const struct isa *set, const char *isa)
{
    if (strcmp(o->name, "vmm") == 0)
        offer_monitors(c, set);
    else if (strcmp(o->name, "M") == 0 || strcmp(o->name, "machine") == 0)
        offer_machines(c);
    else if (strcmp(o->value, "PIN") == 0)
        offer_pins(c, isa);
    else if (strcmp(o->value, "FILE") == 0 || strcmp(o->value, "WHAT") == 0)
        puts(":files");
    else if (strcmp(o->value, "FOLDER") == 0)
        puts(":folders");
    else if (strchr(o->value, '|'))
        offer_each(c, o->value);
}

/* --- a command's words */

/* The command line up to the word at the cursor, read as the command itself would read it:
 *
 *   run  --depth  3  kernel.elf  --  x       words: kernel.elf, x; only_words after the "--"
 *        open = --depth while "3" is typed
 */
struct place {
    const struct command *command;
    const struct option_desc *more; /* those of the run, for a command that has them, too; NULL: none */
    const char *word[2];            /* that are no options and stand before the one that is typed */
    unsigned words;
    const struct option_desc *open; /* an option before it that wants a value */
    bool only_words;                /* after "--" */
};

/* The command's own table first, as run_options_parse_with() has it: where both have a name, the command's is meant. */
static const struct option_desc *option_of(const struct place *p, const char *word)
{
    const char *name = word + 1 + (word[1] == '-');
    size_t length = strcspn(name, "=");
    const struct option_desc *o = find_option(p->command->options, name, length);
    return o ? o : find_option(p->more, name, length);
}

/* One word further. A value is passed without a look at it: "-kernel --x" names a file that is called so. */
static void pass(struct place *p, const char *word)
{
    if (p->open) {
        p->open = NULL;
    } else if (!p->only_words && strcmp(word, "--") == 0) {
        p->only_words = true;
    } else if (!p->only_words && word[0] == '-' && word[1]) {
        const struct option_desc *o = option_of(p, word);
        p->open = o && o->takes == VALUE_NEEDED && !strchr(word, '=') ? o : NULL;
    } else if (p->words < 2) {
        p->word[p->words++] = word;
    }
}

/* new NAME FOLDER, check FOLDER. */
static void offer_lab(const struct completion *c, const struct place *p)
{
    const bool makes = p->words && strcmp(p->word[0], "new") == 0;
    if (!p->words) {
        offer(c, "new", "a folder with a skeleton");
        offer(c, "check", "tries what is in a folder");
    } else if (makes && p->words == 1) {
        offer_catalog(c, &catalog_labs);
    } else {
        puts(":folders");
    }
}

/* By what the command says that it takes (enum command_words), so a new command has no code here. */
static void offer_words(const struct completion *c, const struct place *p)
{
    switch (p->command->words) {
    case WORDS_NONE: break;
    case WORDS_FILES: puts(":files"); break;
    case WORDS_DEMO:
    case WORDS_LESSON:
        if (p->words)
            break;
        offer_catalog(c, p->command->words == WORDS_DEMO ? &catalog_demos : &catalog_lessons);
        puts(":folders");
        break;
    case WORDS_LAB: offer_lab(c, p); break;
    case WORDS_COMMAND:
        if (!p->words)
            offer_commands(c);
        break;
    case WORDS_ISA:
    case WORDS_SUBJECT:
        if (!p->words)
            offer_isas(c);
        else if (p->command->words == WORDS_SUBJECT && p->words == 1)
            offer_subjects(c, p->word[0]);
        break;
    case WORDS_SWEEP:
        if (!p->words)
            offer_swept(c);
        else
            puts(":files");
        break;
    }
}

/* Three places: the value of an option (as a word of its own, or behind '='), an option, a word. */
static void complete_of(struct completion *c, const struct command *command, int count, char **words)
{
    struct place p = {.command = command};
    const struct kind *kind = run_options_kind(count, words);
    if (command->takes_run)
        p.more = kind->options;
    for (int i = 0; i + 1 < count; i++)
        pass(&p, words[i]);
    const char *equals = strchr(c->typed, '=');
    if (p.open) {
        offer_value(c, p.open, kind->isa, p.word[0]);
    } else if (!p.only_words && c->typed[0] == '-' && equals) {
        const struct option_desc *o = option_of(&p, c->typed);
        c->before = c->typed;
        c->before_size = (int)(equals + 1 - c->typed);
        c->typed = equals + 1;
        if (o && o->takes != VALUE_NONE)
            offer_value(c, o, kind->isa, p.word[0]);
    } else if (!p.only_words && c->typed[0] == '-') {
        offer_options(c, command->options, NULL);
        offer_options(c, p.more, command->options);
    } else {
        offer_words(c, &p);
    }
}

static const struct command *find_command(const struct command *k, const char *name)
{
    while (k->name && strcmp(k->name, name) != 0)
        k++;
    return k->name ? k : NULL;
}

void complete_words(const struct command *commands, int count, char **words)
{
    if (count < 1)
        return;
    struct completion c = {.typed = words[count - 1], .before = "", .commands = commands};
    const struct command *named = count > 1 ? find_command(commands, words[0]) : NULL;
    if (named) {
        complete_of(&c, named, count - 1, words + 1);
        return;
    }
    /* `trapeze KERNEL` and `trapeze -option` are a run. */
    if (count == 1 && *c.typed != '-')
        offer_commands(&c);
    complete_of(&c, commands, count, words);
}
