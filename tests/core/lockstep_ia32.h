/* lockstep_ia32.h - a kernel of IA-32 with a user program, loaded by hand, on two machines in lock step: the bare one, and a virtual one that
 * may have a fault.
 */
#ifndef TRAPEZE_TESTS_CORE_LOCKSTEP_IA32_H
#define TRAPEZE_TESTS_CORE_LOCKSTEP_IA32_H

#include "core/lockstep.h"
#include "devices/pc.h"
#include "tests/core/faults_ia32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Memory of the guest: flat segments, linear addresses are physical. */
enum { RAM = 1 << 20, GDT = 0x2000, IDT = 0x3000, TSS = 0x4000, STACK0 = 0x8ff0, STACK3 = 0x9ff0, COUNT = 0xa000, ERRORS = 0xa004 };
enum { KERNEL = 0x10000, CALL_HANDLER = 0x10100, FAULT_HANDLER = 0x10200, USER = 0x12000 };
enum { CODE0 = 0x08, DATA0 = 0x10, CODE3 = 0x18, DATA3 = 0x20, CLOSED = 0x28, CHANGING = 0x30, TASK = 0x38 };
enum { ROUNDS = 100, DEPTH = 2 };

static const uint8_t kernel[] = {
    0x6a, DATA3 | 3,                   /* push  ss of the user program */
    0x68, 0xf0,      0x9f, 0x00, 0x00, /* push  its esp */
    0x68, 0x02,      0x02, 0x00, 0x00, /* push  eflags, IF */
    0x6a, CODE3 | 3,                   /* push  cs */
    0x68, 0x00,      0x20, 0x01, 0x00, /* push  eip */
    0xcf,                              /* iret */
};
static const uint8_t call_handler[] = {
    0x1e,                                               /* push  ds */
    0xb8, DATA0,    0x00,     0x00, 0x00,               /* mov   eax, DATA0 */
    0x8e, 0xd8,                                         /* mov   ds, ax */
    0x80, 0x35,     CHANGING, 0x20, 0x00, 0x00, 0x10,   /* xor byte [GDT + CHANGING], 0x10: its limit */
    0xb8, CHANGING, 0x00,     0x00, 0x00,               /* mov   eax, CHANGING */
    0x8e, 0xe8,                                         /* mov   gs, ax */
    0xff, 0x05,     0x00,     0xa0, 0x00, 0x00,         /* inc   dword [COUNT] */
    0x83, 0x3d,     0x00,     0xa0, 0x00, 0x00, ROUNDS, /* cmp dword [COUNT], ROUNDS */
    0x74, 0x02,                                         /* je    the end */
    0x1f,                                               /* pop   ds */
    0xcf,                                               /* iret */
    0xfa, 0xf4,                                         /* cli; hlt */
};
static const uint8_t fault_handler[] = {
    0x58,                                     /* pop   eax, the error code */
    0x36, 0x01, 0x05, 0x04, 0xa0, 0x00, 0x00, /* add   [ss:ERRORS], eax: DS is null since the user program began */
    0x83, 0x04, 0x24, 0x02,                   /* add   dword [esp], 2: over the instruction */
    0xcf,                                     /* iret */
};
static const uint8_t user[] = {
    0xb8, DATA3 | 3, 0x00, 0x00, 0x00, /* mov   eax, DATA3 */
    0x8e, 0xc0,                        /* mov   es, ax */
    0xbb, CLOSED,    0x00, 0x00, 0x00, /* mov   ebx, CLOSED */
    0x8e, 0xe3,                        /* mov   fs, bx: #GP */
    0xcd, 0x80,                        /* int   0x80 */
    0xeb, 0xee,                        /* jmp   USER */
};

struct side {
    struct ram *ram;
    struct phys *phys;
    struct machine *machine[DEPTH + 1];
    unsigned depth;
    struct system *system;
    struct faulty_ia32 faulty;
};
struct bench {
    struct side side[LOCKSTEP_SIDES];
    unsigned depth;
    enum shadow_policy shadow;
    enum vmm_monitor monitor;
    unsigned ring;     /* as struct vm_config has it */
    uint32_t variants; /* of the CPU */
    plant_ia32 *plant;
    void (*change)(struct machine *); /* after loading; NULL: nothing */
    va_t before_pc;
    uint64_t max_insns; /* 0: a million */
    bool keeps;         /* what comes late is looked at from checkpoints */
    unsigned made, backs;
};

/* --- Loading */

static inline void put(struct machine *m, pa_t at, const void *from, size_t size)
{
    assert_int_equal(machine_store(m, at, from, size), 0);
}

static inline void descriptor(struct machine *m, unsigned selector, uint32_t base, uint32_t limit, unsigned access, unsigned flags)
{
    const uint32_t word[2] = {(limit & 0xffff) | base << 16, base >> 16 | access << 8 | (limit & 0xf0000) | flags << 20};
    put(m, GDT + selector, word, sizeof word);
}

static inline void gate(struct machine *m, unsigned vector, uint32_t offset, unsigned access)
{
    const uint32_t word[2] = {(uint32_t)CODE0 << 16 | offset, access << 8};
    _Static_assert(FAULT_HANDLER >> 16 == 1, "offsets have 17 bits");
    const uint32_t whole[2] = {(uint32_t)CODE0 << 16 | (offset & 0xffff), word[1] | (offset & 0xffff0000)};
    put(m, IDT + 8 * vector, whole, sizeof whole);
}

static inline void segment(struct machine *m, unsigned seg, unsigned selector, uint32_t base, uint32_t limit, unsigned rights)
{
    machine_set(m, IA_SEG + 4 * seg + IA_SELECTOR, selector);
    machine_set(m, IA_SEG + 4 * seg + IA_BASE, base);
    machine_set(m, IA_SEG + 4 * seg + IA_LIMIT, limit);
    machine_set(m, IA_SEG + 4 * seg + IA_RIGHTS, rights);
}

static inline void load_memory(struct machine *m)
{
    const uint32_t stack0[2] = {STACK0, DATA0};
    descriptor(m, CODE0, 0, 0xfffff, 0x9b, 0xc);
    descriptor(m, DATA0, 0, 0xfffff, 0x93, 0xc);
    descriptor(m, CODE3, 0, 0xfffff, 0xfb, 0xc);
    descriptor(m, DATA3, 0, 0xfffff, 0xf2, 0xc); /* not accessed yet */
    descriptor(m, CLOSED, 0, 0xfffff, 0x92, 0xc);
    descriptor(m, CHANGING, 0, 0xff, 0xf2, 0x4); /* of ring 3: it outlives an IRET to there */
    descriptor(m, TASK, TSS, 0x67, 0x8b, 0);
    gate(m, 0x80, CALL_HANDLER, 0xef);
    gate(m, IA_GP, FAULT_HANDLER, 0x8e);
    put(m, TSS + 4, stack0, sizeof stack0);
    put(m, KERNEL, kernel, sizeof kernel);
    put(m, CALL_HANDLER, call_handler, sizeof call_handler);
    put(m, FAULT_HANDLER, fault_handler, sizeof fault_handler);
    put(m, USER, user, sizeof user);
}

static inline void load(struct machine *m)
{
    load_memory(m);
    machine_set(m, MACHINE_MODE, IA_RING0);
    machine_set(m, IA_GDTR_BASE, GDT);
    machine_set(m, IA_GDTR_LIMIT, TASK + 7);
    machine_set(m, IA_IDTR_BASE, IDT);
    machine_set(m, IA_IDTR_LIMIT, 0x7ff);
    segment(m, IA_CS, CODE0, 0, UINT32_MAX, 0xc09b);
    for (unsigned seg = 0; seg < IA_SEGS; seg++)
        if (seg != IA_CS)
            segment(m, seg, DATA0, 0, UINT32_MAX, 0xc093);
    segment(m, IA_TR, TASK, TSS, 0x67, 0x8b);
    machine_set(m, IA_ESP, STACK0);
    machine_set(m, MACHINE_PC, KERNEL);
}

/* --- The two sides */

static inline void make_machines(struct bench *b, struct side *s, unsigned depth)
{
    struct ia32_config cpu = ia32_config_default;
    struct vm_config vm[DEPTH + 1];
    uint64_t size = RAM;
    struct error e;

    s->depth = depth;
    cpu.variants |= b->variants;
    for (unsigned level = depth; level > 0; level--) {
        vm[level] =
            (struct vm_config){.ram_size = size, .shadow = b->shadow, .monitor = b->monitor, .shadow_frames = 64, .ring = b->ring};
        size = vmm_host_bytes(&isa_ia32, &vm[level]);
    }
    assert_int_equal(ram_create(&s->ram, size), 0);
    assert_int_equal(phys_create(&s->phys), 0);
    assert_int_equal(phys_add_ram(s->phys, "ram", 0, size, s->ram, 0), 0);
    assert_int_equal(ia32_create(&s->machine[0], s->phys, NULL, &cpu), 0);
    for (unsigned level = 1; level <= depth; level++)
        if (vmm_create_vm(s->machine[level - 1], &vm[level], &s->machine[level], &e))
            fail_msg("%s", e.text);
}

static inline int make(void *opaque, unsigned side, struct lockstep_tap *tap, struct lockstep_side *out, struct error *e)
{
    struct bench *b = opaque;
    struct side *s = &b->side[side];
    struct pc_config board = {.ram_size = RAM, .console = lockstep_console(tap, (struct chardev){0})};

    make_machines(b, s, side == LOCKSTEP_BARE ? 0 : b->depth);
    b->made++;
    if (system_create(&s->system, s->machine[s->depth], pc_create, &board, 10, e))
        fail_msg("%s", e->text);
    load(s->machine[s->depth]);
    if (b->change)
        b->change(s->machine[s->depth]);
    if (side == LOCKSTEP_VIRTUAL && b->plant)
        faulty_plant(&s->faulty, vcpu_of(s->machine[s->depth]), b->plant);
    *out = (struct lockstep_side){.system = s->system, .ram_base = 0, .ram_size = RAM};
    return 0;
}

static inline void unmake(void *opaque, unsigned side)
{
    struct side *s = &((struct bench *)opaque)->side[side];

    system_destroy(s->system);
    for (unsigned i = s->depth + 1; i-- > 0;)
        machine_destroy(s->machine[i]);
    phys_destroy(s->phys);
    ram_destroy(s->ram);
}

static inline void before(void *opaque, const struct machine *bare)
{
    ((struct bench *)opaque)->before_pc = machine_get(bare, MACHINE_PC);
}

static inline int keep(void *opaque, unsigned side)
{
    (void)opaque, (void)side;
    return 0;
}

static inline void back(void *opaque, unsigned side)
{
    (void)side;
    ((struct bench *)opaque)->backs++;
}

static inline struct lockstep_report run(struct bench *b, uint64_t every)
{
    const struct lockstep_config c = {
        .maker = {.make = make, .unmake = unmake, .keep = b->keeps ? keep : NULL, .back = b->keeps ? back : NULL, .opaque = b},
        .every = every,
        .max_insns = b->max_insns ? b->max_insns : 1000000,
        .before = before,
        .opaque = b,
    };
    struct lockstep_report r;
    struct error e;

    if (lockstep_run(&c, &r, &e) != 0)
        fail_msg("%s", e.text);
    return r;
}

/* A kernel in one virtual machine, of the monitor that translates, until it waits. What is to be seen of it then is
 * for `look` to say. */
static inline void run_translated(void (*change)(struct machine *), plant_ia32 *plant, void (*look)(struct vcpu *, uint64_t retired))
{
    struct bench b = {.depth = 1, .monitor = VMM_TRANSLATE};
    struct side *side = &b.side[0];
    uint64_t retired = 0;
    struct trap t;

    make_machines(&b, side, 1);
    load(side->machine[1]);
    change(side->machine[1]);
    if (plant)
        faulty_plant(&side->faulty, vcpu_of(side->machine[1]), plant);
    do
        t = machine_run(side->machine[1], 1000, &retired);
    while (t.kind == TRAP_BUDGET || t.kind == TRAP_YIELD);
    assert_int_equal(t.kind, TRAP_WAIT);
    look(vcpu_of(side->machine[1]), retired);
    for (unsigned i = 2; i-- > 0;)
        machine_destroy(side->machine[i]);
    phys_destroy(side->phys);
    ram_destroy(side->ram);
}

/* --- Paging: the tables are at these places, and page I is at I, and may be written by all. */

enum { DIRECTORY = 0x50000, TABLE = 0x51000, PAGE = 0x80000, OTHER = 0x90000 };

static inline void page_in(struct machine *m)
{
    const uint32_t entry = TABLE | 7;
    put(m, DIRECTORY, &entry, sizeof entry);
    for (uint32_t page = 0; page < RAM >> PAGE_SHIFT; page++) {
        const uint32_t leaf = page << PAGE_SHIFT | 7;
        put(m, TABLE + 4 * page, &leaf, sizeof leaf);
    }
    machine_set(m, IA_CR3, DIRECTORY);
    machine_set(m, IA_CR0, machine_get(m, IA_CR0) | CR0_PG);
}

#endif
