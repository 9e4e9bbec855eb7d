/* test_far.c - call gates with parameters, returns with them, IRET's flags in every ring and size, V86 mode in and out, real mode. What a
 * descriptor allows is test_load_truth.c's; here it is what moves.
 */
#include "tests/isa/ia32/rig.h"

enum { GATE = RIG_FREE, TARGET = RIG_FREE + 8, OFFSET = 0x00043210 };

static struct rig_outcome far(struct rig *r, ia_body *body, uint16_t selector)
{
    ia_insn i = rig_insn(0, 0);
    i.imm2 = selector;
    i.imm = 0x99999999;
    return rig_do(r, body, &i);
}

/* --- Call gates: type, DPL, P of the gate x DPL, conforming, P of the code x CPL x RPL, by CALL and JMP */

static unsigned oracle(unsigned gate, unsigned code, unsigned cpl, unsigned rpl, bool jump, uint16_t *error)
{
    const unsigned gate_dpl = gate >> 5 & 3, dpl = code >> 5 & 3;
    const bool conforming = code & 4;
    *error = GATE;
    if (gate_dpl < cpl || rpl > gate_dpl)
        return 13;
    if (!(gate & 0x80))
        return 11;
    *error = TARGET;
    if (dpl > cpl || (jump && !conforming && dpl != cpl))
        return 13;
    if (!(code & 0x80))
        return 11;
    return RIG_FINE;
}

static void gates(void **state)
{
    struct rig r;
    struct ia_cpu *before = malloc(sizeof *before);
    unsigned fine = 0;
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < 1 << 14; n++) {
        const bool wide = n & 1, jump = n & 2, present = n & 4, conforming = n & 8, code_present = n & 16;
        const unsigned gate_dpl = n >> 5 & 3, dpl = n >> 7 & 3, cpl = n >> 9 & 3, rpl = n >> 11 & 3, parameters = n >> 13 ? 3 : 0;
        const unsigned gate = (wide ? 12 : 4) | gate_dpl << 5 | (present ? 0x80 : 0);
        const unsigned code = 0x1b | (conforming ? 4 : 0) | dpl << 5 | (code_present ? 0x80 : 0);
        const unsigned size = wide ? 4 : 2, ring = conforming ? cpl : dpl;
        uint16_t error;
        rig_ring(&r, cpl);
        rig_gate(&r, RIG_GDT + GATE, TARGET | 2, OFFSET, gate, parameters);
        rig_descriptor(&r, RIG_GDT + TARGET, 0, 0xfffff, code, 0xc);
        const uint32_t esp = r.c->r[IA_ESP] -= 12;
        for (unsigned p = 0; p < 3; p++)
            rig_put(&r, esp + p * size, size, 0x51515150 + p);
        memcpy(before, r.c, sizeof *before);
        const struct rig_outcome o = far(&r, jump ? ia_body_jmp_far : ia_body_call_far, (uint16_t)(GATE | rpl));
        assert_int_equal(o.vector, oracle(gate, code, cpl, rpl, jump, &error));
        if (o.vector != RIG_FINE) {
            assert_int_equal(o.error, error);
            rig_expect_unchanged(r.c, before);
            continue;
        }
        fine++;
        assert_int_equal(r.c->next, wide ? OFFSET : OFFSET & 0xffff);
        assert_int_equal(r.c->cpl, ring);
        assert_int_equal(r.c->seg[IA_CS].selector, TARGET | ring);
        if (jump) {
            assert_int_equal(r.c->r[IA_ESP], esp);
            continue;
        }
        uint32_t at = ring == cpl ? esp : RIG_STACK + 0x1000 * ring + 0xff0;
        const uint32_t mask = wide ? UINT32_MAX : 0xffff;
        if (ring < cpl) {
            assert_int_equal(rig_get(&r, at -= size, size), RIG_DATA + 9 * cpl);
            assert_int_equal(rig_get(&r, at -= size, size), esp & mask);
            for (unsigned p = parameters; p-- > 0;)
                assert_int_equal(rig_get(&r, at -= size, size), (0x51515150 + p) & mask);
        }
        assert_int_equal(rig_get(&r, at -= size, size), RIG_CODE + 9 * cpl);
        assert_int_equal(rig_get(&r, at -= size, size), 0x10002 & mask);
        assert_int_equal(r.c->r[IA_ESP], at);
        assert_int_equal(r.c->seg[IA_SS].selector, RIG_DATA + 9 * ring);
        if (wide) { /* and back: the parameters are released on both stacks */
            ia_insn i = rig_insn(0, 0);
            i.imm = ring < cpl ? 4 * parameters : 0;
            assert_int_equal(rig_do(&r, ia_body_ret_far, &i).vector, RIG_FINE);
            assert_int_equal(r.c->cpl, cpl);
            assert_int_equal(r.c->next, 0x10002);
            assert_int_equal(r.c->r[IA_ESP], esp + i.imm);
            assert_int_equal(r.c->seg[IA_SS].selector, RIG_DATA + 9 * cpl);
        }
    }
    assert_true(fine > 300);
    rig_close(&r);
    free(before);
}

/* What is behind the gate, and on the stacks. */
static void behind_gates(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    rig_ring(&r, 3);
    rig_gate(&r, RIG_GDT + GATE, 0, OFFSET, 0xec, 0);
    struct rig_outcome o = far(&r, ia_body_call_far, GATE | 3);
    assert_int_equal(o.vector, 13);
    assert_int_equal(o.error, 0);
    rig_gate(&r, RIG_GDT + GATE, 0x200, OFFSET, 0xec, 0);
    o = far(&r, ia_body_call_far, GATE | 3);
    assert_int_equal(o.error, 0x200);
    rig_gate(&r, RIG_GDT + GATE, RIG_DATA, OFFSET, 0xec, 0);
    o = far(&r, ia_body_call_far, GATE | 3);
    assert_int_equal(o.error, RIG_DATA);
    rig_gate(&r, RIG_GDT + GATE, RIG_CODE, OFFSET, 0xec, 31);
    r.c->r[IA_ESP] = 0xbff0;
    r.c->seg[IA_SS].limit = 0xbff0 + 31 * 4 - 1;
    assert_int_equal(far(&r, ia_body_call_far, GATE | 3).vector, RIG_FINE);
    rig_ring(&r, 3);
    r.c->seg[IA_SS].limit = 0xbff0 + 31 * 4 - 2; /* the last parameter is not all there */
    o = far(&r, ia_body_call_far, GATE | 3);
    assert_int_equal(o.vector, 12);
    assert_int_equal(o.error, 0);
    rig_descriptor(&r, RIG_GDT + RIG_FREE + 16, 0, OFFSET - 1, 0x9b, 0x4);
    rig_gate(&r, RIG_GDT + GATE, RIG_FREE + 16, OFFSET, 0xec, 0);
    rig_ring(&r, 3);
    o = far(&r, ia_body_call_far, GATE | 3);
    assert_int_equal(o.vector, 13);
    assert_int_equal(o.error, 0);
    rig_put(&r, RIG_TSS + 8, 4, 0);
    rig_gate(&r, RIG_GDT + GATE, RIG_CODE, OFFSET, 0xec, 0);
    o = far(&r, ia_body_call_far, GATE | 3);
    assert_int_equal(o.vector, 10);
    assert_int_equal(o.error, 0); /* no EXT: the program asked */
    rig_close(&r);
}

/* --- IRET within and between rings: which flags it may change */

static void flags_of_iret(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < 1 << 9; n++) {
        const unsigned cpl = n & 3, iopl = n >> 2 & 3, to = cpl > (n >> 4 & 3) ? cpl : n >> 4 & 3, size = n & 64 ? 4 : 2;
        const bool ones = n & 128, model_386 = n & 256;
        ia_insn i = rig_insn(0, 0);
        i.opsize = (uint8_t)size;
        r.c->config.model = IA_MODEL_686;
        rig_ring(&r, cpl);
        r.c->config.model = model_386 ? IA_MODEL_386 : IA_MODEL_686;
        const uint32_t all = 0x254dd5 | EFLAGS_IOPL | EFLAGS_IF, known = model_386 ? all & 0xffff : all;
        uint32_t old = (ones ? 0 : known & ~(uint32_t)(EFLAGS_RF | EFLAGS_IOPL)) | iopl << 12;
        ia_flags_set(r.c, old & ~(uint32_t)EFLAGS_NT, UINT32_MAX);
        old = ia_flags_get(r.c);
        const uint32_t popped = ones ? all & ~(uint32_t)EFLAGS_IOPL : 0, esp = r.c->r[IA_ESP];
        rig_put(&r, esp, size, 0x1234);
        rig_put(&r, esp + size, size, RIG_CODE + 9 * to);
        rig_put(&r, esp + 2 * size, size, popped);
        rig_put(&r, esp + 3 * size, size, 0x7776);
        rig_put(&r, esp + 4 * size, size, RIG_DATA + 9 * to);
        assert_int_equal(rig_do(&r, ia_body_iret, &i).vector, RIG_FINE);
        uint32_t mask = 0x4dd5; /* NT OF DF TF SF ZF AF PF CF */
        mask |= cpl <= iopl ? EFLAGS_IF : 0;
        mask |= cpl == 0 ? EFLAGS_IOPL : 0;
        if (size == 4)
            mask |= model_386 ? EFLAGS_RF : EFLAGS_RF | EFLAGS_AC | EFLAGS_ID;
        assert_int_equal(ia_flags_get(r.c), (old & ~mask) | (popped & mask) | 2);
        assert_int_equal(r.c->r[IA_ESP], to > cpl ? 0x7776 : esp + 3 * size);
        assert_int_equal(r.c->cpl, to);
    }
    rig_close(&r);
}

/* A stack of 16 bits gets the low half of ESP; the upper one stays that of the inner ring. */
static void narrow_stacks(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    rig_descriptor(&r, RIG_GDT + RIG_FREE, 0, 0xffff, 0xf3, 0);
    rig_ring(&r, 0);
    const uint32_t esp = r.c->r[IA_ESP] = 0x4ff00;
    const uint32_t frame[] = {0x1234, RIG_CODE + 27, 2, 0x55557654, RIG_FREE | 3};
    for (unsigned n = 0; n < 5; n++)
        rig_put(&r, esp + 4 * n, 4, frame[n]);
    const ia_insn i = rig_insn(0, 0);
    assert_int_equal(rig_do(&r, ia_body_iret, &i).vector, RIG_FINE);
    assert_int_equal(r.c->r[IA_ESP], 0x47654);
    assert_int_equal(r.c->context & IA_CTX_SSB, 0);
    rig_close(&r);
}

/* Outward, data segments of the inner ring are lost, and of null selectors the RPL is; between equal rings nothing is. */
static void lost_segments(void **state)
{
    static const struct {
        uint16_t before, outward;
    } segments[] = {{RIG_DATA, 0}, {RIG_DATA + 27, RIG_DATA + 27}, {RIG_DATA + 9, 0}, {RIG_FREE, RIG_FREE}, {3, 0}, {1, 0}};
    const ia_insn i = rig_insn(0, 0);
    struct rig r;
    (void)state;
    rig_open(&r);
    rig_descriptor(&r, RIG_GDT + RIG_FREE, 0, 0xfffff, 0x9f, 0xc); /* conforming code, DPL 0 */
    for (unsigned n = 0; n < 6 * 4; n++) {
        static const uint8_t data[] = {IA_DS, IA_ES, IA_FS, IA_GS};
        const unsigned seg = data[n / 6], at = n % 6;
        for (unsigned to = 0; to <= 3; to += 3) {
            rig_ring(&r, 0);
            assert_true(ia_load_segment(r.c, seg, segments[at].before));
            const uint32_t frame[] = {0x1234, RIG_CODE + 9 * to, 2, 0x7654, RIG_DATA + 9 * to};
            for (unsigned word = 0; word < 5; word++)
                rig_put(&r, r.c->r[IA_ESP] - 0x40 + 4 * word, 4, frame[word]);
            r.c->r[IA_ESP] -= 0x40;
            assert_int_equal(rig_do(&r, ia_body_iret, &i).vector, RIG_FINE);
            assert_int_equal(r.c->seg[seg].selector, to ? segments[at].outward : segments[at].before);
        }
    }
    rig_close(&r);
}

/* --- V86 mode */

static void enter_v86(struct rig *r, unsigned iopl)
{
    const uint32_t frame[] = {0x5678, 0x1234, EFLAGS_VM | EFLAGS_IF | iopl << 12, 0xfff0, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000};
    const ia_insn i = rig_insn(0, 0);
    rig_ring(r, 0);
    for (unsigned n = 0; n < 9; n++)
        rig_put(r, r->c->r[IA_ESP] + 4 * n - 0x40, 4, frame[n]);
    r->c->r[IA_ESP] -= 0x40;
    assert_int_equal(rig_do(r, ia_body_iret, &i).vector, RIG_FINE);
}

static void v86_in_and_out(void **state)
{
    static const uint16_t selector[IA_SEGS] = {0x3000, 0x1234, 0x2000, 0x4000, 0x5000, 0x6000};
    struct rig r;
    (void)state;
    rig_open(&r);
    enter_v86(&r, 0);
    assert_true(ia_is_v86(r.c));
    assert_int_equal(r.c->cpl, 3);
    assert_int_equal(r.c->next, 0x5678);
    assert_int_equal(r.c->r[IA_ESP], 0xfff0);
    assert_int_equal(r.c->context & (IA_CTX_V86 | IA_CTX_REAL | IA_CTX_D), IA_CTX_V86 | IA_CTX_REAL);
    for (unsigned n = 0; n < IA_SEGS; n++) {
        assert_int_equal(r.c->seg[n].selector, selector[n]);
        assert_int_equal(r.c->seg[n].base, selector[n] * 16);
        assert_int_equal(r.c->seg[n].limit, 0xffff);
        assert_int_equal(r.c->seg[n].rights, 0xf3);
    }
    /* Loads are of paragraphs; far transfers, too. */
    assert_true(ia_load_segment(r.c, IA_DS, 0x7777));
    assert_int_equal(r.c->seg[IA_DS].base, 0x77770);
    ia_insn i = rig_insn(0, 0);
    i.opsize = 2;
    i.imm2 = 0x1111;
    i.imm = 0x2222;
    assert_int_equal(rig_do(&r, ia_body_call_far, &i).vector, RIG_FINE);
    assert_int_equal(r.c->seg[IA_CS].base, 0x11110);
    assert_int_equal(r.c->next, 0x2222);
    assert_int_equal(r.c->r[IA_ESP], 0xffec);
    i.imm = 0;
    assert_int_equal(rig_do(&r, ia_body_ret_far, &i).vector, RIG_FINE);
    assert_int_equal(r.c->seg[IA_CS].selector, 0x1234);
    assert_true(ia_is_v86(r.c));
    /* Out, by an interrupt: test_deliver.c; and in again. */
    rig_gate(&r, RIG_IDT + 8 * 0x41, RIG_CODE, 0x20000, 0x8e, 0);
    struct trap t = {.kind = TRAP_INTERRUPT, .cause = 0x41};
    r.c->eip = r.c->next;
    assert_int_equal(ia_deliver(&r.c->machine, &t), DELIVERED);
    assert_false(ia_is_v86(r.c));
    i = rig_insn(0, 0);
    assert_int_equal(rig_do(&r, ia_body_iret, &i).vector, RIG_FINE);
    assert_true(ia_is_v86(r.c));
    assert_int_equal(r.c->seg[IA_DS].selector, 0x7777);
    rig_close(&r);
}

/* With an IOPL below 3 these trap in V86 mode; with 3 they do not, and IOPL stays. */
static void v86_and_iopl(void **state)
{
    static ia_body *const body[] = {ia_body_cli, ia_body_sti, ia_body_pushf, ia_body_popf, ia_body_iret};
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned iopl = 0; iopl < 4; iopl++)
        for (unsigned n = 0; n < 5; n++) {
            ia_insn i = rig_insn(0, 0);
            i.opsize = 2;
            enter_v86(&r, iopl);
            rig_put(&r, 0x2fff0, 4, 0x12340000 + 0x5678);
            const struct rig_outcome o = rig_do(&r, body[n], &i);
            assert_int_equal(o.vector, iopl == 3 ? RIG_FINE : IA_GP);
            if (iopl < 3)
                assert_int_equal(o.reason, REASON_PRIVILEGE);
            assert_int_equal(ia_iopl(r.c), iopl);
            assert_true(ia_is_v86(r.c));
        }
    ia_insn i = rig_insn(0, 0);
    i.imm = 0x21;
    enter_v86(&r, 0);
    assert_int_equal(rig_do(&r, ia_body_int_n, &i).vector, IA_GP);
    rig_gate(&r, RIG_IDT + 8 * 3, RIG_CODE, 0, 0xee, 0);
    assert_int_equal(rig_do(&r, ia_body_int3, &i).vector, IA_BP); /* not asked for the IOPL */
    enter_v86(&r, 3);
    rig_gate(&r, RIG_IDT + 8 * 0x21, RIG_CODE, 0, 0x8e, 0);
    struct rig_outcome o = rig_do(&r, ia_body_int_n, &i);
    assert_int_equal(o.vector, IA_GP); /* but for the gate's DPL */
    assert_int_equal(o.error, 0x21 * 8 + 2);
    assert_int_equal(o.reason, REASON_REQUESTED);
    rig_gate(&r, RIG_IDT + 8 * 0x21, RIG_CODE, 0, 0xee, 0);
    o = rig_do(&r, ia_body_int_n, &i);
    assert_int_equal(o.vector, 0x21);
    assert_int_equal(o.reason, REASON_REQUESTED);
    rig_close(&r);
}

/* --- PUSHF and POPF, CLI and STI by ring and IOPL */

static void the_interrupt_flag(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < 64; n++) {
        const unsigned cpl = n & 3, iopl = n >> 2 & 3;
        const bool set = n & 16, was = n & 32, may = cpl <= iopl;
        const ia_insn i = rig_insn(0, 0);
        rig_ring(&r, cpl);
        ia_flags_set(r.c, iopl << 12 | (was ? EFLAGS_IF : 0), EFLAGS_IOPL | EFLAGS_IF);
        const struct rig_outcome o = rig_do(&r, set ? ia_body_sti : ia_body_cli, &i);
        assert_int_equal(o.vector, may ? RIG_FINE : IA_GP);
        assert_int_equal(!!(ia_flags_get(r.c) & EFLAGS_IF), may ? set : was);
        assert_int_equal(r.c->shadow, may && set && !was);

        rig_ring(&r, cpl);
        ia_flags_set(r.c, iopl << 12 | (was ? EFLAGS_IF : 0), EFLAGS_IOPL | EFLAGS_IF);
        const uint32_t value = EFLAGS_NT | EFLAGS_CF | EFLAGS_VM | EFLAGS_RF | EFLAGS_IOPL | (set ? EFLAGS_IF : 0);
        rig_put(&r, r.c->r[IA_ESP], 4, value);
        assert_int_equal(rig_do(&r, ia_body_popf, &i).vector, RIG_FINE);
        const uint32_t expected =
            2u | EFLAGS_NT | EFLAGS_CF | (cpl == 0 ? (unsigned)EFLAGS_IOPL : iopl << 12) | ((may ? set : was) ? EFLAGS_IF : 0u);
        assert_int_equal(ia_flags_get(r.c), expected);
        assert_int_equal(rig_do(&r, ia_body_pushf, &i).vector, RIG_FINE);
        assert_int_equal(rig_get(&r, r.c->r[IA_ESP], 4), expected);
    }
    rig_close(&r);
}

/* What a CALL checks, in the manual's order: that the stack has room, that the code segment has EIP, and then the stack as memory. */
static void order_of_a_call(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    rig_descriptor(&r, RIG_GDT + RIG_FREE, 0, 0x2fff, 0xfb, 4);
    ia_insn i = rig_insn(0, 0);
    i.imm2 = RIG_FREE | 3;
    for (unsigned n = 0; n < 8; n++) {
        const bool full = n & 1, outside = n & 2, odd = n & 4;
        rig_ring(&r, 3);
        r.c->cr0 |= CR0_AM;
        ia_flags_set(r.c, EFLAGS_AC, EFLAGS_AC);
        r.c->r[IA_ESP] -= odd ? 2 : 0;
        r.c->seg[IA_SS].limit = full ? 0x100 : UINT32_MAX;
        i.imm = outside ? 0x3000 : 0x2fff;
        const unsigned expected = full ? IA_SS_FAULT : outside ? IA_GP : odd ? IA_AC : RIG_FINE;
        assert_int_equal(rig_do(&r, ia_body_call_far, &i).vector, expected);
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gates),         cmocka_unit_test(behind_gates),       cmocka_unit_test(flags_of_iret),
        cmocka_unit_test(lost_segments), cmocka_unit_test(narrow_stacks),      cmocka_unit_test(v86_in_and_out),
        cmocka_unit_test(v86_and_iopl),  cmocka_unit_test(the_interrupt_flag), cmocka_unit_test(order_of_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
