/* assemble.h - instruction words from the table's rows, for tests that write programs. Base formats of 32 bits only. */
#ifndef TRAPEZE_TESTS_ISA_ASSEMBLE_H
#define TRAPEZE_TESTS_ISA_ASSEMBLE_H

#include "isa/riscv.h"

enum { C_EBREAK = 0x9002, C_NOP = 0x0001 };
/* clang-format off */
enum {
    ZERO, RA, SP, GP, TP, T0, T1, T2, S0, S1, A0, A1, A2, A3, A4, A5, A6, A7, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, T3, T4, T5, T6
};
/* clang-format on */

static inline uint32_t asm_bits(int64_t v, unsigned lo, unsigned n, unsigned at)
{
    return (uint32_t)bits_get((uint64_t)v, lo, n) << at;
}
static inline uint32_t asm_match(unsigned row) { return (uint32_t)isa_riscv.rows[row].match; }

/* R: also AMO (rd, rs2, address in rs1). */
static inline uint32_t asm_r(unsigned row, unsigned rd, unsigned rs1, unsigned rs2)
{
    return asm_match(row) | rd << 7 | rs1 << 15 | rs2 << 20;
}
/* I: also shifts, loads (rd, base, offset), CSRs (rd, rs1 or immediate, csr). */
static inline uint32_t asm_i(unsigned row, unsigned rd, unsigned rs1, int64_t imm)
{
    return asm_match(row) | rd << 7 | rs1 << 15 | asm_bits(imm, 0, 12, 20);
}
static inline uint32_t asm_s(unsigned row, unsigned rs2, unsigned base, int64_t imm)
{
    return asm_match(row) | rs2 << 20 | base << 15 | asm_bits(imm, 0, 5, 7) | asm_bits(imm, 5, 7, 25);
}
static inline uint32_t asm_b(unsigned row, unsigned rs1, unsigned rs2, int64_t offset)
{
    return asm_match(row) | rs1 << 15 | rs2 << 20 | asm_bits(offset, 11, 1, 7) | asm_bits(offset, 1, 4, 8) |
           asm_bits(offset, 5, 6, 25) | asm_bits(offset, 12, 1, 31);
}
/* U: imm is the upper 20 bits. */
static inline uint32_t asm_u(unsigned row, unsigned rd, int64_t imm) { return asm_match(row) | rd << 7 | asm_bits(imm, 0, 20, 12); }
static inline uint32_t asm_j(unsigned row, unsigned rd, int64_t offset)
{
    return asm_match(row) | rd << 7 | asm_bits(offset, 12, 8, 12) | asm_bits(offset, 11, 1, 20) | asm_bits(offset, 1, 10, 21) |
           asm_bits(offset, 20, 1, 31);
}

#endif
