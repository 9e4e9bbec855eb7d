/* inlined.c - see inlined.h. */
#include "monitor/debug/inlined.h"

#ifdef TRAPEZE_DWARF
#include "monitor/debug/scopes.h"

unsigned inlined_calls(const struct debugger *d, uint64_t pc)
{
    struct scopes s;
    struct symbols_view view = debugger_view(d);
    return scopes_at(d->symbols, &view, pc, &s) ? scopes_inlined(&s) : 0;
}

/* A step over a line goes over calls, and one that was inlined is a call, too: its lines belong to another function, at
 * addresses in the middle of this one. Functions are told apart by where their descriptions lie in the file. */
bool inlined_into(const struct debugger *d, uint64_t pc, uint64_t outer)
{
    struct scopes in, of;
    struct symbols_view view = debugger_view(d);
    unsigned first, end, own;
    if (!scopes_at(d->symbols, &view, pc, &in) || !scopes_at(d->symbols, &view, outer, &of) || !scopes_function(&of, 0, &first, &own))
        return false;
    for (unsigned i = 0; scopes_function(&in, i, &first, &end); i++)
        if (dwarf_dieoffset(&in.die[end - 1]) == dwarf_dieoffset(&of.die[own - 1]))
            return i > 0;
    return false;
}

/* The numbers of files count from 1 before DWARF 5, and from 0 since; libdw hides that behind dwarf_getsrcfiles(). */
bool inlined_call_line(const struct debugger *d, uint64_t pc, unsigned nth, struct source_line *out)
{
    struct scopes s;
    struct symbols_view view = debugger_view(d);
    uint64_t line, file;
    unsigned first, end;
    Dwarf_Files *files;
    size_t count;
    if (!scopes_at(d->symbols, &view, pc, &s) || !scopes_function(&s, nth, &first, &end) || !end)
        return false;
    Dwarf_Die *function = &s.die[end - 1], unit = s.die[s.count - 1];
    if (dwarf_tag(function) != DW_TAG_inlined_subroutine || !scopes_number(function, DW_AT_call_line, &line) ||
        !scopes_number(function, DW_AT_call_file, &file) || dwarf_getsrcfiles(&unit, &files, &count) != 0 || file >= count)
        return false;
    const char *path = dwarf_filesrc(files, file, NULL, NULL);
    if (!path)
        return false;
    *out = (struct source_line){.line = (unsigned)line};
    symbols_path(path, out->file);
    return true;
}
#else

unsigned inlined_calls(const struct debugger *d, uint64_t pc)
{
    (void)d, (void)pc;
    return 0;
}

bool inlined_into(const struct debugger *d, uint64_t pc, uint64_t outer)
{
    (void)d, (void)pc, (void)outer;
    return false;
}

bool inlined_call_line(const struct debugger *d, uint64_t pc, unsigned nth, struct source_line *out)
{
    (void)d, (void)pc, (void)nth, (void)out;
    return false;
}
#endif
