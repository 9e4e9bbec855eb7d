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

/* The bytes, by index; what of them is the clock's:
 *
 *   00 seconds   02 minutes   04 hours   06 weekday   07 day   08 month   09 year   32 century     01 03 05 alarm
 *   0a UIP, divider, rate     0b SET, enables, form     0c flags: reading clears them     0d "the battery is good"
 *   10-2d firmware's, with their sum in 2e and 2f       30, 34 memory above 1 and 16 MiB
 */
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
