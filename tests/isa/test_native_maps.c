/* test_native_maps.c - translated code and the address space: while a loop is hot its page is mapped elsewhere, with and without an
 * ASID, an ASID gets another space, and a device writes to the page. What the hart does is what one does that never translates.
 */
#include "isa/riscv/native.h"
#include "isa/riscv/table.h"
#include "tests/isa/assemble.h"
#include "tests/isa/translate_rig.h"

enum { LOOP = 4000, T0_ = 5, A0_ = 10, STEP_ONE = 1, STEP_TWO = 100, STEP_THREE = 1000 };
#define OTHER_PAGE (DATA + 0x1000)
#define OTHER_TABLES 0x20000

/* t0++; a jump over nothing; a0 += step; j back. What is written lies behind the jump, where machine code is not entered from
 * outside and decoding does not go on: nobody but the translator forgets what it was. */
static void put_loop(struct bench *b, pa_t pa, int64_t step)
{
    const uint32_t words[] = {asm_i(RV_INSN_addi, T0_, T0_, 1), asm_j(RV_INSN_jal, 0, 8), asm_match(RV_INSN_ebreak),
                              asm_i(RV_INSN_addi, A0_, A0_, step), asm_j(RV_INSN_jal, 0, -16)};
    assert_int_equal(machine_store(b->m, pa, words, sizeof words), 0);
}

static void open_loop(struct bench *b, uint64_t asid)
{
    open_plain(b);
    put_loop(b, DATA, STEP_ONE);
    put_loop(b, OTHER_PAGE, STEP_TWO);
    map(b, VA, 0, pte_of(DATA, V | X | A));
    bench_set(b, CSR_satp, SV39 | asid << 44 | ROOT >> 12);
    set_mode(b, RV_S);
    machine_set(b->m, MACHINE_PC, VA);
}

/* The sum after so many instructions more: a fourth of them adds. It is machine code that adds where there is a translator. */
static void expect_steps(struct bench *b, uint64_t step)
{
    const uint64_t before = machine_get(b->m, RV_X + A0_);
    uint64_t retired = 0;
    assert_int_equal(machine_run(b->m, LOOP, &retired).kind, TRAP_BUDGET);
    assert_int_equal(retired, LOOP);
    assert_int_equal(machine_get(b->m, RV_X + A0_) - before, LOOP / 4 * step);
    const struct native *n = this_way == WAY_NATIVE ? interpreter_of(b->h)->native : NULL;
    assert_true(!n || n->stretches > 0);
}

static void fence_page(struct bench *b, bool has_asid, uint64_t asid)
{
    const struct fence f = {.has_va = true, .va = VA, .has_asid = has_asid, .asid = asid};
    machine_fence(b->m, &f);
}

static void remapped(uint64_t asid, bool by_asid)
{
    struct bench b;
    open_loop(&b, asid);
    expect_steps(&b, STEP_ONE);
    for (unsigned turn = 0; turn < 4; turn++) {
        bench_write64(&b, leaf_address(VA, 0), pte_of(turn % 2 ? DATA : OTHER_PAGE, V | X | A));
        fence_page(&b, by_asid, asid);
        expect_steps(&b, turn % 2 ? STEP_ONE : STEP_TWO);
    }
    bench_close(&b);
}

static void a_hot_page_is_mapped_elsewhere(void **state)
{
    (void)state;
    remapped(0, false);
    remapped(7, false);
    remapped(7, true);
}

/* Two spaces with the same address of the loop. Then the second's ASID is given to a third, which only the fence makes seen. */
static void an_asid_is_used_again(void **state)
{
    struct bench b;
    (void)state;
    open_loop(&b, 1);
    const pa_t root = ROOT + OTHER_TABLES, leaf = LAST + OTHER_TABLES + 8 * index_of(VA, 0);
    bench_write64(&b, root + 8 * index_of(VA, 2), pte_of(MIDDLE + OTHER_TABLES, V));
    bench_write64(&b, MIDDLE + OTHER_TABLES + 8 * index_of(VA, 1), pte_of(LAST + OTHER_TABLES, V));
    bench_write64(&b, leaf, pte_of(OTHER_PAGE, V | X | A));
    for (unsigned turn = 0; turn < 4; turn++) {
        bench_set(&b, CSR_satp, SV39 | UINT64_C(1) << 44 | ROOT >> 12);
        expect_steps(&b, STEP_ONE);
        bench_set(&b, CSR_satp, SV39 | UINT64_C(2) << 44 | root >> 12);
        expect_steps(&b, STEP_TWO);
    }
    put_loop(&b, OTHER_PAGE + 0x1000, STEP_THREE);
    bench_write64(&b, leaf, pte_of(OTHER_PAGE + 0x1000, V | X | A));
    fence_page(&b, true, 2);
    expect_steps(&b, STEP_THREE);
    bench_set(&b, CSR_satp, SV39 | UINT64_C(1) << 44 | ROOT >> 12);
    expect_steps(&b, STEP_ONE);
    bench_close(&b);
}

/* As a virtio device does (virtio_queue.c): by the host's address, and then says what it has written. */
static void a_device_writes_to_a_hot_page(void **state)
{
    struct bench b;
    (void)state;
    open_loop(&b, 0);
    uint8_t *host = phys_host(b.phys, DATA + 12, 4);
    assert_non_null(host);
    for (int64_t step = 1; step < NATIVE_PATIENCE + 8; step++) {
        expect_steps(&b, (uint64_t)step);
        const uint32_t next = asm_i(RV_INSN_addi, A0_, A0_, step + 1);
        memcpy(host, &next, sizeof next);
        phys_written(b.phys, DATA + 12, sizeof next);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hot_page_is_mapped_elsewhere),
        cmocka_unit_test(an_asid_is_used_again),
        cmocka_unit_test(a_device_writes_to_a_hot_page),
    };
    return run_in_every_way(tests);
}
