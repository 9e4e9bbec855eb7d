/* scopes.h - what the compiler wrote of the program (DWARF): which functions, inlined calls and blocks an address lies in, and the
 * variables in them. Only where libdw is; every walk has a bound, for files may say anything. */
#ifndef TRAPEZE_MONITOR_DEBUG_SCOPES_H
#define TRAPEZE_MONITOR_DEBUG_SCOPES_H

#ifdef TRAPEZE_DWARF
#include "monitor/debug/symbols_private.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

enum { SCOPES_MAX = 64 };

/* Innermost first; the last one is the unit. */
struct scopes {
    const struct symbol_file *file;
    uint64_t pc; /* in the file's own addresses */
    unsigned count;
    Dwarf_Die die[SCOPES_MAX];
};

/* false: no unit has this address. */
bool scopes_at(const struct symbols *, const struct symbols_view *, uint64_t pc, struct scopes *);
/* Functions, inlined ones first: [*first, *end) of the scopes belong to function `index`; the last of them is it. false: there are not so
 * many. */
bool scopes_function(const struct scopes *, unsigned index, unsigned *first, unsigned *end);

unsigned scopes_inlined(const struct scopes *); /* how many of the functions are inlined */

/* The DIEs below a parent: begin with `first` true. false at the end, or where the file is damaged. */
bool scopes_child(const Dwarf_Die *parent, bool first, Dwarf_Die *child);
const char *scopes_name(const Dwarf_Die *); /* NULL: none */
bool scopes_number(const Dwarf_Die *, unsigned attribute, uint64_t *);
bool scopes_flag(const Dwarf_Die *, unsigned attribute);

/* A variable outside of functions: of the unit first, then of any that fits. */
bool scopes_global(const struct symbols *, const struct symbols_view *, const struct scopes *here /* NULL: nowhere */,
                   const char *name, Dwarf_Die *out, const struct symbol_file **file);
#endif

#endif
