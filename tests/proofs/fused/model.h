/* model.h - parts of fused bodies of which nothing is known but what part.c proves of each: what a part does is written down. */
#ifndef TRAPEZE_TESTS_PROOFS_FUSED_MODEL_H
#define TRAPEZE_TESTS_PROOFS_FUSED_MODEL_H

#include "isa/riscv/record.h"
#include "tests/proofs/fused/files.h"

void __CPROVER_assume(_Bool);
void __CPROVER_assert(_Bool, const char *);
uint64_t nondet_uint64_t(void);
unsigned nondet_unsigned(void);
bool nondet_bool(void);

/* The run of instructions at hand, and of each what it will do: nobody knows, and the careful body does the same. */
enum { PARTS_MOST = 4 };
struct model_part {
    const struct rv_insn *record;
    unsigned row, length;
    uint64_t value, target;
    bool jumps;
};
extern struct model_part model[PARTS_MOST];
extern unsigned model_done; /* as many of them, by the fused body */

#endif
