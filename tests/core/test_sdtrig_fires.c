/* test_sdtrig_fires.c - one instruction from a random state, and which debug triggers fire on it, worked out address by address [debug 5]. */
#include "tests/core/sdtrig.h"

/* --- One instruction from a random state, and what fires on it worked out address by address. */

/* rd = a2, rs1 = a0, rs2 = a1 */
static const struct access {
    uint32_t bits;
    unsigned on, size;
} accesses[] = {
    {0x00053603 /* ld */, ON_LOAD, 8},
    {0x00050603 /* lb */, ON_LOAD, 1},
    {0x00055603 /* lhu */, ON_LOAD, 2},
    {0x00052603 /* lw */, ON_LOAD, 4},
    {0x00053607 /* fld */, ON_LOAD, 8},
    {0x00006110 /* c.ld */, ON_LOAD, 8},
    {0x00b53023 /* sd */, ON_STORE, 8},
    {0x00b50023 /* sb */, ON_STORE, 1},
    {0x00b51023 /* sh */, ON_STORE, 2},
    {0x00b52023 /* sw */, ON_STORE, 4},
    {0x1005362f /* lr.d */, ON_LOAD, 8},
    {0x18b5262f /* sc.w */, ON_STORE, 4},
    {0x18b5362f /* sc.d */, ON_STORE, 8},
    {0x00b5362f /* amoadd.d */, ON_LOAD | ON_STORE, 8},
    {0x08b5262f /* amoswap.w */, ON_LOAD | ON_STORE, 4},
    {0x0005200f /* cbo.inval */, ON_STORE, 64},
    {0x0015200f /* cbo.clean */, ON_STORE, 64},
    {0x0025200f /* cbo.flush */, ON_STORE, 64},
    {0x0045200f /* cbo.zero */, ON_STORE, 64},
    {0x00150513 /* addi */, 0, 0},
    {0x00000073 /* ecall */, 0, 0},
    {0x34001573 /* csrrw a0, mscratch, x0 */, 0, 0},
    {0x00000000 /* illegal */, 0, 0},
};

static bool matches(uint64_t data1, uint64_t data2, uint64_t address)
{
    unsigned zero = 0;
    switch (data1 >> MATCH_SHIFT & 15) {
    case 1:
        while (zero < 62 && data2 >> zero & 1)
            zero++;
        return address >> (zero + 1) == data2 >> (zero + 1);
    case 2: return address >= data2;
    case 3: return address < data2;
    default: return address == data2;
    }
}

static bool enabled(const struct pair *p, uint64_t data1)
{
    const uint64_t mstatus = pair_csr_get(p, CSR_mstatus);
    switch (machine_get(p->m[0], MACHINE_MODE)) {
    case RV_M: return (data1 & IN_M) && (mstatus & 8);
    case RV_S: return (data1 & IN_S) && ((mstatus & 2) || !(pair_csr_get(p, CSR_medeleg) & 8));
    default: return data1 & IN_U;
    }
}

/* Of the triggers, a bit each. */
static unsigned firing(const struct pair *p, unsigned on, uint64_t at, unsigned size)
{
    unsigned set = 0;
    for (unsigned n = 0; n < RV_TRIGGERS; n++) {
        const uint64_t data1 = machine_get(p->m[0], RV_TDATA1 + n), data2 = machine_get(p->m[0], RV_TDATA2 + n);
        for (unsigned i = 0; i < size; i++)
            if ((data1 & on) && enabled(p, data1) && matches(data1, data2, at + i))
                set |= 1u << n;
    }
    return set;
}

enum { CODE = 16, DATA = 2 * PAGE_SIZE };

static void random_trigger(struct pair *p, unsigned n, uint64_t pc, uint64_t address)
{
    uint64_t data1 = MCONTROL6 | (random_word(p) & 0x7f) | (random_below(p, 6) ? 0 : random_below(p, 4)) << MATCH_SHIFT;
    uint64_t near = random_below(p, 2) ? pc : address, data2 = near + random_below(p, 24) - 12;
    if (random_below(p, 3) == 0)
        data1 |= IN_M | IN_S | IN_U | ON_LOAD | ON_STORE | ON_EXECUTE;
    if ((data1 >> MATCH_SHIFT & 15) == 1)
        data2 |= (UINT64_C(1) << random_below(p, 12)) - 1;
    if (random_below(p, 8) == 0)
        data2 = random_value(p);
    pair_set(p, RV_TDATA2 + n, data2);
    pair_set(p, RV_TDATA1 + n, data1);
}

/* PMP that divides the pages of code and data, all of it open: no leaf can say that, so the VMM does what happens there itself. */
static void random_protection(struct pair *p)
{
    pair_csr(p, CSR_pmpaddr0, UINT64_MAX);
    pair_csr(p, CSR_pmpcfg0, 0x1f);
    if (random_below(p, 2))
        return;
    pair_csr(p, CSR_pmpcfg0, 0);
    pair_csr(p, CSR_pmpaddr0, (PAIR_BASE + (random_below(p, 2) ? DATA + PAGE_SIZE : 0)) >> 2 | 0x3f); /* 512 bytes */
    pair_csr(p, CSR_pmpaddr0 + 1, UINT64_MAX);
    pair_csr(p, CSR_pmpcfg0, 0x1f1f);
}

static void random_situation(struct pair *p, uint64_t pc, uint64_t address)
{
    machine_reset(p->m[0]);
    machine_reset(p->m[1]);
    random_protection(p);
    for (unsigned n = 0; n < RV_TRIGGERS; n++)
        random_trigger(p, n, pc, address);
    pair_csr(p, CSR_menvcfg, 0xf0);
    pair_csr(p, CSR_senvcfg, 0xf0);
    pair_csr(p, CSR_medeleg, random_word(p));
    pair_csr(p, CSR_mstatus, UINT64_C(1) << MSTATUS_FS | (random_word(p) & 0xa));
    pair_set(p, MACHINE_MODE, random_mode(p));
    if (machine_get(p->m[0], MACHINE_MODE) == RV_M && random_below(p, 4) == 0) /* loads and stores as S-mode's */
        pair_csr(p, CSR_mstatus, pair_csr_get(p, CSR_mstatus) | UINT64_C(1) << MSTATUS_MPRV | UINT64_C(1) << MSTATUS_MPP);
    pair_set(p, A0, address);
    pair_set(p, A1, random_value(p));
    pair_set(p, MACHINE_PC, pc);
}

static uint64_t random_address(struct pair *p, uint64_t pc)
{
    switch (random_below(p, 6)) {
    case 0: return PAIR_IO + 8 * random_below(p, 16);
    case 1: return pc + random_below(p, 16);
    case 2: return random_value(p); /* most often nothing is there */
    default: return PAIR_BASE + DATA + PAGE_SIZE - 32 + (random_below(p, 2) ? random_below(p, 64) : 8 * random_below(p, 8));
    }
}

static unsigned one_case(struct pair *p)
{
    const struct access *a = &accesses[random_below(p, sizeof accesses / sizeof *accesses)];
    const uint64_t pc = PAIR_BASE + (random_below(p, 4) ? CODE : PAGE_SIZE - 2), address = random_address(p, pc);
    pair_store32(p, pc, a->bits);
    random_situation(p, pc, address);
    unsigned set = firing(p, ON_EXECUTE, pc, 1);
    const bool fetch = set;
    if (!set)
        set = firing(p, a->on, a->size == 64 ? address & ~UINT64_C(63) : address, a->size);
    struct trap t = pair_run(p, 1);
    compare_triggers(p);
    pair_compare_registers(p);
    pair_compare_memory(p);
    const bool fired = t.kind == TRAP_EXCEPTION && t.cause == RV_CAUSE_BREAKPOINT;
    if (fired != (set != 0))
        pair_fail(p, "%x at %llx, a0 %llx, mode %llx: triggers 0x%x should fire, trap %d %llu", a->bits, (unsigned long long)pc,
                  (unsigned long long)address, (unsigned long long)machine_get(p->m[0], MACHINE_MODE), set, (int)t.kind,
                  (unsigned long long)t.cause);
    for (unsigned n = 0; n < RV_TRIGGERS; n++)
        assert_int_equal((machine_get(p->m[0], RV_TDATA1 + n) & HIT0) != 0, set >> n & 1);
    if (fired) {
        assert_int_equal(t.tval, fetch ? pc : address);
        assert_int_equal(t.reason, REASON_RESOURCE);
        assert_int_equal(machine_get(p->m[0], MACHINE_PC), pc);
        assert_int_equal(t.length, fetch ? 0 : (a->bits & 3) == 3 ? 4 : 2);
    }
    return set ? fetch ? 1 : 2 : 0;
}

static void what_fires(void **state)
{
    const struct riscv_config config = config_with(true);
    unsigned of[3] = {0};
    (void)state;
    for (unsigned depth = 1; depth <= PAIR_DEPTH_MAX; depth++) {
        struct pair p;
        pair_create(&p, &config, SHADOW_FLUSH, depth, 40 + depth);
        p.doing = "what fires";
        for (p.number = 0; p.number < (depth == 1 ? 12000 : 3000); p.number++)
            of[one_case(&p)]++;
        pair_destroy(&p);
    }
    assert_true(of[0] > 3000 && of[1] > 1500 && of[2] > 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
