/* test_ways.c - the same random memory as code, executed three ways: at full speed, instruction by instruction on the careful way (a trigger
 * that never matches keeps it there), and with budgets of random size. Registers, memory, traps and counts are the same, whatever it does. */
#include "tests/isa/ia32/code_rig.h"

enum { WAYS = 3, CASES = 400, UNITS = 400, USED = 0x20000 };

static uint64_t seed = 7;
static uint32_t draw(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 32);
}

/* Bytes as they come, but with common opcodes among them; every trap vector leads somewhere. */
static void draw_memory(uint8_t *to)
{
    static const uint8_t common[] = {0x8b, 0x89, 0x50, 0x58, 0x74, 0xeb, 0xe8, 0xc3, 0x83,
                                     0xa4, 0xf3, 0xaa, 0xcf, 0x0f, 0x8e, 0x9d, 0xfb, 0x00};
    for (unsigned n = 0; n < USED; n++)
        to[n] = (uint8_t)(draw() % 3 ? draw() >> 8 : common[draw() % sizeof common]);
}

static void draw_state(struct machine *m[WAYS], bool wide)
{
    for (unsigned n = 0; n < 8; n++) {
        const uint32_t v = draw() % (draw() % 2 ? USED : 64);
        for (unsigned way = 0; way < WAYS; way++)
            machine_set(m[way], n, v);
    }
    const uint32_t pc = draw() % (wide ? USED - 0x100 : 0xff00), flags = draw() & (EFLAGS_STATUS | EFLAGS_DF | EFLAGS_IF);
    for (unsigned way = 0; way < WAYS; way++) {
        machine_set(m[way], IA_EFLAGS, flags);
        machine_set(m[way], MACHINE_PC, pc);
    }
}

/* So many units, traps delivered as they come; false: the machine is shut down, or waits. */
static bool run_units(struct machine *m, unsigned way, uint64_t *hash)
{
    uint64_t done = 0;
    for (unsigned traps = 0; done < UNITS && traps < UNITS;) {
        const uint64_t left = UNITS - done, step = 1 + draw() % 9;
        const struct trap t = machine_run(m, way == 2 && step < left ? step : left, &done);
        if (t.kind == TRAP_BUDGET || t.kind == TRAP_YIELD)
            continue;
        traps++;
        *hash = (*hash ^ (t.kind | t.cause << 8 | t.error << 16 | t.tval << 20 | (uint64_t)t.row << 44 | done << 52)) *
                UINT64_C(0x9e3779b97f4a7c15);
        if (t.kind == TRAP_WAIT || machine_deliver(m, &t) != DELIVERED)
            return false;
    }
    return true;
}

static void compare(const struct code_rig *a, const struct code_rig *b, unsigned n, const char *what)
{
    for (unsigned r = 0; r < isa_ia32.reg_count; r++)
        if (machine_get(a->m, isa_ia32.regs[r].reg) != machine_get(b->m, isa_ia32.regs[r].reg))
            fail_msg("case %u, %s: %s is %llx, not %llx", n, what, isa_ia32.regs[r].name,
                     (unsigned long long)machine_get(b->m, isa_ia32.regs[r].reg),
                     (unsigned long long)machine_get(a->m, isa_ia32.regs[r].reg));
    assert_int_equal(machine_get(a->m, MACHINE_RETIRED), machine_get(b->m, MACHINE_RETIRED));
    if (memcmp(ram_host(a->ram), ram_host(b->ram), USED) != 0)
        fail_msg("case %u, %s: memory differs", n, what);
}

static void try_case(unsigned n)
{
    static uint8_t memory[USED];
    const struct trigger never = {.kinds = TRIGGER_OPCODE, .bits = UINT64_C(0x0101010101010101), .mask = UINT64_MAX};
    const bool wide = n % 2;
    struct code_rig r[WAYS];
    struct machine *m[WAYS];
    uint64_t hash[WAYS] = {0};
    draw_memory(memory);
    for (unsigned way = 0; way < WAYS; way++) {
        code_open(&r[way], n % 3 ? IA_MODEL_686 : IA_MODEL_386, wide);
        m[way] = r[way].m;
        code_put(&r[way], 0, memory, USED);
    }
    assert_int_equal(machine_trigger(m[1], 0, &never), 0);
    draw_state(m, wide);
    for (unsigned way = 0; way < WAYS; way++)
        (void)run_units(m[way], way, &hash[way]);
    compare(&r[0], &r[1], n, "the careful way");
    compare(&r[0], &r[2], n, "small budgets");
    assert_int_equal(hash[0], hash[1]);
    assert_int_equal(hash[0], hash[2]);
    for (unsigned way = 0; way < WAYS; way++)
        code_close(&r[way]);
}

static void test_ways(void **state)
{
    (void)state;
    for (unsigned n = 0; n < CASES; n++)
        try_case(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ways)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
