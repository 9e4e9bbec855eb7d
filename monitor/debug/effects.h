/* effects.h - what the next instruction is about to do, without doing it: the accesses it will make, and whether it will trap.
 *
 * Accesses come from the CPU's own bodies run over a machine that keeps nothing (isa->interpret); traps of the privileged kind
 * from a hart made for the purpose, with the same registers. Nothing is worked out a second time here. */
#ifndef TRAPEZE_MONITOR_DEBUG_EFFECTS_H
#define TRAPEZE_MONITOR_DEBUG_EFFECTS_H

#include "monitor/debug/debugger.h"
#include "monitor/view/walk_why.h"

enum { EFFECTS_ACCESSES = 4, EFFECTS_WRITES = 4 };

struct effect_access {
    bool is_store;
    va_t at;
    unsigned size;
    uint64_t old; /* what is there now, if it can be read */
    bool readable;
};

struct effects {
    bool fetched;
    insn_t bits;
    unsigned length;
    struct effect_access access[EFFECTS_ACCESSES];
    unsigned accesses;
    reg_t written[EFFECTS_WRITES]; /* registers, the pc not among them; on RISC-V of an instruction that needs no privilege */
    unsigned writes;
    struct trap trap;   /* TRAP_NONE: it completes, on a machine of its own */
    char why[WALK_WHY]; /* of a page fault; "" else */
    const char *device; /* it reaches this device; NULL: none */
    bool interpreted; /* in a virtual machine of the hybrid monitor, in a privileged mode: the VMM does it, the host does not run it */
    bool host_traps;  /* in a virtual machine: the host traps on it for privilege, so D gets to see it */
};

/* trap.kind of one that the guest takes. */
static inline bool is_exception(const struct trap *t) { return t->kind == TRAP_EXCEPTION; }

/* Of the instruction at the level's pc. */
void effects_predict(const struct debugger *, struct effects *);
/* The same, quickly: accesses and registers only, and on RISC-V nothing of an instruction that may need privilege. */
void effects_predict_writes(const struct debugger *, struct effects *);

#endif
