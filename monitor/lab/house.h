/* house.h - several virtual machines on one host, each with a board and a guest of its own. */
#ifndef TRAPEZE_MONITOR_LAB_HOUSE_H
#define TRAPEZE_MONITOR_LAB_HOUSE_H

#include "core/assignment.h"
#include "monitor/lab/job.h"

enum { HOUSE_VMS = 8 };

/*
 *    the house's host: one machine, one RAM
 *    +----------------+----------------+----------------+
 *    | vm 0           | vm 1           | vm 2           |   created one after the other, each with a part of the RAM
 *    | session: board | session: board | session: board |   its own devices, its own clock, its own guest
 *    +----------------+----------------+----------------+
 *
 *    time in the house    0 --- turn of vm 0 --- turn of vm 2 --- turn of vm 0 ---> one unit for each instruction
 */
struct tenant {
    struct run_options options; /* those of the house, but for its guest */
    struct lab_code *code;      /* owned */
    struct session session;     /* on the machine of the house */
    uint64_t now, began;        /* of the house, and its own instructions, when its turn began */
    uint64_t wake;              /* of the house: when what it waits for is due */
    bool waits, may_go;
};

struct house {
    struct run_options options;
    struct ram *ram;
    struct phys *phys;
    struct machine *host;
    struct tenant *at; /* owned */
    unsigned count;
};

/* With the guests of a stage. -errno with the sentence; then there is nothing to close. */
MUST_CHECK int house_open(struct house *, const struct lab_job *, unsigned guest, struct error *);
void house_close(struct house *);

/* A turn of `slice` instructions at most; it also ends when the VM waits or ends. Returns how many retired. `now`: time in the house. */
uint64_t house_turn(struct house *, unsigned vm, uint64_t slice, uint64_t now);
bool house_ended(const struct house *, unsigned vm);
static inline struct machine *house_vm(const struct house *h, unsigned vm) { return stack_top(&h->at[vm].session.stack); }
static inline uint64_t house_retired(const struct house *h, unsigned vm) { return h->at[vm].session.system->retired; }

#endif
