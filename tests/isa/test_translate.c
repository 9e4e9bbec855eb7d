/* Translation in the hart, from the manual [priv 12.3.2, 12.4, 12.5, 3.1.6.3, 3.7]: every permission situation against an oracle, A
 * and D by both rules, superpages, non-canonical addresses, MPRV, PMP on tables and targets; and programs under it.
 */
#include "tests/isa/translate_rig.h"

/* Steps 3, 5-9 of [priv 12.3.2] for a 4 KiB leaf with these low bits: may it, and what does the leaf become? */
static bool oracle(uint64_t bits, enum pt_kind kind, uint64_t mode, bool sum, bool mxr, bool adue, uint64_t *after)
{
    *after = bits;
    if (!(bits & V) || (!(bits & R) && (bits & W)))
        return false;
    if (!(bits & (R | X)))
        return false; /* a pointer at the last level */
    if (mode == RV_U && !(bits & U))
        return false;
    if (mode == RV_S && (bits & U) && (kind == PT_FETCH || !sum))
        return false;
    bool may = kind == PT_READ ? (bits & R) || (mxr && (bits & X)) : kind == PT_WRITE ? bits & W : bits & X;
    if (!may)
        return false;
    uint64_t need = kind == PT_WRITE ? A | D : A;
    if ((bits & need) == need)
        return true;
    if (!adue)
        return false;
    *after = bits | need;
    return true;
}

static void every_permission_situation(void **state)
{
    struct bench b;
    unsigned granted = 0;
    (void)state;
    open_plain(&b);
    for (unsigned situation = 0; situation < 16; situation++) {
        uint64_t mode = situation & 1 ? RV_S : RV_U;
        bool sum = situation & 2, mxr = situation & 4, adue = situation & 8;
        bench_set(&b, CSR_menvcfg, adue ? ADUE : 0);
        bench_set(&b, CSR_mstatus, (sum ? BIT(18) : 0) | (mxr ? BIT(19) : 0));
        set_mode(&b, mode);
        for (unsigned bits = 0; bits < 256; bits++) {
            for (enum pt_kind kind = PT_READ; kind <= PT_FETCH; kind++) {
                uint64_t after;
                bool may = oracle(bits, kind, mode, sum, mxr, adue, &after);
                map(&b, VA, 0, pte_of(DATA, bits));
                for (unsigned again = 0; again < 2; again++) { /* cold and warm */
                    if (may)
                        expect_ok(&b, VA + 0x123, kind, DATA + 0x123);
                    else
                        expect_fault(&b, VA + 0x123, kind, page_fault);
                }
                assert_int_equal(bench_read64(&b, leaf_address(VA, 0)), pte_of(DATA, after));
                granted += may;
            }
        }
    }
    assert_in_range(granted, 500, 4000);
    bench_close(&b);
}

static void reserved_bits_fault(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    set_mode(&b, RV_S);
    for (unsigned bit = 54; bit < 64; bit++) { /* N, PBMT, reserved: absent extensions [priv 12.4.1] */
        map(&b, VA, 0, pte_of(DATA, V | R | W | X | A | D) | BIT(bit));
        expect_fault(&b, VA, PT_READ, page_fault);
    }
    map(&b, VA, 0, pte_of(DATA, V | R | W | X | A | D) | BIT(8) | BIT(9)); /* RSW is software's */
    expect_ok(&b, VA, PT_READ, DATA);
    bench_close(&b);
}

static void superpages(void **state)
{
    static const uint64_t satp[] = {SV39 | ROOT >> 12, SV48 | TOP48 >> 12};
    struct bench b;
    (void)state;
    open_plain(&b);
    set_mode(&b, RV_S);
    for (unsigned f = 0; f < 2; f++) {
        bench_set(&b, CSR_satp, satp[f]);
        for (unsigned level = 0; level <= 2 + f; level++) {
            uint64_t size = UINT64_C(4096) << (9 * level), base = BENCH_RAM & ~(size - 1), offset = BENCH_RAM + 0x3210;
            va_t va = (UINT64_C(0x1234567000) & ~(size - 1)) + (offset & (size - 1));
            map(&b, va, level, pte_of(level ? base : BENCH_RAM + 0x3000, V | R | W | A | D));
            expect_ok(&b, va, PT_READ, offset);
            expect_ok(&b, va, PT_WRITE, offset);
            expect_fault(&b, va, PT_FETCH, page_fault);
            for (unsigned bit = 12; level && bit < 12 + 9 * level; bit++) { /* a superpage that is not aligned */
                map(&b, va, level, pte_of(base | BIT(bit), V | R | W | A | D));
                expect_fault(&b, va, PT_READ, page_fault);
            }
        }
    }
    bench_close(&b);
}

/* Sv39 wants bits 63:39 equal to bit 38, Sv48 63:48 to bit 47. */
static void canonical_addresses(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    set_mode(&b, RV_S);
    for (unsigned f = 0; f < 2; f++) {
        unsigned top = f ? 48 : 39;
        va_t low = VA & (BIT(top - 1) - 1), high = low | ~(BIT(top - 1) - 1);
        bench_set(&b, CSR_satp, f ? SV48 | TOP48 >> 12 : SV39 | ROOT >> 12);
        map(&b, low, 0, pte_of(DATA, V | R | W | X | A | D));
        map(&b, high, 0, pte_of(DATA, V | R | W | X | A | D));
        for (enum pt_kind kind = PT_READ; kind <= PT_FETCH; kind++) {
            expect_ok(&b, low, kind, DATA);
            expect_ok(&b, high, kind, DATA);
            for (unsigned bit = top - 1; bit < 64; bit++) {
                expect_fault(&b, low ^ BIT(bit), kind, page_fault);
                expect_fault(&b, high ^ BIT(bit), kind, page_fault);
            }
        }
    }
    bench_close(&b);
}

static void bare_and_m_do_not_translate(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_mstatus, BIT(18) | BIT(19));
    for (unsigned n = 0; n < 3; n++) {
        set_mode(&b, modes[n]);
        bench_set(&b, CSR_satp, modes[n] == RV_M ? SV39 | ROOT >> 12 : 0);
        for (enum pt_kind kind = PT_READ; kind <= PT_FETCH; kind++) {
            expect_ok(&b, DATA + 5, kind, DATA + 5);
            expect_fault(&b, OUTSIDE, kind, access_fault);
            expect_fault(&b, DATA | BIT(60), kind, access_fault);
        }
    }
    bench_close(&b);
}

/* Loads and stores of M under MPRV go as MPP says; fetches do not. Other modes have no MPRV. */
static void mprv(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    map(&b, VA, 0, pte_of(DATA, V | R | W | X | A | D));                                      /* S page */
    bench_write64(&b, leaf_address(VA + 0x1000, 0), pte_of(DATA, V | R | W | X | A | D | U)); /* U page */
    set_mode(&b, RV_M);
    for (uint64_t mpp = 0; mpp < 4; mpp += mpp == 1 ? 2 : 1) {
        for (unsigned sum = 0; sum < 2; sum++) {
            bench_set(&b, CSR_mstatus, BIT(17) | mpp << 11 | (uint64_t)sum << 18);
            for (enum pt_kind kind = PT_READ; kind <= PT_WRITE; kind++) {
                if (mpp == RV_M) {
                    expect_ok(&b, DATA, kind, DATA);
                    continue;
                }
                if (mpp == RV_S)
                    expect_ok(&b, VA, kind, DATA);
                else
                    expect_fault(&b, VA, kind, page_fault);
                if (mpp == RV_U || sum)
                    expect_ok(&b, VA + 0x1000, kind, DATA);
                else
                    expect_fault(&b, VA + 0x1000, kind, page_fault);
            }
            expect_ok(&b, DATA, PT_FETCH, DATA);
            expect_fault(&b, VA, PT_FETCH, access_fault);
        }
    }
    bench_set(&b, CSR_mstatus, BIT(17) | BIT(11) | BIT(12)); /* MPP = M; and S stays S */
    set_mode(&b, RV_S);
    expect_ok(&b, VA, PT_READ, DATA);
    bench_close(&b);
}

/* MPRV and MPP also decide as whom PMP sees the access. */
static void mprv_and_pmp(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_satp, 0);
    bench_set(&b, CSR_pmpcfg0, 0);
    set_mode(&b, RV_M);
    expect_ok(&b, DATA, PT_WRITE, DATA);
    bench_set(&b, CSR_mstatus, BIT(17));
    expect_fault(&b, DATA, PT_WRITE, access_fault);
    expect_ok(&b, DATA, PT_FETCH, DATA);
    bench_set(&b, CSR_mstatus, BIT(17) | BIT(11));
    expect_fault(&b, DATA, PT_READ, access_fault);
    bench_set(&b, CSR_mstatus, BIT(17) | BIT(11) | BIT(12));
    expect_ok(&b, DATA, PT_READ, DATA);
    bench_close(&b);
}

/* Tables are read, and their A and D bits written, as S does; a refusal is an access fault of the access's own kind. */
static void pmp_guards_tables_and_target(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_menvcfg, ADUE);
    bench_set(&b, CSR_pmpaddr1, ~UINT64_C(0)); /* behind entry 0, all is allowed */
    bench_set(&b, CSR_pmpcfg0, 0x1f1f);
    for (uint64_t mode = RV_U; mode <= RV_S; mode++) {
        set_mode(&b, mode);
        uint64_t leaf = pte_of(DATA, V | R | W | X | (mode == RV_U ? U : 0));
        const pa_t tables[] = {ROOT, MIDDLE, LAST};
        for (enum pt_kind kind = PT_READ; kind <= PT_FETCH; kind++) {
            for (unsigned t = 0; t < 3; t++) {
                map(&b, VA, 0, leaf | A | D);
                pmp_napot(&b, 0, tables[t], 4096, 4); /* X alone does not let a walk read */
                expect_fault(&b, VA, kind, access_fault);
                pmp_napot(&b, 0, tables[t], 4096, 1); /* read only is enough to walk */
                expect_ok(&b, VA, kind, DATA);
            }
            map(&b, VA, 0, leaf); /* A is clear: the walk has to write the last table */
            expect_fault(&b, VA, kind, access_fault);
            assert_int_equal(bench_read64(&b, leaf_address(VA, 0)), leaf);
            pmp_napot(&b, 0, LAST, 4096, 3);
            expect_ok(&b, VA, kind, DATA);
            assert_int_equal(bench_read64(&b, leaf_address(VA, 0)), leaf | A | (kind == PT_WRITE ? D : 0));
            map(&b, VA, 0, leaf);
            pmp_napot(&b, 0, DATA, 4096, 0); /* the target itself, after the translation: A and D are set */
            expect_fault(&b, VA, kind, access_fault);
            assert_int_equal(bench_read64(&b, leaf_address(VA, 0)), leaf | A | (kind == PT_WRITE ? D : 0));
        }
    }
    bench_close(&b);
}

static void tables_outside_memory(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    set_mode(&b, RV_S);
    for (enum pt_kind kind = PT_READ; kind <= PT_FETCH; kind++) {
        map(&b, VA, 1, pte_of(OUTSIDE, V));
        expect_fault(&b, VA, kind, access_fault);
        map(&b, VA, 0, pte_of(OUTSIDE, V | R | W | X | A | D)); /* the target is not there */
        expect_fault(&b, VA, kind, access_fault);
        bench_set(&b, CSR_satp, SV39 | OUTSIDE >> 12);
        expect_fault(&b, VA, kind, access_fault);
        bench_set(&b, CSR_satp, SV39 | ROOT >> 12);
    }
    bench_close(&b);
}

/* --- through the running hart */

enum { LD_A0_A1 = 0x0005b503, SD_A0_A1 = 0x00a5b023, LD_A0_5_A1 = 0x0055b503 };

/* Code and data through Sv39, with faults as the manual says: pc, cause, tval, and that nothing happened. */
static void running_under_translation(void **state)
{
    const va_t code = VA, data = VA + 0x1000;
    uint32_t program[] = {LD_A0_A1, SD_A0_A1, INSN_NOP};
    uint64_t retired = 0;
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_menvcfg, 0);
    map(&b, code, 0, pte_of(BENCH_CODE, V | X | U | A));
    bench_write64(&b, leaf_address(data, 0), pte_of(DATA, V | R | W | U | A));
    bench_write64(&b, DATA, 0x1122334455667788);
    assert_int_equal(machine_store(b.m, BENCH_CODE, program, sizeof program), 0);
    machine_set(b.m, RV_X + 11, data);
    machine_set(b.m, MACHINE_PC, code);
    set_mode(&b, RV_U);
    struct trap t = machine_run(b.m, 10, &retired);
    assert_int_equal(retired, 1);
    assert_int_equal(machine_get(b.m, RV_X + 10), 0x1122334455667788);
    assert_int_equal(t.cause, 15); /* Svade: D is clear */
    assert_int_equal(t.tval, data);
    assert_int_equal(t.row, RV_INSN_sd);
    assert_int_equal(t.bits, SD_A0_A1);
    assert_int_equal(t.length, 4);
    assert_int_equal(machine_get(b.m, MACHINE_PC), code + 4);

    set_mode(&b, RV_M);
    bench_set(&b, CSR_menvcfg, ADUE);
    set_mode(&b, RV_U);
    machine_set(b.m, RV_X + 10, 42);
    t = machine_run(b.m, 2, &retired);
    assert_int_equal(t.kind, TRAP_BUDGET);
    assert_int_equal(bench_read64(&b, DATA), 42);
    assert_int_equal(bench_read64(&b, leaf_address(data, 0)) & (A | D), A | D);

    bench_write64(&b, leaf_address(code, 0), pte_of(BENCH_CODE, V | X | A)); /* no longer U */
    fence_all(&b);
    machine_set(b.m, MACHINE_PC, code + 8);
    t = machine_run(b.m, 1, &retired);
    assert_int_equal(t.cause, 12);
    assert_int_equal(t.tval, code + 8);
    assert_int_equal(t.row, INSN_NONE);
    set_mode(&b, RV_S); /* S may */
    assert_int_equal(machine_run(b.m, 1, &retired).kind, TRAP_BUDGET);
    bench_close(&b);
}

/* A load across two pages faults with the address of its part on the second, and leaves the register alone. */
static void misaligned_across_pages(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    map(&b, VA, 0, pte_of(DATA, V | R | W | A | D));
    bench_write64(&b, leaf_address(VA + 0x1000, 0), pte_of(DATA + 0x3000, V | R | W | A | D)); /* not adjacent */
    bench_write64(&b, DATA + 0xff8, 0x8877665544332211);
    bench_write64(&b, DATA + 0x3000, 0x00ffeeddccbbaa99);
    set_mode(&b, RV_M);
    bench_set(&b, CSR_mstatus, BIT(17) | BIT(11)); /* loads as S */
    machine_set(b.m, RV_X + 11, VA + 0xff8);
    assert_int_equal(bench_step(&b, LD_A0_5_A1).kind, TRAP_BUDGET);
    assert_int_equal(machine_get(b.m, RV_X + 10), 0xddccbbaa99887766);
    bench_write64(&b, leaf_address(VA + 0x1000, 0), 0);
    fence_all(&b);
    machine_set(b.m, RV_X + 10, 7);
    struct trap t = bench_step(&b, LD_A0_5_A1);
    assert_int_equal(t.cause, 13);
    assert_int_equal(t.tval, VA + 0x1000);
    assert_int_equal(machine_get(b.m, RV_X + 10), 7);
    machine_set(b.m, RV_X + 11, VA + 0xffd);
    t = bench_step(&b, SD_A0_A1);
    assert_int_equal(t.cause, 15);
    assert_int_equal(t.tval, VA + 0x1000);
    assert_int_equal(bench_read64(&b, DATA + 0xff8), 0x8877665544332211); /* checked whole before a byte is written */
    bench_close(&b);
}

/* Code follows satp and fences too: the same virtual address, other code. */
static void fetch_follows_the_address_space(void **state)
{
    enum { LI_A0_1 = 0x00100513, LI_A0_2 = 0x00200513 };
    uint32_t one = LI_A0_1, two = LI_A0_2;
    uint64_t retired = 0;
    struct bench b;
    (void)state;
    open_plain(&b);
    assert_int_equal(machine_store(b.m, DATA, &one, 4), 0);
    assert_int_equal(machine_store(b.m, DATA + 0x1000, &two, 4), 0);
    map(&b, VA, 0, pte_of(DATA, V | X | A));
    set_mode(&b, RV_S);
    for (unsigned i = 0; i < 4; i++) {
        machine_set(b.m, MACHINE_PC, VA);
        assert_int_equal(machine_run(b.m, 1, &retired).kind, TRAP_BUDGET);
        assert_int_equal(machine_get(b.m, RV_X + 10), 1 + (i & 1));
        bench_write64(&b, leaf_address(VA, 0), pte_of(i & 1 ? DATA : DATA + 0x1000, V | X | A));
        fence_all(&b);
    }
    bench_close(&b);
}

/* The instruction after a write of satp, or after a fence, comes from where the new translation says: same address, other page. */
static void the_next_instruction_is_fetched_anew(void **state)
{
    enum { LI_A0_1 = 0x00100513, LI_A0_2 = 0x00200513, CSRW_SATP_A1 = 0x18059073 };
    static const uint32_t first[] = {CSRW_SATP_A1, LI_A0_1, INSN_SFENCE_VMA, LI_A0_1};
    static const uint32_t second[] = {INSN_NOP, LI_A0_2, INSN_NOP, LI_A0_2};
    const pa_t other_root = BENCH_RAM + 0x120000;
    uint64_t retired = 0;
    struct bench b;
    (void)state;
    open_plain(&b);
    assert_int_equal(machine_store(b.m, DATA, first, sizeof first), 0);
    assert_int_equal(machine_store(b.m, DATA + 0x1000, second, sizeof second), 0);
    map(&b, VA, 0, pte_of(DATA, V | X | A));
    bench_write64(&b, other_root + 8 * index_of(VA, 2), pte_of(MIDDLE + 0x20000, V));
    bench_write64(&b, MIDDLE + 0x20000 + 8 * index_of(VA, 1), pte_of(LAST + 0x20000, V));
    bench_write64(&b, LAST + 0x20000 + 8 * index_of(VA, 0), pte_of(DATA + 0x1000, V | X | A));
    machine_set(b.m, RV_X + 11, SV39 | other_root >> 12);
    machine_set(b.m, MACHINE_PC, VA);
    set_mode(&b, RV_S);
    assert_int_equal(machine_run(b.m, 2, &retired).kind, TRAP_BUDGET);
    assert_int_equal(machine_get(b.m, RV_X + 10), 2);

    bench_set(&b, CSR_satp, SV39 | ROOT >> 12);
    machine_set(b.m, MACHINE_PC, VA + 4);
    assert_int_equal(machine_run(b.m, 1, &retired).kind, TRAP_BUDGET);
    assert_int_equal(machine_get(b.m, RV_X + 10), 1);
    bench_write64(&b, leaf_address(VA, 0), pte_of(DATA + 0x1000, V | X | A)); /* seen once the program fences */
    assert_int_equal(machine_run(b.m, 2, &retired).kind, TRAP_BUDGET);
    assert_int_equal(machine_get(b.m, RV_X + 10), 2);
    bench_close(&b);
}

static uint64_t sum_of(uint64_t old, uint64_t operand, unsigned size)
{
    (void)size;
    return old + operand;
}

/* A program that forgets the fence: a careful AMO goes by what the TLB knows, as the fast one does, and as loads and stores do. Else it
 * would show where a budget ends. */
static void a_forgotten_fence(void **state)
{
    struct bench b;
    uint64_t old;
    (void)state;
    open_plain(&b);
    map(&b, VA, 0, pte_of(DATA, V | R | W | A | D));
    set_mode(&b, RV_S);
    assert_true(hart_store(b.h, VA, 8, 7));    /* now the TLB knows the page */
    bench_write64(&b, leaf_address(VA, 0), 0); /* and is not told of this */
    assert_true(hart_amo(b.h, VA, 8, sum_of, 2, &old));
    assert_int_equal(old, 7);
    assert_int_equal(bench_read64(&b, DATA), 9);
    fence_all(&b);
    assert_false(hart_amo(b.h, VA, 8, sum_of, 2, &old));
    assert_int_equal(b.h->trap->cause, page_fault[PT_WRITE]);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_permission_situation),
        cmocka_unit_test(reserved_bits_fault),
        cmocka_unit_test(superpages),
        cmocka_unit_test(canonical_addresses),
        cmocka_unit_test(bare_and_m_do_not_translate),
        cmocka_unit_test(mprv),
        cmocka_unit_test(mprv_and_pmp),
        cmocka_unit_test(pmp_guards_tables_and_target),
        cmocka_unit_test(tables_outside_memory),
        cmocka_unit_test(running_under_translation),
        cmocka_unit_test(misaligned_across_pages),
        cmocka_unit_test(fetch_follows_the_address_space),
        cmocka_unit_test(the_next_instruction_is_fetched_anew),
        cmocka_unit_test(a_forgotten_fence),
    };
    return run_in_every_way(tests);
}
