/* test_system.c - the driver: power, time, waiting, trap loops, the host's hooks; on a bare machine and on a virtual one, and
 * the same course on both.
 */
#include "tests/core/system_rig.h"

/* --- power */

static struct system_result finish(struct bench *r, uint32_t value)
{
    set_x(r, T0, VIRT_FINISHER);
    set_x(r, T1, value);
    PROGRAM(r, CODE, I_NOP, i_sw(T1, T0), I_NOP, I_LOOP);
    return run(r, 1000);
}

static void power_off(void **state)
{
    struct bench *r = *state;
    struct system_result result = finish(r, FINISHER_PASS);
    assert_int_equal(result.end, END_POWEROFF);
    assert_int_equal(result.status, 0);
    assert_int_equal(r->system->retired, 2); /* nothing runs after the store */
    /* The end is final. */
    result = run(r, 1000);
    assert_int_equal(result.end, END_POWEROFF);
    assert_int_equal(r->system->retired, 2);
}

static void failure_status(void **state)
{
    struct system_result result = finish(*state, 42u << 16 | FINISHER_FAIL);
    assert_int_equal(result.end, END_POWEROFF);
    assert_int_equal(result.status, 42);
}

static void reboot(void **state)
{
    struct bench *r = *state;
    struct system_result result = finish(r, FINISHER_RESET);
    assert_int_equal(result.end, END_REBOOT);
    system_reset(r->system);
    assert_int_equal(r->system->retired, 2); /* counts go on */
    result = finish(r, FINISHER_PASS);
    assert_int_equal(result.end, END_POWEROFF);
    assert_int_equal(r->system->retired, 4);
}

/* A reset machine is as a new one: no timer, no waiting, mode M. */
static void reset_forgets(void **state)
{
    struct bench *r = *state;
    set_csr(r, CSR_mie, MIE_MTIE);
    assert_true(phys_store(r->machine->phys, CLINT_MTIMECMP, 8, 1u << 30));
    PROGRAM(r, CODE, I_WFI, I_LOOP);
    run(r, 1);
    assert_true(r->system->waiting);
    machine_set(r->machine, MACHINE_MODE, RV_S);
    system_reset(r->system);
    assert_false(r->system->waiting);
    assert_int_equal(machine_get(r->machine, MACHINE_MODE), RV_M);
    assert_int_equal(csr(r, CSR_mie), 0);
    PROGRAM(r, CODE, I_WFI, I_LOOP);
    set_csr(r, CSR_mie, MIE_MTIE);
    assert_int_equal(run(r, 100).end, END_STUCK); /* the timer is not armed any more */
}

/* --- limits and time */

static void limit(void **state)
{
    struct bench *r = *state;
    PROGRAM(r, CODE, i_addi(T0, T0, 1), i_addi(T0, T0, 1), I_LOOP);
    assert_int_equal(run(r, 0).end, END_RUNNING);
    assert_int_equal(r->system->retired, 0);
    assert_int_equal(run(r, 1).end, END_RUNNING);
    assert_int_equal(x(r, T0), 1);
    assert_int_equal(run(r, 100000).end, END_RUNNING);
    assert_int_equal(r->system->retired, 100001);
    assert_int_equal(now(r), 100001);
}

/* An M-mode timer interrupt by the CLINT falls on the instruction at which mtime reaches mtimecmp. */
static void timer_is_exact(void **state)
{
    struct bench *r = *state;
    const uint64_t tick = 7, due = tick * r->cpu.units_per_tick;
    set_csr(r, CSR_mtvec, HANDLER);
    set_csr(r, CSR_mie, MIE_MTIE);
    set_csr(r, CSR_mstatus, 1 << MSTATUS_MIE);
    PROGRAM(r, HANDLER, I_LOOP);
    set_x(r, T0, CLINT_MTIMECMP);
    set_x(r, T1, tick);
    PROGRAM(r, CODE, i_sd(T1, T0), i_addi(T2, T2, 1), 0xffdff06f /* j .-4 */);
    run(r, due);
    assert_int_equal(csr(r, CSR_mcause), 0);
    assert_int_equal(x(r, T2), due / 2); /* the store, then two instructions a turn */
    run(r, 1);
    assert_int_equal(csr(r, CSR_mcause), UINT64_C(1) << 63 | RV_IRQ_MTI);
    assert_int_equal(x(r, T2), due / 2);
    assert_int_equal(pc(r), HANDLER);
    assert_int_equal(r->system->traps_delivered, 1);
}

static void wait_skips_time(void **state)
{
    struct bench *r = *state;
    const uint64_t tick = 1000000;
    set_csr(r, CSR_mie, MIE_MTIE); /* enabled, though the mode does not take it: wfi wakes all the same */
    set_x(r, T0, CLINT_MTIMECMP);
    set_x(r, T1, tick);
    PROGRAM(r, CODE, i_sd(T1, T0), I_WFI, I_NOP, I_LOOP);
    run(r, 2);
    assert_true(now(r) < 1000);
    run(r, 1);
    assert_int_equal(now(r), tick * r->cpu.units_per_tick + 1);
    assert_int_equal(r->system->retired, 3);
    assert_int_equal(pc(r), CODE + 12);
}

/* The machine has a timer of its own, which the board does not know: stimecmp. */
static void wait_skips_to_stimecmp(void **state)
{
    struct bench *r = *state;
    set_csr(r, CSR_menvcfg, UINT64_C(1) << 63); /* STCE */
    set_csr(r, CSR_mideleg, 1 << RV_IRQ_STI);
    set_csr(r, CSR_mie, 1 << RV_IRQ_STI);
    set_csr(r, CSR_stimecmp, 5000);
    machine_set(r->machine, MACHINE_MODE, RV_S);
    set_csr(r, CSR_pmpaddr0, UINT64_MAX);
    set_csr(r, CSR_pmpcfg0, 0x1f);
    PROGRAM(r, CODE, I_WFI, I_NOP, I_LOOP);
    assert_int_equal(run(r, 2).end, END_RUNNING);
    assert_int_equal(now(r), 5000 * r->cpu.units_per_tick + 1);
}

static void wait_for_what_is_pending(void **state)
{
    struct bench *r = *state;
    set_csr(r, CSR_mie, MIE_MSIE);
    assert_true(phys_store(r->machine->phys, VIRT_CLINT, 4, 1)); /* msip */
    PROGRAM(r, CODE, I_WFI, I_NOP, I_LOOP);
    run(r, 2);
    assert_int_equal(now(r), 2);
    assert_int_equal(pc(r), CODE + 8);
}

/* --- what would hang */

static void asleep_with_nothing_enabled(void **state)
{
    struct bench *r = *state;
    PROGRAM(r, CODE, I_NOP, I_WFI, I_LOOP);
    struct system_result result = run(r, 1000);
    assert_int_equal(result.end, END_STUCK);
    says(&result, "waits for an interrupt");
    says(&result, "0x80000008");
    says(&result, "enabled none");
    assert_int_equal(r->system->retired, 2);
}

static void asleep_with_nothing_due(void **state)
{
    struct bench *r = *state;
    set_csr(r, CSR_mie, MIE_MTIE | MIE_MEIE);
    PROGRAM(r, CODE, I_WFI, I_LOOP);
    struct system_result result = run(r, 1000);
    assert_int_equal(result.end, END_STUCK);
    says(&result, "nothing that it has enabled can come");
    says(&result, "mie 0x880");
}

/* A timer that is due but not enabled passes, and then there is nothing. */
static void asleep_past_a_masked_timer(void **state)
{
    struct bench *r = *state;
    set_csr(r, CSR_mie, MIE_MEIE);
    assert_true(phys_store(r->machine->phys, CLINT_MTIMECMP, 8, 100));
    PROGRAM(r, CODE, I_WFI, I_LOOP);
    assert_int_equal(run(r, 1000).end, END_STUCK);
    assert_int_equal(now(r), 100 * r->cpu.units_per_tick);
}

/* Who runs a guest that may wait for ever says how late it may become; the wait is not over by that. */
static void waits_no_longer_than_it_may(void **state)
{
    struct bench *r = *state;
    set_csr(r, CSR_mie, MIE_MTIE);
    assert_true(phys_store(r->machine->phys, CLINT_MTIMECMP, 8, 100));
    PROGRAM(r, CODE, I_WFI, I_NOP, I_LOOP);
    r->system->waits_to = 99 * r->cpu.units_per_tick;
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(run(r, 1000).end, END_WAITING);
    assert_int_equal(r->system->retired, 1);
    assert_int_equal(now(r), 1);
    r->system->waits_to = 100 * r->cpu.units_per_tick;
    assert_int_equal(run(r, 1).end, END_RUNNING);
    assert_int_equal(now(r), 100 * r->cpu.units_per_tick + 1);
}

static void trap_loop(void **state)
{
    struct bench *r = *state;
    set_csr(r, CSR_mtvec, 0x4000); /* nothing is there */
    PROGRAM(r, CODE, I_NOP, 0);
    struct system_result result = run(r, UINT64_MAX);
    assert_int_equal(result.end, END_STUCK);
    says(&result, "trap loop at pc 0x4000");
    says(&result, "exception 1");
    assert_int_equal(r->system->retired, 1);
}

/* A handler that traps for a while but gets on is no loop. */
static void many_traps_are_no_loop(void **state)
{
    struct bench *r = *state;
    set_csr(r, CSR_mtvec, HANDLER);
    PROGRAM(r, HANDLER, i_addi(T0, T0, 1), I_ECALL);
    PROGRAM(r, CODE, I_ECALL);
    assert_int_equal(run(r, 10000).end, END_RUNNING);
    assert_int_equal(x(r, T0), 10000);
}

/* --- the host's hooks */

struct hooks {
    struct bench *bench;
    uint64_t polls, last_poll, idles, idle_until;
    uint64_t answer;       /* of idle */
    uint64_t quit_at;      /* poll number that ends the run; 0: none */
    uint64_t quit_at_idle; /* likewise */
};

static void hook_poll(void *opaque)
{
    struct hooks *h = opaque;
    h->last_poll = now(h->bench);
    if (++h->polls == h->quit_at)
        system_end(h->bench->system, END_QUIT, 0, NULL);
}

static uint64_t hook_idle(void *opaque, uint64_t at, uint64_t until)
{
    struct hooks *h = opaque;
    assert_int_equal(at, now(h->bench));
    h->idle_until = until;
    if (++h->idles == h->quit_at_idle)
        system_end(h->bench->system, END_QUIT, 0, NULL);
    return h->answer < until ? h->answer : until;
}

static void attach(struct hooks *h, struct bench *r)
{
    *h = (struct hooks){.bench = r, .answer = UINT64_MAX};
    r->system->host = (struct system_host){.poll = hook_poll, .idle = hook_idle, .opaque = h, .poll_every = 1000};
}

static void poll_comes_regularly(void **state)
{
    struct bench *r = *state;
    struct hooks h;
    attach(&h, r);
    PROGRAM(r, CODE, I_LOOP);
    run(r, 500);
    run(r, 4700);
    assert_int_equal(h.polls, 6); /* at 0, 1000 ... 5000 */
    assert_int_equal(h.last_poll, 5000);
    h.quit_at = 8;
    assert_int_equal(run(r, UINT64_MAX).end, END_QUIT);
    assert_int_equal(r->system->retired, 7000);
}

/* --- pauses: of the host's asking, of the watch's, and at triggers. None is an end. */

static void pauses_when_asked(void **state)
{
    struct bench *r = *state;
    PROGRAM(r, CODE, I_LOOP);
    system_pause(r->system);
    assert_int_equal(run(r, 1000).end, END_PAUSED);
    assert_int_equal(r->system->retired, 0);
    assert_int_equal(run(r, 1000).end, END_RUNNING); /* it was asked for once */
    assert_int_equal(r->system->retired, 1000);
}

struct watched {
    struct trap trap;
    va_t pc;
    unsigned count;
    bool pause;
};

static bool watch_trap(void *opaque, const struct trap *t, va_t pc)
{
    struct watched *w = opaque;
    w->trap = *t;
    w->pc = pc;
    w->count++;
    return w->pause;
}

/* The watch is told when the handler is about to run. */
static void watch_sees_traps(void **state)
{
    struct bench *r = *state;
    struct watched w = {.pause = true};
    r->system->watch = (struct system_watch){.trap = watch_trap, .opaque = &w};
    set_csr(r, CSR_mtvec, HANDLER);
    PROGRAM(r, HANDLER, 0);
    PROGRAM(r, CODE, I_NOP, 0, I_LOOP);
    assert_int_equal(run(r, 1000).end, END_PAUSED);
    assert_int_equal(w.count, 1);
    assert_int_equal(w.trap.cause, RV_CAUSE_ILLEGAL);
    assert_int_equal(w.pc, CODE + 4);
    assert_int_equal(machine_get(r->machine, MACHINE_PC), HANDLER);
    assert_int_equal(r->system->retired, 1);
    w.pause = false;
    assert_int_equal(run(r, 1000).end, END_STUCK); /* it goes on, and the handler traps again and again */
    assert_true(w.count > 1);
}

static void triggers_are_the_callers(void **state)
{
    struct bench *r = *state;
    const struct trigger t = {.kinds = TRIGGER_EXECUTE, .at = CODE + 4, .length = 1};
    PROGRAM(r, CODE, I_NOP, I_NOP, I_LOOP);
    assert_int_equal(machine_trigger(r->machine, 3, &t), 0);
    struct system_result result = run(r, 1000);
    assert_int_equal(result.end, END_TRIGGER);
    assert_int_equal(result.trap.cause, 3);
    assert_int_equal(result.trap.tval, CODE + 4);
    assert_int_equal(r->system->retired, 1);
    assert_int_equal(run(r, 1000).end, END_RUNNING);
    assert_int_equal(r->system->retired, 1001);
    assert_int_equal(machine_trigger(r->machine, 3, NULL), 0);
}

static void idle_is_told_how_long(void **state)
{
    struct bench *r = *state;
    struct hooks h;
    attach(&h, r);
    h.answer = 700; /* less than until: something came in */
    h.quit_at_idle = 2;
    set_csr(r, CSR_mie, MIE_MTIE);
    assert_true(phys_store(r->machine->phys, CLINT_MTIMECMP, 8, 50));
    PROGRAM(r, CODE, I_WFI, I_NOP, I_LOOP);
    run(r, 1);
    assert_int_equal(h.idles, 0);
    assert_int_equal(run(r, 1).end, END_QUIT);
    assert_int_equal(h.idle_until, 50 * r->cpu.units_per_tick);
    assert_int_equal(now(r), 700); /* where the first answer took it */
}

/* The serial port interrupts M-mode when something is received. */
static void listen(struct bench *r)
{
    assert_true(phys_store(r->machine->phys, VIRT_UART + 1, 1, 1));
    assert_true(phys_store(r->machine->phys, VIRT_PLIC + 4 * VIRT_IRQ_UART, 4, 1));
    assert_true(phys_store(r->machine->phys, VIRT_PLIC + 0x2000, 4, 1 << VIRT_IRQ_UART));
}

/* With nothing of its own due the machine depends on the host; the host says whether anything can come. */
static void idle_decides(void **state)
{
    struct bench *r = *state;
    struct hooks h;
    attach(&h, r);
    set_csr(r, CSR_mie, MIE_MEIE);
    listen(r);
    PROGRAM(r, CODE, I_WFI, I_LOOP);
    assert_int_equal(run(r, 1000).end, END_STUCK);
    assert_int_equal(h.idles, 1);
    assert_int_equal(h.idle_until, UINT64_MAX);
}

/* A guest that has enabled nothing is not waited for, whatever the host could say. */
static void idle_is_not_asked_in_vain(void **state)
{
    struct bench *r = *state;
    struct hooks h;
    attach(&h, r);
    h.answer = 5;
    PROGRAM(r, CODE, I_WFI, I_LOOP);
    assert_int_equal(run(r, 1000).end, END_STUCK);
    assert_int_equal(h.idles, 0);
}

/* Nor is one whose input cannot become an interrupt that it has enabled, for whatever reason along the way. */
static void idle_is_not_asked_when_input_wakes_nobody(void **state)
{
    static const struct {
        pa_t at;
        unsigned size;
        uint32_t value;
    } obstacle[] = {
        {VIRT_UART + 1, 1, 0},                 /* the receiver does not interrupt */
        {VIRT_UART + 4, 1, 0x10},              /* the line is cut off: loop-back */
        {VIRT_PLIC + 4 * VIRT_IRQ_UART, 4, 0}, /* priority 0: never */
        {VIRT_PLIC + 0x2000, 4, 0},            /* not enabled for M-mode */
        {VIRT_PLIC + 0x200000, 4, 1},          /* below the threshold */
    };
    struct bench *r = *state;
    struct hooks h;
    attach(&h, r);
    for (unsigned n = 0; n <= sizeof obstacle / sizeof obstacle[0]; n++) {
        system_reset(r->system);
        listen(r);
        if (n)
            assert_true(phys_store(r->machine->phys, obstacle[n - 1].at, obstacle[n - 1].size, obstacle[n - 1].value));
        set_csr(r, CSR_mie, MIE_MEIE);
        PROGRAM(r, CODE, I_WFI, I_LOOP);
        assert_int_equal(run(r, 1000).end, END_STUCK);
        assert_int_equal(h.idles, 1); /* once, without an obstacle */
    }
}

/* --- the same course on both kinds of machine */

/* Timer interrupts at odd times, waits, device accesses, traps: then power-off. Run in pieces of `piece` instructions. */
static void whole_course(struct bench *r, uint64_t piece, uint64_t *retired, uint64_t *clock)
{
    enum { S0 = 8, S1 = 9, T3 = 28, ROUNDS = 10 };
    set_csr(r, CSR_mtvec, HANDLER);
    set_csr(r, CSR_mie, MIE_MTIE);
    set_csr(r, CSR_mstatus, 1 << MSTATUS_MIE);
    set_x(r, T0, CLINT_MTIMECMP);
    set_x(r, T1, 3);
    set_x(r, S0, VIRT_FINISHER);
    set_x(r, S1, 9u << 16 | FINISHER_FAIL);
    set_x(r, T3, ROUNDS);
    /* The handler sets the timer anew; the tenth time it ends the run. */
    PROGRAM(r, HANDLER, i_addi(T2, T2, 1), i_addi(T1, T1, 37), i_sd(T1, T0), i_bne(T2, T3, 8), i_sw(S1, S0), I_MRET);
    PROGRAM(r, CODE, i_sd(T1, T0), I_NOP, I_WFI, I_NOP, I_NOP, 0xff1ff06f /* j .-16: to the nop */);
    struct system_result result = {.end = END_RUNNING};
    for (unsigned i = 0; i < 100000 && result.end == END_RUNNING; i++)
        result = run(r, piece);
    assert_int_equal(result.end, END_POWEROFF);
    assert_int_equal(result.status, 9);
    *retired = r->system->retired;
    *clock = now(r);
}

static void same_course(void **state)
{
    uint64_t retired[2], clock[2];
    const uint64_t pieces[] = {UINT64_MAX, 1, 2, 3, 17};
    for (unsigned i = 0; i < 10; i++) {
        struct bench *r = bench_create(i % 2, true);
        whole_course(r, pieces[i / 2], &retired[i > 0], &clock[i > 0]);
        bench_destroy(r);
        assert_int_equal(retired[0], retired[i > 0]);
        assert_int_equal(clock[0], clock[i > 0]);
    }
    assert_true(clock[0] > 9 * 37 * 100);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(power_off),
        ON_BOTH(failure_status),
        ON_BOTH(reboot),
        ON_BOTH(reset_forgets),
        ON_BOTH(limit),
        ON_BOTH(timer_is_exact),
        ON_BOTH(wait_skips_time),
        ON_BOTH(wait_skips_to_stimecmp),
        ON_BOTH(wait_for_what_is_pending),
        ON_BOTH(waits_no_longer_than_it_may),
        ON_BOTH(asleep_with_nothing_enabled),
        ON_BOTH(asleep_with_nothing_due),
        ON_BOTH(asleep_past_a_masked_timer),
        ON_BOTH(trap_loop),
        ON_BOTH(many_traps_are_no_loop),
        ON_BOTH(poll_comes_regularly),
        ON_BOTH(pauses_when_asked),
        ON_BOTH(watch_sees_traps),
        ON_BOTH(triggers_are_the_callers),
        ON_BOTH(idle_is_told_how_long),
        ON_BOTH(idle_decides),
        ON_BOTH(idle_is_not_asked_in_vain),
        ON_BOTH(idle_is_not_asked_when_input_wakes_nobody),
        cmocka_unit_test(same_course),
    };
    return cmocka_run_group_tests_name("system", tests, NULL, NULL);
}
