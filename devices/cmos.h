/* cmos.h - the PC's clock with a battery: Motorola's MC146818, whose further registers are memory. The time is UTC.
 *
 * It is deterministic: the run begins on 1 January 2025, 00:00:00 UTC, and time passes with the board's clock. Flags and registers follow
 * from the time when somebody looks; there are events only for interrupts that are enabled. "MC146818" is the data sheet.
 */
#ifndef TRAPEZE_DEVICES_CMOS_H
#define TRAPEZE_DEVICES_CMOS_H

#include "devices/clock.h"
#include "devices/irq.h"
#include "devices/state.h"
#include "mmu/phys.h"

enum { CMOS_BYTES = 128, CMOS_TIME_BYTES = 10, CMOS_CENTURY = 0x32 };

struct cmos {
    uint8_t index;
    uint8_t byte[CMOS_BYTES]; /* memory; of the clock: alarms, and the time as it is being set */
    uint8_t flags;            /* register C, but for IRQF */
    int64_t offset;           /* seconds since 1970 when the board's clock was 0 */
    uint64_t seen;            /* clock units: flags are right up to then */
    uint64_t hz;              /* clock units of a second */
    struct clock *clock;      /* borrowed */
    struct irq_line irq;
    struct event due;
};

extern const struct phys_io cmos_io; /* two ports: 0x70 and 0x71 */
void cmos_init(struct cmos *, struct clock *, uint64_t hz, struct irq_line);
void cmos_reset(struct cmos *); /* memory and the time of day stay */
void cmos_state(struct cmos *, struct state *);
/* What firmware leaves there of the memory's size and of drives; `drives` is how many disks there are. */
void cmos_describe(struct cmos *, uint64_t ram_size, unsigned drives);

#endif
