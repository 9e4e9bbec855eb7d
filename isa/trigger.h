/* trigger.h - a set of triggers, and what matches in it: what stands behind every machine's trigger(), and who asks it is the machine.
 *
 * An instruction meets triggers in steps: its fetch is step 0, its accesses to memory are steps 1, 2 ...; in each, virtual addresses are
 * looked at first (before translation), then physical ones (after it), then, of the fetch, what was fetched. Those of one step that
 * match are reported one by one, by slot. How far an instruction has come is one number, MACHINE_RESUME:
 *
 *   31:18 step   17:16 linear 0, physical 1, opcode 2, fresh 3   15:0 slot + 1   all that comes before is behind it, this slot too; 0:
 *   nothing is
 */
#ifndef TRAPEZE_ISA_TRIGGER_H
#define TRAPEZE_ISA_TRIGGER_H

#include "isa/machine.h"

enum { TRIGGER_SLOTS = 18 * TRIGGER_SLOTS_KEPT }; /* of a bare machine: so many levels of machines have their share */

struct trigger_set {
    struct trigger slot[TRIGGER_SLOTS]; /* kinds == 0: not set */
    uint16_t used[TRIGGER_SLOTS];       /* the slots set, ascending */
    unsigned count;                     /* of those */
    unsigned opcodes;                   /* of those by opcode */
    unsigned kinds;                     /* of any of them */
};

/* A step of an instruction: it does `kinds` at [at, at + size), and at [rest, rest + rest_size): what lies on another page. Of kind
 * TRIGGER_OPCODE: its bits are `bits`. */
struct trigger_step {
    unsigned kinds;
    unsigned step;
    bool physical;
    uint64_t at, size;
    uint64_t rest, rest_size; /* 0: all of it was the first */
    insn_t bits;
};

/* NULL clears the slot. 0, or -EINVAL: no such slot, no kind or an unknown one, an empty range or one that wraps; nothing changed. */
MUST_CHECK int trigger_set_put(struct trigger_set *, unsigned slot, const struct trigger *);
/* Does a trigger match that does not lie behind *resume? Then *t is the TRAP_TRIGGER for it, tval the step's address, row and what follows
 * from it empty, and *resume lies behind it. */
bool trigger_set_match(const struct trigger_set *, const struct trigger_step *, uint64_t *resume, struct trap *t);
/* Is there one by opcode for an instruction of these bits? */
bool trigger_set_names(const struct trigger_set *, insn_t bits);
/* Is there one of these kinds anywhere in [at, at + size)? */
bool trigger_set_covers(const struct trigger_set *, unsigned kinds, bool physical, uint64_t at, uint64_t size);

/* Slot numbers of *resume moved up by so many, or down: those below come out as none. */
uint64_t trigger_resume_up(uint64_t resume, unsigned slots);
uint64_t trigger_resume_down(uint64_t resume, unsigned slots);

#endif
