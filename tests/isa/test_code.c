/* test_code.c - code that changes: before itself, under itself, elsewhere; and what the hart keeps of it. */
#include "tests/isa/hart_rig.h"

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
    if (!way_decodes())
        return;
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
    struct engine_counts d, before;
    (void)state;
    if (!way_decodes())
        return;
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
    const struct interpreter *in = interpreter_of(b.h);
    const struct code_page *awake = &in->pool[(in->hand + 1) % d.room];
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
    struct engine_counts d;
    (void)state;
    if (!way_decodes())
        return;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_changes_before_itself),
        cmocka_unit_test(code_changes_under_itself),
        cmocka_unit_test(code_changes_elsewhere),
        cmocka_unit_test(mark_is_given_back),
        cmocka_unit_test(marks_of_others_are_heeded),
        cmocka_unit_test(pool_overflows),
        cmocka_unit_test(pool_makes_room),
        cmocka_unit_test(what_is_named_stays),
    };
    return run_in_every_way(tests);
}
