/* decode.c - prefixes, opcode, ModRM, SIB, displacement and immediate, in this order [SDM 2A 2.1]. */
#include "isa/ia32/decode.h"

/* What the words of a row's encoding ask for (insn.def).
 * An instruction in memory, the parts in this order, of which only the opcode must be there:
 *
 *   prefixes | opcode     | ModRM              | SIB                  | displacement | immediate
 *   0 to 14  | 1, 0F and 1| mod  reg  rm       | scale  index  base   | 0 1 2 4      | 0 1 2 4, or two of them
 *            |            | 7:6  5:3  2:0      | 7:6    5:3    2:0    |              |
 *
 * Example: 8b 84 8d 00 01 00 00 is MOV EAX, [EBP + ECX*4 + 100h]. ModRM 84 is mod 2 (a displacement of four bytes),
 * reg 0 (EAX), rm 4 (a SIB follows); SIB 8d is scale 2 (times 4), index 1 (ECX), base 5 (EBP). */
enum {
    ROW_W = 1 << 0,
    ROW_R = 1 << 1,
    ROW_CC = 1 << 2,
    ROW_STI = 1 << 3,
    ROW_MODRM = 1 << 4,
    ROW_REGISTER = 1 << 5,
    ROW_BYTE = 1 << 6,
    ROW_IB = 1 << 7,
    ROW_IW = 1 << 8,
    ROW_IS = 1 << 9,
    ROW_I = 1 << 10,
    ROW_CB = 1 << 11,
    ROW_CZ = 1 << 12,
    ROW_CP = 1 << 13,
    ROW_MO = 1 << 14,
    ROW_LOCK = 1 << 15,
    ROW_REP = 1 << 16,
    ROW_PM = 1 << 17,
};
#define IA_DECODE_TABLES
#include "ia32_decode.h"

/* decode_map[map][opcode] is a row or, with DECODE_GROUP, the number of a group: the row then depends on ModRM. A
 * group has eight places for memory, by reg, and 64 for register forms, by reg and rm, which the x87 needs. */
enum { DECODE_GROUP = 0x8000, MEMORY_FORMS = 8 };

/* The processors that bring rows, in order; a 386 has the rows up to its own and the 387's. */
enum { SINCE_I86, SINCE_I186, SINCE_I286, SINCE_I386, SINCE_X87, SINCE_I486, SINCE_P5, SINCE_P6 };
static const uint8_t row_since[IA_INSN_COUNT] = {
#define INSN(name, ext, encoding, operands, body, traps, sensitive, manual) [IA_INSN_##name] = SINCE_##ext,
#include "isa/ia32/insn.def"
#undef INSN
};

/* --- bytes */

/* After it ran out it gives zeros: decoding goes on to its end with them, and one look at is_short and is_long
 * there is enough. Too long goes before too short: 15 prefixes are #GP though a page fault might wait behind them. */
struct cursor {
    const uint8_t *bytes;
    unsigned count, at;
    bool is_short, is_long;
    uint8_t lone_scale; /* of a SIB that has a base and no index */
};

static uint8_t next_byte(struct cursor *in)
{
    if (in->at >= IA_LENGTH_MAX)
        in->is_long = true;
    else if (in->at >= in->count)
        in->is_short = true;
    else
        return in->bytes[in->at++];
    return 0;
}

static uint32_t next_bytes(struct cursor *in, unsigned size)
{
    uint32_t v = 0;
    for (unsigned n = 0; n < size; n++)
        v |= (uint32_t)next_byte(in) << 8 * n;
    return v;
}

static uint32_t next_signed(struct cursor *in, unsigned size) { return (uint32_t)sign_extend(next_bytes(in, size), 8 * size); }

/* --- prefixes [SDM 2A 2.1.1] */

/* Takes one; false: this byte is none. Of two of a group, the later one counts.
 * 66 and 67 toggle what the code segment says, once, however many there are. */
static bool take_prefix(uint8_t byte, bool wide, ia_insn *i)
{
    switch (byte) {
    case 0x26: i->override = IA_ES; return true;
    case 0x2e: i->override = IA_CS; return true;
    case 0x36: i->override = IA_SS; return true;
    case 0x3e: i->override = IA_DS; return true;
    case 0x64: i->override = IA_FS; return true;
    case 0x65: i->override = IA_GS; return true;
    case 0x66: i->opsize = wide ? 2 : 4; return true;
    case 0x67: i->adsize = wide ? 2 : 4; return true;
    case 0xf0: i->lock = true; return true;
    case 0xf2:
    case 0xf3: i->rep = byte; return true;
    default: return false;
    }
}

/* --- addresses [SDM 2A tables 2-1 to 2-3] */

/* rm:  BX+SI  BX+DI  BP+SI  BP+DI  SI  DI  BP  BX; with mod 0 the place of BP alone is a displacement of two bytes. */
static void decode_address16(struct cursor *in, uint8_t modrm, ia_insn *i)
{
    static const uint8_t base[8] = {IA_EBX, IA_EBX, IA_EBP, IA_EBP, IA_ESI, IA_EDI, IA_EBP, IA_EBX};
    static const uint8_t index[8] = {IA_ESI, IA_EDI, IA_ESI, IA_EDI, IA_NO_REGISTER, IA_NO_REGISTER, IA_NO_REGISTER, IA_NO_REGISTER};
    const unsigned mod = modrm >> 6, rm = modrm & 7;
    if (mod == 0 && rm == 6) {
        i->disp = (int32_t)next_bytes(in, 2);
        return;
    }
    i->base = base[rm];
    i->index = index[rm];
    i->disp = mod == 1 ? (int32_t)next_signed(in, 1) : mod == 2 ? (int32_t)next_bytes(in, 2) : 0;
}

/* Two gaps in the scheme: ESP as rm says that a SIB follows, and as an index that there is none; EBP as a base with
 * mod 0 says that there is no base, and a displacement of four bytes instead. */
static void decode_address32(struct cursor *in, uint8_t modrm, ia_insn *i)
{
    const unsigned mod = modrm >> 6;
    unsigned base = modrm & 7;
    if (base == IA_ESP) {
        const uint8_t sib = next_byte(in);
        base = sib & 7;
        i->index = (sib >> 3 & 7) == IA_ESP ? IA_NO_REGISTER : sib >> 3 & 7;
        i->scale = i->index == IA_NO_REGISTER ? 0 : sib >> 6;
        in->lone_scale = i->index == IA_NO_REGISTER ? sib >> 6 : 0;
    }
    i->base = mod == 0 && base == IA_EBP ? IA_NO_REGISTER : (uint8_t)base;
    i->disp = mod == 1 ? (int32_t)next_signed(in, 1) : mod == 2 || i->base == IA_NO_REGISTER ? (int32_t)next_bytes(in, 4) : 0;
}

/* Some rows, as MOV to CR0, take ModRM as of registers whatever mod says [SDM 2B MOV]. */
static void decode_modrm(struct cursor *in, uint8_t modrm, uint32_t words, ia_insn *i)
{
    i->modrm = modrm;
    i->reg = modrm >> 3 & 7;
    i->rm = modrm & 7;
    i->rm_is_memory = modrm < 0xc0 && !(words & ROW_REGISTER);
    if (!i->rm_is_memory)
        return;
    if (i->adsize == 2)
        decode_address16(in, modrm, i);
    else
        decode_address32(in, modrm, i);
}

/* Addresses by EBP and ESP are in the stack segment, others in DS, unless a prefix says otherwise [SDM 1 table 3-5]. */
static uint8_t segment_of(const ia_insn *i)
{
    if (i->override != IA_SEGS)
        return i->override;
    return i->base == IA_EBP || i->base == IA_ESP ? IA_SS : IA_DS;
}

/* The order is that of the bytes. ENTER has a word and a byte, a far pointer its offset before the selector. */
static void decode_immediate(struct cursor *in, uint32_t words, ia_insn *i)
{
    if (words & ROW_MO)
        i->disp = (int32_t)next_bytes(in, i->adsize);
    if (words & ROW_CP)
        i->imm = next_bytes(in, i->opsize);
    if (words & ROW_IW)
        i->imm = next_bytes(in, 2);
    if (words & ROW_I)
        i->imm = next_bytes(in, i->opsize);
    if (words & ROW_CZ)
        i->imm = next_signed(in, i->opsize);
    if (words & (ROW_IS | ROW_CB))
        i->imm = next_signed(in, 1);
    if (words & ROW_CP)
        i->imm2 = (uint16_t)next_bytes(in, 2);
    if ((words & (ROW_IB | ROW_IW)) == (ROW_IB | ROW_IW))
        i->imm2 = next_byte(in);
    else if (words & ROW_IB)
        i->imm = next_byte(in);
}

/* --- */

/* The ModRM byte of a group is looked at twice, as part of the opcode and as what says the operand: the cursor goes
 * back by one. */
static unsigned row_of(struct cursor *in, ia_insn *i, uint8_t first)
{
    const unsigned map = first == 0x0f;
    unsigned row;
    i->opcode = map ? next_byte(in) : first;
    row = decode_map[map][i->opcode];
    if (row & DECODE_GROUP && row != INSN_NONE) {
        const uint8_t modrm = next_byte(in);
        in->at -= !in->is_short && !in->is_long; /* it is looked at again */
        row = decode_group[row & ~(unsigned)DECODE_GROUP][modrm < 0xc0 ? modrm >> 3 & 7 : MEMORY_FORMS + (modrm & 0x3f)];
    }
    return row;
}

/* A row may be missing on an older processor, or in real and V86 mode, as ARPL and LLDT are: then it is #UD,
 * whatever follows. */
static bool is_here(const struct ia32_config *config, unsigned context, unsigned row)
{
    return (config->model != IA_MODEL_386 || row_since[row] <= SINCE_X87) && !(decode_row[row] & ROW_PM && context & IA_CTX_REAL);
}

static void decode_operands(struct cursor *in, uint32_t words, ia_insn *i)
{
    if (words & ROW_BYTE || (words & ROW_W && !(i->opcode & 1)))
        i->opsize = 1;
    if (words & ROW_MODRM)
        decode_modrm(in, next_byte(in), words, i);
    if (words & ROW_R)
        i->rm = i->opcode & 7;
    i->seg = segment_of(i);
    decode_immediate(in, words, i);
}

/* A scale without an index does nothing, but on the 386, where it is the base's: its manual calls it undefined, and ROMs that test the 386
 * have LEA EAX, [ECX*4] so. Which segment it is goes by the base, as ever. */
static void scale_base(const struct cursor *in, ia_insn *i)
{
    if (!in->lone_scale || i->base == IA_NO_REGISTER)
        return;
    i->index = i->base;
    i->scale = in->lone_scale;
    i->base = IA_NO_REGISTER;
}

/* LOCK stands before instructions that read, change and write memory, and nowhere else [SDM 2A LOCK]. Processors of
 * a board take turns between instructions, so that nothing needs to be done for it. */
enum ia_decoded ia_decode(const struct ia32_config *config, unsigned context, const uint8_t *bytes, unsigned count, ia_insn *out)
{
    struct cursor in = {.bytes = bytes, .count = count};
    const bool wide = context & IA_CTX_D;
    ia_insn i = {.row = INSN_NONE,
                 .opsize = wide ? 4 : 2,
                 .adsize = wide ? 4 : 2,
                 .override = IA_SEGS,
                 .base = IA_NO_REGISTER,
                 .index = IA_NO_REGISTER};
    uint8_t first = next_byte(&in);
    while (take_prefix(first, wide, &i) && !in.is_short && !in.is_long)
        first = next_byte(&in);
    unsigned row = in.is_short || in.is_long ? INSN_NONE : row_of(&in, &i, first);
    bool is = row != INSN_NONE && is_here(config, context, row);
    if (is) {
        decode_operands(&in, decode_row[row], &i);
        if (config->model == IA_MODEL_386)
            scale_base(&in, &i);
        is = !i.lock || (decode_row[row] & ROW_LOCK && i.rm_is_memory);
    }
    i.length = (uint8_t)in.at;
    *out = i;
    if (in.is_long || in.is_short)
        return in.is_long ? IA_TOO_LONG : IA_SHORT;
    out->row = is ? (uint16_t)row : INSN_NONE;
    return is ? IA_DECODED : IA_UNDEFINED;
}
