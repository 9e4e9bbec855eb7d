/* test_virtio.c - the transport and sound rings, after the specification. */
#include "tests/devices/echo.h"

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
        TEST(writes_are_announced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
