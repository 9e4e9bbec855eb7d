/* ctype.h - types of C as DWARF has them: their sizes, their names as C writes them, their members. A type is its DIE; NULL is void. */
#ifndef TRAPEZE_MONITOR_DEBUG_CTYPE_H
#define TRAPEZE_MONITOR_DEBUG_CTYPE_H

#ifdef TRAPEZE_DWARF
#include "monitor/debug/scopes.h"

#include <stdio.h>

enum { CTYPE_DEPTH = 24 }; /* types within types that are followed */

bool ctype_of(const Dwarf_Die *die, Dwarf_Die *type);    /* DW_AT_type; false: void, or none */
bool ctype_strip(const Dwarf_Die *type, Dwarf_Die *out); /* without typedef, const, volatile, ...; false: void, or damaged */
bool ctype_size(const Dwarf_Die *type, uint64_t *size);  /* false: not known */
bool ctype_is_text(const Dwarf_Die *type);               /* one byte: char, or a typedef of it */
bool ctype_is_signed(const Dwarf_Die *stripped);
bool ctype_is_aggregate(const Dwarf_Die *stripped); /* struct, union, array */
/* The element of an array of several dimensions is an array: *rest dimensions of it are left. */
struct ctype_array {
    Dwarf_Die element;
    unsigned dimensions;
    uint64_t count[8];
    uint64_t size; /* of an element */
};
bool ctype_array(const Dwarf_Die *array, struct ctype_array *);
/* Of `struct { unsigned a : 5, b : 3; union { int x; char y; }; }` the members, one after the other:
 *
 *     name   offset   bit_offset   bit_size
 *     a      0        0            5
 *     b      0        5            3
 *     NULL   4        0            0        the union; ctype_find_member() finds x and y in it, at offset 4 */
struct ctype_member {
    Dwarf_Die die, type;
    const char *name; /* NULL: an anonymous struct or union */
    uint64_t offset;
    unsigned bit_offset, bit_size; /* bit_size 0: no bit field; bit_offset from `offset` on */
};
bool ctype_member(const Dwarf_Die *structure, bool first, struct ctype_member *);
/* The member of that name, also inside of anonymous ones; its offset counts from the outermost. */
bool ctype_find_member(const Dwarf_Die *structure, const char *name, struct ctype_member *);
/* struct NAME, union NAME, enum NAME, or a typedef NAME, or a base type, anywhere in the program. */
bool ctype_named(const struct symbols *, const char *keyword, const char *name, Dwarf_Die *out);

void ctype_print(FILE *, const Dwarf_Die *type /* NULL: void */);  /* "struct process *" */
void ctype_expand(FILE *, const Dwarf_Die *type /* NULL: void */); /* as ptype: members, too */
#endif

#endif
