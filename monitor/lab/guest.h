/* guest.h - the random guests that assignments are checked with. Each depends on its seed alone, ends by itself on a right machine, and is an
 * image that a machine starts as the row of its assignment says (labs.h): a raw one that starts in M-mode at the beginning of RAM, what
 * `trapeze monitor -bios none -m 16` takes, or for a PC a kernel with a multiboot header.
 */
#ifndef TRAPEZE_MONITOR_LAB_GUEST_H
#define TRAPEZE_MONITOR_LAB_GUEST_H

#include "mmu/base.h"

enum { LAB_WORDS = 32768 };
#define LAB_RAM "16" /* -m */
struct lab_code {
    uint64_t random;
    unsigned count;
    unsigned bytes; /* so far, where instructions are not of 32 bits */
    uint32_t word[LAB_WORDS];
};

/* `random` is where the generator stands; the guest is word[0] to word[count - 1], 32 bits each, little-endian. */
uint64_t lab_random(struct lab_code *);
static inline unsigned lab_below(struct lab_code *c, unsigned n) { return (unsigned)(lab_random(c) % n); }
static inline bool lab_coin(struct lab_code *c) { return lab_random(c) >> 63; }

typedef void lab_guest_fn(struct lab_code *, uint64_t seed);
/* Of "dispatch", by stage. */
lab_guest_fn lab_guest_dispatch, lab_guest_csr, lab_guest_return, lab_guest_enter, lab_guest_interrupt, lab_guest_wait,
    lab_guest_fence, lab_guest_mixed;
/* Of "shadow". */
lab_guest_fn lab_guest_walk, lab_guest_rights, lab_guest_large, lab_guest_dirty, lab_guest_remap, lab_guest_tables;
/* Of "scheduler": one that computes all the time, one that also sleeps. */
lab_guest_fn lab_guest_busy, lab_guest_sleepy;
/* Of "flags", by stage. */
lab_guest_fn lab_guest_popf, lab_guest_popf_stack, lab_guest_iret, lab_guest_outer, lab_guest_refused;

#endif
