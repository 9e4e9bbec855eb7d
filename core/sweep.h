/* sweep.h - every encoding of RISC-V there is, executed in user mode under K: whatever has no row must trap as undefined,
 * whatever completes must leave control state alone, and what a row or a CSR claims must be so of each of its encodings. What classify
 * measures of rows, this counts of encodings. All this by careful bodies, whose outcomes are counted; and again, from up to two of the
 * states, by the fast ones, which have to come to the same.
 *
 * A 32-bit word begins with a 16-bit instruction, of which there are 3 * 2^14, or is a 32-bit one, of which there are 2^30. They
 * are taken in chunks; what a chunk comes to depends on its number and the seed alone, so that chunks may be done in any order,
 * anywhere.
 */
#ifndef TRAPEZE_CORE_SWEEP_H
#define TRAPEZE_CORE_SWEEP_H

#include "core/theory/theory.h"
#include "isa/riscv.h"

enum {
    SWEEP_ROWS = RV_INSN_COUNT + 1, /* the last: no row */
    SWEEP_OUTCOMES = OUTCOME_WAIT + 1,
    SWEEP_FAULTS = 64, /* so many are told, those with the lowest encodings; all are counted */
    SWEEP_STATES_MAX = 16,
    SWEEP_PAGE = PAGE_SIZE / 4, /* encodings */
};

enum sweep_fault_kind {
    SWEEP_UNDEFINED_COMPLETES, /* no row, and does something other than trap as undefined */
    SWEEP_TOUCHES,             /* completes, and the machine's record has control state read or written */
    SWEEP_CHANGES,             /* completes, and control state is not as before */
    SWEEP_UNCLAIMED,           /* what becomes of it the tables do not claim, of its row or its CSR */
    SWEEP_WAYS_DIFFER,         /* by its fast body it comes to something else than by its careful one */
    SWEEP_FAULT_KINDS,
};

struct sweep_fault {
    uint32_t bits;
    enum sweep_fault_kind kind;
    enum outcome outcome;
    reg_t reg; /* of TOUCHES and CHANGES */
};

/* Sums: those of parts may be added. */
struct sweep_counts {
    uint64_t runs[SWEEP_ROWS][SWEEP_OUTCOMES];
    uint64_t encodings;
    uint64_t faults; /* runs that are one */
    unsigned told;
    struct sweep_fault fault[SWEEP_FAULTS]; /* ascending */
};
void sweep_add(struct sweep_counts *, const struct sweep_counts *);

/* What is swept. */
struct sweep_config {
    bool quick;      /* all 16-bit instructions, and of the 32-bit ones the opcode SYSTEM: every CSR by every instruction */
    uint64_t seed;   /* of the states */
    unsigned states; /* from how many each encoding is executed, 1..SWEEP_STATES_MAX */
};
unsigned sweep_chunks(const struct sweep_config *);
unsigned sweep_chunk_size(unsigned chunk); /* encodings */
uint32_t sweep_encoding(const struct sweep_config *, unsigned chunk, unsigned n);
/* The theory of the instruction set that is swept. */
const struct theory *sweep_theory(void);
/* The tables that a sweep goes by, as a number. */
uint64_t sweep_tables(void);

/* K, printable. 0 or -ENOMEM. */
MUST_CHECK int sweep_k(char *text, size_t size);

/* A machine to sweep with. */
struct sweep;
/* create: NULL, or makes the machine in place of the hart (struct riscv_inputs). 0 or -errno. */
MUST_CHECK int sweep_open(struct sweep **, const struct sweep_config *,
                          int (*create)(struct machine **, struct phys *, const void *config, unsigned index));
void sweep_close(struct sweep *);
/* Adds what the chunk comes to. */
void sweep_chunk(struct sweep *, unsigned chunk, struct sweep_counts *);
/* Adds what these come to, executed from the states number `first` and following. */
void sweep_page(struct sweep *, const uint32_t code[SWEEP_PAGE], unsigned first, struct sweep_counts *);

#endif
