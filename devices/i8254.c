/* i8254.c - what a counter shows, computed from the time; and the words that set it up. A tick is one of 1.193182 MHz.
 *
 * A count that is written is loaded at once where the data sheet says "on the next clock pulse". In modes 2 and 3 a counter that runs
 * takes it at the end of its round, in modes 1 and 5 when its gate rises.
 */
#include "devices/i8254.h"

enum { CONTROL = 3, READ_BACK = 3 };
enum { ACCESS_LATCH, ACCESS_LOW, ACCESS_HIGH, ACCESS_BOTH };
enum { PORT61_GATE = 1, PORT61_SPEAKER = 2, PORT61_CHECK = 0x0c, PORT61_REFRESH = 0x10, PORT61_OUT = 0x20 };
enum { REFRESH_TICKS = 18 }; /* 15 us: counter 1's round on every PC; bit 4 of port 61 changes with it */
#define NEVER UINT64_MAX

__extension__ typedef unsigned __int128 wide;

static uint64_t tick_now(const struct i8254 *t) { return (uint64_t)((wide)clock_now(t->clock) * I8254_HZ / t->hz); }

/* The clock unit in which that tick begins. */
static uint64_t unit_of(const struct i8254 *t, uint64_t tick)
{
    const wide unit = ((wide)tick * t->hz + I8254_HZ - 1) / I8254_HZ;
    return unit > NEVER - 1 ? NEVER : (uint64_t)unit;
}

static bool gate_starts(const struct i8254_counter *c) { return c->mode == 1 || c->mode == 5; }
static bool repeats(const struct i8254_counter *c) { return c->mode == 2 || c->mode == 3; }
static bool gate_stops(const struct i8254_counter *c) { return !c->gate && !gate_starts(c); }

/* Ticks since it was loaded, while it was allowed to count. */
static uint64_t elapsed(const struct i8254_counter *c, uint64_t now) { return gate_stops(c) ? c->held : now - c->start; }

/* [8254 figures 15 to 20] */
static bool output_at(const struct i8254_counter *c, uint64_t now)
{
    if (!c->running)
        return c->mode != 0;
    const uint64_t gone = elapsed(c, now);
    switch (c->mode) {
    case 0:
    case 1: return gone >= c->count;
    case 2: return gate_stops(c) || c->count < 2 || gone % c->count != c->count - 1;
    case 3: return gate_stops(c) || c->count < 2 || gone % c->count < (c->count + 1) / 2;
    default: return gone != c->count;
    }
}

/* The next tick at which its output changes. */
static uint64_t change_after(const struct i8254_counter *c, uint64_t now)
{
    if (!c->running || gate_stops(c))
        return NEVER;
    const uint64_t gone = elapsed(c, now), place = gone % c->count;
    switch (c->mode) {
    case 0:
    case 1: return gone < c->count ? c->start + c->count : NEVER;
    case 2: return c->count < 2 ? NEVER : now - place + (place < c->count - 1 ? c->count - 1 : c->count);
    case 3: return c->count < 2 ? NEVER : now - place + (place < (c->count + 1) / 2 ? (c->count + 1) / 2 : c->count);
    default: return gone < c->count ? c->start + c->count : gone == c->count ? now + 1 : NEVER;
    }
}

/* What the counting element holds, as a number below 65536, or below 10000. */
static uint32_t value_at(const struct i8254_counter *c, uint64_t now)
{
    const uint32_t wrap = c->bcd ? 10000 : 65536;
    if (!c->running)
        return c->count % wrap;
    const uint64_t gone = elapsed(c, now);
    if (c->mode == 2)
        return (uint32_t)(c->count - gone % c->count) % wrap;
    if (c->mode == 3) { /* by twos, each half of the round from the even number on */
        const uint64_t half = (c->count + 1) / 2, place = gone % c->count;
        return (uint32_t)((c->count & ~1u) - 2 * (place < half ? place : place - half)) % wrap;
    }
    return (uint32_t)((c->count + wrap - gone % wrap) % wrap);
}

bool i8254_output(const struct i8254 *t, unsigned counter) { return output_at(&t->counter[counter], tick_now(t)); }

/* --- what happens to a counter */

static void load(struct i8254_counter *c, uint32_t count, uint64_t at)
{
    c->count = count;
    c->next = 0;
    c->start = at;
    c->held = 0;
    c->running = true;
}

/* A round may have ended since somebody looked. */
static void settle(struct i8254_counter *c, uint64_t now)
{
    if (c->running && repeats(c) && c->next && c->gate && now >= c->next_at)
        load(c, c->next, c->next_at);
}

static void line_update(struct i8254 *t)
{
    struct i8254_counter *c = &t->counter[0];
    const uint64_t now = tick_now(t);
    settle(c, now);
    irq_set(&t->irq, output_at(c, now));
    const uint64_t change = change_after(c, now);
    clock_schedule(t->clock, &t->due, change == NEVER ? NEVER : unit_of(t, change));
}

static void due(void *opaque) { line_update(opaque); }

/* 0 counts as the most there is. In BCD each digit has four bits: the word 0x1234 is 1,234 ticks. */
static void count_write(struct i8254_counter *c, uint32_t word, uint64_t now)
{
    uint32_t count = word;
    if (c->bcd)
        count = word % 16 + word / 16 % 16 * 10 + word / 256 % 16 * 100 + word / 4096 * 1000;
    if (!count)
        count = c->bcd ? 10000 : 65536;
    if (gate_starts(c) || (repeats(c) && !c->gate)) {
        c->next = count;
    } else if (repeats(c) && c->running) {
        c->next = count;
        c->next_at = now - (now - c->start) % c->count + c->count;
    } else {
        load(c, count, now);
    }
}

/* What a gate's edge does, by mode:
 *
 *   0, 4   low: stands; high: goes on from there           2, 3   low: stands; high: begins anew
 *   1, 5   high: begins anew; low: nothing
 */
static void gate_set(struct i8254_counter *c, bool gate, uint64_t now)
{
    settle(c, now);
    if (gate == c->gate)
        return;
    if (!gate) {
        c->held = c->running ? (uint32_t)(now - c->start > UINT32_MAX ? UINT32_MAX : now - c->start) : 0;
        c->gate = false;
        return;
    }
    c->gate = true;
    if ((gate_starts(c) || repeats(c)) && (c->running || c->next))
        load(c, c->next ? c->next : c->count, now);
    else if (c->running)
        c->start = now - c->held;
}

/* --- its ports */

static void latch(struct i8254_counter *c, uint64_t now)
{
    if (c->latched)
        return;
    const uint32_t v = value_at(c, now);
    c->latch = (uint16_t)(c->bcd ? v % 10 + v / 10 % 10 * 16 + v / 100 % 10 * 256 + v / 1000 * 4096 : v);
    c->latched = true;
}

/* Bits: 7 output, 6 a count was written that does not count yet, 5:4 access, 3:1 mode, 0 BCD. */
static void latch_status(struct i8254_counter *c, uint64_t now)
{
    if (c->status_latched)
        return;
    const bool null_count = !c->running || c->next;
    c->status = (uint8_t)(output_at(c, now) << 7 | null_count << 6 | c->access << 4 | c->mode << 1 | c->bcd);
    c->status_latched = true;
}

static void read_back(struct i8254 *t, uint8_t word, uint64_t now)
{
    for (unsigned n = 0; n < I8254_COUNTERS; n++) {
        if (!(word >> (n + 1) & 1))
            continue;
        if (!(word & 0x20))
            latch(&t->counter[n], now);
        if (!(word & 0x10))
            latch_status(&t->counter[n], now);
    }
}

/* The control word, and its form as a read-back command, in which a 0 of the upper pair says "latch":
 *
 *    7     6  5    4  3    1   0            7 6     5       4     3  2  1   0
 *   | counter | access | mode | BCD |      | 1 1 | count | status | counters | 0 |
 *
 * Access 0 latches the counter's value. Another one sets the counter up anew: it stands until a count is written. */
static void control_write(struct i8254 *t, uint8_t word)
{
    const uint64_t now = tick_now(t);
    const unsigned n = word >> 6, access = word >> 4 & 3, mode = word >> 1 & 7;
    if (n == READ_BACK) {
        read_back(t, word, now);
        return;
    }
    struct i8254_counter *c = &t->counter[n];
    if (access == ACCESS_LATCH) {
        latch(c, now);
        return;
    }
    *c = (struct i8254_counter){
        .mode = (uint8_t)(mode > 5 ? mode - 4 : mode), .access = (uint8_t)access, .bcd = word & 1, .gate = c->gate, .count = c->count};
}

static void counter_write(struct i8254 *t, struct i8254_counter *c, uint8_t value)
{
    const uint64_t now = tick_now(t);
    if (c->access == ACCESS_BOTH && !c->write_high) {
        c->written = value;
        c->write_high = true;
        if (c->mode == 0) /* the first byte stops it [8254 "Mode 0"] */
            c->running = false;
        return;
    }
    const uint32_t word = c->access == ACCESS_LOW    ? value
                          : c->access == ACCESS_HIGH ? (uint32_t)value << 8
                                                     : (uint32_t)(value << 8 | c->written);
    c->write_high = false;
    count_write(c, word, now);
}

static uint8_t counter_read(struct i8254 *t, struct i8254_counter *c)
{
    if (c->status_latched) {
        c->status_latched = false;
        return c->status;
    }
    const bool was_latched = c->latched;
    if (!was_latched)
        latch(c, tick_now(t));
    const uint16_t word = c->latch;
    const bool high = c->access == ACCESS_HIGH || (c->access == ACCESS_BOTH && c->read_high);
    if (c->access == ACCESS_BOTH)
        c->read_high = !c->read_high;
    c->latched = was_latched && c->access == ACCESS_BOTH && c->read_high; /* until both bytes are read */
    return (uint8_t)(high ? word >> 8 : word);
}

static bool i8254_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct i8254 *t = opaque;
    if (size != 1)
        return false;
    *value = 0xff; /* the control word cannot be read */
    if (offset < CONTROL) {
        settle(&t->counter[offset], tick_now(t));
        *value = counter_read(t, &t->counter[offset]);
    }
    return true;
}

static bool i8254_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct i8254 *t = opaque;
    if (size != 1)
        return false;
    for (unsigned n = 0; n < I8254_COUNTERS; n++)
        settle(&t->counter[n], tick_now(t));
    if (offset < CONTROL)
        counter_write(t, &t->counter[offset], (uint8_t)value);
    else
        control_write(t, (uint8_t)value);
    line_update(t);
    return true;
}

const struct phys_io i8254_io = {.read = i8254_read, .write = i8254_write};

static bool port61_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    const struct i8254 *t = opaque;
    (void)offset;
    *value = (unsigned)t->counter[2].gate * PORT61_GATE | (unsigned)t->speaker * PORT61_SPEAKER | t->check |
             (tick_now(t) / REFRESH_TICKS & 1) * PORT61_REFRESH | (unsigned)i8254_output(t, 2) * PORT61_OUT;
    return size == 1;
}

static bool port61_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct i8254 *t = opaque;
    (void)offset;
    if (size != 1)
        return false;
    gate_set(&t->counter[2], value & PORT61_GATE, tick_now(t));
    t->speaker = value & PORT61_SPEAKER;
    t->check = value & PORT61_CHECK;
    return true;
}

const struct phys_io i8254_port61_io = {.read = port61_read, .write = port61_write};

/* --- */

void i8254_reset(struct i8254 *t)
{
    for (unsigned n = 0; n < I8254_COUNTERS; n++)
        t->counter[n] = (struct i8254_counter){.access = ACCESS_BOTH, .gate = n != 2, .count = 65536};
    t->speaker = false;
    t->check = 0;
    line_update(t);
}

static void counter_state(struct i8254_counter *c, struct state *s)
{
    uint8_t *const bytes[] = {&c->mode, &c->access, &c->written, &c->status};
    bool *const bools[] = {&c->bcd, &c->gate, &c->write_high, &c->read_high, &c->latched, &c->status_latched, &c->running};
    for (unsigned n = 0; n < sizeof bytes / sizeof bytes[0]; n++)
        state_u8(s, bytes[n]);
    for (unsigned n = 0; n < sizeof bools / sizeof bools[0]; n++)
        state_bool(s, bools[n]);
    state_u16(s, &c->latch);
    state_u32(s, &c->count);
    state_u32(s, &c->next);
    state_u64(s, &c->next_at);
    state_u64(s, &c->start);
    state_u32(s, &c->held);
    state_refuse_unless(s, c->mode <= 5 && c->access <= ACCESS_BOTH && c->count >= 1 && c->count <= 65536 && c->next <= 65536);
    if (s->failed && s->restoring)
        *c = (struct i8254_counter){.access = ACCESS_BOTH, .count = 65536};
}

void i8254_state(struct i8254 *t, struct state *s)
{
    for (unsigned n = 0; n < I8254_COUNTERS; n++)
        counter_state(&t->counter[n], s);
    state_bool(s, &t->speaker);
    state_u8(s, &t->check);
    state_event(s, t->clock, &t->due);
    if (s->restoring)
        irq_set(&t->irq, i8254_output(t, 0));
}

void i8254_init(struct i8254 *t, struct clock *clock, uint64_t hz, struct irq_line irq)
{
    *t = (struct i8254){.hz = hz, .clock = clock, .irq = irq};
    event_init(&t->due, due, t);
    i8254_reset(t);
}
