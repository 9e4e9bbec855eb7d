/* test_plic.c - gateways, priorities, thresholds, claim and completion after the PLIC specification. */
#include "devices/plic.h"
#include "tests/devices/rig.h"

enum { M = 0, S = 1 };
struct bench {
    struct plic plic;
    struct wire context[2];
};

static int open_bench(void **state, enum plic_gateway gateway)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    plic_init(&b->plic, gateway, 2);
    plic_connect(&b->plic, 0, wire_line(&b->context[M]));
    plic_connect(&b->plic, 1, wire_line(&b->context[S]));
    *state = b;
    return 0;
}

static int open_asserted(void **state) { return open_bench(state, PLIC_ASSERTED); }
static int open_strict(void **state) { return open_bench(state, PLIC_STRICT); }

static int close_bench(void **state)
{
    free(*state);
    return 0;
}

static uint32_t in(struct bench *b, unsigned offset) { return (uint32_t)io_get(&plic_io, &b->plic, offset, 4); }
static void out(struct bench *b, unsigned offset, uint32_t v) { io_put(&plic_io, &b->plic, offset, 4, v); }
static void priority(struct bench *b, unsigned source, uint32_t p) { out(b, 4 * source, p); }
static void threshold(struct bench *b, unsigned c, uint32_t t) { out(b, 0x200000 + 0x1000 * c, t); }
static uint32_t claim(struct bench *b, unsigned c) { return in(b, 0x200004 + 0x1000 * c); }
static void complete(struct bench *b, unsigned c, uint32_t source) { out(b, 0x200004 + 0x1000 * c, source); }
static bool pending(struct bench *b, unsigned source) { return in(b, 0x1000 + source / 32 * 4) >> (source % 32) & 1; }

static void enable(struct bench *b, unsigned c, unsigned source)
{
    unsigned at = 0x2000 + 0x80 * c + source / 32 * 4;
    out(b, at, in(b, at) | UINT32_C(1) << (source % 32));
}

static void wire(struct bench *b, unsigned source, bool level)
{
    struct irq_line line = plic_source(&b->plic, source);
    irq_set(&line, level);
}

static void needs_priority_enable_and_threshold(void **state)
{
    struct bench *b = *state;
    wire(b, 10, true);
    assert_true(pending(b, 10));
    assert_false(b->context[M].level || b->context[S].level);
    enable(b, S, 10);
    assert_false(b->context[S].level); /* priority 0 never interrupts */
    priority(b, 10, 1);
    assert_true(b->context[S].level);
    assert_false(b->context[M].level);
    threshold(b, S, 1);
    assert_false(b->context[S].level);
    priority(b, 10, 2);
    assert_true(b->context[S].level);
}

static void claim_serves_priority_then_number(void **state)
{
    struct bench *b = *state;
    const struct {
        unsigned source, priority;
    } given[] = {{5, 2}, {33, 7}, {95, 7}, {1, 1}, {64, 2}};
    const uint32_t order[] = {33, 95, 5, 64, 1, 0};
    for (unsigned i = 0; i < 5; i++) {
        priority(b, given[i].source, given[i].priority);
        enable(b, S, given[i].source);
        wire(b, given[i].source, true);
    }
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(claim(b, S), order[i]);
    assert_false(b->context[S].level);
}

/* --- the strict gateway */

static void one_request_until_completed(void **state)
{
    struct bench *b = *state;
    priority(b, 3, 1);
    enable(b, S, 3);
    wire(b, 3, true);
    assert_int_equal(claim(b, S), 3);
    assert_false(pending(b, 3));
    wire(b, 3, false);
    wire(b, 3, true); /* the gateway holds it back */
    assert_false(pending(b, 3) || b->context[S].level);
    complete(b, S, 3);
    assert_true(pending(b, 3) && b->context[S].level);
    assert_int_equal(claim(b, S), 3);
    wire(b, 3, false);
    complete(b, S, 3);
    assert_false(pending(b, 3) || b->context[S].level);
}

static void a_request_outlives_its_wire(void **state)
{
    struct bench *b = *state;
    priority(b, 3, 1);
    enable(b, S, 3);
    wire(b, 3, true);
    wire(b, 3, false);
    assert_true(pending(b, 3) && b->context[S].level);
    assert_int_equal(claim(b, S), 3);
    complete(b, S, 3);
    assert_int_equal(claim(b, S), 0);
}

/* --- the gateway of QEMU's board: the same wire, told by whoever raises it */

/* Served and completed with the wire high all the time: nothing until it is asserted again. */
static void a_high_wire_alone_is_no_request(void **state)
{
    struct bench *b = *state;
    priority(b, 3, 1);
    enable(b, S, 3);
    wire(b, 3, true);
    assert_int_equal(claim(b, S), 3);
    complete(b, S, 3);
    assert_false(pending(b, 3) || b->context[S].level);
    assert_int_equal(claim(b, S), 0);
    wire(b, 3, true);
    assert_true(pending(b, 3) && b->context[S].level);
    assert_int_equal(claim(b, S), 3);
}

/* What is asserted while the source is in service is not lost, and does not interrupt the service. */
static void an_assertion_in_service_waits_for_completion(void **state)
{
    struct bench *b = *state;
    priority(b, 3, 1);
    enable(b, S, 3), enable(b, M, 3);
    wire(b, 3, true);
    assert_int_equal(claim(b, S), 3);
    wire(b, 3, true);
    wire(b, 3, true);
    assert_false(b->context[S].level || b->context[M].level);
    assert_int_equal(claim(b, S), 0);
    assert_int_equal(claim(b, M), 0);
    complete(b, S, 3);
    assert_true(b->context[S].level);
    assert_int_equal(claim(b, S), 3);
    complete(b, S, 3);
    assert_int_equal(claim(b, S), 0); /* two of them are one */
}

static void another_source_is_served_meanwhile(void **state)
{
    struct bench *b = *state;
    priority(b, 3, 7), priority(b, 4, 1);
    enable(b, S, 3), enable(b, S, 4);
    wire(b, 3, true);
    assert_int_equal(claim(b, S), 3);
    wire(b, 3, true);
    wire(b, 4, true);
    assert_int_equal(claim(b, S), 4);
}

/* --- both */

static void completion_of_what_is_not_enabled_is_ignored(void **state)
{
    struct bench *b = *state;
    priority(b, 3, 1);
    enable(b, S, 3);
    wire(b, 3, true);
    assert_int_equal(claim(b, S), 3);
    complete(b, M, 3); /* not enabled there */
    complete(b, S, 0);
    complete(b, S, 96);
    complete(b, S, UINT32_MAX);
    wire(b, 3, true);
    assert_int_equal(claim(b, S), 0);
    complete(b, S, 3);
    wire(b, 3, true);
    assert_int_equal(claim(b, S), 3);
}

static void claim_ignores_the_threshold(void **state)
{
    struct bench *b = *state;
    priority(b, 3, 1);
    enable(b, S, 3);
    threshold(b, S, 7);
    wire(b, 3, true);
    assert_false(b->context[S].level);
    assert_int_equal(claim(b, S), 3);
}

static void what_would_interrupt(void **state)
{
    struct bench *b = *state;
    assert_false(plic_would_interrupt(&b->plic, 3, S));
    priority(b, 3, 2);
    assert_false(plic_would_interrupt(&b->plic, 3, S));
    enable(b, S, 3);
    assert_true(plic_would_interrupt(&b->plic, 3, S));
    assert_false(plic_would_interrupt(&b->plic, 3, M));
    threshold(b, S, 2);
    assert_false(plic_would_interrupt(&b->plic, 3, S));
    threshold(b, S, 1);
    wire(b, 3, true);
    assert_int_equal(claim(b, S), 3);
    assert_false(plic_would_interrupt(&b->plic, 3, S)); /* it waits for completion */
}

static void contexts_share_the_request(void **state)
{
    struct bench *b = *state;
    priority(b, 3, 1);
    enable(b, S, 3), enable(b, M, 3);
    wire(b, 3, true);
    assert_true(b->context[M].level && b->context[S].level);
    assert_int_equal(claim(b, M), 3);
    assert_false(b->context[M].level || b->context[S].level);
    assert_int_equal(claim(b, S), 0);
}

static void fields_keep_legal_values(void **state)
{
    struct bench *b = *state;
    priority(b, 95, UINT32_MAX);
    assert_int_equal(in(b, 95 * 4), 7);
    out(b, 96 * 4, 5);
    assert_int_equal(in(b, 96 * 4), 0);
    out(b, 0, 5); /* there is no source 0 */
    assert_int_equal(in(b, 0), 0);
    out(b, 0x2000, UINT32_MAX);
    assert_true(in(b, 0x2000) == 0xfffffffe);
    threshold(b, M, UINT32_MAX);
    assert_int_equal(in(b, 0x200000), 7);
    out(b, 0x1000, UINT32_MAX); /* pending is read-only */
    assert_int_equal(in(b, 0x1000), 0);
}

static void any_offset_is_answered_and_only_words(void **state)
{
    struct bench *b = *state;
    uint64_t v;
    assert_false(plic_io.read(&b->plic, 0, 8, &v));
    assert_false(plic_io.read(&b->plic, 0, 1, &v));
    assert_false(plic_io.write(&b->plic, 0, 2, 1));
    for (unsigned offset = 0; offset < PLIC_SIZE; offset += 4) {
        out(b, offset, UINT32_MAX);
        in(b, offset);
    }
    assert_int_equal(in(b, 0x2000 + 0x80 * 2), 0); /* there is no context 2 */
    assert_int_equal(in(b, 0x200000 + 0x1000 * 2), 0);
}

static void reset_keeps_the_wires(void **state)
{
    struct bench *b = *state;
    priority(b, 3, 1);
    enable(b, S, 3);
    wire(b, 3, true);
    assert_int_equal(claim(b, S), 3);
    plic_reset(&b->plic);
    assert_int_equal(in(b, 12), 0);
    assert_true(pending(b, 3)); /* still asserted, and nobody is serving it */
    assert_false(b->context[S].level);
}

#define STRICT(name) cmocka_unit_test_setup_teardown(name, open_strict, close_bench)
#define ASSERTED(name) cmocka_unit_test_setup_teardown(name, open_asserted, close_bench)
#define BOTH(name) STRICT(name), ASSERTED(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(needs_priority_enable_and_threshold),
        BOTH(claim_serves_priority_then_number),
        STRICT(one_request_until_completed),
        ASSERTED(a_high_wire_alone_is_no_request),
        ASSERTED(an_assertion_in_service_waits_for_completion),
        ASSERTED(another_source_is_served_meanwhile),
        BOTH(a_request_outlives_its_wire),
        BOTH(completion_of_what_is_not_enabled_is_ignored),
        BOTH(claim_ignores_the_threshold),
        BOTH(what_would_interrupt),
        BOTH(contexts_share_the_request),
        BOTH(fields_keep_legal_values),
        BOTH(any_offset_is_answered_and_only_words),
        BOTH(reset_keeps_the_wires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
