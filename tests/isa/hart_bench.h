/* hart_bench.h - a hart on a bench: one RAM, no board, one instruction at a time. For the tests of isa/riscv. */
#ifndef TRAPEZE_TESTS_ISA_HART_BENCH_H
#define TRAPEZE_TESTS_ISA_HART_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "isa/riscv/access.h"
#include "isa/riscv/csr.h"
#include "isa/riscv/decode.h"
#include "isa/riscv/fast.h"
#include "isa/riscv/hart.h"
#include "isa/riscv/pmp.h"
#include "isa/riscv/record.h"
#include "isa/riscv/translate.h"
#include "isa/riscv/trap.h"
#include "tests/ways.h"

#define BENCH_RAM UINT64_C(0x80000000)
#define BENCH_CODE (BENCH_RAM + 0x1000)
enum { BENCH_RAM_SIZE = 16 << 20 };

struct bench {
    struct ram *ram;
    struct phys *phys;
    struct machine *m;
    struct hart *h;
};

static inline struct riscv_config bench_config(void)
{
    struct riscv_config c = riscv_config_default;
    c.reset_pc = BENCH_CODE;
    return c;
}

static inline void bench_open(struct bench *b, const struct riscv_config *like)
{
    assert_int_equal(ram_create(&b->ram, BENCH_RAM_SIZE), 0);
    assert_int_equal(phys_create(&b->phys), 0);
    assert_int_equal(phys_add_ram(b->phys, "ram", BENCH_RAM, BENCH_RAM_SIZE, b->ram, 0), 0);
    assert_int_equal(create_in_this_way(&b->m, b->phys, like), 0);
    b->h = hart_of(b->m);
}

static inline void bench_close(struct bench *b)
{
    machine_destroy(b->m);
    phys_destroy(b->phys);
    ram_destroy(b->ram);
}

static inline uint64_t bench_get(const struct bench *b, unsigned csr) { return machine_get(b->m, RV_CSR + csr); }
static inline void bench_set(struct bench *b, unsigned csr, uint64_t v) { machine_set(b->m, RV_CSR + csr, v); }
static inline void bench_mode(struct bench *b, uint64_t mode) { machine_set(b->m, MACHINE_MODE, mode); }

static inline void bench_write64(struct bench *b, pa_t pa, uint64_t v) { assert_int_equal(machine_store(b->m, pa, &v, 8), 0); }
static inline uint64_t bench_read64(const struct bench *b, pa_t pa)
{
    uint64_t v;
    assert_int_equal(machine_load(b->m, pa, &v, 8), 0);
    return v;
}

/* All of memory for S and U, by PMP entry 0 as NAPOT. */
static inline void bench_open_pmp(struct bench *b)
{
    bench_set(b, CSR_pmpaddr0, UINT64_MAX);
    bench_set(b, CSR_pmpcfg0, 0x1f);
}

/* Runs the one instruction `bits` at BENCH_CODE (translation off). TRAP_BUDGET: it retired. */
static inline struct trap bench_step(struct bench *b, uint32_t bits)
{
    uint64_t retired = 0;
    assert_int_equal(machine_store(b->m, BENCH_CODE, &bits, 4), 0);
    machine_set(b->m, MACHINE_PC, BENCH_CODE);
    return machine_run(b->m, 1, &retired);
}

/* SYSTEM instructions [unpriv 7.1]. */
enum csr_funct { CSRRW = 1, CSRRS, CSRRC, CSRRWI = 5, CSRRSI, CSRRCI };
static inline uint32_t insn_csr(enum csr_funct f, unsigned rd, unsigned csr, unsigned rs1)
{
    return 0x73u | rd << 7 | (uint32_t)f << 12 | rs1 << 15 | csr << 20;
}
enum {
    INSN_ECALL = 0x00000073,
    INSN_EBREAK = 0x00100073,
    INSN_SRET = 0x10200073,
    INSN_MRET = 0x30200073,
    INSN_WFI = 0x10500073,
    INSN_SFENCE_VMA = 0x12000073,
    INSN_NOP = 0x00000013
};
enum { INSN_C_EBREAK = 0x9002, INSN_C_NOP = 0x0001 };

static inline void bench_expect_illegal(const struct trap *t, uint32_t bits, enum trap_reason reason)
{
    assert_int_equal(t->kind, TRAP_EXCEPTION);
    assert_int_equal(t->cause, RV_CAUSE_ILLEGAL);
    assert_int_equal(t->tval, bits);
    assert_int_equal(t->reason, reason);
}

/* Numbers that are the same on every run. */
static inline uint64_t bench_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

#endif
