/* i8259.c - requests, priorities, and the words by which the chip is set up.
 *
 * A request of an edge is kept until it is acknowledged, but only while its input stays high: one that falls before has been no request
 * [8259A "Edge and level triggered modes"], and the CPU that was on its way gets the vector of input 7.
 */
#include "devices/i8259.h"

enum { COMMAND, DATA };
enum { ICW1 = 0x10, ICW1_SINGLE = 2, ICW1_IC4 = 1 };
enum { ICW4_AEOI = 2, ICW4_SFNM = 0x10 };
enum { OCW3 = 8, OCW3_POLL = 4, OCW3_READ = 2, OCW3_ISR = 1, OCW3_SET_MASK = 0x40, OCW3_MASK = 0x20 };
enum { SPURIOUS = 7, NONE = 8 };

static uint8_t bit(unsigned n) { return (uint8_t)(1u << (n & 7)); }

/* The one of the inputs that has the highest priority; NONE: there is none. */
static unsigned first(const struct i8259_chip *c, uint8_t inputs)
{
    for (unsigned i = 1; i <= 8; i++)
        if (inputs & bit(c->lowest + i))
            return (c->lowest + i) & 7;
    return NONE;
}

/* How far down an input is: 0 is the highest priority. */
static unsigned rank(const struct i8259_chip *c, unsigned input) { return (input - c->lowest - 1) & 7; }

/* What is in service and keeps others out [8259A "Special mask mode", "Special fully nested mode"]. */
static uint8_t keeps_out(const struct i8259_chip *c)
{
    uint8_t in_service = c->special_mask ? c->isr & (uint8_t)~c->imr : c->isr;
    if (c->fully_nested && !c->is_slave) /* the slave may have something more urgent than what it is served for */
        in_service &= (uint8_t)~bit(I8259_CASCADE);
    return in_service;
}

/* The input that the chip asks for; NONE: it is content. */
static unsigned wanted(const struct i8259_chip *c, uint8_t requests)
{
    const unsigned input = first(c, requests & (uint8_t)~c->imr), serving = first(c, keeps_out(c));
    if (input == NONE || serving == NONE)
        return input;
    return rank(c, input) < rank(c, serving) ? input : NONE;
}

static bool asks(const struct i8259_chip *c) { return wanted(c, c->irr) != NONE; }

static void input_set(struct i8259_chip *c, unsigned input, bool level)
{
    const uint8_t b = bit(input);
    if (level && ((c->elcr & b) || !(c->level & b)))
        c->irr |= b;
    else if (!level)
        c->irr &= (uint8_t)~b;
    c->level = (uint8_t)(level ? c->level | b : c->level & ~b);
}

void i8259_drive(const struct i8259 *p) { irq_set(&p->intr, asks(&p->master)); }

/* Something has changed: what the slave wants goes to the master, and what that wants to the CPU. */
static void update(struct i8259 *p)
{
    input_set(&p->master, I8259_CASCADE, asks(&p->slave));
    i8259_drive(p);
}

static void source_set(void *opaque, unsigned number, bool level)
{
    struct i8259 *p = opaque;
    input_set(number < 8 ? &p->master : &p->slave, number & 7, level);
    update(p);
}

struct irq_line i8259_source(struct i8259 *p, unsigned number)
{
    return (struct irq_line){.set = source_set, .opaque = p, .number = number};
}

bool i8259_would_interrupt(const struct i8259 *p, unsigned number)
{
    if (number < 8)
        return wanted(&p->master, bit(number)) != NONE;
    return wanted(&p->slave, bit(number)) != NONE && wanted(&p->master, bit(I8259_CASCADE)) != NONE;
}

/* --- service */

static void rotate(struct i8259_chip *c, unsigned input) { c->lowest = (uint8_t)input; }

/* The chip's part of an INTA cycle: the input that is served from now on. */
static unsigned serve(struct i8259_chip *c)
{
    const unsigned input = wanted(c, c->irr);
    if (input == NONE)
        return SPURIOUS;
    if (!(c->elcr & bit(input)))
        c->irr &= (uint8_t)~bit(input);
    if (!c->auto_eoi)
        c->isr |= bit(input);
    else if (c->rotates)
        rotate(c, input);
    return input;
}

uint8_t i8259_acknowledge(struct i8259 *p)
{
    const bool real = asks(&p->master);
    struct i8259_chip *c = &p->master;
    unsigned input = serve(c);
    if (real && input == I8259_CASCADE && !c->single) {
        c = &p->slave;
        input = serve(c);
    }
    const uint8_t vector = (uint8_t)((c->base & 0xf8) | input);
    update(p);
    return vector;
}

/* OCW2 [8259A figure 8]: bits 7:5 say what, 2:0 of which input. */
static void end_of_interrupt(struct i8259_chip *c, uint8_t value)
{
    enum { CLEAR_ROTATE, EOI, NOTHING, EOI_OF, SET_ROTATE, ROTATE_EOI, SET_LOWEST, ROTATE_EOI_OF };
    const unsigned what = value >> 5;
    unsigned input = what == EOI_OF || what == ROTATE_EOI_OF || what == SET_LOWEST ? value & 7 : NONE;
    switch (what) {
    case CLEAR_ROTATE: c->rotates = false; return;
    case SET_ROTATE: c->rotates = true; return;
    case NOTHING: return;
    case SET_LOWEST: rotate(c, input); return;
    default: break;
    }
    if (input == NONE)
        input = first(c, c->special_mask ? c->isr & (uint8_t)~c->imr : c->isr);
    if (input == NONE)
        return;
    c->isr &= (uint8_t)~bit(input);
    if (what == ROTATE_EOI || what == ROTATE_EOI_OF)
        rotate(c, input);
}

/* --- its two ports */

/* [8259A "Initialization command words"] The edge detectors forget, so an input that is high has to fall first. */
static void initialize(struct i8259_chip *c, uint8_t value)
{
    c->irr = c->level & c->elcr;
    c->isr = c->imr = 0;
    c->lowest = 7;
    c->special_mask = c->poll = c->reads_isr = c->auto_eoi = c->rotates = c->fully_nested = false;
    c->single = value & ICW1_SINGLE;
    c->wants_icw4 = value & ICW1_IC4;
    c->word = 2;
}

/* Three words share this port; bits 4 and 3 tell them apart:
 *
 *    7  6  5   4   3   2   1   0
 *   |   ...  | 1 | ...                                        ICW1: begins the initialization
 *   |  what  | 0 | 0 | input    |                             OCW2: end of interrupt, priorities
 *   | - | mask | 0 | 1 | poll | read |                        OCW3: special mask mode, poll, which register is read
 */
static void command_write(struct i8259_chip *c, uint8_t value)
{
    if (value & ICW1) {
        initialize(c, value);
    } else if (value & OCW3) {
        c->poll = value & OCW3_POLL;
        if (value & OCW3_READ)
            c->reads_isr = value & OCW3_ISR;
        if (value & OCW3_SET_MASK)
            c->special_mask = value & OCW3_MASK;
    } else {
        end_of_interrupt(c, value);
    }
}

/* The initialization; what comes after it is the mask. ICW3 says how the two are wired; that they are, so it is not kept.
 *
 *   ICW1 --> ICW2 (vectors) --+--> ICW3, unless single --+--> ICW4, if ICW1 has announced it --+--> masks
 *                             +--------------------------+-------------------------------------+
 */
static void data_write(struct i8259_chip *c, uint8_t value)
{
    switch (c->word) {
    case 2:
        c->base = value & 0xf8;
        c->word = !c->single ? 3 : c->wants_icw4 ? 4 : 0;
        break;
    case 3: c->word = c->wants_icw4 ? 4 : 0; break;
    case 4:
        c->auto_eoi = value & ICW4_AEOI;
        c->fully_nested = value & ICW4_SFNM;
        c->word = 0;
        break;
    default: c->imr = value; break;
    }
}

/* [8259A "Poll command"] */
static uint8_t poll_read(struct i8259_chip *c)
{
    const bool any = asks(c);
    c->poll = false;
    const unsigned input = serve(c);
    update(c->pair);
    return (uint8_t)(any ? 0x80 | input : 0);
}

static bool i8259_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct i8259_chip *c = opaque;
    if (size != 1)
        return false;
    if (c->poll)
        *value = poll_read(c);
    else if (offset == DATA)
        *value = c->imr;
    else
        *value = c->reads_isr ? c->isr : c->irr;
    return true;
}

static bool i8259_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct i8259_chip *c = opaque;
    if (size != 1)
        return false;
    if (offset == DATA)
        data_write(c, (uint8_t)value);
    else
        command_write(c, (uint8_t)value);
    update(c->pair);
    return true;
}

const struct phys_io i8259_io = {.read = i8259_read, .write = i8259_write};

/* Lines 0, 1, 2, 8 and 13 are of edge for ever [82371 ELCR]. */
static uint8_t elcr_fixed(const struct i8259_chip *c) { return c->is_slave ? 0x21 : 0x07; }

static bool elcr_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    const struct i8259_chip *c = opaque;
    (void)offset;
    *value = c->elcr;
    return size == 1;
}

static bool elcr_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct i8259_chip *c = opaque;
    (void)offset;
    if (size != 1)
        return false;
    c->elcr = (uint8_t)(value & ~(uint64_t)elcr_fixed(c));
    c->irr = (uint8_t)((c->irr & ~c->elcr) | (c->level & c->elcr));
    update(c->pair);
    return true;
}

const struct phys_io i8259_elcr_io = {.read = elcr_read, .write = elcr_write};

/* --- */

/* The data sheet leaves open how the chip comes up: masked, so that it is silent until somebody sets it up. */
static void chip_reset(struct i8259_chip *c, struct i8259 *pair, bool is_slave)
{
    *c = (struct i8259_chip){.imr = 0xff, .lowest = 7, .level = c->level, .is_slave = is_slave, .pair = pair};
}

void i8259_reset(struct i8259 *p)
{
    chip_reset(&p->master, p, false);
    chip_reset(&p->slave, p, true);
    update(p);
}

void i8259_init(struct i8259 *p, struct irq_line intr)
{
    *p = (struct i8259){.intr = intr};
    i8259_reset(p);
}

static void chip_state(struct i8259_chip *c, struct state *s)
{
    uint8_t *const bytes[] = {&c->irr, &c->isr, &c->imr, &c->level, &c->elcr, &c->base, &c->lowest, &c->word};
    bool *const bools[] = {&c->wants_icw4,   &c->single,       &c->auto_eoi, &c->rotates,
                           &c->fully_nested, &c->special_mask, &c->poll,     &c->reads_isr};
    for (unsigned n = 0; n < sizeof bytes / sizeof bytes[0]; n++)
        state_u8(s, bytes[n]);
    for (unsigned n = 0; n < sizeof bools / sizeof bools[0]; n++)
        state_bool(s, bools[n]);
    state_refuse_unless(s, c->lowest < 8 && c->word != 1 && c->word <= 4);
    if (s->failed) {
        c->lowest &= 7;
        c->word = 0;
    }
}

void i8259_state(struct i8259 *p, struct state *s)
{
    chip_state(&p->master, s);
    chip_state(&p->slave, s);
    if (s->restoring)
        i8259_drive(p);
}
