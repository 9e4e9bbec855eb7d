/* test_guest.c - guest mode, of the variant vt: which instructions exit by which bit, in which ring; that nothing else does; and that guest mode
 * changes nothing else. What is in which group is written here once more.
 */
#include "tests/isa/ia32/rig.h"

enum { AT = 0x10000, DATA = 0x20000 };

static const struct exiting {
    unsigned row;
    const char *bytes;
    unsigned group;
    bool open; /* to ring 3 */
} exiting[] = {
    {IA_INSN_mov_r_cr, "\x0f\x20\xc1", IA_INTERCEPT_CR, false},
    {IA_INSN_mov_r_cr, "\x0f\x20\xd1", IA_INTERCEPT_CR, false},
    {IA_INSN_mov_r_cr, "\x0f\x20\xd9", IA_INTERCEPT_CR, false},
    {IA_INSN_mov_r_cr, "\x0f\x20\xe1", IA_INTERCEPT_CR, false},
    {IA_INSN_mov_cr_r, "\x0f\x22\xd1", IA_INTERCEPT_CR, false},
    {IA_INSN_mov_cr_r, "\x0f\x22\xd9", IA_INTERCEPT_CR, false},
    {IA_INSN_lmsw, "\x0f\x01\xf1", IA_INTERCEPT_CR, false},
    {IA_INSN_clts, "\x0f\x06", IA_INTERCEPT_CR, false},
    {IA_INSN_smsw, "\x0f\x01\xe0", IA_INTERCEPT_CR, true},
    {IA_INSN_smsw, "\x0f\x01\x26", IA_INTERCEPT_CR, true},
    {IA_INSN_mov_r_dr, "\x0f\x21\xc1", IA_INTERCEPT_DR, false},
    {IA_INSN_mov_dr_r, "\x0f\x23\xc1", IA_INTERCEPT_DR, false},
    {IA_INSN_rdmsr, "\x0f\x32", IA_INTERCEPT_MSR, false},
    {IA_INSN_wrmsr, "\x0f\x30", IA_INTERCEPT_MSR, false},
    {IA_INSN_rdtsc, "\x0f\x31", IA_INTERCEPT_TSC, true},
    {IA_INSN_in_i, "\xe4\x60", IA_INTERCEPT_PORT, false},
    {IA_INSN_out_i, "\xe6\x60", IA_INTERCEPT_PORT, false},
    {IA_INSN_in_dx, "\xec", IA_INTERCEPT_PORT, false},
    {IA_INSN_out_dx, "\xef", IA_INTERCEPT_PORT, false},
    {IA_INSN_ins, "\x6d", IA_INTERCEPT_PORT, false},
    {IA_INSN_outs, "\xf3\x6e", IA_INTERCEPT_PORT, false},
    {IA_INSN_hlt, "\xf4", IA_INTERCEPT_HALT, false},
    {IA_INSN_invlpg, "\x0f\x01\x3e", IA_INTERCEPT_PAGE, false},
    {IA_INSN_jmp_far, "\xea\x00\x00\x00\x00\x58\x00", IA_INTERCEPT_TASK, false},
};
enum { EXITING = sizeof exiting / sizeof *exiting };

static struct trap execute(struct rig *r, unsigned ring, const void *bytes)
{
    uint64_t done = 0;
    rig_tables(r); /* the tasks are as they were */
    r->c->gdtr.base = RIG_GDT;
    r->c->cr0 = CR0_PE | CR0_ET | CR0_NE;
    r->c->cr2 = r->c->cr3 = r->c->cr4 = r->c->dr[0] = 0;
    for (unsigned at = 0; at < 0x68; at += 4)
        rig_put(r, RIG_TSS_B + at, 4, 0);
    rig_put(r, RIG_TSS_B + 0x20, 4, AT);
    rig_put(r, RIG_TSS + 0x66, 2, 0xffff); /* no port is open */
    for (unsigned seg = 0; seg < IA_SEGS; seg++)
        rig_put(r, RIG_TSS_B + 0x48 + 4 * seg, 4, seg == IA_CS ? RIG_CODE : RIG_DATA);
    for (pa_t at = DATA - 64; at < DATA + 64; at += 4)
        rig_put(r, at, 4, 0);
    rig_ring(r, ring);
    for (unsigned n = 0; n < 8; n++)
        if (n != IA_ESP)
            r->c->r[n] = DATA;
    r->c->r[IA_EDX] = 0x60;
    r->c->r[IA_ECX] = 0x10; /* the MSR of time; bits of CR0 that clear nothing; iterations */
    rig_put(r, r->c->r[IA_ESP], 4, AT);
    rig_put(r, r->c->r[IA_ESP] + 4, 4, RIG_CODE + 9 * ring);
    rig_put(r, r->c->r[IA_ESP] + 8, 4, EFLAGS_IF | EFLAGS_ONE);
    assert_int_equal(phys_write(r->phys, AT, bytes, 16), 0);
    r->c->clock = r->c->retired = 0;
    return machine_run(&r->c->machine, 1, &done);
}

static struct trap execute_short(struct rig *r, unsigned ring, const char *text, size_t length)
{
    char bytes[16] = {0};
    memcpy(bytes, text, length);
    return execute(r, ring, bytes);
}

static size_t length_of(const struct exiting *e)
{
    return e->row == IA_INSN_jmp_far ? 7 : (unsigned char)e->bytes[0] == 0x0f && e->bytes[2] ? 3 : 2;
}

static void enter(struct rig *r, bool guest, unsigned intercept)
{
    machine_set(&r->c->machine, IA_INNER, guest);
    machine_set(&r->c->machine, IA_INTERCEPT, intercept);
}

static void expect_same(const struct rig *a, const struct rig *b)
{
    rig_expect_unchanged(a->c, b->c);
    assert_int_equal(a->c->clock, b->c->clock);
    assert_int_equal(a->c->gdtr.base, b->c->gdtr.base);
    assert_int_equal(a->c->idtr.base, b->c->idtr.base);
    for (pa_t at = DATA - 64; at < DATA + 64; at += 4)
        assert_int_equal(rig_get(a, at, 4), rig_get(b, at, 4));
}

/* One bit after the other, in rings 0 and 3: it exits and has done nothing; or it does what it does in root mode, and so it does where the ring
 * may not have it. */
static void each_bit(void **state)
{
    struct rig root, r;
    (void)state;
    rig_open(&root);
    rig_open_variant(&r, IA32_VT);
    for (unsigned bit = 0; bit <= 8; bit++)
        for (unsigned n = 0; n < EXITING; n++)
            for (unsigned ring = 0; ring < 4; ring += 3) {
                const struct exiting *e = &exiting[n];
                const bool exits = bit < 8 && e->group >> bit & 1 && (ring == 0 || e->open);
                enter(&r, true, bit < 8 ? 1u << bit : 0);
                const struct trap t = execute_short(&r, ring, e->bytes, length_of(e));
                const struct trap u = execute_short(&root, ring, e->bytes, length_of(e));
                if (exits) {
                    assert_int_equal(t.kind, TRAP_EXCEPTION);
                    assert_int_equal(t.cause, IA_EXIT);
                    assert_int_equal(t.reason, REASON_PRIVILEGE);
                    assert_int_equal(t.tval, e->group);
                    assert_int_equal(t.row, e->row);
                    assert_int_equal(r.c->eip, AT);
                    assert_int_equal(r.c->retired, 0);
                    assert_int_equal(r.c->r[IA_EAX], DATA);
                    assert_int_equal(rig_get(&r, RIG_GDT + RIG_SEL_TSS_B + 4, 4) >> 8 & 2, 0); /* no task is busy now */
                    continue;
                }
                assert_true(ring == 3 || u.kind != TRAP_EXCEPTION);
                assert_int_equal(t.kind, u.kind);
                assert_int_equal(t.cause, u.cause);
                expect_same(&r, &root);
            }
    rig_close(&r);
    rig_close(&root);
}

static bool is_exiting(unsigned row)
{
    for (unsigned n = 0; n < EXITING; n++)
        if (exiting[n].row == row)
            return true;
    return false;
}

/* All others, PUSHF, SGDT and IRET too, are the same in guest mode with all bits set: on the guest's own registers. */
static void no_other(void **state)
{
    struct rig root, r;
    unsigned exits = 0;
    (void)state;
    rig_open(&root);
    rig_open_variant(&r, IA32_VT);
    enter(&r, true, IA_INTERCEPT_ALL);
    for (unsigned row = 0; row < IA_INSN_COUNT; row++)
        for (unsigned form = 0; form < 4; form++) {
            const struct insn_desc *d = &isa_ia32.rows[row];
            const insn_t bits = d->match & d->mask;
            const unsigned ring = form & 2 ? 3 : 0;
            uint8_t bytes[16] = {0};
            memcpy(bytes, &bits, d->length);
            if (strchr(d->encoding, '/'))
                bytes[d->length - 1] |= form & 1 ? 0xc0 : 0x06;
            const struct trap t = execute(&r, ring, bytes), u = execute(&root, ring, bytes);
            if (t.kind == TRAP_EXCEPTION && t.cause == IA_EXIT) {
                exits++;
                if (!is_exiting(row))
                    fail_msg("%s exits", d->name);
                continue;
            }
            assert_int_equal(t.kind, u.kind);
            assert_int_equal(t.cause, u.cause);
            assert_int_equal(t.reason, u.reason);
            expect_same(&r, &root);
        }
    assert_true(exits >= 20);
    rig_close(&r);
    rig_close(&root);
}

/* In root mode the bits are of no weight; an exit that nobody outside takes ends it all. */
static void modes(void **state)
{
    struct rig r;
    (void)state;
    rig_open_variant(&r, IA32_VT);
    enter(&r, false, IA_INTERCEPT_ALL);
    assert_int_equal(execute_short(&r, 0, "\xf4", 2).kind, TRAP_WAIT);
    enter(&r, true, IA_INTERCEPT_ALL);
    const struct trap t = execute_short(&r, 0, "\xf4", 2);
    assert_int_equal(t.cause, IA_EXIT);
    assert_int_equal(machine_deliver(&r.c->machine, &t), DELIVERY_SHUTDOWN);
    machine_reset(&r.c->machine);
    assert_int_equal(machine_get(&r.c->machine, IA_INNER) | machine_get(&r.c->machine, IA_INTERCEPT), 0);
    rig_close(&r);
}

/* Other machines have no such registers. */
static void only_there(void **state)
{
    (void)state;
    for (unsigned vt = 0; vt < 2; vt++) {
        struct rig r;
        rig_open_variant(&r, vt ? IA32_VT : IA32_TRAPS);
        enter(&r, true, ~0u);
        assert_int_equal(machine_has(&r.c->machine, IA_INNER), vt);
        assert_int_equal(machine_has(&r.c->machine, IA_INTERCEPT), vt);
        assert_int_equal(machine_get(&r.c->machine, IA_INNER), vt);
        assert_int_equal(machine_get(&r.c->machine, IA_INTERCEPT), vt ? IA_INTERCEPT_ALL : 0);
        rig_close(&r);
    }
}

/* Whoever has the machine sets guest mode from outside. No instruction does, so that no guest is a hypervisor by it: what VMX and SVM have for
 * that is not there, in either mode, nor does CPUID say that it is. */
static void no_way_in(void **state)
{
    static const char way[][4] = {"\x0f\x01\xc1", "\x0f\x01\xc2", "\x0f\x01\xc3", "\x0f\x01\xc4", "\x0f\xc7\x36", "\x0f\x01\xd8",
                                  "\x0f\x01\xd9", "\x0f\x01\xda", "\x0f\x01\xdb", "\x0f\x01\xdc", "\x0f\x01\xdd"};
    struct rig r;
    (void)state;
    rig_open_variant(&r, IA32_VT);
    for (unsigned n = 0; n < 2 * sizeof way / sizeof *way; n++) {
        enter(&r, n % 2, IA_INTERCEPT_ALL);
        const struct trap t = execute_short(&r, 0, way[n / 2], 3);
        assert_int_equal(t.cause, IA_UD);
        assert_int_equal(t.reason, REASON_UNDEFINED);
        assert_int_equal(machine_get(&r.c->machine, IA_INNER), n % 2);
    }
    enter(&r, false, 0);
    assert_int_equal(execute_short(&r, 0, "\xb8\x01\0\0\0", 5).kind, TRAP_BUDGET); /* mov eax, 1 */
    r.c->eip = AT;
    assert_int_equal(phys_write(r.phys, AT, "\x0f\xa2", 2), 0); /* cpuid */
    uint64_t done = 0;
    assert_int_equal(machine_run(&r.c->machine, 1, &done).kind, TRAP_BUDGET);
    assert_int_equal(done, 1);
    assert_int_equal(r.c->r[IA_ECX] >> 5 & 1, 0);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_bit), cmocka_unit_test(no_other), cmocka_unit_test(modes),
                                       cmocka_unit_test(only_there), cmocka_unit_test(no_way_in)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
