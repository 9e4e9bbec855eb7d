/* theory_harts.c - harts that differ from the usual one in what they have: chosen by name, and all of them beside the verdict.
 *
 * A hart is a CPU of the same instruction set with other extensions: what is sensitive may differ, and the verdict is asked of
 * each. The table below the verdict, where DIFFER counts findings that are not as the tables claim:
 *
 *     other harts, under the same K
 *               Thm 1  Thm 2  Thm 3  critical   CSRs  constant  absent  DIFFER
 *       pmp0    holds  holds  holds         0     ..        ..      ..       0
 *             without PMP
 */
#include "monitor/theory_text.h"

#include <errno.h>
#include <string.h>

/* They are few: all of them are named, instead of the nearest. */
int theory_choose_hart(const struct theory *t, const char *word, const char **out, struct error *e)
{
    char text[160] = "";
    size_t at = 0;
    for (const struct theory_hart *h = t->harts; h && h->name; h++) {
        if (strcmp(h->name, word) == 0) {
            *out = h->name;
            return 0;
        }
        if (at < sizeof text)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", at ? ", " : "", h->name);
    }
    if (!at)
        return error_set(e, EINVAL, "%s has no other harts, and so none named '%s'", t->isa, word);
    return error_set(e, EINVAL, "%s has no hart '%s'; there are %s", t->isa, word, text);
}

static unsigned agreeing(const struct classification *c)
{
    unsigned n = 0;
    for (unsigned i = 0; i < c->count; i++)
        n += c->findings[i].agrees;
    return n;
}

/* The verdict is decided anew from what was measured of this hart; nothing is taken from the usual one. */
static int hart_print(FILE *f, const struct theory_hart *h, const struct classification *c)
{
    static const char *const holds[] = {"fails", "holds"};
    struct census s;
    struct verdict v;
    struct lines l = {.out = f, .indent = 8};
    if (theorem_decide(c, &v))
        return -ENOMEM;
    classification_census(c, &s);
    fprintf(f, "  %-8s%-7s%-7s%-7s%8u%7u%10u%8u%8u\n", h->name, holds[v.theorem1], holds[v.theorem2], holds[v.theorem3],
            v.critical_count, s.csrs, s.constant, s.absent, c->count - agreeing(c));
    lines_text(&l, h->about);
    lines_end(&l);
    verdict_free(&v);
    return 0;
}

int hart_json(struct json *j, const struct theory_hart *h, const struct classification *c)
{
    struct verdict v;
    if (theorem_decide(c, &v))
        return -ENOMEM;
    json_object(j, NULL);
    json_string(j, "hart", h->name);
    json_string(j, "about", h->about);
    verdict_json(j, &v);
    census_json(j, c);
    json_uint(j, "subjects", c->count);
    json_uint(j, "agree", agreeing(c));
    json_uint(j, "states_examined", c->states_examined);
    json_string(j, "unsound", c->unsound);
    json_end(j);
    verdict_free(&v);
    return 0;
}

/* Each takes as long as the usual one, and needs as much memory: it is given back before the next is measured. */
static int hart_show(FILE *f, struct json *j, const struct theory *t, const struct classify_options *like, const struct theory_hart *h,
                     struct error *e)
{
    struct classify_options o = *like;
    struct classification *c;
    o.hart = h->name, o.brief = true;
    int r = t->classify(&o, &c, e);
    if (r)
        return r;
    if (j ? hart_json(j, h, c) : hart_print(f, h, c))
        r = error_set(e, ENOMEM, "out of memory");
    classification_destroy(c);
    return r;
}

/* What stands on the screen so far is sent first, since the next line may take a minute. */
int harts_show(FILE *f, struct json *j, const struct theory *t, const struct classify_options *like, struct error *e)
{
    int r = 0;
    if (!t->harts)
        return 0;
    if (j)
        json_array(j, "harts");
    else
        fprintf(f, "\nother harts, under the same K\n  %-8s%-7s%-7s%-7s%8s%7s%10s%8s%8s\n", "", "Thm 1", "Thm 2", "Thm 3", "critical",
                "CSRs", "constant", "absent", "DIFFER");
    for (const struct theory_hart *h = t->harts; h->name && r == 0; h++) {
        if (f)
            fflush(f);
        r = hart_show(f, j, t, like, h, e);
    }
    if (j)
        json_end(j);
    return r;
}
