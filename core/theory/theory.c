/* theory.c - the theories there are, and what belongs to each of them. */
#include "core/theory/theory.h"

#include <string.h>

#include "core/theory/arena.h"

static const struct theory *const theories[] = {&theory_riscv, &theory_pg, NULL};

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

void classification_destroy(struct classification *c)
{
    if (c)
        arena_destroy(c->arena); /* c itself lies in it */
}
