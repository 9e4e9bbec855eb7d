/* decode.c - bits to row to operands. The tables come from insn.def and rvc.def by way of mkdecode: a bucket of opcode bits, in it a
 * few rows to try, the most special first. A compressed instruction has the operands of the row it is short for.
 */
#include <assert.h>

#include "isa/riscv/decode.h"
#include "isa/riscv/table.h"

/* What mkdecode prints.
 * From bits to a row in two steps, of add x3, x1, x2 (002081b3):
 *
 *     bucket    bits 6:2 and 14:12, 01100 and 000: number 96. Of 16 bits, 1:0 and 15:13, from 256 on
 *     rows      add, sub, mul ..., those that fix more bits first; mask and match decide: fe00707f, 00000033
 */
struct decode_code {
    uint32_t match, mask;
    uint32_t nonzero[3]; /* fields that must not be zero */
    uint8_t nonzeros;
    bool rounds; /* has a rounding mode in bits 14:12 */
};
struct decode_register {
    uint8_t shift, bits, plus;
};
struct decode_rvc {
    uint16_t base;
    struct decode_register rd, rs1, rs2;
    struct {
        uint8_t from, to;
    } immediate[12];
    uint8_t immediate_bits;
    uint8_t sign; /* width to sign-extend from; 0: unsigned */
};
#define RV_DECODE_TABLES
#include "riscv_decode.h"

/* --- bits to row */

/* nonzero: c.addi4spn with an immediate of 0 is reserved, and all zeros are no instruction. */
static bool code_matches(const struct decode_code *c, uint32_t bits)
{
    if ((bits & c->mask) != c->match)
        return false;
    for (unsigned n = 0; n < c->nonzeros; n++)
        if (!(bits & c->nonzero[n]))
            return false;
    return true;
}

/* Rounding modes 5 and 6 are reserved [unpriv 20.2]. */
static bool is_reserved_rounding(uint32_t bits) { return bits_get(bits, 12, 3) == 5 || bits_get(bits, 12, 3) == 6; }

static const uint8_t row_ext[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) [RV_INSN_##name] = RV_EXT_##ext,
#include "isa/riscv/insn.def"
#undef INSN
};

/* An extension that is off leaves its encodings to others that follow in the bucket, or to nobody. */
unsigned rv_decode_row(const struct riscv_config *config, uint32_t bits, unsigned *length)
{
    bool wide = (bits & 3) == 3;
    *length = wide ? 4 : 2;
    uint64_t bucket = wide ? bits_get(bits, 2, 5) << 3 | bits_get(bits, 12, 3) : 256 + ((bits & 3) << 3 | bits_get(bits, 13, 3));
    if (!wide)
        bits &= 0xffff;
    for (unsigned n = decode_bucket[bucket]; n < decode_bucket[bucket + 1]; n++) {
        const struct decode_code *c = &decode_code[decode_row[n]];
        if (code_matches(c, bits) && riscv_has(config, row_ext[decode_row[n]]))
            return c->rounds && is_reserved_rounding(bits) ? INSN_NONE : decode_row[n];
    }
    return INSN_NONE;
}

/* --- row to operands */

enum format {
#define FORM(name, pattern, decoded, needs) FORMAT_##name,
#include "isa/riscv/format.def"
#undef FORM
#define FORM(name, pattern, decoded, needs) DECODED_##name = FORMAT_##decoded,
#include "isa/riscv/format.def"
#undef FORM
};
static const uint8_t row_format[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) [RV_INSN_##name] = DECODED_##format,
#include "isa/riscv/insn.def"
#undef INSN
};

/* The immediates of the base formats [unpriv 2.3].
 * The bits of an immediate lie scattered, so that its sign is bit 31 in all formats and registers are where they
 * are:
 *
 *        31        25 24    20 19   15 14  12 11       7 6      0
 *   I   |      imm[11:0]      |  rs1  |funct3|   rd     | opcode |
 *   S   | imm[11:5]  |  rs2   |  rs1  |funct3| imm[4:0] | opcode |
 *   B   | 12 | 10:5  |  rs2   |  rs1  |funct3| 4:1 | 11 | opcode |
 *   U   |               imm[31:12]           |   rd     | opcode |
 *   J   | 20 | 10:1     | 11 |    19:12      |   rd     | opcode |
 */
static int32_t immediate_of(uint32_t bits, enum format format)
{
    int32_t word = (int32_t)bits;
    switch (format) {
    case FORMAT_I:
    case FORMAT_LOAD:
    case FORMAT_FLOAD: return word >> 20;
    case FORMAT_SHIFT: return (int32_t)bits_get(bits, 20, 6); /* bit 25 is zero in the W rows */
    case FORMAT_CSR:
    case FORMAT_CSRI: return (int32_t)bits_get(bits, 20, 12);
    case FORMAT_STORE:
    case FORMAT_FSTORE: return (word >> 25) * 32 | (int32_t)bits_get(bits, 7, 5);
    case FORMAT_B:
        return (word >> 31) * 4096 | (int32_t)(bits_get(bits, 7, 1) << 11 | bits_get(bits, 25, 6) << 5 | bits_get(bits, 8, 4) << 1);
    case FORMAT_U: return (int32_t)(bits & 0xfffff000);
    case FORMAT_J:
        return (word >> 31) * 1048576 |
               (int32_t)(bits_get(bits, 12, 8) << 12 | bits_get(bits, 20, 1) << 11 | bits_get(bits, 21, 10) << 1);
    default: return 0;
    }
}

/* Is rd an integer register, so that x0 goes to the sink?
 * The sink is a register that nobody reads: so a body writes its result without asking whether rd is x0. */
static bool writes_integer(enum format format)
{
    switch (format) {
    case FORMAT_FLOAD:
    case FORMAT_R4:
    case FORMAT_FFFM:
    case FORMAT_FFM:
    case FORMAT_FFF:
    case FORMAT_FXM:
    case FORMAT_FX: return false;
    default: return true;
    }
}

static void decode_wide(uint32_t bits, enum format format, struct rv_operands *out)
{
    out->rd = (uint8_t)bits_get(bits, 7, 5);
    out->rs1 = (uint8_t)bits_get(bits, 15, 5);
    out->rs2 = (uint8_t)bits_get(bits, 20, 5);
    bool rounds = format == FORMAT_R4 || format == FORMAT_FFFM || format == FORMAT_FFM || format == FORMAT_XFM || format == FORMAT_FXM;
    out->aux = rounds ? (uint8_t)(bits_get(bits, 27, 5) << 3 | bits_get(bits, 12, 3)) : 0;
    out->imm = immediate_of(bits, format);
}

/* Three bits name x8 to x15, five bits any register, no bits a fixed one (plus): sp of c.lwsp. */
static uint8_t rvc_register(uint32_t bits, const struct decode_register *r)
{
    return (uint8_t)(r->plus + (r->bits ? bits_get(bits, r->shift, r->bits) : 0));
}

static void decode_compressed(uint32_t bits, const struct decode_rvc *c, struct rv_operands *out)
{
    out->rd = rvc_register(bits, &c->rd);
    out->rs1 = rvc_register(bits, &c->rs1);
    out->rs2 = rvc_register(bits, &c->rs2);
    out->aux = 0;
    uint64_t imm = 0;
    for (unsigned n = 0; n < c->immediate_bits; n++)
        imm |= bits_get(bits, c->immediate[n].from, 1) << c->immediate[n].to;
    out->imm = (int32_t)(c->sign ? sign_extend(imm, c->sign) : (int64_t)imm);
}

unsigned rv_base_row(unsigned row) { return rv_rows[row].length == 2 ? decode_rvc[row].base : row; }

/* Other than to nearest (0) or as frm says (7): those two are what the quick bodies do, if frm is to nearest. */
bool rv_rounds_oddly(unsigned row, const struct rv_operands *r)
{
    enum format format = row_format[rv_base_row(row)];
    bool arithmetic = format == FORMAT_R4 || format == FORMAT_FFFM || format == FORMAT_FFM;
    return arithmetic && (r->aux & 7) != 0 && (r->aux & 7) != 7;
}

void rv_decode_operands(uint32_t bits, unsigned row, unsigned length, struct rv_operands *out)
{
    assert(row < RV_INSN_COUNT && rv_rows[row].length == length);
    enum format format = row_format[rv_base_row(row)];
    if (length == 2)
        decode_compressed(bits, &decode_rvc[row], out);
    else
        decode_wide(bits, format, out);
    if (out->rd == 0 && writes_integer(format))
        out->rd = RV_SINK;
}
