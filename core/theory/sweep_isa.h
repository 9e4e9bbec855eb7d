/* sweep_isa.h - what an instruction set has to say of its sweep. */
#ifndef TRAPEZE_CORE_THEORY_SWEEP_ISA_H
#define TRAPEZE_CORE_THEORY_SWEEP_ISA_H

#include "core/sweep.h"
#include "core/theory/lab.h"

enum { SWEEP_WAYS = 2 }; /* fast ones: by each a page is executed from one of its states, if it has as many */

struct sweep {
    struct sweep_config config;
    struct lab *lab;                          /* of the theory that `open` opened */
    struct lab_state start[SWEEP_STATES_MAX]; /* in user mode under K */
    void *own;                                /* of the instruction set */
    uint64_t control[LAB_REGS];               /* bits of each register that are control state */
    unsigned row[SWEEP_PAGE];
    const struct lab_state *from;            /* the state at work */
    unsigned way[SWEEP_WAYS], ways;          /* of the laboratory */
    unsigned k;                              /* which of a page's states is at work */
    uint8_t outcome[SWEEP_WAYS][SWEEP_PAGE]; /* of the page's encodings by careful bodies, from its first states */
};

struct sweep_isa {
    const struct theory *theory;
    unsigned rows;
    unsigned page; /* encodings that fill a page: one for each PAGE_SIZE / page bytes */
    unsigned (*chunks)(const struct sweep_config *);
    unsigned (*chunk_pages)(const struct sweep_config *, unsigned chunk);
    uint32_t (*encoding)(const struct sweep_config *, unsigned chunk, unsigned n);
    insn_t (*bits)(uint32_t encoding);                        /* the bytes that are executed */
    uint64_t (*pc)(const struct sweep *, uint64_t address);   /* what leads there in s->from */
    unsigned (*row)(const struct sweep *, uint32_t encoding); /* or `rows` */
    const char *(*extent)(const struct sweep_config *);
    void (*sizes)(uint64_t encodings, char *text, size_t size);
    void (*print)(uint32_t encoding, FILE *);
    uint64_t (*tables)(void);
    int (*k)(char *text, size_t size);
    /* Opens the theory, sets s->lab and s->start. 0 or -errno: nothing is left. close: the theory, and s->own. */
    int (*open)(struct sweep *, sweep_create_fn *);
    void (*close)(struct sweep *);
    /* The state that the encoding is executed from, where that is not every one: NULL, or changes a copy. It may look at s->from. */
    void (*enter)(struct sweep *, struct lab_state *, uint32_t encoding);
    /* Behind an encoding that completed: whatever it can have changed is as in s->from, control state apart. */
    void (*restore)(const struct sweep *, struct machine *, uint32_t encoding);
    /* The outcomes that are claimed of it in s->from, a bit each. */
    unsigned (*claimed)(const struct sweep *, unsigned row, uint32_t encoding);
};

/* A number over words, to be gone on with. */
uint64_t sweep_sum(uint64_t sum, const char *text);
#define SWEEP_SUM UINT64_C(0xcbf29ce484222325) /* begins it */
#define SWEEP_PRIME UINT64_C(0x100000001b3)

#endif
