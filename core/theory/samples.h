/* samples.h - private to the classifier: the states that all subjects are executed from, and what is known of fields by then. */
#ifndef TRAPEZE_CORE_THEORY_SAMPLES_H
#define TRAPEZE_CORE_THEORY_SAMPLES_H

#include "core/theory/classify.h"

enum { VARIATIONS = 2, USER = 0, OUTCOMES = OUTCOME_WAIT + 1 };

/* The states made of one random state; a mode is put in when they are used. */
struct sample {
    struct lab_state base, varied[VARIATIONS], moved, hidden, guarded;
    struct lab_result nop[LAB_MODES], nop_guarded;
    bool cold;
};

struct classifier {
    struct lab *lab;
    const struct k_setting *k;
    unsigned k_count;
    uint64_t seed;
    enum evidence moved_kind; /* what it shows when the place shows: LOC, unless the tables call the place's registers otherwise */
    bool moved_shows;
    unsigned states;
    /* What became of fields, to hold against what the tables call them. */
    bool by_itself[LAB_FIELDS], by_user[LAB_FIELDS], can_change[LAB_FIELDS];
    uint64_t faulty[LAB_REGS / 64]; /* registers with a field of which that is known from the start */
    struct sample sample[];
};

/* Which fields an execution changed: sets theirs in changed[LAB_FIELDS]. */
void changes_note(const struct classifier *, const struct lab_state *, const struct lab_result *, bool *changed);

#endif
