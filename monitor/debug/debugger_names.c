/* debugger_names.c - names in expressions: registers, the values printed, variables, symbols and lines; and places by name. */
#include "monitor/debug/debugger_private.h"
#include "monitor/debug/variables.h"
#include "monitor/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct value_type register_type(const struct debugger *d, const struct reg_desc *r)
{
    return (struct value_type){8, about_register(debugger_isa(d), r) & ABOUT_SIGNED, 0};
}

/* $pc and $sp are addresses; the registers' own names are the registers, and $ah is 8 bits of one. */
static reg_t part_of(const struct debugger *d, const char *name)
{
    const bool place = strcmp(name, "pc") == 0 || strcmp(name, "sp") == 0;
    const struct about_alias *alias = about_alias(debugger_isa(d), name);
    if (place && about_is_far(debugger_isa(d)))
        return EXPRESSION_PLACE;
    return alias && alias->width ? EXPRESSION_BITS(alias->low, alias->width) : 0;
}

/* After $1 = 10, $2 = 20, $3 = 30:
 *
 *     $  30     $$  20     $2  20     $$2  10     $$0  30     $7  0, of a number that there is not */
/* $ is the last value printed, $$ the one before, $N the Nth, $$N the Nth before the last. As in gdb, $ alone is 0 at first. */
static bool history(const struct debugger *d, const char *name, struct value *out)
{
    unsigned all = variables_remembered(d->variables), back = name[0] == '$';
    const char *digits = name + back;
    if (digits[strspn(digits, "0123456789")])
        return false;
    unsigned long n = *digits ? strtoul(digits, NULL, 10) : back;
    unsigned long number = back || !*digits ? all - n : n;
    if (!variables_recall(d->variables, number <= all ? (unsigned)number : 0, out))
        *out = (struct value){0, {8, true, 0}};
    return true;
}

static int dollar_name(struct debugger *d, const char *name, struct named *out)
{
    const struct reg_desc *r = debugger_register(d, name);
    if (history(d, name, &out->value)) {
        out->kind = NAMED_VALUE;
    } else if (r) {
        *out = (struct named){.kind = NAMED_REGISTER, .reg = r->reg | part_of(d, name), .type = register_type(d, r)};
    } else {
        out->kind = NAMED_VARIABLE; /* it may be about to be set */
    }
    return 0;
}

struct candidates {
    const struct debugger *d;
};

static const char *symbol_name(const void *list, unsigned i)
{
    const struct symbol *s = symbols_every(((const struct candidates *)list)->d->symbols, i);
    return s ? s->name : NULL;
}

/* The guest's, whichever level is looked at: symbols are of the guest's program, and a file that is bound to a mode or
 * an address space is held against the guest's. */
struct symbols_view debugger_view(const struct debugger *d)
{
    const struct machine *m = debugger_guest(d);
    struct about_space space;
    struct about_bounds bounds;
    about_space(m, &space);
    (void)about_bounds(m, &bounds);
    return (struct symbols_view){(unsigned)machine_get(m, MACHINE_MODE), space.id, bounds.base};
}

uint64_t debugger_symbol_address(const struct debugger *d, const struct symbol *s) { return s->address - debugger_view(d).base; }

static bool is_reached(const struct debugger *d, uint64_t at, enum pt_kind kind)
{
    struct about_access a;
    about_access(debugger_machine(d), at, debugger_cell(d), kind, &a);
    return a.refused == REFUSED_NOT && a.range && a.range->ram;
}

/* Of several symbols of a name: the first whose code or data the machine could reach as it stands. */
/* A kernel and a program may both have a `main`. While the program runs, the kernel's cannot be reached with its rights,
 * and so is not meant. */
static const struct symbol *choose(const struct debugger *d, const struct symbol *const *found, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (is_reached(d, debugger_symbol_address(d, found[i]), PT_FETCH) ||
            is_reached(d, debugger_symbol_address(d, found[i]), PT_READ))
            return found[i];
    return found[0];
}

const struct symbol *debugger_find_symbol(const struct debugger *d, const char *name)
{
    enum { ROOM = 8 };
    const struct symbol *found[ROOM];
    struct symbols_view view = debugger_view(d);
    unsigned n = symbols_named(d->symbols, name, &view, found, ROOM);
    return n == 0 ? NULL : choose(d, found, n < ROOM ? n : ROOM);
}

/* A name may have a '.', as some symbols do: then what is before it may be the object. */
static bool is_object(const struct debugger *d, const char *name)
{
    char first[VALUE_NAME];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(name, "."), name);
    return *first && d->parts->is_object(d, first);
}

/* Variables of the program go before symbols of the same name: `counter` is the number in it, as in C, and &counter
 * where it lies. Without the compiler's description there is the symbol alone, which is the address. */
int debugger_find_name(void *opaque, const char *name, bool is_dollar, struct named *out, struct error *e)
{
    struct debugger *d = opaque;
    if (is_dollar)
        return dollar_name(d, name, out);
    const struct symbol *s = debugger_find_symbol(d, name);
    if (is_object(d, name)) {
        out->kind = NAMED_OBJECT;
        return 0;
    }
    if (s) {
        *out = (struct named){.kind = NAMED_VALUE, .value = {debugger_symbol_address(d, s), {8, false, 0}}};
        return 0;
    }
    if (debugger_register(d, name))
        return error_set(e, EINVAL, "there is no symbol '%s'; the register is $%s", name, name);
    const struct candidates list = {d};
    const char *near = near_word(name, symbol_name, &list);
    if (!symbols_every(d->symbols, 0))
        return error_set(e, EINVAL, "there is no symbol '%s': no file with symbols is loaded (add-symbol-file)", name);
    return error_set(e, EINVAL, "there is no symbol '%s'%s%s%s", name, near ? "; is " : "", near ? near : "", near ? " meant?" : "");
}

/* FILE:LINE, when the colon is followed by a number and nothing else. */
/* "kernel.c:203". Not "0x7c0:0", a segment and an offset, nor "$cs:0", nor "*$cs:0": a file's name begins neither with a
 * digit nor with $ or a star. */
static bool source_place(const char *text, char *file, size_t size, unsigned *line)
{
    const char *colon = strrchr(text, ':');
    if (!colon || !isdigit((unsigned char)colon[1]) || colon[1 + strspn(colon + 1, "0123456789")])
        return false;
    snprintf(file, size, "%.*s", (int)(colon - text), text);
    *line = (unsigned)strtoul(colon + 1, NULL, 10);
    return !isdigit((unsigned char)*text) && *text != '$' && *text != '*' && strlen(file) == (size_t)(colon - text);
}

/* A decimal number is a line of the file where the guest stands, when it has code for such a line. */
static bool line_number(const struct debugger *d, const char *text, uint64_t *address)
{
    struct source_line here;
    struct symbols_view view = debugger_view(d);
    return about_calls(debugger_isa(d)) && *text && *text != '0' && !text[strspn(text, "0123456789")] && strlen(text) < 7 &&
           symbols_line(d->symbols, about_pc(debugger_machine(d)), &view, &here) &&
           symbols_line_address(d->symbols, here.file, (unsigned)strtoul(text, NULL, 10), address);
}

/* From the most to the least special, as gdb reads a location:
 *
 *     kernel.c:203     a line of a file
 *     203              a line of the file where the guest stands, if it has code there; else the address 203
 *     *0x80200518      an address, said plainly
 *     kernel_main+4    any expression */
int debugger_location(struct debugger *d, const char *text, uint64_t *address, struct error *e)
{
    struct value v;
    char file[256];
    unsigned line;
    text += strspn(text, " \t");
    if (source_place(text, file, sizeof file, &line)) {
        if (!symbols_have_lines())
            return error_set(e, ENOTSUP, "%s: this trapeze was built without libdw, which reads source lines", text);
        if (!symbols_line_address(d->symbols, file, line, address))
            return error_set(e, EINVAL, "%s: no code is known for this line", text);
        return 0;
    }
    if (line_number(d, text, address))
        return 0;
    int r = debugger_value(d, *text == '*' ? text + 1 : text, &v, e);
    *address = v.bits;
    return r;
}
