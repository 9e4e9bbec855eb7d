/* The shadow tables of a running virtual machine, as its host walks them, against the guest's own tables: after any access the host finds
 * what the guest was granted, and at no time anything that the guest's tables do not grant now. */
#include "tests/core/rig.h"

#include "core/vmm/allocator.h"
#include "core/vmm/vcpu.h"

enum { TABLES = 16, DATA = 24, INDEXES = 4, ROUNDS = 60 };

/* Pages of the rig's RAM: 0, 1 code   2..15 tables (2 is the root)   16 what stores of the guest go through   24.. data. The upper half
 * of the address space, entry 511 of the root, is the tester's: a gigabyte at RAM for code and tables. */
#define HIGH UINT64_C(0xffffffffc0000000)
#define ROOT PROGRAM_PAGE(2)

static uint64_t seed;

static uint64_t next(void)
{
    uint64_t z = (seed += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static uint64_t below(uint64_t n) { return next() % n; }

static bool read_guest(void *ctx, pa_t pa, uint64_t *pte) { return machine_load(ctx, pa, pte, 8) == 0; }

struct situation_of_cpu {
    unsigned mode;
    bool sum, mxr;
};

static struct pt_walk guest_walk(struct machine *m, struct situation_of_cpu s, va_t va, enum pt_kind kind)
{
    const struct pt_access access = {.kind = kind, .user = s.mode == RV_U, .sum = s.sum, .mxr = s.mxr};
    struct pt_walk w;
    pt_walk(&pt_sv39, ROOT, va, &access, read_guest, m, &w);
    if (w.result == PT_OK && !phys_host(m->phys, w.pa & PAGE_MASK, PAGE_SIZE))
        w.result = PT_ACCESS_FAULT; /* no RAM: no leaf may lead there */
    return w;
}

/* By the host's own registers and memory, in its user mode. */
static struct pt_walk host_walk(struct machine *host, va_t va, enum pt_kind kind)
{
    const struct pt_access access = {.kind = kind, .user = true};
    uint64_t satp = machine_get(host, RV_CSR + CSR_satp);
    struct pt_walk w;
    pt_walk(satp >> 60 == 9 ? &pt_sv48 : &pt_sv39, (satp & ((UINT64_C(1) << 44) - 1)) << PAGE_SHIFT, va, &access, read_guest, host,
            &w);
    return w;
}

static void enter(struct machine *m, struct situation_of_cpu s)
{
    machine_set(m, RV_CSR + CSR_mstatus, (uint64_t)s.sum << MSTATUS_SUM | (uint64_t)s.mxr << MSTATUS_MXR);
    machine_set(m, MACHINE_MODE, s.mode);
    allocator_install(vcpu_of(m));
}

static struct situation_of_cpu random_situation(void)
{
    return (struct situation_of_cpu){.mode = below(2) ? RV_S : RV_U, .sum = below(2), .mxr = below(2)};
}

static va_t random_va(void) { return below(INDEXES) << 12 | below(INDEXES) << 21 | below(INDEXES) << 30 | (below(PAGE_SIZE) & ~7u); }

static uint64_t random_pte(unsigned table)
{
    uint64_t flags = SV_V | SV_R | (next() & (SV_R | SV_W | SV_X | SV_U | SV_A | SV_D));
    if (table < 10 && below(8))
        return pt_sv39.table(PROGRAM_PAGE(table + 1 + below(TABLES - table - 1)));
    switch (below(6)) {
    case 0: return 0;
    case 1: return pt_sv39.table(PROGRAM_BASE) | flags; /* a superpage: it maps the tables, too */
    case 2: return pt_sv39.table(PROGRAM_PAGE(2 + below(TABLES - 2))) | flags;
    case 3: return pt_sv39.table(PROGRAM_DEVICE) | flags;
    default: return pt_sv39.table(PROGRAM_PAGE(DATA + below(PROGRAM_PAGES - DATA))) | flags;
    }
}

static const enum pt_kind kinds[] = {PT_READ, PT_WRITE, PT_FETCH};

static void check_sound(struct rig *r)
{
    for (unsigned n = 0; n < 60; n++) {
        struct situation_of_cpu s = random_situation();
        enter(r->top, s);
        for (unsigned i = 0; i < INDEXES * INDEXES * INDEXES; i += 1 + (unsigned)below(3)) {
            va_t va = (va_t)(i & 3) << 12 | (va_t)(i >> 2 & 3) << 21 | (va_t)(i >> 4) << 30;
            for (unsigned k = 0; k < 3; k++) {
                struct pt_walk host = host_walk(r->machine[0], va, kinds[k]), guest;
                pa_t there;
                if (host.result != PT_OK)
                    continue;
                guest = guest_walk(r->top, s, va, kinds[k]);
                assert_int_equal(guest.result, PT_OK);
                assert_true(vm_map_physical(r->top, guest.pa, &there));
                assert_int_equal(host.pa, there);
            }
        }
    }
}

/* One load, store or fetch by the guest at va; when it happened, the host can repeat it without the VMM. */
static unsigned access_once(struct rig *r)
{
    static const uint32_t code[] = {0x0002b383 /* ld t2, (t0) */, 0x0062b023 /* sd t1, (t0) */, 0x00028067 /* jr t0 */};
    struct situation_of_cpu s = random_situation();
    unsigned k = (unsigned)below(3);
    va_t va = random_va();
    uint64_t retired = 0;
    pa_t there;

    const uint64_t writes = shadow_stats_get(vcpu_of(r->top)->shadow).writes;
    enter(r->top, s);
    machine_set(r->top, T0, va);
    machine_set(r->top, T1, random_pte(12)); /* what is stored may become a PTE */
    machine_set(r->top, MACHINE_PC, HIGH + (s.mode == RV_U ? PAGE_SIZE : 0) + 4 * k);
    assert_int_equal(machine_store(r->top, PROGRAM_BASE, code, sizeof code), 0);
    assert_int_equal(machine_store(r->top, PROGRAM_PAGE(1), code, sizeof code), 0);
    struct trap t = machine_run(r->top, 1, &retired);
    if (k == PT_FETCH && t.kind == TRAP_BUDGET) {
        retired = 0;
        t = machine_run(r->top, 1, &retired);
        if (t.kind == TRAP_EXCEPTION && t.length)
            retired = 1; /* it was fetched */
    }
    if (!retired || t.kind == TRAP_YIELD)
        return 0;
    struct pt_walk guest = guest_walk(r->top, s, va, kinds[k]), host = host_walk(r->machine[0], va, kinds[k]);
    assert_int_equal(guest.result, PT_OK);
    assert_true(vm_map_physical(r->top, guest.pa, &there));
    if (kinds[k] == PT_WRITE && shadow_stats_get(vcpu_of(r->top)->shadow).writes > writes) /* to a table under trace */
        return 1;
    if (kinds[k] == PT_FETCH) /* that instruction may have stored to the tables */
        return 1;
    assert_int_equal(host.result, PT_OK);
    assert_int_equal(host.pa, there);
    return 1;
}

static void setup(struct rig *r, enum shadow_policy policy, unsigned frames, const struct riscv_config *config)
{
    rig_create(r, config, 1, policy, frames);
    machine_set(r->top, RV_CSR + CSR_pmpaddr0, UINT64_MAX);
    machine_set(r->top, RV_CSR + CSR_pmpcfg0, 0x1f);
    machine_set(r->top, RV_CSR + CSR_menvcfg, UINT64_C(1) << 61);
    machine_set(r->top, RV_CSR + CSR_satp, (UINT64_C(8) << 60) | ROOT >> PAGE_SHIFT);
}

static void store64(struct machine *m, pa_t pa, uint64_t v) { assert_int_equal(machine_store(m, pa, &v, 8), 0); }

/* The tester's half: page 0 for S, page 1 for U. */
static void random_tables(struct rig *r)
{
    for (unsigned t = 2; t < TABLES; t++)
        for (unsigned i = 0; i < INDEXES; i++)
            store64(r->top, PROGRAM_PAGE(t) + 8 * i, random_pte(t));
    store64(r->top, ROOT + 511 * 8, pt_sv39.table(PROGRAM_PAGE(17)));
    store64(r->top, PROGRAM_PAGE(17), pt_sv39.table(PROGRAM_PAGE(18)));
    store64(r->top, PROGRAM_PAGE(18), pt_sv39.table(PROGRAM_PAGE(0)) | SV_R | SV_X | SV_A | SV_V);
    store64(r->top, PROGRAM_PAGE(18) + 8, pt_sv39.table(PROGRAM_PAGE(1)) | SV_R | SV_X | SV_A | SV_U | SV_V);
}

static void change_one_pte(struct rig *r)
{
    unsigned table = 2 + (unsigned)below(TABLES - 2);
    pa_t pa = PROGRAM_PAGE(table) + 8 * below(INDEXES), host;
    uint64_t pte = random_pte(table);
    switch (below(3)) {
    case 0: /* by the owner of the VM */ store64(r->top, pa, pte); break;
    case 1: /* by a device of the VM */ assert_int_equal(phys_write(r->top->phys, pa, &pte, 8), 0); break;
    default: /* by the owner of the host */
        assert_true(vm_map_physical(r->top, pa, &host));
        store64(r->machine[0], host, pte);
        break;
    }
}

/* Tables change under the guest's hands, by its own stores too, and nobody fences. */
static void traced(unsigned frames, const struct riscv_config *config)
{
    struct rig r;
    unsigned done = 0;
    setup(&r, SHADOW_TRACE, frames, config);
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (round % 10 == 0)
            random_tables(&r);
        for (unsigned i = 0; i < 60; i++)
            done += access_once(&r);
        for (unsigned i = 0; i < 4; i++)
            change_one_pte(&r);
        machine_fence(r.top, &(struct fence){0}); /* no matter */
        check_sound(&r);
    }
    assert_true(done > ROUNDS * 5);
    struct shadow_stats stats = shadow_stats_get(vcpu_of(r.top)->shadow);
    assert_true(stats.writes > (frames ? 10 : ROUNDS) && stats.flushes == 0);
    assert_int_equal(stats.recycled > 100, frames > 0);
    rig_destroy(&r);
}

static void trace_is_exact_without_fences(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 5; i++) {
        seed = i;
        traced(0, &rig_config);
    }
}

static void trace_is_exact_on_poor_hosts(void **state)
{
    (void)state;
    struct riscv_config poor = rig_config;
    poor.sv48 = false;
    poor.asid_bits = 2;
    seed = 77;
    traced(1, &poor);
}

/* A shadow that is a TLB, in whole or in part, must be exact after a fence. */
static void flush_is_exact_after_fences(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 8; n++) {
        struct rig r;
        unsigned done = 0;
        seed = 100 + n;
        setup(&r, n < 4 ? SHADOW_FLUSH : SHADOW_ADAPT, n % 2, &rig_config);
        for (unsigned round = 0; round < ROUNDS; round++) {
            if (round % 10 == 0)
                random_tables(&r);
            for (unsigned i = 0; i < 10; i++)
                change_one_pte(&r);
            machine_fence(r.top, &(struct fence){0});
            for (unsigned i = 0; i < 60; i++) {
                done += access_once(&r); /* its own stores may hit the tables */
                machine_fence(r.top, &(struct fence){0});
            }
            check_sound(&r);
        }
        assert_true(done > ROUNDS * 5);
        rig_destroy(&r);
    }
}

/* --- What a fence names, by the guest's own instructions: a program in S-mode at HIGH, the data it maps at 0. */
static void run_program(struct rig *r, const struct program *p)
{
    uint64_t retired = 0;
    assert_int_equal(machine_store(r->top, PROGRAM_BASE, p->word, p->count * 4), 0);
    machine_set(r->top, MACHINE_MODE, RV_S);
    machine_set(r->top, MACHINE_PC, HIGH);
    struct trap t = machine_run(r->top, 100000, &retired);
    assert_true(t.kind == TRAP_EXCEPTION && t.cause == RV_CAUSE_BREAKPOINT);
}

/* A superpage is moved; the fence names one address of it, the guest looks at another. */
static void one_fence_moves_a_superpage(void **state)
{
    (void)state;
    for (unsigned policy = SHADOW_FLUSH; policy < SHADOW_POLICIES; policy++) {
        struct riscv_config config = rig_config;
        struct vm_config big = {.ram_base = PROGRAM_BASE, .ram_size = 8 << 20, .shadow = (enum shadow_policy)policy};
        struct rig r = {.depth = 1};
        struct program p = {0};
        struct error error;
        const uint64_t rwx = SV_R | SV_W | SV_X | SV_V;
        assert_int_equal(ram_create(&r.ram, vmm_host_bytes(&isa_riscv, &big)), 0);
        assert_int_equal(phys_create(&r.phys), 0);
        assert_int_equal(phys_add_ram(r.phys, "ram", PROGRAM_BASE, ram_size(r.ram), r.ram, 0), 0);
        assert_int_equal(riscv_create(&r.machine[0], r.phys, &config), 0);
        assert_int_equal(vmm_create_vm(r.machine[0], &big, &r.machine[1], &error), 0);
        r.top = r.machine[1];
        machine_set(r.top, RV_CSR + CSR_pmpaddr0, UINT64_MAX);
        machine_set(r.top, RV_CSR + CSR_pmpcfg0, 0x1f);
        machine_set(r.top, RV_CSR + CSR_satp, (UINT64_C(8) << 60) | ROOT >> PAGE_SHIFT);
        store64(r.top, ROOT + 511 * 8, pt_sv39.table(PROGRAM_BASE) | rwx);
        store64(r.top, ROOT, pt_sv39.table(PROGRAM_PAGE(3)));
        store64(r.top, PROGRAM_PAGE(3) + 8, pt_sv39.table(PROGRAM_BASE + (4 << 20)) | rwx);
        for (unsigned i = 0; i < 5; i++) {
            store64(r.top, PROGRAM_BASE + (4 << 20) + i * PAGE_SIZE, 40 + i);
            store64(r.top, PROGRAM_BASE + (6 << 20) + i * PAGE_SIZE, 60 + i);
        }
        ld(&p, T0, A0, 0);
        ld(&p, T1, A1, 0);
        sd(&p, A2, A3, 0); /* the new PTE */
        sfence_vma(&p, A4, ZERO);
        ld(&p, T2, A0, 0);
        ld(&p, T3, A1, 0);
        ebreak(&p);
        machine_set(r.top, A0, (2 << 20));
        machine_set(r.top, A1, (2 << 20) + 3 * PAGE_SIZE);
        machine_set(r.top, A2, pt_sv39.table(PROGRAM_BASE + (6 << 20)) | rwx);
        machine_set(r.top, A3, HIGH + 3 * PAGE_SIZE + 8);
        machine_set(r.top, A4, (2 << 20) + 100 * PAGE_SIZE);
        run_program(&r, &p);
        assert_true(machine_get(r.top, T0) == 40 && machine_get(r.top, T1) == 43);
        assert_true(machine_get(r.top, T2) == 60 && machine_get(r.top, T3) == 63);
        rig_destroy(&r);
    }
}

/* A fence under trace costs no fills; under flush it does. Under adapt it does where tables are written: here they are not. */
static void a_traced_fence_is_free(void **state)
{
    (void)state;
    uint64_t fills[SHADOW_POLICIES], stores = 0;
    for (unsigned policy = SHADOW_FLUSH; policy < SHADOW_POLICIES; policy++) {
        struct rig r;
        struct program p = {0};
        struct vm_stats stats;
        setup(&r, (enum shadow_policy)policy, 0, &rig_config);
        seed = 1;
        random_tables(&r);
        addi(&p, T0, ZERO, 100);
        unsigned loop = here(&p);
        sfence_vma(&p, ZERO, ZERO);
        addi(&p, T0, T0, -1);
        bne(&p, T0, ZERO, loop);
        ebreak(&p);
        run_program(&r, &p);
        vm_stats(r.top, &stats);
        fills[policy] = stats.fills;
        stores += stats.interpreted;
        assert_int_equal(stats.v_i[RV_INSN_sfence_vma], 100);
        rig_destroy(&r);
    }
    assert_true(fills[SHADOW_FLUSH] > 100);
    assert_true(fills[SHADOW_TRACE] < 5);
    assert_int_equal(fills[SHADOW_ADAPT], fills[SHADOW_TRACE]);
    assert_int_equal(stores, 0);
}

/* Atomics on a page table that is in use work at the first try, as on a bare machine, though each store to it is interpreted. */
static void atomics_on_a_traced_table(void **state)
{
    (void)state;
    for (unsigned depth = 0; depth < 3; depth++) {
        struct rig r;
        struct program p = {0};
        rig_create(&r, &rig_config, depth, SHADOW_TRACE, 512);
        machine_set(r.top, RV_CSR + CSR_pmpaddr0, UINT64_MAX);
        machine_set(r.top, RV_CSR + CSR_pmpcfg0, 0x1f);
        machine_set(r.top, RV_CSR + CSR_satp, (UINT64_C(8) << 60) | ROOT >> PAGE_SHIFT);
        store64(r.top, ROOT + 511 * 8, pt_sv39.table(PROGRAM_BASE) | SV_R | SV_W | SV_X | SV_A | SV_D | SV_V);
        unsigned again = here(&p);
        addi(&p, S0, S0, 1); /* tries */
        lr_d(&p, T0, A0);
        addi(&p, T0, T0, 1);
        sc_d(&p, T1, A0, T0);
        bne(&p, T1, ZERO, again);
        addi(&p, S1, S1, -1);
        bne(&p, S1, ZERO, again);
        amoadd_d(&p, T2, A0, A1);
        ebreak(&p);
        machine_set(r.top, A0, HIGH + 2 * PAGE_SIZE + 8 * 300); /* in the root table */
        machine_set(r.top, A1, 1000);
        machine_set(r.top, S1, 10);
        run_program(&r, &p);
        assert_int_equal(machine_get(r.top, S0), 10);
        assert_int_equal(machine_get(r.top, T2), 10);
        uint64_t pte;
        assert_int_equal(machine_load(r.top, ROOT + 8 * 300, &pte, 8), 0);
        assert_int_equal(pte, 1010);
        if (depth > 0) {
            struct vm_stats stats;
            vm_stats(r.top, &stats);
            assert_true(stats.interpreted >= 11); /* it was traced */
        }
        rig_destroy(&r);
    }
}

/* --- What no leaf can say: PMP regions of four bytes in the pages of code and data make every instruction there interpreted. The
 * whole program, system calls, floating point, atomics, and v_i included, then runs as on a bare machine. */
static void interpreted_equals_bare(void **state)
{
    (void)state;
    static const unsigned odd_page[] = {0, 2, 4, 7};
    for (unsigned n = 0; n < sizeof odd_page / sizeof *odd_page; n++) {
        struct outcome o[3];
        for (unsigned depth = 0; depth < 3; depth++) {
            struct rig r;
            rig_create(&r, &rig_config, depth, n % 2 ? SHADOW_TRACE : SHADOW_FLUSH, 512);
            program_load(r.top, 20);
            machine_set(r.top, RV_CSR + CSR_pmpaddr0, (PROGRAM_PAGE(odd_page[n]) + 0xff8) >> 2);
            machine_set(r.top, RV_CSR + CSR_pmpaddr0 + 1, UINT64_MAX);
            machine_set(r.top, RV_CSR + CSR_pmpcfg0, 0x1f10); /* NA4 nothing; then all */
            o[depth] = drive(&r, r.top, UINT64_MAX);
            assert_int_equal(machine_get(r.top, S0), 0);
            if (depth > 0) {
                struct vm_stats stats;
                vm_stats(r.top, &stats);
                assert_true(odd_page[n] == 7 || stats.interpreted > 20 * 3);
                outcome_compare(&o[0], &o[depth]);
            }
            rig_destroy(&r);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trace_is_exact_without_fences), cmocka_unit_test(trace_is_exact_on_poor_hosts),
        cmocka_unit_test(flush_is_exact_after_fences),   cmocka_unit_test(one_fence_moves_a_superpage),
        cmocka_unit_test(a_traced_fence_is_free),        cmocka_unit_test(atomics_on_a_traced_table),
        cmocka_unit_test(interpreted_equals_bare),
    };
    return run_in_every_way(tests);
}
