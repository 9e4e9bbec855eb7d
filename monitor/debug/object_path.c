/* object_path.c - from a path (a.b, a->b[3], *a, (struct b *)a) to the object that it names. */
#include "monitor/debug/object_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef TRAPEZE_DWARF

/* --- paths */

static size_t word(const char *at, char *out, size_t room)
{
    size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    snprintf(out, room, "%.*s", (int)(n < room ? n : room - 1), at);
    return n < room ? n : 0;
}

static const char *blanks(const char *at) { return at + strspn(at, " \t"); }

/* "struct process **" moves *text behind the stars, *pointers is 2. Where no such type is, nothing moves: then it was an
 * expression. */
bool object_parse_type(const struct debugger *d, const char **text, Dwarf_Die *type, unsigned *pointers)
{
    char first[VALUE_NAME], second[VALUE_NAME];
    const char *at = blanks(*text);
    size_t n = word(at, first, sizeof first);
    if (n == 0 || (first[0] >= '0' && first[0] <= '9'))
        return false;
    at = blanks(at + n);
    bool keyword = strcmp(first, "struct") == 0 || strcmp(first, "union") == 0 || strcmp(first, "enum") == 0;
    if (keyword) {
        n = word(at, second, sizeof second);
        at = blanks(at + n);
    }
    if ((keyword && n == 0) || !ctype_named(d->symbols, keyword ? first : "", keyword ? second : first, type))
        return false;
    for (*pointers = 0; *at == '*'; at = blanks(at + 1))
        (*pointers)++;
    *text = at;
    return true;
}

bool object_is_path(const struct debugger *d, const char *text)
{
    char name[VALUE_NAME];
    const char *at = blanks(text);
    Dwarf_Die type;
    unsigned pointers;
    if (!about_calls(debugger_isa(d)))
        return false;
    while (*at == '*' || *at == '&' || *at == '(') {
        const char *inside = at + 1;
        if (*at == '(' && object_parse_type(d, &inside, &type, &pointers) && pointers && *inside == ')')
            return true;
        at = blanks(at + 1);
    }
    return word(at, name, sizeof name) && object_is_name(d, name);
}

/* --- the parts of an object */

/* An object in memory needs to know only where the member lies; of one in registers the member's bytes are copied, and
 * which of them are lost. The file may place a member outside of its struct, which would be read beyond o->bytes: that
 * is checked first. */
static int to_member(struct object_view *v, struct object *o, const char *name, struct error *e)
{
    Dwarf_Die is;
    struct ctype_member m;
    uint64_t size = 0;
    bool known = !o->is_void && ctype_strip(&o->type, &is) && ctype_is_aggregate(&is) && dwarf_tag(&is) != DW_TAG_array_type;
    if (!known)
        return error_set(e, EINVAL, "'.%s': this is no struct or union", name);
    if (!ctype_find_member(&is, name, &m))
        return error_set(e, EINVAL, "there is no member named '%s'", name);
    (void)!ctype_size(&m.type, &size);
    if (m.bit_size)
        size = (m.bit_offset + m.bit_size + 7) / 8;
    if (m.offset > o->size || size > o->size - m.offset)
        return error_set(e, EINVAL, "the debugging information is damaged: '%s' lies outside of its struct", name);
    (void)v;
    struct object part = {.type = m.type, .size = size, .in_memory = o->in_memory, .address = o->address + m.offset};
    part.bit_offset = m.bit_offset;
    part.bit_size = m.bit_size;
    if (!o->in_memory && o->bytes) {
        part.bytes = calloc(1, size ? (size_t)size : 1);
        part.lost = calloc(1, size ? (size_t)size : 1);
        if (part.bytes)
            memcpy(part.bytes, o->bytes + m.offset, size);
        if (part.lost && o->lost)
            memcpy(part.lost, o->lost + m.offset, size);
    }
    object_release(o);
    *o = part;
    return 0;
}

/* A pointer of which a byte is lost leads nowhere: the rest of it is no address. */
static bool all_there(const struct object *o)
{
    for (uint64_t i = 0; o->lost && i < o->size; i++)
        if (o->lost[i])
            return false;
    return o->bytes || o->in_memory;
}

/* What a pointer points to. */
/* The object is replaced by what it points to. Nothing is read there yet: whoever wants the value loads it, and &p->next
 * needs none. */
static int follow(struct object_view *v, struct object *o, struct error *e)
{
    Dwarf_Die is, to;
    bool pointer = !o->is_void && ctype_strip(&o->type, &is) && dwarf_tag(&is) == DW_TAG_pointer_type;
    if (!pointer)
        return error_set(e, EINVAL, "Attempt to take contents of a non-pointer value.");
    if (!all_there(o))
        return error_set(e, EINVAL, "value has been optimized out");
    int r = object_load(v->d, o, e);
    if (r)
        return r;
    uint64_t at = object_bits(o);
    object_release(o);
    *o = (struct object){.in_memory = true, .address = at};
    if (!ctype_of(&is, &to))
        return error_set(e, EINVAL, "Attempt to take contents of a void pointer; a cast gives it a type");
    o->type = to;
    (void)!ctype_size(&to, &o->size);
    return 0;
}

/* The index is not held against the bounds where the array lies in memory: C does not do so either, and the last member
 * of a struct is often longer than it is declared. */
static int to_element(struct object_view *v, struct object *o, uint64_t index, struct error *e)
{
    Dwarf_Die is;
    struct ctype_array a;
    uint64_t size, at;
    if (o->is_void || !ctype_strip(&o->type, &is))
        return error_set(e, EINVAL, "this is no array");
    if (dwarf_tag(&is) == DW_TAG_pointer_type) {
        int r = follow(v, o, e);
        o->address += index * o->size;
        return r;
    }
    if (dwarf_tag(&is) != DW_TAG_array_type || !ctype_array(&is, &a) || !ctype_size(&a.element, &size))
        return error_set(e, EINVAL, "this is no array");
    if (a.dimensions != 1)
        return error_set(e, ENOTSUP, "elements of arrays of several dimensions are shown with the array only");
    if (__builtin_mul_overflow(size, index, &at) || (!o->in_memory && (at > o->size || size > o->size - at)))
        return error_set(e, EINVAL, "no such vector element");
    if (!o->in_memory)
        return error_set(e, ENOTSUP, "the array is in registers: it is shown as a whole only");
    object_release(o);
    *o = (struct object){.type = a.element, .size = size, .in_memory = true, .address = o->address + at};
    return 0;
}

static int subscript(struct object_view *v, struct object *o, const char **at, struct error *e)
{
    struct expression *x;
    struct value index;
    const char *rest;
    int r = debugger_parse(v->d, *at + 1, &rest, &x, e);
    if (r)
        return r;
    r = debugger_evaluate(v->d, x, &index, e);
    expression_free(x);
    if (r == 0 && *rest != ']')
        r = error_set(e, EINVAL, "']' is expected at '%.40s'", rest);
    if (r == 0)
        r = to_element(v, o, index.bits, e);
    *at = rest + 1;
    return r;
}

/* "((struct process *)$a0)" alone is an address; with "->state" behind it the object there is meant. So is_cast is
 * dropped as soon as a part is asked for. */
static int postfix(struct object_view *v, const char **text, struct object *o, struct error *e)
{
    char name[VALUE_NAME];
    const char *at = blanks(*text);
    int r = 0;
    o->is_cast &= *at == '\0';
    while (r == 0) {
        bool arrow = at[0] == '-' && at[1] == '>';
        *text = at;
        if (*at == '[') {
            r = subscript(v, o, &at, e);
        } else if (*at == '.' || arrow) {
            at = blanks(at + 1 + arrow);
            size_t n = word(at, name, sizeof name);
            if (n == 0)
                return error_set(e, EINVAL, "the name of a member is expected at '%.40s'", at);
            Dwarf_Die is;
            bool pointer = !o->is_void && ctype_strip(&o->type, &is) && dwarf_tag(&is) == DW_TAG_pointer_type;
            r = pointer ? follow(v, o, e) : 0; /* gdb takes '.' for '->', too */
            if (r == 0)
                r = to_member(v, o, name, e);
            at += n;
        } else {
            break;
        }
        at = blanks(at);
    }
    return r;
}

static int primary(struct object_view *, const char **, unsigned depth, struct object *, struct error *);

/* (struct process *)EXPRESSION: what is there need be no object. */
/* What is cast is read by the calculator, to the end of the expression: (struct process *)$a0 + 8 is the process at $a0
 * + 8, in bytes. */
static int cast(struct object_view *v, const char **text, struct object *o, bool *is_cast, struct error *e)
{
    const char *at = *text + 1;
    Dwarf_Die type;
    unsigned pointers;
    struct expression *x;
    struct value value;
    *is_cast = object_parse_type(v->d, &at, &type, &pointers) && *at == ')';
    if (!*is_cast)
        return 0;
    if (pointers != 1)
        return error_set(e, ENOTSUP, "a cast to a type of the program is to a pointer: (struct NAME *)ADDRESS");
    int r = debugger_parse(v->d, at + 1, text, &x, e);
    if (r)
        return r;
    r = debugger_evaluate(v->d, x, &value, e);
    expression_free(x);
    *o = (struct object){.type = type, .in_memory = true, .address = value.bits};
    (void)!ctype_size(&type, &o->size);
    return r;
}

/*     *ptr                   follow(ptr)
 *     **pp                   follow(follow(pp))
 *     *(struct process *)x   what the cast gives: the struct at x; the star is used up
 *     *p.next                follow(p.next): postfix binds tighter */
/* After '*': one star less is followed, for a cast gives what its pointer points to. */
static int unary(struct object_view *v, const char **text, unsigned depth, struct object *o, struct error *e)
{
    const char *at = blanks(*text);
    bool is_cast = false;
    if (depth > CTYPE_DEPTH)
        return error_set(e, EINVAL, "the expression is nested too deeply");
    if (*at != '*') {
        *text = at;
        return primary(v, text, depth, o, e);
    }
    at = blanks(at + 1);
    if (*at == '(') {
        *text = at;
        int r = cast(v, text, o, &is_cast, e);
        if (r || is_cast)
            return r;
    }
    *text = at;
    int r = unary(v, text, depth + 1, o, e);
    return r ? r : follow(v, o, e);
}

static int primary(struct object_view *v, const char **text, unsigned depth, struct object *o, struct error *e)
{
    char name[VALUE_NAME];
    const char *at = blanks(*text);
    if (*at == '(') {
        bool is_cast;
        *text = at;
        int r = cast(v, text, o, &is_cast, e);
        if (r || is_cast) {
            o->is_cast = true;
            return r;
        }
        *text = at + 1;
        r = unary(v, text, depth + 1, o, e);
        at = blanks(*text);
        if (r == 0 && *at != ')')
            r = error_set(e, EINVAL, "')' is expected at '%.40s'", at);
        *text = at + (*at != '\0');
        return r ? r : postfix(v, text, o, e);
    }
    size_t n = word(at, name, sizeof name);
    int r = n ? object_by_name(v, name, o, e) : -ENOENT;
    if (r == -ENOENT)
        return error_set(e, EINVAL, "there is no variable '%.40s' here", n ? name : at);
    *text = at + n;
    return r ? r : postfix(v, text, o, e);
}

int object_parse(struct object_view *v, const char *text, const char **rest, struct object *o, struct error *e)
{
    *o = (struct object){0};
    int r = unary(v, &text, 0, o, e);
    *rest = blanks(text);
    if (r)
        object_release(o);
    return r;
}
#endif
