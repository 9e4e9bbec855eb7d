/* ctype.c - see ctype.h: sizes and members. Names are in ctype_name.c. */
#include "monitor/debug/ctype.h"

#ifdef TRAPEZE_DWARF
#include <string.h>

static int tag_of(const Dwarf_Die *die) { return dwarf_tag((Dwarf_Die *)(uintptr_t)die); }

bool ctype_of(const Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute a;
    return dwarf_attr_integrate((Dwarf_Die *)(uintptr_t)die, DW_AT_type, &a) && dwarf_formref_die(&a, type);
}

/* DWARF has a DIE for each word: `typedef const volatile struct uart uart_t;` is a chain of four, of which the last one
 * counts.
 *
 *     typedef uart_t --> const --> volatile --> struct uart
 *
 * Files may be damaged, and a chain lead back into itself: after CTYPE_DEPTH links it is given up. */
bool ctype_strip(const Dwarf_Die *type, Dwarf_Die *out)
{
    *out = *type;
    for (unsigned depth = 0; depth < CTYPE_DEPTH; depth++) {
        Dwarf_Die inner;
        switch (tag_of(out)) {
        case DW_TAG_typedef:
        case DW_TAG_const_type:
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type: break;
        default: return true;
        }
        if (!ctype_of(out, &inner))
            return false;
        *out = inner;
    }
    return false;
}

/* A pointer need not say its size, and an array says its element and its counts: int a[3][5] is 4 * 3 * 5. The product
 * may not fit, in a file that lies. */
static bool size_of(const Dwarf_Die *type, unsigned depth, uint64_t *size)
{
    Dwarf_Die is;
    struct ctype_array a;
    if (depth > CTYPE_DEPTH || !ctype_strip(type, &is))
        return false;
    if (scopes_number(&is, DW_AT_byte_size, size))
        return true;
    *size = 8;
    if (tag_of(&is) == DW_TAG_pointer_type)
        return true;
    Dwarf_Die element;
    if (tag_of(&is) != DW_TAG_array_type || !ctype_of(&is, &element) || !size_of(&element, depth + 1, size) || !ctype_array(&is, &a))
        return false;
    for (unsigned i = 0; i < a.dimensions; i++)
        if (__builtin_mul_overflow(*size, a.count[i], size))
            return false;
    return true;
}

bool ctype_size(const Dwarf_Die *type, uint64_t *size) { return size_of(type, 0, size); }

static uint64_t encoding(const Dwarf_Die *stripped)
{
    uint64_t e = 0;
    return tag_of(stripped) == DW_TAG_base_type && scopes_number(stripped, DW_AT_encoding, &e) ? e : 0;
}

bool ctype_is_text(const Dwarf_Die *type)
{
    Dwarf_Die is;
    uint64_t size;
    if (!ctype_strip(type, &is) || !ctype_size(&is, &size) || size != 1)
        return false;
    uint64_t e = encoding(&is);
    return e == DW_ATE_signed_char || e == DW_ATE_unsigned_char || e == DW_ATE_signed || e == DW_ATE_unsigned;
}

/* An enumeration has no encoding of its own: that of the integer under it counts, and without one it is unsigned. */
bool ctype_is_signed(const Dwarf_Die *stripped)
{
    Dwarf_Die under;
    uint64_t e;
    if (tag_of(stripped) == DW_TAG_enumeration_type && ctype_of(stripped, &under) && ctype_strip(&under, &under))
        e = encoding(&under);
    else
        e = encoding(stripped);
    return e == DW_ATE_signed || e == DW_ATE_signed_char;
}

bool ctype_is_aggregate(const Dwarf_Die *stripped)
{
    int tag = tag_of(stripped);
    return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_array_type;
}

/* --- arrays */

/* gcc writes the upper bound, clang the count [DWARF 5, 5.13]; of a[] neither. */
static bool dimension(const Dwarf_Die *range, uint64_t *count)
{
    uint64_t upper;
    if (scopes_number(range, DW_AT_count, count))
        return true;
    if (!scopes_number(range, DW_AT_upper_bound, &upper))
        return false;
    *count = upper + 1; /* the lower bound of C is 0; -1 says that there is none */
    return true;
}

bool ctype_array(const Dwarf_Die *array, struct ctype_array *out)
{
    Dwarf_Die range;
    out->dimensions = 0;
    if (!ctype_of(array, &out->element))
        return false;
    for (bool more = scopes_child(array, true, &range); more && out->dimensions < 8; more = scopes_child(array, false, &range)) {
        if (tag_of(&range) != DW_TAG_subrange_type)
            continue;
        if (!dimension(&range, &out->count[out->dimensions]))
            out->count[out->dimensions] = 0; /* a[] */
        out->dimensions++;
    }
    return out->dimensions > 0;
}

/* --- members */

/* Two ways to say where `unsigned b : 3` lies in { unsigned a : 5, b : 3; }, whose bits are counted from the lowest
 * here:
 *
 *     DWARF 4 and 5   data_bit_offset 5            from the start of the structure
 *     DWARF 3         bit_offset 24, of 4 bytes    from the highest bit down: 8 * 4 - 24 - 3 = 5
 *
 * Both become offset 0 and bit_offset 5: bytes first, then up to 7 bits. */
static void bit_field(struct ctype_member *m)
{
    uint64_t bits, at, size;
    m->bit_size = m->bit_offset = 0;
    if (!scopes_number(&m->die, DW_AT_bit_size, &bits) || bits == 0 || bits > 64)
        return;
    m->bit_size = (unsigned)bits;
    if (scopes_number(&m->die, DW_AT_data_bit_offset, &at)) { /* from the start of the structure [DWARF 5, 5.7.6] */
        m->offset = at / 8;
        m->bit_offset = (unsigned)(at % 8);
    } else if (scopes_number(&m->die, DW_AT_bit_offset, &at) && ctype_size(&m->type, &size) && at + bits <= 8 * size) {
        m->bit_offset = (unsigned)(8 * size - at - bits); /* from the most significant bit [DWARF 3] */
        m->offset += m->bit_offset / 8;
        m->bit_offset %= 8;
    }
}

bool ctype_member(const Dwarf_Die *structure, bool first, struct ctype_member *m)
{
    for (bool more = scopes_child(structure, first, &m->die); more; more = scopes_child(structure, false, &m->die)) {
        if (tag_of(&m->die) != DW_TAG_member || !ctype_of(&m->die, &m->type))
            continue;
        m->name = scopes_name(&m->die);
        m->offset = 0;
        (void)!scopes_number(&m->die, DW_AT_data_member_location, &m->offset);
        bit_field(m);
        return true;
    }
    return false;
}

/* C lets a person write s.y for a member of an anonymous struct in s, so it is looked for inside of members without a
 * name. */
static bool find_member(const Dwarf_Die *structure, const char *name, unsigned depth, struct ctype_member *out)
{
    struct ctype_member m;
    for (bool more = ctype_member(structure, true, &m); more; more = ctype_member(structure, false, &m)) {
        Dwarf_Die inner;
        if (m.name && strcmp(m.name, name) == 0) {
            *out = m;
            return true;
        }
        if (!m.name && depth < CTYPE_DEPTH && ctype_strip(&m.type, &inner) && find_member(&inner, name, depth + 1, out)) {
            out->offset += m.offset;
            return true;
        }
    }
    return false;
}

bool ctype_find_member(const Dwarf_Die *structure, const char *name, struct ctype_member *out)
{
    return find_member(structure, name, 0, out);
}

/* --- by name */

static bool is_named(const Dwarf_Die *die, const char *keyword, const char *name)
{
    static const struct {
        const char *keyword;
        int tag;
    } tags[] = {{"struct", DW_TAG_structure_type}, {"union", DW_TAG_union_type}, {"enum", DW_TAG_enumeration_type}};
    int tag = tag_of(die);
    bool fits = !*keyword && (tag == DW_TAG_typedef || tag == DW_TAG_base_type);
    for (unsigned i = 0; i < sizeof tags / sizeof tags[0]; i++)
        fits |= strcmp(tags[i].keyword, keyword) == 0 && tags[i].tag == tag;
    const char *is = fits && !scopes_flag(die, DW_AT_declaration) ? scopes_name(die) : NULL;
    return is && strcmp(is, name) == 0;
}

/* A declaration ("struct x;") has the name, and says nothing: it is passed over. Of several types of the name, in
 * several units, the first is taken. */
bool ctype_named(const struct symbols *s, const char *keyword, const char *name, Dwarf_Die *out)
{
    for (const struct symbol_file *f = s->files; f; f = f->next) {
        Dwarf_CU *unit = NULL;
        Dwarf_Die die;
        while (f->dwarf && dwarf_get_units(f->dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
            for (bool more = scopes_child(&die, true, out); more; more = scopes_child(&die, false, out))
                if (is_named(out, keyword, name))
                    return true;
    }
    return false;
}
#endif
