/* trap_name.c - see trap_name.h. */
#include "monitor/debug/trap_name.h"

#include "isa/about.h"

#include <stdio.h>
#include <stdlib.h>

const char *trap_name(const struct isa *isa, const struct trap *t, char *out, size_t room)
{
    bool is_interrupt = t->kind == TRAP_INTERRUPT;
    const struct about_trap *known = about_trap(isa, is_interrupt, t->cause);
    if (known)
        return known->name;
    snprintf(out, room, "%s %llu", is_interrupt ? "interrupt" : "exception", (unsigned long long)t->cause);
    return out;
}

/* "load-page" and "13" may be the same exception. An interrupt has no number here: its number is an exception's, too. */
bool trap_cause(const struct isa *isa, const char *word, bool *is_interrupt, uint64_t *cause)
{
    char *end;
    const struct about_trap *known = about_trap_find(isa, word);
    *is_interrupt = known && known->is_interrupt;
    *cause = known ? known->cause : strtoull(word, &end, 0);
    return known || (*word >= '0' && *word <= '9' && !*end && *cause < 64);
}

const char *trap_word(const struct isa *isa, unsigned index)
{
    const struct about *a = about_of(isa);
    return index < a->trap_count ? a->traps[index].word : NULL;
}
