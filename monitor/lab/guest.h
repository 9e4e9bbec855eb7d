/* guest.h - the random guests that assignments are checked with. Each depends on its seed alone, ends by itself on a right machine, and is a raw
 * image that starts in M-mode at the beginning of RAM: what `trapeze monitor -bios none -m 16` takes.
 */
#ifndef TRAPEZE_MONITOR_LAB_GUEST_H
#define TRAPEZE_MONITOR_LAB_GUEST_H

#include "mmu/base.h"

enum { LAB_WORDS = 32768, LAB_RAM_MIB = 16 };
struct lab_code {
    uint64_t random;
    unsigned count;
    uint32_t word[LAB_WORDS];
};

/* `random` is where the generator stands; the guest is word[0] to word[count - 1], 32-bit little-endian instructions. */
typedef void lab_guest_fn(struct lab_code *, uint64_t seed);
/* Of "dispatch", by stage. */
lab_guest_fn lab_guest_dispatch, lab_guest_csr, lab_guest_return, lab_guest_enter, lab_guest_interrupt, lab_guest_wait,
    lab_guest_fence, lab_guest_mixed;
/* Of "shadow". */
lab_guest_fn lab_guest_walk, lab_guest_rights, lab_guest_large, lab_guest_dirty, lab_guest_remap, lab_guest_tables;
/* Of "scheduler": one that computes all the time, one that also sleeps. */
lab_guest_fn lab_guest_busy, lab_guest_sleepy;

#endif
