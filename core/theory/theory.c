/* theory.c - what belongs to each theory. */
#include "core/theory/theory.h"

#include <stdlib.h>

#include "core/theory/arena.h"

void classification_destroy(struct classification *c)
{
    if (c)
        arena_destroy(c->arena); /* c itself lies in it */
}

void replay_free(struct replay *r)
{
    for (unsigned n = 0; n < sizeof r->part / sizeof *r->part; n++)
        free(r->part[n].bytes);
    free(r->text);
    free(r->left_out);
    *r = (struct replay){.states = 0};
}
