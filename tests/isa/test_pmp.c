/* Physical memory protection, from the manual [priv 3.7]: what the registers keep, which entry decides an access, what M may. */
#include "tests/isa/hart_bench.h"

enum { OFF = 0, TOR = 1 << 3, NA4 = 2 << 3, NAPOT = 3 << 3, R = 1, W = 2, X = 4, LOCK = 0x80 };

static void set_entry(struct bench *b, unsigned n, uint8_t cfg, uint64_t address)
{
    unsigned csr = n < 8 ? CSR_pmpcfg0 : CSR_pmpcfg2, shift = 8 * (n % 8);
    bench_set(b, CSR_pmpaddr0 + n, address);
    bench_set(b, csr, (bench_get(b, csr) & ~(UINT64_C(0xff) << shift)) | (uint64_t)cfg << shift);
}

static uint8_t entry_cfg(const struct bench *b, unsigned n)
{
    return (uint8_t)(bench_get(b, n < 8 ? CSR_pmpcfg0 : CSR_pmpcfg2) >> (8 * (n % 8)));
}

static void open_plain(struct bench *b)
{
    struct riscv_config c = bench_config();
    bench_open(b, &c);
}

static void expect(const struct bench *b, pa_t pa, unsigned size, enum pt_kind kind, uint64_t mode, bool allowed)
{
    if (pmp_allows(b->h, pa, size, kind, mode) != allowed)
        fail_msg("pa %#llx size %u kind %u mode %u: %s", (unsigned long long)pa, size, kind, (unsigned)mode,
                 allowed ? "denied" : "allowed");
}

static void reset_denies_all_but_m(void **state)
{
    struct bench b;
    open_plain(&b);
    (void)state;
    for (enum pt_kind k = PT_READ; k <= PT_FETCH; k++) {
        expect(&b, BENCH_RAM, 8, k, RV_M, true);
        expect(&b, BENCH_RAM, 8, k, RV_S, false);
        expect(&b, BENCH_RAM, 8, k, RV_U, false);
    }
    bench_close(&b);
}

static void absent_pmp_allows_all(void **state)
{
    struct riscv_config c = bench_config();
    struct bench b;
    (void)state;
    c.pmp_entries = 0;
    bench_open(&b, &c);
    expect(&b, BENCH_RAM, 8, PT_WRITE, RV_U, true);
    expect(&b, BENCH_RAM, 8, PT_FETCH, RV_S, true);
    bench_set(&b, CSR_pmpaddr0, 5);
    bench_set(&b, CSR_pmpcfg0, 0x1f);
    assert_int_equal(bench_get(&b, CSR_pmpaddr0), 0);
    assert_int_equal(bench_get(&b, CSR_pmpcfg0), 0);
    assert_false(machine_has(b.m, RV_CSR + CSR_pmpcfg0));
    bench_close(&b);
}

static void rights_of_an_entry(void **state)
{
    static const unsigned legal[] = {0, R, R | W, X, R | X, R | W | X}; /* W without R is reserved */
    struct bench b;
    open_plain(&b);
    (void)state;
    for (unsigned i = 0; i < sizeof legal / sizeof *legal; i++) {
        set_entry(&b, 0, (uint8_t)(NA4 | legal[i]), 0x1000 >> 2);
        for (uint64_t mode = RV_U; mode <= RV_S; mode++) {
            expect(&b, 0x1000, 4, PT_READ, mode, legal[i] & R);
            expect(&b, 0x1000, 4, PT_WRITE, mode, legal[i] & W);
            expect(&b, 0x1000, 4, PT_FETCH, mode, legal[i] & X);
        }
        expect(&b, 0x1000, 4, PT_WRITE, RV_M, true);
    }
    bench_close(&b);
}

static void extent_of_na4(void **state)
{
    struct bench b;
    open_plain(&b);
    (void)state;
    set_entry(&b, 3, NA4 | R, 0x1000 >> 2);
    expect(&b, 0x0fff, 1, PT_READ, RV_S, false);
    expect(&b, 0x1000, 1, PT_READ, RV_S, true);
    expect(&b, 0x1003, 1, PT_READ, RV_S, true);
    expect(&b, 0x1004, 1, PT_READ, RV_S, false);
    bench_close(&b);
}

static void extent_of_napot(void **state)
{
    struct bench b;
    open_plain(&b);
    (void)state;
    /* pmpaddr yyy0 = 8 bytes, yy01 = 16 bytes, ... [priv table "NAPOT range encoding"] */
    for (unsigned ones = 0; ones <= 40; ones++) {
        uint64_t size = UINT64_C(8) << ones, base = size * 6;
        set_entry(&b, 0, NAPOT | R, base >> 2 | (size / 8 - 1));
        expect(&b, base - 1, 1, PT_READ, RV_U, false);
        expect(&b, base, 8, PT_READ, RV_U, true);
        expect(&b, base + size - 8, 8, PT_READ, RV_U, true);
        expect(&b, base + size, 1, PT_READ, RV_U, false);
    }
    set_entry(&b, 0, NAPOT | R, UINT64_MAX >> 10); /* all ones: everything */
    expect(&b, 0, 8, PT_READ, RV_U, true);
    expect(&b, (UINT64_C(1) << 56) - 8, 8, PT_READ, RV_U, true);
    bench_close(&b);
}

static void extent_of_tor(void **state)
{
    struct bench b;
    open_plain(&b);
    (void)state;
    set_entry(&b, 0, TOR | R, 0x1000 >> 2); /* entry 0 starts at zero */
    expect(&b, 0, 8, PT_READ, RV_S, true);
    expect(&b, 0xfff, 1, PT_READ, RV_S, true);
    expect(&b, 0x1000, 1, PT_READ, RV_S, false);
    set_entry(&b, 1, TOR | W | R, 0x2000 >> 2); /* [pmpaddr0, pmpaddr1) */
    expect(&b, 0x0ff0, 8, PT_WRITE, RV_S, false);
    expect(&b, 0x1000, 8, PT_WRITE, RV_S, true);
    expect(&b, 0x1ff8, 8, PT_WRITE, RV_S, true);
    expect(&b, 0x2000, 8, PT_WRITE, RV_S, false);
    set_entry(&b, 2, OFF, 0x6000 >> 2); /* an OFF entry still gives the base */
    set_entry(&b, 3, TOR | R, 0x7000 >> 2);
    expect(&b, 0x5ff8, 8, PT_READ, RV_S, false);
    expect(&b, 0x6000, 8, PT_READ, RV_S, true);
    set_entry(&b, 4, TOR | R, 0x7000 >> 2); /* empty, and so is one whose top lies below */
    set_entry(&b, 5, TOR | R, 0x100 >> 2);
    expect(&b, 0x7000, 1, PT_READ, RV_S, false);
    expect(&b, 0x7100, 1, PT_READ, RV_S, false);
    bench_close(&b);
}

/* The same of each entry: it begins where the one before has its address, and ends at its own. */
static void extent_of_tor_everywhere(void **state)
{
    (void)state;
    for (unsigned n = 1; n < RV_PMP_ENTRIES; n++) {
        struct bench b;
        open_plain(&b);
        set_entry(&b, n - 1, OFF, (BENCH_RAM + 0x40) >> 2);
        set_entry(&b, n, TOR | R | W, (BENCH_RAM + 0x80) >> 2);
        expect(&b, BENCH_RAM + 0x3c, 4, PT_READ, RV_S, false);
        expect(&b, BENCH_RAM + 0x40, 4, PT_READ, RV_S, true);
        expect(&b, BENCH_RAM + 0x7c, 4, PT_WRITE, RV_S, true);
        expect(&b, BENCH_RAM + 0x80, 4, PT_READ, RV_S, false);
        expect(&b, BENCH_RAM + 0x7c, 8, PT_READ, RV_S, false);
        bench_close(&b);
    }
}

static void lowest_entry_decides(void **state)
{
    struct bench b;
    open_plain(&b);
    (void)state;
    set_entry(&b, 1, NAPOT | R, 0x1000 >> 2 | 0xff);          /* 0x1000..0x17ff: read */
    set_entry(&b, 2, NAPOT | R | W | X, 0x1000 >> 2 | 0x1ff); /* 0x1000..0x1fff: all */
    expect(&b, 0x1000, 4, PT_WRITE, RV_S, false);
    expect(&b, 0x1800, 4, PT_WRITE, RV_S, true);
    expect(&b, 0x1000, 4, PT_READ, RV_S, true);
    set_entry(&b, 0, NA4, 0x1800 >> 2);
    expect(&b, 0x1800, 4, PT_READ, RV_S, false);
    expect(&b, 0x1804, 4, PT_READ, RV_S, true);
    bench_close(&b);
}

static void partial_match_fails(void **state)
{
    struct bench b;
    open_plain(&b);
    (void)state;
    set_entry(&b, 0, NA4 | R | W | X, 0x1004 >> 2);
    set_entry(&b, 1, NAPOT | R | W | X, 0x1000 >> 2 | 0x1ff);
    expect(&b, 0x1000, 8, PT_READ, RV_S, false); /* upper half matches entry 0 */
    expect(&b, 0x1004, 8, PT_READ, RV_S, false); /* lower half does */
    expect(&b, 0x1008, 8, PT_READ, RV_S, true);
    expect(&b, 0x1000, 8, PT_READ, RV_M, false); /* "irrespective of the L, R, W, and X bits" */
    expect(&b, 0x1004, 4, PT_READ, RV_M, true);
    expect(&b, 0x1ffc, 8, PT_READ, RV_S, false); /* half outside every entry */
    bench_close(&b);
}

static void lock_binds_m(void **state)
{
    struct bench b;
    open_plain(&b);
    (void)state;
    set_entry(&b, 0, LOCK | NA4 | R, 0x1000 >> 2);
    expect(&b, 0x1000, 4, PT_READ, RV_M, true);
    expect(&b, 0x1000, 4, PT_WRITE, RV_M, false);
    expect(&b, 0x1000, 4, PT_FETCH, RV_M, false);
    expect(&b, 0x1004, 4, PT_WRITE, RV_M, true);
    bench_close(&b);
}

static void locked_registers_stay(void **state)
{
    struct bench b;
    open_plain(&b);
    (void)state;
    set_entry(&b, 2, OFF, 0x111);
    set_entry(&b, 3, LOCK | TOR | R, 0x222);
    set_entry(&b, 3, NAPOT | R | W | X, 0x333);
    assert_int_equal(entry_cfg(&b, 3), LOCK | TOR | R);
    assert_int_equal(bench_get(&b, CSR_pmpaddr3), 0x222);
    set_entry(&b, 2, NA4 | R, 0x444); /* base of a locked TOR: the address stays, the configuration does not */
    assert_int_equal(bench_get(&b, CSR_pmpaddr2), 0x111);
    assert_int_equal(entry_cfg(&b, 2), NA4 | R);
    set_entry(&b, 6, OFF, 0x666);
    set_entry(&b, 7, LOCK | NA4 | R, 0x777); /* not TOR: the address below is free */
    set_entry(&b, 6, OFF, 0x667);
    assert_int_equal(bench_get(&b, CSR_pmpaddr6), 0x667);
    set_entry(&b, 15, LOCK | OFF, 0x888); /* an OFF entry can be locked too; one in pmpcfg2 */
    set_entry(&b, 15, NA4, 0x999);
    assert_int_equal(bench_get(&b, CSR_pmpaddr15), 0x888);
    expect(&b, 0x777 << 2, 4, PT_WRITE, RV_M, false);
    machine_reset(b.m); /* locked until reset */
    assert_int_equal(entry_cfg(&b, 3), 0);
    expect(&b, 0x777 << 2, 4, PT_WRITE, RV_M, true);
    bench_close(&b);
}

static void registers_are_warl(void **state)
{
    uint64_t seed = 1;
    struct bench b;
    open_plain(&b);
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        uint64_t v = bench_random(&seed);
        bench_set(&b, CSR_pmpaddr0 + i % 16, v);
        assert_int_equal(bench_get(&b, CSR_pmpaddr0 + i % 16), v & (UINT64_MAX >> 10)); /* PA 55:2 */
        bench_set(&b, CSR_pmpaddr0 + 16 + i % 48, v);
        assert_int_equal(bench_get(&b, CSR_pmpaddr0 + 16 + i % 48), 0);
        bench_set(&b, CSR_pmpcfg4 + 2 * (i % 6), v);
        assert_int_equal(bench_get(&b, CSR_pmpcfg4 + 2 * (i % 6)), 0);
    }
    for (unsigned cfg = 0; cfg < 128; cfg++) { /* bit 7 would lock */
        set_entry(&b, 9, (uint8_t)cfg, 0);
        uint8_t got = entry_cfg(&b, 9);
        assert_int_equal(got & 0x60, 0);
        if ((cfg & (R | W)) == W)
            assert_int_equal(got & (R | W), 0); /* reserved: some legal value, and not one that lets write */
        else
            assert_int_equal(got, cfg & 0x1f);
    }
    bench_close(&b);
}

/* An oracle of its own: bytes, one by one, against each entry's own words. */
static bool oracle_matches(const uint8_t *cfg, const uint64_t *address, unsigned n, pa_t byte)
{
    uint64_t word = byte >> 2;
    unsigned ones = 0;
    switch (cfg[n] & (3 << 3)) {
    case TOR: return word < address[n] && word >= (n ? address[n - 1] : 0);
    case NA4: return word == address[n];
    case NAPOT:
        while (address[n] >> ones & 1)
            ones++;
        return word >> (ones + 1) == address[n] >> (ones + 1);
    default: return false;
    }
}

static bool oracle(const uint8_t *cfg, const uint64_t *address, pa_t pa, unsigned size, unsigned right, bool machine)
{
    for (unsigned n = 0; n < 16; n++) {
        unsigned matching = 0;
        for (unsigned i = 0; i < size; i++)
            matching += oracle_matches(cfg, address, n, pa + i);
        if (matching == 0)
            continue;
        if (matching < size)
            return false;
        return (machine && !(cfg[n] & LOCK)) || (cfg[n] & right);
    }
    return machine;
}

static void random_against_the_oracle(void **state)
{
    static const unsigned rights[] = {[PT_READ] = R, [PT_WRITE] = W, [PT_FETCH] = X};
    uint64_t seed = 7;
    unsigned allowed = 0, uniform = 0;
    struct bench b;
    open_plain(&b);
    (void)state;
    for (unsigned round = 0; round < 400; round++) {
        uint8_t cfg[16];
        uint64_t address[16];
        machine_reset(b.m);
        for (unsigned n = 0; n < 16; n++) {
            uint64_t r = bench_random(&seed);
            uint8_t bits = r >> 8 & 3 ? 0x1f : 0x9f;       /* some are locked */
            uint64_t mask = r >> 32 & 1 ? 0x1c00 : 0x1fff; /* some lie on page boundaries */
            set_entry(&b, n, (uint8_t)(r & bits), r >> 16 & mask);
        }
        for (unsigned n = 0; n < 16; n++) {
            cfg[n] = entry_cfg(&b, n);
            address[n] = bench_get(&b, CSR_pmpaddr0 + n);
        }
        for (unsigned i = 0; i < 500; i++) {
            uint64_t r = bench_random(&seed);
            unsigned size = 1u << (r & 3);
            pa_t pa = r >> 8 & 0x7fff;
            enum pt_kind kind = (enum pt_kind)(r >> 32 & 0xffff) % 3;
            bool machine = r >> 50 & 1, expected = oracle(cfg, address, pa, size, rights[kind], machine);
            expect(&b, pa, size, kind, machine ? RV_M : RV_U, expected);
            allowed += expected;
        }
        for (pa_t page = 0; page < 0x8000; page += PAGE_SIZE) { /* uniform: all its words give the same answers */
            if (!pmp_uniform(b.h, page))
                continue;
            uniform++;
            for (unsigned right = R; right <= X; right <<= 1)
                for (pa_t pa = page; pa < page + PAGE_SIZE; pa += 4)
                    for (unsigned machine = 0; machine < 2; machine++)
                        assert_int_equal(oracle(cfg, address, pa, 4, right, machine), oracle(cfg, address, page, 4, right, machine));
        }
    }
    assert_in_range(allowed, 20000, 180000); /* the rounds are neither all open nor all closed */
    assert_in_range(uniform, 100, 400 * 8 - 100);
    bench_close(&b);
}

/* Through the whole hart: the verdict follows a change at once, for data and for code. */
static void changes_take_effect(void **state)
{
    enum { LD_A0_A1 = 0x0005b503, SD_A0_A1 = 0x00a5b023 };
    struct bench b;
    open_plain(&b);
    (void)state;
    bench_open_pmp(&b);
    machine_set(b.m, RV_X + 11, BENCH_RAM + 0x8000);
    bench_mode(&b, RV_U);
    assert_int_equal(bench_step(&b, LD_A0_A1).kind, TRAP_BUDGET);
    assert_int_equal(bench_step(&b, SD_A0_A1).kind, TRAP_BUDGET);
    bench_set(&b, CSR_pmpcfg0, NAPOT | R | X);
    assert_int_equal(bench_step(&b, LD_A0_A1).kind, TRAP_BUDGET);
    struct trap t = bench_step(&b, SD_A0_A1);
    assert_int_equal(t.kind, TRAP_EXCEPTION);
    assert_int_equal(t.cause, RV_CAUSE_STORE_ACCESS);
    assert_int_equal(t.tval, BENCH_RAM + 0x8000);
    bench_set(&b, CSR_pmpcfg0, NAPOT | X);
    assert_int_equal(bench_step(&b, LD_A0_A1).cause, RV_CAUSE_LOAD_ACCESS);
    bench_set(&b, CSR_pmpcfg0, NAPOT | R);
    t = bench_step(&b, LD_A0_A1);
    assert_int_equal(t.cause, RV_CAUSE_FETCH_ACCESS);
    assert_int_equal(t.tval, BENCH_CODE);
    assert_int_equal(t.length, 0);
    assert_int_equal(t.row, INSN_NONE);
    assert_int_equal(t.reason, REASON_RESOURCE);
    bench_mode(&b, RV_M);
    assert_int_equal(bench_step(&b, SD_A0_A1).kind, TRAP_BUDGET);
    bench_close(&b);
}

/* An entry smaller than the page of the access: its neighbours must not ride on a cached translation. */
static void entries_within_a_page(void **state)
{
    enum { LW_A0_A1 = 0x0005a503 };
    struct bench b;
    open_plain(&b);
    (void)state;
    set_entry(&b, 0, NA4, (BENCH_RAM + 0x8010) >> 2); /* a hole of four bytes */
    set_entry(&b, 1, NAPOT | R | W | X, UINT64_MAX >> 10);
    bench_mode(&b, RV_S);
    for (unsigned i = 0; i < 16; i++) {
        machine_set(b.m, RV_X + 11, BENCH_RAM + 0x8000 + 4 * i);
        struct trap t = bench_step(&b, LW_A0_A1);
        assert_int_equal(t.kind, i == 4 ? TRAP_EXCEPTION : TRAP_BUDGET);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reset_denies_all_but_m),    cmocka_unit_test(absent_pmp_allows_all),
        cmocka_unit_test(rights_of_an_entry),        cmocka_unit_test(extent_of_na4),
        cmocka_unit_test(extent_of_napot),           cmocka_unit_test(extent_of_tor),
        cmocka_unit_test(extent_of_tor_everywhere),  cmocka_unit_test(lowest_entry_decides),
        cmocka_unit_test(partial_match_fails),       cmocka_unit_test(lock_binds_m),
        cmocka_unit_test(locked_registers_stay),     cmocka_unit_test(registers_are_warl),
        cmocka_unit_test(random_against_the_oracle), cmocka_unit_test(changes_take_effect),
        cmocka_unit_test(entries_within_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
