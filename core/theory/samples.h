/* samples.h - private to the classifier: the states that all subjects are executed from, what is known of fields by then, and one subject
 * being measured (experiments.c). */
#ifndef TRAPEZE_CORE_THEORY_SAMPLES_H
#define TRAPEZE_CORE_THEORY_SAMPLES_H

#include "core/theory/classify.h"
#include "core/theory/evidence.h"

enum { VARIATIONS = 2, USER = 0, OUTCOMES = OUTCOME_WAIT + 1 };

/* The states made of one random state; a mode is put in when they are used. */
struct sample {
    struct lab_state base, varied[VARIATIONS], moved, hidden, guarded;
    struct lab_state given; /* guarded, but for what K withholds */
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
    bool withholds; /* K takes some resource away */
    unsigned states;
    uint64_t runs_before; /* of the laboratory, before any subject */
    /* What became of fields, to hold against what the tables call them. */
    bool by_itself[LAB_FIELDS], by_user[LAB_FIELDS], can_change[LAB_FIELDS];
    uint64_t faulty[LAB_REGS / 64]; /* registers with a field of which that is known from the start */
    struct sample sample[];
};

/* Which fields an execution changed: sets theirs in changed[LAB_FIELDS]. */
void changes_note(const struct classifier *, const struct lab_state *, const struct lab_result *, bool *changed);

struct measurement {
    struct classifier *c;
    struct lab *l;
    const struct subject *subject;
    struct finding *f;
    unsigned guarded[OUTCOMES]; /* runs in user mode under K */
    unsigned raised;            /* of those that trapped for privilege, how many complete with the mode raised */
    bool resource, passed;      /* the encoding at hand took a resource trap, memory aside; it completed, or came to memory */
    unsigned user_touches;      /* partitions that completed user-mode runs read or wrote */
    const char *odd;            /* the reason of a trap is not what the experiment shows, or one way not what another does */
    unsigned turn;              /* which of the ways that take turns is next; */
    bool varying;               /* none is */
    unsigned way;               /* the last that did something else than the first: evidence is what it did */
    struct {                    /* an outcome that is not claimed of the state that it is from */
        bool seen;
        unsigned mode, outcome, claimed;
    } beside;
    bool found[EVIDENCE_COUNT];
    unsigned rank[EVIDENCE_COUNT];
    struct trial *trial; /* [EVIDENCE_COUNT] */
    struct {
        bool completed, trapped;   /* under K, both are seen ... */
        unsigned sample, encoding; /* ... and here it completes */
    } condition;
};

static inline bool is_trap(const struct lab_result *r) { return r->executed && !lab_completed(r) && r->outcome != OUTCOME_RESOURCE; }

/* Executes the subject's encoding number e from all states that it is to be executed from. */
void experiments_run(struct measurement *, unsigned e);

#endif
