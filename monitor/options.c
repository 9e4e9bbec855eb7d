/* options.c - reads options from a table; an unknown word gets the nearest known one as a suggestion. */
#include "monitor/options.h"

#include "monitor/fold.h"
#include "monitor/screen.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 32, HELP_COLUMN = 22 };

/* Damerau and Levenshtein's distance, in the form that moves a pair of neighbours once. Only three rows of the table are kept:
 *
 *   "dpeth" to "depth":  2 by letters changed, 1 with the two that changed places
 *
 * Longer words than WORD_MAX are far from all others. */
unsigned word_distance(const char *a, const char *b)
{
    unsigned row[3][WORD_MAX + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > WORD_MAX || m > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = row[i % 3], *before = row[(i - 1) % 3], *earlier = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned d = before[j - 1] + (a[i - 1] != b[j - 1]);
            d = before[j] + 1 < d ? before[j] + 1 : d;
            d = now[j - 1] + 1 < d ? now[j - 1] + 1 : d;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && earlier[j - 2] + 1 < d)
                d = earlier[j - 2] + 1;
            now[j] = d;
        }
    }
    return row[n % 3][m];
}

/* Near is: at most a third of the letters, and one more, are wrong. Of several that are as near the first of the list is taken. */
const char *nearest_word(const char *word, const char *(*next)(const void *list, unsigned index), const void *list)
{
    const char *best = NULL, *candidate;
    unsigned least = (unsigned)strlen(word) / 3 + 2;
    for (unsigned i = 0; (candidate = next(list, i)); i++) {
        unsigned d = word_distance(word, candidate);
        if (d < least) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

/* A stricter measure: up to a quarter of the letters. It is for the prompt, where short names are many, and a guess that is far off would
 * mislead. */
const char *near_word(const char *word, const char *(*next)(const void *list, unsigned index), const void *list)
{
    const char *near = nearest_word(word, next, list);
    return near && word_distance(word, near) <= (strlen(word) + 2) / 4 ? near : NULL;
}

static const char *option_name(const void *list, unsigned index) { return ((const struct option_desc *)list)[index].name; }

static const struct option_desc *find(const struct option_desc *table, const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

/* One option; *used is how many words it took. Sentences spell it with as many dashes as the user did. */
static int parse_one(const struct option_desc *table, int argc, char **argv, int *used, void *into, struct error *e)
{
    const char *word = argv[0] + 1 + (argv[0][1] == '-');
    char name[WORD_MAX + 1];
    size_t length = strcspn(word, "=");
    const char *value = word[length] == '=' ? word + length + 1 : NULL;
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), word);
    const struct option_desc *o = find(table, name);
    const char *dash = argv[0][1] == '-' ? "--" : "-";
    *used = 1;
    if (!o) {
        const char *near = nearest_word(name, option_name, table);
        return error_set(e, EINVAL, "there is no option %s%s%s%s%s", argv[0], near ? "; is " : "", near ? dash : "", near ? near : "",
                         near ? " meant?" : "");
    }
    if (o->takes == VALUE_NONE && value)
        return error_set(e, EINVAL, "the option %s%s takes no value", dash, o->name);
    if (o->takes == VALUE_NEEDED && !value) {
        if (argc < 2)
            return error_set(e, EINVAL, "the option %s%s needs a value: %s%s %s", dash, o->name, dash, o->name, o->value);
        value = argv[1];
        *used = 2;
    }
    return o->set(into, value, e);
}

/* A single '-' is a word: stdin or stdout. After "--" all are words, also those with a dash. */
int options_parse(const struct option_desc *table, int argc, char **argv, int (*positional)(void *, const char *, struct error *),
                  void *into, struct error *e)
{
    bool only_words = false;
    for (int i = 0, used; i < argc; i += used) {
        used = 1;
        int r = 0;
        if (!only_words && strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0')
            r = parse_one(table, argc - i, argv + i, &used, into, e);
        else
            r = positional(into, argv[i], e);
        if (r)
            return r;
    }
    return 0;
}

void options_prose(const char *text) { fold_prose(stdout, screen_columns(), text); }

/* Ten columns for the name; fold_print() puts what does not fit below the text. */
void options_row(const char *name, const char *about)
{
    char row[240];
    snprintf(row, sizeof row, "  %-10s%s", name, about);
    fold_print(stdout, screen_columns(), row);
}

/* "  -depth N          N virtual machines, ..."; an option whose name leaves no room has its text in the next line. */
void options_help(const struct option_desc *o)
{
    const unsigned width = screen_columns();
    for (; o->name; o++) {
        if (!o->help)
            continue;
        char left[80], row[240];
        const char *dash = o->takes == VALUE_OPTIONAL ? "[=" : " ";
        snprintf(left, sizeof left, "  -%s%s%s%s", o->name, o->value ? dash : "", o->value ? o->value : "",
                 o->takes == VALUE_OPTIONAL ? "]" : "");
        bool beside = strlen(left) < HELP_COLUMN - 1;
        snprintf(row, sizeof row, "%s%*s%s", beside ? left : "", HELP_COLUMN - (beside ? (int)strlen(left) : 0), "", o->help);
        if (!beside)
            printf("%s\n", left);
        fold_print(stdout, width, row);
    }
}

/* Examples, binary or not: "5M" is 5,000,000 or 5,242,880; "0x10" is 16; "010" is 8, as in C; "-1", "1.5G" and "" are no
 * numbers. What does not fit in 64 bits is none either. */
int option_number(const char *what, const char *text, bool binary, uint64_t *out, struct error *e)
{
    char *end;
    errno = 0;
    uint64_t v = strtoumax(text, &end, 0), unit = 1, step = binary ? 1024 : 1000;
    bool digits = text[0] >= '0' && text[0] <= '9';
    switch (*end) {
    case 'g':
    case 'G': unit *= step; /* fallthrough */
    case 'm':
    case 'M': unit *= step; /* fallthrough */
    case 'k':
    case 'K': unit *= step; end++;
    }
    if (!digits || errno || *end || v > UINT64_MAX / unit)
        return error_set(e, EINVAL, "the option %s wants a number, not '%s'", what, text);
    *out = v * unit;
    return 0;
}

/* "128" is 128 MiB, "128K" is 128 KiB, and "0x8000000" is bytes: only plain digits are short for MiB. */
int option_size(const char *what, const char *text, uint64_t *out, struct error *e)
{
    size_t n = strlen(text);
    bool plain = n > 0 && strspn(text, "0123456789") == n;
    int r = option_number(what, text, true, out, e);
    if (r == 0 && plain && *out > UINT64_MAX >> 20)
        return error_set(e, EINVAL, "the option %s wants a size, not '%s'", what, text);
    if (r == 0 && plain)
        *out <<= 20;
    return r;
}

int option_on_off(const char *what, const char *text, bool *out, struct error *e)
{
    bool on = text && (strcmp(text, "on") == 0 || strcmp(text, "true") == 0);
    bool off = text && (strcmp(text, "off") == 0 || strcmp(text, "false") == 0);
    if (!on && !off)
        return error_set(e, EINVAL, "%s is on or off, not '%s'", what, text ? text : "");
    *out = on;
    return 0;
}

/* In place, so that what it finds can be kept for as long as the text:
 *
 *   "file=a,,b.img,snapshot=on"  -->  file  "a,b.img"       then  snapshot  "on"       then the end
 *
 * The second '=' of a value is a part of it. */
bool option_pair(char **text, char **key, char **value)
{
    char *from = *text, *to = *text;
    if (!from || !*from)
        return false;
    *key = from;
    *value = NULL;
    while (*from) {
        if (*from == ',' && from[1] != ',')
            break;
        if (*from == ',')
            from++; /* of ",,": one */
        if (*from == '=' && !*value) {
            *value = to + 1;
            *to++ = '\0';
            from++;
            continue;
        }
        *to++ = *from++;
    }
    *text = *from ? from + 1 : from;
    *to = '\0';
    return true;
}
