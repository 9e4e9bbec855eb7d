/* test_apic.c - the local APIC and the I/O APIC: priorities, messages, timer, levels and their ends, the 8259's way through. */
#include "devices/ioapic.h"
#include "tests/devices/rig.h"

enum {
    ID = 0x20,
    VERSION = 0x30,
    TPR = 0x80,
    PPR = 0xa0,
    EOI = 0xb0,
    LDR = 0xd0,
    DFR = 0xe0,
    SVR = 0xf0,
    ISR = 0x100,
    TMR = 0x180,
    IRR = 0x200,
    ESR = 0x280,
    ICR_LOW = 0x300,
    ICR_HIGH = 0x310,
    TIMER = 0x320,
    LINT0 = 0x350,
    ERROR = 0x370,
    INITIAL = 0x380,
    CURRENT = 0x390,
    DIVIDE = 0x3e0
};

struct bench {
    struct rig rig; /* its wire is INTR */
    struct wire nmi;
    struct lapic lapic;
    struct ioapic ioapic;
};

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    rig_open(&b->rig);
    lapic_init(&b->lapic, &b->rig.clock, wire_line(&b->rig.wire), wire_line(&b->nmi));
    ioapic_init(&b->ioapic, &b->lapic);
    b->lapic.ended = ioapic_ended;
    b->lapic.opaque = &b->ioapic;
    *state = b;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;
    rig_close(&b->rig);
    free(b);
    return 0;
}

static uint32_t in(struct bench *b, unsigned r) { return (uint32_t)io_get(&lapic_io, &b->lapic, r, 4); }
static void out(struct bench *b, unsigned r, uint32_t v) { io_put(&lapic_io, &b->lapic, r, 4, v); }

static uint32_t io_in(struct bench *b, unsigned index)
{
    io_put(&ioapic_io, &b->ioapic, 0, 4, index);
    return (uint32_t)io_get(&ioapic_io, &b->ioapic, 0x10, 4);
}

static void io_out(struct bench *b, unsigned index, uint32_t v)
{
    io_put(&ioapic_io, &b->ioapic, 0, 4, index);
    io_put(&ioapic_io, &b->ioapic, 0x10, 4, v);
}

static void line(struct bench *b, unsigned n, bool level)
{
    struct irq_line l = ioapic_source(&b->ioapic, n);
    irq_set(&l, level);
}

static void pic(struct bench *b, bool level)
{
    struct irq_line l = lapic_pic(&b->lapic);
    irq_set(&l, level);
}

static void on(struct bench *b) { out(b, SVR, 0x1ff); }

/* The vector that the CPU gets; 0: the 8259's. */
static unsigned acknowledge(struct bench *b)
{
    uint8_t v;
    return lapic_acknowledge(&b->lapic, &v) ? v : 0;
}

static void self(struct bench *b, uint8_t vector) { out(b, ICR_LOW, 0x44000u | vector); }

static void off_it_lets_the_8259_through(void **state)
{
    struct bench *b = *state;
    assert_int_equal(in(b, SVR), 0xff);
    self(b, 0x40);
    assert_false(b->rig.wire.level);
    pic(b, true);
    assert_true(b->rig.wire.level);
    assert_int_equal(acknowledge(b), 0);
    on(b);
    assert_false(b->rig.wire.level); /* LINT0 is masked */
    out(b, LINT0, 0x700);
    assert_true(b->rig.wire.level);
    out(b, LINT0, 0x10700);
    pic(b, false);
    out(b, LINT0, 0x55); /* an interrupt like others */
    pic(b, true);
    assert_int_equal(acknowledge(b), 0x55);
}

static void priorities(void **state)
{
    struct bench *b = *state;
    on(b);
    self(b, 0x41);
    self(b, 0x63);
    self(b, 0x62);
    assert_int_equal(in(b, IRR + 0x20), 2);
    assert_int_equal(in(b, IRR + 0x30), 0xc);
    assert_int_equal(acknowledge(b), 0x63);
    assert_int_equal(in(b, ISR + 0x30), 8);
    assert_int_equal(in(b, PPR), 0x60);
    assert_false(b->rig.wire.level); /* 62 is of the same class */
    self(b, 0x70);
    assert_int_equal(acknowledge(b), 0x70);
    out(b, EOI, 0);
    assert_false(b->rig.wire.level);
    out(b, EOI, 0);
    assert_int_equal(acknowledge(b), 0x62);
    out(b, EOI, 0);
    out(b, TPR, 0x40);
    assert_false(b->rig.wire.level);
    out(b, TPR, 0x3f);
    assert_true(b->rig.wire.level);
    assert_int_equal(acknowledge(b), 0x41);
}

static void destinations(void **state)
{
    struct bench *b = *state;
    static const struct {
        uint32_t high, low;
        bool arrives;
    } cases[] = {
        {0x00000000, 0x04050, true}, {0x01000000, 0x04050, false}, {0xff000000, 0x04050, true}, /* physical */
        {0x02000000, 0x04850, true}, {0x05000000, 0x04850, false},                              /* logical */
        {0x01000000, 0x84050, true}, {0x00000000, 0xc4050, false}, {0x01000000, 0x44050, true}, /* all, all others, oneself */
    };
    on(b);
    out(b, LDR, 0x02000000);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        out(b, ICR_HIGH, cases[i].high);
        out(b, ICR_LOW, cases[i].low);
        assert_int_equal(in(b, ICR_LOW) & 0x1000, 0);
        assert_int_equal(acknowledge(b), cases[i].arrives ? 0x50 : 0);
        out(b, EOI, 0);
    }
    out(b, DFR, 0x0fffffff); /* clusters */
    out(b, LDR, 0x32000000);
    assert_true(lapic_is_meant(&b->lapic, true, 0x32));
    assert_false(lapic_is_meant(&b->lapic, true, 0x22));
    assert_true(lapic_is_meant(&b->lapic, true, 0xf3));
    out(b, ICR_HIGH, 0);
    out(b, ICR_LOW, 0x4400);
    assert_int_equal(b->nmi.rises, 1);
    assert_false(b->nmi.level);
    out(b, ICR_LOW, 0xc4500); /* INIT to all others, of whom there are none */
    assert_false(b->rig.wire.level);
}

static void errors(void **state)
{
    struct bench *b = *state;
    on(b);
    out(b, ERROR, 0x90);
    self(b, 15);
    assert_int_equal(acknowledge(b), 0x90);
    assert_int_equal(in(b, ESR), 0);
    out(b, ESR, 0);
    assert_int_equal(in(b, ESR), 0x20);
    out(b, ESR, 0);
    assert_int_equal(in(b, ESR), 0);
}

static void the_timer_fires_once(void **state)
{
    struct bench *b = *state;
    on(b);
    out(b, DIVIDE, 0); /* by 2 */
    out(b, TIMER, 0x33);
    out(b, INITIAL, 100);
    assert_int_equal(in(b, CURRENT), 100);
    rig_advance(&b->rig, 101);
    assert_int_equal(in(b, CURRENT), 50);
    assert_true(clock_next(&b->rig.clock) == 200);
    rig_advance(&b->rig, 200);
    assert_int_equal(acknowledge(b), 0x33);
    assert_int_equal(in(b, CURRENT), 0);
    assert_true(clock_next(&b->rig.clock) == UINT64_MAX);
}

static void the_timer_repeats(void **state)
{
    struct bench *b = *state;
    on(b);
    out(b, DIVIDE, 11); /* by 1 */
    out(b, TIMER, 0x20033);
    out(b, INITIAL, 1000);
    for (unsigned i = 1; i <= 5; i++) {
        assert_true(clock_next(&b->rig.clock) == i * 1000);
        rig_advance(&b->rig, i * 1000);
        assert_int_equal(acknowledge(b), 0x33);
        out(b, EOI, 0);
    }
    out(b, TIMER, 0x30033); /* masked: it goes on without events */
    assert_true(clock_next(&b->rig.clock) == UINT64_MAX);
    rig_advance(&b->rig, 7300);
    assert_int_equal(in(b, CURRENT), 700);
    out(b, TIMER, 0x20033);
    assert_true(clock_next(&b->rig.clock) == 8000);
    out(b, DIVIDE, 0); /* half as fast, from the count as it is */
    assert_int_equal(in(b, CURRENT), 700);
    assert_true(clock_next(&b->rig.clock) == 7300 + 1400);
    out(b, INITIAL, 0);
    assert_true(clock_next(&b->rig.clock) == UINT64_MAX);
}

static void switched_off_its_entries_are_masked(void **state)
{
    struct bench *b = *state;
    on(b);
    out(b, TIMER, 0x33);
    out(b, SVR, 0xff);
    assert_int_equal(in(b, TIMER), 0x10033);
    out(b, TIMER, 0x33);
    assert_int_equal(in(b, TIMER), 0x10033);
    on(b);
    assert_int_equal(in(b, TIMER), 0x10033);
}

static void registers_are_words(void **state)
{
    struct bench *b = *state;
    uint64_t v;
    assert_int_equal(in(b, VERSION), 0x50014);
    assert_false(lapic_io.read(&b->lapic, ID, 1, &v));
    assert_false(lapic_io.read(&b->lapic, ID + 4, 4, &v));
    assert_false(lapic_io.write(&b->lapic, ID, 2, 0));
    for (unsigned r = 0; r < LAPIC_SIZE; r += 16) {
        in(b, r);
        out(b, r, UINT32_MAX);
        in(b, r);
    }
}

static void lines_become_messages(void **state)
{
    struct bench *b = *state;
    on(b);
    assert_int_equal(io_in(b, 0), IOAPIC_ID << 24);
    assert_int_equal(io_in(b, 1), 0x170020);
    line(b, 4, true);
    assert_false(b->rig.wire.level);
    io_out(b, 0x18, 0x24);
    assert_false(b->rig.wire.level); /* that edge is gone */
    line(b, 4, false);
    line(b, 4, true);
    assert_int_equal(acknowledge(b), 0x24);
    out(b, EOI, 0);
    assert_false(b->rig.wire.level);
    io_out(b, 0x19, 0x01000000); /* for another one */
    assert_false(ioapic_would_interrupt(&b->ioapic, 4));
    line(b, 4, false);
    line(b, 4, true);
    assert_false(b->rig.wire.level);
    assert_int_equal(io_in(b, 0x19), 0x01000000);
}

static void levels_ask_until_they_fall(void **state)
{
    struct bench *b = *state;
    on(b);
    io_out(b, 0x24, 0x8030); /* line 10 */
    line(b, 10, true);
    assert_int_equal(io_in(b, 0x24), 0xc030);
    assert_int_equal(acknowledge(b), 0x30);
    assert_int_equal(in(b, TMR + 0x10), 1u << 16);
    out(b, EOI, 0);
    assert_int_equal(acknowledge(b), 0x30); /* it is high still */
    line(b, 10, false);
    out(b, EOI, 0);
    assert_int_equal(io_in(b, 0x24), 0x8030);
    assert_false(b->rig.wire.level);
    io_out(b, 0x24, 0x18030);
    line(b, 10, true);
    assert_false(b->rig.wire.level);
    io_out(b, 0x24, 0x8030); /* unmasked while it is high */
    assert_true(b->rig.wire.level);
}

static void state_comes_back(void **state)
{
    struct bench *b = *state, *other;
    open_bench((void **)&other);
    on(b);
    out(b, DIVIDE, 11);
    out(b, TIMER, 0x20033);
    out(b, INITIAL, 1000);
    io_out(b, 0x24, 0x8030);
    line(b, 10, true);
    rig_advance(&b->rig, 300);
    struct state save = state_save();
    lapic_state(&b->lapic, &save);
    ioapic_state(&b->ioapic, &save);
    struct state from = state_restore(save.bytes, save.size);
    other->rig.now = 300;
    lapic_state(&other->lapic, &from);
    ioapic_state(&other->ioapic, &from);
    assert_false(from.failed);
    assert_true(other->rig.wire.level);
    assert_int_equal(in(other, CURRENT), 700);
    assert_int_equal(io_in(other, 0x24), 0xc030);
    rig_advance(&other->rig, 1000);
    assert_int_equal(acknowledge(other), 0x33);
    state_free(&save);
    close_bench((void **)&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(off_it_lets_the_8259_through),
        TEST(priorities),
        TEST(destinations),
        TEST(errors),
        TEST(the_timer_fires_once),
        TEST(the_timer_repeats),
        TEST(switched_off_its_entries_are_masked),
        TEST(registers_are_words),
        TEST(lines_become_messages),
        TEST(levels_ask_until_they_fall),
        TEST(state_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
