/* test_lockstep.c - two machines in lock step: equal where the VMM is right, and where it is wrong in one place (faults.h) the
 * divergence is found at the instruction that an observer of the bare machine alone says it must be.
 */
#include "tests/core/lockstep_rig.h"

#include <stdio.h>

static void show(const struct lockstep_report *r)
{
    char why[512];

    lockstep_explain(r, r->row == INSN_NONE ? NULL : &isa_riscv.rows[r->row], why, sizeof why);
    print_message("  %llu..%llu pc %llx: %s\n", (unsigned long long)r->retired, (unsigned long long)r->seen, (unsigned long long)r->pc,
                  why);
    for (unsigned i = 0; i < r->differences && i < LOCKSTEP_DIFFERENCES; i++)
        print_message("    %s: %llx %llx\n", r->difference[i].name, (unsigned long long)r->difference[i].value[0],
                      (unsigned long long)r->difference[i].value[1]);
}

/* How many instructions have retired when the machine stands before the n-th one that is `word`. */
static uint64_t when_executes(struct program *program, uint32_t word, unsigned n)
{
    struct oracle o;
    uint64_t when = UINT64_MAX;

    oracle_begin(&o, program);
    do
        if (word_at(oracle_machine(&o), machine_get(oracle_machine(&o), MACHINE_PC)) == word && --n == 0)
            when = oracle_retired(&o);
    while (when == UINT64_MAX && oracle_step(&o));
    oracle_end(&o);
    assert_int_not_equal(when, UINT64_MAX);
    return when;
}

/* ... before the one that takes the n-th interrupt. */
static uint64_t when_interrupted(unsigned n)
{
    struct oracle o;
    uint64_t when;

    oracle_begin(&o, NULL);
    do
        when = oracle_retired(&o);
    while (oracle_step(&o) && o.interrupts < n);
    oracle_end(&o);
    return when;
}

/* ... before the SRET after which SPIE is set and was not. An interrupt that comes at once hides it. */
static uint64_t when_spie(void)
{
    struct oracle o;
    uint64_t when, status;
    uint32_t word;

    oracle_begin(&o, NULL);
    do {
        when = oracle_retired(&o);
        word = word_at(oracle_machine(&o), machine_get(oracle_machine(&o), MACHINE_PC));
        status = machine_get(oracle_machine(&o), RV_CSR + CSR_mstatus);
        (void)oracle_step(&o);
    } while (word != SRET || bits_get(status, MSTATUS_SPIE, 1) ||
             !(machine_get(oracle_machine(&o), RV_CSR + CSR_mstatus) >> MSTATUS_SPIE & 1));
    oracle_end(&o);
    return when;
}

/* ... before the one that sets D in the PTE at pa. */
static uint64_t when_dirty(pa_t pa)
{
    struct oracle o;
    uint64_t when, pte;

    oracle_begin(&o, NULL);
    do {
        when = oracle_retired(&o);
        (void)oracle_step(&o);
        assert_int_equal(machine_load(oracle_machine(&o), pa, &pte, sizeof pte), 0);
    } while (!(pte & SV_D));
    oracle_end(&o);
    return when;
}

/* --- Equal */

static void test_equal(void **state)
{
    static const uint64_t every[] = {1, 2, 63, 64, 1000, 1000000};
    uint64_t retired = 0;

    (void)state;
    for (unsigned depth = 1; depth <= DEPTH; depth++)
        for (unsigned i = 0; i < sizeof every / sizeof *every; i++) {
            struct bench b = {.depth = depth, .shadow = (enum shadow_policy)((i + depth) % SHADOW_POLICIES)};
            struct lockstep_report r = run(&b, every[i], UINT64_MAX);
            if (r.verdict != LOCKSTEP_EQUAL)
                show(&r);
            assert_int_equal(r.verdict, LOCKSTEP_EQUAL);
            assert_int_equal(r.result[0].end, END_STUCK); /* its last ebreak finds no handler */
            assert_int_equal(r.result[1].end, END_STUCK);
            assert_true(retired == 0 || r.retired == retired);
            assert_true(r.traps > ROUNDS && r.accesses == 2 * ROUNDS && r.pages > 0 && r.comparisons > 0);
            retired = r.retired;
            assert_int_equal(b.made, 2);
        }
}

static void test_hybrid_equal(void **state)
{
    struct bench b = {.depth = 1, .monitor = VMM_HYBRID};

    (void)state;
    assert_int_equal(run(&b, 1, UINT64_MAX).verdict, LOCKSTEP_EQUAL);
}

static void test_limit_and_stop(void **state)
{
    struct bench b = {.depth = 1}, stopped = {.depth = 1, .stop = true};
    struct program forever = {0};

    (void)state;
    emit(&forever, 0x0000006f); /* j . */
    b.program = stopped.program = &forever;
    struct lockstep_report r = run(&b, 1, 123);
    assert_int_equal(r.verdict, LOCKSTEP_LIMIT);
    assert_int_equal(r.retired, 123);
    r = run(&b, 1000, 3000000);
    assert_int_equal(r.verdict, LOCKSTEP_LIMIT);
    assert_int_equal(r.retired, 3000000);
    assert_true(b.told >= 2500000);
    r = run(&stopped, 1000, UINT64_MAX);
    assert_int_equal(r.verdict, LOCKSTEP_INTERRUPTED);
    assert_int_equal(r.retired, stopped.told);
}

/* Wherever it is interrupted, it says so, and not that the search found nothing. */
static void test_search_interrupted(void **state)
{
    unsigned searching = 0;

    (void)state;
    for (unsigned n = 1;; n++) {
        struct bench b = {.depth = 1, .shadow = SHADOW_FLUSH, .plant = fault_side_effect, .ends_at = n};
        const struct lockstep_report r = run(&b, 1000000, UINT64_MAX);
        if (r.verdict == LOCKSTEP_DIVERGED) {
            assert_true(r.exact);
            break;
        }
        assert_int_equal(r.verdict, LOCKSTEP_INTERRUPTED);
        searching += r.seen > r.retired;
    }
    assert_true(searching > 10);
}

/* --- Seeded faults. Found at `when`, however far apart the looks are, at any depth and under both policies. */

static const uint64_t lasting[] = {1, 7, 1000, 1000000}, passing[] = {1, 2, 3, 1}; /* what leaves no trace must be looked for */

static struct lockstep_report caught(plant_fn *plant, enum shadow_policy shadow, uint64_t when, const uint64_t every[4])
{
    struct lockstep_report r = {0};

    for (unsigned depth = 1; depth <= 2; depth++)
        for (unsigned i = 0; i < 4; i++) {
            struct bench b = {.depth = depth, .shadow = shadow, .plant = plant};
            r = run(&b, every[i], UINT64_MAX);
            if (i == 0 && depth == 1)
                show(&r);
            assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
            assert_true(r.exact);
            assert_int_equal(r.retired, when);
            assert_int_equal(r.seen, when + 1);
            assert_true(r.differences > 0);
            assert_int_equal(r.pc, b.before_pc);
        }
    return r;
}

static void test_side_effect(void **state)
{
    struct lockstep_report r = caught(fault_side_effect, SHADOW_FLUSH, when_spie(), lasting);

    (void)state;
    assert_true(names(&r, "mstatus.SPIE"));
    assert_int_equal(r.row, RV_INSN_sret);
    assert_int_equal(r.doing[LOCKSTEP_VIRTUAL].v_i, RV_INSN_sret);
    assert_int_equal(r.doing[LOCKSTEP_BARE].traps, 0);
    explains(&r, &isa_riscv.rows[r.row], "sret trapped to the VMM, as it should, and its v_i");
}

static void test_leaf(void **state)
{
    struct lockstep_report r = caught(fault_leaf, SHADOW_FLUSH, when_dirty(PROGRAM_PAGE(5) + 2 * 8), lasting);
    char name[40];

    (void)state;
    snprintf(name, sizeof name, "memory at 0x%llx", (unsigned long long)PROGRAM_PAGE(5) + 16);
    assert_true(names(&r, name));
    assert_int_equal(r.difference[0].value[0] ^ r.difference[0].value[1], SV_D);
    explains(&r, &isa_riscv.rows[RV_INSN_sd], "wrong shadow leaf");
}

static void test_interrupt(void **state)
{
    struct lockstep_report r = caught(fault_interrupt, SHADOW_TRACE, when_interrupted(FAULT_INTERRUPT), passing);

    (void)state;
    assert_true(r.doing[LOCKSTEP_BARE].traps > 0);
    assert_int_equal(r.doing[LOCKSTEP_BARE].trap[0].kind, TRAP_INTERRUPT);
    assert_int_equal(r.doing[LOCKSTEP_BARE].trap[0].cause, RV_IRQ_STI);
    assert_int_equal(r.doing[LOCKSTEP_VIRTUAL].traps, 0);
    assert_true(names(&r, "mode") && names(&r, "traps delivered"));
    explains(&r, NULL, "The bare machine took interrupt 5 here, the virtual one no trap");
}

static void test_fence(void **state)
{
    uint32_t load = i_type(0x03, 3, T0, S4, 24); /* of the page that was mapped anew: the second time something stale is there */
    struct lockstep_report r = caught(fault_fence, SHADOW_FLUSH, when_executes(NULL, load, 2), lasting);

    (void)state;
    assert_true(names(&r, "t0"));
    explains(&r, &isa_riscv.rows[RV_INSN_ld], "stale or wrong shadow leaf");
    assert_true(r.stale[LOCKSTEP_VIRTUAL] && !r.stale[LOCKSTEP_BARE] && !r.unfenced); /* for the guest did */
}

static void test_counter(void **state)
{
    uint32_t read = i_type(0x73, 2, T1, ZERO, CSR_time);
    struct lockstep_report r = caught(fault_counter, SHADOW_FLUSH, when_executes(NULL, read, 1), lasting);

    (void)state;
    assert_true(names(&r, "t1") && r.differences == 1);
    assert_int_equal(r.doing[LOCKSTEP_VIRTUAL].vmm_traps, 0);
    explains(&r, &isa_riscv.rows[RV_INSN_csrrs], "csrrs is sensitive and did not trap");
}

static void test_silent_write(void **state)
{
    struct lockstep_report r = caught(fault_silent, SHADOW_FLUSH, when_executes(NULL, SRET, FAULT_SILENT), lasting);

    (void)state;
    assert_int_equal(r.differences, 1);
    assert_int_equal(r.difference[0].kind, DIFFERS_MEMORY);
    assert_int_equal(r.difference[0].value[0] ^ r.difference[0].value[1], UINT64_C(1) << 40);
}

/* Neither a trap nor an instruction gives a reason to look at sscratch. D looks for interrupts after the instruction, too. */
static void test_whim(void **state)
{
    struct lockstep_report r = caught(fault_whim, SHADOW_FLUSH, FAULT_WHIM - 1, passing);

    (void)state;
    assert_true(names(&r, "sscratch") && r.differences == 1);
}

static void test_stop(void **state)
{
    struct lockstep_report r = caught(fault_stop, SHADOW_FLUSH, when_executes(NULL, SRET, 1), lasting);

    (void)state;
    assert_true(names(&r, "end"));
    assert_int_equal(r.result[LOCKSTEP_VIRTUAL].end, END_STOPPED);
    explains(&r, NULL, "The VMM stopped the guest: a fault was planted here");
}

/* What depends on how long the machine runs at once is seen, and said not to be one instruction's doing. */
static void test_timer(void **state)
{
    struct bench b = {.depth = 1, .plant = fault_timer}, stepped = {.depth = 1, .plant = fault_timer};
    struct lockstep_report r = run(&b, 1000000, UINT64_MAX);

    (void)state;
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_false(r.exact);
    explains(&r, NULL, "depends on how they are run");
    assert_int_equal(run(&stepped, 1, UINT64_MAX).verdict, LOCKSTEP_EQUAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),          cmocka_unit_test(test_hybrid_equal),
        cmocka_unit_test(test_limit_and_stop), cmocka_unit_test(test_search_interrupted),
        cmocka_unit_test(test_side_effect),    cmocka_unit_test(test_leaf),
        cmocka_unit_test(test_interrupt),      cmocka_unit_test(test_fence),
        cmocka_unit_test(test_counter),        cmocka_unit_test(test_silent_write),
        cmocka_unit_test(test_stop),           cmocka_unit_test(test_timer),
        cmocka_unit_test(test_whim),
    };
    return run_in_every_way(tests);
}
