/* gate.h - the short way through a gate and back, of systems that leave protection to paging: 32-bit code and stacks of base 0 and 4 GiB,
 * entries that were used before, and pages that the TLB knows.
 *
 * Each function either does all that the full way does (deliver.c, far_return.c), or returns false, and nothing has changed: no bit
 * of a page table, no register. So what is refused, and in which order, is the full way's to say alone.
 */
#ifndef TRAPEZE_ISA_IA32_GATE_H
#define TRAPEZE_ISA_IA32_GATE_H

#include "isa/ia32/cpu.h"

/* What is being delivered. */
struct ia_event {
    uint8_t vector;
    bool asked; /* by the program: INT n, INT3, INTO */
    bool has_error;
    uint32_t error;
    uint32_t ext;   /* the bit EXT of error codes met on the way: 1, unless the program asked */
    uint32_t eip;   /* to return to */
    uint32_t flags; /* EFLAGS as the handler finds them on its stack */
};

/* By an interrupt or trap gate to this ring or an inner one. What follows from the registers (context.c) has been done, too. */
MUST_CHECK bool ia_gate_enter(struct ia_cpu *, const struct ia_event *);
/* IRET of 32 bits, to this ring or an outer one. */
MUST_CHECK bool ia_gate_return(struct ia_cpu *);

/* far_return.c: data segments that the CPL, which is an outer one now, may not have become null. */
void ia_drop_inner_data(struct ia_cpu *);

#endif
