/* test_string.c - repeated string instructions: however the budget cuts them, and whatever lies between source and destination, they leave
 * what single elements leave. */
#include "tests/isa/ia32/code_rig.h"

enum { DATA = 0x10000, DATA_SIZE = 0x8000, CASES = 3000 };

static uint64_t seed = 11;
static uint32_t draw(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 32);
}

static const char *const codes[] = {"\xf3\xa4", "\xf3\xa5", "\xf3\xaa", "\xf3\xab", "\xf3\xac", "\xf3\xa6", "\xf2\xae"};

/* Executes the case with budgets of `step`; returns the units it took. */
static uint64_t run_by(struct code_rig *r, const uint32_t start[8], uint32_t flags, uint64_t step)
{
    uint64_t retired = 0;
    for (unsigned n = 0; n < 8; n++)
        machine_set(r->m, n, start[n]);
    machine_set(r->m, IA_EFLAGS, flags);
    machine_set(r->m, MACHINE_PC, CODE_AT);
    while (code_get(r, MACHINE_PC) == CODE_AT) {
        const struct trap t = machine_run(r->m, step, &retired);
        assert_true(t.kind == TRAP_BUDGET || t.kind == TRAP_WAIT);
    }
    return retired;
}

static void test_cut(void **state)
{
    struct code_rig one, many;
    (void)state;
    code_open(&one, IA_MODEL_686, true);
    code_open(&many, IA_MODEL_686, true);
    uint8_t *const a = ram_host(one.ram), *const b = ram_host(many.ram);
    for (unsigned n = 0; n < DATA_SIZE; n += 4)
        memcpy(a + DATA + n, &(uint32_t){draw()}, 4);
    memcpy(b + DATA, a + DATA, DATA_SIZE);
    for (unsigned n = 0; n < CASES; n++) {
        const char *code = codes[draw() % (sizeof codes / sizeof codes[0])];
        const uint32_t to = DATA + 0x2000 + draw() % 0x3000, count = draw() % 4 ? draw() % 40 : draw() % 1500;
        const uint32_t start[8] = {
            draw(), count, 0, 0, CODE_STACK, 0, draw() % 3 ? to + draw() % 16 - 8 : DATA + 0x2000 + draw() % 0x3000, to};
        const uint32_t flags = draw() % 4 ? 0 : EFLAGS_DF;
        code_put(&one, CODE_AT, (uint8_t[]){(uint8_t)code[0], (uint8_t)code[1], 0xf4}, 3);
        code_put(&many, CODE_AT, (uint8_t[]){(uint8_t)code[0], (uint8_t)code[1], 0xf4}, 3);
        const uint64_t units = run_by(&one, start, flags, 1), same = run_by(&many, start, flags, 1 + draw() % 700);
        if (same != units && same != units + 1) /* HLT may be in the last budget */
            fail_msg("case %u: %llu units, not %llu", n, (unsigned long long)same, (unsigned long long)units);
        for (unsigned reg = 0; reg < 8; reg++)
            assert_int_equal(code_get(&one, reg), code_get(&many, reg));
        assert_int_equal(code_get(&one, IA_EFLAGS), code_get(&many, IA_EFLAGS));
        if (memcmp(a + DATA, b + DATA, DATA_SIZE) != 0)
            fail_msg("case %u, %02x: memory differs", n, (uint8_t)code[1]);
    }
    code_close(&one);
    code_close(&many);
}

/* A fault in the middle leaves what was done, and the registers there. */
static void test_fault_inside(void **state)
{
    struct code_rig r;
    uint64_t retired = 0;
    (void)state;
    code_open(&r, IA_MODEL_686, true);
    CODE(&r, "\xf3\xaa\xf4");
    code_segment(r.m, IA_ES, 0x10, 0, 0x10fff, 0x93 | IA_RIGHTS_DB);
    machine_set(r.m, IA_EDI, 0x10f00);
    machine_set(r.m, IA_ECX, 0x200);
    const struct trap t = machine_run(r.m, 10000, &retired);
    assert_int_equal(t.cause, IA_GP);
    assert_int_equal(retired, 0x100);
    assert_int_equal(code_get(&r, IA_ECX), 0x100);
    assert_int_equal(code_get(&r, IA_EDI), 0x11000);
    code_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cut), cmocka_unit_test(test_fault_inside)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
