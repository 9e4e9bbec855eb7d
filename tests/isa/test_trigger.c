/* test_trigger.c - triggers of the bare machine: that each matches exactly what it says, before the instruction and once; that going on
 * goes on; that pages without one know nothing of them. At the end random programs with random triggers, against an oracle that
 * runs them instruction by instruction (trigger_oracle.h).
 */
#include "tests/isa/assemble.h"
#include "tests/isa/hart_bench.h"
#include "tests/isa/oracle_guest.h"
#include "tests/isa/trigger_oracle.h"

#define DATA (BENCH_RAM + 0x8000)
enum { EXECUTE = TRIGGER_EXECUTE, LOAD_ = TRIGGER_LOAD, STORE_ = TRIGGER_STORE, ACCESS = LOAD_ | STORE_, MANY = 1 << 20 };

static void open_plain(struct bench *b)
{
    struct riscv_config c = bench_config();
    c.zicboz = c.zicbom = true;
    bench_open(b, &c);
    bench_set(b, CSR_mstatus, UINT64_C(1) << MSTATUS_FS);
}

static void put(struct bench *b, pa_t at, const uint32_t *code, unsigned count)
{
    for (unsigned n = 0; n < count; n++)
        assert_int_equal(machine_store(b->m, at + n * 4, &code[n], 4), 0);
}
#define PUT(b, at, ...)                                                                                                               \
    do {                                                                                                                              \
        const uint32_t code_[] = {__VA_ARGS__};                                                                                       \
        put(b, at, code_, sizeof code_ / sizeof *code_);                                                                              \
    } while (0)

static void put16(struct bench *b, pa_t at, uint16_t half) { assert_int_equal(machine_store(b->m, at, &half, 2), 0); }

static void set(struct bench *b, unsigned slot, unsigned kinds, uint64_t at, uint64_t length)
{
    assert_int_equal(machine_trigger(b->m, slot, &(struct trigger){.kinds = kinds, .at = at, .length = length}), 0);
}

static void set_physical(struct bench *b, unsigned slot, unsigned kinds, pa_t at, uint64_t length)
{
    const struct trigger t = {.kinds = kinds, .physical = true, .at = at, .length = length};
    assert_int_equal(machine_trigger(b->m, slot, &t), 0);
}

static void clear(struct bench *b, unsigned slot) { assert_int_equal(machine_trigger(b->m, slot, NULL), 0); }

/* Goes on, by up to `budget` instructions. */
static struct trap go(struct bench *b, uint64_t budget)
{
    uint64_t retired = 0, before = machine_get(b->m, MACHINE_RETIRED);
    struct trap t = machine_run(b->m, budget, &retired);
    assert_int_equal(machine_get(b->m, MACHINE_RETIRED), before + retired);
    return t;
}

static void hits(struct bench *b, unsigned slot, uint64_t pc, uint64_t tval)
{
    struct trap t = go(b, MANY);
    if (t.kind != TRAP_TRIGGER)
        fail_msg("trap kind %d, cause %llu at %#llx", (int)t.kind, (unsigned long long)t.cause,
                 (unsigned long long)machine_get(b->m, MACHINE_PC));
    assert_int_equal(t.cause, slot);
    assert_int_equal(machine_get(b->m, MACHINE_PC), pc);
    assert_int_equal(t.tval, tval);
}

static void ends(struct bench *b, uint64_t cause, uint64_t pc)
{
    struct trap t = go(b, MANY);
    assert_int_equal(t.kind, TRAP_EXCEPTION);
    assert_int_equal(t.cause, cause);
    assert_int_equal(machine_get(b->m, MACHINE_PC), pc);
}

static void from(struct bench *b, uint64_t pc) { machine_set(b->m, MACHINE_PC, pc); }

#define ADDI(rd, rs, n) asm_i(RV_INSN_addi, rd, rs, n)

/* --- The contract */

static void slots_are_checked(void **state)
{
    static const struct trigger wrong[] = {
        {.kinds = 0, .at = 0, .length = 1},
        {.kinds = 8, .at = 0, .length = 1},
        {.kinds = EXECUTE, .at = 0, .length = 0},
        {.kinds = LOAD_, .at = UINT64_MAX, .length = 2},
        {.kinds = LOAD_, .at = 16, .length = UINT64_MAX},
    };
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, INSN_NOP, INSN_EBREAK);
    assert_true(b.m->trigger_slots >= 64);
    set(&b, 3, EXECUTE, BENCH_CODE, 1);
    for (unsigned n = 0; n < sizeof wrong / sizeof *wrong; n++)
        assert_int_equal(machine_trigger(b.m, 3, &wrong[n]), -EINVAL);
    assert_int_equal(machine_trigger(b.m, b.m->trigger_slots, &(struct trigger){.kinds = EXECUTE, .length = 1}), -EINVAL);
    assert_int_equal(machine_trigger(b.m, b.m->trigger_slots, NULL), -EINVAL);
    hits(&b, 3, BENCH_CODE, BENCH_CODE); /* a refused one left it as it was */
    set(&b, 4, ACCESS, UINT64_MAX, 1);   /* the last byte of the space */
    set(&b, 5, ACCESS, 0, UINT64_MAX);
    bench_close(&b);
}

static void every_slot_works(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    const unsigned count = b.m->trigger_slots;
    for (unsigned n = 0; n < count; n++) {
        PUT(&b, BENCH_CODE + n * 4, INSN_NOP);
        set(&b, n, EXECUTE, BENCH_CODE + n * 4, 1);
    }
    PUT(&b, BENCH_CODE + count * 4, INSN_EBREAK);
    for (unsigned n = 0; n < count; n++) {
        hits(&b, n, BENCH_CODE + n * 4, BENCH_CODE + n * 4);
        assert_int_equal(machine_get(b.m, MACHINE_RETIRED), n);
    }
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + count * 4);
    for (unsigned n = 0; n < count; n += 2)
        clear(&b, n);
    from(&b, BENCH_CODE);
    for (unsigned n = 1; n < count; n += 2)
        hits(&b, n, BENCH_CODE + n * 4, BENCH_CODE + n * 4);
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + count * 4);
    bench_close(&b);
}

/* --- Execution */

static void execution_is_by_first_byte(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    /* 0: addi a0   4: c.addi a0 (2 bytes)   6: addi a0   a: c.ebreak */
    PUT(&b, BENCH_CODE, ADDI(A0, A0, 1));
    put16(&b, BENCH_CODE + 4, 0x0505);
    PUT(&b, BENCH_CODE + 6, ADDI(A0, A0, 1));
    put16(&b, BENCH_CODE + 10, INSN_C_EBREAK);
    static const uint8_t starts[] = {1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0};
    for (unsigned at = 0; at < sizeof starts; at++)
        for (unsigned length = 1; length <= 3; length++) {
            set(&b, 7, EXECUTE, BENCH_CODE + at, length);
            machine_set(b.m, RV_X + A0, 0);
            from(&b, BENCH_CODE);
            for (unsigned pc = 0; pc < sizeof starts; pc++)
                if (starts[pc] && pc >= at && pc < at + length) {
                    hits(&b, 7, BENCH_CODE + pc, BENCH_CODE + pc);
                    assert_int_equal(machine_get(b.m, RV_X + A0), pc == 0 ? 0 : pc == 4 ? 1 : pc == 6 ? 2 : 3);
                }
            ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 10);
            assert_int_equal(machine_get(b.m, RV_X + A0), 3);
        }
    bench_close(&b);
}

static void a_loop_reports_each_time(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, ADDI(A0, ZERO, 5), ADDI(A1, A1, 2), ADDI(A0, A0, -1), asm_b(RV_INSN_bne, A0, ZERO, -8), INSN_EBREAK);
    set(&b, 0, EXECUTE, BENCH_CODE + 4, 1);
    for (unsigned n = 0; n < 5; n++) {
        hits(&b, 0, BENCH_CODE + 4, BENCH_CODE + 4);
        assert_int_equal(machine_get(b.m, RV_X + A1), 2 * n);
        assert_int_equal(machine_get(b.m, MACHINE_RETIRED), 1 + 3 * n);
    }
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 16);
    assert_int_equal(machine_get(b.m, MACHINE_RETIRED), 16);
    /* An instruction that jumps to itself is a new one each time. */
    PUT(&b, BENCH_CODE, asm_j(RV_INSN_jal, ZERO, 0));
    set(&b, 0, EXECUTE, BENCH_CODE, 1);
    from(&b, BENCH_CODE);
    for (unsigned n = 0; n < 4; n++) {
        hits(&b, 0, BENCH_CODE, BENCH_CODE);
        assert_int_equal(machine_get(b.m, MACHINE_RETIRED), 16 + n);
    }
    bench_close(&b);
}

/* Beyond the page, by every way that leads there: running into it, a near and a far jump, a return. */
static void other_pages(void **state)
{
    const uint64_t next = BENCH_CODE + PAGE_SIZE;
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, next - 4, INSN_NOP, ADDI(A0, A0, 1), asm_i(RV_INSN_jalr, ZERO, RA, 0));
    PUT(&b, BENCH_CODE, asm_j(RV_INSN_jal, RA, PAGE_SIZE), asm_u(RV_INSN_auipc, T0, 1), asm_i(RV_INSN_jalr, RA, T0, -4), INSN_EBREAK);
    for (unsigned warm = 0; warm < 2; warm++) {
        from(&b, BENCH_CODE);
        set(&b, 1, EXECUTE, next, 2);
        hits(&b, 1, next, next);
        hits(&b, 1, next, next);
        ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 12);
        from(&b, next - 4);
        machine_set(b.m, RV_X + RA, BENCH_CODE + 12);
        hits(&b, 1, next, next);
        ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 12);
        clear(&b, 1);
        from(&b, BENCH_CODE);
        ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 12);
    }
    bench_close(&b);
}

/* Sv39:  0x0000, 0x1000, 0x5000 -> page   0x2000 -> nothing   0x3000, 0x4000 -> data */
static void map(struct bench *b, pa_t page, pa_t data)
{
    const pa_t root = BENCH_RAM + 0x800000;
    const uint64_t all = SV_V | SV_R | SV_W | SV_X | SV_A | SV_D;
    bench_write64(b, root, (root + 0x1000) >> 2 | SV_V);
    bench_write64(b, root + 0x1000, (root + 0x2000) >> 2 | SV_V);
    bench_write64(b, root + 0x2000, page >> 2 | all);
    bench_write64(b, root + 0x2008, page >> 2 | all);
    bench_write64(b, root + 0x2018, data >> 2 | all);
    bench_write64(b, root + 0x2020, (data + PAGE_SIZE) >> 2 | all);
    bench_write64(b, root + 0x2028, page >> 2 | all);
    bench_set(b, CSR_satp, UINT64_C(8) << 60 | root >> 12);
    machine_fence(b->m, &(struct fence){.has_va = false});
    bench_open_pmp(b);
    bench_mode(b, RV_S);
}

static void virtual_and_physical(void **state)
{
    const pa_t page = BENCH_RAM + 0x5000;
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, page, INSN_NOP, ADDI(A0, A0, 1), INSN_EBREAK);
    map(&b, page, DATA);
    set(&b, 0, EXECUTE, 0x1004, 1);
    from(&b, 0);
    ends(&b, RV_CAUSE_BREAKPOINT, 8); /* the same memory, another address */
    from(&b, 0x1000);
    hits(&b, 0, 0x1004, 0x1004);
    ends(&b, RV_CAUSE_BREAKPOINT, 0x1008);
    set(&b, 1, EXECUTE, 0, 1); /* each address has its own */
    for (unsigned n = 0; n < 2; n++) {
        from(&b, 0);
        hits(&b, 1, 0, 0);
        ends(&b, RV_CAUSE_BREAKPOINT, 8);
        from(&b, 0x1000);
        hits(&b, 0, 0x1004, 0x1004);
        ends(&b, RV_CAUSE_BREAKPOINT, 0x1008);
    }
    clear(&b, 1);
    set_physical(&b, 2, EXECUTE, page + 4, 1);
    from(&b, 0);
    hits(&b, 2, 4, 4);
    from(&b, 0x1000);
    hits(&b, 0, 0x1004, 0x1004); /* virtual first */
    hits(&b, 2, 0x1004, 0x1004);
    ends(&b, RV_CAUSE_BREAKPOINT, 0x1008);
    set_physical(&b, 2, EXECUTE, 4, 1); /* that is no memory, and the address is not virtual */
    set(&b, 0, EXECUTE, page + 4, 1);
    from(&b, 0);
    ends(&b, RV_CAUSE_BREAKPOINT, 8);
    bench_close(&b);
}

/* By virtual address the trigger is before the fault; by physical address there is none. */
static void before_translation_or_after(void **state)
{
    const pa_t page = BENCH_RAM + 0x5000;
    struct bench b;
    (void)state;
    open_plain(&b);
    map(&b, page, DATA);
    PUT(&b, page, asm_i(RV_INSN_ld, A0, A1, 0), asm_s(RV_INSN_sd, A0, A1, 0));
    set(&b, 0, EXECUTE, 0x2000, 1);
    set_physical(&b, 1, EXECUTE, 0x2000, 1);
    set_physical(&b, 2, ACCESS, 0x2000, 8);
    set(&b, 3, LOAD_, 0x2007, 1);
    set(&b, 4, STORE_, 0x2000, 1);
    from(&b, 0x2000);
    hits(&b, 0, 0x2000, 0x2000);
    ends(&b, RV_CAUSE_FETCH_PAGE, 0x2000);
    machine_set(b.m, RV_X + A1, 0x2000);
    from(&b, 0);
    hits(&b, 3, 0, 0x2000);
    ends(&b, RV_CAUSE_LOAD_PAGE, 0);
    from(&b, 4);
    hits(&b, 4, 4, 0x2000);
    ends(&b, RV_CAUSE_STORE_PAGE, 4);
    bench_close(&b);
}

/* Four bytes, two on each page; the second page may be another one, or missing. */
static void an_instruction_across_pages(void **state)
{
    const pa_t page = BENCH_RAM + 0x5000, after = page + PAGE_SIZE;
    const uint32_t word = ADDI(A0, A0, 1);
    struct bench b;
    (void)state;
    open_plain(&b);
    put16(&b, after - 2, (uint16_t)word);
    put16(&b, after, (uint16_t)(word >> 16));
    put16(&b, after + 2, INSN_C_EBREAK);
    set(&b, 0, EXECUTE, after, 1); /* not where it begins */
    from(&b, after - 2);
    ends(&b, RV_CAUSE_BREAKPOINT, after + 2);
    for (unsigned n = 0; n < 3; n++) {
        set(&b, 1, EXECUTE, after - 2 + n % 2, 1);
        from(&b, after - 2);
        machine_set(b.m, RV_X + A0, 10);
        for (unsigned again = 0; again < 2; again++) {
            if (n % 2 == 0)
                hits(&b, 1, after - 2, after - 2);
            ends(&b, RV_CAUSE_BREAKPOINT, after + 2);
            assert_int_equal(machine_get(b.m, RV_X + A0), 11 + again);
            from(&b, after - 2);
        }
    }
    map(&b, page, DATA); /* behind 0x1000 comes nothing */
    set(&b, 1, EXECUTE, 0x1ffe, 1);
    from(&b, 0x1ffe);
    hits(&b, 1, 0x1ffe, 0x1ffe);
    struct trap t = go(&b, MANY);
    assert_true(t.kind == TRAP_EXCEPTION && t.cause == RV_CAUSE_FETCH_PAGE && t.tval == 0x2000);
    bench_close(&b);
}

static void code_that_changes(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    /* Writes the word in a1 over the instruction at +16, which has a trigger, and runs into it. */
    PUT(&b, BENCH_CODE, asm_u(RV_INSN_auipc, T0, 0), asm_s(RV_INSN_sw, A1, T0, 16), asm_match(RV_INSN_fence_i), INSN_NOP,
        ADDI(A0, A0, 1), INSN_EBREAK);
    set(&b, 9, EXECUTE, BENCH_CODE + 16, 1);
    for (unsigned n = 1; n < 5; n++) {
        machine_set(b.m, RV_X + A1, ADDI(A0, ZERO, n * 100));
        from(&b, BENCH_CODE);
        hits(&b, 9, BENCH_CODE + 16, BENCH_CODE + 16);
        ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 20);
        assert_int_equal(machine_get(b.m, RV_X + A0), n * 100);
    }
    /* The owner writes, between the stop and the going on: what is there then is executed. */
    from(&b, BENCH_CODE);
    hits(&b, 9, BENCH_CODE + 16, BENCH_CODE + 16);
    PUT(&b, BENCH_CODE + 16, ADDI(A0, ZERO, 7));
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 20);
    assert_int_equal(machine_get(b.m, RV_X + A0), 7);
    /* Two compressed ones in its place: the second has no trigger. */
    put16(&b, BENCH_CODE + 16, 0x0505);
    put16(&b, BENCH_CODE + 18, 0x0505);
    from(&b, BENCH_CODE + 12);
    hits(&b, 9, BENCH_CODE + 16, BENCH_CODE + 16);
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 20);
    assert_int_equal(machine_get(b.m, RV_X + A0), 9);
    bench_close(&b);
}

/* Each decoded copy of a page follows memory. */
static void code_that_changes_at_two_addresses(void **state)
{
    const pa_t page = BENCH_RAM + 0x5000;
    struct bench b;
    (void)state;
    open_plain(&b);
    map(&b, page, DATA);
    set(&b, 0, EXECUTE, 0x1000, 1);
    for (unsigned n = 1; n < 4; n++) {
        PUT(&b, page, INSN_NOP, ADDI(A0, ZERO, n), INSN_EBREAK);
        for (unsigned va = 0; va <= 0x1000; va += 0x1000) {
            machine_set(b.m, RV_X + A0, 0);
            from(&b, va);
            if (va)
                hits(&b, 0, va, va);
            ends(&b, RV_CAUSE_BREAKPOINT, va + 8);
            assert_int_equal(machine_get(b.m, RV_X + A0), n);
        }
    }
    bench_close(&b);
}

/* Where one PMP rule does not cover the page each instruction is fetched by itself. */
static void a_page_that_pmp_splits(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, INSN_NOP, ADDI(A0, A0, 1), INSN_NOP, INSN_EBREAK);
    bench_set(&b, CSR_pmpaddr0, (BENCH_CODE + 8) >> 2);
    bench_set(&b, CSR_pmpaddr1, UINT64_MAX >> 10);
    bench_set(&b, CSR_pmpcfg0, 0x0f0f); /* TOR, RWX, twice */
    bench_mode(&b, RV_U);
    set(&b, 0, EXECUTE, BENCH_CODE + 4, 1);
    set_physical(&b, 1, EXECUTE, BENCH_CODE + 8, 1);
    from(&b, BENCH_CODE);
    hits(&b, 0, BENCH_CODE + 4, BENCH_CODE + 4);
    hits(&b, 1, BENCH_CODE + 8, BENCH_CODE + 8);
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 12);
    assert_int_equal(machine_get(b.m, RV_X + A0), 1);
    /* The first half may be fetched, the second not: the trigger is at the first. */
    bench_mode(&b, RV_M);
    bench_set(&b, CSR_pmpaddr0, (BENCH_CODE + 4) >> 2);
    bench_set(&b, CSR_pmpcfg0, 0x080f);
    PUT(&b, BENCH_CODE + 2, ADDI(A0, A0, 1));
    bench_mode(&b, RV_U);
    set_physical(&b, 1, EXECUTE, BENCH_CODE + 2, 1);
    from(&b, BENCH_CODE + 2);
    hits(&b, 1, BENCH_CODE + 2, BENCH_CODE + 2);
    ends(&b, RV_CAUSE_FETCH_ACCESS, BENCH_CODE + 2);
    bench_close(&b);
}

/* --- Accesses */

/* The one instruction, with its base in a1, meets the trigger just when they have a byte in common. A load and a store before it have
 * been to the same page, beside the trigger. */
static void exact(struct bench *b, uint32_t word, unsigned kinds, unsigned size, pa_t base)
{
    const int beside = base & (PAGE_SIZE / 2) ? -256 : 256;
    const uint64_t at_pc = BENCH_CODE + 8;
    for (unsigned physical = 0; physical < 2; physical++)
        for (int at = -9; at <= 9; at++)
            for (unsigned length = 1; length <= 3; length++) {
                const struct trigger t = {.kinds = kinds, .physical = physical, .at = base + (uint64_t)(int64_t)at, .length = length};
                const bool meets = at < (int)size && at + (int)length > 0;
                assert_int_equal(machine_trigger(b->m, 11, &t), 0);
                PUT(b, BENCH_CODE, asm_i(RV_INSN_lb, A4, A1, beside), asm_s(RV_INSN_sb, A4, A1, beside), word, INSN_EBREAK);
                machine_set(b->m, RV_X + A1, base);
                machine_set(b->m, RV_RESERVATION, base);
                from(b, BENCH_CODE);
                const uint64_t before = bench_read64(b, base), reserved = machine_get(b->m, RV_RESERVATION);
                if (meets) {
                    struct trap trap = go(b, MANY);
                    assert_true(trap.kind == TRAP_TRIGGER && trap.cause == 11 && trap.tval == base);
                    assert_int_equal(machine_get(b->m, MACHINE_PC), at_pc);
                    assert_true(trap.bits == word && trap.length == 4);
                    assert_int_equal(trap.row, isa_riscv.decode(b->m->config, word, &(unsigned){0}));
                    assert_int_equal(bench_read64(b, base), before);
                    assert_int_equal(machine_get(b->m, RV_RESERVATION), reserved);
                }
                ends(b, RV_CAUSE_BREAKPOINT, at_pc + 4);
            }
    clear(b, 11);
}

static const struct {
    unsigned row, kinds, size;
    bool aligned;
} accesses[] = {
    {RV_INSN_lb, LOAD_, 1, false},        {RV_INSN_lhu, LOAD_, 2, false},      {RV_INSN_lw, LOAD_, 4, false},
    {RV_INSN_ld, LOAD_, 8, false},        {RV_INSN_flw, LOAD_, 4, false},      {RV_INSN_fld, LOAD_, 8, false},
    {RV_INSN_sb, STORE_, 1, false},       {RV_INSN_sh, STORE_, 2, false},      {RV_INSN_sw, STORE_, 4, false},
    {RV_INSN_sd, STORE_, 8, false},       {RV_INSN_fsw, STORE_, 4, false},     {RV_INSN_fsd, STORE_, 8, false},
    {RV_INSN_lr_w, LOAD_, 4, true},       {RV_INSN_lr_d, LOAD_, 8, true},      {RV_INSN_sc_w, STORE_, 4, true},
    {RV_INSN_sc_d, STORE_, 8, true},      {RV_INSN_amoadd_w, ACCESS, 4, true}, {RV_INSN_amoswap_d, ACCESS, 8, true},
    {RV_INSN_amomaxu_d, ACCESS, 8, true},
};
enum { ACCESSES = sizeof accesses / sizeof *accesses };

static uint32_t access_word(unsigned n)
{
    const unsigned row = accesses[n].row;
    if (accesses[n].aligned)
        return asm_r(row, A2, A1, row == RV_INSN_lr_w || row == RV_INSN_lr_d ? 0 : A3);
    return accesses[n].kinds == LOAD_ ? asm_i(row, A2, A1, 0) : asm_s(row, A3, A1, 0);
}

static void accesses_are_exact(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned n = 0; n < ACCESSES; n++) {
        const unsigned kinds = accesses[n].kinds, size = accesses[n].size;
        exact(&b, access_word(n), kinds, size, DATA + 64);
        exact(&b, access_word(n), ACCESS | EXECUTE, size, DATA + PAGE_SIZE - 8);
        if (accesses[n].aligned) {
            exact(&b, access_word(n), LOAD_ & kinds ? LOAD_ : STORE_, size, DATA + 64); /* an AMO is either */
            exact(&b, access_word(n), STORE_ & kinds ? STORE_ : LOAD_, size, DATA + 64);
            continue;
        }
        for (unsigned off = 1; off < size; off++) {
            exact(&b, access_word(n), kinds, size, DATA + 64 + off);        /* misaligned */
            exact(&b, access_word(n), kinds, size, DATA + PAGE_SIZE - off); /* on two pages */
        }
    }
    bench_close(&b);
}

static void the_other_kind_does_not_match(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned n = 0; n < ACCESSES; n++) {
        if (accesses[n].kinds == ACCESS)
            continue;
        PUT(&b, BENCH_CODE, access_word(n), access_word(n), INSN_EBREAK);
        set(&b, 0, (ACCESS | EXECUTE) & ~accesses[n].kinds, DATA, 64);
        set_physical(&b, 1, (ACCESS | EXECUTE) & ~accesses[n].kinds, DATA, 64);
        machine_set(b.m, RV_X + A1, DATA);
        from(&b, BENCH_CODE);
        ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 8);
    }
    bench_close(&b);
}

/* An SC that would fail is a store attempted; afterwards it fails still, and one that would succeed succeeds. */
static void store_conditional(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, asm_r(RV_INSN_sc_d, A2, A1, A3), INSN_EBREAK);
    set(&b, 0, STORE_, DATA, 8);
    for (unsigned reserved = 0; reserved < 2; reserved++) {
        bench_write64(&b, DATA, 1);
        machine_set(b.m, RV_X + A1, DATA);
        machine_set(b.m, RV_X + A3, 2);
        machine_set(b.m, RV_RESERVATION, reserved ? DATA : UINT64_MAX);
        from(&b, BENCH_CODE);
        hits(&b, 0, BENCH_CODE, DATA);
        ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 4);
        assert_int_equal(machine_get(b.m, RV_X + A2), !reserved);
        assert_int_equal(bench_read64(&b, DATA), reserved ? 2 : 1);
    }
    bench_close(&b);
}

/* Misaligned atomics fault first. cbo.zero stores to all of its block; managing a block accesses nothing. */
static void atomics_and_blocks(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    set(&b, 0, ACCESS, DATA, 64);
    PUT(&b, BENCH_CODE, asm_r(RV_INSN_amoadd_d, A2, A1, A3));
    machine_set(b.m, RV_X + A1, DATA + 4);
    from(&b, BENCH_CODE);
    ends(&b, RV_CAUSE_STORE_MISALIGNED, BENCH_CODE);
    PUT(&b, BENCH_CODE, asm_r(RV_INSN_cbo_zero, 0, A1, 0), INSN_EBREAK);
    for (unsigned at = 60; at <= 130; at++) {
        set(&b, 0, STORE_, DATA + at, 1);
        bench_write64(&b, DATA + 64, 5);
        machine_set(b.m, RV_X + A1, DATA + 70);
        from(&b, BENCH_CODE);
        if (at >= 64 && at < 128) {
            hits(&b, 0, BENCH_CODE, DATA + 70);
            assert_int_equal(bench_read64(&b, DATA + 64), 5);
        }
        ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 4);
        assert_int_equal(bench_read64(&b, DATA + 64), 0);
    }
    set(&b, 0, ACCESS, DATA, PAGE_SIZE);
    PUT(&b, BENCH_CODE, asm_r(RV_INSN_cbo_clean, 0, A1, 0), INSN_EBREAK);
    from(&b, BENCH_CODE);
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 4);
    bench_close(&b);
}

/* Who is not this CPU is not watched: its owner, and the walk of page tables. */
static void only_the_cpu_is_watched(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_RAM + 0x5000, asm_i(RV_INSN_ld, A0, ZERO, 0x10), INSN_EBREAK);
    map(&b, BENCH_RAM + 0x5000, DATA);
    set_physical(&b, 0, ACCESS, BENCH_RAM + 0x800000, 0x3000);
    set_physical(&b, 1, ACCESS, DATA, 8);
    bench_write64(&b, DATA, 1);
    assert_int_equal(bench_read64(&b, DATA), 1);
    from(&b, 0);
    ends(&b, RV_CAUSE_BREAKPOINT, 4);
    bench_close(&b);
}

/* Several that meet at one instruction: each once, by step, then by slot. */
static void several_at_once(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, asm_i(RV_INSN_ld, A2, A1, 0), INSN_EBREAK);
    machine_set(b.m, RV_X + A1, DATA + PAGE_SIZE - 4);
    set(&b, 0, LOAD_, DATA + PAGE_SIZE + 3, 1);
    set(&b, 1, EXECUTE, BENCH_CODE, 1);
    set_physical(&b, 2, LOAD_, DATA + PAGE_SIZE, 1);
    set_physical(&b, 3, EXECUTE, BENCH_CODE, 1);
    set(&b, 4, LOAD_ | EXECUTE, 0, UINT64_MAX);
    set_physical(&b, 5, LOAD_, DATA, PAGE_SIZE);
    static const unsigned order[] = {1, 4, 3, 0, 4, 2, 5};
    for (unsigned n = 0; n < sizeof order / sizeof *order; n++)
        hits(&b, order[n], BENCH_CODE, n < 3 ? BENCH_CODE : DATA + PAGE_SIZE - 4);
    hits(&b, 4, BENCH_CODE + 4, BENCH_CODE + 4);
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 4);
    bench_close(&b);
}

/* --- Going on */

static void resume_is_a_register(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    assert_true(machine_has(b.m, MACHINE_RESUME));
    PUT(&b, BENCH_CODE, asm_i(RV_INSN_ld, A2, A1, 0), INSN_EBREAK);
    machine_set(b.m, RV_X + A1, DATA);
    set(&b, 0, EXECUTE, BENCH_CODE, 1);
    set(&b, 1, LOAD_, DATA, 1);
    hits(&b, 0, BENCH_CODE, BENCH_CODE);
    const uint64_t first = machine_get(b.m, MACHINE_RESUME);
    assert_true(first != 0);
    hits(&b, 1, BENCH_CODE, DATA);
    assert_true(machine_get(b.m, MACHINE_RESUME) > first);
    machine_set(b.m, MACHINE_RESUME, 0); /* from the beginning */
    hits(&b, 0, BENCH_CODE, BENCH_CODE);
    machine_set(b.m, MACHINE_RESUME, first);
    hits(&b, 1, BENCH_CODE, DATA);
    from(&b, BENCH_CODE);
    assert_int_equal(machine_get(b.m, MACHINE_RESUME), 0);
    hits(&b, 0, BENCH_CODE, BENCH_CODE);
    machine_set(b.m, MACHINE_RETIRED, 1000); /* that is no instruction retired */
    hits(&b, 1, BENCH_CODE, DATA);
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 4);
    assert_int_equal(machine_get(b.m, MACHINE_RESUME), 0);
    from(&b, BENCH_CODE);
    machine_set(b.m, MACHINE_RESUME, RESUME_FETCH);
    hits(&b, 1, BENCH_CODE, DATA);
    from(&b, BENCH_CODE);
    machine_set(b.m, MACHINE_RESUME, RESUME_ALL);
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 4);
    bench_close(&b);
}

/* A trap of the guest's own between stop and going on: after the handler the instruction begins anew. So it does after an interrupt,
 * which comes before a trigger. */
static void traps_in_between(void **state)
{
    const uint64_t handler = BENCH_CODE + 0x100;
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, asm_i(RV_INSN_ld, A2, A1, 0), INSN_EBREAK);
    PUT(&b, handler, asm_u(RV_INSN_lui, A1, (int64_t)(DATA >> 12) - (1 << 20)), asm_i(RV_INSN_slli, A1, A1, 32),
        asm_i(RV_INSN_srli, A1, A1, 32), INSN_MRET);
    bench_set(&b, CSR_mtvec, handler);
    machine_set(b.m, RV_X + A1, 8); /* nothing is there */
    set(&b, 1, EXECUTE, BENCH_CODE, 1);
    hits(&b, 1, BENCH_CODE, BENCH_CODE);
    struct trap t = go(&b, MANY);
    assert_true(t.kind == TRAP_EXCEPTION && t.cause == RV_CAUSE_LOAD_ACCESS);
    set(&b, 0, EXECUTE, handler, 1);
    b.m->isa->deliver(b.m, &t); /* which sets the PC: passing the one before does not pass this one */
    hits(&b, 0, handler, handler);
    hits(&b, 1, BENCH_CODE, BENCH_CODE);
    assert_int_equal(machine_get(b.m, RV_X + A1), DATA);
    ends(&b, RV_CAUSE_BREAKPOINT, BENCH_CODE + 4);
    from(&b, BENCH_CODE);
    bench_set(&b, CSR_mie, 1u << RV_IRQ_MSI);
    bench_set(&b, CSR_mstatus, 1u << MSTATUS_MIE);
    machine_irq(b.m, RV_IRQ_MSI, true);
    assert_int_equal(go(&b, MANY).kind, TRAP_INTERRUPT);
    machine_irq(b.m, RV_IRQ_MSI, false);
    hits(&b, 1, BENCH_CODE, BENCH_CODE);
    bench_close(&b);
}

static void budgets(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, INSN_NOP, INSN_NOP, INSN_NOP, INSN_EBREAK);
    set(&b, 0, EXECUTE, BENCH_CODE + 4, 1);
    assert_int_equal(go(&b, 1).kind, TRAP_BUDGET);
    assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE + 4);
    assert_int_equal(go(&b, 0).kind, TRAP_BUDGET);
    assert_int_equal(go(&b, 1).kind, TRAP_TRIGGER);
    assert_int_equal(go(&b, 0).kind, TRAP_BUDGET);
    assert_int_equal(go(&b, 1).kind, TRAP_BUDGET);
    assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE + 8);
    assert_int_equal(machine_get(b.m, MACHINE_RETIRED), 2);
    assert_int_equal(machine_get(b.m, MACHINE_CLOCK), 2);
    bench_close(&b);
}

/* --- What it costs: nothing off the page. Seen in what the hart keeps, not by the clock. */

static bool has_entry(const struct tlb_entry *table, va_t va) { return table[tlb_slot(va)].tag == (va & PAGE_MASK); }

static void other_pages_stay_fast(void **state)
{
    const pa_t code = BENCH_RAM + 0x5000;
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, code, asm_i(RV_INSN_ld, A0, A1, 0), asm_s(RV_INSN_sd, A0, A1, 0), asm_i(RV_INSN_ld, A0, A2, 0),
        asm_s(RV_INSN_sd, A0, A2, 0), INSN_EBREAK);
    map(&b, code, DATA);
    set(&b, 0, EXECUTE, 0x1008, 1);
    set(&b, 1, STORE_, 0x3010, 1);
    machine_set(b.m, RV_X + A1, 0x3020);
    machine_set(b.m, RV_X + A2, 0x4020);
    from(&b, 0);
    ends(&b, RV_CAUSE_BREAKPOINT, 16);
    assert_true(has_entry(b.h->data->read, 0x3020) && !has_entry(b.h->data->write, 0x3020));
    assert_true(has_entry(b.h->data->read, 0x4020) && has_entry(b.h->data->write, 0x4020));
    from(&b, 0x5000);
    ends(&b, RV_CAUSE_BREAKPOINT, 0x5010);
    from(&b, 0x1000);
    hits(&b, 0, 0x1008, 0x1008);
    unsigned asking = 0, copies = 0;
    for (unsigned n = 0; n < b.h->pool_used; n++) {
        const struct code_page *p = &b.h->pool[n];
        copies += p->ram != NULL;
        for (unsigned r = 0; p->ram && r < CODE_RECORDS; r++)
            asking += p->record[r].body == rv_body_trigger;
    }
    assert_int_equal(copies, 2); /* of one page: one for address 0x1000, one for all others */
    assert_int_equal(asking, 1);
    set(&b, 1, LOAD_, 0x3010, 1);
    from(&b, 0);
    ends(&b, RV_CAUSE_BREAKPOINT, 16);
    assert_true(!has_entry(b.h->data->read, 0x3020) && has_entry(b.h->data->read, 0x4020));
    clear(&b, 0);
    clear(&b, 1);
    from(&b, 0x1000);
    ends(&b, RV_CAUSE_BREAKPOINT, 0x1010);
    assert_true(has_entry(b.h->data->read, 0x3020) && has_entry(b.h->data->write, 0x3020));
    bench_close(&b);
}

/* --- Random programs */

static void random_set(struct watch_set *s, const struct oracle_guest *g, uint64_t *seed)
{
    s->count = 0;
    for (unsigned n = 0; n < WATCH_MOST; n++) {
        const unsigned sequence = (unsigned)(bench_random(seed) % SEQUENCES);
        struct trigger t = {.physical = bench_random(seed) & 1, .length = 1 + bench_random(seed) % 9};
        if (bench_random(seed) % 4 == 0)
            t.length = 1 + bench_random(seed) % 200;
        if (bench_random(seed) % 4 == 0) { /* a row, compressed ones among them */
            const unsigned row = (unsigned)(bench_random(seed) % RV_INSN_COUNT);
            watch_add(s, n * 7 + (unsigned)(bench_random(seed) % 7), watch_row(&isa_riscv.rows[row], 8 + bench_random(seed) % 8));
            continue;
        }
        if (bench_random(seed) & 1) {
            t.kinds = EXECUTE;
            t.at = CODE_BASE + g->start[sequence] + bench_random(seed) % (g->end[sequence] - g->start[sequence]);
        } else {
            t.kinds = 1u << (1 + bench_random(seed) % 2) | (bench_random(seed) % 3 ? 0 : ACCESS);
            t.at = oracle_record(sequence) + BASE_OFFSET - 300 + bench_random(seed) % 600;
        }
        watch_add(s, n * 7 + (unsigned)(bench_random(seed) % 7), t);
    }
}

static void guest_start(struct bench *b, const struct oracle_guest *g)
{
    struct riscv_config config = riscv_config_default;
    config.reset_pc = CODE_BASE;
    assert_int_equal(ram_create(&b->ram, CODE_BYTES + DATA_BYTES), 0);
    assert_int_equal(phys_create(&b->phys), 0);
    assert_int_equal(phys_add_ram(b->phys, "ram", CODE_BASE, CODE_BYTES + DATA_BYTES, b->ram, 0), 0);
    assert_int_equal(riscv_create(&b->m, b->phys, &config), 0);
    b->h = hart_of(b->m);
    assert_int_equal(machine_store(b->m, CODE_BASE, g->code, CODE_BYTES), 0);
    assert_int_equal(machine_store(b->m, DATA_BASE, g->data, DATA_BYTES), 0);
    bench_set(b, CSR_mstatus, UINT64_C(1) << MSTATUS_FS);
}

static void random_programs_against_steps(void **state)
{
    static struct oracle_guest g;
    static struct watch_log expected, log;
    static uint8_t memory[2][DATA_BYTES];
    static const uint64_t slices[] = {UINT64_MAX, 1, 50, 3000};
    uint64_t seed = 20240411, total = 0;
    (void)state;
    for (unsigned program = 0; program < 16; program++) {
        struct watch_set s;
        struct bench a, b;
        oracle_guest_make(&g, &seed);
        random_set(&s, &g, &seed);
        guest_start(&a, &g);
        guest_start(&b, &g);
        watch_install(&s, b.m);
        watch_by_steps(a.m, &s, RV_CAUSE_ECALL_U + RV_M, UINT64_MAX, &expected);
        watch_by_triggers(b.m, slices[program % 4], RV_CAUSE_ECALL_U + RV_M, UINT64_MAX, &log);
        watch_compare(&expected, &log);
        total += log.count;
        for (unsigned r = 0; r < 32; r++)
            assert_true(machine_get(a.m, RV_X + r) == machine_get(b.m, RV_X + r) &&
                        machine_get(a.m, RV_F + r) == machine_get(b.m, RV_F + r));
        assert_int_equal(machine_load(a.m, DATA_BASE, memory[0], DATA_BYTES), 0);
        assert_int_equal(machine_load(b.m, DATA_BASE, memory[1], DATA_BYTES), 0);
        assert_memory_equal(memory[0], memory[1], DATA_BYTES);
        bench_close(&a);
        bench_close(&b);
    }
    assert_true(total > 300); /* they do meet */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_checked),
        cmocka_unit_test(every_slot_works),
        cmocka_unit_test(execution_is_by_first_byte),
        cmocka_unit_test(a_loop_reports_each_time),
        cmocka_unit_test(other_pages),
        cmocka_unit_test(virtual_and_physical),
        cmocka_unit_test(before_translation_or_after),
        cmocka_unit_test(an_instruction_across_pages),
        cmocka_unit_test(code_that_changes),
        cmocka_unit_test(code_that_changes_at_two_addresses),
        cmocka_unit_test(a_page_that_pmp_splits),
        cmocka_unit_test(accesses_are_exact),
        cmocka_unit_test(the_other_kind_does_not_match),
        cmocka_unit_test(store_conditional),
        cmocka_unit_test(atomics_and_blocks),
        cmocka_unit_test(only_the_cpu_is_watched),
        cmocka_unit_test(several_at_once),
        cmocka_unit_test(resume_is_a_register),
        cmocka_unit_test(traps_in_between),
        cmocka_unit_test(budgets),
        cmocka_unit_test(other_pages_stay_fast),
        cmocka_unit_test(random_programs_against_steps),
    };
    return run_in_every_way(tests);
}
