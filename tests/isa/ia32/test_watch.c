/* test_watch.c - who watches data: the machine's owner, by triggers, before the access; the program, by DR0 to DR3, behind it. */
#include "tests/isa/ia32/code_rig.h"

enum { AT = 0x9000 };

static void put_trigger(struct code_rig *r, unsigned slot, unsigned kinds, uint64_t at, uint64_t length, bool physical)
{
    const struct trigger t = {.kinds = kinds, .at = at, .length = length, .physical = physical};
    assert_int_equal(machine_trigger(r->m, slot, &t), 0);
}

static void expect_trigger(const struct trap *t, unsigned slot, uint32_t at)
{
    assert_int_equal(t->kind, TRAP_TRIGGER);
    assert_int_equal(t->cause, slot);
    assert_int_equal(t->tval, at);
}

/* An access of each kind, to its first byte, to its last, beside it; whether by linear or by physical address. */
static void triggers_by_kind(void **state)
{
    static const struct {
        const char *code;
        unsigned kinds;
    } cases[] = {
        {"\x8b\x02\xf4", TRIGGER_LOAD},                 /* mov eax, [edx] */
        {"\x89\x02\xf4", TRIGGER_STORE},                /* mov [edx], eax */
        {"\x01\x02\xf4", TRIGGER_LOAD | TRIGGER_STORE}, /* add [edx], eax */
        {"\xff\x02\xf4", TRIGGER_LOAD | TRIGGER_STORE}, /* inc dword [edx] */
        {"\x87\x02\xf4", TRIGGER_LOAD | TRIGGER_STORE}, /* xchg [edx], eax */
        {"\x39\x02\xf4", TRIGGER_LOAD},                 /* cmp [edx], eax */
        {"\xff\x32\xf4", TRIGGER_LOAD},                 /* push dword [edx] */
        {"\x8f\x02\xf4", TRIGGER_STORE},                /* pop dword [edx] */
    };
    (void)state;
    for (unsigned n = 0; n < sizeof cases / sizeof *cases; n++)
        for (unsigned kinds = TRIGGER_LOAD; kinds <= (TRIGGER_LOAD | TRIGGER_STORE); kinds += 2)
            for (int offset = -5; offset <= 5; offset++)
                for (unsigned physical = 0; physical < 2; physical++) {
                    struct code_rig r;
                    uint64_t retired;
                    code_open(&r, IA_MODEL_686, true);
                    code_put(&r, CODE_AT, cases[n].code, 3);
                    machine_set(r.m, IA_EDX, AT);
                    machine_set(r.m, IA_EAX, 0x11112222);
                    put_trigger(&r, 5, kinds, (uint64_t)(AT + offset), 2, physical);
                    const bool wanted = (kinds & cases[n].kinds) && offset > -2 && offset < 4;
                    struct trap t = code_run(&r, 10, &retired);
                    if (wanted) {
                        expect_trigger(&t, 5, AT);
                        assert_int_equal(retired, 0);
                        assert_int_equal(code_get(&r, MACHINE_PC), CODE_AT);
                        assert_int_equal(code_get(&r, IA_ESP), CODE_STACK);
                        assert_int_equal(code_get(&r, IA_EAX), 0x11112222);
                        t = code_run(&r, 10, &retired); /* on, past it */
                    }
                    assert_int_equal(t.kind, TRAP_WAIT);
                    assert_int_equal(retired, 2);
                    code_close(&r);
                }
}

/* Two accesses of an instruction, both watched: each is told once, in their order; and so again for the next iteration. */
static void each_access_once(void **state)
{
    struct code_rig r;
    uint64_t retired;
    (void)state;
    code_open(&r, IA_MODEL_686, true);
    CODE(&r, "\xf3\xa5\xf4"); /* rep movsd */
    machine_set(r.m, IA_ECX, 2);
    machine_set(r.m, IA_ESI, AT);
    machine_set(r.m, IA_EDI, AT + 0x1000);
    put_trigger(&r, 1, TRIGGER_LOAD, AT, 8, false);
    put_trigger(&r, 2, TRIGGER_STORE, AT + 0x1000, 8, true);
    put_trigger(&r, 3, TRIGGER_STORE, AT + 0x1002, 1, false);
    for (unsigned iteration = 0; iteration < 2; iteration++) {
        struct trap t = code_run(&r, 10, &retired);
        expect_trigger(&t, 1, AT + 4 * iteration);
        if (iteration == 0) {
            t = code_run(&r, 10, &retired);
            expect_trigger(&t, 3, AT + 0x1000); /* by linear address, before translation */
        }
        t = code_run(&r, 10, &retired);
        expect_trigger(&t, 2, AT + 0x1000 + 4 * iteration);
        assert_int_equal(code_get(&r, IA_ECX), 2 - iteration);
    }
    assert_int_equal(code_run(&r, 10, &retired).kind, TRAP_WAIT);
    assert_int_equal(code_get(&r, IA_ECX), 0);
    code_close(&r);
}

/* What the TLB knew before the trigger came; and when it is gone nobody asks. */
static void triggers_come_and_go(void **state)
{
    struct code_rig r;
    uint64_t retired;
    (void)state;
    code_open(&r, IA_MODEL_686, true);
    CODE(&r, "\x89\x02\x8b\x02\xeb\xfa"); /* mov [edx], eax; mov eax, [edx]; jmp */
    machine_set(r.m, IA_EDX, AT + 0x10);
    assert_int_equal(code_run(&r, 30, &retired).kind, TRAP_BUDGET);
    put_trigger(&r, 0, TRIGGER_LOAD, AT + 0x10, 1, false);
    struct trap t = code_run(&r, 30, &retired);
    expect_trigger(&t, 0, AT + 0x10);
    assert_int_equal(machine_trigger(r.m, 0, NULL), 0);
    assert_int_equal(code_run(&r, 30, &retired).kind, TRAP_BUDGET);
    code_close(&r);
}

/* --- Ports: each instruction that touches one, of whatever size, whether it reads or writes; and each iteration of a repeated one. */

static void triggers_at_ports(void **state)
{
    static const struct {
        const char *code;
        unsigned count, kinds, size, iterations;
    } cases[] = {
        {"\xe4\x60\xf4", 3, TRIGGER_LOAD, 1, 1},      /* in al, 60 */
        {"\xe7\x60\xf4", 3, TRIGGER_STORE, 4, 1},     /* out 60, eax */
        {"\x66\xed\xf4", 3, TRIGGER_LOAD, 2, 1},      /* in ax, dx */
        {"\xee\xf4", 2, TRIGGER_STORE, 1, 1},         /* out dx, al */
        {"\xf3\x6d\xf4", 3, TRIGGER_LOAD, 4, 3},      /* rep insd */
        {"\xf3\x66\x6f\xf4", 4, TRIGGER_STORE, 2, 3}, /* rep outsw */
    };
    (void)state;
    for (unsigned n = 0; n < sizeof cases / sizeof *cases; n++)
        for (unsigned kinds = TRIGGER_LOAD; kinds <= (TRIGGER_LOAD | TRIGGER_STORE); kinds += 2)
            for (int offset = -2; offset <= 5; offset++) {
                struct code_rig r;
                uint64_t retired;
                struct trap t;
                code_open(&r, IA_MODEL_686, true);
                code_put(&r, CODE_AT, cases[n].code, cases[n].count);
                machine_set(r.m, IA_EDX, 0x60);
                machine_set(r.m, IA_ECX, 3);
                machine_set(r.m, IA_ESI, AT);
                machine_set(r.m, IA_EDI, AT);
                put_trigger(&r, 5, kinds, IA_TRIGGER_PORTS + 0x60 + (uint64_t)offset, 2, true);
                const bool wanted = (kinds & cases[n].kinds) && offset > -2 && offset < (int)cases[n].size;
                for (unsigned i = 0; wanted && i < cases[n].iterations; i++) {
                    t = code_run(&r, 10, &retired);
                    while (t.kind == TRAP_YIELD) /* of the iteration before */
                        t = code_run(&r, 10, &retired);
                    expect_trigger(&t, 5, 0x60);
                    assert_int_equal(code_get(&r, MACHINE_PC), CODE_AT);
                    assert_int_equal(code_get(&r, IA_ECX), 3 - i);
                }
                do
                    t = code_run(&r, 10, &retired);
                while (t.kind == TRAP_YIELD);
                assert_int_equal(t.kind, TRAP_WAIT);
                code_close(&r);
            }
}

/* --- DR0 to DR3: kind, length and place against an oracle that looks at bytes. */

static bool oracle(unsigned kind, unsigned length, uint32_t at, bool store, uint32_t access, unsigned size)
{
    const uint32_t first = at - at % length;
    if (kind != 3 && (kind != 1 || !store))
        return false;
    for (uint32_t byte = access; byte < access + size; byte++)
        if (byte >= first && byte < first + length)
            return true;
    return false;
}

static void data_breakpoints(void **state)
{
    static const char *const store[] = {"\x88\x02\x90\xf4", "\x66\x89\x02\xf4", "\x89\x02\x90\xf4"};
    static const char *const load[] = {"\x8a\x02\x90\xf4", "\x66\x8b\x02\xf4", "\x8b\x02\x90\xf4"};
    static const uint8_t lengths[] = {1, 2, 4}, codes[] = {0, 1, 3};
    struct code_rig r;
    (void)state;
    code_open(&r, IA_MODEL_686, true);
    for (unsigned n = 0; n < 3 * 3 * 2 * 2 * 8 * 4; n++) {
        const unsigned size = n % 3, length = n / 3 % 3, kind = n / 9 % 2 ? 3 : 1, offset = n / 36 % 8, slot = n / 288 % 4;
        const bool is_store = n / 18 % 2;
        const uint32_t access = AT + 8 + offset;
        uint64_t retired;
        code_put(&r, CODE_AT, is_store ? store[size] : load[size], 4);
        machine_set(r.m, IA_DR0 + slot, AT + 10);
        machine_set(r.m, IA_DR7, 2u << 2 * slot | (kind | (unsigned)codes[length] << 2) << (16 + 4 * slot));
        machine_set(r.m, IA_EDX, access);
        machine_set(r.m, MACHINE_PC, CODE_AT);
        const struct trap t = code_run(&r, 1, &retired);
        assert_int_equal(retired, 1);
        const struct trap next = t.kind == TRAP_BUDGET ? code_run(&r, 1, &retired) : t;
        if (!oracle(kind, lengths[length], AT + 10, is_store, access, 1u << size)) {
            assert_int_not_equal(next.kind, TRAP_EXCEPTION);
            continue;
        }
        assert_int_equal(next.kind, TRAP_EXCEPTION);
        assert_int_equal(next.cause, IA_DB);
        assert_int_equal(next.tval, 1u << slot);
        assert_int_equal(code_get(&r, MACHINE_PC), CODE_AT + (size == 1 ? 3 : 2)); /* behind it */
    }
    code_close(&r);
}

/* On instructions: a fault before it, which RF passes, once. With DR7.GD the registers themselves are out of reach. */
static void code_breakpoints(void **state)
{
    struct code_rig r;
    uint64_t retired;
    (void)state;
    code_open(&r, IA_MODEL_686, true);
    CODE(&r, "\x90\x40\xeb\xfc"); /* nop; inc eax; jmp -4 */
    machine_set(r.m, IA_DR0 + 3, CODE_AT + 1);
    machine_set(r.m, IA_DR7, 1 << 6);
    machine_set(r.m, IA_EAX, 0);
    for (unsigned round = 0; round < 3; round++) {
        struct trap t = code_run(&r, 100, &retired);
        assert_int_equal(t.kind, TRAP_EXCEPTION);
        assert_int_equal(t.cause, IA_DB);
        assert_int_equal(t.tval, 8);
        assert_int_equal(code_get(&r, MACHINE_PC), CODE_AT + 1);
        assert_int_equal(code_get(&r, IA_EAX), round);
        machine_set(r.m, IA_EFLAGS, code_get(&r, IA_EFLAGS) | EFLAGS_RF);
        t = code_run(&r, 1, &retired);
        assert_int_equal(t.kind, TRAP_BUDGET);
        assert_int_equal(code_get(&r, IA_EFLAGS) & EFLAGS_RF, 0);
    }
    machine_set(r.m, MACHINE_PC, CODE_AT);
    machine_set(r.m, IA_DR7, 1 << 13);
    CODE(&r, "\x0f\x21\xc0"); /* mov eax, dr0 */
    const struct trap t = code_run(&r, 1, &retired);
    assert_int_equal(t.cause, IA_DB);
    assert_int_equal(t.tval, 1 << 13);
    assert_int_equal(retired, 0);
    code_close(&r);
}

/* Behind what loads SS a #DB waits for one instruction more, so that ESP may be loaded, too; whoever saves and restores the CPU between keeps
 * that. Behind another load it does not wait. */
static void held_back(void **state)
{
    static const struct {
        const char *code;
        unsigned length, held;
    } cases[] = {{"\x8e\x17\x90\x90\xf4", 2, 1},
                 {"\x17\x90\x90\xf4", 1, 1},
                 {"\x8e\x1f\x90\x90\xf4", 2, 0}}; /* mov ss, [bx]; pop ss; mov ds, [bx] */
    (void)state;
    for (unsigned n = 0; n < 2 * sizeof cases / sizeof *cases; n++) {
        struct code_rig r;
        uint64_t retired;
        code_open(&r, IA_MODEL_686, false);
        code_put(&r, CODE_AT, cases[n / 2].code, 5);
        machine_set(r.m, IA_EBX, AT);
        machine_set(r.m, IA_ESP, AT);
        machine_set(r.m, IA_DR0, AT);
        machine_set(r.m, IA_DR7, 0x00070402);
        assert_int_equal(code_run(&r, 1, &retired).kind, TRAP_BUDGET);
        assert_int_equal(retired, 1);
        if (n % 2) /* as a checkpoint does */
            machine_set(r.m, IA_PENDING, code_get(&r, IA_PENDING));
        const struct trap t = code_run(&r, 10, &retired);
        assert_int_equal(t.kind, TRAP_EXCEPTION);
        assert_int_equal(t.cause, IA_DB);
        assert_int_equal(t.tval, 1);
        assert_int_equal(retired, cases[n / 2].held);
        assert_int_equal(code_get(&r, MACHINE_PC), CODE_AT + cases[n / 2].length + cases[n / 2].held);
        code_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triggers_by_kind),  cmocka_unit_test(each_access_once), cmocka_unit_test(triggers_come_and_go),
        cmocka_unit_test(triggers_at_ports), cmocka_unit_test(data_breakpoints), cmocka_unit_test(code_breakpoints),
        cmocka_unit_test(held_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
