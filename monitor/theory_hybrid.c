/* theory_hybrid.c - Theorem 3, asked once more under the K that a hybrid monitor has: it runs user mode alone directly, and so can promise what a
 * monitor of all modes cannot. What of the machine it cannot mend remains, and is named.
 */
#include "monitor/theory_hybrid.h"

#include <stdlib.h>

/* The definitions' user mode is the real one that the guest's most privileged ring is in. */
const char *theorem3_text(bool holds, bool ring1)
{
    if (ring1)
        return holds ? "every instruction that is sensitive in ring 1 is privileged; ring 1 may run directly"
                     : "sensitive in ring 1, the definitions' user mode here, and not privileged are";
    return holds ? "every user-sensitive instruction is privileged; a hybrid monitor may be constructed"
                 : "user-sensitive and not privileged are";
}

void critical_print(FILE *f, const struct verdict *v, bool user_only)
{
    const struct finding **list = calloc(v->critical_count + 1, sizeof *list);
    unsigned count = 0;
    for (unsigned n = 0; list && n < v->critical_count; n++)
        if (!user_only || v->critical[n]->user_sensitive)
            list[count++] = v->critical[n];
    if (list)
        findings_print(f, list, count, 15);
    free(list);
}

int hybrid_prove(const struct theory *t, const struct classify_options *o, const struct verdict *v, struct hybrid_proof *out,
                 struct error *e)
{
    struct classify_options hybrid = *o;
    *out = (struct hybrid_proof){.other_ring = o->ring && !v->theorem3 && !o->without && t->promises};
    if (v->theorem3 || o->without || o->ring || !t->promises || !t->has_pin(o->variant ? o->variant : "", t->promises->name))
        return 0;
    hybrid.hybrid = true;
    int r = t->classify(&hybrid, &out->c, e);
    if (r == 0 && (r = theorem_decide(out->c, &out->verdict)) != 0)
        error_set(e, -r, "out of memory");
    if (r)
        hybrid_proof_free(out);
    return r;
}

void hybrid_proof_free(struct hybrid_proof *p)
{
    verdict_free(&p->verdict);
    classification_destroy(p->c);
    *p = (struct hybrid_proof){0};
}

static void promises_print(FILE *f, const struct theory *t)
{
    fputs("           K of the hybrid monitor, which runs user mode alone directly, has\n", f);
    for (const struct k_pin *k = t->promises; k->name; k++) {
        struct lines l = {.out = f, .indent = 31};
        l.column = (unsigned)fprintf(f, "               %-15s", k->name);
        lines_text(&l, k->about);
        lines_end(&l);
    }
}

void hybrid_print(FILE *f, const struct theory *t, const struct hybrid_proof *p)
{
    const bool holds = p->verdict.theorem3;
    struct lines l = {.out = f, .indent = 11};
    if (p->other_ring)
        fputs("           K of the hybrid monitor is of its own ring alone: asked without --ring\n", f);
    if (!p->c)
        return;
    promises_print(f, t);
    l.column = (unsigned)fprintf(f, "           under which it %s:", holds ? "holds" : "fails");
    lines_text(&l, holds ? "every user-sensitive instruction is privileged or withheld"
                         : "user-sensitive and neither privileged nor withheld are");
    lines_end(&l);
    if (!holds)
        critical_print(f, &p->verdict, true);
    remains_print(f, t, p->c, &p->verdict);
}

void hybrid_json(struct json *j, const struct hybrid_proof *p)
{
    if (!p->c)
        return;
    json_object(j, "hybrid");
    json_string(j, "k", p->c->k);
    verdict_json(j, &p->verdict);
    json_end(j);
}
