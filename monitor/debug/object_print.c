/* object_print.c - objects for commands: one by its path, its type, all of a frame. */
#include "monitor/debug/object_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef TRAPEZE_DWARF

static int parse_whole(struct debugger *d, const char *path, struct object *o, const char **rest, struct error *e)
{
    struct frame f;
    struct object_view v;
    frame_selected(d, &f);
    object_view(d, &f, &v);
    return object_parse(&v, path, rest, o, e);
}

/* One lost byte makes a number no number; a struct is shown with what is left of it (object_write.c). */
static bool is_lost(const struct object *o)
{
    for (uint64_t i = 0; o->lost && i < o->size; i++)
        if (o->lost[i])
            return true;
    return !o->bytes && !o->in_memory;
}

/* A type as expressions have it. Of a pointer to a struct the size counts, for arithmetic; the levels of * are bounded. */
static struct value_type value_type_of(const Dwarf_Die *type)
{
    Dwarf_Die is, to;
    uint64_t size = 1;
    struct value_type t = {8, true, 0};
    if (!ctype_strip(type, &is))
        return t;
    while (dwarf_tag(&is) == DW_TAG_pointer_type && t.pointers < 8) {
        t.pointers++;
        if (!ctype_of(&is, &to) || !ctype_strip(&to, &is))
            return (struct value_type){1, false, t.pointers};
    }
    (void)!ctype_size(&is, &size);
    t.size = size && size <= UINT32_MAX ? (uint32_t)size : 1;
    t.is_signed = ctype_is_signed(&is);
    return t;
}

static bool fits_number(uint64_t size) { return size == 1 || size == 2 || size == 4 || size == 8; }

/* What of an object can take part in arithmetic: a scalar is its value, an array the address of its first element, a
 * cast the address; a struct is nothing, and what is optimized out is refused, since 0 would be a lie. */
static int number_of(struct debugger *d, struct object *o, const char *path, struct value *out, struct error *e)
{
    Dwarf_Die is;
    if (o->is_cast) {
        *out = (struct value){o->address, {o->size && o->size <= UINT32_MAX ? (uint32_t)o->size : 1, false, 1}};
        return 0;
    }
    if (o->is_void || !ctype_strip(&o->type, &is))
        return error_set(e, EINVAL, "'%.60s' has no complete type", path);
    if (dwarf_tag(&is) == DW_TAG_array_type && o->in_memory) { /* it stands for the address of its first element */
        Dwarf_Die element;
        *out = (struct value){o->address, ctype_of(&is, &element) ? value_type_of(&element) : (struct value_type){1, false, 0}};
        out->type.pointers++;
        return 0;
    }
    if (ctype_is_aggregate(&is))
        return error_set(e, EINVAL, "'%.60s' is a struct, and no number", path);
    if (is_lost(o))
        return error_set(e, EINVAL, "'%.60s' has been optimized out", path);
    int r = object_load(d, o, e);
    if (r)
        return r;
    out->bits = object_bits(o);
    out->type = value_type_of(&o->type);
    if (!out->type.pointers && !fits_number(out->type.size))
        out->type.size = 8;
    return 0;
}

int object_value(struct debugger *d, const char *path, bool address, struct value *out, struct error *e)
{
    struct object o;
    const char *rest;
    int r = parse_whole(d, path, &o, &rest, e);
    if (r)
        return r;
    if (*rest)
        r = error_set(e, EINVAL, "'%.40s' is not understood behind '%.40s'", rest, path);
    else if (!address)
        r = number_of(d, &o, path, out, e);
    else if (!o.in_memory || o.bit_size)
        r = error_set(e, EINVAL, "Can't take address of \"%.60s\" which isn't an lvalue.", path);
    else {
        *out = (struct value){o.address, o.is_void ? (struct value_type){1, false, 0} : value_type_of(&o.type)};
        out->type.pointers++;
    }
    object_release(&o);
    return r;
}

/* "&x": the type's name with a star, and the address. */
static int print_address(struct debugger *d, const char *path, const struct format *f, FILE *out, struct value *value, struct error *e)
{
    struct object o;
    const char *rest;
    char symbol[96], text[FORMAT_TEXT];
    int r = parse_whole(d, path, &o, &rest, e);
    if (r)
        return r;
    bool lies = o.in_memory && !o.bit_size;
    uint64_t at = o.address;
    if (*rest || !lies) {
        object_release(&o);
        return *rest ? -ENOTSUP : error_set(e, EINVAL, "Can't take address of \"%.60s\" which isn't an lvalue.", path);
    }
    *value = (struct value){at, {8, false, 0}};
    if (f->letter) {
        format_number(f->letter, 8, at, false, text, sizeof text);
        fputs(text, out);
    } else {
        char *name = NULL;
        size_t size;
        FILE *m = open_memstream(&name, &size);
        if (m) {
            ctype_print(m, o.is_void ? NULL : &o.type);
            fclose(m);
        }
        const char *bracket = name ? strchr(name, '[') : NULL;
        size_t before = bracket ? (size_t)(bracket - name) : name ? strlen(name) : 0;
        bool spaced = before && (name[before - 1] == ' ' || name[before - 1] == '*');
        fprintf(out, "(%.*s%s%s%s) 0x%llx", (int)before, name ? name : "", spaced ? "" : " ", bracket ? "(*)" : "*",
                bracket ? bracket : "", (unsigned long long)at);
        if (*debugger_symbol(d, at, symbol, sizeof symbol))
            fprintf(out, " %s", symbol);
        free(name);
    }
    object_release(&o);
    return 0;
}

/* The value goes into the history as a number where it is one. Of a struct it is the address, so that x $ shows its
 * bytes. */
int object_print(struct debugger *d, const char *path, const struct format *f, FILE *out, struct value *value, struct error *e)
{
    struct object o;
    struct error ignored;
    const char *rest;
    path += strspn(path, " \t");
    if (*path == '&')
        return print_address(d, path + 1, f, out, value, e);
    int r = parse_whole(d, path, &o, &rest, e);
    if (r)
        return r;
    if (*rest)
        r = -ENOTSUP; /* more than a path: the caller knows what to do */
    if (r == 0 && !o.is_cast)
        r = object_load(d, &o, e);
    if (r == 0) {
        object_write(d, &o, f, true, out);
        if (number_of(d, &o, path, value, &ignored) != 0)
            *value = (struct value){o.address, {8, false, 0}};
    }
    object_release(&o);
    return r;
}

int object_type(struct debugger *d, const char *text, bool expand, FILE *out, struct error *e)
{
    struct object o = {0};
    const char *rest = text;
    Dwarf_Die type;
    unsigned pointers = 0;
    bool is_type = object_parse_type(d, &rest, &type, &pointers) && !*rest;
    int r = 0;
    if (!is_type)
        r = parse_whole(d, text, &o, &rest, e);
    if (r == 0 && *rest)
        r = error_set(e, EINVAL, "'%.40s' is not understood behind a variable", rest);
    bool named = is_type && !pointers && dwarf_tag(&type) == DW_TAG_typedef; /* of a type's name gdb says what it stands for */
    Dwarf_Die meant;
    if (named && ctype_of(&type, &meant))
        type = meant;
    if (r == 0 && expand)
        ctype_expand(out, is_type ? &type : o.is_void ? NULL : &o.type);
    else if (r == 0)
        ctype_print(out, is_type ? &type : o.is_void ? NULL : &o.type);
    if (r == 0 && (pointers || o.is_cast)) {
        fputc(' ', out);
        for (unsigned i = 0; i < pointers + o.is_cast && i < 8; i++)
            fputc('*', out);
    }
    object_release(&o);
    return r;
}

/* --- all of a frame */

static bool is_aggregate(const struct object *o)
{
    Dwarf_Die is;
    return !o->is_void && ctype_strip(&o->type, &is) && ctype_is_aggregate(&is);
}

static void write_variable(const struct object_view *v, Dwarf_Die *die, const struct object_style *style, FILE *out)
{
    struct object o;
    struct error e;
    struct format plain = {0};
    fprintf(out, "%s%s", scopes_name(die), style->equals);
    int r = location_find(v, v->scopes.file, die, &o, &e);
    bool brief = style->scalars && is_aggregate(&o);
    if (r == 0 && !brief)
        r = object_load(v->d, &o, &e);
    if (brief)
        fputs("...", out);
    else if (r == -EFAULT)
        fprintf(out, "<error: Cannot access memory at address 0x%llx>", (unsigned long long)o.address);
    else if (r)
        fprintf(out, "<%s>", e.text);
    else
        object_write(v->d, &o, &plain, false, out);
    object_release(&o);
}

/* For a backtrace (arguments, "a=1, b=..." in one line) and for `info locals` (a line each). Of the innermost block
 * first: a name that occurs twice is shown twice, and the first is the one that the program means. */
unsigned object_each(struct debugger *d, const struct frame *f, enum object_group group, const struct object_style *style, FILE *out)
{
    struct object_view v;
    Dwarf_Die die;
    unsigned n = 0;
    int wanted = group == OBJECT_ARGUMENTS ? DW_TAG_formal_parameter : DW_TAG_variable;
    if (!about_calls(debugger_isa(d)))
        return 0;
    object_view(d, f, &v);
    for (unsigned i = v.first; v.has_scopes && i < v.end; i++)
        for (bool more = scopes_child(&v.scopes.die[i], true, &die); more; more = scopes_child(&v.scopes.die[i], false, &die)) {
            if (dwarf_tag(&die) != wanted || !scopes_name(&die) || scopes_flag(&die, DW_AT_declaration))
                continue;
            fputs(n++ ? style->separator : "", out);
            write_variable(&v, &die, style, out);
        }
    return n;
}

/* --- functions */

const char *object_function(const struct debugger *d, const struct frame *f)
{
    struct object_view v;
    if (!about_calls(debugger_isa(d)))
        return NULL;
    object_view((struct debugger *)(uintptr_t)d, f, &v);
    return v.has_scopes && v.end ? scopes_name(&v.scopes.die[v.end - 1]) : NULL;
}

#else

bool object_is_name(const struct debugger *d, const char *name)
{
    (void)d, (void)name;
    return false;
}

bool object_is_path(const struct debugger *d, const char *text)
{
    (void)d, (void)text;
    return false;
}

static int none(struct error *e)
{
    return error_set(e, ENOTSUP, "this trapeze was built without libdw, which reads what is known of variables");
}

int object_print(struct debugger *d, const char *path, const struct format *f, FILE *out, struct value *value, struct error *e)
{
    (void)d, (void)path, (void)f, (void)out, (void)value;
    return none(e);
}

int object_value(struct debugger *d, const char *path, bool address, struct value *value, struct error *e)
{
    (void)d, (void)path, (void)address, (void)value;
    return none(e);
}

int object_type(struct debugger *d, const char *text, bool expand, FILE *out, struct error *e)
{
    (void)d, (void)text, (void)expand, (void)out;
    return none(e);
}

unsigned object_each(struct debugger *d, const struct frame *f, enum object_group group, const struct object_style *style, FILE *out)
{
    (void)d, (void)f, (void)group, (void)style, (void)out;
    return 0;
}

const char *object_function(const struct debugger *d, const struct frame *f)
{
    (void)d, (void)f;
    return NULL;
}
#endif
