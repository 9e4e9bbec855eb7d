/* i8254.h - the PC's timer: Intel's 8254, three counters at 1.193182 MHz, and the half of port 61 that belongs to it: counter 0 pulls
 * interrupt 0, counter 2 has its gate and its output there.
 *
 * It counts the board's clock, in which PC_HZ units (devices/pc.h) are a second, and has no state that changes by itself: what a counter shows
 * follows from when it was loaded. "8254" is Intel's data sheet of that name (order number 231164).
 */
#ifndef TRAPEZE_DEVICES_I8254_H
#define TRAPEZE_DEVICES_I8254_H

#include "devices/clock.h"
#include "devices/irq.h"
#include "devices/state.h"
#include "mmu/phys.h"

enum { I8254_COUNTERS = 3, I8254_HZ = 1193182 };

struct i8254_counter {
    uint8_t mode;   /* 0 to 5 */
    uint8_t access; /* 1: low byte, 2: high byte, 3: low, then high */
    bool bcd, gate;
    bool write_high, read_high;   /* of access 3: the high byte is next */
    uint8_t written;              /* the low byte, until the high one comes */
    uint16_t latch;               /* by a latch command */
    uint8_t status;               /* likewise */
    bool latched, status_latched; /* until read */
    uint32_t count;               /* ticks of one round: 1 to 65536 */
    uint32_t next;                /* what count will be; 0: nothing else */
    uint64_t next_at;             /* modes 2 and 3: the tick at which it will; else when the gate rises */
    bool running;                 /* it was loaded, and counts, or has counted */
    uint64_t start;               /* the tick at which it was loaded, or its gate rose */
    uint32_t held;                /* while the gate is low: ticks it had gone when that fell */
};

struct i8254 {
    struct i8254_counter counter[I8254_COUNTERS];
    uint64_t hz;         /* clock units of a second */
    bool speaker;        /* bit 1 of port 61, which is kept */
    uint8_t check;       /* bits 3:2 of it, likewise */
    struct clock *clock; /* borrowed */
    struct irq_line irq; /* of counter 0 */
    struct event due;    /* its output changes */
};

extern const struct phys_io i8254_io;        /* four ports */
extern const struct phys_io i8254_port61_io; /* one */
void i8254_init(struct i8254 *, struct clock *, uint64_t hz, struct irq_line);
void i8254_reset(struct i8254 *);
void i8254_state(struct i8254 *, struct state *);
bool i8254_output(const struct i8254 *, unsigned counter);

#endif
