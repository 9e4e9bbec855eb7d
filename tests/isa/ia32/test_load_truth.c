/* test_load_truth.c - every descriptor into every kind of register: S x type x DPL x P of the descriptor, RPL of the selector, CPL. The
 * oracle restates the pseudo-code of [SDM 2A, 2B] in its own words and knows a descriptor by its byte 5 alone.
 */
#include "tests/isa/ia32/rig.h"

struct situation {
    unsigned access; /* byte 5 of the descriptor: P DPL S type */
    unsigned rpl, cpl;
    bool local;
};
static unsigned type_of(struct situation s) { return s.access & 15; }
static unsigned dpl_of(struct situation s) { return s.access >> 5 & 3; }
static bool present(struct situation s) { return s.access & 0x80; }
static bool is_memory(struct situation s) { return s.access & 0x10; }
static bool is_code(struct situation s) { return is_memory(s) && type_of(s) >= 8; }
static bool is_conforming(struct situation s) { return is_code(s) && (type_of(s) & 4); }
static bool is_writable(struct situation s) { return is_memory(s) && type_of(s) < 8 && (type_of(s) & 2); }
static bool is_readable(struct situation s) { return is_memory(s) && (type_of(s) < 8 || (type_of(s) & 2)); }
static uint16_t selector_of(struct situation s) { return (uint16_t)(RIG_FREE | (s.local ? 4u : 0) | s.rpl); }

typedef unsigned oracle(struct situation); /* a vector, or RIG_FINE; the error code is the selector */

static unsigned oracle_data(struct situation s)
{
    if (!is_readable(s))
        return 13;
    if (!is_conforming(s) && (s.rpl > dpl_of(s) || s.cpl > dpl_of(s)))
        return 13;
    return present(s) ? RIG_FINE : 11;
}
static unsigned oracle_stack(struct situation s)
{
    if (s.rpl != s.cpl || !is_writable(s) || dpl_of(s) != s.cpl)
        return 13;
    return present(s) ? RIG_FINE : 12;
}
static unsigned oracle_jump(struct situation s)
{
    if (!is_code(s))
        return 13;
    if (is_conforming(s) ? dpl_of(s) > s.cpl : s.rpl > s.cpl || dpl_of(s) != s.cpl)
        return 13;
    return present(s) ? RIG_FINE : 11;
}
static unsigned oracle_return(struct situation s)
{
    if (!is_code(s) || s.rpl < s.cpl)
        return 13;
    if (is_conforming(s) ? dpl_of(s) > s.rpl : dpl_of(s) != s.rpl)
        return 13;
    return present(s) ? RIG_FINE : 11;
}
static unsigned oracle_ldt(struct situation s)
{
    if (s.local || is_memory(s) || type_of(s) != 2)
        return 13;
    return present(s) ? RIG_FINE : 11;
}
static unsigned oracle_tss(struct situation s)
{
    if (s.local || is_memory(s) || (type_of(s) != 1 && type_of(s) != 9))
        return 13;
    return present(s) ? RIG_FINE : 11;
}

/* --- One case */

static struct situation situation(unsigned n)
{
    return (struct situation){.access = n & 0xff, .rpl = n >> 8 & 3, .cpl = n >> 10 & 3, .local = n >> 12 & 1};
}
enum { SITUATIONS = 1 << 13, BASE = 0x00012340, LIMIT = 0x7fff };

static void arrange(struct rig *r, struct situation s)
{
    rig_descriptor(r, rig_entry(selector_of(s)), BASE, LIMIT, s.access, 0x4);
    rig_ring(r, s.cpl);
    r->c->r[IA_EAX] = 0xdead0000 | selector_of(s);
}

/* What a load that went through left in the register, and in the table. */
static void expect_loaded(struct rig *r, struct situation s, unsigned reg, uint16_t selector, unsigned access)
{
    const struct ia_segment *got = &r->c->described[reg];
    assert_int_equal(got->selector, selector);
    assert_int_equal(got->base, BASE);
    assert_int_equal(got->limit, LIMIT);
    assert_int_equal(got->rights, 0x4000 | access);
    assert_int_equal(rig_get(r, rig_entry(selector_of(s)) + 5, 1), access);
}

static void expect_refused(struct rig *r, struct situation s, struct rig_outcome o, oracle *of, const struct ia_cpu *before)
{
    struct situation at_0 = s;
    at_0.cpl = 0;
    assert_int_equal(o.error, selector_of(s) & 0xfffc);
    assert_int_equal(o.reason, of(at_0) == RIG_FINE ? REASON_PRIVILEGE : REASON_RESOURCE);
    rig_expect_unchanged(r->c, before);
    assert_int_equal(rig_get(r, rig_entry(selector_of(s)) + 5, 1), s.access);
}

typedef struct rig_outcome act(struct rig *, struct situation);

/* All situations; `reg` is what is loaded, `selector` by which RPL it shows. Refusals that come before the descriptor is looked at have the
 * error code 0 and are not the table's: they are in `skip`. */
static void every(act *what, oracle *of, unsigned reg, unsigned marks, bool cpl_0_only, bool rpl_is_cpl)
{
    struct rig r;
    struct ia_cpu *before = malloc(sizeof *before);
    unsigned fine = 0;
    rig_open(&r);
    for (unsigned n = 0; n < SITUATIONS; n++) {
        const struct situation s = situation(n);
        arrange(&r, s);
        if (cpl_0_only && s.cpl != 0)
            continue;
        memcpy(before, r.c, sizeof *before);
        const struct rig_outcome o = what(&r, s);
        if (o.vector != of(s))
            fail_msg("access %02x rpl %u cpl %u local %d: %u, not %u", s.access, s.rpl, s.cpl, s.local, o.vector, of(s));
        if (o.vector != RIG_FINE) {
            expect_refused(&r, s, o, of, before);
            continue;
        }
        const unsigned rpl = rpl_is_cpl ? r.c->cpl : s.rpl;
        expect_loaded(&r, s, reg, (uint16_t)((selector_of(s) & ~3u) | rpl), s.access | marks);
        fine++;
        rig_tables(&r);
    }
    assert_true(fine > 3);
    rig_close(&r);
    free(before);
}

/* --- The instructions */

static struct rig_outcome mov(struct rig *r, unsigned seg)
{
    const ia_insn i = rig_insn(seg, IA_EAX);
    return rig_do(r, ia_body_mov_to_seg, &i);
}
static struct rig_outcome mov_ds(struct rig *r, struct situation s) { return (void)s, mov(r, IA_DS); }
static struct rig_outcome mov_es(struct rig *r, struct situation s) { return (void)s, mov(r, IA_ES); }
static struct rig_outcome mov_fs(struct rig *r, struct situation s) { return (void)s, mov(r, IA_FS); }
static struct rig_outcome mov_gs(struct rig *r, struct situation s) { return (void)s, mov(r, IA_GS); }
static struct rig_outcome mov_ss(struct rig *r, struct situation s) { return (void)s, mov(r, IA_SS); }

static struct rig_outcome pop_fs(struct rig *r, struct situation s)
{
    ia_insn i = rig_insn(0, 0);
    i.opcode = 0xa1;
    rig_put(r, r->c->r[IA_ESP], 4, selector_of(s));
    return rig_do(r, ia_body_pop_seg, &i);
}

static struct rig_outcome lss(struct rig *r, struct situation s)
{
    ia_insn i = rig_insn(IA_EDX, 0);
    i.opcode = 0xb2;
    i.rm_is_memory = true;
    i.disp = 0x6000;
    rig_put(r, 0x6000, 4, 0x12345678);
    rig_put(r, 0x6004, 2, selector_of(s));
    const struct rig_outcome o = rig_do(r, ia_body_load_far, &i);
    if (o.vector == RIG_FINE)
        assert_int_equal(r->c->r[IA_EDX], 0x12345678);
    return o;
}

static struct rig_outcome jump(struct rig *r, struct situation s)
{
    ia_insn i = rig_insn(0, 0);
    i.imm = 0x1234;
    i.imm2 = selector_of(s);
    const struct rig_outcome o = rig_do(r, ia_body_jmp_far, &i);
    if (o.vector == RIG_FINE)
        assert_int_equal(r->c->next, 0x1234);
    return o;
}

static struct rig_outcome call(struct rig *r, struct situation s)
{
    const uint32_t esp = r->c->r[IA_ESP];
    const uint16_t cs = r->c->seg[IA_CS].selector;
    ia_insn i = rig_insn(0, 0);
    i.imm = 0x1234;
    i.imm2 = selector_of(s);
    const struct rig_outcome o = rig_do(r, ia_body_call_far, &i);
    if (o.vector == RIG_FINE) {
        assert_int_equal(r->c->next, 0x1234);
        assert_int_equal(r->c->r[IA_ESP], esp - 8);
        assert_int_equal(rig_get(r, esp - 4, 4), cs);
        assert_int_equal(rig_get(r, esp - 8, 4), 0x10002);
    }
    return o;
}

/* A return frame of `words`; outward there is a stack behind it. */
static struct rig_outcome back(struct rig *r, struct situation s, ia_body *body, unsigned words)
{
    const uint32_t esp = r->c->r[IA_ESP];
    const ia_insn i = rig_insn(0, 0);
    rig_put(r, esp, 4, 0x1234);
    rig_put(r, esp + 4, 4, selector_of(s));
    rig_put(r, esp + 8, 4, EFLAGS_ZF);
    rig_put(r, esp + 4 * words, 4, 0x7654);
    rig_put(r, esp + 4 * words + 4, 4, RIG_DATA + 9 * s.rpl);
    const struct rig_outcome o = rig_do(r, body, &i);
    if (o.vector != RIG_FINE)
        return o;
    assert_int_equal(r->c->next, 0x1234);
    assert_int_equal(r->c->cpl, s.rpl);
    assert_int_equal(r->c->seg[IA_SS].selector, RIG_DATA + 9 * s.rpl);
    assert_int_equal(r->c->r[IA_ESP], s.rpl > s.cpl ? 0x7654 : esp + 4 * words);
    /* Data of the inner ring is out of reach now. */
    assert_int_equal(r->c->seg[IA_FS].rights == IA_RIGHTS_NULL, s.rpl > s.cpl);
    return o;
}
static struct rig_outcome retf(struct rig *r, struct situation s) { return back(r, s, ia_body_ret_far, 2); }
static struct rig_outcome iret(struct rig *r, struct situation s) { return back(r, s, ia_body_iret, 3); }

static struct rig_outcome lldt(struct rig *r, struct situation s)
{
    const ia_insn i = rig_insn(2, IA_EAX);
    return (void)s, rig_do(r, ia_body_lldt, &i);
}
static struct rig_outcome ltr(struct rig *r, struct situation s)
{
    const ia_insn i = rig_insn(3, IA_EAX);
    return (void)s, rig_do(r, ia_body_ltr, &i);
}

/* A jump or a call to these is another matter. */
static unsigned oracle_transfer(struct situation s)
{
    static const uint16_t others = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 9 | 1 << 11 | 1 << 12; /* TSSs, call and task gates */
    return !is_memory(s) && (others >> type_of(s) & 1) ? RIG_FINE : oracle_jump(s);
}
static struct rig_outcome jump_to_code(struct rig *r, struct situation s)
{
    return oracle_jump(s) == oracle_transfer(s)
               ? jump(r, s)
               : (struct rig_outcome){.vector = 13, .error = selector_of(s) & 0xfffc, .reason = REASON_RESOURCE};
}
static struct rig_outcome call_to_code(struct rig *r, struct situation s)
{
    return oracle_jump(s) == oracle_transfer(s)
               ? call(r, s)
               : (struct rig_outcome){.vector = 13, .error = selector_of(s) & 0xfffc, .reason = REASON_RESOURCE};
}

static void data_segments(void **state)
{
    (void)state;
    every(mov_ds, oracle_data, IA_DS, 1, false, false);
    every(mov_es, oracle_data, IA_ES, 1, false, false);
    every(mov_fs, oracle_data, IA_FS, 1, false, false);
    every(mov_gs, oracle_data, IA_GS, 1, false, false);
    every(pop_fs, oracle_data, IA_FS, 1, false, false);
}
static void stack_segments(void **state)
{
    (void)state;
    every(mov_ss, oracle_stack, IA_SS, 1, false, false);
    every(lss, oracle_stack, IA_SS, 1, false, false);
}
static void jumps(void **state)
{
    (void)state;
    every(jump_to_code, oracle_jump, IA_CS, 1, false, true);
}
static void calls(void **state)
{
    (void)state;
    every(call_to_code, oracle_jump, IA_CS, 1, false, true);
}
static void returns(void **state)
{
    (void)state;
    every(retf, oracle_return, IA_CS, 1, false, false);
    every(iret, oracle_return, IA_CS, 1, false, false);
}
static void system_segments(void **state)
{
    (void)state;
    every(lldt, oracle_ldt, IA_LDTR, 0, true, false);
    every(ltr, oracle_tss, IA_TR, 2, true, false);
}

/* --- LAR, LSL, VERR, VERW: ZF, and the register only with ZF. */

static bool oracle_sees(struct situation s) { return is_conforming(s) || (dpl_of(s) >= s.cpl && dpl_of(s) >= s.rpl); }

static bool oracle_answer(struct situation s, ia_body *body)
{
    static const uint16_t lar = 0x1a3e, lsl = 0x0a0e; /* bits by type */
    if (!oracle_sees(s))
        return false;
    if (body == ia_body_verr)
        return is_readable(s);
    if (body == ia_body_verw)
        return is_writable(s);
    return is_memory(s) || ((body == ia_body_lar ? lar : lsl) >> type_of(s) & 1);
}

static void questions(void **state)
{
    static ia_body *const body[] = {ia_body_lar, ia_body_lsl, ia_body_verr, ia_body_verw};
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned b = 0; b < 4; b++)
        for (unsigned n = 0; n < SITUATIONS; n++) {
            const struct situation s = situation(n);
            const ia_insn i = rig_insn(IA_EDX, IA_EAX);
            arrange(&r, s);
            r.c->r[IA_EDX] = 0x55555555;
            ia_flags_set(r.c, n & 1 ? UINT32_MAX : 0, EFLAGS_STATUS);
            assert_int_equal(rig_do(&r, body[b], &i).vector, RIG_FINE);
            const bool zf = oracle_answer(s, body[b]);
            assert_int_equal(ia_flags_get(r.c) & EFLAGS_STATUS, (n & 1 ? EFLAGS_STATUS & ~EFLAGS_ZF : 0) | (zf ? EFLAGS_ZF : 0));
            const uint32_t value = b == 0 ? 0x00400000u | s.access << 8 : LIMIT;
            assert_int_equal(r.c->r[IA_EDX], zf && b < 2 ? value : 0x55555555);
        }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_segments), cmocka_unit_test(stack_segments),  cmocka_unit_test(jumps),     cmocka_unit_test(calls),
        cmocka_unit_test(returns),       cmocka_unit_test(system_segments), cmocka_unit_test(questions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
