/* test_i8259.c - the pair of interrupt controllers: set-up, edges and levels, priorities, every way to end an interrupt. */
#include "devices/i8259.h"
#include "tests/devices/rig.h"

struct bench {
    struct i8259 pic;
    struct wire intr;
};

static void command(struct i8259_chip *c, uint8_t value) { io_put(&i8259_io, c, 0, 1, value); }
static void data(struct i8259_chip *c, uint8_t value) { io_put(&i8259_io, c, 1, 1, value); }
static uint8_t in(struct i8259_chip *c, unsigned port) { return (uint8_t)io_get(&i8259_io, c, port, 1); }

static uint8_t isr(struct i8259_chip *c)
{
    command(c, 0x0b);
    return in(c, 0);
}

static uint8_t irr(struct i8259_chip *c)
{
    command(c, 0x0a);
    return in(c, 0);
}

static void line(struct bench *b, unsigned n, bool level)
{
    struct irq_line l = i8259_source(&b->pic, n);
    irq_set(&l, level);
}

static void set_up(struct bench *b, uint8_t icw4)
{
    struct i8259_chip *const chips[] = {&b->pic.master, &b->pic.slave};
    for (unsigned n = 0; n < 2; n++) {
        command(chips[n], 0x11);
        data(chips[n], n ? 0x28 : 0x20);
        data(chips[n], n ? 2 : 4);
        data(chips[n], icw4);
        data(chips[n], 0);
    }
}

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    i8259_init(&b->pic, wire_line(&b->intr));
    *state = b;
    return 0;
}

static int close_bench(void **state)
{
    free(*state);
    return 0;
}

static void silent_until_set_up(void **state)
{
    struct bench *b = *state;
    line(b, 0, true);
    assert_false(b->intr.level);
    set_up(b, 1);
    assert_false(b->intr.level); /* that edge was before */
    line(b, 0, false);
    line(b, 0, true);
    assert_true(b->intr.level);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x20);
    assert_false(b->intr.level);
}

static void set_up_without_all_words(void **state)
{
    struct bench *b = *state;
    struct i8259_chip *c = &b->pic.master;
    command(c, 0x12); /* single, no ICW4 */
    data(c, 0x47);
    data(c, 0xfe); /* a mask already */
    assert_int_equal(in(c, 1), 0xfe);
    line(b, 0, true);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x40);
}

static void priorities_and_nesting(void **state)
{
    struct bench *b = *state;
    struct i8259_chip *c = &b->pic.master;
    set_up(b, 1);
    line(b, 5, true);
    line(b, 3, true);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x23);
    assert_int_equal(isr(c), 0x08);
    assert_int_equal(irr(c), 0x20);
    assert_false(b->intr.level); /* 5 waits */
    line(b, 1, true);
    assert_true(b->intr.level); /* 1 does not */
    assert_int_equal(i8259_acknowledge(&b->pic), 0x21);
    command(c, 0x20);
    assert_int_equal(isr(c), 0x08);
    assert_false(b->intr.level);
    command(c, 0x63); /* end of 3 */
    assert_int_equal(isr(c), 0);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x25);
}

static void masks(void **state)
{
    struct bench *b = *state;
    set_up(b, 1);
    data(&b->pic.master, 0x08);
    line(b, 3, true);
    assert_false(b->intr.level);
    assert_false(i8259_would_interrupt(&b->pic, 3));
    assert_true(i8259_would_interrupt(&b->pic, 4));
    data(&b->pic.master, 0);
    assert_true(b->intr.level);
}

static void the_slave_goes_through_the_master(void **state)
{
    struct bench *b = *state;
    set_up(b, 1);
    line(b, 14, true);
    assert_true(b->intr.level);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x2e);
    assert_int_equal(isr(&b->pic.master), 0x04);
    assert_int_equal(isr(&b->pic.slave), 0x40);
    line(b, 8, true); /* more urgent, yet the master serves its input 2 */
    assert_false(b->intr.level);
    command(&b->pic.slave, 0x20);
    assert_false(b->intr.level);
    command(&b->pic.master, 0x20);
    assert_true(b->intr.level);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x28);
    data(&b->pic.master, 0x04);
    assert_false(i8259_would_interrupt(&b->pic, 12));
}

static void fully_nested_lets_the_slave_nest(void **state)
{
    struct bench *b = *state;
    set_up(b, 0x11);
    line(b, 14, true);
    i8259_acknowledge(&b->pic);
    line(b, 8, true);
    assert_true(b->intr.level);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x28);
    assert_int_equal(isr(&b->pic.slave), 0x41);
}

static void a_request_that_falls_is_spurious(void **state)
{
    struct bench *b = *state;
    set_up(b, 1);
    line(b, 4, true);
    line(b, 4, false);
    assert_false(b->intr.level);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x27);
    assert_int_equal(isr(&b->pic.master), 0);
    line(b, 7, true); /* a real one has its bit in service */
    assert_int_equal(i8259_acknowledge(&b->pic), 0x27);
    assert_int_equal(isr(&b->pic.master), 0x80);
}

static void an_edge_is_one_request(void **state)
{
    struct bench *b = *state;
    set_up(b, 1);
    line(b, 4, true);
    line(b, 4, true);
    i8259_acknowledge(&b->pic);
    command(&b->pic.master, 0x20);
    assert_false(b->intr.level);
}

static void a_level_asks_again(void **state)
{
    struct bench *b = *state;
    set_up(b, 1);
    io_put(&i8259_elcr_io, &b->pic.master, 0, 1, 0xff);
    assert_int_equal(io_get(&i8259_elcr_io, &b->pic.master, 0, 1), 0xf8);
    io_put(&i8259_elcr_io, &b->pic.slave, 0, 1, 0xff);
    assert_int_equal(io_get(&i8259_elcr_io, &b->pic.slave, 0, 1), 0xde);
    line(b, 10, true);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x2a);
    command(&b->pic.slave, 0x20);
    command(&b->pic.master, 0x20);
    assert_true(b->intr.level);
    line(b, 10, false);
    assert_false(b->intr.level);
}

static void automatic_end_and_rotation(void **state)
{
    struct bench *b = *state;
    struct i8259_chip *c = &b->pic.master;
    set_up(b, 3);
    command(c, 0x80); /* rotate in automatic EOI */
    line(b, 0, true);
    line(b, 1, true);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x20);
    assert_int_equal(isr(c), 0);
    line(b, 0, false);
    line(b, 0, true); /* of lowest priority now */
    assert_int_equal(i8259_acknowledge(&b->pic), 0x21);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x20);
}

static void rotation_by_command(void **state)
{
    struct bench *b = *state;
    struct i8259_chip *c = &b->pic.master;
    set_up(b, 1);
    command(c, 0xc3); /* 3 is the lowest: 4 the highest */
    line(b, 3, true);
    line(b, 4, true);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x24);
    command(c, 0xa0); /* end of it, and 4 is the lowest */
    assert_int_equal(c->lowest, 4);
    assert_int_equal(i8259_acknowledge(&b->pic), 0x23);
    command(c, 0xe3);
    assert_int_equal(c->lowest, 3);
    assert_int_equal(isr(c), 0);
}

static void special_mask(void **state)
{
    struct bench *b = *state;
    struct i8259_chip *c = &b->pic.master;
    set_up(b, 1);
    line(b, 3, true);
    i8259_acknowledge(&b->pic);
    line(b, 6, true);
    assert_false(b->intr.level);
    data(c, 0x08);
    assert_false(b->intr.level);
    command(c, 0x68);
    assert_true(b->intr.level); /* 3 is in service, masked, and keeps nobody out */
    command(c, 0x48);
    assert_false(b->intr.level);
}

static void poll(void **state)
{
    struct bench *b = *state;
    struct i8259_chip *c = &b->pic.master;
    set_up(b, 1);
    command(c, 0x0c);
    assert_int_equal(in(c, 0), 0);
    line(b, 6, true);
    command(c, 0x0c);
    assert_int_equal(in(c, 0), 0x86);
    assert_int_equal(isr(c), 0x40);
    assert_false(b->intr.level);
}

static void state_comes_back(void **state)
{
    struct bench *b = *state;
    struct bench other = {0};
    set_up(b, 1);
    data(&b->pic.slave, 0x55);
    line(b, 9, true);
    struct state save = state_save();
    i8259_state(&b->pic, &save);
    i8259_init(&other.pic, wire_line(&other.intr));
    struct state from = state_restore(save.bytes, save.size);
    i8259_state(&other.pic, &from);
    assert_false(from.failed);
    assert_true(other.intr.level);
    assert_int_equal(i8259_acknowledge(&other.pic), 0x29);
    assert_int_equal(in(&other.pic.slave, 1), 0x55);
    save.bytes[6] = 9; /* no such input */
    from = state_restore(save.bytes, save.size);
    i8259_state(&other.pic, &from);
    assert_true(from.failed);
    state_free(&save);
}

static void bytes_only(void **state)
{
    struct bench *b = *state;
    uint64_t v;
    assert_false(i8259_io.read(&b->pic.master, 0, 2, &v));
    assert_false(i8259_io.write(&b->pic.master, 0, 4, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(silent_until_set_up),
        TEST(set_up_without_all_words),
        TEST(priorities_and_nesting),
        TEST(masks),
        TEST(the_slave_goes_through_the_master),
        TEST(fully_nested_lets_the_slave_nest),
        TEST(a_request_that_falls_is_spurious),
        TEST(an_edge_is_one_request),
        TEST(a_level_asks_again),
        TEST(automatic_end_and_rotation),
        TEST(rotation_by_command),
        TEST(special_mask),
        TEST(poll),
        TEST(state_comes_back),
        TEST(bytes_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
