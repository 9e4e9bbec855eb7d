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
#include "isa/pg/assemble.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The first pass only counts, so that labels get their cells; the second writes. A cell is written once: two
 * statements that meet in one, by a wrong .org, are a mistake that would be hard to see in the program that
 * results. */
static int emit(struct assembler *a, uint64_t value)
{
    if (a->here >= PG_CELLS_MAX)
        return asm_fail(a, "there is no cell %llu: the last is %d", (unsigned long long)a->here, PG_CELLS_MAX - 1);
    if (a->second) {
        if (a->writer[a->here])
            return asm_fail(a, "cell %llu already has something from line %u", (unsigned long long)a->here, a->writer[a->here]);
        a->cell[a->here] = value;
        a->writer[a->here] = a->line;
    }
    a->here++;
    if (a->here > a->top)
        a->top = a->here;
    return 0;
}

/* The value has to be known in the first pass, since all that follows depends on it. */
static int directive_org(struct assembler *a)
{
    uint64_t to;
    int r = asm_expression(a, true, &to);
    if (r == 0 && to >= PG_CELLS_MAX)
        r = asm_fail(a, "there is no cell %llu: the last is %d", (unsigned long long)to, PG_CELLS_MAX - 1);
    if (r == 0)
        a->here = to;
    return r;
}

static int directive_word(struct assembler *a)
{
    uint64_t value;
    int r;
    do {
        r = asm_expression(a, false, &value);
        if (r == 0)
            r = emit(a, value);
    } while (r == 0 && asm_take(a, ','));
    return r;
}

/* ".psw s, 2, 0, 64" is 8000080000000040: M in bit 63, P from bit 42, l from bit 21, b from bit 0. */
static int directive_psw(struct assembler *a)
{
    char mode[ASM_WORD_MAX + 1];
    struct pg_psw psw = {0};
    int r = asm_word(a, mode, "the mode, s or u");

    if (r == 0 && strcasecmp(mode, "s") != 0 && strcasecmp(mode, "u") != 0)
        r = asm_fail(a, "the mode is s or u, not '%s'", mode);
    psw.m = r == 0 && strcasecmp(mode, "s") == 0 ? PG_S : PG_U;
    if (r == 0)
        r = asm_comma(a);
    if (r == 0)
        r = asm_field(a, "P", PG_FIELD_BITS, &psw.p);
    if (r == 0)
        r = asm_comma(a);
    if (r == 0)
        r = asm_field(a, "l", PG_FIELD_BITS, &psw.l);
    if (r == 0)
        r = asm_comma(a);
    if (r == 0)
        r = asm_field(a, "b", PG_FIELD_BITS, &psw.b);
    return r ? r : emit(a, pg_psw_pack(psw));
}

/* One character is one cell, for the machine has no smaller thing; the program that prints it takes the low byte of
 * each (OUT). */
static int directive_text(struct assembler *a)
{
    uint64_t value;
    char here[8];

    if (!asm_take(a, '"'))
        return asm_fail(a, "here should be a text in quotation marks, not %s", asm_found(a, here));
    while (a->at < a->end && *a->at != '"') {
        int r = asm_character(a, &value);
        if (r == 0)
            r = emit(a, value);
        if (r)
            return r;
    }
    if (a->at == a->end)
        return asm_fail(a, "the quotation does not end");
    a->at++;
    return 0;
}

/* The format of a row says how many operands are written: AB, A, or N for none. What does not stand in the text is
 * zero in the word. */
static int instruction(struct assembler *a, const char *name)
{
    uint64_t operand[2] = {0, 0};
    unsigned row = 0, count;
    int r = 0;

    while (row < PG_INSN_COUNT && strcasecmp(isa_pg.rows[row].name, name) != 0)
        row++;
    if (row == PG_INSN_COUNT)
        return asm_fail(a, "there is no instruction '%s'", name);
    count = isa_pg.rows[row].format[0] == 'N' ? 0 : (unsigned)strlen(isa_pg.rows[row].format);
    for (unsigned i = 0; r == 0 && i < count; i++) {
        r = i ? asm_comma(a) : 0;
        if (r == 0)
            r = asm_field(a, i ? "operand b" : "operand a", 28, &operand[i]);
    }
    return r ? r : emit(a, pg_encode(row, operand[0], operand[1]));
}

/* A directive begins with a point, which no instruction does. */
static int statement(struct assembler *a, const char *name)
{
    static const struct {
        const char *name;
        int (*assemble)(struct assembler *);
    } directives[] = {{".org", directive_org}, {".word", directive_word}, {".psw", directive_psw}, {".text", directive_text}};

    for (unsigned i = 0; i < sizeof directives / sizeof directives[0]; i++)
        if (strcasecmp(directives[i].name, name) == 0)
            return directives[i].assemble(a);
    return name[0] == '.' ? asm_fail(a, "there is no directive '%s'; there are .org .word .psw .text", name) : instruction(a, name);
}

/* [label:]... [statement] or name = expression, then perhaps a comment.
 * The states of a line:
 *
 *     word ':'   ->  a label; the line goes on as if nothing had been there
 *     word '='   ->  the value of an expression gets a name; the line ends
 *     word       ->  a directive or an instruction, with its operands; the line ends
 */
static int line(struct assembler *a)
{
    char name[ASM_WORD_MAX + 1], here[8];
    uint64_t value;
    int r = 0;

    while (r == 0 && !asm_at_end(a)) {
        r = asm_word(a, name, "a label, an instruction or a directive");
        if (r == 0 && asm_take(a, ':')) {
            r = asm_symbol_define(a, name, a->here, true);
            continue;
        }
        if (r == 0 && asm_take(a, '=')) {
            r = asm_expression(a, true, &value);
            if (r == 0)
                r = asm_symbol_define(a, name, value, false);
        } else if (r == 0) {
            r = statement(a, name);
        }
        if (r == 0 && !asm_at_end(a))
            r = asm_fail(a, "the line should end here, not go on with %s", asm_found(a, here));
    }
    return r;
}

/* The same text twice, with the same functions: what a pass does otherwise it asks of a->second. */
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

/* Names of values are left out: a debugger that shows cells wants to say which label a cell is behind, and a
 * constant is no place. */
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

/* Between the passes: how large the image is, and what each name means. *out is written when all went well, and
 * only then. */
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
