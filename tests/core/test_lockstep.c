/* test_lockstep.c - two machines in lock step: equal where the VMM is right, and where it is wrong in one place (faults.h) the
 * divergence is found at the instruction that an observer of the bare machine alone says it must be.
 */
#include "core/checkpoint.h"
#include "core/lockstep.h"
#include "core/vmm/vmm.h"
#include "tests/core/faults.h"
#include "tests/core/program.h"

#include "core/theory/memory_pair.h"
#include "core/theory/tap.h"
#include "devices/drive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/virt.h"
#include "tests/ways.h"

enum { SRET = 0x10200073 };
enum { ROUNDS = 5, RAM = PROGRAM_PAGES * PAGE_SIZE, DEPTH = 3, FRAMES = 128 };

/* Time is instructions, so that a counter that is one off shows at once. */
static const struct riscv_config plain = {
    .sv48 = true, .svadu = true, .sstc = true, .asid_bits = 16, .pmp_entries = 16, .units_per_tick = 1, .reset_pc = PROGRAM_BASE};

typedef void plant_fn(struct faulty *, struct vcpu *);

struct bench_side {
    struct ram *ram;
    struct phys *phys;
    struct machine *machine[DEPTH + 1];
    unsigned depth;
    struct system *system;
    struct faulty faulty;
    struct checkpoints *store;
};

struct bench {
    struct bench_side side[LOCKSTEP_SIDES];
    unsigned depth;
    enum shadow_policy shadow;
    enum vmm_monitor monitor;
    plant_fn *plant; /* in the topmost VM */
    const char *disk;
    const char *from;  /* a checkpoint file to begin at, or NULL */
    bool scratch_disk; /* the virtual side's differs */
    bool printed;      /* likewise: it printed something before it began */
    bool other_device; /* likewise: the UART's scratch register */
    unsigned made, unmade;
    struct program *program; /* NULL: the supervisor program */
    va_t before_pc;
    uint64_t told;
    bool stop;
};

static struct vm_config vm_of_level(const struct bench *b, unsigned above)
{
    struct vm_config c = {
        .ram_base = PROGRAM_BASE, .ram_size = RAM, .shadow = b->shadow, .monitor = b->monitor, .shadow_frames = FRAMES};

    while (above-- > 0)
        c.ram_size = vmm_host_bytes(&c);
    return c;
}

static void load(struct bench *b, struct machine *m)
{
    if (!b->program) {
        program_load(m, ROUNDS);
        return;
    }
    assert_int_equal(machine_store(m, PROGRAM_BASE, b->program->word, b->program->count * 4), 0);
    machine_set(m, MACHINE_PC, PROGRAM_BASE);
}

static void make_machines(struct bench *b, struct bench_side *s, unsigned depth)
{
    struct vm_config whole = vm_of_level(b, depth);
    struct error e;

    s->depth = depth;
    assert_int_equal(ram_create(&s->ram, whole.ram_size), 0);
    assert_int_equal(phys_create(&s->phys), 0);
    assert_int_equal(phys_add_ram(s->phys, "ram", PROGRAM_BASE, whole.ram_size, s->ram, 0), 0);
    const struct riscv_config config = in_this_way(&plain);
    assert_int_equal(riscv_create(&s->machine[0], s->phys, &config), 0);
    for (unsigned i = 1; i <= depth; i++) {
        struct vm_config c = vm_of_level(b, depth - i);
        if (vmm_create_vm(s->machine[i - 1], &c, &s->machine[i], &e))
            fail_msg("%s", e.text);
    }
}

static int make(void *opaque, unsigned side, struct lockstep_tap *tap, struct lockstep_side *out, struct error *e)
{
    struct bench *b = opaque;
    struct bench_side *s = &b->side[side];
    struct virt_config board = {.ram_size = RAM, .harts = 1, .console = lockstep_console(tap, (struct chardev){0})};

    make_machines(b, s, side == LOCKSTEP_BARE ? 0 : b->depth);
    if (b->disk)
        board.drive[0] = (struct virt_drive){.path = b->disk, .snapshot = true};
    if (system_create(&s->system, s->machine[s->depth], virt_create, &board, plain.units_per_tick, e))
        fail_msg("%s", e->text);
    load(b, s->machine[s->depth]);
    if (b->from) {
        assert_int_equal(checkpoints_create(&s->store, s->system, &(struct checkpoints_config){0}, e), 0);
        if (checkpoint_read(s->store, b->from, "test", NULL, e) != 0)
            fail_msg("%s", e->text);
    }
    if (side == LOCKSTEP_VIRTUAL && b->plant)
        b->plant(&s->faulty, vcpu_of(s->machine[s->depth]));
    if (side == LOCKSTEP_VIRTUAL && b->scratch_disk)
        assert_int_equal(drive_write((struct drive *)(uintptr_t)board_drive(s->system->board, 0), 5000, "x", 1), 0);
    if (side == LOCKSTEP_VIRTUAL && b->printed)
        board.console.write(board.console.opaque, (const uint8_t *)"x", 1);
    if (side == LOCKSTEP_VIRTUAL && b->other_device)
        assert_true(phys_store(s->machine[s->depth]->phys, VIRT_UART + 7, 1, 0x5a));
    *out = (struct lockstep_side){.system = s->system, .ram_base = PROGRAM_BASE, .ram_size = RAM};
    b->made++;
    return 0;
}

static void unmake(void *opaque, unsigned side)
{
    struct bench *b = opaque;
    struct bench_side *s = &b->side[side];

    checkpoints_destroy(s->store);
    s->store = NULL;
    system_destroy(s->system);
    for (unsigned i = s->depth + 1; i-- > 0;)
        machine_destroy(s->machine[i]);
    phys_destroy(s->phys);
    ram_destroy(s->ram);
    b->unmade++;
}

static void before(void *opaque, const struct machine *bare) { ((struct bench *)opaque)->before_pc = machine_get(bare, MACHINE_PC); }

static bool progress(void *opaque, uint64_t retired)
{
    struct bench *b = opaque;
    b->told = retired;
    return !b->stop;
}

static struct lockstep_report run(struct bench *b, uint64_t every, uint64_t max)
{
    struct lockstep_config c = {.maker = {.make = make, .unmake = unmake, .opaque = b},
                                .every = every,
                                .max_insns = max,
                                .progress = progress,
                                .before = before,
                                .opaque = b};
    struct lockstep_report r;
    struct error e;

    if (lockstep_run(&c, &r, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(b->made, b->unmade);
    return r;
}

static void show(const struct lockstep_report *r)
{
    char why[512];

    lockstep_explain(r, r->row == INSN_NONE ? NULL : &isa_riscv.rows[r->row], why, sizeof why);
    print_message("  %llu..%llu pc %llx: %s\n", (unsigned long long)r->retired, (unsigned long long)r->seen, (unsigned long long)r->pc,
                  why);
    for (unsigned i = 0; i < r->differences && i < LOCKSTEP_DIFFERENCES; i++)
        print_message("    %s: %llx %llx\n", r->difference[i].name, (unsigned long long)r->difference[i].value[0],
                      (unsigned long long)r->difference[i].value[1]);
}

static bool names(const struct lockstep_report *r, const char *name)
{
    for (unsigned i = 0; i < r->differences && i < LOCKSTEP_DIFFERENCES; i++)
        if (strcmp(r->difference[i].name, name) == 0)
            return true;
    return false;
}

/* --- The oracle: the bare machine alone, told before each instruction of its own. */

struct oracle {
    struct bench bench;
    struct lockstep_side side;
    unsigned interrupts;
};

static bool note_trap(void *opaque, const struct trap *t, va_t pc)
{
    struct oracle *o = opaque;
    (void)pc;
    o->interrupts += t->kind == TRAP_INTERRUPT;
    return false;
}

static void oracle_begin(struct oracle *o, struct program *program)
{
    struct error e;
    struct bench_side *s = &o->bench.side[LOCKSTEP_BARE];
    struct virt_config board = {.ram_size = RAM, .harts = 1};

    *o = (struct oracle){.bench = {.program = program}};
    make_machines(&o->bench, s, 0);
    assert_int_equal(system_create(&s->system, s->machine[0], virt_create, &board, plain.units_per_tick, &e), 0);
    load(&o->bench, s->machine[0]);
    s->system->watch = (struct system_watch){.trap = note_trap, .opaque = o};
}

static struct machine *oracle_machine(const struct oracle *o) { return o->bench.side[0].machine[0]; }
static uint64_t oracle_retired(const struct oracle *o) { return o->bench.side[0].system->retired; }
static bool oracle_step(struct oracle *o) { return system_run(o->bench.side[0].system, 1).end == END_RUNNING; }
static void oracle_end(struct oracle *o) { unmake(&o->bench, LOCKSTEP_BARE); }

/* Kernel code lies at its physical address. */
static uint32_t word_at(const struct machine *m, va_t pc)
{
    uint32_t word = 0;
    (void)!machine_load(m, pc, &word, sizeof word);
    return word;
}

/* How many instructions have retired when the machine stands before the n-th one that is `word`. */
static uint64_t when_executes(struct program *program, uint32_t word, unsigned n)
{
    struct oracle o;
    uint64_t when = UINT64_MAX;

    oracle_begin(&o, program);
    do
        if (word_at(oracle_machine(&o), machine_get(oracle_machine(&o), MACHINE_PC)) == word && --n == 0)
            when = oracle_retired(&o);
    while (when == UINT64_MAX && oracle_step(&o));
    oracle_end(&o);
    assert_int_not_equal(when, UINT64_MAX);
    return when;
}

/* ... before the one that takes the n-th interrupt. */
static uint64_t when_interrupted(unsigned n)
{
    struct oracle o;
    uint64_t when;

    oracle_begin(&o, NULL);
    do
        when = oracle_retired(&o);
    while (oracle_step(&o) && o.interrupts < n);
    oracle_end(&o);
    return when;
}

/* ... before the SRET after which SPIE is set and was not. An interrupt that comes at once hides it. */
static uint64_t when_spie(void)
{
    struct oracle o;
    uint64_t when, status;
    uint32_t word;

    oracle_begin(&o, NULL);
    do {
        when = oracle_retired(&o);
        word = word_at(oracle_machine(&o), machine_get(oracle_machine(&o), MACHINE_PC));
        status = machine_get(oracle_machine(&o), RV_CSR + CSR_mstatus);
        (void)oracle_step(&o);
    } while (word != SRET || bits_get(status, MSTATUS_SPIE, 1) ||
             !(machine_get(oracle_machine(&o), RV_CSR + CSR_mstatus) >> MSTATUS_SPIE & 1));
    oracle_end(&o);
    return when;
}

/* ... before the one that sets D in the PTE at pa. */
static uint64_t when_dirty(pa_t pa)
{
    struct oracle o;
    uint64_t when, pte;

    oracle_begin(&o, NULL);
    do {
        when = oracle_retired(&o);
        (void)oracle_step(&o);
        assert_int_equal(machine_load(oracle_machine(&o), pa, &pte, sizeof pte), 0);
    } while (!(pte & SV_D));
    oracle_end(&o);
    return when;
}

/* --- Equal */

static void test_equal(void **state)
{
    static const uint64_t every[] = {1, 2, 63, 64, 1000, 1000000};
    uint64_t retired = 0;

    (void)state;
    for (unsigned depth = 1; depth <= DEPTH; depth++)
        for (unsigned i = 0; i < sizeof every / sizeof *every; i++) {
            struct bench b = {.depth = depth, .shadow = i % 2 ? SHADOW_TRACE : SHADOW_FLUSH};
            struct lockstep_report r = run(&b, every[i], UINT64_MAX);
            if (r.verdict != LOCKSTEP_EQUAL)
                show(&r);
            assert_int_equal(r.verdict, LOCKSTEP_EQUAL);
            assert_int_equal(r.result[0].end, END_STUCK); /* its last ebreak finds no handler */
            assert_int_equal(r.result[1].end, END_STUCK);
            assert_true(retired == 0 || r.retired == retired);
            assert_true(r.traps > ROUNDS && r.accesses == 2 * ROUNDS && r.pages > 0 && r.comparisons > 0);
            retired = r.retired;
            assert_int_equal(b.made, 2);
        }
}

static void test_hybrid_equal(void **state)
{
    struct bench b = {.depth = 1, .monitor = VMM_HYBRID};

    (void)state;
    assert_int_equal(run(&b, 1, UINT64_MAX).verdict, LOCKSTEP_EQUAL);
}

static void test_limit_and_stop(void **state)
{
    struct bench b = {.depth = 1}, stopped = {.depth = 1, .stop = true};
    struct program forever = {0};

    (void)state;
    emit(&forever, 0x0000006f); /* j . */
    b.program = stopped.program = &forever;
    struct lockstep_report r = run(&b, 1, 123);
    assert_int_equal(r.verdict, LOCKSTEP_LIMIT);
    assert_int_equal(r.retired, 123);
    r = run(&b, 1000, 3000000);
    assert_int_equal(r.verdict, LOCKSTEP_LIMIT);
    assert_int_equal(r.retired, 3000000);
    assert_true(b.told >= 2500000);
    r = run(&stopped, 1000, UINT64_MAX);
    assert_int_equal(r.verdict, LOCKSTEP_INTERRUPTED);
    assert_int_equal(r.retired, stopped.told);
}

/* --- Seeded faults. Found at `when`, however far apart the looks are, at any depth and under both policies. */

static const uint64_t lasting[] = {1, 7, 1000, 1000000}, passing[] = {1, 2, 3, 1}; /* what leaves no trace must be looked for */

static struct lockstep_report caught(plant_fn *plant, enum shadow_policy shadow, uint64_t when, const uint64_t every[4])
{
    struct lockstep_report r = {0};

    for (unsigned depth = 1; depth <= 2; depth++)
        for (unsigned i = 0; i < 4; i++) {
            struct bench b = {.depth = depth, .shadow = shadow, .plant = plant};
            r = run(&b, every[i], UINT64_MAX);
            if (i == 0 && depth == 1)
                show(&r);
            assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
            assert_true(r.exact);
            assert_int_equal(r.retired, when);
            assert_int_equal(r.seen, when + 1);
            assert_true(r.differences > 0);
            assert_int_equal(r.pc, b.before_pc);
        }
    return r;
}

static void explains(const struct lockstep_report *r, const struct insn_desc *row, const char *words)
{
    char why[512];

    lockstep_explain(r, row, why, sizeof why);
    if (!strstr(why, words))
        fail_msg("'%s' is not in: %s", words, why);
}

static void test_side_effect(void **state)
{
    struct lockstep_report r = caught(fault_side_effect, SHADOW_FLUSH, when_spie(), lasting);

    (void)state;
    assert_true(names(&r, "mstatus.SPIE"));
    assert_int_equal(r.row, RV_INSN_sret);
    assert_int_equal(r.doing[LOCKSTEP_VIRTUAL].v_i, RV_INSN_sret);
    assert_int_equal(r.doing[LOCKSTEP_BARE].traps, 0);
    explains(&r, &isa_riscv.rows[r.row], "sret trapped to the VMM, as it should, and its v_i");
}

static void test_leaf(void **state)
{
    struct lockstep_report r = caught(fault_leaf, SHADOW_FLUSH, when_dirty(PROGRAM_PAGE(5) + 2 * 8), lasting);
    char name[40];

    (void)state;
    snprintf(name, sizeof name, "memory at 0x%llx", (unsigned long long)PROGRAM_PAGE(5) + 16);
    assert_true(names(&r, name));
    assert_int_equal(r.difference[0].value[0] ^ r.difference[0].value[1], SV_D);
    explains(&r, &isa_riscv.rows[RV_INSN_sd], "wrong shadow leaf");
}

static void test_interrupt(void **state)
{
    struct lockstep_report r = caught(fault_interrupt, SHADOW_TRACE, when_interrupted(FAULT_INTERRUPT), passing);

    (void)state;
    assert_true(r.doing[LOCKSTEP_BARE].traps > 0);
    assert_int_equal(r.doing[LOCKSTEP_BARE].trap[0].kind, TRAP_INTERRUPT);
    assert_int_equal(r.doing[LOCKSTEP_BARE].trap[0].cause, RV_IRQ_STI);
    assert_int_equal(r.doing[LOCKSTEP_VIRTUAL].traps, 0);
    assert_true(names(&r, "mode") && names(&r, "traps delivered"));
    explains(&r, NULL, "The bare machine took interrupt 5 here, the virtual one no trap");
}

static void test_fence(void **state)
{
    uint32_t load = i_type(0x03, 3, T0, S4, 24); /* of the page that was mapped anew: the second time something stale is there */
    struct lockstep_report r = caught(fault_fence, SHADOW_FLUSH, when_executes(NULL, load, 2), lasting);

    (void)state;
    assert_true(names(&r, "t0"));
    explains(&r, &isa_riscv.rows[RV_INSN_ld], "ld ran directly, and nothing should have trapped");
}

static void test_counter(void **state)
{
    uint32_t read = i_type(0x73, 2, T1, ZERO, CSR_time);
    struct lockstep_report r = caught(fault_counter, SHADOW_FLUSH, when_executes(NULL, read, 1), lasting);

    (void)state;
    assert_true(names(&r, "t1") && r.differences == 1);
    assert_int_equal(r.doing[LOCKSTEP_VIRTUAL].vmm_traps, 0);
    explains(&r, &isa_riscv.rows[RV_INSN_csrrs], "csrrs is sensitive and did not trap");
}

static void test_silent_write(void **state)
{
    struct lockstep_report r = caught(fault_silent, SHADOW_FLUSH, when_executes(NULL, SRET, FAULT_SILENT), lasting);

    (void)state;
    assert_int_equal(r.differences, 1);
    assert_int_equal(r.difference[0].kind, DIFFERS_MEMORY);
    assert_int_equal(r.difference[0].value[0] ^ r.difference[0].value[1], UINT64_C(1) << 40);
}

/* Neither a trap nor an instruction gives a reason to look at sscratch. D looks for interrupts after the instruction, too. */
static void test_whim(void **state)
{
    struct lockstep_report r = caught(fault_whim, SHADOW_FLUSH, FAULT_WHIM - 1, passing);

    (void)state;
    assert_true(names(&r, "sscratch") && r.differences == 1);
}

static void test_stop(void **state)
{
    struct lockstep_report r = caught(fault_stop, SHADOW_FLUSH, when_executes(NULL, SRET, 1), lasting);

    (void)state;
    assert_true(names(&r, "end"));
    assert_int_equal(r.result[LOCKSTEP_VIRTUAL].end, END_STOPPED);
    explains(&r, NULL, "The VMM stopped the guest: a fault was planted here");
}

/* What depends on how long the machine runs at once is seen, and said not to be one instruction's doing. */
static void test_timer(void **state)
{
    struct bench b = {.depth = 1, .plant = fault_timer}, stepped = {.depth = 1, .plant = fault_timer};
    struct lockstep_report r = run(&b, 1000000, UINT64_MAX);

    (void)state;
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_false(r.exact);
    explains(&r, NULL, "depends on how they are run");
    assert_int_equal(run(&stepped, 1, UINT64_MAX).verdict, LOCKSTEP_EQUAL);
}

/* --- What registers and memory do not show */

/* The device answers, and nobody keeps the answer: only what was asked can differ. */
static void test_device(void **state)
{
    struct program p = {0};
    struct bench b = {.depth = 1, .program = &p};

    (void)state;
    emit(&p, 0x100002b7);                   /* lui t0, 0x10000: the UART */
    emit(&p, i_type(0x03, 4, ZERO, T0, 7)); /* lbu zero, 7(t0) */
    addi(&p, T1, ZERO, 65);
    emit(&p, s_type(0, T0, T1, 0)); /* sb t1, 0(t0): "A" */
    emit(&p, 0x0000006f);
    struct lockstep_report r = run(&b, 1, 100);
    assert_int_equal(r.verdict, LOCKSTEP_LIMIT);
    assert_int_equal(r.accesses, 2);
    assert_int_equal(r.output, 1);
    b.other_device = true;
    r = run(&b, 1, 100);
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_int_equal(r.retired, 1);
    assert_int_equal(r.differences, 1);
    assert_true(names(&r, "device accesses, digest"));
}

/* What the first states differ in is no instruction's doing. */
static void test_first_state(void **state)
{
    struct bench b = {.depth = 1, .printed = true};
    struct lockstep_report r = run(&b, 1, UINT64_MAX);

    (void)state;
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_false(r.exact);
    assert_true(r.retired == 0 && r.seen == 0);
    assert_true(names(&r, "console output") && r.differences == 1);
    explains(&r, NULL, "before the first instruction");
}

static bool reads_time(uint32_t word) { return (word & 0xfffff07f) == (i_type(0x73, 2, 0, ZERO, CSR_time)); }

/* Both begin where a third machine stood, and count on from there. */
static void test_from_checkpoint(void **state)
{
    enum { BEGIN = 500 };
    char path[] = "/tmp/trapeze-lockstep-XXXXXX";
    int fd = mkstemp(path);
    struct bench b = {.depth = 2, .from = path}, wrong = {.depth = 1, .from = path, .plant = fault_counter};
    struct checkpoints *store;
    struct checkpoint *c;
    struct oracle o;
    struct error e;

    (void)state;
    oracle_begin(&o, NULL);
    while (oracle_retired(&o) < BEGIN)
        assert_true(oracle_step(&o));
    assert_int_equal(checkpoints_create(&store, o.bench.side[0].system, &(struct checkpoints_config){0}, &e), 0);
    assert_int_equal(checkpoint_take(store, true, &c, &e), 0);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(checkpoint_write(store, c, f, path, "test", &e), 0);
    assert_int_equal(fclose(f), 0);
    uint64_t when = 0; /* the clock is read first, by the program or by its handler */
    do
        if (when == 0 && reads_time(word_at(oracle_machine(&o), machine_get(oracle_machine(&o), MACHINE_PC))))
            when = oracle_retired(&o);
    while (oracle_step(&o));
    struct lockstep_report r = run(&b, 1, UINT64_MAX);
    assert_int_equal(r.verdict, LOCKSTEP_EQUAL);
    assert_int_equal(r.retired, oracle_retired(&o));
    r = run(&wrong, 1000000, UINT64_MAX);
    checkpoints_destroy(store);
    oracle_end(&o);
    close(fd);
    unlink(path);
    assert_true(r.verdict == LOCKSTEP_DIVERGED && r.exact);
    assert_int_equal(r.retired, when);
}

/* Registers by the block are those one by one, for whoever asks. */
static void blocks_equal(const struct machine *m)
{
    uint64_t block[80];

    for (unsigned first = 0; first < 70; first++)
        for (unsigned count = 0; count < 10; count++) {
            machine_get_block(m, first, count, block);
            for (unsigned i = 0; i < count; i++)
                assert_int_equal(block[i], machine_get(m, first + i));
        }
    machine_get_block(m, 0, 64, block);
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(block[i], i ? machine_get(m, i) : 0);
}

static void test_blocks(void **state)
{
    struct bench b = {.depth = 2};
    struct lockstep_side out;
    struct lockstep_tap *none = calloc(1, sizeof *none);
    struct error e;
    uint64_t retired = 0;

    (void)state;
    assert_int_equal(make(&b, LOCKSTEP_VIRTUAL, none, &out, &e), 0);
    for (unsigned level = 0; level <= 2; level++) {
        struct machine *m = b.side[LOCKSTEP_VIRTUAL].machine[level];
        if (level == 2) /* before the machines below are its own, and after */
            blocks_equal(m);
        for (unsigned i = 1; level < 2 && i < 64; i++)
            machine_set(m, i, 1000 * (level + 1) + i);
        blocks_equal(m);
    }
    (void)machine_run(b.side[LOCKSTEP_VIRTUAL].machine[2], 500, &retired).kind;
    for (unsigned level = 0; level <= 2; level++)
        blocks_equal(b.side[LOCKSTEP_VIRTUAL].machine[level]);
    unmake(&b, LOCKSTEP_VIRTUAL);
    free(none);
}

static void test_disk(void **state)
{
    char path[] = "/tmp/trapeze-lockstep-XXXXXX";
    int fd = mkstemp(path);
    struct program p = {0};
    struct bench same = {.depth = 1, .program = &p, .disk = path},
                 other = {.depth = 1, .program = &p, .disk = path, .scratch_disk = true};

    (void)state;
    assert_true(fd >= 0 && ftruncate(fd, 64 << 10) == 0);
    for (unsigned i = 0; i < 10; i++)
        addi(&p, T1, T1, 1);
    emit(&p, 0x100012b7);                 /* lui t0, 0x10001: the first virtio slot */
    emit(&p, i_type(0x03, 2, T2, T0, 0)); /* lw t2, 0(t0) */
    emit(&p, 0x0000006f);
    assert_int_equal(run(&same, 1, 100).verdict, LOCKSTEP_LIMIT);
    struct lockstep_report r = run(&other, 1, 100);
    close(fd);
    unlink(path);
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_int_equal(r.retired, 11); /* when it first spoke to a device */
    assert_true(names(&r, "contents of drive 0, at byte"));
    assert_int_equal(r.difference[0].value[0], 4096);
}

/* --- Memory by pages */

static void memory_of(struct ram **ram, struct phys **phys, unsigned pages)
{
    assert_int_equal(ram_create(ram, (uint64_t)pages << PAGE_SHIFT), 0);
    assert_int_equal(phys_create(phys), 0);
    assert_int_equal(phys_add_ram(*phys, "ram", PROGRAM_BASE, (uint64_t)pages << PAGE_SHIFT, *ram, 0), 0);
}

static void write_both(struct phys *const phys[2], pa_t pa, uint64_t value)
{
    assert_true(phys_store(phys[0], pa, 8, value));
    assert_true(phys_store(phys[1], pa, 8, value));
}

static void test_memory_pair(void **state)
{
    (void)state;
    for (unsigned often = 0; often < 2; often++) {
        struct ram *ram[2];
        struct phys *phys[2];
        struct memory_pair *p;
        struct memory_difference d[2];
        for (unsigned i = 0; i < 2; i++)
            memory_of(&ram[i], &phys[i], 700);
        assert_int_equal(memory_pair_create(&p, phys, PROGRAM_BASE, 700 * PAGE_SIZE, often), 0);
        assert_true(memory_pair_look(p));
        write_both(phys, PROGRAM_PAGE(3) + 8, 1);
        write_both(phys, PROGRAM_PAGE(600), 1);
        assert_true(memory_pair_look(p));
        assert_int_equal(memory_pair_pages(p), 2);
        assert_true(memory_pair_look(p)); /* nothing was written */
        assert_int_equal(memory_pair_pages(p), 2);
        for (unsigned side = 0; side < 2; side++) { /* on one side alone */
            assert_true(phys_store(phys[side], PROGRAM_PAGE(699) + 4088, 8, 7 + side));
            assert_false(memory_pair_look(p));
            assert_false(memory_pair_look_at_all(p));
            assert_int_equal(memory_pair_differences(p, d, 2), 1);
            assert_int_equal(d[0].offset, 699 * PAGE_SIZE + 4088);
            assert_int_equal(d[0].value[side], 7 + side);
            write_both(phys, PROGRAM_PAGE(699) + 4088, 0);
            assert_true(memory_pair_look(p));
        }
        ram_host(ram[1])[1] = 1; /* and nobody says so */
        assert_true(memory_pair_look(p));
        assert_false(memory_pair_look_at_all(p));
        memory_pair_destroy(p);
        for (unsigned i = 0; i < 2; i++) {
            assert_false(ram_is_marked(ram[i], 0));
            phys_destroy(phys[i]);
            ram_destroy(ram[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_pair),    cmocka_unit_test(test_equal),       cmocka_unit_test(test_hybrid_equal),
        cmocka_unit_test(test_limit_and_stop), cmocka_unit_test(test_side_effect), cmocka_unit_test(test_leaf),
        cmocka_unit_test(test_interrupt),      cmocka_unit_test(test_fence),       cmocka_unit_test(test_counter),
        cmocka_unit_test(test_silent_write),   cmocka_unit_test(test_stop),        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_device),         cmocka_unit_test(test_disk),        cmocka_unit_test(test_whim),
        cmocka_unit_test(test_first_state),    cmocka_unit_test(test_blocks),      cmocka_unit_test(test_from_checkpoint),
    };
    return run_in_every_way(tests);
}
