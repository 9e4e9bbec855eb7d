/* task.h - task switches [SDM 3A 7]. */
#ifndef TRAPEZE_ISA_IA32_TASK_H
#define TRAPEZE_ISA_IA32_TASK_H

#include "isa/ia32/segment.h"

enum ia_switch_by { IA_BY_JUMP, IA_BY_CALL, IA_BY_RETURN, IA_BY_EVENT };

/* What each way of switching does to the two tasks [SDM 3A table 7-2]:
 *
 *              old task's busy bit    new task's busy bit    back link and NT
 *   JUMP       cleared                set                    as they are
 *   CALL       stays set              set                    link to the old task; NT set in the new one
 *   EVENT      stays set              set                    the same
 *   RETURN     cleared                is set already         NT cleared in what the old task saves
 */
struct ia_switch {
    enum ia_switch_by by;
    uint16_t selector; /* of the new TSS */
    struct ia_descriptor descriptor;
    uint32_t resume; /* EIP at which the old task goes on when it comes back */
    uint32_t flags;  /* EFLAGS it will have then */
    uint32_t ext;    /* the bit EXT in error codes: 1 for an event that the program did not ask for */
    bool done;       /* out: the new task is the current one, whether or not a fault followed */
    bool debug_trap; /* out: it wants to begin with a #DB */
};

/* Finds the TSS of s->selector: in the GDT, available (`busy`: busy), present. What speaks against it is `vector` (#GP, or #TS of a back
 * link) with the selector, or #NP. */
MUST_CHECK bool ia_task_find(struct ia_cpu *, struct ia_switch *, bool busy, unsigned vector);

/* From the current task to that which was found. c->eip and c->next are then the new one's. false: a fault; with s->done it is the new
 * task's, met in loading what its segment says; else nothing has changed. */
MUST_CHECK bool ia_task_switch(struct ia_cpu *, struct ia_switch *);

/* The new task's first instruction is next, if its code segment has it: else #GP. Behind the push of an event's error code. */
MUST_CHECK bool ia_task_begins(struct ia_cpu *, const struct ia_switch *);

/* CALL and JMP by a task gate or straight to a TSS: the checks that are theirs, and the switch. */
MUST_CHECK bool ia_task_transfer(struct ia_cpu *, enum ia_switch_by, uint16_t selector, const struct ia_descriptor *);
/* IRET with NT: by the back link. */
MUST_CHECK bool ia_task_return(struct ia_cpu *);

#endif
