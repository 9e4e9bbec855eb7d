/* json.c - a writer of JSON [RFC 8259]. */
#include "monitor/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Bytes of the UTF-8 sequence at s, or 0 when there is none [RFC 3629, 4]. A table of what the first two bytes may be. It leaves
 * out what has the form of UTF-8 and is none: longer forms than needed (c0, e0 80), surrogates (ed a0), and what lies above
 * U+10FFFF (f4 90). */
static unsigned utf8_length(const unsigned char *s)
{
    static const struct {
        unsigned char first, last, low, high; /* of the first byte; of the second */
        unsigned length;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (s[0] < forms[i].first || s[0] > forms[i].last || s[1] < forms[i].low || s[1] > forms[i].high)
            continue;
        for (unsigned n = 2; n < forms[i].length; n++)
            if ((s[n] & 0xc0) != 0x80)
                return 0;
        return forms[i].length;
    }
    return 0;
}

/* Of text that came from a guest or a file name, too. One byte that is no UTF-8 becomes one U+FFFD, so the length tells how many
 * there were. */
static void quoted(FILE *f, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    fputc('"', f);
    while (*s) {
        unsigned length = *s < 0x80 ? 1 : utf8_length(s);
        if (*s == '"' || *s == '\\')
            fprintf(f, "\\%c", *s);
        else if (*s < 0x20 || *s == 0x7f)
            fprintf(f, "\\u%04x", *s);
        else if (length)
            fwrite(s, 1, length, f);
        else
            fputs("\\ufffd", f);
        s += length ? length : 1;
    }
    fputc('"', f);
}

/* The comma belongs to the value that follows one: only then is it known that there is another. */
static void begin(struct json *j, const char *key)
{
    if (j->comma)
        fputs(", ", j->out);
    j->comma = true;
    if (key) {
        quoted(j->out, key);
        fputs(": ", j->out);
    }
}

/* Depth is a matter of the caller's code and not of its data, so too much of it is our own fault. */
static void nest(struct json *j, const char *key, char open, char close)
{
    assert(j->depth < JSON_DEPTH);
    begin(j, key);
    fputc(open, j->out);
    j->close[j->depth++] = close;
    j->comma = false;
}

void json_open(struct json *j, FILE *out) { *j = (struct json){.out = out}; }
void json_object(struct json *j, const char *key) { nest(j, key, '{', '}'); }
void json_array(struct json *j, const char *key) { nest(j, key, '[', ']'); }

/* After a value that was closed another one may follow, so a comma is due; after the outermost nothing does. */
void json_end(struct json *j)
{
    assert(j->depth > 0);
    fputc(j->close[--j->depth], j->out);
    j->comma = j->depth > 0;
    if (j->depth == 0)
        fputc('\n', j->out);
}

void json_string(struct json *j, const char *key, const char *value)
{
    begin(j, key);
    if (value)
        quoted(j->out, value);
    else
        fputs("null", j->out);
}

void json_uint(struct json *j, const char *key, uint64_t value)
{
    begin(j, key);
    fprintf(j->out, "%" PRIu64, value);
}

void json_int(struct json *j, const char *key, int64_t value)
{
    begin(j, key);
    fprintf(j->out, "%" PRId64, value);
}

/* As people write them in this program, and as they can be pasted into a prompt. */
void json_hex(struct json *j, const char *key, uint64_t value)
{
    begin(j, key);
    fprintf(j->out, "\"0x%" PRIx64 "\"", value);
}

void json_insn(struct json *j, const char *key, insn_t bits)
{
    begin(j, key);
    if (bits >> 64)
        fprintf(j->out, "\"0x%" PRIx64 "%016" PRIx64 "\"", (uint64_t)(bits >> 64), (uint64_t)bits);
    else
        fprintf(j->out, "\"0x%" PRIx64 "\"", (uint64_t)bits);
}

void json_bool(struct json *j, const char *key, bool value)
{
    begin(j, key);
    fputs(value ? "true" : "false", j->out);
}

/* JSON has no infinity and no "not a number": what could not be measured is null. */
void json_double(struct json *j, const char *key, double value, int decimals)
{
    begin(j, key);
    if (isfinite(value))
        fprintf(j->out, "%.*f", decimals, value);
    else
        fputs("null", j->out);
}
