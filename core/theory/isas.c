/* isas.c - the theories there are. */
#include "core/theory/theory.h"

#include <string.h>

static const struct theory *const theories[] = {
#define THEORY(id) &theory_##id,
#include "isa/isas.def"
    NULL,
};

const struct theory *theory_at(unsigned index)
{
    const unsigned count = sizeof theories / sizeof *theories;
    return index < count ? theories[index] : NULL;
}

const struct theory *theory_find(const char *name)
{
    size_t n = strcspn(name, ":");
    for (const struct theory *const *t = theories; *t; t++)
        if (strlen((*t)->isa) == n && strncmp((*t)->isa, name, n) == 0)
            return *t;
    return NULL;
}
