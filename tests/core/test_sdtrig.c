/* test_sdtrig.c - the debug triggers of programs [debug 5]: what conformance programs find when they probe for them, what fires, and that
 * it does so at the same instruction on the bare machine and in virtual machines at both depths, whatever monitor, policy and slice, and
 * whatever triggers the machine's owner has set besides.
 */
#include "tests/core/sdtrig.h"

enum { HANDLER = 0x400, DCSR = 0x7b0, TCONTROL = 0x7a5 };

static inline void srli(struct program *p, unsigned rd, unsigned rs1, unsigned n) { emit(p, i_type(0x13, 5, rd, rs1, (int)n)); }
static inline void mret(struct program *p) { emit(p, 0x30200073); }

/* --- What programs find */

/* M-mode; every trap is counted in S11, logged at S10 (mcause, mtval, mepc), and its instruction passed over. */
static void handler(struct program *p)
{
    p->count = HANDLER / 4;
    addi(p, S11, S11, 1);
    csrrs(p, T6, CSR_mcause, ZERO);
    sd(p, T6, S10, 0);
    csrrs(p, T6, CSR_mtval, ZERO);
    sd(p, T6, S10, 8);
    csrrs(p, T6, CSR_mepc, ZERO);
    sd(p, T6, S10, 16);
    addi(p, S10, S10, 24);
    addi(p, T6, T6, 4);
    csrrw(p, ZERO, CSR_mepc, T6);
    mret(p);
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

/* What riscv-tests' rv64mi-breakpoint begins with: S1 is what tselect keeps of the highest bit. Then all ones into all of them, after
 * which S2 is tdata1, S3 tdata2, S4 tdata3, S5 tinfo; they are disabled again, as the specification has it. */
static void bold_writes(struct program *p)
{
    addi(p, T0, ZERO, 1);
    slli(p, T0, T0, 63);
    csrrw(p, ZERO, CSR_tselect, T0);
    csrrs(p, S1, CSR_tselect, ZERO);
    addi(p, T0, ZERO, -1);
    for (unsigned csr = CSR_tdata2; csr <= CSR_tinfo; csr++)
        csrrw(p, ZERO, csr, T0);
    csrrs(p, S3, CSR_tdata2, ZERO);
    csrrs(p, S4, CSR_tdata3, ZERO);
    csrrs(p, S5, CSR_tinfo, ZERO);
    csrrw(p, ZERO, CSR_tdata1, T0);
    csrrs(p, S2, CSR_tdata1, ZERO);
    csrrw(p, ZERO, CSR_tdata1, ZERO);
    csrrw(p, ZERO, CSR_tdata2, ZERO);
}

static void load(struct pair *p, const struct program *code)
{
    pair_store(p, PAIR_BASE, code->word, sizeof code->word);
    pair_csr(p, CSR_mtvec, PAIR_BASE + HANDLER);
    pair_set(p, S10, PAIR_BASE + 4 * PAGE_SIZE);
    pair_set(p, MACHINE_PC, PAIR_BASE);
}

/* Until it waits; every trap and then every register is the same on both. */
static void run(struct pair *p)
{
    for (unsigned n = 0; n < 1000; n++) {
        struct trap t = pair_run(p, 10000);
        pair_compare_registers(p);
        compare_triggers(p);
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
    for (unsigned run_number = 0; run_number < 2 * PAIR_DEPTH_MAX; run_number++) {
        const bool there = run_number % 2;
        const struct riscv_config config = config_with(there);
        struct program code = {0};
        struct pair p;
        pair_create(&p, &config, SHADOW_FLUSH, 1 + run_number / 2, run_number);
        p.doing = "probing";
        enumeration(&code);
        bold_writes(&code);
        wfi(&code);
        handler(&code);
        load(&p, &code);
        run(&p);
        assert_int_equal(machine_get(p.m[0], S0), there ? 4 : 0);
        assert_int_equal(machine_get(p.m[0], S1), 0);
        assert_int_equal(machine_get(p.m[0], S2), there ? MCONTROL6 : 0); /* of a type that is not there: disabled */
        assert_int_equal(machine_get(p.m[0], S3), there ? UINT64_MAX : 0);
        assert_int_equal(machine_get(p.m[0], S4), 0);
        assert_int_equal(machine_get(p.m[0], S5), there ? 1 << 24 | 1 << 6 : 1);
        assert_int_equal(machine_get(p.m[0], S11), 0); /* nothing trapped */
        for (unsigned n = 0; n < RV_TRIGGERS; n++)
            assert_int_equal(machine_has(p.m[1], RV_TDATA2 + n), there);
        pair_destroy(&p);
    }
}

/* Debug mode's registers are not even M-mode's [debug 4.9]; triggers are nobody's below M. */
static void refusals(void **state)
{
    static const uint64_t modes[] = {RV_U, RV_S, RV_M};
    (void)state;
    for (unsigned m = 0; m < 3; m++) {
        const struct riscv_config config = config_with(m != 1);
        struct program code = {0};
        struct pair p;
        unsigned tried = 0;
        pair_create(&p, &config, SHADOW_FLUSH, 1, m);
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

/* --- A program that debugs itself: M-mode, as rv64mi-breakpoint does with mcontrol. */

/* Sets the trigger: A5 holds the address. S9 is the type. */
static void set_trigger(struct program *p, unsigned number, unsigned bits)
{
    addi(p, T0, ZERO, (int)number);
    csrrw(p, ZERO, CSR_tselect, T0);
    csrrw(p, ZERO, CSR_tdata1, ZERO);
    csrrw(p, ZERO, CSR_tdata2, A5);
    addi(p, T0, S9, (int)bits);
    csrrw(p, ZERO, CSR_tdata1, T0);
}

struct expected {
    uint64_t cause, tval, epc;
};

static struct expected expect(const struct program *p, uint64_t tval)
{
    const uint64_t pc = PAIR_BASE + here(p) * 4;
    return (struct expected){RV_CAUSE_BREAKPOINT, tval ? tval : pc, pc};
}

/* S8 is the program's address, S7 data's. */
static unsigned self_debugger(struct program *p, struct expected *e, uint64_t data)
{
    unsigned count = 0;
    addi(p, T0, ZERO, 8);
    csrrs(p, ZERO, CSR_mstatus, T0); /* MIE, without which nothing fires in M-mode */
    addi(p, A5, S8, (int)(here(p) + 8) * 4);
    set_trigger(p, 0, IN_M | ON_EXECUTE);
    addi(p, ZERO, ZERO, 0);
    e[count++] = expect(p, 0);
    addi(p, S6, S6, 1); /* never done */
    addi(p, A5, S7, 0);
    ld(p, T1, A5, 0);
    set_trigger(p, 1, IN_M | ON_LOAD);
    e[count++] = expect(p, data);
    lw(p, T1, A5, 0);
    e[count++] = expect(p, data - 4); /* has the byte among its eight, although it begins before */
    ld(p, T1, A5, -4);
    lw(p, T1, A5, 4);
    sw(p, ZERO, A5, 0);
    addi(p, A5, S7, 64);
    set_trigger(p, 2, IN_M | ON_STORE);
    e[count++] = expect(p, data + 64);
    sw(p, S8, A5, 0);
    e[count++] = expect(p, data + 64);
    amoadd_d(p, T1, A5, S8);
    ld(p, T1, A5, 0);
    add(p, S6, S6, T1);           /* nothing was stored */
    e[count++] = expect(p, data); /* the first still waits */
    lw(p, T1, S7, 0);
    addi(p, T0, ZERO, 8);
    csrrc(p, ZERO, CSR_mstatus, T0);
    lw(p, T1, S7, 0); /* not while a handler may be at work */
    csrrs(p, ZERO, CSR_mstatus, T0);
    e[count++] = expect(p, data);
    lw(p, T1, S7, 0);
    csrrw(p, ZERO, CSR_tdata1, ZERO); /* trigger 2 is selected */
    sw(p, ZERO, S7, 64);
    csrrs(p, S5, CSR_tdata1, ZERO);
    addi(p, T0, ZERO, 1);
    csrrw(p, ZERO, CSR_tselect, T0);
    csrrs(p, S4, CSR_tdata1, ZERO);
    wfi(p);
    return count;
}

static void a_program_debugs_itself(void **state)
{
    const uint64_t data = PAIR_BASE + 2 * PAGE_SIZE + 256;
    const struct riscv_config config = config_with(true);
    (void)state;
    for (unsigned depth = 1; depth <= PAIR_DEPTH_MAX; depth++) {
        struct program code = {0};
        struct expected e[16], got;
        struct pair p;
        pair_create(&p, &config, depth == 1 ? SHADOW_FLUSH : SHADOW_TRACE, depth, depth);
        p.doing = "debugging itself";
        const unsigned count = self_debugger(&code, e, data);
        handler(&code);
        load(&p, &code);
        pair_set(&p, S8, PAIR_BASE);
        pair_set(&p, S7, data);
        pair_set(&p, S9, MCONTROL6);
        run(&p);
        assert_int_equal(machine_get(p.m[0], S11), count);
        for (unsigned n = 0; n < count; n++) {
            assert_int_equal(machine_load(p.m[1], PAIR_BASE + 4 * PAGE_SIZE + n * sizeof got, &got, sizeof got), 0);
            assert_int_equal(got.cause, e[n].cause);
            assert_int_equal(got.tval, e[n].tval);
            assert_int_equal(got.epc, e[n].epc);
        }
        assert_int_equal(machine_get(p.m[0], S6), 0);
        assert_int_equal(machine_get(p.m[0], S5), MCONTROL6);
        assert_int_equal(machine_get(p.m[0], S4), MCONTROL6 | HIT0 | IN_M | ON_LOAD);
        pair_destroy(&p);
    }
}

/* --- What of a write is kept: by the fields, and neither register moves the other. NAPOT's ranges end at 2^63. */

static bool too_large(uint64_t data2) { return (data2 | UINT64_C(1) << 63) == UINT64_MAX; }

static void warl(void **state)
{
    const struct riscv_config config = config_with(true);
    struct pair p;
    uint64_t data1[RV_TRIGGERS], data2[RV_TRIGGERS] = {0};
    (void)state;
    pair_create(&p, &config, SHADOW_FLUSH, 1, 6);
    p.doing = "what is kept";
    for (unsigned n = 0; n < RV_TRIGGERS; n++)
        data1[n] = MCONTROL6;
    for (p.number = 0; p.number < 4000; p.number++) {
        const uint64_t tselect = random_value(&p);
        const unsigned n = tselect % RV_TRIGGERS;
        uint64_t v = random_value(&p);
        pair_csr(&p, CSR_tselect, tselect);
        if (random_below(&p, 2)) {
            if (random_below(&p, 4) == 0)
                v = UINT64_MAX >> (random_below(&p, 2));
            pair_csr(&p, CSR_tdata2, v);
            data2[n] = v;
            if (too_large(v) && (data1[n] >> MATCH_SHIFT & 15) == 1)
                data2[n] &= ~(UINT64_C(1) << 62);
        } else {
            if (random_below(&p, 4))
                v = (v & ~(UINT64_C(0xf) << 60) & ~(UINT64_C(0xc) << MATCH_SHIFT)) | MCONTROL6;
            pair_csr(&p, CSR_tdata1, v);
            data1[n] = MCONTROL6;
            if (v >> 60 == 6)
                data1[n] |= v & WRITABLE;
            if ((v >> MATCH_SHIFT & 15) > 3 || ((v >> MATCH_SHIFT & 15) == 1 && too_large(data2[n])))
                data1[n] &= ~(UINT64_C(3) << MATCH_SHIFT);
        }
        assert_int_equal(pair_csr_get(&p, CSR_tselect), n);
        assert_int_equal(pair_csr_get(&p, CSR_tdata1), data1[n]);
        assert_int_equal(pair_csr_get(&p, CSR_tdata2), data2[n]);
        for (unsigned i = 0; i < RV_TRIGGERS; i++) {
            assert_int_equal(machine_get(p.m[0], RV_TDATA1 + i), data1[i]);
            assert_int_equal(machine_get(p.m[0], RV_TDATA2 + i), data2[i]);
        }
        compare_triggers(&p);
        pair_compare_registers(&p);
    }
    pair_destroy(&p);
}

/* --- The supervisor program of program.h with triggers, under a debugger that passes over whatever fires. */

enum { ROUNDS = 24, FRAMES = 256, MOST = 4000 };

struct course {
    struct outcome outcome;
    uint64_t fired, reported, digest; /* of what fired: where, when, which */
};

static void place_triggers(struct machine *m, uint64_t *seed)
{
    static const struct {
        unsigned bits;
        uint64_t at, range;
    } places[] = {
        {IN_S | ON_EXECUTE, PROGRAM_BASE, 160},
        {IN_S | ON_EXECUTE, PROGRAM_BASE + PROGRAM_HANDLER, 60},
        {IN_U | ON_EXECUTE, PROGRAM_USER, 36},
        {IN_S | IN_U | ON_LOAD | ON_STORE, PROGRAM_WANDER + 20, 24},
        {IN_S | ON_LOAD | ON_STORE, PROGRAM_PAGE(4), 24},
        {IN_S | ON_STORE, PROGRAM_PAGE(7) + 120, 24},
        {IN_S | ON_LOAD | ON_STORE, PROGRAM_DEVICE, 24},
        {IN_U | ON_STORE | ON_LOAD, PROGRAM_USER + PAGE_SIZE, 8},
        {IN_S | ON_LOAD | ON_STORE, PROGRAM_USER + PAGE_SIZE, 8}, /* by SUM */
    };
    for (unsigned n = 0; n < RV_TRIGGERS; n++) {
        const unsigned i = (unsigned)(mix(*seed += 7, n) >> 11) % (sizeof places / sizeof *places);
        const unsigned match = (unsigned)(mix(*seed, n + 90) >> 5) % 8;
        uint64_t at = places[i].at + (mix(*seed, n + 77) >> 7) % places[i].range;
        if (match == 1)
            at |= 7;
        machine_set(m, RV_TDATA2 + n, at);
        machine_set(m, RV_TDATA1 + n, MCONTROL6 | places[i].bits | (match == 1 ? 1 << MATCH_SHIFT : 0));
    }
}

/* What the owner's triggers report is passed over by running on. */
static struct trap run_on(struct machine *m, uint64_t slice, struct course *c)
{
    for (;; c->reported++) {
        struct trap t = machine_run(m, slice, &c->outcome.retired);
        if (t.kind != TRAP_TRIGGER)
            return t;
    }
}

/* With no trigger waiting for anything, until an instruction has retired. */
static bool pass_over(struct machine *m, struct course *c)
{
    uint64_t kept[RV_TRIGGERS], before = c->outcome.retired;
    bool on = true;
    for (unsigned n = 0; n < RV_TRIGGERS; n++) {
        kept[n] = machine_get(m, RV_TDATA1 + n);
        c->digest = mix(c->digest, kept[n]);
        machine_set(m, RV_TDATA1 + n, 0);
    }
    while (on && c->outcome.retired == before) {
        struct trap t = run_on(m, 1, c);
        on = drive_result(m, &t, &c->outcome);
    }
    for (unsigned n = 0; n < RV_TRIGGERS; n++)
        machine_set(m, RV_TDATA1 + n, kept[n] & ~HIT0);
    return on;
}

static bool course_once(struct machine *m, uint64_t slice, struct course *c)
{
    struct trap t = run_on(m, slice, c);
    if (t.kind == TRAP_EXCEPTION && t.cause == RV_CAUSE_BREAKPOINT && t.reason == REASON_RESOURCE) {
        c->fired++;
        c->digest = mix(mix(mix(c->digest, t.tval), machine_get(m, MACHINE_PC)), c->outcome.retired);
        c->digest = mix(mix(c->digest, t.row), t.bits);
        return pass_over(m, c);
    }
    return drive_result(m, &t, &c->outcome);
}

static struct course course(unsigned kind, uint64_t slice, uint64_t seed, bool owner)
{
    static const struct {
        unsigned depth, hybrid;
        enum shadow_policy policy;
    } kinds[] = {
        {0, 0, SHADOW_FLUSH}, {1, 0, SHADOW_FLUSH},      {1, 0, SHADOW_TRACE},      {2, 0, SHADOW_FLUSH},
        {2, 0, SHADOW_TRACE}, {1, 1 << 1, SHADOW_FLUSH}, {2, 1 << 2, SHADOW_TRACE}, {2, 1 << 1, SHADOW_FLUSH},
    };
    struct course c = {.fired = 0};
    struct rig r;
    rig_create_as(&r, &rig_config, kinds[kind].depth, kinds[kind].policy, FRAMES, kinds[kind].hybrid);
    program_load(r.top, ROUNDS);
    if (seed % 3 == 0) /* then S-mode takes none while SIE is clear */
        machine_set(r.top, RV_CSR + CSR_medeleg, 0xb3ff);
    place_triggers(r.top, &seed);
    for (unsigned slot = 0; owner && slot < 3; slot++) {
        const struct trigger t = {
            .kinds = TRIGGER_EXECUTE | TRIGGER_LOAD | TRIGGER_STORE, .at = machine_get(r.top, RV_TDATA2 + slot), .length = 4};
        assert_int_equal(machine_trigger(r.top, slot, &t), 0);
    }
    while (course_once(r.top, slice, &c) && c.fired < MOST)
        ;
    outcome_finish(&c.outcome, &r, r.top);
    rig_destroy(&r);
    return c;
}

static void same_course_everywhere(void **state)
{
    static const uint64_t slices[] = {UINT64_MAX, 17, 1000};
    uint64_t fired = 0, reported = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        const struct course expected = course(0, 1, seed, false);
        fired += expected.fired;
        for (unsigned kind = 0; kind < 8; kind++) {
            const bool owner = (seed + kind) % 2;
            const struct course c = course(kind, slices[(seed + kind) % 3], seed, owner);
            assert_int_equal(c.fired, expected.fired);
            assert_int_equal(c.digest, expected.digest);
            outcome_compare(&c.outcome, &expected.outcome);
            reported += c.reported;
        }
    }
    assert_true(fired > 300 && reported > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes),
        cmocka_unit_test(refusals),
        cmocka_unit_test(a_program_debugs_itself),
        cmocka_unit_test(warl),
        cmocka_unit_test(same_course_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
