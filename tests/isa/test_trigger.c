/* test_trigger.c - triggers of the bare machine on execution: each matches exactly what it says, before the instruction and once,
 * whatever becomes of code and pages.
 */
#include "tests/isa/trigger_rig.h"

#include "isa/trigger.h"

static void put16(struct bench *b, pa_t at, uint16_t half) { assert_int_equal(machine_store(b->m, at, &half, 2), 0); }

#define ADDI(rd, rs, n) asm_i(RV_INSN_addi, rd, rs, n)

/* --- The contract */

static void slots_are_checked(void **state)
{
    static const struct trigger wrong[] = {
        {.kinds = 0, .at = 0, .length = 1},
        {.kinds = 8, .at = 0, .length = 1},
        {.kinds = EXECUTE, .at = 0, .length = 0},
        {.kinds = LOAD_, .at = UINT64_MAX, .length = 2},
        {.kinds = LOAD_, .at = 16, .length = UINT64_MAX},
    };
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, INSN_NOP, INSN_EBREAK);
    assert_true(b.m->trigger_slots >= 64);
    set(&b, 3, EXECUTE, BENCH_CODE, 1);
    for (unsigned n = 0; n < sizeof wrong / sizeof *wrong; n++)
        assert_int_equal(machine_trigger(b.m, 3, &wrong[n]), -EINVAL);
    assert_int_equal(machine_trigger(b.m, b.m->trigger_slots, &(struct trigger){.kinds = EXECUTE, .length = 1}), -EINVAL);
    assert_int_equal(machine_trigger(b.m, b.m->trigger_slots, NULL), -EINVAL);
    hits(&b, 3, BENCH_CODE, BENCH_CODE); /* a refused one left it as it was */
    set(&b, 4, ACCESS, UINT64_MAX, 1);   /* the last byte of the space */
    set(&b, 5, ACCESS, 0, UINT64_MAX);
    bench_close(&b);
}

/* Instructions of up to 16 bytes are told apart by any of their bits. RISC-V has none so long. */
static void opcodes_have_sixteen_bytes(void **state)
{
    static struct trigger_set s;
    const insn_t high = (insn_t)1 << 127 | (insn_t)3 << 64, low = 0x55;
    const struct trigger t = {.kinds = TRIGGER_OPCODE, .mask = (insn_t)UINT64_MAX << 64 | 0xff, .bits = high | low};
    struct trigger wrong = t;
    struct trigger_step e = {.kinds = TRIGGER_OPCODE, .bits = high | low | 0xff00};
    struct trap trap;
    uint64_t resume = 0;
    (void)state;
    assert_int_equal(trigger_set_put(&s, 7, &t), 0);
    assert_true(trigger_set_names(&s, high | low));
    assert_false(trigger_set_names(&s, low));
    assert_false(trigger_set_names(&s, high | low | (insn_t)1 << 126));
    assert_true(trigger_set_match(&s, &e, &resume, &trap));
    assert_int_equal(trap.cause, 7);
    e.bits = low;
    resume = 0;
    assert_false(trigger_set_match(&s, &e, &resume, &trap));
    wrong.mask = 0xff; /* a bit that does not count is not 0 */
    assert_int_equal(trigger_set_put(&s, 7, &wrong), -EINVAL);
    wrong = t;
    wrong.at = 4;
    assert_int_equal(trigger_set_put(&s, 7, &wrong), -EINVAL);
}

static void every_slot_works(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    const unsigned count = b.m->trigger_slots;
    for (unsigned n = 0; n < count; n++) {
        PUT(&b, BENCH_CODE + n * 4, INSN_NOP);
        set(&b, n, EXECUTE, BENCH_CODE + n * 4, 1);
    }
    PUT(&b, BENCH_CODE + count * 4, INSN_EBREAK);
    for (unsigned n = 0; n < count; n++) {
        hits(&b, n, BENCH_CODE + n * 4, BENCH_CODE + n * 4);
        assert_int_equal(machine_get(b.m, MACHINE_RETIRED), n);
    }
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + count * 4);
    for (unsigned n = 0; n < count; n += 2)
        clear(&b, n);
    from(&b, BENCH_CODE);
    for (unsigned n = 1; n < count; n += 2)
        hits(&b, n, BENCH_CODE + n * 4, BENCH_CODE + n * 4);
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + count * 4);
    bench_close(&b);
}

/* --- Execution */

static void execution_is_by_first_byte(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    /* 0: addi a0   4: c.addi a0 (2 bytes)   6: addi a0   a: c.ebreak */
    PUT(&b, BENCH_CODE, ADDI(A0, A0, 1));
    put16(&b, BENCH_CODE + 4, 0x0505);
    PUT(&b, BENCH_CODE + 6, ADDI(A0, A0, 1));
    put16(&b, BENCH_CODE + 10, INSN_C_EBREAK);
    static const uint8_t starts[] = {1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0};
    for (unsigned at = 0; at < sizeof starts; at++)
        for (unsigned length = 1; length <= 3; length++) {
            set(&b, 7, EXECUTE, BENCH_CODE + at, length);
            machine_set(b.m, RV_X + A0, 0);
            from(&b, BENCH_CODE);
            for (unsigned pc = 0; pc < sizeof starts; pc++)
                if (starts[pc] && pc >= at && pc < at + length) {
                    hits(&b, 7, BENCH_CODE + pc, BENCH_CODE + pc);
                    assert_int_equal(machine_get(b.m, RV_X + A0), pc == 0 ? 0 : pc == 4 ? 1 : pc == 6 ? 2 : 3);
                }
            ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 10);
            assert_int_equal(machine_get(b.m, RV_X + A0), 3);
        }
    bench_close(&b);
}

static void a_loop_reports_each_time(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, ADDI(A0, ZERO, 5), ADDI(A1, A1, 2), ADDI(A0, A0, -1), asm_b(RV_INSN_bne, A0, ZERO, -8), INSN_EBREAK);
    set(&b, 0, EXECUTE, BENCH_CODE + 4, 1);
    for (unsigned n = 0; n < 5; n++) {
        hits(&b, 0, BENCH_CODE + 4, BENCH_CODE + 4);
        assert_int_equal(machine_get(b.m, RV_X + A1), 2 * n);
        assert_int_equal(machine_get(b.m, MACHINE_RETIRED), 1 + 3 * n);
    }
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 16);
    assert_int_equal(machine_get(b.m, MACHINE_RETIRED), 16);
    /* An instruction that jumps to itself is a new one each time. */
    PUT(&b, BENCH_CODE, asm_j(RV_INSN_jal, ZERO, 0));
    set(&b, 0, EXECUTE, BENCH_CODE, 1);
    from(&b, BENCH_CODE);
    for (unsigned n = 0; n < 4; n++) {
        hits(&b, 0, BENCH_CODE, BENCH_CODE);
        assert_int_equal(machine_get(b.m, MACHINE_RETIRED), 16 + n);
    }
    bench_close(&b);
}

/* Beyond the page, by every way that leads there: running into it, a near and a far jump, a return. */
static void other_pages(void **state)
{
    const uint64_t next = BENCH_CODE + PAGE_SIZE;
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, next - 4, INSN_NOP, ADDI(A0, A0, 1), asm_i(RV_INSN_jalr, ZERO, RA, 0));
    PUT(&b, BENCH_CODE, asm_j(RV_INSN_jal, RA, PAGE_SIZE), asm_u(RV_INSN_auipc, T0, 1), asm_i(RV_INSN_jalr, RA, T0, -4), INSN_EBREAK);
    for (unsigned warm = 0; warm < 2; warm++) {
        from(&b, BENCH_CODE);
        set(&b, 1, EXECUTE, next, 2);
        hits(&b, 1, next, next);
        hits(&b, 1, next, next);
        ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 12);
        from(&b, next - 4);
        machine_set(b.m, RV_X + RA, BENCH_CODE + 12);
        hits(&b, 1, next, next);
        ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 12);
        clear(&b, 1);
        from(&b, BENCH_CODE);
        ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 12);
    }
    bench_close(&b);
}

static void virtual_and_physical(void **state)
{
    const pa_t page = BENCH_RAM + 0x5000;
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, page, INSN_NOP, ADDI(A0, A0, 1), INSN_EBREAK);
    map(&b, page, DATA);
    set(&b, 0, EXECUTE, 0x1004, 1);
    from(&b, 0);
    ends(&b, RV_CAUSE_BREAKPOINT, 8); /* the same memory, another address */
    from(&b, 0x1000);
    hits(&b, 0, 0x1004, 0x1004);
    ends(&b, RV_CAUSE_BREAKPOINT, 0x1008);
    set(&b, 1, EXECUTE, 0, 1); /* each address has its own */
    for (unsigned n = 0; n < 2; n++) {
        from(&b, 0);
        hits(&b, 1, 0, 0);
        ends(&b, RV_CAUSE_BREAKPOINT, 8);
        from(&b, 0x1000);
        hits(&b, 0, 0x1004, 0x1004);
        ends(&b, RV_CAUSE_BREAKPOINT, 0x1008);
    }
    clear(&b, 1);
    set_physical(&b, 2, EXECUTE, page + 4, 1);
    from(&b, 0);
    hits(&b, 2, 4, 4);
    from(&b, 0x1000);
    hits(&b, 0, 0x1004, 0x1004); /* virtual first */
    hits(&b, 2, 0x1004, 0x1004);
    ends(&b, RV_CAUSE_BREAKPOINT, 0x1008);
    set_physical(&b, 2, EXECUTE, 4, 1); /* that is no memory, and the address is not virtual */
    set(&b, 0, EXECUTE, page + 4, 1);
    from(&b, 0);
    ends(&b, RV_CAUSE_BREAKPOINT, 8);
    bench_close(&b);
}

/* By virtual address the trigger is before the fault; by physical address there is none. */
static void before_translation_or_after(void **state)
{
    const pa_t page = BENCH_RAM + 0x5000;
    struct bench b;
    (void)state;
    open_plain(&b);
    map(&b, page, DATA);
    PUT(&b, page, asm_i(RV_INSN_ld, A0, A1, 0), asm_s(RV_INSN_sd, A0, A1, 0));
    set(&b, 0, EXECUTE, 0x2000, 1);
    set_physical(&b, 1, EXECUTE, 0x2000, 1);
    set_physical(&b, 2, ACCESS, 0x2000, 8);
    set(&b, 3, LOAD_, 0x2007, 1);
    set(&b, 4, STORE_, 0x2000, 1);
    from(&b, 0x2000);
    hits(&b, 0, 0x2000, 0x2000);
    ends(&b, RV_CAUSE_FETCH_PAGE, 0x2000);
    machine_set(b.m, RV_X + A1, 0x2000);
    from(&b, 0);
    hits(&b, 3, 0, 0x2000);
    ends(&b, RV_CAUSE_LOAD_PAGE, 0);
    from(&b, 4);
    hits(&b, 4, 4, 0x2000);
    ends(&b, RV_CAUSE_STORE_PAGE, 4);
    bench_close(&b);
}

/* Four bytes, two on each page; the second page may be another one, or missing. */
static void an_instruction_across_pages(void **state)
{
    const pa_t page = BENCH_RAM + 0x5000, after = page + PAGE_SIZE;
    const uint32_t word = ADDI(A0, A0, 1);
    struct bench b;
    (void)state;
    open_plain(&b);
    put16(&b, after - 2, (uint16_t)word);
    put16(&b, after, (uint16_t)(word >> 16));
    put16(&b, after + 2, INSN_C_EBREAK);
    set(&b, 0, EXECUTE, after, 1); /* not where it begins */
    from(&b, after - 2);
    ends(&b, RV_CAUSE_BREAKPOINT, after + 2);
    for (unsigned n = 0; n < 3; n++) {
        set(&b, 1, EXECUTE, after - 2 + n % 2, 1);
        from(&b, after - 2);
        machine_set(b.m, RV_X + A0, 10);
        for (unsigned again = 0; again < 2; again++) {
            if (n % 2 == 0)
                hits(&b, 1, after - 2, after - 2);
            ends(&b, RV_CAUSE_BREAKPOINT, after + 2);
            assert_int_equal(machine_get(b.m, RV_X + A0), 11 + again);
            from(&b, after - 2);
        }
    }
    map(&b, page, DATA); /* behind 0x1000 comes nothing */
    set(&b, 1, EXECUTE, 0x1ffe, 1);
    from(&b, 0x1ffe);
    hits(&b, 1, 0x1ffe, 0x1ffe);
    struct trap t = go(&b, MANY);
    assert_true(t.kind == TRAP_EXCEPTION && t.cause == RV_CAUSE_FETCH_PAGE && t.tval == 0x2000);
    bench_close(&b);
}

static void code_that_changes(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    /* Writes the word in a1 over the instruction at +16, which has a trigger, and runs into it. */
    PUT(&b, BENCH_CODE, asm_u(RV_INSN_auipc, T0, 0), asm_s(RV_INSN_sw, A1, T0, 16), asm_match(RV_INSN_fence_i), INSN_NOP,
        ADDI(A0, A0, 1), INSN_EBREAK);
    set(&b, 9, EXECUTE, BENCH_CODE + 16, 1);
    for (unsigned n = 1; n < 5; n++) {
        machine_set(b.m, RV_X + A1, ADDI(A0, ZERO, n * 100));
        from(&b, BENCH_CODE);
        hits(&b, 9, BENCH_CODE + 16, BENCH_CODE + 16);
        ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 20);
        assert_int_equal(machine_get(b.m, RV_X + A0), n * 100);
    }
    /* The owner writes, between the stop and the going on: what is there then is executed. */
    from(&b, BENCH_CODE);
    hits(&b, 9, BENCH_CODE + 16, BENCH_CODE + 16);
    PUT(&b, BENCH_CODE + 16, ADDI(A0, ZERO, 7));
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 20);
    assert_int_equal(machine_get(b.m, RV_X + A0), 7);
    /* Two compressed ones in its place: the second has no trigger. */
    put16(&b, BENCH_CODE + 16, 0x0505);
    put16(&b, BENCH_CODE + 18, 0x0505);
    from(&b, BENCH_CODE + 12);
    hits(&b, 9, BENCH_CODE + 16, BENCH_CODE + 16);
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 20);
    assert_int_equal(machine_get(b.m, RV_X + A0), 9);
    bench_close(&b);
}

/* Each decoded copy of a page follows memory. */
static void code_that_changes_at_two_addresses(void **state)
{
    const pa_t page = BENCH_RAM + 0x5000;
    struct bench b;
    (void)state;
    open_plain(&b);
    map(&b, page, DATA);
    set(&b, 0, EXECUTE, 0x1000, 1);
    for (unsigned n = 1; n < 4; n++) {
        PUT(&b, page, INSN_NOP, ADDI(A0, ZERO, n), INSN_EBREAK);
        for (unsigned va = 0; va <= 0x1000; va += 0x1000) {
            machine_set(b.m, RV_X + A0, 0);
            from(&b, va);
            if (va)
                hits(&b, 0, va, va);
            ends(&b, RV_CAUSE_BREAKPOINT, va + 8);
            assert_int_equal(machine_get(b.m, RV_X + A0), n);
        }
    }
    bench_close(&b);
}

/* Where one PMP rule does not cover the page each instruction is fetched by itself. */
static void a_page_that_pmp_splits(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, INSN_NOP, ADDI(A0, A0, 1), INSN_NOP, INSN_EBREAK);
    bench_set(&b, CSR_pmpaddr0, (BENCH_CODE + 8) >> 2);
    bench_set(&b, CSR_pmpaddr1, UINT64_MAX >> 10);
    bench_set(&b, CSR_pmpcfg0, 0x0f0f); /* TOR, RWX, twice */
    bench_mode(&b, RV_U);
    set(&b, 0, EXECUTE, BENCH_CODE + 4, 1);
    set_physical(&b, 1, EXECUTE, BENCH_CODE + 8, 1);
    from(&b, BENCH_CODE);
    hits(&b, 0, BENCH_CODE + 4, BENCH_CODE + 4);
    hits(&b, 1, BENCH_CODE + 8, BENCH_CODE + 8);
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 12);
    assert_int_equal(machine_get(b.m, RV_X + A0), 1);
    /* The first half may be fetched, the second not: the trigger is at the first. */
    bench_mode(&b, RV_M);
    bench_set(&b, CSR_pmpaddr0, (BENCH_CODE + 4) >> 2);
    bench_set(&b, CSR_pmpcfg0, 0x080f);
    PUT(&b, BENCH_CODE + 2, ADDI(A0, A0, 1));
    bench_mode(&b, RV_U);
    set_physical(&b, 1, EXECUTE, BENCH_CODE + 2, 1);
    from(&b, BENCH_CODE + 2);
    hits(&b, 1, BENCH_CODE + 2, BENCH_CODE + 2);
    ends(&b, RV_CAUSE_FETCH_ACCESS, BENCH_CODE + 2);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_checked),
        cmocka_unit_test(opcodes_have_sixteen_bytes),
        cmocka_unit_test(every_slot_works),
        cmocka_unit_test(execution_is_by_first_byte),
        cmocka_unit_test(a_loop_reports_each_time),
        cmocka_unit_test(other_pages),
        cmocka_unit_test(virtual_and_physical),
        cmocka_unit_test(before_translation_or_after),
        cmocka_unit_test(an_instruction_across_pages),
        cmocka_unit_test(code_that_changes),
        cmocka_unit_test(code_that_changes_at_two_addresses),
        cmocka_unit_test(a_page_that_pmp_splits),
    };
    return run_in_every_way(tests);
}
