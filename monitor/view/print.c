/* print.c - see print.h. */
#include "monitor/view/print.h"

#include "monitor/debug/classes.h"
#include "monitor/debug/object.h"
#include "monitor/disasm.h"
#include "monitor/view/report.h"

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

static unsigned value_size(const struct value *v) { return v->type.pointers ? 8 : v->type.size; }

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

int print_any(struct debugger *d, const char *text, const struct format *f, struct value *v, char **out, struct error *e)
{
    int r = -ENOTSUP;
    *out = NULL;
    bool plain = !f->has_count && !f->backwards && !f->size && f->letter != 'i';
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

struct examined {
    struct debugger *d;
    enum space space;
    char letter;
    unsigned size; /* bytes of one */
    uint64_t step; /* of the address, for one */
    uint64_t at;
    unsigned column; /* numbers on the line so far */
};

static void address_column(struct examined *x)
{
    char symbol[SYMBOL_TEXT] = "";
    const struct debugger *d = x->d;
    if (x->space == SPACE_VIRTUAL)
        debugger_symbol(d, x->at, symbol, sizeof symbol);
    fprintf(d->out, "%s0x%llx%s%s%s%s%s:", tint(d, TINT_ADDRESS), (unsigned long long)x->at, tint(d, TINT_NONE), *symbol ? " " : "",
            tint(d, TINT_SYMBOL), symbol, tint(d, TINT_NONE));
}

static unsigned per_line(unsigned size) { return size == 8 ? 2 : size == 4 ? 4 : 8; }

static void end_line(struct examined *x)
{
    if (x->column && !x->d->json)
        fputc('\n', x->d->out);
    x->column = 0;
}

static void json_cell(struct examined *x, const char *text)
{
    json_object(x->d->json, NULL);
    json_hex(x->d->json, "address", x->at);
    json_string(x->d->json, "value", text);
    json_end(x->d->json);
}

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
    json_end(j);
}

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
    } else if (!report_instruction(x->d, x->at, &length)) {
        length = 0;
    }
    if (!length) {
        int r = debugger_read(x->d, x->space, x->at, &probe, 2, e);
        return r ? r : error_set(e, EFAULT, "cannot fetch all of the instruction at 0x%llx", (unsigned long long)x->at);
    }
    x->at += length / debugger_cell(x->d);
    return 0;
}

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
