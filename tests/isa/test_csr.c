/* The CSR file, from the manual: which registers exist, who may touch them and why not, what a write keeps, which are views of
 * others. Expected masks are written from the manual's figures, not read from the code.
 */
#include "tests/isa/csr_rig.h"

/* The CSRs of RV64IMAFDC with M, S, U, Zicsr, Zicntr, Zihpm, Sstc and 16 PMP entries [priv tables 4-8], and those that tell of triggers
 * [debug 5.7]. Those of debug mode, from 0x7b0 on, are not among them. */
static const struct {
    unsigned first, last, step;
} existing[] = {
    {0x001, 0x003, 1},                                                          /* fflags frm fcsr */
    {0xc00, 0xc1f, 1},                                                          /* cycle time instret hpmcounter3-31 */
    {0x100, 0x100, 1}, {0x104, 0x106, 1}, {0x10a, 0x10a, 1}, {0x140, 0x144, 1}, /* sstatus; sie-scounteren; senvcfg; sscratch-sip */
    {0x14d, 0x14d, 1}, {0x180, 0x180, 1},                                       /* stimecmp; satp */
    {0xf11, 0xf15, 1},                                                          /* mvendorid .. mconfigptr */
    {0x300, 0x306, 1}, {0x30a, 0x30a, 1}, {0x340, 0x344, 1},                    /* mstatus .. mcounteren; menvcfg; mscratch .. mip */
    {0x320, 0x320, 1}, {0x323, 0x33f, 1},                                       /* mcountinhibit; mhpmevent3-31 */
    {0x3a0, 0x3ae, 2}, {0x3b0, 0x3ef, 1},                                       /* pmpcfg even; pmpaddr0-63 */
    {0xb00, 0xb00, 1}, {0xb02, 0xb1f, 1},                                       /* mcycle; minstret mhpmcounter3-31 */
    {0x7a0, 0x7a4, 1},                                                          /* tselect tdata1-3 tinfo */
};

static bool listed(unsigned csr)
{
    for (unsigned i = 0; i < sizeof existing / sizeof *existing; i++)
        if (csr >= existing[i].first && csr <= existing[i].last && (csr - existing[i].first) % existing[i].step == 0)
            return true;
    return false;
}

/* Everything that can be opened is open. */
static void open_gates(struct bench *b)
{
    bench_set(b, CSR_mcounteren, ALL);
    bench_set(b, CSR_scounteren, ALL);
    bench_set(b, CSR_menvcfg, ALL);
    bench_set(b, CSR_mstatus, UINT64_C(1) << MSTATUS_FS);
}

static void existence(void **state)
{
    struct riscv_config c = bench_config();
    struct bench b;
    (void)state;
    bench_open(&b, &c);
    for (unsigned csr = 0; csr < 4096; csr++) {
        assert_int_equal(csr_exists(b.h, csr), listed(csr));
        assert_int_equal(machine_has(b.m, RV_CSR + csr), listed(csr));
    }
    bench_close(&b);
    c.sstc = false;
    c.pmp_entries = 0;
    bench_open(&b, &c);
    for (unsigned csr = 0; csr < 4096; csr++)
        assert_int_equal(csr_exists(b.h, csr), listed(csr) && csr != 0x14d && !(csr >= 0x3a0 && csr <= 0x3ef));
    bench_close(&b);
}

/* [priv 2.1]: bits 11:10 = 3 read-only, bits 9:8 the lowest privilege. */
static enum trap_reason expected_reason(unsigned csr, uint64_t mode, bool write)
{
    if (!listed(csr) || (write && (csr >> 10) == 3))
        return REASON_UNDEFINED;
    return (csr >> 8 & 3) > mode ? REASON_PRIVILEGE : REASON_NONE;
}

static void every_csr_every_mode(void **state)
{
    static const struct {
        enum csr_funct f;
        unsigned rs1;
        bool write;
    } form[] = {
        {CSRRW, 0, true},  {CSRRW, A1, true}, {CSRRS, 0, false},  {CSRRS, A1, true}, {CSRRC, 0, false},  {CSRRC, A1, true},
        {CSRRWI, 0, true}, {CSRRWI, 3, true}, {CSRRSI, 0, false}, {CSRRSI, 3, true}, {CSRRCI, 0, false}, {CSRRCI, 3, true},
    };
    static const uint64_t modes[] = {RV_U, RV_S, RV_M};
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned csr = 0; csr < 4096; csr++) {
        bool pmp = csr >= 0x3a0 && csr <= 0x3ef; /* written with a1 = 0 they would lock S and U out of their code */
        for (unsigned i = 0; i < sizeof form / sizeof *form; i++) {
            for (unsigned n = 0; n < 3; n++) {
                if (pmp && modes[n] == RV_M && form[i].write)
                    continue;
                bench_mode(&b, modes[n]);
                bench_set(&b, CSR_satp, 0);
                open_gates(&b);
                bench_set(&b, CSR_mie, 0);
                machine_set(b.m, RV_X + A0, UNTOUCHED);
                machine_set(b.m, RV_X + A1, 0); /* a register that holds 0 is a write all the same */
                uint32_t bits = insn_csr(form[i].f, A0, csr, form[i].rs1);
                uint64_t before = machine_get(b.m, RV_CSR + csr);
                struct trap t = bench_step(&b, bits);
                enum trap_reason reason = expected_reason(csr, modes[n], form[i].write);
                if (reason == REASON_NONE) {
                    assert_int_equal(t.kind, TRAP_BUDGET);
                    assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE + 4);
                    assert_int_not_equal(machine_get(b.m, RV_X + A0), UNTOUCHED);
                    continue;
                }
                bench_expect_illegal(&t, bits, reason);
                assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE);
                assert_int_equal(machine_get(b.m, RV_X + A0), UNTOUCHED);
                assert_int_equal(machine_get(b.m, RV_CSR + csr), before);
            }
        }
    }
    bench_close(&b);
}

/* Absent through the contract too: reads 0, ignores writes; read-only ones ignore writes. */
static void contract_of_the_absent(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned csr = 0; csr < 4096; csr++) {
        if (listed(csr) && csr >> 10 != 3)
            continue;
        uint64_t before = bench_get(&b, csr);
        bench_set(&b, csr, ~before);
        assert_int_equal(bench_get(&b, csr), before);
        if (!listed(csr))
            assert_int_equal(before, 0);
    }
    bench_close(&b);
}

static void float_needs_fs(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned csr = CSR_fflags; csr <= CSR_fcsr; csr++) {
        for (uint64_t mode = RV_U; mode <= RV_M; mode += mode ? 2 : 1) {
            bench_mode(&b, mode);
            bench_set(&b, CSR_mstatus, 0);
            uint32_t bits = insn_csr(CSRRS, A0, csr, 0);
            struct trap t = bench_step(&b, bits);
            bench_expect_illegal(&t, bits, REASON_RESOURCE);
            for (uint64_t fs = 1; fs <= 3; fs++) {
                bench_set(&b, CSR_mstatus, fs << MSTATUS_FS);
                assert_int_equal(bench_step(&b, bits).kind, TRAP_BUDGET);
                assert_int_equal(bits_get(bench_get(&b, CSR_mstatus), MSTATUS_FS, 2), fs);
                assert_int_equal(bench_step(&b, insn_csr(CSRRWI, 0, csr, 1)).kind, TRAP_BUDGET);
                assert_int_equal(bits_get(bench_get(&b, CSR_mstatus), MSTATUS_FS, 2), 3); /* a write makes it dirty */
                assert_int_equal(bit_get(bench_get(&b, CSR_mstatus), 63), 1);
                assert_int_equal(bit_get(bench_get(&b, CSR_sstatus), 63), 1);
            }
        }
    }
    bench_close(&b);
}

static void float_views(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    open_gates(&b);
    write_csr(&b, CSR_fcsr, ALL);
    assert_int_equal(read_csr(&b, CSR_fcsr), 0xff); /* frm 7:5, fflags 4:0 [unpriv 20.2] */
    assert_int_equal(read_csr(&b, CSR_frm), 7);
    assert_int_equal(read_csr(&b, CSR_fflags), 0x1f);
    write_csr(&b, CSR_frm, 0xfa);
    assert_int_equal(read_csr(&b, CSR_fcsr), 2 << 5 | 0x1f);
    write_csr(&b, CSR_fflags, 0xe4);
    assert_int_equal(read_csr(&b, CSR_fcsr), 2 << 5 | 4);
    bench_close(&b);
}

static void tvm_guards_satp(void **state)
{
    uint32_t bits = insn_csr(CSRRS, A0, CSR_satp, 0);
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_mode(&b, RV_S);
    assert_int_equal(bench_step(&b, bits).kind, TRAP_BUDGET);
    bench_set(&b, CSR_mstatus, BIT(MSTATUS_TVM));
    struct trap t = bench_step(&b, bits);
    bench_expect_illegal(&t, bits, REASON_PRIVILEGE);
    assert_int_equal(bench_step(&b, insn_csr(CSRRS, A0, CSR_sstatus, 0)).kind, TRAP_BUDGET);
    bench_mode(&b, RV_M);
    assert_int_equal(bench_step(&b, bits).kind, TRAP_BUDGET);
    bench_close(&b);
}

/* Bits that are storage, and bits that always read so. */
static const struct {
    unsigned csr;
    uint64_t writable, fixed;
} warl[] = {
    /* SIE 1 SPIE 5 SPP 8 FS 14:13 SUM 18 MXR 19; UXL 33:32 = 2. FS is kept below 3 here: SD has a test of its own */
    {CSR_sstatus, BIT(1) | BIT(5) | BIT(8) | BIT(13) | BIT(18) | BIT(19), UINT64_C(2) << 32},
    {CSR_mstatus, BIT(1) | BIT(3) | BIT(5) | BIT(7) | BIT(8) | BIT(13) | BIT(17) | BIT(18) | BIT(19) | BIT(20) | BIT(21) | BIT(22),
     UINT64_C(2) << 32 | UINT64_C(2) << 34},
    {CSR_misa, 0, UINT64_C(2) << 62 | BIT(0) | BIT(2) | BIT(3) | BIT(5) | BIT(8) | BIT(12) | BIT(18) | BIT(20)},
    {CSR_medeleg, 0x3ff | BIT(12) | BIT(13) | BIT(15), 0},
    {CSR_mideleg, BIT(1) | BIT(5) | BIT(9), 0},
    {CSR_mie, BIT(1) | BIT(3) | BIT(5) | BIT(7) | BIT(9) | BIT(11), 0},
    {CSR_mtvec, ALL - BIT(1), 0},
    {CSR_stvec, ALL - BIT(1), 0},
    {CSR_mscratch, ALL, 0},
    {CSR_sscratch, ALL, 0},
    {CSR_mepc, ALL - 1, 0},
    {CSR_sepc, ALL - 1, 0},
    {CSR_mcause, ALL, 0},
    {CSR_scause, ALL, 0},
    {CSR_mtval, ALL, 0},
    {CSR_stval, ALL, 0},
    {CSR_mcounteren, 0xffffffff, 0},
    {CSR_scounteren, 0xffffffff, 0},
    {CSR_mcountinhibit, BIT(0) | BIT(2), 0},
    {CSR_menvcfg, BIT(0) | BIT(61) | BIT(63), 0},
    {CSR_senvcfg, BIT(0), 0},
    {CSR_stimecmp, ALL, 0},
    {CSR_mhpmcounter3, 0, 0},
    {CSR_mhpmcounter31, 0, 0},
    {CSR_mhpmevent3, 0, 0},
    {CSR_mhpmevent31, 0, 0},
    {CSR_tselect, 3, 0}, /* four triggers, all disabled, of the type mcontrol6 [debug 5.7.1, 5.7.5]; tdata1: core_sdtrig */
    {CSR_tdata2, ALL, 0},
    {CSR_tdata3, 0, 0},
    {CSR_tinfo, 0, BIT(24) | BIT(6)},
};

static void warl_fields(void **state)
{
    uint64_t seed = 3;
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < sizeof warl / sizeof *warl; i++) {
        for (unsigned n = 0; n < 40; n++) {
            uint64_t v = n == 0 ? 0 : n == 1 ? ALL : bench_random(&seed);
            if (warl[i].csr == CSR_mstatus || warl[i].csr == CSR_sstatus)
                v &= ~(BIT(14) | BIT(11) | BIT(12)); /* FS at most 1, MPP = U */
            bench_mode(&b, RV_M);
            write_csr(&b, warl[i].csr, v);
            assert_int_equal(read_csr(&b, warl[i].csr), (v & warl[i].writable) | warl[i].fixed);
            bench_set(&b, warl[i].csr, v); /* the contract keeps the same */
            assert_int_equal(bench_get(&b, warl[i].csr), (v & warl[i].writable) | warl[i].fixed);
            bench_set(&b, CSR_mstatus, 0);
        }
    }
    bench_close(&b);
}

static void mstatus_mpp_fs_sd(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    for (uint64_t old = 0; old < 4; old += old == 1 ? 2 : 1) {
        for (uint64_t mpp = 0; mpp < 4; mpp++) { /* 2 is reserved: the field keeps what it had */
            bench_set(&b, CSR_mstatus, old << 11);
            write_csr(&b, CSR_mstatus, mpp << 11);
            assert_int_equal(read_csr(&b, CSR_mstatus) >> 11 & 3, mpp == 2 ? old : mpp);
        }
    }
    for (uint64_t fs = 0; fs < 4; fs++) {
        write_csr(&b, CSR_mstatus, fs << 13 | BIT(63)); /* SD is read-only */
        assert_int_equal(read_csr(&b, CSR_mstatus) >> 13 & 3, fs);
        assert_int_equal(read_csr(&b, CSR_mstatus) >> 63, fs == 3);
        assert_int_equal(read_csr(&b, CSR_sstatus) >> 63, fs == 3);
    }
    bench_close(&b);
}

static void sstatus_is_a_view(void **state)
{
    const uint64_t shared = BIT(1) | BIT(5) | BIT(8) | UINT64_C(3) << 13 | BIT(18) | BIT(19);
    const uint64_t m_only = BIT(3) | BIT(7) | UINT64_C(3) << 11 | BIT(20) | BIT(21) | BIT(22);
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_mstatus, ALL & ~BIT(17));
    assert_int_equal(bench_get(&b, CSR_sstatus), shared | UINT64_C(2) << 32 | BIT(63));
    bench_mode(&b, RV_S);
    write_csr(&b, CSR_sstatus, 0);
    assert_int_equal(bench_get(&b, CSR_mstatus), m_only | UINT64_C(10) << 32);
    bench_set(&b, CSR_mstatus, 0);
    write_csr(&b, CSR_sstatus, ALL);
    assert_int_equal(bench_get(&b, CSR_mstatus), shared | UINT64_C(10) << 32 | BIT(63));
    bench_close(&b);
}

static void satp_modes(void **state)
{
    struct riscv_config c = bench_config();
    struct bench b;
    (void)state;
    for (unsigned variant = 0; variant < 3; variant++) {
        c.sv48 = variant != 1;
        c.asid_bits = variant == 0 ? 16 : variant == 1 ? 5 : 0;
        uint64_t kept = (UINT64_C(1) << 44) - 1 + (((UINT64_C(1) << c.asid_bits) - 1) << 44);
        bench_open(&b, &c);
        for (uint64_t mode = 0; mode < 16; mode++) {
            const uint64_t before = UINT64_C(8) << 60 | 0x123;
            bool legal = mode == 0 || mode == 8 || (mode == 9 && c.sv48);
            bench_set(&b, CSR_satp, before);
            write_csr(&b, CSR_satp, mode << 60 | (ALL >> 4)); /* in M: translation is off */
            assert_int_equal(bench_get(&b, CSR_satp), legal ? mode << 60 | kept : before);
        }
        bench_close(&b);
    }
}

static void environment_by_configuration(void **state)
{
    struct riscv_config c = bench_config();
    struct bench b;
    (void)state;
    for (unsigned variant = 0; variant < 4; variant++) {
        c.svadu = variant & 1;
        c.sstc = variant & 2;
        bench_open(&b, &c);
        assert_int_equal(bench_get(&b, CSR_menvcfg), c.svadu ? BIT(61) : 0); /* reset */
        bench_set(&b, CSR_menvcfg, ALL);
        assert_int_equal(bench_get(&b, CSR_menvcfg), 1 | (c.svadu ? BIT(61) : 0) | (c.sstc ? BIT(63) : 0));
        bench_close(&b);
    }
}

static void operations(void **state)
{
    uint64_t seed = 11;
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 60; i++) {
        uint64_t old = bench_random(&seed), v = bench_random(&seed);
        unsigned z = (unsigned)v & 31;
        const struct {
            enum csr_funct f;
            uint64_t expected;
        } op[] = {
            {CSRRW, v}, {CSRRS, old | v}, {CSRRC, old & ~v}, {CSRRWI, z}, {CSRRSI, old | z}, {CSRRCI, old & ~(uint64_t)z},
        };
        for (unsigned n = 0; n < 6; n++) {
            bench_set(&b, CSR_mscratch, old);
            machine_set(b.m, RV_X + A1, v);
            assert_int_equal(bench_step(&b, insn_csr(op[n].f, A0, CSR_mscratch, op[n].f >= CSRRWI ? z : A1)).kind, TRAP_BUDGET);
            assert_int_equal(machine_get(b.m, RV_X + A0), old);
            assert_int_equal(bench_get(&b, CSR_mscratch), op[n].expected);
            machine_set(b.m, RV_X + A1, v); /* source and destination the same register */
            bench_set(&b, CSR_mscratch, old);
            if (op[n].f < CSRRWI) {
                assert_int_equal(bench_step(&b, insn_csr(op[n].f, A1, CSR_mscratch, A1)).kind, TRAP_BUDGET);
                assert_int_equal(machine_get(b.m, RV_X + A1), old);
                assert_int_equal(bench_get(&b, CSR_mscratch), op[n].expected);
            }
            assert_int_equal(bench_step(&b, insn_csr(op[n].f, 0, CSR_mscratch, 0)).kind, TRAP_BUDGET);
            assert_int_equal(machine_get(b.m, RV_X + 0), 0);
        }
    }
    bench_close(&b);
}

static void reset_values(void **state)
{
    struct riscv_config c = bench_config();
    struct bench b;
    (void)state;
    c.hartid = 3;
    bench_open(&b, &c);
    for (unsigned round = 0; round < 2; round++) { /* after creation, and after a reset of a hart that has lived */
        assert_int_equal(machine_get(b.m, MACHINE_MODE), RV_M);
        assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE);
        for (unsigned csr = 0; csr < 4096; csr++) {
            uint64_t expected = csr == CSR_mstatus   ? UINT64_C(10) << 32
                                : csr == CSR_sstatus ? UINT64_C(2) << 32
                                : csr == CSR_misa    ? UINT64_C(0x800000000014112d)
                                : csr == CSR_mhartid ? 3
                                : csr == CSR_menvcfg ? BIT(61)
                                : csr == CSR_tinfo   ? BIT(24) | BIT(6)
                                : csr == CSR_tdata1  ? UINT64_C(6) << 60
                                                     : 0;
            bool counts = csr == CSR_mcycle || csr == CSR_minstret || (csr >= CSR_cycle && csr <= CSR_instret);
            if (!counts)
                assert_int_equal(bench_get(&b, csr), expected);
        }
        for (unsigned csr = 0; csr < 4096; csr++)
            bench_set(&b, csr, ALL >> 4);
        machine_reset(b.m);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(existence),
        cmocka_unit_test(every_csr_every_mode),
        cmocka_unit_test(contract_of_the_absent),
        cmocka_unit_test(float_needs_fs),
        cmocka_unit_test(float_views),
        cmocka_unit_test(tvm_guards_satp),
        cmocka_unit_test(warl_fields),
        cmocka_unit_test(mstatus_mpp_fs_sd),
        cmocka_unit_test(sstatus_is_a_view),
        cmocka_unit_test(satp_modes),
        cmocka_unit_test(environment_by_configuration),
        cmocka_unit_test(operations),
        cmocka_unit_test(reset_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
