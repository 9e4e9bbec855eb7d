/* bus.h - accesses on a bus where nobody has to answer: what nobody drives reads as ones, and a write that nobody takes is lost. So are a
 * PC's memory and its ports [ISA bus: the data lines are pulled up].
 *
 * An access that no range takes whole, because it is not aligned, crosses into another range or is wider than the device, becomes two
 * of half its size, the lower address first, and so on to bytes: so the bus controller does it for 8- and 16-bit devices.
 */
#ifndef TRAPEZE_MMU_BUS_H
#define TRAPEZE_MMU_BUS_H

#include "mmu/phys.h"

/* size: 1, 2, 4 or 8 bytes; the value is zero-extended. Addresses go round at `mask`, which is 2^n - 1: 0xffff for ports. */
uint64_t bus_load(const struct phys *, pa_t, pa_t mask, unsigned size);
void bus_store(const struct phys *, pa_t, pa_t mask, unsigned size, uint64_t value);

#endif
