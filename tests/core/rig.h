/* rig.h - a machine to run programs on: a bare hart, or a virtual machine on a virtual machine ... on one, with the little device of
 * program.h and a driver that does what the owner of any machine does. What comes out is an outcome that can be compared.
 */
#ifndef TRAPEZE_TESTS_CORE_RIG_H
#define TRAPEZE_TESTS_CORE_RIG_H

#include "core/vmm/vmm.h"
#include "tests/core/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/ways.h"

enum { RIG_DEPTH = 4, RIG_RAM = PROGRAM_PAGES * PAGE_SIZE };

struct rig {
    struct ram *ram;
    struct phys *phys;
    struct machine *machine[RIG_DEPTH]; /* [0] is the hart; each on the one before */
    unsigned depth;
    struct machine *top;
    uint64_t device; /* counts reads */
    uint64_t written;
};

static const struct riscv_config rig_config = {.sv48 = true,
                                               .svadu = true,
                                               .sstc = true,
                                               .sdtrig = true,
                                               .asid_bits = 16,
                                               .pmp_entries = 16,
                                               .units_per_tick = 10,
                                               .reset_pc = PROGRAM_BASE};

static inline bool rig_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct rig *r = opaque;
    *value = (offset + size + ++r->device) & 0xffff;
    return true;
}

static inline bool rig_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct rig *r = opaque;
    r->written = r->written * 31 + offset + size + value;
    return true;
}

static const struct phys_io rig_io = {.read = rig_read, .write = rig_write};

static inline struct vm_config rig_vm_config(unsigned levels_above, enum shadow_policy policy, unsigned frames)
{
    struct vm_config c = {.ram_base = PROGRAM_BASE, .ram_size = RIG_RAM, .shadow = policy, .shadow_frames = frames};
    for (; levels_above > 0; levels_above--)
        c.ram_size = vmm_host_bytes(&isa_riscv, &c);
    return c;
}

/* depth 0: bare. Bit i of `hybrid`: the machine at depth i is a hybrid monitor's. */
static inline void rig_create_as(struct rig *r, const struct riscv_config *config, unsigned depth, enum shadow_policy policy,
                                 unsigned frames, unsigned hybrid)
{
    struct vm_config whole = rig_vm_config(depth, policy, frames);
    struct error error;

    memset(r, 0, sizeof *r);
    r->depth = depth;
    assert_int_equal(ram_create(&r->ram, whole.ram_size), 0);
    assert_int_equal(phys_create(&r->phys), 0);
    assert_int_equal(phys_add_ram(r->phys, "ram", PROGRAM_BASE, whole.ram_size, r->ram, 0), 0);
    assert_int_equal(create_in_this_way(&r->machine[0], r->phys, config), 0);
    for (unsigned i = 1; i <= depth; i++) {
        struct vm_config level = rig_vm_config(depth - i, policy, frames);
        level.monitor = hybrid >> i & 1 ? VMM_HYBRID : VMM_TRAP;
        if (vmm_create_vm(r->machine[i - 1], &level, &r->machine[i], &error))
            fail_msg("%s", error.text);
    }
    r->top = r->machine[depth];
    assert_int_equal(phys_add_io(r->top->phys, "device", PROGRAM_DEVICE, PAGE_SIZE, &rig_io, r), 0);
}

static inline void rig_create(struct rig *r, const struct riscv_config *config, unsigned depth, enum shadow_policy policy,
                              unsigned frames)
{
    rig_create_as(r, config, depth, policy, frames, 0);
}

static inline void rig_destroy(struct rig *r)
{
    for (unsigned i = r->depth + 1; i-- > 0;)
        machine_destroy(r->machine[i]);
    phys_destroy(r->phys);
    ram_destroy(r->ram);
}

/* What can be seen from outside. The digest is of every trap but the ends of slices, with its place and time. */
struct outcome {
    uint64_t retired, clock, digest, traps, yields;
    uint64_t x[32], f[32], pc, mode, csr[6];
    uint64_t memory, device, written;
    bool stopped;
};

static inline uint64_t mix(uint64_t digest, uint64_t v) { return (digest ^ v) * UINT64_C(0x100000001b3) + (digest >> 29); }

static inline void outcome_finish(struct outcome *o, struct rig *r, struct machine *m)
{
    static const unsigned csr[] = {CSR_mstatus, CSR_scause, CSR_sepc, CSR_stval, CSR_sip, CSR_fcsr};
    static uint8_t ram[RIG_RAM];

    o->clock = machine_get(m, MACHINE_CLOCK);
    assert_int_equal(o->retired, machine_get(m, MACHINE_RETIRED));
    for (unsigned i = 0; i < 32; i++) {
        o->x[i] = machine_get(m, RV_X + i);
        o->f[i] = machine_get(m, RV_F + i);
    }
    o->pc = machine_get(m, MACHINE_PC);
    o->mode = machine_get(m, MACHINE_MODE);
    for (unsigned i = 0; i < sizeof csr / sizeof *csr; i++)
        o->csr[i] = machine_get(m, RV_CSR + csr[i]);
    assert_int_equal(machine_load(m, PROGRAM_BASE, ram, sizeof ram), 0);
    for (unsigned i = 0; i < sizeof ram; i++)
        o->memory = mix(o->memory, ram[i]);
    o->device = r->device;
    o->written = r->written;
}

/* What the owner does with it. false: the program's end, an ebreak that is not delegated, or a stop. */
static inline bool drive_result(struct machine *m, const struct trap *t, struct outcome *o)
{
    if (t->kind == TRAP_BUDGET)
        return true;
    const uint64_t seen[] = {t->kind,
                             t->cause,
                             t->tval,
                             t->reason,
                             t->row,
                             t->length,
                             o->retired,
                             machine_get(m, MACHINE_PC),
                             machine_get(m, MACHINE_CLOCK)};
    for (unsigned i = 0; i < sizeof seen / sizeof *seen; i++)
        o->digest = mix(o->digest, seen[i]);
    switch (t->kind) {
    case TRAP_EXCEPTION:
        if (t->cause == RV_CAUSE_BREAKPOINT)
            return false;
        /* fall through */
    case TRAP_INTERRUPT:
        o->traps++;
        (void)machine_deliver(m, t);
        return true;
    case TRAP_WAIT: machine_set(m, MACHINE_CLOCK, machine_get(m, MACHINE_WAKE)); return true;
    case TRAP_YIELD: o->yields++; return true;
    default: o->stopped = t->kind == TRAP_STOP; return false;
    }
}

/* One turn of the owner's loop. */
static inline bool drive_once(struct machine *m, uint64_t slice, struct outcome *o)
{
    struct trap t = machine_run(m, slice, &o->retired);
    return drive_result(m, &t, o);
}

static inline struct outcome drive(struct rig *r, struct machine *m, uint64_t slice)
{
    struct outcome o = {0};
    uint64_t turns = 0;
    while (drive_once(m, slice, &o) && ++turns < 5000000)
        ;
    outcome_finish(&o, r, m);
    return o;
}

static inline void outcome_compare(const struct outcome *a, const struct outcome *b)
{
    assert_int_equal(a->retired, b->retired);
    assert_int_equal(a->clock, b->clock);
    assert_int_equal(a->traps, b->traps);
    assert_int_equal(a->yields, b->yields);
    assert_memory_equal(a->x, b->x, sizeof a->x);
    assert_memory_equal(a->f, b->f, sizeof a->f);
    assert_memory_equal(a->csr, b->csr, sizeof a->csr);
    assert_true(a->pc == b->pc && a->mode == b->mode && a->stopped == b->stopped);
    assert_int_equal(a->memory, b->memory);
    assert_true(a->device == b->device && a->written == b->written);
    assert_int_equal(a->digest, b->digest);
}

/* What is in memory at `offset` that is nobody's, before and afterwards. */
static inline uint64_t rig_canary(uint64_t offset) { return offset * UINT64_C(0x9e3779b97f4a7c15) ^ 0x5ca1ab1e; }

#endif
