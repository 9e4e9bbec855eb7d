/* cmd_looking.c - commands that show registers, symbols and lines. */
#include "monitor/options.h"
#include "monitor/view/report.h"

#include "monitor/debug/format.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SYMBOL_TEXT = 96 };

/* --- registers. A star marks what has changed since the stop before. */

static uint64_t value_of(const struct debugger *d, unsigned i)
{
    return machine_get(debugger_machine(d), debugger_isa(d)->regs[i].reg);
}
static bool has_changed(const struct debugger *d, unsigned i) { return d->has_before && d->before[i] != value_of(d, i); }
static int digits(const struct reg_desc *r) { return r->width > 32 ? 16 : (r->width + 3) / 4; }

/* "   a0 *0x0000000000000001    a1  0x..."
 * Cells of a row: a star, and 18 columns of value. */
struct grid {
    int name; /* columns of the longest name */
    unsigned columns, column;
    int gap; /* to the next cell */
};

static void end_row(const struct debugger *d, struct grid *g)
{
    if (g->column)
        fputc('\n', d->out);
    g->column = 0;
}

static void cell(const struct debugger *d, unsigned i, struct grid *g)
{
    const struct reg_desc *r = &debugger_isa(d)->regs[i];
    bool changed = has_changed(d, i);
    if (g->column)
        fprintf(d->out, "%*s", g->gap, "");
    fprintf(d->out, "%*s %s%c0x%0*llx%s", g->name, r->name, changed ? tint(d, TINT_CHANGED) : "", changed ? '*' : ' ', digits(r),
            (unsigned long long)value_of(d, i), changed ? tint(d, TINT_NONE) : "");
    g->gap = 18 - digits(r);
    if (++g->column == g->columns)
        end_row(d, g);
}

static void json_register(const struct debugger *d, unsigned i) { json_hex(d->json, debugger_isa(d)->regs[i].name, value_of(d, i)); }

enum { ALL_GROUPS = ABOUT_INTEGER | ABOUT_FLOATING | ABOUT_CONTROL };

static unsigned group_of(const struct debugger *d, unsigned i)
{
    return about_register(debugger_isa(d), &debugger_isa(d)->regs[i]) & ALL_GROUPS;
}

/* Of the many control registers those that are there and not zero. */
static bool is_shown(const struct debugger *d, unsigned i, unsigned groups)
{
    const struct reg_desc *r = &debugger_isa(d)->regs[i];
    if (r->reg == MACHINE_PC || r->reg == MACHINE_MODE)
        return false;
    unsigned g = group_of(d, i);
    if (g == ABOUT_CONTROL && (groups & ABOUT_OVERVIEW))
        return about_register(debugger_isa(d), r) & ABOUT_OVERVIEW;
    return (groups & g) != 0 && (g != ABOUT_CONTROL || value_of(d, i) != 0);
}

/* As many columns as fit for the shown registers of the same group as this one, up to four. */
static void begin_group(struct debugger *d, unsigned first, unsigned groups, struct grid *g)
{
    enum { VALUE = 20, GAP = 2, MOST = 4 };
    const struct isa *isa = debugger_isa(d);
    end_row(d, g);
    g->name = 2; /* pc */
    for (unsigned i = first; i < isa->reg_count; i++) {
        int n = (int)strlen(isa->regs[i].name);
        if (group_of(d, i) == group_of(d, first) && is_shown(d, i, groups) && n > g->name)
            g->name = n;
    }
    unsigned wide = (d->width + GAP) / ((unsigned)g->name + VALUE + GAP);
    g->columns = wide > MOST ? MOST : wide ? wide : 1;
}

static void where(const struct debugger *d)
{
    const struct machine *m = debugger_machine(d);
    char symbol[SYMBOL_TEXT];
    uint64_t pc = about_pc(m);
    bool jumped = false;
    for (unsigned i = 0; i < debugger_isa(d)->reg_count; i++)
        jumped |= debugger_isa(d)->regs[i].reg == MACHINE_PC && has_changed(d, i);
    debugger_symbol(d, pc, symbol, sizeof symbol);
    fprintf(d->out, "%9s %c0x%016llx%s%s\n", "pc", jumped ? '*' : ' ', (unsigned long long)pc, *symbol ? " " : "", symbol);
    fprintf(d->out, "%9s  %s      level %u (%s), %llu retired\n", "mode", debugger_mode_name(d, machine_get(m, MACHINE_MODE)),
            d->level, d->stack->name[d->level], (unsigned long long)debugger_retired(d));
}

static void registers(struct debugger *d, unsigned groups)
{
    const struct isa *isa = debugger_isa(d);
    struct grid grid = {0};
    unsigned last = 0;
    if (d->json)
        json_object(d->json, "registers");
    for (unsigned i = 0; i < isa->reg_count; i++) {
        bool always = d->json && (isa->regs[i].reg == MACHINE_PC || isa->regs[i].reg == MACHINE_MODE);
        if (!always && !is_shown(d, i, groups))
            continue;
        if (d->json) {
            json_register(d, i);
            continue;
        }
        if (group_of(d, i) != last)
            begin_group(d, i, groups, &grid);
        last = group_of(d, i);
        cell(d, i, &grid);
    }
    if (d->json) {
        json_end(d->json);
    } else {
        end_row(d, &grid);
        where(d);
    }
}

/* A part is not broken over lines. */
static void part(const struct debugger *d, unsigned *column, const char *name, const char *text)
{
    enum { INDENT = 4 };
    unsigned n = (unsigned)(strlen(name) + strlen(text)) + 1;
    bool begins = *column == 0 || *column + 1 + n > d->width;
    fprintf(d->out, "%s%*s%s=%s", *column && begins ? "\n" : "", begins ? INDENT : 1, "", name, text);
    *column = begins ? INDENT + n : *column + 1 + n;
}

/* What the bits mean; those that have no name, too. */
static void parts(const struct debugger *d, const struct reg_desc *r, uint64_t v)
{
    const struct machine *m = debugger_machine(d);
    struct about_part list[ABOUT_PARTS];
    char text[ABOUT_PART_TEXT];
    uint64_t rest = v;
    unsigned n = about_parts(m, r->reg, list), column = 0;
    for (unsigned i = 0; i < n; i++) {
        rest &= ~(((UINT64_C(1) << list[i].width) - 1) << list[i].low);
        part(d, &column, list[i].name, about_part_text(m, r->reg, &list[i], v, text));
    }
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)rest);
    if (n && rest)
        part(d, &column, "other", text);
    if (n)
        fputc('\n', d->out);
}

/* One register: as gdb shows it, and what it is, and its fields. */
static void one(struct debugger *d, const struct reg_desc *r)
{
    uint64_t v = machine_get(debugger_machine(d), r->reg);
    char symbol[SYMBOL_TEXT];
    struct about_part list[ABOUT_PARTS];
    if (d->json) {
        json_hex(d->json, r->name, v);
        return;
    }
    fprintf(d->out, "%-14s 0x%-18llx", r->name, (unsigned long long)v);
    if (about_parts(debugger_machine(d), r->reg, list) == 0) /* what has parts is no number */
        fprintf(d->out, " %llu", (unsigned long long)v);
    if (r->reg == MACHINE_MODE)
        fprintf(d->out, " %s", debugger_mode_name(d, v));
    if (*debugger_symbol(d, v, symbol, sizeof symbol))
        fprintf(d->out, " %s", symbol);
    fprintf(d->out, "   %s%s%s\n", tint(d, TINT_DIM), r->about, tint(d, TINT_NONE));
    parts(d, r, v);
}

static const char *register_at(const void *isa, unsigned i)
{
    const struct isa *set = isa;
    return i < set->reg_count ? set->regs[i].name : NULL;
}

static unsigned groups_named(const char *word)
{
    static const struct {
        const char *word;
        unsigned groups;
    } names[] = {{"all", ALL_GROUPS},       {"csr", ABOUT_CONTROL}, {"csrs", ABOUT_CONTROL},   {"system", ABOUT_CONTROL},
                 {"float", ABOUT_FLOATING}, {"fp", ABOUT_FLOATING}, {"general", ABOUT_INTEGER}};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].word, word) == 0)
            return names[i].groups;
    return 0;
}

static int info_registers(struct debugger *d, const struct repl_args *a, struct error *e)
{
    char word[48];
    const char *rest = a->text;
    if (!*rest) {
        registers(d, ABOUT_INTEGER | ABOUT_OVERVIEW);
        return 0;
    }
    for (int showing = 0; showing < 2; showing++)
        for (rest = a->text; repl_word(&rest, word, sizeof word);) {
            const char *name = word[0] == '$' ? word + 1 : word;
            const struct reg_desc *r = debugger_register(d, name);
            unsigned groups = r && strcmp(name, "fp") != 0 ? 0 : groups_named(name);
            if (!r && !groups) {
                const char *near = near_word(name, register_at, debugger_isa(d));
                return error_set(e, EINVAL, "there is no register '%s'%s%s%s; groups are general, float, csr and all", name,
                                 near ? "; is " : "", near ? near : "", near ? " meant?" : "");
            }
            if (showing && groups)
                registers(d, groups);
            else if (showing)
                one(d, r);
        }
    return 0;
}

/* Those that say where a kernel is, of those that an instruction names: what a debugger of such a machine calls its control registers. */
static int info_creg(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const struct isa *isa = debugger_isa(d);
    const unsigned wanted = ABOUT_OVERVIEW | ABOUT_NAMED;
    bool any = false;
    int r = repl_no_more(a->text, e);
    if (r == 0 && d->json)
        json_object(d->json, "registers");
    for (unsigned i = 0; r == 0 && i < isa->reg_count; i++)
        if ((about_register(isa, &isa->regs[i]) & wanted) == wanted && machine_has(debugger_machine(d), isa->regs[i].reg)) {
            one(d, &isa->regs[i]);
            any = true;
        }
    if (r == 0 && d->json)
        json_end(d->json);
    return r || any ? r : error_set(e, ENOTSUP, "the machine has no control registers");
}

static int info_all(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r == 0)
        registers(d, ALL_GROUPS);
    return r;
}

/* --- symbols and lines */

static int info_symbol(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct value v;
    struct symbols_view view = debugger_view(d);
    uint64_t offset;
    int r = *a->text ? debugger_value(d, a->text, &v, e) : error_set(e, EINVAL, "of which address? info symbol ADDRESS");
    if (r)
        return r;
    const struct symbol *s = symbols_at(d->symbols, v.bits, &view, &offset);
    if (!s)
        return error_set(e, ENOENT, "No symbol matches 0x%llx.", (unsigned long long)v.bits);
    if (d->json) {
        json_string(d->json, "symbol", s->name);
        json_uint(d->json, "offset", offset);
        json_string(d->json, "section", s->section);
        json_string(d->json, "file", symbol_file_name(s->file));
        return 0;
    }
    fprintf(d->out, "%s", s->name);
    if (offset)
        fprintf(d->out, " + %llu", (unsigned long long)offset);
    if (*s->section)
        fprintf(d->out, " in section %s", s->section);
    fprintf(d->out, " of %s\n", symbol_file_name(s->file));
    return 0;
}

static int info_line(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct source_line line;
    struct symbols_view view = debugger_view(d);
    char start[SYMBOL_TEXT], end[SYMBOL_TEXT];
    uint64_t at = about_pc(debugger_machine(d));
    int r = !symbols_have_lines() ? error_set(e, ENOTSUP, "this trapeze was built without libdw, which reads source lines") : 0;
    if (r == 0 && *a->text)
        r = debugger_location(d, a->text, &at, e);
    if (r)
        return r;
    if (!symbols_line(d->symbols, at, &view, &line))
        return error_set(e, ENOENT, "No line number information available for address 0x%llx.", (unsigned long long)at);
    if (d->json) {
        json_string(d->json, "file", line.file);
        json_uint(d->json, "line", line.line);
        json_hex(d->json, "start", line.start);
        json_hex(d->json, "end", line.end);
        return 0;
    }
    fprintf(d->out, "Line %u of \"%s\" starts at address 0x%llx %s and ends at 0x%llx %s.\n", line.line, line.file,
            (unsigned long long)line.start, debugger_symbol(d, line.start, start, sizeof start), (unsigned long long)line.end,
            debugger_symbol(d, line.end, end, sizeof end));
    return 0;
}

static int info_address(struct debugger *d, const struct repl_args *a, struct error *e)
{
    enum { ROOM = 16 };
    const struct symbol *found[ROOM];
    struct symbols_view view = debugger_view(d);
    struct value v;
    unsigned n = *a->text ? symbols_named(d->symbols, a->text, &view, found, ROOM) : 0;
    if (!*a->text)
        return error_set(e, EINVAL, "of which symbol? info address SYMBOL");
    if (n == 0)
        return debugger_value(d, a->text, &v, e) ? -ENOENT
                                                 : error_set(e, EINVAL, "'%s' is no symbol; info symbol goes the other way", a->text);
    for (unsigned i = 0; i < n && i < ROOM; i++)
        fprintf(d->out, "Symbol \"%s\" is at 0x%llx%s%s, %llu bytes, in %s.\n", found[i]->name,
                (unsigned long long)debugger_symbol_address(d, found[i]), *found[i]->section ? " in section " : "", found[i]->section,
                (unsigned long long)found[i]->size, symbol_file_name(found[i]->file));
    return 0;
}

/* By file, and in each by address. */
static int info_symbols(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const struct symbol *s;
    const struct symbol_file *file = NULL;
    if (!symbols_every(d->symbols, 0))
        return error_set(e, ENOENT, "there are no symbols: no file with symbols is loaded (add-symbol-file)");
    if (d->json)
        json_array(d->json, "symbols");
    for (unsigned i = 0; (s = symbols_every(d->symbols, i)); i++) {
        if (!strstr(s->name, a->text))
            continue;
        if (d->json) {
            json_object(d->json, NULL);
            json_string(d->json, "symbol", s->name);
            json_hex(d->json, "address", debugger_symbol_address(d, s));
            json_string(d->json, "file", symbol_file_name(s->file));
            json_end(d->json);
            continue;
        }
        if (s->file != file)
            fprintf(d->out, "%s:\n", symbol_file_name(s->file));
        file = s->file;
        fprintf(d->out, "  0x%016llx  %s\n", (unsigned long long)debugger_symbol_address(d, s), s->name);
    }
    if (d->json)
        json_end(d->json);
    return d->json || file ? 0 : error_set(e, ENOENT, "no symbol has '%s' in its name", a->text);
}

static int info_files(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const struct symbol_file *f;
    int r = repl_no_more(a->text, e);
    if (r == 0 && !symbols_file(d->symbols, 0))
        fprintf(d->out, "No file with symbols is loaded (add-symbol-file).\n");
    for (unsigned i = 0; r == 0 && (f = symbols_file(d->symbols, i)); i++) {
        const struct symbols_binding *b = symbol_file_binding(f);
        fprintf(d->out, "%-40s %6u symbols", symbol_file_name(f), symbol_file_count(f));
        if (b->offset)
            fprintf(d->out, ", moved by 0x%llx", (unsigned long long)b->offset);
        if (b->has_mode)
            fprintf(d->out, ", in mode %s", debugger_mode_name(d, b->mode));
        if (b->has_asid)
            fprintf(d->out, ", in address space %llu", (unsigned long long)b->asid);
        fputc('\n', d->out);
    }
    return r;
}

extern const struct repl_command repl_looking[];
const struct repl_command repl_looking[] = {
    {"info creg", "creg", "", "the control registers that matter most, each in its parts", NULL, GROUP_LOOKING, info_creg,
     COMPLETE_NOTHING, false, 0},
    {"info registers", "r, info r, info reg", "[NAME... | general | float | csr | all]", "registers; a star marks what has changed",
     "Nothing: the integer registers and the control registers that matter most. csr: those that are not\n"
     "zero. One by its name: its fields, too. Changed means since the stop before this one.",
     GROUP_LOOKING, info_registers, COMPLETE_REGISTER, false, 0},
    {"info all-registers", NULL, "", "all registers but control registers that are zero", NULL, GROUP_LOOKING, info_all,
     COMPLETE_NOTHING, false, 0},
    {"info symbol", "info sym", "ADDRESS", "the symbol that an address belongs to", NULL, GROUP_SOURCE, info_symbol, COMPLETE_SYMBOL,
     false, 0},
    {"info symbols", NULL, "[TEXT]", "the symbols, or those with this in their name", NULL, GROUP_SOURCE, info_symbols,
     COMPLETE_SYMBOL, false, 0},
    {"info address", NULL, "SYMBOL", "where a symbol is, in every file that has it", NULL, GROUP_SOURCE, info_address, COMPLETE_SYMBOL,
     false, 0},
    {"info line", NULL, "[LOCATION]", "the source line of an address, or the address of FILE:LINE", NULL, GROUP_SOURCE, info_line,
     COMPLETE_SYMBOL, false, 0},
    {"info files", "info target", "", "the files that symbols come from", NULL, GROUP_SOURCE, info_files, COMPLETE_NOTHING, false, 0},
    {0},
};
