/* assignment_turns.h - the assignment "scheduler": whose turn is it, and for how long. A part of what a student's plug-in is made against
 * (core/assignment_*.h): the part that knows of no instruction set.
 */
#ifndef TRAPEZE_CORE_ASSIGNMENT_TURNS_H
#define TRAPEZE_CORE_ASSIGNMENT_TURNS_H

#include "mmu/base.h"

enum lab_vm_state {
    LAB_RUNNABLE, /* it would execute instructions now */
    LAB_WAITING,  /* it waits for an interrupt, which is not due before .wake */
    LAB_ENDED,
};

struct lab_vm {
    enum lab_vm_state state;
    unsigned weight; /* 1 or more: of processor time, while several are runnable, each is to get as much as its weight says */
    uint64_t ran;    /* units of time it has had */
    uint64_t since;  /* when it became what it is */
    uint64_t wake;   /* LAB_WAITING: when it is runnable again; UINT64_MAX: never */
};

enum { LAB_VMS = 8, LAB_SLICE = 2000, LAB_IDLE = -1, LAB_MEMORY_SIZE = 4096 };

struct lab_choice {
    int vm;         /* whose turn it is; LAB_IDLE: nobody's, for none is runnable. Then time goes on to the next wake */
    uint64_t slice; /* for how long: 1 to LAB_SLICE units. A turn also ends when the VM waits or ends */
};

struct lab_scheduler {
    /* `memory` is yours: LAB_MEMORY_SIZE bytes, zeros at first, kept from call to call. */
    struct lab_choice (*pick)(void *memory, const struct lab_vm *vms, unsigned count, uint64_t now);
};

#endif
