/* Machine code against the engine that does one instruction at a time: the same registers, memory and counts after every budget, whatever
 * the program does to itself; and that there is machine code at all, which no program can tell.
 */
#include "isa/riscv/native.h"
#include "isa/riscv/table.h"
#include "tests/isa/hart_rig.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

enum { LONG = 2048 }; /* instructions: a budget that goes through loops */

/* The same program on both. */
struct pair {
    struct bench native, simple;
};

static void pair_open(struct pair *p)
{
    this_way = WAY_NATIVE;
    open_plain(&p->native);
    this_way = WAY_SIMPLE;
    open_plain(&p->simple);
}

static void pair_close(struct pair *p)
{
    bench_close(&p->native);
    bench_close(&p->simple);
}

static struct native *native_of(struct pair *p) { return interpreter_of(p->native.h)->native; }

static void expect_same(const struct pair *p)
{
    for (unsigned r = 1; r < 32; r++)
        assert_int_equal(machine_get(p->native.m, X(r)), machine_get(p->simple.m, X(r)));
    for (unsigned r = 0; r < 32; r++)
        assert_int_equal(machine_get(p->native.m, RV_F + r), machine_get(p->simple.m, RV_F + r));
    assert_int_equal(machine_get(p->native.m, MACHINE_PC), machine_get(p->simple.m, MACHINE_PC));
    assert_int_equal(machine_get(p->native.m, MACHINE_RETIRED), machine_get(p->simple.m, MACHINE_RETIRED));
    assert_int_equal(bench_get(&p->native, CSR_fcsr), bench_get(&p->simple, CSR_fcsr));
    assert_int_equal(bench_get(&p->native, CSR_mstatus), bench_get(&p->simple, CSR_mstatus));
    assert_memory_equal(ram_host(p->native.ram), ram_host(p->simple.ram), BENCH_RAM_SIZE);
}

/* Both run for this budget; traps are alike, and stepped over. */
static void run_both(struct pair *p, uint64_t budget)
{
    uint64_t retired[2] = {0, 0};
    const struct trap a = machine_run(p->native.m, budget, &retired[0]), b = machine_run(p->simple.m, budget, &retired[1]);
    assert_int_equal(retired[0], retired[1]);
    assert_int_equal(a.kind, b.kind);
    assert_int_equal(machine_get(p->native.m, MACHINE_PC), machine_get(p->simple.m, MACHINE_PC));
    if (a.kind != TRAP_EXCEPTION)
        return;
    assert_true(a.cause == b.cause && a.tval == b.tval && a.row == b.row && a.length == b.length && a.bits == b.bits);
    const uint64_t behind = machine_get(p->native.m, MACHINE_PC) + (a.length ? a.length : 2);
    machine_set(p->native.m, MACHINE_PC, behind);
    machine_set(p->simple.m, MACHINE_PC, behind);
}

/* Every budget around the slice's end, and some that go through many loops. */
static void every_budget(void **state)
{
    struct pair p;
    (void)state;
    pair_open(&p);
    put_busy_program(&p.native);
    put_busy_program(&p.simple);
    for (uint64_t n = 1; n <= 3000; n++) {
        run_both(&p, n);
        run_both(&p, LONG + n);
        for (unsigned r = 1; r < 32; r++)
            assert_int_equal(machine_get(p.native.m, X(r)), machine_get(p.simple.m, X(r)));
    }
    expect_same(&p);
    assert_true(!native_of(&p) || native_of(&p)->stretches > 0);
    pair_close(&p);
}

/* A loop that counts in the immediate of one of its own instructions. */
static void writes_its_own_stretch(void **state)
{
    struct pair p;
    (void)state;
    pair_open(&p);
    for (struct bench *b = &p.native; b; b = b == &p.native ? &p.simple : NULL) {
        pa_t loop = PUT(b, BENCH_CODE, asm_u(RV_INSN_auipc, S0, 0), LI32(A1, 1000), LI32(T1, 1 << 20));
        const int64_t at = (int64_t)(loop - BENCH_CODE);
        PUT(b, loop, ADDI(A0, A0, 0), asm_i(RV_INSN_lw, T0, S0, at), asm_r(RV_INSN_addw, T0, T0, T1), asm_s(RV_INSN_sw, T0, S0, at),
            ADDI(A1, A1, -1), asm_b(RV_INSN_bne, A1, ZERO, -20), asm_match(RV_INSN_ebreak));
        machine_set(b->m, MACHINE_PC, BENCH_CODE);
    }
    for (unsigned n = 0; n < 4; n++)
        run_both(&p, 2 * LONG);
    expect_same(&p);
    assert_int_equal(machine_get(p.native.m, X(A1)), 0);
    struct native *n = native_of(&p);
    assert_true(!n || (n->thrown_written > 0 && n->thrown_written <= NATIVE_PATIENCE)); /* and then it is left alone */
    pair_close(&p);
}

/* --- random programs */

enum { PROGRAM = 2 * PAGE_SIZE, ROUNDS = 24, RUNS = 200 };
#define REGION (BENCH_RAM + 0x8000) /* of data, near enough for what follows */

/* What rows a program is made of: all that user mode may do; jumps are made apart, to stay within. */
static bool is_plain(unsigned row)
{
    return rv_rows[row].traps == TRAPS_NEVER && !(rv_does[row] & (DOES_BRANCH | DOES_JUMP | DOES_JUMP_REG));
}

/* Few registers, so that often one instruction reads or writes over what another has written. A constant may lie there instead. */
static uint32_t with_few_registers(uint32_t bits, unsigned row)
{
    static const uint8_t field[] = {7, 15, 20};
    for (unsigned n = 0; n < 3; n++)
        if (!(rv_rows[row].mask >> field[n] & 31))
            bits = (bits & ~(28u << field[n])) | 8u << field[n]; /* s0 to a1 */
    return bits;
}

static uint32_t random_plain(uint64_t *seed, unsigned *length)
{
    for (;;) {
        const unsigned row = (unsigned)(bench_random(seed) % RV_INSN_COUNT);
        uint32_t bits = (uint32_t)(rv_rows[row].match | (bench_random(seed) & ~rv_rows[row].mask)) &
                        (rv_rows[row].length == 2 ? 0xffff : UINT32_MAX);
        if (rv_rows[row].length == 4 && bench_random(seed) % 2)
            bits = with_few_registers(bits, row);
        if (!is_plain(row) || rv_decode_row(&riscv_config_default, bits, length) != row)
            continue;
        struct rv_operands o;
        rv_decode_operands(bits, row, *length, &o);
        /* s0 and s1 point to data, and mostly stay; memory is mostly reached by them */
        if ((o.rd == S0 || o.rd == S1) && bench_random(seed) % 8)
            continue;
        if ((rv_does[row] & DOES_SIZE) && o.rs1 != S0 && o.rs1 != S1 && bench_random(seed) % 16)
            continue;
        return bits;
    }
}

/* Within the program, mostly to where an instruction begins. */
static uint32_t random_jump(uint64_t *seed, int64_t at)
{
    static const uint16_t branches[] = {RV_INSN_beq, RV_INSN_bne, RV_INSN_blt, RV_INSN_bge, RV_INSN_bltu, RV_INSN_bgeu};
    const int64_t to = (int64_t)(2 * (bench_random(seed) % (PROGRAM / 2))), near = (int64_t)(bench_random(seed) % 64) * 2 - 64;
    int64_t distance = bench_random(seed) % 4 ? near : (to - at) / 2;
    if (at + distance < 0 || at + distance >= PROGRAM)
        distance = 8;
    distance &= -2;
    if (bench_random(seed) % 4 == 0)
        return asm_j(RV_INSN_jal, bench_random(seed) % 2 ? RA : ZERO, distance);
    return asm_b(branches[bench_random(seed) % 6], (unsigned)(bench_random(seed) % 32), (unsigned)(bench_random(seed) % 32), distance);
}

static void put_random(struct pair *p, uint64_t *seed)
{
    for (unsigned at = 0; at < PROGRAM;) {
        unsigned length = 4;
        const unsigned choice = (unsigned)(bench_random(seed) % 16);
        uint32_t bits;
        if (choice < 3)
            bits = random_jump(seed, at);
        else if (choice == 3)
            bits = asm_i(RV_INSN_jalr, ZERO, RA, 0);
        else
            bits = random_plain(seed, &length);
        assert_int_equal(machine_store(p->native.m, BENCH_CODE + at, &bits, length), 0);
        assert_int_equal(machine_store(p->simple.m, BENCH_CODE + at, &bits, length), 0);
        at += length;
    }
}

static void put_registers(struct pair *p, uint64_t *seed)
{
    for (unsigned r = 1; r < 64; r++) {
        uint64_t v = bench_random(seed) >> bench_random(seed) % 64;
        if (r == S0 || r == S1)
            v = REGION + 4096 + 16 * (bench_random(seed) % 128);
        if (r == RA)
            v = BENCH_CODE + 2 * (bench_random(seed) % (PROGRAM / 2));
        machine_set(p->native.m, RV_X + r, v);
        machine_set(p->simple.m, RV_X + r, v);
    }
    const uint64_t mstatus = bench_get(&p->native, CSR_mstatus) | UINT64_C(3) << MSTATUS_FS, fcsr = bench_random(seed) % 4 ? 1 : 0;
    for (struct bench *b = &p->native; b; b = b == &p->native ? &p->simple : NULL) {
        bench_set(b, CSR_mstatus, mstatus);
        bench_set(b, CSR_fcsr, fcsr);
        machine_set(b->m, MACHINE_PC, BENCH_CODE);
    }
}

static void random_programs(void **state)
{
    uint64_t seed = 17;
    uint64_t stretches = 0;
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct pair p;
        pair_open(&p);
        put_random(&p, &seed);
        for (unsigned run = 0; run < RUNS; run++) {
            if (run % 32 == 0)
                put_registers(&p, &seed);
            if (native_of(&p) && round % 4 == 0) /* no room: all is thrown away again and again */
                native_of(&p)->code.size = native_of(&p)->used + NATIVE_STRETCH_BYTES;
            run_both(&p, LONG + bench_random(&seed) % (3 * LONG));
            const uint64_t pc = machine_get(p.native.m, MACHINE_PC) - BENCH_CODE;
            if (pc >= PROGRAM)
                put_registers(&p, &seed);
        }
        expect_same(&p);
        stretches += native_of(&p) ? native_of(&p)->stretches : 1;
        if (native_of(&p))
            native_of(&p)->code.size = NATIVE_ROOM; /* as it was made */
        pair_close(&p);
    }
    assert_true(stretches > 4 * ROUNDS);
}

/* --- what waits in a register of the host: loops of instructions that read, and write over, what those just before have written */

enum { CHAIN = 40, CHAINS = 150, TIMES = 120 };

/* A row that only computes, by a0 to a2 and fa0 to fa2. */
static uint32_t random_link(uint64_t *seed)
{
    static const uint32_t rounding[] = {0, 7 << 12};
    const unsigned rd = A0 + (unsigned)(bench_random(seed) % 3), rs1 = A0 + (unsigned)(bench_random(seed) % 3);
    for (;;) {
        const unsigned row = (unsigned)(bench_random(seed) % RV_INSN_COUNT);
        const struct insn_desc *r = &rv_rows[row];
        const bool floats = strcmp(r->ext, "D") == 0;
        if (r->length != 4 || !is_plain(row) || rv_does[row] & DOES_SIZE ||
            (strcmp(r->ext, "I") != 0 && strcmp(r->ext, "M") != 0 && !floats))
            continue;
        const uint32_t second = A0 + (unsigned)(bench_random(seed) % 3);
        const uint32_t bits = rd << 7 | rs1 << 15 | (r->mask >> 25 ? second << 20 : (uint32_t)(bench_random(seed) << 20)) |
                              (floats ? rounding[bench_random(seed) % 2] | second << 27 : 0);
        return (uint32_t)(r->match | (bits & ~r->mask));
    }
}

/* Loads and stores, most by s0; now and then by an address just computed, and not aligned, so that machine code does not do it. */
static pa_t put_reach(struct bench *b, pa_t at, uint64_t *seed)
{
    static const uint16_t load[] = {RV_INSN_ld, RV_INSN_lw, RV_INSN_lhu, RV_INSN_fld, RV_INSN_lb},
                          store[] = {RV_INSN_sd, RV_INSN_sw, RV_INSN_fsd};
    unsigned base = S0;
    if (bench_random(seed) % 3 == 0) {
        base = A0 + (unsigned)(bench_random(seed) % 3);
        at = PUT(b, at, ADDI(base, S0, (int)(bench_random(seed) % 2)));
    }
    for (unsigned n = 1 + (unsigned)(bench_random(seed) % 4); n > 0; n--) {
        const unsigned r = A0 + (unsigned)(bench_random(seed) % 3);
        const int64_t far = 8 * (int64_t)(bench_random(seed) % 200) - 800; /* s0 lies near the beginning of a page */
        at = PUT(b, at,
                 bench_random(seed) % 2 ? asm_i(load[bench_random(seed) % 5], r, base, far)
                                        : asm_s(store[bench_random(seed) % 3], r, base, far));
        if (bench_random(seed) % 4 == 0)
            at = PUT(b, at, random_link(seed));
    }
    return at;
}

static void put_chain(struct bench *b, uint64_t seed)
{
    pa_t at = PUT(b, BENCH_CODE, LI32(S1, TIMES));
    const pa_t loop = at;
    for (unsigned n = 0; n < CHAIN; n++)
        at = bench_random(&seed) % 8 ? PUT(b, at, random_link(&seed)) : put_reach(b, at, &seed);
    at = PUT(b, at, ADDI(S1, S1, -1), asm_b(RV_INSN_bne, S1, ZERO, (int64_t)(loop - at) - 4));
    PUT(b, at, asm_match(RV_INSN_ebreak));
    machine_set(b->m, MACHINE_PC, BENCH_CODE);
}

static void chains(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= CHAINS; seed++) {
        struct pair p;
        pair_open(&p);
        uint64_t values = seed;
        put_registers(&p, &values);
        put_chain(&p.native, seed);
        put_chain(&p.simple, seed);
        for (uint64_t n = 1; n < 12; n++) {
            const uint64_t fcsr = bench_random(&values) % 2 ? 1 : bench_random(&values) % 5 << 5 | bench_random(&values) % 2;
            bench_set(&p.native, CSR_fcsr, fcsr);
            bench_set(&p.simple, CSR_fcsr, fcsr);
            run_both(&p, TIMES * CHAIN / 8 + n);
            for (unsigned r = 1; r < 32; r++)
                if (machine_get(p.native.m, X(r)) != machine_get(p.simple.m, X(r)))
                    fail_msg("x%u, seed %u", r, (unsigned)seed);
        }
        expect_same(&p);
        assert_true(!native_of(&p) || native_of(&p)->stretches > 0);
        pair_close(&p);
    }
}

/* A conversion that rounds nothing says nothing of how the quotient behind it is rounded: here up. */
static void rounding_is_asked_for(void **state)
{
    const uint32_t dynamic = 7 << 12;
    struct pair p;
    (void)state;
    pair_open(&p);
    uint64_t seed = 1;
    put_registers(&p, &seed);
    for (struct bench *b = &p.native; b; b = b == &p.native ? &p.simple : NULL) {
        const pa_t loop = PUT(b, BENCH_CODE, LI32(S1, TIMES));
        const pa_t end =
            PUT(b, loop, asm_r(RV_INSN_fcvt_s_d, A2, A0, 0) | dynamic, asm_r(RV_INSN_fdiv_d, A2, A0, A1) | dynamic, ADDI(S1, S1, -1));
        PUT(b, end, asm_b(RV_INSN_bne, S1, ZERO, (int64_t)(loop - end)), asm_match(RV_INSN_ebreak));
        machine_set(b->m, RV_F + A0, UINT64_C(0x3ff) << 52);  /* 1 */
        machine_set(b->m, RV_F + A1, UINT64_C(0x4008) << 48); /* 3 */
        bench_set(b, CSR_fcsr, 3 << 5 | 1);
    }
    run_both(&p, 4 * TIMES + 8);
    expect_same(&p);
    assert_true((machine_get(p.native.m, RV_F + A2) & 15) == 6);
    pair_close(&p);
}

/* The rows that ought to have machine code, where any has. */
static void rows_have_stencils(void **state)
{
    struct pair p;
    (void)state;
    pair_open(&p);
    for (unsigned row = 0; native_of(&p) && row < RV_INSN_COUNT; row++) {
        const char *ext = rv_rows[row].ext;
        if (strcmp(ext, "I") == 0 && rv_rows[row].traps == TRAPS_NEVER)
            assert_true(rv_stencil[row].exists);
        if (strcmp(ext, "M") == 0 || strcmp(ext, "A") == 0 || strcmp(ext, "F") == 0 || strcmp(ext, "D") == 0)
            assert_true(rv_stencil[row].exists);
    }
    pair_close(&p);
}

/* Who chooses no engine has this one, where there is one. */
static void it_is_the_usual_one(void **state)
{
    struct pair p;
    struct machine *m;
    (void)state;
    pair_open(&p);
    assert_int_equal(riscv_create(&m, p.native.phys, &riscv_config_default), 0);
    assert_int_equal(m->engine->kind, native_of(&p) ? ENGINE_native : ENGINE_interpreter);
    assert_int_equal(m->engine->refused, p.native.m->engine->refused);
    machine_destroy(m);
    pair_close(&p);
}

/* The memory is a file. Where files may not be that long it is refused, and no signal ends the process. */
static void files_may_be_too_short(void **state)
{
    struct rlimit before, little;
    struct pair p;
    (void)state;
    pair_open(&p);
    const bool possible = native_of(&p);
    pair_close(&p);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little = before;
    little.rlim_cur = NATIVE_ROOM - 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    pair_open(&p);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_null(native_of(&p));
    assert_int_equal(p.native.m->engine->refused, possible ? EFBIG : ENOSYS);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_usual_one),    cmocka_unit_test(files_may_be_too_short), cmocka_unit_test(every_budget),
        cmocka_unit_test(writes_its_own_stretch), cmocka_unit_test(random_programs),        cmocka_unit_test(chains),
        cmocka_unit_test(rounding_is_asked_for),  cmocka_unit_test(rows_have_stencils),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
