/* ioapic.h - Intel's 82093AA: lines of devices become messages to local APICs. Two registers, an index and a window.
 *
 * "82093AA" is Intel's data sheet of that name (order number 290566).
 */
#ifndef TRAPEZE_DEVICES_IOAPIC_H
#define TRAPEZE_DEVICES_IOAPIC_H

#include "devices/lapic.h"

#define IOAPIC_BASE UINT64_C(0xfec00000)
enum { IOAPIC_SIZE = 0x1000, IOAPIC_LINES = 24, IOAPIC_ID = 1 };

struct ioapic {
    uint8_t index;
    uint32_t id;
    uint32_t level; /* the inputs as they are */
    uint64_t entry[IOAPIC_LINES];
    struct lapic *lapic; /* borrowed: of the only CPU */
};

extern const struct phys_io ioapic_io;
void ioapic_init(struct ioapic *, struct lapic *);
void ioapic_reset(struct ioapic *);
void ioapic_state(struct ioapic *, struct state *);
struct irq_line ioapic_source(struct ioapic *, unsigned number);
void ioapic_ended(void *ioapic, uint8_t vector); /* a local APIC says so of an interrupt of level */
/* Would a request of this input reach a CPU that takes interrupts? */
bool ioapic_would_interrupt(const struct ioapic *, unsigned number);

#endif
