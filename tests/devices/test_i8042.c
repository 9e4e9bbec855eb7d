/* test_i8042.c - the keyboard controller: its commands, the keyboard's, translation, typing. */
#include "devices/i8042.h"
#include "devices/keys.h"
#include "tests/devices/rig.h"

struct bench {
    struct i8042 kbc;
    struct wire wire;
    struct host host;
    unsigned resets;
};

static void reset(void *opaque) { ((struct bench *)opaque)->resets++; }

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    i8042_init(&b->kbc, host_chardev(&b->host), wire_line(&b->wire), reset, b);
    *state = b;
    return 0;
}

static int close_bench(void **state)
{
    free(*state);
    return 0;
}

static uint8_t status(struct bench *b) { return (uint8_t)io_get(&i8042_command_io, &b->kbc, 0, 1); }
static uint8_t data(struct bench *b) { return (uint8_t)io_get(&i8042_data_io, &b->kbc, 0, 1); }
static void command(struct bench *b, uint8_t v) { io_put(&i8042_command_io, &b->kbc, 0, 1, v); }
static void put(struct bench *b, uint8_t v) { io_put(&i8042_data_io, &b->kbc, 0, 1, v); }

/* All that is there now, byte by byte, each with its edge. */
static void expect(struct bench *b, const char *hex)
{
    char got[200] = "";
    while (status(b) & 1) {
        assert_true(b->wire.level);
        const unsigned rises = b->wire.rises, falls = b->wire.falls;
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%02x", *got ? " " : "", data(b));
        assert_int_equal(b->wire.falls, falls + 1);
        assert_int_equal(b->wire.rises, rises + (status(b) & 1));
    }
    assert_string_equal(got, hex);
}

static void tests_and_mode(void **state)
{
    struct bench *b = *state;
    command(b, 0xaa);
    assert_int_equal(status(b) & 0x0d, 0x0d);
    expect(b, "55");
    command(b, 0xab);
    expect(b, "00");
    command(b, 0xa9);
    expect(b, "01"); /* no mouse */
    command(b, 0x20);
    expect(b, "65");
    command(b, 0x60);
    assert_int_equal(status(b) & 9, 8);
    put(b, 0x44);
    assert_int_equal(status(b) & 9, 0);
    command(b, 0x20);
    assert_false(b->wire.level); /* its interrupt is off */
    assert_int_equal(data(b), 0x44);
    command(b, 0x7f);
    put(b, 0x99);
    command(b, 0x3f);
    assert_int_equal(data(b), 0x99);
    command(b, 0xd2);
    put(b, 0x77);
    assert_int_equal(data(b), 0x77);
}

static void line_20_and_reset(void **state)
{
    struct bench *b = *state;
    command(b, 0xd1);
    put(b, 0xdf);
    command(b, 0xd0);
    expect(b, "cf"); /* the buffer was empty */
    assert_int_equal(b->resets, 0);
    command(b, 0xd1);
    put(b, 0xde);
    assert_int_equal(b->resets, 1);
    command(b, 0xff);
    assert_int_equal(b->resets, 1);
    command(b, 0xfe);
    assert_int_equal(b->resets, 2);
}

static void commands_of_the_keyboard(void **state)
{
    struct bench *b = *state;
    put(b, 0xff);
    expect(b, "fa aa");
    put(b, 0xf2);
    expect(b, "fa ab 41"); /* 83, translated */
    put(b, 0xee);
    expect(b, "ee");
    put(b, 0xed);
    expect(b, "fa");
    put(b, 0x07);
    expect(b, "fa");
    put(b, 0xf0);
    expect(b, "fa");
    put(b, 0x00);
    expect(b, "fa 41"); /* 02, translated */
    put(b, 0xfe);
    expect(b, "41");
    put(b, 0x01);
    expect(b, "fe");
    put(b, 0xf3);
    put(b, 0xf4); /* in place of the argument */
    expect(b, "fa fa");
}

static void typing(void **state)
{
    struct bench *b = *state;
    host_type(&b->host, "a");
    i8042_input(&b->kbc);
    assert_false(b->kbc.full); /* nobody has come to the keyboard yet */
    assert_false(i8042_input_interrupts(&b->kbc));
    assert_int_equal(status(b) & 1, 0); /* by looking whether there is something one comes to it */
    i8042_input(&b->kbc);
    expect(b, "1e 9e");
    assert_true(i8042_input_interrupts(&b->kbc));
    host_type(&b->host, "A\n\x03");
    i8042_input(&b->kbc);
    expect(b, "2a 1e 9e aa 1c 9c 1d 2e ae 9d");
    host_type(&b->host, "\xe4?"); /* there is no key for the first */
    i8042_input(&b->kbc);
    expect(b, "2a 35 b5 aa");
}

static void sets_and_translation(void **state)
{
    struct bench *b = *state;
    command(b, 0x60);
    put(b, 0x05);
    data(b);
    host_type(&b->host, "B");
    i8042_input(&b->kbc);
    expect(b, "12 32 f0 32 f0 12");
    put(b, 0xf0);
    expect(b, "fa");
    put(b, 1);
    expect(b, "fa");
    host_type(&b->host, "B");
    i8042_input(&b->kbc);
    expect(b, "2a 30 b0 aa");
}

static void nothing_while_disabled(void **state)
{
    struct bench *b = *state;
    data(b);
    command(b, 0xad);
    host_type(&b->host, "x");
    i8042_input(&b->kbc);
    expect(b, "");
    command(b, 0xae);
    i8042_input(&b->kbc);
    expect(b, "2d ad");
    put(b, 0xf5);
    expect(b, "fa");
    host_type(&b->host, "x");
    i8042_input(&b->kbc);
    expect(b, "");
    put(b, 0xf4);
    expect(b, "fa 2d ad");
}

/* Each character that a US keyboard has comes out of a decoder that knows nothing of the table: by the names of the keys. */
static void every_character(void **state)
{
    static const char *const plain = "\0\0331234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
    static const char *const shifted = "\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";
    (void)state;
    for (unsigned c = 1; c < 128; c++) {
        uint8_t codes[KEYS_SEQUENCE];
        const unsigned n = keys_type((uint8_t)c, 1, codes);
        bool shift = false, control = false;
        unsigned down = 0, got = 0;
        for (unsigned i = 0; i < n; i++) {
            const unsigned key = codes[i] & 0x7f;
            const bool up = codes[i] & 0x80;
            down += up ? UINT32_MAX : 1;
            if (key == 0x2a)
                shift = !up;
            else if (key == 0x1d)
                control = !up;
            else if (!up)
                got = (unsigned char)(shift ? shifted : plain)[key] & (control ? 0x1f : 0xff);
        }
        assert_int_equal(down, 0);
        assert_int_equal(got, c == '\n' ? '\r' : c == 0x7f ? '\b' : c);
    }
}

static void state_comes_back(void **state)
{
    struct bench *b = *state, *other;
    open_bench((void **)&other);
    data(b);
    host_type(&b->host, "A");
    i8042_input(&b->kbc);
    assert_int_equal(data(b), 0x2a);
    struct state save = state_save();
    i8042_state(&b->kbc, &save);
    struct state from = state_restore(save.bytes, save.size);
    i8042_state(&other->kbc, &from);
    assert_false(from.failed);
    expect(other, "1e 9e aa");
    state_free(&save);
    close_bench((void **)&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tests_and_mode),       TEST(line_20_and_reset),      TEST(commands_of_the_keyboard),    TEST(typing),
        TEST(sets_and_translation), TEST(nothing_while_disabled), cmocka_unit_test(every_character), TEST(state_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
