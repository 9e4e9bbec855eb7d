/* When the floating-point unit traps: #NM by EM, TS and MP, #MF at the next instruction that waits, faults of memory that leave the unit as
 * it was; and what a handler finds of the instruction that failed. */
#include "isa/ia32/x87.h"
#include "isa/wait.h"
#include "tests/isa/ia32/code_rig.h"
#include <stdio.h>

enum { DATA = 0x10000, UNIT = IA_X87_FDS - IA_X87 + 1 };

static void unit_of(const struct code_rig *r, uint64_t out[UNIT])
{
    for (unsigned n = 0; n < UNIT; n++)
        out[n] = machine_get(r->m, IA_X87 + n);
}

static void expect(const struct trap *t, unsigned vector, const struct code_rig *r, uint32_t pc)
{
    assert_int_equal(t->kind, TRAP_EXCEPTION);
    assert_int_equal(t->cause, vector);
    assert_int_equal(code_get(r, MACHINE_PC), pc);
}

/* The manual's table 2-2 of volume 3A, for each instruction that has an opinion of its own. */
static void test_availability(void **unused)
{
    (void)unused;
    static const struct {
        uint8_t bytes[3];
        bool is_wait;
    } instructions[] = {{{0xd8, 0xc1, 0x90}, false}, {{0xdb, 0xe3, 0x90}, false}, {{0xdb, 0xe2, 0x90}, false},
                        {{0xdf, 0xe0, 0x90}, false}, {{0xdd, 0x3e, 0x90}, false}, {{0xd9, 0x2e, 0x90}, false},
                        {{0xd9, 0x3e, 0x90}, false}, {{0xdd, 0x36, 0x90}, false}, {{0xd9, 0xd0, 0x90}, false},
                        {{0x9b, 0x90, 0x90}, true}};
    struct code_rig r;
    code_open(&r, IA_MODEL_686, true);
    for (size_t n = 0; n < sizeof instructions / sizeof *instructions; n++)
        for (uint32_t bits = 0; bits < 16; bits += 2) { /* MP, EM, TS */
            uint64_t before[UNIT], after[UNIT], retired;
            code_put(&r, CODE_AT, instructions[n].bytes, 3);
            machine_set(r.m, IA_CR0, (machine_get(r.m, IA_CR0) & ~(uint64_t)(CR0_MP | CR0_EM | CR0_TS)) | bits);
            machine_set(r.m, MACHINE_PC, CODE_AT);
            machine_set(r.m, IA_ESI, DATA);
            unit_of(&r, before);
            const bool traps = instructions[n].is_wait ? (bits & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS) : bits & (CR0_EM | CR0_TS);
            const struct trap t = code_run(&r, 1, &retired);
            assert_int_equal(retired, !traps);
            if (!traps)
                continue;
            expect(&t, IA_NM, &r, CODE_AT);
            assert_int_equal(t.reason, REASON_RESOURCE);
            unit_of(&r, after);
            assert_memory_equal(before, after, sizeof before);
        }
    code_close(&r);
}

/* 1/0 with ZE not masked: ZE and ES are set, nothing is divided, and instructions that do not wait go on. */
static void test_pending(void **unused)
{
    (void)unused;
    static const uint8_t waiting[][2] = {{0x9b, 0x90}, {0xd9, 0xd0}, {0xd9, 0xe8}, {0xd9, 0x2e}, {0xd9, 0x26}, {0xdd, 0x26}};
    for (size_t n = 0; n < sizeof waiting / sizeof *waiting; n++)
        for (unsigned ne = 0; ne < 2; ne++) {
            struct code_rig r;
            uint64_t retired;
            code_open(&r, IA_MODEL_686, true);
            const uint16_t control = 0x37b;
            code_put(&r, DATA, &control, 2);
            machine_set(r.m, IA_ESI, DATA);
            machine_set(r.m, IA_CR0, machine_get(r.m, IA_CR0) | (ne ? CR0_NE : 0));
            /* fninit; fldcw (esi); fld1; fldz; fdivp; nop; fnstsw ax; fnstcw (esi) */
            CODE(&r, "\xdb\xe3\xd9\x2e\xd9\xe8\xd9\xee\xde\xf9\x90\xdf\xe0\xd9\x3e");
            code_put(&r, CODE_AT + 15, waiting[n], 2);
            struct trap t = code_run(&r, 8, &retired);
            assert_int_equal(retired, 8);
            assert_int_equal(code_get(&r, IA_EAX) & 0xffff, 0x3000 | X87_ZE | X87_ES | X87_B); /* TOP 6: both are there still */
            t = code_run(&r, 1, &retired);
            if (ne) {
                expect(&t, IA_MF, &r, CODE_AT + 15);
                assert_int_equal(t.reason, REASON_RESOURCE);
                CODE(&r, "\xdb\xe2"); /* fnclex */
                machine_set(r.m, MACHINE_PC, CODE_AT);
                (void)code_run(&r, 1, &retired);
                machine_set(r.m, MACHINE_PC, CODE_AT + 15);
                (void)code_run(&r, 1, &retired);
            }
            assert_int_equal(retired, 1);
            code_close(&r);
        }
}

/* FERR#, as a board sees it. */
struct wire {
    unsigned level, changes;
};
static bool wire_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    *value = ((struct wire *)opaque)->level;
    return offset == 0 && size == 1;
}
static bool wire_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct wire *w = opaque;
    w->changes += w->level != value;
    w->level = (unsigned)value;
    return offset == 0 && size == 1;
}

/* With NE clear the instruction that would trap is held up until an interrupt comes, or IGNNE# lets it pass: also right behind STI, whose
 * shadow would keep the interrupt out for ever. */
static void test_ferr(void **unused)
{
    (void)unused;
    static const struct phys_io io = {.read = wire_read, .write = wire_write};
    enum { WAITING = CODE_AT + 11 };
    struct wire ferr = {0, 0};
    struct code_rig r;
    struct phys *ports;
    uint64_t retired, before[UNIT], after[UNIT];
    const uint16_t control = 0x37b;
    assert_int_equal(phys_create(&ports), 0);
    assert_int_equal(phys_add_io(ports, "ferr", IA_PORT_FERR, 1, &io, &ferr), 0);
    code_open_with(&r, IA_MODEL_686, true, ports);
    code_put(&r, DATA, &control, 2);
    machine_set(r.m, IA_ESI, DATA);
    machine_set(r.m, IA_EFLAGS, EFLAGS_IF);
    CODE(&r, "\xdb\xe3\xd9\x2e\xd9\xe8\xd9\xee\xde\xf9\x90\xd9\xe8\x9b\xdb\xe2\x9b"); /* ..., fld1, wait, fnclex, wait */
    (void)code_run(&r, 6, &retired);
    assert_int_equal(ferr.changes, 0);
    unit_of(&r, before);
    for (unsigned n = 0; n < 3; n++) {
        machine_set(r.m, IA_SHADOW, n == 2);
        const struct trap t = code_run(&r, 1, &retired);
        assert_int_equal(t.kind, TRAP_WAIT);
        assert_int_equal(t.cause, WAIT_HELD);
        assert_int_equal(retired, 0);
        assert_int_equal(code_get(&r, MACHINE_PC), WAITING);
    }
    unit_of(&r, after);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(ferr.level, 1);
    assert_int_equal(ferr.changes, 1);
    machine_irq(r.m, IA_LINE_INTR, true);
    assert_int_equal(code_run(&r, 1, &retired).kind, TRAP_INTERRUPT);
    machine_irq(r.m, IA_LINE_INTR, false);
    machine_irq(r.m, IA_LINE_IGNNE, true);
    (void)code_run(&r, 2, &retired);
    assert_int_equal(retired, 2);
    assert_int_equal(code_get(&r, MACHINE_PC), WAITING + 3);
    machine_irq(r.m, IA_LINE_IGNNE, false);
    (void)code_run(&r, 1, &retired); /* fnclex */
    assert_int_equal(ferr.level, 0);
    assert_int_equal(ferr.changes, 2);
    (void)code_run(&r, 1, &retired);
    assert_int_equal(code_get(&r, MACHINE_PC), WAITING + 6);
    code_close(&r);
    phys_destroy(ports);
}

/* An operand that ends beyond its segment: the unit and the memory before the end stay. */
static void test_faults(void **unused)
{
    (void)unused;
    static const struct {
        uint8_t bytes[2];
        uint8_t size;
    } operands[] = {{{0xdb, 0x3e}, 10}, {{0xdf, 0x36}, 10},  {{0xdb, 0x2e}, 10}, {{0xdf, 0x26}, 10},
                    {{0xdd, 0x1e}, 8},  {{0xdf, 0x3e}, 8},   {{0xd9, 0x1e}, 4},  {{0xd9, 0x36}, 28},
                    {{0xd9, 0x26}, 28}, {{0xdd, 0x36}, 108}, {{0xdd, 0x26}, 108}};
    struct code_rig r;
    code_open(&r, IA_MODEL_686, true);
    for (size_t n = 0; n < sizeof operands / sizeof *operands; n++)
        for (unsigned there = 0; there <= operands[n].size; there++) { /* bytes of the operand inside */
            uint8_t memory[128], is[128];
            uint64_t before[UNIT], after[UNIT], retired;
            CODE(&r, "\xdb\xe3\xd9\xeb\xd9\xe8"); /* fninit; fldpi; fld1 */
            code_put(&r, CODE_AT + 6, operands[n].bytes, 2);
            memset(memory, 0x12, sizeof memory);
            code_put(&r, DATA, memory, sizeof memory);
            code_segment(r.m, IA_DS, 0x10, 0, DATA - 1 + there, 0x93 | IA_RIGHTS_DB);
            machine_set(r.m, IA_ESI, DATA);
            machine_set(r.m, MACHINE_PC, CODE_AT);
            (void)code_run(&r, 3, &retired);
            unit_of(&r, before);
            const struct trap t = code_run(&r, 1, &retired);
            assert_int_equal(retired, there == operands[n].size);
            if (there == operands[n].size)
                continue;
            expect(&t, IA_GP, &r, CODE_AT + 6);
            unit_of(&r, after);
            assert_memory_equal(before, after, sizeof before);
            assert_int_equal(machine_load(r.m, DATA, is, sizeof is), 0);
            assert_memory_equal(memory, is, sizeof is);
        }
    code_close(&r);
}

static void test_pointers(void **unused)
{
    (void)unused;
    for (unsigned wide = 0; wide < 2; wide++) {
        struct code_rig r;
        uint64_t retired;
        uint8_t image[28];
        code_open(&r, IA_MODEL_686, wide);
        code_segment(r.m, IA_DS, wide ? 0x18 : 0x1000, wide ? 0 : 0x10000, UINT32_MAX, 0x93);
        machine_set(r.m, IA_ESI, wide ? DATA : 0);
        machine_set(r.m, IA_EDI, wide ? DATA + 0x100 : 0x100);
        if (wide) /* fninit; nop; fldl 8(esi); nop; fnstsw ax; fnstenv (edi) */
            CODE(&r, "\xdb\xe3\x90\xdd\x46\x08\x90\xdf\xe0\xd9\x37");
        else /* fldl 8(si); fnstenv (di), in the encodings of 16 bits, and 66 for the wide image */
            CODE(&r, "\xdb\xe3\x90\xdd\x44\x08\x90\xdf\xe0\x66\xd9\x35");
        (void)code_run(&r, 6, &retired);
        assert_int_equal(retired, 6);
        assert_int_equal(machine_load(r.m, DATA + 0x100, image, sizeof image), 0);
        static const uint8_t expected[2][16] = {
            /* linear 0x7c03; opcode 0x544; linear 0x10008 */
            {0x03, 0x7c, 0xff, 0xff, 0x44, 0x05, 0x00, 0x00, 0x08, 0x00, 0xff, 0xff, 0x00, 0x10, 0x00, 0x00},
            {0x03, 0x7c, 0x00, 0x00, 0x08, 0x00, 0x46, 0x05, 0x08, 0x00, 0x01, 0x00, 0x18, 0x00, 0xff, 0xff},
        };
        assert_memory_equal(image + 12, expected[wide], 16);
        code_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_availability), cmocka_unit_test(test_pending),
                                       cmocka_unit_test(test_ferr), cmocka_unit_test(test_faults), cmocka_unit_test(test_pointers)};
    return cmocka_run_group_tests(tests, 0, 0);
}
