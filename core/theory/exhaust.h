/* exhaust.h - every state of a small machine of the paper: an instruction is run from all of them, on the machine itself. It is small
 * in cells and in words (struct pg_word): of a few bits, so that each value of each cell and register has its turn.
 *
 * States come in cases. A case is all states in which a program sees the same: the same P, the same cells through its window; they
 * differ in mode and in where the window lies. That is what the definitions compare [PG74 pp.414-415]. A case's runs are made one
 * by one.
 *
 * Cells are given content lazily: one that a run reads takes, one after the other, every word that there is, and the runs of the
 * case that read it are made anew for each. A cell that no run has read stays a mark, which stands for any content: exhaust.c says why, and how
 * that is checked.
 */
#ifndef TRAPEZE_CORE_THEORY_EXHAUST_H
#define TRAPEZE_CORE_THEORY_EXHAUST_H

#include "core/theory/theory.h"
#include "isa/pg.h"

enum { EXHAUST_CELLS = 12, EXHAUST_RUNS = 16 };

struct exhaust_run {
    /* From. The window is `size` cells of E from `base` on: what the program may see and change. */
    uint64_t m, l, b;
    unsigned base, size;
    uint64_t before[EXHAUST_CELLS];
    /* To. */
    enum outcome outcome;
    bool memory; /* it is a memory trap: set aside */
    uint64_t m2, p2, l2, b2;
    uint64_t after[EXHAUST_CELLS];
    uint64_t read, written; /* cells of E, a bit each, by the machine's own record */
    unsigned printed;       /* bytes that went to the console, and the last of them */
    uint8_t byte;
};

struct exhaust_case {
    uint64_t bits; /* the instruction */
    uint64_t p;
    unsigned at; /* its cell of the window */
    bool guest;  /* runs are a VM's in real user mode, at different places of the host; else the bare machine's */
    uint64_t visible[EXHAUST_CELLS], outside[EXHAUST_CELLS]; /* content: by cell of the window; by cell of E, not in the window */
    uint64_t visible_known, outside_known;                   /* which have one, a bit each; the others hold marks */
    unsigned weight;                                         /* smaller: simpler content */
    unsigned inner;                                          /* cells whose word is neither the first nor the last they may have */
    struct exhaust_run run[EXHAUST_RUNS];
    unsigned count;
};

/* A machine on a bench. */
struct exhaust {
    struct machine *machine; /* owned, as are the next two */
    struct phys *phys;
    struct ram *ram;
    uint64_t *e; /* of ram: cell 0 */
    struct pg_word word;
    struct pg_config config;
    struct {
        uint64_t m, p, l, b;
    } now;                  /* what the machine's registers hold */
    unsigned cells;         /* q */
    unsigned words, fields; /* how many values a cell has, and each of P, l, b */
    unsigned most_read;     /* by one run, besides its instruction */
    unsigned asked;         /* a bit for each variant that an instruction asked for */
    bool blank;             /* marks are zeros */
    unsigned printed;
    uint8_t byte;
    uint64_t examined; /* states so far */
    bool enough;       /* look() wants no more cases */
    const char *odd;   /* NULL, or in what the machine is none of the paper's: nothing is proved then */
    void (*look)(void *ctx, const struct exhaust_case *);
    void *ctx;
};

typedef int exhaust_create(struct machine **, struct phys *, const struct pg_config *);

/* cells <= EXHAUST_CELLS. 0 or -errno; close in any case. */
MUST_CHECK int exhaust_open(struct exhaust *, exhaust_create *, enum pg_variant, unsigned cells, const struct pg_word *);
void exhaust_close(struct exhaust *);

/* P and R with which nothing is fetched: memory traps that change nothing, whatever E holds. Else `odd` says so. */
void exhaust_unfetched(struct exhaust *);
/* The bare machine: both modes, all P and R with which the instruction is fetched; the window is R's. look() gets every case. */
void exhaust_bare(struct exhaust *, uint64_t bits, void (*look)(void *, const struct exhaust_case *), void *ctx);
/* A guest of w cells, in real user mode: every virtual P and R, at the places k and k + 1 of the host; the window is its memory.
 * R' = (l + k, min(b, w - l)) [PG74 p.416]; clip: the minimum is taken. */
void exhaust_guest(struct exhaust *, uint64_t bits, unsigned k, unsigned w, bool clip,
                   void (*look)(void *, const struct exhaust_case *), void *ctx);
/* The runs of a case again, with zeros for marks. */
void exhaust_again(struct exhaust *, struct exhaust_case *);

#endif
