/* test_sdtrig.c - the debug triggers that software may probe [debug 5], as conformance programs do, on the bare machine and in virtual
 * machines at both depths.
 */
#include "tests/core/pair.h"
#include "tests/core/program.h"

enum { HANDLER = 0x400, DCSR = 0x7b0, TCONTROL = 0x7a5 };

static inline void srli(struct program *p, unsigned rd, unsigned rs1, unsigned n) { emit(p, i_type(0x13, 5, rd, rs1, (int)n)); }

/* M-mode; every trap is counted in S11 and its instruction passed over. */
static void handler(struct program *p)
{
    p->count = HANDLER / 4;
    addi(p, S11, S11, 1);
    csrrs(p, T6, CSR_mepc, ZERO);
    addi(p, T6, T6, 4);
    csrrw(p, ZERO, CSR_mepc, T6);
    emit(p, 0x30200073); /* mret */
}

/* The enumeration that the specification gives [debug 5.1]: in the end S0 is the number of triggers. */
static void enumeration(struct program *p)
{
    unsigned out[3];
    addi(p, S0, ZERO, 0);
    const unsigned next = here(p);
    csrrw(p, ZERO, CSR_tselect, S0);
    csrrs(p, T0, CSR_tselect, ZERO);
    out[0] = leap(p);
    csrrs(p, T1, CSR_tinfo, ZERO);
    addi(p, T1, T1, -1);
    out[1] = leap(p);
    csrrs(p, T1, CSR_tdata1, ZERO);
    srli(p, T1, T1, 60);
    out[2] = leap(p);
    addi(p, S0, S0, 1);
    beq(p, ZERO, ZERO, next);
    p->word[out[0]] = b_type(1, T0, S0, (int)(p->count - out[0]) * 4);
    p->word[out[1]] = b_type(0, T1, ZERO, (int)(p->count - out[1]) * 4);
    p->word[out[2]] = b_type(0, T1, ZERO, (int)(p->count - out[2]) * 4);
}

/* What riscv-tests' rv64mi-breakpoint begins with: S1 is what tselect keeps of the highest bit. And into what does not exist, after
 * which S2 is tdata1, S3 tdata2, S4 tdata3, S5 tinfo. */
static void bold_writes(struct program *p)
{
    addi(p, T0, ZERO, 1);
    slli(p, T0, T0, 63);
    csrrw(p, ZERO, CSR_tselect, T0);
    csrrs(p, S1, CSR_tselect, ZERO);
    addi(p, T0, ZERO, -1);
    for (unsigned csr = CSR_tdata1; csr <= CSR_tinfo; csr++)
        csrrw(p, ZERO, csr, T0);
    csrrs(p, S2, CSR_tdata1, ZERO);
    csrrs(p, S3, CSR_tdata2, ZERO);
    csrrs(p, S4, CSR_tdata3, ZERO);
    csrrs(p, S5, CSR_tinfo, ZERO);
}

static void load(struct pair *p, const struct program *code)
{
    pair_store(p, PAIR_BASE, code->word, sizeof code->word);
    pair_csr(p, CSR_mtvec, PAIR_BASE + HANDLER);
    pair_set(p, MACHINE_PC, PAIR_BASE);
}

/* Until it waits; every trap and then every register is the same on both. */
static void run(struct pair *p)
{
    for (unsigned n = 0; n < 1000; n++) {
        struct trap t = pair_run(p, 10000);
        pair_compare_registers(p);
        if (t.kind == TRAP_WAIT)
            return;
        if (t.kind == TRAP_EXCEPTION)
            for (unsigned i = 0; i < PAIR_SIDES; i++)
                isa_riscv.deliver(p->m[i], &t);
    }
    fail_msg("the program does not end");
}

static void probes(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= PAIR_DEPTH_MAX; depth++) {
        struct program code = {0};
        struct pair p;
        pair_create(&p, &riscv_config_default, SHADOW_FLUSH, depth, depth);
        p.doing = "probing";
        enumeration(&code);
        bold_writes(&code);
        wfi(&code);
        handler(&code);
        load(&p, &code);
        run(&p);
        assert_int_equal(machine_get(p.m[0], S0), 0);
        assert_int_equal(machine_get(p.m[0], S1), 0);
        for (unsigned r = S2; r < S5; r++)
            assert_int_equal(machine_get(p.m[0], r), 0);
        assert_int_equal(machine_get(p.m[0], S5), 1);
        assert_int_equal(machine_get(p.m[0], S11), 0); /* nothing trapped */
        pair_destroy(&p);
    }
}

/* Debug mode's registers are not even M-mode's [debug 4.9]; triggers are nobody's below M. */
static void refusals(void **state)
{
    static const uint64_t modes[] = {RV_U, RV_S, RV_M};
    (void)state;
    for (unsigned m = 0; m < 3; m++) {
        struct program code = {0};
        struct pair p;
        unsigned tried = 0;
        pair_create(&p, &riscv_config_default, SHADOW_FLUSH, 1, m);
        p.doing = "what is refused";
        pair_csr(&p, CSR_pmpaddr0, UINT64_MAX);
        pair_csr(&p, CSR_pmpcfg0, 0x1f);
        for (unsigned csr = CSR_tselect; csr < DCSR + 16; csr++, tried++)
            csrrs(&code, T0, csr, ZERO);
        ecall(&code);
        handler(&code);
        load(&p, &code);
        pair_set(&p, MACHINE_MODE, modes[m]);
        for (unsigned refused = 0;;) {
            struct trap t = pair_run(&p, 1000);
            if (t.cause != RV_CAUSE_ILLEGAL) {
                assert_int_equal(t.kind, TRAP_EXCEPTION);
                assert_int_equal(t.cause, RV_CAUSE_ECALL_U + modes[m]);
                assert_int_equal(refused, modes[m] == RV_M ? tried - 5 : tried);
                break;
            }
            const bool there = t.bits >> 20 < TCONTROL;
            assert_int_equal(t.reason, there ? REASON_PRIVILEGE : REASON_UNDEFINED);
            refused++;
            pair_set(&p, MACHINE_PC, machine_get(p.m[0], MACHINE_PC) + 4);
        }
        pair_destroy(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
