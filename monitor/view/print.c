/* print.c - see print.h. */
#include "monitor/view/print.h"

#include "monitor/debug/classes.h"
#include "monitor/debug/object.h"
#include "monitor/disasm.h"
#include "monitor/view/report.h"
#include "monitor/view/view.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRING_MAX = 200, SYMBOL_TEXT = 96 };

/* --- values */

/* A symbol by itself, the pc, stack and return addresses, and control registers read best as addresses. */
static bool is_address(const struct debugger *d, const char *text)
{
    const struct reg_desc *r = text[0] == '$' ? debugger_register(d, text + 1) : NULL;
    if (text[0] != '$')
        return debugger_find_symbol(d, text[0] == '&' ? text + 1 : text) != NULL;
    return r && about_register(debugger_isa(d), r) & ABOUT_ADDRESS;
}

/* A pointer is printed as wide as an address, whatever it points to: its type's size is that of the target. */
static unsigned value_size(const struct value *v) { return v->type.pointers ? 8 : v->type.size; }

/* What was asked for, and what comes:
 *
 *     p 3*4          12                         decimal, by the value's own type
 *     p/x -1         0xffffffffffffffff         as wide as the value is
 *     p $pc          0x8020001c <_start+28>     an address by itself has its symbol behind it
 *     p/a 0x80200010 0x80200010 <_start+16>     also by the letter
 *     p/2x 5         refused: a count is for memory
 *
 * The text itself decides whether it is an address, not its value: `p $pc + 0` is a sum, and a number. */
int print_expression(struct debugger *d, const char *text, const struct format *f, struct value *v, char *out, size_t room,
                     struct error *e)
{
    char symbol[SYMBOL_TEXT];
    char letter = f->letter ? f->letter : is_address(d, text) ? 'a' : 0;
    if (f->has_count || f->backwards)
        return error_set(e, EINVAL, "a count is for memory (x); a value is one");
    if (f->size)
        return error_set(e, EINVAL, "a size letter is for memory (x); a value has its size: (uint8_t)VALUE gives another");
    if (letter == 'i')
        return error_set(e, EINVAL, "the format i is for memory (x/i)");
    int r = debugger_value(d, text, v, e);
    if (r)
        return r;
    if (!letter || letter == 's')
        format_value(v, out, room);
    else
        format_number(letter, value_size(v), v->bits, false, out, room);
    if (letter == 'a' || (!letter && v->type.pointers)) {
        size_t n = strlen(out);
        if (*debugger_symbol(d, v->bits, symbol, sizeof symbol))
            snprintf(out + n, room - n, " %s", symbol);
    }
    return 0;
}

/* -ENOTSUP: it is more than an object's path, and an expression like any other. */
static int print_object(struct debugger *d, const char *text, const struct format *f, struct value *v, char **out, struct error *e)
{
    size_t size;
    FILE *m = open_memstream(out, &size);
    if (!m)
        return error_set(e, ENOMEM, "there is not enough memory");
    int r = object_print(d, text, f, m, v, e);
    fclose(m);
    if (r) {
        free(*out);
        *out = NULL;
    }
    return r;
}

/* Objects are tried first, for a name may be a variable's and a symbol's at once, and a person at a source line means
 * the variable. What only begins as a path, as `counter + 1` does, comes back as -ENOTSUP, and the calculator has it. A
 * count, a size or /i is refused by the calculator, with its sentence; so such formats do not go to the object at all. */
int print_any(struct debugger *d, const char *text, const struct format *f, struct value *v, char **out, struct error *e)
{
    int r = -ENOTSUP;
    struct about_entry wide;
    *out = NULL;
    bool plain = !f->has_count && !f->backwards && !f->size && f->letter != 'i';
    if (plain && view_wide(d, text, &wide)) {
        *v = (struct value){0, {8, false, 0}};
        return (*out = strdup(wide.text)) ? 0 : error_set(e, ENOMEM, "there is not enough memory");
    }
    if (plain && object_is_path(d, text))
        r = print_object(d, text, f, v, out, e);
    if (r != -ENOTSUP)
        return r;
    *out = malloc(FORMAT_TEXT + SYMBOL_TEXT);
    if (!*out)
        return error_set(e, ENOMEM, "there is not enough memory");
    r = print_expression(d, text, f, v, *out, FORMAT_TEXT + SYMBOL_TEXT, e);
    if (r) {
        free(*out);
        *out = NULL;
    }
    return r;
}

/* A display must not keep the guest from stopping, or the displays behind it from being shown: a failure is printed in
 * the value's place, "2: ptr->next = cannot access memory at ...", and the next one has its turn. /i and /s examine
 * memory at the value, as gdb's do. */
void print_display(struct debugger *d, const struct display *x)
{
    struct format f;
    struct error e = {0};
    struct value v;
    char *out = NULL;
    uint64_t next;
    bool memory = strchr(x->slash, 'i') || strchr(x->slash, 's');
    int r = format_parse(x->slash, &f, &e);
    if (r == 0 && memory) {
        if (!d->json)
            fprintf(d->out, "%u: x/%s %s\n", x->number, x->slash, x->text);
        r = debugger_value(d, x->text, &v, &e);
        if (r == 0)
            r = print_memory(d, SPACE_VIRTUAL, &f, v.bits, &next, &e);
        if (r)
            fprintf(d->out, "   %s\n", e.text);
        return;
    }
    if (r == 0)
        r = print_any(d, x->text, &f, &v, &out, &e);
    fprintf(d->out, "%u: %s%s%s%s = %s\n", x->number, *x->slash ? "/" : "", x->slash, *x->slash ? " " : "", x->text, r ? e.text : out);
    free(out);
}

/* --- memory */

/* One `x` under way, with what it writes, for x/6xw 0x80247010:
 *
 *     0x80247010 <bss_end>:<TAB>0x00000000<TAB>0x00000000<TAB>0x00000000<TAB>0x00000000
 *     0x80247020:<TAB>0x00000000<TAB>0x00000000
 *     ^ address_column()       ^ number(), four words to a line
 *
 * An address names a byte on most machines and a cell of several bytes on the paper's. `size` counts bytes, `at` and
 * `step` count addresses, and step = size / bytes of a cell. */
struct examined {
    struct debugger *d;
    enum space space;
    char letter;
    unsigned size; /* bytes of one */
    uint64_t step; /* of the address, for one */
    uint64_t at;
    unsigned column; /* numbers on the line so far */
};

/* Symbols name virtual addresses: a physical one that happens to be the same number has none. */
static void address_column(struct examined *x)
{
    char symbol[SYMBOL_TEXT] = "";
    const struct debugger *d = x->d;
    if (x->space == SPACE_VIRTUAL)
        debugger_symbol(d, x->at, symbol, sizeof symbol);
    fprintf(d->out, "%s0x%llx%s%s%s%s%s:", tint(d, TINT_ADDRESS), (unsigned long long)x->at, tint(d, TINT_NONE), *symbol ? " " : "",
            tint(d, TINT_SYMBOL), symbol, tint(d, TINT_NONE));
}

/* As gdb's: sixteen bytes to a line of words and doublewords, eight numbers to one of what is smaller. */
static unsigned per_line(unsigned size) { return size == 8 ? 2 : size == 4 ? 4 : 8; }

/* A line that is not full is ended, too; one that has just been ended is not ended twice, for column is 0 then. */
static void end_line(struct examined *x)
{
    if (x->column && !x->d->json)
        fputc('\n', x->d->out);
    x->column = 0;
}

/* A value is text in JSON, too, formatted by the letter that was asked for: a number would lose bits past 2^53, and the
 * format. */
static void json_cell(struct examined *x, const char *text)
{
    json_object(x->d->json, NULL);
    json_hex(x->d->json, "address", x->at);
    json_string(x->d->json, "value", text);
    json_end(x->d->json);
}

/* It is read before anything is written, so that what cannot be read leaves no address without a value; numbers before
 * it on the line stay. */
static int number(struct examined *x, struct error *e)
{
    uint64_t bits = 0;
    char text[FORMAT_TEXT + SYMBOL_TEXT], symbol[SYMBOL_TEXT];
    int r = debugger_read(x->d, x->space, x->at, &bits, x->size, e);
    if (r)
        return r;
    format_number(x->letter, x->size, bits, true, text, sizeof text);
    size_t n = strlen(text);
    if (x->letter == 'a' && *debugger_symbol(x->d, bits, symbol, sizeof symbol))
        snprintf(text + n, sizeof text - n, " %s", symbol);
    if (x->d->json) {
        json_cell(x, text);
    } else {
        if (x->column == 0)
            address_column(x);
        fprintf(x->d->out, "\t%s", text);
        if (++x->column == per_line(x->size))
            end_line(x);
    }
    x->at += x->step;
    return 0;
}

/* Byte by byte, since nobody knows how long it is, and the page behind its end may not be there. What could be read is
 * shown, and the failure returned with it; only when not even the first byte is there nothing is. 200 characters, as gdb
 * has it, then "...": the next x goes on behind them. A character may need four letters ("\377") and runs need words,
 * hence eight to each. */
static int string(struct examined *x, struct error *e)
{
    uint8_t bytes[STRING_MAX];
    char text[STRING_MAX * 8];
    unsigned n = 0;
    int r = 0;
    uint64_t at = x->at;
    bool ends = false;
    for (; n < STRING_MAX && r == 0 && !ends; at++) {
        r = debugger_read(x->d, x->space, at, &bytes[n], 1, e);
        ends = r == 0 && bytes[n] == 0;
        n += r == 0 && !ends;
    }
    if (r && n == 0)
        return r;
    format_string(bytes, n, text, sizeof text - 4);
    if (!ends)
        memcpy(text + strlen(text), "...", sizeof "...");
    if (x->d->json) {
        json_cell(x, text);
    } else {
        address_column(x);
        fprintf(x->d->out, "\t%s\n", text);
    }
    x->at = at;
    return r;
}

/* What a line of x/i has, taken apart: {"address": "0x80200020", "symbol": "_start", "offset": 32, "bits": "0x2a1",
 * ...}. */
static void json_instruction(struct examined *x, insn_t bits, unsigned length)
{
    const struct machine *m = debugger_machine(x->d);
    struct json *j = x->d->json;
    char text[DISASM_TEXT];
    struct insn_class c = classes_of(x->d->classes, m, bits);
    disasm_in(m, x->d->syntax, bits, x->at, text, sizeof text);
    json_object(j, NULL);
    json_hex(j, "address", x->at);
    json_symbol(x->d, x->at);
    json_insn(j, "bits", insn_cut(bits, length));
    json_string(j, "instruction", text);
    json_string(j, "class", class_name(&c));
    if (debugger_translated(x->d, x->at))
        json_bool(j, "translated", true);
    json_end(j);
}

/* When it cannot be fetched the reason is asked for by reading two bytes there, whose failure has a sentence. If even
 * these can be read the instruction goes on into a page that is not there. */
static int instruction(struct examined *x, struct error *e)
{
    unsigned length;
    insn_t bits;
    uint64_t probe;
    if (x->space != SPACE_VIRTUAL)
        return error_set(e, EINVAL, "instructions are shown at virtual addresses: x/i");
    if (x->d->json) {
        length = debugger_fetch(x->d, x->at, &bits);
        if (length)
            json_instruction(x, bits, length);
    } else if (!report_instruction(x->d, x->at, true, &length)) {
        length = 0;
    }
    if (!length) {
        int r = debugger_read(x->d, x->space, x->at, &probe, 2, e);
        return r ? r : error_set(e, EFAULT, "cannot fetch all of the instruction at 0x%llx", (unsigned long long)x->at);
    }
    x->at += length / debugger_cell(x->d);
    return 0;
}

/* Forwards *next is behind the last one shown, so that Enter goes on; backwards (x/-4x) it is the first one shown, so
 * that the next x/-4x shows the four before these. What came before a failure has been printed by then, and stays so. */
int print_memory(struct debugger *d, enum space space, const struct format *f, uint64_t at, uint64_t *next, struct error *e)
{
    struct examined x = {.d = d, .space = space, .letter = f->letter, .size = format_bytes(f->size), .at = at};
    if (x.size < debugger_cell(d))
        x.size = debugger_cell(d);
    x.step = x.size / debugger_cell(d);
    if (f->backwards && (f->letter == 'i' || f->letter == 's'))
        return error_set(e, EINVAL,
                         "what lies before an address can be shown as numbers only: instructions and strings differ in length");
    if (f->letter == 's' && debugger_cell(d) > 1)
        return error_set(e, EINVAL, "the paper's machine has no bytes, hence no strings");
    if (f->backwards)
        x.at -= f->count * x.step;
    *next = x.at;
    if (d->json)
        json_array(d->json, "memory");
    int r = 0;
    for (uint64_t i = 0; i < f->count && r == 0; i++)
        r = f->letter == 'i' ? instruction(&x, e) : f->letter == 's' ? string(&x, e) : number(&x, e);
    end_line(&x);
    if (d->json)
        json_end(d->json);
    *next = f->backwards ? *next : x.at;
    return r;
}
