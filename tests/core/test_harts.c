/* test_harts.c - several CPUs on one memory: what they do together, bare and as the virtual CPUs of one VM, at any length of turns.
 */
#include "core/vmm/vcpu.h"
#include "tests/core/harts.h"

/* --- The program */

struct outcome_of_two {
    uint64_t retired[HARTS], x[HARTS][32], csr[HARTS][4], clock[HARTS], memory, check[HARTS];
};

static void outcome(const struct harts *h, struct outcome_of_two *out)
{
    static uint8_t ram[RIG_RAM];

    memset(out, 0, sizeof *out);
    for (unsigned n = 0; n < HARTS; n++) {
        static const unsigned csr[4] = {CSR_mstatus, CSR_mepc, CSR_mcause, CSR_instret};
        out->retired[n] = h->retired[n];
        out->clock[n] = machine_get(h->cpu[n], MACHINE_CLOCK);
        machine_get_block(h->cpu[n], 0, 32, out->x[n]);
        for (unsigned i = 0; i < 4; i++)
            out->csr[n][i] = machine_get(h->cpu[n], RV_CSR + csr[i]);
    }
    assert_int_equal(machine_load(h->cpu[1], PROGRAM_BASE, ram, sizeof ram), 0);
    memcpy(out->check, ram + 4 * PAGE_SIZE + SHARED_CHECK, sizeof out->check);
    for (size_t at = 0; at < sizeof ram; at += 8) {
        uint64_t word;
        memcpy(&word, ram + at, 8);
        out->memory = mix(out->memory, word);
    }
}

static uint64_t shared(const struct harts *h, unsigned offset)
{
    uint64_t word;
    assert_int_equal(machine_load(h->cpu[0], PROGRAM_PAGE(4) + offset, &word, 8), 0);
    return word;
}

/* No increment is lost, and each looked at every page: hart 1 sums up their numbers, hart 0 what hart 1 wrote, too. */
static void counts_are_right(const struct harts *h)
{
    uint64_t sum[HARTS] = {0};

    for (unsigned i = 0; i < HARTS_ROUNDS; i++) {
        const uint64_t page = UINT64_C(0x0101010101010101) * (HARTS_FIRST_PAGE + i);
        sum[1] += page;
        sum[0] += page + sum[1];
    }
    assert_int_equal(shared(h, SHARED_COUNTER), 2 * HARTS_TURNS);
    assert_int_equal(shared(h, SHARED_SUM), 3 * HARTS_TURNS);
    assert_int_equal(shared(h, SHARED_AMO), 3 * HARTS_TURNS);
    assert_true(shared(h, SHARED_CHECK) == sum[0] && shared(h, SHARED_CHECK + 8) == sum[1]);
}

static void course(const struct harts_kind *kind, uint64_t slice, struct outcome_of_two *out)
{
    struct harts h;

    harts_create_with_clint(&h, kind);
    harts_load(&h);
    harts_run(&h, slice, 1 << 23);
    counts_are_right(&h);
    outcome(&h, out);
    harts_destroy(&h);
}

static void bare_and_virtual_take_one_course(void **state)
{
    static const uint64_t slices[] = {1, 2, 3, 5, 8, 13, 64, 1000, 20000};

    (void)state;
    for (unsigned s = 0; s < sizeof slices / sizeof *slices; s++) {
        struct outcome_of_two want, got;
        course(&bare, slices[s], &want);
        for (unsigned k = 0; k < KINDS; k++) {
            course(&kinds[k], slices[s], &got);
            if (memcmp(&want, &got, sizeof want) != 0)
                fail_msg("%s, turns of %llu: retired %llu and %llu, bare %llu and %llu", kinds[k].name, (unsigned long long)slices[s],
                         (unsigned long long)got.retired[0], (unsigned long long)got.retired[1], (unsigned long long)want.retired[0],
                         (unsigned long long)want.retired[1]);
        }
    }
}

/* --- One thing at a time */

/* Of all kinds, the bare one included. */
static void of_every_kind(void (*test)(struct harts *))
{
    for (unsigned k = 0; k <= KINDS; k++) {
        struct harts h;
        harts_create_with_clint(&h, k < KINDS ? &kinds[k] : &bare);
        harts_load(&h);
        test(&h);
        harts_destroy(&h);
    }
}

/* Code in page 2 + hart, which runs from its first instruction. */
static void put_code(struct harts *h, unsigned n, const struct program *p)
{
    assert_int_equal(machine_store(h->cpu[n], PROGRAM_PAGE(2 + n), p->word, p->count * 4), 0);
    machine_set(h->cpu[n], MACHINE_PC, PROGRAM_PAGE(2 + n));
}

static void step(struct harts *h, unsigned n, unsigned count)
{
    const uint64_t before = h->retired[n];
    harts_turn(h, n, count);
    assert_int_equal(h->retired[n] - before, count);
}

/* Hart 0 reserves a place; hart 1, whose store to that page goes by a direct pointer, writes there or beside it. */
static void reserve_and_store(struct harts *h)
{
    struct program reserves = {0}, stores = {0};

    for (unsigned i = 0; i < 3; i++) {
        lr_d(&reserves, T0, S6);
        sc_d(&reserves, T1 + i, S6, S7);
    }
    sd(&stores, S11, S6, 512); /* the page is known */
    sd(&stores, S11, S6, 512);
    sd(&stores, S11, S6, 0);
    sd(&stores, S11, S6, 8);
    put_code(h, 0, &reserves);
    put_code(h, 1, &stores);
    step(h, 1, 1);
    step(h, 0, 1);
    step(h, 1, 1);
    step(h, 0, 1);
    assert_int_equal(machine_get(h->cpu[0], T1), 0); /* elsewhere in the page */
    assert_int_equal(shared(h, 0), 1);
    step(h, 0, 1);
    step(h, 1, 1);
    step(h, 0, 1);
    assert_int_equal(machine_get(h->cpu[0], T2), 1); /* in the very place */
    assert_int_equal(shared(h, 0), HARTS_CLINT);
    step(h, 0, 1);
    step(h, 1, 1);
    step(h, 0, 1);
    assert_int_equal(machine_get(h->cpu[0], S0), 0); /* the next doubleword */
}

static void a_store_of_another_ends_a_reservation(void **state)
{
    (void)state;
    of_every_kind(reserve_and_store);
}

/* Hart 1 has run an instruction when hart 0 puts another in its place. */
static void rewrite_code(struct harts *h)
{
    struct program runs = {0}, writes = {0}, other = {0};

    fence_i(&runs);
    addi(&runs, A0, A0, 1);
    addi(&other, A0, A0, 100);
    sw(&writes, A1, A2, 4);
    put_code(h, 1, &runs);
    put_code(h, 0, &writes);
    machine_set(h->cpu[0], A1, other.word[0]);
    machine_set(h->cpu[0], A2, PROGRAM_PAGE(3));
    machine_set(h->cpu[1], A0, 0);
    step(h, 1, 2);
    step(h, 0, 1);
    machine_set(h->cpu[1], MACHINE_PC, PROGRAM_PAGE(3));
    step(h, 1, 2);
    assert_int_equal(machine_get(h->cpu[1], A0), 101);
}

static void a_store_of_another_into_code_is_executed(void **state)
{
    (void)state;
    of_every_kind(rewrite_code);
}

/* A fence orders the view of the hart that executes it: hart 1 sees the new page once it has fenced itself, at the latest. */
static void remap(struct harts *h)
{
    struct program maps = {0}, looks = {0};
    const uint64_t pages[2] = {UINT64_C(0x0101010101010101) * HARTS_FIRST_PAGE, UINT64_C(0x0101010101010101) * (HARTS_FIRST_PAGE + 1)};

    sd(&maps, S3, S2, 0);
    sd(&maps, A1, S2, 0);
    sfence_vma(&maps, ZERO, ZERO);
    ld(&looks, A0, S4, 0);
    ld(&looks, A1, S4, 0);
    sfence_vma(&looks, ZERO, ZERO);
    ld(&looks, A2, S4, 0);
    put_code(h, 0, &maps);
    put_code(h, 1, &looks);
    machine_set(h->cpu[0], A1, machine_get(h->cpu[0], S3) + 0x400);
    step(h, 0, 1);
    step(h, 1, 1);
    assert_true(machine_get(h->cpu[1], A0) == pages[0]);
    step(h, 0, 2);
    step(h, 1, 1);
    assert_true(machine_get(h->cpu[1], A1) == pages[0] || machine_get(h->cpu[1], A1) == pages[1]);
    step(h, 1, 2);
    assert_true(machine_get(h->cpu[1], A2) == pages[1]);
}

static void a_fence_is_for_ones_own_view(void **state)
{
    (void)state;
    of_every_kind(remap);
}

/* --- The library's refusals, and the end of a vcpu */

static const struct harts_kind carried_by_two = {"", 1, {2}, SHADOW_FLUSH, VMM_TRAP};

static void who_cannot_join(void **state)
{
    struct machine *stranger, *out = NULL;
    struct harts h, other;
    struct error e;

    (void)state;
    harts_create(&h, &carried_by_two);
    harts_create(&other, &carried_by_two);
    assert_int_equal(vmm_add_vcpu(h.cpu[0], other.machine[0][0], 2, &out, &e), -EINVAL); /* has another owner */
    assert_int_equal(riscv_create(&stranger, other.phys, &rig_config), 0);
    assert_int_equal(vmm_join(stranger, h.machine[0][0], &e), -EINVAL); /* has other memory */
    assert_int_equal(vmm_join(h.machine[0][0], stranger, &e), -EINVAL); /* has no VMM */
    assert_int_equal(vmm_join(h.machine[0][1], h.machine[0][0], &e), 0);
    assert_true(!stranger->owner && !out);
    machine_destroy(stranger);
    harts_destroy(&h);
    harts_destroy(&other);
}

/* The TLB of a host hart tells its vcpus apart by ASID; other harts have TLBs of their own. */
static void asids_are_apart(const struct vcpu *a, const struct vcpu *b)
{
    assert_true(a->asid_count && b->asid_count);
    if (a->host == b->host)
        assert_true(a->asid + a->asid_count <= b->asid || b->asid + b->asid_count <= a->asid);
}

/* Until there is no room for tables; what one had is the next one's. A VM lasts as long as it has a CPU. */
static void vcpus_come_and_go(void **state)
{
    enum { MOST = 100 };
    struct machine *extra[MOST];
    unsigned made = 0;
    struct harts h;
    struct error e;

    (void)state;
    harts_create(&h, &carried_by_two);
    for (; made < MOST && vmm_add_vcpu(h.cpu[0], h.machine[0][made % 2], 2 + made, &extra[made], &e) == 0; made++)
        assert_int_equal(machine_get(extra[made], RV_CSR + CSR_mhartid), 2 + made);
    assert_true(made > 2 && made < MOST);
    for (unsigned n = 0; n < made; n++)
        for (unsigned m = 0; m < n; m++)
            asids_are_apart(vcpu_of(extra[n]), vcpu_of(extra[m]));
    assert_true(vcpu_of(extra[1])->asid ==
                vcpu_of(h.cpu[1])->asid + vcpu_of(h.cpu[1])->asid_count); /* not beyond those of the other hart */
    machine_destroy(extra[1]);
    assert_int_equal(vmm_add_vcpu(h.cpu[0], h.machine[0][0], 1000, &extra[1], &e), 0);
    assert_int_equal(machine_get(extra[1], RV_CSR + CSR_mhartid), 1000);
    for (unsigned n = 0; n < made; n++)
        machine_destroy(extra[n]);
    machine_destroy(h.cpu[0]);
    assert_true(h.machine[0][0]->owner && h.machine[0][1]->owner);
    machine_destroy(h.cpu[1]);
    assert_true(!h.machine[0][0]->owner && !h.machine[0][1]->owner);
    h.machine[1][0] = h.machine[1][1] = NULL;
    harts_destroy(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bare_and_virtual_take_one_course),
        cmocka_unit_test(a_store_of_another_ends_a_reservation),
        cmocka_unit_test(a_store_of_another_into_code_is_executed),
        cmocka_unit_test(a_fence_is_for_ones_own_view),
        cmocka_unit_test(who_cannot_join),
        cmocka_unit_test(vcpus_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
