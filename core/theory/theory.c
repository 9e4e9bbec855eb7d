/* theory.c - what belongs to each theory. */
#include "core/theory/theory.h"

#include "core/theory/arena.h"

void classification_destroy(struct classification *c)
{
    if (c)
        arena_destroy(c->arena); /* c itself lies in it */
}
