/* uart16550.c - the serial port as its drivers know it: registers, FIFO, interrupt identification, loop-back.
 *
 * The receiver takes characters from the host only when there is room, so nothing is lost and the guest sets the pace; only
 * loop-back can overrun. Characters below the FIFO's trigger level are reported as timed out at once [16550 8.4.1]: a line
 * without speed has no character times to wait.
 *
 * What interrupts [16550 8.6, table IV], by priority: an overrun, until LSR is read; received data at the trigger level, or below it as
 * a time-out if there are FIFOs, until enough is read; the transmitter having become empty, or being enabled to interrupt while it is,
 * until IIR is read and shows that, or THR is written; modem lines that changed, until MSR is read. The line is asserted (irq.h)
 * whenever that may have changed with a cause left, and not by reading what is as it was: so a driver is told of each character and of
 * each time the transmitter empties, even if it never reads IIR and the line stays high in between.
 */
#include "devices/uart16550.h"

enum { DATA, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR }; /* DATA and IER are the divisor while LCR.DLAB */
/* An excerpt of the registers' bits, 7 to 0:
 *
 *   LSR   -  empty  holding empty  break  framing  parity  overrun  ready
 *   MSR   DCD  RI  DSR  CTS  and the same four again: it has changed
 *   IIR   FIFOs FIFOs  -  -  cause cause cause  none
 */
enum { IER_RECEIVED = 1, IER_TRANSMITTER = 2, IER_LINE = 4, IER_MODEM = 8, IER_ALL = 15 };
enum { IIR_NONE = 1, IIR_MODEM = 0, IIR_TRANSMITTER = 2, IIR_RECEIVED = 4, IIR_LINE = 6, IIR_TIMEOUT = 12, IIR_FIFO = 0xc0 };
enum { FCR_ENABLE = 1, FCR_CLEAR_RECEIVER = 2, FCR_CLEAR_TRANSMITTER = 4, FCR_KEPT = 0xc9 };
enum { LCR_DLAB = 0x80 };
enum { MCR_DTR = 1, MCR_RTS = 2, MCR_OUT1 = 4, MCR_OUT2 = 8, MCR_LOOP = 16, MCR_ALL = 31 };
enum { LSR_READY = 1, LSR_OVERRUN = 2, LSR_HOLDING_EMPTY = 0x20, LSR_EMPTY = 0x40 };
enum { MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80 };

static bool fifo_on(const struct uart *u) { return u->fcr & FCR_ENABLE; }
static unsigned fifo_depth(const struct uart *u) { return fifo_on(u) ? UART_FIFO : 1; }

static unsigned fifo_trigger(const struct uart *u)
{
    static const uint8_t levels[4] = {1, 4, 8, 14};
    return fifo_on(u) ? levels[u->fcr >> 6] : 1;
}

/* The cause of highest priority that is enabled [16550 8.6.5, table IV]. */
static uint8_t interrupt_cause(const struct uart *u)
{
    if ((u->ier & IER_LINE) && u->overrun)
        return IIR_LINE;
    if ((u->ier & IER_RECEIVED) && u->count)
        return u->count >= fifo_trigger(u) ? IIR_RECEIVED : IIR_TIMEOUT;
    if ((u->ier & IER_TRANSMITTER) && u->transmitter_empty)
        return IIR_TRANSMITTER;
    if ((u->ier & IER_MODEM) && u->modem_changes)
        return IIR_MODEM;
    return IIR_NONE;
}

static void update(const struct uart *u) { irq_set(&u->irq, interrupt_cause(u) != IIR_NONE); }

static void receive(struct uart *u, uint8_t byte)
{
    if (u->count >= fifo_depth(u)) {
        u->overrun = true;
        return;
    }
    u->fifo[(u->first + u->count++) % UART_FIFO] = byte;
}

/* Would a character that the host has now be taken? */
static bool uart_listens(const struct uart *u) { return u->used && u->host.read && !(u->mcr & MCR_LOOP) && u->count < fifo_depth(u); }

bool uart_input_interrupts(const struct uart *u) { return uart_listens(u) && (u->ier & IER_RECEIVED); }

void uart_input(struct uart *u)
{
    uint8_t bytes[UART_FIFO];
    if (!uart_listens(u))
        return;
    size_t got = u->host.read(u->host.opaque, bytes, fifo_depth(u) - u->count);
    for (size_t i = 0; i < got; i++)
        receive(u, bytes[i]);
    if (got)
        update(u);
}

static uint8_t data_read(struct uart *u)
{
    if (!u->count)
        return 0;
    uint8_t byte = u->fifo[u->first];
    u->first = (u->first + 1) % UART_FIFO;
    if (--u->count == 0)
        uart_input(u);
    update(u);
    return byte;
}

static void data_write(struct uart *u, uint8_t byte)
{
    u->transmitter_empty = false; /* acknowledged; and there is a new reason once the character has left, which is at once */
    update(u);
    if (u->mcr & MCR_LOOP)
        receive(u, byte);
    else if (u->host.write)
        u->host.write(u->host.opaque, &byte, 1);
    u->transmitter_empty = true;
    update(u);
}

/* The modem's answers: a cable with everything ready, or our own outputs in loop-back [16550 8.7]. */
static uint8_t modem_lines(const struct uart *u)
{
    if (!(u->mcr & MCR_LOOP))
        return MSR_CTS | MSR_DSR | MSR_DCD;
    return (uint8_t)((u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) | (u->mcr & MCR_OUT1 ? MSR_RI : 0) |
                     (u->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

static void modem_write(struct uart *u, uint8_t value)
{
    uint8_t before = modem_lines(u);
    u->mcr = value & MCR_ALL;
    uint8_t now = modem_lines(u);
    uint8_t changed = (uint8_t)((before ^ now) & ~(now & MSR_RI)); /* RI tells of its trailing edge only [16550 8.8] */
    u->modem_changes |= (uint8_t)(changed >> 4);
    uart_input(u); /* leaving loop-back connects the line again */
    if (changed)
        update(u);
}

/* [16550 8.5] changing the enable bit clears both FIFOs. */
static void fifo_write(struct uart *u, uint8_t value)
{
    if (((value ^ u->fcr) & FCR_ENABLE) || (value & FCR_ENABLE && value & FCR_CLEAR_RECEIVER))
        u->first = u->count = 0;
    u->fcr = value & FCR_ENABLE ? value & FCR_KEPT : 0;
    uart_input(u);
    update(u);
}

static void enable_write(struct uart *u, uint8_t value)
{
    value &= IER_ALL;
    if (value == u->ier)
        return;
    if (value & ~u->ier & IER_TRANSMITTER)
        u->transmitter_empty = true; /* it is empty now, and somebody asks */
    u->ier = value;
    update(u);
}

/* Reading IIR acknowledges the transmitter's interrupt, if that is what it shows [16550 table IV]. */
static uint8_t identification_read(struct uart *u)
{
    uint8_t cause = interrupt_cause(u);
    if (cause == IIR_TRANSMITTER) {
        u->transmitter_empty = false;
        update(u);
    }
    return cause | (fifo_on(u) ? IIR_FIFO : 0);
}

static uint8_t line_read(struct uart *u)
{
    uint8_t value = LSR_HOLDING_EMPTY | LSR_EMPTY | (u->count ? LSR_READY : 0) | (u->overrun ? LSR_OVERRUN : 0);
    if (u->overrun) {
        u->overrun = false;
        update(u);
    }
    return value;
}

static uint8_t modem_read(struct uart *u)
{
    uint8_t value = modem_lines(u) | u->modem_changes;
    if (u->modem_changes) {
        u->modem_changes = 0;
        update(u);
    }
    return value;
}

static uint8_t register_read(struct uart *u, uint64_t offset)
{
    bool divisor = u->lcr & LCR_DLAB;
    switch (offset) {
    case DATA: return divisor ? u->dll : data_read(u);
    case IER: return divisor ? u->dlm : u->ier;
    case IIR_FCR: return identification_read(u);
    case LCR: return u->lcr;
    case MCR: return u->mcr;
    case LSR: return line_read(u);
    case MSR: return modem_read(u);
    case SCR: return u->scr;
    default: return 0;
    }
}

static void register_write(struct uart *u, uint64_t offset, uint8_t value)
{
    bool divisor = u->lcr & LCR_DLAB;
    switch (offset) {
    case DATA:
        if (divisor)
            u->dll = value;
        else
            data_write(u, value);
        break;
    case IER:
        if (divisor)
            u->dlm = value;
        else
            enable_write(u, value);
        break;
    case IIR_FCR: fifo_write(u, value); break;
    case LCR: u->lcr = value; break;
    case MCR: modem_write(u, value); break;
    case SCR: u->scr = value; break;
    default: break; /* LSR and MSR are for factory testing */
    }
}

/* A wide access reaches the register at its address and no other. */
static bool uart_io_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct uart *u = opaque;
    (void)size;
    u->used = true;
    *value = register_read(u, offset);
    return true;
}

static bool uart_io_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct uart *u = opaque;
    (void)size;
    u->used = true;
    register_write(u, offset, (uint8_t)value);
    return true;
}

const struct phys_io uart_io = {.read = uart_io_read, .write = uart_io_write};

void uart_reset(struct uart *u)
{
    *u = (struct uart){.host = u->host, .irq = u->irq, .transmitter_empty = true};
    update(u);
}

void uart_state(struct uart *u, struct state *s)
{
    uint8_t *const registers[] = {&u->ier, &u->fcr, &u->lcr, &u->mcr, &u->scr, &u->dll, &u->dlm, &u->modem_changes};
    for (unsigned n = 0; n < sizeof registers / sizeof registers[0]; n++)
        state_u8(s, registers[n]);
    state_bool(s, &u->overrun);
    state_bool(s, &u->used);
    state_bool(s, &u->transmitter_empty);
    state_bytes(s, u->fifo, sizeof u->fifo);
    state_unsigned(s, &u->first, UART_FIFO);
    state_unsigned(s, &u->count, UART_FIFO + 1);
    if (s->restoring)
        update(u);
}

void uart_init(struct uart *u, struct chardev host, struct irq_line irq)
{
    u->host = host;
    u->irq = irq;
    uart_reset(u);
}
