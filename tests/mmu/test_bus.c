/* test_bus.c - accesses where nobody has to answer: whole, in halves, or nobody's. */
#include "tests/mmu/space.h"

#include "mmu/bus.h"

/* Devices of one width, which keep a log of what they are asked. */
struct log {
    unsigned width; /* bytes it takes at once */
    unsigned count;
    struct {
        uint64_t offset, value;
        unsigned size;
    } entry[16];
};

static bool log_add(struct log *l, uint64_t offset, unsigned size, uint64_t value)
{
    if (size > l->width)
        return false;
    l->entry[l->count].offset = offset;
    l->entry[l->count].size = size;
    l->entry[l->count++].value = value;
    return true;
}

static bool log_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    *value = UINT64_C(0x8877665544332211) >> (8 * (offset & 7));
    return log_add(opaque, offset, size, 0);
}

static bool log_write(void *opaque, uint64_t offset, unsigned size, uint64_t value) { return log_add(opaque, offset, size, value); }

static const struct phys_io log_io = {.read = log_read, .write = log_write};

struct ports {
    struct phys *phys;
    struct log byte, half, word;
};

static int ports_setup(void **state)
{
    struct ports *p = calloc(1, sizeof *p);
    *state = p;
    p->byte.width = 1;
    p->half.width = 2;
    p->word.width = 4;
    return phys_create(&p->phys) || phys_add_io(p->phys, "byte", 0x60, 3, &log_io, &p->byte) ||
           phys_add_io(p->phys, "half", 0x1f0, 8, &log_io, &p->half) || phys_add_io(p->phys, "word", 0xcf8, 8, &log_io, &p->word) ||
           phys_add_io(p->phys, "top", 0xffff, 1, &log_io, &p->byte);
}

static int ports_teardown(void **state)
{
    struct ports *p = *state;
    phys_destroy(p->phys);
    free(p);
    return 0;
}

static void nobody_answers_with_ones(void **state)
{
    struct ports *p = *state;
    assert_int_equal(bus_load(p->phys, 0x300, 0xffff, 1), 0xff);
    assert_int_equal(bus_load(p->phys, 0x301, 0xffff, 2), 0xffff);
    assert_int_equal(bus_load(p->phys, 0x302, 0xffff, 4), 0xffffffff);
    bus_store(p->phys, 0x302, 0xffff, 4, 0);
}

static void the_device_has_its_width(void **state)
{
    struct ports *p = *state;
    assert_int_equal(bus_load(p->phys, 0xcf8, 0xffff, 4), 0x44332211);
    assert_int_equal(p->word.count, 1);
    assert_int_equal(bus_load(p->phys, 0x1f0, 0xffff, 4), 0x44332211);
    assert_int_equal(p->half.count, 2);
    assert_int_equal(p->half.entry[1].offset, 2);
    bus_store(p->phys, 0x60, 0xffff, 2, 0xabcd);
    assert_int_equal(p->byte.count, 2);
    assert_int_equal(p->byte.entry[0].offset, 0); /* the low byte first */
    assert_int_equal(p->byte.entry[0].value, 0xcd);
    assert_int_equal(p->byte.entry[1].value, 0xab);
}

static void what_is_not_aligned_is_done_in_bytes(void **state)
{
    struct ports *p = *state;
    assert_int_equal(bus_load(p->phys, 0x1f1, 0xffff, 2), 0x3322);
    assert_int_equal(p->half.count, 2);
    assert_int_equal(bus_load(p->phys, 0x62, 0xffff, 2), 0xff33); /* half of it is nobody's */
}

static void addresses_go_round(void **state)
{
    struct ports *p = *state;
    assert_int_equal(bus_load(p->phys, 0xffff, 0xffff, 2), 0xff11);
    assert_int_equal(p->byte.count, 1);
    bus_store(p->phys, 0xfffe, 0xffff, 4, 0x11223344);
    assert_int_equal(p->byte.count, 2);
    assert_int_equal(p->byte.entry[1].value, 0x33);
}

static void memory_is_a_bus_too(void **state)
{
    struct space *s = *state;
    bus_store(s->phys, RAM_END - 2, UINT64_MAX, 4, 0x44332211);
    assert_int_equal(bus_load(s->phys, RAM_END - 2, UINT64_MAX, 4), 0xffff2211);
    assert_int_equal(bus_load(s->phys, RAM1 - 2, UINT64_MAX, 8), 0);
    bus_store(s->phys, RAM1 - 3, UINT64_MAX, 8, UINT64_C(0x8877665544332211)); /* across two blocks */
    assert_true(bus_load(s->phys, RAM1 - 3, UINT64_MAX, 8) == UINT64_C(0x8877665544332211));
}

#define WITH_PORTS(test) cmocka_unit_test_setup_teardown(test, ports_setup, ports_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PORTS(nobody_answers_with_ones), WITH_PORTS(the_device_has_its_width), WITH_PORTS(what_is_not_aligned_is_done_in_bytes),
        WITH_PORTS(addresses_go_round),       IN_SPACE(memory_is_a_bus_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
