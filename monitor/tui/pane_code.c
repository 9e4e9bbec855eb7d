/* pane_code.c - the code around the pc: class letters, symbols, source lines, and what is about to happen. */
#include "monitor/tui/tui.h"

#include "isa/about.h"
#include "monitor/debug/classes.h"
#include "monitor/debug/effects.h"
#include "monitor/debug/source.h"
#include "monitor/debug/trap_name.h"
#include "monitor/disasm.h"

#include <string.h>

/* Rows of the pane: instructions, and the source line above the first that comes of it. */
enum { ROWS = 256, BACK = 512 };
struct row {
    va_t at;
    const char *source; /* not NULL: its text, of this line */
    int source_length;
    unsigned line;
};

static va_t pc_of(const struct debugger *d) { return about_pc(debugger_machine(d)); }

/* Where decoding may begin so that it meets the pc: the symbol's start, if that is near and instructions lead from it to the pc.
 * Instructions have several lengths, so one cannot step back from the pc; from another start the same bytes would read as other
 * instructions. */
static va_t begin(const struct debugger *d, va_t pc)
{
    uint64_t offset;
    insn_t bits;
    const struct symbols_view view = debugger_view(d);
    const struct symbol *s = symbols_at(d->symbols, pc, &view, &offset);
    if (!s || offset > BACK)
        return pc;
    va_t at = s->address;
    while (at < pc) {
        unsigned length = debugger_fetch(d, at, &bits);
        if (!length)
            return pc;
        at += length / about_cell(debugger_isa(d));
    }
    return at == pc ? s->address : pc;
}

/* A row of source, if this instruction is the first one of another line than the last. Without its file the code stands alone. */
static bool new_line(const struct debugger *d, va_t at, struct row *row, struct source_line *last)
{
    struct source_line line;
    size_t length;
    const struct symbols_view view = debugger_view(d);
    if (!symbols_line(d->symbols, at, &view, &line) || (line.line == last->line && strcmp(line.file, last->file) == 0))
        return false;
    *last = line;
    const char *text = sources_line(d->sources, line.file, line.line, &length);
    if (!text)
        return false;
    size_t blanks = strspn(text, " \t");
    blanks = blanks < length ? blanks : length;
    *row = (struct row){.at = at, .source = text + blanks, .source_length = (int)(length - blanks), .line = line.line};
    return true;
}

/* From the symbol's start to `after` rows behind the pc; *here gets the row of the pc. */
static unsigned collect(const struct debugger *d, va_t pc, unsigned after, struct row rows[ROWS], unsigned *here)
{
    insn_t bits;
    unsigned n = 0;
    struct source_line last = {.line = 0};
    *here = 0;
    for (va_t at = begin(d, pc); n + 1 < ROWS && (at <= pc || n <= *here + after);) {
        unsigned length = debugger_fetch(d, at, &bits);
        if (new_line(d, at, &rows[n], &last))
            n++;
        if (at == pc)
            *here = n;
        rows[n++] = (struct row){.at = at};
        if (!length)
            break;
        at += length / about_cell(debugger_isa(d));
    }
    return n;
}

/* "=>P 8020001c  sret": the pc, the mark of the instruction's class (classes.h), the address, the text. The marked ones are those
 * that matter to a virtual machine, and have a colour for it. */
static void instruction(const struct debugger *d, va_t at, va_t pc, struct canvas *c, const struct box *b, unsigned y)
{
    insn_t bits;
    char text[DISASM_TEXT] = "cannot be fetched";
    struct insn_class class = {.known = false};
    if (debugger_fetch(d, at, &bits)) {
        class = classes_of(d->classes, debugger_machine(d), bits);
        disasm_in(debugger_machine(d), d->syntax, bits, at, text, sizeof text);
    }
    char mark = class.known ? class_mark(&class) : ' ';
    enum style style = at == pc ? STYLE_HERE : mark == '!' ? STYLE_ALARM : mark == ' ' ? STYLE_PLAIN : STYLE_PRIVILEGED;
    canvas_text(c, b, 0, y, style, "%s%c %8llx  %s", at == pc ? "=>" : "  ", mark, (unsigned long long)at, text);
    if (at == pc)
        canvas_fill(c, b, 0, y, style);
}

/* What the instruction at the pc is about to do. */
static void next(const struct debugger *d, struct canvas *c, const struct box *b, unsigned y)
{
    struct effects f;
    char name[64];
    effects_predict(d, &f);
    const char *cause = is_exception(&f.trap) ? trap_name(debugger_isa(d), &f.trap, name, sizeof name) : NULL;
    if (f.interpreted)
        canvas_text(c, b, 0, y, STYLE_DIM, "next: the VMM interprets it");
    else if (f.host_traps)
        canvas_text(c, b, 0, y, STYLE_PRIVILEGED, "next: traps to the VMM%s%s", cause ? "; the guest's: " : ", whose v_i does it",
                    cause ? cause : "");
    else if (cause)
        canvas_text(c, b, 0, y, STYLE_GUEST, "next: traps: %s", cause);
    else if (f.device)
        canvas_text(c, b, 0, y, STYLE_DEVICE, "next: reaches the device %s", f.device);
    else if (f.accesses && about_cell(debugger_isa(d)) > 1)
        canvas_text(c, b, 0, y, STYLE_DIM, "next: %s cell 0x%llx", f.access[0].is_store ? "stores to" : "loads",
                    (unsigned long long)f.access[0].at);
    else if (f.accesses)
        canvas_text(c, b, 0, y, STYLE_DIM, "next: %s %u bytes at 0x%llx", f.access[0].is_store ? "stores" : "loads", f.access[0].size,
                    (unsigned long long)f.access[0].at);
    else if (debugger_isa(d)->interpret) /* else it was not tried */
        canvas_text(c, b, 0, y, STYLE_DIM, d->stack->depth ? "next: runs directly" : "next: runs");
}

/* The symbol in the first row, what comes next in the last; between them code, with a third of it above the pc. */
void pane_code(const struct tui *t, const struct debugger *d, struct canvas *c, const struct box *b)
{
    struct row rows[ROWS];
    char symbol[64];
    va_t pc = pc_of(d);
    if (b->height < 3)
        return;
    unsigned body = b->height - 2, here;
    unsigned n = collect(d, pc, body + body / 2, rows, &here);
    unsigned above = body / 3 + t->code_up;
    unsigned first = here > above ? here - above : 0;
    debugger_symbol(d, pc, symbol, sizeof symbol);
    canvas_text(c, b, 0, 0, STYLE_DIM, "%s", *symbol ? symbol : "no symbol");
    for (unsigned y = 0; y < body && first + y < n; y++) {
        const struct row *r = &rows[first + y];
        if (r->source)
            canvas_text(c, b, 0, 1 + y, STYLE_DIM, "%4u  %.*s", r->line, r->source_length, r->source);
        else
            instruction(d, r->at, pc, c, b, 1 + y);
    }
    next(d, c, b, b->height - 1);
}
