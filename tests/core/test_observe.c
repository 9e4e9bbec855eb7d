/* Observers: what D decides is told once, whole and in order, at every level; and looking changes nothing. */
#include "tests/core/rig.h"

enum { ROUNDS = 40, ACTIONS = VM_STOPPED + 1 };

struct watch {
    struct vm_observer observer;
    struct machine *vm, *above; /* whose events; the VM above it, whose events come later */
    uint64_t taken, told, devices, count[ACTIONS], by_reason[5], last;
    uint64_t *order, seen; /* shared: a number for each event of all levels */
};

static void taken(void *opaque) { ((struct watch *)opaque)->taken++; }

static void fill_is_f(const struct watch *w, const struct vm_event *e)
{
    pa_t host;
    assert_true(vm_map_physical(w->vm, e->fill.guest, &host));
    assert_int_equal(host, e->fill.host);
    assert_int_equal(e->fill.va, e->trap.tval & PAGE_MASK);
    assert_true(e->trap.cause == RV_CAUSE_FETCH_PAGE ? e->fill.x : e->trap.cause == RV_CAUSE_LOAD_PAGE ? e->fill.r : e->fill.w);
}

static void told(void *opaque, const struct vm_event *e)
{
    struct watch *w = opaque;
    w->told++;
    w->seen = ++*w->order;
    w->count[e->action]++;
    assert_ptr_equal(e->vm, w->vm);
    assert_true(e->retired >= w->last);
    w->last = e->retired;
    assert_int_equal(e->filled, e->action == VM_FILLED);
    if (e->filled)
        fill_is_f(w, e);
    assert_int_equal(e->result.kind == TRAP_EXCEPTION, e->action == VM_REFLECTED);
    assert_int_equal(e->result.kind == TRAP_INTERRUPT, e->action == VM_INTERRUPTED);
    if (e->trap.kind == TRAP_NONE)
        return;
    w->by_reason[e->trap.reason]++;
    assert_int_equal(e->real_mode, RV_U);
    if (e->action == VM_EMULATED)
        assert_true(e->owner == VM_OWNER_V_I && e->trap.length && e->virtual_mode != RV_U);
    w->devices += e->owner == VM_OWNER_DEVICE;
    if (e->owner == VM_OWNER_V_I)
        assert_int_equal(e->trap.reason, REASON_PRIVILEGE);
    if (e->owner == VM_OWNER_DEVICE) /* an instruction on it, done */
        assert_true(e->action == VM_INTERPRETED && machine_get(w->vm, MACHINE_PC) == e->pc + e->trap.length);
    if (e->action == VM_FILLED)
        assert_int_equal(machine_get(w->vm, MACHINE_PC), e->pc);
}

static void watch(struct watch *w, struct rig *r, unsigned level, uint64_t *order)
{
    *w = (struct watch){.observer = {.taken = taken, .trap = told, .opaque = w}, .vm = r->machine[level], .order = order};
    vm_observe(w->vm, &w->observer);
}

/* The events are the traps that the statistics count. */
static void matches(const struct watch *w)
{
    struct vm_stats s;
    vm_stats(w->vm, &s);
    assert_int_equal(w->taken, s.traps);
    assert_int_equal(w->told - w->count[VM_INTERRUPTED], s.traps);
    assert_int_equal(w->count[VM_EMULATED], s.emulated);
    assert_int_equal(w->count[VM_INTERPRETED], s.interpreted);
    assert_int_equal(w->count[VM_FILLED], s.fills);
    assert_int_equal(w->count[VM_REFLECTED], s.reflected);
    assert_int_equal(w->count[VM_STOPPED], 0);
    assert_int_equal(w->devices, s.device_accesses);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(w->by_reason[i], s.by_reason[i]);
}

static void every_trap_is_told(void **state)
{
    (void)state;
    for (unsigned policy = SHADOW_FLUSH; policy < SHADOW_POLICIES; policy++) {
        struct rig alone, r;
        struct watch w[3];
        uint64_t order = 0;
        rig_create(&alone, &rig_config, 2, (enum shadow_policy)policy, 512);
        program_load(alone.top, ROUNDS);
        struct outcome unseen = drive(&alone, alone.top, UINT64_MAX);
        rig_create(&r, &rig_config, 2, (enum shadow_policy)policy, 512);
        watch(&w[1], &r, 1, &order);
        watch(&w[2], &r, 2, &order);
        program_load(r.top, ROUNDS);
        struct outcome seen = drive(&r, r.top, UINT64_MAX);
        outcome_compare(&unseen, &seen);
        matches(&w[1]);
        matches(&w[2]);
        assert_int_equal(w[2].count[VM_EMULATED] > 10 * ROUNDS && w[2].count[VM_INTERRUPTED] > 0, true);
        assert_int_equal(w[1].count[VM_EMULATED], 0); /* all that is sensitive in the guest is vm2's */
        assert_true(w[2].seen > w[1].seen);           /* of one trap, the lower level is told first */
        rig_destroy(&alone);
        rig_destroy(&r);
    }
}

/* A VM that is not the first on its host, so that f moves its memory. */
static void leaves_are_f_of_pages(void **state)
{
    (void)state;
    struct rig r;
    struct watch w;
    struct error error;
    uint64_t order = 0;
    pa_t host = 0;
    rig_create(&r, &rig_config, 3, SHADOW_FLUSH, 512);
    for (unsigned i = 3; i > 0; i--)
        machine_destroy(r.machine[i]);
    for (unsigned i = 1; i <= 2; i++) {
        const struct vm_config c = rig_vm_config(0, SHADOW_FLUSH, 512);
        if (vmm_create_vm(r.machine[0], &c, &r.machine[i], &error))
            fail_msg("%s", error.text);
    }
    r.depth = 2;
    r.top = r.machine[2];
    assert_int_equal(phys_add_io(r.top->phys, "device", PROGRAM_DEVICE, PAGE_SIZE, &rig_io, &r), 0);
    assert_true(vm_map_physical(r.top, PROGRAM_BASE, &host) && host != PROGRAM_BASE);
    program_load(r.top, ROUNDS);
    watch(&w, &r, 2, &order);
    drive(&r, r.top, UINT64_MAX);
    assert_true(w.count[VM_FILLED] > 0);
    matches(&w);
    rig_destroy(&r);
}

/* Several look on one VM; who has left is not told. */
static void they_come_and_go(void **state)
{
    (void)state;
    struct rig r;
    struct watch a, b, c;
    uint64_t order = 0;
    rig_create(&r, &rig_config, 1, SHADOW_FLUSH, 0);
    program_load(r.top, ROUNDS);
    watch(&a, &r, 1, &order);
    watch(&b, &r, 1, &order);
    watch(&c, &r, 1, &order);
    vm_unobserve(r.top, &b.observer);
    struct outcome o = {0};
    for (unsigned i = 0; i < 50 && drive_once(r.top, 100, &o); i++)
        ;
    assert_true(a.told > 0 && a.told == c.told && b.told == 0);
    vm_unobserve(r.top, &c.observer);
    vm_unobserve(r.top, &c.observer); /* again: nothing */
    uint64_t before = c.told;
    while (drive_once(r.top, UINT64_MAX, &o))
        ;
    assert_true(a.told > before && c.told == before);
    matches(&a);
    rig_destroy(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_trap_is_told), cmocka_unit_test(leaves_are_f_of_pages),
                                       cmocka_unit_test(they_come_and_go)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
