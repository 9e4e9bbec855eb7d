/* pin.c - what a pin of K is good for: the classification with the pin out beside the one under all of K. The pin guards the
 * subjects whose findings differ; K is chosen well if those are the ones that become critical, no more and no fewer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/theory/theory.h"

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool finding_differs(const struct finding *a, const struct finding *b)
{
    return a->traps != b->traps || a->sensitive != b->sensitive || a->user_sensitive != b->user_sensitive ||
           a->supervisor_sensitive != b->supervisor_sensitive || !same_text(a->condition, b->condition);
}

/* Both list the same subjects in the same order. */
static int compare(const struct classification *full, struct pin_effect *out)
{
    const struct classification *c = out->c;
    out->just = true;
    out->guarded = calloc(c->count + 1, sizeof *out->guarded);
    if (!out->guarded)
        return -ENOMEM;
    for (unsigned n = 0; n < c->count && n < full->count; n++) {
        const struct finding *f = &c->findings[n];
        const struct finding *under_k = &full->findings[n];
        if (f->sum || under_k->critical || (f->privileged && under_k->privileged)) /* nothing that a pin could guard */
            continue;
        bool differs = finding_differs(f, under_k);
        if (differs)
            out->guarded[out->guarded_count++] = f;
        out->just &= differs == f->critical;
    }
    return 0;
}

int pin_effect_compare(const struct classification *full, const struct k_pin *pin, struct classification *c, struct pin_effect *out,
                       struct error *e)
{
    *out = (struct pin_effect){.pin = pin, .c = c};
    int error = theorem_decide(c, &out->verdict);
    if (!error)
        error = compare(full, out);
    if (error) {
        pin_effect_free(out);
        return error_set(e, -error, "out of memory");
    }
    return 0;
}

int pin_effect_measure(const struct theory *t, const struct classify_options *like, const struct classification *full,
                       const struct k_pin *pin, struct pin_effect *out, struct error *e)
{
    const struct classify_options o = {.seed = full->seed,
                                       .states = full->states,
                                       .without = pin->name,
                                       .whole = full,
                                       .ring = full->ring,
                                       .brief = true,
                                       .variant = *full->variant ? full->variant : NULL,
                                       .jobs = like ? like->jobs : 0,
                                       .told = like ? like->told : NULL};
    struct classification *c;
    *out = (struct pin_effect){.pin = pin};
    int error = t->classify(&o, &c, e);
    return error ? error : pin_effect_compare(full, pin, c, out, e);
}

void pin_effect_free(struct pin_effect *p)
{
    verdict_free(&p->verdict);
    free(p->guarded);
    classification_destroy(p->c);
    *p = (struct pin_effect){0};
}
