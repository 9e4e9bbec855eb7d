/* lapic.h - a local APIC: the interrupt controller of one CPU, with a timer. Registers of 32 bits, 16 bytes apart.
 *
 * As firmware leaves it: switched off by its spurious-interrupt register, and the 8259's line goes through its input LINT0 to the CPU. "SDM" is Intel's
 * Software Developer's Manual, volume 3, chapter "Advanced Programmable Interrupt Controller".
 */
#ifndef TRAPEZE_DEVICES_LAPIC_H
#define TRAPEZE_DEVICES_LAPIC_H

#include "devices/clock.h"
#include "devices/irq.h"
#include "devices/state.h"
#include "mmu/phys.h"

#define LAPIC_BASE UINT64_C(0xfee00000)
enum { LAPIC_SIZE = 0x1000, LAPIC_WORDS = 8, LAPIC_LVT = 6 };
enum lapic_lvt { LAPIC_TIMER, LAPIC_THERMAL, LAPIC_COUNTERS, LAPIC_LINT0, LAPIC_LINT1, LAPIC_ERROR };
/* Delivery modes, of LVT entries, ICR and I/O APIC alike. */
enum { APIC_FIXED, APIC_LOWEST, APIC_SMI, APIC_NMI = 4, APIC_INIT, APIC_STARTUP, APIC_EXTINT };

/* An interrupt on its way (a vector's bit in three rows of 256 bits; TMR says whether it is of level):
 *
 *   message --> IRR --- its class above PPR's ---> INTR --- the CPU acknowledges ---> ISR --- EOI ---> done; a level's: `ended`
 *
 * The class is the vector's upper half. PPR is the greater one of TPR and the highest vector in service, so what is in service
 * is only interrupted by something more urgent. An entry of the local vector table, for inputs of its own:
 *
 *    17      16   15    14       13       12     10  8 7      0
 *   |periodic|mask|level|remote |polarity|status| mode | vector |      which bits there are depends on the entry
 */
struct lapic {
    uint32_t id, tpr, ldr, dfr, svr, esr, esr_seen;
    uint32_t icr_low, icr_high, divide, initial;
    uint32_t lvt[LAPIC_LVT];
    uint32_t isr[LAPIC_WORDS], tmr[LAPIC_WORDS], irr[LAPIC_WORDS];
    uint64_t start;      /* clock unit at which the timer was loaded */
    bool counting;       /* it was, and has not run out, or is periodic */
    bool pic;            /* the 8259's line */
    bool nmi;            /* an NMI is on its way */
    struct clock *clock; /* borrowed; its unit is one of the bus's clocks, which the timer divides */
    struct irq_line intr, nmi_line;
    void (*ended)(void *opaque, uint8_t vector); /* of an interrupt of level: the I/O APIC's to know. NULL: nobody's */
    void *opaque;
    struct event due;
};

extern const struct phys_io lapic_io;
void lapic_init(struct lapic *, struct clock *, struct irq_line intr, struct irq_line nmi);
void lapic_reset(struct lapic *);
void lapic_state(struct lapic *, struct state *);
void lapic_drive(const struct lapic *);
struct irq_line lapic_pic(struct lapic *); /* the wire that the 8259 pulls */
/* Is it the one that a message with this destination is for? */
bool lapic_is_meant(const struct lapic *, bool logical, uint8_t destination);
/* A message from the bus. */
void lapic_deliver(struct lapic *, unsigned mode, uint8_t vector, bool level);
/* The CPU takes an interrupt: true and its vector, or false: the 8259 is to be asked. */
bool lapic_acknowledge(struct lapic *, uint8_t *vector);
bool lapic_passes_pic(const struct lapic *); /* does the 8259's line reach the CPU? */

#endif
