/* lockstep_rig.h - two machines in lock step, one of them wrong in one place, and the observer who knows where it must show. */
#ifndef TRAPEZE_TESTS_CORE_LOCKSTEP_RIG_H
#define TRAPEZE_TESTS_CORE_LOCKSTEP_RIG_H

#include "core/checkpoint.h"
#include "core/lockstep.h"
#include "core/theory/memory_pair.h"
#include "core/theory/tap.h"
#include "core/vmm/vmm.h"
#include "devices/drive.h"
#include "devices/virt.h"
#include "tests/core/faults.h"
#include "tests/core/program.h"
#include "tests/ways.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

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
    struct program *program;         /* NULL: the supervisor program */
    void (*boot)(struct system *);   /* what is loaded in its place; NULL: nothing */
    unsigned pages;                  /* of RAM; 0: as the program has */
    const struct riscv_config *hart; /* NULL: plain */
    unsigned frames;                 /* for shadow tables; 0: plenty */
    const uint8_t *image;            /* all of RAM, in place of a program; NULL: none */
    const unsigned *ways;            /* of either side (ways.h); NULL: this way */
    va_t before_pc;
    uint64_t told;
    bool stop;
    unsigned ends_at, asked; /* ends() says so when it is asked for the n-th time; 0: never */
};

static inline uint64_t ram_of(const struct bench *b) { return b->pages ? (uint64_t)b->pages * PAGE_SIZE : RAM; }

static inline const struct riscv_config *hart_of(const struct bench *b) { return b->hart ? b->hart : &plain; }

static inline struct vm_config vm_of_level(const struct bench *b, unsigned above)
{
    struct vm_config c = {.ram_base = PROGRAM_BASE,
                          .ram_size = ram_of(b),
                          .shadow = b->shadow,
                          .monitor = b->monitor,
                          .shadow_frames = b->frames ? b->frames : FRAMES};

    while (above-- > 0)
        c.ram_size = vmm_host_bytes(&isa_riscv, &c);
    return c;
}

static inline void load(struct bench *b, struct machine *m)
{
    if (b->image) {
        assert_int_equal(machine_store(m, PROGRAM_BASE, b->image, ram_of(b)), 0);
        machine_set(m, MACHINE_PC, PROGRAM_BASE);
        return;
    }
    if (!b->program) {
        program_load(m, ROUNDS);
        return;
    }
    assert_int_equal(machine_store(m, PROGRAM_BASE, b->program->word, b->program->count * 4), 0);
    machine_set(m, MACHINE_PC, PROGRAM_BASE);
}

static inline void make_machines(struct bench *b, struct bench_side *s, unsigned depth)
{
    struct vm_config whole = vm_of_level(b, depth);
    struct error e;

    s->depth = depth;
    assert_int_equal(ram_create(&s->ram, whole.ram_size), 0);
    assert_int_equal(phys_create(&s->phys), 0);
    assert_int_equal(phys_add_ram(s->phys, "ram", PROGRAM_BASE, whole.ram_size, s->ram, 0), 0);
    assert_int_equal(create_in_this_way(&s->machine[0], s->phys, hart_of(b)), 0);
    for (unsigned i = 1; i <= depth; i++) {
        struct vm_config c = vm_of_level(b, depth - i);
        if (vmm_create_vm(s->machine[i - 1], &c, &s->machine[i], &e))
            fail_msg("%s", e.text);
    }
}

static inline int make(void *opaque, unsigned side, struct lockstep_tap *tap, struct lockstep_side *out, struct error *e)
{
    struct bench *b = opaque;
    struct bench_side *s = &b->side[side];
    struct virt_config board = {.ram_size = ram_of(b),
                                .harts = 1,
                                .isa = b->boot ? "rv64imafdc" : NULL,
                                .mmu_type = b->boot ? "riscv,sv48" : NULL,
                                .console = lockstep_console(tap, (struct chardev){0})};

    if (b->ways)
        this_way = b->ways[side];
    make_machines(b, s, side == LOCKSTEP_BARE ? 0 : b->depth);
    if (b->disk)
        board.drive[0] = (struct virt_drive){.path = b->disk, .snapshot = true};
    if (system_create(&s->system, s->machine[s->depth], virt_create, &board, hart_of(b)->units_per_tick, e))
        fail_msg("%s", e->text);
    if (b->boot)
        b->boot(s->system);
    else
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
    *out = (struct lockstep_side){.system = s->system, .ram_base = PROGRAM_BASE, .ram_size = ram_of(b)};
    b->made++;
    return 0;
}

static inline void unmake(void *opaque, unsigned side)
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

static inline void before(void *opaque, const struct machine *bare)
{
    ((struct bench *)opaque)->before_pc = machine_get(bare, MACHINE_PC);
}

static inline bool progress(void *opaque, uint64_t retired)
{
    struct bench *b = opaque;
    b->told = retired;
    return !b->stop;
}

static inline bool ends(void *opaque)
{
    struct bench *b = opaque;
    return b->ends_at && ++b->asked >= b->ends_at;
}

/* Nothing is outside of the systems. */
static inline int keep(void *opaque, unsigned side)
{
    (void)opaque, (void)side;
    return 0;
}
static inline void back(void *opaque, unsigned side) { (void)opaque, (void)side; }

static inline struct lockstep_report run(struct bench *b, uint64_t every, uint64_t max)
{
    struct lockstep_config c = {.maker = {.make = make, .unmake = unmake, .keep = keep, .back = back, .opaque = b},
                                .far = every % 2 ? 8 : 0, /* often from checkpoints */
                                .every = every,
                                .max_insns = max,
                                .progress = progress,
                                .ends = ends,
                                .before = before,
                                .opaque = b};
    struct lockstep_report r;
    struct error e;

    if (lockstep_run(&c, &r, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(b->made, b->unmade);
    return r;
}

static inline bool names(const struct lockstep_report *r, const char *name)
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

static inline bool note_trap(void *opaque, const struct trap *t, va_t pc)
{
    struct oracle *o = opaque;
    (void)pc;
    o->interrupts += t->kind == TRAP_INTERRUPT;
    return false;
}

static inline void oracle_begin(struct oracle *o, struct program *program)
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

static inline struct machine *oracle_machine(const struct oracle *o) { return o->bench.side[0].machine[0]; }
static inline uint64_t oracle_retired(const struct oracle *o) { return o->bench.side[0].system->retired; }
static inline bool oracle_step(struct oracle *o) { return system_run(o->bench.side[0].system, 1).end == END_RUNNING; }
static inline void oracle_end(struct oracle *o) { unmake(&o->bench, LOCKSTEP_BARE); }

/* Kernel code lies at its physical address. */
static inline uint32_t word_at(const struct machine *m, va_t pc)
{
    uint32_t word = 0;
    (void)!machine_load(m, pc, &word, sizeof word);
    return word;
}

static inline void explains(const struct lockstep_report *r, const struct insn_desc *row, const char *words)
{
    char why[512];

    lockstep_explain(r, row, why, sizeof why);
    if (!strstr(why, words))
        fail_msg("'%s' is not in: %s", words, why);
}

#endif
