/* stack.h - the machines of a run: a bare one and the virtual ones on top of it, each in the RAM of the one below. */
#ifndef TRAPEZE_MONITOR_STACK_H
#define TRAPEZE_MONITOR_STACK_H

#include "core/vmm/vmm.h"

struct run_options;

enum { STACK_DEPTH_MAX = 16 };

/* What owns what, at depth 2; the guest runs on level[2]:
 *
 *   ram <-- phys <-- level[0] "bare" <-- level[1] "vm1" <-- level[2] "vm2"
 *                    its VMM makes       its VMM makes
 *
 * A level above `depth` is NULL. The names are those of the account, and of the monitor's prompt. */
struct stack {
    struct ram *ram;
    struct phys *phys;
    struct machine *level[STACK_DEPTH_MAX + 1]; /* [0] bare; [depth] is the guest's */
    char name[STACK_DEPTH_MAX + 1][16];
    unsigned depth;
};

/* What its machines are of. */
struct stack_config {
    const struct isa *isa;
    pa_t ram_base;
    uint64_t ram_size;     /* of the guest on top */
    struct vm_config each; /* how every virtual machine is run: shadow, monitor */
    /* Makes the bare machine on `phys`, whose RAM has room for ram_size bytes. -errno with the sentence. */
    int (*bare)(const struct run_options *, struct phys *, uint64_t ram_size, struct machine **out, struct error *);
    const struct run_options *options;
};

/* The guest's machine at depth 0 (bare) or more. -errno with the sentence; then *out is empty. */
MUST_CHECK int stack_create(struct stack *out, const struct stack_config *, unsigned depth, struct error *);
void stack_destroy(struct stack *); /* after the system on top of it */
static inline struct machine *stack_top(const struct stack *s) { return s->level[s->depth]; }

#endif
