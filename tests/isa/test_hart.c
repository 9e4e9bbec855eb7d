/* The hart as a machine: exact budgets however they are split, code that changes under its own feet, instructions across pages, the
 * bus, reservations, and what a trap carries. Programs are written with assemble.h. */
#include "tests/isa/assemble.h"
#include "tests/isa/hart_bench.h"

#include <string.h>

enum { IO_BASE = 0x10000000, IO_SIZE = 0x1000 };
#define DATA (BENCH_RAM + 0x100000)
#define X(n) (RV_X + (n))

static void open_plain(struct bench *b)
{
    struct riscv_config c = bench_config();
    bench_open(b, &c);
}

static void put32(struct bench *b, pa_t pa, uint32_t bits) { assert_int_equal(machine_store(b->m, pa, &bits, 4), 0); }
static void put16(struct bench *b, pa_t pa, uint16_t bits) { assert_int_equal(machine_store(b->m, pa, &bits, 2), 0); }

static pa_t put_program(struct bench *b, pa_t pa, const uint32_t *words, size_t count)
{
    assert_int_equal(machine_store(b->m, pa, words, count * 4), 0);
    return pa + count * 4;
}
#define PUT(b, pa, ...) put_program(b, pa, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

/* Runs from pc until something other than the budget stops it; *retired may be NULL. */
static struct trap run_from(struct bench *b, va_t pc, uint64_t *retired)
{
    uint64_t count = 0;
    machine_set(b->m, MACHINE_PC, pc);
    struct trap t = machine_run(b->m, 1000000, &count);
    if (retired)
        *retired = count;
    return t;
}

static void expect_breakpoint(const struct trap *t) { assert_true(t->kind == TRAP_EXCEPTION && t->cause == RV_CAUSE_BREAKPOINT); }

static void expect_fault(const struct bench *b, const struct trap *t, unsigned cause, va_t tval, va_t pc)
{
    assert_int_equal(t->kind, TRAP_EXCEPTION);
    assert_int_equal(t->cause, cause);
    assert_int_equal(t->tval, tval);
    assert_int_equal(machine_get(b->m, MACHINE_PC), pc);
}

/* --- budgets */

#define ADDI(rd, rs1, imm) asm_i(RV_INSN_addi, rd, rs1, imm)
#define LI32(rd, v) asm_u(RV_INSN_lui, rd, ((v) + 0x800) >> 12), asm_i(RV_INSN_addiw, rd, rd, (v))

enum { SUBROUTINE = 0x3000 }; /* from BENCH_CODE: another page */

/* Loops over memory, calls into another page, misaligned accesses across pages, an ecall now and then, timer interrupts. */
static void put_busy_program(struct bench *b)
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

struct outcome {
    uint64_t x[32], pc, clock, retired, interrupts, ecalls, memory;
};

static uint64_t hash_of(const struct bench *b)
{
    uint64_t hash = 0;
    for (pa_t pa = DATA; pa < DATA + 0x4000; pa += 8)
        hash = hash * UINT64_C(6364136223846793005) + bench_read64(b, pa);
    return hash;
}

/* Runs `total` instructions in budgets of at most `piece` (0: random ones). The owner skips ecalls and serves the timer. */
static void run_in_pieces(struct bench *b, uint64_t total, uint64_t piece, struct outcome *o)
{
    uint64_t retired = 0, seed = 99;
    memset(o, 0, sizeof *o);
    machine_reset(b->m);
    for (pa_t pa = DATA; pa < DATA + 0x4000; pa += 8)
        bench_write64(b, pa, 0);
    bench_set(b, CSR_menvcfg, UINT64_C(1) << MENVCFG_STCE);
    bench_set(b, CSR_stimecmp, 7);
    bench_set(b, CSR_mie, 1 << RV_IRQ_STI);
    bench_set(b, CSR_mstatus, 1 << MSTATUS_MIE);
    while (retired < total) {
        uint64_t budget = piece ? piece : 1 + bench_random(&seed) % 5000;
        if (budget > total - retired)
            budget = total - retired;
        uint64_t before = retired;
        struct trap t = machine_run(b->m, budget, &retired);
        assert_true(retired - before <= budget);
        if (t.kind == TRAP_BUDGET) {
            assert_int_equal(retired - before, budget);
        } else if (t.kind == TRAP_INTERRUPT) {
            o->interrupts++;
            o->memory = o->memory * 31 + machine_get(b->m, MACHINE_PC) + retired;
            bench_set(b, CSR_stimecmp, bench_get(b, CSR_time) + 3 + o->interrupts % 40);
        } else {
            assert_int_equal(t.reason, REASON_REQUESTED);
            o->ecalls++;
            machine_set(b->m, MACHINE_PC, machine_get(b->m, MACHINE_PC) + 4);
        }
    }
    for (unsigned n = 0; n < 32; n++)
        o->x[n] = machine_get(b->m, X(n));
    o->pc = machine_get(b->m, MACHINE_PC);
    o->clock = machine_get(b->m, MACHINE_CLOCK);
    o->retired = machine_get(b->m, MACHINE_RETIRED);
    o->memory += hash_of(b);
    assert_int_equal(retired, total);
    assert_int_equal(o->retired, total);
    assert_int_equal(o->clock, total);
}

static void budgets_are_exact(void **state)
{
    static const uint64_t totals[] = {1, 17, 2047, 2048, 2049, 40000, 100003}, pieces[] = {1, 2, 7, 1000, 2048, 2049, 4097, 0};
    struct bench b;
    (void)state;
    open_plain(&b);
    put_busy_program(&b);
    for (unsigned t = 0; t < sizeof totals / sizeof totals[0]; t++) {
        struct outcome whole, split;
        run_in_pieces(&b, totals[t], UINT64_MAX, &whole);
        for (unsigned p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
            run_in_pieces(&b, totals[t], pieces[p], &split);
            assert_memory_equal(&whole, &split, sizeof whole);
        }
        assert_true(totals[t] < 30000 || (whole.interrupts > 5 && whole.ecalls > 50));
    }
    bench_close(&b);
}

/* Straight-line code, the most that retires between two looks at the budget: pages full of 2-byte instructions. */
static void straight_line_budgets(void **state)
{
    enum { COUNT = 3 * PAGE_SIZE / 2 };
    struct bench b;
    (void)state;
    open_plain(&b);
    for (pa_t n = 0; n < COUNT; n++)
        put16(&b, BENCH_CODE + 2 * n, 0x0505);                 /* c.addi a0,1 */
    for (uint64_t budget = COUNT; budget > 13; budget -= 13) { /* the first round decodes */
        uint64_t retired = 0;
        machine_set(b.m, MACHINE_PC, BENCH_CODE);
        machine_set(b.m, X(A0), 0);
        assert_int_equal(machine_run(b.m, budget, &retired).kind, TRAP_BUDGET);
        assert_int_equal(retired, budget);
        assert_int_equal(machine_get(b.m, X(A0)), budget);
        assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE + 2 * budget);
    }
    bench_close(&b);
}

/* A jump reads its register before it writes the link, also when they are one. */
static void link_may_be_the_target(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    put32(&b, BENCH_CODE, asm_i(RV_INSN_jalr, RA, RA, 5));
    put32(&b, DATA + 4, asm_match(RV_INSN_ebreak));
    machine_set(b.m, X(RA), DATA);
    struct trap t = run_from(&b, BENCH_CODE, NULL);
    expect_breakpoint(&t);
    assert_int_equal(machine_get(b.m, MACHINE_PC), DATA + 4); /* bit 0 of the sum is dropped */
    assert_int_equal(machine_get(b.m, X(RA)), BENCH_CODE + 4);
    bench_close(&b);
}

/* An interrupt that its owner leaves alone is there again. */
static void interrupt_stays_until_taken(void **state)
{
    struct bench b;
    uint64_t retired = 0;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_mie, 1 << RV_IRQ_MSI);
    bench_set(&b, CSR_mstatus, 1 << MSTATUS_MIE);
    machine_irq(b.m, RV_IRQ_MSI, true);
    for (unsigned n = 0; n < 3; n++)
        assert_int_equal(machine_run(b.m, 5, &retired).kind, TRAP_INTERRUPT);
    assert_int_equal(retired, 0);
    bench_close(&b);
}

/* stimecmp is noticed at the very instruction whose clock reaches it. */
static void timer_is_exact(void **state)
{
    struct bench b;
    uint64_t retired = 0;
    (void)state;
    open_plain(&b);
    put32(&b, BENCH_CODE, asm_j(RV_INSN_jal, ZERO, 0));
    bench_set(&b, CSR_menvcfg, UINT64_C(1) << MENVCFG_STCE);
    bench_set(&b, CSR_stimecmp, 1234);
    bench_set(&b, CSR_mie, 1 << RV_IRQ_STI);
    bench_set(&b, CSR_mstatus, 1 << MSTATUS_MIE);
    assert_int_equal(machine_get(b.m, MACHINE_WAKE), 123400);
    struct trap t = machine_run(b.m, 10000000, &retired);
    assert_int_equal(t.kind, TRAP_INTERRUPT);
    assert_int_equal(t.cause, RV_IRQ_STI);
    assert_int_equal(retired, 123400);
    bench_set(&b, CSR_stimecmp, 2000); /* the owner moves the clock forward: time passes without instructions */
    machine_set(b.m, MACHINE_CLOCK, 199990);
    t = machine_run(b.m, 10000000, &retired);
    assert_int_equal(t.kind, TRAP_INTERRUPT);
    assert_int_equal(retired, 123400 + 10);
    assert_int_equal(machine_get(b.m, MACHINE_CLOCK), 200000);
    bench_close(&b);
}

/* --- code that changes */

static void code_changes_before_itself(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    pa_t at =
        PUT(&b, BENCH_CODE, asm_u(RV_INSN_auipc, S0, 0), asm_s(RV_INSN_sw, A1, S0, 8), ADDI(A0, ZERO, 1), asm_match(RV_INSN_ebreak));
    assert_int_equal(at, BENCH_CODE + 16);
    for (int64_t n = 2; n < 20; n++) { /* the store changes the instruction right after it, decoded the round before */
        uint64_t retired;
        machine_set(b.m, X(A1), ADDI(A0, ZERO, n));
        struct trap t = run_from(&b, BENCH_CODE, &retired);
        expect_breakpoint(&t);
        assert_int_equal(retired, 3);
        assert_int_equal(machine_get(b.m, X(A0)), n);
    }
    bench_close(&b);
}

/* A store may replace the store itself, or turn one long instruction into two short ones from its middle on. */
static void code_changes_under_itself(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, asm_u(RV_INSN_auipc, S0, 0), asm_s(RV_INSN_sw, A1, S0, 4), asm_match(RV_INSN_ebreak));
    machine_set(b.m, X(A1), ADDI(A0, ZERO, 77));
    struct trap t = run_from(&b, BENCH_CODE, NULL);
    expect_breakpoint(&t);
    assert_int_equal(machine_get(b.m, X(A0)), 0);
    t = run_from(&b, BENCH_CODE, NULL);
    expect_breakpoint(&t);
    assert_int_equal(machine_get(b.m, X(A0)), 77);

    PUT(&b, BENCH_CODE, ADDI(A0, ZERO, 5), ADDI(A0, A0, 6), asm_match(RV_INSN_ebreak));
    t = run_from(&b, BENCH_CODE, NULL);
    assert_int_equal(machine_get(b.m, X(A0)), 11);
    put16(&b, BENCH_CODE + 6, C_EBREAK); /* the upper half of the second addi */
    t = run_from(&b, BENCH_CODE + 6, NULL);
    expect_breakpoint(&t);
    t = run_from(&b, BENCH_CODE, NULL); /* whose operands are now tp and -1792 */
    expect_breakpoint(&t);
    assert_int_equal(machine_get(b.m, X(A0)), UINT64_MAX - 1791);
    bench_close(&b);
}

/* A subroutine in another page is rewritten after it has run, through another alias of the write TLB's page, and by the owner. */
static void code_changes_elsewhere(void **state)
{
    struct bench b;
    pa_t routine = BENCH_CODE + 0x2000;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, asm_s(RV_INSN_sw, A1, S0, 0), asm_i(RV_INSN_jalr, RA, S0, 0), asm_i(RV_INSN_lw, A2, S0, 0),
        asm_match(RV_INSN_ebreak));
    PUT(&b, routine, ADDI(A0, ZERO, 1), asm_i(RV_INSN_jalr, ZERO, RA, 0));
    machine_set(b.m, X(S0), routine);
    for (int64_t n = 3; n < 700; n++) { /* often enough for the page to be given back and taken again */
        uint32_t word = ADDI(A0, ZERO, n);
        uint64_t retired;
        machine_set(b.m, X(A1), word);
        struct trap t = run_from(&b, BENCH_CODE, &retired);
        expect_breakpoint(&t);
        assert_int_equal(retired, 5);
        assert_int_equal(machine_get(b.m, X(A0)), n);
        assert_int_equal((uint32_t)machine_get(b.m, X(A2)), word);
    }
    put32(&b, routine, ADDI(A0, ZERO, 1500));
    struct trap t = run_from(&b, BENCH_CODE + 4, NULL);
    expect_breakpoint(&t);
    assert_int_equal(machine_get(b.m, X(A0)), 1500);
    bench_close(&b);
}

/* Code and data in turn: a page written a lot and executed no more loses its mark; the hart then writes it directly. */
static void mark_is_given_back(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, DATA, ADDI(A0, ZERO, 9), asm_match(RV_INSN_ebreak));
    struct trap t = run_from(&b, DATA, NULL);
    expect_breakpoint(&t);
    assert_true(ram_is_marked(b.ram, DATA - BENCH_RAM));
    pa_t loop = PUT(&b, BENCH_CODE, LI32(A1, 2000), ADDI(A0, ZERO, 0));
    PUT(&b, loop, asm_s(RV_INSN_sd, A0, S0, 0), ADDI(A0, A0, 1), asm_b(RV_INSN_bne, A0, A1, -8), asm_match(RV_INSN_ebreak));
    machine_set(b.m, X(S0), DATA + 0x800);
    t = run_from(&b, BENCH_CODE, NULL);
    expect_breakpoint(&t);
    assert_false(ram_is_marked(b.ram, DATA - BENCH_RAM));
    assert_int_equal(bench_read64(&b, DATA + 0x800), 1999);
    t = run_from(&b, DATA, NULL); /* and is decoded again when executed again */
    expect_breakpoint(&t);
    assert_int_equal(machine_get(b.m, X(A0)), 9);
    assert_true(ram_is_marked(b.ram, DATA - BENCH_RAM));
    bench_close(&b);
}

/* Another watcher of the block marks a page: direct writes to it must end, so that it hears of them. */
struct listener {
    struct ram_watcher watcher;
    unsigned heard;
};
static void listen_written(struct ram_watcher *w, uint64_t offset, size_t length)
{
    struct listener *l = (struct listener *)(void *)w;
    assert_int_equal(offset, DATA - BENCH_RAM);
    assert_int_equal(length, 8);
    l->heard++;
}

static void marks_of_others_are_heeded(void **state)
{
    struct listener l = {.watcher = {.written = listen_written}};
    struct bench b;
    (void)state;
    open_plain(&b);
    ram_watch(b.ram, &l.watcher);
    PUT(&b, BENCH_CODE, asm_s(RV_INSN_sd, A0, S0, 0), asm_r(RV_INSN_amoadd_d, A1, S0, A0), asm_match(RV_INSN_ebreak));
    machine_set(b.m, X(S0), DATA);
    (void)run_from(&b, BENCH_CODE, NULL);
    assert_int_equal(l.heard, 0);
    ram_mark(b.ram, DATA - BENCH_RAM);
    (void)run_from(&b, BENCH_CODE, NULL);
    assert_int_equal(l.heard, 2);
    ram_unwatch(b.ram, &l.watcher);
    bench_close(&b);
}

/* More pages than the pool holds. Each adds one and jumps to the next; the last one's ebreak ends it. */
static void pool_overflows(void **state)
{
    enum { PAGES = 3000 };
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned n = 0; n < PAGES; n++) {
        pa_t page = BENCH_CODE + (pa_t)n * PAGE_SIZE + n % 16 * 2;
        put16(&b, page, 0x0505); /* c.addi a0,1 */
        put32(&b, page + 2,
              n + 1 < PAGES ? asm_j(RV_INSN_jal, ZERO, PAGE_SIZE + (n + 1) % 16 * 2 - n % 16 * 2 - 2) : asm_match(RV_INSN_ebreak));
    }
    for (unsigned round = 0; round < 2; round++) {
        uint64_t retired;
        machine_set(b.m, X(A0), 0);
        struct trap t = run_from(&b, BENCH_CODE, &retired);
        expect_breakpoint(&t);
        assert_int_equal(machine_get(b.m, X(A0)), PAGES);
        assert_int_equal(retired, 2 * PAGES - 1);
    }
    bench_close(&b);
}

/* One page calls all others in turn. The pool fills and stays full but for a part: what is taken back is a part at a time, and the page
 * that is used all along stays. */
static void pool_makes_room(void **state)
{
    enum { PAGES = 3000, ROUNDS = 4 };
    const pa_t first = BENCH_CODE + PAGE_SIZE;
    struct bench b;
    struct riscv_decoded d, before;
    (void)state;
    open_plain(&b);
    pa_t loop = PUT(&b, BENCH_CODE, LI32(A1, PAGES), LI32(S1, PAGE_SIZE));
    PUT(&b, loop, asm_i(RV_INSN_jalr, RA, S0, 0), asm_r(RV_INSN_add, S0, S0, S1), ADDI(A1, A1, -1), asm_b(RV_INSN_bne, A1, ZERO, -12),
        asm_match(RV_INSN_ebreak));
    for (unsigned n = 0; n < PAGES; n++)
        PUT(&b, first + (pa_t)n * PAGE_SIZE, ADDI(A0, A0, 1), asm_i(RV_INSN_jalr, ZERO, RA, 0));
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct trap t = {.kind = TRAP_BUDGET};
        machine_set(b.m, MACHINE_PC, BENCH_CODE);
        machine_set(b.m, X(S0), first);
        while (t.kind == TRAP_BUDGET) { /* the last round in small pieces */
            uint64_t retired = 0;
            assert_true(riscv_decoded(b.m, &before));
            t = machine_run(b.m, round + 1 < ROUNDS ? 1000000 : 60, &retired);
            assert_true(riscv_decoded(b.m, &d));
            if (t.kind == TRAP_BUDGET)
                assert_in_range(d.evicted - before.evicted, 0, d.room / 16);
            assert_true(d.used <= d.touched && d.touched <= d.room && d.asleep == 0);
            assert_true(d.evicted == 0 || d.used >= d.room - d.room / 16);
        }
        if (round + 1 < ROUNDS)
            assert_int_equal(d.decoded, (round + 1) * PAGES + 1);
        expect_breakpoint(&t);
        assert_int_equal(machine_get(b.m, X(A0)), (round + 1) * PAGES);
    }
    assert_int_equal(d.decoded - d.evicted, d.used);
    /* What sleeps goes first, and no more of it than must. */
    machine_fence(b.m, &(struct fence){.cold = true});
    assert_true(riscv_decoded(b.m, &before) && before.used == 0 && before.asleep == d.used);
    const struct code_page *awake = &b.h->pool[(b.h->hand + 1) % d.room];
    machine_set(b.m, X(RA), first + (pa_t)(PAGES + 1) * PAGE_SIZE); /* where nothing is */
    (void)run_from(&b, BENCH_RAM + awake->ram_offset, NULL);
    for (unsigned n = 2; n <= 300; n++) {
        (void)run_from(&b, first + (pa_t)(PAGES + n) * PAGE_SIZE, NULL);
        assert_true(riscv_decoded(b.m, &d));
        assert_true(d.used == n + 1 && d.used + d.asleep <= d.room && d.used + d.asleep >= d.room - d.room / 16);
    }
    assert_true(awake->ram && !awake->asleep);
    assert_false(riscv_decoded(&(struct machine){0}, &d));
    bench_close(&b);
}

/* The fetch TLB goes on naming a page: all others have other slots there. So it stays, and is what it was. */
static void what_is_named_stays(void **state)
{
    enum { PAGES = 2400 };
    struct bench b;
    struct riscv_decoded d;
    (void)state;
    open_plain(&b);
    for (unsigned n = 0; n < PAGES; n++)
        PUT(&b, BENCH_CODE + (pa_t)n * PAGE_SIZE, ADDI(A0, A0, n ? 1 : 100), asm_match(RV_INSN_ebreak));
    for (unsigned n = 0; n < PAGES; n++)
        if (n == 0 || n % TLB_FETCH_ENTRIES)
            (void)run_from(&b, BENCH_CODE + (pa_t)n * PAGE_SIZE, NULL);
    assert_true(riscv_decoded(b.m, &d) && d.evicted > 0 && d.evicted < d.room);
    uint64_t decoded = d.decoded;
    machine_set(b.m, X(A0), 0);
    (void)run_from(&b, BENCH_CODE, NULL);
    assert_int_equal(machine_get(b.m, X(A0)), 100);
    assert_true(riscv_decoded(b.m, &d) && d.decoded == decoded);
    bench_close(&b);
}

/* --- instructions across two pages */

static void crossing_instruction(void **state)
{
    pa_t end = BENCH_CODE + PAGE_SIZE;
    struct bench b;
    uint64_t retired;
    (void)state;
    open_plain(&b);
    put32(&b, end - 2, ADDI(A0, A0, 100));
    put32(&b, end + 2, asm_match(RV_INSN_ebreak));
    struct trap t = run_from(&b, end - 2, &retired);
    expect_breakpoint(&t);
    assert_int_equal(machine_get(b.m, X(A0)), 100);
    assert_int_equal(retired, 1);
    uint16_t half = (uint16_t)(ADDI(A0, A0, 0x250) >> 16); /* only the second page changes */
    put16(&b, end, half);
    t = run_from(&b, end - 2, NULL);
    assert_int_equal(machine_get(b.m, X(A0)), 100 + 0x250);

    put32(&b, end - 6, ADDI(A1, ZERO, 3)); /* reached in a straight line, and by a loop backwards from a branch across the pages */
    put32(&b, end - 2, asm_b(RV_INSN_bne, A1, ZERO, -8));
    put32(&b, end - 10, ADDI(A1, A1, -1));
    put32(&b, end - 6, ADDI(A2, A2, 1));
    machine_set(b.m, X(A1), 1000);
    machine_set(b.m, X(A2), 0);
    t = run_from(&b, end - 10, &retired);
    expect_breakpoint(&t);
    assert_int_equal(machine_get(b.m, X(A2)), 1000);
    assert_int_equal(retired, 3000);

    put32(&b, end - 2, asm_j(RV_INSN_jal, RA, 0x100)); /* a call across: the link is behind it */
    put32(&b, end + 0xfe, asm_match(RV_INSN_ebreak));
    t = run_from(&b, end - 2, NULL);
    assert_int_equal(machine_get(b.m, X(RA)), end + 2);
    assert_int_equal(machine_get(b.m, MACHINE_PC), end + 0xfe);

    uint32_t undefined = 0x3000707f; /* the trap carries all of it */
    put32(&b, end - 2, undefined);
    t = run_from(&b, end - 2, NULL);
    bench_expect_illegal(&t, undefined, REASON_UNDEFINED);
    assert_true(t.bits == undefined && t.length == 4 && t.row == INSN_NONE);
    put32(&b, end - 2, asm_i(RV_INSN_ld, A0, ZERO, 8)); /* a fault of a crossing instruction likewise */
    t = run_from(&b, end - 2, NULL);
    expect_fault(&b, &t, RV_CAUSE_LOAD_ACCESS, 8, end - 2);
    assert_true(t.bits == asm_i(RV_INSN_ld, A0, ZERO, 8) && t.row == RV_INSN_ld && t.length == 4);
    bench_close(&b);
}

/* The end of RAM: the second half lies nowhere. */
static void crossing_into_nothing(void **state)
{
    pa_t end = BENCH_RAM + BENCH_RAM_SIZE;
    struct bench b;
    (void)state;
    open_plain(&b);
    put16(&b, end - 2, (uint16_t)ADDI(A0, A0, 1));
    struct trap t = run_from(&b, end - 2, NULL);
    expect_fault(&b, &t, RV_CAUSE_FETCH_ACCESS, end, end - 2);
    assert_true(t.row == INSN_NONE && t.length == 0 && t.reason == REASON_RESOURCE);
    put16(&b, end - 2, C_NOP);
    t = run_from(&b, end - 2, NULL); /* runs out of memory after the instruction */
    expect_fault(&b, &t, RV_CAUSE_FETCH_ACCESS, end, end);
    bench_close(&b);
}

/* Sv39: one table a level; va 0 and 0x1000 map to the pages given. */
static void map_two_pages(struct bench *b, pa_t first, uint64_t first_bits, pa_t second, uint64_t second_bits)
{
    pa_t root = BENCH_RAM + 0x800000;
    bench_write64(b, root, (root + 0x1000) >> 2 | SV_V);
    bench_write64(b, root + 0x1000, (root + 0x2000) >> 2 | SV_V);
    bench_write64(b, root + 0x2000, first >> 2 | first_bits);
    bench_write64(b, root + 0x2008, second >> 2 | second_bits);
    bench_set(b, CSR_satp, UINT64_C(8) << 60 | root >> 12);
    machine_fence(b->m, &(struct fence){.has_va = false});
    bench_open_pmp(b);
    bench_mode(b, RV_S);
}

enum { RWX = SV_V | SV_R | SV_W | SV_X | SV_A | SV_D, RW = RWX & ~SV_X, RX = RWX & ~SV_W };

static void crossing_pages_that_are_apart(void **state)
{
    pa_t first = DATA, second = DATA + 0x5000;
    uint32_t word = ADDI(A0, ZERO, 42);
    struct bench b;
    (void)state;
    open_plain(&b);
    put16(&b, first + 0xffe, (uint16_t)word);
    put16(&b, second, (uint16_t)(word >> 16));
    put16(&b, second + 2, C_EBREAK);
    map_two_pages(&b, first, RX, second, RX);
    struct trap t = run_from(&b, 0xffe, NULL);
    expect_breakpoint(&t);
    assert_int_equal(machine_get(b.m, X(A0)), 42);
    map_two_pages(&b, first, RX, second, RW); /* the second half may not be fetched */
    t = run_from(&b, 0xffe, NULL);
    expect_fault(&b, &t, RV_CAUSE_FETCH_PAGE, 0x1000, 0xffe);
    assert_true(t.row == INSN_NONE && t.length == 0);
    bench_close(&b);
}

static void misaligned_across_pages(void **state)
{
    pa_t first = DATA, second = DATA + 0x5000;
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, asm_s(RV_INSN_sd, A0, S0, 0), asm_i(RV_INSN_ld, A1, S0, 0), asm_match(RV_INSN_ebreak));
    map_two_pages(&b, first, RW, second, RW);
    bench_mode(&b, RV_M); /* code untranslated, data as S by MPRV */
    bench_set(&b, CSR_mstatus, 1 << MSTATUS_MPRV | RV_S << MSTATUS_MPP);
    machine_set(b.m, X(S0), 0xffd);
    machine_set(b.m, X(A0), 0x1122334455667788);
    struct trap t = run_from(&b, BENCH_CODE, NULL);
    expect_breakpoint(&t);
    assert_int_equal(machine_get(b.m, X(A1)), 0x1122334455667788);
    assert_int_equal(bench_read64(&b, first + 0xff8) >> 40, 0x667788);
    assert_int_equal(bench_read64(&b, second) & 0xffffffffff, 0x1122334455);

    map_two_pages(&b, first, RW, second, SV_V | SV_R | SV_A);
    bench_mode(&b, RV_M);
    machine_set(b.m, X(A0), 0);
    t = run_from(&b, BENCH_CODE, NULL); /* the second part faults: its first byte is named, the first part is not written */
    expect_fault(&b, &t, RV_CAUSE_STORE_PAGE, 0x1000, BENCH_CODE);
    assert_int_equal(bench_read64(&b, first + 0xff8) >> 40, 0x667788);
    map_two_pages(&b, first, SV_V | SV_X | SV_A, second, RW);
    bench_mode(&b, RV_M);
    t = run_from(&b, BENCH_CODE + 4, NULL);
    expect_fault(&b, &t, RV_CAUSE_LOAD_PAGE, 0xffd, BENCH_CODE + 4);
    bench_close(&b);
}

/* --- the bus */

struct device {
    struct bench *b;
    uint64_t last_offset, last_value, clock;
    unsigned last_size, accesses;
    bool refuse, interrupt;
    uintptr_t stack_low, stack_high;
};

static bool device_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct device *d = opaque;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (d->refuse)
        return false;
    d->stack_low = !d->accesses || here < d->stack_low ? here : d->stack_low;
    d->stack_high = here > d->stack_high ? here : d->stack_high;
    d->accesses++;
    d->last_offset = offset;
    d->last_size = size;
    d->clock = machine_get(d->b->m, MACHINE_CLOCK);
    *value = UINT64_C(0xf1f2f3f4f5f6f7f8);
    if (d->interrupt)
        machine_irq(d->b->m, RV_IRQ_MEI, true);
    return true;
}

static bool device_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct device *d = opaque;
    if (d->refuse)
        return false;
    d->accesses++;
    d->last_offset = offset;
    d->last_size = size;
    d->last_value = value;
    return true;
}

static const struct phys_io device_io = {device_read, device_write};

static void open_with_device(struct bench *b, struct device *d)
{
    open_plain(b);
    *d = (struct device){.b = b};
    assert_int_equal(phys_add_io(b->phys, "device", IO_BASE, IO_SIZE, &device_io, d), 0);
    machine_set(b->m, X(S0), IO_BASE);
}

static void bus_accesses_yield(void **state)
{
    struct bench b;
    struct device d;
    uint64_t retired = 0;
    (void)state;
    open_with_device(&b, &d);
    PUT(&b, BENCH_CODE, ADDI(A1, ZERO, -2), asm_i(RV_INSN_lh, A0, S0, 0x10), asm_s(RV_INSN_sw, A1, S0, 0x24), ADDI(A2, ZERO, 1),
        asm_match(RV_INSN_ebreak));
    struct trap t = machine_run(b.m, 1000, &retired);
    assert_int_equal(t.kind, TRAP_YIELD);
    assert_int_equal(retired, 2);
    assert_int_equal(d.clock, 1); /* as it stood when the access was made */
    assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE + 8);
    assert_int_equal(machine_get(b.m, X(A0)), UINT64_C(0xfffffffffffff7f8));
    assert_true(d.last_offset == 0x10 && d.last_size == 2);
    t = machine_run(b.m, 1000, &retired);
    assert_int_equal(t.kind, TRAP_YIELD);
    assert_int_equal(retired, 3);
    assert_true(d.last_offset == 0x24 && d.last_size == 4 && d.last_value == 0xfffffffe);
    assert_int_equal(machine_get(b.m, X(A2)), 0);
    t = machine_run(b.m, 1000, &retired);
    expect_breakpoint(&t);
    bench_close(&b);
}

static void bus_refusals_fault(void **state)
{
    struct bench b;
    struct device d;
    (void)state;
    open_with_device(&b, &d);
    d.refuse = true;
    PUT(&b, BENCH_CODE, asm_i(RV_INSN_lw, A0, S0, 4), asm_s(RV_INSN_sd, A0, S0, 8), asm_i(RV_INSN_lw, A0, S0, 2),
        asm_r(RV_INSN_lr_w, A0, S0, 0), asm_r(RV_INSN_sc_d, A0, S0, A1), asm_r(RV_INSN_amoadd_w, A0, S0, A1),
        asm_s(RV_INSN_sh, A0, S0, 0x7ff));
    struct trap t = run_from(&b, BENCH_CODE, NULL);
    expect_fault(&b, &t, RV_CAUSE_LOAD_ACCESS, IO_BASE + 4, BENCH_CODE);
    assert_true(t.reason == REASON_RESOURCE && t.row == RV_INSN_lw && t.length == 4 && t.bits == asm_i(RV_INSN_lw, A0, S0, 4));
    t = run_from(&b, BENCH_CODE + 4, NULL);
    expect_fault(&b, &t, RV_CAUSE_STORE_ACCESS, IO_BASE + 8, BENCH_CODE + 4);
    d.refuse = false; /* what is never even asked: misaligned and atomic accesses */
    t = run_from(&b, BENCH_CODE + 8, NULL);
    expect_fault(&b, &t, RV_CAUSE_LOAD_ACCESS, IO_BASE + 2, BENCH_CODE + 8);
    t = run_from(&b, BENCH_CODE + 12, NULL);
    expect_fault(&b, &t, RV_CAUSE_LOAD_ACCESS, IO_BASE, BENCH_CODE + 12);
    t = run_from(&b, BENCH_CODE + 16, NULL);
    expect_fault(&b, &t, RV_CAUSE_STORE_ACCESS, IO_BASE, BENCH_CODE + 16);
    t = run_from(&b, BENCH_CODE + 20, NULL);
    expect_fault(&b, &t, RV_CAUSE_STORE_ACCESS, IO_BASE, BENCH_CODE + 20);
    t = run_from(&b, BENCH_CODE + 24, NULL);
    expect_fault(&b, &t, RV_CAUSE_STORE_ACCESS, IO_BASE + 0x7ff, BENCH_CODE + 24);
    assert_int_equal(d.accesses, 0);
    t = run_from(&b, IO_BASE, NULL); /* nor may code be there, or where nothing is */
    expect_fault(&b, &t, RV_CAUSE_FETCH_ACCESS, IO_BASE, IO_BASE);
    t = run_from(&b, 0x40, NULL);
    expect_fault(&b, &t, RV_CAUSE_FETCH_ACCESS, 0x40, 0x40);
    bench_close(&b);
}

/* Page 0, odd addresses, nothing there: an empty TLB entry must not look like a hit. */
static void page_zero_is_like_any_other(void **state)
{
    static const enum riscv_row loads[] = {RV_INSN_lb, RV_INSN_lh, RV_INSN_lw, RV_INSN_ld};
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned row = 0; row < 4; row++)
        for (int64_t va = 0; va < 16; va++) {
            put32(&b, BENCH_CODE, asm_i(loads[row], A0, ZERO, va));
            struct trap t = run_from(&b, BENCH_CODE, NULL);
            expect_fault(&b, &t, RV_CAUSE_LOAD_ACCESS, (va_t)va, BENCH_CODE);
        }
    bench_close(&b);
}

/* A line raised by an access is taken before the next instruction, once the owner lets it go on. */
static void interrupt_from_the_bus(void **state)
{
    struct bench b;
    struct device d;
    uint64_t retired = 0;
    (void)state;
    open_with_device(&b, &d);
    d.interrupt = true;
    PUT(&b, BENCH_CODE, asm_i(RV_INSN_lw, A0, S0, 0), ADDI(A2, ZERO, 1), asm_match(RV_INSN_ebreak));
    bench_set(&b, CSR_mie, 1 << RV_IRQ_MEI);
    bench_set(&b, CSR_mstatus, 1 << MSTATUS_MIE);
    struct trap t = machine_run(b.m, 1000, &retired);
    assert_int_equal(t.kind, TRAP_YIELD);
    t = machine_run(b.m, 1000, &retired);
    assert_true(t.kind == TRAP_INTERRUPT && t.cause == RV_IRQ_MEI);
    assert_int_equal(retired, 1);
    assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE + 4);
    bench_close(&b);
}

/* Ten million instructions between two looks at the stack find it as deep as before. */
static void stack_does_not_grow(void **state)
{
    struct bench b;
    struct device d;
    uint64_t retired = 0;
    (void)state;
    open_with_device(&b, &d);
    put_busy_program(&b);
    pa_t after = PUT(&b, BENCH_CODE + 0x800, asm_i(RV_INSN_lw, A0, S2, 0), LI32(A1, 2000000), asm_i(RV_INSN_fcvt_d_w, 1, A1, 0));
    PUT(&b, after, ADDI(A1, A1, -1), asm_r(RV_INSN_fadd_d, 2, 2, 1) | 7 << 12, asm_r(RV_INSN_mul, A2, A1, A1),
        asm_s(RV_INSN_sd, A2, S3, 0), asm_b(RV_INSN_bne, A1, ZERO, -16), asm_i(RV_INSN_lw, A0, S2, 0), asm_match(RV_INSN_ebreak));
    machine_set(b.m, X(S2), IO_BASE);
    machine_set(b.m, X(S3), DATA);
    bench_set(&b, CSR_mstatus, 3 << MSTATUS_FS);
    machine_set(b.m, MACHINE_PC, BENCH_CODE + 0x800);
    while (d.accesses < 2)
        assert_int_equal(machine_run(b.m, 100000000, &retired).kind, TRAP_YIELD);
    assert_int_equal(retired, 5 + 5 * 2000000);
    assert_in_range(d.stack_high - d.stack_low, 0, 256);
    bench_close(&b);
}

/* The ways differ in what the hart keeps: a body for two, a jump that knows where it goes, a page that jumps find by themselves. */
static void ways_are_what_they_say(void **state)
{
    struct bench b;
    uint64_t retired = 0;
    (void)state;
    open_plain(&b);
    pa_t loop = PUT(&b, BENCH_CODE, LI32(A1, 100));
    PUT(&b, loop, ADDI(A1, A1, -1), ADDI(A2, A2, 1), asm_b(RV_INSN_bne, A1, ZERO, -8), asm_match(RV_INSN_ebreak));
    machine_set(b.m, MACHINE_PC, BENCH_CODE);
    struct trap t = machine_run(b.m, 10 * HART_SLICE, &retired);
    expect_breakpoint(&t);
    assert_int_equal(retired, (loop - BENCH_CODE) / 4 + 300);
    const struct tlb_entry *e = &b.h->fetch->fetch[tlb_fetch_slot(BENCH_CODE)];
    const struct code_page *p = (const struct code_page *)e->addend;
    const struct rv_insn *pair = &p->record[(loop & ~PAGE_MASK) / 2];
    struct rv_insn alone;
    rv_decode_record(ADDI(A1, A1, -1), RV_INSN_addi, 4, &alone);
    assert_int_equal(pair->body != alone.body, !(inner_way & WAY_NO_FUSE));
    assert_int_equal(pair[4].aux, !(inner_way & WAY_NO_CHAIN));
    assert_int_equal(e->tag == BENCH_CODE, !(inner_way & WAY_NO_CHAIN));
    assert_int_equal(e->tag & PAGE_MASK, BENCH_CODE);
    struct riscv_cached cached[4];
    assert_int_equal(riscv_cached(b.m, cached, 4), 1);
    assert_true(cached[0].va == BENCH_CODE && cached[0].how == TRIGGER_EXECUTE);
    bench_close(&b);
}

/* --- reservations */

static uint64_t step_atomic(struct bench *b, uint32_t bits, unsigned cause)
{
    struct trap t = bench_step(b, bits);
    if (cause)
        assert_true(t.kind == TRAP_EXCEPTION && t.cause == cause && t.tval == machine_get(b->m, X(S0)));
    else
        assert_int_equal(t.kind, TRAP_BUDGET);
    return machine_get(b->m, X(A0));
}

static void reservations(void **state)
{
    const uint32_t lr_w = asm_r(RV_INSN_lr_w, A0, S0, 0), lr_d = asm_r(RV_INSN_lr_d, A0, S0, 0),
                   sc_w = asm_r(RV_INSN_sc_w, A0, S0, A1), sc_d = asm_r(RV_INSN_sc_d, A0, S0, A1);
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_write64(&b, DATA, UINT64_C(0x8000000180000002));
    machine_set(b.m, X(S0), DATA);
    machine_set(b.m, X(A1), 7);
    assert_int_equal(step_atomic(&b, sc_w, 0), 1); /* none yet */
    assert_int_equal(step_atomic(&b, lr_w, 0), UINT64_C(0xffffffff80000002));
    assert_int_equal(machine_get(b.m, RV_RESERVATION), DATA);
    assert_int_equal(step_atomic(&b, sc_w, 0), 0);
    assert_int_equal(bench_read64(&b, DATA), UINT64_C(0x8000000100000007));
    assert_int_equal(step_atomic(&b, sc_w, 0), 1); /* an SC ends it */
    assert_int_equal(machine_get(b.m, RV_RESERVATION), UINT64_MAX);

    machine_set(b.m, X(S0), DATA + 4); /* the eight bytes around it are reserved */
    (void)step_atomic(&b, lr_w, 0);
    machine_set(b.m, X(S0), DATA);
    assert_int_equal(step_atomic(&b, sc_d, 0), 0);
    (void)step_atomic(&b, lr_d, 0);
    machine_set(b.m, X(S0), DATA + 8); /* another eight: fails, and the reservation is gone */
    assert_int_equal(step_atomic(&b, sc_d, 0), 1);
    machine_set(b.m, X(S0), DATA);
    assert_int_equal(step_atomic(&b, sc_d, 0), 1);

    (void)step_atomic(&b, lr_d, 0);
    struct trap t = bench_step(&b, asm_match(RV_INSN_ecall)); /* kept by traps, stores of this hart, and failing atomics */
    assert_int_equal(t.reason, REASON_REQUESTED);
    (void)step_atomic(&b, asm_s(RV_INSN_sd, A1, S0, 0), 0);
    machine_set(b.m, X(S0), DATA + 2);
    (void)step_atomic(&b, sc_w, RV_CAUSE_STORE_MISALIGNED);
    (void)step_atomic(&b, lr_w, RV_CAUSE_LOAD_MISALIGNED);
    (void)step_atomic(&b, lr_d, RV_CAUSE_LOAD_MISALIGNED);
    (void)step_atomic(&b, asm_r(RV_INSN_amoor_d, A0, S0, A1), RV_CAUSE_STORE_MISALIGNED);
    machine_set(b.m, X(S0), 0x1000);
    (void)step_atomic(&b, sc_w, RV_CAUSE_STORE_ACCESS);
    (void)step_atomic(&b, lr_w, RV_CAUSE_LOAD_ACCESS);
    machine_set(b.m, X(S0), DATA);
    assert_int_equal(step_atomic(&b, sc_d, 0), 0);

    (void)step_atomic(&b, lr_d, 0);
    machine_set(b.m, RV_RESERVATION, UINT64_MAX); /* as an owner does on a switch */
    assert_int_equal(step_atomic(&b, sc_d, 0), 1);
    bench_close(&b);
}

/* Its own announced writes keep a reservation, as the silent ones of the inner loop do: to a marked page, across pages, an AMO, a block
 * of zeros. Others', owner's or device's, end it, if they reach one of the eight bytes. */
static void who_ends_a_reservation(void **state)
{
    const uint32_t lr_d = asm_r(RV_INSN_lr_d, A0, S0, 0), sc_d = asm_r(RV_INSN_sc_d, A0, S0, A1);
    const pa_t last = DATA + PAGE_SIZE - 8;
    struct riscv_config c = bench_config();
    struct bench b;
    (void)state;
    c.zicboz = true;
    bench_open(&b, &c);
    machine_set(b.m, X(A1), 7);
    for (unsigned marked = 0; marked < 2; marked++) {
        const uint32_t own[] = {asm_s(RV_INSN_sd, A1, S0, 0), asm_s(RV_INSN_sb, A1, S0, 7), asm_s(RV_INSN_sd, A1, S0, 4),
                                asm_r(RV_INSN_amoor_d, A0, S0, A1), asm_r(RV_INSN_cbo_zero, 0, S0, 0)};
        if (marked)
            ram_mark(b.ram, DATA - BENCH_RAM);
        machine_set(b.m, X(S0), last);
        for (unsigned n = 0; n < sizeof own / sizeof *own; n++) {
            (void)step_atomic(&b, lr_d, 0);
            (void)step_atomic(&b, own[n], 0);
            assert_int_equal(step_atomic(&b, sc_d, 0), 0);
        }
        for (int from = -9; from <= 9; from++) {
            const uint8_t byte[2] = {1, 2};
            const bool hit = from > -2 && from < 8;
            (void)step_atomic(&b, lr_d, 0);
            assert_int_equal(machine_store(b.m, last + (uint64_t)from, byte, 2), 0);
            assert_int_equal(machine_get(b.m, RV_RESERVATION), hit ? UINT64_MAX : last);
            assert_int_equal(step_atomic(&b, sc_d, 0), hit);
        }
        (void)step_atomic(&b, lr_d, 0);
        phys_written(b.m->phys, DATA, PAGE_SIZE); /* a device, which writes by itself and says so */
        assert_int_equal(step_atomic(&b, sc_d, 0), 1);
        (void)step_atomic(&b, lr_d, 0);
        ram_clear(b.ram, DATA - BENCH_RAM, PAGE_SIZE);
        assert_int_equal(step_atomic(&b, sc_d, 0), 1);
    }
    machine_set(b.m, RV_RESERVATION, 0x1000); /* no memory */
    assert_int_equal(machine_get(b.m, RV_RESERVATION), UINT64_MAX);
    bench_close(&b);
}

/* --- PMP inside a page: instruction by instruction */

static void page_with_several_rules(void **state)
{
    enum { R = 1, X_ = 4, NA4 = 2 << 3, NAPOT = 3 << 3 };
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, ADDI(A0, ZERO, 1), ADDI(A0, A0, 1), ADDI(A0, A0, 1), asm_match(RV_INSN_ebreak));
    bench_set(&b, CSR_pmpaddr0, (BENCH_CODE + 8) >> 2); /* the third addi may be read only */
    bench_set(&b, CSR_pmpaddr0 + 1, UINT64_MAX);
    bench_set(&b, CSR_pmpcfg0, (NAPOT | R | 2 | X_) << 8 | NA4 | R);
    bench_mode(&b, RV_U);
    uint64_t retired;
    struct trap t = run_from(&b, BENCH_CODE, &retired);
    expect_fault(&b, &t, RV_CAUSE_FETCH_ACCESS, BENCH_CODE + 8, BENCH_CODE + 8);
    assert_int_equal(retired, 2);
    put32(&b, BENCH_CODE + 4, (uint32_t)C_NOP | (uint32_t)(ADDI(A0, A0, 1) & 0xffff) << 16); /* half of a long one reaches in */
    put16(&b, BENCH_CODE + 8, (uint16_t)(ADDI(A0, A0, 1) >> 16));
    t = run_from(&b, BENCH_CODE, &retired);
    expect_fault(&b, &t, RV_CAUSE_FETCH_ACCESS, BENCH_CODE + 8, BENCH_CODE + 6);
    assert_int_equal(retired, 2);
    bench_mode(&b, RV_M); /* whom the rules do not bind */
    t = run_from(&b, BENCH_CODE, &retired);
    assert_int_equal(t.kind, TRAP_EXCEPTION);
    assert_true(retired >= 3);
    bench_close(&b);
}

/* --- what traps and waits carry */

static void traps_are_whole(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    put32(&b, BENCH_CODE, 0x00009002);
    struct trap t = run_from(&b, BENCH_CODE, NULL);
    assert_true(t.kind == TRAP_EXCEPTION && t.reason == REASON_REQUESTED && t.row == RV_INSN_c_ebreak && t.length == 2);
    assert_true(t.bits == 0x9002 && t.tval == BENCH_CODE && t.cause == RV_CAUSE_BREAKPOINT);
    put32(&b, BENCH_CODE, 0xffff0000);
    t = run_from(&b, BENCH_CODE, NULL);
    bench_expect_illegal(&t, 0, REASON_UNDEFINED);
    assert_true(t.row == INSN_NONE && t.length == 2 && t.bits == 0);
    put32(&b, BENCH_CODE, 0xffffffff);
    t = run_from(&b, BENCH_CODE, NULL);
    bench_expect_illegal(&t, 0xffffffff, REASON_UNDEFINED);
    assert_true(t.row == INSN_NONE && t.length == 4);
    put32(&b, BENCH_CODE, asm_r(RV_INSN_fadd_d, 1, 1, 1));
    t = run_from(&b, BENCH_CODE, NULL);
    bench_expect_illegal(&t, asm_r(RV_INSN_fadd_d, 1, 1, 1), REASON_RESOURCE);
    assert_int_equal(t.row, RV_INSN_fadd_d);
    put32(&b, BENCH_CODE, asm_match(RV_INSN_wfi));
    uint64_t retired;
    t = run_from(&b, BENCH_CODE, &retired);
    assert_true(t.kind == TRAP_WAIT && retired == 1 && machine_get(b.m, MACHINE_PC) == BENCH_CODE + 4);
    bench_close(&b);
}

static void registers_of_the_contract(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE);
    assert_int_equal(machine_get(b.m, MACHINE_MODE), RV_M);
    for (unsigned r = 0; r < 64; r++)
        machine_set(b.m, r, UINT64_C(0x0101010101010101) * (r + 1));
    for (unsigned r = 0; r < 64; r++)
        assert_int_equal(machine_get(b.m, r), r ? UINT64_C(0x0101010101010101) * (r + 1) : 0);
    machine_set(b.m, MACHINE_PC, 0x1235);
    assert_int_equal(machine_get(b.m, MACHINE_PC), 0x1234);
    machine_set(b.m, MACHINE_MODE, 2); /* no such mode */
    assert_int_equal(machine_get(b.m, MACHINE_MODE), RV_M);
    for (unsigned n = 0; n < isa_riscv.reg_count; n++)
        assert_int_equal(machine_has(b.m, isa_riscv.regs[n].reg), isa_riscv.regs[n].reg != RV_CSR + CSR_ustate); /* an option */
    assert_false(machine_has(b.m, 65));
    assert_false(machine_has(b.m, RV_CSR + 0x7b0));
    assert_int_equal(machine_get(b.m, RV_CSR + 0x7b0), 0);
    machine_reset(b.m);
    assert_int_equal(machine_get(b.m, X(5)), 0);
    assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budgets_are_exact),
        cmocka_unit_test(straight_line_budgets),
        cmocka_unit_test(link_may_be_the_target),
        cmocka_unit_test(interrupt_stays_until_taken),
        cmocka_unit_test(timer_is_exact),
        cmocka_unit_test(code_changes_before_itself),
        cmocka_unit_test(code_changes_under_itself),
        cmocka_unit_test(code_changes_elsewhere),
        cmocka_unit_test(mark_is_given_back),
        cmocka_unit_test(marks_of_others_are_heeded),
        cmocka_unit_test(pool_overflows),
        cmocka_unit_test(pool_makes_room),
        cmocka_unit_test(what_is_named_stays),
        cmocka_unit_test(crossing_instruction),
        cmocka_unit_test(crossing_into_nothing),
        cmocka_unit_test(crossing_pages_that_are_apart),
        cmocka_unit_test(misaligned_across_pages),
        cmocka_unit_test(bus_accesses_yield),
        cmocka_unit_test(bus_refusals_fault),
        cmocka_unit_test(page_zero_is_like_any_other),
        cmocka_unit_test(interrupt_from_the_bus),
        cmocka_unit_test(stack_does_not_grow),
        cmocka_unit_test(ways_are_what_they_say),
        cmocka_unit_test(reservations),
        cmocka_unit_test(who_ends_a_reservation),
        cmocka_unit_test(page_with_several_rules),
        cmocka_unit_test(traps_are_whole),
        cmocka_unit_test(registers_of_the_contract),
    };
    return run_in_every_way(tests);
}
