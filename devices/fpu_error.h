/* fpu_error.h - how a PC reports errors of the floating-point unit: FERR# goes to a latch on interrupt 13, which a write to port f0 clears; with
 * the same write IGNNE# is asserted, until the error has ended, so that the handler can use the unit [SDM 1 D.2.1].
 */
#ifndef TRAPEZE_DEVICES_FPU_ERROR_H
#define TRAPEZE_DEVICES_FPU_ERROR_H

#include "devices/irq.h"
#include "devices/state.h"
#include "mmu/phys.h"

/* What the three wires do while a handler of the old kind works (time goes to the right):
 *
 *   FERR#  ____/~~~~~~~~~~~~~~~~\____      an error is pending in the unit; the handler clears it (FNCLEX)
 *   IRQ13  ____/~~~~~~~~\____________      latched; falls with the write to port f0
 *   IGNNE# _____________/~~~~~~~\____      from that write on, until FERR# falls: the unit can be used with the error pending
 */
struct fpu_error {
    struct irq_line irq, ignne;
    bool ferr, latched, ignored; /* the CPU's output; the interrupt; IGNNE# */
};

extern const struct phys_io fpu_error_ferr_io; /* where the CPU's output is written (isa/ia32.h): 1 asserted, 0 not */
extern const struct phys_io fpu_error_io;      /* port f0, and f1, by which a 287 was reset: reads are nobody's */
void fpu_error_init(struct fpu_error *, struct irq_line irq, struct irq_line ignne);
void fpu_error_reset(struct fpu_error *);
void fpu_error_state(struct fpu_error *, struct state *);

#endif
