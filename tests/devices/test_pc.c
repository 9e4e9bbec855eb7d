/* test_pc.c - the board as a whole: where everything answers, who gets which wire, whose the console's input is, what is kept. */
#include "devices/ioapic.h"
#include "devices/lapic.h"
#include "devices/mp_table.h"
#include "devices/pc.h"
#include "mmu/bus.h"
#include "tests/devices/rig.h"

#include <errno.h>

enum { RAM_SIZE = 2 << 20 };

struct bench {
    struct ram *ram;
    struct phys *phys, *ports;
    struct clock clock;
    uint64_t now;
    struct wire intr, nmi, ignne;
    struct host host;
    struct board *board;
    int offs, status, reboots;
};

static uint64_t bench_now(void *opaque) { return ((struct bench *)opaque)->now; }

static void off(void *opaque, int status)
{
    struct bench *b = opaque;
    b->offs++;
    b->status = status;
}

static void reboot(void *opaque) { ((struct bench *)opaque)->reboots++; }

static void line_set(void *opaque, unsigned number, bool level)
{
    struct bench *b = opaque;
    assert_true(number <= PC_LINE_NMI || number == PC_LINE_IGNNE);
    wire_set(number == PC_LINE_INTR ? &b->intr : number == PC_LINE_NMI ? &b->nmi : &b->ignne, number, level);
}

static int create(struct bench *b, bool keyboard, struct error *e)
{
    const struct pc_config config = {.ram_size = RAM_SIZE, .console = host_chardev(&b->host), .keyboard = keyboard};
    const struct board_site site = {
        .phys = b->phys, .ports = b->ports, .clock = &b->clock, .power = {off, reboot, b}, .cpu = {{.set = line_set, .opaque = b}}};
    return pc_create(&b->board, &config, &site, e);
}

static int open_with(void **state, bool keyboard)
{
    struct bench *b = calloc(1, sizeof *b);
    struct error e;
    *state = b;
    b->clock = (struct clock){.now = bench_now, .opaque = b, .units_per_tick = 1};
    return ram_create(&b->ram, RAM_SIZE) || phys_create(&b->phys) || phys_create(&b->ports) ||
           phys_add_ram(b->phys, "ram", 0, RAM_SIZE, b->ram, 0) || create(b, keyboard, &e);
}

static int open_bench(void **state) { return open_with(state, false); }
static int open_keyboard(void **state) { return open_with(state, true); }

static int close_bench(void **state)
{
    struct bench *b = *state;
    board_destroy(b->board);
    assert_int_equal(phys_count(b->ports), 0);
    assert_int_equal(phys_count(b->phys), 1);
    phys_destroy(b->phys);
    phys_destroy(b->ports);
    ram_destroy(b->ram);
    free(b);
    return 0;
}

static uint32_t in(struct bench *b, unsigned port, unsigned size) { return (uint32_t)bus_load(b->ports, port, 0xffff, size); }
static void out(struct bench *b, unsigned port, uint32_t v) { bus_store(b->ports, port, 0xffff, 1, v); }
static uint32_t load(struct bench *b, pa_t at, unsigned size) { return (uint32_t)bus_load(b->phys, at, UINT32_MAX, size); }
static void store(struct bench *b, pa_t at, uint32_t v) { bus_store(b->phys, at, UINT32_MAX, 4, v); }
static unsigned acknowledge(struct bench *b, uint64_t line) { return (unsigned)b->board->ops->acknowledge(b->board, 0, line); }

static void advance(struct bench *b, uint64_t to)
{
    b->now = to;
    clock_fire(&b->clock);
}

static void pic_set_up(struct bench *b)
{
    static const uint8_t words[][2] = {{0x20, 0x11}, {0x21, 0x20}, {0x21, 4}, {0x21, 1},
                                       {0xa0, 0x11}, {0xa1, 0x28}, {0xa1, 2}, {0xa1, 1}};
    for (unsigned n = 0; n < 8; n++)
        out(b, words[n][0], words[n][1]);
}

static void memory_has_its_holes(void **state)
{
    struct bench *b = *state;
    const uint8_t rom[4] = {1, 2, 3, 4};
    store(b, 0x9fffc, 0x12345678);
    assert_int_equal(load(b, 0x9fffc, 4), 0x12345678);
    store(b, 0xa0000, 0);
    assert_int_equal(load(b, 0xa0000, 4), 0xffffffff);
    store(b, 0xb8000, 0x07410742);
    assert_int_equal(load(b, 0xb8000, 4), 0x07410742);
    assert_int_equal(phys_write(b->phys, 0xf1000, rom, 4), 0);
    store(b, 0xf1000, 0);
    assert_int_equal(load(b, 0xf1000, 4), 0x04030201);
    assert_int_equal(load(b, 0xffff1000, 4), 0x04030201);
    assert_int_equal(load(b, RAM_SIZE, 4), 0xffffffff);
    assert_int_equal(load(b, LAPIC_BASE + 0x30, 4), 0x50014);
    store(b, IOAPIC_BASE, 1);
    assert_int_equal(load(b, IOAPIC_BASE + 0x10, 4), 0x170020);
}

static void ports_answer_or_read_as_ones(void **state)
{
    struct bench *b = *state;
    static const unsigned nobodys[] = {0x00, 0x2e, 0x87, 0x170, 0x1f0, 0x1f7, 0x2f8, 0x3f0, 0xcf8, 0xcfc, 0xffff};
    for (unsigned i = 0; i < sizeof nobodys / sizeof *nobodys; i++)
        assert_int_equal(in(b, nobodys[i], 4), 0xffffffff);
    out(b, 0x80, 0x42);
    assert_int_equal(in(b, 0x190, 1), 0x42);
    assert_int_equal(in(b, 0x92, 1), 2);
    assert_int_equal(in(b, 0xe9, 1), 0xe9);
    assert_int_equal(in(b, 0x64, 1) & 1, 0);
    bus_store(b->ports, 0x3d4, 0xffff, 2, 0x5a0f); /* an index and its data */
    assert_int_equal(in(b, 0x3d5, 1), 0x5a);
}

static void ends(void **state)
{
    struct bench *b = *state;
    out(b, 0xf4, 0x10);
    assert_int_equal(b->offs, 1);
    assert_int_equal(b->status, 0x21);
    out(b, 0x92, 3);
    out(b, 0x92, 3); /* no edge */
    assert_int_equal(b->reboots, 1);
    out(b, 0x64, 0xfe);
    assert_int_equal(b->reboots, 2);
}

static void characters(void **state)
{
    struct bench *b = *state;
    out(b, 0xe9, 'a');
    out(b, 0x402, 'b');
    out(b, 0x3f8, 'c');
    assert_int_equal(b->host.out_count, 3);
    assert_memory_equal(b->host.out, "abc", 3);
}

static void the_timer_reaches_the_cpu_by_the_8259(void **state)
{
    struct bench *b = *state;
    pic_set_up(b);
    out(b, 0x43, 0x34);
    out(b, 0x40, 0xff);
    out(b, 0x40, 0xff); /* 65535 ticks of 1.193182 MHz: 54.9 ms */
    advance(b, 5492400);
    assert_false(b->intr.level);
    advance(b, 5492500);
    assert_true(b->intr.level);
    assert_int_equal(acknowledge(b, PC_LINE_INTR), 0x20);
    assert_false(b->intr.level);
}

/* What is written there is the CPU's output; above the ports of programs the bus is as wide as the address. */
static void an_error_of_the_fpu_is_interrupt_13(void **state)
{
    struct bench *b = *state;
    pic_set_up(b);
    bus_store(b->ports, PC_PORT_FERR, UINT32_MAX, 1, 1);
    assert_true(b->intr.level);
    assert_int_equal(acknowledge(b, PC_LINE_INTR), 0x2d);
    assert_false(b->ignne.level);
    out(b, 0xf0, 0);
    assert_true(b->ignne.level);
    bus_store(b->ports, PC_PORT_FERR, UINT32_MAX, 1, 0);
    assert_false(b->ignne.level);
}

static void the_io_apic_gets_the_same_wires(void **state)
{
    struct bench *b = *state;
    store(b, LAPIC_BASE + 0xf0, 0x1ff);
    store(b, IOAPIC_BASE, 0x18);
    store(b, IOAPIC_BASE + 0x10, 0x44); /* line 4 */
    out(b, 0x3f9, 2);                   /* the transmitter is empty, and says so */
    assert_true(b->intr.level);
    assert_int_equal(acknowledge(b, PC_LINE_INTR), 0x44);
    store(b, IOAPIC_BASE, 0x14);
    store(b, IOAPIC_BASE + 0x10, 0x50); /* line 2, which is the timer's */
    store(b, LAPIC_BASE + 0xb0, 0);
    out(b, 0x43, 0x30);
    out(b, 0x40, 10);
    out(b, 0x40, 0);
    advance(b, 10000);
    assert_int_equal(acknowledge(b, PC_LINE_INTR), 0x50);
    store(b, LAPIC_BASE + 0x300, 0x44400); /* an NMI to itself */
    assert_int_equal(b->nmi.rises, 1);
    assert_int_equal(acknowledge(b, PC_NMI), PC_NMI);
}

static void the_console_is_the_serial_ports_once_that_is_used(void **state)
{
    struct bench *b = *state;
    pic_set_up(b);
    in(b, 0x60, 1);
    host_type(&b->host, "x");
    board_input(b->board);
    assert_int_equal(in(b, 0x60, 1), 0x2d);
    assert_int_equal(board_input_lines(b->board, 0), 0); /* the break code waits */
    assert_int_equal(in(b, 0x60, 1), 0xad);
    assert_int_equal(board_input_lines(b->board, 0), 1 << PC_LINE_INTR);
    in(b, 0x3fd, 1);
    host_type(&b->host, "y");
    board_input(b->board);
    assert_int_equal(in(b, 0x64, 1) & 1, 0);
    assert_int_equal(in(b, 0x3fd, 1) & 1, 1);
    assert_int_equal(in(b, 0x3f8, 1), 'y');
    assert_int_equal(board_input_lines(b->board, 0), 0);
    out(b, 0x3f9, 1);
    assert_int_equal(board_input_lines(b->board, 0), 1 << PC_LINE_INTR);
    out(b, 0x21, 0x10);
    assert_int_equal(board_input_lines(b->board, 0), 0);
}

static void or_the_keyboards_for_ever(void **state)
{
    struct bench *b = *state;
    in(b, 0x3fd, 1);
    in(b, 0x60, 1);
    host_type(&b->host, "x");
    board_input(b->board);
    assert_int_equal(in(b, 0x3fd, 1) & 1, 0);
    assert_int_equal(in(b, 0x60, 1), 0x2d);
}

static void the_screen_shows_the_text(void **state)
{
    struct bench *b = *state;
    struct board_screen s;
    store(b, 0xb8000 + 2 * 81, 0x1f420741);
    store(b, 0xb8000 + 2 * 160, 0x01db0000);
    bus_store(b->ports, 0x3d4, 0xffff, 2, 0x510f);
    bus_store(b->ports, 0x3d4, 0xffff, 2, 0x000e);
    b->board->ops->screen(b->board, &s);
    assert_int_equal(s.columns, 80);
    assert_int_equal(s.rows, 25);
    assert_int_equal(s.cell[81].character, 'A');
    assert_int_equal(s.cell[82].character, 'B');
    assert_int_equal(s.cell[82].colour, 0x1f);
    assert_int_equal(s.cell[161].character, 0x2588);
    assert_true(s.has_cursor);
    assert_int_equal(s.cursor, 81);
    bus_store(b->ports, 0x3d4, 0xffff, 2, 0x500d); /* from the second row on */
    b->board->ops->screen(b->board, &s);
    assert_int_equal(s.cell[1].character, 'A');
    assert_int_equal(s.cursor, 1);
    bus_store(b->ports, 0x3d4, 0xffff, 2, 0x200a);
    b->board->ops->screen(b->board, &s);
    assert_false(s.has_cursor);
}

/* As a kernel looks for them: by signature and sum; and what the entries say, one by one. */
static void the_tables_are_sound(void **state)
{
    struct bench *b = *state;
    static const uint8_t sizes[5] = {20, 8, 8, 8, 8};
    uint8_t *t, sum = 0;
    size_t size;
    unsigned count[5] = {0};
    assert_int_equal(board_tables(b->board, &(struct board_start){0}, &t, &size), 0);
    assert_memory_equal(t, "_MP_", 4);
    for (unsigned i = 0; i < 16; i++)
        sum += t[i];
    assert_int_equal(sum, 0);
    assert_int_equal(t[4] | t[5] << 8 | t[6] << 16, PC_TABLES + 16);
    const uint8_t *c = t + 16, *e = c + 44;
    const unsigned length = c[4] | (unsigned)c[5] << 8, entries = c[34] | (unsigned)c[35] << 8;
    assert_memory_equal(c, "PCMP", 4);
    assert_int_equal(size, 16 + length);
    for (unsigned i = 0; i < length; i++)
        sum += c[i];
    assert_int_equal(sum, 0);
    for (unsigned i = 0; i < entries; i++) {
        assert_true(*e < 5);
        count[*e]++;
        if (*e == 2)
            assert_int_equal(e[1], IOAPIC_ID); /* which its register shows, too */
        if (*e == 3 && e[5] == 0)
            assert_int_equal(e[7], 2); /* the timer */
        e += sizes[*e];
    }
    assert_ptr_equal(e, c + length);
    static const unsigned expected[5] = {1, 1, 1, 15, 2};
    assert_memory_equal(count, expected, sizeof count);
    free(t);
}

static void state_comes_back(void **state)
{
    struct bench *b = *state, *other;
    assert_int_equal(open_bench((void **)&other), 0);
    pic_set_up(b);
    out(b, 0x43, 0x34);
    out(b, 0x40, 0);
    out(b, 0x40, 0x10);
    advance(b, 1000);
    out(b, 0x21, 1); /* of the timer there was an edge already: its output is high in that mode */
    out(b, 0x3f9, 2);
    assert_true(b->intr.level);
    struct state save = state_save();
    board_state(b->board, &save);
    struct state from = state_restore(save.bytes, save.size);
    other->now = b->now;
    board_state(other->board, &from);
    assert_false(from.failed);
    assert_int_equal(from.at, from.size);
    assert_true(other->intr.level);
    assert_true(clock_next(&other->clock) == clock_next(&b->clock));
    assert_int_equal(acknowledge(other, PC_LINE_INTR), 0x24);
    struct state again = state_save();
    acknowledge(b, PC_LINE_INTR);
    struct state mine = state_save();
    board_state(b->board, &mine);
    board_state(other->board, &again);
    assert_int_equal(mine.size, again.size);
    state_free(&mine);
    state_free(&again);
    state_free(&save);
    board_reset(other->board);
    assert_false(other->intr.level);
    close_bench((void **)&other);
}

/* What is there already is not taken away. */
static void no_place(void **state)
{
    struct bench *b = *state;
    struct error e;
    struct board *first = b->board;
    struct phys *phys = b->phys, *ports = b->ports;
    const struct phys_range *any = phys_find(ports, 0x92);
    assert_int_equal(create(b, false, &e), -EINVAL); /* there is no RAM at the ROM's place any more */
    b->ports = NULL;
    assert_int_equal(create(b, false, &e), -EINVAL);
    assert_int_equal(phys_create(&b->phys) | phys_create(&b->ports), 0);
    assert_int_equal(phys_add_ram(b->phys, "ram", 0, RAM_SIZE, b->ram, 0), 0);
    assert_int_equal(phys_add_io(b->ports, "other", 0x402, 1, any->io, any->opaque), 0);
    assert_int_equal(create(b, false, &e), -EEXIST);
    assert_int_equal(phys_count(b->ports), 1);
    assert_int_equal(phys_count(b->phys), 1);
    phys_destroy(b->phys);
    phys_destroy(b->ports);
    b->phys = phys;
    b->ports = ports;
    b->board = first;
}

static void it_has_something_to_say(void **state)
{
    struct bench *b = *state;
    char *text, reason[200];
    size_t size;
    pic_set_up(b);
    out(b, 0x3f9, 2);
    FILE *f = open_memstream(&text, &size);
    board_describe(b->board, BOARD_INTERRUPTS, f);
    board_describe(b->board, BOARD_DEVICES, f);
    fclose(f);
    assert_non_null(strstr(text, "com1"));
    assert_non_null(strstr(text, "local APIC: off"));
    free(text);
    board_raised(b->board, 0, PC_LINE_INTR, true, reason, sizeof reason);
    assert_string_equal(reason, "the 8259 has a request of line 4 (com1)");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(memory_has_its_holes),
        TEST(ports_answer_or_read_as_ones),
        TEST(ends),
        TEST(characters),
        TEST(an_error_of_the_fpu_is_interrupt_13),
        TEST(the_timer_reaches_the_cpu_by_the_8259),
        TEST(the_io_apic_gets_the_same_wires),
        TEST(the_console_is_the_serial_ports_once_that_is_used),
        cmocka_unit_test_setup_teardown(or_the_keyboards_for_ever, open_keyboard, close_bench),
        TEST(the_screen_shows_the_text),
        TEST(the_tables_are_sound),
        TEST(state_comes_back),
        TEST(no_place),
        TEST(it_has_something_to_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
