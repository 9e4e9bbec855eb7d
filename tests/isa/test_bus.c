/* test_bus.c - the hart's accesses outside RAM: they yield at the right count and fault where the bus refuses; interrupts from there; reservations, and PMP inside a page. */
#include "tests/isa/hart_rig.h"

/* --- the bus */

struct device {
    struct bench *b;
    uint64_t last_offset, last_value, clock;
    unsigned last_size, accesses;
    bool refuse, interrupt;
    pa_t writes; /* eight bytes of memory that it writes when it is written to; 0: none */
    uintptr_t stack_low, stack_high;
};

static bool device_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct device *d = opaque;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (d->refuse)
        return false;
    d->stack_low = !d->accesses || here < d->stack_low ? here : d->stack_low;
    d->stack_high = here > d->stack_high ? here : d->stack_high;
    d->accesses++;
    d->last_offset = offset;
    d->last_size = size;
    d->clock = machine_get(d->b->m, MACHINE_CLOCK);
    *value = UINT64_C(0xf1f2f3f4f5f6f7f8);
    if (d->interrupt)
        machine_irq(d->b->m, RV_IRQ_MEI, true);
    return true;
}

static bool device_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct device *d = opaque;
    if (d->refuse)
        return false;
    d->accesses++;
    d->last_offset = offset;
    d->last_size = size;
    d->last_value = value;
    if (d->writes) {
        memset(phys_host(d->b->phys, d->writes, 8), 0, 8);
        phys_written(d->b->phys, d->writes, 8);
    }
    return true;
}

static const struct phys_io device_io = {device_read, device_write};

static void open_with_device(struct bench *b, struct device *d)
{
    open_plain(b);
    *d = (struct device){.b = b};
    assert_int_equal(phys_add_io(b->phys, "device", IO_BASE, IO_SIZE, &device_io, d), 0);
    machine_set(b->m, X(S0), IO_BASE);
}

static void bus_accesses_yield(void **state)
{
    struct bench b;
    struct device d;
    uint64_t retired = 0;
    (void)state;
    open_with_device(&b, &d);
    PUT(&b, BENCH_CODE, ADDI(A1, ZERO, -2), asm_i(RV_INSN_lh, A0, S0, 0x10), asm_s(RV_INSN_sw, A1, S0, 0x24), ADDI(A2, ZERO, 1),
        asm_match(RV_INSN_ebreak));
    struct trap t = machine_run(b.m, 1000, &retired);
    assert_int_equal(t.kind, TRAP_YIELD);
    assert_int_equal(retired, 2);
    assert_int_equal(d.clock, 1); /* as it stood when the access was made */
    assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE + 8);
    assert_int_equal(machine_get(b.m, X(A0)), UINT64_C(0xfffffffffffff7f8));
    assert_true(d.last_offset == 0x10 && d.last_size == 2);
    t = machine_run(b.m, 1000, &retired);
    assert_int_equal(t.kind, TRAP_YIELD);
    assert_int_equal(retired, 3);
    assert_true(d.last_offset == 0x24 && d.last_size == 4 && d.last_value == 0xfffffffe);
    assert_int_equal(machine_get(b.m, X(A2)), 0);
    t = machine_run(b.m, 1000, &retired);
    expect_breakpoint(&t);
    bench_close(&b);
}

static void bus_refusals_fault(void **state)
{
    struct bench b;
    struct device d;
    (void)state;
    open_with_device(&b, &d);
    d.refuse = true;
    PUT(&b, BENCH_CODE, asm_i(RV_INSN_lw, A0, S0, 4), asm_s(RV_INSN_sd, A0, S0, 8), asm_i(RV_INSN_lw, A0, S0, 2),
        asm_r(RV_INSN_lr_w, A0, S0, 0), asm_r(RV_INSN_sc_d, A0, S0, A1), asm_r(RV_INSN_amoadd_w, A0, S0, A1),
        asm_s(RV_INSN_sh, A0, S0, 0x7ff));
    struct trap t = run_from(&b, BENCH_CODE, NULL);
    expect_fault(&b, &t, RV_CAUSE_LOAD_ACCESS, IO_BASE + 4, BENCH_CODE);
    assert_true(t.reason == REASON_RESOURCE && t.row == RV_INSN_lw && t.length == 4 && t.bits == asm_i(RV_INSN_lw, A0, S0, 4));
    t = run_from(&b, BENCH_CODE + 4, NULL);
    expect_fault(&b, &t, RV_CAUSE_STORE_ACCESS, IO_BASE + 8, BENCH_CODE + 4);
    d.refuse = false; /* what is never even asked: misaligned and atomic accesses */
    t = run_from(&b, BENCH_CODE + 8, NULL);
    expect_fault(&b, &t, RV_CAUSE_LOAD_ACCESS, IO_BASE + 2, BENCH_CODE + 8);
    t = run_from(&b, BENCH_CODE + 12, NULL);
    expect_fault(&b, &t, RV_CAUSE_LOAD_ACCESS, IO_BASE, BENCH_CODE + 12);
    t = run_from(&b, BENCH_CODE + 16, NULL);
    expect_fault(&b, &t, RV_CAUSE_STORE_ACCESS, IO_BASE, BENCH_CODE + 16);
    t = run_from(&b, BENCH_CODE + 20, NULL);
    expect_fault(&b, &t, RV_CAUSE_STORE_ACCESS, IO_BASE, BENCH_CODE + 20);
    t = run_from(&b, BENCH_CODE + 24, NULL);
    expect_fault(&b, &t, RV_CAUSE_STORE_ACCESS, IO_BASE + 0x7ff, BENCH_CODE + 24);
    assert_int_equal(d.accesses, 0);
    t = run_from(&b, IO_BASE, NULL); /* nor may code be there, or where nothing is */
    expect_fault(&b, &t, RV_CAUSE_FETCH_ACCESS, IO_BASE, IO_BASE);
    t = run_from(&b, 0x40, NULL);
    expect_fault(&b, &t, RV_CAUSE_FETCH_ACCESS, 0x40, 0x40);
    bench_close(&b);
}

/* Page 0, odd addresses, nothing there: an empty TLB entry must not look like a hit. */
static void page_zero_is_like_any_other(void **state)
{
    static const enum riscv_row loads[] = {RV_INSN_lb, RV_INSN_lh, RV_INSN_lw, RV_INSN_ld};
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned row = 0; row < 4; row++)
        for (int64_t va = 0; va < 16; va++) {
            put32(&b, BENCH_CODE, asm_i(loads[row], A0, ZERO, va));
            struct trap t = run_from(&b, BENCH_CODE, NULL);
            expect_fault(&b, &t, RV_CAUSE_LOAD_ACCESS, (va_t)va, BENCH_CODE);
        }
    bench_close(&b);
}

/* A line raised by an access is taken before the next instruction, once the owner lets it go on. */
static void interrupt_from_the_bus(void **state)
{
    struct bench b;
    struct device d;
    uint64_t retired = 0;
    (void)state;
    open_with_device(&b, &d);
    d.interrupt = true;
    PUT(&b, BENCH_CODE, asm_i(RV_INSN_lw, A0, S0, 0), ADDI(A2, ZERO, 1), asm_match(RV_INSN_ebreak));
    bench_set(&b, CSR_mie, 1 << RV_IRQ_MEI);
    bench_set(&b, CSR_mstatus, 1 << MSTATUS_MIE);
    struct trap t = machine_run(b.m, 1000, &retired);
    assert_int_equal(t.kind, TRAP_YIELD);
    t = machine_run(b.m, 1000, &retired);
    assert_true(t.kind == TRAP_INTERRUPT && t.cause == RV_IRQ_MEI);
    assert_int_equal(retired, 1);
    assert_int_equal(machine_get(b.m, MACHINE_PC), BENCH_CODE + 4);
    bench_close(&b);
}

/* Ten million instructions between two looks at the stack find it as deep as before. */
static void stack_does_not_grow(void **state)
{
    struct bench b;
    struct device d;
    uint64_t retired = 0;
    (void)state;
    open_with_device(&b, &d);
    put_busy_program(&b);
    pa_t after = PUT(&b, BENCH_CODE + 0x800, asm_i(RV_INSN_lw, A0, S2, 0), LI32(A1, 2000000), asm_i(RV_INSN_fcvt_d_w, 1, A1, 0));
    PUT(&b, after, ADDI(A1, A1, -1), asm_r(RV_INSN_fadd_d, 2, 2, 1) | 7 << 12, asm_r(RV_INSN_mul, A2, A1, A1),
        asm_s(RV_INSN_sd, A2, S3, 0), asm_b(RV_INSN_bne, A1, ZERO, -16), asm_i(RV_INSN_lw, A0, S2, 0), asm_match(RV_INSN_ebreak));
    machine_set(b.m, X(S2), IO_BASE);
    machine_set(b.m, X(S3), DATA);
    bench_set(&b, CSR_mstatus, 3 << MSTATUS_FS);
    machine_set(b.m, MACHINE_PC, BENCH_CODE + 0x800);
    while (d.accesses < 2)
        assert_int_equal(machine_run(b.m, 100000000, &retired).kind, TRAP_YIELD);
    assert_int_equal(retired, 5 + 5 * 2000000);
    assert_in_range(d.stack_high - d.stack_low, 0, 256);
    bench_close(&b);
}

/* The ways differ in what the hart keeps: a body for two, a jump that knows where it goes, a page that jumps find by themselves. */
static void ways_are_what_they_say(void **state)
{
    struct bench b;
    uint64_t retired = 0;
    (void)state;
    open_plain(&b);
    pa_t loop = PUT(&b, BENCH_CODE, LI32(A1, 100));
    PUT(&b, loop, ADDI(A1, A1, -1), ADDI(A2, A2, 1), asm_b(RV_INSN_bne, A1, ZERO, -8), asm_match(RV_INSN_ebreak));
    machine_set(b.m, MACHINE_PC, BENCH_CODE);
    struct trap t = machine_run(b.m, 10 * HART_SLICE, &retired);
    expect_breakpoint(&t);
    assert_int_equal(retired, (loop - BENCH_CODE) / 4 + 300);
    const struct tlb_entry *e = &b.h->fetch->fetch[tlb_fetch_slot(BENCH_CODE)];
    if (way_decodes()) {
        const struct code_page *p = (const struct code_page *)e->addend;
        const struct rv_insn *pair = &p->record[(loop & ~PAGE_MASK) / 2];
        struct rv_insn alone;
        rv_decode_record(ADDI(A1, A1, -1), RV_INSN_addi, 4, &alone);
        if (this_way != WAY_NATIVE)
            assert_int_equal(pair->body != alone.body, !(this_way & WAY_NO_FUSE));
        assert_int_equal(pair[4].aux, !(this_way & WAY_NO_CHAIN));
        assert_int_equal(e->tag == BENCH_CODE, !(this_way & WAY_NO_CHAIN));
    }
    assert_int_equal(e->tag & PAGE_MASK, BENCH_CODE);
    struct riscv_cached cached[4];
    assert_int_equal(riscv_cached(b.m, cached, 4), 1);
    assert_true(cached[0].va == BENCH_CODE && cached[0].how == TRIGGER_EXECUTE);
    bench_close(&b);
}

/* --- reservations */

static uint64_t step_atomic(struct bench *b, uint32_t bits, unsigned cause)
{
    struct trap t = bench_step(b, bits);
    if (cause)
        assert_true(t.kind == TRAP_EXCEPTION && t.cause == cause && t.tval == machine_get(b->m, X(S0)));
    else
        assert_int_equal(t.kind, TRAP_BUDGET);
    return machine_get(b->m, X(A0));
}

static void reservations(void **state)
{
    const uint32_t lr_w = asm_r(RV_INSN_lr_w, A0, S0, 0), lr_d = asm_r(RV_INSN_lr_d, A0, S0, 0),
                   sc_w = asm_r(RV_INSN_sc_w, A0, S0, A1), sc_d = asm_r(RV_INSN_sc_d, A0, S0, A1);
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_write64(&b, DATA, UINT64_C(0x8000000180000002));
    machine_set(b.m, X(S0), DATA);
    machine_set(b.m, X(A1), 7);
    assert_int_equal(step_atomic(&b, sc_w, 0), 1); /* none yet */
    assert_int_equal(step_atomic(&b, lr_w, 0), UINT64_C(0xffffffff80000002));
    assert_int_equal(machine_get(b.m, RV_RESERVATION), DATA);
    assert_int_equal(step_atomic(&b, sc_w, 0), 0);
    assert_int_equal(bench_read64(&b, DATA), UINT64_C(0x8000000100000007));
    assert_int_equal(step_atomic(&b, sc_w, 0), 1); /* an SC ends it */
    assert_int_equal(machine_get(b.m, RV_RESERVATION), UINT64_MAX);

    machine_set(b.m, X(S0), DATA + 4); /* the eight bytes around it are reserved */
    (void)step_atomic(&b, lr_w, 0);
    machine_set(b.m, X(S0), DATA);
    assert_int_equal(step_atomic(&b, sc_d, 0), 0);
    (void)step_atomic(&b, lr_d, 0);
    machine_set(b.m, X(S0), DATA + 8); /* another eight: fails, and the reservation is gone */
    assert_int_equal(step_atomic(&b, sc_d, 0), 1);
    machine_set(b.m, X(S0), DATA);
    assert_int_equal(step_atomic(&b, sc_d, 0), 1);

    (void)step_atomic(&b, lr_d, 0);
    struct trap t = bench_step(&b, asm_match(RV_INSN_ecall)); /* kept by traps, stores of this hart, and failing atomics */
    assert_int_equal(t.reason, REASON_REQUESTED);
    (void)step_atomic(&b, asm_s(RV_INSN_sd, A1, S0, 0), 0);
    machine_set(b.m, X(S0), DATA + 2);
    (void)step_atomic(&b, sc_w, RV_CAUSE_STORE_MISALIGNED);
    (void)step_atomic(&b, lr_w, RV_CAUSE_LOAD_MISALIGNED);
    (void)step_atomic(&b, lr_d, RV_CAUSE_LOAD_MISALIGNED);
    (void)step_atomic(&b, asm_r(RV_INSN_amoor_d, A0, S0, A1), RV_CAUSE_STORE_MISALIGNED);
    machine_set(b.m, X(S0), 0x1000);
    (void)step_atomic(&b, sc_w, RV_CAUSE_STORE_ACCESS);
    (void)step_atomic(&b, lr_w, RV_CAUSE_LOAD_ACCESS);
    machine_set(b.m, X(S0), DATA);
    assert_int_equal(step_atomic(&b, sc_d, 0), 0);

    (void)step_atomic(&b, lr_d, 0);
    machine_set(b.m, RV_RESERVATION, UINT64_MAX); /* as an owner does on a switch */
    assert_int_equal(step_atomic(&b, sc_d, 0), 1);
    bench_close(&b);
}

/* Its own announced writes keep a reservation, as the silent ones of the inner loop do: to a marked page, across pages, an AMO, a block
 * of zeros. Others', owner's or device's, end it, if they reach one of the eight bytes. */
static void who_ends_a_reservation(void **state)
{
    const uint32_t lr_d = asm_r(RV_INSN_lr_d, A0, S0, 0), sc_d = asm_r(RV_INSN_sc_d, A0, S0, A1);
    const pa_t last = DATA + PAGE_SIZE - 8;
    struct riscv_config c = bench_config();
    struct bench b;
    (void)state;
    c.zicboz = true;
    bench_open(&b, &c);
    machine_set(b.m, X(A1), 7);
    for (unsigned marked = 0; marked < 2; marked++) {
        const uint32_t own[] = {asm_s(RV_INSN_sd, A1, S0, 0), asm_s(RV_INSN_sb, A1, S0, 7), asm_s(RV_INSN_sd, A1, S0, 4),
                                asm_r(RV_INSN_amoor_d, A0, S0, A1), asm_r(RV_INSN_cbo_zero, 0, S0, 0)};
        if (marked)
            ram_mark(b.ram, DATA - BENCH_RAM);
        machine_set(b.m, X(S0), last);
        for (unsigned n = 0; n < sizeof own / sizeof *own; n++) {
            (void)step_atomic(&b, lr_d, 0);
            (void)step_atomic(&b, own[n], 0);
            assert_int_equal(step_atomic(&b, sc_d, 0), 0);
        }
        for (int from = -9; from <= 9; from++) {
            const uint8_t byte[2] = {1, 2};
            const bool hit = from > -2 && from < 8;
            (void)step_atomic(&b, lr_d, 0);
            assert_int_equal(machine_store(b.m, last + (uint64_t)from, byte, 2), 0);
            assert_int_equal(machine_get(b.m, RV_RESERVATION), hit ? UINT64_MAX : last);
            assert_int_equal(step_atomic(&b, sc_d, 0), hit);
        }
        (void)step_atomic(&b, lr_d, 0);
        phys_written(b.m->phys, DATA, PAGE_SIZE); /* a device, which writes by itself and says so */
        assert_int_equal(step_atomic(&b, sc_d, 0), 1);
        (void)step_atomic(&b, lr_d, 0);
        ram_clear(b.ram, DATA - BENCH_RAM, PAGE_SIZE);
        assert_int_equal(step_atomic(&b, sc_d, 0), 1);
    }
    machine_set(b.m, RV_RESERVATION, 0x1000); /* no memory */
    assert_int_equal(machine_get(b.m, RV_RESERVATION), UINT64_MAX);
    bench_close(&b);
}

/* --- PMP inside a page: instruction by instruction */

/* Within a store of the hart that has it, too: what moves the data is the device. */
static void a_device_ends_a_reservation(void **state)
{
    struct bench b;
    struct device d;
    (void)state;
    for (unsigned away = 0; away < 24; away += 8) {
        open_with_device(&b, &d);
        d.writes = DATA + 8;
        machine_set(b.m, X(A1), DATA + away);
        PUT(&b, BENCH_CODE, asm_r(RV_INSN_lr_d, A0, A1, 0), asm_s(RV_INSN_sw, A0, S0, 0), asm_match(RV_INSN_ebreak));
        uint64_t retired = 0;
        machine_set(b.m, MACHINE_PC, BENCH_CODE);
        assert_int_equal(machine_run(b.m, 1000, &retired).kind, TRAP_YIELD);
        assert_int_equal(d.accesses, 1);
        assert_int_equal(machine_get(b.m, RV_RESERVATION), away == 8 ? UINT64_MAX : DATA + away);
        bench_close(&b);
    }
}

static void page_with_several_rules(void **state)
{
    enum { R = 1, X_ = 4, NA4 = 2 << 3, NAPOT = 3 << 3 };
    struct bench b;
    (void)state;
    open_plain(&b);
    PUT(&b, BENCH_CODE, ADDI(A0, ZERO, 1), ADDI(A0, A0, 1), ADDI(A0, A0, 1), asm_match(RV_INSN_ebreak));
    bench_set(&b, CSR_pmpaddr0, (BENCH_CODE + 8) >> 2); /* the third addi may be read only */
    bench_set(&b, CSR_pmpaddr0 + 1, UINT64_MAX);
    bench_set(&b, CSR_pmpcfg0, (NAPOT | R | 2 | X_) << 8 | NA4 | R);
    bench_mode(&b, RV_U);
    uint64_t retired;
    struct trap t = run_from(&b, BENCH_CODE, &retired);
    expect_fault(&b, &t, RV_CAUSE_FETCH_ACCESS, BENCH_CODE + 8, BENCH_CODE + 8);
    assert_int_equal(retired, 2);
    put32(&b, BENCH_CODE + 4, (uint32_t)C_NOP | (uint32_t)(ADDI(A0, A0, 1) & 0xffff) << 16); /* half of a long one reaches in */
    put16(&b, BENCH_CODE + 8, (uint16_t)(ADDI(A0, A0, 1) >> 16));
    t = run_from(&b, BENCH_CODE, &retired);
    expect_fault(&b, &t, RV_CAUSE_FETCH_ACCESS, BENCH_CODE + 8, BENCH_CODE + 6);
    assert_int_equal(retired, 2);
    bench_mode(&b, RV_M); /* whom the rules do not bind */
    t = run_from(&b, BENCH_CODE, &retired);
    assert_int_equal(t.kind, TRAP_EXCEPTION);
    assert_true(retired >= 3);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bus_accesses_yield),
        cmocka_unit_test(bus_refusals_fault),
        cmocka_unit_test(page_zero_is_like_any_other),
        cmocka_unit_test(interrupt_from_the_bus),
        cmocka_unit_test(stack_does_not_grow),
        cmocka_unit_test(ways_are_what_they_say),
        cmocka_unit_test(reservations),
        cmocka_unit_test(who_ends_a_reservation),
        cmocka_unit_test(a_device_ends_a_reservation),
        cmocka_unit_test(page_with_several_rules),
    };
    return run_in_every_way(tests);
}
