/* options.h - command-line options from a table: the same table parses them and prints the help. QEMU's words with one dash and
 * their two-dash spelling are the same option; a value follows as the next word or after '='.
 */
#ifndef TRAPEZE_MONITOR_OPTIONS_H
#define TRAPEZE_MONITOR_OPTIONS_H

#include "mmu/base.h"

enum option_value { VALUE_NONE, VALUE_NEEDED, VALUE_OPTIONAL /* only after '=' */ };

/* A row of a table, and what a person may type of it:
 *
 *   {"depth", VALUE_NEEDED, "N", set, "..."}              -depth 3    --depth 3    --depth=3
 *   {"stats", VALUE_OPTIONAL, "text|json", set, "..."}    --stats     --stats=json
 *   {"bare", VALUE_NONE, NULL, set, "..."}                -bare       --bare
 *
 * `value` is for people and for the shells' completion, which reads choices from its '|' (monitor/complete.c). */
struct option_desc {
    const char *name; /* without dashes; NULL ends the table */
    enum option_value takes;
    const char *value; /* how help shows the value; NULL when it takes none */
    /* Takes the value (NULL when there is none) into `into`. -errno with the sentence in *error. */
    int (*set)(void *into, const char *value, struct error *);
    const char *help; /* NULL: not shown */
};

/* Reads argv[0..argc); words that are no options go to `positional`. -EINVAL with the sentence. */
MUST_CHECK int options_parse(const struct option_desc *, int argc, char **argv,
                             int (*positional)(void *, const char *, struct error *), void *into, struct error *);
void options_help(const struct option_desc *);
/* A text of help on stdout, in the width of the terminal (monitor/fold.h). */
void options_prose(const char *text);
/* A line of a list: "  name      about". */
void options_row(const char *name, const char *about);

/* A count: digits with an optional K, M, G (powers of 1024 when binary, else of 1000). -EINVAL; names `what` in the sentence. */
MUST_CHECK int option_number(const char *what, const char *text, bool binary, uint64_t *out, struct error *);
/* A size in bytes as QEMU's -m reads it: a plain number is MiB. */
MUST_CHECK int option_size(const char *what, const char *text, uint64_t *out, struct error *);
MUST_CHECK int option_on_off(const char *what, const char *text, bool *out, struct error *);

/* Takes the next key[=value] off a comma-separated list; ",," in a value is a comma. `text` is written to. false: the end. */
bool option_pair(char **text, char **key, char **value);

/* How many letters must be changed, added, left out or swapped with their neighbour to make one of the other. */
unsigned word_distance(const char *, const char *);
/* The word nearest to `word`, or NULL when none is near. `next` yields the candidates and NULL at the end. */
const char *nearest_word(const char *word, const char *(*next)(const void *list, unsigned index), const void *list);
/* Likewise, but only a word that is near enough to be what was meant. */
const char *near_word(const char *word, const char *(*next)(const void *list, unsigned index), const void *list);

#endif
