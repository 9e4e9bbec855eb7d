/* test_virtio.c - the transport and the rings after the specification; every abuse of a ring is a case with a name: the device
 * needs a reset, memory outside the ring's own buffers is as it was, and after a reset it serves again.
 */
#include "devices/virtio_console.h"
#include "devices/virtio_rng.h"
#include "tests/devices/ring.h"

/* A device that copies what it may read into what it may write, and keeps count. */
struct echo {
    struct ring ring;
    unsigned taken;
    size_t in, out;
    enum virtio_verdict verdict;
};

static enum virtio_verdict echo_take(void *opaque, unsigned queue, struct virtio_chain *c, uint32_t *written)
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

static int open_echo(void **state)
{
    struct echo *e = calloc(1, sizeof *e);
    assert_non_null(e);
    ring_open(&e->ring);
    virtio_slot_plug(&e->ring.slot, &echo_model, e, 1 << 3);
    *state = e;
    return 0;
}

static int close_echo(void **state)
{
    struct echo *e = *state;
    rig_close(&e->ring.rig);
    free(e);
    return 0;
}

#define FEATURES (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC)

/* --- Registers */

static void identity(void **state)
{
    struct ring *r = &((struct echo *)*state)->ring;
    assert_true(reg_get(r, 0) == 0x74726976);
    assert_int_equal(reg_get(r, 4), 2);
    assert_int_equal(reg_get(r, 8), VIRTIO_ENTROPY);
    assert_int_equal(reg_get(r, 0x34), VIRTIO_QUEUE_MAX);
    reg_put(r, 0x30, 1);
    assert_int_equal(reg_get(r, 0x34), 0); /* no such queue */
    assert_true(reg_get(r, 0xb0) == UINT32_MAX && reg_get(r, 0xbc) == UINT32_MAX);
}

static void an_empty_slot_is_device_0(void **state)
{
    struct ring r;
    (void)state;
    ring_open(&r);
    assert_true(reg_get(&r, 0) == 0x74726976);
    assert_int_equal(reg_get(&r, 4), 2);
    for (unsigned offset = 8; offset < 0x1000; offset += 4) {
        reg_put(&r, offset, UINT32_MAX);
        assert_int_equal(reg_get(&r, offset), 0);
    }
    rig_close(&r.rig);
}

static void features_in_halves(void **state)
{
    struct ring *r = &((struct echo *)*state)->ring;
    assert_int_equal(reg_get(r, 0x10), 1 << 3 | 1 << 28);
    reg_put(r, 0x14, 1);
    assert_int_equal(reg_get(r, 0x10), 1);
    reg_put(r, 0x14, 2);
    assert_int_equal(reg_get(r, 0x10), 0);
}

static void what_was_not_offered_is_not_ok(void **state)
{
    struct ring *r = &((struct echo *)*state)->ring;
    reg_put(r, 0x20, 1 << 4);
    reg_put(r, 0x70, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK);
    assert_int_equal(reg_get(r, 0x70), VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
    reg_put(r, 0x20, 1 << 3);
    reg_put(r, 0x70, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK);
    assert_int_equal(reg_get(r, 0x70), VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK);
    reg_put(r, 0x20, 0); /* settled */
    assert_true(r->slot.driver_features == 1 << 3);
}

static void the_driver_cannot_ask_itself_for_a_reset(void **state)
{
    struct ring *r = &((struct echo *)*state)->ring;
    reg_put(r, 0x70, VIRTIO_ACKNOWLEDGE | VIRTIO_NEEDS_RESET);
    assert_int_equal(reg_get(r, 0x70), VIRTIO_ACKNOWLEDGE);
}

static void reset_by_status_0(void **state)
{
    struct ring *r = &((struct echo *)*state)->ring;
    ring_start(r, FEATURES, 0);
    assert_int_equal(reg_get(r, 0x44), 1);
    reg_put(r, 0x70, 0);
    assert_int_equal(reg_get(r, 0x70), 0);
    assert_int_equal(reg_get(r, 0x44), 0);
    assert_true(r->slot.driver_features == 0);
}

static void wrong_sizes_read_0_and_do_nothing(void **state)
{
    struct ring *r = &((struct echo *)*state)->ring;
    assert_int_equal(io_get(&virtio_mmio_io, &r->slot, 0, 1), 0);
    assert_int_equal(io_get(&virtio_mmio_io, &r->slot, 0, 8), 0);
    io_put(&virtio_mmio_io, &r->slot, 0x70, 1, 1);
    assert_int_equal(reg_get(r, 0x70), 0);
}

static void configuration_is_bytes(void **state)
{
    struct ring *r = &((struct echo *)*state)->ring;
    for (unsigned i = 0; i < VIRTIO_CONFIG_BYTES; i++)
        r->slot.config[i] = (uint8_t)(i + 1);
    assert_int_equal(io_get(&virtio_mmio_io, &r->slot, 0x103, 1), 4);
    assert_int_equal(io_get(&virtio_mmio_io, &r->slot, 0x102, 2), 0x0403);
    assert_int_equal(io_get(&virtio_mmio_io, &r->slot, 0x104, 4), 0x08070605);
    assert_int_equal(io_get(&virtio_mmio_io, &r->slot, 0x100 + VIRTIO_CONFIG_BYTES, 4), 0);
    assert_int_equal(io_get(&virtio_mmio_io, &r->slot, 0xffc, 4), 0);
    reg_put(r, 0x100, 0);
    assert_int_equal(r->slot.config[0], 1);
}

static void any_register_write_is_survived(void **state)
{
    struct ring *r = &((struct echo *)*state)->ring;
    for (unsigned round = 0; round < 3; round++)
        for (unsigned offset = 0; offset < 0x1000; offset += 4) {
            reg_put(r, offset, round == 0 ? UINT32_MAX : round == 1 ? 1 : 0x80000000);
            reg_get(r, offset);
        }
}

static void a_ready_queue_is_settled(void **state)
{
    struct ring *r = &((struct echo *)*state)->ring;
    ring_start(r, FEATURES, 0);
    reg_put(r, 0x38, 4);
    ring_address(r, 0x80, 0);
    assert_int_equal(r->slot.queue[0].size, RING_SIZE);
    assert_true(r->slot.queue[0].descriptors == RING_DESCRIPTORS);
}

/* --- Rings */

static void expect_echo(struct echo *e, unsigned head, uint32_t length)
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
static void hello(struct echo *e)
{
    ram_put(&e->ring, RING_DATA, "hello", 5);
    ring_describe(&e->ring, 0, RING_DATA, 5, NEXT, 1);
    ring_describe(&e->ring, 1, RING_DATA + 0x100, 16, WRITE, 0);
}

static void serves_a_chain_and_interrupts(void **state)
{
    struct echo *e = *state;
    char got[5];
    ring_start(&e->ring, FEATURES, 0);
    hello(e);
    expect_echo(e, 0, 5);
    ram_get(&e->ring, RING_DATA + 0x100, got, 5);
    assert_memory_equal(got, "hello", 5);
    assert_true(e->ring.rig.wire.level);
    assert_int_equal(reg_get(&e->ring, 0x60), 1);
    reg_put(&e->ring, 0x64, 1);
    assert_false(e->ring.rig.wire.level);
    assert_int_equal(reg_get(&e->ring, 0x60), 0);
}

static void serves_all_that_is_offered_with_one_interrupt(void **state)
{
    struct echo *e = *state;
    ring_start(&e->ring, FEATURES, 0);
    hello(e);
    for (unsigned i = 0; i < RING_SIZE; i++)
        ring_offer(&e->ring, 0);
    ring_notify(&e->ring, 0);
    assert_int_equal(e->taken, RING_SIZE);
    assert_int_equal(e->ring.rig.wire.rises, 1);
}

static void indices_wrap(void **state)
{
    struct echo *e = *state;
    ring_start(&e->ring, FEATURES, 0);
    hello(e);
    for (unsigned i = 0; i < 65536 + 20; i++)
        expect_echo(e, 0, 5);
    assert_int_equal(ring_used(&e->ring), 20);
    assert_null(e->ring.slot.broken);
}

static void the_driver_may_refuse_interrupts(void **state)
{
    struct echo *e = *state;
    uint16_t no_interrupt = 1;
    ring_start(&e->ring, FEATURES, 0);
    ram_put(&e->ring, RING_DRIVER, &no_interrupt, 2);
    hello(e);
    expect_echo(e, 0, 5);
    assert_false(e->ring.rig.wire.level);
}

static void buffers_may_be_cut_anyhow(void **state)
{
    struct echo *e = *state;
    char got[5];
    ring_start(&e->ring, FEATURES, 0);
    ram_put(&e->ring, RING_DATA, "hello", 5);
    ring_describe(&e->ring, 3, RING_DATA, 1, NEXT, 5);
    ring_describe(&e->ring, 5, RING_DATA + 1, 4, NEXT, 2);
    ring_describe(&e->ring, 2, RING_DATA + 0x100, 2, NEXT | WRITE, 7);
    ring_describe(&e->ring, 7, RING_DATA + 0x102, 9, WRITE, 0);
    expect_echo(e, 3, 5);
    assert_int_equal(e->in, 5);
    assert_int_equal(e->out, 11);
    ram_get(&e->ring, RING_DATA + 0x100, got, 5);
    assert_memory_equal(got, "hello", 5);
}

static void indirect_table(struct echo *e)
{
    ram_put(&e->ring, RING_DATA, "hello", 5);
    ring_describe_at(&e->ring, RING_TABLE, 0, (struct ring_descriptor){RING_DATA, 2, NEXT, 1});
    ring_describe_at(&e->ring, RING_TABLE, 1, (struct ring_descriptor){RING_DATA + 2, 3, NEXT, 2});
    ring_describe_at(&e->ring, RING_TABLE, 2, (struct ring_descriptor){RING_DATA + 0x100, 8, WRITE, 0});
    ring_describe(&e->ring, 0, RING_TABLE, 48, INDIRECT, 0);
}

static void indirect_descriptors(void **state)
{
    struct echo *e = *state;
    ring_start(&e->ring, FEATURES, 0);
    indirect_table(e);
    expect_echo(e, 0, 5);
    assert_int_equal(e->out, 8);
    ring_describe(&e->ring, 4, RING_DATA, 1, NEXT, 0); /* a direct buffer before the table */
    expect_echo(e, 4, 6);
}

static void a_chain_left_for_later_stays(void **state)
{
    struct echo *e = *state;
    ring_start(&e->ring, FEATURES, 0);
    hello(e);
    e->verdict = VIRTIO_LATER;
    ring_offer(&e->ring, 0);
    ring_notify(&e->ring, 0);
    assert_int_equal(ring_used(&e->ring), 0);
    assert_false(e->ring.rig.wire.level);
    e->verdict = VIRTIO_DONE;
    virtio_slot_kick(&e->ring.slot, 0);
    assert_int_equal(ring_used(&e->ring), 1);
}

static void nothing_is_served_before_driver_ok(void **state)
{
    struct echo *e = *state;
    ring_start(&e->ring, FEATURES, 0);
    reg_put(&e->ring, 0x70, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK);
    hello(e);
    ring_offer(&e->ring, 0);
    ring_notify(&e->ring, 0);
    assert_int_equal(e->taken, 0);
    ring_notify(&e->ring, 1); /* no such queue */
    ring_notify(&e->ring, UINT32_MAX);
}

/* A driver that never looks at the upper features, as in small teaching kernels. */
static void version_1_is_not_insisted_on(void **state)
{
    struct echo *e = *state;
    ring_start(&e->ring, 0, 0);
    assert_true(reg_get(&e->ring, 0x70) & VIRTIO_FEATURES_OK);
    hello(e);
    expect_echo(e, 0, 5);
}

static void much_work_is_done_in_slices(void **state)
{
    struct echo *e = *state;
    ring_start(&e->ring, FEATURES, 0);
    ring_describe(&e->ring, 0, RING_TABLE, 16 * RING_SIZE, INDIRECT, 0);
    for (unsigned i = 0; i < RING_SIZE; i++) /* each chain names nearly all of memory eight times */
        ring_describe_at(&e->ring, RING_TABLE, i,
                         (struct ring_descriptor){RIG_RAM, RIG_RAM_SIZE, i + 1 < RING_SIZE ? NEXT : 0, (uint16_t)(i + 1)});
    uint64_t per_slice = VIRTIO_SLICE / (RING_SIZE * (uint64_t)RIG_RAM_SIZE);
    assert_in_range(per_slice, 1, RING_SIZE - 1);
    for (unsigned i = 0; i < RING_SIZE; i++)
        ring_offer(&e->ring, 0);
    ring_notify(&e->ring, 0);
    assert_int_equal(e->taken, per_slice);
    for (unsigned i = 0; clock_next(&e->ring.rig.clock) != UINT64_MAX; i++) {
        assert_true(i < RING_SIZE);
        assert_true(clock_next(&e->ring.rig.clock) == e->ring.rig.now + 1);
        rig_advance(&e->ring.rig, e->ring.rig.now + 1);
    }
    assert_int_equal(e->taken, RING_SIZE);
}

/* --- Abuse. Each case prepares a ring that is wrong in one way; the device is running and would serve `hello`. */

static void outside_ram(struct echo *e) { ring_describe(&e->ring, 0, 0x1000, 8, WRITE, 0); }
static void across_the_end_of_ram(struct echo *e) { ring_describe(&e->ring, 0, RIG_RAM + RIG_RAM_SIZE - 4, 8, WRITE, 0); }
static void wrapping_address(struct echo *e) { ring_describe(&e->ring, 0, UINT64_MAX - 3, 8, WRITE, 0); }
static void huge_length(struct echo *e) { ring_describe(&e->ring, 0, RING_DATA, UINT32_MAX, WRITE, 0); }
static void empty_buffer(struct echo *e) { ring_describe(&e->ring, 0, RING_DATA, 0, WRITE, 0); }
static void next_beyond_the_table(struct echo *e) { ring_describe(&e->ring, 0, RING_DATA, 4, NEXT, RING_SIZE); }
static void loop_of_one(struct echo *e) { ring_describe(&e->ring, 0, RING_DATA, 4, NEXT, 0); }

static void loop_of_two(struct echo *e)
{
    ring_describe(&e->ring, 0, RING_DATA, 4, NEXT, 1);
    ring_describe(&e->ring, 1, RING_DATA, 4, NEXT, 0);
}

static void read_after_write(struct echo *e)
{
    ring_describe(&e->ring, 0, RING_DATA, 4, NEXT | WRITE, 1);
    ring_describe(&e->ring, 1, RING_DATA, 4, 0, 0);
}

static void head_beyond_the_table(struct echo *e)
{
    uint16_t head = RING_SIZE;
    ram_put(&e->ring, RING_DRIVER + 4, &head, sizeof head);
}

static void index_far_ahead(struct echo *e)
{
    uint16_t index = RING_SIZE + 1;
    ram_put(&e->ring, RING_DRIVER + 2, &index, sizeof index);
}

static void index_behind(struct echo *e)
{
    uint16_t index = UINT16_MAX;
    ram_put(&e->ring, RING_DRIVER + 2, &index, sizeof index);
}

static void indirect_nested(struct echo *e)
{
    indirect_table(e);
    ring_describe_at(&e->ring, RING_TABLE, 1, (struct ring_descriptor){RING_TABLE, 48, INDIRECT, 0});
}

static void indirect_with_next(struct echo *e)
{
    indirect_table(e);
    ring_describe(&e->ring, 0, RING_TABLE, 48, INDIRECT | NEXT, 1);
}

static void indirect_of_odd_length(struct echo *e)
{
    indirect_table(e);
    ring_describe(&e->ring, 0, RING_TABLE, 47, INDIRECT, 0);
}

static void indirect_of_no_length(struct echo *e)
{
    indirect_table(e);
    ring_describe(&e->ring, 0, RING_TABLE, 0, INDIRECT, 0);
}

static void indirect_outside_ram(struct echo *e) { ring_describe(&e->ring, 0, 0x1000, 48, INDIRECT, 0); }
static void indirect_running_out_of_ram(struct echo *e)
{
    pa_t last = RIG_RAM + RIG_RAM_SIZE - 16;
    ring_describe_at(&e->ring, last, 0, (struct ring_descriptor){RING_DATA, 4, NEXT, 1});
    ring_describe(&e->ring, 0, last, 48, INDIRECT, 0);
}

static void indirect_next_beyond_the_table(struct echo *e)
{
    indirect_table(e);
    ring_describe(&e->ring, 0, RING_TABLE, 32, INDIRECT, 0);
}

static void indirect_loop(struct echo *e)
{
    indirect_table(e);
    ring_describe_at(&e->ring, RING_TABLE, 1, (struct ring_descriptor){RING_DATA, 1, NEXT, 0});
}

static void indirect_longer_than_the_queue(struct echo *e)
{
    for (uint16_t i = 0; i <= RING_SIZE; i++)
        ring_describe_at(&e->ring, RING_TABLE, i, (struct ring_descriptor){RING_DATA, 1, i < RING_SIZE ? NEXT : 0, (uint16_t)(i + 1)});
    ring_describe(&e->ring, 0, RING_TABLE, 16 * (RING_SIZE + 1), INDIRECT, 0);
}

static void request_refused_by_the_device(struct echo *e) { e->verdict = VIRTIO_BROKEN; }

/* The queue's own place, set up wrongly while it is not ready. */
static void replace_queue(struct echo *e, uint32_t size, pa_t descriptors, pa_t driver, pa_t device)
{
    reg_put(&e->ring, 0x44, 0);
    reg_put(&e->ring, 0x38, size);
    ring_address(&e->ring, 0x80, descriptors);
    ring_address(&e->ring, 0x90, driver);
    ring_address(&e->ring, 0xa0, device);
    reg_put(&e->ring, 0x44, 1);
}

static void size_zero(struct echo *e) { replace_queue(e, 0, RING_DESCRIPTORS, RING_DRIVER, RING_DEVICE); }
static void size_no_power_of_two(struct echo *e) { replace_queue(e, 6, RING_DESCRIPTORS, RING_DRIVER, RING_DEVICE); }
static void size_too_large(struct echo *e) { replace_queue(e, 512, RING_DESCRIPTORS, RING_DRIVER, RING_DEVICE); }
static void size_enormous(struct echo *e) { replace_queue(e, 0x80000000, RING_DESCRIPTORS, RING_DRIVER, RING_DEVICE); }
static void descriptors_outside_ram(struct echo *e) { replace_queue(e, RING_SIZE, 0x1000, RING_DRIVER, RING_DEVICE); }
static void driver_ring_outside_ram(struct echo *e) { replace_queue(e, RING_SIZE, RING_DESCRIPTORS, 0x1000, RING_DEVICE); }
static void device_ring_outside_ram(struct echo *e) { replace_queue(e, RING_SIZE, RING_DESCRIPTORS, RING_DRIVER, 0x1000); }
static void device_ring_at_the_top(struct echo *e) { replace_queue(e, RING_SIZE, RING_DESCRIPTORS, RING_DRIVER, UINT64_MAX - 3); }
static void descriptors_misaligned(struct echo *e) { replace_queue(e, RING_SIZE, RING_DESCRIPTORS + 8, RING_DRIVER, RING_DEVICE); }
static void driver_ring_misaligned(struct echo *e) { replace_queue(e, RING_SIZE, RING_DESCRIPTORS, RING_DRIVER + 1, RING_DEVICE); }
static void device_ring_misaligned(struct echo *e) { replace_queue(e, RING_SIZE, RING_DESCRIPTORS, RING_DRIVER, RING_DEVICE + 2); }

struct abuse {
    const char *name;
    void (*prepare)(struct echo *);
    bool served; /* the request itself may have been performed before the ring proved broken */
};

#define ABUSE(f)                                                                                                                      \
    {                                                                                                                                 \
#f, f, false                                                                                                                  \
    }
static const struct abuse abuses[] = {
    ABUSE(outside_ram),
    ABUSE(across_the_end_of_ram),
    ABUSE(wrapping_address),
    ABUSE(huge_length),
    ABUSE(empty_buffer),
    ABUSE(next_beyond_the_table),
    ABUSE(loop_of_one),
    ABUSE(loop_of_two),
    ABUSE(read_after_write),
    ABUSE(head_beyond_the_table),
    ABUSE(index_far_ahead),
    ABUSE(index_behind),
    ABUSE(indirect_nested),
    ABUSE(indirect_with_next),
    ABUSE(indirect_of_odd_length),
    ABUSE(indirect_of_no_length),
    ABUSE(indirect_outside_ram),
    ABUSE(indirect_running_out_of_ram),
    ABUSE(indirect_next_beyond_the_table),
    ABUSE(indirect_loop),
    ABUSE(indirect_longer_than_the_queue),
    {"request_refused_by_the_device", request_refused_by_the_device, true},
    ABUSE(size_zero),
    ABUSE(size_no_power_of_two),
    ABUSE(size_too_large),
    ABUSE(size_enormous),
    ABUSE(descriptors_outside_ram),
    ABUSE(driver_ring_outside_ram),
    {"device_ring_outside_ram", device_ring_outside_ram, true},
    {"device_ring_at_the_top", device_ring_at_the_top, true},
    ABUSE(descriptors_misaligned),
    ABUSE(driver_ring_misaligned),
    ABUSE(device_ring_misaligned),
};

static uint64_t memory_sum(struct rig *r)
{
    uint64_t sum = 1;
    const uint8_t *bytes = ram_host(r->ram);
    for (size_t i = 0; i < RIG_RAM_SIZE; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    return sum;
}

static void abuse_is_contained(void **state)
{
    struct echo *e = *state;
    const uint32_t up = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK | VIRTIO_DRIVER_OK;
    for (size_t i = 0; i < sizeof abuses / sizeof abuses[0]; i++) {
        const struct abuse *a = &abuses[i];
        memset(ram_host(e->ring.rig.ram), 0, RIG_RAM_SIZE);
        ring_start(&e->ring, FEATURES, 0);
        e->verdict = VIRTIO_DONE;
        e->taken = 0;
        hello(e);
        ring_offer(&e->ring, 0);
        a->prepare(e);
        uint64_t before = memory_sum(&e->ring.rig);
        ring_notify(&e->ring, 0);
        if (reg_get(&e->ring, 0x70) != (up | VIRTIO_NEEDS_RESET))
            fail_msg("%s: the device does not ask for a reset", a->name);
        if (e->taken != a->served || (!a->served && memory_sum(&e->ring.rig) != before))
            fail_msg("%s: the request was served", a->name);
        assert_int_equal(reg_get(&e->ring, 0x60), 2); /* told by a configuration change */
        assert_true(e->ring.rig.wire.level);
        ring_notify(&e->ring, 0); /* deaf until it is reset */
        assert_int_equal(e->taken, a->served);
        reg_put(&e->ring, 0x70, up); /* the driver cannot take it back */
        assert_true(reg_get(&e->ring, 0x70) & VIRTIO_NEEDS_RESET);
        e->verdict = VIRTIO_DONE;
        memset(ram_host(e->ring.rig.ram), 0, RIG_RAM_SIZE);
        ring_start(&e->ring, FEATURES, 0);
        hello(e);
        expect_echo(e, 0, 5);
        assert_true(reg_get(&e->ring, 0x70) == up);
    }
}

static void indirect_must_be_negotiated(void **state)
{
    struct echo *e = *state;
    ring_start(&e->ring, VIRTIO_F_VERSION_1, 0);
    indirect_table(e);
    ring_offer(&e->ring, 0);
    ring_notify(&e->ring, 0);
    assert_true(reg_get(&e->ring, 0x70) & VIRTIO_NEEDS_RESET);
    assert_int_equal(e->taken, 0);
}

/* Buffers may lie over the ring itself: the guest's own loss. */
static void a_ring_written_over_by_its_own_request(void **state)
{
    struct echo *e = *state;
    ring_start(&e->ring, FEATURES, 0);
    memset(ram_host(e->ring.rig.ram) + 0x10000, 0xff, 64);
    ring_describe(&e->ring, 0, RING_DATA, 64, NEXT, 1);
    ring_describe(&e->ring, 1, RING_DESCRIPTORS, 64, WRITE, 0);
    ring_offer(&e->ring, 0);
    ring_offer(&e->ring, 0); /* the same chain again: now nonsense */
    ring_notify(&e->ring, 0);
    assert_int_equal(e->taken, 1);
    assert_true(reg_get(&e->ring, 0x70) & VIRTIO_NEEDS_RESET);
}

/* DMA is announced to whoever has marked the page. */
struct listener {
    struct ram_watcher watcher;
    uint64_t offset;
    size_t length;
};

static void heard(struct ram_watcher *w, uint64_t offset, size_t length)
{
    struct listener *l = (struct listener *)w;
    l->offset = offset;
    l->length = length;
}

static void ignored(struct ram_watcher *w, uint64_t offset) { (void)w, (void)offset; }

static void writes_are_announced(void **state)
{
    struct echo *e = *state;
    struct listener l = {.watcher = {.written = heard, .marked = ignored}};
    ring_start(&e->ring, FEATURES, 0);
    hello(e);
    ram_watch(e->ring.rig.ram, &l.watcher);
    ram_mark(e->ring.rig.ram, 0x10000);
    expect_echo(e, 0, 5);
    assert_int_equal(l.offset, 0x10100);
    assert_int_equal(l.length, 5);
    ram_unwatch(e->ring.rig.ram, &l.watcher);
}

/* --- The small devices */

static void entropy_follows_the_seed(void **state)
{
    uint8_t bytes[3][100];
    (void)state;
    for (unsigned run = 0; run < 3; run++) {
        struct ring r;
        struct virtio_rng rng;
        uint32_t entry[2];
        ring_open(&r);
        virtio_rng_plug(&rng, &r.slot, run == 2 ? 8 : 7);
        ring_start(&r, FEATURES, 0);
        ring_describe(&r, 0, RING_DATA, 33, NEXT | WRITE, 1);
        ring_describe(&r, 1, RING_DATA + 33, 67, WRITE, 0);
        ring_offer(&r, 0);
        ring_notify(&r, 0);
        ring_used_at(&r, 0, entry);
        assert_int_equal(entry[1], 100);
        ram_get(&r, RING_DATA, bytes[run], 100);
        rig_close(&r.rig);
    }
    assert_memory_equal(bytes[0], bytes[1], 100);
    assert_memory_not_equal(bytes[0], bytes[2], 100);
    unsigned ones = 0;
    for (unsigned i = 0; i < 100; i++)
        ones += (unsigned)__builtin_popcount(bytes[0][i]);
    assert_in_range(ones, 340, 460); /* of 800 */
}

/* The published first outputs of SplitMix64 for seed 1234567. */
static void splitmix64_is_the_published_one(void **state)
{
    uint64_t s = 1234567;
    (void)state;
    assert_true(splitmix64(&s) == UINT64_C(6457827717110365317));
    assert_true(splitmix64(&s) == UINT64_C(3203168211198807973));
    assert_true(splitmix64(&s) == UINT64_C(9817491932198370423));
}

static void entropy_is_given_a_page_at_most(void **state)
{
    struct ring r;
    struct virtio_rng rng;
    uint32_t entry[2];
    (void)state;
    ring_open(&r);
    virtio_rng_plug(&rng, &r.slot, 1);
    ring_start(&r, FEATURES, 0);
    ring_describe(&r, 0, RING_DATA, 0x10000, WRITE, 0);
    ring_offer(&r, 0);
    ring_notify(&r, 0);
    ring_used_at(&r, 0, entry);
    assert_int_equal(entry[1], 4096);
    rig_close(&r.rig);
}

static void console_sends_and_receives(void **state)
{
    struct ring r;
    struct host host = {.in_count = 0};
    struct virtio_console console;
    uint32_t entry[2];
    char got[4];
    (void)state;
    ring_open(&r);
    virtio_console_plug(&console, &r.slot, host_chardev(&host));
    ring_start(&r, FEATURES, 1);
    ram_put(&r, RING_DATA, "out!", 4);
    ring_describe(&r, 0, RING_DATA, 3, NEXT, 1);
    ring_describe(&r, 1, RING_DATA + 3, 1, 0, 0);
    ring_offer(&r, 0);
    ring_notify(&r, 1);
    assert_int_equal(host.out_count, 4);
    assert_memory_equal(host.out, "out!", 4);

    memset(ram_host(r.rig.ram), 0, RIG_RAM_SIZE);
    ring_start(&r, FEATURES, 0);
    ring_describe(&r, 0, RING_DATA, 4, WRITE, 0);
    ring_offer(&r, 0);
    ring_notify(&r, 0);
    assert_int_equal(ring_used(&r), 0); /* waits for input */
    host_type(&host, "in");
    virtio_console_input(&console);
    assert_int_equal(ring_used(&r), 1);
    ring_used_at(&r, 0, entry);
    assert_int_equal(entry[1], 2);
    ram_get(&r, RING_DATA, got, 4);
    assert_memory_equal(got, "in\0\0", 4);
    host_type(&host, "more");
    virtio_console_input(&console);
    assert_int_equal(host.in_first, 2); /* no buffer: it stays with the host */
    rig_close(&r.rig);
}

static void an_idle_console_swallows(void **state)
{
    struct ring r;
    struct virtio_console console;
    (void)state;
    ring_open(&r);
    virtio_console_plug(&console, &r.slot, (struct chardev){0});
    ring_start(&r, FEATURES, 1);
    ring_describe(&r, 0, RING_DATA, 4, 0, 0);
    ring_offer(&r, 0);
    ring_notify(&r, 1);
    assert_int_equal(ring_used(&r), 1);
    virtio_console_input(&console);
    rig_close(&r.rig);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_echo, close_echo)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(identity),
        cmocka_unit_test(an_empty_slot_is_device_0),
        TEST(features_in_halves),
        TEST(what_was_not_offered_is_not_ok),
        TEST(the_driver_cannot_ask_itself_for_a_reset),
        TEST(reset_by_status_0),
        TEST(wrong_sizes_read_0_and_do_nothing),
        TEST(configuration_is_bytes),
        TEST(any_register_write_is_survived),
        TEST(a_ready_queue_is_settled),
        TEST(serves_a_chain_and_interrupts),
        TEST(serves_all_that_is_offered_with_one_interrupt),
        TEST(indices_wrap),
        TEST(the_driver_may_refuse_interrupts),
        TEST(buffers_may_be_cut_anyhow),
        TEST(indirect_descriptors),
        TEST(a_chain_left_for_later_stays),
        TEST(nothing_is_served_before_driver_ok),
        TEST(version_1_is_not_insisted_on),
        TEST(much_work_is_done_in_slices),
        TEST(abuse_is_contained),
        TEST(indirect_must_be_negotiated),
        TEST(a_ring_written_over_by_its_own_request),
        TEST(writes_are_announced),
        cmocka_unit_test(entropy_follows_the_seed),
        cmocka_unit_test(splitmix64_is_the_published_one),
        cmocka_unit_test(entropy_is_given_a_page_at_most),
        cmocka_unit_test(console_sends_and_receives),
        cmocka_unit_test(an_idle_console_swallows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
