/* test_i386.c - flags and addresses that the manual leaves undefined, on a 386: each rule of isa/ia32/i386.h against its definition bit by bit,
 * and runs of fast bodies. On the 686 they are as ever (test_host.c).
 */
#include "tests/isa/ia32/code_rig.h"
#include "tests/isa/ia32/rig.h"

#include "isa/ia32/decode.h"

enum { STEP_ROL, STEP_ROR, STEP_RCL, STEP_RCR, STEP_SHL, STEP_SHR, STEP_SAR, STEPS };
struct bits {
    uint32_t v;
    bool cf, of;
};

static bool bit(uint32_t v, unsigned n) { return v >> n & 1; }

/* One step, OF as the manual has it for counts of one [SDM 2B, RCL and SAL]. */
static void step(struct bits *b, unsigned what, unsigned width)
{
    const bool top = bit(b->v, width - 1), low = bit(b->v, 0), left = what == STEP_ROL || what == STEP_RCL || what == STEP_SHL;
    const bool in = what == STEP_ROL || what == STEP_SAR   ? top
                    : what == STEP_ROR                     ? low
                    : what == STEP_RCL || what == STEP_RCR ? b->cf
                                                           : false;
    b->cf = left ? top : low;
    b->v = left ? b->v << 1 | in : b->v >> 1 | (uint32_t)in << (width - 1);
    b->v &= UINT32_MAX >> (32 - width);
    b->of = left ? bit(b->v, width - 1) != b->cf : bit(b->v, width - 1) != bit(b->v, width - 2);
}

static uint32_t of_result(unsigned width, uint32_t v)
{
    return (v == 0 ? EFLAGS_ZF : 0u) | (bit(v, width - 1) ? EFLAGS_SF : 0u) | (__builtin_popcount(v & 0xff) % 2 ? 0u : EFLAGS_PF);
}

static uint32_t of_bits(const struct bits *b) { return (b->cf ? EFLAGS_CF : 0u) | (b->of ? EFLAGS_OF : 0u); }

static uint32_t shifted(unsigned what, unsigned width, uint32_t a, unsigned count, uint32_t flags, uint32_t *value)
{
    struct bits b = {.v = a, .cf = flags & EFLAGS_CF}, eight = {0};
    for (unsigned n = 0; n < count; n++) {
        step(&b, what, width);
        if (n == 7)
            eight = b;
    }
    *value = b.v;
    if (!count)
        return flags;
    if (what < STEP_SHL)
        return (flags & ~(uint32_t)(EFLAGS_CF | EFLAGS_OF)) | of_bits(&b);
    if (width == 8 && (count == 16 || count == 24))
        b = (struct bits){.v = b.v, .cf = eight.cf, .of = eight.of};
    return of_bits(&b) | of_result(width, b.v) | EFLAGS_AF;
}

static void open_386(struct rig *r)
{
    rig_open(r);
    r->c->config.model = IA_MODEL_386;
}

/* Decodes, and executes by the body that was chosen. */
static void act(struct rig *r, const uint8_t *bytes, unsigned count)
{
    ia_insn i;
    assert_int_equal(ia_decode(&r->c->config, IA_CTX_D, bytes, count, &i), IA_DECODED);
    ia_body_choose(&i, IA_DECODED, r->c->config.model);
    assert_true(i.body(r->c, &i));
}

/* The operand that ModRM says is EAX, and where it is memory there, too. */
enum { THERE = 0x6000 };
static uint32_t operand(const struct rig *r, bool memory) { return memory ? rig_get(r, THERE, 4) : r->c->r[IA_EAX]; }
static void operand_set(struct rig *r, uint32_t v, uint32_t flags)
{
    r->c->r[IA_EAX] = v;
    rig_put(r, THERE, 4, v);
    r->c->r[IA_EBX] = THERE;
    ia_flags_status_set(&r->c->flags, flags);
}

/* By a constant, by CL, and of one by one; of EAX, and of [EBX]. */
static void try_shift(struct rig *r, unsigned what, unsigned log, uint32_t a, unsigned count, uint32_t flags)
{
    static const uint8_t opcode[3] = {0xc0, 0xd2, 0xd0}, reg[STEPS] = {0, 1, 2, 3, 4, 5, 7};
    const unsigned width = 8u << log;
    uint32_t value;
    const uint32_t want = shifted(what, width, a, count, flags, &value);
    for (unsigned form = 0; form < (count == 1 ? 6 : 4); form++) {
        const bool memory = form & 1;
        const uint8_t modrm = (uint8_t)((memory ? IA_EBX : 0xc0 | IA_EAX) | reg[what] << 3);
        const uint8_t bytes[] = {0x66, (uint8_t)(opcode[form >> 1] | (log > 0)), modrm, (uint8_t)count};
        operand_set(r, a, flags);
        r->c->r[IA_ECX] = count | 0xe0;
        act(r, bytes + (log != 1), sizeof bytes - (log != 1));
        const uint32_t got = ia_flags_status(&r->c->flags), result = operand(r, memory) & UINT32_MAX >> (32 - width);
        if (got != want || result != value)
            fail_msg("shift %u of %u bits, form %u: %x by %u, flags %x: %x, not %x; flags %x, not %x", what, width, form, a, count,
                     flags, result, value, got, want);
    }
}

static void shifts_and_rotations(void **state)
{
    static const uint32_t sample[] = {0, 1, 0x4000, 0x8000, 0xc001, 0x12345678, 0x40000000, 0x80000000, 0x80000001, UINT32_MAX};
    struct rig r;
    (void)state;
    open_386(&r);
    for (unsigned n = 0; n < STEPS * 32 * 4; n++) {
        const unsigned what = n % STEPS, count = n / STEPS % 32;
        const uint32_t flags = (n / STEPS / 32 & 1 ? EFLAGS_CF : 0u) | (n / STEPS / 64 ? EFLAGS_OF | EFLAGS_SF : 0u);
        for (uint32_t a = 0; a < 256; a++)
            try_shift(&r, what, 0, a, count, flags);
        for (unsigned k = 0; k < sizeof sample / sizeof *sample; k++) {
            try_shift(&r, what, 1, sample[k] & 0xffff, count, flags);
            try_shift(&r, what, 2, sample[k], count, flags);
        }
    }
    rig_close(&r);
}

/* --- BT BTS BTR BTC, of registers and of memory, by a register and by a constant. */

static void try_bit(struct rig *r, unsigned op, unsigned log, uint32_t a, unsigned n, uint32_t flags)
{
    const unsigned width = 16u << log;
    struct bits b = {.v = a};
    for (unsigned k = 0; k < n; k++)
        step(&b, STEP_ROR, width);
    const uint32_t want = (flags & ~(uint32_t)(EFLAGS_CF | EFLAGS_OF)) | (bit(b.v, 0) ? EFLAGS_CF : 0u) |
                          (bit(b.v, width - 1) != bit(b.v, width - 2) ? EFLAGS_OF : 0u);
    const uint32_t mask = UINT32_C(1) << n, value = op == 0 ? a : op == 1 ? a | mask : op == 2 ? a & ~mask : a ^ mask;
    for (unsigned form = 0; form < 4; form++) {
        const bool memory = form & 1, constant = form & 2;
        const uint8_t rm = memory ? IA_EBX : 0xc0 | IA_EAX;
        const uint8_t bytes[] = {0x66, 0x0f, (uint8_t)(constant ? 0xba : 0xa3 + 8 * op),
                                 (uint8_t)(rm | (constant ? 4 + op : (unsigned)IA_ECX) << 3), (uint8_t)n};
        operand_set(r, a, flags);
        r->c->r[IA_ECX] = n;
        act(r, bytes + log, sizeof bytes - log);
        assert_int_equal(operand(r, memory), value);
        if (ia_flags_status(&r->c->flags) != want)
            fail_msg("bit %u of %x, of %u, operation %u: %x, not %x", n, a, width, op, ia_flags_status(&r->c->flags), want);
    }
}

static void bits_tested(void **state)
{
    static const uint32_t sample[] = {0, 1, 2, 3, 0x8000, 0xc000, 0x80000000, 0xc0000000, 0x5a5a1234, UINT32_MAX};
    struct rig r;
    (void)state;
    open_386(&r);
    for (unsigned k = 0; k < sizeof sample / sizeof *sample; k++)
        for (unsigned n = 0; n < 32 * 4; n++) {
            try_bit(&r, n % 4, 1, sample[k], n / 4, n & 1 ? 0 : EFLAGS_STATUS);
            if (n / 4 < 16)
                try_bit(&r, n % 4, 0, sample[k] & 0xffff, n / 4, n & 1 ? EFLAGS_OF : EFLAGS_ZF | EFLAGS_AF);
        }
    rig_close(&r);
}

/* --- AAA AAS DAA DAS AAD AAM: an adder of eight bits, one after the other; to subtract, the second number and the carry go in inverted. */

static uint32_t adder(uint32_t a, uint32_t b, bool subtract)
{
    uint32_t sum = 0;
    bool carry[9] = {subtract};
    for (unsigned n = 0; n < 8; n++) {
        const bool x = bit(a, n), y = bit(b, n) != subtract, z = carry[n];
        sum |= (uint32_t)(x ^ y ^ z) << n;
        carry[n + 1] = (x && y) || (x && z) || (y && z);
    }
    return of_result(8, sum) | (carry[8] != carry[7] ? EFLAGS_OF : 0u) | (carry[8] != subtract ? EFLAGS_CF : 0u) |
           (carry[4] != subtract ? EFLAGS_AF : 0u);
}

static uint32_t decimal(struct rig *r, ia_body *body, uint32_t ax, uint32_t base, uint32_t flags)
{
    ia_insn i = rig_insn(0, 0);
    i.imm = base;
    r->c->r[IA_EAX] = ax;
    ia_flags_status_set(&r->c->flags, flags);
    assert_true(body(r->c, &i));
    return ia_flags_status(&r->c->flags);
}

static void decimal_adjustments(void **state)
{
    const uint32_t defined = EFLAGS_CF | EFLAGS_AF;
    struct rig r;
    (void)state;
    open_386(&r);
    for (unsigned n = 0; n < 1024; n++) {
        const uint32_t al = n & 0xff, flags = (n & 0x100 ? EFLAGS_AF : 0u) | (n & 0x200 ? EFLAGS_CF : 0u) | EFLAGS_OF;
        const bool low = (al & 15) > 9 || flags & EFLAGS_AF, high = al > 0x99 || flags & EFLAGS_CF;
        const uint32_t digit = low ? 6 : 0, both = digit + (high ? 0x60 : 0);
        const uint32_t af = low ? EFLAGS_AF : 0u, cf = high ? EFLAGS_CF : 0u, borrow = low && al < 6 ? EFLAGS_CF : 0u;
        assert_int_equal(decimal(&r, ia_body_aaa, al, 0, flags), (adder(al, digit, false) & ~defined) | (low ? defined : 0));
        assert_int_equal(decimal(&r, ia_body_aas, al, 0, flags), (adder(al, digit, true) & ~defined) | (low ? defined : 0));
        assert_int_equal(decimal(&r, ia_body_daa, al, 0, flags), (adder(al, both, false) & ~defined) | af | cf);
        assert_int_equal(decimal(&r, ia_body_das, al, 0, flags), (adder(al, both, true) & ~defined) | af | cf | borrow);
        assert_int_equal(decimal(&r, ia_body_aam, al, 10, flags), of_result(8, al % 10));
    }
    for (uint32_t ax = 0; ax < 0x10000; ax++)
        assert_int_equal(decimal(&r, ia_body_aad, ax, 10, EFLAGS_STATUS), adder(ax & 0xff, (ax >> 8) * 10 & 0xff, false));
    rig_close(&r);
}

/* --- A SIB without an index: its scale is the base's. LEA EDI, [...], of each scale, base and mod. */
static void scale_without_an_index(void **state)
{
    struct rig r;
    (void)state;
    open_386(&r);
    for (unsigned n = 0; n < 8; n++)
        r.c->r[n] = 0x1000u << n;
    for (unsigned n = 0; n < 4 * 8 * 3; n++) {
        const unsigned scale = n & 3, base = n >> 2 & 7, mod = n >> 5;
        const uint8_t bytes[] = {0x8d, (uint8_t)(mod << 6 | IA_EDI << 3 | 4), (uint8_t)(scale << 6 | 4 << 3 | base), 0x11, 0, 0, 0};
        const bool none = mod == 0 && base == IA_EBP;
        const uint32_t from = none ? 0 : 0x1000u << base, disp = mod || none ? 0x11 : 0;
        ia_insn i;
        assert_int_equal(ia_decode(&r.c->config, IA_CTX_D, bytes, sizeof bytes, &i), IA_DECODED);
        assert_int_equal(i.length, mod == 1 ? 4 : mod == 2 || none ? 7 : 3);
        assert_int_equal(i.seg, !none && (base == IA_ESP || base == IA_EBP) ? IA_SS : IA_DS);
        assert_true(ia_body_lea_4(r.c, &i));
        assert_int_equal(r.c->r[IA_EDI], (from << scale) + disp);
        r.c->r[IA_EDI] = 0x1000u << IA_EDI;
        assert_int_equal(ia_decode(&ia32_config_default, IA_CTX_D, bytes, sizeof bytes, &i), IA_DECODED);
        assert_true(ia_body_lea_4(r.c, &i));
        assert_int_equal(r.c->r[IA_EDI], from + disp);
        r.c->r[IA_EDI] = 0x1000u << IA_EDI;
    }
    rig_close(&r);
}

/* --- At full speed: AF behind shifts by a constant, by one and by CL, of words and doublewords. */
static void runs(void **state)
{
    struct code_rig r;
    uint64_t retired;
    (void)state;
    for (unsigned i386 = 0; i386 < 2; i386++) {
        code_open(&r, i386 ? IA_MODEL_386 : IA_MODEL_686, true);
        /* shl eax, 3   pushf   shr eax, 1   pushf   sar eax, cl   pushf   shl ax, 2   pushf   shl al, 16   pushf   lea edx, [ecx*4]   jmp $ */
        CODE(&r, "\xc1\xe0\x03\x9c\xd1\xe8\x9c\xd3\xf8\x9c\x66\xc1\xe0\x02\x9c\xc0\xe0\x10\x9c\x8d\x14\xa1\xeb\xfe");
        machine_set(r.m, IA_EAX, 0x123456ff);
        machine_set(r.m, IA_ECX, 1);
        (void)code_run(&r, 1000, &retired); /* the last of a budget go the careful way */
        assert_int_equal(retired, 1000);
        for (unsigned n = 1; n <= 5; n++) {
            uint32_t flags;
            assert_int_equal(machine_load(r.m, CODE_STACK - 4 * n, &flags, 4), 0);
            assert_int_equal((flags & EFLAGS_AF) != 0, i386);
        }
        assert_int_equal(code_get(&r, IA_EDX), i386 ? 4 : 1);
        code_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shifts_and_rotations),   cmocka_unit_test(bits_tested), cmocka_unit_test(decimal_adjustments),
        cmocka_unit_test(scale_without_an_index), cmocka_unit_test(runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
