/* test_shadow_asid.c - every bit of an address space's number counts, bare and in virtual machines: a fence that names a space is about
 * that one, and what was translated in one space is no translation in another.
 */
#include "tests/core/rig.h"

enum { ASID_BITS = 16, ROOT_PAGE = 2, TABLE_1 = 3, TABLE_0 = 4, BEFORE = 24, AFTER = 25 };
/* The program lies at HIGH, by a superpage, and its tables with it; what it looks at, at 0. */
#define HIGH UINT64_C(0xffffffffc0000000)
#define PTE_OF_0 PROGRAM_PAGE(TABLE_0)

static uint64_t satp_of(uint64_t asid) { return UINT64_C(8) << 60 | asid << SATP_ASID | PROGRAM_PAGE(ROOT_PAGE) >> PAGE_SHIFT; }

static void store64(struct machine *m, pa_t pa, uint64_t v) { assert_int_equal(machine_store(m, pa, &v, 8), 0); }

static void setup(struct machine *m)
{
    const uint64_t rwx = SV_R | SV_W | SV_X | SV_A | SV_D | SV_V;
    machine_reset(m);
    machine_set(m, RV_CSR + CSR_pmpaddr0, UINT64_MAX);
    machine_set(m, RV_CSR + CSR_pmpcfg0, 0x1f);
    store64(m, PROGRAM_PAGE(ROOT_PAGE) + 511 * 8, pt_sv39.table(PROGRAM_BASE) | rwx);
    store64(m, PROGRAM_PAGE(ROOT_PAGE), pt_sv39.table(PROGRAM_PAGE(TABLE_1)));
    store64(m, PROGRAM_PAGE(TABLE_1), pt_sv39.table(PROGRAM_PAGE(TABLE_0)));
    store64(m, PTE_OF_0, pt_sv39.table(PROGRAM_PAGE(BEFORE)) | rwx);
    store64(m, PROGRAM_PAGE(BEFORE), BEFORE);
    store64(m, PROGRAM_PAGE(AFTER), AFTER);
    machine_set(m, A2, pt_sv39.table(PROGRAM_PAGE(AFTER)) | rwx);
    machine_set(m, A3, HIGH + (PTE_OF_0 - PROGRAM_BASE));
}

/* In S-mode, in the space `asid`: t0 is what it finds first, t1 what after the change. */
static void run(struct machine *m, const struct program *p, uint64_t asid)
{
    uint64_t retired = 0;
    machine_set(m, RV_CSR + CSR_satp, satp_of(asid));
    assert_int_equal(machine_store(m, PROGRAM_BASE, p->word, p->count * 4), 0);
    machine_set(m, MACHINE_MODE, RV_S);
    machine_set(m, MACHINE_PC, HIGH);
    const struct trap t = machine_run(m, 1000, &retired);
    assert_true(t.kind == TRAP_EXCEPTION && t.cause == RV_CAUSE_BREAKPOINT);
    assert_int_equal(machine_get(m, T0), BEFORE);
    assert_int_equal(machine_get(m, T1), AFTER);
}

/* The page at 0 becomes another, and the space is fenced by its number. */
static void fence_by_number(struct machine *m, uint64_t asid)
{
    struct program p = {0};
    setup(m);
    ld(&p, T0, ZERO, 0);
    sd(&p, A2, A3, 0);
    sfence_vma(&p, ZERO, A4);
    ld(&p, T1, ZERO, 0);
    ebreak(&p);
    machine_set(m, A4, asid);
    run(m, &p, asid);
}

/* It becomes another, and the space is left for one that nobody has been in. */
static void another_space(struct machine *m, uint64_t from, uint64_t to)
{
    struct program p = {0};
    setup(m);
    machine_fence(m, &(struct fence){0});
    ld(&p, T0, ZERO, 0);
    sd(&p, A2, A3, 0);
    csrrw(&p, ZERO, CSR_satp, A4);
    ld(&p, T1, ZERO, 0);
    ebreak(&p);
    machine_set(m, A4, satp_of(to));
    run(m, &p, from);
}

static void on_every_machine(void (*each_bit)(struct machine *, unsigned bit))
{
    for (unsigned depth = 0; depth < 3; depth++)
        for (unsigned policy = SHADOW_FLUSH; policy < SHADOW_POLICIES; policy++)
            for (unsigned bit = 0; bit < ASID_BITS; bit++) {
                struct rig r;
                rig_create(&r, &rig_config, depth, (enum shadow_policy)policy, 0);
                each_bit(r.top, bit);
                rig_destroy(&r);
            }
}

static void fence_each_bit(struct machine *m, unsigned bit)
{
    fence_by_number(m, UINT64_C(1) << bit);
    fence_by_number(m, UINT64_C(0xffff) ^ UINT64_C(1) << bit);
}

static void every_bit_of_a_fence_counts(void **state)
{
    (void)state;
    on_every_machine(fence_each_bit);
}

static void leave_each_bit(struct machine *m, unsigned bit) { another_space(m, 0x5a5a, 0x5a5a ^ UINT64_C(1) << bit); }

static void every_bit_of_satp_counts(void **state)
{
    (void)state;
    on_every_machine(leave_each_bit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bit_of_a_fence_counts),
        cmocka_unit_test(every_bit_of_satp_counts),
    };
    return run_in_every_way(tests);
}
