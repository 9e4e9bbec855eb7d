/* test_ways.c - the same code, random memory or random instructions that go on for long, executed in every way that there is: at full speed,
 * instruction by instruction on the careful way (a trigger that never matches keeps it there), with budgets of random size, by the simple
 * engine, without fused bodies, without chained jumps. Registers, memory, traps and counts are the same, whatever it does.
 */
#include "tests/isa/ia32/code_rig.h"

enum { FULL, CAREFUL, BUDGETS, SIMPLE, UNFUSED, UNCHAINED, WAYS };
enum { CASES = 400, PROGRAMS = 600, UNITS = 400, PROGRAM_UNITS = 3000, USED = 0x20000 };
static const char *const way_name[WAYS] = {"full speed",        "the careful way", "small budgets",
                                           "the simple engine", "no fused bodies", "no chained jumps"};

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
static bool run_units(struct machine *m, unsigned way, uint64_t units, uint64_t *hash)
{
    uint64_t done = 0;
    for (unsigned traps = 0; done < units && traps < UNITS;) {
        const uint64_t left = units - done, step = 1 + draw() % (draw() % 4 ? 9 : 200);
        const struct trap t = machine_run(m, way == BUDGETS && step < left ? step : left, &done);
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

static void open_all(struct code_rig r[WAYS], struct machine *m[WAYS], enum ia32_model model, bool wide, const uint8_t *memory)
{
    const struct trigger never = {.kinds = TRIGGER_OPCODE, .bits = UINT64_C(0x0101010101010101), .mask = UINT64_MAX};
    for (unsigned way = 0; way < WAYS; way++) {
        const struct engine_options engine = {
            .kind = way == SIMPLE ? ENGINE_simple : ENGINE_interpreter, .no_fuse = way == UNFUSED, .no_chain = way == UNCHAINED};
        code_open_engine(&r[way], model, wide, NULL, &engine);
        m[way] = r[way].m;
        code_put(&r[way], 0, memory, USED);
    }
    assert_int_equal(machine_trigger(m[CAREFUL], 0, &never), 0);
}

static void run_all(struct code_rig r[WAYS], struct machine *m[WAYS], uint64_t units, unsigned n)
{
    uint64_t hash[WAYS] = {0};
    for (unsigned way = 0; way < WAYS; way++)
        (void)run_units(m[way], way, units, &hash[way]);
    for (unsigned way = 1; way < WAYS; way++) {
        compare(&r[0], &r[way], n, way_name[way]);
        assert_int_equal(hash[0], hash[way]);
    }
    for (unsigned way = 0; way < WAYS; way++)
        code_close(&r[way]);
}

static void try_case(unsigned n)
{
    static uint8_t memory[USED];
    const bool wide = n % 2;
    struct code_rig r[WAYS];
    struct machine *m[WAYS];
    draw_memory(memory);
    open_all(r, m, n % 3 ? IA_MODEL_686 : IA_MODEL_386, wide, memory);
    draw_state(m, wide);
    run_all(r, m, UNITS, n);
}

/* --- Programs: instructions that seldom trap, over memory that is there, with jumps among them. Interrupts lead back to the beginning. */

static unsigned put_modrm(uint8_t *to, bool memory_only)
{
    static const uint8_t bases[] = {0, 1, 2, 3, 5, 6, 7};
    unsigned at = 0;
    const unsigned reg = draw() % 8, how = draw() % (memory_only ? 4 : 8), base = bases[draw() % 7];
    if (how >= 4) { /* a register; ESP is spared, as a destination */
        to[at++] = (uint8_t)(0xc0 | (reg == 4 ? 0 : reg) << 3 | bases[draw() % 7]);
        return at;
    }
    const bool sib = draw() % 3 == 0, wide = draw() % 2;
    to[at++] = (uint8_t)((wide ? 0x80 : 0x40) | (reg == 4 ? 3 : reg) << 3 | (sib ? 4 : base));
    if (sib)
        to[at++] = (uint8_t)(draw() % 4 << 6 | (unsigned)bases[draw() % 7] << 3 | base);
    to[at++] = (uint8_t)draw();
    if (wide) {
        to[at++] = (uint8_t)(draw() % 2 ? 0xff : draw());
        to[at++] = draw() % 4 ? 1 : 0;
        to[at++] = 0;
    }
    return at;
}

static unsigned put_bytes(uint8_t *to, unsigned count)
{
    for (unsigned n = 0; n < count; n++)
        to[n] = (uint8_t)draw();
    return count;
}

/* Of the floating-point unit, beginning anew now and then. Pushes are as likely as pops. */
static unsigned put_x87(uint8_t *to)
{
    static const uint8_t push[][2] = {{0xd9, 0xc0}, {0xd9, 0xc1}, {0xd9, 0xe8}, {0xd9, 0xee},
                                      {0xdb, 0xe3}, {0xd9, 0xfa}, {0xdf, 0xe0}};
    unsigned at = 0;
    switch (draw() % 6) {
    case 0: memcpy(to, push[draw() % 7], 2); return 2;
    case 1: /* FLD of memory */
        to[at++] = (uint8_t)(draw() % 2 ? 0xdd : draw() % 2 ? 0xd9 : 0xdb);
        at += put_modrm(to + at, true);
        to[1] &= 0xc7;
        return at;
    case 2: to[at++] = (uint8_t)(draw() % 2 ? 0xdc : 0xd8); return at + put_modrm(to + at, true);
    default:
        to[at++] = (uint8_t)(0xd8 | draw() % 8);
        to[at++] = (uint8_t)(0xc0 | draw() % 8 << 3 | draw() % 4);
        return at;
    }
}

static unsigned put_instruction(uint8_t *to)
{
    static const uint8_t alu[] = {0x00, 0x01, 0x02, 0x03}, two[] = {0xb6, 0xb7, 0xbe, 0xbf, 0xaf, 0xa3, 0xbc, 0xbd, 0xa5, 0xad};
    const uint8_t r = (uint8_t)(draw() % 8 == 0 ? 0 : draw() % 4);
    unsigned at = 0;
    if (draw() % 8 == 0)
        return put_x87(to);
    if (draw() % 12 == 0)
        to[at++] = (uint8_t)(draw() % 4 == 0 ? 0x66 : draw() % 4 ? 0x64 : 0x65);
    switch (draw() % 25) {
    case 0:
    case 1:
    case 2: to[at++] = (uint8_t)(draw() % 8 << 3 | alu[draw() % 4]); return at + put_modrm(to + at, false);
    case 3: to[at++] = (uint8_t)(draw() % 8 << 3 | 5); return at + put_bytes(to + at, 4);
    case 4:
        to[at++] = 0x83;
        at += put_modrm(to + at, false);
        return at + put_bytes(to + at, 1);
    case 5:
        to[at++] = 0x80;
        at += put_modrm(to + at, false);
        return at + put_bytes(to + at, 1);
    case 6:
        to[at++] = 0x81;
        at += put_modrm(to + at, false);
        return at + put_bytes(to + at, 4);
    case 7: to[at++] = (uint8_t)(0x84 | draw() % 2); return at + put_modrm(to + at, false);
    case 8:
    case 9: to[at++] = (uint8_t)(0x88 | draw() % 4); return at + put_modrm(to + at, false);
    case 10: to[at++] = 0x8d; return at + put_modrm(to + at, true);
    case 11: to[at++] = (uint8_t)((draw() % 2 ? 0x40 : 0x48) | r); return at;
    case 12: to[at++] = (uint8_t)((draw() % 2 ? 0x50 : 0x58) | r); return at;
    case 13:
        to[at++] = (uint8_t)(0xc0 | draw() % 2);
        at += put_modrm(to + at, false);
        to[at++] = (uint8_t)(draw() % 33);
        return at;
    case 14: to[at++] = (uint8_t)(0xd0 | draw() % 4); return at + put_modrm(to + at, false);
    case 15:
        to[at++] = 0x0f;
        to[at++] = two[draw() % sizeof two];
        return at + put_modrm(to + at, false);
    case 16:
        to[at++] = 0x0f;
        to[at++] = (uint8_t)((draw() % 2 ? 0x40 : 0x90) | draw() % 16);
        return at + put_modrm(to + at, false);
    case 17:
        to[at++] = (uint8_t)(draw() % 2 ? 0x6b : 0x6a);
        at += to[at - 1] == 0x6b ? put_modrm(to + at, false) : 0;
        return at + put_bytes(to + at, 1);
    case 18:
        to[at++] = (uint8_t)(0xf6 | draw() % 2);
        to[at++] = (uint8_t)(0xc0 | (2 + draw() % 4) << 3 | r);
        return at;
    case 19: to[at++] = (uint8_t)(draw() % 2 ? 0x98 : 0x99); return at;
    case 20: to[at++] = (uint8_t)(draw() % 4 ? 0xac : 0xae); return at; /* LODS, SCAS */
    case 21:
        to[at++] = (uint8_t)(0xa0 | draw() % 4);
        at += put_bytes(to + at, 2);
        to[at++] = (uint8_t)(draw() % 8 ? 1 : draw());
        to[at++] = 0;
        return at;
    case 22:
        to[at++] = 0xff;
        to[at++] = (uint8_t)(0x83 | draw() % 2 << 3);
        at += put_bytes(to + at, 1);
        to[at++] = 0x01;
        to[at++] = 0;
        to[at++] = 0;
        return at;
    case 23: to[at++] = 0x87; return at + put_modrm(to + at, false);
    default:
        to[at++] = 0xc7;
        to[at++] = 0x43;
        at += put_bytes(to + at, 5);
        return at;
    }
}

/* From CODE_AT on; every now and then a conditional jump somewhere, and at the end one back. */
static void draw_program(uint8_t *memory)
{
    enum { LENGTH = 1500 };
    static const uint8_t strange[] = {0xe8, 0xe9};
    unsigned start[LENGTH], count = 0, at = 0;
    for (unsigned n = 0; n < USED; n++)
        memory[n] = (uint8_t)draw();
    uint8_t *code = memory + CODE_AT + 0x300 + draw() % 0x100; /* across a page */
    memory[CODE_AT] = 0xe9;
    const uint32_t to = (uint32_t)(code - memory) - CODE_AT - 5;
    memcpy(memory + CODE_AT + 1, &to, 4);
    while (at < LENGTH - 40) {
        start[count++] = at;
        at += put_instruction(code + at);
        if (draw() % 5)
            continue;
        start[count++] = at;
        const unsigned target = start[draw() % count];
        const bool near = at - target < 120 && draw() % 3;
        const uint32_t distance = target - (at + (near ? 2 : 6));
        if (near) {
            code[at++] = (uint8_t)(draw() % 20 ? 0x70 | draw() % 16 : 0xe2);
            code[at++] = (uint8_t)distance;
            continue;
        }
        const bool plain = draw() % 8 == 0;
        code[at++] = plain ? 0x90 : 0x0f;
        code[at++] = plain ? strange[draw() % 2] : (uint8_t)(0x80 | draw() % 16);
        memcpy(code + at, &distance, 4);
        at += 4;
    }
    const uint32_t back = 0u - (at + 5);
    code[at] = 0xe9;
    memcpy(code + at + 1, &back, 4);
}

/* FS and GS with bases; now and then shorter, to be read only, or null. */
static void draw_segments(struct machine *m[WAYS])
{
    for (unsigned seg = IA_FS; seg <= IA_GS; seg++) {
        const uint32_t base = draw() % 4 ? draw() % 0x4000 : 0u - draw() % 0x1000, limit = draw() % 8 ? UINT32_MAX : 0x17fff;
        const uint32_t rights = draw() % 8 ? 0x93 : draw() % 2 ? 0x91 : IA_RIGHTS_NULL;
        for (unsigned way = 0; way < WAYS; way++)
            code_segment(m[way], seg, 0x10, base, limit, rights | IA_RIGHTS_DB | IA_RIGHTS_G);
    }
}

static void try_program(unsigned n)
{
    static uint8_t memory[USED];
    struct code_rig r[WAYS];
    struct machine *m[WAYS];
    draw_program(memory);
    open_all(r, m, n % 4 ? IA_MODEL_686 : IA_MODEL_386, true, memory);
    for (unsigned reg = 0; reg < 8; reg++) {
        const uint32_t v = reg == IA_ESP ? 0x6000 : 0x10000 + draw() % 0x8000;
        for (unsigned way = 0; way < WAYS; way++)
            machine_set(m[way], reg, v);
    }
    draw_segments(m);
    run_all(r, m, PROGRAM_UNITS, n);
}

static void test_programs(void **state)
{
    (void)state;
    for (unsigned n = 0; n < PROGRAMS; n++)
        try_program(n);
}

static void test_ways(void **state)
{
    (void)state;
    for (unsigned n = 0; n < CASES; n++)
        try_case(n);
}

/* A loop whose jumps lead to an instruction that every fourth round changes: more often than a page has records. */
static void test_changed_target(void **state)
{
    static const uint8_t code[] = {
        0xf6, 0xc1, 0x03, 0x75, 0x06,                   /* 7c00: testb $3, %cl; jnz 0x7c0b */
        0xfe, 0x05, 0x14, 0x7c, 0x00, 0x00,             /* 7c05: incb 0x7c14, which is the constant of the mov */
        0x83, 0xf9, 0x05, 0x74, 0x03, 0x90, 0xeb, 0x00, /* 7c0b: cmpl $5, %ecx; je 0x7c13; nop; jmp 0x7c13 */
        0xb8, 0x00, 0x00, 0x00, 0x00,                   /* 7c13: movl $0, %eax */
        0x01, 0xc3, 0x49, 0x75, 0xe3, 0xeb, 0xfe,       /* 7c18: addl %eax, %ebx; dec %ecx; jnz 0x7c00; jmp . */
    };
    static uint8_t memory[USED];
    struct code_rig r[WAYS];
    struct machine *m[WAYS];
    (void)state;
    memcpy(memory + CODE_AT, code, sizeof code);
    open_all(r, m, IA_MODEL_686, true, memory);
    for (unsigned way = 0; way < WAYS; way++) {
        machine_set(m[way], IA_ECX, 20000);
        machine_set(m[way], IA_EBX, 0);
    }
    uint64_t done = 0;
    for (unsigned way = 0; way < WAYS; way++)
        assert_int_equal(machine_run(m[way], 240000, &done).kind, TRAP_BUDGET);
    assert_int_equal(machine_get(m[SIMPLE], IA_EBX), 4 * (19 * 255 * 128 + 136 * 137 / 2)); /* the bytes from 1 to 5,000 */
    run_all(r, m, 0, 0);
}

/* A CALL to what stands behind it, of which its run knows nothing, with a stack that the TLB does not know. */
static void test_call_next(void **state)
{
    static const uint8_t code[] = {
        0x81, 0xec, 0x00, 0x20, 0x00, 0x00, /* subl $0x2000, %esp */
        0xe8, 0x00, 0x00, 0x00, 0x00,       /* call, to the pop */
        0x58, 0x49, 0x75, 0xf1, 0xeb, 0xfe, /* pop %eax; dec %ecx; jnz to the beginning; jmp . */
    };
    static uint8_t memory[USED];
    struct code_rig r[WAYS];
    struct machine *m[WAYS];
    (void)state;
    memcpy(memory + CODE_AT, code, sizeof code);
    open_all(r, m, IA_MODEL_686, true, memory);
    for (unsigned way = 0; way < WAYS; way++) {
        uint64_t done = 0;
        machine_set(m[way], IA_ECX, 20);
        machine_set(m[way], IA_ESP, 0x100000);
        assert_int_equal(machine_run(m[way], 300, &done).kind, TRAP_BUDGET);
        assert_int_equal(machine_get(m[way], IA_EAX), CODE_AT + 11);
    }
    run_all(r, m, 0, 0);
}

/* A loop over two pages, with conditional jumps from each to the other; budgets end at them, too. */
static void test_other_page(void **state)
{
    static const uint8_t first[] = {
        0x01, 0xc3, 0x49,                   /* 7c00: addl %eax, %ebx; dec %ecx */
        0x0f, 0x85, 0xf7, 0x03, 0x00, 0x00, /* 7c03: jnz 0x8000 */
        0xeb, 0xfe,                         /* 7c09: jmp . */
    };
    static const uint8_t second[] = {
        0x40, 0x83, 0xf8, 0x07, 0x0f, 0x85, 0xf6, 0xfb, 0xff, 0xff, /* 8000: inc %eax; cmpl $7, %eax; jne 0x7c00 */
        0x31, 0xc0, 0xe9, 0xef, 0xfb, 0xff, 0xff,                   /* 800a: xorl %eax, %eax; jmp 0x7c00 */
    };
    static uint8_t memory[USED];
    struct code_rig r[WAYS];
    struct machine *m[WAYS];
    uint64_t hash = 0;
    (void)state;
    memcpy(memory + CODE_AT, first, sizeof first);
    memcpy(memory + 0x8000, second, sizeof second);
    open_all(r, m, IA_MODEL_686, true, memory);
    for (unsigned way = 0; way < WAYS; way++) {
        machine_set(m[way], IA_EAX, 0);
        machine_set(m[way], IA_EBX, 0);
        machine_set(m[way], IA_ECX, 1000);
        assert_true(run_units(m[way], way, 9000, &hash));
    }
    assert_int_equal(machine_get(m[SIMPLE], IA_EBX), 142 * 21 + 15); /* 0 to 6, in turn */
    run_all(r, m, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ways), cmocka_unit_test(test_programs),
                                       cmocka_unit_test(test_changed_target), cmocka_unit_test(test_call_next),
                                       cmocka_unit_test(test_other_page)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
