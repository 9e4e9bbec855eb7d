/* The VMM as a whole: a virtual machine does exactly what a bare machine does, at any depth, in any slices; and no guest ever
 * touches a frame it was not given, or runs with real privilege.
 */
#include "core/vmm/interpret.h"
#include "core/vmm/vcpu.h"
#include "tests/core/rig.h"

#include <errno.h>

enum { ROUNDS = 120 };

static struct outcome run_whole(unsigned depth, enum shadow_policy policy, unsigned frames, uint64_t slice,
                                const struct riscv_config *config)
{
    struct rig r;
    rig_create(&r, config, depth, policy, frames);
    program_load(r.top, ROUNDS);
    struct outcome o = drive(&r, r.top, slice);
    rig_destroy(&r);
    return o;
}

/* --- Equivalence from outside */

static void the_program_is_worth_running(void **state)
{
    (void)state;
    struct outcome o = run_whole(0, SHADOW_FLUSH, 0, UINT64_MAX, &rig_config);
    assert_false(o.stopped);
    assert_int_equal(o.x[S0], 0); /* all rounds done */
    assert_int_equal(o.device, ROUNDS);
    assert_int_equal(o.yields, 2 * ROUNDS);
    assert_true(o.x[S10] > ROUNDS);                               /* timer interrupts */
    assert_true(o.traps == ROUNDS + o.x[S10]);                    /* and system calls */
    assert_true(o.retired > 200 * ROUNDS && o.clock > o.retired); /* it waited */
    assert_int_not_equal(o.f[3], 0);
}

static void virtual_equals_bare(void **state)
{
    (void)state;
    struct outcome bare = run_whole(0, SHADOW_FLUSH, 0, UINT64_MAX, &rig_config);
    for (unsigned policy = SHADOW_FLUSH; policy < SHADOW_POLICIES; policy++) {
        struct vm_stats stats;
        struct rig r;
        rig_create(&r, &rig_config, 1, (enum shadow_policy)policy, 0);
        program_load(r.top, ROUNDS);
        struct outcome o = drive(&r, r.top, UINT64_MAX);
        vm_stats(r.top, &stats);
        outcome_compare(&bare, &o);
        assert_int_equal(stats.direct + stats.emulated + stats.interpreted, o.retired);
        assert_int_equal(stats.device_accesses, 2 * ROUNDS);
        assert_true(stats.emulated >= 10 * ROUNDS && stats.direct > 150 * ROUNDS);
        assert_int_equal(stats.v_i[RV_INSN_sret], ROUNDS + o.traps);
        assert_int_equal(stats.v_i[RV_INSN_wfi], 1);
        assert_true(stats.fills > 40);
        assert_true(stats.traps > stats.emulated);
        assert_int_equal(stats.by_reason[REASON_PRIVILEGE], stats.emulated);
        rig_destroy(&r);
    }
}

static void any_depth_equals_bare(void **state)
{
    (void)state;
    struct outcome bare = run_whole(0, SHADOW_FLUSH, 0, UINT64_MAX, &rig_config);
    for (unsigned depth = 2; depth < RIG_DEPTH; depth++)
        for (unsigned policy = SHADOW_FLUSH; policy < SHADOW_POLICIES; policy++) {
            struct outcome o = run_whole(depth, (enum shadow_policy)policy, 512, UINT64_MAX, &rig_config);
            outcome_compare(&bare, &o);
        }
}

/* However the run is cut: the same traps at the same counts. */
static void slices_do_not_matter(void **state)
{
    (void)state;
    static const uint64_t slices[] = {1, 2, 7, 64, 1000};
    struct outcome bare = run_whole(0, SHADOW_FLUSH, 0, UINT64_MAX, &rig_config);
    for (unsigned i = 0; i < sizeof slices / sizeof *slices; i++)
        for (unsigned depth = 0; depth < 3; depth++) {
            struct outcome o = run_whole(depth, i % 2 ? SHADOW_TRACE : SHADOW_FLUSH, 512, slices[i], &rig_config);
            outcome_compare(&bare, &o);
        }
}

/* So few shadow frames that everything is dropped again and again; and a host that knows no ASIDs, or no Sv48. */
static void poor_hosts_do(void **state)
{
    (void)state;
    struct riscv_config poor[] = {rig_config, rig_config, rig_config, rig_config};
    poor[1].asid_bits = 0;
    poor[2].sv48 = false;
    poor[2].asid_bits = 3;
    poor[3].pmp_entries = 0;
    for (unsigned i = 0; i < sizeof poor / sizeof *poor; i++) {
        struct outcome bare = run_whole(0, SHADOW_FLUSH, 0, UINT64_MAX, &poor[i]);
        for (unsigned policy = SHADOW_FLUSH; policy < SHADOW_POLICIES; policy++) {
            struct outcome o = run_whole(1, (enum shadow_policy)policy, 1, UINT64_MAX, &poor[i]);
            outcome_compare(&bare, &o);
        }
    }
}

static bool given(const struct vcpu *vcpu, pa_t pa)
{
    return pa - vcpu->vm->ram.v < vcpu->vm->config.ram_size ||
           pa - vcpu->tables.v < (uint64_t)vcpu->vm->config.shadow_frames * PAGE_SIZE;
}

/* --- Resource control */

/* All of the host's memory that no VM was given holds a pattern before, and the same pattern afterwards. What it was given for tables
 * holds tables that lead nowhere else. */
static void canaries(const struct machine *host, const struct vcpu *vcpu, bool check)
{
    const struct phys_range *ram = phys_range(host->phys, 0);
    uint64_t *word = (uint64_t *)(void *)phys_host(host->phys, ram->base, ram->size);
    uint64_t count = 0;
    for (uint64_t at = 0; at < ram->size; at += 8) {
        if (given(vcpu, ram->base + at))
            continue;
        count++;
        if (!check)
            word[at / 8] = rig_canary(at);
        else
            assert_int_equal(word[at / 8], rig_canary(at));
    }
    assert_true(count > 100 * PAGE_SIZE / 8);
}

static void check_leaves(const struct machine *host, const struct vcpu *vcpu, pa_t table, unsigned level)
{
    const struct pt_format *format = vcpu->isa->host_format(host);
    assert_true(table - vcpu->tables.v < (uint64_t)vcpu->vm->config.shadow_frames * PAGE_SIZE);
    for (unsigned i = 0; i < 512; i++) {
        uint64_t pte;
        assert_int_equal(machine_load(host, table + 8 * i, &pte, 8), 0);
        if (pte == 0)
            continue;
        if (level > 0) {
            assert_true(format->is_table(pte, level));
            check_leaves(host, vcpu, format->address(pte), level - 1);
        } else {
            assert_true(!format->is_table(pte, level) && (pte & SV_U));
            assert_true(format->address(pte) - vcpu->vm->ram.v < vcpu->vm->config.ram_size);
        }
    }
}

static void no_frame_but_its_own(void **state)
{
    (void)state;
    for (unsigned policy = SHADOW_FLUSH; policy < SHADOW_POLICIES; policy++) {
        struct rig r;
        rig_create(&r, &rig_config, 1, (enum shadow_policy)policy, 96);
        const struct vcpu *vcpu = vcpu_of(r.top);
        canaries(r.machine[0], vcpu, false);
        program_load(r.top, ROUNDS);
        struct outcome o = {0};
        for (unsigned i = 0; drive_once(r.top, 5000, &o) && i < 1000000; i++)
            if (i % 64 == 0)
                for (unsigned root = 0; root < vcpu->asid_count; root++)
                    check_leaves(r.machine[0], vcpu, shadow_root(vcpu->shadow, root), 3);
        assert_int_equal(machine_get(r.top, S0), 0);
        canaries(r.machine[0], vcpu, true);
        rig_destroy(&r);
    }
}

/* --- De-privileged. A spy stands between the VMM and its host: a machine like any other that hands everything on. */
struct spy {
    struct machine machine;
    struct machine *real;
    uint64_t runs;
    bool privileged; /* whenever the host is set to a mode, set it to M */
    bool waits;      /* run() claims to wait */
};

static struct spy *spy_of(const struct machine *m) { return (struct spy *)(uintptr_t)m; }

static void spy_run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *t)
{
    struct spy *s = spy_of(m);
    s->runs++;
    assert_int_equal(machine_get(s->real, MACHINE_MODE), RV_U); /* claim 6: no guest instruction runs in real S or M */
    machine_run_to(s->real, budget, retired, t);
    assert_int_equal(machine_get(s->real, MACHINE_MODE), RV_U);
    if (s->waits)
        t->kind = TRAP_WAIT;
}

static uint64_t spy_get(const struct machine *m, reg_t r) { return machine_get(spy_of(m)->real, r); }
static void spy_set(struct machine *m, reg_t r, uint64_t v)
{
    machine_set(spy_of(m)->real, r, r == MACHINE_MODE && spy_of(m)->privileged ? RV_M : v);
}

static bool spy_has(const struct machine *m, reg_t r) { return machine_has(spy_of(m)->real, r); }
static int spy_load(const struct machine *m, pa_t pa, void *to, size_t n) { return machine_load(spy_of(m)->real, pa, to, n); }
static int spy_store(struct machine *m, pa_t pa, const void *from, size_t n) { return machine_store(spy_of(m)->real, pa, from, n); }
static void spy_fence(struct machine *m, const struct fence *f) { machine_fence(spy_of(m)->real, f); }
static const char *spy_stopped(const struct machine *m) { return machine_stopped(spy_of(m)->real); }

static const struct machine_ops spy_ops = {.run = spy_run,
                                           .get = spy_get,
                                           .set = spy_set,
                                           .has = spy_has,
                                           .load = spy_load,
                                           .store = spy_store,
                                           .fence = spy_fence,
                                           .stopped = spy_stopped};

/* The rig's hart with a spy before it, and a VM on the spy. */
static void spy_create(struct spy *s, struct rig *r, struct machine **vm)
{
    struct vm_config c = rig_vm_config(0, SHADOW_FLUSH, 0);
    struct error error;
    rig_create(r, &rig_config, 0, SHADOW_FLUSH, 0);
    machine_destroy(r->machine[0]); /* room for a VM */
    phys_destroy(r->phys);
    ram_destroy(r->ram);
    assert_int_equal(ram_create(&r->ram, vmm_host_bytes(&isa_riscv, &c)), 0);
    assert_int_equal(phys_create(&r->phys), 0);
    assert_int_equal(phys_add_ram(r->phys, "ram", PROGRAM_BASE, ram_size(r->ram), r->ram, 0), 0);
    assert_int_equal(riscv_create(&r->machine[0], r->phys, &rig_config), 0);
    *s = (struct spy){.machine = {.ops = &spy_ops, .isa = &isa_riscv, .phys = r->phys, .config = r->machine[0]->config},
                      .real = r->machine[0]};
    if (vmm_create_vm(&s->machine, &c, vm, &error))
        fail_msg("%s", error.text);
    assert_int_equal(phys_add_io((*vm)->phys, "device", PROGRAM_DEVICE, PAGE_SIZE, &rig_io, r), 0);
    program_load(*vm, ROUNDS);
}

static void always_deprivileged(void **state)
{
    (void)state;
    struct spy s;
    struct rig r;
    struct machine *vm;
    struct outcome bare = run_whole(0, SHADOW_FLUSH, 0, UINT64_MAX, &rig_config);
    spy_create(&s, &r, &vm);
    struct outcome o = drive(&r, vm, UINT64_MAX);
    outcome_compare(&bare, &o);
    assert_true(s.runs > 20 * ROUNDS);
    machine_destroy(vm);
    rig_destroy(&r);
}

/* A host that is privileged after all does not get to run the guest. */
static void refuses_a_privileged_host(void **state)
{
    (void)state;
    struct spy s;
    struct rig r;
    struct machine *vm;
    spy_create(&s, &r, &vm);
    s.privileged = true;
    struct outcome o = drive(&r, vm, UINT64_MAX);
    assert_true(o.stopped && o.retired == 0 && s.runs == 0);
    assert_non_null(strstr(machine_stopped(vm), "user mode"));
    s.privileged = false; /* sticky: the first reason stays */
    o = drive(&r, vm, UINT64_MAX);
    assert_true(o.stopped && s.runs == 0);
    vcpu_stop(vcpu_of(vm), "another reason");
    assert_non_null(strstr(machine_stopped(vm), "user mode"));
    machine_reset(vm);
    assert_null(machine_stopped(vm));
    machine_destroy(vm);
    rig_destroy(&r);
}

/* Nor one that lets what should trap happen. */
static void refuses_a_host_that_waits(void **state)
{
    (void)state;
    struct spy s;
    struct rig r;
    struct machine *vm;
    spy_create(&s, &r, &vm);
    s.waits = true;
    struct outcome o = drive(&r, vm, UINT64_MAX);
    assert_true(o.stopped && s.runs == 1);
    machine_destroy(vm);
    rig_destroy(&r);
}

/* --- Making and unmaking */

static void frames_are_given_back(void **state)
{
    (void)state;
    struct vm_config c = rig_vm_config(0, SHADOW_TRACE, 256);
    struct machine *host, *a, *b, *none = NULL;
    struct ram *ram;
    struct phys *phys;
    struct error error;
    const uint64_t secret = 0x5ec2e7;
    uint64_t word;
    assert_int_equal(ram_create(&ram, 2 * vmm_host_bytes(&isa_riscv, &c)), 0);
    assert_int_equal(phys_create(&phys), 0);
    assert_int_equal(phys_add_ram(phys, "ram", PROGRAM_BASE, ram_size(ram), ram, 0), 0);
    assert_int_equal(riscv_create(&host, phys, &rig_config), 0);
    assert_int_equal(vmm_create_vm(host, &c, &a, &error), 0);
    assert_int_equal(vmm_create_vm(host, &c, &b, &error), 0);
    c.ram_size = 4 << 20;
    c.name = "third";
    assert_int_equal(vmm_create_vm(host, &c, &none, &error), -ENOMEM);
    assert_null(none);
    assert_non_null(strstr(error.text, "third"));
    c.ram_size = RIG_RAM;
    assert_int_equal(machine_store(a, PROGRAM_PAGE(3), &secret, 8), 0);
    pa_t was, is;
    assert_true(vm_map_physical(a, PROGRAM_PAGE(3), &was));
    for (unsigned i = 0; i < 20; i++) {
        machine_destroy(a);
        assert_int_equal(vmm_create_vm(host, &c, &a, &error), 0);
    }
    assert_true(vm_map_physical(a, PROGRAM_PAGE(3), &is));
    assert_int_equal(is, was);
    assert_int_equal(machine_load(a, PROGRAM_PAGE(3), &word, 8), 0);
    assert_int_equal(word, 0); /* what one leaves no other finds */
    assert_false(vm_map_physical(a, PROGRAM_BASE - 1, &is));
    assert_false(vm_map_physical(a, PROGRAM_BASE + RIG_RAM, &is));
    c.ram_size = 100;
    assert_int_equal(vmm_create_vm(host, &c, &none, &error), -EINVAL);
    assert_true(machine_is_vm(a) && !machine_is_vm(host) && vm_host(a) == host);
    assert_non_null(strstr(vm_k(a), "mcounteren"));
    machine_destroy(b);
    machine_destroy(a);
    assert_null(host->owner);
    machine_destroy(host);
    phys_destroy(phys);
    ram_destroy(ram);
}

/* F-K: whatever the host was used for before, its control registers are those of K once a virtual machine runs on it. */
static void the_host_has_k(void **state)
{
    (void)state;
    const struct vm_config c = rig_vm_config(0, SHADOW_TRACE, 256);
    static const unsigned k[] = {CSR_medeleg, CSR_mideleg, CSR_mie, CSR_mcounteren, CSR_scounteren, CSR_menvcfg, CSR_senvcfg};
    struct machine *host, *a;
    struct ram *ram;
    struct phys *phys;
    struct error error;
    assert_int_equal(ram_create(&ram, vmm_host_bytes(&isa_riscv, &c)), 0);
    assert_int_equal(phys_create(&phys), 0);
    assert_int_equal(phys_add_ram(phys, "ram", PROGRAM_BASE, ram_size(ram), ram, 0), 0);
    assert_int_equal(riscv_create(&host, phys, &rig_config), 0);
    unsigned changed = 0;
    for (unsigned n = 0; n < sizeof k / sizeof *k; n++) {
        machine_set(host, RV_CSR + k[n], UINT64_MAX);
        changed += machine_get(host, RV_CSR + k[n]) != 0;
    }
    assert_true(changed >= 6); /* one may have nothing to enable on this hart */
    assert_int_equal(vmm_create_vm(host, &c, &a, &error), 0);
    uint64_t retired = 0;
    (void)!machine_run(a, 1, &retired).kind; /* when it gets the host */
    for (unsigned n = 0; n < sizeof k / sizeof *k; n++)
        assert_int_equal(machine_get(host, RV_CSR + k[n]), 0);
    assert_int_equal(machine_get(host, MACHINE_MODE), RV_U);
    machine_destroy(a);
    machine_destroy(host);
    phys_destroy(phys);
    ram_destroy(ram);
}

/* A reset machine runs the program again exactly as the first time. */
static void reset_is_power_on(void **state)
{
    (void)state;
    struct rig r;
    struct outcome first, second;
    rig_create(&r, &rig_config, 1, SHADOW_TRACE, 0);
    program_load(r.top, ROUNDS);
    first = drive(&r, r.top, UINT64_MAX);
    r.device = r.written = 0;
    machine_reset(r.top);
    program_load(r.top, ROUNDS);
    second = drive(&r, r.top, UINT64_MAX);
    outcome_compare(&first, &second);
    rig_destroy(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_has_k),
        cmocka_unit_test(the_program_is_worth_running),
        cmocka_unit_test(virtual_equals_bare),
        cmocka_unit_test(any_depth_equals_bare),
        cmocka_unit_test(slices_do_not_matter),
        cmocka_unit_test(poor_hosts_do),
        cmocka_unit_test(no_frame_but_its_own),
        cmocka_unit_test(always_deprivileged),
        cmocka_unit_test(refuses_a_privileged_host),
        cmocka_unit_test(refuses_a_host_that_waits),
        cmocka_unit_test(frames_are_given_back),
        cmocka_unit_test(reset_is_power_on),
    };
    return cmocka_run_group_tests_name("vmm", tests, NULL, NULL);
}
