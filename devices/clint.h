/* clint.h - SiFive's core-local interruptor for one hart: a software interrupt and a timer for M-mode.
 *
 * mtime is the clock's tick count; it cannot be written, because the `time` CSR must show the same value [priv 3.2.1].
 * "CLINT" is the SiFive FU540-C000 manual, chapter 9.
 */
#ifndef TRAPEZE_DEVICES_CLINT_H
#define TRAPEZE_DEVICES_CLINT_H

#include "devices/clock.h"
#include "devices/irq.h"
#include "devices/state.h"
#include "mmu/phys.h"

struct clint {
    uint64_t mtimecmp;
    bool msip;
    struct irq_line software, timer;
    struct clock *clock; /* borrowed */
    struct event due;
};

extern const struct phys_io clint_io;
void clint_init(struct clint *, struct clock *, struct irq_line software, struct irq_line timer);
void clint_reset(struct clint *); /* mtimecmp = never */
void clint_state(struct clint *, struct state *);
void clint_drive(const struct clint *); /* sets both lines again, as they are */

#endif
