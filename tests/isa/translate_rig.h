/* translate_rig.h - page tables in memory, and accesses through them. */
#ifndef TRAPEZE_TESTS_ISA_TRANSLATE_RIG_H
#define TRAPEZE_TESTS_ISA_TRANSLATE_RIG_H

#include "tests/isa/hart_bench.h"

#define BIT(n) (UINT64_C(1) << (n))
#define ADUE BIT(61)

/* Tables of the tests, in RAM. */
#define ROOT (BENCH_RAM + 0x100000)
#define MIDDLE (BENCH_RAM + 0x101000)
#define LAST (BENCH_RAM + 0x102000)
#define TOP48 (BENCH_RAM + 0x103000)
#define DATA (BENCH_RAM + 0x200000)  /* what they map */
#define OUTSIDE UINT64_C(0x40000000) /* nothing is there */
#define VA UINT64_C(0x1234567000)
#define SV39 (UINT64_C(8) << 60)
#define SV48 (UINT64_C(9) << 60)

enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128 };

static const uint64_t modes[] = {RV_U, RV_S, RV_M};
static const uint8_t page_fault[] = {[PT_READ] = 13, [PT_WRITE] = 15, [PT_FETCH] = 12};
static const uint8_t access_fault[] = {[PT_READ] = 5, [PT_WRITE] = 7, [PT_FETCH] = 1};

static inline uint64_t pte_of(pa_t pa, uint64_t bits) { return pa >> 12 << 10 | bits; }
static inline uint64_t index_of(va_t va, unsigned level) { return va >> (12 + 9 * level) & 511; }

static inline void set_mode(struct bench *b, uint64_t mode) { machine_set(b->m, MACHINE_MODE, mode); }
static inline void fence_all(struct bench *b)
{
    struct fence all = {.has_va = false};
    machine_fence(b->m, &all);
}

static inline pa_t leaf_address(va_t va, unsigned level)
{
    const pa_t table[] = {LAST, MIDDLE, ROOT, TOP48};
    return table[level] + 8 * index_of(va, level);
}

/* Maps va by a leaf at `level`: the tables above it point down. */
static inline void map(struct bench *b, va_t va, unsigned level, uint64_t leaf)
{
    bench_write64(b, leaf_address(va, 3), pte_of(ROOT, V));
    bench_write64(b, leaf_address(va, 2), pte_of(MIDDLE, V));
    bench_write64(b, leaf_address(va, 1), pte_of(LAST, V));
    bench_write64(b, leaf_address(va, level), leaf);
    fence_all(b);
}

static inline void open_plain(struct bench *b)
{
    struct riscv_config c = bench_config();
    bench_open(b, &c);
    bench_open_pmp(b);
    bench_set(b, CSR_satp, SV39 | ROOT >> 12);
}

static inline void expect_ok(struct bench *b, va_t va, enum pt_kind kind, pa_t expected)
{
    pa_t pa = 0;
    if (!hart_translate(b->h, va, 1, kind, &pa))
        fail_msg("va %#llx kind %u: cause %u", (unsigned long long)va, kind, (unsigned)b->h->trap->cause);
    assert_int_equal(pa, expected);
}

static inline void expect_fault(struct bench *b, va_t va, enum pt_kind kind, const uint8_t *causes)
{
    pa_t pa = 0;
    if (hart_translate(b->h, va, 1, kind, &pa))
        fail_msg("va %#llx kind %u: translated to %#llx", (unsigned long long)va, kind, (unsigned long long)pa);
    assert_int_equal(b->h->trap->kind, TRAP_EXCEPTION);
    assert_int_equal(b->h->trap->cause, causes[kind]);
    assert_int_equal(b->h->trap->tval, va);
    assert_int_equal(b->h->trap->reason, REASON_RESOURCE);
}

static inline void pmp_napot(struct bench *b, unsigned n, pa_t base, uint64_t size, uint64_t rights)
{
    uint64_t cfg = bench_get(b, CSR_pmpcfg0);
    bench_set(b, CSR_pmpaddr0 + n, base >> 2 | (size / 8 - 1));
    bench_set(b, CSR_pmpcfg0, (cfg & ~(UINT64_C(0xff) << (8 * n))) | (rights | 3 << 3) << (8 * n));
}

#endif
