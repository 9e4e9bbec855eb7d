/* test_virtio_small.c - the entropy source and the console. */
#include "devices/virtio_console.h"
#include "devices/virtio_rng.h"
#include "tests/devices/ring.h"

#define FEATURES (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC)

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

/* However long a request is, and however many there are, the host is looked at every mebibyte; and if it ends the run there, the request
 * is not answered. */
static void the_host_is_looked_at(void **state)
{
    struct ring r;
    struct virtio_console console;
    (void)state;
    for (unsigned ends_at = 0; ends_at < 5; ends_at++) {
        ring_open(&r);
        virtio_console_plug(&console, &r.slot, (struct chardev){0});
        ring_start(&r, FEATURES, 1);
        ring_describe(&r, 0, RIG_RAM, RIG_RAM_SIZE, NEXT, 1);
        ring_describe(&r, 1, RIG_RAM, RIG_RAM_SIZE, 0, 0);
        r.ends_at = ends_at;
        ring_offer(&r, 0);
        ring_notify(&r, 1);
        assert_int_equal(r.looks, ends_at ? ends_at : 4);
        assert_int_equal(ring_used(&r), ends_at == 0);
        assert_int_equal(r.rig.wire.level, ends_at == 0);
        rig_close(&r.rig);
    }
    ring_open(&r);
    virtio_console_plug(&console, &r.slot, (struct chardev){0});
    ring_start(&r, FEATURES, 1);
    ring_describe(&r, 0, RIG_RAM, 0x10000, 0, 0);
    for (unsigned n = 0; n < 64; n++) {
        ring_offer(&r, 0);
        ring_notify(&r, 1);
    }
    assert_int_equal(ring_used(&r), 64);
    assert_int_equal(r.looks, 4);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entropy_follows_the_seed),        cmocka_unit_test(splitmix64_is_the_published_one),
        cmocka_unit_test(entropy_is_given_a_page_at_most), cmocka_unit_test(console_sends_and_receives),
        cmocka_unit_test(the_host_is_looked_at),           cmocka_unit_test(an_idle_console_swallows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
