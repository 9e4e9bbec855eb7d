/* stack.h - the machines of a run: a bare one and the virtual ones on top of it, each in the RAM of the one below. */
#ifndef TRAPEZE_MONITOR_STACK_H
#define TRAPEZE_MONITOR_STACK_H

#include "core/vmm/vmm.h"
#include "isa/pg.h"
#include "isa/riscv.h"

enum { STACK_DEPTH_MAX = 16 };

struct stack {
    struct ram *ram;
    struct phys *phys;
    struct machine *level[STACK_DEPTH_MAX + 1]; /* [0] bare; [depth] is the guest's */
    char name[STACK_DEPTH_MAX + 1][16];
    unsigned depth;
};

/* A guest with ram_size bytes, or the cells of the configuration, at depth 0 (bare) or more; `each` says how every virtual machine is
 * run (shadow, monitor). -errno with the sentence; then *out is empty. */
MUST_CHECK int stack_create(struct stack *out, const struct riscv_config *, uint64_t ram_size, unsigned depth,
                            const struct vm_config *each, struct error *);
MUST_CHECK int stack_create_pg(struct stack *out, const struct pg_config *, unsigned depth, const struct vm_config *each,
                               struct error *);
void stack_destroy(struct stack *); /* after the system on top of it */
static inline struct machine *stack_top(const struct stack *s) { return s->level[s->depth]; }

#endif
