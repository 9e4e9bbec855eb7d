/* format.c - see format.h. */
#include "monitor/debug/format.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPEATS = 10 }; /* so many like characters in a row are counted instead of written */

unsigned format_bytes(char size) { return size == 'b' ? 1 : size == 'h' ? 2 : size == 'w' ? 4 : 8; }

/* "8xw" is {count 8, letter x, size w}, "-3x" three before, "s" {letter s}, "xw" and "wx" the same. A million at most:
 * who asks for more has mistyped, and the answer would not end. */
int format_parse(const char *text, struct format *f, struct error *e)
{
    *f = (struct format){.count = 1};
    const char *at = text;
    if (*at == '-') {
        f->backwards = true;
        at++;
    }
    if (isdigit((unsigned char)*at)) {
        char *end;
        errno = 0;
        f->count = strtoull(at, &end, 10);
        f->has_count = true;
        if (errno || f->count > 1000000)
            return error_set(e, EINVAL, "/%s: that is more than a million of them", text);
        at = end;
    }
    for (; *at; at++) {
        if (strchr("bhwg", *at))
            f->size = *at;
        else if (strchr("xduotzacfsi", *at))
            f->letter = *at;
        else
            return error_set(e, EINVAL, "/%s: '%c' is neither a format (x d u o t z a c f s i) nor a size (b h w g)", text, *at);
    }
    return 0;
}

/* Of 5 as a byte: 101, or whole 00000101. A 0 has one digit in any case. */
static void binary(uint64_t bits, unsigned digits, bool whole, char *out, size_t room)
{
    size_t n = 0;
    for (unsigned i = digits; i-- > 0;)
        if ((whole || bits >> i || i == 0) && n + 1 < room)
            out[n++] = bits >> i & 1 ? '1' : '0';
    out[n] = '\0';
}

/* 9 and 17 digits are those from which a float and a double can be read back exactly. Of a NaN the fraction is shown, as
 * gdb does: it says which NaN it is, and printf would not. */
static void floating(unsigned size, uint64_t bits, char *out, size_t room)
{
    double value;
    if (size == 4) {
        float narrow;
        uint32_t low = (uint32_t)bits;
        memcpy(&narrow, &low, sizeof narrow);
        value = (double)narrow;
    } else {
        memcpy(&value, &bits, sizeof value);
    }
    uint64_t fraction = bits_get(bits, 0, size == 4 ? 23 : 52);
    if (isnan(value))
        snprintf(out, room, "%snan(0x%llx)", signbit(value) ? "-" : "", (unsigned long long)fraction);
    else
        snprintf(out, room, "%.*g", size == 4 ? 9 : 17, value);
}

/* 'a' as it is, '\n' by its letter, '\'' because the quote would end there, 0x1b and what is no ASCII in three octal
 * digits. */
void format_character(uint8_t c, char quote, char *out, size_t room)
{
    static const char names[] = "\a\b\f\n\r\t\v", letters[] = "abfnrtv";
    const char *known = c ? strchr(names, c) : NULL;
    if (known)
        snprintf(out, room, "\\%c", letters[known - names]);
    else if (c == '\\' || c == (uint8_t)quote)
        snprintf(out, room, "\\%c", c);
    else if (c < 0x20 || c > 0x7e)
        snprintf(out, room, "\\%03o", c);
    else
        snprintf(out, room, "%c", c);
}

/* The bytes 0xfe 0xff as a halfword, by letter:
 *
 *     x  0xfffe    d  -2    u  65534    o  0177776    t  1111111111111110    c  -2 '\376'    z  0xfffe    f  -2
 *
 * gdb's /f of an integer that is too small for a floating-point number is the integer. */
void format_number(char letter, unsigned size, uint64_t bits, bool whole, char *out, size_t room)
{
    uint64_t u = size == 8 ? bits : bits_get(bits, 0, 8 * size);
    int64_t s = sign_extend(bits, 8 * size);
    char text[8];
    switch (letter) {
    case 'd': snprintf(out, room, "%lld", (long long)s); break;
    case 'u': snprintf(out, room, "%llu", (unsigned long long)u); break;
    case 'o': snprintf(out, room, "%s%llo", u ? "0" : "", (unsigned long long)u); break;
    case 't': binary(u, 8 * size, whole, out, room); break;
    case 'a': snprintf(out, room, "0x%llx", (unsigned long long)u); break;
    case 'c':
        format_character((uint8_t)u, '\'', text, sizeof text);
        snprintf(out, room, "%d '%s'", (int8_t)u, text);
        break;
    case 'f':
        if (size >= 4)
            floating(size, u, out, room);
        else
            snprintf(out, room, "%lld", (long long)s);
        break;
    case 'z': snprintf(out, room, "0x%0*llx", (int)(2 * size), (unsigned long long)u); break;
    default: snprintf(out, room, "0x%0*llx", whole ? (int)(2 * size) : 1, (unsigned long long)u); break;
    }
}

/* A byte has its letter behind it, by its type: 97 'a', -56 '\310' of a signed one, 200 '\310' of an unsigned one. */
void format_value(const struct value *v, char *out, size_t room)
{
    if (v->type.pointers)
        format_number('a', 8, v->bits, false, out, room);
    else if (v->type.size == 1 && v->type.is_signed)
        format_number('c', 1, v->bits, false, out, room);
    else if (v->type.size == 1)
        snprintf(out, room, "%llu", (unsigned long long)v->bits);
    else
        format_number(v->type.is_signed ? 'd' : 'u', 8, v->bits, false, out, room);
    if (v->type.size == 1 && !v->type.pointers && !v->type.is_signed) {
        char text[8];
        format_character((uint8_t)v->bits, '\'', text, sizeof text);
        size_t n = strlen(out);
        snprintf(out + n, room - n, " '%s'", text);
    }
}

struct text {
    char *out;
    size_t room, length;
};

static void append(struct text *t, const char *s)
{
    for (; *s; s++, t->length++)
        if (t->length + 1 < t->room)
            t->out[t->length] = *s;
}

static size_t run_of(const uint8_t *bytes, size_t length)
{
    size_t n = 1;
    while (n < length && bytes[n] == bytes[0])
        n++;
    return n;
}

/* Parts in quotes and counted runs, with commas between:
 *
 *     "ab"                            "ab"
 *     "ab" and 20 times x and "c"     "ab", 'x' <repeats 20 times>, "c"
 *     nothing                         "" */
size_t format_string(const uint8_t *bytes, size_t length, char *out, size_t room)
{
    struct text t = {out, room, 0};
    char c[8], repeats[48];
    bool quoted = false, any = false;
    for (size_t i = 0, n; i < length; i += n) {
        n = run_of(bytes + i, length - i);
        bool counted = n > REPEATS;
        n = counted ? n : 1;
        if (any && (counted || !quoted))
            append(&t, quoted ? "\", " : ", ");
        if (!counted && !quoted)
            append(&t, "\"");
        format_character(bytes[i], counted ? '\'' : '"', c, sizeof c);
        snprintf(repeats, sizeof repeats, "'%s' <repeats %zu times>", c, n);
        append(&t, counted ? repeats : c);
        quoted = !counted;
        any = true;
    }
    append(&t, !any ? "\"\"" : quoted ? "\"" : "");
    if (room)
        out[t.length < room ? t.length : room - 1] = '\0';
    return t.length;
}
