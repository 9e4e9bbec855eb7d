/* clint.c - mtip is the level `mtime >= mtimecmp` [priv 3.2.1]; msip is a bit. Accesses are of 4 or 8 bytes, as on QEMU's board;
 * what lies between the registers reads zero. A 32-bit write replaces its half of mtimecmp and is compared at once.
 */
#include "devices/clint.h"

enum { MSIP = 0, MTIMECMP = 0x4000, MTIME = 0xbff8 };

static bool timer_is_due(const struct clint *c) { return c->due.when == UINT64_MAX && clock_ticks(c->clock) >= c->mtimecmp; }

static void timer_update(struct clint *c)
{
    bool due = clock_ticks(c->clock) >= c->mtimecmp;
    clock_schedule(c->clock, &c->due, due ? UINT64_MAX : clock_when(c->clock, c->mtimecmp));
    irq_set(&c->timer, due);
}

static void timer_due(void *opaque) { timer_update(opaque); }

/* `size` bytes at `offset` of a 64-bit register. */
static uint64_t part_read(uint64_t whole, uint64_t offset, unsigned size)
{
    return size == 8 ? whole : bits_get(whole, (offset & 4) * 8, 32);
}

static bool clint_io_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct clint *c = opaque;
    if (size < 4)
        return false;
    switch (offset & ~UINT64_C(7)) {
    case MSIP: *value = part_read(c->msip, offset, size); break;
    case MTIMECMP: *value = part_read(c->mtimecmp, offset, size); break;
    case MTIME: *value = part_read(clock_ticks(c->clock), offset, size); break;
    default: *value = 0; break;
    }
    return true;
}

static bool clint_io_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct clint *c = opaque;
    if (size < 4)
        return false;
    if (offset == MSIP) {
        c->msip = value & 1;
        irq_set(&c->software, c->msip);
    } else if (offset - MTIMECMP < 8) {
        c->mtimecmp = size == 8 ? value : bits_set(c->mtimecmp, (offset & 4) * 8, 32, value);
        timer_update(c);
    }
    return true;
}

const struct phys_io clint_io = {.read = clint_io_read, .write = clint_io_write};

void clint_reset(struct clint *c)
{
    c->msip = false;
    c->mtimecmp = UINT64_MAX;
    irq_set(&c->software, false);
    timer_update(c);
}

/* The timer's line is high from when its event has fired. */
void clint_drive(const struct clint *c)
{
    irq_set(&c->software, c->msip);
    irq_set(&c->timer, timer_is_due(c));
}

void clint_state(struct clint *c, struct state *s)
{
    state_u64(s, &c->mtimecmp);
    state_bool(s, &c->msip);
    state_event(s, c->clock, &c->due);
    if (s->restoring)
        clint_drive(c);
}

void clint_init(struct clint *c, struct clock *clock, struct irq_line software, struct irq_line timer)
{
    *c = (struct clint){.clock = clock, .software = software, .timer = timer};
    event_init(&c->due, timer_due, c);
    clint_reset(c);
}
