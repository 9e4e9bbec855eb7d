/* evidence.h - the definitions, applied to one instruction and one or two states; and the smallest states they still apply to. */
#ifndef TRAPEZE_CORE_THEORY_EVIDENCE_H
#define TRAPEZE_CORE_THEORY_EVIDENCE_H

#include "core/theory/arena.h"
#include "core/theory/lab.h"

/* From what an instruction is executed. The instruction is the one in the laboratory. */
struct trial {
    enum evidence kind;
    struct lab_state s1, s2; /* CTRL: s1 only */
    bool guarded;            /* as the VMM would run it (lab_run) */
    bool cold;
    unsigned way;     /* of the laboratory */
    bool translation; /* CTRL: what changes is the translation in force (lab_probe) */
    bool owned;       /* STATE: they differ in what the VMM keeps, and memory that refuses counts */
    insn_t bits;
    unsigned length;
};

struct trial_result {
    struct lab_result r1, r2;
    struct lab_result nop1, nop2; /* CTRL, SILENT: what an instruction that does nothing does */
    uint64_t probe, nop_probe;    /* `translation`: what a load finds after it, and after one that does nothing */
};

/* What a program can see of a result differs: identity state, memory. Both have completed. */
bool evidence_visible_differs(const struct lab *, const struct lab_result *, const struct lab_result *);
/* Control state, which is the VMM's, is not as before; counters are not as time alone leaves them. */
bool evidence_control_changed(const struct lab *, const struct lab_state *, const struct lab_result *, const struct lab_result *nop);

/* Given what happened, does the clause of this kind apply? nop: for CTRL. */
bool evidence_privileged(const struct lab_result *user, const struct lab_result *raised);
bool evidence_control(const struct lab *, const struct lab_state *, const struct lab_result *, const struct lab_result *nop);
bool evidence_behaviour(const struct lab *, const struct lab_result *, const struct lab_result *); /* MODE, LOC */
bool evidence_state(const struct lab *, const struct lab_result *, const struct lab_result *);
/* `r` as the VMM has it, `q` where a resource is the guest's: it completes, and then is refused, or does different things. */
bool evidence_owned(const struct lab *, const struct lab_result *r, const struct lab_result *q);
bool evidence_silent(bool completed1, bool control1, bool completed2, bool control2);

const char *evidence_clause(enum evidence, const char *user); /* of the definition, in words; user: as lab_isa has it */
const char *evidence_name(enum evidence);                     /* "control-sensitive" */

/* Does the instruction in the laboratory change which translation is in force? `mode` is not the most privileged one. */
bool evidence_translation(struct lab *, const struct lab_state *, unsigned mode, uint64_t *probe, uint64_t *nop_probe);

/* Runs it, and says whether it still is evidence. */
bool trial_holds(struct lab *, const struct trial *, struct trial_result *);
/* Resets fields as long as it is evidence: fewest differences first, then fewest fields that are not as in the plain state.
 * false: it is none any more, as nothing is cached of what was; the trial is as it was. */
bool trial_minimise(struct lab *, struct trial *);
/* The witness of a minimised trial. 0 or -ENOMEM. */
MUST_CHECK int trial_witness(struct lab *, const struct trial *, struct arena *, struct witness *out);

#endif
