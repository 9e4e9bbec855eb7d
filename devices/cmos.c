/* cmos.c - time of day, alarm, periodic and update interrupts, and the bytes in which firmware keeps what it knows.
 *
 * While register B's SET is 1 the time registers are memory, and when it falls they are the time. A time register that is written while
 * SET is 0 changes the time at once.
 */
#include "devices/cmos.h"

#include "devices/goldfish_rtc.h" /* RTC_EPOCH: both boards' runs begin at the same time */

#include <string.h>

enum { SECONDS, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM, WEEKDAY, DAY, MONTH, YEAR, A, B, C, D };
enum { A_UIP = 0x80, A_RATE = 0x0f, A_USUAL = 0x26 };
enum { B_SET = 0x80, B_24 = 2, B_BINARY = 4 };
enum { PERIODIC = 0x40, ALARM = 0x20, UPDATE = 0x10, ANY = PERIODIC | ALARM | UPDATE }; /* in B they enable, in C they are flags */
enum { C_IRQF = 0x80, D_VALID = 0x80, DONT_CARE = 0xc0, HOUR_PM = 0x80 };
enum { UPDATE_US = 2228, DAY_SECONDS = 86400 }; /* 244 us of warning and 1984 us of update [MC146818 "Update cycle"] */

/* --- calendar: days since 1 January 1970, proleptic Gregorian */

struct date {
    int64_t year;
    unsigned month, day;
};

/* Days of the years from 1 March 0 on, in which the leap day is the last. */
static int64_t days_of(struct date d)
{
    const int64_t y = d.year - (d.month <= 2);
    const unsigned m = (d.month + 9) % 12;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + d.day - 1 - 719468;
}

static struct date date_of(int64_t days)
{
    struct date d = {.year = 1970 + days / 366, .month = 1, .day = 1};
    while (days_of((struct date){d.year + 1, 1, 1}) <= days)
        d.year++;
    while (d.month < 12 && days_of((struct date){d.year, d.month + 1, 1}) <= days)
        d.month++;
    d.day = (unsigned)(days - days_of(d)) + 1;
    return d;
}

/* --- the time, and the registers as it is now */

static int64_t seconds_at(const struct cmos *c, uint64_t unit) { return c->offset + (int64_t)(unit / c->hz); }
static bool is_set(const struct cmos *c) { return c->byte[B] & B_SET; }

static uint8_t encode(const struct cmos *c, unsigned v) { return (uint8_t)(c->byte[B] & B_BINARY ? v : v / 10 << 4 | v % 10); }
static unsigned decode(const struct cmos *c, uint8_t v) { return c->byte[B] & B_BINARY ? v : (v >> 4) * 10u + (v & 15); }

static uint8_t encode_hour(const struct cmos *c, unsigned hour)
{
    if (c->byte[B] & B_24)
        return encode(c, hour);
    return encode(c, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? HOUR_PM : 0);
}

static unsigned decode_hour(const struct cmos *c, uint8_t v)
{
    if (c->byte[B] & B_24)
        return decode(c, v);
    return decode(c, v & 0x7f) % 12 + (v & HOUR_PM ? 12 : 0);
}

static void registers_fill(struct cmos *c, int64_t seconds)
{
    const int64_t days = seconds / DAY_SECONDS;
    const unsigned rest = (unsigned)(seconds % DAY_SECONDS);
    const struct date d = date_of(days);
    c->byte[SECONDS] = encode(c, rest % 60);
    c->byte[MINUTES] = encode(c, rest / 60 % 60);
    c->byte[HOURS] = encode_hour(c, rest / 3600);
    c->byte[WEEKDAY] = encode(c, (unsigned)((days + 4) % 7) + 1);
    c->byte[DAY] = encode(c, d.day);
    c->byte[MONTH] = encode(c, d.month);
    c->byte[YEAR] = encode(c, (unsigned)(d.year % 100));
    c->byte[CMOS_CENTURY] = encode(c, (unsigned)(d.year / 100 % 100));
}

/* What makes no sense is brought into its range: the clock goes on from something. */
static unsigned within(unsigned v, unsigned least, unsigned most) { return v < least ? least : v > most ? most : v; }

static int64_t registers_seconds(const struct cmos *c)
{
    struct date d = {.year = within(decode(c, c->byte[CMOS_CENTURY]), 19, 99) * 100 + within(decode(c, c->byte[YEAR]), 0, 99),
                     .month = within(decode(c, c->byte[MONTH]), 1, 12),
                     .day = within(decode(c, c->byte[DAY]), 1, 31)};
    if (d.year < 1970)
        d.year = 1970;
    return days_of(d) * DAY_SECONDS + within(decode_hour(c, c->byte[HOURS]), 0, 23) * 3600 +
           within(decode(c, c->byte[MINUTES]), 0, 59) * 60 + within(decode(c, c->byte[SECONDS]), 0, 59);
}

static void time_set(struct cmos *c)
{
    c->offset = registers_seconds(c) - (int64_t)(clock_now(c->clock) / c->hz);
    if (c->offset < 0)
        c->offset = 0;
}

/* --- flags and interrupts */

static bool alarm_matches(const struct cmos *c, int64_t seconds)
{
    const unsigned rest = (unsigned)(seconds % DAY_SECONDS);
    const uint8_t s = c->byte[SECONDS_ALARM], m = c->byte[MINUTES_ALARM], h = c->byte[HOURS_ALARM];
    return (s >= DONT_CARE || s == encode(c, rest % 60)) && (m >= DONT_CARE || m == encode(c, rest / 60 % 60)) &&
           (h >= DONT_CARE || h == encode_hour(c, rest / 3600));
}

/* Has an alarm rung in (from, to]? A day has them all. */
static bool alarm_rang(const struct cmos *c, int64_t from, int64_t to)
{
    if (to - from > DAY_SECONDS)
        from = to - DAY_SECONDS;
    for (int64_t s = from + 1; s <= to; s++)
        if (alarm_matches(c, s))
            return true;
    return false;
}

/* Per second; 0: none [MC146818 table 5, with the 32.768 kHz crystal of a PC]. */
static unsigned periodic_rate(const struct cmos *c)
{
    const unsigned rate = c->byte[A] & A_RATE;
    return !rate ? 0 : 32768u >> ((rate < 3 ? rate + 7 : rate) - 1);
}

__extension__ typedef unsigned __int128 wide;
static uint64_t periods_at(const struct cmos *c, uint64_t unit) { return (uint64_t)((wide)unit * periodic_rate(c) / c->hz); }

static void line_update(const struct cmos *c) { irq_set(&c->irq, c->flags & c->byte[B] & ANY); }

/* Flags up to now. The clock stands while SET is 1; the periodic divider does not. */
static void settle(struct cmos *c)
{
    const uint64_t now = clock_now(c->clock);
    const int64_t from = seconds_at(c, c->seen), to = seconds_at(c, now);
    if (periodic_rate(c) && periods_at(c, now) != periods_at(c, c->seen))
        c->flags |= PERIODIC;
    if (!is_set(c) && from != to) {
        c->flags |= UPDATE;
        if (alarm_rang(c, from, to))
            c->flags |= ALARM;
    }
    c->seen = now;
    line_update(c);
}

static void schedule(struct cmos *c)
{
    const uint64_t now = clock_now(c->clock);
    uint64_t when = UINT64_MAX;
    if (!is_set(c) && (c->byte[B] & (UPDATE | ALARM)))
        when = (now / c->hz + 1) * c->hz;
    if (periodic_rate(c) && (c->byte[B] & PERIODIC)) {
        const unsigned rate = periodic_rate(c);
        const uint64_t next = (uint64_t)(((wide)(periods_at(c, now) + 1) * c->hz + rate - 1) / rate);
        when = next < when ? next : when;
    }
    clock_schedule(c->clock, &c->due, when);
}

static void due(void *opaque)
{
    struct cmos *c = opaque;
    settle(c);
    schedule(c);
}

/* --- its two ports */

static bool is_time(unsigned index)
{
    return index == SECONDS || index == MINUTES || index == HOURS || (index >= WEEKDAY && index <= YEAR) || index == CMOS_CENTURY;
}

static uint8_t a_read(const struct cmos *c)
{
    const uint64_t rest = clock_now(c->clock) % c->hz;
    const bool updates = !is_set(c) && (wide)(c->hz - rest) * 1000000 <= (wide)UPDATE_US * c->hz;
    return (uint8_t)((c->byte[A] & ~A_UIP) | (updates ? A_UIP : 0));
}

static uint8_t c_read(struct cmos *c)
{
    const uint8_t value = (uint8_t)(c->flags | (c->flags & c->byte[B] & ANY ? C_IRQF : 0));
    c->flags = 0;
    line_update(c);
    return value;
}

static uint8_t data_read(struct cmos *c)
{
    settle(c);
    if (is_time(c->index) && !is_set(c))
        registers_fill(c, seconds_at(c, clock_now(c->clock)));
    switch (c->index) {
    case A: return a_read(c);
    case C: return c_read(c);
    case D: return D_VALID;
    default: return c->byte[c->index];
    }
}

static void b_write(struct cmos *c, uint8_t value)
{
    const bool was = is_set(c), now = value & B_SET;
    if (!was)
        registers_fill(c, seconds_at(c, clock_now(c->clock)));
    if (!was && !now) { /* the form of the registers may change; the time does not */
        c->byte[B] = value;
        return;
    }
    if (now)
        value &= (uint8_t)~UPDATE; /* [MC146818 "SET"] */
    c->byte[B] = value;
    if (was && !now)
        time_set(c);
}

static void data_write(struct cmos *c, uint8_t value)
{
    settle(c);
    if (c->index == B) {
        b_write(c, value);
    } else if (is_time(c->index)) {
        if (!is_set(c))
            registers_fill(c, seconds_at(c, clock_now(c->clock)));
        c->byte[c->index] = value;
        if (!is_set(c))
            time_set(c);
    } else if (c->index == A) {
        c->byte[A] = value & (uint8_t)~A_UIP;
    } else if (c->index != C && c->index != D) {
        c->byte[c->index] = value;
    }
    line_update(c);
    schedule(c);
}

/* Bit 7 of the index masks the NMI, which nothing here raises. The index cannot be read. */
static bool cmos_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct cmos *c = opaque;
    if (size != 1)
        return false;
    *value = offset ? data_read(c) : 0xff;
    return true;
}

static bool cmos_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct cmos *c = opaque;
    if (size != 1)
        return false;
    if (offset)
        data_write(c, (uint8_t)value);
    else
        c->index = value & (CMOS_BYTES - 1);
    return true;
}

const struct phys_io cmos_io = {.read = cmos_read, .write = cmos_write};

/* --- */

static void word_put(struct cmos *c, unsigned index, uint64_t value)
{
    c->byte[index] = (uint8_t)value;
    c->byte[index + 1] = (uint8_t)(value >> 8);
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

void cmos_describe(struct cmos *c, uint64_t ram_size, unsigned drives)
{
    const uint64_t above_1m = ram_size > 1 << 20 ? ram_size - (1 << 20) : 0;
    const uint64_t above_16m = ram_size > 16 << 20 ? ram_size - (16 << 20) : 0;
    unsigned sum = 0;
    c->byte[0x12] = (uint8_t)((drives > 0 ? 0xf0 : 0) | (drives > 1 ? 0x0f : 0)); /* drive types: see the extended bytes */
    c->byte[0x14] = 0x06;                                                         /* equipment: x87, 80 columns of colour */
    word_put(c, 0x15, 640);
    word_put(c, 0x17, least(above_1m >> 10, 0xfc00));
    word_put(c, 0x30, least(above_1m >> 10, 0xfc00));
    word_put(c, 0x34, least(above_16m >> 16, 0xffff));
    c->byte[0x19] = drives > 0 ? 47 : 0;
    c->byte[0x1a] = drives > 1 ? 47 : 0;
    for (unsigned i = 0x10; i < 0x2e; i++)
        sum += c->byte[i];
    c->byte[0x2e] = (uint8_t)(sum >> 8); /* this one the high byte first */
    c->byte[0x2f] = (uint8_t)sum;
}

void cmos_reset(struct cmos *c)
{
    if (!is_set(c))
        registers_fill(c, seconds_at(c, clock_now(c->clock)));
    c->index = 0;
    c->flags = 0;
    c->byte[A] = A_USUAL;
    c->byte[B] = B_24;
    registers_fill(c, seconds_at(c, clock_now(c->clock)));
    line_update(c);
    schedule(c);
}

void cmos_state(struct cmos *c, struct state *s)
{
    uint64_t offset = (uint64_t)c->offset;
    state_u8(s, &c->index);
    state_bytes(s, c->byte, sizeof c->byte);
    state_u8(s, &c->flags);
    state_u64(s, &offset);
    state_u64(s, &c->seen);
    state_event(s, c->clock, &c->due);
    state_refuse_unless(s, c->index < CMOS_BYTES && offset < UINT64_C(1) << 40);
    c->offset = (int64_t)(offset & ((UINT64_C(1) << 40) - 1));
    c->index &= CMOS_BYTES - 1;
    if (s->restoring)
        line_update(c);
}

void cmos_init(struct cmos *c, struct clock *clock, uint64_t hz, struct irq_line irq)
{
    *c = (struct cmos){.offset = (int64_t)RTC_EPOCH, .hz = hz, .clock = clock, .irq = irq};
    event_init(&c->due, due, c);
    cmos_reset(c);
}
