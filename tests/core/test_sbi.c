/* test_sbi.c - the built-in firmware, call by call, from the SBI specification 2.0; on a bare machine and on a virtual one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/sbi.h"
#include "tests/core/bench.h"

enum { NOT_SUPPORTED = -2, INVALID_PARAM = -3, INVALID_ADDRESS = -5, ALREADY_AVAILABLE = -6 };
enum { BASE = 0x10, TIME = 0x54494d45, IPI = 0x735049, RFENCE = 0x52464e43, HSM = 0x48534d, SRST = 0x53525354, DBCN = 0x4442434e };

#define ENTRY (BENCH_RAM + 0x200000)
#define HANDLER (BENCH_RAM + 0x300000)
#define DATA (BENCH_RAM + 0x400000)
enum { A0 = 10, A1, A2, A3, A4, A5, A6, A7, S_MODE = 1, SIP_SSIP = 1 << 1, SIP_STIP = 1 << 5 };
static const uint64_t TREE = BENCH_RAM + 0xe00000;

static void start(struct bench *r)
{
    PROGRAM(r, ENTRY, I_ECALL, I_NOP, I_NOP, I_LOOP);
    assert_int_equal(system_use_firmware(r->system, ENTRY, TREE), 0);
}

struct args {
    uint64_t a[6];
};

/* One call, by an ecall at ENTRY; *value gets a1. */
static int64_t call(struct bench *r, uint64_t eid, uint64_t fid, struct args args, uint64_t *value)
{
    for (unsigned i = 0; i < 6; i++)
        set_x(r, A0 + i, args.a[i]);
    set_x(r, A6, fid);
    set_x(r, A7, eid);
    machine_set(r->machine, MACHINE_PC, ENTRY);
    uint64_t before = r->system->retired;
    run(r, 1);
    if (!r->system->ended) {
        assert_int_equal(r->system->retired, before + 1); /* the nop; the ecall does not retire */
        assert_int_equal(pc(r), ENTRY + 8);
    }
    if (value)
        *value = x(r, A1);
    return (int64_t)x(r, A0);
}
#define ARGS(...) ((struct args){{__VA_ARGS__}})

static void entry_state(void **state)
{
    struct bench *r = *state;
    set_csr(r, CSR_satp, UINT64_C(8) << 60);
    start(r);
    assert_int_equal(pc(r), ENTRY);
    assert_int_equal(x(r, A0), 0);
    assert_int_equal(x(r, A1), TREE);
    assert_int_equal(machine_get(r->machine, MACHINE_MODE), S_MODE);
    assert_int_equal(csr(r, CSR_satp), 0);
    assert_int_equal(csr(r, CSR_mstatus) & 1 << MSTATUS_SIE, 0);
    assert_int_equal(csr(r, CSR_mideleg), 0x222);
    assert_int_equal(csr(r, CSR_medeleg) >> 9 & 1, 0);
    assert_int_equal(csr(r, CSR_medeleg) >> RV_CAUSE_STORE_PAGE & 1, 1);
}

/* A supervisor's exceptions are its own: nothing of M-mode stands in between. */
static void exceptions_are_delegated(void **state)
{
    struct bench *r = *state;
    start(r);
    set_csr(r, CSR_stvec, HANDLER);
    PROGRAM(r, HANDLER, I_NOP, I_LOOP);
    PROGRAM(r, ENTRY, I_MRET);
    run(r, 1);
    assert_int_equal(csr(r, CSR_scause), RV_CAUSE_ILLEGAL);
    assert_int_equal(csr(r, CSR_sepc), ENTRY);
    assert_int_equal(csr(r, CSR_stval), I_MRET);
    assert_int_equal(pc(r), HANDLER + 4);
    assert_int_equal(machine_get(r->machine, MACHINE_MODE), S_MODE);
}

static void base(void **state)
{
    struct bench *r = *state;
    uint64_t value;
    start(r);
    assert_int_equal(call(r, BASE, 0, ARGS(0), &value), 0);
    assert_int_equal(value, 0x02000000);
    for (unsigned fid = 1; fid <= 6; fid++)
        assert_int_equal(call(r, BASE, fid, ARGS(0), &value), 0);
    assert_int_equal(call(r, BASE, 4, ARGS(0), &value), 0);
    assert_int_equal(value, 0); /* mvendorid */
    assert_int_equal(call(r, BASE, 7, ARGS(0), &value), NOT_SUPPORTED);
    const uint64_t there[] = {BASE, TIME, IPI, RFENCE, HSM, SRST, DBCN};
    for (unsigned i = 0; i < 7; i++) {
        assert_int_equal(call(r, BASE, 3, ARGS(there[i]), &value), 0);
        assert_int_equal(value, 1);
    }
    const uint64_t absent[] = {0, 1, 2, 8, 0x504d55 /* PMU */, 0x53555350 /* SUSP */, UINT64_MAX, UINT64_C(1) << 32 | BASE};
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(call(r, BASE, 3, ARGS(absent[i]), &value), 0);
        assert_int_equal(value, 0);
        if (absent[i] != BASE)
            assert_int_equal(call(r, absent[i], 0, ARGS('x'), NULL), NOT_SUPPORTED);
    }
    assert_int_equal(r->output_count, 0); /* a legacy putchar prints nothing */
}

/* A call keeps every register but a0 and a1, and takes time. */
static void registers_and_time(void **state)
{
    struct bench *r = *state;
    start(r);
    for (unsigned i = 1; i < 32; i++)
        set_x(r, i, 0x1000 + i);
    set_x(r, A6, 0);
    set_x(r, A7, BASE);
    machine_set(r->machine, MACHINE_PC, ENTRY);
    uint64_t before = now(r);
    run(r, 1);
    for (unsigned i = 1; i < 32; i++)
        if (i != A0 && i != A1 && i != A6 && i != A7)
            assert_int_equal(x(r, i), 0x1000 + i);
    assert_int_equal(x(r, A6), 0);
    assert_int_equal(x(r, A7), BASE);
    uint64_t took = now(r) - before;
    assert_true(took > 1);
    before = now(r);
    call(r, SRST, 9, ARGS(0), NULL);
    assert_int_equal(now(r) - before, took);
    assert_int_equal(firmware_calls(r->system->firmware), 2);
}

/* The interrupt is there at the tick that was asked for, not before and not after. */
static void timer_at(struct bench *r)
{
    start(r);
    set_csr(r, CSR_stvec, HANDLER);
    PROGRAM(r, HANDLER, I_LOOP);
    set_csr(r, CSR_mie, SIP_STIP);
    const uint64_t ticks = 50, units = ticks * r->cpu.units_per_tick;
    assert_int_equal(call(r, TIME, 0, ARGS(ticks), NULL), 0);
    assert_int_equal(csr(r, CSR_mip) & SIP_STIP, 0);
    set_csr(r, CSR_mstatus, csr(r, CSR_mstatus) | 1 << MSTATUS_SIE);
    run(r, units - 1 - now(r));
    assert_int_equal(now(r), units - 1);
    assert_int_equal(csr(r, CSR_scause), 0);
    run(r, 2);
    assert_int_equal(csr(r, CSR_scause), UINT64_C(1) << 63 | RV_IRQ_STI);
    assert_int_equal(pc(r), HANDLER);
    /* Setting it anew clears what is pending [SBI 6.1]. */
    assert_int_equal(csr(r, CSR_mip) & SIP_STIP, SIP_STIP);
    assert_int_equal(call(r, TIME, 0, ARGS(UINT64_MAX), NULL), 0);
    assert_int_equal(csr(r, CSR_mip) & SIP_STIP, 0);
    /* A time that has passed is due at once. */
    assert_int_equal(call(r, TIME, 0, ARGS(0), NULL), 0);
    assert_int_equal(csr(r, CSR_mip) & SIP_STIP, SIP_STIP);
    assert_int_equal(call(r, TIME, 1, ARGS(0), NULL), NOT_SUPPORTED);
}

static void timer(void **state) { timer_at(*state); }

static void timer_without_sstc(void **state)
{
    for (int is_virtual = 0; is_virtual < 2; is_virtual++) {
        struct bench *r = bench_create(is_virtual, false);
        timer_at(r);
        bench_destroy(r);
    }
    (void)state;
}

static void ipi(void **state)
{
    struct bench *r = *state;
    start(r);
    assert_int_equal(call(r, IPI, 0, ARGS(2, 0), NULL), INVALID_PARAM); /* there is no hart 1 */
    assert_int_equal(call(r, IPI, 0, ARGS(1, 5), NULL), INVALID_PARAM);
    assert_int_equal(call(r, IPI, 0, ARGS(0, 0), NULL), 0);
    assert_int_equal(csr(r, CSR_mip) & SIP_SSIP, 0);
    assert_int_equal(call(r, IPI, 0, ARGS(1, 0), NULL), 0);
    assert_int_equal(csr(r, CSR_mip) & SIP_SSIP, SIP_SSIP);
    set_csr(r, CSR_mip, 0);
    assert_int_equal(call(r, IPI, 0, ARGS(0, UINT64_MAX), NULL), 0); /* all harts */
    assert_int_equal(csr(r, CSR_mip) & SIP_SSIP, SIP_SSIP);
    assert_int_equal(call(r, IPI, 1, ARGS(1, 0), NULL), NOT_SUPPORTED);
}

/* Sv39: the gigabyte at RAM mapped to itself, and the page at 0 to DATA or DATA + 0x1000. */
static void map(struct bench *r, pa_t page)
{
    const pa_t root = BENCH_RAM + 0x500000, middle = root + 0x1000, low = root + 0x2000;
    const uint64_t v = 1, rwx = 0xe, ad = 0xc0;
    put64(r, root + 2 * 8, (BENCH_RAM >> 12) << 10 | v | rwx | ad);
    put64(r, root, (middle >> 12) << 10 | v);
    put64(r, middle, (low >> 12) << 10 | v);
    put64(r, low, (page >> 12) << 10 | v | rwx | ad);
    if (csr(r, CSR_satp) == 0)
        set_csr(r, CSR_satp, UINT64_C(8) << 60 | root >> 12);
}

static uint64_t read_page_0(struct bench *r)
{
    PROGRAM(r, ENTRY + 0x100, i_ld(5, 0, 0), I_LOOP);
    run(r, 1);
    return x(r, 5);
}

static void rfence_orders(struct bench *r, uint64_t fid, struct args args)
{
    map(r, DATA);
    machine_fence(r->machine, &(struct fence){0});
    assert_int_equal(read_page_0(r), 111);
    map(r, DATA + 0x1000);
    assert_int_equal(call(r, RFENCE, fid, args, NULL), 0);
    assert_int_equal(read_page_0(r), 222);
}

static void rfence(void **state)
{
    struct bench *r = *state;
    start(r);
    put64(r, DATA, 111);
    put64(r, DATA + 0x1000, 222);
    rfence_orders(r, 1, ARGS(1, 0, 0, 0)); /* everything */
    rfence_orders(r, 1, ARGS(1, 0, 0, UINT64_MAX));
    rfence_orders(r, 1, ARGS(1, 0, 0, 0x1000)); /* the page */
    rfence_orders(r, 1, ARGS(1, 0, 0xfff, 1));  /* one byte of it */
    rfence_orders(r, 1, ARGS(0, UINT64_MAX, 0, UINT64_C(1) << 40));
    rfence_orders(r, 2, ARGS(1, 0, 0, 0x2000, 0)); /* in address space 0 */
    assert_int_equal(call(r, RFENCE, 0, ARGS(1, 0), NULL), 0);
    assert_int_equal(call(r, RFENCE, 1, ARGS(2, 0, 0, 0), NULL), INVALID_PARAM);
    for (unsigned fid = 3; fid < 8; fid++)
        assert_int_equal(call(r, RFENCE, fid, ARGS(1, 0, 0, 0), NULL), NOT_SUPPORTED);
}

static void hart_states(void **state)
{
    struct bench *r = *state;
    uint64_t value;
    start(r);
    assert_int_equal(call(r, HSM, 2, ARGS(0), &value), 0);
    assert_int_equal(value, 0); /* STARTED */
    assert_int_equal(call(r, HSM, 2, ARGS(1), NULL), INVALID_PARAM);
    assert_int_equal(call(r, HSM, 0, ARGS(0, ENTRY), NULL), ALREADY_AVAILABLE);
    assert_int_equal(call(r, HSM, 0, ARGS(1, ENTRY), NULL), INVALID_PARAM);
    assert_int_equal(call(r, HSM, 3, ARGS(5), NULL), INVALID_PARAM);
    assert_int_equal(call(r, HSM, 3, ARGS(0x80000000, 0x1000), NULL), INVALID_ADDRESS);
    assert_int_equal(call(r, HSM, 4, ARGS(0), NULL), NOT_SUPPORTED);
    call(r, HSM, 1, ARGS(0), NULL);
    struct system_result result = run(r, 1);
    assert_int_equal(result.end, END_STUCK);
    says(&result, "stopped its only hart");
}

static void hart_suspend(void **state)
{
    struct bench *r = *state;
    start(r);
    set_csr(r, CSR_mie, SIP_STIP);
    call(r, TIME, 0, ARGS(1000), NULL);
    assert_int_equal(call(r, HSM, 3, ARGS(0), NULL), 0); /* returns when the timer is due, and time has passed */
    assert_true(now(r) >= 1000 * r->cpu.units_per_tick);
    assert_true(now(r) <= 1000 * r->cpu.units_per_tick + 1000);

    call(r, TIME, 0, ARGS(2000), NULL);
    set_x(r, A0, 0x80000000); /* non-retentive: goes on elsewhere */
    set_x(r, A1, ENTRY + 0x200);
    set_x(r, A2, 4711);
    set_x(r, A6, 3);
    set_x(r, A7, HSM);
    set_csr(r, CSR_mstatus, csr(r, CSR_mstatus) | 1 << MSTATUS_SIE);
    PROGRAM(r, ENTRY + 0x200, I_NOP, I_LOOP);
    machine_set(r->machine, MACHINE_PC, ENTRY);
    run(r, 1);
    assert_int_equal(pc(r), ENTRY + 0x204);
    assert_int_equal(x(r, A0), 0);
    assert_int_equal(x(r, A1), 4711);
    assert_int_equal(csr(r, CSR_mstatus) & 1 << MSTATUS_SIE, 0);
    assert_true(now(r) >= 2000 * r->cpu.units_per_tick);
}

static void reset_ends(struct bench *r, uint64_t type, uint64_t reason, enum system_end end, int status)
{
    system_reset(r->system);
    start(r);
    call(r, SRST, 0, ARGS(type, reason), NULL);
    assert_true(r->system->ended);
    assert_int_equal(r->system->result.end, end);
    assert_int_equal(r->system->result.status, status);
}

static void reset(void **state)
{
    struct bench *r = *state;
    start(r);
    assert_int_equal(call(r, SRST, 0, ARGS(3, 0), NULL), INVALID_PARAM);
    assert_int_equal(call(r, SRST, 0, ARGS(0, 2), NULL), INVALID_PARAM);
    assert_int_equal(call(r, SRST, 1, ARGS(0, 0), NULL), NOT_SUPPORTED);
    assert_false(r->system->ended);
    reset_ends(r, 0, 0, END_POWEROFF, 0);
    reset_ends(r, 0, 1, END_POWEROFF, 1);
    reset_ends(r, 1, 0, END_REBOOT, 0);
    reset_ends(r, 2, 0, END_REBOOT, 0);
}

static void debug_console(void **state)
{
    struct bench *r = *state;
    uint64_t value;
    char text[300];
    start(r);
    memset(text, 'a', sizeof text);
    put(r, DATA, text, sizeof text);
    assert_int_equal(call(r, DBCN, 0, ARGS(sizeof text, DATA, 0), &value), 0);
    assert_int_equal(value, sizeof text);
    assert_int_equal(r->output_count, sizeof text);
    assert_memory_equal(r->output, text, sizeof text);
    assert_int_equal(call(r, DBCN, 2, ARGS(0x5b), &value), 0);
    assert_int_equal(r->output[sizeof text], '[');
    r->input = "hello";
    assert_int_equal(call(r, DBCN, 1, ARGS(3, DATA, 0), &value), 0);
    assert_int_equal(value, 3);
    assert_int_equal(call(r, DBCN, 1, ARGS(100, DATA + 3, 0), &value), 0);
    assert_int_equal(value, 2);
    assert_int_equal(call(r, DBCN, 1, ARGS(100, DATA, 0), &value), 0);
    assert_int_equal(value, 0);
    assert_int_equal(machine_load(r->machine, DATA, text, 5), 0);
    assert_memory_equal(text, "hello", 5);
    size_t printed = r->output_count;
    assert_int_equal(call(r, DBCN, 0, ARGS(1, 0x1000, 0), NULL), INVALID_PARAM);
    assert_int_equal(call(r, DBCN, 0, ARGS(1, DATA, 1), NULL), INVALID_PARAM);
    assert_int_equal(call(r, DBCN, 0, ARGS(2, BENCH_RAM + BENCH_RAM_SIZE - 1, 0), NULL), INVALID_PARAM);
    assert_int_equal(call(r, DBCN, 1, ARGS(UINT64_MAX, DATA, 0), NULL), INVALID_PARAM);
    assert_int_equal(call(r, DBCN, 3, ARGS(1, DATA, 0), NULL), NOT_SUPPORTED);
    assert_int_equal(call(r, DBCN, 0, ARGS(0, 0, 0), &value), 0);
    assert_int_equal(r->output_count, printed);
}

/* Only an ecall from S-mode is a call: one from U-mode is the supervisor's. */
static void user_ecall_is_not_a_call(void **state)
{
    struct bench *r = *state;
    start(r);
    set_csr(r, CSR_stvec, HANDLER);
    PROGRAM(r, HANDLER, I_LOOP);
    machine_set(r->machine, MACHINE_MODE, RV_U);
    set_x(r, A7, SRST);
    set_x(r, A6, 0);
    machine_set(r->machine, MACHINE_PC, ENTRY);
    run(r, 1);
    assert_false(r->system->ended);
    assert_int_equal(csr(r, CSR_scause), RV_CAUSE_ECALL_U);
    assert_int_equal(csr(r, CSR_sepc), ENTRY);
    assert_int_equal(firmware_calls(r->system->firmware), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(entry_state),
        ON_BOTH(exceptions_are_delegated),
        ON_BOTH(base),
        ON_BOTH(registers_and_time),
        ON_BOTH(timer),
        cmocka_unit_test(timer_without_sstc),
        ON_BOTH(ipi),
        ON_BOTH(rfence),
        ON_BOTH(hart_states),
        ON_BOTH(hart_suspend),
        ON_BOTH(reset),
        ON_BOTH(debug_console),
        ON_BOTH(user_ecall_is_not_a_call),
    };
    return cmocka_run_group_tests_name("sbi", tests, NULL, NULL);
}
