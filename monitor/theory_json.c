/* theory_json.c - classifications and verdicts as JSON.
 *
 * The object of `classify --json`; `prove` has the same members, then its verdicts:
 *
 *     {"schema": 1, "isa": "pg", "variant": "", "k": "bound-clipped, ...", "without": null, "hart": null, "exhaustive": true,
 *      "states_examined": 487468, "extent": "...", "aside": "...", "seed": 1, "unsound": null, "census": {...},
 *      "findings": [{"subject": "lit", "row": "lit", "traps": "never", "sensitive": [], ..., "critical": false,
 *                    "outcomes": {"u": ["completes"], "s": ["completes"]}, "evidence": "exhausted", ..., "witnesses": []}]}
 *
 * Names of members and words stay as long as "schema" is 1; new members may come. null is "there is none", and not "not known".
 */
#include "monitor/theory_text.h"

#include <stdio.h>

static const char *const sensitive_word[] = {"control", "location", "mode", "state"}; /* by bit */
enum { SENSITIVE_WORDS = sizeof sensitive_word / sizeof *sensitive_word };

/* Without the findings: of a proof only their number is of interest. */
void classification_json(struct json *j, const struct classification *c)
{
    json_uint(j, "schema", THEORY_SCHEMA);
    json_string(j, "isa", c->isa);
    json_string(j, "variant", c->variant);
    json_string(j, "k", c->k);
    json_string(j, "without", c->without);
    json_string(j, "hart", c->hart);
    if (c->ring)
        json_uint(j, "ring", c->ring);
    json_bool(j, "exhaustive", c->exhaustive);
    json_uint(j, "states_examined", c->states_examined);
    json_string(j, "extent", c->extent);
    json_string(j, "aside", theory_find(c->isa)->aside);
    json_uint(j, "seed", c->seed);
    json_string(j, "unsound", c->unsound);
    census_json(j, c);
}

/* A mode in which nothing was run is left out, and is not an empty list: that would be "no outcome". */
static void outcomes_json(struct json *j, const struct theory *t, const struct finding *f)
{
    json_object(j, "outcomes");
    for (unsigned mode = 0; mode < sizeof f->outcomes / sizeof *f->outcomes; mode++) {
        if (!f->outcomes[mode])
            continue;
        json_array(j, t->mode_name ? t->mode_name(mode) : mode ? "s" : "u");
        for (unsigned o = OUTCOME_OK; o <= OUTCOME_WAIT; o++)
            if (f->outcomes[mode] >> o & 1)
                json_string(j, NULL, outcome_name(o));
        json_end(j);
    }
    json_end(j);
}

/* A line of a witness: a part of the state that matters, in the two states before, and after. Of evidence that needs one state
 * there is no second. Values are strings of hexadecimal digits, since 64 bits are more than a number in JSON is sure to keep. */
static void witness_field_json(struct json *j, const struct witness_field *x, bool pair)
{
    json_object(j, NULL);
    json_string(j, "name", x->name);
    json_hex(j, "s1", x->s1);
    if (pair)
        json_hex(j, "s2", x->s2);
    json_hex(j, "after1", x->after1);
    if (pair)
        json_hex(j, "after2", x->after2);
    json_bool(j, "differs_before", x->differs_before);
    json_bool(j, "differs_after", x->differs_after);
    json_end(j);
}

/* What one needs to do it again elsewhere: the encoding, the mode, the state, and what came of it. `seed` finds it here. */
static void witness_json(struct json *j, const struct theory *t, const struct witness *w, enum evidence kind)
{
    static const char *const kind_name[EVIDENCE_COUNT] = {"traps", "control", "mode", "location", "state", "silent"};
    const bool pair = kind != EVIDENCE_CTRL;
    char text[96] = "", hex[INSN_HEX];
    if (t->set)
        t->set->print(w->config ? w->config : t->set_config, t->set_context ? t->set_context(w->mode1) : 0, w->bits, 0, text,
                      sizeof text);
    json_object(j, NULL);
    json_string(j, "kind", kind_name[kind]);
    json_string(j, "clause", w->clause);
    json_string(j, "machine", w->about);
    w->length > 8 ? json_string(j, "bits", insn_hex(w->bits, w->length, hex)) : json_hex(j, "bits", (uint64_t)w->bits);
    json_uint(j, "length", w->length);
    json_string(j, "instruction", text);
    json_string(j, "mode1", t->mode_name ? t->mode_name(w->mode1) : NULL);
    json_string(j, "outcome1", outcome_name(w->outcome1));
    if (pair) {
        json_string(j, "mode2", t->mode_name ? t->mode_name(w->mode2) : NULL);
        json_string(j, "outcome2", outcome_name(w->outcome2));
    }
    json_array(j, "fields");
    for (unsigned n = 0; n < w->count; n++)
        witness_field_json(j, &w->fields[n], pair);
    json_end(j);
    json_uint(j, "seed", w->seed);
    json_end(j);
}

/* All the sets of the paper that the finding is in: `class` of the text is only the most telling one. */
static void class_json(struct json *j, const struct finding *f)
{
    json_string(j, "traps", traps_name(f->traps));
    json_string(j, "condition", f->condition);
    json_array(j, "sensitive");
    for (unsigned n = 0; n < SENSITIVE_WORDS; n++)
        if (f->sensitive >> n & 1)
            json_string(j, NULL, sensitive_word[n]);
    json_end(j);
    json_bool(j, "user_sensitive", f->user_sensitive);
    json_bool(j, "supervisor_sensitive", f->supervisor_sensitive);
    json_bool(j, "hidden_sensitive", f->hidden_sensitive);
    json_bool(j, "privileged", f->privileged);
    json_bool(j, "innocuous", f->innocuous);
    json_bool(j, "withheld", f->withheld);
    json_bool(j, "critical", f->critical);
}

/* "csr" and "row" are left out where the subject is not an access, or not a row. */
void finding_json(struct json *j, const struct classification *c, const struct finding *f)
{
    const struct theory *t = theory_find(c->isa);
    json_object(j, NULL);
    json_string(j, "subject", f->subject);
    if (f->csr >= 0)
        json_hex(j, "csr", (uint64_t)f->csr);
    if (t->set && f->row < t->set->row_count)
        json_string(j, "row", t->set->rows[f->row].name);
    json_bool(j, "sum", f->sum);
    json_bool(j, "constant", f->constant);
    class_json(j, f);
    outcomes_json(j, t, f);
    json_string(j, "confidence", confidence_name(f->confidence));
    json_string(j, "evidence", grade_name(finding_grade(f)));
    json_string(j, "proof", f->proof);
    json_bool(j, "agrees", f->agrees);
    json_string(j, "disagreement", f->disagreement);
    json_string(j, "note", f->note);
    json_uint(j, "runs", f->runs);
    json_array(j, "witnesses");
    for (enum evidence kind = 0; kind < EVIDENCE_COUNT; kind++)
        if (f->witness[kind].present)
            witness_json(j, t, &f->witness[kind], kind);
    json_end(j);
    json_end(j);
}

void names_json(struct json *j, const char *key, const struct finding **list, unsigned count, bool user_only)
{
    json_array(j, key);
    for (unsigned n = 0; n < count; n++)
        if (!user_only || list[n]->user_sensitive)
            json_string(j, NULL, list[n]->subject);
    json_end(j);
}

void verdict_json(struct json *j, const struct verdict *v)
{
    json_bool(j, "theorem1", v->theorem1);
    json_bool(j, "theorem2", v->theorem2);
    json_bool(j, "theorem3", v->theorem3);
    names_json(j, "critical", v->critical, v->critical_count, false);
    names_json(j, "user_critical", v->critical, v->critical_count, true);
}
