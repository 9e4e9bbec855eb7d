/* symbols_dwarf.c - source lines and call frames, by libdw (elfutils). Without it nobody knows them. */
#include "isa/about.h"
#include "monitor/debug/scopes.h"
#include "monitor/debug/symbols_private.h"

#ifdef TRAPEZE_DWARF
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool symbols_have_lines(void) { return true; }

void symbol_file_open_dwarf(struct symbol_file *f) { f->dwarf = dwarf_begin_elf(f->elf, DWARF_C_READ, NULL); }

void symbol_file_close_dwarf(struct symbol_file *f) { dwarf_end(f->dwarf); }

/* A path as it is shown: what a build adds that leads nowhere, "./" and doubled slashes, is left out. */
void symbols_path(const char *path, char out[SOURCE_PATH])
{
    size_t n = 0;
    if (*path == '/')
        out[n++] = '/';
    for (const char *part = path + strspn(path, "/"); *part;) {
        size_t length = strcspn(part, "/");
        bool is_here = length == 1 && *part == '.';
        size_t wanted = is_here ? 0 : length + (part[length] == '/');
        for (size_t i = 0; i < wanted && n < SOURCE_PATH - 1; i++)
            out[n++] = part[i];
        part += length;
        part += strspn(part, "/");
    }
    out[n] = '\0';
}

/* --- lines. Compilers leave out the index from addresses to units, so all units are asked. */

/* Of several rows of the line that are for one address, any may say so. */
static bool begins_statement(Dwarf_Lines *lines, size_t at, Dwarf_Addr start, int number)
{
    for (size_t i = at + 1; i-- > 0;) {
        Dwarf_Line *here = dwarf_onesrcline(lines, i);
        Dwarf_Addr address;
        bool begins;
        int line;
        if (dwarf_lineaddr(here, &address) != 0 || address != start)
            return false;
        if (dwarf_lineno(here, &line) == 0 && line == number && dwarf_linebeginstatement(here, &begins) == 0 && begins)
            return true;
    }
    return false;
}

static bool unit_line(Dwarf_Die *unit, uint64_t address, struct source_line *out)
{
    Dwarf_Lines *lines;
    size_t count;
    if (dwarf_getsrclines(unit, &lines, &count) != 0)
        return false;
    for (size_t i = 0; i + 1 < count; i++) {
        Dwarf_Line *here = dwarf_onesrcline(lines, i), *next = dwarf_onesrcline(lines, i + 1);
        Dwarf_Addr start, end;
        bool ends;
        int number;
        if (dwarf_lineendsequence(here, &ends) != 0 || ends || dwarf_lineaddr(here, &start) != 0 || dwarf_lineaddr(next, &end) != 0 ||
            address < start || address >= end || dwarf_lineno(here, &number) != 0)
            continue;
        const char *file = dwarf_linesrc(here, NULL, NULL);
        if (!file || number == 0) /* code that belongs to no line [DWARF 5, 6.2.2] */
            return false;
        symbols_path(file, out->file);
        out->line = (unsigned)number;
        out->start = start;
        out->end = end;
        out->begins = begins_statement(lines, i, start, number);
        return true;
    }
    return false;
}

static bool file_line(const struct symbol_file *f, uint64_t address, struct source_line *out)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    address -= f->binding.offset;
    while (f->dwarf && dwarf_get_units(f->dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
        if (dwarf_haspc(&die, address) != 0 && unit_line(&die, address, out)) {
            out->start += f->binding.offset;
            out->end += f->binding.offset;
            return true;
        }
    return false;
}

bool symbols_line(const struct symbols *s, uint64_t address, const struct symbols_view *v, struct source_line *out)
{
    for (const struct symbol_file *f = s->files; f; f = f->next)
        if (symbol_file_fits(f, v) && file_line(f, address, out))
            return true;
    return false;
}

static bool ends_in(const char *path, const char *name)
{
    size_t n = strlen(path), m = strlen(name);
    return m <= n && strcmp(path + n - m, name) == 0 && (n == m || path[n - m - 1] == '/');
}

/* The line with code that is the least from `line` on. */
static void unit_line_address(Dwarf_Die *unit, const char *file, unsigned line, unsigned *best, uint64_t *address)
{
    Dwarf_Lines *lines;
    size_t count;
    if (dwarf_getsrclines(unit, &lines, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        Dwarf_Line *here = dwarf_onesrcline(lines, i);
        Dwarf_Addr at;
        bool is_start, ends;
        int number;
        const char *source = dwarf_linesrc(here, NULL, NULL);
        char tidied[SOURCE_PATH];
        if (!source || dwarf_lineno(here, &number) != 0 || dwarf_lineaddr(here, &at) != 0 ||
            dwarf_linebeginstatement(here, &is_start) != 0 || !is_start || dwarf_lineendsequence(here, &ends) != 0 || ends)
            continue;
        if ((unsigned)number < line || (unsigned)number > *best || ((unsigned)number == *best && at >= *address))
            continue;
        symbols_path(source, tidied);
        if (number == 0 || (!ends_in(source, file) && !ends_in(tidied, file)))
            continue;
        *best = (unsigned)number;
        *address = at;
    }
}

bool symbols_line_address(const struct symbols *s, const char *file, unsigned line, uint64_t *address)
{
    for (const struct symbol_file *f = s->files; f; f = f->next) {
        Dwarf_CU *unit = NULL;
        Dwarf_Die die;
        unsigned best = ~0u;
        while (f->dwarf && dwarf_get_units(f->dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
            unit_line_address(&die, file, line, &best, address);
        if (best != ~0u) {
            *address += f->binding.offset;
            return true;
        }
    }
    return false;
}

bool symbols_body(const struct symbols *s, uint64_t function, const struct symbols_view *v, uint64_t *address)
{
    struct source_line first, second;
    struct scopes scopes;
    unsigned start, end;
    uint64_t entry;
    if (!scopes_at(s, v, function, &scopes) || !scopes_function(&scopes, scopes_inlined(&scopes), &start, &end) ||
        dwarf_lowpc(&scopes.die[end - 1], &entry) != 0 || entry != scopes.pc) /* assembly has no such thing */
        return false;
    if (!symbols_line(s, function, v, &first) || !symbols_line(s, first.end, v, &second))
        return false;
    *address = second.start;
    return true;
}

/* --- files and functions by their names */

static bool unit_file(Dwarf_Die *unit, const char *name, char path[SOURCE_PATH])
{
    Dwarf_Files *files;
    size_t count;
    if (dwarf_getsrcfiles(unit, &files, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *is = dwarf_filesrc(files, i, NULL, NULL);
        if (is)
            symbols_path(is, path);
        if (is && (ends_in(path, name) || ends_in(is, name)))
            return true;
    }
    return false;
}

bool symbols_file_named(const struct symbols *s, int length, const char *name, char path[SOURCE_PATH])
{
    char wanted[SOURCE_PATH];
    snprintf(wanted, sizeof wanted, "%.*s", length, name);
    for (const struct symbol_file *f = s->files; f; f = f->next) {
        Dwarf_CU *unit = NULL;
        Dwarf_Die die;
        while (f->dwarf && dwarf_get_units(f->dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
            if (unit_file(&die, wanted, path))
                return true;
    }
    return false;
}

static bool declared_at(Dwarf_Die *function, struct source_line *out)
{
    int line;
    const char *file = dwarf_decl_file(function);
    if (!file || dwarf_decl_line(function, &line) != 0)
        return false;
    *out = (struct source_line){.line = (unsigned)line};
    symbols_path(file, out->file);
    return true;
}

bool symbols_function_line(const struct symbols *s, const struct symbols_view *v, const char *name, struct source_line *out)
{
    for (const struct symbol_file *f = s->files; f; f = f->next) {
        Dwarf_CU *unit = NULL;
        Dwarf_Die die, child;
        while (symbol_file_fits(f, v) && f->dwarf && dwarf_get_units(f->dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
            for (bool more = scopes_child(&die, true, &child); more; more = scopes_child(&die, false, &child)) {
                const char *is = dwarf_tag(&child) == DW_TAG_subprogram ? scopes_name(&child) : NULL;
                if (is && strcmp(is, name) == 0 && declared_at(&child, out))
                    return true;
            }
    }
    return false;
}

/* --- frames [DWARF 5, 6.4]. What compilers write there is a register and an offset, or a value at such a place. */

struct unwinding {
    const struct frame_registers *from;
    bool (*load)(void *opaque, uint64_t at, uint64_t *value);
    void *opaque;
    uint64_t cfa;
};

static bool known(const struct unwinding *u, uint64_t reg, uint64_t *value)
{
    if (reg >= FRAME_REGISTERS || !(u->from->known >> reg & 1))
        return false;
    *value = u->from->x[reg];
    return true;
}

/* One of the few forms there are, evaluated on a stack of one. */
static bool evaluate(const struct unwinding *u, const Dwarf_Op *op, size_t count, uint64_t *value, bool *is_address)
{
    bool any = false;
    *is_address = true;
    for (size_t i = 0; i < count; i++) {
        uint64_t base;
        if (op[i].atom >= DW_OP_breg0 && op[i].atom <= DW_OP_breg31) {
            if (!known(u, op[i].atom - DW_OP_breg0, &base))
                return false;
            *value = base + op[i].number;
        } else if (op[i].atom == DW_OP_bregx) {
            if (!known(u, op[i].number, &base))
                return false;
            *value = base + op[i].number2;
        } else if (op[i].atom == DW_OP_call_frame_cfa) {
            *value = u->cfa;
        } else if (any && op[i].atom == DW_OP_plus_uconst) {
            *value += op[i].number;
        } else if (any && op[i].atom == DW_OP_stack_value) {
            *is_address = false;
        } else {
            return false;
        }
        any = true;
    }
    return any;
}

static bool caller_register(const struct unwinding *u, Dwarf_Frame *frame, unsigned reg, uint64_t *value)
{
    Dwarf_Op room[3], *op;
    size_t count;
    bool is_address;
    if (dwarf_frame_register(frame, (int)reg, room, &op, &count) != 0)
        return false;
    if (count == 0)
        return op == NULL && known(u, reg, value); /* the same value; else undefined */
    if (count == 1 && op->atom == DW_OP_regx)
        return known(u, op->number, value);
    uint64_t at;
    if (!evaluate(u, op, count, &at, &is_address))
        return false;
    if (!is_address)
        *value = at;
    return !is_address || u->load(u->opaque, at, value);
}

static bool unwind(struct unwinding *u, Dwarf_Frame *frame, struct frame_registers *caller)
{
    Dwarf_Op *op;
    size_t count;
    bool is_address, signal;
    Dwarf_Addr start, end;
    if (dwarf_frame_cfa(frame, &op, &count) != 0 || !evaluate(u, op, count, &u->cfa, &is_address))
        return false;
    int ra = dwarf_frame_info(frame, &start, &end, &signal);
    if (ra < 0 || ra >= FRAME_REGISTERS)
        return false;
    const struct about_calls *c = u->from->calls;
    *caller = (struct frame_registers){.calls = c};
    for (unsigned reg = 0; reg < c->registers; reg++)
        if (caller_register(u, frame, reg, &caller->x[reg]))
            caller->known |= UINT32_C(1) << reg;
    caller->x[c->stack] = u->cfa;
    caller->known |= 1u << c->stack;
    if (!(caller->known >> ra & 1))
        return false;
    caller->pc = caller->x[ra];
    return true;
}

bool symbols_unwind(const struct symbols *s, const struct symbols_view *v, const struct frame_registers *from,
                    bool (*load)(void *opaque, uint64_t at, uint64_t *value), void *opaque, struct frame_registers *caller)
{
    for (const struct symbol_file *f = s->files; f; f = f->next) {
        Dwarf_CFI *cfi = f->dwarf && symbol_file_fits(f, v) ? dwarf_getcfi(f->dwarf) : NULL;
        Dwarf_Frame *frame;
        if (!cfi || dwarf_cfi_addrframe(cfi, from->pc - f->binding.offset, &frame) != 0)
            continue;
        struct unwinding u = {.from = from, .load = load, .opaque = opaque};
        bool done = unwind(&u, frame, caller);
        free(frame);
        if (done)
            return true;
    }
    return false;
}

bool symbols_cfa(const struct symbols *s, const struct symbols_view *v, const struct frame_registers *from,
                 bool (*load)(void *opaque, uint64_t at, uint64_t *value), void *opaque, uint64_t *cfa)
{
    for (const struct symbol_file *f = s->files; f; f = f->next) {
        Dwarf_CFI *cfi = f->dwarf && symbol_file_fits(f, v) ? dwarf_getcfi(f->dwarf) : NULL;
        Dwarf_Frame *frame;
        Dwarf_Op *op;
        size_t count;
        bool is_address;
        if (!cfi || dwarf_cfi_addrframe(cfi, from->pc - f->binding.offset, &frame) != 0)
            continue;
        struct unwinding u = {.from = from, .load = load, .opaque = opaque};
        bool done = dwarf_frame_cfa(frame, &op, &count) == 0 && evaluate(&u, op, count, cfa, &is_address);
        free(frame);
        if (done)
            return true;
    }
    return false;
}

#else
bool symbols_have_lines(void) { return false; }
void symbol_file_open_dwarf(struct symbol_file *f) { (void)f; }
void symbol_file_close_dwarf(struct symbol_file *f) { (void)f; }

bool symbols_line(const struct symbols *s, uint64_t address, const struct symbols_view *v, struct source_line *out)
{
    (void)s, (void)address, (void)v, (void)out;
    return false;
}

bool symbols_line_address(const struct symbols *s, const char *file, unsigned line, uint64_t *address)
{
    (void)s, (void)file, (void)line, (void)address;
    return false;
}

bool symbols_unwind(const struct symbols *s, const struct symbols_view *v, const struct frame_registers *from,
                    bool (*load)(void *opaque, uint64_t at, uint64_t *value), void *opaque, struct frame_registers *caller)
{
    (void)s, (void)v, (void)from, (void)load, (void)opaque, (void)caller;
    return false;
}

bool symbols_file_named(const struct symbols *s, int length, const char *name, char path[SOURCE_PATH])
{
    (void)s, (void)length, (void)name, (void)path;
    return false;
}

bool symbols_function_line(const struct symbols *s, const struct symbols_view *v, const char *name, struct source_line *out)
{
    (void)s, (void)v, (void)name, (void)out;
    return false;
}

bool symbols_body(const struct symbols *s, uint64_t function, const struct symbols_view *v, uint64_t *address)
{
    (void)s, (void)function, (void)v, (void)address;
    return false;
}

bool symbols_cfa(const struct symbols *s, const struct symbols_view *v, const struct frame_registers *from,
                 bool (*load)(void *opaque, uint64_t at, uint64_t *value), void *opaque, uint64_t *cfa)
{
    (void)s, (void)v, (void)from, (void)load, (void)opaque, (void)cfa;
    return false;
}
#endif
