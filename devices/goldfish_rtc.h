/* goldfish_rtc.h - the Android emulator's real-time clock: nanoseconds since 1970, and an alarm.
 *
 * It is deterministic: the run begins on 1 January 2025, 00:00:00 UTC, and time passes with the board's clock.
 * "goldfish" is Android's GOLDFISH-VIRTUAL-HARDWARE.TXT, section on the timer.
 */
#ifndef TRAPEZE_DEVICES_GOLDFISH_RTC_H
#define TRAPEZE_DEVICES_GOLDFISH_RTC_H

#include "devices/clock.h"
#include "devices/irq.h"
#include "devices/state.h"
#include "mmu/phys.h"

#define RTC_EPOCH UINT64_C(1735689600) /* seconds: 2025-01-01T00:00:00Z */

/* The registers, words all:
 *
 *   00 time, low: latches the high one   08 alarm, low: arms it   10 interrupt enabled   18 is the alarm armed?
 *   04 time, high                        0c alarm, high           14 disarm              1c acknowledge
 */
struct goldfish_rtc {
    uint64_t offset;     /* ns to add to the clock's */
    uint64_t alarm;      /* ns */
    uint32_t high_latch; /* the upper half as it was when the lower was read */
    bool armed, enabled, pending;
    uint64_t ns_per_tick;
    struct clock *clock; /* borrowed */
    struct irq_line irq;
    struct event due;
};

extern const struct phys_io goldfish_rtc_io;
void goldfish_rtc_init(struct goldfish_rtc *, struct clock *, uint64_t ns_per_tick, struct irq_line);
void goldfish_rtc_reset(struct goldfish_rtc *);
void goldfish_rtc_state(struct goldfish_rtc *, struct state *);

#endif
