/* test_fresh.c - TRIGGER_FRESH: whoever asks for it sees an instruction before it first runs, and again when a byte of it was written. */
#include "tests/isa/ia32/code_rig.h"

enum { SLOT = 3, LOOP = CODE_AT + 5, LAST = CODE_AT + 10 };

static void ask(struct code_rig *r, bool wanted)
{
    const struct trigger t = {.kinds = TRIGGER_FRESH, .physical = true, .at = 0, .length = 1 << 20};
    assert_int_equal(machine_trigger(r->m, SLOT, wanted ? &t : NULL), 0);
}

/* mov ecx, 1000; 1: inc eax; inc eax; dec ecx; jnz 1b; hlt */
static const char loop_code[] = "\xb9\xe8\x03\x00\x00\x40\x40\x49\x75\xfb\xf4";

static void loop_open(struct code_rig *r)
{
    code_open(r, IA_MODEL_686, true);
    code_put(r, CODE_AT, loop_code, sizeof loop_code - 1);
    machine_set(r->m, IA_EAX, 0);
}

/* Runs to the HLT; how many reports there were. */
static unsigned reports(struct code_rig *r, uint32_t *last)
{
    unsigned count = 0;
    for (;; count++) {
        uint64_t retired;
        const struct trap t = code_run(r, 100000, &retired);
        if (t.kind != TRAP_TRIGGER) {
            assert_int_equal(t.kind, TRAP_WAIT);
            return count;
        }
        assert_int_equal(t.cause, SLOT);
        assert_int_equal(t.tval, code_get(r, MACHINE_PC));
        *last = (uint32_t)t.tval;
    }
}

/* Six instructions, of which four run a thousand times. */
static void once_each(void **state)
{
    struct code_rig r;
    uint32_t last;
    (void)state;
    loop_open(&r);
    ask(&r, true);
    assert_int_equal(reports(&r, &last), 6);
    assert_int_equal(last, LAST);
    assert_int_equal(code_get(&r, IA_EAX), 2000);
    machine_set(r.m, MACHINE_PC, CODE_AT); /* again, and all of it was seen */
    assert_int_equal(reports(&r, &last), 0);
    assert_int_equal(code_get(&r, IA_EAX), 4000);
    code_close(&r);
}

/* Before anything has happened, with the instruction. */
static void says_which(void **state)
{
    struct code_rig r;
    uint64_t retired;
    (void)state;
    loop_open(&r);
    ask(&r, true);
    for (unsigned n = 0; n < 2; n++) { /* put where it was, it was not let through */
        const struct trap t = code_run(&r, 100, &retired);
        assert_int_equal(t.kind, TRAP_TRIGGER);
        assert_int_equal(retired, 0);
        assert_int_equal(t.row, IA_INSN_mov_r_i);
        assert_int_equal(t.length, 5);
        assert_true(trap_insn(&t) == (insn_t)UINT64_C(0x000003e8b9));
        machine_set(r.m, MACHINE_PC, CODE_AT);
    }
    code_close(&r);
}

/* The owner writes, and the program does: only the instruction that has the byte comes again. */
static void written(void **state)
{
    struct code_rig r;
    uint32_t last;
    (void)state;
    loop_open(&r);
    ask(&r, true);
    assert_int_equal(reports(&r, &last), 6);
    code_put(&r, LOOP + 1, "\x48", 1); /* dec eax */
    machine_set(r.m, MACHINE_PC, CODE_AT);
    machine_set(r.m, IA_EAX, 0);
    const unsigned again = reports(&r, &last);
    assert_in_range(again, 1, 6); /* sooner again if the machine likes */
    assert_int_equal(code_get(&r, IA_EAX), 0);
    code_close(&r);

    code_open(&r, IA_MODEL_686, true); /* mov byte [edx], 5; mov al, 1: the byte is that instruction's */
    CODE(&r, "\xc6\x02\x05\xb0\x01\xf4");
    machine_set(r.m, IA_EDX, CODE_AT + 4);
    ask(&r, true);
    assert_int_equal(reports(&r, &last), 3);
    code_put(&r, CODE_AT + 2, "\x07", 1);
    machine_set(r.m, MACHINE_PC, CODE_AT);
    assert_true(reports(&r, &last) >= 2);
    assert_int_equal(code_get(&r, IA_EAX) & 0xff, 7);
    code_close(&r);
}

/* Who stops asking, and asks again, has seen nothing. */
static void asked_anew(void **state)
{
    struct code_rig r;
    uint32_t last;
    (void)state;
    loop_open(&r);
    assert_int_equal(reports(&r, &last), 0);
    ask(&r, true);
    machine_set(r.m, MACHINE_PC, CODE_AT);
    assert_int_equal(reports(&r, &last), 6);
    ask(&r, false);
    machine_set(r.m, MACHINE_PC, CODE_AT);
    assert_int_equal(reports(&r, &last), 0);
    ask(&r, true);
    machine_set(r.m, MACHINE_PC, CODE_AT);
    assert_int_equal(reports(&r, &last), 6);
    code_close(&r);
}

/* It stands alone, and is physical. */
static void refused(void **state)
{
    struct code_rig r;
    (void)state;
    loop_open(&r);
    for (unsigned n = 0; n < 3; n++) {
        const struct trigger t = {
            .kinds = n == 0 ? TRIGGER_FRESH | TRIGGER_EXECUTE : TRIGGER_FRESH, .physical = n != 1, .length = n != 2};
        assert_int_equal(machine_trigger(r.m, SLOT, &t), -EINVAL);
    }
    code_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(once_each), cmocka_unit_test(says_which), cmocka_unit_test(written),
                                       cmocka_unit_test(asked_anew), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
