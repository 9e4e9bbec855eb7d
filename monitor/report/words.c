/* words.c - the text is cut into pieces, each a string with the punctuation before it; the pieces that would save most get a
 * character of the private use area, U+E000 to U+F8FF. Such characters of the text itself are written as JSON's escapes.
 *
 *    text     {"subject": "lit", "agrees": true}, {"subject": "shrink", "agrees": true}
 *    pieces   |{"subject"|: "lit"|, "agrees"|: true|}, {"subject"|: "shrink"|, "agrees"|: true|}|
 *    words    [", \"agrees\"", ": true", ...]      the character U+E000 is the first, U+E001 the second
 *    data     {"subject": "lit" U+E000 U+E001 ...
 *
 * The punctuation belongs to the piece behind it, so a key with its comma and blanks is one word. The
 * program that expands it is a line of page_model.js.
 */
#include "monitor/report/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 0xf8ff - 0xe000 + 1, WORD_BYTES = 3 /* of such a character in UTF-8 */ };

struct piece {
    const char *at;
    size_t length, count;
    long word; /* its number, or -1 */
};

struct pieces {
    struct piece *list; /* of the text, in order */
    size_t count;
    struct piece *known; /* each once, sorted */
    size_t known_count;
};

/* A string, or a number or word, with the blanks and punctuation before it.
 * A string ends at a quote that no backslash stands before. It is JSON of our own, so nothing else needs to be understood. */
static size_t piece_length(const char *s, const char *end)
{
    const char *p = s + strspn(s, " ,:{}[]\n");
    if (p < end && *p == '"') {
        for (p++; p < end && *p != '"'; p++)
            p += *p == '\\' && p + 1 < end;
        p += p < end;
    } else {
        p += strcspn(p, " ,:{}[]\n");
    }
    return (size_t)((p > end ? end : p) - s);
}

static int by_text(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    int order = memcmp(x->at, y->at, x->length < y->length ? x->length : y->length);
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* With numbers: a piece of 20 bytes that occurs 10 times is 200 bytes. As a word it is once in the list, 20 and 8 for its quotes, comma and
 * escapes, and 10 characters of 3 bytes: 58. 0: it would save nothing. */
static size_t saving(const struct piece *p)
{
    const size_t cost = p->length + 8 + WORD_BYTES * p->count, plain = p->length * p->count;
    return plain > cost ? plain - cost : 0;
}

/* Equal savings are ordered by the text, so that the same report is the same page, byte by byte, whatever qsort() does. */
static int by_saving(const void *a, const void *b)
{
    const struct piece *x = *(struct piece *const *)a, *y = *(struct piece *const *)b;
    if (saving(x) != saving(y))
        return saving(x) < saving(y) ? 1 : -1;
    return by_text(x, y);
}

static int cut(struct pieces *p, const char *text, size_t size)
{
    size_t room = size / 4 + 16;
    p->list = malloc(room * sizeof *p->list);
    for (const char *s = text; p->list && s < text + size; p->count++) {
        if (p->count == room) {
            struct piece *more = realloc(p->list, 2 * room * sizeof *more);
            if (!more)
                return -ENOMEM;
            p->list = more;
            room *= 2;
        }
        size_t length = piece_length(s, text + size);
        p->list[p->count] = (struct piece){.at = s, .length = length ? length : 1, .count = 1, .word = -1};
        s += p->list[p->count].length;
    }
    return p->list ? 0 : -ENOMEM;
}

/* Sorted by text, like ones stand side by side: the first of them counts the others. data_write() then finds each piece by bsearch(). */
static int count_known(struct pieces *p)
{
    p->known = malloc((p->count + 1) * sizeof *p->known);
    if (!p->known)
        return -ENOMEM;
    memcpy(p->known, p->list, p->count * sizeof *p->known);
    qsort(p->known, p->count, sizeof *p->known, by_text);
    for (size_t n = 0; n < p->count; n++) {
        if (p->known_count && by_text(&p->known[p->known_count - 1], &p->known[n]) == 0)
            p->known[p->known_count - 1].count++;
        else
            p->known[p->known_count++] = p->known[n];
    }
    return 0;
}

/* Those of the private use area, and what would end a script.
 * The backslash is doubled: data is a string of JSON whose value is a text of JSON, so an escape of the inner one is "\\u003c" in the
 * outer. "</script" in a string would end the element whatever stands around it; without a '<' there is none. */
static size_t escaped(const char *s, char out[8])
{
    const unsigned char *u = (const unsigned char *)s;
    unsigned code = (u[0] & 0xfu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);
    snprintf(out, 8, "\\\\u%04x", u[0] == '<' ? (unsigned)'<' : code);
    return u[0] == '<' ? 1 : 3;
}

/* In UTF-8 U+E000 is EE 80 80 and U+F8FF is EF A3 BF. */
static bool is_private(const char *s, size_t left)
{
    const unsigned char *u = (const unsigned char *)s;
    return left >= 3 && ((u[0] == 0xee) || (u[0] == 0xef && u[1] < 0xa4));
}

/* As the inside of a JSON string. */
static void text_write(FILE *f, const char *s, size_t length)
{
    for (size_t n = 0; n < length;) {
        char escape[8];
        if (s[n] == '<' || is_private(s + n, length - n)) {
            n += escaped(s + n, escape);
            fputs(escape, f);
            continue;
        }
        if (s[n] == '"' || s[n] == '\\')
            fputc('\\', f);
        if (s[n] == '\n')
            fputs("\\n", f);
        else
            fputc(s[n], f);
        n++;
    }
}

/* Three bytes of UTF-8: 1110xxxx 10xxxxxx 10xxxxxx. */
static void character_write(FILE *f, long word)
{
    unsigned code = 0xe000 + (unsigned)word;
    fputc((int)(0xe0 | code >> 12), f);
    fputc((int)(0x80 | (code >> 6 & 0x3f)), f);
    fputc((int)(0x80 | (code & 0x3f)), f);
}

/* Gives numbers to those worth it, most first, and writes them. */
static int number_known(FILE *f, struct pieces *p)
{
    struct piece **order = malloc((p->known_count + 1) * sizeof *order);
    if (!order)
        return -ENOMEM;
    for (size_t n = 0; n < p->known_count; n++)
        order[n] = &p->known[n];
    qsort(order, p->known_count, sizeof *order, by_saving);
    for (size_t n = 0; n < p->known_count && n < WORDS_MAX && saving(order[n]) > 0; n++) {
        order[n]->word = (long)n;
        fputs(n ? ",\"" : "\"", f);
        text_write(f, order[n]->at, order[n]->length);
        fputc('"', f);
    }
    free(order);
    return 0;
}

static void data_write(FILE *f, const struct pieces *p)
{
    for (size_t n = 0; n < p->count; n++) {
        const struct piece *known = bsearch(&p->list[n], p->known, p->known_count, sizeof *p->known, by_text);
        if (known->word >= 0)
            character_write(f, known->word);
        else
            text_write(f, p->list[n].at, p->list[n].length);
    }
}

int words_write(FILE *f, const char *text, size_t size)
{
    struct pieces p = {0};
    int r = cut(&p, text, size);
    if (!r)
        r = count_known(&p);
    if (!r) {
        fputs("{\"words\":[", f);
        r = number_known(f, &p);
    }
    if (!r) {
        fputs("],\"data\":\"", f);
        data_write(f, &p);
        fputs("\"}", f);
    }
    free(p.list);
    free(p.known);
    return r;
}
