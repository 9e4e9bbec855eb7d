/* mkproofs.c - what proofs are of: the digest of a claim and of all that it calls, in the tokens that the preprocessor leaves, from
 * declaration to declaration. So a comment, a blank or another row may change, and nothing that the proof speaks of.
 *
 *   mkproofs TABLE GROUP=FILE.i...        those rows of the table of proofs whose digest is that of the source now, as PROOF(row, property)
 *   mkproofs --digest FILE.i PROPERTY ROW
 *
 * A row of the table: ROW|PROPERTY|GROUP|DIGEST|... (record.sh). The roots of its digest are prove_PROPERTY() and rv_step_ROW().
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct token {
    const char *text;
    unsigned length;
};

/* A declaration at the top: its tokens, and the names that it gives a meaning to. */
struct item {
    unsigned first, count;
    unsigned *name; /* tokens */
    unsigned names;
    bool system; /* of a system header: what that is, the compiler answers for */
    bool taken;
};

/* What a name is given a meaning by. */
struct meaning {
    const struct token *name;
    unsigned item;
};

struct source {
    char *text;
    struct token *token;
    unsigned tokens;
    struct item *item;
    unsigned items;
    struct meaning *meaning; /* in the order of their names; none of system headers */
    unsigned meanings;
};

static void die(const char *what, const char *which)
{
    fprintf(stderr, "mkproofs: %s%s\n", what, which);
    exit(1);
}

static void *more(void *array, size_t count, size_t size)
{
    if (count & (count - 1)) /* grows at powers of two */
        return array;
    array = realloc(array, (count ? 2 * count : 1) * size);
    if (!array)
        die("out of memory", "");
    return array;
}

static char *file_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    long size = -1;
    if (f && fseek(f, 0, SEEK_END) == 0)
        size = ftell(f);
    char *text = size < 0 ? NULL : malloc((size_t)size + 1);
    if (!text || fseek(f, 0, SEEK_SET) != 0 || fread(text, 1, (size_t)size, f) != (size_t)size)
        die("cannot read ", path);
    text[size] = 0;
    fclose(f);
    return text;
}

/* --- tokens */

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }
static bool is_name(const struct token *t) { return isalpha((unsigned char)*t->text) || *t->text == '_'; }
static bool is(const struct token *t, const char *text) { return strlen(text) == t->length && memcmp(t->text, text, t->length) == 0; }
static int compare(const struct token *a, const struct token *b)
{
    return a->length != b->length ? (a->length < b->length ? -1 : 1) : memcmp(a->text, b->text, a->length);
}

static const char *token_end(const char *p)
{
    if (is_word(*p)) {
        while (is_word(*p) || (*p == '.' && is_word(p[1])))
            p++;
        return p;
    }
    if (*p == '"' || *p == '\'') {
        const char quote = *p++;
        for (; *p && *p != quote; p++)
            if (*p == '\\' && p[1])
                p++;
    }
    return *p ? p + 1 : p;
}

/* `# 12 "file" 1 3`: the flag 3 says that what follows is a system header's, where 1 or 2 says that a file begins or goes on. Without these it is
 * a line of the file at hand, or, by some compilers, what a system header's macro stands for in it. */
static bool line_marker(const char **at, bool system)
{
    const char *p = *at, *end = p + strcspn(p, "\n"), *quote = end;
    bool file = false, flagged = false;
    while (quote > p && *quote != '"')
        quote--;
    *at = end;
    for (p = quote; p + 1 < end; p++) {
        file |= p[0] == ' ' && (p[1] == '1' || p[1] == '2');
        flagged |= p[0] == ' ' && p[1] == '3';
    }
    return file ? flagged : system;
}

/* --- declarations */

static bool is_aside(const struct token *t) /* a word with parentheses that names nothing */
{
    static const char *const words[] = {"__attribute__",  "__asm__",  "__extension__", "_Alignas", "__typeof__",
                                        "_Static_assert", "__typeof", "typeof",        "_Alignof", "sizeof"};
    for (unsigned n = 0; n < sizeof words / sizeof *words; n++)
        if (is(t, words[n]))
            return true;
    return false;
}

static void name_add(struct item *i, unsigned token)
{
    i->name = more(i->name, i->names, sizeof *i->name);
    i->name[i->names++] = token;
}

/* What is declared: a name before one of ; , = [ ( { at the top, a pointer to a function in (*name), every constant of an enum. */
static void item_names(const struct source *s, struct item *i)
{
    unsigned round = 0, curly = 0;
    bool value = false, constants = false, aside = false;
    for (unsigned n = i->first; n < i->first + i->count; n++) {
        const struct token *t = &s->token[n], *next = n + 1 < s->tokens ? t + 1 : t;
        if (is(t, "("))
            round++;
        else if (is(t, ")"))
            aside = --round && aside;
        else if (is(t, "{")) /* of an enum: { or enum NAME { */
            constants = curly++ == 0 ? is(t - 1, "enum") || (n > i->first + 1 && is(t - 2, "enum")) : constants;
        else if (is(t, "}"))
            curly--;
        else if (!is_name(t))
            value = !round && !curly && (is(t, "=") || (value && !is(t, ",")));
        else if (is_aside(t))
            aside = is(next, "(") || aside;
        else if (!round && !curly && !value && strchr(";,=[({", *next->text))
            name_add(i, n);
        else if (round == 1 && !curly && !aside && is(t - 1, "*") && is(t - 2, "("))
            name_add(i, n);
        else if (constants && curly == 1 && !round && strchr("{,", *t[-1].text))
            name_add(i, n);
    }
}

static void item_add(struct source *s, unsigned first, bool system)
{
    s->item = more(s->item, s->items, sizeof *s->item);
    struct item *i = &s->item[s->items++];
    *i = (struct item){.first = first, .count = s->tokens - first, .system = system};
    item_names(s, i);
}

/* Ends with a ; at the top, or with the } of a function's body: of a { that comes after a ). */
static void source_parse(struct source *s)
{
    unsigned first = 0, round = 0, curly = 0;
    bool system = false, item_system = false, body = false;
    for (const char *p = s->text; *p;) {
        if (isspace((unsigned char)*p)) {
            p++;
            continue;
        }
        if (*p == '#' && (p == s->text || p[-1] == '\n')) {
            system = line_marker(&p, system);
            continue;
        }
        const char *end = token_end(p);
        s->token = more(s->token, s->tokens, sizeof *s->token);
        struct token *t = &s->token[s->tokens++];
        *t = (struct token){p, (unsigned)(end - p)};
        p = end;
        if (s->tokens - 1 == first)
            item_system = system;
        if (is(t, "{") && !curly++ && !round)
            body = s->tokens - 1 > first && is(t - 1, ")");
        round += is(t, "(");
        round -= is(t, ")");
        if (is(t, "}"))
            curly--;
        if (!round && !curly && (is(t, ";") || (is(t, "}") && body))) {
            item_add(s, first, item_system);
            first = s->tokens;
            body = false;
        }
    }
}

static int by_name(const void *a, const void *b)
{
    return compare(((const struct meaning *)a)->name, ((const struct meaning *)b)->name);
}

static void source_open(struct source *s, const char *path)
{
    *s = (struct source){.text = file_read(path)};
    source_parse(s);
    for (unsigned n = 0; n < s->items; n++)
        for (unsigned k = 0; k < s->item[n].names && !s->item[n].system; k++) {
            s->meaning = more(s->meaning, s->meanings, sizeof *s->meaning);
            s->meaning[s->meanings++] = (struct meaning){&s->token[s->item[n].name[k]], n};
        }
    if (s->meanings)
        qsort(s->meaning, s->meanings, sizeof *s->meaning, by_name);
}

static void source_close(struct source *s)
{
    for (unsigned n = 0; n < s->items; n++)
        free(s->item[n].name);
    free(s->meaning);
    free(s->item);
    free(s->token);
    free(s->text);
}

/* --- what a claim consists of */

static unsigned take(struct source *s, const struct token *name);

static void take_item(struct source *s, struct item *i)
{
    i->taken = true;
    for (unsigned n = i->first; n < i->first + i->count; n++)
        if (is_name(&s->token[n]))
            take(s, &s->token[n]);
}

/* All declarations of a name, and what they name; returns how many there are. */
static unsigned take(struct source *s, const struct token *name)
{
    unsigned first = 0, found = 0;
    for (unsigned end = s->meanings; first < end;) {
        const unsigned middle = first + (end - first) / 2;
        if (compare(s->meaning[middle].name, name) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    for (; first + found < s->meanings && compare(s->meaning[first + found].name, name) == 0; found++)
        if (!s->item[s->meaning[first + found].item].taken)
            take_item(s, &s->item[s->meaning[first + found].item]);
    return found;
}

static uint64_t hash(uint64_t h, const struct token *t)
{
    for (unsigned n = 0; n < t->length; n++)
        h = (h ^ (uint8_t)t->text[n]) * UINT64_C(0x100000001b3);
    return (h ^ ' ') * UINT64_C(0x100000001b3);
}

enum { DIGEST = 33 };
static void digest(struct source *s, const char *property, const char *row, char out[DIGEST])
{
    char name[2][128];
    uint64_t h[2] = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4)};
    snprintf(name[0], sizeof name[0], "prove_%s", property);
    snprintf(name[1], sizeof name[1], "rv_step_%s", row);
    for (unsigned n = 0; n < s->items; n++)
        s->item[n].taken = false;
    for (unsigned n = 0; n < 2; n++)
        if (!take(s, &(struct token){name[n], (unsigned)strlen(name[n])}))
            h[n] = 0; /* there is no such claim: no digest is that */
    for (unsigned n = 0; n < s->items; n++)
        for (unsigned k = 0; k < s->item[n].count && s->item[n].taken; k++) {
            h[0] = hash(h[0], &s->token[s->item[n].first + k]);
            h[1] = hash(h[1] ^ h[0] >> 7, &s->token[s->item[n].first + k]);
        }
    snprintf(out, DIGEST, "%016llx%016llx", (unsigned long long)h[0], (unsigned long long)h[1]);
}

/* --- the table */

static void rows_print(char *table, struct source *s, const char *group)
{
    char now[DIGEST];
    for (char *line = table, *end; *line; line = end) {
        char row[64], property[32], of[16], then[DIGEST];
        end = line + strcspn(line, "\n");
        end += *end == '\n';
        if (*line == '#' || sscanf(line, "%63[^|]|%31[^|]|%15[^|]|%32[^|]", row, property, of, then) != 4 || strcmp(of, group) != 0)
            continue;
        digest(s, property, row, now);
        if (strcmp(now, then) == 0)
            printf("PROOF(\"%s\", \"%s\")\n", row, property);
    }
}

int main(int argc, char **argv)
{
    struct source s;
    if (argc == 5 && strcmp(argv[1], "--digest") == 0) {
        char now[DIGEST];
        source_open(&s, argv[2]);
        digest(&s, argv[3], argv[4], now);
        puts(now);
        source_close(&s);
        return 0;
    }
    if (argc < 2)
        die("usage: mkproofs TABLE GROUP=FILE.i... | --digest FILE.i PROPERTY ROW", "");
    char *table = file_read(argv[1]);
    puts("/* The claims of the table of proofs that are of this source. Made by mkproofs. */");
    for (int n = 2; n < argc; n++) {
        char *file = strchr(argv[n], '=');
        if (!file)
            die("no GROUP=FILE: ", argv[n]);
        *file++ = 0;
        source_open(&s, file);
        rows_print(table, &s, argv[n]);
        source_close(&s);
    }
    free(table);
    return ferror(stdout) || fflush(stdout) != 0;
}
