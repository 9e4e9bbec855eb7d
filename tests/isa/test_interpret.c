/* One instruction three ways: by the hart's fast bodies, by its careful ones, and over the contract (isa->interpret). Registers,
 * memory, FP state, reservation and trap must come out the same. Operands are random, weighted towards the edges; every
 * unprivileged row takes part. */
#include "tests/isa/assemble.h"
#include "tests/isa/hart_bench.h"

#include <string.h>

#define DATA (BENCH_RAM + 0x100000)
enum { DATA_SIZE = 256, ROUNDS = 300 };

enum way { CAREFUL, FAST, CONTRACT, WAYS };

struct state {
    uint64_t x[32], f[32], pc, mstatus, fcsr, reservation, retired;
    uint8_t data[DATA_SIZE];
    struct trap trap;
};

/* --- memory for the contract: physical RAM, no translation */

static bool memory_fault(struct trap *t, uint64_t cause, va_t va)
{
    *t = (struct trap){.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .cause = cause, .tval = va};
    return false;
}

static bool memory_load(void *ctx, va_t va, unsigned size, uint64_t *value, struct trap *t)
{
    *value = 0;
    return machine_load(ctx, va, value, size) == 0 ? true : memory_fault(t, RV_CAUSE_LOAD_ACCESS, va);
}

static bool memory_store(void *ctx, va_t va, unsigned size, uint64_t value, struct trap *t)
{
    return machine_store(ctx, va, &value, size) == 0 ? true : memory_fault(t, RV_CAUSE_STORE_ACCESS, va);
}

static bool memory_amo(void *ctx, va_t va, unsigned size, uint64_t (*combine)(uint64_t, uint64_t, unsigned), uint64_t operand,
                       uint64_t *old, struct trap *t)
{
    if (machine_load(ctx, va, old, size) != 0)
        return memory_fault(t, RV_CAUSE_STORE_ACCESS, va);
    if (size < 8)
        *old = bits_get(*old, 0, 8 * size);
    return memory_store(ctx, va, size, combine(*old, operand, size), t);
}

static bool memory_physical(void *ctx, va_t va, unsigned size, bool write, pa_t *pa, struct trap *t)
{
    uint64_t value;
    *pa = va;
    return machine_load(ctx, va, &value, size) == 0 ? true : memory_fault(t, write ? RV_CAUSE_STORE_ACCESS : RV_CAUSE_LOAD_ACCESS, va);
}

/* --- states in and out */

static uint64_t edge_value(uint64_t *seed)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     UINT64_MAX,
                                     INT64_MAX,
                                     (uint64_t)INT64_MIN,
                                     INT32_MAX,
                                     UINT64_C(0xffffffff80000000),
                                     UINT32_MAX,
                                     UINT64_C(0x7ff0000000000000),
                                     UINT64_C(0x3ff0000000000000),
                                     UINT64_C(0xffffffff3f800000),
                                     UINT64_C(0xffffffff7fc00000),
                                     UINT64_C(0x0000000000000001),
                                     UINT64_C(0xffffffff00000001)};
    uint64_t r = bench_random(seed);
    if (r % 3 == 0)
        return edges[(r >> 8) % (sizeof edges / sizeof edges[0])];
    return r % 3 == 1 ? bench_random(seed) : DATA + (r >> 8) % (DATA_SIZE - 64) + 32;
}

static void random_state(struct state *s, uint64_t *seed)
{
    static const unsigned fs[] = {0, 1, 2, 3, 3, 3};
    memset(s, 0, sizeof *s);
    for (unsigned n = 1; n < 32; n++)
        s->x[n] = edge_value(seed);
    for (unsigned n = 0; n < 32; n++)
        s->f[n] = bench_random(seed) % 4 ? edge_value(seed) : bench_random(seed);
    for (unsigned n = 0; n < DATA_SIZE; n++)
        s->data[n] = (uint8_t)bench_random(seed);
    s->pc = BENCH_CODE;
    s->mstatus = (uint64_t)fs[bench_random(seed) % 6] << MSTATUS_FS;
    s->fcsr = (bench_random(seed) & 0x1f) | (bench_random(seed) % 6) << 5;
    s->reservation = bench_random(seed) % 2 ? (DATA + bench_random(seed) % DATA_SIZE) & ~UINT64_C(7) : UINT64_MAX;
}

static void load_state(struct bench *b, const struct state *s)
{
    for (unsigned n = 0; n < 32; n++) {
        machine_set(b->m, RV_X + n, s->x[n]);
        machine_set(b->m, RV_F + n, s->f[n]);
    }
    bench_set(b, CSR_fcsr, s->fcsr);
    bench_set(b, CSR_mstatus, s->mstatus);
    machine_set(b->m, RV_RESERVATION, s->reservation);
    machine_set(b->m, MACHINE_PC, s->pc);
    assert_int_equal(machine_store(b->m, DATA, s->data, DATA_SIZE), 0);
}

static void save_state(struct bench *b, struct state *s)
{
    for (unsigned n = 0; n < 32; n++) {
        s->x[n] = machine_get(b->m, RV_X + n);
        s->f[n] = machine_get(b->m, RV_F + n);
    }
    s->fcsr = bench_get(b, CSR_fcsr);
    s->mstatus = bench_get(b, CSR_mstatus);
    s->reservation = machine_get(b->m, RV_RESERVATION);
    s->pc = machine_get(b->m, MACHINE_PC);
    assert_int_equal(machine_load(b->m, DATA, s->data, DATA_SIZE), 0);
}

/* --- the three ways */

static void keep_trap(struct state *s, const struct trap *t)
{
    memset(&s->trap, 0, sizeof s->trap);
    s->trap.kind = t->kind;
    s->trap.reason = t->reason;
    s->trap.row = t->row;
    s->trap.length = t->length;
    s->trap.cause = t->cause;
    s->trap.tval = t->tval;
    s->trap.bits = t->bits;
}

/* Everything around the instruction is c.ebreak, and zeros farther off: a fast body that has done it goes on to a trap, which
 * shows where it went; where it jumped out of RAM the fetch fault shows that. One instruction has retired, and only the pc counts. */
static void run_one(struct bench *b, enum way way, const struct state *start, uint32_t bits, struct state *end)
{
    static const struct interpret_memory memory = {
        .load = memory_load, .store = memory_store, .amo = memory_amo, .physical = memory_physical};
    struct interpret_memory m = memory;
    memset(end, 0, sizeof *end);
    load_state(b, start);
    struct trap t;
    if (way == CONTRACT) {
        m.ctx = b->m;
        t = isa_riscv.interpret(b->m, bits, &m);
        end->retired = t.kind == TRAP_NONE;
    } else {
        t = machine_run(b->m, way == FAST ? 1 << 20 : 1, &end->retired);
        assert_int_equal(t.kind == TRAP_BUDGET, way == CAREFUL && end->retired == 1);
    }
    save_state(b, end);
    if (end->retired == 0)
        keep_trap(end, &t);
}

static void fill_with_breakpoints(struct bench *b)
{
    static uint16_t page[8 * PAGE_SIZE / 2];
    for (unsigned n = 0; n < sizeof page / 2; n++)
        page[n] = C_EBREAK;
    assert_int_equal(machine_store(b->m, BENCH_RAM, page, sizeof page), 0);
}

static void compare(uint32_t bits, const struct state *a, const struct state *b, enum way way)
{
    char text[64];
    if (!memcmp(a, b, sizeof *a))
        return;
    isa_riscv.print(&riscv_config_default, 0, bits, BENCH_CODE, text, sizeof text);
    for (unsigned n = 0; n < 32; n++)
        if (a->x[n] != b->x[n] || a->f[n] != b->f[n])
            print_message("x%u %#lx %#lx  f%u %#lx %#lx\n", n, (unsigned long)a->x[n], (unsigned long)b->x[n], n,
                          (unsigned long)a->f[n], (unsigned long)b->f[n]);
    print_message(
        "pc %#lx %#lx  fcsr %#lx %#lx  mstatus %#lx %#lx  reservation %#lx %#lx  retired %lu %lu  cause %lu %lu  tval %#lx %#lx\n",
        (unsigned long)a->pc, (unsigned long)b->pc, (unsigned long)a->fcsr, (unsigned long)b->fcsr, (unsigned long)a->mstatus,
        (unsigned long)b->mstatus, (unsigned long)a->reservation, (unsigned long)b->reservation, (unsigned long)a->retired,
        (unsigned long)b->retired, (unsigned long)a->trap.cause, (unsigned long)b->trap.cause, (unsigned long)a->trap.tval,
        (unsigned long)b->trap.tval);
    fail_msg("%s (%#x): %s differs", text, bits, way == CONTRACT ? "the contract" : "the fast body");
}

/* Random operands; what would not be this row is left out. */
static bool random_bits(unsigned row, uint64_t *seed, uint32_t *bits)
{
    const struct insn_desc *r = &isa_riscv.rows[row];
    unsigned length;
    *bits = (uint32_t)(r->match | (bench_random(seed) & ~r->mask)) & (r->length == 2 ? 0xffff : UINT32_MAX);
    return isa_riscv.decode(&riscv_config_default, 0, *bits, &length) == row;
}

/* Base registers of memory rows point into the data more often than not. */
static void aim(unsigned row, uint32_t bits, struct state *s, uint64_t *seed)
{
    struct rv_operands r;
    rv_decode_operands(bits, row, isa_riscv.rows[row].length, &r);
    const char *format = isa_riscv.rows[rv_base_row(row)].format;
    bool atomic = !strcmp(format, "AMO") || !strcmp(format, "LR");
    if (rv_base_row(row) == RV_INSN_jalr || (!strstr(format, "LOAD") && !strstr(format, "STORE") && !atomic) ||
        bench_random(seed) % 8 == 0 || r.rs1 == 0)
        return;
    uint64_t at = 8 + bench_random(seed) % (DATA_SIZE - 24);
    s->x[r.rs1] = DATA + (atomic && bench_random(seed) % 8 ? at & ~UINT64_C(7) : at) - (uint64_t)(int64_t)r.imm;
}

static void three_ways_agree(void **state)
{
    uint64_t seed = 2024;
    struct bench b;
    struct riscv_config c = bench_config();
    (void)state;
    bench_open(&b, &c);
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        const struct insn_desc *r = &isa_riscv.rows[row];
        unsigned tried = 0, retired = 0;
        for (unsigned round = 0; r->traps == TRAPS_NEVER && round < ROUNDS; round++) {
            struct state start, end[WAYS];
            uint32_t bits;
            if (!random_bits(row, &seed, &bits))
                continue;
            random_state(&start, &seed);
            aim(row, bits, &start, &seed);
            fill_with_breakpoints(&b);
            assert_int_equal(machine_store(b.m, BENCH_CODE, &bits, r->length), 0);
            run_one(&b, CAREFUL, &start, bits, &end[CAREFUL]);
            if (end[CAREFUL].pc >= DATA && end[CAREFUL].pc < DATA + DATA_SIZE)
                continue; /* a jump to where no breakpoint is */
            run_one(&b, FAST, &start, bits, &end[FAST]);
            run_one(&b, CONTRACT, &start, bits, &end[CONTRACT]);
            compare(bits, &end[CAREFUL], &end[FAST], FAST);
            compare(bits, &end[CAREFUL], &end[CONTRACT], CONTRACT);
            tried++;
            retired += end[CAREFUL].retired == 1;
        }
        if (r->traps == TRAPS_NEVER && (tried < ROUNDS / 4 || retired < tried / 3))
            fail_msg("%s: of %u tried %u retired", r->name, tried, retired);
    }
    bench_close(&b);
}

/* What is not for it: the system group, and what does not decode. Nothing changes. */
static void refuses_the_system_group(void **state)
{
    uint64_t seed = 1;
    unsigned refused = 0;
    struct bench b;
    struct riscv_config c = bench_config();
    (void)state;
    bench_open(&b, &c);
    for (unsigned row = 0; row <= RV_INSN_COUNT; row++) {
        if (row < RV_INSN_COUNT && isa_riscv.rows[row].traps == TRAPS_NEVER)
            continue;
        struct state start, end;
        uint32_t bits = row < RV_INSN_COUNT ? asm_match(row) : 0xffffffff;
        random_state(&start, &seed);
        run_one(&b, CONTRACT, &start, bits, &end);
        assert_int_equal(end.retired, 0);
        bench_expect_illegal(&end.trap, bits, REASON_UNDEFINED);
        assert_int_equal(end.pc, BENCH_CODE);
        assert_memory_equal(end.x, start.x, sizeof end.x);
        refused++;
    }
    assert_int_equal(refused, 18);
    bench_close(&b);
}

/* Without a way to name physical addresses LR makes no reservation and SC fails, which an architecture may always do. */
static void reservations_without_addresses(void **state)
{
    static const struct interpret_memory memory = {.load = memory_load, .store = memory_store, .amo = memory_amo};
    struct interpret_memory m = memory;
    struct bench b;
    struct riscv_config c = bench_config();
    (void)state;
    bench_open(&b, &c);
    m.ctx = b.m;
    bench_write64(&b, DATA, 0x55);
    machine_set(b.m, RV_X + S0, DATA);
    machine_set(b.m, RV_RESERVATION, DATA);
    assert_int_equal(isa_riscv.interpret(b.m, asm_r(RV_INSN_lr_d, A0, S0, 0), &m).kind, TRAP_NONE);
    assert_int_equal(machine_get(b.m, RV_X + A0), 0x55);
    assert_int_equal(machine_get(b.m, RV_RESERVATION), UINT64_MAX);
    machine_set(b.m, RV_RESERVATION, DATA);
    assert_int_equal(isa_riscv.interpret(b.m, asm_r(RV_INSN_sc_d, A0, S0, A1), &m).kind, TRAP_NONE);
    assert_int_equal(machine_get(b.m, RV_X + A0), 1);
    assert_int_equal(bench_read64(&b, DATA), 0x55);
    assert_int_equal(machine_get(b.m, RV_RESERVATION), UINT64_MAX);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_ways_agree),
        cmocka_unit_test(refuses_the_system_group),
        cmocka_unit_test(reservations_without_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
