/* bus.c - whole if somebody takes it, else in halves. A refused access has changed nothing, so the halves may be tried. */
#include "mmu/bus.h"

/* It goes round within the access: no range is asked for it whole. */
static bool wraps(pa_t at, pa_t mask, unsigned size) { return mask - at < size - 1; }

uint64_t bus_load(const struct phys *p, pa_t at, pa_t mask, unsigned size)
{
    uint64_t value;
    at &= mask;
    if (!wraps(at, mask, size) && phys_load(p, at, size, &value))
        return value;
    if (size == 1)
        return 0xff;
    const unsigned half = size / 2;
    const uint64_t low = bus_load(p, at, mask, half);
    return low | bus_load(p, at + half, mask, half) << (8 * half);
}

void bus_store(const struct phys *p, pa_t at, pa_t mask, unsigned size, uint64_t value)
{
    at &= mask;
    if ((!wraps(at, mask, size) && phys_store(p, at, size, value)) || size == 1)
        return;
    const unsigned half = size / 2;
    bus_store(p, at, mask, half, value);
    bus_store(p, at + half, mask, half, value >> (8 * half));
}
