/* test_vmm_several.c - several virtual machines on one host run as one alone each; a reservation goes with its machine. */
#include "core/vmm/interpret.h"
#include "core/vmm/vcpu.h"
#include "tests/core/rig.h"

enum { ROUNDS = 120 };

/* --- Several virtual machines on one host */

struct twins {
    struct rig rig[2]; /* only their counters are used: who has the device */
    struct ram *ram;
    struct phys *phys;
    struct machine *host, *vm[2];
};

static void twins_create(struct twins *t, enum shadow_policy policy)
{
    struct vm_config c = rig_vm_config(0, policy, 256);
    struct error error;
    memset(t, 0, sizeof *t);
    assert_int_equal(ram_create(&t->ram, 2 * vmm_host_bytes(&isa_riscv, &c)), 0);
    assert_int_equal(phys_create(&t->phys), 0);
    assert_int_equal(phys_add_ram(t->phys, "ram", PROGRAM_BASE, ram_size(t->ram), t->ram, 0), 0);
    assert_int_equal(riscv_create(&t->host, t->phys, &rig_config), 0);
    for (unsigned i = 0; i < 2; i++) {
        if (vmm_create_vm(t->host, &c, &t->vm[i], &error))
            fail_msg("%s", error.text);
        assert_int_equal(phys_add_io(t->vm[i]->phys, "device", PROGRAM_DEVICE, PAGE_SIZE, &rig_io, &t->rig[i]), 0);
    }
}

static void twins_destroy(struct twins *t)
{
    machine_destroy(t->vm[0]);
    machine_destroy(t->vm[1]);
    assert_null(t->host->owner); /* free again */
    machine_destroy(t->host);
    phys_destroy(t->phys);
    ram_destroy(t->ram);
}

/* Two that differ in data and length. Switches fall on traps, which the program has none of between LR and SC. */
static void load_variant(struct machine *m, unsigned variant)
{
    uint64_t words[PAGE_SIZE / 8];
    program_load(m, ROUNDS - 20 * variant);
    for (unsigned page = 8; variant && page < PROGRAM_PAGES; page++) {
        for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
            words[i] = rig_canary(page * 512 + i);
        assert_int_equal(machine_store(m, PROGRAM_PAGE(page), words, sizeof words), 0);
    }
}

static void two_run_like_one_each(void **state)
{
    (void)state;
    struct rig r;
    struct outcome bare[2];
    for (unsigned i = 0; i < 2; i++) {
        rig_create(&r, &rig_config, 0, SHADOW_FLUSH, 0);
        load_variant(r.top, i);
        bare[i] = drive(&r, r.top, UINT64_MAX);
        rig_destroy(&r);
    }
    assert_int_not_equal(bare[0].x[S1], bare[1].x[S1]);
    for (unsigned policy = SHADOW_FLUSH; policy < SHADOW_POLICIES; policy++) {
        struct twins t;
        struct outcome o[2] = {{0}, {0}};
        bool more[2] = {true, true};
        twins_create(&t, (enum shadow_policy)policy);
        const struct vcpu *a = vcpu_of(t.vm[0]), *b = vcpu_of(t.vm[1]);
        assert_true(a->asid_count && (a->asid + a->asid_count <= b->asid || b->asid + b->asid_count <= a->asid));
        for (unsigned i = 0; i < 2; i++)
            load_variant(t.vm[i], i);
        while (more[0] || more[1])
            for (unsigned i = 0; i < 2; i++)
                if (more[i])
                    more[i] = drive_once(t.vm[i], UINT64_MAX, &o[i]);
        for (unsigned i = 0; i < 2; i++) {
            outcome_finish(&o[i], &t.rig[i], t.vm[i]);
            outcome_compare(&bare[i], &o[i]);
        }
        twins_destroy(&t);
    }
}

static void step(struct machine *m)
{
    uint64_t retired = 0;
    assert_int_equal(machine_run(m, 1, &retired).kind, TRAP_BUDGET);
    assert_int_equal(retired, 1);
}

/* LR ; SC ; something else. What A0 names is in both machines the same guest-physical address. */
static void load_reserving(struct machine *m)
{
    struct program p = {0};
    lr_d(&p, T0, A0);
    sc_d(&p, T1, A0, A1);
    addi(&p, T2, T2, 1);
    assert_int_equal(machine_store(m, PROGRAM_BASE, p.word, p.count * 4), 0);
    machine_set(m, A0, PROGRAM_PAGE(8));
    machine_set(m, MACHINE_PC, PROGRAM_BASE);
    for (unsigned n = 0; n < 3; n++) /* so that nothing here needs the VMM any more */
        step(m);
    assert_int_equal(machine_get(m, T1), 0);
    machine_set(m, MACHINE_PC, PROGRAM_BASE);
}

/* As inside of run(), for the VMM's insides. */
static uint64_t count_of_run;
static struct vcpu *running(struct vcpu *vcpu)
{
    vcpu->running = &count_of_run;
    vcpu->running_start = count_of_run;
    return vcpu;
}

static void stopped_running(struct vcpu *vcpu) { vcpu->running = NULL; }

enum { DO_LR = 0, DO_SC = 4, DO_OTHER = 8 }; /* where they stand */
static void step_at(struct machine *m, unsigned what)
{
    machine_set(m, MACHINE_PC, PROGRAM_BASE + what);
    step(m);
}

static bool sc_fails(struct machine *m)
{
    step_at(m, DO_SC);
    return machine_get(m, T1);
}

/* Two VMs whose host is a VM itself, beside a third: neighbours at two levels. */
struct family {
    struct ram *ram;
    struct phys *phys;
    struct machine *hart, *host, *uncle, *vm[2];
};

static void family_create(struct family *f)
{
    const struct vm_config child = rig_vm_config(0, SHADOW_FLUSH, 256);
    struct vm_config c = child;
    struct error error;
    c.ram_size = 2 * vmm_host_bytes(&isa_riscv, &child);
    assert_int_equal(ram_create(&f->ram, vmm_host_bytes(&isa_riscv, &c) + vmm_host_bytes(&isa_riscv, &child)), 0);
    assert_int_equal(phys_create(&f->phys), 0);
    assert_int_equal(phys_add_ram(f->phys, "ram", PROGRAM_BASE, ram_size(f->ram), f->ram, 0), 0);
    assert_int_equal(riscv_create(&f->hart, f->phys, &rig_config), 0);
    if (vmm_create_vm(f->hart, &c, &f->host, &error) || vmm_create_vm(f->hart, &child, &f->uncle, &error) ||
        vmm_create_vm(f->host, &child, &f->vm[0], &error) || vmm_create_vm(f->host, &child, &f->vm[1], &error))
        fail_msg("%s", error.text);
    load_reserving(f->uncle);
    load_reserving(f->vm[0]);
    load_reserving(f->vm[1]);
}

static void family_destroy(struct family *f)
{
    machine_destroy(f->vm[0]);
    machine_destroy(f->vm[1]);
    machine_destroy(f->host);
    machine_destroy(f->uncle);
    machine_destroy(f->hart);
    phys_destroy(f->phys);
    ram_destroy(f->ram);
}

/* While the first is away its neighbours run, reserve, and store conditionally. Its own SC succeeds afterwards, once; theirs never on
 * what it has reserved. Wherever it is it says so in its own terms. */
static void a_reservation_goes_with_its_vm(void **state)
{
    (void)state;
    struct family f;
    family_create(&f);
    struct machine *away[][2] = {{f.vm[0], f.vm[1]}, {f.vm[0], f.uncle}, {f.uncle, f.vm[0]}};
    for (unsigned i = 0; i < sizeof away / sizeof *away; i++) {
        struct machine *a = away[i][0], *b = away[i][1];
        step_at(a, DO_LR);
        assert_int_equal(machine_get(a, RV_RESERVATION), PROGRAM_PAGE(8));
        assert_true(sc_fails(b));
        assert_int_equal(machine_get(a, RV_RESERVATION), PROGRAM_PAGE(8));
        assert_int_equal(machine_get(b, RV_RESERVATION), UINT64_MAX);
        assert_false(sc_fails(a));
        assert_true(sc_fails(a));
        step_at(a, DO_LR);
        step_at(b, DO_LR);
        step_at(b, DO_OTHER);
        assert_false(sc_fails(a));
        assert_false(sc_fails(b));
        step_at(a, DO_LR);
        step_at(b, DO_OTHER);
        machine_set(a, RV_RESERVATION, UINT64_MAX); /* by its owner, while it is away */
        assert_true(sc_fails(a));
        step_at(b, DO_OTHER);
        machine_set(a, RV_RESERVATION, PROGRAM_PAGE(8) + 5);
        assert_int_equal(machine_get(a, RV_RESERVATION), PROGRAM_PAGE(8));
        assert_false(sc_fails(a));
    }
    family_destroy(&f);
}

/* Its owner, one of its devices, its host's owner or devices, the hart's: whoever writes the line ends the reservation, there or away;
 * who writes beside it does not. */
static void whoever_writes_the_line_ends_it(void **state)
{
    (void)state;
    const uint64_t word = 5;
    struct family f;
    family_create(&f);
    for (unsigned away = 0; away < 3; away++)
        for (unsigned who = 0; who < 6; who++)
            for (unsigned hit = 0; hit < 2; hit++) {
                struct machine *a = f.vm[0], *level[] = {a, f.host, f.hart}, *other = away == 1 ? f.vm[1] : f.uncle;
                pa_t at = PROGRAM_PAGE(8) + (hit ? 4 : 8);
                step_at(a, DO_LR);
                if (away)
                    step_at(other, DO_OTHER);
                for (unsigned n = 0; n < who / 2; n++)
                    assert_true(vm_map_physical(level[n], at, &at));
                assert_int_equal(
                    who % 2 ? phys_write(level[who / 2]->phys, at, &word, 8) : machine_store(level[who / 2], at, &word, 8), 0);
                assert_int_equal(machine_get(a, RV_RESERVATION), hit ? UINT64_MAX : PROGRAM_PAGE(8));
                assert_int_equal(sc_fails(a), hit);
            }
    family_destroy(&f);
}

/* What the VMM writes for the guest is the guest's own: a store to a page that is traced, an A bit. */
static void the_vmm_writes_for_its_guest(void **state)
{
    (void)state;
    struct family f;
    struct program p = {0};
    family_create(&f);
    for (unsigned n = 0; n < 2; n++) {
        struct machine *a = f.vm[0];
        p.count = 0;
        sd(&p, A1, A0, 0);
        amoadd_d(&p, T0, A0, A1);
        sd(&p, A1, A0, -4);
        assert_int_equal(machine_store(a, PROGRAM_BASE + 0x100, p.word, p.count * 4), 0);
        machine_set(a, A0, PROGRAM_PAGE(8) + (n ? 8 : 0));
        for (unsigned i = 0; i < p.count; i++) {
            step_at(a, DO_LR);
            machine_set(a, MACHINE_PC, PROGRAM_BASE + 0x100 + 4 * i);
            struct trap t = interpret_instruction(running(vcpu_of(a)), &(struct trap){.kind = TRAP_NONE, .row = INSN_NONE});
            stopped_running(vcpu_of(a));
            assert_int_equal(t.kind, TRAP_NONE);
            assert_false(sc_fails(a));
        }
    }
    family_destroy(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_run_like_one_each),
        cmocka_unit_test(a_reservation_goes_with_its_vm),
        cmocka_unit_test(whoever_writes_the_line_ends_it),
        cmocka_unit_test(the_vmm_writes_for_its_guest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
