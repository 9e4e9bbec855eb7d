/* clint.c - mtip is the level `mtime >= mtimecmp` [priv 3.2.1]; msip is a bit. Accesses are of 4 or 8 bytes, as on QEMU's board;
 * what lies between the registers reads zero. A 32-bit write replaces its half of mtimecmp and is compared at once.
 */
#include "devices/clint.h"

enum { MSIP = 0, MTIMECMP = 0x4000, MTIME = 0xbff8 }; /* msip is a word for each hart, mtimecmp a doubleword */

/* Time has passed mtimecmp as soon as the clock says so, but the wire rises when the event fires: only then is nothing
 * scheduled. Whoever sets the wires again in between must not be ahead of that. */
static bool timer_is_due(const struct clint_hart *h) { return h->due.when == UINT64_MAX && clock_ticks(h->clock) >= h->mtimecmp; }

static void timer_update(struct clint_hart *h)
{
    bool due = clock_ticks(h->clock) >= h->mtimecmp;
    clock_schedule(h->clock, &h->due, due ? UINT64_MAX : clock_when(h->clock, h->mtimecmp));
    irq_set(&h->timer, due);
}

/* The unit in which the tick begins has come, so this raises the wire. */
static void timer_due(void *opaque) { timer_update(opaque); }

/* `size` bytes at `offset` of a 64-bit register. */
static uint64_t part_read(uint64_t whole, uint64_t offset, unsigned size)
{
    return size == 8 ? whole : bits_get(whole, (offset & 4) * 8, 32);
}

/* The word of one hart, and that of the next one above it. */
static uint64_t msip_pair(const struct clint *c, uint64_t hart)
{
    uint64_t pair = 0;
    for (uint64_t n = 0; n < 2 && hart + n < c->harts; n++)
        pair |= (uint64_t)c->hart[hart + n].msip << (32 * n);
    return pair;
}

static bool clint_io_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct clint *c = opaque;
    const uint64_t whole = offset & ~UINT64_C(7);
    if (size < 4)
        return false;
    if (whole == MTIME)
        *value = part_read(clock_ticks(c->clock), offset, size);
    else if ((whole - MTIMECMP) / 8 < c->harts)
        *value = part_read(c->hart[(whole - MTIMECMP) / 8].mtimecmp, offset, size);
    else
        *value = part_read(msip_pair(c, (whole - MSIP) / 4), offset, size);
    return true;
}

static bool clint_io_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct clint *c = opaque;
    if (size < 4)
        return false;
    if (offset - MSIP < (uint64_t)4 * c->harts) {
        struct clint_hart *h = &c->hart[(offset - MSIP) / 4];
        h->msip = value & 1;
        irq_set(&h->software, h->msip);
    } else if (offset - MTIMECMP < (uint64_t)8 * c->harts) {
        struct clint_hart *h = &c->hart[(offset - MTIMECMP) / 8];
        h->mtimecmp = size == 8 ? value : bits_set(h->mtimecmp, (offset & 4) * 8, 32, value);
        timer_update(h);
    }
    return true;
}

const struct phys_io clint_io = {.read = clint_io_read, .write = clint_io_write};

static void hart_reset(struct clint_hart *h)
{
    h->msip = false;
    h->mtimecmp = UINT64_MAX;
    irq_set(&h->software, false);
    timer_update(h);
}

void clint_reset(struct clint *c)
{
    for (struct clint_hart *h = c->hart; h < c->hart + c->harts; h++)
        hart_reset(h);
}

/* The timer's line is high from when its event has fired. */
void clint_drive(const struct clint *c)
{
    for (const struct clint_hart *h = c->hart; h < c->hart + c->harts; h++) {
        irq_set(&h->software, h->msip);
        irq_set(&h->timer, timer_is_due(h));
    }
}

void clint_state(struct clint *c, struct state *s)
{
    for (struct clint_hart *h = c->hart; h < c->hart + c->harts; h++) {
        state_u64(s, &h->mtimecmp);
        state_bool(s, &h->msip);
        state_event(s, c->clock, &h->due);
    }
    if (s->restoring)
        clint_drive(c);
}

void clint_cancel(struct clint *c)
{
    for (struct clint_hart *h = c->hart; h < c->hart + c->harts; h++)
        clock_cancel(c->clock, &h->due);
}

void clint_init(struct clint *c, struct clock *clock, unsigned harts)
{
    *c = (struct clint){.clock = clock, .harts = harts};
    for (struct clint_hart *h = c->hart; h < c->hart + harts; h++) {
        h->clock = clock;
        event_init(&h->due, timer_due, h);
        hart_reset(h);
    }
}

void clint_connect(struct clint *c, unsigned hart, struct irq_line software, struct irq_line timer)
{
    struct clint_hart *h = &c->hart[hart];
    h->software = software;
    h->timer = timer;
    irq_set(&h->software, h->msip);
    irq_set(&h->timer, timer_is_due(h));
}
