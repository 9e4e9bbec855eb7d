/* i8259.h - the PC's interrupt controller: two Intel 8259A, the second on input 2 of the first. Sixteen lines in, one out, and a vector
 * for whoever acknowledges.
 *
 * "8259A" is Intel's data sheet of that name (order number 231468); ELCR, which has a line be of level, is of the 82371 (PIIX, 290550),
 * which also lets it stand for ICW1's LTIM.
 */
#ifndef TRAPEZE_DEVICES_I8259_H
#define TRAPEZE_DEVICES_I8259_H

#include "devices/irq.h"
#include "devices/state.h"
#include "mmu/phys.h"

enum { I8259_LINES = 16, I8259_CASCADE = 2 };

struct i8259;

struct i8259_chip {
    uint8_t irr, isr, imr; /* requested, in service, masked */
    uint8_t level;         /* the inputs as they are */
    uint8_t elcr;          /* inputs of level; the others are of edge */
    uint8_t base;          /* of the vectors: ICW2 */
    uint8_t lowest;        /* input of lowest priority; the next one has the highest */
    uint8_t word;          /* the ICW that comes next, 2 to 4; 0: they are through */
    bool wants_icw4, single;
    bool auto_eoi, rotates; /* ICW4's AEOI; rotate in automatic EOI mode */
    bool fully_nested;      /* ICW4's special fully nested mode */
    bool special_mask, poll, reads_isr;
    bool is_slave;
    struct i8259 *pair; /* whose it is */
};

struct i8259 {
    struct i8259_chip master, slave;
    struct irq_line intr;
};

extern const struct phys_io i8259_io;      /* two ports; opaque: the chip */
extern const struct phys_io i8259_elcr_io; /* one port; opaque: the chip */
void i8259_init(struct i8259 *, struct irq_line intr);
void i8259_reset(struct i8259 *);
void i8259_state(struct i8259 *, struct state *);
void i8259_drive(const struct i8259 *);                        /* sets the line out as it is */
struct irq_line i8259_source(struct i8259 *, unsigned number); /* the wire to input 0..15, 2 excepted */
uint8_t i8259_acknowledge(struct i8259 *); /* both INTA cycles: the vector; of input 7, or 15, when the request has gone meanwhile */
/* Would a request of this input be seen by a CPU that takes interrupts? */
bool i8259_would_interrupt(const struct i8259 *, unsigned number);

#endif
