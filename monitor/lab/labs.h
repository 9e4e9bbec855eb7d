/* labs.h - the assignments: their stages, and which functions of the student each stage uses. */
#ifndef TRAPEZE_MONITOR_LAB_LABS_H
#define TRAPEZE_MONITOR_LAB_LABS_H

#include "monitor/lab/guest.h"

enum lab_check {
    CHECK_GUESTS, /* random guests in lock step with the bare machine */
    CHECK_KERNEL, /* the guest that the command carries, likewise */
    CHECK_LOG,    /* the trap log of a guest, the same for everybody, is the golden one */
    CHECK_DIRECT, /* random guests: no access is interpreted that our own VMM runs directly */
    CHECK_TURNS,  /* several VMs share a host, by the student's scheduler */
};

enum turns_rule { TURNS_RUNNABLE = 1, TURNS_STARVE = 2, TURNS_FAIR = 4, TURNS_WEIGHTS = 8, TURNS_LATENCY = 16 };

/* A stage is one thing to get right, and the guests that notice when it is not. `uses` says which of the VMM's functions are the
 * student's in it: the others are trapeze's own, so a stage can be tried before those beside it are written. */
struct lab_stage {
    const char *name, *about;
    unsigned needs; /* stages that must have passed: bits by number, from 0 */
    unsigned uses;  /* functions: LAB_BIT() */
    enum lab_check check;
    lab_guest_fn *guest;
    unsigned guests; /* so many of them */
    unsigned rules;  /* CHECK_TURNS: enum turns_rule, and vms */
    unsigned vms;
};

/* How a machine starts a random guest. */
struct lab_start {
    const char *machine; /* -M */
    const char *bios;    /* -bios, beside the guest as a kernel; NULL: without the option */
};

struct lab {
    const char *name, *about;
    const struct lab_start *start;
    unsigned minutes; /* of a student's time, about */
    const struct lab_stage *stage;
    unsigned stages;
    unsigned functions; /* of the plug-in's table that must be there */
};

const struct lab *labs_at(unsigned index); /* NULL at the end */
const struct lab *labs_find(const char *name);

#endif
