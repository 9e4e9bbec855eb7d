/* test_budget.c - the end of a budget: at the very instruction, wherever that is, with what the simple engine has there. Around loops, in
 * straight code longer than what bodies retire between two looks, and in code that is written over while it is known.
 */
#include "isa/riscv/miss.h"
#include "isa/riscv/straight.h"
#include "tests/isa/hart_rig.h"

#include <string.h>

enum {
    BUDGETS = 3000,
    PLACES = 4,
    C_ADDI = 0x0505 /* c.addi a0,1 */,
    C_JUMP = 0xa009 /* to the next */,
    C_BACK = 0xfd75 /* c.bnez a0,-4 */
};

/* A hart in the way that is tried, and one that does the same by the simple engine. */
struct both {
    struct bench tried, simple;
};

static void both_open(struct both *t)
{
    const unsigned way = this_way;
    open_plain(&t->tried);
    this_way = WAY_SIMPLE;
    open_plain(&t->simple);
    this_way = way;
}

static void both_close(struct both *t)
{
    bench_close(&t->tried);
    bench_close(&t->simple);
}

static void both_put16(struct both *t, pa_t pa, uint16_t bits)
{
    put16(&t->tried, pa, bits);
    put16(&t->simple, pa, bits);
}

static void both_put32(struct both *t, pa_t pa, uint32_t bits)
{
    both_put16(t, pa, (uint16_t)bits);
    both_put16(t, pa + 2, (uint16_t)(bits >> 16));
}

static void both_set(struct both *t, reg_t r, uint64_t v)
{
    machine_set(t->tried.m, r, v);
    machine_set(t->simple.m, r, v);
}

/* What can be seen of the machine, for registers that programs here use, and the words of data. */
static uint64_t seen(const struct bench *b)
{
    uint64_t hash = machine_get(b->m, MACHINE_PC) * 3 + machine_get(b->m, MACHINE_RETIRED) * 5 + machine_get(b->m, MACHINE_CLOCK) * 7 +
                    bench_get(b, CSR_mscratch);
    for (unsigned n = 1; n < 32; n++)
        hash = hash * UINT64_C(6364136223846793005) + machine_get(b->m, X(n));
    for (pa_t pa = DATA; pa < DATA + 0x80; pa += 8)
        hash = hash * UINT64_C(6364136223846793005) + bench_read64(b, pa);
    return hash;
}

static void begin(struct bench *b)
{
    machine_reset(b->m);
    for (unsigned n = 1; n < 32; n++)
        machine_set(b->m, X(n), 0);
    for (pa_t pa = DATA; pa < DATA + 0x80; pa += 8)
        bench_write64(b, pa, 0);
    machine_set(b->m, X(S0), DATA);
    bench_set(b, CSR_mscratch, 0);
}

/* The same budget for both. Whatever comes in between, no more retires, and if nothing does no less. */
static struct trap both_run(struct both *t, uint64_t budget)
{
    uint64_t tried = 0, simple = 0;
    const struct trap trap = machine_run(t->tried.m, budget, &tried), like = machine_run(t->simple.m, budget, &simple);
    assert_int_equal(trap.kind, like.kind);
    assert_int_equal(tried, simple);
    assert_true(trap.kind == TRAP_BUDGET ? tried == budget : tried <= budget);
    assert_int_equal(seen(&t->tried), seen(&t->simple));
    return trap;
}

/* --- every budget around loops */

/* A short loop in a long one, with memory, a register that counts instructions and one that keeps what is written; 150 compressed
 * instructions in line; and a subroutine in another page. */
static void put_loops(struct bench *b)
{
    const pa_t loop = PUT(b, BENCH_CODE, ADDI(A1, ZERO, 0));
    pa_t at = PUT(b, loop, ADDI(A2, ZERO, 5), ADDI(A2, A2, -1), asm_r(RV_INSN_add, A1, A1, A2), asm_s(RV_INSN_sd, A1, S0, 8),
                  asm_b(RV_INSN_bne, A2, ZERO, -12), asm_i(RV_INSN_ld, A3, S0, 8), insn_csr(CSRRW, A4, CSR_mscratch, A3),
                  insn_csr(CSRRS, A5, CSR_cycle, ZERO), asm_i(RV_INSN_andi, A6, A3, 1), asm_b(RV_INSN_beq, A6, ZERO, 8),
                  ADDI(A7, A7, 3), asm_r(RV_INSN_amoadd_d, T0, S0, A7));
    for (unsigned n = 0; n < 150; n++, at += 2)
        put16(b, at, n % 7 ? C_ADDI : C_NOP);
    at = PUT(b, at, asm_j(RV_INSN_jal, RA, (int64_t)(BENCH_CODE + SUBROUTINE) - (int64_t)at));
    PUT(b, at, asm_j(RV_INSN_jal, ZERO, (int64_t)loop - (int64_t)at));
    PUT(b, BENCH_CODE + SUBROUTINE, asm_r(RV_INSN_mul, T1, A1, A0), asm_i(RV_INSN_jalr, ZERO, RA, 0));
}

static void every_budget_ends_there(void **state)
{
    static uint64_t there[BUDGETS + 1];
    struct both t;
    (void)state;
    both_open(&t);
    put_loops(&t.tried);
    put_loops(&t.simple);
    begin(&t.simple);
    for (unsigned n = 0; n <= BUDGETS; n++) {
        uint64_t one = 0;
        there[n] = seen(&t.simple);
        assert_int_equal(machine_run(t.simple.m, 1, &one).kind, TRAP_BUDGET);
    }
    for (unsigned from = 0; from < PLACES; from++) /* and when the budget begins elsewhere */
        for (uint64_t n = 1; n + from * 50 <= BUDGETS; n++) {
            uint64_t retired = 0;
            begin(&t.tried);
            if (from)
                assert_int_equal(machine_run(t.tried.m, from * 50, &retired).kind, TRAP_BUDGET);
            assert_int_equal(machine_run(t.tried.m, n, &retired).kind, TRAP_BUDGET);
            assert_int_equal(retired, from * 50 + n);
            assert_int_equal(seen(&t.tried), there[retired]);
        }
    both_close(&t);
}

/* --- code that is written over */

/* Jumps to the next instruction, every so many, are written over one by one, so that what is known to be short becomes long. */
static void grow(struct both *t, unsigned each)
{
    enum { COUNT = 400 };
    const unsigned last = COUNT / each * each - 1;
    for (unsigned n = 0; n < COUNT; n++)
        both_put16(t, BENCH_CODE + 2 * n, n % each == each - 1 ? C_JUMP : C_ADDI);
    for (unsigned written = each - 1; written < COUNT; written += each) {
        for (uint64_t budget = 300; budget > 0; budget--) { /* the first round decodes */
            both_set(t, MACHINE_PC, BENCH_CODE);
            both_run(t, budget);
        }
        both_put16(t, BENCH_CODE + 2 * (last - (last - written) / 2 / each * each), C_ADDI); /* some of the last, */
        both_put16(t, BENCH_CODE + 2 * written, C_ADDI);                                     /* and each in turn */
    }
}

/* Of every number of instructions from jump to jump, for what is fused ends elsewhere in each. */
static void straight_code_grows(void **state)
{
    (void)state;
    for (unsigned each = 36; each < 44; each++) {
        struct both t;
        both_open(&t);
        grow(&t, each);
        both_close(&t);
    }
}

static uint32_t random_instruction(uint64_t *seed, unsigned *length)
{
    const uint64_t r = bench_random(seed);
    const unsigned rd = A1 + (unsigned)(r >> 8 & 7) % 6, rs = A1 + (unsigned)(r >> 16 & 7) % 6;
    const int64_t near = (int64_t)(r >> 24 & 0x7e) - 0x40;
    *length = 4;
    switch (r % 32) {
    case 0: return asm_b(RV_INSN_bne, rd, rs, near);
    case 1: return asm_b(RV_INSN_bltu, rd, rs, near);
    case 2: return (r >> 40) % 8 ? ADDI(rd, rs, 1) : asm_j(RV_INSN_jal, ZERO, near);
    case 3: return asm_i(RV_INSN_ld, rd, S0, 16);
    case 4: return asm_s(RV_INSN_sd, rd, S0, 16);
    case 5: return insn_csr(CSRRW, rd, CSR_mscratch, rs);
    case 6: return insn_csr(CSRRS, rd, CSR_cycle, ZERO);
    case 7: return insn_csr(CSRRC, rd, CSR_mstatus, ZERO);
    case 8: return (r >> 40) % 8 ? asm_r(RV_INSN_mul, rd, rd, rs) : INSN_SFENCE_VMA;
    case 9: return asm_r(RV_INSN_amoadd_d, rd, S0, rs);
    case 10: return asm_u(RV_INSN_lui, rd, (int64_t)(r >> 44)); /* whose upper half may be any compressed instruction */
    case 11:
    case 12:
    case 13: return ADDI(rd, rs, (int64_t)(r >> 53));
    case 14: return asm_r(RV_INSN_add, rd, rd, rs);
    default: break;
    }
    *length = 2;
    return r % 32 == 15 ? C_BACK : r % 2 ? C_ADDI : C_NOP;
}

/* Random code, entered anywhere, in the middle of instructions, too, and written over all the time. */
static void random_code_that_changes(void **state)
{
    enum { SIZE = 0x1400, ROUNDS = 6000 };
    struct both t;
    uint64_t seed = 17, ends = 0;
    (void)state;
    both_open(&t);
    both_set(&t, X(S0), DATA);
    for (unsigned at = 0, length; at < SIZE; at += length)
        both_put32(&t, BENCH_CODE + at, random_instruction(&seed, &length));
    for (unsigned round = 0; round < ROUNDS; round++) {
        const uint64_t r = bench_random(&seed);
        unsigned length;
        if (r % 4 == 0) {
            const pa_t at = BENCH_CODE + (r >> 8) % (SIZE / 2) * 2;
            const uint32_t bits = random_instruction(&seed, &length);
            if (length == 2)
                both_put16(&t, at, (uint16_t)bits);
            else
                both_put32(&t, at, bits);
        }
        if (r % 8 == 1)
            both_set(&t, MACHINE_PC, BENCH_CODE + (r >> 20) % (SIZE / 2) * 2);
        if (both_run(&t, 1 + (r >> 40) % (r % 3 ? 150 : 1500)).kind == TRAP_BUDGET)
            ends++;
        else
            both_set(&t, MACHINE_PC, BENCH_CODE + (r >> 20) % (SIZE / 2) * 2);
    }
    assert_true(ends > ROUNDS / 4);
    both_close(&t);
}

/* --- where it costs nothing */

static bool looks(const struct bench *b, pa_t pa)
{
    const struct tlb_entry *e = &b->h->fetch->fetch[tlb_fetch_slot(BENCH_CODE)];
    return ((const struct code_page *)e->addend)->record[(pa & ~PAGE_MASK) / 2].body == rv_body_look;
}

/* In a long function a loop stands between the looks; and straight code has one in so many instructions. */
static void loops_do_not_look(void **state)
{
    enum { BEFORE = 50, BEHIND = 100, LOOP = 6 };
    struct bench b;
    uint64_t retired = 0;
    unsigned count = 0, since = 0;
    pa_t at = BENCH_CODE;
    (void)state;
    open_plain(&b);
    for (unsigned n = 0; n < BEFORE; n++, at += 2)
        put16(&b, at, C_ADDI);
    const pa_t loop = at;
    at = PUT(&b, at, ADDI(A1, A1, 1), asm_r(RV_INSN_xor, A2, A2, A1), asm_i(RV_INSN_slli, A3, A2, 2), asm_r(RV_INSN_add, A4, A4, A3),
             asm_i(RV_INSN_andi, A5, A1, 63), asm_b(RV_INSN_bne, A5, ZERO, -20));
    for (unsigned n = 0; n < BEHIND; n++, at += 2)
        put16(&b, at, C_ADDI);
    PUT(&b, at, asm_j(RV_INSN_jal, ZERO, (int64_t)BENCH_CODE - (int64_t)at));
    assert_int_equal(machine_run(b.m, 100000, &retired).kind, TRAP_BUDGET);
    for (pa_t pa = BENCH_CODE; way_decodes() && pa < at; pa += pa >= loop && pa < loop + 4 * LOOP ? 4 : 2) {
        const bool look = looks(&b, pa);
        assert_false(look && pa >= loop && pa < loop + 4 * LOOP);
        since = look ? 0 : since + 1;
        count += look;
        assert_true(since <= HART_SLICE);
    }
    assert_true(!way_decodes() || (count >= 2 && count <= 4));
    bench_close(&b);
}

static unsigned canary_runs;

static enum body_result canary(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    canary_runs++;
    return rv_careful(h, i, left);
}

/* Tests and the laboratory compare fast bodies with careful ones: a budget of one is the careful one's, whatever the record has for a body. */
static void a_budget_of_one_is_careful(void **state)
{
    uint64_t retired = 0;
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, asm_j(RV_INSN_jal, ZERO, 4), asm_j(RV_INSN_jal, ZERO, 0)); /* jumps look: one is enough to enter them */
    assert_int_equal(machine_run(b.m, 100000, &retired).kind, TRAP_BUDGET);
    if (way_decodes()) {
        struct code_page *p = (struct code_page *)b.h->fetch->fetch[tlb_fetch_slot(BENCH_CODE)].addend;
        p->record[(BENCH_CODE & (PAGE_SIZE - 1)) / 2].body = canary;
        for (uint64_t budget = 1; budget <= 100000; budget += 99999) {
            canary_runs = 0;
            machine_set(b.m, MACHINE_PC, BENCH_CODE);
            assert_int_equal(machine_run(b.m, budget, &retired).kind, TRAP_BUDGET);
            assert_int_equal(canary_runs, budget > 1);
        }
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_budget_ends_there),    cmocka_unit_test(straight_code_grows),
        cmocka_unit_test(random_code_that_changes),   cmocka_unit_test(loops_do_not_look),
        cmocka_unit_test(a_budget_of_one_is_careful),
    };
    return run_in_every_way(tests);
}
