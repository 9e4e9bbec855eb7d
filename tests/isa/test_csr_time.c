/* test_csr_time.c - counters, time and pending interrupts, from the manual: who may see them, how they count, what makes them
 * pending.
 */
#include "tests/isa/csr_rig.h"

/* Counter `bit` is open to S by mcounteren, and to U by mcounteren and scounteren [priv 3.1.11, 12.1.5]. */
static void counter_enables(void **state)
{
    static const unsigned counters[] = {0, 1, 2, 3, 17, 31};
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < sizeof counters / sizeof *counters; i++) {
        for (unsigned which = 0; which < 4; which++) {
            for (uint64_t mode = RV_U; mode <= RV_M; mode += mode ? 2 : 1) {
                bool m = which & 1, s = which & 2;
                bench_set(&b, CSR_mcounteren, m ? BIT(counters[i]) : ~BIT(counters[i]));
                bench_set(&b, CSR_scounteren, s ? BIT(counters[i]) : ~BIT(counters[i]));
                bench_mode(&b, mode);
                uint32_t bits = insn_csr(CSRRS, A0, CSR_cycle + counters[i], 0);
                struct trap t = bench_step(&b, bits);
                if (mode == RV_M || (m && (mode == RV_S || s)))
                    assert_int_equal(t.kind, TRAP_BUDGET);
                else
                    bench_expect_illegal(&t, bits, REASON_PRIVILEGE);
            }
        }
    }
    bench_close(&b);
}

/* stimecmp below M needs menvcfg.STCE and mcounteren.TM [priv Sstc]. */
static void stimecmp_gate(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned which = 0; which < 4; which++) {
        for (uint64_t mode = RV_U; mode <= RV_M; mode += mode ? 2 : 1) {
            bench_set(&b, CSR_menvcfg, which & 1 ? BIT(63) : 0);
            bench_set(&b, CSR_mcounteren, which & 2 ? BIT(1) : ~BIT(1));
            bench_mode(&b, mode);
            uint32_t bits = insn_csr(CSRRW, A0, CSR_stimecmp, A1);
            struct trap t = bench_step(&b, bits);
            if (mode == RV_M || (mode == RV_S && which == 3))
                assert_int_equal(t.kind, TRAP_BUDGET);
            else
                bench_expect_illegal(&t, bits, REASON_PRIVILEGE);
        }
    }
    bench_close(&b);
}

static void interrupt_views(void **state)
{
    const uint64_t s_bits = BIT(1) | BIT(5) | BIT(9);
    uint64_t seed = 5;
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_menvcfg, 0);
    for (unsigned i = 0; i < 300; i++) {
        uint64_t deleg = bench_random(&seed) & s_bits, mie = bench_random(&seed), mip = bench_random(&seed), v = bench_random(&seed);
        bench_set(&b, CSR_mideleg, deleg);
        bench_mode(&b, RV_M);
        write_csr(&b, CSR_mie, mie);
        write_csr(&b, CSR_mip, mip);
        assert_int_equal(read_csr(&b, CSR_mip), mip & s_bits); /* MSIP MTIP MEIP are wires */
        assert_int_equal(read_csr(&b, CSR_sie), mie & deleg);  /* not delegated: read-only zero */
        assert_int_equal(read_csr(&b, CSR_sip), mip & deleg);
        write_csr(&b, CSR_sie, v);
        assert_int_equal(read_csr(&b, CSR_mie), (mie & 0xaaa & ~deleg) | (v & deleg));
        write_csr(&b, CSR_sip, v); /* only SSIP, and only when delegated */
        assert_int_equal(read_csr(&b, CSR_mip), (mip & s_bits & ~(deleg & 2)) | (v & deleg & 2));
    }
    bench_close(&b);
}

/* The wire shows in SEIP when read but takes no part in read-modify-write [priv 3.1.9]. */
static void seip_read_modify_write(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    machine_irq(b.m, RV_IRQ_SEI, true);
    assert_int_equal(read_csr(&b, CSR_mip), BIT(9));
    machine_set(b.m, RV_X + A1, BIT(1));
    assert_int_equal(bench_step(&b, insn_csr(CSRRS, A0, CSR_mip, A1)).kind, TRAP_BUDGET);
    assert_int_equal(machine_get(b.m, RV_X + A0), BIT(9));
    assert_int_equal(read_csr(&b, CSR_mip), BIT(9) | BIT(1));
    machine_irq(b.m, RV_IRQ_SEI, false);
    assert_int_equal(read_csr(&b, CSR_mip), BIT(1)); /* SEIP had not become software's */
    write_csr(&b, CSR_mip, BIT(9));
    machine_irq(b.m, RV_IRQ_SEI, true);
    machine_irq(b.m, RV_IRQ_SEI, false);
    assert_int_equal(read_csr(&b, CSR_mip), BIT(9)); /* and software's outlives the wire */
    for (unsigned line = 3; line <= 11; line += 4) {
        machine_irq(b.m, line, true);
        assert_int_equal(read_csr(&b, CSR_mip), BIT(9) | BIT(line));
        write_csr(&b, CSR_mip, 0);
        assert_int_equal(read_csr(&b, CSR_mip), BIT(line));
        machine_irq(b.m, line, false);
        write_csr(&b, CSR_mip, BIT(9));
    }
    write_csr(&b, CSR_mip, 0); /* the same for SSIP by way of sip, were it ever wired */
    write_csr(&b, CSR_mideleg, BIT(1));
    machine_irq(b.m, RV_IRQ_SSI, true);
    assert_int_equal(bench_step(&b, insn_csr(CSRRSI, A0, CSR_sip, 1)).kind, TRAP_BUDGET);
    assert_int_equal(machine_get(b.m, RV_X + A0), BIT(1));
    machine_irq(b.m, RV_IRQ_SSI, false);
    assert_int_equal(read_csr(&b, CSR_mip), 0);
    bench_close(&b);
}

/* With STCE, STIP is the comparison time >= stimecmp and nobody's to write [priv Sstc]. */
static void stip_by_comparison(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_menvcfg, 0);
    bench_set(&b, CSR_stimecmp, 0);
    assert_int_equal(bench_get(&b, CSR_mip), 0);
    write_csr(&b, CSR_mip, BIT(5));
    assert_int_equal(bench_get(&b, CSR_mip), BIT(5));
    write_csr(&b, CSR_mip, 0);
    bench_set(&b, CSR_menvcfg, BIT(63));
    assert_int_equal(bench_get(&b, CSR_mip), BIT(5));
    write_csr(&b, CSR_mip, 0);
    assert_int_equal(bench_get(&b, CSR_mip), BIT(5));
    bench_set(&b, CSR_stimecmp, 1000);
    assert_int_equal(machine_get(b.m, MACHINE_WAKE), 1000 * 100);
    write_csr(&b, CSR_mip, BIT(5));
    assert_int_equal(bench_get(&b, CSR_mip), 0);
    bench_set(&b, CSR_menvcfg, 0); /* nothing was kept for later */
    assert_int_equal(bench_get(&b, CSR_mip), 0);
    write_csr(&b, CSR_mip, BIT(5));
    bench_set(&b, CSR_menvcfg, BIT(63)); /* and software's bit is hidden by the comparison */
    assert_int_equal(bench_get(&b, CSR_mip), 0);
    machine_set(b.m, MACHINE_CLOCK, 1000 * 100 - 1);
    assert_int_equal(bench_get(&b, CSR_mip), 0);
    machine_set(b.m, MACHINE_CLOCK, 1000 * 100);
    assert_int_equal(bench_get(&b, CSR_mip), BIT(5));
    bench_set(&b, CSR_stimecmp, ALL / 100 + 1); /* beyond the end of the clock */
    assert_int_equal(machine_get(b.m, MACHINE_WAKE), ALL);
    bench_set(&b, CSR_menvcfg, 0);
    bench_set(&b, CSR_stimecmp, 1);
    assert_int_equal(machine_get(b.m, MACHINE_WAKE), ALL);
    bench_close(&b);
}

/* Runs `count` instructions from BENCH_CODE on. */
static void run_program(struct bench *b, const uint32_t *program, size_t count)
{
    uint64_t retired = 0;
    assert_int_equal(machine_store(b->m, BENCH_CODE, program, count * 4), 0);
    machine_set(b->m, MACHINE_PC, BENCH_CODE);
    assert_int_equal(machine_run(b->m, count, &retired).kind, TRAP_BUDGET);
    assert_int_equal(retired, count);
}

static void counters_count(void **state)
{
    static const unsigned pairs[][2] = {{CSR_minstret, CSR_instret}, {CSR_mcycle, CSR_cycle}};
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned p = 0; p < 2; p++) {
        unsigned csr = pairs[p][0], shadow = pairs[p][1];
        const uint32_t program[] = {
            insn_csr(CSRRS, 5, csr, 0),
            INSN_NOP,
            insn_csr(CSRRS, 6, csr, 0),
            insn_csr(CSRRS, 7, shadow, 0),
            insn_csr(CSRRW, 28, csr, A1),
            insn_csr(CSRRS, 29, csr, 0),
            INSN_NOP,
            insn_csr(CSRRS, 30, shadow, 0),
        };
        machine_set(b.m, RV_X + A1, 1000);
        uint64_t start = bench_get(&b, csr);
        run_program(&b, program, 8);
        assert_int_equal(machine_get(b.m, RV_X + 5), start); /* what retired before the reading instruction */
        assert_int_equal(machine_get(b.m, RV_X + 6), start + 2);
        assert_int_equal(machine_get(b.m, RV_X + 7), start + 3);
        assert_int_equal(machine_get(b.m, RV_X + 28), start + 4);
        assert_int_equal(machine_get(b.m, RV_X + 29), 1000); /* what was written, not one more */
        assert_int_equal(machine_get(b.m, RV_X + 30), 1002);
        assert_int_equal(bench_get(&b, csr), 1003);
        bench_set(&b, csr, 77); /* through the contract, between instructions: the next reads it */
        assert_int_equal(bench_get(&b, shadow), 77);
        assert_int_equal(read_csr(&b, csr), 77);
    }
    bench_close(&b);
}

static void counters_stand_still(void **state)
{
    static const struct {
        unsigned csr, bit, other;
    } counter[] = {{CSR_mcycle, 0, CSR_minstret}, {CSR_minstret, 2, CSR_mcycle}};
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned p = 0; p < 2; p++) {
        unsigned csr = counter[p].csr;
        const uint32_t program[] = {
            insn_csr(CSRRWI, 0, CSR_mcountinhibit, 1u << counter[p].bit), /* still counted itself */
            insn_csr(CSRRS, 5, csr, 0),
            INSN_NOP,
            insn_csr(CSRRS, 6, csr, 0),
            insn_csr(CSRRS, 7, counter[p].other, 0),
            insn_csr(CSRRWI, 0, csr, 9),
            insn_csr(CSRRS, 28, csr, 0),
            insn_csr(CSRRWI, 0, CSR_mcountinhibit, 0), /* not counted */
            insn_csr(CSRRS, 29, csr, 0),
            insn_csr(CSRRS, 30, csr, 0),
        };
        bench_set(&b, csr, 100);
        bench_set(&b, counter[p].other, 200);
        run_program(&b, program, 10);
        assert_int_equal(machine_get(b.m, RV_X + 5), 101);
        assert_int_equal(machine_get(b.m, RV_X + 6), 101);
        assert_int_equal(machine_get(b.m, RV_X + 7), 204); /* the other one goes on */
        assert_int_equal(machine_get(b.m, RV_X + 28), 9);
        assert_int_equal(machine_get(b.m, RV_X + 29), 9);
        assert_int_equal(machine_get(b.m, RV_X + 30), 10);
    }
    bench_close(&b);
}

static void time_is_the_clock_in_ticks(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    machine_set(b.m, MACHINE_CLOCK, 12345 * 100 + 99);
    assert_int_equal(read_csr(&b, CSR_time), 12345);
    assert_int_equal(read_csr(&b, CSR_time), 12346); /* one instruction later a tick begins */
    uint64_t cycle = bench_get(&b, CSR_mcycle), instret = bench_get(&b, CSR_minstret);
    machine_set(b.m, MACHINE_CLOCK, machine_get(b.m, MACHINE_CLOCK) + 500); /* idle time passes for cycle, not for instret */
    assert_int_equal(bench_get(&b, CSR_mcycle), cycle + 500);
    assert_int_equal(bench_get(&b, CSR_minstret), instret);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counter_enables),      cmocka_unit_test(stimecmp_gate),
        cmocka_unit_test(interrupt_views),      cmocka_unit_test(seip_read_modify_write),
        cmocka_unit_test(stip_by_comparison),   cmocka_unit_test(counters_count),
        cmocka_unit_test(counters_stand_still), cmocka_unit_test(time_is_the_clock_in_ticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
