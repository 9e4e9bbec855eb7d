/* ia32_pt.h - IA-32's 32-bit paging: two levels of 1,024 entries of four bytes [SDM 3A 4.3].
 *
 *   31                22 21                12 11        0
 *  |    directory       |       table        |  offset   |      a leaf maps 4 KiB or, with CR4.PSE, 4 MiB
 *
 * Entries: 31-12 address, 8 G, 7 PS (directory), 6 D, 5 A, 4 PCD, 3 PWT, 2 U/S, 1 R/W, 0 P. Both levels have rights, which must agree,
 * and both have an A bit; hardware sets A and D itself, always.
 */
#ifndef TRAPEZE_MMU_IA32_PT_H
#define TRAPEZE_MMU_IA32_PT_H

#include "mmu/pt.h"

enum { IA32_P = 1, IA32_RW = 2, IA32_US = 4, IA32_PWT = 8, IA32_PCD = 16, IA32_A = 32, IA32_D = 64, IA32_PS = 128, IA32_G = 256 };

/* pt_access.own: the state that only this format's rules depend on. */
enum {
    IA32_OWN_WP = 1,  /* CR0.WP: supervisor writes need R/W, too */
    IA32_OWN_PSE = 2, /* CR4.PSE: an entry of the directory with PS is a leaf */
};

/* The error code of a page fault [SDM 3A 4.7]. Without execute-disable a fetch counts as a read: bit 4 is never set. */
enum { IA32_PF_P = 1, IA32_PF_W = 2, IA32_PF_U = 4, IA32_PF_RSVD = 8 };

extern const struct pt_format pt_ia32;

/* Of a walk that ended with PT_PAGE_FAULT. */
uint32_t ia32_pt_error(const struct pt_walk *, const struct pt_access *);

#endif
