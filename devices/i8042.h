/* i8042.h - the PC's keyboard controller, with a keyboard: ports 60 and 64, interrupt 1. There is no mouse; its clock line is low, as the
 * controller's test says. Two outputs of the controller are the machine's: reset, and the gate of address line 20, which is kept and
 * does nothing: line 20 is always on.
 *
 * "PS/2" is IBM's Personal System/2 Hardware Interface Technical Reference (1988), keyboard and auxiliary device controller, and keyboards.
 */
#ifndef TRAPEZE_DEVICES_I8042_H
#define TRAPEZE_DEVICES_I8042_H

#include "devices/chardev.h"
#include "devices/irq.h"
#include "devices/state.h"
#include "mmu/phys.h"

enum { I8042_QUEUE = 16, I8042_RAM = 32 };

struct keyboard {
    uint8_t queue[I8042_QUEUE]; /* what it has to say */
    unsigned first, count;
    uint8_t command; /* whose argument comes next; 0: none */
    uint8_t set;     /* of scan codes: 1 or 2 */
    uint8_t last;    /* what it sent last, for a resend */
    bool scanning;
    bool used; /* the guest has come to it since reset: until then it takes nothing, for input may be another console's */
};

struct i8042 {
    uint8_t ram[I8042_RAM]; /* of which byte 0 is the command byte */
    uint8_t output_port;
    uint8_t command; /* whose data come next at port 60; 0: none, they are the keyboard's */
    uint8_t buffer;  /* the output buffer */
    bool full;
    bool after_command; /* the last write went to port 64 */
    bool breaks;        /* the translation has seen F0 */
    struct keyboard keyboard;
    struct chardev host; /* what is typed; it is not written to */
    struct irq_line irq;
    void (*reset)(void *opaque); /* of the machine; NULL: nobody */
    void *opaque;
};

extern const struct phys_io i8042_data_io;    /* port 60 */
extern const struct phys_io i8042_command_io; /* port 64 */
void i8042_init(struct i8042 *, struct chardev host, struct irq_line, void (*reset)(void *opaque), void *opaque);
void i8042_reset(struct i8042 *);
void i8042_state(struct i8042 *, struct state *);
void i8042_input(struct i8042 *);                  /* takes what was typed, as far as there is room */
bool i8042_input_interrupts(const struct i8042 *); /* would a key raise the interrupt? */

#endif
