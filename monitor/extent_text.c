/* extent_text.c - what "every state" is, in words. */
#include "monitor/theory_text.h"

void aside_print(FILE *f, const struct classification *c)
{
    struct lines l = {.out = f, .indent = 0};
    const char *aside = theory_find(c->isa)->aside;
    if (!aside)
        return;
    lines_text(&l, aside);
    lines_end(&l);
}

void extent_print(FILE *f, const struct classification *c)
{
    struct lines l = {.out = f, .indent = 2};
    fprintf(f, "every state examined: %llu\n", (unsigned long long)c->states_examined);
    l.column = (unsigned)fprintf(f, " "); /* and a blank before each word */
    lines_text(&l, c->extent);
    lines_end(&l);
}
