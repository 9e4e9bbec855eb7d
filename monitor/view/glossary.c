/* glossary.c - see glossary.h. */
#include "monitor/view/glossary.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const struct glossary_term terms[] = {
#define TERM(names, text, see) {names, text, see},
#include "monitor/view/glossary.def"
#undef TERM
};
enum { TERMS = sizeof terms / sizeof terms[0], LETTERS = 2 /* so short a name is a symbol, and its case counts */ };

const struct glossary_term *glossary_at(unsigned index) { return index < TERMS ? &terms[index] : NULL; }

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
static bool has_name(const struct glossary_term *t, const char *wanted, bool any_case)
{
    const char *names = t->names, *word;
    for (size_t n; (n = glossary_name(&names, &word));)
        if (n == strlen(wanted) && (any_case && n > LETTERS ? strncasecmp(word, wanted, n) : strncmp(word, wanted, n)) == 0)
            return true;
    return false;
}

/* As it stands first, and only then without regard to case, over all terms each time: a term that is written just so
 * goes before another one that comes earlier in the table and differs in capitals. */
const struct glossary_term *glossary_find(const char *word)
{
    for (int any_case = 0; any_case < 2; any_case++)
        for (unsigned i = 0; i < TERMS; i++)
            if (has_name(&terms[i], word, any_case))
                return &terms[i];
    return NULL;
}
