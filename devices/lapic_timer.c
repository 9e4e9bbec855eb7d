/* lapic_timer.c - the local APIC's timer [SDM "APIC timer"]: what it shows follows from when it was loaded; there are events only while its interrupt is
 * not masked. A change of the divisor goes on from the count as it is.
 */
#include "devices/lapic_private.h"

/* Bits 3, 1 and 0: 0 divides by 2, ..., 6 by 128, 7 by 1. */
static unsigned shift_of(uint32_t divide)
{
    const unsigned n = (divide & 3) | (divide >> 1 & 4);
    return n == 7 ? 0 : n + 1;
}

static bool is_periodic(const struct lapic *a) { return a->lvt[LAPIC_TIMER] & TIMER_PERIODIC; }
static uint64_t counts_gone(const struct lapic *a) { return (clock_now(a->clock) - a->start) >> shift_of(a->divide); }

uint32_t lapic_timer_count(const struct lapic *a)
{
    if (!a->counting || !a->initial)
        return 0;
    const uint64_t gone = counts_gone(a);
    if (is_periodic(a))
        return (uint32_t)(a->initial - gone % a->initial);
    return gone >= a->initial ? 0 : (uint32_t)(a->initial - gone);
}

/* When it comes to 0 next, after now. */
static uint64_t next(const struct lapic *a)
{
    const uint64_t gone = counts_gone(a), rounds = gone / a->initial;
    if (rounds && !is_periodic(a))
        return UINT64_MAX;
    return a->start + ((rounds + 1) * a->initial << shift_of(a->divide));
}

void lapic_timer_update(struct lapic *a)
{
    const bool wanted = a->counting && a->initial && !(a->lvt[LAPIC_TIMER] & APIC_MASKED);
    clock_schedule(a->clock, &a->due, wanted ? next(a) : UINT64_MAX);
}

void lapic_timer_load(struct lapic *a, uint32_t initial)
{
    a->initial = initial;
    a->start = clock_now(a->clock);
    a->counting = initial != 0;
    lapic_timer_update(a);
}

void lapic_timer_divide(struct lapic *a, uint32_t value)
{
    const uint64_t gone = counts_gone(a);
    a->divide = value & 0xb;
    if (a->counting) {
        const uint64_t ago = gone << shift_of(a->divide), now = clock_now(a->clock);
        a->start = now - (is_periodic(a) && a->initial ? (gone % a->initial) << shift_of(a->divide) : ago);
    }
    lapic_timer_update(a);
}

void lapic_timer_due(void *lapic)
{
    struct lapic *a = lapic;
    if (!is_periodic(a))
        a->counting = false;
    lapic_local(a, LAPIC_TIMER);
    lapic_timer_update(a);
}
