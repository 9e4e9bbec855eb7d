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

/* --- what is nearest */

enum { NEAREST = 3 };

/* The words that are least far away, nearest first. */
struct nearest {
    unsigned count, far[NEAREST];
    char name[NEAREST][64];
};

static void nearest_add(struct nearest *n, const char *name, unsigned far)
{
    unsigned at = n->count < NEAREST ? n->count++ : NEAREST;
    for (; at > 0 && far < n->far[at - 1]; at--)
        if (at < NEAREST) {
            n->far[at] = n->far[at - 1];
            memcpy(n->name[at], n->name[at - 1], sizeof n->name[at]);
        }
    if (at == NEAREST)
        return;
    n->far[at] = far;
    snprintf(n->name[at], sizeof n->name[at], "%s", name);
}

static const char *nearest_text(const struct nearest *n, char *out, size_t size)
{
    size_t at = 0;
    *out = '\0';
    for (unsigned i = 0; i < n->count && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%s", i == 0 ? "" : i + 1 == n->count ? " or " : ", ", n->name[i]);
    return out;
}

/* --- choosing */

static const char *isa_name(const void *list, unsigned index)
{
    const struct theory *t = theory_at(index);
    (void)list;
    return t ? t->isa : NULL;
}

static int unknown_isa(const char *word, struct error *e)
{
    struct nearest n = {0};
    char text[224];
    const char *near = nearest_word(word, isa_name, NULL), *name;
    if (near)
        return error_set(e, EINVAL, "there is no instruction set '%s'; is '%s' meant?", word, near);
    for (unsigned i = 0; (name = isa_name(NULL, i)); i++)
        nearest_add(&n, name, 0);
    return error_set(e, EINVAL, "there is no instruction set '%s'; there is %s", word, nearest_text(&n, text, sizeof text));
}

static int choose_variant(const struct theory *t, const char *word, const char **out, struct error *e)
{
    struct nearest n = {0};
    char text[224];
    if (!t->variants)
        return error_set(e, EINVAL, "%s has no variants, and so none named '%s'", t->isa, word);
    for (const char *const *v = t->variants; *v; v++) {
        if (strcasecmp(*v, word) == 0) {
            *out = *v;
            return 0;
        }
        if (**v)
            nearest_add(&n, *v, word_distance(*v, word));
    }
    return error_set(e, EINVAL, "%s has no variant '%s'; the nearest are %s", t->isa, word, nearest_text(&n, text, sizeof text));
}

int theory_choose(const char *word, struct theory_choice *out, struct error *e)
{
    size_t length = strcspn(word, ":");
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), word);
    *out = (struct theory_choice){.theory = theory_find(word)};
    if (!out->theory)
        return unknown_isa(name, e);
    return word[length] ? choose_variant(out->theory, word + length + 1, &out->variant, e) : 0;
}

int theory_choose_pin(const struct theory *t, const char *word, const char **out, struct error *e)
{
    struct nearest n = {0};
    char text[224];
    for (const struct k_pin *p = t->pins; p && p->name; p++) {
        if (strcmp(p->name, word) == 0) {
            *out = p->name;
            return 0;
        }
        nearest_add(&n, p->name, word_distance(p->name, word));
    }
    if (!n.count)
        return error_set(e, EINVAL, "K of %s has no pins to take out, and so none named '%s'", t->isa, word);
    return error_set(e, EINVAL, "K of %s has no pin '%s'; the nearest are %s", t->isa, word, nearest_text(&n, text, sizeof text));
}

static unsigned bits_apart(insn_t bits, const struct insn_desc *row)
{
    const insn_t other = (bits ^ row->match) & row->mask;
    return (unsigned)(__builtin_popcountll((uint64_t)other) + __builtin_popcountll((uint64_t)(other >> 64)));
}

/* The rows that fewest bits keep from being this one. */
static int unknown_encoding(const struct theory *t, const char *word, insn_t bits, unsigned length, struct error *e)
{
    struct nearest n = {0};
    char text[224];
    for (unsigned r = 0; r < t->set->row_count; r++) {
        const struct insn_desc *row = &t->set->rows[r];
        if (row->length == length)
            nearest_add(&n, row->name, bits_apart(bits, row));
    }
    return error_set(e, EINVAL, "%s is no instruction of %s; the nearest encodings are of %s", word, t->isa,
                     nearest_text(&n, text, sizeof text));
}

static int check_encoding(const struct theory *t, const char *word, struct error *e)
{
    unsigned length = 0;
    insn_t bits;
    if (!insn_parse(word + 2, &bits))
        return error_set(e, EINVAL, "'%s' is no encoding: hexadecimal digits, as in 0x10200073", word);
    if (t->set->decode(t->set_config, 0, bits, &length) != INSN_NONE)
        return 0;
    return unknown_encoding(t, word, bits, length, e);
}

int theory_check_subject(const struct theory *t, const char *word, struct error *e)
{
    struct nearest n = {0};
    char text[224], name[64], lower[64];
    bool listed = false;
    if (t->set && word[0] == '0' && (word[1] | 0x20) == 'x')
        return check_encoding(t, word, e);
    snprintf(lower, sizeof lower, "%s", word);
    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    for (unsigned i = 0; t->subject && t->subject(i, name, sizeof name); i++) {
        const char *part = strchr(name, '.');
        if (strcmp(name, word) == 0)
            return 0;
        unsigned far = part && strcmp(part + 1, lower) == 0 ? 0 : word_distance(name, lower);
        listed = true;
        if (far <= strlen(lower) / 3 + 1)
            nearest_add(&n, name, far);
    }
    if (!listed)
        return 0; /* the theory knows */
    if (!n.count)
        return error_set(e, EINVAL, "%s has no instruction '%s', and none near it; trapeze classify %s lists them", t->isa, word,
                         t->isa);
    return error_set(e, EINVAL, "%s has no instruction '%s'; the nearest are %s", t->isa, word, nearest_text(&n, text, sizeof text));
}

void theory_list(FILE *f)
{
    const struct theory *t;
    for (unsigned i = 0; (t = theory_at(i)); i++) {
        struct lines l = {.out = f, .indent = 2};
        lines_add(&l, t->isa);
        l.indent = 6;
        for (const char *const *v = t->variants; v && *v; v++) {
            char name[64];
            snprintf(name, sizeof name, "%s:%s", t->isa, *v);
            if (**v)
                lines_add(&l, name);
        }
        lines_end(&l);
    }
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
