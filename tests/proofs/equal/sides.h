/* sides.h - two harts in one state, nobody says which: `fast` runs the body that is to be proved, `careful` its careful twins. */
#ifndef TRAPEZE_TESTS_PROOFS_SIDES_H
#define TRAPEZE_TESTS_PROOFS_SIDES_H

#include "tests/proofs/equal/memory.h"
#include "tests/proofs/equal/operands.h"

#include "isa/riscv/record.h"
#include "isa/riscv/step.h"
#include "isa/riscv/trap.h"
#include "mmu/pt.h"

enum { SIDE_PARTS = 4 }; /* that one body does, at most */
struct side {
    struct interpreter machine; /* its hart is first */
    struct trap trap;
    struct model_memory memory;
};
extern struct side fast, careful, before;

/* How the fast body ended: it went on, or left the instruction at `at` to another body. */
extern bool left_undone;
extern const struct rv_insn *left_at;
extern uint64_t left_count;

/* The record of an instruction of this row and length, anywhere in a page. */
struct rv_insn *sides_begin(unsigned row, unsigned length, uint64_t *left);
void any_state(struct hart *);         /* of one side; x0 is zero */
void any_entries(const struct hart *); /* its TLB has whole pages, and of code the page `elsewhere` */
void any_record(struct rv_insn *, unsigned row, unsigned slot);
void sides_alike(uint64_t *left);
extern struct code_page elsewhere; /* where jumps lead */
void side_take(struct side *);     /* the run at hand is this one's */
/* An instruction of the row by its careful body, as rv_carefully() and rv_stepped() do it. */
static inline void careful_begin(const struct rv_insn *i, uint64_t left, unsigned row, unsigned length)
{
    struct hart *h = &careful.machine.hart;
    h->pc = hart_pc_of(h, i);
    h->left = left;
    h->step_row = (uint16_t)row;
    h->step_length = (uint8_t)length;
}
void careful_end(enum body_result);
/* Both have ended. `floats`: the fast body leaves no note of having read FS, frm and fflags, nor of writing them, where the careful one
 * does. They are identity state, no secret from the program. */
void sides_compare(enum body_result of_fast, bool stopped, bool floats);

uint64_t nondet_uint64_t(void);
unsigned nondet_unsigned(void);
bool nondet_bool(void);

#endif
