/* theory_text.h - classifications and verdicts in words and as JSON, and the words of the command line that ask for one. What
 * classify, prove, sweep and report have in common.
 *
 * Who prints with what: classify and witness a table or an explanation (cmd_classify.c), prove verdicts (cmd_prove.c), report a page
 * (report/); the words for the same thing are the same everywhere, since they are here.
 */
#ifndef TRAPEZE_MONITOR_THEORY_TEXT_H
#define TRAPEZE_MONITOR_THEORY_TEXT_H

#include "core/theory/theory.h"
#include "monitor/json.h"

enum { THEORY_SCHEMA = 1, THEORY_WIDTH = 100, THEORY_SEED = 1, THEORY_STATES_MAX = 4096 };

/* --- words. "always", "never", "sometimes", "requested", "undefined" */
const char *traps_name(enum measured_traps);
const char *traps_sentence(enum measured_traps);
const char *user_mode(const struct classification *); /* "user mode", or the ring that is that */
const char *confidence_name(enum confidence);
const char *outcome_name(enum outcome);
/* "innocuous", "privileged" (sensitive, and traps), "critical". */
const char *finding_class(const struct finding *);
/* "control, state", or "no". */
const char *sensitive_names(unsigned set, char *out, size_t size);
/* Words in lines of the terminal's width, but of THEORY_WIDTH columns at most, each after `indent` blanks:
 *
 *   struct lines l = {.out = f, .indent = 2};  lines_add(&l, "a"); lines_text(&l, "b c"); lines_end(&l);      "  a b c\n"
 *
 * Who has printed the beginning of the line himself says so in `column`. */
struct lines {
    FILE *out;
    unsigned indent, column;
};
void lines_add(struct lines *, const char *word);
void lines_text(struct lines *, const char *text);           /* its words */
void extent_print(FILE *, const struct classification *);    /* of one that is exhaustive */
void under_k_print(FILE *, const char *head, const char *k); /* HEADunder K = its pins, in lines */
void legend_print(FILE *, const struct classification *);    /* what the letters of classify's table mean */
void aside_print(FILE *, const struct classification *);     /* what the verdict does not cover */
void lines_end(struct lines *);
/* Their subjects: up to 24, and how many more. */
void findings_print(FILE *, const struct finding **list, unsigned count, unsigned indent);
/* Under K as it is: of critical rows, what remains of them under the hybrid monitor (struct theory). Nothing, if nothing is said of any. */
void remains_print(FILE *, const struct theory *, const struct classification *, const struct verdict *);
/* What a finding stands on: "proved", "exhausted", "sampled"; "undecided" where a run touched what it should not and nothing shows. */
const char *evidence_word(const struct finding *);
const char *evidence_sentence(const struct finding *, char *out, size_t size); /* and of how many runs, or what was proved */
const char *grade_name(enum grade);
/* The other harts of the instruction set that `like` is of, each under the same K, a line each; or, with j, an array. 0 or -errno. */
MUST_CHECK int harts_show(FILE *, struct json *j, const struct theory *, const struct classify_options *like, struct error *);
/* One of them, an object of an array. 0 or -ENOMEM. */
MUST_CHECK int hart_json(struct json *, const struct theory_hart *, const struct classification *);
void diagram_print(FILE *, const struct classification *); /* the paper's: sensitive within privileged, or not (theory_diagram.c) */
void census_print(FILE *, const struct classification *);  /* each thing counted once, and what the counts stand on */

/* For classify_options.told: shows how far it is, where stderr is a terminal. NULL: it is none. */
theory_told *theory_progress(void);

/* --- the words after the command */
struct theory_choice {
    const struct theory *theory;
    const char *variant; /* as the theory spells it; NULL: none named */
};
/* "pg", "pg:LRA". -EINVAL with a sentence that suggests the nearest. */
MUST_CHECK int theory_choose(const char *word, struct theory_choice *out, struct error *);
/* A pin of K, as the theory spells it. */
MUST_CHECK int theory_choose_pin(const struct theory *, const char *word, const char **out, struct error *);
/* One of its other harts, likewise. */
MUST_CHECK int theory_choose_hart(const struct theory *, const char *word, const char **out, struct error *);
/* What --states says: 1 to THEORY_STATES_MAX. */
MUST_CHECK int theory_option_states(const char *value, uint64_t *out, struct error *);
/* What --ring says, 3 or 1. As an option of a classification: 1, or 0 for 3 and where nothing is said; -EINVAL where there is no such ring. */
MUST_CHECK int theory_option_ring(const char *value, unsigned *out, struct error *);
MUST_CHECK int theory_choose_ring(const struct theory_choice *, unsigned said, unsigned *out, struct error *);
#define THEORY_RING_ABOUT "K with the guest's ring 0 in that real ring, where there are four; 3 is the default"
/* What --jobs says: 1 to THEORY_JOBS_MAX. */
MUST_CHECK int theory_option_jobs(const char *value, unsigned *out, struct error *);
#define THEORY_JOBS_ABOUT "so many threads; default: one to a processor. The output is the same"
/* Is there such an instruction, CSR access or encoding? -EINVAL with the nearest of them. */
MUST_CHECK int theory_check_subject(const struct theory *, const char *word, struct error *);
void theory_list(FILE *); /* the instruction sets and their variants, a line each */

/* --- JSON. Members of the object that is open. */
/* As one uses them, with an array of findings in between:
 *
 *   json_object(&j, NULL); classification_json(&j, c); json_array(&j, "findings"); finding_json(&j, c, f); ... json_end(&j);
 * json_end(&j);
 */
void classification_json(struct json *, const struct classification *); /* schema, isa, variant, k, seed, ...: not the findings */
void finding_json(struct json *, const struct classification *, const struct finding *);                  /* an object of an array */
void names_json(struct json *, const char *key, const struct finding **, unsigned count, bool user_only); /* an array */
void census_json(struct json *, const struct classification *);                                           /* an object */
void verdict_json(struct json *, const struct verdict *); /* theorem1, 2, 3, critical, user_critical */

#endif
