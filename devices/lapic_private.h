/* lapic_private.h - between lapic.c and lapic_timer.c only. */
#ifndef TRAPEZE_DEVICES_LAPIC_PRIVATE_H
#define TRAPEZE_DEVICES_LAPIC_PRIVATE_H

#include "devices/lapic.h"

enum { APIC_MASKED = 0x10000, TIMER_PERIODIC = 0x20000 };

void lapic_local(struct lapic *, enum lapic_lvt); /* an interrupt of its own, if it is not masked */
uint32_t lapic_timer_count(const struct lapic *);
void lapic_timer_load(struct lapic *, uint32_t initial);
void lapic_timer_divide(struct lapic *, uint32_t value);
void lapic_timer_update(struct lapic *); /* its entry has changed */
void lapic_timer_due(void *lapic);

#endif
