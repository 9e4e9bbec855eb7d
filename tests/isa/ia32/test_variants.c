/* test_variants.c - machines with the control bits of variants.def: which instructions trap by them, in which rings, and that nothing else
 * does; how they are enumerated; and their names. What traps by which bit is written here once more, from the manual. */
#include "tests/isa/ia32/rig.h"

#include <stdio.h>

enum { AT = 0x10000, DATA = 0x20000 };

/* --- names */

static void names(void **state)
{
    char text[80];
    const char *name;
    size_t length;
    uint32_t set;
    (void)state;
    assert_int_equal(ia32_variants_parse("", &set, &name, &length), 0);
    assert_int_equal(set, 0);
    assert_int_equal(ia32_variants_parse("CPUIDF+umip", &set, &name, &length), 0);
    assert_int_equal(set, IA32_UMIP | IA32_CPUIDF);
    assert_string_equal(ia32_variants_name(set, text, sizeof text), "umip+cpuidf");
    assert_int_equal(ia32_variants_parse("umip+umi", &set, &name, &length), -EINVAL);
    assert_memory_equal(name, "umi", length);
    assert_int_equal(length, 3);
    assert_int_equal(ia32_variants_parse("umip+", &set, &name, &length), -EINVAL);
    assert_int_equal(ia32_variants_parse("+umip", &set, &name, &length), -EINVAL);
    for (set = 0; set < 1u << IA32_VARIANT_COUNT; set++) {
        uint32_t again = ~set;
        assert_int_equal(ia32_variants_parse(ia32_variants_name(set, text, sizeof text), &again, &name, &length), 0);
        assert_int_equal(again, set);
    }
}

static void configurations(void **state)
{
    const struct ia32_config old = {.model = IA_MODEL_386, .variants = IA32_UMIP},
                             unknown = {.model = IA_MODEL_686, .variants = 1u << IA32_VARIANT_COUNT};
    struct machine *m;
    struct rig r;
    (void)state;
    rig_open(&r);
    assert_int_equal(ia32_create(&m, r.phys, NULL, &old), -EINVAL);
    assert_int_equal(ia32_create(&m, r.phys, NULL, &unknown), -EINVAL);
    rig_close(&r);
}

/* --- what traps */

/* By which bits: of IA_TRAPS, and those of the processors that exist. */
enum { UMIP = 1 << 8, FAULTS = 1 << 9 };
static const struct guarded {
    unsigned row;
    const char *bytes;
    unsigned by;
} guarded[] = {
    {IA_INSN_pushf, "\x9c", IA_TRAPS_FLAGS},
    {IA_INSN_pushf, "\x66\x9c", IA_TRAPS_FLAGS},
    {IA_INSN_popf, "\x9d", IA_TRAPS_FLAGS},
    {IA_INSN_iret, "\xcf", IA_TRAPS_FLAGS},
    {IA_INSN_sgdt, "\x0f\x01\x06", IA_TRAPS_TABLES | UMIP},
    {IA_INSN_sidt, "\x0f\x01\x0e", IA_TRAPS_TABLES | UMIP},
    {IA_INSN_smsw, "\x0f\x01\xe0", IA_TRAPS_TABLES | UMIP},
    {IA_INSN_smsw, "\x0f\x01\x26", IA_TRAPS_TABLES | UMIP},
    {IA_INSN_sldt, "\x0f\x00\xc0", IA_TRAPS_TABLES | UMIP},
    {IA_INSN_sldt, "\x0f\x00\x06", IA_TRAPS_TABLES | UMIP},
    {IA_INSN_str, "\x0f\x00\xc8", IA_TRAPS_TABLES | UMIP},
    {IA_INSN_str, "\x0f\x00\x0e", IA_TRAPS_TABLES | UMIP},
    {IA_INSN_lar, "\x0f\x02\xc1", IA_TRAPS_QUESTIONS},
    {IA_INSN_lsl, "\x0f\x03\xc1", IA_TRAPS_QUESTIONS},
    {IA_INSN_verr, "\x0f\x00\xe1", IA_TRAPS_QUESTIONS},
    {IA_INSN_verw, "\x0f\x00\xe9", IA_TRAPS_QUESTIONS},
    {IA_INSN_push_cs, "\x0e", IA_TRAPS_RINGS},
    {IA_INSN_push_ss, "\x16", IA_TRAPS_RINGS},
    {IA_INSN_mov_rm_seg, "\x8c\xc8", IA_TRAPS_RINGS},
    {IA_INSN_mov_rm_seg, "\x8c\xd0", IA_TRAPS_RINGS},
    {IA_INSN_mov_rm_seg, "\x8c\x0e", IA_TRAPS_RINGS},
    {IA_INSN_cpuid, "\x0f\xa2", IA_TRAPS_CPUID | FAULTS},
};
enum { GUARDED = sizeof guarded / sizeof *guarded };

static unsigned bits_of(uint32_t variants)
{
    return (variants & IA32_PUSHF ? IA_TRAPS_FLAGS : 0u) | (variants & IA32_NOLEAK ? IA_TRAPS_QUESTIONS | IA_TRAPS_RINGS : 0u) |
           (variants & IA32_TRAPS ? IA_TRAPS_ALL : 0u) | (variants & IA32_UMIP ? UMIP : 0u) | (variants & IA32_CPUIDF ? FAULTS : 0u);
}

/* Sets bits by the contract, as far as the machine has them. */
static void arm(struct rig *r, unsigned bits)
{
    struct machine *m = &r->c->machine;
    machine_set(m, IA_TRAPS, bits & IA_TRAPS_ALL);
    machine_set(m, IA_MISC_FEATURES, bits & FAULTS ? 1 : 0);
    machine_set(m, IA_CR4, bits & UMIP ? CR4_UMIP : 0);
}

static struct trap execute(struct rig *r, unsigned ring, const char *bytes, size_t length)
{
    uint64_t done = 0;
    rig_ring(r, ring);
    for (unsigned n = 0; n < 8; n++)
        if (n != IA_ESP)
            r->c->r[n] = DATA;
    r->c->r[IA_ECX] = RIG_DATA; /* a selector for LAR and its like */
    rig_put(r, r->c->r[IA_ESP], 4, AT);
    rig_put(r, r->c->r[IA_ESP] + 4, 4, RIG_CODE + 9 * ring);
    rig_put(r, r->c->r[IA_ESP] + 8, 4, EFLAGS_IF | EFLAGS_ONE);
    rig_put(r, AT, 4, 0);
    rig_put(r, AT + 4, 4, 0);
    assert_int_equal(phys_write(r->phys, AT, bytes, length), 0);
    return machine_run(&r->c->machine, 1, &done);
}

static void expect_same(const struct rig *a, const struct rig *b)
{
    assert_memory_equal(a->c->r, b->c->r, sizeof a->c->r);
    assert_memory_equal(a->c->described, b->c->described, sizeof a->c->described);
    assert_int_equal(a->c->eip, b->c->eip);
    assert_int_equal(ia_flags_get(a->c), ia_flags_get(b->c));
    for (pa_t at = DATA; at < DATA + 64; at += 4)
        assert_int_equal(rig_get(a, at, 4), rig_get(b, at, 4));
}

/* One bit after the other, in each ring: a privilege trap outside of ring 0, or just what the plain machine does. */
static void each_bit(void **state)
{
    struct rig plain, r;
    (void)state;
    rig_open(&plain);
    rig_open_variant(&r, IA32_TRAPS | IA32_UMIP | IA32_CPUIDF);
    for (unsigned bit = 0; bit < 11; bit++)
        for (unsigned n = 0; n < GUARDED; n++)
            for (unsigned ring = 0; ring < 4; ring++) {
                const struct guarded *g = &guarded[n];
                const size_t length = g->bytes[0] == 0x0f ? 3 : 2; /* a byte of zero behind is of no weight */
                arm(&r, bit < 10 ? 1u << bit : 0);
                const struct trap t = execute(&r, ring, g->bytes, length);
                if (bit < 10 && g->by >> bit & 1 && ring > 0) {
                    assert_int_equal(t.kind, TRAP_EXCEPTION);
                    assert_int_equal(t.cause, IA_GP);
                    assert_int_equal(t.error, 0);
                    assert_int_equal(t.reason, REASON_PRIVILEGE);
                    assert_int_equal(t.row, g->row);
                    assert_int_equal(r.c->eip, AT);
                    continue;
                }
                if (g->row == IA_INSN_cpuid) {
                    assert_int_equal(t.kind, TRAP_BUDGET);
                    continue; /* it tells of the variant */
                }
                assert_int_equal(execute(&plain, ring, g->bytes, length).kind, t.kind);
                expect_same(&r, &plain);
            }
    rig_close(&r);
    rig_close(&plain);
}

/* --- and nothing else */

/* Some bytes of a row: all that says nothing is zero. */
static size_t bytes_of(const struct insn_desc *d, unsigned modrm, char *bytes)
{
    const insn_t bits = d->match & d->mask;
    memset(bytes, 0, 16);
    memcpy(bytes, &bits, d->length);
    if (strchr(d->encoding, '/'))
        bytes[d->length - 1] = (char)((bytes[d->length - 1] & 0x38) | (int)modrm | (strstr(d->encoding, "/r") ? 1 << 3 : 0));
    return 16;
}

static bool is_guarded(unsigned row)
{
    for (unsigned n = 0; n < GUARDED; n++)
        if (guarded[n].row == row)
            return true;
    return false;
}

static void no_other(void **state)
{
    struct rig plain, r;
    unsigned trapped = 0;
    (void)state;
    rig_open(&plain);
    rig_open_variant(&r, IA32_TRAPS | IA32_UMIP | IA32_CPUIDF);
    for (unsigned row = 0; row < IA_INSN_COUNT; row++)
        for (unsigned form = 0; form < 2; form++) {
            char bytes[16];
            const size_t length = bytes_of(&isa_ia32.rows[row], form ? 0xc0 : 0x06, bytes);
            arm(&r, ~0u);
            const struct trap t = execute(&r, 3, bytes, length), u = execute(&plain, 3, bytes, length);
            if (t.kind == u.kind && t.cause == u.cause && t.reason == u.reason)
                continue;
            trapped++;
            if (!is_guarded(row))
                print_message("%s\n", isa_ia32.rows[row].name);
            assert_true(is_guarded(row));
        }
    assert_true(trapped >= 20);
    rig_close(&r);
    rig_close(&plain);
}

/* The claims are of those rows that trap. */
static void claims(void **state)
{
    (void)state;
    for (uint32_t set = 0; set < 1u << IA32_VARIANT_COUNT; set++)
        for (unsigned row = 0; row < IA_INSN_COUNT; row++) {
            const struct insn_desc d = ia32_row_of(set, row);
            bool traps = false;
            for (unsigned n = 0; n < GUARDED; n++)
                traps |= guarded[n].row == row && guarded[n].by & bits_of(set);
            assert_int_equal(d.traps, !traps ? isa_ia32.rows[row].traps : row == IA_INSN_mov_rm_seg ? TRAPS_COND : TRAPS_PRIV);
            assert_int_equal(d.sensitive, isa_ia32.rows[row].sensitive);
        }
}

/* --- V86 mode is a ring 3, too; real mode is none */

static void other_modes(void **state)
{
    static const char sgdt[] = "\x0f\x01\x06\x00\x01";
    struct rig r;
    uint64_t done = 0;
    (void)state;
    rig_open_variant(&r, IA32_UMIP);
    arm(&r, UMIP);
    for (unsigned v86 = 0; v86 < 2; v86++) {
        struct machine *m = &r.c->machine;
        machine_set(m, MACHINE_MODE, v86 ? IA_V86 : IA_REAL);
        for (unsigned seg = 0; seg < IA_SEGS; seg++)
            r.c->seg[seg] = ia_segment_v86(seg == IA_CS ? 0x100 : 0x200);
        ia_context_changed(r.c);
        machine_set(m, MACHINE_PC, 0);
        assert_int_equal(phys_write(r.phys, 0x1000, sgdt, sizeof sgdt - 1), 0);
        const struct trap t = machine_run(m, 1, &done);
        assert_int_equal(t.kind, v86 ? TRAP_EXCEPTION : TRAP_BUDGET);
        assert_true(!v86 || (t.cause == IA_GP && t.reason == REASON_PRIVILEGE));
    }
    rig_close(&r);
}

/* --- how software finds and sets them */

static bool msr(struct rig *r, bool write, uint32_t number, uint64_t value)
{
    const ia_insn i = rig_insn(0, 0);
    rig_ring(r, 0);
    r->c->r[IA_ECX] = number;
    r->c->r[IA_EAX] = (uint32_t)value;
    r->c->r[IA_EDX] = (uint32_t)(value >> 32);
    if ((write ? ia_body_wrmsr : ia_body_rdmsr)(r->c, &i))
        return write || (r->c->r[IA_EAX] == (uint32_t)value && r->c->r[IA_EDX] == value >> 32);
    assert_int_equal(r->c->trap.cause, IA_GP);
    assert_int_equal(r->c->trap.reason, REASON_UNDEFINED);
    return false;
}

static bool cr4(struct rig *r, uint32_t value)
{
    const ia_insn i = rig_insn(4, IA_EAX);
    rig_ring(r, 0);
    r->c->r[IA_EAX] = value;
    return ia_body_mov_to_cr(r->c, &i);
}

static uint32_t cpuid(struct rig *r, uint32_t leaf, uint32_t sub, unsigned reg)
{
    const ia_insn i = rig_insn(0, 0);
    rig_ring(r, 0);
    r->c->r[IA_EAX] = leaf;
    r->c->r[IA_ECX] = sub;
    assert_true(ia_body_cpuid(r->c, &i));
    return r->c->r[reg];
}

static void enumerated(void **state)
{
    (void)state;
    for (uint32_t set = 0; set < 1u << IA32_VARIANT_COUNT; set++) {
        struct rig r;
        const unsigned bits = bits_of(set), traps = bits & IA_TRAPS_ALL;
        const bool selectors = !(set & (IA32_NOLEAK | IA32_TRAPS));
        rig_open_variant(&r, set);
        const struct machine *m = &r.c->machine;
        assert_int_equal(cpuid(&r, 0, 0, IA_EAX), bits & UMIP || !selectors ? 7 : 1);
        assert_int_equal(cpuid(&r, 7, 0, IA_ECX), bits & UMIP ? 4 : 0);
        assert_int_equal(cpuid(&r, 7, 0, IA_EBX), selectors ? 0 : 1 << 13);
        assert_int_equal(cpuid(&r, 7, 1, IA_ECX) | cpuid(&r, 7, 1, IA_EBX), 0);
        assert_int_equal(cpuid(&r, IA_MSR_TRAPS, 0, IA_EAX), traps);
        assert_int_equal(cr4(&r, CR4_UMIP), bits & UMIP ? true : false);
        assert_int_equal(machine_get(m, IA_CR4), bits & UMIP ? CR4_UMIP : 0);
        assert_int_equal(msr(&r, false, 0xce, UINT64_C(1) << 31), bits & FAULTS ? true : false);
        assert_false(msr(&r, true, 0xce, 0));
        assert_int_equal(msr(&r, true, 0x140, 1), bits & FAULTS ? true : false);
        assert_int_equal(msr(&r, false, 0x140, 1), bits & FAULTS ? true : false);
        assert_false(msr(&r, true, 0x140, 2));
        assert_int_equal(machine_has(m, IA_MISC_FEATURES), bits & FAULTS ? true : false);
        assert_int_equal(msr(&r, true, IA_MSR_TRAPS, traps), traps != 0);
        assert_int_equal(msr(&r, false, IA_MSR_TRAPS, traps), traps != 0);
        assert_false(msr(&r, true, IA_MSR_TRAPS, IA_TRAPS_ALL + 1));
        assert_false(msr(&r, true, IA_MSR_TRAPS, UINT64_C(1) << 32));
        assert_int_equal(machine_has(m, IA_TRAPS), traps != 0);
        machine_set(&r.c->machine, IA_TRAPS, ~UINT64_C(0));
        assert_int_equal(machine_get(m, IA_TRAPS), traps);
        machine_reset(&r.c->machine);
        assert_int_equal(machine_get(m, IA_TRAPS) | machine_get(m, IA_MISC_FEATURES) | machine_get(m, IA_CR4) | r.c->armed, 0);
        rig_close(&r);
    }
}

/* Bits that software sets are the same as those that the contract sets. */
static void armed_by_software(void **state)
{
    struct rig r;
    (void)state;
    rig_open_variant(&r, IA32_TRAPS | IA32_UMIP | IA32_CPUIDF);
    assert_int_equal(execute(&r, 3, "\x0f\x01\xe0", 3).kind, TRAP_BUDGET);
    assert_true(cr4(&r, CR4_UMIP));
    assert_int_equal(execute(&r, 3, "\x0f\x01\xe0", 3).reason, REASON_PRIVILEGE);
    assert_true(cr4(&r, 0));
    assert_int_equal(execute(&r, 3, "\x0f\x01\xe0", 3).kind, TRAP_BUDGET);
    assert_true(msr(&r, true, 0x140, 1));
    assert_int_equal(execute(&r, 3, "\x0f\xa2", 2).reason, REASON_PRIVILEGE);
    assert_true(msr(&r, true, IA_MSR_TRAPS, IA_TRAPS_FLAGS));
    assert_int_equal(execute(&r, 3, "\x9c", 1).reason, REASON_PRIVILEGE);
    rig_close(&r);
}

/* --- the x87's selectors */

static void x87_selectors(void **state)
{
    (void)state;
    for (unsigned without = 0; without < 2; without++) {
        struct rig r;
        rig_open_variant(&r, without ? IA32_NOLEAK : IA32_UMIP);
        struct machine *m = &r.c->machine;
        (void)execute(&r, 3, "\xd9\x06", 2); /* fld dword [esi] */
        assert_int_equal(machine_get(m, IA_X87_FIP), AT);
        assert_int_equal(machine_get(m, IA_X87_FCS), without ? 0 : RIG_CODE + 27);
        assert_int_equal(machine_get(m, IA_X87_FDS), without ? 0 : RIG_DATA + 27);
        rig_put(&r, DATA + 16, 4, 0x1b);
        rig_put(&r, DATA + 24, 4, 0x2b);
        (void)execute(&r, 3, "\xd9\x26", 2); /* fldenv [esi] */
        assert_int_equal(machine_get(m, IA_X87_FCS), without ? 0 : 0x1b);
        assert_int_equal(machine_get(m, IA_X87_FDS), without ? 0 : 0x2b);
        machine_set(m, IA_X87_FCS, 0x33);
        machine_set(m, IA_X87_FDS, 0x3b);
        assert_int_equal(machine_get(m, IA_X87_FCS), without ? 0 : 0x33);
        assert_int_equal(machine_get(m, IA_X87_FDS), without ? 0 : 0x3b);
        rig_close(&r);
    }
}

/* The same by the fast bodies: fld dword [esi]; fstp st(0); loop to the first; and at the end, where a budget is counted by the
 * instruction, a jump to itself. */
static void x87_selectors_of_a_loop(void **state)
{
    (void)state;
    for (unsigned without = 0; without < 2; without++) {
        struct rig r;
        uint64_t done = 0;
        rig_open_variant(&r, without ? IA32_NOLEAK : IA32_UMIP);
        struct machine *m = &r.c->machine;
        rig_ring(&r, 3);
        r.c->r[IA_ESI] = DATA;
        r.c->r[IA_ECX] = 100;
        machine_set(m, IA_X87_CONTROL, 0x37f);
        machine_set(m, IA_X87_TAG, 0);
        assert_int_equal(phys_write(r.phys, AT, "\xd9\x06\xdd\xd8\xe2\xfa\xeb\xfe", 8), 0);
        assert_int_equal(machine_run(m, 3000, &done).kind, TRAP_BUDGET);
        assert_int_equal(machine_get(m, IA_X87_FIP), AT + 2);
        assert_int_equal(machine_get(m, IA_X87_FCS), without ? 0 : RIG_CODE + 27);
        assert_int_equal(machine_get(m, IA_X87_FDS), without ? 0 : RIG_DATA + 27);
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),         cmocka_unit_test(configurations),
        cmocka_unit_test(each_bit),      cmocka_unit_test(no_other),
        cmocka_unit_test(claims),        cmocka_unit_test(other_modes),
        cmocka_unit_test(enumerated),    cmocka_unit_test(armed_by_software),
        cmocka_unit_test(x87_selectors), cmocka_unit_test(x87_selectors_of_a_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
