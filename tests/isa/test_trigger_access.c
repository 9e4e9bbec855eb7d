/* test_trigger_access.c - triggers of the bare machine on loads and stores, and that going on goes on; that pages without one know
 * nothing of them. At the end random programs with random triggers, against an oracle that runs them instruction by instruction
 * (trigger_oracle.h).
 */
#include "isa/riscv/slot.h"
#include "tests/isa/trigger_rig.h"

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
                    assert_int_equal(trap.row, isa_riscv.decode(b->m->config, 0, word, &(unsigned){0}));
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
    const struct interpreter *in = interpreter_of(b.h);
    for (unsigned n = 0; way_decodes() && n < in->pool_used; n++) {
        const struct code_page *p = &in->pool[n];
        copies += p->ram != NULL;
        for (unsigned r = 0; p->ram && r < CODE_RECORDS; r++)
            asking += p->record[r].body == rv_body_trigger;
    }
    assert_int_equal(copies, way_decodes() ? 2 : 0); /* of one page: one for address 0x1000, one for all others */
    assert_int_equal(asking, way_decodes());
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
