/* ctype_name.c - types in C's own words: the name of one, and all of it as gdb's ptype shows it. */
#include "monitor/debug/ctype.h"

#ifdef TRAPEZE_DWARF
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DECLARATOR = 256, PARAMETERS = 32 };

static int tag_of(const Dwarf_Die *die) { return dwarf_tag((Dwarf_Die *)(uintptr_t)die); }

/* C writes types from the inside out and DWARF keeps them from the outside in. So the name grows on the way: each link
 * wraps what stands around the name so far, the declarator, and the base type at the end is written in front of it. For
 * an array of 4 pointers to functions:
 *
 *     type                      declarator                 written
 *     array [4] of              "[4]"
 *     pointer to                "*[4]"
 *     function (int) returning  "(*[4])(int)"
 *     void                                                 void (*[4])(int) */
static void name_into(FILE *f, const Dwarf_Die *type, const char *declarator, unsigned depth);

static void keyword_name(FILE *f, const Dwarf_Die *type, const char *keyword)
{
    const char *name = scopes_name(type);
    fprintf(f, "%s %s", keyword, name ? name : "{...}");
}

/* The parameters of a function: "(int, char *)". */
static void parameters(char *out, size_t room, const Dwarf_Die *function, unsigned depth)
{
    Dwarf_Die p, type;
    char *text = NULL;
    size_t size;
    unsigned n = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return;
    fputc('(', f);
    for (bool more = scopes_child(function, true, &p); more && n < PARAMETERS; more = scopes_child(function, false, &p)) {
        int tag = tag_of(&p);
        if (tag != DW_TAG_formal_parameter && tag != DW_TAG_unspecified_parameters)
            continue;
        fputs(n++ ? ", " : "", f);
        if (tag == DW_TAG_unspecified_parameters)
            fputs("...", f);
        else
            name_into(f, ctype_of(&p, &type) ? &type : NULL, "", depth + 1);
    }
    if (n == 0)
        fputs("void", f);
    fputc(')', f);
    fclose(f);
    snprintf(out, room, "%s", text ? text : "()");
    free(text);
}

/* [] binds tighter than *: a pointer to an array is (*)[4], where *[4] would be an array of pointers. */
static void array_name(FILE *f, const Dwarf_Die *type, const char *declarator, unsigned depth)
{
    struct ctype_array a;
    char inner[DECLARATOR];
    int n = snprintf(inner, sizeof inner, *declarator == '*' ? "(%s)" : "%s", declarator);
    if (!ctype_array(type, &a))
        return;
    for (unsigned i = 0; i < a.dimensions && n < (int)sizeof inner; i++)
        n += snprintf(inner + n, sizeof inner - (size_t)n, a.count[i] ? "[%" PRIu64 "]" : "[]", a.count[i]);
    name_into(f, &a.element, inner, depth + 1);
}

static void function_name(FILE *f, const Dwarf_Die *type, const char *declarator, unsigned depth)
{
    char inner[DECLARATOR], list[DECLARATOR];
    Dwarf_Die result;
    parameters(list, sizeof list, type, depth);
    snprintf(inner, sizeof inner, *declarator ? "(%.100s)%.140s" : "%.100s%.140s", declarator, list);
    name_into(f, ctype_of(type, &result) ? &result : NULL, inner, depth + 1);
}

static void pointer_name(FILE *f, const Dwarf_Die *type, const char *declarator, unsigned depth)
{
    char inner[DECLARATOR];
    Dwarf_Die to;
    snprintf(inner, sizeof inner, "*%.250s", declarator);
    name_into(f, ctype_of(type, &to) ? &to : NULL, inner, depth + 1);
}

/* const and its like stand before what they qualify, but behind a pointer. */
static void qualified_name(FILE *f, const Dwarf_Die *type, const char *word, const char *declarator, unsigned depth)
{
    Dwarf_Die of;
    char inner[DECLARATOR];
    bool known = ctype_of(type, &of);
    if (known && tag_of(&of) == DW_TAG_pointer_type) {
        Dwarf_Die to;
        snprintf(inner, sizeof inner, "* %s%s%.200s", word, *declarator ? " " : "", declarator);
        name_into(f, ctype_of(&of, &to) ? &to : NULL, inner, depth + 1);
        return;
    }
    fprintf(f, "%s ", word);
    name_into(f, known ? &of : NULL, declarator, depth + 1);
}

static void plain_name(FILE *f, const Dwarf_Die *type)
{
    const char *name = scopes_name(type);
    switch (tag_of(type)) {
    case DW_TAG_structure_type: keyword_name(f, type, "struct"); break;
    case DW_TAG_union_type: keyword_name(f, type, "union"); break;
    case DW_TAG_enumeration_type: keyword_name(f, type, "enum"); break;
    default: fputs(name ? name : "<unnamed type>", f);
    }
}

static void name_into(FILE *f, const Dwarf_Die *type, const char *declarator, unsigned depth)
{
    if (depth > CTYPE_DEPTH) {
        fputs("...", f);
        return;
    }
    switch (type ? tag_of(type) : 0) {
    case 0: fputs("void", f); break;
    case DW_TAG_pointer_type: pointer_name(f, type, declarator, depth); return;
    case DW_TAG_array_type: array_name(f, type, declarator, depth); return;
    case DW_TAG_subprogram:
    case DW_TAG_subroutine_type: function_name(f, type, declarator, depth); return;
    case DW_TAG_const_type: qualified_name(f, type, "const", declarator, depth); return;
    case DW_TAG_volatile_type: qualified_name(f, type, "volatile", declarator, depth); return;
    case DW_TAG_restrict_type: qualified_name(f, type, "restrict", declarator, depth); return;
    case DW_TAG_atomic_type: qualified_name(f, type, "_Atomic", declarator, depth); return;
    default: plain_name(f, type);
    }
    if (*declarator)
        fprintf(f, " %s", declarator);
}

void ctype_print(FILE *f, const Dwarf_Die *type) { name_into(f, type, "", 0); }

/* --- ptype */

static void members(FILE *f, const Dwarf_Die *structure, unsigned indent, unsigned depth);

static void expand_aggregate(FILE *f, const Dwarf_Die *type, unsigned indent, unsigned depth)
{
    const char *name = scopes_name(type);
    fprintf(f, "%s %s%s{", tag_of(type) == DW_TAG_union_type ? "union" : "struct", name ? name : "", name ? " " : "");
    fputc('\n', f);
    members(f, type, indent + 4, depth + 1);
    fprintf(f, "%*s}", (int)indent, "");
}

/* As gdb has it: a number stands only where it is not one more than that before. "enum state {FREE, READY = 4, RUNNING}" */
static void expand_enum(FILE *f, const Dwarf_Die *type)
{
    Dwarf_Die e;
    const char *name = scopes_name(type);
    uint64_t next = 0;
    bool any = false;
    fprintf(f, "enum %s%s{", name ? name : "", name ? " " : "");
    for (bool more = scopes_child(type, true, &e); more; more = scopes_child(type, false, &e)) {
        uint64_t value;
        if (tag_of(&e) != DW_TAG_enumerator || !scopes_number(&e, DW_AT_const_value, &value))
            continue;
        fprintf(f, "%s%s", any ? ", " : "", scopes_name(&e) ? scopes_name(&e) : "?");
        if (value != next)
            fprintf(f, " = %" PRId64, (int64_t)value);
        next = value + 1;
        any = true;
    }
    fputc('}', f);
}

/* An anonymous struct or union is shown where it stands; a named one by its name. */
static void members(FILE *f, const Dwarf_Die *structure, unsigned indent, unsigned depth)
{
    struct ctype_member m;
    for (bool more = ctype_member(structure, true, &m); more; more = ctype_member(structure, false, &m)) {
        Dwarf_Die is;
        char declarator[DECLARATOR];
        bool known = ctype_strip(&m.type, &is);
        int tag = known ? tag_of(&is) : 0;
        bool unnamed =
            known && tag_of(&m.type) == tag && (tag == DW_TAG_structure_type || tag == DW_TAG_union_type) && !scopes_name(&is);
        fprintf(f, "%*s", (int)indent, "");
        if (unnamed && depth < CTYPE_DEPTH) {
            expand_aggregate(f, &is, indent, depth);
            fprintf(f, "%s%s", m.name ? " " : "", m.name ? m.name : "");
        } else {
            snprintf(declarator, sizeof declarator, "%.200s", m.name ? m.name : "");
            name_into(f, &m.type, declarator, 0);
        }
        if (m.bit_size)
            fprintf(f, " : %u", m.bit_size);
        fputs(";\n", f);
    }
}

/* Without typedef, its qualifiers noted. */
static bool unalias(const Dwarf_Die *type, Dwarf_Die *out, bool *is_const, bool *is_volatile)
{
    *out = *type;
    for (unsigned depth = 0; depth < CTYPE_DEPTH; depth++) {
        Dwarf_Die inner;
        int tag = tag_of(out);
        if (tag != DW_TAG_typedef && tag != DW_TAG_const_type && tag != DW_TAG_volatile_type)
            return true;
        *is_const |= tag == DW_TAG_const_type;
        *is_volatile |= tag == DW_TAG_volatile_type;
        if (!ctype_of(out, &inner))
            return false;
        *out = inner;
    }
    return false;
}

/* What is behind a typedef is shown; a pointer's or an array's target, too. */
void ctype_expand(FILE *f, const Dwarf_Die *type)
{
    Dwarf_Die is, to;
    bool is_const = false, is_volatile = false;
    char suffix[DECLARATOR] = "";
    struct ctype_array a;
    if (!type || !unalias(type, &is, &is_const, &is_volatile)) {
        ctype_print(f, type);
        return;
    }
    for (unsigned depth = 0; depth < CTYPE_DEPTH; depth++) {
        size_t n = strlen(suffix);
        int tag = tag_of(&is);
        bool c = false, v = false;
        bool target = tag == DW_TAG_pointer_type && ctype_of(&is, &to) && unalias(&to, &to, &c, &v);
        if (target && tag_of(&to) != DW_TAG_subroutine_type && tag_of(&to) != DW_TAG_array_type)
            snprintf(suffix + n, sizeof suffix - n, "%s*", n ? "" : " ");
        else if (tag == DW_TAG_array_type && ctype_array(&is, &a) && a.dimensions == 1 && unalias(&a.element, &to, &c, &v))
            snprintf(suffix + n, sizeof suffix - n, "%s[%" PRIu64 "]", n ? "" : " ", a.count[0]);
        else
            break;
        is = to;
        is_const = c;
        is_volatile = v;
    }
    fprintf(f, "%s%s", is_const ? "const " : "", is_volatile ? "volatile " : "");
    switch (tag_of(&is)) {
    case DW_TAG_structure_type:
    case DW_TAG_union_type: expand_aggregate(f, &is, 0, 0); break;
    case DW_TAG_enumeration_type: expand_enum(f, &is); break;
    default: ctype_print(f, &is);
    }
    fputs(suffix, f);
}
#endif
