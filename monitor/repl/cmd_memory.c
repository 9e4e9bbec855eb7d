/* cmd_memory.c - commands that show values, memory and code: p, x, xp, xh, display, disassemble.
 *
 *    p $sp            one value, remembered as $1: `p $1 + 8` goes on with it
 *    x/4xw $sp        memory from there on; Enter goes on where it ended, and $_ is the address it began at
 *    x                a virtual address of the machine looked at
 *    xp               a physical one of it          - in a virtual machine that is not where the bytes lie:
 *    xh               a physical one of the machine below
 */
#include "monitor/view/print.h"

#include "monitor/debug/classes.h"
#include "monitor/debug/variables.h"
#include "monitor/disasm.h"
#include "monitor/view/print_stretch.h"
#include "monitor/view/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOL_TEXT = 96, LINES = 10 };

/* "$" is the last value, so that an empty `p/x` shows it once more in another way. A value of any length is written to memory first: a
 * struct may be as long as it likes, and if it fails half way nothing was said. */
static int print(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct format f;
    struct value v;
    char *out = NULL;
    int r = format_parse(a->slash, &f, e);
    if (r == 0)
        r = print_any(d, *a->text ? a->text : "$", &f, &v, &out, e);
    if (r)
        return r;
    unsigned number = variables_remember(d->variables, &v);
    if (!number)
        return error_set(e, ENOMEM, "there is not enough memory to remember the value");
    if (d->json) {
        json_uint(d->json, "number", number);
        json_hex(d->json, "bits", v.bits);
        json_string(d->json, "value", out);
    } else {
        fprintf(d->out, "$%u = %s\n", number, out);
    }
    free(out);
    return 0;
}

/* --- x. What is not said is as the last time [gdb, "Examining Memory"]. */

/* Addresses and strings have sizes of their own, whatever was asked the last time; a floating-point number has no halfword. */
static void defaults(struct format *f, const struct examine *last)
{
    if (!f->letter)
        f->letter = last->letter ? last->letter : 'x';
    if (f->size)
        return;
    if (f->letter == 'a')
        f->size = 'g';
    else if (f->letter == 'c' || f->letter == 's')
        f->size = 'b';
    else if (f->letter == 'f')
        f->size = last->size == 'w' ? 'w' : 'g';
    else
        f->size = last->size ? last->size : 'w';
}

/* The size of a string or an instruction says nothing about numbers, so it is not the default of the next x. */
static void keep_last(struct debugger *d, uint64_t at, const struct format *f, uint64_t next)
{
    struct value address = {at, {8, false, 0}};
    d->examine =
        (struct examine){.next = next, .letter = f->letter, .size = f->letter == 's' || f->letter == 'i' ? d->examine.size : f->size};
    (void)!variables_set(d->variables, "_", &address); /* for want of memory $_ stays */
}

/* Kept even where it failed: what was printed before the page that is not there has been seen, and Enter goes on from where it stopped. */
static int examine(struct debugger *d, const struct repl_args *a, enum space space, struct error *e)
{
    struct format f;
    struct value v = {d->examine.next, {8, false, 0}};
    uint64_t next = v.bits;
    int r = format_parse(a->slash, &f, e);
    if (r == 0 && *a->text && !a->again)
        r = debugger_value(d, a->text, &v, e);
    if (r)
        return r;
    defaults(&f, &d->examine);
    r = print_memory(d, space, &f, v.bits, &next, e);
    keep_last(d, v.bits, &f, next);
    return r;
}

static int x(struct debugger *d, const struct repl_args *a, struct error *e) { return examine(d, a, SPACE_VIRTUAL, e); }
static int xp(struct debugger *d, const struct repl_args *a, struct error *e) { return examine(d, a, SPACE_PHYSICAL, e); }
static int xh(struct debugger *d, const struct repl_args *a, struct error *e) { return examine(d, a, SPACE_HOST, e); }

/* --- display */

/* The text is kept, and not what it was parsed to: names are looked up at each stop anew, where the machine then is. It is parsed once
 * here so that a misspelt one is refused, and not shown as an error at all stops to come. New ones go to the end: they are shown in the
 * order in which they were asked for. */
static int display(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct format f;
    struct expression *parsed;
    struct display *new, **end = &d->displays;
    int r = format_parse(a->slash, &f, e);
    if (r || !*a->text) {
        for (const struct display *each = d->displays; r == 0 && each; each = each->next)
            if (each->enabled)
                print_display(d, each);
        return r;
    }
    r = debugger_parse(d, a->text, NULL, &parsed, e);
    if (r)
        return r;
    bool assigns = expression_assigns(parsed);
    expression_free(parsed);
    if (assigns)
        return error_set(e, EINVAL, "a display shows, and sets nothing");
    new = calloc(1, sizeof *new);
    if (!new || !(new->text = strdup(a->text))) {
        free(new);
        return error_set(e, ENOMEM, "there is not enough memory");
    }
    snprintf(new->slash, sizeof new->slash, "%s", a->slash);
    new->number = ++d->last_display;
    new->enabled = true;
    while (*end)
        end = &(*end)->next;
    *end = new;
    print_display(d, new);
    return 0;
}

/* "" deletes all, and finds even none without complaint. */
static int undisplay(struct debugger *d, const struct repl_args *a, struct error *e)
{
    char *end;
    unsigned long number = strtoul(a->text, &end, 10);
    bool found = !*a->text;
    if (*end)
        return error_set(e, EINVAL, "'%s' is not the number of a display (info display)", a->text);
    for (struct display **at = &d->displays; *at;) {
        struct display *here = *at;
        if (*a->text && here->number != number) {
            at = &here->next;
            continue;
        }
        *at = here->next;
        free(here->text);
        free(here);
        found = true;
    }
    return found ? 0 : error_set(e, ENOENT, "there is no display number %s", a->text);
}

/* "1:  y  /i $pc": number, enabled, format, expression. */
static int info_display(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r == 0 && !d->displays)
        fprintf(d->out, "There are no auto-display expressions now.\n");
    for (const struct display *each = d->displays; r == 0 && each; each = each->next)
        fprintf(d->out, "%u:  %s  %s%s %s\n", each->number, each->enabled ? "y" : "n", *each->slash ? "/" : "", each->slash,
                each->text);
    return r;
}

/* --- disassemble */

struct range {
    uint64_t start, end;
    char name[SYMBOL_TEXT]; /* of the function; "" when it is none */
};

/* START,END or START,+LENGTH or one address: the function around it, or ten instructions.
 *
 *    disassemble               the function around the pc             disassemble 0x80200000,0x80200010     END is not in it
 *    disassemble kernel_main   the whole function                     disassemble $pc,+16                   the same by length
 */
static int range_of(struct debugger *d, const char *text, struct range *out, struct error *e)
{
    struct expression *parsed;
    struct value v;
    const char *rest = "";
    uint64_t offset;
    struct symbols_view view = debugger_view(d);
    int r = debugger_parse(d, *text ? text : "$pc", &rest, &parsed, e);
    if (r)
        return r;
    r = debugger_evaluate(d, parsed, &v, e);
    expression_free(parsed);
    *out = (struct range){.start = v.bits};
    if (r == 0 && *rest == ',') {
        bool length = rest[1 + strspn(rest + 1, " \t")] == '+';
        r = debugger_value(d, rest + 1, &v, e);
        out->end = length ? out->start + v.bits : v.bits;
        if (r == 0 && out->end <= out->start)
            r = error_set(e, EINVAL, "the range ends before it begins");
        return r;
    }
    if (r == 0)
        r = repl_no_more(rest, e);
    const struct symbol *s = r == 0 ? symbols_at(d->symbols, out->start, &view, &offset) : NULL;
    if (s && symbol_end(s) - view.base > out->start) {
        *out = (struct range){.start = s->address - view.base, .end = symbol_end(s) - view.base};
        snprintf(out->name, sizeof out->name, "%s", s->name);
    }
    return r;
}

/*
 *    =>*0x0000000080200004 <+4>:<TAB>01010113<TAB>  addi sp, sp, 0x10
 *    | |                   |         |            class: P privileged, S sensitive too, ! critical
 *    | |                   |         /r: its bits, the digits of its length
 *    | translated          within the function that is listed; else the symbol, if there is one
 *    the pc
 */
static unsigned disassemble_one(struct debugger *d, const struct range *range, uint64_t at, bool raw)
{
    const struct machine *m = debugger_machine(d);
    char text[DISASM_TEXT], place[SYMBOL_TEXT], encoding[24] = "";
    insn_t bits;
    unsigned length = debugger_fetch(d, at, &bits);
    if (!length)
        return 0;
    struct insn_class c = classes_of(d->classes, m, bits);
    disasm_in(m, d->syntax, bits, at, text, sizeof text);
    if (*range->name)
        snprintf(place, sizeof place, " <+%llu>", (unsigned long long)(at - range->start));
    else if (*debugger_symbol(d, at, place + 1, sizeof place - 1))
        place[0] = ' ';
    else
        place[0] = '\0';
    if (raw)
        snprintf(encoding, sizeof encoding, "%0*llx\t", (int)(2 * length), (unsigned long long)(length == 2 ? bits & 0xffff : bits));
    fprintf(d->out, "%s%c%s0x%016llx%s%s%s%s:\t%s%s%c%s %s\n", at == about_pc(m) ? "=>" : "  ",
            debugger_translated(d, at) ? TRANSLATED_MARK : ' ', tint(d, TINT_ADDRESS), (unsigned long long)at, tint(d, TINT_NONE),
            tint(d, TINT_SYMBOL), place, tint(d, TINT_NONE), encoding, tint(d, TINT_MARK), class_mark(&c), tint(d, TINT_NONE), text);
    return length / debugger_cell(d);
}

static int disassemble_json(struct debugger *d, const struct range *range, uint64_t count, struct error *e)
{
    uint64_t at = range->start;
    struct format f = {.count = 1, .letter = 'i', .size = 'w'};
    int r = 0;
    json_array(d->json, "code");
    for (uint64_t i = 0; r == 0 && (range->end ? at < range->end : i < count); i++) {
        json_object(d->json, NULL);
        r = print_memory(d, SPACE_VIRTUAL, &f, at, &at, e);
        json_end(d->json);
    }
    json_end(d->json);
    return r;
}

/* What is wrong behind the slash is refused rather than ignored: /x means hex elsewhere. /m and /s, gdb's ways to mix in source lines, are
 * taken and do nothing. The count wins over a function's end, as Bochs' `u /10` has it. */
static int disassemble(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct range range;
    bool raw = strchr(a->slash, 'r') != NULL;
    uint64_t count = strtoull(a->slash, NULL, 10), at;
    const char *bad = a->slash + strspn(a->slash, "0123456789rmsn");
    int r = *bad ? error_set(e, EINVAL, "disassemble knows /r (encodings), /n (machine code) and /COUNT, not /%s", a->slash) : 0;
    if (r == 0 && strchr(a->slash, 'n'))
        return print_stretch(d, a, e);
    if (r == 0 && a->again)
        range = (struct range){.start = d->examine.next};
    else if (r == 0)
        r = range_of(d, a->text, &range, e);
    if (r)
        return r;
    if (count) /* Bochs' u /10 */
        range = (struct range){.start = range.start};
    count = count ? count : LINES;
    if (d->json)
        return disassemble_json(d, &range, count, e);
    if (*range.name)
        fprintf(d->out, "Dump of assembler code for function %s:\n", range.name);
    unsigned step = 1;
    at = range.start;
    for (uint64_t i = 0; range.end ? at < range.end : i < count; i++, at += step)
        if (!(step = disassemble_one(d, &range, at, raw)))
            return error_set(e, EFAULT, "cannot fetch the instruction at 0x%llx", (unsigned long long)at);
    if (*range.name)
        fprintf(d->out, "End of assembler dump.  P privileged, S sensitive too, ! critical\n");
    d->examine.next = at;
    return 0;
}

static const char x_help[] = "FMT is a count, a format and a size, as in x/8xw: x hex, d signed, u unsigned, o octal, t binary,\n"
                             "z hex, a address, c character, f floating point, s string, i instruction; b 1, h 2, w 4, g 8 bytes.\n"
                             "What is left out is as the last time. Enter goes on where the dump ended. x/-8xw: what lies before.\n"
                             "x/i: * before an address means that the engine has translated the instruction.";

extern const struct repl_command repl_memory[];
const struct repl_command repl_memory[] = {
    {"print", "p, inspect, call", "[/FMT] [EXPRESSION]", "show a value, and keep it as $1, $2, ...",
     "C's operators, over numbers (0x, 0b, decimal), $registers, symbols, *POINTER, {int}ADDRESS, casts,\n"
     "variables of the program where it has debugging information, as gdb has them\n"
     "(p x, p *p, p a.b, p a->b, p a[3], p &x, p *(struct NAME *)ADDRESS),\n"
     "and what was shown before: $ the last, $$ the one before, $N. Arithmetic "
     "is 64 bits wide.\n"
     "FMT is one of x d u o t z a c f. An assignment, $a0 = 5, is one, too.",
     GROUP_LOOKING, print, COMPLETE_SYMBOL, false, 0},
    {"x", NULL, "[/FMT] [ADDRESS]", "examine memory at a virtual address", x_help, GROUP_LOOKING, x, COMPLETE_SYMBOL, true, 0},
    {"xp", NULL, "[/FMT] [ADDRESS]", "examine memory at a guest-physical address", x_help, GROUP_LOOKING, xp, COMPLETE_SYMBOL, true,
     0},
    {"xh", NULL, "[/FMT] [ADDRESS]", "examine memory at a physical address of the host",
     "The host is the machine below: on the bare machine it is the machine itself.", GROUP_LOOKING, xh, COMPLETE_SYMBOL, true, 0},
    {"display", NULL, "[/FMT] [EXPRESSION]", "show a value, or memory (/i, /s), at every stop", "Nothing: those that there are, now.",
     GROUP_LOOKING, display, COMPLETE_SYMBOL, false, 0},
    {"undisplay", "delete-display", "[NUMBER]", "show it no more; nothing: any of them", NULL, GROUP_LOOKING, undisplay,
     COMPLETE_NOTHING, false, 0},
    {"info display", NULL, "", "what is displayed at every stop", NULL, GROUP_LOOKING, info_display, COMPLETE_NOTHING, false, 0},
    {"disassemble", "u", "[/rn] [/COUNT] [ADDRESS | START,END | START,+LENGTH]", "show code; nothing: of the function here",
     "The letter before an instruction is its class: P privileged; S sensitive, too, or withheld by K;\n"
     "! critical (sensitive, but not privileged); none innocuous. * before its address: the engine has\n"
     "translated it.\n"
     "/r shows encodings; /n the machine code of the stretch at ADDRESS, or here, below the instructions\n"
     "it was made of. Enter goes on.",
     GROUP_LOOKING, disassemble, COMPLETE_SYMBOL, true, 0},
    {0},
};
