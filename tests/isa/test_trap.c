/* Trap entry and return, from the manual: delegation, the mstatus stack, vectors, which interrupt is taken when, and what lower modes
 * may not do. */
#include "tests/isa/hart_bench.h"

#define BIT(n) (UINT64_C(1) << (n))
#define INTERRUPT_FLAG BIT(63)

static const uint64_t modes[] = {RV_U, RV_S, RV_M};

static void open_plain(struct bench *b)
{
    struct riscv_config c = bench_config();
    bench_open(b, &c);
    bench_open_pmp(b);
    bench_set(b, CSR_menvcfg, 0);
}

/* --- entry */

/* The hart, behind a contract that is not its own: deliver() must come to the same through it. */
struct shim {
    struct machine machine; /* first */
    struct machine *hart;
};
static uint64_t shim_get(const struct machine *m, reg_t r) { return machine_get(((const struct shim *)(const void *)m)->hart, r); }
static void shim_set(struct machine *m, reg_t r, uint64_t v) { machine_set(((struct shim *)(void *)m)->hart, r, v); }
static const struct machine_ops shim_ops = {.get = shim_get, .set = shim_set};

struct entry {
    uint64_t mode, status, medeleg, mideleg, mtvec, stvec, pc, tval, cause;
    bool interrupt;
};

static void expect_entry(const struct bench *b, const struct entry *e)
{
    bool to_s = e->mode != RV_M && (e->interrupt ? e->mideleg : e->medeleg) >> e->cause & 1;
    uint64_t vec = to_s ? e->stvec : e->mtvec, status = e->status, cause = e->cause | (e->interrupt ? INTERRUPT_FLAG : 0);
    assert_int_equal(machine_get(b->m, MACHINE_MODE), to_s ? RV_S : RV_M);
    assert_int_equal(machine_get(b->m, MACHINE_PC), (vec & ~UINT64_C(3)) + (e->interrupt && (vec & 1) ? 4 * e->cause : 0));
    assert_int_equal(bench_get(b, to_s ? CSR_sepc : CSR_mepc), e->pc);
    assert_int_equal(bench_get(b, to_s ? CSR_scause : CSR_mcause), cause);
    assert_int_equal(bench_get(b, to_s ? CSR_stval : CSR_mtval), e->tval);
    assert_int_equal(bench_get(b, to_s ? CSR_mepc : CSR_sepc), 0); /* the other mode's stay */
    assert_int_equal(bench_get(b, to_s ? CSR_mcause : CSR_scause), 0);
    assert_int_equal(bench_get(b, to_s ? CSR_mtval : CSR_stval), 0);
    if (to_s) { /* SPIE = SIE, SIE = 0, SPP = mode */
        status = (status & ~(BIT(5) | BIT(1) | BIT(8))) | (status >> 1 & 1) << 5 | (e->mode & 1) << 8;
    } else { /* MPIE = MIE, MIE = 0, MPP = mode */
        status = (status & ~(BIT(7) | BIT(3) | BIT(11) | BIT(12))) | (status >> 3 & 1) << 7 | e->mode << 11;
    }
    assert_int_equal(bench_get(b, CSR_mstatus), status);
}

static void entry_in_every_situation(void **state)
{
    uint64_t seed = 1;
    struct bench b;
    (void)state;
    open_plain(&b);
    struct shim shim = {.machine = {.ops = &shim_ops, .isa = b.m->isa}, .hart = b.m};
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t r = bench_random(&seed);
        struct entry e = {.interrupt = r & 1, .mode = modes[(r >> 1 & 0xff) % 3], .pc = bench_random(&seed) & ~UINT64_C(1)};
        e.cause = e.interrupt ? (r >> 16 & 0x7) * 2 % 12 + 1 : r >> 16 & 15;
        e.tval = bench_random(&seed);
        bench_set(&b, CSR_medeleg, bench_random(&seed));
        bench_set(&b, CSR_mideleg, bench_random(&seed));
        bench_set(&b, CSR_mtvec, bench_random(&seed));
        bench_set(&b, CSR_stvec, bench_random(&seed));
        bench_set(&b, CSR_mstatus, bench_random(&seed));
        for (unsigned csr = CSR_sepc; csr <= CSR_stval; csr++) {
            bench_set(&b, csr, 0);
            bench_set(&b, csr + 0x200, 0);
        }
        e.medeleg = bench_get(&b, CSR_medeleg);
        e.mideleg = bench_get(&b, CSR_mideleg);
        e.mtvec = bench_get(&b, CSR_mtvec);
        e.stvec = bench_get(&b, CSR_stvec);
        e.status = bench_get(&b, CSR_mstatus);
        bench_mode(&b, e.mode);
        machine_set(b.m, MACHINE_PC, e.pc);
        struct trap t = {.kind = e.interrupt ? TRAP_INTERRUPT : TRAP_EXCEPTION, .cause = e.cause, .tval = e.tval};
        b.m->isa->deliver(i & 1 ? &shim.machine : b.m, &t);
        expect_entry(&b, &e);
    }
    bench_close(&b);
}

/* run() reports and does not vector; a trapped instruction does not retire; the reservation stays. */
static void requested_traps(void **state)
{
    struct bench b;
    uint64_t retired = 0;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 3; i++) {
        bench_mode(&b, modes[i]);
        machine_set(b.m, RV_RESERVATION, BENCH_RAM);
        uint64_t before = machine_get(b.m, MACHINE_RETIRED);
        struct trap t = bench_step(&b, INSN_ECALL);
        assert_int_equal(t.kind, TRAP_EXCEPTION);
        assert_int_equal(t.cause, 8 + modes[i]);
        assert_int_equal(t.tval, 0);
        assert_int_equal(t.reason, REASON_REQUESTED);
        assert_int_equal(t.length, 4);
        assert_int_equal(t.row, RV_INSN_ecall);
        assert_int_equal(t.bits, INSN_ECALL);
        assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE);
        assert_int_equal(machine_get(b.m, MACHINE_MODE), modes[i]);
        t = bench_step(&b, INSN_EBREAK);
        assert_int_equal(t.cause, 3);
        assert_int_equal(t.tval, BENCH_CODE);
        assert_int_equal(t.reason, REASON_REQUESTED);
        t = bench_step(&b, INSN_C_EBREAK);
        assert_int_equal(t.cause, 3);
        assert_int_equal(t.length, 2);
        assert_int_equal(t.tval, BENCH_CODE);
        assert_int_equal(machine_get(b.m, MACHINE_RETIRED), before);
        assert_int_equal(machine_get(b.m, RV_RESERVATION), BENCH_RAM);
    }
    bench_mode(&b, RV_M);
    uint32_t bits = INSN_ECALL;
    assert_int_equal(machine_store(b.m, BENCH_CODE, &bits, 4), 0);
    machine_set(b.m, MACHINE_PC, BENCH_CODE);
    assert_int_equal(machine_run(b.m, 100, &retired).cause, 11);
    assert_int_equal(retired, 0);
    bench_close(&b);
}

/* --- return */

static void mret_effects(void **state)
{
    uint64_t seed = 2;
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 3000; i++) {
        bench_mode(&b, RV_M);
        bench_set(&b, CSR_mstatus, bench_random(&seed));
        uint64_t s = bench_get(&b, CSR_mstatus), mpp = s >> 11 & 3, epc = bench_random(&seed);
        bench_set(&b, CSR_mepc, epc);
        assert_int_equal(bench_step(&b, INSN_MRET).kind, TRAP_BUDGET);
        uint64_t expected = (s & ~(BIT(3) | BIT(7) | BIT(11) | BIT(12))) | (s >> 7 & 1) << 3 | BIT(7);
        if (mpp != RV_M)
            expected &= ~BIT(17);
        assert_int_equal(machine_get(b.m, MACHINE_MODE), mpp);
        assert_int_equal(machine_get(b.m, MACHINE_PC), epc & ~UINT64_C(1));
        assert_int_equal(bench_get(&b, CSR_mstatus), expected);
    }
    bench_close(&b);
}

static void sret_effects(void **state)
{
    uint64_t seed = 3;
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t mode = i & 1 ? RV_S : RV_M, epc = bench_random(&seed);
        bench_set(&b, CSR_mstatus, bench_random(&seed) & ~(mode == RV_S ? BIT(22) : 0)); /* in S without TSR */
        uint64_t s = bench_get(&b, CSR_mstatus);
        bench_set(&b, CSR_sepc, epc);
        bench_mode(&b, mode);
        assert_int_equal(bench_step(&b, INSN_SRET).kind, TRAP_BUDGET);
        uint64_t expected = (s & ~(BIT(1) | BIT(5) | BIT(8) | BIT(17))) | (s >> 5 & 1) << 1 | BIT(5);
        assert_int_equal(machine_get(b.m, MACHINE_MODE), s >> 8 & 1);
        assert_int_equal(machine_get(b.m, MACHINE_PC), epc & ~UINT64_C(1));
        assert_int_equal(bench_get(&b, CSR_mstatus), expected);
    }
    bench_close(&b);
}

/* --- who may: U none; S not mret, and by TSR, TW, TVM not the others [priv 3.1.6.6] */

static void system_instructions_by_mode(void **state)
{
    static const struct {
        uint32_t bits;
        uint64_t lowest, guard;
    } insn[] = {
        {INSN_MRET, RV_M, 0},
        {INSN_SRET, RV_S, BIT(22)},
        {INSN_WFI, RV_S, BIT(21)},
        {INSN_SFENCE_VMA, RV_S, BIT(20)},
        {INSN_SFENCE_VMA | 5u << 15 | 6u << 20, RV_S, BIT(20)},
    };
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < sizeof insn / sizeof *insn; i++) {
        for (unsigned n = 0; n < 3; n++) {
            for (uint64_t guards = 0; guards < 8; guards++) {
                bench_mode(&b, modes[n]);
                bench_set(&b, CSR_mstatus, guards << 20);
                bench_set(&b, CSR_mepc, BENCH_CODE + 4);
                bench_set(&b, CSR_sepc, BENCH_CODE + 4);
                struct trap t = bench_step(&b, insn[i].bits);
                bool guarded = modes[n] == RV_S && (guards << 20 & insn[i].guard);
                if (modes[n] < insn[i].lowest || guarded) {
                    bench_expect_illegal(&t, insn[i].bits, REASON_PRIVILEGE);
                    assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE);
                } else {
                    assert_int_equal(t.kind, insn[i].bits == INSN_WFI ? TRAP_WAIT : TRAP_BUDGET);
                    assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE + 4);
                }
            }
        }
    }
    bench_close(&b);
}

static void wfi_waits_unless_something_pends(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    uint64_t before = machine_get(b.m, MACHINE_RETIRED);
    assert_int_equal(bench_step(&b, INSN_WFI).kind, TRAP_WAIT);
    assert_int_equal(machine_get(b.m, MACHINE_RETIRED), before + 1); /* it has retired */
    bench_set(&b, CSR_mip, BIT(1));
    assert_int_equal(bench_step(&b, INSN_WFI).kind, TRAP_WAIT); /* pending, not enabled in mie */
    bench_set(&b, CSR_mie, BIT(1));
    assert_int_equal(bench_step(&b, INSN_WFI).kind, TRAP_BUDGET); /* MIE is clear: the wait ends, no trap */
    bench_set(&b, CSR_mideleg, BIT(1));
    assert_int_equal(bench_step(&b, INSN_WFI).kind, TRAP_BUDGET);
    bench_close(&b);
}

/* --- interrupts */

/* The interrupt a hart in this state takes, or 0, straight from [priv 3.1.9]. */
static unsigned expected_interrupt(uint64_t mode, bool mie_bit, bool sie_bit, uint64_t mip, uint64_t mie, uint64_t mideleg)
{
    static const unsigned priority[] = {11, 3, 7, 9, 1, 5};
    for (unsigned n = 0; n < 12; n++) { /* those of the more privileged mode first */
        uint64_t level = n < 6 ? RV_M : RV_S, bit = BIT(priority[n % 6]);
        bool here = (mideleg & bit ? RV_S : RV_M) == level;
        bool enabled = mode < level || (mode == level && (level == RV_M ? mie_bit : sie_bit));
        if (here && enabled && (mip & mie & bit))
            return priority[n % 6];
    }
    return 0;
}

static uint64_t spread(unsigned six) /* six bits to SSI MSI STI MTI SEI MEI */
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 6; i++)
        v |= (uint64_t)(six >> i & 1) << (2 * i + 1);
    return v;
}

static void set_pending(struct bench *b, uint64_t mip)
{
    bench_set(b, CSR_mip, mip); /* what software can; the rest by wire */
    for (unsigned line = 3; line <= 11; line += 4)
        machine_irq(b->m, line, mip >> line & 1);
}

static void interrupt_priority_and_enabling(void **state)
{
    uint64_t seed = 4;
    struct bench b;
    (void)state;
    open_plain(&b);
    unsigned taken = 0;
    for (unsigned pending = 0; pending < 64; pending++) {
        for (unsigned delegation = 0; delegation < 8; delegation++) {
            uint64_t mideleg = (delegation & 1) << 1 | (delegation & 2) << 4 | (uint64_t)(delegation & 4) << 7;
            bench_mode(&b, RV_M);
            bench_set(&b, CSR_mstatus, 0);
            bench_set(&b, CSR_mideleg, mideleg);
            set_pending(&b, spread(pending));
            for (unsigned n = 0; n < 24; n++) {
                uint64_t mie = n < 12 ? 0xaaa : spread((unsigned)bench_random(&seed) & 63), mode = modes[n % 3];
                bool m = n / 3 & 1, s = n / 6 & 1;
                bench_set(&b, CSR_mie, mie);
                bench_set(&b, CSR_mstatus, (m ? BIT(3) : 0) | (s ? BIT(1) : 0));
                bench_mode(&b, mode);
                unsigned expected = expected_interrupt(mode, m, s, spread(pending), mie, mideleg);
                uint64_t before = machine_get(b.m, MACHINE_RETIRED);
                struct trap t = bench_step(&b, INSN_NOP);
                taken += expected != 0;
                if (!expected) {
                    assert_int_equal(t.kind, TRAP_BUDGET);
                    continue;
                }
                assert_int_equal(t.kind, TRAP_INTERRUPT);
                assert_int_equal(t.cause, expected);
                assert_int_equal(t.tval, 0);
                assert_int_equal(t.reason, REASON_NONE);
                assert_int_equal(t.row, INSN_NONE);
                assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE); /* before the instruction */
                assert_int_equal(machine_get(b.m, MACHINE_RETIRED), before);
            }
        }
    }
    assert_in_range(taken, 3000, 12000);
    bench_close(&b);
}

/* An interrupt made possible by an instruction comes before the next one, however it was made possible. */
static void enabling_takes_effect_at_once(void **state)
{
    enum { SSI = 1, STI = 5 };
    static const struct {
        uint32_t bits;
        uint64_t mode, a1, mstatus, mie, mip, mideleg, menvcfg, stimecmp;
        unsigned cause;
    } way[] = {
        /* bits, mode, a1, mstatus, mie, mip, mideleg, menvcfg, stimecmp, cause */
        {0x30046073, RV_M, 0, 0, BIT(SSI), BIT(SSI), 0, 0, 0, SSI},                         /* csrsi mstatus, MIE */
        {0x30059073, RV_M, BIT(3), 0, BIT(SSI), BIT(SSI), 0, 0, 0, SSI},                    /* csrw mstatus, a1 */
        {0x10016073, RV_S, 0, 0, BIT(SSI), BIT(SSI), BIT(SSI), 0, 0, SSI},                  /* csrsi sstatus, SIE */
        {0x30459073, RV_M, BIT(SSI), BIT(3), 0, BIT(SSI), 0, 0, 0, SSI},                    /* csrw mie, a1 */
        {0x10459073, RV_S, BIT(SSI), BIT(1), 0, BIT(SSI), BIT(SSI), 0, 0, SSI},             /* csrw sie, a1 */
        {0x34459073, RV_M, BIT(SSI), BIT(3), BIT(SSI), 0, 0, 0, 0, SSI},                    /* csrw mip, a1 */
        {0x14459073, RV_S, BIT(SSI), BIT(1), BIT(SSI), 0, BIT(SSI), 0, 0, SSI},             /* csrw sip, a1 */
        {0x30359073, RV_M, 0, BIT(3), BIT(SSI), BIT(SSI), BIT(SSI), 0, 0, SSI},             /* csrw mideleg, a1: it is M's now */
        {0x30a59073, RV_M, BIT(63), BIT(3), BIT(STI), 0, 0, 0, 0, STI},                     /* csrw menvcfg, a1: STCE */
        {0x14d59073, RV_M, 0, BIT(3), BIT(STI), 0, 0, BIT(63), UINT64_MAX, STI},            /* csrw stimecmp, a1 */
        {INSN_MRET, RV_M, 0, BIT(7) | BIT(11) | BIT(12), BIT(SSI), BIT(SSI), 0, 0, 0, SSI}, /* mret to M with MPIE */
        {INSN_MRET, RV_M, 0, 0, BIT(SSI), BIT(SSI), 0, 0, 0, SSI},                          /* mret to U */
        {INSN_SRET, RV_S, 0, BIT(5) | BIT(8), BIT(SSI), BIT(SSI), BIT(SSI), 0, 0, SSI},     /* sret to S with SPIE */
        {INSN_SRET, RV_S, 0, 0, BIT(SSI), BIT(SSI), BIT(SSI), 0, 0, SSI},                   /* sret to U */
    };
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < sizeof way / sizeof *way; i++) {
        const uint32_t program[] = {way[i].bits, INSN_NOP, INSN_NOP};
        uint64_t retired = 0;
        bench_set(&b, CSR_menvcfg, 0);
        bench_set(&b, CSR_mideleg, way[i].mideleg);
        bench_set(&b, CSR_mie, way[i].mie);
        bench_set(&b, CSR_mip, way[i].mip);
        bench_set(&b, CSR_menvcfg, way[i].menvcfg);
        bench_set(&b, CSR_stimecmp, way[i].stimecmp);
        bench_set(&b, CSR_mepc, BENCH_CODE + 4);
        bench_set(&b, CSR_sepc, BENCH_CODE + 4);
        bench_set(&b, CSR_mstatus, way[i].mstatus);
        bench_mode(&b, way[i].mode);
        machine_set(b.m, RV_X + 11, way[i].a1);
        assert_int_equal(machine_store(b.m, BENCH_CODE, program, sizeof program), 0);
        machine_set(b.m, MACHINE_PC, BENCH_CODE);
        struct trap t = machine_run(b.m, 100, &retired);
        if (t.kind != TRAP_INTERRUPT || retired != 1)
            fail_msg("way %u: kind %u after %u instructions", i, t.kind, (unsigned)retired);
        assert_int_equal(t.cause, way[i].cause);
        assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE + 4);
    }
    bench_close(&b);
}

/* stimecmp fires on the instruction at which time reaches it, not a slice later. */
static void supervisor_timer_is_exact(void **state)
{
    enum { LOOP = 0x0000006f }; /* j . */
    uint32_t loop = LOOP;
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_menvcfg, BIT(63));
    bench_set(&b, CSR_mideleg, BIT(5));
    bench_set(&b, CSR_mie, BIT(5));
    assert_int_equal(machine_store(b.m, BENCH_CODE, &loop, 4), 0);
    for (uint64_t ticks = 1; ticks < 400; ticks += 57) {
        uint64_t retired = 0, clock = machine_get(b.m, MACHINE_CLOCK), due = (clock / 100 + ticks) * 100;
        bench_set(&b, CSR_stimecmp, due / 100);
        bench_mode(&b, RV_U);
        machine_set(b.m, MACHINE_PC, BENCH_CODE);
        struct trap t = machine_run(b.m, 1000000, &retired);
        assert_int_equal(t.kind, TRAP_INTERRUPT);
        assert_int_equal(t.cause, 5);
        assert_int_equal(machine_get(b.m, MACHINE_CLOCK), due);
        assert_int_equal(retired, due - clock);
    }
    bench_close(&b);
}

/* MPRV leaves with M-mode, so a trap back into M does not find it set. */
static void delegated_trap_round_trip(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_medeleg, BIT(8));
    bench_set(&b, CSR_stvec, BENCH_CODE + 0x100);
    bench_set(&b, CSR_mstatus, BIT(17) | BIT(1)); /* MPRV, MPP = U, SIE */
    bench_set(&b, CSR_mepc, BENCH_CODE);
    assert_int_equal(bench_step(&b, INSN_MRET).kind, TRAP_BUDGET);
    struct trap t = bench_step(&b, INSN_ECALL);
    b.m->isa->deliver(b.m, &t);
    assert_int_equal(machine_get(b.m, MACHINE_MODE), RV_S);
    assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE + 0x100);
    assert_int_equal(bench_get(&b, CSR_sstatus) & (BIT(1) | BIT(5) | BIT(8)), BIT(5));
    assert_int_equal(bench_get(&b, CSR_mstatus) & BIT(17), 0);
    bench_set(&b, CSR_sepc, BENCH_CODE + 4);
    assert_int_equal(bench_step(&b, INSN_SRET).kind, TRAP_BUDGET);
    assert_int_equal(machine_get(b.m, MACHINE_MODE), RV_U);
    assert_int_equal(bench_get(&b, CSR_sstatus) & (BIT(1) | BIT(5) | BIT(8)), BIT(1) | BIT(5));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_in_every_situation),
        cmocka_unit_test(requested_traps),
        cmocka_unit_test(mret_effects),
        cmocka_unit_test(sret_effects),
        cmocka_unit_test(system_instructions_by_mode),
        cmocka_unit_test(wfi_waits_unless_something_pends),
        cmocka_unit_test(interrupt_priority_and_enabling),
        cmocka_unit_test(enabling_takes_effect_at_once),
        cmocka_unit_test(supervisor_timer_is_exact),
        cmocka_unit_test(delegated_trap_round_trip),
    };
    return run_in_every_way(tests);
}
