/* harts.h - two CPUs on one memory, bare or virtual, that take turns; and a program for both: locks by LR/SC and AMO, interrupts from one to
 * the other, page tables that one changes and the other uses.
 */
#ifndef TRAPEZE_TESTS_CORE_HARTS_H
#define TRAPEZE_TESTS_CORE_HARTS_H

#include "devices/clint.h"
#include "tests/core/rig.h"

enum { HARTS = 2, HARTS_LEVELS = 3, HARTS_CLINT = 0x2000000, HARTS_SLACK = 8 << 20 };

/* How they are made. The CPUs of interest are those of the last level. */
struct harts_kind {
    const char *name;
    unsigned depth;
    unsigned carriers[HARTS_LEVELS]; /* CPUs of each level below it: 1 or 2 */
    enum shadow_policy policy;
    enum vmm_monitor monitor; /* of the last level */
};

static const struct harts_kind bare = {.name = "bare"};
static const struct harts_kind kinds[] = {
    {"one host hart, flush", 1, {1}, SHADOW_FLUSH, VMM_TRAP},    {"one host hart, trace", 1, {1}, SHADOW_TRACE, VMM_TRAP},
    {"one host hart, hybrid", 1, {1}, SHADOW_FLUSH, VMM_HYBRID}, {"two host harts, flush", 1, {2}, SHADOW_FLUSH, VMM_TRAP},
    {"two host harts, trace", 1, {2}, SHADOW_TRACE, VMM_TRAP},   {"two host harts, hybrid", 1, {2}, SHADOW_TRACE, VMM_HYBRID},
    {"depth 2, one by one", 2, {1, 1}, SHADOW_FLUSH, VMM_TRAP},  {"depth 2, one by two", 2, {1, 2}, SHADOW_TRACE, VMM_TRAP},
    {"depth 2, two by two", 2, {2, 2}, SHADOW_FLUSH, VMM_TRAP},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct harts {
    struct ram *ram;
    struct phys *phys;
    struct machine *machine[HARTS_LEVELS][HARTS]; /* NULL: that level has one */
    unsigned depth;
    struct machine *cpu[HARTS];
    struct clock clock; /* of the board: that of whose turn it is */
    unsigned turn;
    uint64_t time; /* at which this round began */
    struct clint clint;
    bool done[HARTS];
    uint64_t retired[HARTS];
};

static inline uint64_t harts_now(void *opaque)
{
    const struct harts *h = opaque;
    return machine_get(h->cpu[h->turn], MACHINE_CLOCK);
}

static inline void harts_line(void *opaque, unsigned number, bool level) { machine_irq(opaque, number, level); }

static inline struct vm_config harts_config(const struct harts_kind *kind, unsigned level)
{
    struct vm_config c = {.ram_base = PROGRAM_BASE, .ram_size = RIG_RAM, .shadow = kind->policy, .shadow_frames = 64};
    for (unsigned above = kind->depth - level; above > 0; above--)
        c.ram_size = align_up(vmm_host_bytes(&isa_riscv, &c), 2 << 20) + HARTS_SLACK; /* two have tables */
    c.monitor = level == kind->depth ? kind->monitor : VMM_TRAP;
    return c;
}

static inline void harts_virtual(struct harts *h, const struct harts_kind *kind, unsigned level)
{
    const struct vm_config c = harts_config(kind, level);
    const unsigned count = level == kind->depth ? HARTS : kind->carriers[level];
    struct machine **host = h->machine[level - 1], **here = h->machine[level];
    struct error e;

    if (vmm_create_vm(host[0], &c, &here[0], &e))
        fail_msg("%s", e.text);
    if (count > 1 && vmm_add_vcpu(here[0], host[1] ? host[1] : host[0], 1, &here[1], &e))
        fail_msg("%s", e.text);
}

static inline void harts_create(struct harts *h, const struct harts_kind *kind)
{
    const uint64_t size = harts_config(kind, 0).ram_size;
    const unsigned count = kind->depth ? kind->carriers[0] : HARTS;

    memset(h, 0, sizeof *h);
    h->depth = kind->depth;
    assert_int_equal(ram_create(&h->ram, size), 0);
    assert_int_equal(phys_create(&h->phys), 0);
    assert_int_equal(phys_add_ram(h->phys, "ram", PROGRAM_BASE, size, h->ram, 0), 0);
    for (unsigned n = 0; n < count; n++) {
        struct riscv_config c = rig_config;
        c.hartid = n;
        assert_int_equal(create_in_this_way(&h->machine[0][n], h->phys, &c), 0);
    }
    for (unsigned level = 1; level <= kind->depth; level++)
        harts_virtual(h, kind, level);
    for (unsigned n = 0; n < HARTS; n++)
        h->cpu[n] = h->machine[h->depth][n];
    assert_true(h->cpu[0]->phys == h->cpu[1]->phys);
}

/* A CLINT alone, for those who drive the CPUs themselves. */
static inline void harts_create_with_clint(struct harts *h, const struct harts_kind *kind)
{
    harts_create(h, kind);
    h->clock = (struct clock){.now = harts_now, .opaque = h, .units_per_tick = rig_config.units_per_tick};
    clint_init(&h->clint, &h->clock, HARTS);
    for (unsigned n = 0; n < HARTS; n++)
        clint_connect(&h->clint, n, (struct irq_line){harts_line, h->cpu[n], RV_IRQ_MSI},
                      (struct irq_line){harts_line, h->cpu[n], RV_IRQ_MTI});
    assert_int_equal(phys_add_io(h->cpu[0]->phys, "clint", HARTS_CLINT, 0x10000, &clint_io, &h->clint), 0);
}

static inline void harts_destroy(struct harts *h)
{
    for (unsigned level = h->depth + 1; level-- > 0;)
        for (unsigned n = 0; n < HARTS; n++) /* the first one first: the others do not need it */
            machine_destroy(h->machine[level][n]);
    phys_destroy(h->phys);
    ram_destroy(h->ram);
}

/* One turn of CPU n: `slice` instructions, or what is left to its end. */
static inline void harts_turn(struct harts *h, unsigned n, uint64_t slice)
{
    struct machine *m = h->cpu[n];
    const uint64_t end = h->retired[n] + slice;

    h->turn = n;
    machine_set(m, MACHINE_CLOCK, h->time);
    while (!h->done[n] && h->retired[n] < end) {
        const struct trap t = machine_run(m, end - h->retired[n], &h->retired[n]);
        clock_fire(&h->clock);
        if (t.kind == TRAP_STOP || t.kind == TRAP_WAIT || t.kind == TRAP_TRIGGER)
            fail_msg("hart %u: trap of kind %u: %s", n, t.kind, machine_stopped(m) ? machine_stopped(m) : "");
        if (t.kind == TRAP_EXCEPTION && t.cause == RV_CAUSE_BREAKPOINT)
            h->done[n] = true;
        else if (t.kind == TRAP_EXCEPTION || t.kind == TRAP_INTERRUPT)
            (void)machine_deliver(m, &t);
    }
}

static inline void harts_run(struct harts *h, uint64_t slice, uint64_t limit)
{
    while (!h->done[0] || !h->done[1]) {
        for (unsigned n = 0; n < HARTS; n++)
            harts_turn(h, n, slice);
        h->time += slice;
        if (h->time > limit)
            fail_msg("no end: pc %llx %llx, retired %llu %llu", (unsigned long long)machine_get(h->cpu[0], MACHINE_PC),
                     (unsigned long long)machine_get(h->cpu[1], MACHINE_PC), (unsigned long long)h->retired[0],
                     (unsigned long long)h->retired[1]);
    }
}

/* --- The program, in S-mode under Sv39, with interrupts taken in M-mode. Pages as in program.h; code of hart n in page n, the handler in
 * page 0, the shared words in page 4. */
enum { SHARED_LOCK = 0, SHARED_COUNTER = 8, SHARED_SUM = 16, SHARED_AMO = 24, SHARED_GOT = 64, SHARED_CHECK = 256, SHARED_WOKE = 512 };
enum { HARTS_TURNS = 60, HARTS_ROUNDS = 20, HARTS_FIRST_PAGE = 20 };

/* S6 shared words, S7 what this hart adds; HARTS_TURNS times. */
static inline void harts_locks(struct program *p)
{
    addi(p, A0, ZERO, HARTS_TURNS);
    const unsigned loop = here(p);
    lr_d(p, T0, S6); /* the lock */
    bne(p, T0, ZERO, loop);
    addi(p, T1, ZERO, 1);
    sc_d(p, T2, S6, T1);
    bne(p, T2, ZERO, loop);
    ld(p, T0, S6, SHARED_COUNTER);
    addi(p, T0, T0, 1);
    sd(p, T0, S6, SHARED_COUNTER);
    sd(p, ZERO, S6, SHARED_LOCK);
    addi(p, T3, S6, SHARED_SUM);
    const unsigned again = here(p);
    lr_d(p, T0, T3);
    add(p, T0, T0, S7);
    sc_d(p, T1, T3, T0);
    bne(p, T1, ZERO, again);
    addi(p, T3, S6, SHARED_AMO);
    amoadd_d(p, ZERO, T3, S7);
    addi(p, A0, A0, -1);
    bne(p, A0, ZERO, loop);
}

/* Waits for interrupt number S8. */
static inline void harts_wait(struct program *p)
{
    const unsigned wait = here(p);
    ld(p, T0, S10, 0);
    bne(p, T0, S8, wait);
    addi(p, S8, S8, 1);
}

static inline void harts_send(struct program *p, unsigned to)
{
    addi(p, T0, ZERO, 1);
    sw(p, T0, S11, 4 * (int)to);
}

/* Looks at the page that is there now. */
static inline void harts_look(struct program *p)
{
    sfence_vma(p, S4, ZERO);
    ld(p, T0, S4, 0);
    add(p, S1, S1, T0);
}

/* Hart 0 maps another page and says so; hart 1 looks, writes there, and answers. S2 the PTE, S3 its next value, S4 the address. */
static inline void harts_tables(struct program *p, unsigned hart, void (*end)(struct program *, unsigned hart))
{
    addi(p, A0, ZERO, HARTS_ROUNDS);
    addi(p, A1, ZERO, 0x400); /* one page further */
    addi(p, S8, ZERO, 1);
    const unsigned round = here(p);
    if (hart == 0) {
        sd(p, S3, S2, 0);
        add(p, S3, S3, A1);
        harts_look(p);
        harts_send(p, 1);
        harts_wait(p);
        ld(p, T0, S4, 8);
        add(p, S1, S1, T0);
    } else {
        harts_wait(p);
        harts_look(p);
        sd(p, S1, S4, 8);
        sd(p, S1, S6, SHARED_CHECK + 8);
        harts_send(p, 0);
    }
    addi(p, A0, A0, -1);
    bne(p, A0, ZERO, round);
    if (hart == 0)
        sd(p, S1, S6, SHARED_CHECK);
    end(p, hart);
}

/* For a driver that ends there. */
static inline void harts_stop(struct program *p, unsigned hart)
{
    (void)hart;
    ebreak(p);
}

/* M-mode: takes its own interrupt away and counts it. */
static inline void harts_handler(struct program *p)
{
    p->count = PROGRAM_HANDLER / 4;
    csrrs(p, T5, CSR_mhartid, ZERO);
    slli(p, T5, T5, 2);
    add(p, T5, T5, S11);
    sw(p, ZERO, T5, 0);
    ld(p, T6, S10, 0);
    addi(p, T6, T6, 1);
    sd(p, T6, S10, 0);
    emit(p, 0x30200073); /* mret */
}

static inline void harts_boot(struct machine *m, unsigned hart)
{
    const struct {
        reg_t reg;
        uint64_t value;
    } boot[] = {
        {S1, 0},
        {S2, PROGRAM_PAGE(7) + 16 * 8},
        {S3, pt_sv39.table(PROGRAM_PAGE(HARTS_FIRST_PAGE)) | SV_R | SV_W | SV_V},
        {S4, PROGRAM_WANDER},
        {S5, 0x100000}, /* the finisher, and what it is told */
        {S6, PROGRAM_PAGE(4)},
        {S7, hart + 1},
        {S9, 0x5555},
        {S10, PROGRAM_PAGE(4) + SHARED_GOT + 8 * hart},
        {S11, HARTS_CLINT},
        {RV_CSR + CSR_pmpaddr0, UINT64_MAX},
        {RV_CSR + CSR_pmpcfg0, 0x1f},
        {RV_CSR + CSR_menvcfg, UINT64_C(1) << MENVCFG_ADUE | UINT64_C(1) << MENVCFG_STCE},
        {RV_CSR + CSR_mcounteren, 7},
        {RV_CSR + CSR_mideleg, 1u << RV_IRQ_STI}, /* ends a wait, and is not taken: SIE is 0 */
        {RV_CSR + CSR_stimecmp, UINT64_MAX},
        {RV_CSR + CSR_mtvec, PROGRAM_BASE + PROGRAM_HANDLER},
        {RV_CSR + CSR_mie, 1u << RV_IRQ_MSI | 1u << RV_IRQ_STI},
        {RV_CSR + CSR_satp, (UINT64_C(8) << 60) | PROGRAM_PAGE(5) >> PAGE_SHIFT},
        {MACHINE_PC, PROGRAM_PAGE(hart)},
        {MACHINE_MODE, RV_S},
    };
    for (unsigned i = 0; i < sizeof boot / sizeof *boot; i++)
        machine_set(m, boot[i].reg, boot[i].value);
    assert_int_equal(machine_get(m, RV_CSR + CSR_mhartid), hart);
}

static inline void harts_load_ending(struct machine *const cpu[HARTS], void (*end)(struct program *, unsigned hart))
{
    static uint8_t ram[PROGRAM_PAGES * PAGE_SIZE];
    const uint64_t data = SV_R | SV_W | SV_V | SV_A | SV_D;

    memset(ram, 0, sizeof ram);
    for (unsigned i = HARTS_FIRST_PAGE; i < PROGRAM_PAGES; i++)
        memset(ram + (size_t)i * PAGE_SIZE, (int)i, 8);
    for (unsigned n = 0; n < HARTS; n++) {
        struct program p = {0};
        harts_locks(&p);
        harts_tables(&p, n, end);
        if (n == 0)
            harts_handler(&p);
        memcpy(ram + (size_t)n * PAGE_SIZE, p.word, p.count * 4);
    }
    program_map(ram, 5, 0, pt_sv39.table(PROGRAM_PAGE(6)));
    program_map(ram, 5, 2, pt_sv39.table(PROGRAM_BASE) | data | SV_X);
    program_map(ram, 6, 2, pt_sv39.table(PROGRAM_PAGE(7)));
    program_map(ram, 6, 0, pt_sv39.table(0) | data); /* the finisher is there */
    program_map(ram, 6, HARTS_CLINT >> 21, pt_sv39.table(HARTS_CLINT) | data);
    assert_int_equal(machine_store(cpu[0], PROGRAM_BASE, ram, sizeof ram), 0);
    for (unsigned n = 0; n < HARTS; n++)
        harts_boot(cpu[n], n);
}

static inline void harts_load(struct harts *h) { harts_load_ending(h->cpu, harts_stop); }

#endif
