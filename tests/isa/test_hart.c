/* The hart as a machine: exact budgets however they are split, instructions across pages, and what traps and waits carry. Programs
 * are written with assemble.h.
 */
#include "tests/isa/hart_rig.h"

#include <string.h>

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
        cmocka_unit_test(crossing_instruction),
        cmocka_unit_test(crossing_into_nothing),
        cmocka_unit_test(crossing_pages_that_are_apart),
        cmocka_unit_test(misaligned_across_pages),
        cmocka_unit_test(traps_are_whole),
        cmocka_unit_test(registers_of_the_contract),
    };
    return run_in_every_way(tests);
}
