/* i8042.c - the controller: its commands, its one buffer, the translation; and the keyboard behind it.
 *
 * Bytes take no time on the wire: as soon as the buffer is read the next one is there. The interrupt line is high while the buffer is full,
 * and falls in between, so that each byte has its edge.
 */
#include "devices/i8042.h"

#include "devices/keys.h"

#include <string.h>

enum { STATUS_FULL = 1, STATUS_SYSTEM = 4, STATUS_COMMAND = 8, STATUS_UNLOCKED = 0x10 };
enum { MODE_IRQ = 1, MODE_SYSTEM = 4, MODE_KEYBOARD_OFF = 0x10, MODE_AUX_OFF = 0x20, MODE_TRANSLATE = 0x40 };
enum { OUTPUT_RUNS = 1, OUTPUT_A20 = 2, OUTPUT_USUAL = 0xcf, OUTPUT_FULL = 0x10, INPUT_UNLOCKED = 0x80 };
enum {
    READ_RAM = 0x20,
    WRITE_RAM = 0x60,
    AUX_OFF = 0xa7,
    AUX_ON,
    AUX_TEST,
    SELF_TEST,
    KEYBOARD_TEST,
    KEYBOARD_OFF = 0xad,
    KEYBOARD_ON
};
enum { READ_INPUT = 0xc0, READ_OUTPUT = 0xd0, WRITE_OUTPUT, WRITE_BUFFER, WRITE_AUX_BUFFER, WRITE_AUX, PULSE = 0xf0 };
enum { ACK = 0xfa, RESEND = 0xfe, TEST_PASSED = 0xaa };

static uint8_t *mode(struct i8042 *k) { return &k->ram[0]; }

static void line_update(const struct i8042 *k) { irq_set(&k->irq, k->full && (k->ram[0] & MODE_IRQ)); }

/* The controller has one buffer: what it says itself takes the place of what was there. */
static void say(struct i8042 *k, uint8_t byte)
{
    k->buffer = byte;
    k->full = true;
}

/* --- the keyboard */

static void keyboard_says(struct keyboard *b, uint8_t byte)
{
    if (b->count < I8042_QUEUE)
        b->queue[(b->first + b->count++) % I8042_QUEUE] = byte;
}

static void keyboard_defaults(struct keyboard *b, bool scanning)
{
    b->first = b->count = 0;
    b->command = 0;
    b->set = 2;
    b->scanning = scanning;
}

/* The argument of a command: LEDs, rate, scan code set. */
static void keyboard_argument(struct keyboard *b, uint8_t byte)
{
    const uint8_t command = b->command;
    b->command = 0;
    keyboard_says(b, ACK);
    if (command != 0xf0)
        return;
    if (byte == 0)
        keyboard_says(b, b->set);
    else if (byte <= 2)
        b->set = byte;
}

/* [PS/2, "Commands to the keyboard"] */
static void keyboard_command(struct keyboard *b, uint8_t byte)
{
    switch (byte) {
    case 0xed: /* LEDs */
    case 0xf0: /* scan code set */
    case 0xf3: /* rate */
        b->command = byte;
        keyboard_says(b, ACK);
        break;
    case 0xee: keyboard_says(b, 0xee); break;
    case 0xf2:
        keyboard_says(b, ACK);
        keyboard_says(b, 0xab);
        keyboard_says(b, 0x83);
        break;
    case 0xf4:
        b->scanning = true;
        keyboard_says(b, ACK);
        break;
    case 0xf5:
    case 0xf6:
        keyboard_defaults(b, byte == 0xf6);
        keyboard_says(b, ACK);
        break;
    case RESEND: keyboard_says(b, b->last); break;
    case 0xff:
        keyboard_defaults(b, true);
        keyboard_says(b, ACK);
        keyboard_says(b, TEST_PASSED);
        break;
    default: keyboard_says(b, RESEND); break;
    }
}

static void keyboard_write(struct keyboard *b, uint8_t byte)
{
    b->used = true;
    if (b->command && byte < 0x80) /* commands are above */
        keyboard_argument(b, byte);
    else
        keyboard_command(b, byte);
}

/* --- between the two */

/* Drivers of the first PC want codes of set 1, keyboards send set 2; the controller translates, unless it is told not to. In set
 * 2 a key that goes up is f0 and its code, in set 1 its code with bit 7:
 *
 *   the keyboard   1c | f0 1c          the buffer   1e | 9e          "A" pressed, and let go
 *
 * false: there is no byte for the buffer, as of the f0. */
static bool translate(struct i8042 *k, uint8_t *byte)
{
    if (!(*mode(k) & MODE_TRANSLATE))
        return true;
    if (*byte == 0xf0) {
        k->breaks = true;
        return false;
    }
    *byte = keys_translate(*byte) | (k->breaks ? 0x80 : 0);
    k->breaks = false;
    return true;
}

static void pump(struct i8042 *k)
{
    struct keyboard *b = &k->keyboard;
    while (!k->full && b->count && !(*mode(k) & MODE_KEYBOARD_OFF)) {
        uint8_t byte = b->last = b->queue[b->first];
        b->first = (b->first + 1) % I8042_QUEUE;
        b->count--;
        if (translate(k, &byte))
            say(k, byte);
    }
    line_update(k);
}

static bool listens(const struct i8042 *k)
{
    const struct keyboard *b = &k->keyboard;
    return b->used && b->scanning && !b->count && !k->full && k->host.read && !(k->ram[0] & MODE_KEYBOARD_OFF);
}

bool i8042_input_interrupts(const struct i8042 *k) { return listens(k) && (k->ram[0] & MODE_IRQ); }

void i8042_input(struct i8042 *k)
{
    uint8_t character, codes[KEYS_SEQUENCE];
    while (listens(k) && k->host.read(k->host.opaque, &character, 1)) {
        const unsigned n = keys_type(character, k->keyboard.set, codes);
        for (unsigned i = 0; i < n; i++)
            keyboard_says(&k->keyboard, codes[i]);
        pump(k);
    }
}

/* --- the controller's ports */

static void output_port_write(struct i8042 *k, uint8_t value)
{
    k->output_port = value;
    if (!(value & OUTPUT_RUNS) && k->reset)
        k->reset(k->opaque);
}

/* Port 60 after a command that wants data; else they are for the keyboard. */
static void data_for(struct i8042 *k, uint8_t command, uint8_t value)
{
    if (command >= WRITE_RAM && command < WRITE_RAM + I8042_RAM)
        k->ram[command - WRITE_RAM] = value;
    else if (command == WRITE_OUTPUT)
        output_port_write(k, value);
    else if (command == WRITE_BUFFER || command == WRITE_AUX_BUFFER) /* without a port for a mouse the two are one */
        say(k, value);
    else if (command != WRITE_AUX) {             /* for which there is nobody */
        *mode(k) &= (uint8_t)~MODE_KEYBOARD_OFF; /* [PS/2] writing to the keyboard enables it */
        keyboard_write(&k->keyboard, value);
    }
}

static void command_write(struct i8042 *k, uint8_t value)
{
    k->command = 0;
    if (value >= READ_RAM && value < READ_RAM + I8042_RAM) {
        say(k, k->ram[value - READ_RAM]);
        return;
    }
    if ((value >= WRITE_RAM && value < WRITE_RAM + I8042_RAM) || (value >= WRITE_OUTPUT && value <= WRITE_AUX)) {
        k->command = value;
        return;
    }
    switch (value) {
    case AUX_OFF: *mode(k) |= MODE_AUX_OFF; break;
    case AUX_ON: *mode(k) &= (uint8_t)~MODE_AUX_OFF; break;
    case AUX_TEST: say(k, 1); break; /* its clock line is low */
    case SELF_TEST:
        *mode(k) |= MODE_SYSTEM;
        say(k, 0x55);
        break;
    case KEYBOARD_TEST: say(k, 0); break;
    case KEYBOARD_OFF: *mode(k) |= MODE_KEYBOARD_OFF; break;
    case KEYBOARD_ON: *mode(k) &= (uint8_t)~MODE_KEYBOARD_OFF; break;
    case READ_INPUT: say(k, INPUT_UNLOCKED); break;
    case READ_OUTPUT: say(k, (uint8_t)((k->output_port & ~OUTPUT_FULL) | (k->full ? OUTPUT_FULL : 0))); break;
    default:
        if (value >= PULSE && !(value & OUTPUT_RUNS) && k->reset) /* outputs whose bit is 0 go low for 6 us */
            k->reset(k->opaque);
        break;
    }
}

static bool data_io_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct i8042 *k = opaque;
    (void)offset;
    if (size != 1)
        return false;
    *value = k->buffer;
    k->keyboard.used = true;
    k->full = false;
    line_update(k); /* it falls before the next byte raises it */
    pump(k);
    i8042_input(k);
    return true;
}

static bool data_io_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct i8042 *k = opaque;
    const uint8_t command = k->command;
    (void)offset;
    if (size != 1)
        return false;
    k->after_command = false;
    k->command = 0;
    data_for(k, command, (uint8_t)value);
    pump(k);
    return true;
}

static bool command_io_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct i8042 *k = opaque;
    (void)offset;
    if (size != 1)
        return false;
    k->keyboard.used = true;
    *value = (k->full ? STATUS_FULL : 0u) | (*mode(k) & MODE_SYSTEM ? STATUS_SYSTEM : 0u) | (k->after_command ? STATUS_COMMAND : 0u) |
             STATUS_UNLOCKED;
    return true;
}

static bool command_io_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct i8042 *k = opaque;
    (void)offset;
    if (size != 1)
        return false;
    k->after_command = true;
    command_write(k, (uint8_t)value);
    pump(k);
    return true;
}

const struct phys_io i8042_data_io = {.read = data_io_read, .write = data_io_write};
const struct phys_io i8042_command_io = {.read = command_io_read, .write = command_io_write};

/* --- */

/* As firmware leaves it: tested, translating, its interrupt on. A kernel that was loaded without any may rely on that. */
void i8042_reset(struct i8042 *k)
{
    *k = (struct i8042){.host = k->host, .irq = k->irq, .reset = k->reset, .opaque = k->opaque, .output_port = OUTPUT_USUAL};
    *mode(k) = MODE_IRQ | MODE_SYSTEM | MODE_TRANSLATE | MODE_AUX_OFF;
    keyboard_defaults(&k->keyboard, true);
    line_update(k);
}

void i8042_state(struct i8042 *k, struct state *s)
{
    struct keyboard *b = &k->keyboard;
    uint8_t *const bytes[] = {&k->output_port, &k->command, &k->buffer, &b->command, &b->set, &b->last};
    bool *const bools[] = {&k->full, &k->after_command, &k->breaks, &b->scanning, &b->used};
    state_bytes(s, k->ram, sizeof k->ram);
    for (unsigned n = 0; n < sizeof bytes / sizeof bytes[0]; n++)
        state_u8(s, bytes[n]);
    for (unsigned n = 0; n < sizeof bools / sizeof bools[0]; n++)
        state_bool(s, bools[n]);
    state_bytes(s, b->queue, sizeof b->queue);
    state_unsigned(s, &b->first, I8042_QUEUE);
    state_unsigned(s, &b->count, I8042_QUEUE + 1);
    state_refuse_unless(s, b->set == 1 || b->set == 2);
    if (s->restoring)
        line_update(k);
}

void i8042_init(struct i8042 *k, struct chardev host, struct irq_line irq, void (*reset)(void *opaque), void *opaque)
{
    *k = (struct i8042){.host = host, .irq = irq, .reset = reset, .opaque = opaque};
    i8042_reset(k);
}
