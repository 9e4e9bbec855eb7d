/* goldfish_rtc.c - reading the low word latches the high one; writing the low word of the alarm arms it. An alarm not later than
 * now rings at once. Registers are 32 bits wide and answer only such accesses, as on QEMU's board.
 */
#include "devices/goldfish_rtc.h"

enum {
    TIME_LOW = 0x00,
    TIME_HIGH = 0x04,
    ALARM_LOW = 0x08,
    ALARM_HIGH = 0x0c,
    IRQ_ENABLED = 0x10,
    CLEAR_ALARM = 0x14,
    ALARM_STATUS = 0x18,
    CLEAR_INTERRUPT = 0x1c,
};

static uint64_t time_now(const struct goldfish_rtc *r) { return clock_ticks(r->clock) * r->ns_per_tick + r->offset; }

static void update(struct goldfish_rtc *r) { irq_set(&r->irq, r->pending && r->enabled); }

/* Whatever changes the time or the alarm comes here; an alarm that is not armed is one that is scheduled for no time at all. */
static void alarm_update(struct goldfish_rtc *r)
{
    uint64_t now = time_now(r), when = UINT64_MAX;
    if (r->armed && r->alarm <= now) {
        r->armed = false;
        r->pending = true;
        update(r);
    } else if (r->armed) {
        uint64_t ticks = (r->alarm - now) / r->ns_per_tick + 1; /* not before its time */
        when = clock_when(r->clock, clock_ticks(r->clock) + ticks);
    }
    clock_schedule(r->clock, &r->due, when);
}

static void alarm_due(void *opaque) { alarm_update(opaque); }

static bool rtc_io_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct goldfish_rtc *r = opaque;
    if (size != 4)
        return false;
    switch (offset) {
    case TIME_LOW:
        r->high_latch = (uint32_t)(time_now(r) >> 32);
        *value = (uint32_t)time_now(r);
        break;
    case TIME_HIGH: *value = r->high_latch; break;
    case ALARM_LOW: *value = (uint32_t)r->alarm; break;
    case ALARM_HIGH: *value = r->alarm >> 32; break;
    case IRQ_ENABLED: *value = r->enabled; break;
    case ALARM_STATUS: *value = r->armed; break;
    default: *value = 0; break;
    }
    return true;
}

/* Setting the time moves the offset; drivers write the high word first. */
static void time_set(struct goldfish_rtc *r, unsigned low_bit, uint32_t word)
{
    uint64_t now = time_now(r);
    r->offset += bits_set(now, low_bit, 32, word) - now;
    alarm_update(r);
}

static bool rtc_io_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct goldfish_rtc *r = opaque;
    if (size != 4)
        return false;
    switch (offset) {
    case TIME_LOW: time_set(r, 0, (uint32_t)value); break;
    case TIME_HIGH: time_set(r, 32, (uint32_t)value); break;
    case ALARM_LOW:
        r->alarm = bits_set(r->alarm, 0, 32, value);
        r->armed = true;
        alarm_update(r);
        break;
    case ALARM_HIGH: r->alarm = bits_set(r->alarm, 32, 32, value); break;
    case IRQ_ENABLED:
        r->enabled = value & 1;
        update(r);
        break;
    case CLEAR_ALARM:
        r->armed = false;
        alarm_update(r);
        break;
    case CLEAR_INTERRUPT:
        r->pending = false;
        update(r);
        break;
    default: break;
    }
    return true;
}

const struct phys_io goldfish_rtc_io = {.read = rtc_io_read, .write = rtc_io_write};

/* The time that the guest set outlives a reset, like a clock with a battery. */
void goldfish_rtc_reset(struct goldfish_rtc *r)
{
    r->armed = r->enabled = r->pending = false;
    r->alarm = 0;
    r->high_latch = 0;
    alarm_update(r);
    update(r);
}

void goldfish_rtc_state(struct goldfish_rtc *r, struct state *s)
{
    state_u64(s, &r->offset);
    state_u64(s, &r->alarm);
    state_u32(s, &r->high_latch);
    state_bool(s, &r->armed);
    state_bool(s, &r->enabled);
    state_bool(s, &r->pending);
    state_event(s, r->clock, &r->due);
    if (s->restoring)
        update(r);
}

void goldfish_rtc_init(struct goldfish_rtc *r, struct clock *clock, uint64_t ns_per_tick, struct irq_line irq)
{
    *r = (struct goldfish_rtc){.offset = RTC_EPOCH * UINT64_C(1000000000), .ns_per_tick = ns_per_tick, .clock = clock, .irq = irq};
    event_init(&r->due, alarm_due, r);
    goldfish_rtc_reset(r);
}
