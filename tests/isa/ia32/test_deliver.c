/* test_deliver.c - the delivery matrix: every type, DPL and P of a gate x ring or V86 mode x handler x kind of event; frames, flags and
 * error codes by an oracle in its own words [SDM 2A INT n; 3A 6.12]. And what two exceptions make of each other [SDM 3A table 6-5].
 */
#include "tests/isa/ia32/rig.h"

#include <stdio.h>

enum event { SOFTWARE, FAULT, FAULT_WITH_ERROR, INTERRUPT, NONMASKABLE, EVENTS };
enum { V86 = 4, LENGTH = 2, ERROR = 0x1238, OFFSET = 0x00025678, FLAGS = EFLAGS_IF | EFLAGS_TF | EFLAGS_NT | EFLAGS_IOPL | EFLAGS_CF };

struct situation {
    unsigned gate; /* byte 5 */
    unsigned code; /* byte 5 of the handler's segment */
    unsigned cpl;  /* 0..3, V86 */
    enum event event;
};
static unsigned dpl(unsigned access) { return access >> 5 & 3; }
static unsigned cpl_of(struct situation s) { return s.cpl == V86 ? 3 : s.cpl; }
static unsigned ext(struct situation s) { return s.event != SOFTWARE; }
static unsigned size_of(struct situation s) { return s.gate & 8 ? 4 : 2; }
static bool is_conforming(struct situation s) { return s.code & 4; }
static unsigned vector_of(struct situation s)
{
    static const uint8_t vector[EVENTS] = {0x40, 0, 13, 0x41, 2};
    return vector[s.event];
}

static struct trap trap_of(struct situation s)
{
    struct trap t = {.kind = s.event >= INTERRUPT ? TRAP_INTERRUPT : TRAP_EXCEPTION, .cause = vector_of(s), .length = LENGTH};
    t.reason = s.event == SOFTWARE ? REASON_REQUESTED : s.event >= INTERRUPT ? REASON_NONE : REASON_RESOURCE;
    t.error = s.event == FAULT_WITH_ERROR ? ERROR : 0;
    return t;
}

/* --- The oracle: the vector and error that delivery meets, or RIG_FINE. */
static struct rig_outcome oracle(struct situation s)
{
    const uint32_t gate_error = vector_of(s) * 8 + 2 + ext(s), code_error = RIG_FREE + ext(s);
    const unsigned type = s.gate & 0x1f;
    if (type != 6 && type != 7 && type != 14 && type != 15)
        return (struct rig_outcome){.vector = 13, .error = gate_error};
    if (s.event == SOFTWARE && dpl(s.gate) < cpl_of(s))
        return (struct rig_outcome){.vector = 13, .error = gate_error};
    if (!(s.gate & 0x80))
        return (struct rig_outcome){.vector = 11, .error = gate_error};
    if (dpl(s.code) > cpl_of(s))
        return (struct rig_outcome){.vector = 13, .error = code_error};
    if (!(s.code & 0x80))
        return (struct rig_outcome){.vector = 11, .error = code_error};
    if (s.cpl == V86 && (is_conforming(s) || dpl(s.code) != 0))
        return (struct rig_outcome){.vector = 13, .error = code_error};
    return (struct rig_outcome){.vector = RIG_FINE};
}

/* The frame from its top down, as many words as there are. */
static unsigned oracle_frame(const struct ia_cpu *before, struct situation s, uint32_t frame[12])
{
    unsigned n = 0;
    const bool inner = !is_conforming(s) && dpl(s.code) < cpl_of(s), fault = s.event == FAULT || s.event == FAULT_WITH_ERROR;
    if (s.cpl == V86) {
        frame[n++] = 0x7000;
        frame[n++] = 0x6000;
        frame[n++] = 0x5000;
        frame[n++] = 0x4000;
    }
    if (inner) {
        frame[n++] = before->seg[IA_SS].selector;
        frame[n++] = before->r[IA_ESP];
    }
    frame[n++] = 2 | FLAGS | (s.cpl == V86 ? 1u << 17 : 0) | (fault ? 1u << 16 : 0);
    frame[n++] = before->seg[IA_CS].selector;
    frame[n++] = before->eip + (s.event == SOFTWARE ? LENGTH : 0);
    if (s.event == FAULT_WITH_ERROR)
        frame[n++] = ERROR;
    return n;
}

static void enter_v86(struct rig *r)
{
    static const uint16_t selector[IA_SEGS] = {
        [IA_ES] = 0x4000, [IA_CS] = 0x1000, [IA_SS] = 0x0800, [IA_DS] = 0x5000, [IA_FS] = 0x6000, [IA_GS] = 0x7000};
    for (unsigned seg = 0; seg < IA_SEGS; seg++)
        r->c->seg[seg] = ia_segment_v86(selector[seg]);
    r->c->cpl = 3;
    r->c->r[IA_ESP] = 0xff0;
    r->c->eip = 0x100;
    ia_flags_set(r->c, EFLAGS_VM, EFLAGS_VM);
}

static void arrange(struct rig *r, struct situation s)
{
    rig_gate(r, RIG_IDT + 8 * vector_of(s), RIG_FREE | 3, OFFSET, s.gate, 0);
    rig_descriptor(r, RIG_GDT + RIG_FREE, 0, 0xfffff, s.code, 0xc);
    rig_ring(r, cpl_of(s));
    r->c->nmi_masked = false;
    ia_flags_set(r->c, FLAGS, UINT32_MAX);
    if (s.cpl == V86)
        enter_v86(r);
}

static void expect_delivered(struct rig *r, struct situation s, const struct ia_cpu *before)
{
    const struct ia_cpu *c = r->c;
    const unsigned ring = is_conforming(s) ? cpl_of(s) : dpl(s.code);
    uint32_t frame[12];
    const unsigned count = oracle_frame(before, s, frame), size = size_of(s);
    uint32_t at = ring == cpl_of(s) ? before->r[IA_ESP] : RIG_STACK + 0x1000 * ring + 0xff0;
    for (unsigned n = 0; n < count; n++) {
        at -= size;
        assert_int_equal(rig_get(r, at, size), size == 2 ? frame[n] & 0xffff : frame[n]);
    }
    assert_int_equal(c->r[IA_ESP], at);
    assert_int_equal(c->seg[IA_SS].selector, RIG_DATA + 9 * ring);
    assert_int_equal(c->seg[IA_CS].selector, RIG_FREE | ring);
    assert_int_equal(c->cpl, ring);
    assert_int_equal(c->eip, size == 2 ? OFFSET & 0xffff : OFFSET);
    assert_int_equal(ia_flags_get(c), 2 | EFLAGS_IOPL | EFLAGS_CF | (s.gate & 1 ? EFLAGS_IF : 0));
    assert_int_equal(c->nmi_masked, s.event == NONMASKABLE);
    for (unsigned seg = IA_DS; seg <= IA_GS; seg++)
        assert_int_equal(c->seg[seg].rights == IA_RIGHTS_NULL && c->seg[seg].selector == 0, s.cpl == V86);
}

static void check(struct rig *r, struct situation s, struct ia_cpu *before)
{
    const struct rig_outcome expected = oracle(s);
    arrange(r, s);
    memcpy(before, r->c, sizeof *before);
    struct trap t = trap_of(s);
    const enum delivery d = ia_deliver(&r->c->machine, &t);
    if ((d == DELIVERED) != (expected.vector == RIG_FINE) ||
        (d == DELIVERY_TRAPPED && (t.cause != expected.vector || t.error != expected.error)))
        fail_msg("gate %02x code %02x cpl %u event %d: %d, %u(%#x) and not %u(%#x)", s.gate, s.code, s.cpl, (int)s.event, (int)d,
                 (unsigned)t.cause, t.error, expected.vector, expected.error);
    if (d == DELIVERED) {
        expect_delivered(r, s, before);
        return;
    }
    assert_int_equal(t.kind, TRAP_EXCEPTION);
    assert_int_equal(t.reason, REASON_RESOURCE);
    assert_int_equal(t.during, s.event == FAULT || s.event == FAULT_WITH_ERROR ? vector_of(s) + 1 : 3);
    rig_expect_unchanged(r->c, before);
}

static void the_matrix(void **state)
{
    struct rig r;
    struct ia_cpu *before = malloc(sizeof *before);
    unsigned fine = 0;
    (void)state;
    rig_open(&r);
    for (unsigned gate = 0; gate < 256; gate++)
        for (unsigned code = 0; code < 16; code++)
            for (unsigned cpl = 0; cpl <= V86; cpl++)
                for (unsigned event = 0; event < EVENTS; event++) {
                    if ((gate & 0x1f) == 5)
                        continue; /* task gates: test_task.c */
                    const unsigned access = 0x1b | (code & 1 ? 4u : 0) | (code & 2 ? 0x80u : 0) | (code >> 2) << 5;
                    const struct situation s = {.gate = gate, .code = access, .cpl = cpl, .event = (enum event)event};
                    check(&r, s, before);
                    fine += oracle(s).vector == RIG_FINE;
                }
    assert_true(fine > 500);
    rig_close(&r);
    free(before);
}

/* --- What is wrong with the inner stack, or with where the handler is. */

static void expect_trap(struct rig *r, unsigned vector, uint32_t error)
{
    struct trap t = {.kind = TRAP_INTERRUPT, .cause = 0x41};
    assert_int_equal(ia_deliver(&r->c->machine, &t), DELIVERY_TRAPPED);
    assert_int_equal(t.cause, vector);
    assert_int_equal(t.error, error);
}

static void stacks_and_limits(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    const struct situation s = {.gate = 0x8e, .code = 0x9b, .cpl = 3, .event = INTERRUPT};
    arrange(&r, s);
    r.c->tr.limit = 9;
    rig_put(&r, RIG_TSS + 8, 4, RIG_DATA);
    struct trap t = trap_of(s);
    assert_int_equal(ia_deliver(&r.c->machine, &t), DELIVERED); /* ESP0 and SS0 end there */
    arrange(&r, s);
    r.c->tr.limit = 8;
    expect_trap(&r, 10, RIG_SEL_TSS + 1);
    r.c->tr.limit = 0x67;
    rig_put(&r, RIG_TSS + 8, 4, 3);
    expect_trap(&r, 10, 1);
    rig_put(&r, RIG_TSS + 8, 4, 0x1f8 + 8);
    expect_trap(&r, 10, 0x200 + 1); /* beyond the GDT */
    rig_put(&r, RIG_TSS + 8, 4, RIG_DATA | 1);
    expect_trap(&r, 10, RIG_DATA + 1); /* RPL */
    rig_put(&r, RIG_TSS + 8, 4, RIG_DATA + 8);
    expect_trap(&r, 10, RIG_DATA + 8 + 1); /* DPL */
    rig_put(&r, RIG_TSS + 8, 4, RIG_CODE);
    expect_trap(&r, 10, RIG_CODE + 1);
    rig_put(&r, RIG_TSS + 8, 4, RIG_FREE + 8);
    rig_descriptor(&r, RIG_GDT + RIG_FREE + 8, 0, 0xfffff, 0x13, 0xc);
    expect_trap(&r, 12, RIG_FREE + 8 + 1); /* not present */
    rig_descriptor(&r, RIG_GDT + RIG_FREE + 8, 0, 0x8000 + 0xff0 - 21, 0x93, 0x4);
    arrange(&r, s);
    expect_trap(&r, 12, RIG_FREE + 8 + 1); /* the first of five doublewords already has no room */
    rig_descriptor(&r, RIG_GDT + RIG_FREE + 8, 0, 0x8000 + 0xff0 - 20, 0x97, 0x4);
    expect_trap(&r, 12, RIG_FREE + 8 + 1); /* it grows down: the last has none */
    rig_descriptor(&r, RIG_GDT + RIG_FREE + 8, 0, 0x8000 + 0xff0 - 21, 0x97, 0x4);
    t = trap_of(s);
    assert_int_equal(ia_deliver(&r.c->machine, &t), DELIVERED);

    rig_put(&r, RIG_TSS + 8, 4, RIG_DATA);
    arrange(&r, s);
    rig_descriptor(&r, RIG_GDT + RIG_FREE, 0, OFFSET - 1, 0x9b, 0x4);
    expect_trap(&r, 13, 1);
    rig_gate(&r, RIG_IDT + 8 * 0x41, 3, OFFSET, 0x8e, 0);
    expect_trap(&r, 13, 1); /* a null selector */
    rig_gate(&r, RIG_IDT + 8 * 0x41, 0x203, OFFSET, 0x8e, 0);
    expect_trap(&r, 13, 0x201);
    rig_gate(&r, RIG_IDT + 8 * 0x41, RIG_DATA, OFFSET, 0x8e, 0);
    expect_trap(&r, 13, RIG_DATA + 1);
    r.c->idtr.limit = 8 * 0x41 + 6;
    expect_trap(&r, 13, 0x41 * 8 + 3);

    rig_ring(&r, 0); /* no change of ring: the current stack, and the error code is EXT alone */
    r.c->idtr.limit = 0x7ff;
    rig_gate(&r, RIG_IDT + 8 * 0x41, RIG_CODE, OFFSET, 0x8e, 0);
    r.c->seg[IA_SS].limit = 0x8000;
    ia_context_changed(r.c);
    expect_trap(&r, 12, 1);
    rig_close(&r);
}

/* --- Real mode */

static void real_mode(struct rig *r)
{
    r->c->cr0 &= ~CR0_PE;
    r->c->cpl = 0;
    r->c->idtr = (struct ia_table){.base = 0, .limit = 0x3ff};
    for (unsigned seg = 0; seg < IA_SEGS; seg++) {
        r->c->seg[seg] = ia_segment_v86((uint16_t)(0x1000 + 0x100 * seg));
        r->c->seg[seg].rights &= ~IA_RIGHTS_DPL;
    }
    ia_flags_set(r->c, FLAGS, UINT32_MAX);
    r->c->r[IA_ESP] = 0xffff0100;
    r->c->eip = 0x55aa;
}

static void vectors_of_real_mode(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned vector = 0; vector < 256; vector++) {
        real_mode(&r);
        rig_put(&r, 4 * vector, 4, 0x20000000 + (vector << 16) + 0x1234 + vector);
        struct trap t = {.kind = TRAP_INTERRUPT, .cause = vector};
        assert_int_equal(ia_deliver(&r.c->machine, &t), DELIVERED);
        assert_int_equal(r.c->eip, 0x1234 + vector);
        assert_int_equal(r.c->seg[IA_CS].selector, 0x2000 + vector);
        assert_int_equal(r.c->seg[IA_CS].base, 0x20000 + 16 * vector);
        assert_int_equal(r.c->r[IA_ESP], 0xffff00fa);
        assert_int_equal(rig_get(&r, 0x12000 + 0xfa, 2), 0x55aa);
        assert_int_equal(rig_get(&r, 0x12000 + 0xfc, 2), 0x1100);
        assert_int_equal(rig_get(&r, 0x12000 + 0xfe, 2), FLAGS | 2);
        assert_int_equal(ia_flags_get(r.c), 2 | (FLAGS & ~(EFLAGS_IF | EFLAGS_TF)));
    }
    real_mode(&r);
    r.c->idtr.limit = 4 * 0x41 + 2;
    expect_trap(&r, 13, 0x41 * 8 + 3);
    real_mode(&r);
    r.c->r[IA_ESP] = 3; /* a word at 1, and then one at ffff */
    expect_trap(&r, 12, 1);
    rig_close(&r);
}

/* --- Two exceptions */

enum class { BENIGN, CONTRIBUTORY, PAGE, DOUBLE, CLASSES };
static enum class class_of(unsigned vector) {
    return vector == 8                                     ? DOUBLE
           : vector == 14                                  ? PAGE
           : vector == 0 || (vector >= 10 && vector <= 13) ? CONTRIBUTORY
                                                           : BENIGN;
}

static void two_exceptions(void **state)
{
    enum outcome { SECOND, DF, SHUT };
    static const enum outcome table[CLASSES][CLASSES] = {
        /* the second:      benign  contributory page   double */
        [BENIGN] = {SECOND, SECOND, SECOND, SECOND},
        [CONTRIBUTORY] = {SECOND, DF, SECOND, SECOND},
        [PAGE] = {SECOND, DF, DF, SECOND},
        [DOUBLE] = {SECOND, SHUT, SHUT, SHUT},
    };
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned vector = 0; vector < 32; vector++)
        rig_gate(&r, RIG_IDT + 8 * vector, RIG_CODE, 0x20000 + vector, 0x8f, 0);
    for (unsigned first = 0; first < 20; first++)
        for (unsigned second = 0; second < 20; second++) {
            struct trap t = {.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .cause = second, .during = (uint8_t)(first + 1)};
            rig_ring(&r, 0);
            t.error = 0x1238;
            const enum delivery d = ia_deliver(&r.c->machine, &t);
            const enum outcome expected = table[class_of(first)][class_of(second)];
            assert_int_equal(d, expected == SHUT ? DELIVERY_SHUTDOWN : DELIVERED);
            if (expected != SHUT)
                assert_int_equal(r.c->eip, 0x20000 + (expected == DF ? 8 : second));
            if (expected == DF)
                assert_int_equal(rig_get(&r, r.c->r[IA_ESP], 4), 0); /* its error code */
        }
    rig_close(&r);
}

/* With no table at all everything ends in a shutdown, from every mode. */
static void triple_faults(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned mode = 0; mode < 6; mode++)
        for (unsigned event = 0; event < EVENTS; event++) {
            const struct situation s = {.gate = 0x8e,
                                        .code = 0x9b,
                                        .cpl = mode < V86  ? mode
                                               : mode == 4 ? V86
                                                           : 0,
                                        .event = (enum event)event};
            arrange(&r, s);
            if (mode == 5)
                real_mode(&r);
            r.c->idtr.limit = 0;
            struct trap t = trap_of(s);
            unsigned attempts = 0;
            while (ia_deliver(&r.c->machine, &t) == DELIVERY_TRAPPED)
                attempts++;
            assert_int_equal(t.cause, IA_GP);
            assert_int_equal(t.during, IA_DF + 1);
            assert_in_range(attempts, 2, 3);
            r.c->idtr.limit = 0x7ff;
            r.c->idtr.base = RIG_IDT;
        }
    rig_close(&r);
}

/* --- What else a handler finds */

static void reports(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned vector = 0; vector < 32; vector++)
        rig_gate(&r, RIG_IDT + 8 * vector, RIG_CODE, 0x20000, 0x8e, 0);
    struct trap t = {.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .cause = IA_PF, .tval = 0x12345678, .error = 6};
    assert_int_equal(ia_deliver(&r.c->machine, &t), DELIVERED);
    assert_int_equal(r.c->cr2, 0x12345678);
    t = (struct trap){.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .cause = IA_DB, .tval = DR6_BS | 2};
    r.c->dr[6] = DR6_FIXED | 1;
    r.c->dr[7] = 0x400 | DR7_GD;
    assert_int_equal(ia_deliver(&r.c->machine, &t), DELIVERED);
    assert_int_equal(r.c->dr[6], DR6_FIXED | DR6_BS | 3);
    assert_int_equal(r.c->dr[7], 0x400);
    r.c->cr2 = 1;
    t = (struct trap){.kind = TRAP_INTERRUPT, .cause = 14, .tval = 7}; /* a line may be connected to any vector */
    assert_int_equal(ia_deliver(&r.c->machine, &t), DELIVERED);
    assert_int_equal(r.c->cr2, 1);
    t = (struct trap){.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .cause = IA_PF, .tval = 0x4000, .during = IA_PF + 1};
    assert_int_equal(ia_deliver(&r.c->machine, &t), DELIVERED);
    assert_int_equal(t.cause, IA_DF);
    assert_int_equal(r.c->cr2, 0x4000); /* of the page fault that made it a double fault */
    t = (struct trap){.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .cause = IA_PF, .tval = 0x5000, .during = IA_DF + 1};
    assert_int_equal(ia_deliver(&r.c->machine, &t), DELIVERY_SHUTDOWN);
    assert_int_equal(r.c->cr2, 0x5000);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix),     cmocka_unit_test(stacks_and_limits), cmocka_unit_test(vectors_of_real_mode),
        cmocka_unit_test(two_exceptions), cmocka_unit_test(triple_faults),     cmocka_unit_test(reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
