/* random_run.h - a random guest (random_guest.h) on the bare machine and in virtual ones, in lock step. */
#ifndef TRAPEZE_TESTS_CORE_RANDOM_RUN_H
#define TRAPEZE_TESTS_CORE_RANDOM_RUN_H

#include "core/lockstep.h"
#include "core/vmm/vmm.h"
#include "tests/core/random_guest.h"

/* What it runs on: drawn like the guest. */
struct faulty;
struct vcpu;

struct random_stack {
    unsigned depth, frames;        /* frames 0: as many shadow tables as there may be */
    unsigned ways[LOCKSTEP_SIDES]; /* tests/ways.h, of the bare machine and of the one below */
    enum shadow_policy shadow;
    enum vmm_monitor monitor;
    unsigned every; /* how often they are compared; 0 or 1: after each instruction, which is then done by careful bodies alone */
};

enum { RANDOM_LIMIT = 40000 /* instructions; a guest that goes round in M-mode ends there */ };

void random_stack_draw(struct random_stack *, struct draw *);
void random_every_draw(struct random_stack *, struct draw *); /* after the guest, so that what was drawn for it stays what it was */
void random_stack_text(const struct random_stack *, char *out, size_t size);
/* plant: makes the topmost VMM wrong (faults.h); NULL: it is as it is. The disk is `path`, which random_disk_make() has written. */
struct lockstep_report random_run(const struct random_guest *, const struct random_stack *, const char *path,
                                  void (*plant)(struct faulty *, struct vcpu *));
/* A file with the sectors of random_guest_disk(), whose name goes to `path`. It is the caller's to remove. */
void random_disk_make(char path[64]);

#endif
