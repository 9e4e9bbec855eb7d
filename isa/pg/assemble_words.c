/* assemble_words.c - the parts of a line of assembly: words, symbols and expressions. */
#include "isa/pg/assemble.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One sentence with the place in front, as compilers have it: "loop.pg:7: nothing is called 'coutn'". */
int asm_fail(struct assembler *a, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(a->error, EINVAL, "%s:%u: %s", a->file, a->line, text);
}

/* --- Words of a line */

/* The point belongs to words, for directives, for labels like "loop.end", and for "." itself. */
static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_' || c == '.'; }

/* A carriage return is a blank, so that texts with either kind of line end are read. */
static void skip_blanks(struct assembler *a)
{
    while (a->at < a->end && (*a->at == ' ' || *a->at == '\t' || *a->at == '\r'))
        a->at++;
}

/* A comment ends the line for all who read it. Within quotation marks nobody asks. */
bool asm_at_end(struct assembler *a)
{
    skip_blanks(a);
    return a->at == a->end || *a->at == ';';
}

/* Blanks before it are skipped; behind it they are the next reader's. */
bool asm_take(struct assembler *a, char c)
{
    if (asm_at_end(a) || *a->at != c)
        return false;
    a->at++;
    return true;
}

/* What stands here instead of what should, for sentences. */
const char *asm_found(struct assembler *a, char text[8])
{
    if (asm_at_end(a))
        return "the end of the line";
    if (isprint((unsigned char)*a->at))
        snprintf(text, 8, "'%c'", *a->at);
    else
        snprintf(text, 8, "\\x%02x", (unsigned char)*a->at);
    return text;
}

/* No word begins with a digit: that is how a term tells numbers from names. */
int asm_word(struct assembler *a, char out[ASM_WORD_MAX + 1], const char *what)
{
    size_t n = 0;
    char here[8];

    if (asm_at_end(a) || !is_word(*a->at) || isdigit((unsigned char)*a->at))
        return asm_fail(a, "here should be %s, not %s", what, asm_found(a, here));
    for (; a->at < a->end && is_word(*a->at); a->at++)
        if (n < ASM_WORD_MAX)
            out[n++] = *a->at;
        else
            return asm_fail(a, "a name has no more than %d characters", ASM_WORD_MAX);
    out[n] = '\0';
    return 0;
}

/* What is expected and what is there, in one sentence: "here should be a comma, not 'x'". */
int asm_comma(struct assembler *a)
{
    char here[8];
    return asm_take(a, ',') ? 0 : asm_fail(a, "here should be a comma, not %s", asm_found(a, here));
}

/* A character of '…' or "…", its escape undone.
 * letter and meaning stand below each other. A NUL in the text is no escape, though strchr() would find the one
 * that ends `letter`.
 * A backslash makes line feed, carriage return, tab and NUL, and takes the meaning of what would end or begin
 * something: itself and the two marks of quotation. */
int asm_character(struct assembler *a, uint64_t *value)
{
    static const char letter[] = "nrt0\\\"'", meaning[] = "\n\r\t\0\\\"'";
    const char *escape;

    if (a->at == a->end)
        return asm_fail(a, "the quotation does not end");
    *value = (unsigned char)*a->at++;
    if (*value != '\\')
        return 0;
    escape = a->at < a->end && *a->at ? strchr(letter, *a->at) : NULL;
    if (!escape)
        return asm_fail(a, "a backslash is followed by one of n r t 0 \\ \" '");
    a->at++;
    *value = (unsigned char)meaning[escape - letter];
    return 0;
}

/* --- Symbols */

/* From the first to the last: programs of this machine have some dozens of names. Upper and lower case differ here,
 * alone. */
static struct asm_symbol *symbol_find(const struct assembler *a, const char *name)
{
    for (unsigned i = 0; i < a->symbols; i++)
        if (strcmp(a->symbol[i].name, name) == 0)
            return &a->symbol[i];
    return NULL;
}

/* Of the first pass. In the second one all names are there, with the values of the first: both passes put the same
 * things in the same places. */
int asm_symbol_define(struct assembler *a, const char *name, uint64_t value, bool is_label)
{
    const struct asm_symbol *known = symbol_find(a, name);

    if (a->second)
        return 0;
    if (known)
        return asm_fail(a, "'%s' already has a meaning since line %u", name, known->line);
    if (a->symbols == a->room) {
        unsigned room = a->room ? 2 * a->room : 64;
        struct asm_symbol *grown = realloc(a->symbol, room * sizeof *grown);
        if (!grown)
            return error_set(a->error, ENOMEM, "there is not enough memory");
        a->symbol = grown;
        a->room = room;
    }
    a->symbol[a->symbols] = (struct asm_symbol){.value = value, .line = a->line, .is_label = is_label};
    memcpy(a->symbol[a->symbols++].name, name, strlen(name) + 1);
    return 0;
}

/* --- Expressions. In the first pass a name may still be unknown, where only its value matters: `now` says that more does. */

/* 10, 0x1F, and no more bits than a cell has: 18446744073709551616 is refused, and not taken modulo 2^64. */
static int number(struct assembler *a, uint64_t *value)
{
    static const char digits[] = "0123456789abcdef";
    unsigned base = 10;

    if (a->end - a->at > 2 && a->at[0] == '0' && (a->at[1] == 'x' || a->at[1] == 'X') && is_word(a->at[2])) {
        base = 16;
        a->at += 2;
    }
    for (*value = 0; a->at < a->end && is_word(*a->at); a->at++) {
        const char *place = memchr(digits, tolower((unsigned char)*a->at), base);
        unsigned digit = place ? (unsigned)(place - digits) : 0;
        if (!place)
            return asm_fail(a, "'%c' is no digit of a number to base %u", *a->at, base);
        if (__builtin_mul_overflow(*value, base, value) || __builtin_add_overflow(*value, digit, value))
            return asm_fail(a, "the number does not fit in a cell of 64 bits");
    }
    return 0;
}

/* In the first pass an unknown name counts as 0, since it may come further below, unless the value decides where
 * things lie. */
static int term(struct assembler *a, bool now, uint64_t *value)
{
    char name[ASM_WORD_MAX + 1];
    const struct asm_symbol *s;
    int r;

    if (!asm_at_end(a) && isdigit((unsigned char)*a->at))
        return number(a, value);
    if (asm_take(a, '\'')) {
        r = asm_character(a, value);
        return r ? r : asm_take(a, '\'') ? 0 : asm_fail(a, "a character stands between two apostrophes");
    }
    r = asm_word(a, name, "a number, a character or a name");
    if (r)
        return r;
    *value = a->here;
    if (strcmp(name, ".") == 0)
        return 0;
    s = symbol_find(a, name);
    if (!s && (a->second || now))
        return asm_fail(a, "nothing is called '%s'%s", name, a->second ? "" : " up to here");
    *value = s ? s->value : 0;
    return 0;
}

/* Sums and differences from left to right, modulo 2^64; no brackets and no products. "-1" is a cell of all ones. */
int asm_expression(struct assembler *a, bool now, uint64_t *value)
{
    uint64_t sum = 0, next = 0;
    bool minus = asm_take(a, '-');

    do {
        int r = term(a, now, &next);
        if (r)
            return r;
        sum = minus ? sum - next : sum + next;
        minus = asm_take(a, '-');
    } while (minus || asm_take(a, '+'));
    *value = sum;
    return 0;
}

/* In the second pass: does it fit its field?
 * A negative operand is a large number here, and the sentence shows it as what was written: "operand a is -1, and
 * must be 0 to 268435455". */
int asm_field(struct assembler *a, const char *what, unsigned bits, uint64_t *value)
{
    int r = asm_expression(a, false, value);
    if (r == 0 && a->second && *value >> bits)
        r = asm_fail(a, "%s is %lld, and must be 0 to %llu", what, (long long)*value, (1ULL << bits) - 1);
    return r;
}
