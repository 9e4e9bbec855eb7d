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

size_t glossary_name(const char **names, const char **word)
{
    *word = *names + strspn(*names, ", ");
    size_t n = strcspn(*word, ",");
    *names = *word + n;
    return n;
}

static bool has_name(const struct glossary_term *t, const char *wanted, bool any_case)
{
    const char *names = t->names, *word;
    for (size_t n; (n = glossary_name(&names, &word));)
        if (n == strlen(wanted) && (any_case && n > LETTERS ? strncasecmp(word, wanted, n) : strncmp(word, wanted, n)) == 0)
            return true;
    return false;
}

const struct glossary_term *glossary_find(const char *word)
{
    for (int any_case = 0; any_case < 2; any_case++)
        for (unsigned i = 0; i < TERMS; i++)
            if (has_name(&terms[i], word, any_case))
                return &terms[i];
    return NULL;
}
