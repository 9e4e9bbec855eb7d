/* port.c - the I/O space: who may use a port [SDM 1 18.5], who wants to see it used, and the bus behind it (mmu/bus.h). */
#include "isa/ia32/port.h"
#include "isa/ia32/access.h"

#include "mmu/bus.h"

/* --- The bus */

enum { PORTS = 0xffff };

bool ia_port_read(struct ia_cpu *c, uint16_t port, unsigned size, uint32_t *value)
{
    if (ia_watch_port(c, TRIGGER_LOAD, port, size))
        return false;
    c->attention |= IA_ATTEND_YIELD;
    *value = (uint32_t)bus_load(c->machine.ports, port, PORTS, size);
    return true;
}

bool ia_port_write(struct ia_cpu *c, uint16_t port, unsigned size, uint32_t value)
{
    if (ia_watch_port(c, TRIGGER_STORE, port, size))
        return false;
    c->attention |= IA_ATTEND_YIELD;
    bus_store(c->machine.ports, port, PORTS, size, value);
    return true;
}

/* The wire is there if it reads as a level, 0 or 1; where nobody is, the bus reads as ones. */
bool ia_ferr(struct ia_cpu *c, bool asserted)
{
    const bool there = bus_load(c->machine.ports, IA_PORT_FERR, UINT32_MAX, 1) <= 1;
    if (there) {
        c->attention |= IA_ATTEND_YIELD;
        bus_store(c->machine.ports, IA_PORT_FERR, UINT32_MAX, 1, asserted);
    }
    return there;
}

/* --- Permission */

static bool refused(struct ia_cpu *c) { return ia_gp(c, REASON_PRIVILEGE, 0); }

/* The bits of the map in the TSS must be clear, of every byte that is accessed. Two bytes are read, wherever the bits lie.
 * An access of four bytes at port 3FEh looks at bits 6 and 7 of one byte and at bits 0 and 1 of the next; and the byte behind the
 * map has to exist, for the last ports. Only a TSS of 32 bits has a map. */
static bool map_allows(struct ia_cpu *c, uint16_t port, unsigned size)
{
    enum { MAP_BASE = 0x66, TSS32_AVAILABLE = 9, TSS32_BUSY = 11 };
    const unsigned type = c->tr.rights & IA_RIGHTS_TYPE;
    uint64_t base, map;
    if ((type != TSS32_AVAILABLE && type != TSS32_BUSY) || (c->tr.rights & IA_RIGHTS_NULL) || c->tr.limit < MAP_BASE + 1)
        return refused(c);
    if (!ia_load_linear(c, c->tr.base + MAP_BASE, 2, true, &base))
        return false;
    const uint32_t at = (uint32_t)base + port / 8;
    if (at + 1 > c->tr.limit)
        return refused(c);
    if (!ia_load_linear(c, c->tr.base + at, 2, true, &map))
        return false;
    return (map >> port % 8 & ((1u << size) - 1)) == 0 || refused(c);
}

/* In V86 mode IOPL does not count: ports are the map's alone [SDM 3A 20.2.8]. */
bool ia_port_allowed(struct ia_cpu *c, uint16_t port, unsigned size)
{
    if (!ia_is_protected(c) || (!ia_is_v86(c) && c->cpl <= ia_iopl(c)))
        return true;
    return map_allows(c, port, size);
}
