/* plic.h - the platform-level interrupt controller: sources with priorities, contexts with enables and a threshold.
 *
 * "PLIC" is the RISC-V Platform-Level Interrupt Controller Specification 1.0.0. As on QEMU's board: 95 sources, seven priority
 * levels; context 0 is M-mode of hart 0, context 1 its S-mode, and so on for the others.
 *
 * What a gateway makes of its wire the specification leaves to the device [PLIC 5]. There are two:
 *
 *   PLIC_ASSERTED  as on QEMU's board: each assertion by the device (irq.h) is a request. One that comes between claim and completion
 *                  is kept, and passed on at completion; completion itself makes none, though the wire may be high.
 *   PLIC_STRICT    the level-triggered gateway of the specification's text: a request whenever the wire is high and none is in service.
 *
 * So a driver that leaves an interrupt condition standing gets one interrupt from the first, and from the second one after the other.
 */
#ifndef TRAPEZE_DEVICES_PLIC_H
#define TRAPEZE_DEVICES_PLIC_H

#include "devices/board.h"
#include "mmu/phys.h"

enum { PLIC_SOURCES = 95, PLIC_CONTEXTS = 2 * BOARD_CPUS /* at most */, PLIC_WORDS = 3, PLIC_PRIORITY_MASK = 7, PLIC_SIZE = 0x600000 };

enum plic_gateway { PLIC_ASSERTED, PLIC_STRICT };

/* A source's way, and where the guest sees or sets it (offsets; s is the source, c the context):
 *
 *   wire --> gateway --> pending --> enabled? priority > threshold? --> the context's wire
 *               ^         1000+s/8    2000+80*c  4*s   200000+1000*c
 *               |
 *               +-- complete <-- handler <-- claim (clears pending)     both at 200004+1000*c: a write, a read
 */
struct plic {
    enum plic_gateway gateway;
    uint8_t priority[PLIC_SOURCES + 1]; /* source 0 does not exist */
    uint32_t level[PLIC_WORDS];         /* the sources' wires */
    uint32_t pending[PLIC_WORDS];       /* requests the gateways have passed on */
    uint32_t claimed[PLIC_WORDS];       /* gateways that wait for completion: what is pending there waits, too */
    unsigned contexts;                  /* there are so many */
    uint32_t enable[PLIC_CONTEXTS][PLIC_WORDS];
    uint8_t threshold[PLIC_CONTEXTS];
    struct irq_line target[PLIC_CONTEXTS];
};

extern const struct phys_io plic_io;
void plic_init(struct plic *, enum plic_gateway, unsigned contexts);
void plic_connect(struct plic *, unsigned context, struct irq_line);
void plic_reset(struct plic *); /* the wires keep their level */
void plic_state(struct plic *, struct state *);
void plic_drive(const struct plic *); /* sets the lines to its targets again, as they are */
/* Would a request of this source interrupt the context, as things are? */
bool plic_would_interrupt(const struct plic *, unsigned source, unsigned context);
struct irq_line plic_source(struct plic *, unsigned source); /* the wire into source 1..PLIC_SOURCES */

#endif
