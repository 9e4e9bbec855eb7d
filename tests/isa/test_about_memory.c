/* What RISC-V tells people of memory (isa/about.h), against what the hart does: on random states (mode, MPRV, satp, tables, PMP, A and D)
 * one instruction is fetched, and loads or stores. Both must end in the same place, or be refused by the same trap. */
#include "isa/about.h"
#include "tests/isa/hart_bench.h"

#include <string.h>

enum { TABLES = 6, DATA = 4, DEVICE = 0x10000000, TRIES = 60000, A0 = RV_X + 10, A1, A2 };
#define TABLE(n) (BENCH_RAM + 0x100000 + (pa_t)(n)*PAGE_SIZE)
#define PAGE(n) (BENCH_RAM + 0x200000 + (pa_t)(n)*PAGE_SIZE)
#define CODE_VA UINT64_C(0x3000)

static bool device_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)opaque, (void)offset, (void)size;
    *value = 0x55;
    return true;
}
static bool device_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    (void)opaque, (void)offset, (void)size, (void)value;
    return true;
}
static const struct phys_io device = {.read = device_read, .write = device_write};

static bool one_in(uint64_t *seed, unsigned n) { return bench_random(seed) % n == 0; }

/* --- a state */

/* lui a1, and what it leaves there tells the place. */
static uint32_t word_at(pa_t pa) { return 0x37 | 11u << 7 | (uint32_t)(pa >> 2) << 12; }

static void fill_pages(struct bench *b)
{
    for (unsigned n = 0; n < DATA; n++)
        for (pa_t at = PAGE(n); at < PAGE(n) + PAGE_SIZE; at += 4) {
            const uint32_t word = word_at(at);
            assert_int_equal(machine_store(b->m, at, &word, 4), 0);
        }
}

static pa_t random_target(uint64_t *seed)
{
    switch (bench_random(seed) % 16) {
    case 0: return DEVICE;
    case 1: return 0x5000; /* nothing is there */
    case 2: return BENCH_RAM;
    case 3:
    case 4: return TABLE(bench_random(seed) % TABLES);
    default: return PAGE(bench_random(seed) % DATA);
    }
}

static uint64_t random_pte(uint64_t *seed, unsigned n)
{
    const uint64_t flags = bench_random(seed);
    if (one_in(seed, 12))
        return flags;
    if (n + 1 < TABLES && !one_in(seed, 6)) /* a pointer to a later table */
        return TABLE(n + 1 + bench_random(seed) % (TABLES - n - 1)) >> PAGE_SHIFT << 10 | SV_V;
    uint64_t leaf = random_target(seed) >> PAGE_SHIFT << 10 | SV_V | (flags & (SV_U | SV_R | SV_W | SV_X | SV_A | SV_D));
    return leaf | (one_in(seed, 2) ? SV_R | SV_W | SV_X | SV_A | SV_D : 0);
}

static void random_tables(struct bench *b, uint64_t *seed)
{
    for (unsigned n = 0; n < TABLES; n++)
        for (unsigned i = 0; i < 4; i++)
            bench_write64(b, TABLE(n) + 8 * i, random_pte(seed, n));
    /* The code's page, where the walk comes to a table whose last level it is. */
    for (unsigned n = 2; n < TABLES; n++)
        if (!one_in(seed, 4))
            bench_write64(b, TABLE(n) + 8 * 3,
                          BENCH_CODE >> PAGE_SHIFT << 10 | SV_V | SV_R | SV_X | SV_A | (one_in(seed, 2) ? SV_U : 0));
}

static uint64_t random_rule(uint64_t *seed)
{
    static const uint8_t size[] = {0, 0, 1, 9, 10, 30};
    const pa_t at = (one_in(seed, 3) ? BENCH_CODE : random_target(seed)) + (one_in(seed, 2) ? bench_random(seed) % PAGE_SIZE : 0);
    const unsigned ones = size[bench_random(seed) % sizeof size];
    return at >> 2 | ((UINT64_C(1) << ones) - 1);
}

static void random_protection(struct bench *b, uint64_t *seed)
{
    uint64_t cfg = 0;
    for (unsigned n = 0; n < 7; n++) {
        bench_set(b, CSR_pmpaddr0 + n, random_rule(seed));
        if (one_in(seed, 3))
            cfg |= (bench_random(seed) & (one_in(seed, 4) ? 0x9f : 0x1f)) << 8 * n;
    }
    if (one_in(seed, 6)) { /* tables that may be read, and not written: neither A nor D can be set */
        bench_set(b, CSR_pmpaddr0, TABLE(0) >> 2 | 0x1fff);
        cfg = (cfg & ~UINT64_C(0xff)) | 0x19;
    }
    bench_set(b, CSR_pmpaddr0 + 7, UINT64_MAX);
    if (!one_in(seed, 8))
        cfg |= UINT64_C(0x1f) << 56; /* the rest is open */
    bench_set(b, CSR_pmpcfg0, one_in(seed, 3) ? cfg & UINT64_C(0x1f) << 56 : cfg);
}

static void random_state(struct bench *b, uint64_t *seed)
{
    static const uint64_t modes[] = {RV_U, RV_S, RV_M};
    machine_reset(b->m);
    random_tables(b, seed);
    bench_set(b, CSR_mstatus, bench_random(seed) & ~(UINT64_C(1) << MSTATUS_MIE));
    bench_set(b, CSR_menvcfg, bench_random(seed));
    bench_set(b, CSR_satp, (one_in(seed, 6) ? 0 : UINT64_C(8) + (bench_random(seed) & 1)) << 60 | TABLE(0) >> PAGE_SHIFT);
    random_protection(b, seed);
    bench_mode(b, modes[bench_random(seed) % 3]);
    machine_fence(b->m, &(struct fence){.cold = true});
}

/* Addresses that the tables speak of, and some that they do not. */
static va_t random_address(uint64_t *seed, bool physical)
{
    va_t va = physical ? random_target(seed) : 0;
    for (unsigned level = 0; level < 4 && !physical; level++)
        va |= (bench_random(seed) & (level < 2 ? 3 : 1)) << (PAGE_SHIFT + 9 * level);
    va = one_in(seed, 40) ? va | UINT64_C(1) << (38 + bench_random(seed) % 20) : va;
    return va | (bench_random(seed) & 0xff8);
}

/* --- the instruction, and what becomes of it */

struct access {
    va_t va;
    unsigned size;
    enum pt_kind kind;
};

static uint32_t opcode_of(const struct access *a)
{
    static const uint32_t load[] = {[1] = 4, [2] = 5, [4] = 6, [8] = 3}, store[] = {[1] = 0, [2] = 1, [4] = 2, [8] = 3};
    return a->kind == PT_READ ? 0x03 | 11u << 7 | load[a->size] << 12 | 10u << 15
                              : 0x23 | store[a->size] << 12 | 10u << 15 | 12u << 20;
}

static void expect_refusal(const struct bench *b, const struct about_access *a, const struct trap *t)
{
    if (t->kind != TRAP_EXCEPTION || t->cause != a->trap.cause || t->tval != a->trap.tval || t->reason != a->trap.reason)
        fail_msg("%s-mode as %s, 0x%llx: refused by %d as %llu, and the hart does %d %llu, tval 0x%llx",
                 about_mode(b->m->isa, machine_get(b->m, MACHINE_MODE)), about_mode(b->m->isa, a->mode),
                 (unsigned long long)a->trap.tval, (int)a->refused, (unsigned long long)a->trap.cause, (int)t->kind,
                 (unsigned long long)t->cause, (unsigned long long)t->tval);
}

static void expect_granted(const struct about_access *a, const struct access *x, const struct trap *t)
{
    if (t->kind != (a->range->ram ? TRAP_BUDGET : TRAP_YIELD))
        fail_msg("0x%llx, %u bytes, kind %d: granted at 0x%llx, and the hart does %d %llu, tval 0x%llx", (unsigned long long)x->va,
                 x->size, (int)x->kind, (unsigned long long)a->pa, (int)t->kind, (unsigned long long)t->cause,
                 (unsigned long long)t->tval);
}

static bool overlaps(pa_t a, uint64_t n, pa_t b, uint64_t m) { return a < b + m && b < a + n; }

/* The value came from there, or went there; the leaf's A and D are as was said. */
static void expect_place(const struct bench *b, const struct about_access *a, const struct access *x, uint64_t before)
{
    const uint64_t mask = UINT64_MAX >> (64 - 8 * x->size), value = machine_get(b->m, x->kind == PT_READ ? A1 : A2) & mask;
    uint64_t there = before;
    if (a->range->ram && x->kind == PT_WRITE)
        assert_int_equal(machine_load(b->m, a->pa, &there, x->size), 0);
    if (a->range->ram)
        assert_int_equal(there & mask, value);
    if (a->translated && !(x->kind == PT_WRITE && overlaps(a->pa, x->size, a->walk.pte_pa, 8)))
        assert_int_equal((bench_read64(b, a->walk.pte_pa) ^ a->walk.pte_new) & ~(uint64_t)SV_A, 0);
}

struct seen {
    unsigned refused[REFUSED_DEVICE + 1], other_mode, granted[3];
};

static void one_access(struct bench *b, uint64_t *seed, struct seen *seen)
{
    const struct access x = {.size = 1u << bench_random(seed) % 4, .kind = one_in(seed, 2) ? PT_READ : PT_WRITE};
    struct about_access fetch, data;
    struct access d = x;
    uint64_t retired = 0, before = 0;
    const uint32_t code = opcode_of(&x);
    random_state(b, seed);
    assert_int_equal(machine_store(b->m, BENCH_CODE, &code, 4), 0);
    d.va = random_address(seed, !about_translates(b->m, PT_READ)) + (one_in(seed, 8) ? 1 : 0);
    if (overlaps(d.va & 0xfff, d.size, PAGE_SIZE, 8))
        d.va -= 8;
    const va_t pc = about_translates(b->m, PT_FETCH) ? CODE_VA : BENCH_CODE;
    machine_set(b->m, MACHINE_PC, pc);
    machine_set(b->m, A0, d.va);
    machine_set(b->m, A2, bench_random(seed));
    about_access(b->m, pc, 4, PT_FETCH, &fetch);
    if (fetch.refused == REFUSED_NOT && fetch.pa != BENCH_CODE)
        return;
    about_access(b->m, d.va, d.size, d.kind, &data);
    if (data.range && data.range->ram)
        (void)!machine_load(b->m, data.pa, &before, d.size);
    if (data.translated && overlaps(data.pa, d.size, data.walk.pte_pa, 8))
        return; /* the load would see the A that the walk sets */
    const struct trap t = machine_run(b->m, 1, &retired);
    const struct about_access *refusing = fetch.refused != REFUSED_NOT ? &fetch : &data;
    seen->refused[refusing->refused]++;
    seen->other_mode += data.mode != machine_get(b->m, MACHINE_MODE);
    if (refusing->refused != REFUSED_NOT) {
        expect_refusal(b, refusing, &t);
        return;
    }
    expect_granted(&data, &d, &t);
    expect_place(b, &data, &d, before);
    seen->granted[d.kind]++;
}

static void an_access_ends_where_the_hart_s_does(void **state)
{
    struct riscv_config c = bench_config();
    struct bench b;
    struct seen seen = {0};
    uint64_t seed = 1;
    (void)state;
    bench_open(&b, &c);
    assert_int_equal(phys_add_io(b.phys, "device", DEVICE, PAGE_SIZE, &device, NULL), 0);
    for (unsigned i = 0; i < TRIES; i++) {
        if (i % 500 == 0)
            fill_pages(&b);
        one_access(&b, &seed, &seen);
    }
    for (unsigned r = 0; r <= REFUSED_DEVICE; r++)
        if (r != REFUSED_BOUND && seen.refused[r] < 50)
            fail_msg("refusal %u was seen %u times only", r, seen.refused[r]);
    assert_true(seen.other_mode > 500 && seen.granted[PT_READ] > 500 && seen.granted[PT_WRITE] > 500);
    bench_close(&b);
}

/* The instruction at an address of the tables is fetched from where they say, and is the one that about_fetch() sees. */
static void a_fetch_ends_where_the_hart_s_does(void **state)
{
    struct riscv_config c = bench_config();
    struct bench b;
    uint64_t seed = 2;
    unsigned granted = 0, refused = 0;
    (void)state;
    bench_open(&b, &c);
    assert_int_equal(phys_add_io(b.phys, "device", DEVICE, PAGE_SIZE, &device, NULL), 0);
    fill_pages(&b);
    for (unsigned i = 0; i < TRIES / 2; i++) {
        struct about_access a;
        uint64_t retired = 0;
        insn_t bits;
        random_state(&b, &seed);
        const va_t pc = random_address(&seed, !about_translates(b.m, PT_FETCH)) & ~(va_t)3;
        machine_set(b.m, MACHINE_PC, pc);
        about_access(b.m, pc, 4, PT_FETCH, &a);
        unsigned length = about_fetch(b.m, pc, &bits);
        bool data = a.pa >= PAGE(0) && a.pa < PAGE(DATA);
        assert_int_equal(length != 0, a.refused == REFUSED_NOT);
        if (length && !data)
            continue; /* what is there is no instruction of ours */
        const struct trap t = machine_run(b.m, 1, &retired);
        if (a.refused != REFUSED_NOT) {
            expect_refusal(&b, &a, &t);
            refused++;
            continue;
        }
        assert_int_equal(t.kind, TRAP_BUDGET);
        assert_int_equal(bits, word_at(a.pa));
        assert_int_equal((uint32_t)machine_get(b.m, A1), (uint32_t)(a.pa >> 2) << 12);
        granted++;
    }
    assert_true(granted > 500 && refused > 500);
    bench_close(&b);
}

/* Rights aside, an address lies where the access goes that is granted. */
static void an_address_lies_where_its_access_goes(void **state)
{
    struct riscv_config c = bench_config();
    struct bench b;
    uint64_t seed = 3;
    unsigned granted = 0;
    (void)state;
    bench_open(&b, &c);
    for (unsigned i = 0; i < TRIES / 2; i++) {
        struct about_access a;
        struct pt_walk walk;
        pa_t pa;
        random_state(&b, &seed);
        const va_t va = random_address(&seed, !about_translates(b.m, PT_READ));
        about_access(b.m, va, 1, PT_READ, &a);
        if (a.refused != REFUSED_NOT || a.mode != machine_get(b.m, MACHINE_MODE))
            continue;
        assert_true(about_find(b.m, va, &pa, &walk));
        assert_int_equal(pa, a.pa);
        assert_int_equal(walk.count, a.walk.count);
        granted++;
    }
    assert_true(granted > 500);
    bench_close(&b);
}

static void protection_decides_as_the_hart_s(void **state)
{
    static const uint64_t modes[] = {RV_U, RV_S, RV_M};
    struct riscv_config c = bench_config();
    uint64_t seed = 4;
    (void)state;
    for (unsigned entries = 0; entries <= 16; entries += 16) {
        struct bench b;
        c.pmp_entries = entries;
        bench_open(&b, &c);
        for (unsigned i = 0; i < TRIES; i++) {
            const pa_t pa = random_target(&seed) + bench_random(&seed) % PAGE_SIZE;
            const unsigned size = 1u << bench_random(&seed) % 4;
            const enum pt_kind kind = (enum pt_kind)(bench_random(&seed) % 3);
            const uint64_t mode = modes[bench_random(&seed) % 3];
            struct about_rule rule;
            if (i % 16 == 0) {
                machine_reset(b.m);
                random_protection(&b, &seed);
            }
            about_protection(b.m, pa, size, kind, mode, &rule);
            assert_int_equal(rule.granted, pmp_allows(b.h, pa, size, kind, mode));
        }
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_access_ends_where_the_hart_s_does),
        cmocka_unit_test(a_fetch_ends_where_the_hart_s_does),
        cmocka_unit_test(an_address_lies_where_its_access_goes),
        cmocka_unit_test(protection_decides_as_the_hart_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
