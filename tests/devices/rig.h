/* rig.h - what a device is plugged into while it is tested: memory, a clock set by hand, a wire that is watched, a host that is
 * two buffers.
 */
#ifndef TRAPEZE_TESTS_DEVICES_RIG_H
#define TRAPEZE_TESTS_DEVICES_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/chardev.h"
#include "devices/clock.h"
#include "devices/irq.h"
#include "devices/virt.h"
#include "mmu/phys.h"

enum { RIG_RAM_SIZE = 2 << 20 };
#define RIG_RAM UINT64_C(0x80000000)

struct wire {
    bool level;
    unsigned rises, falls, assertions;
};

static inline void wire_set(void *opaque, unsigned number, bool level)
{
    struct wire *w = opaque;
    (void)number;
    w->rises += level && !w->level;
    w->falls += !level && w->level;
    w->assertions += level;
    w->level = level;
}

static inline struct irq_line wire_line(struct wire *w) { return (struct irq_line){.set = wire_set, .opaque = w}; }

/* The inputs of a CPU on the `virt` board. */
struct inputs {
    struct wire msip, mtip, meip, seip;
};

static inline void inputs_set(void *opaque, unsigned number, bool level)
{
    struct inputs *i = opaque;
    struct wire *const wire[16] = {
        [VIRT_LINE_MSI] = &i->msip, [VIRT_LINE_MTI] = &i->mtip, [VIRT_LINE_SEI] = &i->seip, [VIRT_LINE_MEI] = &i->meip};
    assert_true(number < 16 && wire[number]);
    wire_set(wire[number], number, level);
}

static inline struct irq_line inputs_line(struct inputs *i) { return (struct irq_line){.set = inputs_set, .opaque = i}; }

struct rig {
    struct ram *ram;
    struct phys *phys;
    struct clock clock;
    uint64_t now;
    struct wire wire;
};

static inline uint64_t rig_now(void *opaque) { return ((struct rig *)opaque)->now; }

static inline void rig_open(struct rig *r)
{
    memset(r, 0, sizeof *r);
    r->clock = (struct clock){.now = rig_now, .opaque = r, .units_per_tick = 100};
    assert_int_equal(ram_create(&r->ram, RIG_RAM_SIZE), 0);
    assert_int_equal(phys_create(&r->phys), 0);
    assert_int_equal(phys_add_ram(r->phys, "ram", RIG_RAM, RIG_RAM_SIZE, r->ram, 0), 0);
}

static inline void rig_close(struct rig *r)
{
    phys_destroy(r->phys);
    ram_destroy(r->ram);
}

static inline void rig_advance(struct rig *r, uint64_t to)
{
    r->now = to;
    clock_fire(&r->clock);
}

/* One access to a device's registers; it must be answered. */
static inline uint64_t io_get(const struct phys_io *io, void *device, uint64_t offset, unsigned size)
{
    uint64_t value = UINT64_MAX;
    assert_true(io->read(device, offset, size, &value));
    return value;
}

static inline void io_put(const struct phys_io *io, void *device, uint64_t offset, unsigned size, uint64_t value)
{
    assert_true(io->write(device, offset, size, value));
}

/* The host's side of a serial device. */
struct host {
    uint8_t in[4096], out[4096];
    size_t in_first, in_count, out_count;
};

static inline void host_write(void *opaque, const uint8_t *bytes, size_t count)
{
    struct host *h = opaque;
    assert_true(h->out_count + count <= sizeof h->out);
    memcpy(h->out + h->out_count, bytes, count);
    h->out_count += count;
}

static inline size_t host_read(void *opaque, uint8_t *bytes, size_t room)
{
    struct host *h = opaque;
    size_t n = h->in_count - h->in_first;
    n = n < room ? n : room;
    memcpy(bytes, h->in + h->in_first, n);
    h->in_first += n;
    return n;
}

static inline void host_type(struct host *h, const char *text)
{
    memcpy(h->in + h->in_count, text, strlen(text));
    h->in_count += strlen(text);
}

static inline struct chardev host_chardev(struct host *h)
{
    return (struct chardev){.write = host_write, .read = host_read, .opaque = h};
}

#endif
