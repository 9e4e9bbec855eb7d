/* classify.h - the quantifiers over experiments: from subjects to findings. What is known of an instruction set beforehand (which
 * encodings a subject has, what the table claims) is the caller's; what a subject does is measured. Claims are compared at the very
 * end and decide nothing.
 */
#ifndef TRAPEZE_CORE_THEORY_CLASSIFY_H
#define TRAPEZE_CORE_THEORY_CLASSIFY_H

#include "core/theory/arena.h"
#include "core/theory/lab.h"

struct encoding {
    insn_t bits;
    unsigned length;
};

struct claim {
    enum measured_traps traps;
    unsigned sensitive;  /* SENSITIVE_HIDDEN, too */
    bool at_most;        /* of one encoding among many: it may do less */
    bool every;          /* all of `outcomes` are to be seen: it is run from enough states */
    uint8_t rare;        /* ... but these, which few states lead to */
    const char *user;    /* what user mode is called (lab_isa); NULL: that */
    uint8_t outcomes[4]; /* by the ISA's mode encoding: the outcomes that it can have there, a bit each; 0: no claim */
};

struct subject {
    const char *name;
    uint16_t row;
    int csr; /* or -1 */
    const struct encoding *encodings;
    unsigned count;
    bool many; /* so many encodings that each is executed once, in user mode under K */
    struct claim claim;
    /* NULL, or the outcomes that it can have from this very state, a bit each; 0: no claim. Memory traps are none of them. */
    unsigned (*from)(const struct lab *, const struct subject *, const struct lab_state *);
    /* NULL, or what gives any state its operands (struct lab), and of which sort. */
    void (*operands)(const struct lab *, struct lab_state *, unsigned scheme);
    unsigned scheme;
};

/* A part of the configuration K: these bits of a register, as long as the VMM has the machine. */
struct k_setting {
    reg_t reg;
    uint64_t mask, value;
    bool withholds; /* it takes a resource away, rather than that it sets how the machine behaves */
};

struct classifier;

/* lab: open; states: how many states each encoding is tried from, 0 for the default. 0 or -ENOMEM. */
MUST_CHECK int classifier_create(struct classifier **out, struct lab *lab, const struct k_setting *k, unsigned k_count, uint64_t seed,
                                 unsigned states);
void classifier_destroy(struct classifier *);
/* Measures one subject. What the finding points to lies in the arena. witnesses: minimised ones are wanted. 0 or -ENOMEM. */
MUST_CHECK int classifier_run(struct classifier *, const struct subject *, bool witnesses, struct arena *, struct finding *out);
/* What the other one has seen counts as seen, too: they are of the same laboratory's tables, K and seed. */
void classifier_join(struct classifier *, const struct classifier *other);
/* Of the laboratory's field n: NULL, or how it is not what the tables call it, after the subjects that ran so far. */
const char *classifier_field_fault(const struct classifier *, unsigned n);
/* After all subjects: a field that the tables call what it is not? NULL, or a sentence that lies in the arena. */
MUST_CHECK int classifier_audit(const struct classifier *, struct arena *, const char **sentence);
/* What a row of an instruction table claims. */
struct claim claim_of_row(const struct insn_desc *);
/* Compares what was measured with what is claimed: agrees, disagreement. */
MUST_CHECK int finding_compare(struct finding *, const struct claim *, struct arena *);

#endif
