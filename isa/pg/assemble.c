/* assemble.c - text to cells, in two passes: the first finds where the labels lie, the second writes.
 *
 *   loop:  sub   count, one       ; a label is the number of a cell; a comment goes to the end of the line
 *          jz    done, count      ; instructions, operands: insn.def
 *   end =  loop + 4 - 'c' + 0x10  ; expressions; '.' is the cell at hand
 *          .org  64               ; the next cell is cell 64
 *          .word 1, loop, -1      ; a cell for each
 *          .psw  s, loop, 0, 64   ; M, P, l, b in a cell
 *          .text "Hi\n"           ; a cell for each character
 *
 * The image starts at cell 0; cells that nothing is assembled into are zero. Case does not matter, but in labels.
 */
#include "isa/pg.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = PG_NAME_MAX };

struct symbol {
    char name[WORD_MAX + 1];
    uint64_t value;
    unsigned line;
    bool is_label; /* else the name of an expression's value */
};

struct assembler {
    const char *file;
    unsigned line;
    bool second;          /* pass */
    const char *at, *end; /* what is left of the line */
    uint64_t here, top;   /* the cell at hand; one past the last that has something */
    uint64_t *cell;       /* [top], in the second pass */
    unsigned *writer;     /* [top], likewise: the line that wrote the cell; 0: none */
    struct symbol *symbol;
    unsigned symbols, room;
    struct error *error;
};

static int fail(struct assembler *, const char *format, ...) PRINTF_LIKE(2, 3);
static int fail(struct assembler *a, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(a->error, EINVAL, "%s:%u: %s", a->file, a->line, text);
}

/* --- Words of a line */

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_' || c == '.'; }

static void skip_blanks(struct assembler *a)
{
    while (a->at < a->end && (*a->at == ' ' || *a->at == '\t' || *a->at == '\r'))
        a->at++;
}

static bool at_end(struct assembler *a)
{
    skip_blanks(a);
    return a->at == a->end || *a->at == ';';
}

static bool take(struct assembler *a, char c)
{
    if (at_end(a) || *a->at != c)
        return false;
    a->at++;
    return true;
}

/* What stands here instead of what should, for sentences. */
static const char *found(struct assembler *a, char text[8])
{
    if (at_end(a))
        return "the end of the line";
    if (isprint((unsigned char)*a->at))
        snprintf(text, 8, "'%c'", *a->at);
    else
        snprintf(text, 8, "\\x%02x", (unsigned char)*a->at);
    return text;
}

static int word(struct assembler *a, char out[WORD_MAX + 1], const char *what)
{
    size_t n = 0;
    char here[8];

    if (at_end(a) || !is_word(*a->at) || isdigit((unsigned char)*a->at))
        return fail(a, "here should be %s, not %s", what, found(a, here));
    for (; a->at < a->end && is_word(*a->at); a->at++)
        if (n < WORD_MAX)
            out[n++] = *a->at;
        else
            return fail(a, "a name has no more than %d characters", WORD_MAX);
    out[n] = '\0';
    return 0;
}

static int comma(struct assembler *a)
{
    char here[8];
    return take(a, ',') ? 0 : fail(a, "here should be a comma, not %s", found(a, here));
}

/* A character of '…' or "…", its escape undone. */
static int character(struct assembler *a, uint64_t *value)
{
    static const char letter[] = "nrt0\\\"'", meaning[] = "\n\r\t\0\\\"'";
    const char *escape;

    if (a->at == a->end)
        return fail(a, "the quotation does not end");
    *value = (unsigned char)*a->at++;
    if (*value != '\\')
        return 0;
    escape = a->at < a->end && *a->at ? strchr(letter, *a->at) : NULL;
    if (!escape)
        return fail(a, "a backslash is followed by one of n r t 0 \\ \" '");
    a->at++;
    *value = (unsigned char)meaning[escape - letter];
    return 0;
}

/* --- Symbols */

static struct symbol *symbol_find(const struct assembler *a, const char *name)
{
    for (unsigned i = 0; i < a->symbols; i++)
        if (strcmp(a->symbol[i].name, name) == 0)
            return &a->symbol[i];
    return NULL;
}

static int symbol_define(struct assembler *a, const char *name, uint64_t value, bool is_label)
{
    const struct symbol *known = symbol_find(a, name);

    if (a->second)
        return 0;
    if (known)
        return fail(a, "'%s' already has a meaning since line %u", name, known->line);
    if (a->symbols == a->room) {
        unsigned room = a->room ? 2 * a->room : 64;
        struct symbol *grown = realloc(a->symbol, room * sizeof *grown);
        if (!grown)
            return error_set(a->error, ENOMEM, "there is not enough memory");
        a->symbol = grown;
        a->room = room;
    }
    a->symbol[a->symbols] = (struct symbol){.value = value, .line = a->line, .is_label = is_label};
    memcpy(a->symbol[a->symbols++].name, name, strlen(name) + 1);
    return 0;
}

/* --- Expressions. In the first pass a name may still be unknown, where only its value matters: `now` says that more does. */

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
            return fail(a, "'%c' is no digit of a number to base %u", *a->at, base);
        if (__builtin_mul_overflow(*value, base, value) || __builtin_add_overflow(*value, digit, value))
            return fail(a, "the number does not fit in a cell of 64 bits");
    }
    return 0;
}

static int term(struct assembler *a, bool now, uint64_t *value)
{
    char name[WORD_MAX + 1];
    const struct symbol *s;
    int r;

    if (!at_end(a) && isdigit((unsigned char)*a->at))
        return number(a, value);
    if (take(a, '\'')) {
        r = character(a, value);
        return r ? r : take(a, '\'') ? 0 : fail(a, "a character stands between two apostrophes");
    }
    r = word(a, name, "a number, a character or a name");
    if (r)
        return r;
    *value = a->here;
    if (strcmp(name, ".") == 0)
        return 0;
    s = symbol_find(a, name);
    if (!s && (a->second || now))
        return fail(a, "nothing is called '%s'%s", name, a->second ? "" : " up to here");
    *value = s ? s->value : 0;
    return 0;
}

static int expression(struct assembler *a, bool now, uint64_t *value)
{
    uint64_t sum = 0, next = 0;
    bool minus = take(a, '-');

    do {
        int r = term(a, now, &next);
        if (r)
            return r;
        sum = minus ? sum - next : sum + next;
        minus = take(a, '-');
    } while (minus || take(a, '+'));
    *value = sum;
    return 0;
}

/* In the second pass: does it fit its field? */
static int field(struct assembler *a, const char *what, unsigned bits, uint64_t *value)
{
    int r = expression(a, false, value);
    if (r == 0 && a->second && *value >> bits)
        r = fail(a, "%s is %lld, and must be 0 to %llu", what, (long long)*value, (1ULL << bits) - 1);
    return r;
}

/* --- Statements */

static int emit(struct assembler *a, uint64_t value)
{
    if (a->here >= PG_CELLS_MAX)
        return fail(a, "there is no cell %llu: the last is %d", (unsigned long long)a->here, PG_CELLS_MAX - 1);
    if (a->second) {
        if (a->writer[a->here])
            return fail(a, "cell %llu already has something from line %u", (unsigned long long)a->here, a->writer[a->here]);
        a->cell[a->here] = value;
        a->writer[a->here] = a->line;
    }
    a->here++;
    if (a->here > a->top)
        a->top = a->here;
    return 0;
}

static int directive_org(struct assembler *a)
{
    uint64_t to;
    int r = expression(a, true, &to);
    if (r == 0 && to >= PG_CELLS_MAX)
        r = fail(a, "there is no cell %llu: the last is %d", (unsigned long long)to, PG_CELLS_MAX - 1);
    if (r == 0)
        a->here = to;
    return r;
}

static int directive_word(struct assembler *a)
{
    uint64_t value;
    int r;
    do {
        r = expression(a, false, &value);
        if (r == 0)
            r = emit(a, value);
    } while (r == 0 && take(a, ','));
    return r;
}

static int directive_psw(struct assembler *a)
{
    char mode[WORD_MAX + 1];
    struct pg_psw psw = {0};
    int r = word(a, mode, "the mode, s or u");

    if (r == 0 && strcasecmp(mode, "s") != 0 && strcasecmp(mode, "u") != 0)
        r = fail(a, "the mode is s or u, not '%s'", mode);
    psw.m = r == 0 && strcasecmp(mode, "s") == 0 ? PG_S : PG_U;
    if (r == 0)
        r = comma(a);
    if (r == 0)
        r = field(a, "P", PG_FIELD_BITS, &psw.p);
    if (r == 0)
        r = comma(a);
    if (r == 0)
        r = field(a, "l", PG_FIELD_BITS, &psw.l);
    if (r == 0)
        r = comma(a);
    if (r == 0)
        r = field(a, "b", PG_FIELD_BITS, &psw.b);
    return r ? r : emit(a, pg_psw_pack(psw));
}

static int directive_text(struct assembler *a)
{
    uint64_t value;
    char here[8];

    if (!take(a, '"'))
        return fail(a, "here should be a text in quotation marks, not %s", found(a, here));
    while (a->at < a->end && *a->at != '"') {
        int r = character(a, &value);
        if (r == 0)
            r = emit(a, value);
        if (r)
            return r;
    }
    if (a->at == a->end)
        return fail(a, "the quotation does not end");
    a->at++;
    return 0;
}

static int instruction(struct assembler *a, const char *name)
{
    uint64_t operand[2] = {0, 0};
    unsigned row = 0, count;
    int r = 0;

    while (row < PG_INSN_COUNT && strcasecmp(isa_pg.rows[row].name, name) != 0)
        row++;
    if (row == PG_INSN_COUNT)
        return fail(a, "there is no instruction '%s'", name);
    count = isa_pg.rows[row].format[0] == 'N' ? 0 : (unsigned)strlen(isa_pg.rows[row].format);
    for (unsigned i = 0; r == 0 && i < count; i++) {
        r = i ? comma(a) : 0;
        if (r == 0)
            r = field(a, i ? "operand b" : "operand a", 28, &operand[i]);
    }
    return r ? r : emit(a, pg_encode(row, operand[0], operand[1]));
}

static int statement(struct assembler *a, const char *name)
{
    static const struct {
        const char *name;
        int (*assemble)(struct assembler *);
    } directives[] = {{".org", directive_org}, {".word", directive_word}, {".psw", directive_psw}, {".text", directive_text}};

    for (unsigned i = 0; i < sizeof directives / sizeof directives[0]; i++)
        if (strcasecmp(directives[i].name, name) == 0)
            return directives[i].assemble(a);
    return name[0] == '.' ? fail(a, "there is no directive '%s'; there are .org .word .psw .text", name) : instruction(a, name);
}

/* [label:]... [statement] or name = expression, then perhaps a comment. */
static int line(struct assembler *a)
{
    char name[WORD_MAX + 1], here[8];
    uint64_t value;
    int r = 0;

    while (r == 0 && !at_end(a)) {
        r = word(a, name, "a label, an instruction or a directive");
        if (r == 0 && take(a, ':')) {
            r = symbol_define(a, name, a->here, true);
            continue;
        }
        if (r == 0 && take(a, '=')) {
            r = expression(a, true, &value);
            if (r == 0)
                r = symbol_define(a, name, value, false);
        } else if (r == 0) {
            r = statement(a, name);
        }
        if (r == 0 && !at_end(a))
            r = fail(a, "the line should end here, not go on with %s", found(a, here));
    }
    return r;
}

static int pass(struct assembler *a, const char *text, size_t size)
{
    const char *end = text + size;
    int r = 0;

    a->here = 0;
    a->line = 0;
    while (r == 0 && text < end) {
        const char *eol = memchr(text, '\n', (size_t)(end - text));
        a->line++;
        a->at = text;
        a->end = eol ? eol : end;
        text = eol ? eol + 1 : end;
        r = line(a);
    }
    return r;
}

static int labels_take(struct assembler *a, struct pg_image *out)
{
    out->label = a->symbols ? calloc(a->symbols, sizeof *out->label) : NULL;
    if (a->symbols && !out->label)
        return error_set(a->error, ENOMEM, "there is not enough memory");
    for (unsigned i = 0; i < a->symbols; i++) {
        if (!a->symbol[i].is_label)
            continue;
        struct pg_label *to = &out->label[out->labels++];
        memcpy(to->name, a->symbol[i].name, sizeof to->name);
        to->cell = a->symbol[i].value;
    }
    return 0;
}

int pg_assemble(const char *name, const char *text, size_t size, struct pg_image *out, struct error *error)
{
    struct assembler a = {.file = name, .error = error};
    struct pg_image image = {0};
    int r = pass(&a, text, size);

    if (r == 0 && a.top == 0)
        r = error_set(error, EINVAL, "%s: there is nothing in it to assemble", name);
    if (r == 0) {
        a.cell = calloc(a.top, sizeof *a.cell);
        a.writer = calloc(a.top, sizeof *a.writer);
        a.second = true;
        r = a.cell && a.writer ? pass(&a, text, size) : error_set(error, ENOMEM, "there is not enough memory");
    }
    if (r == 0)
        r = labels_take(&a, &image);
    image.cell = a.cell;
    image.count = (unsigned)a.top;
    free(a.writer);
    free(a.symbol);
    if (r == 0)
        *out = image;
    else
        pg_image_free(&image);
    return r;
}
