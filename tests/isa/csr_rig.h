/* csr_rig.h - CSRs read and written by instructions. */
#ifndef TRAPEZE_TESTS_ISA_CSR_RIG_H
#define TRAPEZE_TESTS_ISA_CSR_RIG_H

#include "tests/isa/hart_bench.h"

#define BIT(n) (UINT64_C(1) << (n))
#define ALL (~UINT64_C(0))

enum { A0 = 10, A1 = 11 };
#define UNTOUCHED UINT64_C(0x5a5a5a5a5a5a5a5a)

static inline void open_plain(struct bench *b)
{
    struct riscv_config c = bench_config();
    bench_open(b, &c);
    bench_open_pmp(b);
}

static inline uint64_t read_csr(struct bench *b, unsigned csr)
{
    assert_int_equal(bench_step(b, insn_csr(CSRRS, A0, csr, 0)).kind, TRAP_BUDGET);
    return machine_get(b->m, RV_X + A0);
}

static inline void write_csr(struct bench *b, unsigned csr, uint64_t v)
{
    machine_set(b->m, RV_X + A1, v);
    assert_int_equal(bench_step(b, insn_csr(CSRRW, 0, csr, A1)).kind, TRAP_BUDGET);
}

#endif
