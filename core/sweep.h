/* sweep.h - every encoding of an instruction set there is, executed in user mode under K: whatever has no row must trap as undefined,
 * whatever completes must leave control state alone, and what a row or a control register claims must be so of each of its encodings.
 * What classify measures of rows, this counts of encodings. All this by careful bodies, whose outcomes are counted; and again, from up to
 * two of the states, by the fast ones, where there are any, which have to come to the same.
 *
 * Encodings are taken in chunks; what a chunk comes to depends on its number and the seed alone, so that chunks may be done in any order,
 * anywhere. Which there are, and what is claimed of them, the theory of the instruction set knows (theory/sweep_isa.h).
 */
#ifndef TRAPEZE_CORE_SWEEP_H
#define TRAPEZE_CORE_SWEEP_H

#include "core/theory/theory.h"

enum {
    SWEEP_ROWS = 512, /* so many instructions a table may have, and one more: those that are none */
    SWEEP_OUTCOMES = OUTCOME_WAIT + 1,
    SWEEP_FAULTS = 64, /* so many are told, those with the lowest encodings; all are counted */
    SWEEP_STATES_MAX = 16,
    SWEEP_PAGE = PAGE_SIZE / 4, /* encodings, at most */
};

enum sweep_fault_kind {
    SWEEP_UNDEFINED_COMPLETES, /* no row, and does something other than trap as undefined */
    SWEEP_TOUCHES,             /* completes, and the machine's record has control state read or written */
    SWEEP_CHANGES,             /* completes, and control state is not as before */
    SWEEP_UNCLAIMED,           /* what becomes of it the tables do not claim, of its row or its control register */
    SWEEP_WAYS_DIFFER,         /* by its fast body it comes to something else than by its careful one */
    SWEEP_FAULT_KINDS,
};

struct sweep_fault {
    uint32_t bits; /* the encoding, as far as sweeps tell them apart */
    enum sweep_fault_kind kind;
    enum outcome outcome;
    reg_t reg; /* of TOUCHES and CHANGES */
};

/* Sums: those of parts may be added. */
struct sweep_counts {
    uint64_t runs[SWEEP_ROWS][SWEEP_OUTCOMES]; /* by row; behind the last one: no row */
    uint64_t encodings;
    uint64_t faults; /* runs that are one */
    unsigned told;
    struct sweep_fault fault[SWEEP_FAULTS]; /* ascending */
};
void sweep_add(struct sweep_counts *, const struct sweep_counts *);

struct sweep_isa;
/* What is swept. */
struct sweep_config {
    const struct sweep_isa *isa; /* of the theory: struct theory.sweep */
    bool quick;                  /* a part that is done in a minute; sweep_extent() says which */
    uint64_t seed;               /* of the states */
    unsigned states;             /* from how many each encoding is executed, 1..SWEEP_STATES_MAX */
};
unsigned sweep_chunks(const struct sweep_config *);
unsigned sweep_chunk_size(const struct sweep_config *, unsigned chunk); /* encodings */
uint32_t sweep_encoding(const struct sweep_config *, unsigned chunk, unsigned n);
/* The theory of the instruction set that is swept; and its rows, of which the number itself is "no row". */
const struct theory *sweep_theory(const struct sweep_config *);
unsigned sweep_rows(const struct sweep_config *);
/* The tables that a sweep goes by, as a number. */
uint64_t sweep_tables(const struct sweep_config *);
/* Which encodings, in words; "" for all. And the numbers of them, `encodings` altogether. */
const char *sweep_extent(const struct sweep_config *);
void sweep_sizes(const struct sweep_config *, uint64_t encodings, char *text, size_t size);
/* An encoding, for people: the digits, and what it is. */
void sweep_print_encoding(const struct sweep_config *, uint32_t encoding, FILE *);

/* K, printable. 0 or -ENOMEM. */
MUST_CHECK int sweep_k(const struct sweep_config *, char *text, size_t size);

/* A machine to sweep with. */
struct sweep;
typedef int sweep_create_fn(struct machine **, struct phys *, const void *config, unsigned index);
/* create: NULL, or makes the machine in place of the CPU (as struct lab.create does). 0 or -errno. */
MUST_CHECK int sweep_open(struct sweep **, const struct sweep_config *, sweep_create_fn *create);
void sweep_close(struct sweep *);
/* Adds what the chunk comes to. */
void sweep_chunk(struct sweep *, unsigned chunk, struct sweep_counts *);
/* Adds what a page of these comes to, executed from the states number `first` and following. */
void sweep_page(struct sweep *, const uint32_t *code, unsigned first, struct sweep_counts *);

#endif
