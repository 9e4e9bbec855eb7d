/* scopes.c - see scopes.h. */
#include "monitor/debug/scopes.h"

#ifdef TRAPEZE_DWARF
#include <string.h>

/* Siblings follow each other in the file: a link that leads back would be walked forever. */
bool scopes_child(const Dwarf_Die *parent, bool first, Dwarf_Die *child)
{
    Dwarf_Die next;
    if (first)
        return dwarf_child((Dwarf_Die *)(uintptr_t)parent, child) == 0;
    Dwarf_Off before = dwarf_dieoffset(child);
    if (dwarf_siblingof(child, &next) != 0 || dwarf_dieoffset(&next) <= before)
        return false;
    *child = next;
    return true;
}

static bool attribute(const Dwarf_Die *die, unsigned name, Dwarf_Attribute *a)
{
    return dwarf_attr_integrate((Dwarf_Die *)(uintptr_t)die, name, a) != NULL;
}

const char *scopes_name(const Dwarf_Die *die)
{
    Dwarf_Attribute a;
    return attribute(die, DW_AT_name, &a) ? dwarf_formstring(&a) : NULL;
}

bool scopes_number(const Dwarf_Die *die, unsigned name, uint64_t *out)
{
    Dwarf_Attribute a;
    Dwarf_Word word;
    if (!attribute(die, name, &a) || dwarf_formudata(&a, &word) != 0)
        return false;
    *out = word;
    return true;
}

bool scopes_flag(const Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute a;
    bool on;
    return dwarf_attr((Dwarf_Die *)(uintptr_t)die, name, &a) && dwarf_formflag(&a, &on) == 0 && on;
}

/* --- from the outside to the inside */

static bool is_scope(const Dwarf_Die *die)
{
    int tag = dwarf_tag((Dwarf_Die *)(uintptr_t)die);
    return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block;
}

static bool inner(const Dwarf_Die *outer, uint64_t pc, Dwarf_Die *out)
{
    for (bool more = scopes_child(outer, true, out); more; more = scopes_child(outer, false, out))
        if (is_scope(out) && dwarf_haspc(out, pc) > 0)
            return true;
    return false;
}

static bool unit_at(const struct symbol_file *f, uint64_t pc, Dwarf_Die *out)
{
    Dwarf_CU *unit = NULL;
    while (f->dwarf && dwarf_get_units(f->dwarf, unit, &unit, NULL, NULL, out, NULL) == 0)
        if (dwarf_haspc(out, pc) > 0)
            return true;
    return false;
}

/* The way in is found from the outside, the list wanted from the inside:
 *
 *     unit kernel.c > kernel_main > { block > inlined put > { block      die[0] the innermost block ... die[4] the unit */
bool scopes_at(const struct symbols *s, const struct symbols_view *v, uint64_t pc, struct scopes *out)
{
    for (const struct symbol_file *f = s->files; f; f = f->next) {
        Dwarf_Die path[SCOPES_MAX];
        unsigned n = 1;
        if (!symbol_file_fits(f, v) || !unit_at(f, pc - f->binding.offset, &path[0]))
            continue;
        while (n < SCOPES_MAX && inner(&path[n - 1], pc - f->binding.offset, &path[n]))
            n++;
        *out = (struct scopes){.file = f, .pc = pc - f->binding.offset, .count = n};
        for (unsigned i = 0; i < n; i++)
            out->die[i] = path[n - 1 - i];
        return true;
    }
    return false;
}

/* In the example above, with index 0 [0, 2): the block and put; with index 1 [2, 4): the outer block and kernel_main. */
bool scopes_function(const struct scopes *s, unsigned index, unsigned *first, unsigned *end)
{
    *first = 0;
    for (unsigned i = 0; i + 1 < s->count; i++) {
        int tag = dwarf_tag((Dwarf_Die *)(uintptr_t)&s->die[i]);
        if (tag != DW_TAG_subprogram && tag != DW_TAG_inlined_subroutine)
            continue;
        *end = i + 1;
        if (index-- == 0)
            return true;
        *first = i + 1;
    }
    return false;
}

unsigned scopes_inlined(const struct scopes *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->count; i++)
        n += dwarf_tag((Dwarf_Die *)(uintptr_t)&s->die[i]) == DW_TAG_inlined_subroutine;
    return n;
}

/* --- globals */

static bool unit_variable(const Dwarf_Die *unit, const char *name, Dwarf_Die *out)
{
    for (bool more = scopes_child(unit, true, out); more; more = scopes_child(unit, false, out)) {
        const char *is = dwarf_tag(out) == DW_TAG_variable && !scopes_flag(out, DW_AT_declaration) ? scopes_name(out) : NULL;
        if (is && strcmp(is, name) == 0)
            return true;
    }
    return false;
}

/* Of one's own unit first, for a static variable there hides those of other files; then of files that are for the
 * present mode and space; then of any: a person may ask for a variable of the kernel while its program runs. */
bool scopes_global(const struct symbols *s, const struct symbols_view *v, const struct scopes *here, const char *name, Dwarf_Die *out,
                   const struct symbol_file **file)
{
    if (here && unit_variable(&here->die[here->count - 1], name, out)) {
        *file = here->file;
        return true;
    }
    for (int fits = 1; fits >= 0; fits--)
        for (const struct symbol_file *f = s->files; f; f = f->next) {
            Dwarf_CU *unit = NULL;
            Dwarf_Die die;
            while (symbol_file_fits(f, v) == fits && f->dwarf && dwarf_get_units(f->dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
                if (unit_variable(&die, name, out)) {
                    *file = f;
                    return true;
                }
        }
    return false;
}
#endif
