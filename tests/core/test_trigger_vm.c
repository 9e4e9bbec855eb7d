/* test_trigger_vm.c - triggers of virtual machines. With the same triggers a program meets the same of them, at the same instructions and
 * in the same order, on the bare machine and on a virtual one at any depth, whatever monitor and policy; and it takes the same course
 * as without. What it should meet is worked out by running it instruction by instruction without any (trigger_oracle.h).
 */
#include "tests/core/pg_rig.h"
#include "tests/core/rig.h"
#include "tests/isa/oracle_guest.h"
#include "tests/isa/trigger_oracle.h"

static uint64_t below(uint64_t *seed, uint64_t n) { return pg_random(seed) % n; }

enum { ROUNDS = 45, FRAMES = 256, MOST = 60000 };

/* --- RISC-V: the supervisor program of program.h */

/* Places that it comes to. */
static struct trigger random_place(uint64_t *seed)
{
    static const struct {
        unsigned kinds;
        bool physical;
        uint64_t at, range;
    } places[] = {
        {TRIGGER_EXECUTE, false, PROGRAM_BASE, 160},
        {TRIGGER_EXECUTE, false, PROGRAM_BASE + PROGRAM_HANDLER, 60},
        {TRIGGER_EXECUTE, true, PROGRAM_BASE, 160},
        {TRIGGER_EXECUTE, true, PROGRAM_BASE + PROGRAM_HANDLER, 60},
        {TRIGGER_EXECUTE, false, PROGRAM_USER, 36},
        {TRIGGER_EXECUTE, true, PROGRAM_PAGE(2), 36},
        {TRIGGER_LOAD, false, PROGRAM_WANDER + 20, 24},
        {TRIGGER_STORE, false, PROGRAM_WANDER + 28, 16},
        {TRIGGER_LOAD | TRIGGER_STORE, true, PROGRAM_PAGE(12) + 16, 24},
        {TRIGGER_STORE, true, PROGRAM_PAGE(30) + 32, 8},
        {TRIGGER_LOAD | TRIGGER_STORE, false, PROGRAM_PAGE(4), 24}, /* LR, SC and what lies beside */
        {TRIGGER_STORE, true, PROGRAM_PAGE(4), 24},
        {TRIGGER_STORE, false, PROGRAM_PAGE(7) + 120, 24}, /* a PTE, traced or not */
        {TRIGGER_STORE, true, PROGRAM_PAGE(7) + 120, 24},
        {TRIGGER_LOAD, false, PROGRAM_DEVICE, 24},
        {TRIGGER_LOAD | TRIGGER_STORE, true, PROGRAM_DEVICE, 24},
        {TRIGGER_STORE, false, PROGRAM_USER + PAGE_SIZE, 8}, /* AMOs of user mode */
        {TRIGGER_LOAD, true, PROGRAM_PAGE(3), 8},
        {TRIGGER_LOAD | TRIGGER_STORE | TRIGGER_EXECUTE, true, PROGRAM_BASE - 100, 104},
    };
    /* Of its instructions, wherever they are executed: by the host, a v_i, or one by one. */
    static const unsigned rows[] = {RV_INSN_csrrw, RV_INSN_csrrs,      RV_INSN_csrrc, RV_INSN_sret, RV_INSN_mret,   RV_INSN_wfi,
                                    RV_INSN_ecall, RV_INSN_sfence_vma, RV_INSN_lr_d,  RV_INSN_sc_d, RV_INSN_ebreak, RV_INSN_amoadd_d};
    const unsigned n = (unsigned)below(seed, sizeof places / sizeof *places);
    if (below(seed, 4) == 0)
        return watch_row(&isa_riscv.rows[rows[below(seed, sizeof rows / sizeof *rows)]], 32);
    if (below(seed, 8) == 0)
        return watch_row(&isa_riscv.rows[below(seed, RV_INSN_COUNT)], (unsigned)below(seed, 32));
    return (struct trigger){.kinds = places[n].kinds,
                            .physical = places[n].physical,
                            .at = places[n].at + below(seed, places[n].range),
                            .length = 1 + below(seed, 12)};
}

static void random_places(struct watch_set *s, uint64_t *seed)
{
    s->count = 0;
    for (unsigned n = 0, slot = 0; n < 12; n++, slot++) {
        slot += (unsigned)below(seed, 8);
        watch_add(s, slot, random_place(seed));
    }
}

/* Bit i of `hybrid`: the machine at depth i is a hybrid monitor's. */
static void rig_open(struct rig *r, unsigned depth, enum shadow_policy policy, unsigned hybrid)
{
    const struct vm_config whole = rig_vm_config(depth, policy, FRAMES);
    struct error error;

    memset(r, 0, sizeof *r);
    r->depth = depth;
    assert_int_equal(ram_create(&r->ram, whole.ram_size), 0);
    assert_int_equal(phys_create(&r->phys), 0);
    assert_int_equal(phys_add_ram(r->phys, "ram", PROGRAM_BASE, whole.ram_size, r->ram, 0), 0);
    assert_int_equal(riscv_create(&r->machine[0], r->phys, &rig_config), 0);
    for (unsigned i = 1; i <= depth; i++) {
        struct vm_config c = rig_vm_config(depth - i, policy, FRAMES);
        c.monitor = hybrid >> i & 1 ? VMM_HYBRID : VMM_TRAP;
        if (vmm_create_vm(r->machine[i - 1], &c, &r->machine[i], &error))
            fail_msg("%s", error.text);
    }
    r->top = r->machine[depth];
    assert_int_equal(phys_add_io(r->top->phys, "device", PROGRAM_DEVICE, PAGE_SIZE, &rig_io, r), 0);
    program_load(r->top, ROUNDS);
}

static const struct {
    unsigned depth, hybrid;
    enum shadow_policy policy;
} kinds_of_rig[] = {
    {0, 0, SHADOW_FLUSH}, {1, 0, SHADOW_FLUSH},      {1, 0, SHADOW_TRACE},      {2, 0, SHADOW_FLUSH},
    {2, 0, SHADOW_TRACE}, {1, 1 << 1, SHADOW_FLUSH}, {2, 1 << 2, SHADOW_TRACE}, {2, 1 << 1, SHADOW_FLUSH},
};

enum { KINDS_OF_RIG = sizeof kinds_of_rig / sizeof *kinds_of_rig };

static void all_machines_agree_with_the_oracle(void **state)
{
    static struct watch_log expected, log;
    static const uint64_t slices[] = {UINT64_MAX, 1, 13, 1000};
    uint64_t seed = 1974, total = 0;
    (void)state;
    for (unsigned run = 0; run < 30; run++) {
        struct watch_set s;
        struct rig r;
        random_places(&s, &seed);
        rig_open(&r, 0, SHADOW_FLUSH, 0);
        watch_by_steps(r.top, &s, RV_CAUSE_BREAKPOINT, MOST, &expected);
        rig_destroy(&r);
        total += expected.count;
        for (unsigned n = 0; n < KINDS_OF_RIG; n++) {
            rig_open(&r, kinds_of_rig[n].depth, kinds_of_rig[n].policy, kinds_of_rig[n].hybrid);
            watch_install(&s, r.top);
            watch_by_triggers(r.top, slices[(run + n) % 4], RV_CAUSE_BREAKPOINT, MOST, &log);
            watch_compare(&expected, &log);
            rig_destroy(&r);
        }
    }
    assert_true(total > 1000);
}

/* Every place by itself, so that none hides another. */
static void each_place_alone(void **state)
{
    static struct watch_log expected, log;
    uint64_t seed = 5, met = 0;
    (void)state;
    for (unsigned run = 0; run < 60; run++) {
        struct watch_set s = {.count = 0};
        struct rig r;
        const unsigned n = run % (KINDS_OF_RIG - 1) + 1;
        watch_add(&s, run, random_place(&seed));
        rig_open(&r, 0, SHADOW_FLUSH, 0);
        watch_by_steps(r.top, &s, RV_CAUSE_BREAKPOINT, MOST, &expected);
        rig_destroy(&r);
        rig_open(&r, kinds_of_rig[n].depth, kinds_of_rig[n].policy, kinds_of_rig[n].hybrid);
        watch_install(&s, r.top);
        watch_by_triggers(r.top, UINT64_MAX, RV_CAUSE_BREAKPOINT, MOST, &log);
        watch_compare(&expected, &log);
        met += log.count > 0;
        rig_destroy(&r);
    }
    assert_true(met > 30);
}

/* Runs on to the next trigger, serving what comes in between. */
static struct trap next_trigger(struct machine *m)
{
    static struct watch_log log;
    uint64_t retired = 0;
    struct trap t = {.kind = TRAP_BUDGET};
    do {
        if (!watch_serve(m, &t, RV_CAUSE_BREAKPOINT, &log))
            return t;
        t = machine_run(m, UINT64_MAX, &retired);
    } while (t.kind != TRAP_TRIGGER);
    return t;
}

static void set_execute(struct machine *m, unsigned slot, bool physical, uint64_t at)
{
    const struct trigger t = {.kinds = TRIGGER_EXECUTE, .physical = physical, .at = at, .length = 1};
    assert_int_equal(machine_trigger(m, slot, &t), 0);
}

static void meets(struct machine *m, uint64_t cause, uint64_t pc)
{
    struct trap t = next_trigger(m);
    assert_int_equal(t.kind, TRAP_TRIGGER);
    assert_int_equal(machine_get(m, MACHINE_PC), pc);
    assert_int_equal(t.cause, cause);
}

static void hits(struct rig *r, uint64_t cause, uint64_t pc) { meets(r->top, cause, pc); }

/* Triggers of the machines below report, and say how far below. */
static void triggers_of_the_machines_below(void **state)
{
    enum { ONE_BELOW = 1 << TRIGGER_BELOW_SHIFT, TWO_BELOW = 2 << TRIGGER_BELOW_SHIFT };
    struct rig r;
    pa_t middle, host = 0;
    (void)state;
    rig_open(&r, 2, SHADOW_TRACE, 0);
    assert_int_equal(r.machine[2]->trigger_slots + 2 * TRIGGER_SLOTS_KEPT, r.machine[0]->trigger_slots);
    for (unsigned n = 0; n < 3; n++)
        set_execute(r.machine[n], 5, false, PROGRAM_USER + n * 4);
    hits(&r, TWO_BELOW | 5, PROGRAM_USER);
    for (unsigned n = 0; n < 3; n++) {
        hits(&r, ONE_BELOW | 5, PROGRAM_USER + 4);
        hits(&r, 5, PROGRAM_USER + 8);
    }
    /* All at one place, by the physical address that each machine has for it: one after the other. */
    assert_true(vm_map_physical(r.machine[2], PROGRAM_PAGE(2) + 12, &middle) && vm_map_physical(r.machine[1], middle, &host));
    set_execute(r.machine[2], 5, true, PROGRAM_PAGE(2) + 12);
    set_execute(r.machine[1], 5, true, middle);
    set_execute(r.machine[0], 5, true, host);
    for (unsigned n = 0; n < 3; n++) {
        hits(&r, TWO_BELOW | 5, PROGRAM_USER + 12);
        hits(&r, ONE_BELOW | 5, PROGRAM_USER + 12);
        hits(&r, 5, PROGRAM_USER + 12);
    }
    for (unsigned n = 0; n < 3; n++)
        assert_int_equal(machine_trigger(r.machine[n], 5, NULL), 0);
    set_execute(r.machine[1], 70, false, PROGRAM_USER + 16); /* a slot that the machine on it could use, and does not */
    hits(&r, ONE_BELOW | 70, PROGRAM_USER + 16);
    assert_int_equal(machine_trigger(r.machine[1], 70, NULL), 0);
    assert_int_equal(next_trigger(r.top).kind, TRAP_EXCEPTION);
    rig_destroy(&r);
}

/* How far an instruction has come is the same register at every level. */
static void resume_in_a_virtual_machine(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, 2, SHADOW_FLUSH, 0);
    assert_true(machine_has(r.top, MACHINE_RESUME));
    set_execute(r.top, 9, false, PROGRAM_BASE);
    hits(&r, 9, PROGRAM_BASE);
    const uint64_t resume = machine_get(r.top, MACHINE_RESUME);
    assert_int_equal(resume, 10);
    machine_set(r.top, MACHINE_RESUME, 0);
    hits(&r, 9, PROGRAM_BASE);
    machine_set(r.top, MACHINE_PC, PROGRAM_BASE);
    assert_int_equal(machine_get(r.top, MACHINE_RESUME), 0);
    hits(&r, 9, PROGRAM_BASE);
    machine_set(r.top, MACHINE_PC, PROGRAM_BASE);
    machine_set(r.top, MACHINE_RESUME, RESUME_FETCH);
    set_execute(r.top, 9, false, PROGRAM_BASE + 4);
    hits(&r, 9, PROGRAM_BASE + 4);
    machine_set(r.top, MACHINE_RESUME, resume);
    hits(&r, 9, PROGRAM_BASE + 4); /* the next round */
    rig_destroy(&r);
}

/* Two virtual machines on one host: each meets its own, and goes on where it stood when the other has run meanwhile. */
static void neighbours(void **state)
{
    struct vm_config c = rig_vm_config(0, SHADOW_FLUSH, FRAMES);
    struct machine *other;
    struct error error;
    struct rig r;
    (void)state;
    memset(&r, 0, sizeof r);
    const uint64_t size = 2 * align_up(vmm_host_bytes(&isa_riscv, &c), 2 << 20);
    assert_int_equal(ram_create(&r.ram, size), 0);
    assert_int_equal(phys_create(&r.phys), 0);
    assert_int_equal(phys_add_ram(r.phys, "ram", PROGRAM_BASE, size, r.ram, 0), 0);
    assert_int_equal(riscv_create(&r.machine[0], r.phys, &rig_config), 0);
    assert_int_equal(vmm_create_vm(r.machine[0], &c, &r.machine[1], &error), 0);
    assert_int_equal(vmm_create_vm(r.machine[0], &c, &other, &error), 0);
    r.depth = 1;
    r.top = r.machine[1];
    struct machine *const both[] = {r.top, other};
    for (unsigned n = 0; n < 2; n++) {
        assert_int_equal(phys_add_io(both[n]->phys, "device", PROGRAM_DEVICE, PAGE_SIZE, &rig_io, &r), 0);
        program_load(both[n], ROUNDS);
        set_execute(both[n], 2, n == 1, n == 1 ? PROGRAM_PAGE(2) + 8 : PROGRAM_USER + 4);
    }
    set_execute(r.top, 3, false, PROGRAM_USER + 12); /* the other never meets this */
    meets(r.top, 2, PROGRAM_USER + 4);
    meets(r.top, 3, PROGRAM_USER + 12);
    for (unsigned turn = 0; turn < 20; turn++)
        for (unsigned n = 0; n < 2; n++) {
            const uint64_t before = machine_get(both[n], MACHINE_RETIRED);
            meets(both[n], 2, PROGRAM_USER + (n ? 8 : 4));
            assert_true(machine_get(both[n], MACHINE_RETIRED) > before);
            if (n)
                continue;
            meets(other, 2, PROGRAM_USER + 8); /* meanwhile, and so the next is not the same again */
            meets(r.top, 3, PROGRAM_USER + 12);
            meets(other, 2, PROGRAM_USER + 8);
            machine_set(r.top, MACHINE_PC, PROGRAM_USER + 12); /* anew */
            meets(r.top, 3, PROGRAM_USER + 12);
        }
    assert_int_equal(machine_trigger(other, 2, NULL), 0); /* that one has the host, the other has not */
    assert_int_equal(machine_trigger(r.top, 2, NULL), 0);
    assert_int_equal(machine_trigger(r.top, 3, NULL), 0);
    assert_int_equal(next_trigger(r.top).kind, TRAP_EXCEPTION);
    assert_int_equal(next_trigger(other).kind, TRAP_EXCEPTION);
    set_execute(other, 7, false, 0x5000);
    machine_destroy(other);
    /* What it had on the host is gone with it. */
    machine_set(r.machine[0], RV_CSR + CSR_satp, 0);
    machine_set(r.machine[0], MACHINE_PC, 0x5000);
    uint64_t retired = 0;
    struct trap t = machine_run(r.machine[0], 1, &retired);
    assert_int_equal(t.kind, TRAP_EXCEPTION);
    rig_destroy(&r);
}

/* --- RISC-V: random programs, which access memory in every way */

static void guest_open(struct rig *r, unsigned depth, unsigned hybrid, bool zicboz)
{
    struct riscv_config config = rig_config;
    struct vm_config whole = {.ram_base = CODE_BASE, .ram_size = CODE_BYTES + DATA_BYTES, .shadow_frames = FRAMES}, c = whole;
    struct error error;

    if (depth)
        whole.ram_size = vmm_host_bytes(&isa_riscv, &c);
    memset(r, 0, sizeof *r);
    config.zicboz = zicboz;
    r->depth = depth;
    assert_int_equal(ram_create(&r->ram, whole.ram_size), 0);
    assert_int_equal(phys_create(&r->phys), 0);
    assert_int_equal(phys_add_ram(r->phys, "ram", CODE_BASE, whole.ram_size, r->ram, 0), 0);
    assert_int_equal(riscv_create(&r->machine[0], r->phys, &config), 0);
    c.monitor = hybrid ? VMM_HYBRID : VMM_TRAP;
    if (depth && vmm_create_vm(r->machine[0], &c, &r->machine[1], &error))
        fail_msg("%s", error.text);
    r->top = r->machine[depth];
    machine_set(r->top, MACHINE_PC, CODE_BASE);
    machine_set(r->top, RV_CSR + CSR_mstatus, UINT64_C(1) << MSTATUS_FS);
}

static void random_watches(struct watch_set *s, const struct oracle_guest *g, uint64_t *seed)
{
    s->count = 0;
    for (unsigned n = 0; n < WATCH_MOST; n++) {
        const unsigned sequence = (unsigned)below(seed, SEQUENCES);
        struct trigger t = {.physical = below(seed, 2), .length = 1 + below(seed, 30)};
        t.kinds = (unsigned)(1 + below(seed, 7));
        t.at = below(seed, 2) ? CODE_BASE + g->start[sequence] + below(seed, g->end[sequence] - g->start[sequence])
                              : oracle_record(sequence) + BASE_OFFSET - 300 + below(seed, 600);
        watch_add(s, n, t);
    }
}

static void random_programs(void **state)
{
    static struct oracle_guest g;
    static struct watch_log expected, log;
    uint64_t seed = 12;
    (void)state;
    for (unsigned run = 0; run < 12; run++) {
        struct watch_set s;
        struct rig r;
        oracle_guest_make(&g, &seed);
        random_watches(&s, &g, &seed);
        for (unsigned n = 0; n < 3; n++) {
            guest_open(&r, n > 0, n > 1, false);
            assert_int_equal(machine_store(r.top, CODE_BASE, g.code, CODE_BYTES), 0);
            assert_int_equal(machine_store(r.top, DATA_BASE, g.data, DATA_BYTES), 0);
            if (n == 0) {
                watch_by_steps(r.top, &s, RV_CAUSE_ECALL_U + RV_M, UINT64_MAX, &expected);
            } else {
                watch_install(&s, r.top);
                watch_by_triggers(r.top, run % 2 ? 9 : UINT64_MAX, RV_CAUSE_ECALL_U + RV_M, UINT64_MAX, &log);
                watch_compare(&expected, &log);
            }
            rig_destroy(&r);
        }
    }
}

/* An access on two pages, by each of its bytes. */
static void accesses_on_two_pages(void **state)
{
    const uint32_t code[] = {0x00053583 /* ld a1, 0(a0) */, 0x00100073};
    const uint64_t at = DATA_BASE + PAGE_SIZE - 3;
    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        struct rig r;
        guest_open(&r, n > 0, n > 1, false);
        assert_int_equal(machine_store(r.top, CODE_BASE, code, sizeof code), 0);
        for (unsigned physical = 0; physical < 2; physical++)
            for (int byte = -1; byte <= 8; byte++) {
                const struct trigger t = {
                    .kinds = TRIGGER_LOAD, .physical = physical, .at = at + (uint64_t)(int64_t)byte, .length = 1};
                uint64_t retired = 0;
                assert_int_equal(machine_trigger(r.top, 0, &t), 0);
                machine_set(r.top, RV_X + A0, at);
                machine_set(r.top, MACHINE_PC, CODE_BASE);
                struct trap trap = machine_run(r.top, 10, &retired);
                if (byte >= 0 && byte < 8) {
                    assert_true(trap.kind == TRAP_TRIGGER && trap.tval == at && retired == 0);
                    trap = machine_run(r.top, 10, &retired);
                }
                assert_true(trap.kind == TRAP_EXCEPTION && retired == 1);
            }
        rig_destroy(&r);
    }
}

/* cbo.zero is its v_i's, in a virtual machine. */
static void a_block_that_is_zeroed(void **state)
{
    const uint32_t code[] = {0x0045200f /* cbo.zero (a0) */, 0x00100073};
    (void)state;
    for (unsigned n = 0; n < 6; n++) {
        struct rig r;
        const struct trigger t = {.kinds = TRIGGER_STORE, .physical = n >= 3, .at = DATA_BASE + 127, .length = 1};
        uint64_t retired = 0, word = 5;
        guest_open(&r, n % 3 > 0, n % 3 > 1, true);
        assert_int_equal(machine_store(r.top, CODE_BASE, code, sizeof code), 0);
        assert_int_equal(machine_store(r.top, DATA_BASE + 64, &word, 8), 0);
        assert_int_equal(machine_trigger(r.top, 0, &t), 0);
        machine_set(r.top, RV_X + A0, DATA_BASE + 70);
        struct trap trap = machine_run(r.top, 10, &retired);
        assert_true(trap.kind == TRAP_TRIGGER && retired == 0 && trap.tval == DATA_BASE + 70 && trap.bits == code[0]);
        assert_int_equal(machine_load(r.top, DATA_BASE + 64, &word, 8), 0);
        assert_int_equal(word, 5);
        trap = machine_run(r.top, 10, &retired);
        assert_true(trap.kind == TRAP_EXCEPTION && retired == 1);
        assert_int_equal(machine_load(r.top, DATA_BASE + 64, &word, 8), 0);
        assert_int_equal(word, 0);
        rig_destroy(&r);
    }
}

static void refused(void **state)
{
    const struct trigger none = {.kinds = 0, .at = 0, .length = 1}, good = {.kinds = TRIGGER_LOAD, .at = 0, .length = 1};
    struct rig r;
    (void)state;
    rig_open(&r, 1, SHADOW_FLUSH, 0);
    assert_int_equal(machine_trigger(r.top, 0, &none), -EINVAL);
    assert_int_equal(machine_trigger(r.top, r.top->trigger_slots, &good), -EINVAL);
    assert_int_equal(machine_trigger(r.top, r.top->trigger_slots - 1, &good), 0);
    rig_destroy(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_machines_agree_with_the_oracle),
        cmocka_unit_test(each_place_alone),
        cmocka_unit_test(triggers_of_the_machines_below),
        cmocka_unit_test(resume_in_a_virtual_machine),
        cmocka_unit_test(neighbours),
        cmocka_unit_test(random_programs),
        cmocka_unit_test(accesses_on_two_pages),
        cmocka_unit_test(a_block_that_is_zeroed),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
