/* hart_rig.h - programs for a bare hart, and a device that traps and yields. */
#ifndef TRAPEZE_TESTS_ISA_HART_RIG_H
#define TRAPEZE_TESTS_ISA_HART_RIG_H

#include "tests/isa/assemble.h"
#include "tests/isa/hart_bench.h"

enum { IO_BASE = 0x10000000, IO_SIZE = 0x1000 };
#define DATA (BENCH_RAM + 0x100000)
#define X(n) (RV_X + (n))

static inline void open_plain(struct bench *b)
{
    struct riscv_config c = bench_config();
    bench_open(b, &c);
}

static inline void put32(struct bench *b, pa_t pa, uint32_t bits) { assert_int_equal(machine_store(b->m, pa, &bits, 4), 0); }
static inline void put16(struct bench *b, pa_t pa, uint16_t bits) { assert_int_equal(machine_store(b->m, pa, &bits, 2), 0); }

static inline pa_t put_program(struct bench *b, pa_t pa, const uint32_t *words, size_t count)
{
    assert_int_equal(machine_store(b->m, pa, words, count * 4), 0);
    return pa + count * 4;
}

#define PUT(b, pa, ...) put_program(b, pa, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

/* Runs from pc until something other than the budget stops it; *retired may be NULL. */
static inline struct trap run_from(struct bench *b, va_t pc, uint64_t *retired)
{
    uint64_t count = 0;
    machine_set(b->m, MACHINE_PC, pc);
    struct trap t = machine_run(b->m, 1000000, &count);
    if (retired)
        *retired = count;
    return t;
}

static inline void expect_breakpoint(const struct trap *t)
{
    assert_true(t->kind == TRAP_EXCEPTION && t->cause == RV_CAUSE_BREAKPOINT);
}

#define ADDI(rd, rs1, imm) asm_i(RV_INSN_addi, rd, rs1, imm)
#define LI32(rd, v) asm_u(RV_INSN_lui, rd, ((v) + 0x800) >> 12), asm_i(RV_INSN_addiw, rd, rd, (v))

static inline void expect_fault(const struct bench *b, const struct trap *t, unsigned cause, va_t tval, va_t pc)
{
    assert_int_equal(t->kind, TRAP_EXCEPTION);
    assert_int_equal(t->cause, cause);
    assert_int_equal(t->tval, tval);
    assert_int_equal(machine_get(b->m, MACHINE_PC), pc);
}

enum { SUBROUTINE = 0x3000 }; /* from BENCH_CODE: another page */

/* Loops over memory, calls into another page, misaligned accesses across pages, an ecall now and then, timer interrupts. */
static inline void put_busy_program(struct bench *b)
{
    pa_t loop = PUT(b, BENCH_CODE, asm_u(RV_INSN_auipc, S0, 0x100), /* data */
                    LI32(S1, 1000000), ADDI(A0, ZERO, 0));
    PUT(b, loop, ADDI(A0, A0, 1),                                                          /* 00 */
        asm_i(RV_INSN_slli, T0, A0, 3),                                                    /* 04 */
        asm_i(RV_INSN_andi, T0, T0, 0x7f8),                                                /* 08 */
        asm_r(RV_INSN_add, T1, S0, T0),                                                    /* 0c */
        asm_i(RV_INSN_ld, T2, T1, 0xffe - 0x800),                                          /* 10 */
        asm_r(RV_INSN_xor, T2, T2, A0),                                                    /* 14 */
        asm_s(RV_INSN_sd, T2, T1, 0xffd - 0x800),                                          /* 18 */
        asm_i(RV_INSN_andi, T3, A0, 15),                                                   /* 1c */
        asm_b(RV_INSN_bne, T3, ZERO, 8),                                                   /* 20 */
        asm_match(RV_INSN_ecall),                                                          /* 24 */
        asm_j(RV_INSN_jal, RA, (int64_t)SUBROUTINE - (int64_t)(loop + 0x28 - BENCH_CODE)), /* 28 */
        asm_b(RV_INSN_bltu, A0, S1, -0x2c),                                                /* 2c */
        asm_match(RV_INSN_ebreak));
    pa_t body = BENCH_CODE + SUBROUTINE;
    put16(b, body, 0x0f05); /* c.addi t5,1 */
    put16(b, body + 2, C_NOP);
    PUT(b, body + 4, asm_r(RV_INSN_mul, T4, A0, A0), asm_r(RV_INSN_add, A1, A1, T4), asm_r(RV_INSN_amoadd_d, A2, S0, A1));
    put16(b, body + 16, 0x8082); /* c.jr ra */
}

#endif
