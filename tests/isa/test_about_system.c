/* What RISC-V tells people of interrupts and of system instructions (isa/about.h), against what the hart does: which interrupt it takes
 * next, which CSR an instruction uses, whether one would trap. And that GDB hears of every register. */
#include "isa/about.h"
#include "tests/isa/hart_bench.h"

#include <string.h>

static void open_plain(struct bench *b)
{
    struct riscv_config c = bench_config();
    bench_open(b, &c);
}

static uint64_t random_mode(uint64_t *seed)
{
    static const uint64_t modes[] = {RV_U, RV_S, RV_M};
    return modes[bench_random(seed) % 3];
}

/* --- interrupts */

static void random_interrupts(struct bench *b, uint64_t *seed)
{
    const uint32_t nop = INSN_NOP;
    machine_reset(b->m);
    bench_open_pmp(b);
    assert_int_equal(machine_store(b->m, BENCH_CODE, &nop, 4), 0);
    for (unsigned line = 0; line < 16; line++)
        if (bit_get(b->m->isa->lines, line))
            machine_irq(b->m, line, bench_random(seed) & 1);
    bench_set(b, CSR_mip, bench_random(seed));
    bench_set(b, CSR_mie, bench_random(seed));
    bench_set(b, CSR_mideleg, bench_random(seed) & bench_random(seed));
    bench_set(b, CSR_menvcfg, bench_random(seed));
    bench_set(b, CSR_stimecmp, bench_random(seed) & 1 ? 0 : UINT64_MAX);
    bench_set(b, CSR_mstatus, bench_random(seed));
    bench_mode(b, random_mode(seed));
    machine_set(b->m, MACHINE_PC, BENCH_CODE);
}

static int taken(struct bench *b)
{
    uint64_t retired = 0;
    const struct trap t = machine_run(b->m, 1, &retired);
    assert_true(t.kind == TRAP_BUDGET || t.kind == TRAP_INTERRUPT);
    return t.kind == TRAP_INTERRUPT ? (int)t.cause : -1;
}

static void the_interrupt_said_is_taken(void **state)
{
    struct bench b;
    uint64_t seed = 1;
    unsigned seen[17] = {0};
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 20000; i++) {
        random_interrupts(&b, &seed);
        const int said = about_next_interrupt(b.m), does = taken(&b);
        if (said != does)
            fail_msg("mip 0x%llx mie 0x%llx mideleg 0x%llx, %s-mode: %d is said to be taken, %d is",
                     (unsigned long long)bench_get(&b, CSR_mip), (unsigned long long)bench_get(&b, CSR_mie),
                     (unsigned long long)bench_get(&b, CSR_mideleg), about_mode(b.m->isa, machine_get(b.m, MACHINE_MODE)), said, does);
        seen[does + 1]++;
    }
    const struct about_line *line;
    for (unsigned i = 0; (line = about_line(b.m->isa, i)); i++)
        assert_true(seen[line->line + 1] > 20);
    assert_true(seen[0] > 1000);
    bench_close(&b);
}

/* Alone, a line is taken when it is said to be; what is said of the others does not hang on that. */
static void each_line_is_judged_alone(void **state)
{
    struct bench b;
    uint64_t seed = 2;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 20000; i++) {
        const struct about_line *line = about_line(b.m->isa, i % 6);
        struct about_interrupt v, alone;
        random_interrupts(&b, &seed);
        about_interrupt(b.m, line->line, &v);
        bench_set(&b, CSR_mie, bench_get(&b, CSR_mie) & UINT64_C(1) << line->line);
        about_interrupt(b.m, line->line, &alone);
        assert_int_equal(v.taken, alone.taken);
        assert_string_equal(v.why, alone.why);
        assert_int_equal(v.pending && v.enabled, b.m->isa->wakes(b.m));
        assert_int_equal(v.taken, taken(&b) == (int)line->line);
        assert_true(strncmp(v.why, "taken", 5) == 0 ? v.taken : !v.taken);
    }
    assert_null(about_line(b.m->isa, 6));
    assert_non_null(about_line_find(b.m->isa, RV_IRQ_STI));
    bench_close(&b);
}

/* A pending STI comes from the timer when that is said, and goes with it. */
static void a_source_is_what_raised_the_line(void **state)
{
    struct bench b;
    uint64_t seed = 3;
    unsigned timers = 0;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 5000; i++) {
        struct about_source s;
        struct about_interrupt v;
        random_interrupts(&b, &seed);
        about_interrupt(b.m, RV_IRQ_STI, &v);
        about_interrupt_source(b.m, RV_IRQ_STI, &s);
        if (s.kind == SOURCE_TIMER)
            bench_set(&b, CSR_stimecmp, UINT64_MAX);
        else
            bench_set(&b, CSR_mip, 0);
        assert_false(bit_get(bench_get(&b, CSR_mip), RV_IRQ_STI));
        timers += v.pending && s.kind == SOURCE_TIMER;
    }
    assert_true(timers > 500);
    bench_close(&b);
}

/* --- the register that an instruction names */

static unsigned how_touched(const struct bench *b, reg_t reg)
{
    struct machine_touch t[64];
    unsigned n = machine_touched(b->m, t, 64), how = 0;
    for (unsigned i = 0; i < n && i < 64; i++)
        if (t[i].reg == reg)
            how |= t[i].how;
    return how;
}

static void the_register_named_is_the_one_used(void **state)
{
    struct bench b;
    uint64_t seed = 4;
    unsigned done = 0;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 60000; i++) {
        const struct reg_desc *r = &b.m->isa->regs[bench_random(&seed) % b.m->isa->reg_count];
        uint32_t bits = (uint32_t)bench_random(&seed) & 0xfff80;
        if (!(about_register(b.m->isa, r) & ABOUT_NAMED))
            continue;
        if (i & 1)
            bits &= ~UINT32_C(0xf8000); /* rs1 is x0 */
        bits |= (r->reg - RV_CSR) << 20 | 0x73;
        struct about_named named;
        unsigned length, row = machine_decode(b.m, bits, &length);
        bool names = about_named(b.m, bits, &named);
        assert_int_equal(names, row != INSN_NONE && strcmp(b.m->isa->rows[row].ext, "Zicsr") == 0);
        if (!names)
            continue;
        assert_int_equal(named.reg, r->reg);
        machine_reset(b.m);
        bench_set(&b, CSR_mstatus, UINT64_C(3) << MSTATUS_FS);
        if (bench_step(&b, bits).kind != TRAP_BUDGET)
            continue; /* a read-only one */
        const unsigned how = how_touched(&b, r->reg);
        /* A write may look at the old value for its own sake, for fields that it leaves. */
        if ((named.reads && !(how & TOUCH_READ)) || named.writes != !!(how & TOUCH_WRITE))
            fail_msg("%08x %s: %s%s, and the hart's body does %u", bits, r->name, named.reads ? "reads" : "",
                     named.writes ? " writes" : "", how);
        done++;
    }
    assert_true(done > 10000);
    bench_close(&b);
}

/* The old value goes to the register that is said, and to no other. */
static void the_old_value_goes_where_it_is_said(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned rd = 0; rd < 32; rd++) {
        struct about_named named;
        const uint32_t bits = insn_csr(CSRRS, rd, CSR_mscratch, 0);
        machine_reset(b.m);
        bench_set(&b, CSR_mscratch, 0x1234);
        assert_int_equal(bench_step(&b, bits).kind, TRAP_BUDGET);
        assert_true(about_named(b.m, bits, &named));
        for (unsigned x = 0; x < 32; x++)
            assert_int_equal(machine_get(b.m, RV_X + x) == 0x1234, named.has_to && named.to == RV_X + x);
    }
    bench_close(&b);
}

/* The opcodes of a row that name a register are just those instructions that do. */
static void the_opcodes_naming_a_register_are_those_that_do(void **state)
{
    struct bench b;
    uint64_t seed = 5;
    unsigned both = 0;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 200000; i++) {
        static const unsigned near[] = {CSR_satp, CSR_mstatus, CSR_sstatus, CSR_mie};
        const unsigned csr = near[bench_random(&seed) % 4];
        const uint32_t bits = ((uint32_t)bench_random(&seed) & 0xfff80) | 0x73 | near[bench_random(&seed) % 4] << 20;
        struct about_named named;
        insn_t match, mask;
        bool any = false, names = about_named(b.m, bits, &named) && named.reg == RV_CSR + csr;
        for (unsigned row = 0; row < b.m->isa->row_count; row++)
            any |= about_naming(b.m->isa, row, RV_CSR + csr, &match, &mask) && (bits & mask) == match;
        assert_int_equal(any, names);
        both += any;
    }
    assert_true(both > 1000);
    bench_close(&b);
}

/* --- what would trap, and what would not */

/* SFENCE.VMA alone; rs1 and rs2 say what, and x0 is all [priv 12.2.1]. */
static void a_fence_says_what_it_orders(void **state)
{
    uint64_t seed = 5;
    struct bench b;
    struct fence f;
    (void)state;
    open_plain(&b);
    for (unsigned i = 1; i < 32; i++)
        machine_set(b.m, RV_X + i, i * UINT64_C(0x100010001));
    for (unsigned i = 0; i < 1024; i++) {
        const uint32_t rs1 = i & 31, rs2 = i >> 5;
        assert_true(about_orders(b.m, UINT32_C(0x12000073) | rs2 << 20 | rs1 << 15, &f));
        assert_true(f.has_va == (rs1 != 0) && f.has_asid == (rs2 != 0) && !f.cold);
        assert_true(f.va == rs1 * UINT64_C(0x100010001) && f.asid == rs2);
    }
    for (unsigned i = 0; i < 20000; i++) {
        const uint32_t bits = (uint32_t)bench_random(&seed) | 3;
        assert_int_equal(about_orders(b.m, bits, &f), (bits & 0xfe007fff) == 0x12000073);
    }
    bench_close(&b);
}

static void the_trap_predicted_is_taken(void **state)
{
    static const uint32_t fixed[] = {INSN_ECALL, INSN_EBREAK, INSN_SRET, INSN_MRET, INSN_WFI, INSN_SFENCE_VMA};
    struct bench b;
    uint64_t seed = 6;
    unsigned trapped = 0, done = 0;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 3000; i++) {
        uint32_t bits = fixed[bench_random(&seed) % 6];
        if (i % 2)
            bits = ((uint32_t)bench_random(&seed) & 0xfff80) | 0x73 |
                   (b.m->isa->regs[bench_random(&seed) % b.m->isa->reg_count].reg & 0xfff) << 20;
        machine_reset(b.m);
        bench_open_pmp(&b);
        bench_set(&b, CSR_mstatus, bench_random(&seed) & ~(UINT64_C(1) << MSTATUS_MPRV));
        bench_set(&b, CSR_mcounteren, bench_random(&seed));
        bench_set(&b, CSR_scounteren, bench_random(&seed));
        bench_set(&b, CSR_menvcfg, bench_random(&seed));
        const uint64_t mode = random_mode(&seed);
        const struct trap said = b.m->isa->about->predict(b.m, mode, bits);
        bench_mode(&b, mode);
        const struct trap t = bench_step(&b, bits);
        assert_int_equal(said.kind == TRAP_EXCEPTION, t.kind == TRAP_EXCEPTION);
        if (t.kind == TRAP_EXCEPTION)
            assert_true(said.cause == t.cause && said.reason == t.reason && said.row == t.row);
        trapped += t.kind == TRAP_EXCEPTION;
        done += t.kind != TRAP_EXCEPTION;
    }
    assert_true(trapped > 300 && done > 300);
    bench_close(&b);
}

/* --- GDB */

/* Every register that programs and GDB know is described once, by the number that it is asked for with. */
static void gdb_hears_of_each_register_once(void **state)
{
    struct bench b;
    struct about_gdb g, same;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < b.m->isa->reg_count; i++) {
        const struct reg_desc *r = &b.m->isa->regs[i];
        unsigned found = 0;
        for (unsigned n = 0; b.m->isa->about->gdb_listed(n, &g); n++)
            found += g.reg == r->reg;
        bool csr_like = r->reg >= RV_RESERVATION && r->reg < RV_CSR; /* of the contract alone */
        assert_int_equal(found, csr_like ? 0 : 1);
    }
    for (unsigned n = 0; b.m->isa->about->gdb_listed(n, &g); n++) {
        assert_true(b.m->isa->about->gdb_register(g.number, &same));
        assert_int_equal(same.reg, g.reg);
        assert_string_equal(same.feature, g.feature);
    }
    assert_true(b.m->isa->about->gdb_core <= ABOUT_GDB_CORE);
    assert_true(b.m->isa->about->gdb_register(b.m->isa->about->gdb_pc, &g) && g.reg == MACHINE_PC);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interrupt_said_is_taken),         cmocka_unit_test(each_line_is_judged_alone),
        cmocka_unit_test(a_source_is_what_raised_the_line),    cmocka_unit_test(the_register_named_is_the_one_used),
        cmocka_unit_test(the_old_value_goes_where_it_is_said), cmocka_unit_test(the_opcodes_naming_a_register_are_those_that_do),
        cmocka_unit_test(a_fence_says_what_it_orders),         cmocka_unit_test(the_trap_predicted_is_taken),
        cmocka_unit_test(gdb_hears_of_each_register_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
