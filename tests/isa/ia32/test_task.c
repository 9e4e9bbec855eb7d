/* test_task.c - task switches: by JMP, CALL, IRET and events, between task states of 16 and 32 bits; what is saved, loaded, marked busy and
 * linked; and every fault on the way, before the switch and behind it [SDM 3A 7.3, table 7-1].
 */
#include "tests/isa/ia32/rig.h"

enum { JUMP, CALL, EVENT, HOWS };
enum { OLD = RIG_TSS, NEW = RIG_TSS_B, NEW_CODE = RIG_FREE, NEW_DATA = RIG_FREE + 8, NEW_LDT = RIG_FREE + 16, GATE = RIG_FREE + 24 };

/* Where the fields are, by the figures of the manual. */
struct fields {
    unsigned size, limit, ip, flags, registers, selectors, selector_count, ldt;
};
static const struct fields narrow = {2, 0x2b, 0x0e, 0x10, 0x12, 0x22, 4, 0x2a}, wide = {4, 0x67, 0x20, 0x24, 0x28, 0x48, 6, 0x60};
static const struct fields *fields(bool is_wide) { return is_wide ? &wide : &narrow; }
static unsigned selector_step(const struct fields *f) { return f->size; }

static void write_task(struct rig *r, pa_t at, const struct fields *f)
{
    static const uint16_t selector[6] = {NEW_DATA | 3, NEW_CODE | 3, NEW_DATA | 3, NEW_DATA | 3, 0, NEW_DATA | 3};
    rig_put(r, at, 4, 0);
    rig_put(r, at + f->ip, f->size, 0x3456);
    rig_put(r, at + f->flags, f->size, EFLAGS_CF | EFLAGS_IF | EFLAGS_IOPL);
    for (unsigned n = 0; n < 8; n++)
        rig_put(r, at + f->registers + n * f->size, f->size, 0x11110101 * (n + 1));
    for (unsigned n = 0; n < f->selector_count; n++)
        rig_put(r, at + f->selectors + n * selector_step(f), 2, selector[n]);
    rig_put(r, at + f->ldt, 2, NEW_LDT);
    if (f->size == 4) {
        rig_put(r, at + 0x1c, 4, 0x7000);
        rig_put(r, at + 0x64, 4, 0);
    }
}

static unsigned tss_type(bool is_wide, bool busy) { return (is_wide ? 9 : 1) | (busy ? 2 : 0); }

static void arrange(struct rig *r, bool old_wide, bool new_wide)
{
    rig_tables(r);
    rig_descriptor(r, RIG_GDT + NEW_CODE, 0, 0xfffff, 0xfa, 0xc);
    rig_descriptor(r, RIG_GDT + NEW_DATA, 0, 0xfffff, 0xf2, 0xc);
    rig_descriptor(r, RIG_GDT + NEW_LDT, RIG_LDT + 8, 0xff, 0x82, 0);
    rig_descriptor(r, RIG_GDT + RIG_SEL_TSS, OLD, fields(old_wide)->limit, 0x80 | tss_type(old_wide, true), 0);
    rig_descriptor(r, RIG_GDT + RIG_SEL_TSS_B, NEW, fields(new_wide)->limit, 0x80 | tss_type(new_wide, false), 0);
    rig_gate(r, RIG_IDT + 8 * 0x40, RIG_SEL_TSS_B, 0, 0x85, 0);
    rig_gate(r, RIG_GDT + GATE, RIG_SEL_TSS_B, 0, 0x85, 0);
    rig_load(r, IA_TR, RIG_SEL_TSS);
    write_task(r, NEW, fields(new_wide));
    rig_put(r, OLD + fields(old_wide)->ldt, 2, 0);
    rig_ring(r, 0);
    for (unsigned n = 0; n < 8; n++)
        if (n != IA_ESP)
            r->c->r[n] = 0xa0a0a000 + n;
    ia_flags_set(r->c, EFLAGS_NT | EFLAGS_ZF | EFLAGS_IF, UINT32_MAX);
    r->c->cr0 &= ~CR0_TS;
    r->c->dr[7] = 0x4ff;
}

static struct rig_outcome transfer(struct rig *r, ia_body *body, uint16_t selector)
{
    ia_insn i = rig_insn(0, 0);
    i.imm2 = selector;
    i.imm = 0xdeadbeef; /* the offset says nothing */
    return rig_do(r, body, &i);
}

static struct rig_outcome event(struct rig *r, enum trap_kind kind, uint32_t error)
{
    struct trap t = {.kind = kind, .reason = kind == TRAP_EXCEPTION ? REASON_RESOURCE : REASON_NONE, .cause = 0x40};
    if (kind == TRAP_EXCEPTION) {
        t.cause = IA_GP;
        t.error = error;
        rig_gate(r, RIG_IDT + 8 * IA_GP, RIG_SEL_TSS_B, 0, 0x85, 0);
    }
    if (ia_deliver(&r->c->machine, &t) == DELIVERED)
        return (struct rig_outcome){.vector = RIG_FINE};
    return (struct rig_outcome){.vector = (unsigned)t.cause, .error = t.error};
}

static struct rig_outcome go(struct rig *r, unsigned how)
{
    return how == EVENT ? event(r, TRAP_INTERRUPT, 0) : transfer(r, how == JUMP ? ia_body_jmp_far : ia_body_call_far, GATE);
}

/* The state of ring 0 as arrange() made it, in the old task's segment. */
static void expect_saved(struct rig *r, const struct fields *f, uint32_t ip)
{
    const uint32_t mask = f->size == 2 ? 0xffff : UINT32_MAX;
    assert_int_equal(rig_get(r, OLD + f->ip, f->size), ip & mask);
    assert_int_equal(rig_get(r, OLD + f->flags, f->size), 2 | EFLAGS_NT | EFLAGS_ZF | EFLAGS_IF);
    for (unsigned n = 0; n < 8; n++)
        assert_int_equal(rig_get(r, OLD + f->registers + n * f->size, f->size), (n == IA_ESP ? 0x8ff0 : 0xa0a0a000 + n) & mask);
    for (unsigned n = 0; n < f->selector_count; n++)
        assert_int_equal(rig_get(r, OLD + f->selectors + n * f->size, 2), n == IA_CS ? RIG_CODE : RIG_DATA);
}

static void expect_loaded(struct rig *r, const struct fields *f, bool nested)
{
    const struct ia_cpu *c = r->c;
    assert_int_equal(c->eip, 0x3456);
    assert_int_equal(c->next, 0x3456);
    assert_int_equal(ia_flags_get(c), 2 | EFLAGS_CF | EFLAGS_IF | EFLAGS_IOPL | (nested ? EFLAGS_NT : 0));
    for (unsigned n = 0; n < 8; n++)
        assert_int_equal(c->r[n], f->size == 2 ? 0xffff0000 | ((0x0101 * (n + 1)) & 0xffff) : 0x11110101 * (n + 1));
    assert_int_equal(c->cpl, 3);
    assert_int_equal(c->seg[IA_CS].selector, NEW_CODE | 3);
    assert_int_equal(c->seg[IA_SS].limit, UINT32_MAX);
    assert_int_equal(c->seg[IA_FS].rights, IA_RIGHTS_NULL);
    assert_int_equal(c->seg[IA_GS].rights == IA_RIGHTS_NULL, f->size == 2);
    assert_int_equal(c->ldtr.base, RIG_LDT + 8);
    assert_int_equal(c->tr.selector, RIG_SEL_TSS_B);
    assert_int_equal(c->tr.base, NEW);
    assert_true(c->tr.rights & IA_TYPE_BUSY);
    assert_true(c->cr0 & CR0_TS);
    assert_int_equal(c->dr[7], 0x4aa); /* the local ones are gone */
}

static unsigned type_in_table(struct rig *r, uint16_t selector) { return rig_get(r, rig_entry(selector) + 5, 1) & 15; }

static void to_and_back(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned how = 0; how < HOWS; how++)
        for (unsigned sizes = 0; sizes < 4; sizes++) {
            const bool old_wide = sizes & 1, new_wide = sizes & 2;
            const struct fields *f = fields(old_wide);
            arrange(&r, old_wide, new_wide);
            const uint32_t ip = how == EVENT ? r.c->eip : r.c->next;
            assert_int_equal(go(&r, how).vector, RIG_FINE);
            expect_saved(&r, f, ip);
            expect_loaded(&r, fields(new_wide), how != JUMP);
            assert_int_equal(rig_get(&r, NEW, 2), how == JUMP ? 0 : RIG_SEL_TSS);
            assert_int_equal(type_in_table(&r, RIG_SEL_TSS), tss_type(old_wide, how != JUMP));
            assert_int_equal(type_in_table(&r, RIG_SEL_TSS_B), tss_type(new_wide, true));

            if (how == JUMP)
                continue; /* nothing to return to */
            const ia_insn i = rig_insn(0, 0);
            r.c->r[IA_EAX] = 0x77778888;
            r.c->next = 0x4000;
            assert_int_equal(rig_do(&r, ia_body_iret, &i).vector, RIG_FINE);
            assert_int_equal(r.c->tr.selector, RIG_SEL_TSS);
            assert_int_equal(r.c->next, old_wide ? ip : ip & 0xffff);
            assert_int_equal(r.c->cpl, 0);
            assert_int_equal(r.c->r[IA_EBX], old_wide ? 0xa0a0a003 : 0xffffa003);
            assert_int_equal(ia_flags_get(r.c), 2 | EFLAGS_NT | EFLAGS_ZF | EFLAGS_IF);
            assert_int_equal(type_in_table(&r, RIG_SEL_TSS), tss_type(old_wide, true));
            assert_int_equal(type_in_table(&r, RIG_SEL_TSS_B), tss_type(new_wide, false));
            const struct fields *n = fields(new_wide);
            assert_int_equal(rig_get(&r, NEW + n->registers, n->size), new_wide ? 0x77778888 : 0x8888);
            assert_int_equal(rig_get(&r, NEW + n->ip, n->size), 0x4000);
            assert_int_equal(rig_get(&r, NEW + n->flags, 2) & EFLAGS_NT, 0); /* it is no longer nested */
        }
    rig_close(&r);
}

static void the_root_of_pages(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < 256; n++) { /* the first megabyte, as it lies, under two directories */
        rig_put(&r, 0x10000 + 4 * n, 4, n << 12 | 7);
        rig_put(&r, 0x12000, 4, 0x10007);
        rig_put(&r, 0x13000, 4, 0x10007);
    }
    arrange(&r, true, true);
    rig_put(&r, NEW + 0x1c, 4, 0x13000);
    assert_int_equal(go(&r, JUMP).vector, RIG_FINE);
    assert_int_equal(r.c->cr3, 0); /* it is loaded only where pages are in use */
    arrange(&r, true, true);
    rig_put(&r, NEW + 0x1c, 4, 0x13000);
    r.c->cr3 = 0x12000;
    r.c->cr0 |= CR0_PG;
    ia_context_changed(r.c);
    assert_int_equal(go(&r, JUMP).vector, RIG_FINE);
    assert_int_equal(r.c->cr3, 0x13000);
    assert_int_equal(rig_get(&r, 0x13000, 4), 0x10027); /* and used: CS comes through it */
    rig_close(&r);
}

static void error_codes_and_the_debug_trap(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned new_wide = 0; new_wide < 2; new_wide++) {
        arrange(&r, true, new_wide);
        rig_put(&r, NEW + fields(new_wide)->registers + 4 * fields(new_wide)->size, fields(new_wide)->size, 0x9800);
        rig_descriptor(&r, RIG_GDT + NEW_DATA, 0, 0xfffff, 0xf2, new_wide ? 0xc : 8);
        assert_int_equal(event(&r, TRAP_EXCEPTION, 0x1234).vector, RIG_FINE);
        assert_int_equal(r.c->r[IA_ESP] & 0xffff, new_wide ? 0x97fc : 0x97fe);
        assert_int_equal(rig_get(&r, r.c->r[IA_ESP] & 0xffff, new_wide ? 4 : 2), 0x1234);
        assert_int_equal(rig_get(&r, OLD + 0x24, 4) & EFLAGS_RF, EFLAGS_RF); /* a fault comes back to its instruction */
    }
    arrange(&r, true, true);
    rig_put(&r, NEW + 0x64, 2, 1);
    assert_int_equal(go(&r, CALL).vector, RIG_FINE);
    assert_int_equal(r.c->pending, DR6_BT);
    assert_true(r.c->attention & IA_ATTEND_DEBUG);
    rig_close(&r);
}

/* --- Faults before the switch: nothing has happened. */

typedef void spoil(struct rig *);
static void local(struct rig *r)
{
    rig_gate(r, RIG_GDT + GATE, RIG_SEL_TSS_B | 4, 0, 0x85, 0);
    rig_gate(r, RIG_IDT + 8 * 0x40, RIG_SEL_TSS_B | 4, 0, 0x85, 0);
}
static void outside(struct rig *r)
{
    rig_gate(r, RIG_GDT + GATE, 0x200, 0, 0x85, 0);
    rig_gate(r, RIG_IDT + 8 * 0x40, 0x200, 0, 0x85, 0);
}
static void busy(struct rig *r) { rig_descriptor(r, RIG_GDT + RIG_SEL_TSS_B, NEW, 0x67, 0x8b, 0); }
static void no_tss(struct rig *r) { rig_descriptor(r, RIG_GDT + RIG_SEL_TSS_B, NEW, 0x67, 0x82, 0); }
static void absent(struct rig *r) { rig_descriptor(r, RIG_GDT + RIG_SEL_TSS_B, NEW, 0x67, 0x09, 0); }
static void small(struct rig *r) { rig_descriptor(r, RIG_GDT + RIG_SEL_TSS_B, NEW, 0x66, 0x89, 0); }
static void small16(struct rig *r) { rig_descriptor(r, RIG_GDT + RIG_SEL_TSS_B, NEW, 0x2a, 0x81, 0); }

static void faults_before(void **state)
{
    static const struct {
        spoil *spoil;
        unsigned vector;
        uint32_t error;
    } cases[] = {{local, 13, RIG_SEL_TSS_B | 4}, {outside, 13, 0x200},       {busy, 13, RIG_SEL_TSS_B},   {no_tss, 13, RIG_SEL_TSS_B},
                 {absent, 11, RIG_SEL_TSS_B},    {small, 10, RIG_SEL_TSS_B}, {small16, 10, RIG_SEL_TSS_B}};
    struct rig r;
    struct ia_cpu *before = malloc(sizeof *before);
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < sizeof cases / sizeof *cases; n++)
        for (unsigned how = 0; how < HOWS; how++) {
            arrange(&r, true, true);
            cases[n].spoil(&r);
            memcpy(before, r.c, sizeof *before);
            const struct rig_outcome o = go(&r, how);
            assert_int_equal(o.vector, cases[n].vector);
            assert_int_equal(o.error, cases[n].error | (how == EVENT));
            rig_expect_unchanged(r.c, before);
            assert_int_equal(rig_get(&r, NEW, 2), 0);
        }
    rig_close(&r);
    free(before);
}

/* The back link of an IRET: #TS where a CALL has #GP. */
static void back_links(void **state)
{
    static const struct {
        uint16_t link;
        unsigned access, vector;
    } cases[] = {{RIG_SEL_TSS_B, 0x89, 10},
                 {RIG_SEL_TSS_B, 0x8b, RIG_FINE},
                 {RIG_SEL_TSS_B, 0x0b, 11},
                 {RIG_SEL_TSS_B, 0x82, 10},
                 {RIG_SEL_TSS_B | 4, 0x8b, 10},
                 {0x200, 0x8b, 10},
                 {0, 0x8b, 10}};
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < sizeof cases / sizeof *cases; n++) {
        const ia_insn i = rig_insn(0, 0);
        arrange(&r, true, true);
        rig_descriptor(&r, RIG_GDT + RIG_SEL_TSS_B, NEW, 0x67, cases[n].access, 0);
        rig_put(&r, OLD, 2, cases[n].link);
        const struct rig_outcome o = rig_do(&r, ia_body_iret, &i);
        assert_int_equal(o.vector, cases[n].vector);
        assert_int_equal(o.error, cases[n].vector == RIG_FINE ? 0 : cases[n].link);
    }
    rig_close(&r);
}

/* By gate and straight: DPL against CPL and RPL. */
static void privilege(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < 64; n++) {
        const unsigned dpl = n & 3, rpl = n >> 2 & 3, cpl = n >> 4;
        for (unsigned gate = 0; gate < 2; gate++) {
            arrange(&r, true, true);
            rig_ring(&r, cpl);
            const uint16_t selector = (uint16_t)((gate ? GATE : RIG_SEL_TSS_B) | rpl);
            rig_put(&r, rig_entry(selector) + 5, 1, (gate ? 0x85 : 0x89) | dpl << 5);
            const struct rig_outcome o = transfer(&r, ia_body_call_far, selector);
            assert_int_equal(o.vector, dpl < cpl || dpl < rpl ? 13 : RIG_FINE);
            assert_int_equal(o.error, o.vector == 13 ? selector & 0xfffc : 0);
            if (o.vector == 13)
                assert_int_equal(o.reason, dpl < rpl ? REASON_RESOURCE : REASON_PRIVILEGE);
        }
    }
    rig_close(&r);
}

/* --- Faults behind it: of the new task, at its first instruction. */

static void faults_behind(void **state)
{
    static const struct {
        unsigned field; /* offset in the TSS */
        uint16_t value;
        unsigned access; /* of the descriptor RIG_FREE + 32 */
        unsigned vector;
    } cases[] = {
        {0x60, RIG_FREE + 32, 0x82, RIG_FINE},
        {0x60, RIG_FREE + 36, 0x82, 10},
        {0x60, RIG_FREE + 32, 0x02, 10},
        {0x60, RIG_FREE + 32, 0x89, 10},
        {0x60, 0x200, 0x82, 10},
        {0x60, 3, 0, RIG_FINE},
        {0x4c, RIG_FREE + 35, 0xfa, RIG_FINE},
        {0x4c, RIG_FREE + 35, 0xf2, 10},
        {0x4c, RIG_FREE + 35, 0xda, 10},
        {0x4c, RIG_FREE + 35, 0x9e, RIG_FINE},
        {0x4c, RIG_FREE + 35, 0x7a, 11},
        {0x4c, 3, 0, 10},
        {0x50, RIG_FREE + 35, 0xf2, RIG_FINE},
        {0x50, RIG_FREE + 35, 0xf0, 10},
        {0x50, RIG_FREE + 34, 0xf2, 10},
        {0x50, RIG_FREE + 35, 0xd2, 10},
        {0x50, RIG_FREE + 35, 0x72, 12},
        {0x50, 0, 0, 10},
        {0x54, RIG_FREE + 35, 0xf0, RIG_FINE},
        {0x54, RIG_FREE + 35, 0xf8, 10},
        {0x48, RIG_FREE + 35, 0xd2, 10},
        {0x58, RIG_FREE + 35, 0x72, 11},
        {0x5c, RIG_FREE + 35, 0x9e, RIG_FINE},
    };
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < sizeof cases / sizeof *cases; n++)
        for (unsigned how = 0; how < HOWS; how++) {
            arrange(&r, true, true);
            rig_descriptor(&r, RIG_GDT + RIG_FREE + 32, 0, 0xfffff, cases[n].access, 0xc);
            rig_put(&r, NEW + cases[n].field, 2, cases[n].value);
            const struct rig_outcome o = go(&r, how);
            if (o.vector != cases[n].vector)
                fail_msg("case %u: %u, not %u", n, o.vector, cases[n].vector);
            assert_int_equal(r.c->tr.selector, RIG_SEL_TSS_B);
            assert_int_equal(r.c->eip, 0x3456);
            assert_int_equal(r.c->cpl, 3);
            if (o.vector != RIG_FINE)
                assert_int_equal(o.error, (cases[n].value & 0xfffcu) | (how == EVENT));
        }
    arrange(&r, true, true);
    rig_descriptor(&r, RIG_GDT + NEW_CODE, 0, 0x3455, 0xfa, 0x4);
    assert_int_equal(go(&r, JUMP).vector, 13); /* EIP lies beyond */
    rig_close(&r);
}

static void to_v86(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    arrange(&r, true, true);
    rig_put(&r, NEW + 0x24, 4, EFLAGS_VM | EFLAGS_IF);
    for (unsigned n = 0; n < 6; n++)
        rig_put(&r, NEW + 0x48 + 4 * n, 2, 0x1000 * n + 0x123);
    assert_int_equal(go(&r, JUMP).vector, RIG_FINE);
    assert_true(ia_is_v86(r.c));
    assert_int_equal(r.c->cpl, 3);
    for (unsigned n = 0; n < 6; n++) {
        assert_int_equal(r.c->seg[n].base, 0x10000 * n + 0x1230);
        assert_int_equal(r.c->seg[n].limit, 0xffff);
    }
    rig_close(&r);
}

/* The state is saved, and then loaded: of a task that returns to itself it is the same. */
static void to_itself(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned is_wide = 0; is_wide < 2; is_wide++) {
        arrange(&r, is_wide, true);
        rig_put(&r, OLD, 2, RIG_SEL_TSS);
        write_task(&r, OLD, fields(is_wide)); /* what it has there is old */
        rig_put(&r, OLD + fields(is_wide)->ldt, 2, 0);
        rig_put(&r, OLD, 2, RIG_SEL_TSS);
        const ia_insn i = rig_insn(0, 0);
        assert_int_equal(rig_do(&r, ia_body_iret, &i).vector, RIG_FINE);
        assert_int_equal(r.c->eip, is_wide ? 0x10002 : 2);
        assert_int_equal(r.c->r[IA_EBX] & 0xffff, 0xa003);
        assert_int_equal(r.c->cpl, 0);
        assert_int_equal(ia_flags_get(r.c), 2 | EFLAGS_ZF | EFLAGS_IF);
    }
    rig_close(&r);
}

/* An error code has to find its place before EIP is looked at [SDM 2A INT n, TASK-GATE]. */
static void error_before_eip(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    arrange(&r, true, true);
    rig_descriptor(&r, RIG_GDT + NEW_CODE, 0, 0x100, 0xfa, 4);
    struct rig_outcome o = event(&r, TRAP_EXCEPTION, 0x1238);
    assert_int_equal(o.vector, IA_GP);
    assert_int_equal(o.error, 1);
    assert_int_equal(r.c->r[IA_ESP], 0x11110101 * 5 - 4);
    arrange(&r, true, true);
    rig_descriptor(&r, RIG_GDT + NEW_CODE, 0, 0x100, 0xfa, 4);
    rig_descriptor(&r, RIG_GDT + NEW_DATA, 0, 0x100, 0xf2, 4);
    o = event(&r, TRAP_EXCEPTION, 0x1238);
    assert_int_equal(o.vector, IA_SS_FAULT);
    assert_int_equal(o.error, 1);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(to_and_back),
        cmocka_unit_test(the_root_of_pages),
        cmocka_unit_test(error_codes_and_the_debug_trap),
        cmocka_unit_test(faults_before),
        cmocka_unit_test(back_links),
        cmocka_unit_test(privilege),
        cmocka_unit_test(faults_behind),
        cmocka_unit_test(to_v86),
        cmocka_unit_test(to_itself),
        cmocka_unit_test(error_before_eip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
