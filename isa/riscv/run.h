/* run.h - what the run() of every engine begins and ends with, and the clock within it.
 *
 * A slice is a stretch of instructions in which nothing but the program itself can make an interrupt pending: it ends with the budget or
 * when stimecmp is due, exactly. Inside a slice `left` counts down, and the clock follows from it.
 */
#ifndef TRAPEZE_ISA_RISCV_RUN_H
#define TRAPEZE_ISA_RISCV_RUN_H

#include "isa/riscv/trap.h"

static inline void slice_close(struct hart *h)
{
    uint64_t done = h->slice - h->left;
    h->clock_base += done;
    h->retired_base += done;
    h->budget -= done;
    h->slice = h->left = 0;
}

static inline void slice_open(struct hart *h)
{
    uint64_t limit = h->budget, until = h->timer_due - h->clock_base;
    if (until < limit && h->timer_due > h->clock_base)
        limit = until;
    h->slice = h->left = limit;
}

/* A slice begins, unless an interrupt or the end of the budget comes first: true when run() is to return that. */
static inline bool slice_begin(struct hart *h)
{
    h->attention = false;
    if (h->mie && UNLIKELY(hart_mip(h) & h->mie) && hart_interrupt(h))
        return true;
    if (UNLIKELY(h->budget == 0)) {
        *h->trap = (struct trap){.kind = TRAP_BUDGET, .row = INSN_NONE};
        return true;
    }
    slice_open(h);
    return false;
}

/* In registers: a call of memset(), or a string instruction, would be a good part of a short run. */
static inline void touched_clear(struct hart_touched *t)
{
    typedef uint64_t words __attribute__((vector_size(16), may_alias));
    _Static_assert(sizeof *t % sizeof(words) == 0, "cleared by these");
    words *w = (words *)(void *)t;
#pragma GCC unroll 8
    for (size_t n = 0; n < sizeof *t / sizeof *w; n++) {
        w[n] = (words){0, 0};
        __asm__ volatile("" ::: "memory"); /* else it becomes one */
    }
}

static inline void run_begin(struct hart *h, uint64_t budget, struct trap *out)
{
    h->trap = out;
    h->budget = budget;
    h->slice = h->left = 0;
    h->here = NULL;
    h->yield = false;
    touched_clear(&h->touched);
}

static inline void run_end(struct hart *h, uint64_t budget, uint64_t *retired)
{
    slice_close(h);
    *retired += budget - h->budget;
    h->here = NULL;
    h->trap = &h->idle_trap;
}

#endif
