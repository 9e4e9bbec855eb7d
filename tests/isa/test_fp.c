/* test_fp.c - what F and D rows do besides arithmetic: FS Off traps, FS becomes Dirty, reserved rounding modes are illegal, boxing
 * of what is loaded and moved. Each on the hart's fast way, its careful way, and over the contract.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "isa/riscv.h"
#include "mmu/phys.h"

enum { RAM = 0x100000, RAM_BYTES = 1 << 16, DATA = RAM + 0x8000, NOPS = 4000 };
enum { FS_OFF, FS_INITIAL, FS_CLEAN, FS_DIRTY };

struct bench {
    struct ram *ram;
    struct phys *phys;
    struct machine *machine;
};

static int start(void **state)
{
    struct riscv_config config = riscv_config_default;
    struct bench *b = calloc(1, sizeof *b);
    static const uint16_t nop = 0x0001;
    config.reset_pc = RAM;
    *state = b;
    if (!b || ram_create(&b->ram, RAM_BYTES) || phys_create(&b->phys) || phys_add_ram(b->phys, "ram", RAM, RAM_BYTES, b->ram, 0) ||
        riscv_create(&b->machine, b->phys, &config))
        return -1;
    for (unsigned at = 0; at < 2 * NOPS; at += 2)
        if (machine_store(b->machine, RAM + at, &nop, 2))
            return -1;
    return 0;
}

static int end(void **state)
{
    struct bench *b = *state;
    machine_destroy(b->machine);
    phys_destroy(b->phys);
    ram_destroy(b->ram);
    free(b);
    return 0;
}

static struct machine *machine_of(void **state) { return ((struct bench *)*state)->machine; }

static bool load(void *ctx, va_t va, unsigned size, uint64_t *value, struct trap *t)
{
    (void)t;
    return phys_load(ctx, va, size, value);
}
static bool store(void *ctx, va_t va, unsigned size, uint64_t value, struct trap *t)
{
    (void)t;
    return phys_store(ctx, va, size, value);
}

/* The three ways to execute one instruction; the fast one goes on through no-operations, for long enough to be fast. */
enum way { FAST, CAREFUL, CONTRACT, WAYS };

static struct trap execute(struct machine *m, enum way way, uint32_t bits)
{
    const struct interpret_memory memory = {.load = load, .store = store, .ctx = m->phys};
    uint64_t retired = 0;
    assert_int_equal(machine_store(m, RAM, &bits, 4), 0);
    machine_set(m, MACHINE_PC, RAM);
    if (way == CONTRACT)
        return isa_riscv.interpret(m, bits, &memory);
    return machine_run(m, way == FAST ? NOPS - 1 : 1, &retired);
}

static bool is_fp(const struct insn_desc *row)
{
    return row->length == 4 && (row->ext[0] == 'F' || row->ext[0] == 'D') && !row->ext[1];
}
static bool has_rm(const struct insn_desc *row) { return strchr(row->encoding, 'm'); }
static bool writes_f(const struct insn_desc *row)
{
    return !strcmp(row->format, "FLOAD") || !strcmp(row->format, "R4") ||
           (row->format[0] == 'F' && strcmp(row->format, "FSTORE") != 0);
}

/* rd 5, rs1 10 (f10: a number; x10: an address), rs2 11, rs3 12, static RNE, immediate 0. */
static uint32_t example(const struct insn_desc *row)
{
    uint32_t operands = 5U << 7 | 10U << 15 | 11U << 20 | 12U << 27;
    if (!strcmp(row->format, "FSTORE"))
        operands = 10U << 15 | 11U << 20;
    if (!strcmp(row->format, "FLOAD"))
        operands = 5U << 7 | 10U << 15;
    return (uint32_t)(row->match | (operands & ~row->mask));
}

static void prepare(struct machine *m, unsigned fs, unsigned frm)
{
    machine_reset(m);
    machine_set(m, RV_CSR + CSR_mstatus, (uint64_t)FS_DIRTY << MSTATUS_FS);
    machine_set(m, RV_CSR + CSR_fcsr, frm << 5);
    for (reg_t r = 0; r < 32; r++)
        machine_set(m, RV_F + r, 0x4000000040000000 + r); /* as a binary64 exact; as a binary32 not boxed */
    machine_set(m, RV_X + 10, DATA);
    machine_set(m, RV_CSR + CSR_mstatus, (uint64_t)fs << MSTATUS_FS);
}

static unsigned fs_now(const struct machine *m) { return machine_get(m, RV_CSR + CSR_mstatus) >> MSTATUS_FS & 3; }

static void check_illegal(struct machine *m, struct trap t, enum way way, const struct insn_desc *row, uint32_t bits,
                          enum trap_reason reason)
{
    if (t.kind != TRAP_EXCEPTION || t.cause != RV_CAUSE_ILLEGAL || t.reason != reason || t.tval != bits)
        fail_msg("%s, way %d: kind %d reason %d cause %lu tval %#lx", row->name, (int)way, (int)t.kind, (int)t.reason, t.cause,
                 t.tval);
    assert_int_equal(machine_get(m, MACHINE_PC), RAM);
    assert_int_equal(machine_get(m, RV_F + 5), 0x4000000040000005);
    assert_int_equal(machine_get(m, RV_X + 5), 0);
}

static bool completed(struct trap t) { return t.kind == TRAP_NONE || t.kind == TRAP_BUDGET; }

static void test_off(void **state)
{
    struct machine *m = machine_of(state);
    for (unsigned r = 0; r < isa_riscv.row_count; r++) {
        const struct insn_desc *row = &isa_riscv.rows[r];
        for (enum way way = FAST; is_fp(row) && way < WAYS; way++) {
            prepare(m, FS_OFF, 0);
            check_illegal(m, execute(m, way, example(row)), way, row, example(row), REASON_RESOURCE);
            assert_int_equal(fs_now(m), FS_OFF);
        }
    }
}

/* Dirty exactly when FP state was written: an f register, or a flag. */
static void test_dirty(void **state)
{
    struct machine *m = machine_of(state);
    for (unsigned r = 0; r < isa_riscv.row_count; r++) {
        const struct insn_desc *row = &isa_riscv.rows[r];
        for (enum way way = FAST; is_fp(row) && way < WAYS; way++) {
            prepare(m, FS_INITIAL, 0);
            assert_true(completed(execute(m, way, example(row))));
            bool raised = machine_get(m, RV_CSR + CSR_fflags);
            unsigned expected = writes_f(row) || raised ? FS_DIRTY : FS_INITIAL;
            if (fs_now(m) != expected || machine_get(m, RV_CSR + CSR_mstatus) >> MSTATUS_SD != (expected == FS_DIRTY))
                fail_msg("%s, way %d: FS %u, expected %u", row->name, (int)way, fs_now(m), expected);
        }
    }
}

static void test_flag_alone_makes_dirty(void **state)
{
    struct machine *m = machine_of(state);
    const uint32_t flt = (uint32_t)isa_riscv.rows[RV_INSN_flt_d].match | 5U << 7 | 10U << 15 | 11U << 20;
    for (enum way way = FAST; way < WAYS; way++) {
        prepare(m, FS_CLEAN, 0);
        assert_true(completed(execute(m, way, flt)));
        assert_int_equal(fs_now(m), FS_CLEAN);
        machine_set(m, RV_F + 10, 0x7ff8000000000000); /* NV, and no f register written */
        machine_set(m, RV_CSR + CSR_mstatus, (uint64_t)FS_CLEAN << MSTATUS_FS);
        assert_true(completed(execute(m, way, flt)));
        assert_int_equal(machine_get(m, RV_CSR + CSR_fflags), 16);
        assert_int_equal(fs_now(m), FS_DIRTY);
    }
}

static void test_rounding_modes(void **state)
{
    struct machine *m = machine_of(state);
    for (unsigned r = 0; r < isa_riscv.row_count; r++) {
        const struct insn_desc *row = &isa_riscv.rows[r];
        if (!is_fp(row) || !has_rm(row))
            continue;
        for (unsigned n = 0; n < 13; n++) { /* static 0..4, reserved 5 and 6; dynamic, frm 0..4 and 5..7 */
            unsigned rm = n < 7 ? n : 7, frm = n < 5 ? 7 : n < 7 ? 0 : n - 7 < 6 ? n - 7 : 7;
            bool legal = rm < 5 || (rm == 7 && frm < 5);
            uint32_t bits = example(row) | rm << 12;
            for (enum way way = FAST; way < WAYS; way++) {
                prepare(m, FS_INITIAL, frm);
                struct trap t = execute(m, way, bits);
                if (!legal)
                    check_illegal(m, t, way, row, bits, REASON_UNDEFINED);
                else if (!completed(t))
                    fail_msg("%s rm %u frm %u, way %d: trap %d", row->name, rm, frm, (int)way, (int)t.kind);
            }
        }
    }
}

/* 1 + 2^-24 in each mode, static and dynamic. */
static void test_rounding_is_used(void **state)
{
    struct machine *m = machine_of(state);
    static const uint32_t sum[5] = {0x3f800000, 0x3f800000, 0x3f800000, 0x3f800001, 0x3f800001};
    for (enum way way = FAST; way < WAYS; way++) {
        for (unsigned n = 0; n < 10; n++) {
            prepare(m, FS_DIRTY, n % 5);
            machine_set(m, RV_F + 10, 0xffffffff3f800000);
            machine_set(m, RV_F + 11, 0xffffffff33800000);
            unsigned rm = n < 5 ? n : 7;
            if (rm != 7)
                machine_set(m, RV_CSR + CSR_frm, 4 - rm); /* must not matter */
            assert_true(completed(execute(m, way, example(&isa_riscv.rows[RV_INSN_fadd_s]) | rm << 12)));
            assert_int_equal(machine_get(m, RV_F + 5), 0xffffffff00000000 | sum[n % 5]);
            assert_int_equal(machine_get(m, RV_CSR + CSR_fflags), 1);
        }
    }
}

static void test_boxes(void **state)
{
    struct machine *m = machine_of(state);
    static const struct box {
        unsigned row;
        uint64_t x10, f10, result; /* in x5 or f5, whichever the row writes */
    } boxes[] = {
        {RV_INSN_fmv_x_w, 0, 0x0123456789abcdef, 0xffffffff89abcdef}, /* the bits, boxed or not; sign-extended */
        {RV_INSN_fmv_x_d, 0, 0x0123456789abcdef, 0x0123456789abcdef},
        {RV_INSN_fmv_w_x, 0x0123456789abcdef, 0, 0xffffffff89abcdef},
        {RV_INSN_fmv_d_x, 0x0123456789abcdef, 0, 0x0123456789abcdef},
        {RV_INSN_flw, DATA, 0, 0xffffffff89abcdef},
        {RV_INSN_fld, DATA, 0, 0x0123456789abcdef},
        {RV_INSN_fclass_s, 0, 0x000000003f800000, 0x200}, /* not boxed: the quiet NaN */
        {RV_INSN_fclass_s, 0, 0xffffffff3f800000, 0x040},
        {RV_INSN_fcvt_w_s, 0, 0x000000003f800000, 0x7fffffff},
        {RV_INSN_fcvt_d_s, 0, 0xffffffff3f800000, 0x3ff0000000000000},
        {RV_INSN_fcvt_s_d, 0, 0x3ff0000000000000, 0xffffffff3f800000},
    };
    for (enum way way = FAST; way < WAYS; way++) {
        for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
            const struct insn_desc *row = &isa_riscv.rows[boxes[i].row];
            const uint64_t data = 0x0123456789abcdef;
            prepare(m, FS_DIRTY, 0);
            assert_int_equal(machine_store(m, DATA, &data, 8), 0);
            machine_set(m, RV_X + 10, boxes[i].x10);
            machine_set(m, RV_F + 10, boxes[i].f10);
            assert_true(completed(execute(m, way, example(row))));
            uint64_t got = machine_get(m, writes_f(row) ? RV_F + 5 : RV_X + 5);
            if (got != boxes[i].result)
                fail_msg("%s, way %d: %#lx, expected %#lx", row->name, (int)way, got, boxes[i].result);
        }
    }
}

/* A store writes the register's low bits, whatever they are, and only those. */
static void test_store(void **state)
{
    struct machine *m = machine_of(state);
    for (enum way way = FAST; way < WAYS; way++) {
        uint64_t data = 0;
        prepare(m, FS_INITIAL, 0);
        machine_set(m, RV_F + 11, 0x0123456789abcdef);
        assert_int_equal(machine_store(m, DATA, &data, 8), 0);
        assert_true(completed(execute(m, way, example(&isa_riscv.rows[RV_INSN_fsw]))));
        assert_int_equal(machine_load(m, DATA, &data, 8), 0);
        assert_int_equal(data, 0x89abcdef);
        assert_true(completed(execute(m, way, example(&isa_riscv.rows[RV_INSN_fsd]))));
        assert_int_equal(machine_load(m, DATA, &data, 8), 0);
        assert_int_equal(data, 0x0123456789abcdef);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_off, start, end),
        cmocka_unit_test_setup_teardown(test_dirty, start, end),
        cmocka_unit_test_setup_teardown(test_flag_alone_makes_dirty, start, end),
        cmocka_unit_test_setup_teardown(test_rounding_modes, start, end),
        cmocka_unit_test_setup_teardown(test_rounding_is_used, start, end),
        cmocka_unit_test_setup_teardown(test_boxes, start, end),
        cmocka_unit_test_setup_teardown(test_store, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
