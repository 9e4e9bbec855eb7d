/* oracle_generate.h - random straight programs for test_oracle.c, made from the table's own rows.
 *
 * A sequence is a list of units that are run one after the other; a unit is one instruction, or a few that belong together (an
 * address and the jump through it; LR and its SC). Control only goes forward, to the start of a later unit. What the architecture
 * leaves open is not generated: the outcome of an SC is certain (it follows its LR at once, or there is no reservation).
 *
 * Registers: x2, x8, x9 point into scratch memory and x31 to the record (oracle_guest.h); nothing writes them.
 */
#ifndef TRAPEZE_TESTS_ISA_ORACLE_GENERATE_H
#define TRAPEZE_TESTS_ISA_ORACLE_GENERATE_H

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "isa/riscv.h"

enum { UNIT_MAX = 5, UNITS = 24, ORACLE_TEMP = 30 };

enum oracle_jump { JUMP_NONE, JUMP_B, JUMP_J, JUMP_CB, JUMP_CJ, JUMP_BY_REGISTER };

struct oracle_unit {
    uint32_t bits[UNIT_MAX];
    unsigned count;
    enum oracle_jump jump; /* the first instruction's target (for BY_REGISTER: that of the pair) is to be filled in */
};

struct oracle_sequence {
    struct oracle_unit unit[UNITS];
};

static inline uint64_t oracle_random(uint64_t *s)
{
    uint64_t z = (*s += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}
static inline unsigned oracle_below(uint64_t *s, unsigned n) { return (unsigned)(oracle_random(s) % n); }

static inline unsigned oracle_length(uint32_t bits) { return (bits & 3) == 3 ? 4 : 2; }

static inline bool oracle_is(const struct insn_desc *row, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(row->name, *names))
            return true;
    return false;
}

/* The bits of the encoding that belong to operand `letter`, in either case; a capital one must not be zero. */
static inline uint32_t oracle_field(const struct insn_desc *row, char letter, bool *nonzero)
{
    uint32_t mask = 0;
    unsigned bit = row->length * 8U;
    *nonzero = false;
    for (const char *c = row->encoding; *c; c++) {
        if (*c == ' ')
            continue;
        bit--;
        if (tolower((unsigned char)*c) == letter) {
            mask |= UINT32_C(1) << bit;
            *nonzero |= *c != letter;
        }
    }
    return mask;
}

/* Puts the low bits of `value` into the field, least significant bit lowest. Nothing if the row has no such field. */
static inline uint32_t oracle_put(const struct insn_desc *row, uint32_t bits, char letter, uint32_t value)
{
    bool nonzero;
    uint32_t mask = oracle_field(row, letter, &nonzero);
    bits &= ~mask;
    for (; mask; mask &= mask - 1, value >>= 1)
        bits |= (value & 1) ? mask & (0 - mask) : 0;
    return bits;
}

static inline bool oracle_is_fixed_register(unsigned r) { return r == 2 || r == 8 || r == 9 || r == 31; }

/* Random operands; the destination spares the fixed registers, the base of a memory access is one of them. */
static inline uint32_t oracle_fill(const struct insn_desc *row, uint64_t *s)
{
    static const unsigned base[] = {2, 8, 9};
    static const unsigned mode[] = {0, 1, 2, 3, 4, 7, 7, 7};
    bool nonzero, d_nonzero, fp_dest = row->format[0] == 'F' || !strcmp(row->format, "R4") || !strcmp(row->format, "C_FLOAD");
    bool memory = strstr(row->format, "LOAD") || strstr(row->format, "STORE") || row->ext[0] == 'A';
    uint32_t bits = (uint32_t)(row->match | (oracle_random(s) & ~row->mask));
    for (const char *c = "di"; *c; c++)
        if (oracle_field(row, *c, &nonzero) && nonzero && !(bits & oracle_field(row, *c, &nonzero)))
            bits = oracle_put(row, bits, *c, 1);
    if (oracle_field(row, 't', &nonzero) && nonzero)
        bits = oracle_put(row, bits, 't', 1 + oracle_below(s, 31));
    if (oracle_field(row, 'm', &nonzero))
        bits = oracle_put(row, bits, 'm', mode[oracle_below(s, 8)]);
    uint32_t d = oracle_field(row, 'd', &d_nonzero), f = oracle_field(row, 's', &nonzero);
    bool short_d = __builtin_popcount(d) == 3;
    while (d && !fp_dest && oracle_is_fixed_register((short_d ? 8U : 0U) + (bits & d) / (d & (0 - d))))
        bits = oracle_put(row, bits, 'd', d_nonzero + oracle_below(s, short_d ? 8 : 31));
    if (memory && f) /* compressed bases are x8 and x9 */
        bits = oracle_put(row, bits, 's', __builtin_popcount(f) == 3 ? oracle_below(s, 2) : base[oracle_below(s, 3)]);
    return bits;
}

/* Instructions by hand [unpriv 2.2]. */
static inline uint32_t oracle_i(uint32_t opcode, uint32_t funct3, uint32_t rd, uint32_t rs1, int imm)
{
    return (uint32_t)imm << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
}
static inline uint32_t oracle_s(uint32_t opcode, uint32_t funct3, uint32_t rs1, uint32_t rs2, int imm)
{
    return ((uint32_t)imm >> 5 & 127) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | ((uint32_t)imm & 31) << 7 | opcode;
}
static inline uint32_t oracle_addi(uint32_t rd, uint32_t rs1, int imm) { return oracle_i(0x13, 0, rd, rs1, imm); }
static inline uint32_t oracle_csr(uint32_t funct3, uint32_t rd, uint32_t csr, uint32_t rs1)
{
    return csr << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x73;
}
enum { ORACLE_AUIPC_TEMP = 0x17 | ORACLE_TEMP << 7 };

/* Reads and writes of fflags, frm and fcsr that leave a legal rounding mode. */
static inline uint32_t oracle_fcsr(uint64_t *s)
{
    unsigned rd = 10 + oracle_below(s, 8), rs = 10 + oracle_below(s, 20);
    switch (oracle_below(s, 4)) {
    case 0: return oracle_csr(2, rd, 1 + oracle_below(s, 3), 0);
    case 1: return oracle_csr(5, rd, CSR_frm, oracle_below(s, 5));
    case 2: return oracle_csr(1 + oracle_below(s, 3), rd, CSR_fflags, rs);
    default: return oracle_csr(5 + oracle_below(s, 3), rd, CSR_fflags, oracle_below(s, 32));
    }
}

static inline void oracle_add(struct oracle_unit *u, uint32_t bits)
{
    assert(u->count < UNIT_MAX);
    u->bits[u->count++] = bits;
}

/* LR, perhaps something that touches no memory, and the SC to the same place. */
static inline void oracle_add_pair(struct oracle_unit *u, const struct insn_desc *lr, const struct insn_desc *sc, uint64_t *s)
{
    uint32_t first = oracle_fill(lr, s), second = oracle_fill(sc, s);
    oracle_add(u, first);
    if (oracle_below(s, 2))
        oracle_add(u, oracle_addi(10 + oracle_below(s, 8), oracle_below(s, 32), 1));
    oracle_add(u, (second & ~(31U << 15)) | (first & 31U << 15));
}

static inline void oracle_unit_fill(struct oracle_unit *u, const struct insn_desc *row, uint64_t *s)
{
    static const struct {
        const char *format;
        enum oracle_jump jump;
    } jumps[] = {
        {"B", JUMP_B},
        {"J", JUMP_J},
        {"C_B", JUMP_CB},
        {"C_J", JUMP_CJ},
    };
    const struct insn_desc *rows = isa_riscv.rows;
    unsigned index = (unsigned)(row - rows);
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++)
        if (!strcmp(row->format, jumps[i].format))
            u->jump = jumps[i].jump;
    switch (index) {
    case RV_INSN_lr_w: oracle_add_pair(u, row, &rows[RV_INSN_sc_w], s); break;
    case RV_INSN_lr_d: oracle_add_pair(u, row, &rows[RV_INSN_sc_d], s); break;
    case RV_INSN_csrrw:
    case RV_INSN_csrrs:
    case RV_INSN_csrrc:
    case RV_INSN_csrrwi:
    case RV_INSN_csrrsi:
    case RV_INSN_csrrci: oracle_add(u, oracle_fcsr(s)); break;
    case RV_INSN_jalr:
        u->jump = JUMP_BY_REGISTER;
        oracle_add(u, ORACLE_AUIPC_TEMP);
        oracle_add(u, oracle_put(row, oracle_fill(row, s), 's', ORACLE_TEMP));
        break;
    case RV_INSN_c_jr:
    case RV_INSN_c_jalr:
        u->jump = JUMP_BY_REGISTER;
        oracle_add(u, ORACLE_AUIPC_TEMP);
        oracle_add(u, oracle_addi(ORACLE_TEMP, ORACLE_TEMP, 0));
        oracle_add(u, oracle_put(row, (uint32_t)row->match, 's', ORACLE_TEMP));
        break;
    case RV_INSN_c_addi16sp: /* writes x2: keep it */
        oracle_add(u, oracle_addi(ORACLE_TEMP, 2, 0));
        oracle_add(u, oracle_fill(row, s));
        oracle_add(u, oracle_addi(10, 2, 0));
        oracle_add(u, oracle_addi(2, ORACLE_TEMP, 0));
        break;
    default: oracle_add(u, oracle_fill(row, s)); break;
    }
}

/* An extension first, then one of its rows, so that the small ones come as often as the large. */
static inline const struct insn_desc *oracle_row(uint64_t *s)
{
    static const char *const excluded[] = {"ecall", "ebreak", "c.ebreak", "mret", "sret", "wfi", "sfence.vma", NULL};
    static const char *const exts[] = {"I", "I", "M", "A", "F", "D", "F", "D", "C", "C", "Zicsr", "Zifencei"};
    const char *ext = exts[oracle_below(s, sizeof exts / sizeof *exts)];
    for (;;) {
        const struct insn_desc *row = &isa_riscv.rows[oracle_below(s, isa_riscv.row_count)];
        if (!strcmp(row->ext, ext) && !oracle_is(row, excluded))
            return row;
    }
}

static inline unsigned oracle_unit_bytes(const struct oracle_unit *u)
{
    unsigned bytes = 0;
    for (unsigned i = 0; i < u->count; i++)
        bytes += oracle_length(u->bits[i]);
    return bytes;
}

/* Takes bits [from, to] of v to position `at`. */
static inline uint32_t oracle_move(uint32_t v, unsigned from, unsigned to, unsigned at)
{
    return (v >> from & ((UINT32_C(1) << (to - from + 1)) - 1)) << at;
}

/* Fills in the distance to the target [unpriv 2.3, 27.4: the layouts of B, J, CB and CJ]. */
static inline void oracle_aim(struct oracle_unit *u, uint32_t by)
{
    uint32_t *b = &u->bits[0];
    switch (u->jump) {
    case JUMP_NONE: break;
    case JUMP_B:
        *b = (*b & 0x01fff07f) | oracle_move(by, 12, 12, 31) | oracle_move(by, 5, 10, 25) | oracle_move(by, 1, 4, 8) |
             oracle_move(by, 11, 11, 7);
        break;
    case JUMP_J:
        *b = (*b & 0xfff) | oracle_move(by, 20, 20, 31) | oracle_move(by, 1, 10, 21) | oracle_move(by, 11, 11, 20) |
             oracle_move(by, 12, 19, 12);
        break;
    case JUMP_CB:
        *b = (*b & 0xe383) | oracle_move(by, 8, 8, 12) | oracle_move(by, 3, 4, 10) | oracle_move(by, 6, 7, 5) |
             oracle_move(by, 1, 2, 3) | oracle_move(by, 5, 5, 2);
        break;
    case JUMP_CJ:
        *b = (*b & 0xe003) | oracle_move(by, 11, 11, 12) | oracle_move(by, 4, 4, 11) | oracle_move(by, 8, 9, 9) |
             oracle_move(by, 10, 10, 8) | oracle_move(by, 6, 6, 7) | oracle_move(by, 7, 7, 6) | oracle_move(by, 1, 3, 3) |
             oracle_move(by, 5, 5, 2);
        break;
    case JUMP_BY_REGISTER: /* in the second instruction: the jump itself, or the addi before it; from the auipc */
        u->bits[1] = (u->bits[1] & 0xfffff) | by << 20;
        break;
    }
}

static inline void oracle_generate(struct oracle_sequence *q, uint64_t *s)
{
    memset(q, 0, sizeof *q);
    for (unsigned i = 0; i < UNITS; i++)
        oracle_unit_fill(&q->unit[i], oracle_row(s), s);
    for (unsigned i = 0; i < UNITS; i++) {
        unsigned ahead = 1 + oracle_below(s, 4), by = 0;
        for (unsigned k = i; k < i + ahead && k < UNITS; k++)
            by += oracle_unit_bytes(&q->unit[k]);
        oracle_aim(&q->unit[i], by);
    }
}

#endif
