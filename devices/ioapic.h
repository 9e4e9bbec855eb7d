/* ioapic.h - Intel's 82093AA: lines of devices become messages to local APICs. Two registers, an index and a window.
 *
 * "82093AA" is Intel's data sheet of that name (order number 290566).
 */
#ifndef TRAPEZE_DEVICES_IOAPIC_H
#define TRAPEZE_DEVICES_IOAPIC_H

#include "devices/lapic.h"

#define IOAPIC_BASE UINT64_C(0xfec00000)
enum { IOAPIC_SIZE = 0x1000, IOAPIC_LINES = 24, IOAPIC_ID = 1 };

/* An entry of the redirection table [82093AA 3.2.4]; it is read and written as two words, the low one at index 10 + 2n:
 *
 *    63        56       16     15      14         13        12       11      10   8 7      0
 *   | destination | .. | mask | level | remote IRR | polarity | status | logical | mode | vector |
 *
 * Remote IRR and status are read only. Remote IRR is 1 from the message of a level until the local APIC tells of its end;
 * deliveries take no time here, so the status is 0 whenever one looks. */
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
