/* data.c - the report as one JSON object. A configuration with a pin out lists only what is not as under all of K.
 *
 *    {"schema", "version", "isa", "variant", "seed", "states",
 *     "pins": [{"name", "about"}],  "modes": ["u", "s"],  "rows": [{"name", "extension", "encoding", "manual"}],
 *     "machines": [{"variant", "about", "configurations": [
 *         {all of K:      ..., "findings": [all of them]},
 *         {without a pin: ..., "guarded": [...], "findings": [those that it guarded]}, ...]}],
 *     "harts": [...]}
 *
 * A reader who wants all findings without a pin takes those under all of K and puts the others over them: most are the same, and the
 * object would be several times as long.
 */
#include "monitor/report/report.h"

#include <string.h>

#include "isa/about.h"
#include "monitor/theory_text.h"

static void pins_json(struct json *j, const struct theory *t)
{
    json_array(j, "pins");
    for (const struct k_pin *p = t->pins; p && p->name; p++) {
        json_object(j, NULL);
        json_string(j, "name", p->name);
        json_string(j, "about", p->about);
        json_end(j);
    }
    json_end(j);
}

/* By the encoding that a witness's field "mode" has. */
static void modes_json(struct json *j, const struct theory *t)
{
    json_array(j, "modes");
    for (unsigned mode = 0; t->mode_name && mode < REPORT_MODES; mode++)
        json_string(j, NULL, t->mode_name(mode));
    json_end(j);
}

/* The instruction table itself, once: findings name their row, and the page shows its encoding and where the manual has it. */
static void rows_json(struct json *j, const struct theory *t)
{
    json_array(j, "rows");
    for (unsigned n = 0; t->set && n < t->set->row_count; n++) {
        const struct insn_desc *row = &t->set->rows[n];
        json_object(j, NULL);
        json_string(j, "name", row->name);
        json_string(j, "extension", row->ext);
        json_string(j, "encoding", row->encoding);
        json_string(j, "manual", row->manual);
        json_end(j);
    }
    json_end(j);
}

/* "why2" is the condition of Theorem 2 in words, whether or not it holds. */
static void full_json(struct json *j, const struct report_machine *m)
{
    json_object(j, NULL);
    classification_json(j, m->full);
    verdict_json(j, &m->verdict);
    json_string(j, "why2", m->verdict.why2);
    json_array(j, "findings");
    for (unsigned n = 0; n < m->full->count; n++)
        finding_json(j, m->full, &m->full->findings[n]);
    json_end(j);
    json_end(j);
}

/* `guarded` is in the order of the findings, so one index goes along with the loop. */
static bool is_guarded(const struct pin_effect *p, const struct finding *f, unsigned *next)
{
    if (*next < p->guarded_count && p->guarded[*next] == f) {
        ++*next;
        return true;
    }
    return f->sum; /* of accesses some of which may have changed */
}

/* "guarded" are the names of what is another class without the pin; "just_guarded" says whether the pin is worth having. */
static void effect_json(struct json *j, const struct pin_effect *p)
{
    unsigned next = 0;
    json_object(j, NULL);
    classification_json(j, p->c);
    verdict_json(j, &p->verdict);
    json_string(j, "why2", p->verdict.why2);
    names_json(j, "guarded", p->guarded, p->guarded_count, false);
    json_bool(j, "just_guarded", p->just);
    json_array(j, "findings");
    for (unsigned n = 0; n < p->c->count; n++)
        if (is_guarded(p, &p->c->findings[n], &next))
            finding_json(j, p->c, &p->c->findings[n]);
    json_end(j);
    json_end(j);
}

/* What a variant is, in words. */
static const char *variant_about(const struct theory *t, const char *variant)
{
    return about_of(t->set)->variant ? about_of(t->set)->variant(variant) : NULL;
}

static void machine_json(struct json *j, const struct report *r, const struct report_machine *m)
{
    json_object(j, NULL);
    json_string(j, "variant", m->variant);
    json_string(j, "about", variant_about(r->theory, m->variant));
    json_array(j, "configurations");
    full_json(j, m);
    for (unsigned n = 0; n < m->effects; n++)
        effect_json(j, &m->effect[n]);
    json_end(j);
    json_end(j);
}

static int harts_json(struct json *j, const struct report *r)
{
    int error = 0;
    json_array(j, "harts");
    for (unsigned n = 0; r->theory->harts && r->theory->harts[n].name && !error; n++)
        error = hart_json(j, &r->theory->harts[n], r->hart[n]);
    json_end(j);
    return error;
}

int report_json(FILE *out, const struct report *r)
{
    struct json j;
    json_open(&j, out);
    json_object(&j, NULL);
    json_uint(&j, "schema", REPORT_SCHEMA);
    json_string(&j, "version", TRAPEZE_VERSION);
    json_string(&j, "isa", r->theory->isa);
    json_string(&j, "variant", r->variant);
    if (r->ring)
        json_uint(&j, "ring", r->ring);
    json_uint(&j, "seed", r->seed);
    json_uint(&j, "states", r->states);
    pins_json(&j, r->theory);
    modes_json(&j, r->theory);
    rows_json(&j, r->theory);
    json_array(&j, "machines");
    for (unsigned n = 0; n < r->count; n++)
        machine_json(&j, r, &r->machine[n]);
    json_end(&j);
    int error = harts_json(&j, r);
    json_end(&j);
    return error;
}
