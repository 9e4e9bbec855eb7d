/* theory.h - what the classifier finds out, and what the theorems make of it.
 *
 * A subject is the smallest thing that is classified: an instruction row, or a row with the CSR it accesses and how
 * ("csrrw.sstatus", "csrr.cycle"). A finding is the measured class of a subject under a configuration K, each positive claim
 * with a witness: two states (or one) from which the instruction was really run. The classifier never reads the claimed class.
 * Definitions: Popek & Goldberg, CACM 17(7), 1974 [PG74]; quantifiers and outcomes as THEORY in ARCHITECTURE.md.
 */
#ifndef TRAPEZE_CORE_THEORY_THEORY_H
#define TRAPEZE_CORE_THEORY_THEORY_H

#include <stdio.h>

#include "isa/insn.h"
#include "isa/machine.h"

#define THEORY_SETTINGS "settings" /* the name of all pins that are settings, for taking them out together */
enum { THEORY_MODES = 8 };         /* an ISA's encodings of modes are below that */
enum { THEORY_JOBS_MAX = 16 };     /* threads of a classification */

/* One execution's outcome, the class only. */
enum outcome { OUTCOME_OK, OUTCOME_RESOURCE, OUTCOME_PRIVILEGE, OUTCOME_REQUESTED, OUTCOME_UNDEFINED, OUTCOME_WAIT };

/* "traps in user mode", measured. */
enum measured_traps {
    MEASURED_NEVER,     /* no user-mode run trapped (resource traps set aside) */
    MEASURED_ALWAYS,    /* every user-mode run took a privilege trap, and a more privileged run did not */
    MEASURED_CONDITION, /* some did: `condition` says when */
    MEASURED_REQUESTED, /* traps in every mode: ecall, ebreak */
    MEASURED_UNDEFINED, /* traps in every mode: the machine has no such operation */
    MEASURED_WITHHELD, /* under K nothing of it completes in user mode, because there is a resource that K has taken away: the paper's own
                           memory trap, of a resource that is not memory. It is no privilege: with the mode raised it traps, too */
};

/* How sure a universal claim is. */
enum confidence {
    WITNESSED,  /* a witness stands for the claim */
    TOUCHED,    /* no witness, though a user-mode run that completed touched virtual state: undecided */
    CLEAN,      /* no witness, and no completed user-mode run touched virtual state */
    EXHAUSTED,  /* every state of a small machine was run (finding.extent) */
    UNRECORDED, /* no witness; what runs touch is not known, as this machine keeps no record of it */
};

/* Kinds of evidence, THEORY 6.2; also the index of a finding's witnesses. */
enum evidence { EVIDENCE_PRIV, EVIDENCE_CTRL, EVIDENCE_MODE, EVIDENCE_LOC, EVIDENCE_STATE, EVIDENCE_SILENT, EVIDENCE_COUNT };

struct witness_field {
    const char *name; /* register, or "E[3]" for a memory cell; owned by the witness's classification */
    uint64_t s1, s2;  /* before, in the two states; s1 == s2 for those that only differ afterwards */
    uint64_t after1, after2;
    bool differs_before, differs_after;
};

struct witness {
    bool present;
    bool holds;            /* run again just now, the states still are the evidence */
    unsigned mode1, mode2; /* ISA's mode encoding */
    insn_t bits;           /* the instruction */
    uint8_t length;        /* its bytes */
    enum outcome outcome1, outcome2;
    struct witness_field *fields; /* minimised: only those that matter */
    unsigned count;
    const char *clause;      /* which clause of the definition it meets, in words */
    uint64_t seed;           /* replays it */
    const void *config;      /* NULL, or that of the machine: prints the instruction (struct isa) */
    const char *about;       /* NULL, or what else there is to know of the machine, in words */
    unsigned place1, place2; /* where memory lay: the laboratory's encoding */
};

struct finding {
    const char *subject; /* "sret", "csrrw.sstatus" */
    uint16_t row;        /* of the instruction table */
    int csr;             /* CSR number, or -1 */
    bool sum;            /* of other findings, taken together: a row of Zicsr is one of its accesses each time */
    bool constant;       /* of a CSR that holds one value on this hart: there is nothing to read or to change */
    enum measured_traps traps;
    const char *condition; /* NULL, or the named condition */
    unsigned sensitive;    /* SENSITIVE_* bits, measured */
    bool user_sensitive, supervisor_sensitive;
    bool hidden_sensitive;      /* its result depends on hidden state (a reservation); no part of `sensitive` */
    enum confidence confidence; /* of the class as a whole */
    struct witness witness[EVIDENCE_COUNT];
    uint64_t runs;
    const char *extent; /* exhaustive: of which machine every state was run, in words */
    const char *proof;  /* NULL, or what was proved of this row as its source is now, in words */
    unsigned asked;     /* a bit for each variant of the ISA that a run asked for: of the others it would do the same */
    const void *bare;   /* NULL, or private to the ISA's theory: what holds under any K */
    unsigned outcomes
        [THEORY_MODES]; /* by the ISA's mode encoding: a bit per enum outcome that was seen in it; user mode as K has it, too */
    unsigned touches;   /* a bit per enum reg_partition that completed runs read or wrote, by the machine's record */
    /* Derived. */
    bool privileged, innocuous, withheld, critical; /* critical: sensitive, and neither privileged nor withheld */
    bool agrees;                                    /* with the table's claim */
    const char *disagreement;                       /* NULL, or a sentence */
    const char *note;                               /* NULL, or a sentence: what the class does not say */
};

struct classification {
    const char *isa, *variant, *k; /* variant: "" for none; k: printable */
    struct finding *findings;
    unsigned count;
    uint64_t states_examined;
    bool exhaustive;
    uint64_t seed;
    unsigned states;     /* as asked for: 0 is the default */
    const char *without; /* the pin that is out, or NULL */
    const char *hart;    /* which one was measured; NULL: the usual one */
    unsigned ring;       /* the real ring that is user mode, if not the least privileged one; 0: that */
    const char *asked;   /* the subject as it was asked for: a name or an encoding; NULL: all of them */
    const char *extent;  /* exhaustive: what every state is, in words */
    const char *unsound; /* NULL, or a sentence: a register is not what the partition calls it, so verdicts mean nothing */
    void *arena;         /* owns everything above */
};

struct classify_options;
typedef void theory_told(const struct classify_options *, unsigned begun, unsigned all); /* so many of all subjects */

struct classify_options {
    uint64_t seed;
    unsigned states;      /* sampled states per subject; 0: the default. Ignored by exhaustive classifiers */
    const char *variant;  /* of the ISA, or NULL */
    const char *without;  /* a pin of K to take out, or NULL */
    const char *subject;  /* only this one, or NULL */
    const char *hart;     /* of theory.harts, or NULL: the usual one */
    bool brief;           /* verdicts only, no witnesses */
    bool hybrid;          /* under K of the hybrid monitor, where it promises more (theory.promises) */
    bool unaided;         /* under K of a monitor that does not use the guest mode of a machine which has one */
    unsigned ring;        /* 0, or 1: under K with the guest's most privileged ring in real ring 1 (theory.without_ring1) */
    unsigned jobs;        /* so many threads; 0: one to a processor. What is found does not depend on it */
    unsigned turn, turns; /* 0, or for told(): it is that one of so many */
    theory_told *told;    /* NULL, or is called now and then, in the caller's thread, and at the end, with all */
    /* NULL, or all of this ISA: no variant under the same K; the same variant under the whole of K. An exhaustive classifier takes over
     * what is known by them, and counts its states; they have to stay. */
    const struct classification *base, *whole;
};

/* One of several classifications that do not depend on each other. */
struct theory_job {
    struct classify_options options;
    struct classification *c; /* owned by whoever has asked */
    int error;
    struct error e;
};
struct theory;
/* All of them, by so many threads; 0: one to a processor. Exhaustive ones, which take over what others have found and leave little to do,
 * are made side by side, the others one after the other, each by all threads. */
void theory_jobs_do(const struct theory *, struct theory_job *const *, unsigned count, unsigned threads);

/* Witnesses for a machine to execute by itself: what a program, which knows how, finds in memory, and what it prints. */
struct replay {
    struct replay_part {
        pa_t at;
        void *bytes; /* owned */
        size_t size;
    } part[2];
    char *text;      /* owned: what it prints, as measured in the laboratory */
    char *left_out;  /* owned: of each witness that cannot be replayed a line, which says why; "" for none */
    unsigned states; /* how many are executed */
};
void replay_free(struct replay *);

/* A theory of one instruction set. */
struct theory {
    const char *isa;
    const char *const *variants;                 /* NULL-terminated; NULL: none */
    bool variants_combine;                       /* several may be asked for together, with '+' between them */
    const char *(*variants_apart)(const char *); /* why no machine has these together; NULL: one may. NULL: all combine */
    const struct k_pin {
        const char *name, *about;
        bool setting; /* a value that the VMM sets in the processor; else it is a promise of the VMM's, or how the machine is */
    } * pins;         /* NULL-terminated by name */
    bool (*has_pin)(const char *variant, const char *pin); /* is it in K of the variant? NULL: all are in all */
    /* Machines that differ from the usual one in what they have; NULL-terminated by name; NULL: none are measured. */
    const struct theory_hart {
        const char *name, *about;
    } * harts;
    int (*classify)(const struct classify_options *, struct classification **out, struct error *);
    const struct isa *set; /* the instruction set, and with what configuration it prints every instruction */
    const void *set_config;
    const char *(*mode_name)(unsigned mode);
    const char *aside; /* what the verdict does not cover, and where that is checked, in words; NULL: nothing is said of it */
    bool settings;     /* those pins can be taken out together, too: THEORY_SETTINGS */
    unsigned (*set_context)(unsigned mode); /* in which set->print() prints what runs in that mode (struct isa); NULL: 0 */
    bool exhaustive;                        /* nothing is sampled, and what is known is taken over (classify_options.base) */
    /* The name of the n-th subject, in the order of findings; false: there are no more. NULL: none are listed. */
    bool (*subject)(unsigned n, char *name, size_t size);
    /* What a critical row shows or does in user mode that is not the guest's own, so that it remains under a monitor
     * that runs user mode directly. NULL: nothing is said. */
    const char *(*remains)(const struct finding *);
    /* What is claimed of an instruction as the machine would execute it now, in the mode that it is in: traps,
     * sensitive, and what follows from them. It takes no time; that it is what is measured is for tests to say. Where
     * operands decide it is of all that may be meant, a sum. variant: NULL for none; what a virtual machine does not
     * offer of it does not count. alone: in user mode, under K of a monitor that runs that alone directly (promises);
     * critical is then what is user-sensitive and not refused. NULL: the table of rows has the claims. */
    void (*claimed)(const char *variant, bool alone, const struct machine *, insn_t bits, struct finding *out);
    /* Why no guest's most privileged ring is in real ring 1, on a machine of these variants ("": of none); NULL: it
     * can be. NULL: there are no rings. */
    const char *(*without_ring1)(const char *variant);
    const struct k_pin *promises; /* what K of the hybrid monitor has beyond that of all; NULL-terminated by name; NULL: nothing */
    /* All witnesses of a classification. NULL: there is no such program. 0, or -errno with a sentence. */
    int (*replay)(const struct classification *, struct replay *out, struct error *);
    const struct sweep_isa *sweep; /* its encodings, all of them (core/sweep.h). NULL: they are too many, or of no interest */
};

#define THEORY(id) extern const struct theory theory_##id;
#include "isa/isas.def"
/* By name, of which what follows a ':' is a variant: "pg", "pg:LRA". NULL: unknown. */
const struct theory *theory_find(const char *name);
const struct theory *theory_at(unsigned index); /* each there is; NULL at the end */
void classification_destroy(struct classification *);

/* What the universal part of a finding ("always traps", "innocuous") stands on, weakest first. */
enum grade { GRADE_SAMPLED, GRADE_EXHAUSTED, GRADE_PROVED, GRADES };
enum grade finding_grade(const struct finding *);

/* A classification counted so that each thing counts once: an instruction, and a CSR however many instructions access it. A CSR is what
 * its accesses are together. Sums are not counted; what is constant or absent on this hart is counted apart. */
struct census {
    unsigned instructions, csrs;                     /* what is counted: the next four are of both */
    unsigned neither, privileged, guarded, critical; /* privileged: and not sensitive; guarded: sensitive and privileged */
    unsigned constant, absent;                       /* CSRs, apart */
    unsigned grade[GRADES];                          /* of what is counted, by the weakest of a CSR's accesses */
};
void classification_census(const struct classification *, struct census *);

struct verdict {
    bool theorem1, theorem2, theorem3;
    unsigned critical_count, user_critical_count;
    const struct finding **critical; /* owned; the first critical_count of them */
    const char *why2;                /* theorem 2's condition in words */
};
MUST_CHECK int theorem_decide(const struct classification *, struct verdict *out);
void verdict_free(struct verdict *);

/* What a pin of K is good for: the same classification with the pin out. */
struct pin_effect {
    const struct k_pin *pin;
    struct classification *c; /* owned */
    struct verdict verdict;
    /* Owned: the findings of c that are not as under the whole of K; sums, and what is critical anyway, aside. */
    const struct finding **guarded;
    unsigned guarded_count;
    bool just; /* what becomes critical is what is guarded, no more and no less */
};
/* full: under the whole of K. c: with the pin out; it is taken, also when this fails. */
MUST_CHECK int pin_effect_compare(const struct classification *full, const struct k_pin *, struct classification *c,
                                  struct pin_effect *out, struct error *);
/* Classifies, without witnesses, and compares. like: NULL, or whose jobs and told() it has. */
MUST_CHECK int pin_effect_measure(const struct theory *, const struct classify_options *like, const struct classification *full,
                                  const struct k_pin *, struct pin_effect *out, struct error *);
void pin_effect_free(struct pin_effect *);

/* Text of a whole witness, for people: the pair, the fields that differ, the outcomes, the clause, the replay line. */
void witness_print(FILE *, const struct classification *, const struct finding *, enum evidence);

#endif
