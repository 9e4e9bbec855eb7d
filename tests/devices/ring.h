/* ring.h - a driver for one virtqueue, small enough to misbehave on purpose. */
#ifndef TRAPEZE_TESTS_DEVICES_RING_H
#define TRAPEZE_TESTS_DEVICES_RING_H

#include "devices/virtio_mmio.h"
#include "tests/devices/rig.h"

enum { RING_SIZE = 8, NEXT = 1, WRITE = 2, INDIRECT = 4 };
#define RING_DESCRIPTORS (RIG_RAM + 0x1000)
#define RING_DRIVER (RIG_RAM + 0x2000)
#define RING_DEVICE (RIG_RAM + 0x3000)
#define RING_DATA (RIG_RAM + 0x10000)
#define RING_TABLE (RIG_RAM + 0x8000)

struct ring {
    struct rig rig;
    struct virtio_slot slot;
    uint16_t offered; /* the driver's index */
    unsigned looks;   /* of the device at the host */
    unsigned ends_at; /* the look at which the run ends; 0: none */
};

static inline bool ring_look(void *opaque)
{
    struct ring *r = opaque;
    return ++r->looks == r->ends_at;
}

static inline uint32_t reg_get(struct ring *r, unsigned offset) { return (uint32_t)io_get(&virtio_mmio_io, &r->slot, offset, 4); }

static inline void reg_put(struct ring *r, unsigned offset, uint32_t v) { io_put(&virtio_mmio_io, &r->slot, offset, 4, v); }

static inline void ram_put(struct ring *r, pa_t at, const void *from, size_t n)
{
    assert_int_equal(phys_write(r->rig.phys, at, from, n), 0);
}
static inline void ram_get(struct ring *r, pa_t at, void *to, size_t n) { assert_int_equal(phys_read(r->rig.phys, at, to, n), 0); }

static inline uint16_t ram_half(struct ring *r, pa_t at)
{
    uint16_t v;
    ram_get(r, at, &v, sizeof v);
    return v;
}

static inline void ring_address(struct ring *r, unsigned offset, pa_t at)
{
    reg_put(r, offset, (uint32_t)at);
    reg_put(r, offset + 4, (uint32_t)(at >> 32));
}

static inline void ring_queue(struct ring *r, unsigned queue, uint32_t size)
{
    reg_put(r, 0x30, queue);
    reg_put(r, 0x38, size);
    ring_address(r, 0x80, RING_DESCRIPTORS);
    ring_address(r, 0x90, RING_DRIVER);
    ring_address(r, 0xa0, RING_DEVICE);
    reg_put(r, 0x44, 1);
}

/* The initialisation of [virtio 3.1.1], accepting `features`. */
static inline void ring_start(struct ring *r, uint64_t features, unsigned queue)
{
    reg_put(r, 0x70, 0);
    reg_put(r, 0x70, VIRTIO_ACKNOWLEDGE);
    reg_put(r, 0x70, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
    for (uint32_t half = 0; half < 2; half++) {
        reg_put(r, 0x24, half);
        reg_put(r, 0x20, (uint32_t)(features >> (32 * half)));
    }
    reg_put(r, 0x70, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK);
    ring_queue(r, queue, RING_SIZE);
    reg_put(r, 0x70, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK | VIRTIO_DRIVER_OK);
    r->offered = 0;
}

struct ring_descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

static inline void ring_describe_at(struct ring *r, pa_t table, unsigned index, struct ring_descriptor d)
{
    ram_put(r, table + 16 * (pa_t)index, &d, sizeof d);
}

static inline void ring_describe(struct ring *r, unsigned index, uint64_t address, uint32_t length, unsigned flags, unsigned next)
{
    ring_describe_at(r, RING_DESCRIPTORS, index, (struct ring_descriptor){address, length, (uint16_t)flags, (uint16_t)next});
}

/* Puts a chain's head into the driver ring, without telling the device. */
static inline void ring_offer(struct ring *r, unsigned head)
{
    uint16_t h = (uint16_t)head;
    ram_put(r, RING_DRIVER + 4 + 2 * (r->offered % RING_SIZE), &h, sizeof h);
    r->offered++;
    ram_put(r, RING_DRIVER + 2, &r->offered, sizeof r->offered);
}

static inline void ring_notify(struct ring *r, unsigned queue) { reg_put(r, 0x50, queue); }
static inline uint16_t ring_used(struct ring *r) { return ram_half(r, RING_DEVICE + 2); }

static inline void ring_used_at(struct ring *r, unsigned index, uint32_t entry[2])
{
    ram_get(r, RING_DEVICE + 4 + 8 * (pa_t)(index % RING_SIZE), entry, 8);
}

static inline void ring_open(struct ring *r)
{
    memset(r, 0, sizeof *r);
    rig_open(&r->rig);
    virtio_slot_init(&r->slot, r->rig.phys, &r->rig.clock, wire_line(&r->rig.wire), (struct host_look){ring_look, r});
}

#endif
