/* glossary.c - see glossary.h. */
#include "monitor/view/glossary.h"

#include "isa/about.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { LETTERS = 2 /* so short a name is a symbol, and its case counts */ };

static const struct about_word shared[] = {
#define TERM(names, text, see) {names, text, see},
#include "monitor/view/glossary.def"
#undef TERM
};
enum { SHARED = sizeof shared / sizeof shared[0] };

#define ISA(id) extern const struct isa isa_##id;
#include "isa/isas.def"
static const struct isa *const isas[] = {
#define ISA(id) &isa_##id,
#include "isa/isas.def"
};
enum { ISAS = sizeof isas / sizeof isas[0] };

/* First those that serve for any machine, then those of each instruction set. */
const struct about_word *glossary_at(unsigned index)
{
    if (index < SHARED)
        return &shared[index];
    index -= SHARED;
    for (unsigned i = 0; i < ISAS; i++) {
        const struct about_word *w = about_of(isas[i])->words;
        for (; w && w->names; w++)
            if (index-- == 0)
                return w;
    }
    return NULL;
}

/* "VM, virtual machine" gives "VM" (2), then "virtual machine" (15), then 0. Nothing is copied or cut: a name is a place
 * in the table and a length, so that the table can stay constant. */
size_t glossary_name(const char **names, const char **word)
{
    *word = *names + strspn(*names, ", ");
    size_t n = strcspn(*word, ",");
    *names = *word + n;
    return n;
}

/* A whole name, not its beginning: "shadow" is a term and "shadow root" another one. Of one or two letters the case
 * always counts: D is the dispatcher, d nothing of ours. */
static bool has_name(const struct about_word *t, const char *wanted, bool any_case)
{
    const char *names = t->names, *word;
    for (size_t n; (n = glossary_name(&names, &word));)
        if (n == strlen(wanted) && (any_case && n > LETTERS ? strncasecmp(word, wanted, n) : strncmp(word, wanted, n)) == 0)
            return true;
    return false;
}

/* As it stands first, and only then without regard to case, over all terms each time: a term that is written just so
 * goes before another one that comes earlier in the table and differs in capitals. */
const struct about_word *glossary_find(const char *word, unsigned nth)
{
    const struct about_word *t;
    for (int any_case = 0; any_case < 2; any_case++) {
        unsigned found = 0;
        for (unsigned i = 0; (t = glossary_at(i)); i++)
            if (has_name(t, word, any_case) && found++ == nth)
                return t;
        if (found)
            return NULL;
    }
    return NULL;
}
