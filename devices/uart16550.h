/* uart16550.h - National's PC16550D: a serial port with 16-byte FIFOs. Its line is the host's chardev and has no speed: what
 * is written has left at once, and a character received waits for nobody.
 *
 * "16550" is the PC16550D data sheet (June 1995).
 */
#ifndef TRAPEZE_DEVICES_UART16550_H
#define TRAPEZE_DEVICES_UART16550_H

#include "devices/chardev.h"
#include "devices/irq.h"
#include "devices/state.h"
#include "mmu/phys.h"

enum { UART_FIFO = 16 };

struct uart {
    uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
    uint8_t modem_changes; /* low half of MSR */
    bool overrun;
    bool used;              /* the guest has come to it since reset: until then it takes nothing, for input may be another console's */
    bool transmitter_empty; /* the THRE interrupt is due: not yet seen in IIR [16550 8.6.2] */
    uint8_t fifo[UART_FIFO];
    unsigned first, count;
    struct chardev host;
    struct irq_line irq;
};

extern const struct phys_io uart_io;
void uart_init(struct uart *, struct chardev host, struct irq_line);
void uart_reset(struct uart *);
void uart_state(struct uart *, struct state *);
void uart_input(struct uart *);                  /* takes what the host has, as far as there is room */
bool uart_input_interrupts(const struct uart *); /* would a character from the host raise an interrupt? */

#endif
