/* test_uart.c - the serial port after the PC16550D data sheet, and after what drivers probe. */
#include "devices/uart16550.h"
#include "tests/devices/rig.h"

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR };
enum { FCR = IIR };

struct port {
    struct uart uart;
    struct host host;
    struct wire wire;
};

static int open_port(void **state)
{
    struct port *p = calloc(1, sizeof *p);
    assert_non_null(p);
    uart_init(&p->uart, host_chardev(&p->host), wire_line(&p->wire));
    io_get(&uart_io, &p->uart, LSR, 1); /* from now on it listens */
    *state = p;
    return 0;
}

static int close_port(void **state)
{
    free(*state);
    return 0;
}

static uint8_t in(struct port *p, unsigned reg) { return (uint8_t)io_get(&uart_io, &p->uart, reg, 1); }
static void out(struct port *p, unsigned reg, unsigned value) { io_put(&uart_io, &p->uart, reg, 1, value); }

static void sends_at_once_and_stays_empty(void **state)
{
    struct port *p = *state;
    for (const char *c = "hello"; *c; c++) {
        assert_int_equal(in(p, 5), 0x60);
        out(p, 0, (uint8_t)*c);
    }
    assert_int_equal(p->host.out_count, 5);
    assert_memory_equal(p->host.out, "hello", 5);
    assert_false(p->wire.level);
}

/* A port that the guest has never come to leaves input to whoever asks for it. */
static void an_unused_port_takes_nothing(void **state)
{
    struct port *p = *state;
    uart_reset(&p->uart);
    host_type(&p->host, "a");
    uart_input(&p->uart);
    assert_int_equal(p->host.in_first, 0);
    assert_int_equal(in(p, LSR), 0x60);
    uart_input(&p->uart);
    assert_int_equal(in(p, DATA), 'a');
}

static void receives_in_order_as_there_is_room(void **state)
{
    struct port *p = *state;
    out(p, 2, 1);
    host_type(&p->host, "0123456789abcdefXYZ");
    assert_int_equal(in(p, 5) & 1, 0);
    uart_input(&p->uart);
    assert_int_equal(p->host.in_first, 16); /* the rest waits at the host: no overrun */
    for (const char *c = "0123456789abcdefXYZ"; *c; c++) {
        assert_int_equal(in(p, 5), 0x61);
        assert_int_equal(in(p, 0), *c);
    }
    assert_int_equal(in(p, 5), 0x60);
    assert_int_equal(in(p, 0), 0);
}

static void without_fifo_there_is_room_for_one(void **state)
{
    struct port *p = *state;
    host_type(&p->host, "ab");
    uart_input(&p->uart);
    assert_int_equal(p->host.in_first, 1);
    assert_int_equal(in(p, 0), 'a');
    assert_int_equal(in(p, 0), 'b');
}

static void receive_interrupt_by_trigger_and_timeout(void **state)
{
    struct port *p = *state;
    out(p, 2, 0x41); /* trigger at 4 */
    out(p, 1, 1);
    host_type(&p->host, "abcde");
    assert_int_equal(in(p, 2), 0xc1);
    uart_input(&p->uart);
    assert_true(p->wire.level);
    assert_int_equal(in(p, 2), 0xc4);
    in(p, 0);
    assert_int_equal(in(p, 2), 0xc4);
    in(p, 0);
    assert_int_equal(in(p, 2), 0xcc);
    in(p, 0), in(p, 0);
    assert_true(p->wire.level);
    in(p, 0);
    assert_false(p->wire.level);
    assert_int_equal(in(p, 2), 0xc1);
}

/* Raised by enabling while empty and by each character that has left; acknowledged by reading IIR, or by writing. */
static void transmit_interrupt(void **state)
{
    struct port *p = *state;
    out(p, 1, 2);
    assert_true(p->wire.level);
    assert_int_equal(in(p, 2), 0x02);
    assert_false(p->wire.level);
    assert_int_equal(in(p, 2), 0x01);
    out(p, 0, 'x');
    assert_true(p->wire.level);
    out(p, 1, 0);
    assert_false(p->wire.level);
    assert_int_equal(in(p, 2), 0x01);
    out(p, 1, 2); /* what drivers call a THRE that is re-asserted */
    assert_int_equal(in(p, 2), 0x02);
}

/* --- Table IV of the data sheet, row by row: what raises the interrupt, what IIR shows, and what takes it away. Each row begins with a
 * port that has only this interrupt enabled, and none standing. */

static unsigned asserted(struct port *p)
{
    unsigned count = p->wire.assertions;
    p->wire.assertions = 0;
    return count;
}

static void type(struct port *p, const char *text)
{
    host_type(&p->host, text);
    uart_input(&p->uart);
}

static void row_1_line_status(void **state)
{
    struct port *p = *state;
    out(p, MCR, 0x10); /* only loop-back can overrun */
    out(p, IER, 4);
    out(p, DATA, 'a');
    assert_false(p->wire.level);
    out(p, DATA, 'b');
    assert_int_equal(in(p, IIR), 0x06);
    assert_int_equal(in(p, IIR), 0x06); /* not taken away by IIR, nor by the data */
    in(p, DATA);
    assert_true(p->wire.level);
    in(p, LSR);
    assert_false(p->wire.level);
    assert_int_equal(in(p, IIR), 0x01);
}

static void row_2_received_data(void **state)
{
    struct port *p = *state;
    out(p, IER, 1);
    type(p, "a"); /* without FIFOs: each character */
    assert_int_equal(in(p, IIR), 0x04);
    in(p, LSR), in(p, IIR);
    assert_true(p->wire.level);
    in(p, DATA);
    assert_false(p->wire.level);
    out(p, FCR, 0x81); /* with them: as long as there are eight */
    type(p, "0123456789");
    assert_int_equal(in(p, IIR), 0xc4);
    in(p, DATA), in(p, DATA);
    assert_int_equal(in(p, IIR), 0xc4);
    in(p, DATA);
    assert_int_equal(in(p, IIR), 0xcc); /* fewer: row 3 */
}

static void row_3_character_timeout(void **state)
{
    struct port *p = *state;
    out(p, IER, 1);
    out(p, FCR, 0xc1);
    type(p, "ab");
    assert_int_equal(in(p, IIR), 0xcc);
    in(p, DATA);
    assert_int_equal(in(p, IIR), 0xcc);
    in(p, DATA);
    assert_false(p->wire.level);
    out(p, FCR, 0); /* no FIFOs, no time-out */
    type(p, "c");
    assert_int_equal(in(p, IIR), 0x04);
}

static void row_4_transmitter_empty(void **state)
{
    struct port *p = *state;
    out(p, IER, 2); /* raised by being enabled while empty */
    assert_true(p->wire.level);
    in(p, LSR);
    assert_true(p->wire.level);
    assert_int_equal(in(p, IIR), 0x02); /* taken away by reading IIR that shows it */
    assert_false(p->wire.level);
    asserted(p);
    out(p, IER, 2); /* enabled already */
    assert_int_equal(asserted(p), 0);
    out(p, DATA, 'x'); /* by having become empty again */
    assert_int_equal(asserted(p), 1);
    unsigned falls = p->wire.falls;
    out(p, DATA, 'y'); /* taken away by writing, and raised again when that has left */
    assert_int_equal(p->wire.falls, falls + 1);
    assert_int_equal(asserted(p), 1);
    out(p, IER, 0);
    assert_false(p->wire.level);
    assert_int_equal(in(p, IIR), 0x01); /* which does not show it, and so takes nothing away */
    out(p, IER, 2);
    assert_int_equal(in(p, IIR), 0x02);
}

static void row_5_modem_status(void **state)
{
    struct port *p = *state;
    out(p, MCR, 0x10);
    in(p, MSR);
    out(p, IER, 8);
    assert_false(p->wire.level);
    out(p, MCR, 0x11);
    assert_int_equal(in(p, IIR), 0x00);
    assert_int_equal(in(p, IIR), 0x00);
    in(p, MSR);
    assert_false(p->wire.level);
}

/* The priority is that of the rows, and each shows when those before it are gone. */
static void rows_by_priority(void **state)
{
    struct port *p = *state;
    out(p, MCR, 0x10);
    in(p, MSR);
    out(p, IER, 15);
    out(p, DATA, 'a'), out(p, DATA, 'b');
    out(p, MCR, 0x11);
    assert_int_equal(in(p, IIR), 0x06);
    in(p, LSR);
    assert_int_equal(in(p, IIR), 0x04);
    in(p, DATA);
    assert_int_equal(in(p, IIR), 0x02);
    assert_int_equal(in(p, IIR), 0x00);
    in(p, MSR);
    assert_int_equal(in(p, IIR), 0x01);
    assert_false(p->wire.level);
}

/* A driver that never reads IIR has the transmitter's interrupt standing for ever. It is told anew of what is new, and of nothing else:
 * the line is asserted by each arrival, by each character taken with something left, and by each character that has left. */
static void what_asserts_a_line_that_is_high(void **state)
{
    struct port *p = *state;
    out(p, FCR, 1);
    out(p, IER, 3);
    assert_int_equal(asserted(p), 1);
    for (unsigned n = 0; n < 4; n++)
        in(p, LSR), in(p, MSR), in(p, IER), in(p, LCR), in(p, DATA), uart_input(&p->uart), out(p, LCR, 3), out(p, 7, n);
    assert_int_equal(asserted(p), 0);
    type(p, "ab");
    assert_int_equal(asserted(p), 1);
    in(p, LSR), in(p, DATA);
    assert_int_equal(asserted(p), 1);
    in(p, DATA);
    assert_int_equal(asserted(p), 1); /* the transmitter is what is left */
    in(p, DATA);
    assert_int_equal(asserted(p), 0);
    out(p, DATA, 'x');
    assert_int_equal(asserted(p), 1);
    assert_int_equal(p->wire.rises, 2); /* and writing has lowered it in between */
}

static void receiver_goes_before_transmitter(void **state)
{
    struct port *p = *state;
    host_type(&p->host, "q");
    uart_input(&p->uart);
    out(p, 1, 3);
    assert_int_equal(in(p, 2), 0x04);
    assert_int_equal(in(p, 2), 0x04); /* reading does not acknowledge what it does not show */
    in(p, 0);
    assert_int_equal(in(p, 2), 0x02);
    assert_int_equal(in(p, 2), 0x01);
}

static void loopback_as_probed(void **state)
{
    struct port *p = *state;
    assert_int_equal(in(p, 6), 0xb0);
    out(p, 4, 0x1a); /* LOOP, OUT2, RTS: the probe of Linux's 8250 driver */
    assert_int_equal(in(p, 6) & 0xf0, 0x90);
    out(p, 0, 'L');
    assert_int_equal(p->host.out_count, 0);
    host_type(&p->host, "h");
    uart_input(&p->uart);
    assert_int_equal(p->host.in_first, 0); /* the line is cut off */
    assert_int_equal(in(p, 0), 'L');
    out(p, 4, 0);
    assert_int_equal(in(p, 0), 'h');
}

static void loopback_overruns(void **state)
{
    struct port *p = *state;
    out(p, 4, 0x10);
    out(p, 1, 4);
    out(p, 0, 'a');
    assert_false(p->wire.level);
    out(p, 0, 'b');
    assert_int_equal(in(p, 2), 0x06);
    assert_int_equal(in(p, 5), 0x63);
    assert_int_equal(in(p, 5), 0x61);
    assert_false(p->wire.level);
    assert_int_equal(in(p, 0), 'a');
}

static void modem_changes_interrupt(void **state)
{
    struct port *p = *state;
    out(p, 4, 0x10);
    in(p, 6);
    out(p, 1, 8);
    assert_false(p->wire.level);
    out(p, 4, 0x12); /* RTS, so CTS */
    assert_int_equal(in(p, 2), 0x00);
    assert_int_equal(in(p, 6), 0x11);
    assert_false(p->wire.level);
    out(p, 4, 0x16); /* OUT1, so RI: its leading edge tells nothing */
    assert_int_equal(in(p, 6), 0x50);
    out(p, 4, 0x12);
    assert_int_equal(in(p, 6), 0x14);
}

static void registers_keep_what_they_should(void **state)
{
    struct port *p = *state;
    out(p, 7, 0x5a);
    assert_int_equal(in(p, 7), 0x5a);
    out(p, 1, 0xff);
    assert_int_equal(in(p, 1), 0x0f);
    out(p, 3, 0x83); /* DLAB */
    out(p, 0, 0x12);
    out(p, 1, 0x34);
    assert_int_equal(in(p, 0), 0x12);
    assert_int_equal(in(p, 1), 0x34);
    out(p, 3, 0x03);
    assert_int_equal(in(p, 1), 0x0f);
    assert_int_equal(in(p, 3), 0x03);
    assert_int_equal(p->host.out_count, 0);
    out(p, 4, 0xff);
    assert_int_equal(in(p, 4), 0x1f);
    assert_int_equal(in(p, 2) & 0xc0, 0x00);
    out(p, 2, 0x01);
    assert_int_equal(in(p, 2) & 0xc0, 0xc0); /* a 16550A, not a 16550 */
    out(p, 2, 0x20);
    assert_int_equal(in(p, 2) & 0xe0, 0x00); /* and not a 16750 */
}

static void clearing_and_switching_the_fifo_empties_it(void **state)
{
    struct port *p = *state;
    out(p, 2, 1);
    host_type(&p->host, "abc");
    uart_input(&p->uart);
    out(p, 2, 3);
    assert_int_equal(in(p, 5) & 1, 0);
    host_type(&p->host, "def");
    uart_input(&p->uart);
    out(p, 2, 0);
    assert_int_equal(in(p, 5) & 1, 0);
}

static void any_size_and_offset_is_answered(void **state)
{
    struct port *p = *state;
    host_type(&p->host, "wxyz");
    out(p, 2, 1);
    uart_input(&p->uart);
    assert_int_equal(io_get(&uart_io, &p->uart, 0, 4), 'w');
    assert_int_equal(io_get(&uart_io, &p->uart, 0, 8), 'x'); /* one register, not eight */
    assert_int_equal(io_get(&uart_io, &p->uart, 0xff, 1), 0);
    io_put(&uart_io, &p->uart, 8, 8, UINT64_MAX);
    io_put(&uart_io, &p->uart, 0, 4, 0x11223344);
    assert_int_equal(p->host.out_count, 1);
    assert_int_equal(p->host.out[0], 0x44);
}

static void an_unconnected_port_is_harmless(void **state)
{
    struct uart u;
    (void)state;
    uart_init(&u, (struct chardev){0}, (struct irq_line){0});
    io_put(&uart_io, &u, 0, 1, 'x');
    uart_input(&u);
    assert_int_equal(io_get(&uart_io, &u, 5, 1), 0x60);
}

static void reset_forgets_all_but_the_line(void **state)
{
    struct port *p = *state;
    out(p, 2, 1), out(p, 1, 3), out(p, 7, 9);
    host_type(&p->host, "a");
    uart_input(&p->uart);
    assert_true(p->wire.level);
    uart_reset(&p->uart);
    assert_false(p->wire.level);
    assert_int_equal(in(p, 7), 0);
    assert_int_equal(in(p, 5), 0x60);
    out(p, 0, 'z');
    assert_int_equal(p->host.out[0], 'z');
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_port, close_port)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sends_at_once_and_stays_empty),
        TEST(an_unused_port_takes_nothing),
        TEST(receives_in_order_as_there_is_room),
        TEST(without_fifo_there_is_room_for_one),
        TEST(receive_interrupt_by_trigger_and_timeout),
        TEST(transmit_interrupt),
        TEST(row_1_line_status),
        TEST(row_2_received_data),
        TEST(row_3_character_timeout),
        TEST(row_4_transmitter_empty),
        TEST(row_5_modem_status),
        TEST(rows_by_priority),
        TEST(what_asserts_a_line_that_is_high),
        TEST(receiver_goes_before_transmitter),
        TEST(loopback_as_probed),
        TEST(loopback_overruns),
        TEST(modem_changes_interrupt),
        TEST(registers_keep_what_they_should),
        TEST(clearing_and_switching_the_fifo_empties_it),
        TEST(any_size_and_offset_is_answered),
        TEST(an_unconnected_port_is_harmless),
        TEST(reset_forgets_all_but_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
