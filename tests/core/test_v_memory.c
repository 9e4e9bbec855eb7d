/* test_v_memory.c - the guest's memory, bare and virtual: loads, stores, atomics and fetches through random page tables, in every
 * mode, under SUM, MXR, MPRV, Svade and Svadu, and random PMP regions down to four bytes. The same trap or the same result, and the
 * same bytes in memory afterwards: A and D bits are compared with the rest.
 *
 * RAM by page:  0-3 data (where superpages lead)   8-19 page tables   24 code   32-63 data, some of it instructions
 */
#include "tests/core/pair.h"

enum { TABLES = 8, TABLE_COUNT = 12, ROOT48 = 8, ROOT39 = 9, CODE_PAGE = 24, DATA = 32, DATA_COUNT = 32 };
#define PAGE_PA(n) (PAIR_BASE + (uint64_t)(n)*PAGE_SIZE)
#define CODE_S ((UINT64_C(4) << 30) + CODE_PAGE * PAGE_SIZE)
#define CODE_U ((UINT64_C(5) << 30) + CODE_PAGE * PAGE_SIZE)

static uint64_t pte(pa_t pa, uint64_t flags) { return ((pa >> PAGE_SHIFT) << 10) | flags; }

/* Where a leaf leads: mostly data; a device, nothing. */
static pa_t random_page(struct pair *p)
{
    switch (random_below(p, 12)) {
    case 0: return PAIR_IO;
    case 1: return random_below(p, 2) ? PAIR_IO : 0x20000000;
    case 2:
    case 3: return PAGE_PA(random_below(p, 4));
    default: return PAGE_PA(DATA + random_below(p, DATA_COUNT));
    }
}

static uint64_t random_pte(struct pair *p, unsigned level)
{
    uint64_t flags = random_word(p) & 0x3ff, odd = random_below(p, 80);
    bool pointer = level && random_below(p, 4);

    if (random_below(p, 32))
        flags |= SV_V;
    if (random_below(p, 2)) /* often a leaf that lets something through */
        flags |= SV_R | SV_A | (random_below(p, 2) ? SV_W | SV_D : SV_X);
    if (odd < 3)
        flags |= UINT64_C(1) << (54 + random_below(p, 10)); /* reserved, PBMT, N */
    if (pointer && random_below(p, 16))
        flags &= ~(uint64_t)(SV_R | SV_W | SV_X | SV_A | SV_D | SV_U);
    if (pointer) /* from a root to the odd ones, from those to the even ones, seldom elsewhere */
        return pte(random_below(p, 32) ? PAGE_PA(TABLES + 2 + (level != 1 ? 1u : 0u) + 2 * random_below(p, 5)) : random_page(p),
                   flags);
    if (level && random_below(p, 8))
        return pte(PAIR_BASE, flags); /* an aligned superpage */
    return pte(random_page(p), flags);
}

/* Four random entries a table: ROOT48, ROOT39 below it, the others at any level. */
static void random_tables(struct pair *p)
{
    for (unsigned t = 0; t < TABLE_COUNT; t++)
        for (unsigned i = 0; i < 4; i++) {
            unsigned level = t == 0 ? 3 : t == 1 ? 2 : (t % 2);
            pair_store64(p, PAGE_PA(TABLES + t) + 8 * i, random_pte(p, level));
        }
    pair_store64(p, PAGE_PA(ROOT48), pte(PAGE_PA(ROOT39), SV_V));
    pair_store64(p, PAGE_PA(ROOT39) + 8 * 4, pte(PAIR_BASE, SV_V | SV_R | SV_W | SV_X | SV_A | SV_D));
    pair_store64(p, PAGE_PA(ROOT39) + 8 * 5, pte(PAIR_BASE, SV_V | SV_R | SV_W | SV_X | SV_A | SV_D | SV_U));
}

/* Entry 0 lets the code page through; a few others are whatever they are; the last most often allows the rest. */
static void random_pmp(struct pair *p)
{
    uint8_t cfg[16] = {0x1f};

    pair_csr(p, CSR_pmpaddr0, (PAGE_PA(CODE_PAGE) >> 2) | 0x1ff);
    for (unsigned i = 1; i < 15; i++) {
        uint64_t at = PAIR_BASE + random_below(p, PAIR_RAM), ones = (UINT64_C(1) << random_below(p, 14)) - 1;
        if (random_below(p, 2))
            at = align_down(at, PAGE_SIZE);
        pair_csr(p, CSR_pmpaddr0 + i, (at >> 2 & ~ones) | ones >> 1);
        if (random_below(p, 12) == 0)
            cfg[i] = (uint8_t)((random_below(p, 2) ? 7 : 0) | (random_word(p) & (random_below(p, 8) ? 0x1f : 0x9f)));
    }
    pair_csr(p, CSR_pmpaddr0 + 15, UINT64_MAX);
    cfg[15] = random_below(p, 8) ? 0x1f : (uint8_t)random_word(p);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t word;
        memcpy(&word, cfg + 8 * i, sizeof word);
        pair_csr(p, CSR_pmpcfg0 + 2 * i, word);
    }
}

/* An address with small indices, so that it often means something; sometimes not canonical, sometimes physical. */
static uint64_t random_address(struct pair *p, bool paged)
{
    uint64_t offset = random_below(p, 4) ? random_below(p, PAGE_SIZE) & ~UINT64_C(7) : random_below(p, PAGE_SIZE);
    uint64_t va = random_below(p, 4) << 12 | random_below(p, 4) << 21 | random_below(p, 4) << 30;

    if (random_below(p, 4) == 0)
        offset = PAGE_SIZE - random_below(p, 9);
    if (random_below(p, 16) == 0)
        va |= random_below(p, 4) << 39;
    if (random_below(p, 32) == 0)
        va |= random_word(p) << 38;
    if (paged ? random_below(p, 16) == 0 : random_below(p, 16) != 0)
        va = random_page(p);
    if (random_below(p, 64) == 0)
        return UINT64_MAX - random_below(p, 16);
    return va + offset;
}

/* rs1 = x5, rs2 = x6, rd = x7, or any when it does not matter. */
static uint32_t random_access(struct pair *p)
{
    static const uint32_t loads[] = {0x00028383, 0x00029383, 0x0002a383, 0x0002b383, 0x0002c383,
                                     0x0002d383, 0x0002e383, 0x0002a387, 0x0002b387};
    static const uint32_t stores[] = {0x00628023, 0x00629023, 0x0062a023, 0x0062b023, 0x0062a027, 0x0062b027};
    static const uint32_t atomics[] = {0x00, 0x01, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c};
    static const uint32_t compressed[] = {0x4280 /* c.lw */, 0x6280 /* c.ld */, 0xc280 /* c.sw */, 0xe280 /* c.sd */};

    switch (random_below(p, 8)) {
    case 0:
    case 1:
    case 2: return loads[random_below(p, 9)];
    case 3:
    case 4:
    case 5: return stores[random_below(p, 6)];
    case 6: return compressed[random_below(p, 4)] | 0x00010000; /* rs1' is x13: see below. Then c.nop */
    default:
        if (random_below(p, 2))
            return 0x1002a3af | (uint32_t)random_below(p, 2) << 12; /* lr */
        if (random_below(p, 2))
            return 0x1862a3af | (uint32_t)random_below(p, 2) << 12; /* sc */
        return atomics[random_below(p, 9)] << 27 | 0x0062a3af | (uint32_t)random_below(p, 2) << 12;
    }
}

static void random_context(struct pair *p, bool svadu)
{
    uint64_t status = 0, mode = random_mode(p);
    uint64_t roots[] = {0, (UINT64_C(8) << 60) | PAGE_PA(ROOT39) >> PAGE_SHIFT, (UINT64_C(9) << 60) | PAGE_PA(ROOT48) >> PAGE_SHIFT};

    status = bits_set(status, MSTATUS_FS, 2, random_below(p, 8) ? 1 + random_below(p, 3) : 0);
    status = bits_set(status, MSTATUS_SUM, 1, random_word(p));
    status = bits_set(status, MSTATUS_MXR, 1, random_word(p));
    status = bits_set(status, MSTATUS_MPP, 2, random_mode(p));
    status = bits_set(status, MSTATUS_MPRV, 1, mode == RV_M && random_below(p, 2));
    pair_csr(p, CSR_mstatus, status);
    pair_csr(p, CSR_menvcfg, svadu && random_below(p, 4) ? UINT64_C(1) << 61 : 0);
    pair_csr(p, CSR_satp, random_below(p, 8) ? roots[1 + random_below(p, 2)] | random_below(p, 2) << 44 : roots[0]);
    pair_set(p, MACHINE_MODE, mode);
}

/* Fetches are from the address itself; everything else is one instruction in the code page. */
static struct trap access_once(struct pair *p)
{
    uint64_t mode = machine_get(p->m[0], MACHINE_MODE), status = pair_csr_get(p, CSR_mstatus);
    bool paged = pair_csr_get(p, CSR_satp) >> 60 && (mode != RV_M || bit_get(status, MSTATUS_MPRV));
    uint64_t address = random_address(p, paged);

    pair_set(p, RV_X + 5, address);
    pair_set(p, RV_X + 13, address);
    pair_set(p, RV_X + 6, random_word(p));
    if (random_below(p, 3) == 0) {
        pair_set(p, MACHINE_PC, address & ~UINT64_C(1));
    } else {
        pair_store32(p, PAGE_PA(CODE_PAGE), random_access(p));
        pair_store32(p, PAGE_PA(CODE_PAGE) + 4, random_below(p, 2) ? random_access(p) : 0x1862b3af); /* sc.d */
        pair_set(p, MACHINE_PC, mode == RV_M || !paged ? PAGE_PA(CODE_PAGE) : mode == RV_S ? CODE_S : CODE_U);
    }
    return pair_run(p, 1 + random_below(p, 2));
}

/* Data that, when executed, does something: accesses through x5, and plain noise. */
static void random_data(struct pair *p)
{
    static const uint32_t some[] = {0x00028383, 0x00628023, 0x00000073, 0x30200073, 0x10200073, 0x14002373, 0xc0002373,
                                    0x00100073, 0x0000100f, 0x00630313, 0x12000073, 0x00302373, 0xa00d0001, 0x28738082};

    for (unsigned page = 0; page < 64; page++) {
        if ((page >= TABLES && page < TABLES + TABLE_COUNT) || page == CODE_PAGE)
            continue;
        for (unsigned i = 0; i < PAGE_SIZE; i += 4)
            pair_store32(p, PAGE_PA(page) + i, random_below(p, 4) ? some[random_below(p, 14)] : (uint32_t)random_word(p));
    }
}

static void run(const struct riscv_config *config, enum shadow_policy policy, unsigned depth, uint64_t seed)
{
    unsigned done = 0, page_faults = 0, access_faults = 0, yields = 0;
    struct pair p;

    pair_create(&p, config, policy, depth, seed);
    p.doing = "accesses";
    random_data(&p);
    for (unsigned group = 0; group < 250; group++) {
        machine_reset(p.m[0]);
        machine_reset(p.m[1]);
        random_tables(&p);
        random_pmp(&p);
        pair_fence(&p);
        for (unsigned i = 0; i < 60; i++) {
            struct trap t;
            p.number++;
            if (random_below(&p, 8) == 0) {
                pair_store64(&p, PAGE_PA(TABLES + 1 + random_below(&p, TABLE_COUNT - 1)) + 8 * random_below(&p, 4), random_pte(&p, 0));
                pair_fence(&p);
            }
            if (random_below(&p, 8) == 0)
                random_pmp(&p); /* holds at once */
            random_context(&p, config->svadu);
            t = access_once(&p);
            pair_compare_registers(&p);
            pair_compare_memory(&p);
            if (t.kind != TRAP_EXCEPTION)
                done++;
            yields += t.kind == TRAP_YIELD;
            page_faults += t.kind == TRAP_EXCEPTION && t.cause >= RV_CAUSE_FETCH_PAGE;
            access_faults += t.kind == TRAP_EXCEPTION && (t.cause == 1 || t.cause == 5 || t.cause == 7);
        }
    }
    /* The cases are worth something: of 15000 enough of each kind. */
    assert_in_range(done, 2000, 15000);
    assert_in_range(page_faults, 4000, 15000);
    assert_in_range(access_faults, 1500, 15000);
    assert_in_range(yields, 100, 15000);
    pair_destroy(&p);
}

static const struct riscv_config full = {.sv48 = true, .svadu = true, .asid_bits = 16, .pmp_entries = 16, .units_per_tick = 100};
static const struct riscv_config small = {.units_per_tick = 100};

/* One instruction of a program that keeps to four addresses, in x8..x11, and changes what it may do with them: SUM, MXR, MPRV, SUM
 * and MXR together are the bits of x20..x23; x24 has MPP. */
static uint32_t sequence_instruction(struct pair *p)
{
    static const uint32_t loads[] = {0x00003303, 0x00000303, 0x00003307}, stores[] = {0x00603023, 0x00600023};
    uint32_t rs1 = (8 + (uint32_t)random_below(p, 4)) << 15, function = (2 + (uint32_t)random_below(p, 2)) << 12;

    switch (random_below(p, 8)) {
    case 0:
    case 1: return 0x10000073 | (20 + (uint32_t)random_below(p, 4)) << 15 | function; /* sstatus */
    case 2: return 0x30000073 | (20 + (uint32_t)random_below(p, 5)) << 15 | function; /* mstatus */
    case 3: return 0x12000073 | (random_below(p, 2) ? rs1 : 0);                       /* sfence.vma */
    case 4:
    case 5: return stores[random_below(p, 2)] | rs1;
    default: return loads[random_below(p, 3)] | rs1;
    }
}

static void one_sequence(struct pair *p, bool svadu)
{
    enum { LENGTH = 64 };
    uint64_t mode, pc;

    for (unsigned i = 0; i < LENGTH; i++)
        pair_store32(p, PAGE_PA(CODE_PAGE) + 4 * i, sequence_instruction(p));
    random_context(p, svadu);
    mode = machine_get(p->m[0], MACHINE_MODE);
    for (unsigned i = 8; i < 12; i++)
        pair_set(p, RV_X + i, random_address(p, mode != RV_M));
    for (unsigned i = 0; i < 5; i++)
        pair_set(p, RV_X + 20 + i,
                 (uint64_t[]){1 << MSTATUS_SUM, 1 << MSTATUS_MXR, 1 << MSTATUS_MPRV, 3 << MSTATUS_SUM, 3 << MSTATUS_MPP}[i]);
    pc = mode == RV_M || !(pair_csr_get(p, CSR_satp) >> 60) ? PAGE_PA(CODE_PAGE) : mode == RV_S ? CODE_S : CODE_U;
    pair_set(p, MACHINE_PC, pc);
    for (uint64_t at = pc; at < pc + 4 * (LENGTH - 8); at = machine_get(p->m[0], MACHINE_PC)) {
        struct trap t = pair_run(p, 1 + random_below(p, 8));
        pair_compare_registers(p);
        pair_compare_memory(p);
        if (t.kind == TRAP_EXCEPTION)
            pair_set(p, MACHINE_PC, machine_get(p->m[0], MACHINE_PC) + 4);
    }
}

/* The same few addresses, again and again, while what may be done with them changes and nothing is fenced. */
static void test_sequences(void **state)
{
    struct pair p;

    (void)state;
    for (unsigned depth = 1; depth <= PAIR_DEPTH_MAX; depth++)
        for (enum shadow_policy policy = SHADOW_FLUSH; policy < SHADOW_POLICIES; policy++) {
            pair_create(&p, &full, policy, depth, 10 + 2 * depth + policy);
            p.doing = "sequences";
            random_data(&p);
            for (p.number = 0; p.number < 800; p.number++) {
                if (p.number % 4 == 0) {
                    machine_reset(p.m[0]);
                    machine_reset(p.m[1]);
                    random_tables(&p);
                    random_pmp(&p);
                    pair_fence(&p);
                }
                one_sequence(&p, true);
            }
            pair_destroy(&p);
        }
}

static void test_full_flush(void **state)
{
    (void)state;
    run(&full, SHADOW_FLUSH, 1, 1);
}

static void test_full_trace(void **state)
{
    (void)state;
    run(&full, SHADOW_TRACE, 1, 2);
}

static void test_small_flush(void **state)
{
    (void)state;
    run(&small, SHADOW_FLUSH, 1, 3);
}

static void test_small_trace(void **state)
{
    (void)state;
    run(&small, SHADOW_TRACE, 1, 4);
}

static void test_vm_below_vm(void **state)
{
    (void)state;
    run(&full, SHADOW_FLUSH, 2, 5);
    run(&full, SHADOW_TRACE, 2, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_flush),  cmocka_unit_test(test_full_trace),  cmocka_unit_test(test_small_flush),
        cmocka_unit_test(test_small_trace), cmocka_unit_test(test_vm_below_vm), cmocka_unit_test(test_sequences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
