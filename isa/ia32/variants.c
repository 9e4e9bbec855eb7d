/* variants.c - the variants by name, and what their tables claim. */
#include "isa/ia32.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct ia32_variant_desc ia32_variants[IA32_VARIANT_COUNT] = {
#define VARIANT(id, name, about) [IA32_##id##_NUMBER] = {name, about},
#include "isa/ia32/variants.def"
};

/* IA32_VARIANT_COUNT: there is none of this name. */
static unsigned find(const char *name, size_t length)
{
    unsigned n = 0;
    while (n < IA32_VARIANT_COUNT &&
           (strlen(ia32_variants[n].name) != length || strncasecmp(ia32_variants[n].name, name, length) != 0))
        n++;
    return n;
}

/* "umip+cpuidf" is the set of two; "umip+" names an empty second one, and is refused. *name and *length say which
 * was not known. */
int ia32_variants_parse(const char *text, uint32_t *set, const char **name, size_t *length)
{
    *set = 0;
    if (!*text)
        return 0;
    for (const char *at = text;; at += *length + 1) {
        *name = at;
        *length = strcspn(at, "+");
        const unsigned n = find(at, *length);
        if (n == IA32_VARIANT_COUNT)
            return -EINVAL;
        *set |= UINT32_C(1) << n;
        if (!at[*length])
            return 0;
    }
}

const char *ia32_variants_name(uint32_t set, char *out, size_t size)
{
    size_t at = 0;
    *out = '\0';
    for (unsigned n = 0; n < IA32_VARIANT_COUNT && at < size; n++)
        if (set >> n & 1)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at ? "+" : "", ia32_variants[n].name);
    return out;
}

/* The claims of variants.def replace a column of the row: traps. What is sensitive stays so, whether or not it
 * traps. */
struct insn_desc ia32_row_of(uint32_t variants, unsigned row)
{
    struct insn_desc d = isa_ia32.rows[row];
#define VARIANT_ROW(id, row_, traps_)                                                                                                 \
    if (row == IA_INSN_##row_ && variants & IA32_##id)                                                                                \
        d.traps = TRAPS_##traps_;
#include "isa/ia32/variants.def"
    return d;
}

uint32_t ia32_traps_of(uint32_t variants)
{
    return (variants & IA32_PUSHF ? IA_TRAPS_FLAGS : 0u) | (variants & IA32_NOLEAK ? IA_TRAPS_QUESTIONS | IA_TRAPS_RINGS : 0u) |
           (variants & IA32_TRAPS ? IA_TRAPS_ALL : 0u);
}
