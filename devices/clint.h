/* clint.h - SiFive's core-local interruptor: a software interrupt and a timer for the M-mode of each hart.
 *
 * mtime is the clock's tick count; it cannot be written, because the `time` CSR must show the same value [priv 3.2.1].
 * "CLINT" is the SiFive FU540-C000 manual, chapter 9.
 */
#ifndef TRAPEZE_DEVICES_CLINT_H
#define TRAPEZE_DEVICES_CLINT_H

#include "devices/board.h"
#include "mmu/phys.h"

/* The registers, of 64 KiB; h counts the harts:
 *
 *   0000 + 4 * h   msip      bit 0: the software interrupt's wire
 *   4000 + 8 * h   mtimecmp  the timer's wire is high while mtime >= mtimecmp
 *   bff8           mtime     ticks of the board's clock
 */
struct clint_hart {
    uint64_t mtimecmp;
    bool msip;
    struct irq_line software, timer;
    struct clock *clock; /* borrowed */
    struct event due;
};

struct clint {
    struct clock *clock; /* borrowed */
    struct clint_hart hart[BOARD_CPUS];
    unsigned harts;
};

extern const struct phys_io clint_io;
void clint_init(struct clint *, struct clock *, unsigned harts);
void clint_connect(struct clint *, unsigned hart, struct irq_line software, struct irq_line timer);
void clint_reset(struct clint *); /* mtimecmp = never */
void clint_state(struct clint *, struct state *);
void clint_drive(const struct clint *); /* sets all lines again, as they are */
void clint_cancel(struct clint *);      /* no timer is due any more */

#endif
