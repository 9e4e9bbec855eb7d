/* json.c - a writer of JSON [RFC 8259]. */
#include "monitor/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Bytes of the UTF-8 sequence at s, or 0 when there is none [RFC 3629, 4]. */
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

void json_double(struct json *j, const char *key, double value, int decimals)
{
    begin(j, key);
    if (isfinite(value))
        fprintf(j->out, "%.*f", decimals, value);
    else
        fputs("null", j->out);
}
