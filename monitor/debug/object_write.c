/* object_write.c - values of the program's types as text, as gdb's `print` has them with its settings at their defaults: 200 elements,
 * ten like ones in a row shortened, symbols for addresses. */
#include "monitor/debug/object_private.h"

#ifdef TRAPEZE_DWARF
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ELEMENTS = 200, REPEATS = 10, SYMBOL_TEXT = 96 };

struct writer {
    struct debugger *d;
    FILE *out;
    char letter;
};

/* What is to be written: some bytes of an object. */
/* bytes and lost point into the object's arrays, which stay as they are while it is written; a struct's members and an
 * array's elements are parts of parts, and nothing is copied for them. depth counts that, for types that a damaged file
 * nests in themselves. */
struct part {
    Dwarf_Die type;
    const uint8_t *bytes, *lost; /* lost: NULL when none is */
    uint64_t size;
    unsigned bit_offset, bit_size, depth;
};

static void write_part(const struct writer *, const struct part *, bool top);

static int tag_of(const Dwarf_Die *die) { return dwarf_tag((Dwarf_Die *)(uintptr_t)die); }

static uint64_t bits_of(const struct part *p)
{
    const struct object o = {.type = p->type,
                             .size = p->size,
                             .bytes = (uint8_t *)(uintptr_t)p->bytes,
                             .bit_offset = p->bit_offset,
                             .bit_size = p->bit_size};
    return object_bits(&o);
}

static bool any_lost(const struct part *p)
{
    for (uint64_t i = 0; p->lost && i < p->size; i++)
        if (p->lost[i])
            return true;
    return false;
}

static bool all_lost(const struct part *p)
{
    for (uint64_t i = 0; p->lost && i < p->size; i++)
        if (!p->lost[i])
            return false;
    return p->lost && p->size;
}

/* --- text. Runs count as ten elements; of 200 the rest is left out. */

/* How many bytes of a string are shown: 300 letters x are one run, which counts as ten, and are all shown; 300 different
 * ones are cut at 200. */
static uint64_t shown(const uint8_t *bytes, uint64_t n)
{
    uint64_t i = 0, things = 0;
    while (i < n && things < ELEMENTS) {
        uint64_t run = 1;
        while (i + run < n && bytes[i + run] == bytes[i])
            run++;
        bool repeats = run > REPEATS;
        things += repeats ? REPEATS : 1;
        i += repeats ? run : 1;
    }
    return i;
}

static void write_string(const struct writer *w, const uint8_t *bytes, uint64_t n, bool more)
{
    uint64_t show = shown(bytes, n);
    size_t room = 8 * (size_t)show + 256;
    char *text = malloc(room);
    if (!text)
        return;
    format_string(bytes, show, text, room);
    fprintf(w->out, "%s%s", text, more || show < n ? "..." : "");
    free(text);
}

/* What a char pointer points to. */
static void write_pointed(const struct writer *w, uint64_t at)
{
    uint8_t bytes[ELEMENTS];
    struct error e;
    unsigned n = 0;
    while (n < ELEMENTS && debugger_read(w->d, SPACE_VIRTUAL, at + n, &bytes[n], 1, &e) == 0 && bytes[n])
        n++;
    uint8_t last = 1;
    bool readable = debugger_read(w->d, SPACE_VIRTUAL, at + n, &last, 1, &e) == 0;
    if (!readable && n == 0)
        fprintf(w->out, "<error: Cannot access memory at address 0x%" PRIx64 ">", at);
    else
        write_string(w, bytes, n, last != 0);
}

/* --- scalars */

static void write_address(const struct writer *w, uint64_t at)
{
    char symbol[SYMBOL_TEXT];
    fprintf(w->out, "0x%" PRIx64, at);
    if (*debugger_symbol(w->d, at, symbol, sizeof symbol))
        fprintf(w->out, " %s", symbol);
}

/*     struct process *    (struct process *) 0x80203000 <pool>     alone; within a struct without its type
 *     char *              0x80200700 <name> "init"
 *     void (*)(void)      (void (*)(void)) 0x80200518 <kernel_main> */
static void write_pointer(const struct writer *w, const struct part *p, const Dwarf_Die *is, bool top)
{
    Dwarf_Die to;
    uint64_t at = bits_of(p);
    bool known = ctype_of(is, &to), text = known && ctype_is_text(&to);
    const char *name = text && tag_of(&to) == DW_TAG_base_type ? scopes_name(&to) : NULL;
    bool plain = tag_of(&p->type) == DW_TAG_pointer_type && name && strcmp(name, "char") == 0;
    if (top && !plain) {
        fputc('(', w->out);
        ctype_print(w->out, &p->type);
        fputs(") ", w->out);
    }
    write_address(w, at);
    if (text && at) {
        fputc(' ', w->out);
        write_pointed(w, at);
    }
}

/* All enumerators are single bits, or 0: then gdb takes a value for a set of them. 5 of {READ = 1, WRITE = 2, EXEC = 4}
 * is (READ | EXEC). */
static bool is_flags(const Dwarf_Die *type)
{
    Dwarf_Die e;
    uint64_t v;
    for (bool more = scopes_child(type, true, &e); more; more = scopes_child(type, false, &e))
        if (scopes_number(&e, DW_AT_const_value, &v) && (v & (v - 1)))
            return false;
    return true;
}

static void write_flags(const struct writer *w, const Dwarf_Die *type, uint64_t left)
{
    Dwarf_Die e;
    uint64_t v;
    bool any = false;
    for (bool more = scopes_child(type, true, &e); more; more = scopes_child(type, false, &e)) {
        if (!scopes_number(&e, DW_AT_const_value, &v) || !(v & left))
            continue;
        fprintf(w->out, "%s%s", any ? " | " : "(", scopes_name(&e) ? scopes_name(&e) : "?");
        left &= ~v;
        any = true;
    }
    if (left)
        fprintf(w->out, "%sunknown: 0x%" PRIx64, any ? " | " : "(", left);
    fputs(any || left ? ")" : "0", w->out);
}

static void write_enum(const struct writer *w, const Dwarf_Die *type, uint64_t value)
{
    Dwarf_Die e;
    uint64_t v;
    for (bool more = scopes_child(type, true, &e); more; more = scopes_child(type, false, &e))
        if (scopes_number(&e, DW_AT_const_value, &v) && v == value && scopes_name(&e)) {
            fputs(scopes_name(&e), w->out);
            return;
        }
    if (is_flags(type))
        write_flags(w, type, value);
    else
        fprintf(w->out, ctype_is_signed(type) ? "%" PRId64 : "%" PRIu64, value);
}

static void write_number(const struct writer *w, const struct part *p, const Dwarf_Die *is)
{
    char text[FORMAT_TEXT];
    uint64_t bits = bits_of(p), e = 0;
    unsigned size = p->size <= 8 ? (unsigned)p->size : 8;
    (void)!scopes_number(is, DW_AT_encoding, &e);
    if (p->size > 8 || size == 0) {
        fprintf(w->out, "<%" PRIu64 " bytes>", p->size);
        return;
    }
    if (e == DW_ATE_float && (size == 4 || size == 8))
        format_number('f', size, bits, false, text, sizeof text);
    else if (e == DW_ATE_boolean && bits < 2)
        snprintf(text, sizeof text, "%s", bits ? "true" : "false");
    else if (!p->bit_size && ctype_is_text(is))
        format_number('c', 1, bits, false, text, sizeof text);
    else
        snprintf(text, sizeof text, ctype_is_signed(is) ? "%" PRId64 : "%" PRIu64, bits);
    if (!p->bit_size && ctype_is_text(is) && !ctype_is_signed(is)) { /* gdb shows 200 '\310', and -56 of signed char */
        char letter[16];
        format_character((uint8_t)bits, '\'', letter, sizeof letter);
        snprintf(text, sizeof text, "%" PRIu64 " '%s'", bits & 0xff, letter);
    }
    fputs(text, w->out);
}

static void write_formatted(const struct writer *w, const struct part *p)
{
    char text[FORMAT_TEXT], symbol[SYMBOL_TEXT];
    uint64_t bits = bits_of(p);
    unsigned size = p->size <= 2 ? (unsigned)p->size : p->size <= 4 ? 4 : 8;
    if (p->bit_size) { /* of its own width */
        bits = w->letter == 'd' || p->bit_size == 64 ? bits : bits_get(bits, 0, p->bit_size);
        size = 8;
    }
    format_number(w->letter, size ? size : 1, bits, false, text, sizeof text);
    fputs(text, w->out);
    if (w->letter == 'a' && *debugger_symbol(w->d, bits, symbol, sizeof symbol))
        fprintf(w->out, " %s", symbol);
}

/* --- aggregates */

static void write_struct(const struct writer *w, const struct part *p, const Dwarf_Die *is)
{
    struct ctype_member m;
    bool any = false;
    fputc('{', w->out);
    for (bool more = ctype_member(is, true, &m); more; more = ctype_member(is, false, &m)) {
        uint64_t size = 0;
        (void)!ctype_size(&m.type, &size);
        if (m.bit_size)
            size = (m.bit_offset + m.bit_size + 7) / 8;
        fputs(any ? ", " : "", w->out);
        if (m.name)
            fprintf(w->out, "%s = ", m.name);
        any = true;
        if (m.offset > p->size || size > p->size - m.offset) {
            fputs("<damaged>", w->out);
            continue;
        }
        struct part part = {.type = m.type, .bytes = p->bytes + m.offset, .lost = p->lost ? p->lost + m.offset : NULL, .size = size};
        part.bit_offset = m.bit_offset;
        part.bit_size = m.bit_size;
        part.depth = p->depth + 1;
        write_part(w, &part, false);
    }
    fputc('}', w->out);
}

static bool alike(const struct part *p, uint64_t size, uint64_t a, uint64_t b)
{
    return memcmp(p->bytes + a * size, p->bytes + b * size, size) == 0 &&
           (!p->lost || memcmp(p->lost + a * size, p->lost + b * size, size) == 0);
}

/* `dimension` and those behind it; elements of the last one are of the array's type. */
/*     int a[4]        {1, 2, 3, 4}             int z[100]    {0 <repeats 100 times>}
 *     int m[2][2]     {{1, 2}, {3, 4}}         char s[8]     "init\000\000\000"
 *
 * An array that the file makes longer than the object is cut to what is there. A last NUL of a string is not shown, as
 * gdb leaves it out. */
static void write_elements(const struct writer *w, const struct part *p, const struct ctype_array *a, unsigned dimension)
{
    uint64_t count = a->count[dimension], size = a->size, things = 0, i = 0;
    for (unsigned k = dimension + 1; k < a->dimensions; k++)
        size *= a->count[k];
    bool last = dimension + 1 == a->dimensions;
    if (size == 0 || count > p->size / size)
        count = size ? p->size / size : 0;
    if (last && ctype_is_text(&a->element) && (!w->letter || w->letter == 's') && !any_lost(p)) {
        write_string(w, p->bytes, count && p->bytes[count - 1] == 0 && shown(p->bytes, count) == count ? count - 1 : count, false);
        return;
    }
    fputc('{', w->out);
    while (i < count && things < ELEMENTS) {
        uint64_t run = 1;
        struct part part = {
            .type = a->element, .bytes = p->bytes + i * size, .lost = p->lost ? p->lost + i * size : NULL, .size = size};
        part.depth = p->depth + 1;
        while (i + run < count && alike(p, size, i, i + run))
            run++;
        fputs(i ? ", " : "", w->out);
        if (last)
            write_part(w, &part, false);
        else
            write_elements(w, &part, a, dimension + 1);
        bool repeats = run >= REPEATS;
        if (repeats)
            fprintf(w->out, " <repeats %" PRIu64 " times>", run);
        things += repeats ? REPEATS : 1;
        i += repeats ? run : 1;
    }
    fputs(i < count ? "...}" : "}", w->out);
}

static void write_array(const struct writer *w, const struct part *p, const Dwarf_Die *is)
{
    struct ctype_array a;
    if (ctype_array(is, &a) && ctype_size(&a.element, &a.size))
        write_elements(w, p, &a, 0);
    else
        fputs("<incomplete type>", w->out);
}

static void write_part(const struct writer *w, const struct part *p, bool top)
{
    Dwarf_Die is;
    if (p->depth > CTYPE_DEPTH) {
        fputs("{...}", w->out);
        return;
    }
    if (!ctype_strip(&p->type, &is)) {
        fputs("<incomplete type>", w->out);
        return;
    }
    int tag = tag_of(&is);
    if (all_lost(p) || (any_lost(p) && !ctype_is_aggregate(&is)))
        fputs("<optimized out>", w->out);
    else if (tag == DW_TAG_structure_type || tag == DW_TAG_union_type)
        write_struct(w, p, &is);
    else if (tag == DW_TAG_array_type)
        write_array(w, p, &is);
    else if (w->letter && w->letter != 's')
        write_formatted(w, p);
    else if (tag == DW_TAG_pointer_type)
        write_pointer(w, p, &is, top);
    else if (tag == DW_TAG_enumeration_type)
        write_enum(w, &is, bits_of(p));
    else
        write_number(w, p, &is);
}

void object_write(struct debugger *d, const struct object *o, const struct format *f, bool top, FILE *out)
{
    const struct writer w = {.d = d, .out = out, .letter = f->letter};
    struct part p = {.type = o->type, .bytes = o->bytes, .lost = o->lost, .size = o->size};
    p.bit_offset = o->bit_offset;
    p.bit_size = o->bit_size;
    if (o->is_cast) {
        fputc('(', out);
        ctype_print(out, &o->type);
        fputs(" *) ", out);
        write_address(&w, o->address);
    } else if (o->is_void) {
        fputs("void", out);
    } else if (!o->bytes) {
        fputs("<optimized out>", out);
    } else {
        write_part(&w, &p, top);
    }
}
#endif
