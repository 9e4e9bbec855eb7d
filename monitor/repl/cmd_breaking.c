/* cmd_breaking.c - commands that say where the guest stops.
 *
 * The line of `break` is taken apart from the back, and what is left says the kind by its first word:
 *
 *    trap load-page if $a0 > 5          mode U           csr NAME          *0x80200000          phys 0x80200000
 *    '------------'    '-----'          want_mode()      want_csr()        '---------- want_place() ----------'
 *      want_trap()     cut_condition(): text, parsed by debugger_break_add()
 *
 * Each want_*() fills in the fields of its kind and sets nothing in the machine. debugger_break_add() copies what it is given, so the
 * breakpoint here may live on the stack and borrow its text.
 */
#include "monitor/options.h"
#include "monitor/view/report.h"

#include "monitor/debug/trap_name.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TEXT = 160 };

/* Cuts "... if CONDITION" off a copy of the text. NULL: there is no condition.
 * "if" counts as a word only: behind a blank, and followed by one or by a parenthesis, as in "main if(x)". So neither a symbol such as
 * notify nor one that begins with if_ is cut. */
static const char *cut_condition(char *text)
{
    for (char *at = text; (at = strstr(at, "if")); at += 2) {
        bool begins = at == text || isspace((unsigned char)at[-1]);
        if (!begins || (at[2] && !isspace((unsigned char)at[2]) && at[2] != '('))
            continue;
        for (char *end = at; end >= text && (end == at || isspace((unsigned char)*end)); end--)
            *end = '\0';
        return at + 2 + strspn(at + 2, " \t");
    }
    return NULL;
}

/* --- what a breakpoint is asked for */

static const char *trap_word_at(const void *isa, unsigned i) { return trap_word(isa, i); }

/* Without a cause any trap is meant. "exception" or "interrupt" is not asked for: a cause's word is of one of the two. */
static int want_trap(const struct debugger *d, const char *rest, struct breakpoint *b, struct error *e)
{
    char word[32];
    b->kind = BREAK_TRAP;
    b->any = !repl_word(&rest, word, sizeof word);
    if (b->any)
        return 0;
    if (!trap_cause(debugger_isa(d), word, &b->is_interrupt, &b->cause)) {
        const char *near = near_word(word, trap_word_at, debugger_isa(d));
        return error_set(e, EINVAL, "there is no trap '%s'%s%s%s", word, near ? "; is " : " (help break lists them)", near ? near : "",
                         near ? " meant?" : "");
    }
    return repl_no_more(rest, e);
}

/* The names that a misspelt one is compared with: of all registers those that an instruction can name. */
static const char *csr_at(const void *isa, unsigned i)
{
    const struct isa *set = isa;
    for (unsigned r = 0; r < set->reg_count; r++)
        if (about_register(set, &set->regs[r]) & ABOUT_NAMED && i-- == 0)
            return set->regs[r].name;
    return NULL;
}

/* It is no matter who writes: what stops the guest is an instruction with the register's number in it, also one that only reads. */
static int want_csr(const struct debugger *d, const char *rest, struct breakpoint *b, struct error *e)
{
    char word[32];
    const struct reg_desc *r;
    b->kind = BREAK_CSR;
    if (!csr_at(debugger_isa(d), 0))
        return error_set(e, ENOTSUP, "the machine has no CSRs");
    if (!repl_word(&rest, word, sizeof word))
        return error_set(e, EINVAL, "which CSR? break csr NAME");
    r = debugger_register(d, word[0] == '$' ? word + 1 : word);
    if (!r || !(about_register(debugger_isa(d), r) & ABOUT_NAMED)) {
        const char *near = near_word(word, csr_at, debugger_isa(d));
        return error_set(e, EINVAL, "there is no CSR '%s'%s%s%s", word, near ? "; is " : "", near ? near : "", near ? " meant?" : "");
    }
    b->csr = r->reg;
    return repl_no_more(rest, e);
}

static int want_mode(const struct debugger *d, const char *rest, struct breakpoint *b, struct error *e)
{
    char word[32];
    b->kind = BREAK_MODE;
    if (!repl_word(&rest, word, sizeof word))
        return error_set(e, EINVAL, "which mode? break mode, and one of %s", about_modes(debugger_isa(d)));
    if (about_mode_find(debugger_isa(d), word, &b->mode))
        return repl_no_more(rest, e);
    return error_set(e, EINVAL, "there is no mode '%s'; there are %s", word, about_modes(debugger_isa(d)));
}

/* The words may be cut short, "sens" or "p", as a person says one of three. */
static int want_class(const char *rest, struct breakpoint *b, struct error *e)
{
    static const char *const names[] = {"sensitive", "privileged", "critical"};
    char word[32];
    b->kind = BREAK_CLASS;
    if (!repl_word(&rest, word, sizeof word))
        return error_set(e, EINVAL, "which class? break class sensitive, privileged or critical");
    for (unsigned i = 0; i < 3; i++)
        if (strncmp(names[i], word, strlen(word)) == 0) {
            b->class = (enum break_class)i;
            return repl_no_more(rest, e);
        }
    return error_set(e, EINVAL, "there is no class '%s' to stop at; there are sensitive, privileged and critical", word);
}

static int want_exit(const struct debugger *d, const char *rest, struct breakpoint *b, struct error *e)
{
    b->kind = BREAK_EXIT;
    return exit_wish_parse(d, rest, &b->exit, e);
}

/* `v.bits >= PORTS` is asked before the difference is taken: PORTS - v.bits would else be a huge number, and any count would do.
 * PORT or PORT,COUNT. */
static int want_port(struct debugger *d, const char *rest, struct breakpoint *b, struct error *e)
{
    enum { PORTS = 0x10000 };
    struct expression *x;
    struct value v = {0}, count = {1, {8, false, 0}};
    b->kind = BREAK_PORT;
    if (!about_of(debugger_isa(d))->ports)
        return error_set(e, ENOTSUP, "the machine has no ports");
    int r = debugger_parse(d, rest, &rest, &x, e);
    if (r)
        return r;
    r = debugger_evaluate(d, x, &v, e);
    expression_free(x);
    if (r == 0 && *rest)
        r = *rest == ',' ? debugger_value(d, rest + 1, &count, e) : repl_no_more(rest, e);
    if (r == 0 && (v.bits >= PORTS || count.bits == 0 || count.bits > PORTS - v.bits))
        r = error_set(e, EINVAL, "ports are 0 to 0x%x, and that many there are not from 0x%llx on", PORTS - 1,
                      (unsigned long long)v.bits);
    b->address = v.bits;
    b->length = (unsigned)count.bits;
    return r;
}

/* Of a function the breakpoint lies behind its prologue, where its arguments can be looked at, if debugging information says where that
 * ends; *ADDRESS is taken as it stands. An address where no instruction can begin is refused: there it would wait for ever. One that
 * cannot be fetched now is not, since a kernel may map it later; that it waits is worth a note. Of a physical address it is not asked, as
 * what maps it is not known. */
static int want_place(struct debugger *d, const char *text, struct breakpoint *b, struct error *e)
{
    insn_t bits;
    unsigned length;
    b->kind = BREAK_EXECUTE;
    b->address = about_pc(debugger_guest(d));
    if (strncmp(text, "phys ", 5) == 0) {
        b->physical = true;
        text += 5;
    }
    int r = *text ? debugger_location(d, text, &b->address, e) : 0;
    if (r)
        return r;
    const struct symbol *function = b->physical ? NULL : debugger_find_symbol(d, text);
    struct symbols_view view = debugger_view(d);
    if (function)
        (void)!symbols_body(d->symbols, debugger_symbol_address(d, function), &view, &b->address);
    if (b->address % (about_parcel(debugger_isa(d)) / debugger_cell(d)))
        return error_set(e, EINVAL, "no instruction begins at the odd address 0x%llx", (unsigned long long)b->address);
    length = b->physical ? 1 : debugger_fetch(d, b->address, &bits);
    if (!length && !d->json)
        fprintf(d->out, "Note: nothing can be fetched from 0x%llx now; the breakpoint waits until it can.\n",
                (unsigned long long)b->address);
    return 0;
}

/* Words of kinds may be names in the program, too. `trap` and `exit` alone mean the program's, if it has such a function (*exit is the
 * way to it where a VMM is); the others need something behind them, so that a breakpoint at a function `mode` needs no trick. */
static int want(struct debugger *d, const char *text, struct breakpoint *b, struct error *e)
{
    char word[16];
    const char *rest = text;
    bool any = repl_word(&rest, word, sizeof word);
    if (any && strcmp(word, "trap") == 0 && !debugger_find_symbol(d, "trap"))
        return want_trap(d, rest, b, e);
    if (any && strcmp(word, "exit") == 0 && (d->stack->depth || *rest || !debugger_find_symbol(d, "exit")))
        return want_exit(d, rest, b, e);
    if (any && strcmp(word, "csr") == 0 && *rest)
        return want_csr(d, rest, b, e);
    if (any && strcmp(word, "port") == 0 && *rest)
        return want_port(d, rest, b, e);
    if (any && strcmp(word, "mode") == 0 && *rest)
        return want_mode(d, rest, b, e);
    if (any && strcmp(word, "class") == 0 && *rest)
        return want_class(rest, b, e);
    return want_place(d, text, b, e);
}

/* --- making them */

/* "Breakpoint 2 at 0x0000000080200004 <_start+4>: file start.S, line 7." or "Breakpoint 1: trap." */
static void tell_new(const struct debugger *d, const struct breakpoint *b)
{
    char text[TEXT];
    struct source_line line;
    struct symbols_view view = debugger_view(d);
    if (d->json) {
        json_uint(d->json, "number", b->number);
        json_string(d->json, "where", report_breakpoint(d, b, text, sizeof text));
        return;
    }
    fprintf(d->out, "%s %u%s%s", b->temporary ? "Temporary breakpoint" : "Breakpoint", b->number,
            b->kind == BREAK_EXECUTE ? " at " : ": ", report_breakpoint(d, b, text, sizeof text));
    if (b->kind == BREAK_EXECUTE && !b->physical && symbols_line(d->symbols, b->address, &view, &line))
        fprintf(d->out, ": file %s, line %u", source_name(&line), line.line);
    fprintf(d->out, ".\n");
}

static int add(struct debugger *d, const char *given, bool temporary, struct error *e)
{
    struct breakpoint b = {.temporary = temporary, .text = (char *)(uintptr_t)given};
    char *text = strdup(given);
    unsigned number;
    if (!text)
        return error_set(e, ENOMEM, "there is not enough memory");
    const char *condition = cut_condition(text);
    int r = want(d, text, &b, e);
    if (r == 0)
        r = debugger_break_add(d, &b, condition, NULL, &number, e);
    free(text);
    if (r == 0)
        tell_new(d, debugger_break_find(d, number));
    return r;
}

static int break_(struct debugger *d, const struct repl_args *a, struct error *e) { return add(d, a->text, false, e); }
static int tbreak(struct debugger *d, const struct repl_args *a, struct error *e) { return add(d, a->text, true, e); }

/* --- watching. Memory is what is loaded from ({int}ADDRESS, *POINTER) or a symbol; anything else is an expression. */

/*
 *    {int}0x80000000, *p      what is loaded from there, by the type's size               hardware
 *    a symbol                 from its address on, by its size, up to a page              hardware
 *    x.y, an object           where it lies, if that is in memory                         hardware
 *    $a0 > 5                  anything else: its value, looked at after each instruction   software
 *
 * An expression that assigns would change the guest at each look. A constant is refused with the two things that may have been meant. */
static int watch_memory(struct debugger *d, const char *text, struct breakpoint *b, bool *is_memory, struct error *e)
{
    struct expression *x;
    const struct symbol *s = debugger_find_symbol(d, text);
    *is_memory = true;
    if (s) {
        b->address = debugger_symbol_address(d, s);
        b->length = s->size ? (unsigned)(s->size < PAGE_SIZE ? s->size : PAGE_SIZE) : 8 / debugger_cell(d);
        return 0;
    }
    int r = debugger_parse(d, text, NULL, &x, e);
    if (r)
        return r;
    if (expression_is_constant(x)) {
        expression_free(x);
        return error_set(e, EINVAL, "the constant %s never changes; memory there is {int}%s, or -l %s", text, text, text);
    }
    struct value v = {0};
    struct error ignored;
    *is_memory = expression_is_memory(x) || (expression_is_object(x) && debugger_address_of(d, x, &v, &ignored) == 0);
    r = *is_memory ? debugger_address_of(d, x, &v, e) : debugger_evaluate(d, x, &v, e);
    b->address = v.bits;
    b->length = v.type.pointers > 1 ? 8 : v.type.size;
    if (r == 0 && expression_assigns(x))
        r = error_set(e, EINVAL, "a watched expression sets nothing");
    expression_free(x);
    return r;
}

/* Without a length: 8 bytes, or what the type of a pointer points to; of a pointer to pointers one of these.
 * watch [-l] [phys] ADDRESS[,LENGTH]: -l takes the value as the address to watch. */
static int watch_place(struct debugger *d, const char *text, struct breakpoint *b, struct error *e)
{
    struct expression *x;
    struct value v;
    const char *rest;
    int r = debugger_parse(d, text, &rest, &x, e);
    if (r)
        return r;
    r = debugger_evaluate(d, x, &v, e);
    expression_free(x);
    b->address = v.bits;
    b->length = v.type.pointers ? (v.type.pointers > 1 ? 8 : v.type.size) : 8;
    if (r == 0 && *rest == ',') {
        r = debugger_value(d, rest + 1, &v, e);
        if (r == 0 && (v.bits == 0 || v.bits > PAGE_SIZE))
            r = error_set(e, EINVAL, "1 to %d bytes can be watched, not %llu", PAGE_SIZE, (unsigned long long)v.bits);
        b->length = (unsigned)v.bits;
        return r;
    }
    return r ? r : repl_no_more(rest, e);
}

/* is_memory is what decides between hardware and software: triggers watch addresses, and reading an expression is no event of the machine.
 * That is why rwatch and awatch take memory only. */
static int watch_kind(struct debugger *d, const char *given, enum breakpoint_kind kind, struct error *e)
{
    struct breakpoint b = {.kind = kind, .text = (char *)(uintptr_t)given};
    char *text = strdup(given);
    const char *at = text, *condition = text ? cut_condition(text) : NULL;
    bool is_memory = true, place = false;
    unsigned number;
    if (!text)
        return error_set(e, ENOMEM, "there is not enough memory");
    if (strncmp(at, "-l ", 3) == 0 || strncmp(at, "-location ", 10) == 0) {
        place = true;
        at += strcspn(at, " ") + 1;
    }
    if (strncmp(at, "phys ", 5) == 0) {
        b.physical = place = true;
        at += 5;
    }
    int r = !*at ? error_set(e, EINVAL, "what is to be watched? {int}ADDRESS, a symbol, or -l ADDRESS,LENGTH") : 0;
    if (r == 0)
        r = place ? watch_place(d, at, &b, e) : watch_memory(d, at, &b, &is_memory, e);
    if (r == 0 && !is_memory && kind != BREAK_WRITE)
        r = error_set(e, EINVAL, "only memory can be watched for reading: {int}ADDRESS, a symbol, or -l ADDRESS,LENGTH");
    if (r == 0)
        r = debugger_break_add(d, &b, condition, is_memory ? NULL : at, &number, e);
    free(text);
    if (r)
        return r;
    if (d->json)
        json_uint(d->json, "number", number);
    else
        fprintf(d->out, "%s %swatchpoint %u: %s\n", is_memory ? "Hardware" : "Software",
                kind == BREAK_READ     ? "read "
                : kind == BREAK_ACCESS ? "access (read/write) "
                                       : "",
                number, given);
    return 0;
}

static int watch(struct debugger *d, const struct repl_args *a, struct error *e) { return watch_kind(d, a->text, BREAK_WRITE, e); }
static int rwatch(struct debugger *d, const struct repl_args *a, struct error *e) { return watch_kind(d, a->text, BREAK_READ, e); }
static int awatch(struct debugger *d, const struct repl_args *a, struct error *e) { return watch_kind(d, a->text, BREAK_ACCESS, e); }

static const char break_help[] =
    "  break kernel_main            a symbol, symbol+offset, or FILE:LINE; nothing: where the guest stands\n"
    "  break *0x80200000            an address; break phys 0x80200000: a guest-physical one\n"
    "  break trap [CAUSE]           a trap is taken: load-page, ecall-u, sti, illegal, 13 ...; nothing: any\n"
    "  break csr satp               an instruction names the CSR\n"
    "  break mode U                 the mode becomes M, S or U\n"
    "  break port 0x3f8             an instruction is about to access the port (-M ia32), or one of 0x3f8,8\n"
    "  break class sensitive        before a sensitive, privileged or critical instruction\n"
    "  break exit [REASON]          D has decided about a trap of its host: privilege, resource, requested,\n"
    "                               undefined; or whose it was: v_i, shadow, device, guest; or interrupt; nothing: any.\n"
    "                               Of the machine looked at. A function of that name is *exit\n"
    "Each may end in 'if CONDITION'. All cost nothing until they are met.";

static const char watch_help[] =
    "  watch {int}0x80000000        memory at an address, by the size of the type; *POINTER, a symbol\n"
    "  watch -l 0x80000000,16       so many bytes from an address on; watch phys ADDRESS[,LENGTH]: guest-physical\n"
    "  watch $a0 > 5                anything else is looked at after each instruction, which is slow\n"
    "The guest stops behind the instruction: watch when the value has changed, rwatch when it was read,\n"
    "awatch when it was read or written. It may end in 'if CONDITION'.";

extern const struct repl_command repl_breaking[];
const struct repl_command repl_breaking[] = {
    {"break", "b, br, bp, lb, vb", "[PLACE | trap CAUSE | exit REASON | csr NAME | port P | mode M | class CLASS] [if CONDITION]",
     "stop the guest at a place or event", break_help, GROUP_STOPPING, break_, COMPLETE_BREAK, false, 0},
    {"tbreak", "tb", "as break", "stop there once", NULL, GROUP_STOPPING, tbreak, COMPLETE_BREAK, false, 0},
    {"watch", NULL, "EXPRESSION | [-l] [phys] ADDRESS[,LENGTH]", "stop when a value changes", watch_help, GROUP_STOPPING, watch,
     COMPLETE_SYMBOL, false, 0},
    {"rwatch", "rw", "as watch", "stop when memory is read", NULL, GROUP_STOPPING, rwatch, COMPLETE_SYMBOL, false, 0},
    {"awatch", "aw", "as watch", "stop when memory is read or written", NULL, GROUP_STOPPING, awatch, COMPLETE_SYMBOL, false, 0},
    {0},
};
