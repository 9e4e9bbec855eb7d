/* Decoding: the table against itself, compressed encodings against the manual's expansions written out by hand, immediates both ways,
 * and the printer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "isa/riscv/decode.h"
#include "tests/isa/assemble.h"

/* With every option, so that every row exists. */
static unsigned decode(uint32_t bits, unsigned *length)
{
    struct riscv_config all = riscv_config_default;
    all.zicbom = all.zicboz = true;
    return isa_riscv.decode(&all, 0, bits, length);
}

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

static bool row_matches(unsigned row, uint32_t bits, unsigned length)
{
    const struct insn_desc *r = &isa_riscv.rows[row];
    return r->length == length && (bits & r->mask) == r->match;
}

static bool has_field(unsigned row, char letter) { return strchr(isa_riscv.rows[row].encoding, letter) != NULL; }

/* --- the table */

static void rows_are_whole(void **state)
{
    (void)state;
    assert_int_equal(isa_riscv.row_count, RV_INSN_COUNT);
    for (unsigned row = 0; row < isa_riscv.row_count; row++) {
        const struct insn_desc *r = &isa_riscv.rows[row];
        assert_non_null(r->name);
        assert_true(r->length == 2 || r->length == 4);
        assert_int_equal(r->match & ~r->mask, 0);
        assert_null(strchr(r->name, '_'));
        assert_true(strlen(r->manual) > 6);
    }
}

/* Random operand fields: the row itself, or one that fixes more of the bits, or reserved. */
static void rows_decode_to_themselves(void **state)
{
    uint64_t seed = 11;
    (void)state;
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        const struct insn_desc *r = &isa_riscv.rows[row];
        unsigned hits = 0;
        for (unsigned n = 0; n < 1000; n++) {
            uint32_t bits = (uint32_t)(r->match | (next_random(&seed) & ~r->mask)) & (r->length == 2 ? 0xffff : UINT32_MAX);
            unsigned length, got = decode(bits, &length);
            assert_int_equal(length, r->length);
            hits += got == row;
            if (got != INSN_NONE && got != row) {
                assert_true(row_matches(got, bits, length));
                assert_int_equal(isa_riscv.rows[got].mask & r->mask, r->mask);
            }
        }
        assert_true(hits > 500);
    }
}

/* Rows of extensions that a hart does not have are undefined there, and those alone. */
static void options_bring_rows(void **state)
{
    static const struct {
        unsigned row;
        uint32_t bits; /* by the GNU assembler */
        const char *text;
        bool zicboz;
    } optional[] = {
        {RV_INSN_cbo_zero, 0x0045200f, "cbo.zero (a0)", true},
        {RV_INSN_cbo_inval, 0x0005a00f, "cbo.inval (a1)", false},
        {RV_INSN_cbo_clean, 0x0016200f, "cbo.clean (a2)", false},
        {RV_INSN_cbo_flush, 0x002fa00f, "cbo.flush (t6)", false},
    };
    enum { OPTIONAL = sizeof optional / sizeof *optional };
    unsigned absent = 0, length;
    (void)state;
    for (unsigned row = 0; row < RV_INSN_COUNT; row++)
        absent += isa_riscv.decode(&riscv_config_default, 0, isa_riscv.rows[row].match, &length) == INSN_NONE &&
                  decode((uint32_t)isa_riscv.rows[row].match, &length) != INSN_NONE;
    assert_int_equal(absent, OPTIONAL);
    for (unsigned n = 0; n < OPTIONAL; n++) {
        struct riscv_config c = riscv_config_default;
        char text[64];
        assert_int_equal(isa_riscv.decode(&c, 0, optional[n].bits, &length), INSN_NONE);
        assert_int_equal(length, 4);
        *(optional[n].zicboz ? &c.zicboz : &c.zicbom) = true;
        assert_int_equal(isa_riscv.decode(&c, 0, optional[n].bits, &length), optional[n].row);
        isa_riscv.print(&c, 0, optional[n].bits, 0, text, sizeof text);
        assert_string_equal(text, optional[n].text);
    }
}

static void other_words_are_undefined(void **state)
{
    uint64_t seed = 5;
    unsigned undefined = 0;
    (void)state;
    for (unsigned n = 0; n < 300000; n++) {
        uint32_t bits = (uint32_t)next_random(&seed) | 3;
        unsigned length, row = decode(bits, &length), matching = 0;
        assert_int_equal(length, 4);
        bool reserved = bits_get(bits, 12, 3) == 5 || bits_get(bits, 12, 3) == 6; /* as a rounding mode */
        for (unsigned r = 0; r < RV_INSN_COUNT; r++)
            matching += row_matches(r, bits, 4) && !(reserved && has_field(r, 'm'));
        undefined += row == INSN_NONE;
        assert_int_equal(row == INSN_NONE, matching == 0);
        assert_true(row == INSN_NONE || row_matches(row, bits, 4));
    }
    assert_true(undefined > 100000);
}

static void reserved_rounding_is_undefined(void **state)
{
    unsigned length;
    (void)state;
    for (unsigned rm = 0; rm < 8; rm++) {
        bool reserved = rm == 5 || rm == 6;
        assert_int_equal(decode(asm_match(RV_INSN_fadd_d) | rm << 12, &length), reserved ? (unsigned)INSN_NONE : RV_INSN_fadd_d);
        assert_int_equal(decode(asm_match(RV_INSN_fmadd_s) | rm << 12, &length), reserved ? (unsigned)INSN_NONE : RV_INSN_fmadd_s);
    }
}

/* --- compressed encodings: the manual's tables [unpriv 27.8] as code. 0: reserved or not in RV64C. */

static uint32_t expand(uint32_t c)
{
    unsigned rd = (unsigned)bits_get(c, 7, 5), rs2 = (unsigned)bits_get(c, 2, 5);
    unsigned high = 8 + (unsigned)bits_get(c, 7, 3), low = 8 + (unsigned)bits_get(c, 2, 3); /* rd' or rs1', and rd' or rs2' */
#define B(bit, to) (bits_get(c, bit, 1) << (to))
#define F(lo, n, to) (bits_get(c, lo, n) << (to))
    int64_t six = sign_extend(B(12, 5) | F(2, 5, 0), 6);
    int64_t word = (int64_t)(F(10, 3, 3) | B(6, 2) | B(5, 6)), twin = (int64_t)(F(10, 3, 3) | F(5, 2, 6));
    int64_t jump = sign_extend(B(12, 11) | B(11, 4) | F(9, 2, 8) | B(8, 10) | B(7, 6) | B(6, 7) | F(3, 3, 1) | B(2, 5), 12);
    int64_t branch = sign_extend(B(12, 8) | F(10, 2, 3) | F(5, 2, 6) | F(3, 2, 1) | B(2, 5), 9);
    static const uint16_t plain[] = {RV_INSN_sub, RV_INSN_xor, RV_INSN_or, RV_INSN_and}, narrow[] = {RV_INSN_subw, RV_INSN_addw};
    switch ((c & 3) << 3 | c >> 13) {
    case 000: {
        int64_t imm = (int64_t)(F(11, 2, 4) | F(7, 4, 6) | B(6, 2) | B(5, 3));
        return imm ? asm_i(RV_INSN_addi, low, SP, imm) : 0;
    }
    case 001: return asm_i(RV_INSN_fld, low, high, twin);
    case 002: return asm_i(RV_INSN_lw, low, high, word);
    case 003: return asm_i(RV_INSN_ld, low, high, twin);
    case 005: return asm_s(RV_INSN_fsd, low, high, twin);
    case 006: return asm_s(RV_INSN_sw, low, high, word);
    case 007: return asm_s(RV_INSN_sd, low, high, twin);
    case 010: return asm_i(RV_INSN_addi, rd, rd, six);
    case 011: return rd ? asm_i(RV_INSN_addiw, rd, rd, six) : 0;
    case 012: return asm_i(RV_INSN_addi, rd, ZERO, six);
    case 013: {
        int64_t imm = sign_extend(B(12, 9) | B(6, 4) | B(5, 6) | F(3, 2, 7) | B(2, 5), 10);
        if (six == 0)
            return 0;
        return rd == SP ? asm_i(RV_INSN_addi, SP, SP, imm) : asm_u(RV_INSN_lui, rd, six);
    }
    case 014:
        switch (bits_get(c, 10, 2)) {
        case 0: return asm_i(RV_INSN_srli, high, high, six & 63);
        case 1: return asm_match(RV_INSN_srai) | high << 7 | high << 15 | asm_bits(six, 0, 6, 20);
        case 2: return asm_i(RV_INSN_andi, high, high, six);
        default:
            if (!bits_get(c, 12, 1))
                return asm_r(plain[bits_get(c, 5, 2)], high, high, low);
            return bits_get(c, 6, 1) ? 0 : asm_r(narrow[bits_get(c, 5, 1)], high, high, low);
        }
    case 015: return asm_j(RV_INSN_jal, ZERO, jump);
    case 016: return asm_b(RV_INSN_beq, high, ZERO, branch);
    case 017: return asm_b(RV_INSN_bne, high, ZERO, branch);
    case 020: return asm_i(RV_INSN_slli, rd, rd, six & 63);
    case 021: return asm_i(RV_INSN_fld, rd, SP, (int64_t)(B(12, 5) | F(5, 2, 3) | F(2, 3, 6)));
    case 022: return rd ? asm_i(RV_INSN_lw, rd, SP, (int64_t)(B(12, 5) | F(4, 3, 2) | F(2, 2, 6))) : 0;
    case 023: return rd ? asm_i(RV_INSN_ld, rd, SP, (int64_t)(B(12, 5) | F(5, 2, 3) | F(2, 3, 6))) : 0;
    case 024:
        if (bits_get(c, 12, 1))
            return rs2 ? asm_r(RV_INSN_add, rd, rd, rs2) : rd ? asm_i(RV_INSN_jalr, RA, rd, 0) : asm_match(RV_INSN_ebreak);
        return rs2 ? asm_r(RV_INSN_add, rd, ZERO, rs2) : rd ? asm_i(RV_INSN_jalr, ZERO, rd, 0) : 0;
    case 025: return asm_s(RV_INSN_fsd, rs2, SP, (int64_t)(F(10, 3, 3) | F(7, 3, 6)));
    case 026: return asm_s(RV_INSN_sw, rs2, SP, (int64_t)(F(9, 4, 2) | F(7, 2, 6)));
    case 027: return asm_s(RV_INSN_sd, rs2, SP, (int64_t)(F(10, 3, 3) | F(7, 3, 6)));
    default: return 0;
    }
#undef B
#undef F
}

static void compressed_encodings_expand(void **state)
{
    unsigned defined = 0;
    (void)state;
    for (uint32_t c = 0; c < 0x10000; c++) {
        if ((c & 3) == 3)
            continue;
        unsigned length, row = decode(c | 0xabcd0000, &length), wide_length;
        uint32_t wide = expand(c);
        assert_int_equal(length, 2);
        if (!wide) {
            if (row != INSN_NONE)
                fail_msg("%#x decodes, but is reserved", c);
            continue;
        }
        unsigned base = decode(wide, &wide_length);
        if (row == INSN_NONE)
            fail_msg("%#x does not decode", c);
        defined++;
        struct rv_operands got, want;
        rv_decode_operands(c, row, 2, &got);
        rv_decode_operands(wide, base, 4, &want);
        if (rv_base_row(row) != base || (has_field(base, 'd') && got.rd != want.rd) || (has_field(base, 's') && got.rs1 != want.rs1) ||
            (has_field(base, 't') && got.rs2 != want.rs2) || (has_field(base, 'i') && got.imm != want.imm) || got.aux != want.aux)
            fail_msg("%#x is not %s as the manual expands it", c, isa_riscv.rows[base].name);
    }
    /* Reserved by quadrant: 100, c.addi4spn 0; c.addiw x0, c.lui 0 (c.addi16sp 0), two of c.sub; c.lwsp x0, c.ldsp x0, c.jr x0. */
    assert_int_equal(defined, 3 * 0x4000 - (2048 + 8) - (64 + 32 + 128) - (64 + 64 + 1));
}

/* --- immediates and registers */

static void immediates_come_back(void **state)
{
    uint64_t seed = 3;
    struct rv_operands r;
    (void)state;
    for (unsigned n = 0; n < 10000; n++) {
        int64_t twelve = sign_extend(next_random(&seed), 12), twenty = sign_extend(next_random(&seed), 20);
        unsigned a = next_random(&seed) & 31, b = next_random(&seed) & 31;
        rv_decode_operands(asm_i(RV_INSN_addi, a, b, twelve), RV_INSN_addi, 4, &r);
        assert_true(r.imm == twelve && r.rd == (a ? a : (unsigned)RV_SINK) && r.rs1 == b);
        rv_decode_operands(asm_s(RV_INSN_sd, a, b, twelve), RV_INSN_sd, 4, &r);
        assert_true(r.imm == twelve && r.rs2 == a && r.rs1 == b);
        rv_decode_operands(asm_b(RV_INSN_bne, a, b, twelve * 2), RV_INSN_bne, 4, &r);
        assert_true(r.imm == twelve * 2 && r.rs1 == a && r.rs2 == b);
        rv_decode_operands(asm_u(RV_INSN_lui, a, twenty), RV_INSN_lui, 4, &r);
        assert_true(r.imm == (int32_t)((uint32_t)twenty << 12));
        rv_decode_operands(asm_j(RV_INSN_jal, a, twenty * 2), RV_INSN_jal, 4, &r);
        assert_true(r.imm == twenty * 2);
        rv_decode_operands(asm_i(RV_INSN_fld, a, b, twelve), RV_INSN_fld, 4, &r);
        assert_true(r.imm == twelve && r.rd == a); /* f0 is a register like any other */
        rv_decode_operands(asm_i(RV_INSN_csrrw, a, b, twelve), RV_INSN_csrrw, 4, &r);
        assert_true(r.imm == (twelve & 0xfff));
    }
}

/* --- assembly */

static void prints(void **state)
{
    static const struct {
        uint32_t bits;
        const char *text;
    } cases[] = {
        {0x00000013, "addi zero,zero,0"},
        {0xfff50593, "addi a1,a0,-1"},
        {0x12345537, "lui a0,0x12345"},
        {0xfffff597, "auipc a1,0xfffff"},
        {0x0080006f, "jal zero,0x80001008"},
        {0xff9ff0ef, "jal ra,0x80000ff8"},
        {0x00008067, "jalr zero,0(ra)"},
        {0xfe0518e3, "bne a0,zero,0x80000ff0"},
        {0xff813083, "ld ra,-8(sp)"},
        {0x00113423, "sd ra,8(sp)"},
        {0x43f55513, "srai a0,a0,0x3f"},
        {0x0ff0000f, "fence iorw,iorw"},
        {0x0310000f, "fence rw,w"},
        {0x8330000f, "fence.tso"},
        {0x0100000f, "pause"},
        {0x0000100f, "fence.i"},
        {0x00000073, "ecall"},
        {0x10200073, "sret"},
        {0x12a58073, "sfence.vma a1,a0"},
        {0x30051573, "csrrw a0,mstatus,a0"},
        {0x10017073, "csrrci zero,sstatus,2"},
        {0x7c0025f3, "csrrs a1,0x7c0,zero"},
        {0x100525af, "lr.w a1,(a0)"},
        {0x1eb5362f, "sc.d.aqrl a2,a1,(a0)"},
        {0x04b5262f, "amoadd.w.aq a2,a1,(a0)"},
        {0x02c5f553, "fadd.d fa0,fa1,fa2"},
        {0x02c58553, "fadd.d fa0,fa1,fa2,rne"},
        {0x68c5f543, "fmadd.s fa0,fa1,fa2,fa3"},
        {0xc2059553, "fcvt.w.d a0,fa1,rtz"},
        {0xd2058553, "fcvt.d.w fa0,a1"},
        {0xe0058553, "fmv.x.w a0,fa1"},
        {0xa2c5a553, "feq.d a0,fa1,fa2"},
        {0x00053507, "fld fa0,0(a0)"},
        {0x00a53027, "fsd fa0,0(a0)"},
        {0x0001, "c.nop"},
        {0x1141, "c.addi sp,-16"},
        {0x6105, "c.addi16sp sp,32"},
        {0x0808, "c.addi4spn a0,sp,16"},
        {0x6509, "c.lui a0,0x2"},
        {0x757d, "c.lui a0,0xfffff"},
        {0x60e2, "c.ldsp ra,24(sp)"},
        {0xec06, "c.sdsp ra,24(sp)"},
        {0x8082, "c.jr ra"},
        {0x852e, "c.mv a0,a1"},
        {0xa001, "c.j 0x80001000"},
        {0xc111, "c.beqz a0,0x80001004"},
        {0x050e, "c.slli a0,0x3"},
        {0x9002, "c.ebreak"},
        {0x2108, "c.fld fa0,0(a0)"},
        {0x0000, ".2byte 0x0"},
        {0xffffffff, ".4byte 0xffffffff"},
    };
    char text[64];
    (void)state;
    for (unsigned n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        isa_riscv.print(&riscv_config_default, 0, cases[n].bits, 0x80001000, text, sizeof text);
        assert_string_equal(text, cases[n].text);
    }
}

static void prints_into_little_room(void **state)
{
    char text[8] = "#######";
    (void)state;
    isa_riscv.print(&riscv_config_default, 0, 0x68c5f543, 0, text, 5);
    assert_string_equal(text, "fmad");
    assert_int_equal(text[5], '#');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(rows_decode_to_themselves),
        cmocka_unit_test(options_bring_rows),
        cmocka_unit_test(other_words_are_undefined),
        cmocka_unit_test(reserved_rounding_is_undefined),
        cmocka_unit_test(compressed_encodings_expand),
        cmocka_unit_test(immediates_come_back),
        cmocka_unit_test(prints),
        cmocka_unit_test(prints_into_little_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
