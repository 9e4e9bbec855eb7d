/* test_device_state.c - what one device by itself remembers across a restored state that its registers do not show; and events of one time. */
#include "devices/drive.h"
#include "devices/goldfish_rtc.h"
#include "devices/plic.h"
#include "devices/state.h"
#include "devices/uart16550.h"
#include "devices/virt.h"
#include "devices/virtio_mmio.h"
#include "tests/devices/rig.h"

#include <unistd.h>

/* --- one device by itself, on wires of its own */

/* Saves the state of one and restores it into the other. */
#define CARRY(function, from, to)                                                                                                     \
    do {                                                                                                                              \
        struct state saved_ = state_save();                                                                                           \
        function(from, &saved_);                                                                                                      \
        struct state back_ = state_restore(saved_.bytes, saved_.size);                                                                \
        function(to, &back_);                                                                                                         \
        assert_false(saved_.failed || back_.failed);                                                                                  \
        state_free(&saved_);                                                                                                          \
    } while (0)

/* A claimed source whose wire falls and rises is not pending before its completion, and then it is. */
static void plic_remembers_what_is_claimed(void **state)
{
    struct plic a, b;
    struct wire to_a = {0}, to_b = {0}, none = {0};
    (void)state;
    plic_init(&a, PLIC_STRICT, 2);
    plic_connect(&a, 0, wire_line(&none));
    plic_connect(&a, 1, wire_line(&to_a));
    plic_init(&b, PLIC_STRICT, 2);
    plic_connect(&b, 0, wire_line(&none));
    plic_connect(&b, 1, wire_line(&to_b));
    io_put(&plic_io, &a, 4 * 7, 4, 1);
    io_put(&plic_io, &a, 0x2080, 4, 1 << 7);
    struct irq_line source = plic_source(&a, 7), restored = plic_source(&b, 7);
    irq_set(&source, true);
    assert_true(to_a.level);
    assert_int_equal(io_get(&plic_io, &a, 0x201004, 4), 7);
    CARRY(plic_state, &a, &b);
    assert_false(to_b.level);
    irq_set(&restored, false);
    irq_set(&restored, true);
    assert_false(to_b.level);
    plic_init(&b, PLIC_STRICT, 2);
    plic_connect(&b, 0, wire_line(&none));
    plic_connect(&b, 1, wire_line(&to_b));
    CARRY(plic_state, &a, &b);
    io_put(&plic_io, &b, 0x201004, 4, 7); /* the wire is high as it was */
    assert_true(to_b.level);
}

/* Where assertions are requests, one that came in service is remembered; and restoring a high wire is none. */
static void plic_remembers_what_was_asserted(void **state)
{
    struct plic a, b;
    struct wire to_a = {0}, to_b = {0}, none = {0};
    (void)state;
    for (unsigned twice = 0; twice < 2; twice++) {
        plic_init(&a, PLIC_ASSERTED, 2);
        plic_connect(&a, 0, wire_line(&none));
        plic_connect(&a, 1, wire_line(&to_a));
        plic_init(&b, PLIC_ASSERTED, 2);
        plic_connect(&b, 0, wire_line(&none));
        plic_connect(&b, 1, wire_line(&to_b));
        io_put(&plic_io, &a, 4 * 7, 4, 1);
        io_put(&plic_io, &a, 0x2080, 4, 1 << 7);
        struct irq_line source = plic_source(&a, 7);
        irq_set(&source, true);
        assert_int_equal(io_get(&plic_io, &a, 0x201004, 4), 7);
        if (twice)
            irq_set(&source, true);
        CARRY(plic_state, &a, &b);
        assert_false(to_b.level);
        io_put(&plic_io, &b, 0x201004, 4, 7);
        assert_int_equal(to_b.level, twice);
    }
}

static void plic_refuses_a_source_0(void **state)
{
    struct plic p;
    (void)state;
    plic_init(&p, PLIC_STRICT, 2);
    plic_connect(&p, 0, (struct irq_line){0});
    plic_connect(&p, 1, (struct irq_line){0});
    struct state saved = state_save();
    plic_state(&p, &saved);
    saved.bytes[0] = 1; /* its priority */
    struct state bad = state_restore(saved.bytes, saved.size);
    plic_state(&p, &bad);
    assert_true(bad.failed);
    state_free(&saved);
}

static void uart_and_rtc_drive_their_wires(void **state)
{
    struct rig rig;
    struct uart ua, ub;
    struct goldfish_rtc ra, rb;
    struct wire wire = {0}, other = {0}, none = {0};
    (void)state;
    rig_open(&rig);
    uart_init(&ua, (struct chardev){0}, wire_line(&none));
    uart_init(&ub, (struct chardev){0}, wire_line(&wire));
    io_put(&uart_io, &ua, 1, 1, 2); /* the transmitter is empty, and somebody wants to know */
    CARRY(uart_state, &ua, &ub);
    assert_true(wire.level);
    goldfish_rtc_init(&ra, &rig.clock, 100, wire_line(&none));
    goldfish_rtc_init(&rb, &rig.clock, 100, wire_line(&other));
    io_put(&goldfish_rtc_io, &ra, 0x10, 4, 1);
    io_put(&goldfish_rtc_io, &ra, 0x08, 4, 0); /* an alarm in the past */
    CARRY(goldfish_rtc_state, &ra, &rb);
    assert_true(other.level);
    rig_close(&rig);
}

static enum virtio_verdict never(void *opaque, unsigned queue, struct virtio_chain *c, uint32_t *written)
{
    (void)opaque, (void)queue, (void)c, (void)written;
    return VIRTIO_LATER;
}

/* What a driver has selected and accepted, which it cannot read back. */
static void virtio_remembers_the_driver(void **state)
{
    enum { DRIVER_FEATURES = 0x20, DRIVER_SELECT = 0x24, QUEUE_SELECT = 0x30, QUEUE_READY = 0x44, STATUS = 0x70 };
    static const struct virtio_model model = {.id = VIRTIO_CONSOLE, .queues = 2, .take = never};
    struct rig rig;
    struct virtio_slot a, b;
    struct wire wire = {0};
    (void)state;
    rig_open(&rig);
    virtio_slot_init(&a, rig.phys, &rig.clock, (struct irq_line){0}, (struct host_look){0});
    virtio_slot_init(&b, rig.phys, &rig.clock, wire_line(&wire), (struct host_look){0});
    virtio_slot_plug(&a, &model, NULL, 0);
    virtio_slot_plug(&b, &model, NULL, 0);
    io_put(&virtio_mmio_io, &a, QUEUE_SELECT, 4, 1);
    io_put(&virtio_mmio_io, &a, QUEUE_READY, 4, 1);
    io_put(&virtio_mmio_io, &a, DRIVER_FEATURES, 4, 1); /* one that is not offered */
    io_put(&virtio_mmio_io, &a, DRIVER_SELECT, 4, 1);
    a.interrupt = 1;
    CARRY(virtio_slot_state, &a, &b);
    assert_true(wire.level);
    assert_int_equal(io_get(&virtio_mmio_io, &b, QUEUE_READY, 4), 1);
    io_put(&virtio_mmio_io, &b, STATUS, 4, VIRTIO_FEATURES_OK);
    assert_int_equal(io_get(&virtio_mmio_io, &b, STATUS, 4), 0);
    io_put(&virtio_mmio_io, &b, DRIVER_FEATURES, 4, 1); /* of the upper half, where it is offered; the lower one keeps its error */
    io_put(&virtio_mmio_io, &b, DRIVER_SELECT, 4, 0);
    io_put(&virtio_mmio_io, &b, DRIVER_FEATURES, 4, 0);
    io_put(&virtio_mmio_io, &b, STATUS, 4, VIRTIO_FEATURES_OK);
    assert_int_equal(io_get(&virtio_mmio_io, &b, STATUS, 4), VIRTIO_FEATURES_OK);
    assert_int_equal(b.driver_features, VIRTIO_F_VERSION_1);
    rig_close(&rig);
}

/* --- events at one time */

struct order {
    char text[8];
    size_t count;
};

static void fire_a(void *opaque)
{
    struct order *o = opaque;
    o->text[o->count++] = 'a';
}

static void fire_b(void *opaque)
{
    struct order *o = opaque;
    o->text[o->count++] = 'b';
}

/* Two events of the same time keep their order, in whichever order they are restored; one that was not scheduled is not. */
static void events_keep_their_order(void **state)
{
    struct rig rig;
    struct order order = {0};
    struct event a, b, c;
    (void)state;
    rig_open(&rig);
    event_init(&a, fire_a, &order);
    event_init(&b, fire_b, &order);
    event_init(&c, fire_a, &order);
    clock_schedule(&rig.clock, &b, 10);
    clock_schedule(&rig.clock, &a, 10);
    struct state saved = state_save();
    state_event(&saved, &rig.clock, &a);
    state_event(&saved, &rig.clock, &b);
    state_event(&saved, &rig.clock, &c);
    clock_schedule(&rig.clock, &b, 11);
    clock_schedule(&rig.clock, &c, 9);
    struct state back = state_restore(saved.bytes, saved.size);
    state_event(&back, &rig.clock, &a);
    state_event(&back, &rig.clock, &b);
    state_event(&back, &rig.clock, &c);
    assert_int_equal(clock_next(&rig.clock), 10);
    rig_advance(&rig, 100);
    assert_string_equal(order.text, "ba");
    state_free(&saved);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plic_remembers_what_is_claimed), cmocka_unit_test(plic_remembers_what_was_asserted),
        cmocka_unit_test(plic_refuses_a_source_0),        cmocka_unit_test(uart_and_rtc_drive_their_wires),
        cmocka_unit_test(virtio_remembers_the_driver),    cmocka_unit_test(events_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
