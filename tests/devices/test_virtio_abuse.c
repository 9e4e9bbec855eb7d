/* test_virtio_abuse.c - every abuse of a ring is a case with a name: the device needs a reset, memory outside the ring's own
 * buffers is as it was, and after a reset it serves again.
 */
#include "tests/devices/echo.h"

/* Each case prepares a ring that is wrong in one way; the device is running and would serve `hello`. */

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
    ring_describe_at(&e->ring, RING_TABLE, 1, (struct ring_descriptor){RING_TABLE + 0x100, 16, INDIRECT, 0});
    ring_describe_at(&e->ring, RING_TABLE + 0x100, 0, (struct ring_descriptor){RING_DATA + 0x100, 8, WRITE, 0});
}

static void indirect_with_next(struct echo *e)
{
    indirect_table(e);
    ring_describe(&e->ring, 0, RING_TABLE, 48, INDIRECT | NEXT, 1);
}

static void indirect_of_odd_length(struct echo *e)
{
    indirect_table(e);
    ring_describe(&e->ring, 0, RING_TABLE, 56, INDIRECT, 0);
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

/* Moves a part of the ring, which is sound but for its place. */
static pa_t moved(struct echo *e, pa_t from, unsigned by)
{
    uint8_t bytes[16 * RING_SIZE];
    ram_get(&e->ring, from, bytes, sizeof bytes);
    ram_put(&e->ring, from + 0x400 + by, bytes, sizeof bytes);
    return from + 0x400 + by;
}

static void descriptors_misaligned(struct echo *e)
{
    replace_queue(e, RING_SIZE, moved(e, RING_DESCRIPTORS, 8), RING_DRIVER, RING_DEVICE);
}

static void driver_ring_misaligned(struct echo *e)
{
    replace_queue(e, RING_SIZE, RING_DESCRIPTORS, moved(e, RING_DRIVER, 1), RING_DEVICE);
}

static void device_ring_misaligned(struct echo *e)
{
    replace_queue(e, RING_SIZE, RING_DESCRIPTORS, RING_DRIVER, moved(e, RING_DEVICE, 2));
}

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

/* 256 buffers of 16 MiB are one too many: lengths are 32 bits wide in the used ring. */
static void a_chain_of_4_gib_is_too_long(void **state)
{
    enum { LARGE = 16 << 20 };
    struct echo *e = *state;
    struct ram *large;
    pa_t at = RIG_RAM + RIG_RAM_SIZE;
    assert_int_equal(ram_create(&large, LARGE), 0);
    assert_int_equal(phys_add_ram(e->ring.rig.phys, "large", at, LARGE, large, 0), 0);
    for (unsigned more = 0; more < 2; more++) {
        memset(ram_host(e->ring.rig.ram), 0, RIG_RAM_SIZE);
        ring_start(&e->ring, FEATURES, 0);
        replace_queue(e, VIRTIO_QUEUE_MAX, RING_DESCRIPTORS, RING_DRIVER, RING_DEVICE);
        for (unsigned i = 0; i < 256; i++)
            ring_describe(&e->ring, i, at, LARGE, i < 254 + more ? NEXT : 0, i + 1);
        ring_offer(&e->ring, 0);
        ring_notify(&e->ring, 0);
        assert_int_equal(!!(reg_get(&e->ring, 0x70) & VIRTIO_NEEDS_RESET), more);
    }
    assert_int_equal(e->taken, 1);
    phys_remove(e->ring.rig.phys, at);
    ram_destroy(large);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_echo, close_echo)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(abuse_is_contained),
        TEST(indirect_must_be_negotiated),
        TEST(a_chain_of_4_gib_is_too_long),
        TEST(a_ring_written_over_by_its_own_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
