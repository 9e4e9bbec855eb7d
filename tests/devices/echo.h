/* echo.h - a device for testing the rings themselves: it copies what it may read into what it may write, and keeps count. */
#ifndef TRAPEZE_TESTS_DEVICES_ECHO_H
#define TRAPEZE_TESTS_DEVICES_ECHO_H

#include "tests/devices/ring.h"

struct echo {
    struct ring ring;
    unsigned taken;
    size_t in, out;
    enum virtio_verdict verdict;
};

static inline enum virtio_verdict echo_take(void *opaque, unsigned queue, struct virtio_chain *c, uint32_t *written)
{
    struct echo *e = opaque;
    uint8_t bytes[64];
    (void)queue;
    e->taken++;
    e->in = c->in.left;
    e->out = c->out.left;
    if (e->verdict == VIRTIO_DONE)
        *written = (uint32_t)virtio_put(c, bytes, virtio_get(c, bytes, sizeof bytes));
    return e->verdict;
}

static const struct virtio_model echo_model = {.id = VIRTIO_ENTROPY, .queues = 1, .take = echo_take};

static inline int open_echo(void **state)
{
    struct echo *e = calloc(1, sizeof *e);
    assert_non_null(e);
    ring_open(&e->ring);
    virtio_slot_plug(&e->ring.slot, &echo_model, e, 1 << 3);
    *state = e;
    return 0;
}

static inline int close_echo(void **state)
{
    struct echo *e = *state;
    rig_close(&e->ring.rig);
    free(e);
    return 0;
}

#define FEATURES (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC)

static inline void expect_echo(struct echo *e, unsigned head, uint32_t length)
{
    uint32_t entry[2];
    uint16_t before = ring_used(&e->ring);
    ring_offer(&e->ring, head);
    ring_notify(&e->ring, 0);
    assert_int_equal(ring_used(&e->ring), (uint16_t)(before + 1));
    ring_used_at(&e->ring, before, entry);
    assert_int_equal(entry[0], head);
    assert_int_equal(entry[1], length);
}

/* "hello" to be read at index 0, 16 bytes to be written at index 1. */
static inline void hello(struct echo *e)
{
    ram_put(&e->ring, RING_DATA, "hello", 5);
    ring_describe(&e->ring, 0, RING_DATA, 5, NEXT, 1);
    ring_describe(&e->ring, 1, RING_DATA + 0x100, 16, WRITE, 0);
}

/* The same in an indirect table of three, which descriptor 0 points to. */
static inline void indirect_table(struct echo *e)
{
    ram_put(&e->ring, RING_DATA, "hello", 5);
    ring_describe_at(&e->ring, RING_TABLE, 0, (struct ring_descriptor){RING_DATA, 2, NEXT, 1});
    ring_describe_at(&e->ring, RING_TABLE, 1, (struct ring_descriptor){RING_DATA + 2, 3, NEXT, 2});
    ring_describe_at(&e->ring, RING_TABLE, 2, (struct ring_descriptor){RING_DATA + 0x100, 8, WRITE, 0});
    ring_describe(&e->ring, 0, RING_TABLE, 48, INDIRECT, 0);
}

#endif
