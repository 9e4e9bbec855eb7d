/* test_translate_kept.c - what the hart may keep of translations, and what every fence and every change of situation must end [priv 12.2.1]. */
#include "tests/isa/translate_rig.h"

/* --- what may be kept */

static bool cached(struct bench *b, va_t va, bool write)
{
    return tlb_lookup(write ? b->h->data->write : b->h->data->read, va, 1) != NULL;
}

static void cached_translations(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_menvcfg, ADUE);
    set_mode(&b, RV_S);
    map(&b, VA, 0, pte_of(DATA, V | R | W));
    expect_ok(&b, VA, PT_READ, DATA);
    assert_true(cached(&b, VA, false));
    assert_false(cached(&b, VA, true)); /* D is clear: the first write must be seen */
    expect_ok(&b, VA, PT_WRITE, DATA);
    assert_true(cached(&b, VA, true));
    assert_ptr_equal(tlb_lookup(b.h->data->write, VA + 9, 1), ram_host(b.ram) + (DATA - BENCH_RAM) + 9);

    ram_mark(b.ram, DATA - BENCH_RAM); /* somebody listens to writes */
    fence_all(&b);
    expect_ok(&b, VA, PT_WRITE, DATA);
    expect_ok(&b, VA, PT_READ, DATA);
    assert_false(cached(&b, VA, true));
    assert_true(cached(&b, VA, false));
    ram_unmark(b.ram, DATA - BENCH_RAM);

    bench_set(&b, CSR_pmpcfg0, 0); /* two PMP rules on the page */
    pmp_napot(&b, 0, DATA + 0x800, 0x10, 0);
    bench_set(&b, CSR_pmpaddr1, ~UINT64_C(0));
    bench_set(&b, CSR_pmpcfg0, bench_get(&b, CSR_pmpcfg0) | 0x1f00);
    expect_ok(&b, VA, PT_READ, DATA);
    expect_ok(&b, VA, PT_WRITE, DATA);
    assert_false(cached(&b, VA, false));
    assert_false(cached(&b, VA, true));
    expect_fault(&b, VA + 0x808, PT_READ, access_fault);
    bench_close(&b);
}

static bool io_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)opaque, (void)offset, (void)size;
    *value = 0;
    return true;
}

static bool io_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    (void)opaque, (void)offset, (void)size, (void)value;
    return true;
}

static void devices_are_not_cached(void **state)
{
    static const struct phys_io io = {io_read, io_write};
    struct bench b;
    (void)state;
    open_plain(&b);
    assert_int_equal(phys_add_io(b.phys, "device", 0x10000000, 0x1000, &io, NULL), 0);
    set_mode(&b, RV_S);
    map(&b, VA, 0, pte_of(0x10000000, V | R | W | A | D));
    expect_ok(&b, VA + 8, PT_READ, 0x10000008);
    expect_ok(&b, VA + 8, PT_WRITE, 0x10000008);
    assert_false(cached(&b, VA, false));
    assert_false(cached(&b, VA, true));
    map(&b, VA, 1, pte_of(0x10000000, V)); /* a page table there is not read */
    expect_fault(&b, VA, PT_READ, access_fault);
    bench_close(&b);
}

/* A change of situation hides what was cached under another; coming back finds it again. */
static void situations_do_not_mix(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    map(&b, VA, 0, pte_of(DATA, V | R | X | W | A | D | U));
    set_mode(&b, RV_U);
    expect_ok(&b, VA, PT_READ, DATA);
    assert_true(cached(&b, VA, false));
    set_mode(&b, RV_S);
    assert_false(cached(&b, VA, false));
    bench_set(&b, CSR_mstatus, BIT(18));
    assert_false(cached(&b, VA, false));
    expect_ok(&b, VA, PT_READ, DATA);
    assert_true(cached(&b, VA, false));
    bench_set(&b, CSR_mstatus, 0);
    assert_false(cached(&b, VA, false)); /* SUM is gone, and with it the right */
    bench_set(&b, CSR_mstatus, BIT(18));
    assert_true(cached(&b, VA, false));
    bench_set(&b, CSR_mstatus, 0);
    set_mode(&b, RV_U);
    assert_true(cached(&b, VA, false));
    bench_set(&b, CSR_satp, SV39 | UINT64_C(7) << 44 | ROOT >> 12); /* another address space */
    assert_false(cached(&b, VA, false));
    bench_set(&b, CSR_satp, SV39 | ROOT >> 12);
    assert_true(cached(&b, VA, false));
    set_mode(&b, RV_M);
    assert_false(cached(&b, VA, false));
    bench_set(&b, CSR_mstatus, BIT(17)); /* M, loads as U */
    assert_true(cached(&b, VA, false));
    assert_ptr_not_equal(b.h->data, b.h->fetch);
    bench_set(&b, CSR_mstatus, BIT(17) | BIT(11)); /* as S */
    assert_false(cached(&b, VA, false));
    bench_set(&b, CSR_mstatus, 0);
    assert_int_equal(bench_step(&b, INSN_MRET).kind, TRAP_BUDGET); /* M to U */
    assert_true(cached(&b, VA, false));
    bench_close(&b);
}

/* A space that is found again after a flush of all is flushed by the next one too. */
static void every_flush_counts(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    map(&b, VA, 0, pte_of(DATA, V | R | A | D | U));
    set_mode(&b, RV_U);
    expect_ok(&b, VA, PT_READ, DATA);
    set_mode(&b, RV_S);
    for (uint64_t i = 0; i < 32; i++) /* long since something else */
        bench_set(&b, CSR_mstatus, (i & 1) << 18);
    fence_all(&b);
    set_mode(&b, RV_U);
    assert_false(cached(&b, VA, false));
    expect_ok(&b, VA, PT_READ, DATA);
    set_mode(&b, RV_S);
    for (uint64_t i = 0; i < 32; i++)
        bench_set(&b, CSR_mstatus, (i & 1) << 18);
    fence_all(&b);
    set_mode(&b, RV_U);
    assert_false(cached(&b, VA, false));
    bench_close(&b);
}

/* Execute-only pages: MXR opens them to loads, in its own situation. */
static void mxr_has_its_own_space(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    map(&b, VA, 0, pte_of(DATA, V | X | A | D));
    set_mode(&b, RV_S);
    expect_ok(&b, VA, PT_FETCH, DATA);
    assert_false(cached(&b, VA, false)); /* the right to fetch is not the right to read */
    expect_fault(&b, VA, PT_READ, page_fault);
    bench_set(&b, CSR_mstatus, BIT(19));
    expect_ok(&b, VA, PT_READ, DATA);
    assert_true(cached(&b, VA, false));
    bench_set(&b, CSR_mstatus, 0);
    assert_false(cached(&b, VA, false));
    expect_fault(&b, VA, PT_READ, page_fault);
    bench_close(&b);
}

/* SFENCE.VMA, all four forms, seen from three cached pages: (asid 1, a), (asid 1, b), (asid 2, a). */
static void fences(void **state)
{
    static const va_t a = VA, other = VA + 0x5000;
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned form = 0; form < 4; form++) {
        const uint64_t asid = 1 | UINT64_C(1) << 16; /* bits above ASIDLEN are ignored */
        struct fence f = {.has_va = form & 1, .has_asid = form & 2, .va = a + 0x123, .asid = asid};
        const uint64_t space1 = SV39 | UINT64_C(1) << 44 | ROOT >> 12, space2 = SV39 | UINT64_C(2) << 44 | ROOT >> 12;
        map(&b, a, 0, pte_of(DATA, V | R | A | D));
        bench_write64(&b, leaf_address(other, 0), pte_of(DATA, V | R | A | D));
        fence_all(&b);
        set_mode(&b, RV_S);
        bench_set(&b, CSR_satp, space2);
        expect_ok(&b, a, PT_READ, DATA);
        bench_set(&b, CSR_satp, space1);
        expect_ok(&b, a, PT_READ, DATA);
        expect_ok(&b, other, PT_READ, DATA);
        machine_fence(b.m, &f);
        assert_false(cached(&b, a, false));
        assert_int_equal(cached(&b, other, false), f.has_va);
        bench_set(&b, CSR_satp, space2);
        assert_int_equal(cached(&b, a, false), f.has_asid);
    }
    bench_close(&b);
}

/* One fence on any address of a superpage orders all of it [priv 12.2.1]. */
static void fence_within_a_superpage(void **state)
{
    struct fence f = {.has_va = true, .va = (VA & ~UINT64_C(0x1fffff)) + 0x1ff000};
    va_t base = VA & ~UINT64_C(0x1fffff);
    struct bench b;
    (void)state;
    open_plain(&b);
    set_mode(&b, RV_S);
    map(&b, base, 1, pte_of(BENCH_RAM, V | R | A | D));
    expect_ok(&b, base, PT_READ, BENCH_RAM);
    expect_ok(&b, base + 0x3000, PT_READ, BENCH_RAM + 0x3000);
    assert_true(cached(&b, base, false));
    machine_fence(b.m, &f);
    assert_false(cached(&b, base, false));
    assert_false(cached(&b, base + 0x3000, false));
    bench_close(&b);
}

/* The instruction's operands: x0 means all, a register that holds 0 means address 0 or ASID 0. */
static void fence_instruction_operands(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_satp, SV39 | UINT64_C(1) << 44 | ROOT >> 12);
    map(&b, VA, 0, pte_of(DATA, V | R | A | D));
    for (unsigned form = 0; form < 4; form++) {
        unsigned rs1 = form & 1 ? 5 : 0, rs2 = form & 2 ? 6 : 0;
        set_mode(&b, RV_S);
        expect_ok(&b, VA, PT_READ, DATA);
        set_mode(&b, RV_M);
        machine_set(b.m, RV_X + 5, 0);
        machine_set(b.m, RV_X + 6, 0);
        assert_int_equal(bench_step(&b, INSN_SFENCE_VMA | rs1 << 15 | rs2 << 20).kind, TRAP_BUDGET);
        set_mode(&b, RV_S);
        assert_int_equal(cached(&b, VA, false), form != 0);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cached_translations),      cmocka_unit_test(devices_are_not_cached),
        cmocka_unit_test(situations_do_not_mix),    cmocka_unit_test(mxr_has_its_own_space),
        cmocka_unit_test(every_flush_counts),       cmocka_unit_test(fences),
        cmocka_unit_test(fence_within_a_superpage), cmocka_unit_test(fence_instruction_operands),
    };
    return run_in_every_way(tests);
}
