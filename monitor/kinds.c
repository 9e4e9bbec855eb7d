/* kinds.c - the kinds of machine there are.
 *
 * The list is isa/isas.def, one line for each instruction set; the first is the machine that one gets without -M. Nothing else in
 * monitor/ has a list of machines.
 */
#include "monitor/kind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ISA(id) extern const struct kind kind_##id;
#include "isa/isas.def"

static const struct kind *const kinds[] = {
#define ISA(id) &kind_##id,
#include "isa/isas.def"
    NULL,
};

const struct kind *kind_at(unsigned index)
{
    const unsigned count = sizeof kinds / sizeof *kinds;
    return index < count ? kinds[index] : NULL;
}

/* "pg:LRA" is of the kind whose name is followed by the end of the word or by its separator: "pgx" is of none. */
const struct kind *kind_find(const char *word)
{
    for (const struct kind *const *k = kinds; *k; k++) {
        const size_t n = strlen((*k)->machine);
        if (strncmp((*k)->machine, word, n) == 0 && (word[n] == '\0' || word[n] == (*k)->separator))
            return *k;
    }
    return NULL;
}

/* Its own kind is asked first. Whatever else is wrong with the file, its own loader says. */
int kind_refuse_foreign(const struct kind *own, const char *path, struct error *e)
{
    enum { HEAD = 1024 };
    uint8_t head[HEAD];
    FILE *f = fopen(path, "re");
    const size_t n = f ? fread(head, 1, sizeof head, f) : 0;
    if (f)
        fclose(f);
    if (own->knows && own->knows(head, n))
        return 0;
    for (unsigned i = 0; kind_at(i); i++) {
        const char *what = kind_at(i)->knows ? kind_at(i)->knows(head, n) : NULL;
        if (what)
            return error_set(e, EINVAL, "%s: it is %s, for -M %s, not for -M %s", path, what, kind_at(i)->machine, own->machine);
    }
    return 0;
}

/* What does not fit is cut off: it ends a sentence that says enough without. */
const char *kind_names(char *out, size_t size)
{
    size_t at = 0;
    *out = '\0';
    for (unsigned i = 0; kind_at(i) && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%s", i == 0 ? "" : kind_at(i + 1) ? ", " : ", and ", kind_at(i)->shown);
    return out;
}
