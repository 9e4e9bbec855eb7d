/* test_run.c - the run loop of IA-32's CPU: budgets, units of string instructions, code that changes itself, instructions across pages,
 * limits, interrupts and their shadow, HLT, triggers. */
#include "tests/isa/ia32/code_rig.h"

static struct code_rig r;
static uint64_t retired;

static int open_wide(void **state)
{
    (void)state;
    code_open(&r, IA_MODEL_686, true);
    return 0;
}
static int shut(void **state)
{
    (void)state;
    code_close(&r);
    return 0;
}

#define expect_trap(t, kind_, pc, done)                                                                                               \
    do {                                                                                                                              \
        const struct trap expect_trap_ = (t);                                                                                         \
        assert_int_equal(expect_trap_.kind, kind_);                                                                                   \
        assert_int_equal(code_get(&r, MACHINE_PC), pc);                                                                               \
        assert_int_equal(retired, done);                                                                                              \
    } while (0)

static void test_budget(void **state)
{
    (void)state;
    CODE(&r, "\xb9\x10\x00\x00\x00" /* mov ecx, 16 */ "\x40" /* inc eax */ "\xe2\xfd" /* loop -3 */ "\xf4" /* hlt */);
    expect_trap(code_run(&r, 4, &retired), TRAP_BUDGET, CODE_AT + 6, 4);
    assert_int_equal(code_get(&r, IA_EAX), 2);
    expect_trap(code_run(&r, 1000, &retired), TRAP_WAIT, CODE_AT + 9, 30);
    assert_int_equal(code_get(&r, IA_EAX), 16);
    assert_int_equal(machine_get(r.m, MACHINE_CLOCK), 34);
    assert_int_equal(machine_get(r.m, MACHINE_RETIRED), 34);
}

static void test_string_units(void **state)
{
    char to[8];
    (void)state;
    code_put(&r, 0x1000, "trapeze", 8);
    machine_set(r.m, IA_ESI, 0x1000);
    machine_set(r.m, IA_EDI, 0x2000);
    machine_set(r.m, IA_ECX, 8);
    CODE(&r, "\xf3\xa4" /* rep movsb */ "\xf3\xaa" /* rep stosb, of none */ "\xf4");
    expect_trap(code_run(&r, 3, &retired), TRAP_BUDGET, CODE_AT, 3);
    assert_int_equal(code_get(&r, IA_ECX), 5);
    expect_trap(code_run(&r, 5, &retired), TRAP_BUDGET, CODE_AT + 2, 5);
    expect_trap(code_run(&r, 9, &retired), TRAP_WAIT, CODE_AT + 5, 2);
    assert_int_equal(machine_load(r.m, 0x2000, to, 8), 0);
    assert_string_equal(to, "trapeze");
}

/* A store into the instruction behind it, which was executed before. */
static void test_changes_next(void **state)
{
    (void)state;
    CODE(&r, "\xb3\x48" /* mov bl, 0x48: dec eax */ "\x88\x1d\x08\x7c\x00\x00" /* mov [0x7c08], bl */ "\x40" /* inc eax */
             "\x4a" /* dec edx */ "\x75\xf4" /* jnz -12 */ "\xf4");
    machine_set(r.m, IA_EDX, 1);
    expect_trap(code_run(&r, 100, &retired), TRAP_WAIT, CODE_AT + 13, 6);
    assert_int_equal(code_get(&r, IA_EAX), UINT32_MAX);
    CODE(&r, "\xb3\x48"
             "\x88\x1d\x08\x7c\x00\x00"
             "\x40"
             "\x80\xf3\x08" /* xor bl, 8: 0x40, inc */ "\x4a"
             "\x75\xf3" /* jnz -13: mov [], bl */ "\xf4");
    machine_set(r.m, MACHINE_PC, CODE_AT);
    machine_set(r.m, IA_EAX, 0);
    machine_set(r.m, IA_EDX, 4);
    assert_int_equal(code_run(&r, 100, &retired).kind, TRAP_WAIT);
    assert_int_equal(code_get(&r, IA_EAX), 0);
}

/* Somebody else writes: the owner. */
static void test_changed_by_owner(void **state)
{
    (void)state;
    CODE(&r, "\x40\xeb\xfd" /* inc eax; jmp -3 */);
    (void)code_run(&r, 10, &retired);
    assert_int_equal(code_get(&r, IA_EAX), 5);
    CODE(&r, "\x48");
    (void)code_run(&r, 10, &retired);
    assert_int_equal(code_get(&r, IA_EAX), 0);
}

static void test_across_pages(void **state)
{
    (void)state;
    code_put(&r, 0x8ffd, "\xb8\x78\x56\x34\x12\xf4", 6);
    for (unsigned n = 0; n < 2; n++) {
        machine_set(r.m, MACHINE_PC, 0x8ffd);
        machine_set(r.m, IA_EAX, 0);
        expect_trap(code_run(&r, 9, &retired), TRAP_WAIT, 0x9003, 2);
        assert_int_equal(code_get(&r, IA_EAX), 0x12345678);
    }
    code_put(&r, 0x9000, "\xaa", 1); /* its second half is written */
    machine_set(r.m, MACHINE_PC, 0x8ffd);
    (void)code_run(&r, 1, &retired);
    assert_int_equal(code_get(&r, IA_EAX), 0x12aa5678);
}

static void test_limit(void **state)
{
    struct trap t;
    (void)state;
    CODE(&r, "\x90\xb8\x00\x00\x00\x00\x90");
    code_segment(r.m, IA_CS, 8, 0, CODE_AT + 4, 0x9b | IA_RIGHTS_DB);
    t = code_run(&r, 9, &retired);
    expect_trap(t, TRAP_EXCEPTION, CODE_AT + 1, 1);
    assert_int_equal(t.cause, IA_GP);
    code_segment(r.m, IA_CS, 8, 0, CODE_AT + 5, 0x9b | IA_RIGHTS_DB);
    t = code_run(&r, 9, &retired);
    expect_trap(t, TRAP_EXCEPTION, CODE_AT + 6, 1);
    code_segment(r.m, IA_CS, 8, 0, CODE_AT + 4, 0x9b | IA_RIGHTS_DB); /* now that it is decoded */
    machine_set(r.m, MACHINE_PC, CODE_AT);
    expect_trap(code_run(&r, 9, &retired), TRAP_EXCEPTION, CODE_AT + 1, 1);
}

static void test_trap_names_instruction(void **state)
{
    struct trap t;
    (void)state;
    CODE(&r, "\xf7\xf1" /* div ecx */);
    t = code_run(&r, 9, &retired);
    expect_trap(t, TRAP_EXCEPTION, CODE_AT, 0);
    assert_int_equal(t.cause, IA_DE);
    assert_int_equal(t.row, IA_INSN_div_rm);
    assert_int_equal(t.length, 2);
    assert_int_equal(t.bits, 0xf1f7);
    CODE(&r, "\xf0\x90" /* lock nop */);
    t = code_run(&r, 9, &retired);
    assert_int_equal(t.cause, IA_UD);
    CODE(&r, "\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x90" /* 16 bytes */);
    t = code_run(&r, 9, &retired);
    assert_int_equal(t.cause, IA_GP);
}

static void test_interrupts(void **state)
{
    struct trap t;
    (void)state;
    CODE(&r, "\xfb\x40\x40\xf4" /* sti; inc eax; inc eax; hlt */);
    machine_irq(r.m, IA_LINE_INTR, true);
    t = code_run(&r, 9, &retired);
    expect_trap(t, TRAP_INTERRUPT, CODE_AT + 2, 2); /* behind the shadow */
    assert_int_equal(t.cause, 0);
    machine_irq(r.m, IA_LINE_INTR, false);
    machine_irq(r.m, IA_LINE_NMI, true);
    t = code_run(&r, 9, &retired);
    expect_trap(t, TRAP_INTERRUPT, CODE_AT + 2, 0);
    assert_int_equal(t.cause, IA_NMI);
    expect_trap(code_run(&r, 9, &retired), TRAP_WAIT, CODE_AT + 4, 2);
    assert_false(r.m->isa->wakes(r.m));
    assert_true(r.m->isa->listens(r.m, 1u << IA_LINE_INTR));
    machine_irq(r.m, IA_LINE_INTR, true);
    assert_true(r.m->isa->wakes(r.m));
}

/* The shadow lies between two run()s, too. */
static void test_shadow_kept(void **state)
{
    (void)state;
    CODE(&r, "\xfb\x40\x40\xf4");
    machine_irq(r.m, IA_LINE_INTR, true);
    expect_trap(code_run(&r, 1, &retired), TRAP_BUDGET, CODE_AT + 1, 1);
    assert_int_equal(code_get(&r, IA_SHADOW), 1);
    expect_trap(code_run(&r, 1, &retired), TRAP_BUDGET, CODE_AT + 2, 1);
    assert_int_equal(code_get(&r, IA_SHADOW), 0);
    expect_trap(code_run(&r, 1, &retired), TRAP_INTERRUPT, CODE_AT + 2, 0);
}

static void test_single_step(void **state)
{
    struct trap t;
    (void)state;
    CODE(&r, "\x40\x40\xf3\xaa");
    machine_set(r.m, IA_EFLAGS, EFLAGS_TF);
    t = code_run(&r, 9, &retired);
    expect_trap(t, TRAP_EXCEPTION, CODE_AT + 1, 1);
    assert_int_equal(t.cause, IA_DB);
    t = code_run(&r, 1, &retired);
    expect_trap(t, TRAP_BUDGET, CODE_AT + 2, 1); /* the #DB comes before the next */
    assert_int_not_equal(code_get(&r, IA_PENDING), 0);
    t = code_run(&r, 9, &retired);
    expect_trap(t, TRAP_EXCEPTION, CODE_AT + 2, 0);
    assert_int_equal(code_get(&r, IA_PENDING), 0);
    machine_set(r.m, IA_ECX, 2);
    machine_set(r.m, IA_EDI, 0x2000);
    expect_trap(code_run(&r, 9, &retired), TRAP_EXCEPTION, CODE_AT + 2, 1); /* between two iterations */
}

static void test_triggers(void **state)
{
    const struct trigger at = {.kinds = TRIGGER_EXECUTE, .at = CODE_AT + 1, .length = 1};
    const struct trigger store = {.kinds = TRIGGER_STORE, .at = 0x2000, .length = 4};
    const struct trigger opcode = {.kinds = TRIGGER_OPCODE, .bits = 0xf4, .mask = 0xff};
    struct trap t;
    (void)state;
    CODE(&r, "\x40\x40\xa3\x02\x20\x00\x00\xf4" /* mov [0x2002], eax */);
    assert_int_equal(machine_trigger(r.m, 3, &at), 0);
    assert_int_equal(machine_trigger(r.m, 4, &store), 0);
    assert_int_equal(machine_trigger(r.m, 5, &opcode), 0);
    t = code_run(&r, 9, &retired);
    expect_trap(t, TRAP_TRIGGER, CODE_AT + 1, 1);
    assert_int_equal(t.cause, 3);
    assert_int_equal(t.tval, CODE_AT + 1);
    t = code_run(&r, 9, &retired);
    expect_trap(t, TRAP_TRIGGER, CODE_AT + 2, 1);
    assert_int_equal(t.cause, 4);
    assert_int_equal(t.tval, 0x2002);
    assert_int_equal(t.row, IA_INSN_mov_m_a);
    t = code_run(&r, 9, &retired);
    expect_trap(t, TRAP_TRIGGER, CODE_AT + 7, 1);
    assert_int_equal(t.cause, 5);
    expect_trap(code_run(&r, 9, &retired), TRAP_WAIT, CODE_AT + 8, 1);
}

/* Two accesses of one instruction are reported one after the other, each time it is executed; a page without triggers is run through. */
static void test_trigger_again(void **state)
{
    const struct trigger load = {.kinds = TRIGGER_LOAD, .at = 0x2000, .length = 1},
                         store = {.kinds = TRIGGER_STORE, .at = 0x3000, .length = 1};
    const struct trigger at = {.kinds = TRIGGER_EXECUTE, .physical = true, .at = CODE_AT + 8, .length = 1};
    (void)state;
    CODE(&r, "\xbe\x00\x20\x00\x00" /* mov esi, 0x2000 */ "\x40\x40\x40" /* inc eax */ "\xbf\x00\x30\x00\x00" /* mov edi, 0x3000 */
             "\xa4" /* movsb */ "\xeb\xf0" /* jmp -16: to the beginning */);
    assert_int_equal(machine_trigger(r.m, 0, &load), 0);
    assert_int_equal(machine_trigger(r.m, 1, &store), 0);
    for (unsigned n = 0; n < 3; n++) {
        expect_trap(code_run(&r, 99, &retired), TRAP_TRIGGER, CODE_AT + 13, n ? 2 + 5 : 5);
        expect_trap(code_run(&r, 99, &retired), TRAP_TRIGGER, CODE_AT + 13, 0);
    }
    assert_int_equal(machine_trigger(r.m, 0, NULL), 0);
    assert_int_equal(machine_trigger(r.m, 1, NULL), 0);
    assert_int_equal(machine_trigger(r.m, 0, &at), 0);
    expect_trap(code_run(&r, 99, &retired), TRAP_TRIGGER, CODE_AT + 8, 6);
    expect_trap(code_run(&r, 99, &retired), TRAP_TRIGGER, CODE_AT + 8, 7);
    assert_int_equal(machine_trigger(r.m, 0, NULL), 0);
    expect_trap(code_run(&r, 99, &retired), TRAP_BUDGET, code_get(&r, MACHINE_PC), 99);
}

/* Many registers at once are what each is by itself, wherever the block begins and ends. */
static void registers_by_the_block(void **state)
{
    enum { ALL = IA_ST + 16 };
    uint64_t seed = 1, block[ALL];
    (void)state;
    for (reg_t n = 0; n < IA_TSC_OFFSET; n++)
        machine_set(r.m, n, seed = seed * UINT64_C(6364136223846793005) + 1);
    for (reg_t first = 0; first < ALL; first++)
        for (unsigned count = 1; first + count <= ALL; count++) {
            machine_get_block(r.m, first, count, block);
            for (unsigned n = 0; n < count; n++)
                assert_int_equal(block[n], machine_get(r.m, first + n));
        }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_wide, shut)
    const struct CMUnitTest tests[] = {
        TEST(test_budget),
        TEST(test_string_units),
        TEST(test_changes_next),
        TEST(test_changed_by_owner),
        TEST(test_across_pages),
        TEST(test_limit),
        TEST(test_interrupts),
        TEST(test_trap_names_instruction),
        TEST(test_shadow_kept),
        TEST(test_single_step),
        TEST(test_triggers),
        TEST(test_trigger_again),
        TEST(registers_by_the_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
