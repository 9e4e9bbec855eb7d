/* extent_text.c - what a verdict stands on and what it is of, in words: each thing counted once, proved, exhausted or sampled; what "every
 * state" is; and what is not covered. */
#include "monitor/theory_text.h"

#include <inttypes.h>

/* A verdict is of a set of instructions and of a K; the theory says itself what it does not cover, and that is printed with
 * each. */
void aside_print(FILE *f, const struct classification *c)
{
    struct lines l = {.out = f, .indent = 0};
    const char *aside = theory_find(c->isa)->aside;
    if (!aside)
        return;
    lines_text(&l, aside);
    lines_end(&l);
}

/* "pg under K = bound-clipped, trap-cells, one-guest" */
void under_k_print(FILE *f, const char *head, const char *k)
{
    struct lines l = {.out = f, .indent = 2};
    l.column = (unsigned)fprintf(f, "%sunder K =", head);
    lines_text(&l, k);
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

const char *grade_name(enum grade g)
{
    static const char *const name[GRADES] = {"sampled", "exhausted", "proved"};
    return name[g];
}

/* One word for the table. A finding that was touched without a witness has no grade that a person could rely on. */
const char *evidence_word(const struct finding *f) { return f->confidence == TOUCHED ? "undecided" : grade_name(finding_grade(f)); }

const char *evidence_sentence(const struct finding *f, char *out, size_t size)
{
    switch (finding_grade(f)) {
    case GRADE_PROVED: snprintf(out, size, "proved: %s", f->proof); break;
    case GRADE_EXHAUSTED: snprintf(out, size, "exhausted: every state of a small machine was run"); break;
    default: snprintf(out, size, "sampled: %" PRIu64 " runs%s", f->runs, f->sum ? ", of its accesses" : " from random states"); break;
    }
    return out;
}

/* "120 sampled, 94 proved", the strongest first. */
static const char *grades_text(const struct census *s, char *out, size_t size)
{
    size_t at = 0;
    *out = '\0';
    for (enum grade g = GRADES; g-- > 0;)
        if (s->grade[g] && at < size)
            at += (size_t)snprintf(out + at, size - at, "%s%u %s", at ? ", " : "", s->grade[g], grade_name(g));
    return out;
}

/* "each once: 22 instructions: 7 sensitive and privileged, 1 critical, 1 privileged only, 13 neither; 22 exhausted". Findings
 * may overlap, as an instruction and its accesses to one register each; here a thing is counted in one place. */
void census_print(FILE *f, const struct classification *c)
{
    struct lines l = {.out = f};
    struct census s;
    char text[400], of[64] = "", apart[96] = "", grades[96];
    classification_census(c, &s);
    if (s.csrs)
        snprintf(of, sizeof of, " and %u CSRs", s.csrs);
    if (s.constant || s.absent)
        snprintf(apart, sizeof apart, "; apart, %u CSRs that are constant on this hart and %u that it lacks", s.constant, s.absent);
    snprintf(text, sizeof text,
             "each once: %u instructions%s: %u sensitive and privileged, %u critical, %u privileged only, %u neither%s; %s",
             s.instructions, of, s.guarded, s.critical, s.privileged, s.neither, apart, grades_text(&s, grades, sizeof grades));
    lines_text(&l, text);
    lines_end(&l);
}

void census_json(struct json *j, const struct classification *c)
{
    struct census s;
    classification_census(c, &s);
    json_object(j, "census");
    json_uint(j, "instructions", s.instructions);
    json_uint(j, "csrs", s.csrs);
    json_uint(j, "neither", s.neither);
    json_uint(j, "privileged", s.privileged);
    json_uint(j, "guarded", s.guarded);
    json_uint(j, "critical", s.critical);
    json_uint(j, "constant", s.constant);
    json_uint(j, "absent", s.absent);
    for (enum grade g = 0; g < GRADES; g++)
        json_uint(j, grade_name(g), s.grade[g]);
    json_end(j);
}
