/* theory_text.c - the words. */
#include "monitor/theory_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "monitor/options.h"
#include "monitor/screen.h"

const char *traps_name(enum measured_traps t)
{
    static const char *const name[] = {"never", "always", "sometimes", "requested", "undefined"};
    return name[t];
}

const char *traps_sentence(enum measured_traps t)
{
    switch (t) {
    case MEASURED_NEVER: return "never traps, resources aside";
    case MEASURED_ALWAYS: return "always traps, for privilege";
    case MEASURED_CONDITION: return "traps under a condition";
    case MEASURED_REQUESTED: return "traps in every mode, because the program asks to";
    case MEASURED_UNDEFINED: return "traps in every mode, because there is no such operation";
    }
    return "";
}

const char *confidence_name(enum confidence c)
{
    static const char *const name[] = {"witnessed", "touched", "clean", "exhausted"};
    return name[c];
}

const char *outcome_name(enum outcome o)
{
    static const char *const name[] = {"completes", "resource trap", "privilege trap", "requested trap", "undefined", "waits"};
    return name[o];
}

const char *finding_class(const struct finding *f)
{
    return f->innocuous ? "innocuous" : f->critical ? "critical" : f->privileged ? "privileged" : "sensitive";
}

static const char *const sensitive_word[] = {"control", "location", "mode", "state"}; /* by bit */
enum { SENSITIVE_WORDS = sizeof sensitive_word / sizeof *sensitive_word };

const char *sensitive_names(unsigned set, char *out, size_t size)
{
    size_t at = 0;
    snprintf(out, size, "no");
    for (unsigned n = 0; n < SENSITIVE_WORDS; n++)
        if (set >> n & 1 && at < size)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at ? ", " : "", sensitive_word[n]);
    return out;
}

/* A line of prose is not longer than people like to read. */
static unsigned theory_width(void)
{
    unsigned columns = screen_columns();
    return columns < THEORY_WIDTH ? columns : THEORY_WIDTH;
}

void lines_add(struct lines *l, const char *word)
{
    unsigned length = (unsigned)strlen(word);
    if (l->column && l->column + 1 + length > theory_width())
        lines_end(l);
    if (l->column == 0)
        l->column = (unsigned)fprintf(l->out, "%*s%s", (int)l->indent, "", word);
    else
        l->column += (unsigned)fprintf(l->out, " %s", word);
}

void lines_text(struct lines *l, const char *text)
{
    char word[THEORY_WIDTH];
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        size_t length = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), text);
        lines_add(l, word);
        text += length;
    }
}

void lines_end(struct lines *l)
{
    if (l->column)
        fputc('\n', l->out);
    l->column = 0;
}

/* --- JSON */

void classification_json(struct json *j, const struct classification *c)
{
    json_uint(j, "schema", THEORY_SCHEMA);
    json_string(j, "isa", c->isa);
    json_string(j, "variant", c->variant);
    json_string(j, "k", c->k);
    json_string(j, "without", c->without);
    json_bool(j, "exhaustive", c->exhaustive);
    json_uint(j, "states_examined", c->states_examined);
    json_string(j, "extent", c->extent);
    json_string(j, "aside", theory_find(c->isa)->aside);
    json_uint(j, "seed", c->seed);
    json_string(j, "unsound", c->unsound);
}

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

static void witness_json(struct json *j, const struct theory *t, const struct witness *w, enum evidence kind)
{
    static const char *const kind_name[EVIDENCE_COUNT] = {"traps", "control", "mode", "location", "state", "silent"};
    const bool pair = kind != EVIDENCE_CTRL;
    char text[96] = "", hex[INSN_HEX];
    if (t->set)
        t->set->print(w->config ? w->config : t->set_config, 0, w->bits, 0, text, sizeof text);
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
    json_bool(j, "critical", f->critical);
}

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
    class_json(j, f);
    outcomes_json(j, t, f);
    json_string(j, "confidence", confidence_name(f->confidence));
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
