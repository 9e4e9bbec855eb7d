/* report.h - everything that is measured of an instruction set, as one object, as one table and as one page. */
#ifndef TRAPEZE_MONITOR_REPORT_REPORT_H
#define TRAPEZE_MONITOR_REPORT_REPORT_H

#include "core/theory/theory.h"

struct compare;

/* A variant of the instruction set, under all of K and with each pin out. */
struct report_machine {
    const char *variant;         /* borrowed from the theory; "" for the base machine */
    struct classification *full; /* owned */
    struct verdict verdict;      /* owned */
    struct pin_effect *effect;   /* owned; with witnesses */
    unsigned effects;
};

struct report {
    const struct theory *theory;
    const char *variant; /* the one that was asked for; NULL: all there are */
    uint64_t seed;
    unsigned states;                /* 0: as many as the theory takes */
    unsigned ring;                  /* 1: of K with the guest's ring 0 in real ring 1 (classify_options) */
    unsigned jobs;                  /* likewise, threads: one to a processor */
    theory_told *told;              /* likewise */
    struct report_machine *machine; /* owned */
    unsigned count;
    const struct compare *compare; /* borrowed: a kernel run in each way, for the page; NULL: it was not asked for */
    struct classification **hart;  /* owned, as they are: of each of the theory's harts, under all of K, without witnesses */
};

/* The order of work: report_measure(), which may take minutes, then any of the three writers, as often as wanted, then report_free().
 * Of the options it takes seed, states, ring, jobs, told and the variant, or NULL: all of them, the base machine first. 0, or -errno with a sentence
 * and nothing to free. */
MUST_CHECK int report_measure(struct report *, const struct theory *, const struct classify_options *, struct error *);
void report_free(struct report *);

MUST_CHECK int report_json(FILE *, const struct report *); /* 0 or -ENOMEM */
void report_csv(FILE *, const struct report *);
/* 0 or -ENOMEM. Whether it could be written is for the FILE to say. */
MUST_CHECK int report_page(FILE *, const struct report *);

enum { REPORT_SCHEMA = 1, REPORT_MODES = 4 /* encodings of a mode */ };

#endif
