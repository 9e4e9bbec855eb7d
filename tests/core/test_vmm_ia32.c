/* test_vmm_ia32.c - virtual machines on IA-32, by the courses of whole guests: neighbours on one host take the course that each takes alone;
 * a program in virtual-8086 mode, which the monitor's own interpreter runs, and its kernel, which runs directly, take that of the bare machine.
 */
#include "core/boot_ia32.h"
#include "core/lockstep.h"
#include "core/vmm/vmm.h"
#include "devices/pc.h"
#include "guests.h"
#include "isa/ia32.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { DEPTH = 2, NEIGHBOURS = 3 };

/* --- Neighbours */

enum { PC_RAM = 16 << 20 };

struct neighbour {
    struct machine *vm;
    struct system *system;
    char output[1024];
    size_t count;
};
struct house {
    struct ram *ram;
    struct phys *phys;
    struct machine *host;
    struct neighbour at[NEIGHBOURS];
};

static void console_write(void *opaque, const uint8_t *bytes, size_t count)
{
    struct neighbour *n = opaque;
    assert_true(count <= sizeof n->output - n->count);
    memcpy(n->output + n->count, bytes, count);
    n->count += count;
}
static size_t console_read(void *opaque, uint8_t *bytes, size_t room) { return (void)opaque, (void)bytes, (void)room, 0; }

/* They differ in what the VMM does for them. */
static struct vm_config config_of(unsigned i)
{
    return (struct vm_config){.ram_size = PC_RAM,
                              .shadow = i == 1 ? SHADOW_TRACE : SHADOW_FLUSH,
                              .monitor = i == 2 ? VMM_HYBRID : VMM_TRAP,
                              .shadow_frames = 256};
}

static void neighbour_open(struct house *h, unsigned i)
{
    struct neighbour *n = &h->at[i];
    const struct vm_config vm = config_of(i);
    const struct pc_config board = {.ram_size = PC_RAM, .console = {.write = console_write, .read = console_read, .opaque = n}};
    const struct boot_config boot = {
        .kernel = "pc", .kernel_data = trapeze_guest_pc, .kernel_size = trapeze_guest_pc_size, .append = "ticks fault off"};
    struct booted booted;
    struct error e;
    if (vmm_create_vm(h->host, &vm, &n->vm, &e) || system_create(&n->system, n->vm, pc_create, &board, 10, &e) ||
        boot_ia32(n->system, &boot, &booted, &e))
        fail_msg("%s", e.text);
}

static void house_open(struct house *h, unsigned first, unsigned end)
{
    memset(h, 0, sizeof *h);
    uint64_t size = 0;
    for (unsigned i = 0; i < NEIGHBOURS; i++) {
        const struct vm_config vm = config_of(i);
        size += vmm_host_bytes(&isa_ia32, &vm);
    }
    assert_int_equal(ram_create(&h->ram, size), 0);
    assert_int_equal(phys_create(&h->phys), 0);
    assert_int_equal(phys_add_ram(h->phys, "ram", 0, size, h->ram, 0), 0);
    assert_int_equal(ia32_create(&h->host, h->phys, NULL, &ia32_config_default), 0);
    for (unsigned i = first; i < end; i++)
        neighbour_open(h, i);
}

static void house_close(struct house *h)
{
    for (unsigned i = 0; i < NEIGHBOURS; i++) {
        system_destroy(h->at[i].system);
        machine_destroy(h->at[i].vm);
    }
    machine_destroy(h->host);
    phys_destroy(h->phys);
    ram_destroy(h->ram);
}

/* In turns, until all have ended. */
static void house_run(struct house *h, uint64_t turn)
{
    for (bool goes = true; goes;) {
        goes = false;
        for (unsigned i = 0; i < NEIGHBOURS; i++)
            if (h->at[i].system && !h->at[i].system->ended) {
                (void)system_run(h->at[i].system, turn);
                assert_true(h->at[i].system->retired < 1000000); /* it ends long before */
                goes = true;
            }
    }
}

static void same_course(const struct neighbour *a, const struct neighbour *b)
{
    assert_int_equal(a->system->result.end, END_POWEROFF);
    assert_int_equal(b->system->result.end, END_POWEROFF);
    assert_int_equal(a->system->retired, b->system->retired);
    assert_int_equal(machine_get(a->vm, MACHINE_CLOCK), machine_get(b->vm, MACHINE_CLOCK));
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->output, b->output, a->count);
    for (unsigned n = 0; n < isa_ia32.reg_count; n++)
        if (machine_get(a->vm, isa_ia32.regs[n].reg) != machine_get(b->vm, isa_ia32.regs[n].reg))
            fail_msg("%s differs", isa_ia32.regs[n].name);
}

static void test_neighbours(void **state)
{
    static const uint64_t turns[] = {1, 97, 5000};
    static struct house alone[NEIGHBOURS], together;
    (void)state;
    for (unsigned i = 0; i < NEIGHBOURS; i++) {
        house_open(&alone[i], i, i + 1);
        house_run(&alone[i], 10000);
        assert_true(alone[i].at[i].count > 0);
    }
    for (unsigned t = 0; t < sizeof turns / sizeof *turns; t++) {
        house_open(&together, 0, NEIGHBOURS);
        house_run(&together, turns[t]);
        for (unsigned i = 0; i < NEIGHBOURS; i++)
            same_course(&alone[i].at[i], &together.at[i]);
        house_close(&together);
    }
    for (unsigned i = 0; i < NEIGHBOURS; i++)
        house_close(&alone[i]);
}

/* --- Virtual-8086 mode. Flat segments; linear addresses are physical. */

enum { RAM = 1 << 20, GDT = 0x2000, IDT = 0x3000, TSS = 0x4000, STACK0 = 0x8ff0, KERNEL = 0x10000, HANDLER = 0x10100, V86 = 0x20000 };
enum { CODE0 = 0x08, DATA0 = 0x10, TASK = 0x18, ROUNDS = 50, CALL = 0x80 };

#define PUSH(low, high) 0x68, low, high, 0, 0
static const uint8_t kernel[] = {
    PUSH(0x00, 0x30), /* gs */
    PUSH(0x00, 0x30), /* fs */
    PUSH(0x00, 0x30), /* ds */
    PUSH(0x00, 0x30), /* es */
    PUSH(0x00, 0x40), /* ss */
    PUSH(0xf0, 0xff), /* esp */
    0x68,
    0x02,
    0x32,
    0x02,
    0x00,                  /* eflags: VM, IOPL 3, IF */
    PUSH(0x00, V86 >> 12), /* cs */
    PUSH(0x00, 0x00),      /* eip */
    0xcf,                  /* iret */
};
static const uint8_t handler[] = {
    0xb8, DATA0, 0x00, 0x00, 0x00,               /* mov   eax, DATA0 */
    0x8e, 0xd8,                                  /* mov   ds, ax */
    0xff, 0x05,  0x00, 0xa0, 0x00, 0x00,         /* inc   dword [0xa000] */
    0x83, 0x3d,  0x00, 0xa0, 0x00, 0x00, ROUNDS, /* cmp   dword [0xa000], ROUNDS */
    0x74, 0x01,                                  /* je    the end */
    0xcf,                                        /* iret */
    0xfa, 0xf4,                                  /* cli; hlt */
};
static const uint8_t v86[] = {
    0xb8, 0x00, 0x30,                   /* mov   ax, 0x3000 */
    0x8e, 0xd8,                         /* mov   ds, ax */
    0xc7, 0x06, 0x00, 0x00, 0x34, 0x12, /* mov   word [0], 0x1234 */
    0xff, 0x06, 0x00, 0x00,             /* inc   word [0] */
    0x9c,                               /* pushf */
    0x5b,                               /* pop   bx */
    0xcd, CALL,                         /* int   CALL */
    0xeb, 0xeb,                         /* jmp   back */
};

struct side {
    struct ram *ram;
    struct phys *phys;
    struct machine *machine[DEPTH + 1];
    unsigned depth;
    struct system *system;
};
struct bench {
    struct side side[LOCKSTEP_SIDES];
    unsigned depth;
};

static void put(struct machine *m, pa_t at, const void *from, size_t size) { assert_int_equal(machine_store(m, at, from, size), 0); }

static void descriptor(struct machine *m, unsigned selector, uint32_t base, uint32_t limit, unsigned access, unsigned flags)
{
    const uint32_t word[2] = {(limit & 0xffff) | base << 16, base >> 16 | access << 8 | (limit & 0xf0000) | flags << 20};
    put(m, GDT + selector, word, sizeof word);
}

static void segment(struct machine *m, unsigned seg, unsigned selector, uint32_t base, uint32_t limit, unsigned rights)
{
    const unsigned value[] = {selector, base, limit, rights};
    for (unsigned part = 0; part < 4; part++)
        machine_set(m, IA_SEG + 4 * seg + part, value[part]);
}

static void load(struct machine *m)
{
    const uint32_t stack0[2] = {STACK0, DATA0},
                   gate[2] = {(uint32_t)CODE0 << 16 | (HANDLER & 0xffff), (HANDLER & 0xffff0000) | 0xee00};
    descriptor(m, CODE0, 0, 0xfffff, 0x9b, 0xc);
    descriptor(m, DATA0, 0, 0xfffff, 0x93, 0xc);
    descriptor(m, TASK, TSS, 0x67, 0x8b, 0);
    put(m, IDT + 8 * CALL, gate, sizeof gate);
    put(m, TSS + 4, stack0, sizeof stack0);
    put(m, KERNEL, kernel, sizeof kernel);
    put(m, HANDLER, handler, sizeof handler);
    put(m, V86, v86, sizeof v86);
    machine_set(m, MACHINE_MODE, IA_RING0);
    machine_set(m, IA_GDTR_BASE, GDT);
    machine_set(m, IA_GDTR_LIMIT, TASK + 7);
    machine_set(m, IA_IDTR_BASE, IDT);
    machine_set(m, IA_IDTR_LIMIT, 0x7ff);
    for (unsigned seg = 0; seg < IA_SEGS; seg++)
        segment(m, seg, seg == IA_CS ? CODE0 : DATA0, 0, UINT32_MAX, seg == IA_CS ? 0xc09b : 0xc093);
    segment(m, IA_TR, TASK, TSS, 0x67, 0x8b);
    machine_set(m, IA_ESP, STACK0);
    machine_set(m, MACHINE_PC, KERNEL);
}

static int make(void *opaque, unsigned side, struct lockstep_tap *tap, struct lockstep_side *out, struct error *e)
{
    struct bench *b = opaque;
    struct side *s = &b->side[side];
    const struct pc_config board = {.ram_size = RAM, .console = lockstep_console(tap, (struct chardev){0})};
    struct vm_config vm[DEPTH + 1];
    uint64_t size = RAM;

    s->depth = side == LOCKSTEP_BARE ? 0 : b->depth;
    for (unsigned level = s->depth; level > 0; level--) {
        vm[level] = (struct vm_config){.ram_size = size, .shadow_frames = 64};
        size = vmm_host_bytes(&isa_ia32, &vm[level]);
    }
    assert_int_equal(ram_create(&s->ram, size), 0);
    assert_int_equal(phys_create(&s->phys), 0);
    assert_int_equal(phys_add_ram(s->phys, "ram", 0, size, s->ram, 0), 0);
    assert_int_equal(ia32_create(&s->machine[0], s->phys, NULL, &ia32_config_default), 0);
    for (unsigned level = 1; level <= s->depth; level++)
        if (vmm_create_vm(s->machine[level - 1], &vm[level], &s->machine[level], e))
            fail_msg("%s", e->text);
    if (system_create(&s->system, s->machine[s->depth], pc_create, &board, 10, e))
        fail_msg("%s", e->text);
    load(s->machine[s->depth]);
    *out = (struct lockstep_side){.system = s->system, .ram_base = 0, .ram_size = RAM};
    return 0;
}

static void unmake(void *opaque, unsigned side)
{
    struct side *s = &((struct bench *)opaque)->side[side];

    system_destroy(s->system);
    for (unsigned i = s->depth + 1; i-- > 0;)
        machine_destroy(s->machine[i]);
    phys_destroy(s->phys);
    ram_destroy(s->ram);
}

static void test_v86(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= DEPTH; depth++)
        for (uint64_t every = 1; every < 200; every += 96) {
            struct bench b = {.depth = depth};
            const struct lockstep_config c = {
                .maker = {.make = make, .unmake = unmake, .opaque = &b}, .every = every, .max_insns = 100000};
            struct lockstep_report r;
            struct error e;
            if (lockstep_run(&c, &r, &e) != 0)
                fail_msg("%s", e.text);
            if (r.verdict != LOCKSTEP_EQUAL)
                fail_msg("depth %u: after %llu instructions %s", depth, (unsigned long long)r.retired,
                         r.differences ? r.difference[0].name : "the courses differ");
            assert_int_equal(r.traps, ROUNDS);
            assert_int_equal(r.result[0].end, END_POWEROFF);
        }
}

/* Real ring 1 writes to every page that is present where there is no CR0.WP, so the VMM would not see what it is to see. */
static void test_ring_1_of_a_386(void **state)
{
    struct ia32_config cpu = ia32_config_default;
    const struct vm_config one = {.ram_size = PC_RAM, .ring = 1}, three = {.ram_size = PC_RAM};
    struct machine *vm;
    struct house h;
    struct error e;
    (void)state;
    house_open(&h, 0, 0);
    machine_destroy(h.host);
    cpu.model = IA_MODEL_386;
    assert_int_equal(ia32_create(&h.host, h.phys, NULL, &cpu), 0);
    assert_int_equal(vmm_create_vm(h.host, &one, &vm, &e), -ENOTSUP);
    assert_non_null(strstr(e.text, "write protection"));
    assert_int_equal(vmm_create_vm(h.host, &three, &vm, &e), 0);
    machine_destroy(vm);
    house_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring_1_of_a_386),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_v86),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
