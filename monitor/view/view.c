/* view.c - see view.h. */
#include "monitor/view/view.h"

#include <stdio.h>
#include <string.h>

/* The highest bit first, as the manuals draw an entry: 0xdf, that is 1101 1111, is "DA-UXWRV". The entry's own encoding
 * may be another one: about_pte_bits() brings it into this order first. */
const char *view_bits(const struct isa *isa, uint64_t pte, char out[VIEW_BITS])
{
    const char *names = about_pte_named(isa);
    const unsigned bits = about_pte_bits(isa, pte);
    for (unsigned i = 0; i < ABOUT_PTE_BITS; i++)
        out[ABOUT_PTE_BITS - 1 - i] = bit_get(bits, i) ? names[i] : '-';
    out[ABOUT_PTE_BITS] = '\0';
    return out;
}

const char *view_kind(enum pt_kind kind)
{
    static const char *const names[] = {[PT_READ] = "load", [PT_WRITE] = "store", [PT_FETCH] = "fetch"};
    return names[kind];
}

const char *view_level_name(const struct debugger *d, unsigned level) { return level ? d->stack->name[level] : "bare"; }

const char *view_space(const struct machine *m, char *out, size_t size)
{
    struct about_space s;
    about_space(m, &s);
    if (s.format)
        snprintf(out, size, "%s, root 0x%llx, ASID %u", s.format->name, (unsigned long long)s.root, (unsigned)s.id);
    else
        snprintf(out, size, "untranslated");
    return out;
}

/* --- paragraphs */

/* Greedy: as many words as fit. A word that is longer than a line, as a path may be, is printed whole, for half of it
 * would be no path. On a terminal narrower than 20 columns lines are 20 wide all the same: a word each would help
 * nobody. */
void view_paragraph(const struct debugger *d, unsigned indent, const char *text)
{
    const unsigned least = 20, room = d->width > indent + least ? d->width - indent : least;
    while (*(text += strspn(text, " "))) {
        size_t n = strlen(text);
        if (n > room)
            for (n = room; n > 0 && text[n] != ' '; n--)
                ;
        n = n ? n : strcspn(text, " ");
        while (n > 1 && text[n - 1] == ' ') /* at the end of the text */
            n--;
        fprintf(d->out, "%*s%.*s\n", (int)indent, "", (int)n, text);
        text += n;
    }
}
