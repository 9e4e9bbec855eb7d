/* object.c - see object.h: finding objects by their names, and reading them. Their paths: object_path.c. */
#include "monitor/debug/object_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef TRAPEZE_DWARF

void object_release(struct object *o)
{
    free(o->bytes);
    free(o->lost);
    o->bytes = o->lost = NULL;
}

/* A return address lies behind the call, which may be the last instruction of its function. */
static uint64_t lookup_pc(const struct frame *f) { return f->regs.pc - (f->level > 0); }

/* A frame in which others were inlined has one set of registers and several functions: [first, end) are the scopes of
 * the one meant, so that names of the inlined function are not seen from the outer one. */
void object_view(struct debugger *d, const struct frame *frame, struct object_view *v)
{
    struct symbols_view view = debugger_view(d);
    *v = (struct object_view){.d = d, .frame = *frame};
    v->has_scopes = scopes_at(d->symbols, &view, lookup_pc(frame), &v->scopes);
    if (v->has_scopes && !scopes_function(&v->scopes, frame->inlined, &v->first, &v->end))
        v->first = v->end = 0;
    v->has_cfa = frame_cfa(d, frame, &v->cfa);
}

int object_load(const struct debugger *d, struct object *o, struct error *e)
{
    if (o->bytes || !o->in_memory)
        return 0;
    if (o->size > OBJECT_MAX)
        return error_set(e, EFBIG, "value requires %llu bytes, which is more than %d: an element of it can be shown",
                         (unsigned long long)o->size, OBJECT_MAX);
    o->bytes = calloc(1, o->size ? (size_t)o->size : 1);
    if (!o->bytes)
        return error_set(e, ENOMEM, "there is not enough memory for the value");
    int r = debugger_read(d, SPACE_VIRTUAL, o->address, o->bytes, o->size, e);
    if (r)
        object_release(o);
    return r;
}

/* Little-endian, as all machines here are. A bit field b : 3 at bit_offset 5, in a byte 0xa7 = 101 00111, is 101: 5, or
 * -3 if it is signed. */
uint64_t object_bits(const struct object *o)
{
    Dwarf_Die is;
    uint64_t bits = 0;
    size_t n = o->size < 8 ? (size_t)o->size : 8;
    if (!o->bytes || n == 0)
        return 0;
    memcpy(&bits, o->bytes, n);
    bool is_signed = !o->is_void && ctype_strip(&o->type, &is) && ctype_is_signed(&is);
    unsigned width = 8 * (unsigned)n, low = 0;
    if (o->bit_size) {
        low = o->bit_offset;
        width = o->bit_size;
    }
    if (low + width > 64)
        return 0;
    if (width < 64)
        bits = bits_get(bits, low, width);
    return is_signed && width < 64 ? (uint64_t)sign_extend(bits, width) : bits;
}

/* --- names */

static bool is_variable(const Dwarf_Die *die)
{
    int tag = dwarf_tag((Dwarf_Die *)(uintptr_t)die);
    return tag == DW_TAG_variable || tag == DW_TAG_formal_parameter;
}

static bool local(const struct object_view *v, const char *name, Dwarf_Die *out)
{
    for (unsigned i = v->first; v->has_scopes && i < v->end; i++)
        for (bool more = scopes_child(&v->scopes.die[i], true, out); more; more = scopes_child(&v->scopes.die[i], false, out)) {
            const char *is = is_variable(out) && !scopes_flag(out, DW_AT_declaration) ? scopes_name(out) : NULL;
            if (is && strcmp(is, name) == 0)
                return true;
        }
    return false;
}

/* An enumerator of the unit: the type and its number. */
static bool enumerator(const struct object_view *v, const char *name, Dwarf_Die *type, uint64_t *number)
{
    const Dwarf_Die *unit = v->has_scopes ? &v->scopes.die[v->scopes.count - 1] : NULL;
    Dwarf_Die e;
    for (bool more = unit && scopes_child(unit, true, type); more; more = scopes_child(unit, false, type)) {
        if (dwarf_tag(type) != DW_TAG_enumeration_type)
            continue;
        for (bool next = scopes_child(type, true, &e); next; next = scopes_child(type, false, &e)) {
            const char *is = scopes_name(&e);
            if (is && strcmp(is, name) == 0 && scopes_number(&e, DW_AT_const_value, number))
                return true;
        }
    }
    return false;
}

static int constant(const Dwarf_Die *type, uint64_t number, struct object *o, struct error *e)
{
    *o = (struct object){.type = *type, .size = 4};
    (void)!ctype_size(type, &o->size);
    o->size = o->size <= 8 ? o->size : 8;
    o->bytes = calloc(1, 8);
    if (!o->bytes)
        return error_set(e, ENOMEM, "there is not enough memory for the value");
    memcpy(o->bytes, &number, sizeof number);
    return 0;
}

/* From the inside out, as C looks names up: blocks of the function and its parameters, enumerators and variables of the
 * unit, then variables of other units. */
int object_by_name(struct object_view *v, const char *name, struct object *o, struct error *e)
{
    struct symbols_view view = debugger_view(v->d);
    Dwarf_Die die;
    uint64_t number;
    const struct symbol_file *file = v->scopes.file;
    if (local(v, name, &die))
        return location_find(v, file, &die, o, e);
    if (enumerator(v, name, &die, &number))
        return constant(&die, number, o, e);
    if (scopes_global(v->d->symbols, &view, v->has_scopes ? &v->scopes : NULL, name, &die, &file))
        return location_find(v, file, &die, o, e);
    return -ENOENT;
}

static void selected_view(const struct debugger *d, struct object_view *v)
{
    struct frame f;
    struct debugger *all = (struct debugger *)(uintptr_t)d;
    frame_selected(all, &f);
    object_view(all, &f, v);
}

bool object_is_name(const struct debugger *d, const char *name)
{
    struct object_view v;
    struct symbols_view view = debugger_view(d);
    const struct symbol_file *file;
    Dwarf_Die die;
    uint64_t number;
    if (!about_calls(debugger_isa(d)))
        return false;
    selected_view(d, &v);
    return local(&v, name, &die) || enumerator(&v, name, &die, &number) ||
           scopes_global(d->symbols, &view, v.has_scopes ? &v.scopes : NULL, name, &die, &file);
}
#endif
